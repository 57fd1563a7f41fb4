"""Whether everything that is planned for a node pool fits on the pool's largest number of nodes, whatever happens to it.

Counted is the fullest moment: gateways at their autoscaler's maximum, Jobs of the charts beside them. `apim_infra.sizing.scenarios` says what
happens; settings are refused when a rolling update of everything at once has no room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apim_infra.settings.cluster import Pool
from apim_infra.settings.environment import Cloud
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons, node_capacity
from apim_infra.sizing.catalogue import NodeCapacity, allocatable, node_size
from apim_infra.sizing.planned import PlannedPods, planned_pods
from apim_infra.sizing.pools import zone_maximum
from apim_infra.sizing.scenarios import SCENARIOS, Outcome, PoolPlan, Scenario, reckon
from apim_infra.sizing.scheduling import Machine

LARGEST_POOL = 450
"""Largest number of nodes that a pool's settings take."""


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


def pool_settings(settings: StackSettings, pool: PoolName) -> Pool:
    """Return the settings of a pool by its name."""
    pools = settings.cluster.pools
    named: dict[PoolName, Pool] = {
        "management": pools.management,
        "user": pools.user,
        "monitoring": pools.monitoring,
    }
    return named[pool]


def pool_plan(settings: StackSettings, pool: PoolName, zones: Sequence[str] = ()) -> PoolPlan:
    """Return a pool with what is planned for it; `zones` are their names where they are known, such as `eu-west-1a`.

    Raises `UnknownSizeError` or `ProductUnavailableError` when the pool's size or the product is not in the data.
    """
    nodes = pool_settings(settings, pool)
    daemons = tuple((addon.cpu_millicores, addon.memory_mib) for addon in addons(settings) if addon.kind == "DaemonSet")
    names = tuple(zones) or tuple(f"zone-{number}" for number in range(1, settings.network.zones + 1))
    return _at(
        settings,
        PoolPlan(
            pool=pool,
            machine=Machine(allocatable(node_size(settings.cloud, nodes.size)), daemons),
            pods=planned_pods(settings, pool),
            zones=names,
            maximum=0,
            zone_maximum=0,
        ),
        nodes.max,
    )


def survived(settings: StackSettings) -> tuple[Scenario, ...]:
    """Return the scenarios that the stack must stand: steady state and rolling updates always, the others as `sizing.survive` says."""
    wanted = {"zone-lost": "zone", "node-drain": "node"}
    losses = {str(loss) for loss in settings.sizing.survive}
    return tuple(scenario for scenario in SCENARIOS if scenario not in wanted or wanted[scenario] in losses)


def outcomes(plan: PoolPlan, scenarios: Sequence[Scenario] = SCENARIOS) -> list[Outcome]:
    """Return every case of the scenarios, as the arithmetic places the pods."""
    return list(reckon(plan, scenarios))


def nodes_needed(
    settings: StackSettings, plan: PoolPlan, scenarios: Sequence[Scenario], *, above: int = 0
) -> int | None:
    """Return the smallest maximum, above a number, with which a pool stands the scenarios; None where no number of such nodes does."""
    left, most = plan.machine.left, [of for of in plan.pods if of.most]
    if any(of.cpu_millicores > left.cpu_millicores or of.memory_mib > left.memory_mib or left.pods < 1 for of in most):
        return None
    for maximum in range(max(_least(plan, left), above + 1, 1), LARGEST_POOL + 1):
        if all(case.fits for case in reckon(_at(settings, plan, maximum), scenarios)):
            return maximum
    return None


def shortage(settings: StackSettings, pool: PoolName) -> Shortage | None:
    """Return why a pool is too small at its maximum for a rolling update of everything at once; None when it is not.

    Raises `UnknownSizeError` or `ProductUnavailableError` when the pool's size or the product is not in the data.
    """
    plan = pool_plan(settings, pool)
    if all(case.fits for case in reckon(plan, ("rolling-update",))):
        return None
    nodes = pool_settings(settings, pool)
    capacity = node_capacity(node_size(settings.cloud, nodes.size), settings)
    return Shortage(
        pool=pool,
        size=nodes.size,
        maximum=nodes.max,
        needed=nodes_needed(settings, plan, ("rolling-update",), above=nodes.max),
        capacity=capacity,
        largest=max(plan.pods, key=lambda each: _share(each, capacity)),
        cpu_millicores=sum(each.most * each.cpu_millicores for each in plan.pods),
        memory_mib=sum(each.most * each.memory_mib for each in plan.pods),
    )


def pool_plans(settings: StackSettings, zones: Sequence[str] = ()) -> tuple[PoolPlan, ...]:
    """Return every pool that is to hold something; raises as `pool_plan` does."""
    return tuple(plan for plan in (pool_plan(settings, pool, zones) for pool in POOLS) if plan.pods)


def least_maxima(settings: StackSettings) -> dict[PoolName, int | None]:
    """Return the smallest maximum of each pool with which it stands everything that the stack must; None where the size of its nodes is too small.

    Raises as `pool_plan` does.
    """
    return {plan.pool: nodes_needed(settings, plan, survived(settings)) for plan in pool_plans(settings)}


def _at(settings: StackSettings, plan: PoolPlan, maximum: int) -> PoolPlan:
    """Return a pool with another maximum. On AWS a zone may have its share alone, on Azure all nodes may stand in any zone."""
    share = pool_settings(settings, plan.pool).model_copy(update={"max": maximum})
    grouped = settings.cloud is Cloud.AWS
    return replace(plan, maximum=maximum, zone_maximum=zone_maximum(share, len(plan.zones)) if grouped else maximum)


def _least(plan: PoolPlan, left: NodeCapacity) -> int:
    """Return the number of nodes below which not even the steady state's sum fits."""
    asked = (
        (sum(of.count * of.cpu_millicores for of in plan.pods), left.cpu_millicores),
        (sum(of.count * of.memory_mib for of in plan.pods), left.memory_mib),
        (sum(of.count for of in plan.pods), left.pods),
    )
    return max(-(-total // each) for total, each in asked if each > 0)


def _share(pods: PlannedPods, capacity: NodeCapacity) -> float:
    """Return the larger of the shares of a node's CPU and memory that one pod takes; infinite for a node that has none."""
    if capacity.cpu_millicores <= 0 or capacity.memory_mib <= 0:
        return float("inf")
    return max(pods.cpu_millicores / capacity.cpu_millicores, pods.memory_mib / capacity.memory_mib)
