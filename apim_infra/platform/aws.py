"""The lower half of the platform on AWS."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from apim_infra.platform.aws_alarms import build_alarms, build_dashboard, watched_parts
from apim_infra.platform.aws_backups import (
    BackupParts,
    Recovery,
    backup_tags,
    build_backups,
    build_recovery,
    own_images,
    volume_tags,
)
from apim_infra.platform.aws_cassandra import build_cassandra
from apim_infra.platform.aws_cluster import AnyCluster, build_cluster
from apim_infra.platform.aws_copies import build_cluster_copies
from apim_infra.platform.aws_deployments import OwnParts, build_own_parts
from apim_infra.platform.aws_edge import zone_of
from apim_infra.platform.aws_exporters import build_exporters
from apim_infra.platform.aws_foundation import Foundation, build_foundation
from apim_infra.platform.aws_front_end import build_front_end
from apim_infra.platform.aws_health_checks import build_health_checks
from apim_infra.platform.aws_private import build_image_cache
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.cloud import CloudPlatform, OwnPlatform
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Tier
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from apim_infra.sizing.table import control_plane_deployments
from components.aws import iam_policies
from components.aws.load_balancer import LoadBalancer
from components.aws.pod_identity import PodIdentity
from components.aws.registry import Registry
from components.aws.storage import LogBucket
from components.kubernetes.ingress_specs import TargetGroup
from components.kubernetes.storage_class import EBS, encrypted_gp3


def deploy_aws(settings: StackSettings, naming: Naming) -> CloudPlatform:
    """Build network, stores, cluster, load balancers, DNS, registry and log storage."""
    foundation = build_foundation(settings, naming)
    recovery = build_recovery(settings, naming, foundation)
    first, *others = build_own_parts(settings, naming, foundation, recovery)
    stores, balancers, dns = first.stores, first.balancers, first.dns
    front_end = build_front_end(settings, naming, foundation, balancers, dns)
    build_health_checks(settings, naming, foundation)
    cluster, ready = build_cluster(settings, naming, foundation)
    rings = {own.deployment.prefix: _cassandra(own, naming, foundation, recovery, cluster) for own in (first, *others)}
    identities = _identities(settings, naming, foundation, cluster, [first, *others])
    copies, copiers = build_cluster_copies(settings, naming, foundation, cluster)
    registry = _registry(settings, naming, foundation)
    logs = _log_bucket(settings, naming, foundation)
    cache = build_image_cache(settings, naming, foundation, cluster)
    exporters = build_exporters(settings, naming, foundation, cluster, front_end.log_groups if front_end else None)
    parts = [*watched_parts(foundation, [first, *others], front_end), *exporters.watched]
    alarms = build_alarms(settings, naming, foundation, parts)
    backups = build_backups(settings, naming, foundation, BackupParts(logs, recovery, alarms))
    build_dashboard(settings, naming, foundation, cluster, parts)
    provider = k8s.Provider(
        naming.name("kubernetes"),
        kubeconfig=cluster.kubeconfig,
        opts=pulumi.ResourceOptions(
            depends_on=[*ready, *identities, *copiers, *exporters.identities, *([cache] if cache else [])]
        ),
    )
    return CloudPlatform(
        kubernetes=provider,
        # Objects in a cluster that is brought along are not gone with it: the stack takes them out itself.
        cluster=cluster if settings.cluster.existing is None else None,
        cluster_name=cluster.name,
        network_id=foundation.vpc_id,
        stores=stores.endpoints,
        target_groups=_target_groups(balancers),
        port_targets={name: arn for balancer in balancers.values() for name, arn in balancer.target_group_arns.items()},
        beside=_beside(others, rings),
        dns_challenge=(
            None if dns.public_zone_id is None else {"region": settings.region, "zone_id": dns.public_zone_id}
        ),
        volumes={
            "storage_class": "gp3",
            "provisioner": EBS,
            "parameters": encrypted_gp3(foundation.keys.cluster_key_arn, volume_tags(naming)),
        },
        image_registry=_image_registry(settings, registry),
        image_caches=cache.registries if cache else {},
        cassandra=rings[first.deployment.prefix],
        log_sink=exporters.log_sink,
        metrics_log_group=exporters.metrics_log_group,
        cluster_copies=copies,
        exports={
            "region": settings.region,
            "vpc_id": foundation.vpc_id,
            "cluster_name": cluster.name,
            "cluster_endpoint": cluster.endpoint,
            "load_balancers": {kind: balancer.dns_name for kind, balancer in balancers.items()},
            "name_servers": dns.name_servers or [],
            "public_zone_id": dns.public_zone_id or "",
            **(front_end.exports if front_end else {}),
            "log_bucket": logs.name,
            "backups": stores.backups,
            **backups,
            **exporters.exports,
        },
    )


def _registry(settings: StackSettings, naming: Naming, foundation: Foundation) -> Registry:
    """Build a repository for each program of the control plane."""
    return Registry(
        naming.name("registry"),
        {
            "repositories": [workload.name for workload in control_plane_deployments()],
            "prefix": naming.prefix,
            "key_arn": foundation.keys.logs_key_arn,
            "empty_on_delete": settings.tier is Tier.DEV,
            "tags": naming.tags,
        },
        foundation.options,
    )


def _image_registry(settings: StackSettings, registry: Registry) -> pulumi.Output[str]:
    """Return where images are pulled from: the settings' own registry, or that of the stack."""
    built = next(iter(registry.urls.values())).apply(lambda url: url.rpartition("/")[0])
    return pulumi.Output.from_input(own_images(settings) or built)


def _log_bucket(settings: StackSettings, naming: Naming, foundation: Foundation) -> LogBucket:
    return LogBucket(
        naming.name("logs"),
        {
            "key_arn": foundation.keys.logs_key_arn,
            "empty_on_delete": settings.tier is Tier.DEV,
            "tags": {**naming.tags, **backup_tags(settings)},
        },
        foundation.options,
    )


def _beside(others: Sequence[OwnParts], rings: Mapping[str, CassandraAccess | None]) -> dict[str, OwnPlatform]:
    """Return what the deployments beside the first have of their own."""
    return {
        own.deployment.prefix: OwnPlatform(
            own.stores.endpoints, _target_groups(own.balancers), own.exports, rings[own.deployment.prefix]
        )
        for own in others
    }


def _cassandra(
    own: OwnParts, naming: Naming, foundation: Foundation, recovery: Recovery, cluster: AnyCluster
) -> CassandraAccess | None:
    """Build the Cassandra of one deployment."""
    each = own.deployment
    return build_cassandra(each.settings, naming.of(each), foundation.of(each), recovery, cluster)


def _identities(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    cluster: AnyCluster,
    deployments: Sequence[OwnParts],
) -> list[pulumi.Resource]:
    """Give each controller that calls AWS a role of its own."""
    zone_ids = zone_of(deployments[0].dns.public_zone_id)
    balancers = [balancer for own in deployments for balancer in own.balancers.values()]
    target_groups = [arn for balancer in balancers for arn in balancer.target_group_arns.values()]
    policies = {
        "targets": ("aws-load-balancer-controller", iam_policies.target_registration(target_groups)),
        "scaling": ("cluster-autoscaler", iam_policies.cluster_autoscaler(cluster.name)),
    }
    if zone_ids:
        policies["certificates"] = ("cert-manager", iam_policies.dns_challenge(zone_ids))
    if zone_ids and settings.addons.external_dns:
        policies["names"] = ("external-dns", iam_policies.dns_records(zone_ids, ("A", "AAAA", "CNAME", "TXT")))
    rotated = [
        store["secret_id"] for own in deployments for store in own.stores.endpoints.values() if store.get("rotated")
    ]
    if rotated:
        policies["secrets"] = ("external-secrets", iam_policies.read_secrets(rotated, foundation.keys.stores_key_arn))
    return [
        PodIdentity(
            naming.name(f"{purpose}-identity"),
            {
                "cluster_name": cluster.name,
                "namespace": PLATFORM_NAMESPACE,
                "service_account": account,
                "policies": {"rights": policy},
                "tags": naming.tags,
            },
            pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[cluster])),
        )
        for purpose, (account, policy) in policies.items()
    ]


def _target_groups(balancers: Mapping[str, LoadBalancer]) -> dict[str, list[TargetGroup]]:
    ports = {"https": 443, "http": 80}
    return {
        kind: [{"arn": arn, "port": ports[name]} for name, arn in balancer.target_group_arns.items() if name in ports]
        for kind, balancer in balancers.items()
    }
