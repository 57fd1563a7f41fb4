"""Cassandra on AWS, a ring of machines or Amazon Keyspaces, from the settings."""

import pulumi

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.flows import Role
from apim_infra.platform.aws_backups import Recovery, backup_tags
from apim_infra.platform.aws_cluster import AnyCluster
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.aws_stores import secret_recovery_days
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.catalogue import node_size
from components.aws.cassandra import Cassandra, CassandraArgs
from components.aws.keyspaces import Keyspaces
from components.cassandra_configuration import keyspace_name


def build_cassandra(
    settings: StackSettings, naming: Naming, foundation: Foundation, recovery: Recovery, cluster: AnyCluster
) -> CassandraAccess | None:
    """Build the ring or the keyspaces that are asked for; None for no Cassandra, and for one in the cluster."""
    mode = settings.stores.cassandra.mode
    if mode is StoreMode.SELF_MANAGED:
        return _ring(settings, naming, foundation, recovery)
    if mode is StoreMode.MANAGED:
        return _keyspaces(settings, naming, foundation, cluster)
    return None


def _ring(settings: StackSettings, naming: Naming, foundation: Foundation, recovery: Recovery) -> CassandraAccess:
    store, zones = settings.stores.cassandra, plan_addresses(settings).zones
    places = zip(zones, foundation.data_subnet_ids, foundation.data_ranges, strict=True)
    args: CassandraArgs = {
        "version": store.version,
        "nodes": store.nodes,
        "instance_type": store.size,
        "architecture": str(node_size(settings.cloud, store.size).architecture),
        "zones": [{"zone": zone, "subnet_id": subnet_id, "cidr": str(cidr)} for zone, subnet_id, cidr in places],
        "security_group_ids": [foundation.security_group_ids[Role.CASSANDRA]],
        "region": settings.region,
        "datacenter": settings.region,
        "storage_gb": store.storage_gb,
        "replication_factor": store.replication_factor,
        "keyspaces": store.keyspaces,
        "deletion_protection": store.deletion_protection,
        "final_snapshot": store.final_snapshot,
        "backup_tags": backup_tags(settings) if store.backup_retention_days else {},
        "secret_recovery_days": secret_recovery_days(settings),
        "secret_replicas": recovery.secret_replicas,
        "key_arn": foundation.keys.stores_key_arn,
        "tags": naming.tags,
    }
    if store.image_id is not None:
        args["image_id"] = store.image_id
    # Nodes fetch at boot: they need routes, rules and endpoints, and leave before them.
    options = pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=foundation.ways_out))
    ring = Cassandra(naming.name("cassandra"), args, options)
    return CassandraAccess(
        endpoint=ring.endpoint,
        datacenter=settings.region,
        authority=ring.authority,
        certificate=ring.client.certificate,
        key=ring.client.key,
        exporters=tuple(ring.exporters),
    )


def _keyspaces(settings: StackSettings, naming: Naming, foundation: Foundation, cluster: AnyCluster) -> CassandraAccess:
    store = settings.stores.cassandra
    managed = Keyspaces(
        naming.name("keyspaces"),
        {
            # One account and region may hold several stacks, and keyspaces have no other name than this one.
            "names": [keyspace_name(f"{naming.prefix}_{name}") for name in store.keyspaces],
            "region": settings.region,
            "account_id": foundation.account_id,
            "cluster_name": cluster.name,
            "service_accounts": dict.fromkeys(store.service_accounts, settings.gateway.microservices_namespace),
            "deletion_protection": store.deletion_protection,
            "tags": naming.tags,
        },
        pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[cluster])),
    )
    return CassandraAccess(endpoint=managed.endpoint, datacenter=settings.region, login=False)
