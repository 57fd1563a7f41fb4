"""The lower half of the platform on Azure."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from apim_infra.platform.azure_alarms import build_alarms
from apim_infra.platform.azure_backups import BackupParts, build_backups
from apim_infra.platform.azure_cassandra import CassandraParts, build_cassandra
from apim_infra.platform.azure_cluster import build_cluster, build_workload_identities, volumes
from apim_infra.platform.azure_deployments import OwnParts, build_own_parts
from apim_infra.platform.azure_edge import azure_zone, dns_challenge, grant_addresses
from apim_infra.platform.azure_foundation import build_foundation
from apim_infra.platform.azure_identity import (
    PipelineReach,
    build_files,
    build_identities,
    build_log_storage,
    build_registry,
    log_archive,
)
from apim_infra.platform.azure_locks import build_locks
from apim_infra.platform.azure_monitoring import build_cluster_monitoring
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.cloud import CloudPlatform, OwnPlatform
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings


def deploy_azure(settings: StackSettings, naming: Naming) -> CloudPlatform:
    """Build network, stores, cluster, load balancers, DNS, registry and log storage."""
    foundation = build_foundation(settings, naming)
    first, *others = build_own_parts(settings, naming, foundation)
    stores, dns = first.stores, first.dns
    logs = build_log_storage(settings, naming, foundation)
    monitoring = build_cluster_monitoring(settings, naming, foundation)
    cluster, ready = build_cluster(settings, naming, foundation, monitoring)
    monitoring.attach(cluster)
    rings = {
        own.deployment.prefix: build_cassandra(
            own.deployment.settings, naming.of(own.deployment), foundation.of(own.deployment), logs
        )
        for own in (first, *others)
    }
    registry = build_registry(settings, naming, foundation, cluster)
    files = build_files(settings, naming, foundation)
    identities = build_workload_identities(settings, naming, foundation, cluster, dns.public_zone_id)
    pipelines = build_identities(settings, naming, foundation, PipelineReach(cluster, registry, logs))
    parts = BackupParts(cluster, [first, *others], rings, files, logs)
    alarms = build_alarms(settings, naming, foundation, parts, first.gateway)
    monitoring.watch(cluster, alarms)
    backups = build_backups(settings, naming, foundation, parts, alarms)
    addresses = grant_addresses(naming, foundation, cluster, first.balancers)
    build_locks(naming, foundation.ground)
    provider = k8s.Provider(
        naming.name("kubernetes"),
        kubeconfig=cluster.kubeconfig,
        opts=pulumi.ResourceOptions(depends_on=[*ready, *addresses, *identities.resources]),
    )
    return CloudPlatform(
        kubernetes=provider,
        # Objects in a cluster that is brought along are not gone with it: the stack takes them out itself.
        cluster=cluster if settings.cluster.existing is None else None,
        cluster_name=cluster.name,
        network_id=foundation.network_id,
        stores=stores.endpoints,
        target_groups={},
        load_balancers=first.services,
        beside=_beside(others, rings),
        dns_challenge=dns_challenge(settings, foundation, dns, identities),
        azure_zone=azure_zone(foundation, dns, identities),
        volumes=volumes(settings, foundation),
        image_registry=registry.url,
        cassandra=_access(rings[first.deployment.prefix]),
        files=files.source if files else None,
        log_archive=log_archive(settings, logs),
        exports={
            "region": settings.region,
            "resource_group": foundation.resource_group_name,
            "vnet_id": foundation.network_id,
            "cluster_name": cluster.name,
            "cluster_endpoint": cluster.endpoint,
            "load_balancers": first.addresses,
            "name_servers": dns.name_servers or [],
            "public_zone_id": dns.public_zone_id or "",
            "log_storage": logs.name,
            "backups": stores.backups,
            **backups,
            **pipelines,
            **_keyspaces(rings[first.deployment.prefix]),
        },
    )


def _beside(others: Sequence[OwnParts], rings: Mapping[str, CassandraParts | None]) -> dict[str, OwnPlatform]:
    """Return what the deployments beside the first have of their own."""
    return {
        own.deployment.prefix: OwnPlatform(
            own.stores.endpoints, {}, own.exports, _access(rings[own.deployment.prefix]), own.services
        )
        for own in others
    }


def _keyspaces(ring: CassandraParts | None) -> dict[str, list[str]]:
    """Return what the owner of a managed Cassandra has to run; nothing of a ring, which makes its keyspaces itself."""
    return {"cassandra_keyspaces": list(ring.statements)} if ring and ring.statements else {}


def _access(ring: CassandraParts | None) -> CassandraAccess | None:
    return ring.access if ring else None
