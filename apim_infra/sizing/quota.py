"""Quotas of the namespaces: what their pods ask for together, at the replicas configured and while they are rolled out.

The quota of the control plane is the sum of the sizing table's rows at the configured replicas, plus one surge pod for each
`sizing.surge` of every Deployment, never the total that the table's source prints (64 MiB too much). Rows of stores
count only where the store runs in the cluster: a managed store takes no pod, no memory and no volume of the cluster.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from apim_infra.products.profile import profile
from apim_infra.products.registry import shapes
from apim_infra.products.shapes import WorkloadShape
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons, node_capacity
from apim_infra.sizing.catalogue import node_size
from apim_infra.sizing.files import share_gib
from apim_infra.sizing.in_cluster import beside
from apim_infra.sizing.namespaces import CLOUDS_NAMESPACES
from apim_infra.sizing.planned import planned_pods
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Workload, sizing_table


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that all pods of a namespace may ask for together; requests and limits alike."""

    cpu_millicores: int
    memory_mib: int
    storage_gb: int
    """Sum of all volume claims in GB, asked of Kubernetes as Gi; 0 allows none."""
    pods: int

    def __add__(self, other: "Quota") -> "Quota":
        """Return the room for both."""
        return Quota(
            cpu_millicores=self.cpu_millicores + other.cpu_millicores,
            memory_mib=self.memory_mib + other.memory_mib,
            storage_gb=self.storage_gb + other.storage_gb,
            pods=self.pods + other.pods,
        )


NOTHING = Quota(cpu_millicores=0, memory_mib=0, storage_gb=0, pods=0)


def rows_sum(settings: StackSettings, rows: Iterable[Workload]) -> Quota:
    """Return what the rows ask for at the configured replicas, when nothing is being rolled out.

    A Deployment's pods share one volume claim; each pod of a StatefulSet has its own.
    """
    total = NOTHING
    for row in rows:
        count = replicas(settings, row)
        claims = min(count, 1) if row.kind == "Deployment" else count
        total += Quota(
            cpu_millicores=count * row.cpu_millicores,
            memory_mib=count * row.memory_mib,
            storage_gb=claims * row.storage_gb,
            pods=count,
        )
    return total


def surge_sum(settings: StackSettings, rows: Iterable[Workload]) -> Quota:
    """Return what a rolling update of all Deployments at once asks for on top; StatefulSets are replaced in place."""
    surge = settings.sizing.surge
    total = NOTHING
    for row in rows:
        if row.kind == "Deployment":
            total += Quota(surge * row.cpu_millicores, surge * row.memory_mib, 0, surge)
    return total


def beside_sum(settings: StackSettings, rows: Iterable[Workload]) -> Quota:
    """Return what stores in the cluster ask for beside their rows: what their operators make on top."""
    total = NOTHING
    for _, count, share in beside(settings, rows):
        total += Quota(
            count * share.cpu_millicores, count * share.memory_mib, count * share.storage_gb, count * share.pods
        )
    return total


def control_plane_quota(settings: StackSettings) -> Quota:
    """Return the quota of a control plane: the sizing table's rows at the configured replicas, plus rollout surge and what operators add."""
    rows = sizing_table().workloads
    return rows_sum(settings, rows) + surge_sum(settings, rows) + beside_sum(settings, rows)


def gateway_quota(settings: StackSettings) -> Quota:
    """Return the quota of the gateways' namespace: every group at its maximum plus surge, its Jobs, the product's own programs, and its stores.

    Raises `ProductUnavailableError` when the product is not built yet.
    """
    stores = sizing_table().gateway_stores
    total = rows_sum(settings, stores) + beside_sum(settings, stores)
    total += shapes_sum(settings, (shape for shape in shapes(settings) if not shape.beside_services))
    return replace(total, storage_gb=total.storage_gb + share_gib(settings))


def shapes_sum(settings: StackSettings, wanted: Iterable[WorkloadShape]) -> Quota:
    """Return what workloads of the product ask for together at their maximum, with the surge of a rolling update."""
    total = NOTHING
    for shape in wanted:
        pods, each = shape.most(settings.sizing.surge), shape.limits  # limits count as requests do
        claims = pods if shape.kind == "StatefulSet" else min(pods, 1)
        total += Quota(pods * each.cpu_millicores, pods * each.memory_mib, claims * shape.storage_gib, pods)
    return total


def sidecars_quota(settings: StackSettings) -> Quota:
    """Return what the pods of one deployment ask for in which a service and its gateway run together."""
    return shapes_sum(settings, (shape for shape in shapes(settings) if shape.beside_services))


def microservices_quota(settings: StackSettings) -> Quota:
    """Return the quota of the services behind one deployment: what the pool `user` at its maximum leaves beside the gateways, in equal parts.

    Services that run in one pod with their gateway are planned by the platform and come on top (`sidecars_quota`). No
    volumes: services keep their data elsewhere. Raises `ProductUnavailableError` or `UnknownSizeError`.
    """
    pool = settings.cluster.pools.user
    node = node_capacity(node_size(settings.cloud, pool.size), settings)
    planned, parts = planned_pods(settings, "user"), len(deployments(settings))
    return Quota(
        cpu_millicores=max(0, pool.max * node.cpu_millicores - sum(each.most * each.cpu_millicores for each in planned))
        // parts,
        memory_mib=max(0, pool.max * node.memory_mib - sum(each.most * each.memory_mib for each in planned)) // parts,
        storage_gb=0,
        pods=max(0, pool.max * node.pods - sum(each.most for each in planned)) // parts,
    )


def addon_quota(settings: StackSettings, namespace: str) -> Quota:
    """Return the quota of a namespace of add-ons: all of them at once, their Jobs, and one surge pod per Deployment."""
    total = NOTHING
    for addon in addons(settings):
        if addon.namespace != namespace:
            continue
        pods = addon.replicas + (1 if addon.kind == "Deployment" else 0)
        total += Quota(
            cpu_millicores=pods * addon.cpu_millicores,
            memory_mib=pods * addon.memory_mib,
            storage_gb=addon.replicas * addon.storage_gb,
            pods=pods,
        )
    return total


def namespace_quotas(settings: StackSettings) -> dict[str, Quota]:
    """Return the quota of every namespace that the platform makes, by its name.

    Those of what the cloud runs by itself have none. Raises `ProductUnavailableError` like `gateway_quota`, and
    `UnknownSizeError` when a pool's size is not in the data.
    """
    shared = sorted({addon.namespace for addon in addons(settings)} - {*CLOUDS_NAMESPACES})
    quotas = {namespace: addon_quota(settings, namespace) for namespace in shared}
    for deployment in deployments(settings):
        own = deployment.settings
        if profile(own.product).control_plane:
            quotas[own.control_plane.namespace] = control_plane_quota(own)
        quotas[own.gateway.namespace] = gateway_quota(own)
        quotas[own.gateway.microservices_namespace] = microservices_quota(settings) + sidecars_quota(own)
    return quotas
