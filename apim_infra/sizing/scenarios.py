"""What a pool must hold: everything at its maximum, a rolling update on top, without one zone, without one node. Reckoned, not run.

Pods stand in the queue smallest first, the worst order for a scheduler that spreads: a large pod finds what the small ones have left of every node.
A scenario starts from the placement of the steady state, as it would in a cluster: pods that need not move stay where they are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from apim_infra.settings.pools import PoolName
from apim_infra.sizing.planned import PlannedPods
from apim_infra.sizing.scheduling import Machine, Nodes, Pod

Scenario = Literal["steady", "rolling-update", "zone-lost", "node-drain"]
SCENARIOS: tuple[Scenario, ...] = ("steady", "rolling-update", "zone-lost", "node-drain")
"""Every scenario, in the order in which they are reported."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Pods of one workload that no node takes."""

    name: str
    count: int
    reason: str
    """In the scheduler's words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pool stands one case of a scenario."""

    pool: PoolName
    scenario: Scenario
    case: str
    """The zone that is lost, or the node that is drained; empty for the other scenarios."""
    nodes: int
    """Nodes that take pods."""
    pods: int
    """Pods asked for, those of daemon sets left out."""
    cpu_millicores: int
    """What all of them ask for together."""
    memory_mib: int
    cpu_left_millicores: int
    """What all nodes together have left."""
    memory_left_mib: int
    pods_left: int
    fullest: str
    """Node of which the largest share is taken."""
    fullest_percent: int
    """Share of it that is taken: of CPU, of memory or of pods, whichever is largest."""
    unplaced: tuple[Unplaced, ...] = ()
    waiting: tuple[str, ...] = ()
    """Workloads whose volumes are in the zone that is lost: they wait for it, whatever the pool's size."""

    @property
    def fits(self) -> bool:
        """Whether every pod that can run has a node."""
        return not self.unplaced


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A pool and what is planned for it."""

    pool: PoolName
    machine: Machine
    pods: tuple[PlannedPods, ...]
    zones: tuple[str, ...]
    maximum: int
    zone_maximum: int
    """Largest number of nodes of each zone."""

    def queue(self, *, surge: bool = False) -> Iterator[Pod]:
        """Yield the pods in the order in which they are placed: all, or those alone that a rolling update adds."""
        for of in sorted(self.pods, key=self._share):
            numbers = range(of.count, of.most) if surge else range(of.count)
            yield from (Pod(of, number) for number in numbers)

    def node_zones(self, lost: str = "") -> list[str]:
        """Return the zone of each node at the pool's maximum, dealt out evenly; without a lost zone the others have its nodes."""
        zones = [zone for zone in self.zones if zone != lost]
        most = min(self.maximum, self.zone_maximum * len(zones))
        return list(islice(cycle(zones), most))

    def name(self, node: int, zones: Sequence[str]) -> str:
        """Return the name of a node, by its place in a list of nodes' zones."""
        return f"{self.pool}-{zones[node]}-{zones[: node + 1].count(zones[node])}"

    def _share(self, of: PlannedPods) -> tuple[bool, float, str]:
        """Order pods by the share of a node that one takes; those that must stay together come last, when their node may be full."""
        left = self.machine.left
        share = max(of.cpu_millicores / max(left.cpu_millicores, 1), of.memory_mib / max(left.memory_mib, 1))
        return of.together, share, of.name


def steady(plan: PoolPlan) -> tuple[Nodes, list[Pod]]:
    """Return the nodes with every pod at its maximum, and the pods that no node takes."""
    nodes = Nodes(plan.machine, plan.node_zones())
    return nodes, _place(nodes, plan.queue())


def reckon(plan: PoolPlan, scenario: Scenario) -> tuple[Outcome, ...]:
    """Return every case of a scenario."""
    cases: dict[Scenario, Callable[[PoolPlan], Iterable[Outcome]]] = {
        "steady": _steady,
        "rolling-update": _rolling_update,
        "zone-lost": _zones_lost,
        "node-drain": _nodes_drained,
    }
    return tuple(cases[scenario](plan))


def to_drain(plan: PoolPlan, nodes: Nodes) -> list[int]:
    """Return the nodes whose loss is hardest: the fullest one, and those with pods that cannot run just anywhere."""
    if not nodes.zones:
        return []
    bound = {pod.node for pods in nodes.pods for pod in pods if pod.zone or pod.of.together or pod.of.apart}
    return sorted({_fullest(plan, nodes), *(node for node in bound if node is not None)})


def evict(pods: Iterable[Pod], move: Callable[[Pod], bool]) -> list[Pod]:
    """Let pods leave a node under their disruption budgets; return those that are left without a node, or on theirs.

    `move` places a pod anew and tells whether it found a node. A budget lets one pod of a workload go at a time, and none while another has no node.
    """
    stuck: dict[str, list[Pod]] = defaultdict(list)
    together = [pod for pod in pods]
    for pod in together:
        if (pod.of.budget and stuck[pod.of.name]) or not move(pod):
            stuck[pod.of.name].append(pod)
    return [pod for left in stuck.values() for pod in left]


def outcome(plan: PoolPlan, scenario: Scenario, case: str, nodes: Nodes, missing: Sequence[Pod]) -> Outcome:
    """Return the result of a case from the nodes as they are at its end."""
    on = [pod for pods in nodes.pods for pod in pods]
    waiting = [pod for pod in missing if pod.zone and pod.zone not in nodes.zones]
    unplaced: dict[str, list[Pod]] = defaultdict(list)
    for pod in missing:
        if pod not in waiting:
            unplaced[pod.of.name].append(pod)
    takers = [left for left, taking in zip(nodes.left, nodes.open, strict=True) if taking]
    every = [*on, *(pod for pod in missing if pod.node is None)]
    fullest = _fullest(plan, nodes) if nodes.zones else None
    return Outcome(
        pool=plan.pool,
        scenario=scenario,
        case=case,
        nodes=len(takers),
        pods=len(every),
        cpu_millicores=sum(pod.of.cpu_millicores for pod in every),
        memory_mib=sum(pod.of.memory_mib for pod in every),
        cpu_left_millicores=sum(left[0] for left in takers),
        memory_left_mib=sum(left[1] for left in takers),
        pods_left=sum(left[2] for left in takers),
        fullest="" if fullest is None else plan.name(fullest, nodes.zones),
        fullest_percent=0 if fullest is None else round(100 * _taken(plan, nodes, fullest)),
        unplaced=tuple(Unplaced(name, len(pods), nodes.why(pods[0])) for name, pods in sorted(unplaced.items())),
        waiting=tuple(sorted({pod.of.name for pod in waiting})),
    )


def _place(nodes: Nodes, queue: Iterable[Pod]) -> list[Pod]:
    return [pod for pod in queue if not nodes.place(pod)]


def _steady(plan: PoolPlan) -> Iterator[Outcome]:
    nodes, missing = steady(plan)
    yield outcome(plan, "steady", "", nodes, missing)


def _rolling_update(plan: PoolPlan) -> Iterator[Outcome]:
    """Every Deployment has its pods more at once: what leaves makes room for what comes next."""
    nodes, missing = steady(plan)
    missing += _place(nodes, plan.queue(surge=True))
    yield outcome(plan, "rolling-update", "", nodes, missing)


def _zones_lost(plan: PoolPlan) -> Iterator[Outcome]:
    """Each zone in turn: its nodes are gone, the other zones grow to the pool's maximum, and what ran there is placed again."""
    before, missing = steady(plan)
    for lost in plan.zones:
        nodes = Nodes(plan.machine, (zone for zone in before.zones if zone != lost))
        stay = [place for place, zone in enumerate(before.zones) if zone != lost]
        for place, old in enumerate(stay):
            for pod in before.pods[old]:
                nodes.put(Pod(pod.of, pod.number), place)
        for zone in sorted(set(plan.zones) - {lost}):
            for _ in range(plan.node_zones(lost).count(zone) - nodes.zones.count(zone)):
                nodes.add(zone)
        gone = {(pod.of.name, pod.number): pod for old, pods in enumerate(before.pods) if old not in stay for pod in pods}
        gone |= {(pod.of.name, pod.number): pod for pod in missing}
        again = [pod for pod in plan.queue() if (pod.of.name, pod.number) in gone]
        for pod in again:
            pod.zone = gone[pod.of.name, pod.number].zone
        yield outcome(plan, "zone-lost", lost, nodes, _place(nodes, again))


def _nodes_drained(plan: PoolPlan) -> Iterator[Outcome]:
    """Each of the hardest nodes in turn takes no pods any more, and lets its own go as their disruption budgets allow."""
    for drained in to_drain(plan, steady(plan)[0]):
        nodes, missing = steady(plan)
        left = nodes.close(drained)
        for pod in left:
            if pod.of.together:  # leave at once: none finds a node while another is still there
                nodes.take_off(pod)

        def move(pod: Pod, nodes: Nodes = nodes) -> bool:
            nodes.take_off(pod)
            return nodes.place(pod)

        missing += evict(left, move)
        yield outcome(plan, "node-drain", plan.name(drained, nodes.zones), nodes, missing)


def _taken(plan: PoolPlan, nodes: Nodes, node: int) -> float:
    left, offered = nodes.left[node], plan.machine.allocatable
    whole = (offered.cpu_millicores, offered.memory_mib, offered.pods)
    return max(1 - free / max(of, 1) for free, of in zip(left, whole, strict=True))


def _fullest(plan: PoolPlan, nodes: Nodes) -> int:
    """Return the node of which the largest share is taken, among those that take pods."""
    takers = [node for node, taking in enumerate(nodes.open) if taking]
    return max(takers or range(len(nodes.zones)), key=lambda node: _taken(plan, nodes, node))
