"""Pods that the platform brings along beside the control plane and the gateways, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.products.profile import profile
from apim_infra.settings.cluster import NetworkPolicyEngine, NodeImageChannel, ServiceMesh
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.rotation import rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.catalogue import NodeCapacity, NodeSize, allocatable, update_nodes_per_zone
from apim_infra.sizing.pools import most_nodes, surged_nodes

AddOnKind = Literal["Deployment", "StatefulSet", "DaemonSet", "Job"]

IN_CLUSTER_OPERATORS = ("postgresql", "mariadb", "cassandra")
"""Engines whose stores in the cluster have an operator."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class AddOn:
    """Pods of one kind, at their number for the settings."""

    name: str
    namespace: str
    pool: PoolName | None
    """Pool on which the pods run; None for a daemon set, which runs on every node."""
    kind: AddOnKind
    cpu_millicores: int
    """Request of one pod, the sum of its containers."""
    memory_mib: int
    """Request of one pod, the sum of its containers."""
    replicas: int
    """Number of pods; of a daemon set, one on each node at the pools' maximum and while they are updated."""
    storage_gb: int
    """Volume of each pod, in GB."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    namespace: str
    kind: AddOnKind
    cpu_millicores: int
    memory_mib: int
    pool: PoolName | None = None
    replicas: int | Literal["ingress"] = 1
    storage_gb: int = 0
    storage: Literal["metrics", "logs"] | None = None
    feature: (
        Literal[
            "metrics",
            "logs",
            "rotation",
            "kibana",
            "metric-exports",
            "pushgateway",
            "mesh",
            "in-cluster-postgresql",
            "in-cluster-mariadb",
            "in-cluster-cassandra",
            "cilium",
            "calico",
            "container-logs",
            "managed-metrics",
            "defender",
            "node-reboots",
            "external-dns",
            "envoy-gateway",
            "traefik",
            "velero",
        ]
        | None
    ) = None
    clouds: tuple[Cloud, ...] = (Cloud.AWS, Cloud.AZURE)

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    date: date
    addons: tuple[_Row, ...]

    __pydantic_config__ = _STRICT


@cache
def _table() -> _Table:
    return packaged_data("apim_infra.sizing", "addons.yaml", _Table)


def addons(settings: StackSettings) -> tuple[AddOn, ...]:
    """Return every add-on that the settings bring along, with its number of pods."""
    return tuple(
        AddOn(
            name=row.name,
            namespace=row.namespace,
            pool=row.pool,
            kind=row.kind,
            cpu_millicores=row.cpu_millicores,
            memory_mib=row.memory_mib,
            replicas=_replicas(settings, row),
            storage_gb=_storage(settings, row),
        )
        for row in _table().addons
        if settings.cloud in row.clouds and _enabled(settings, row)
    )


def maximum_nodes(settings: StackSettings) -> int:
    """Return the most nodes that there can be: every pool at its maximum while its nodes are being replaced, on Azure the system pool too."""
    if settings.cloud is Cloud.AZURE:
        return most_nodes(settings) + settings.cluster.system_pool.max + surged_nodes(settings)
    return most_nodes(settings) + len(POOLS) * update_nodes_per_zone(settings.cloud) * settings.network.zones


def load_balancers(settings: StackSettings) -> int:
    """Return how many load balancers of all deployments there are, each with proxies of its own behind it."""
    ingresses = [deployment.settings.ingress for deployment in deployments(settings)]
    return sum(ingress.internal.enabled + ingress.public.enabled for ingress in ingresses)


def node_capacity(size: NodeSize, settings: StackSettings) -> NodeCapacity:
    """Return what a node leaves to the platform's pods: what is allocatable, less the daemon sets."""
    daemons = [addon for addon in addons(settings) if addon.kind == "DaemonSet"]
    node = allocatable(size)
    return NodeCapacity(
        cpu_millicores=node.cpu_millicores - sum(daemon.cpu_millicores for daemon in daemons),
        memory_mib=node.memory_mib - sum(daemon.memory_mib for daemon in daemons),
        pods=node.pods - len(daemons),
    )


def _enabled(settings: StackSettings, row: _Row) -> bool:
    features = {
        "metrics": settings.observability.metrics.enabled,
        "logs": settings.observability.logs.enabled,
        "pushgateway": settings.observability.metrics.pushgateway,
        "kibana": settings.observability.dashboards and settings.observability.logs.enabled,
        "metric-exports": settings.observability.exporters.any_metrics,
        "rotation": bool(rotated_stores(settings)),
        "mesh": settings.cluster.mesh is not ServiceMesh.NONE,
        "envoy-gateway": settings.ingress.controller is IngressController.ENVOY_GATEWAY,
        "traefik": settings.ingress.controller is IngressController.TRAEFIK,
        "external-dns": settings.addons.external_dns,
        "velero": settings.addons.velero is not None,
        **_brought_along(settings),
        **{f"in-cluster-{engine}": engine in in_cluster_engines(settings) for engine in IN_CLUSTER_OPERATORS},
    }
    return row.feature is None or features[row.feature]


def _brought_along(settings: StackSettings) -> dict[str, bool]:
    """Return which of its own pods AKS puts on every node."""
    monitor, policy = settings.observability.exporters.azure_monitor, settings.cluster.networking.policy
    return {
        "cilium": policy is NetworkPolicyEngine.CILIUM,
        "calico": policy is NetworkPolicyEngine.CALICO,
        "container-logs": monitor is not None and monitor.logs,
        "managed-metrics": monitor is not None and monitor.metrics,
        "defender": settings.cluster.defender,
        "node-reboots": reboots_nodes(settings),
    }


def reboots_nodes(settings: StackSettings) -> bool:
    """Tell whether the platform reboots nodes that have patched themselves: where the cloud does not patch them."""
    own = settings.cloud is Cloud.AZURE and settings.cluster.existing is None
    return own and settings.cluster.upgrades.node_channel is NodeImageChannel.NONE


def in_cluster_engines(settings: StackSettings) -> frozenset[str]:
    """Return the engines that run in the cluster under an operator, of whichever deployment."""
    found: set[str] = set()
    for deployment in deployments(settings):
        stores, product = deployment.settings.stores, profile(deployment.settings.product)
        modes = {
            "mariadb": () if product.brings_database else (stores.mariadb.mode,),
            "postgresql": (stores.postgresql.mode, stores.gateway_postgresql.mode),
            "cassandra": (stores.cassandra.mode,),
        }
        found |= {engine for engine, of in modes.items() if StoreMode.IN_CLUSTER in of}
    return frozenset(found)


def _replicas(settings: StackSettings, row: _Row) -> int:
    if row.kind == "DaemonSet":
        return maximum_nodes(settings)
    if row.replicas == "ingress":
        return settings.ingress.replicas * load_balancers(settings)
    return row.replicas


def _storage(settings: StackSettings, row: _Row) -> int:
    if row.storage is None:
        return row.storage_gb
    observability = settings.observability
    return {"metrics": observability.metrics.storage_gb, "logs": observability.logs.storage_gb}[row.storage]
