"""The pods that are planned for each pool: how many, how large, and what their workload asks of the nodes.

Gateways count at their autoscaler's maximum, and Jobs run beside everything else. Microservices are not the platform's and are not counted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from apim_infra.products.profile import has_control_plane
from apim_infra.products.registry import shapes
from apim_infra.products.shapes import WorkloadKind
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.environment import Cloud
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import AddOn, addons, load_balancers
from apim_infra.sizing.in_cluster import beside
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Workload, sizing_table

Apart = Literal["", "node", "zone"]
"""What two pods of a workload may not share: a node (required anti-affinity), or unevenly a zone (a spread that must hold)."""


@dataclass(frozen=True, slots=True)
class PlannedPods:
    """Equal pods that may run at the same time."""

    name: str
    count: int
    """Pods at the autoscaler's maximum, when nothing is being rolled out."""
    cpu_millicores: int
    """Request of one pod."""
    memory_mib: int
    """Request of one pod."""
    surge: int = 0
    """Pods that a rolling update adds."""
    kind: WorkloadKind = "Deployment"
    zonal: bool = False
    """Whether its volumes stay in the zone in which they were made."""
    together: bool = False
    """Whether all its pods run on one node, since they share a volume that one node mounts at a time."""
    apart: Apart = ""
    """What two of its pods may not share."""

    @property
    def most(self) -> int:
        """Pods that there are at once while it rolls out."""
        return self.count + self.surge

    @property
    def budget(self) -> bool:
        """Whether a disruption budget lets its pods leave a node one by one: where there are two or more, on nodes of their own choice."""
        return self.count > 1 and not self.together and self.kind != "Job"


def planned_pods(settings: StackSettings, pool: PoolName) -> tuple[PlannedPods, ...]:
    """Return the pods planned for a pool; daemon sets are left out, since every node has them.

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
    brought = (_add_on(settings, addon) for addon in addons(settings) if addon.pool == pool)
    return tuple(pods for pods in (*own, *brought) if pods.count)


def keeps_zone(settings: StackSettings) -> bool:
    """Tell whether volumes stay in one zone: disks of AWS do, those that the platform asks of Azure are kept in three."""
    return settings.cloud is Cloud.AWS


def _control_plane(deployment: Deployment) -> Iterator[PlannedPods]:
    """Return the sizing table's rows at the configured replicas; nothing where the product manages itself."""
    if has_control_plane(deployment.settings.product):
        yield from _rows(deployment, sizing_table().workloads)


def _gateway_stores(deployment: Deployment) -> Iterator[PlannedPods]:
    """Return the stores that stand beside the gateways in the cluster."""
    yield from _rows(deployment, sizing_table().gateway_stores)


def _rows(deployment: Deployment, rows: tuple[Workload, ...]) -> Iterator[PlannedPods]:
    """Return rows of the sizing table; pods that share a volume stay on one node, where an update replaces them one by one."""
    settings = deployment.settings
    for row in rows:
        volume, rolls = row.storage_gb > 0, row.kind == "Deployment"
        yield PlannedPods(
            deployment.own(row.name),
            replicas(settings, row),
            row.cpu_millicores,
            row.memory_mib,
            surge=settings.sizing.surge if rolls and not volume else 0,
            kind=row.kind,
            zonal=volume and keeps_zone(settings),
            together=volume and rolls,
        )
    yield from _beside(deployment, rows)


def _beside(deployment: Deployment, rows: Iterable[Workload]) -> Iterator[PlannedPods]:
    """Return what operators of stores add, each as a pod of its own."""
    for name, count, share in beside(deployment.settings, rows):
        own = f"{deployment.own(name)}-beside"
        yield PlannedPods(own, count, share.cpu_millicores, share.memory_mib, kind="Job")


def _product(deployment: Deployment, pool: PoolName) -> Iterator[PlannedPods]:
    """Return what the product runs on a pool, at its maximum, and its Jobs."""
    settings = deployment.settings
    for shape in shapes(settings):
        if shape.pool == pool and shape.kind != "DaemonSet":
            yield PlannedPods(
                deployment.own(shape.name),
                shape.maximum,
                shape.requests.cpu_millicores,
                shape.requests.memory_mib,
                surge=shape.most(settings.sizing.surge) - shape.maximum,
                kind=shape.kind,
                zonal=shape.storage_gib > 0 and keeps_zone(settings),
                apart=shape.apart,
            )


def _add_on(settings: StackSettings, addon: AddOn) -> PlannedPods:
    """Return an add-on, whose Deployments add a pod while they are updated: one for each load balancer of those that stand behind one."""
    surge = (load_balancers(settings) if addon.pool == "user" else 1) if addon.kind == "Deployment" else 0
    zonal = addon.storage_gb > 0 and keeps_zone(settings)
    return PlannedPods(
        addon.name, addon.replicas, addon.cpu_millicores, addon.memory_mib, surge=surge, kind=addon.kind, zonal=zonal
    )
