"""Cassandra on Azure, a ring of machines or Azure Managed Instance for Apache Cassandra, from the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from apim_infra.planning.cassandra_rules import ring_keyspaces
from apim_infra.planning.managed_instance_rules import disks_of_a_node
from apim_infra.planning.subnets import CASSANDRA
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_identity import SNAPSHOTS
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.catalogue import node_size
from components.azure.cassandra import Cassandra, CassandraArgs
from components.azure.managed_cassandra import ManagedCassandra, ManagedCassandraArgs
from components.azure.storage import LogStorage
from components.cassandra_configuration import keyspace_name, keyspace_statement

CONSISTENCY = "QUORUM"
"""How programs read and write: of three copies, one in each zone, one can be lost."""


@dataclass(frozen=True, slots=True)
class CassandraParts:
    """What others need of a Cassandra on Azure."""

    access: CassandraAccess
    disk_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Zone and number of each node to its data disk; none of the managed service."""
    machine_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Zone and number of each node to its virtual machine; none of the managed service."""
    statements: Sequence[str] = ()
    """Statements in CQL that make the keyspaces of the managed service, which its owner runs; none of a ring, which has its own."""


def build_cassandra(
    settings: StackSettings, naming: Naming, foundation: Foundation, logs: LogStorage
) -> CassandraParts | None:
    """Build the ring or the managed instance that is asked for; None for no Cassandra, and for one in the cluster."""
    mode = settings.stores.cassandra.mode
    if mode is StoreMode.SELF_MANAGED:
        return _ring(settings, naming, foundation, logs)
    if mode is StoreMode.MANAGED:
        return _instance(settings, naming, foundation)
    return None


def _ring(settings: StackSettings, naming: Naming, foundation: Foundation, logs: LogStorage) -> CassandraParts:
    # Nodes fetch at boot: they need routes, rules and endpoints, and leave before them.
    needed = [*foundation.ways_out, foundation.keys, logs]
    options = pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=needed))
    ring = Cassandra(naming.name("cassandra"), _ring_args(settings, naming, foundation, logs), options)
    access = CassandraAccess(
        endpoint=ring.endpoint,
        datacenter=settings.region,
        authority=ring.authority,
        certificate=ring.client.certificate,
        key=ring.client.key,
        exporters=tuple(ring.exporters),
        consistency=CONSISTENCY,
    )
    return CassandraParts(access, ring.disk_ids, ring.machine_ids)


def _ring_args(settings: StackSettings, naming: Naming, foundation: Foundation, logs: LogStorage) -> CassandraArgs:
    store, keys = settings.stores.cassandra, foundation.keys
    size = node_size(settings.cloud, store.size)
    args: CassandraArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "vault_name": keys.vault_name,
        "vault": keys.vault,
        "version": store.version,
        "nodes": store.nodes,
        "size": store.size,
        "architecture": str(size.architecture),
        "zones": foundation.zones,
        "subnet_id": foundation.subnet_ids["data"],
        "subnet_cidr": str(foundation.subnets["data"]),
        "datacenter": settings.region,
        "storage_gb": store.storage_gb,
        "replication_factor": store.replication_factor,
        "keyspaces": ring_keyspaces(settings),
        "entra_login": store.entra_login,
        "administrators": settings.cluster.administrators if store.entra_login else (),
        "encryption_at_host": size.premium,
        "deletion_protection": store.deletion_protection,
        "tags": naming.tags,
    }
    if keys.disk_encryption_set_id is not None:
        args["disk_encryption_set_id"] = keys.disk_encryption_set_id
    if store.performance_tier is not None:
        args["performance_tier"] = store.performance_tier
    if store.image_id is not None:
        args["image_id"] = store.image_id
    if store.backup_retention_days:
        # How long they are kept is a rule of the container.
        args["snapshots"] = {
            "container_id": logs.container_ids[SNAPSHOTS],
            "container_url": pulumi.Output.concat(logs.blob_endpoint, SNAPSHOTS),
        }
    return args


def _instance(settings: StackSettings, naming: Naming, foundation: Foundation) -> CassandraParts:
    """Build the managed instance.

    Its nodes take no command of the platform: who owns it makes the keyspaces, and programs log in as its one role. A public authority vouches for
    names of its nodes, while programs are told their addresses: what checks names needs them in its hosts file (azure-databases-docs, 2025).
    """
    # Nodes report to the service as soon as they are there: they need routes and rules, and leave before them.
    needed = [*foundation.ways_out, foundation.keys]
    options = pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=needed))
    instance = ManagedCassandra(naming.name("cassandra"), _instance_args(settings, naming, foundation), options)
    access = CassandraAccess(
        endpoint=instance.endpoint,
        datacenter=settings.region,
        certificate=instance.client.certificate,
        key=instance.client.key,
        consistency=CONSISTENCY,
    )
    copies = settings.stores.cassandra.replication_factor
    names = (keyspace_name(name) for name in ring_keyspaces(settings))
    return CassandraParts(access, statements=[keyspace_statement(name, settings.region, copies) for name in names])


def _instance_args(settings: StackSettings, naming: Naming, foundation: Foundation) -> ManagedCassandraArgs:
    store, keys = settings.stores.cassandra, foundation.keys
    if store.service_principal_id is None:
        raise ValueError("the managed instance needs stores.cassandra.service_principal_id")
    return {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "network_id": foundation.network_id,
        "subnet_id": foundation.subnet_ids[CASSANDRA],
        "service_principal_id": store.service_principal_id,
        "vault_name": keys.vault_name,
        "vault": keys.vault,
        "version": store.version,
        "datacenter": settings.region,
        "nodes": store.nodes,
        "size": store.size,
        "disks": disks_of_a_node(store),
        "diagnostics": foundation.diagnostics,
        "deletion_protection": store.deletion_protection,
        "tags": naming.tags,
    }
