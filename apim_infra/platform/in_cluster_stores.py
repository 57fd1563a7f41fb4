"""Stores in the cluster and their operators, from the settings: for development, at the same endpoints as managed ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from apim_infra.planning.flows import Role
from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.products.profile import ROLE_LABEL, profile
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import CassandraStore, StoreMode
from apim_infra.sizing.addons import in_cluster_engines
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from apim_infra.sizing.table import workload
from components.kubernetes.cassandra_store import InClusterCassandra
from components.kubernetes.store_operators import StoreOperators
from components.kubernetes.store_parts import InClusterStoreArgs
from components.kubernetes.stores import InClusterMariadb, InClusterPostgresql, InClusterValkey
from components.outputs import Endpoint

KEYSPACE_NAME = str.maketrans("-", "_")
"""CQL's names have no hyphens."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a store of the settings is in the cluster."""

    component: Callable[..., Any]
    role: Role
    row: str
    """Row of the sizing table."""
    gateways: bool
    """Whether it stands beside the gateways, else beside the control plane."""
    database: str = ""
    """Database and its owner; none where the store has no databases."""


KINDS: Mapping[str, _Kind] = {
    "mariadb": _Kind(InClusterMariadb, Role.MARIADB, "mariadb-master", False, "apim"),
    "postgresql": _Kind(InClusterPostgresql, Role.POSTGRESQL, "tenant-manager-postgresql", False, "tenant_manager"),
    "gateway_postgresql": _Kind(InClusterPostgresql, Role.GATEWAY_POSTGRESQL, "gateway-postgresql", True, "kong"),
    "redis": _Kind(InClusterValkey, Role.REDIS, "redis", True),
    "cassandra": _Kind(InClusterCassandra, Role.CASSANDRA, "cassandra", True),
}


@dataclass(frozen=True, slots=True)
class InClusterStores:
    """The stores in the cluster."""

    endpoints: Mapping[str, Endpoint] = field(default_factory=dict[str, Endpoint])
    """By their name in the settings."""
    resources: tuple[pulumi.Resource, ...] = ()
    """What their users wait for."""

    @property
    def cassandra(self) -> CassandraAccess | None:
        """How Cassandra is used; None when it is not among them. The data centre has the store's name."""
        endpoint = self.endpoints.get("cassandra")
        return CassandraAccess(endpoint, str(Role.CASSANDRA)) if endpoint else None


def build_store_operators(
    settings: StackSettings, naming: Naming, options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Install the operators of the stores that run in the cluster; none for none."""
    engines = in_cluster_engines(settings)
    if not engines:
        return []
    return [
        StoreOperators(
            naming.name("store-operators"),
            {
                "namespace": PLATFORM_NAMESPACE,
                "placement": placement(settings, "management"),
                "postgresql": "postgresql" in engines,
                "mariadb": "mariadb" in engines,
                "cassandra": "cassandra" in engines,
            },
            options,
        )
    ]


def build_in_cluster_stores(
    settings: StackSettings, naming: Naming, options: pulumi.ResourceOptions
) -> InClusterStores:
    """Build every store of one deployment whose mode is `in-cluster`; `options` wait for the operators."""
    endpoints: dict[str, Endpoint] = {}
    resources: list[pulumi.Resource] = []
    for name, kind in KINDS.items():
        store = getattr(settings.stores, name)
        brought = name == "mariadb" and profile(settings.product).brings_database
        if store.mode is StoreMode.IN_CLUSTER and not brought:
            args = _args(settings, kind, store.version)
            if isinstance(store, CassandraStore):
                args = _cassandra(args, store)
            else:
                args["replicas"] = store.replicas
            made = kind.component(naming.name(name.replace("_", "-")), args, options)
            endpoints[name] = made.endpoint
            resources.append(made)
    return InClusterStores(endpoints, tuple(resources))


def _args(settings: StackSettings, kind: _Kind, version: str) -> InClusterStoreArgs:
    row = workload(kind.row)
    pool: PoolName = "user" if kind.gateways else "management"
    args: InClusterStoreArgs = {
        "namespace": settings.gateway.namespace if kind.gateways else settings.control_plane.namespace,
        "store": str(kind.role),
        "version": version,
        "placement": placement(settings, pool),
        "size": {"cpu_millicores": row.cpu_millicores, "memory_mib": row.memory_mib},
        "storage_gib": row.storage_gb,
        "labels": {ROLE_LABEL: str(kind.role)},
    }
    # No word that is found elsewhere: users of a store are kept in a secret, and a secret is hidden wherever it shows.
    args["username"] = f"{kind.database or kind.role}_owner"
    if kind.database:
        args["database"] = kind.database
    return args


def _cassandra(args: InClusterStoreArgs, store: CassandraStore) -> InClusterStoreArgs:
    return {
        **args,
        "replicas": store.nodes - 1,
        "keyspaces": [name.translate(KEYSPACE_NAME) for name in store.keyspaces],
        "replication_factor": store.replication_factor,
    }
