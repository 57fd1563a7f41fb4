"""Whether everything that is planned for a node pool fits on the pool's largest number of nodes.

Counted is the fullest moment: gateways at their autoscaler's maximum, every Deployment of the control plane and every gateway
group rolling out at once, Jobs of the charts beside them. Microservices are not the platform's and are not counted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apim_infra.products.profile import has_control_plane
from apim_infra.products.registry import shapes
from apim_infra.settings.cluster import Pool
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons, node_capacity
from apim_infra.sizing.catalogue import NodeCapacity, node_size
from apim_infra.sizing.in_cluster import beside
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Workload, sizing_table


@dataclass(frozen=True, slots=True)
class PlannedPods:
    """Equal pods that may run at the same time."""

    name: str
    count: int
    cpu_millicores: int
    """Request of one pod."""
    memory_mib: int
    """Request of one pod."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A pool that cannot hold what is planned for it."""

    pool: PoolName
    size: str
    """Size of the pool's nodes."""
    maximum: int
    """The pool's largest number of nodes."""
    needed: int | None
    """Nodes of this size that would do; None when one pod alone is too large for a node."""
    capacity: NodeCapacity
    """What one node leaves to the platform's pods."""
    largest: PlannedPods
    """The largest pods planned."""
    cpu_millicores: int
    """CPU that all planned pods ask for together."""
    memory_mib: int
    """Memory that all planned pods ask for together."""


def planned_pods(settings: StackSettings, pool: PoolName) -> tuple[PlannedPods, ...]:
    """Return the pods planned for a pool; daemon sets are left out, since `node_capacity` has taken them off.

    Raises `ProductUnavailableError` when the product is not built yet.
    """
    rows: dict[PoolName, Callable[[Deployment], Iterator[PlannedPods]]] = {
        "management": _control_plane,
        "user": _gateway_stores,
    }
    own = (
        pods
        for deployment in deployments(settings)
        for made in (rows[pool](deployment) if pool in rows else (), _product(deployment, pool))
        for pods in made
    )
    brought = (
        PlannedPods(addon.name, addon.replicas, addon.cpu_millicores, addon.memory_mib)
        for addon in addons(settings)
        if addon.pool == pool
    )
    return tuple(pods for pods in (*own, *brought) if pods.count)


def pool_settings(settings: StackSettings, pool: PoolName) -> Pool:
    """Return the settings of a pool by its name."""
    pools = settings.cluster.pools
    named: dict[PoolName, Pool] = {
        "management": pools.management,
        "user": pools.user,
        "monitoring": pools.monitoring,
    }
    return named[pool]


def nodes_needed(pods: Iterable[PlannedPods], capacity: NodeCapacity) -> int | None:
    """Return how many equal nodes hold the pods, largest first, each on the first node with room; None when one is too large."""
    nodes: list[NodeCapacity] = []
    for planned in sorted(pods, key=lambda each: _share(each, capacity), reverse=True):
        if planned.cpu_millicores > capacity.cpu_millicores or planned.memory_mib > capacity.memory_mib:
            return None
        for _ in range(planned.count):
            position = next((place for place, node in enumerate(nodes) if _fits(planned, node)), None)
            if position is None:
                nodes.append(_less(capacity, planned))
            else:
                nodes[position] = _less(nodes[position], planned)
    return len(nodes)


def shortage(settings: StackSettings, pool: PoolName) -> Shortage | None:
    """Return why a pool is too small at its maximum; None when it is not.

    Raises `UnknownSizeError` or `ProductUnavailableError` when the pool's size or the product is not in the data.
    """
    nodes = pool_settings(settings, pool)
    capacity = node_capacity(node_size(settings.cloud, nodes.size), settings)
    pods = planned_pods(settings, pool)
    needed = nodes_needed(pods, capacity)
    if needed is not None and needed <= nodes.max:
        return None
    return Shortage(
        pool=pool,
        size=nodes.size,
        maximum=nodes.max,
        needed=needed,
        capacity=capacity,
        largest=max(pods, key=lambda each: _share(each, capacity)),
        cpu_millicores=sum(each.count * each.cpu_millicores for each in pods),
        memory_mib=sum(each.count * each.memory_mib for each in pods),
    )


def _control_plane(deployment: Deployment) -> Iterator[PlannedPods]:
    """Return the sizing table's rows at the configured replicas, with the surge of Deployments; nothing where the product manages itself."""
    settings = deployment.settings
    if not has_control_plane(settings.product):
        return
    for row in sizing_table().workloads:
        surge = settings.sizing.surge if row.kind == "Deployment" else 0
        count = replicas(settings, row) + surge
        yield PlannedPods(deployment.own(row.name), count, row.cpu_millicores, row.memory_mib)
    yield from _beside(deployment, sizing_table().workloads)


def _beside(deployment: Deployment, rows: Iterable[Workload]) -> Iterator[PlannedPods]:
    """Return what operators of stores add, each as a pod of its own."""
    for name, count, share in beside(deployment.settings, rows):
        yield PlannedPods(f"{deployment.own(name)}-beside", count, share.cpu_millicores, share.memory_mib)


def _product(deployment: Deployment, pool: PoolName) -> Iterator[PlannedPods]:
    """Return what the product runs on a pool, at its maximum with its surge and Jobs."""
    settings = deployment.settings
    for shape in shapes(settings):
        if shape.pool == pool:
            name, count, each = deployment.own(shape.name), shape.most(settings.sizing.surge), shape.requests
            yield PlannedPods(name, count, each.cpu_millicores, each.memory_mib)


def _gateway_stores(deployment: Deployment) -> Iterator[PlannedPods]:
    """Return the stores that stand beside the gateways in the cluster."""
    settings = deployment.settings
    for row in sizing_table().gateway_stores:
        yield PlannedPods(deployment.own(row.name), replicas(settings, row), row.cpu_millicores, row.memory_mib)
    yield from _beside(deployment, sizing_table().gateway_stores)


def _share(pods: PlannedPods, capacity: NodeCapacity) -> float:
    """Return the larger of the shares of a node's CPU and memory that one pod takes; infinite for a node that has none."""
    if capacity.cpu_millicores <= 0 or capacity.memory_mib <= 0:
        return float("inf")
    return max(pods.cpu_millicores / capacity.cpu_millicores, pods.memory_mib / capacity.memory_mib)


def _fits(pods: PlannedPods, node: NodeCapacity) -> bool:
    return pods.cpu_millicores <= node.cpu_millicores and pods.memory_mib <= node.memory_mib and node.pods > 0


def _less(node: NodeCapacity, pods: PlannedPods) -> NodeCapacity:
    """Return what a node has left with one more pod on it."""
    return NodeCapacity(
        cpu_millicores=node.cpu_millicores - pods.cpu_millicores,
        memory_mib=node.memory_mib - pods.memory_mib,
        pods=node.pods - 1,
    )
