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

LOTS = 8
"""How many lots the arithmetic draws: a pool that fits by luck alone does not fit."""


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


@dataclass(frozen=True, slots=True)
class Case:
    """What happens to a pool in one case of a scenario."""

    scenario: Scenario
    name: str
    """The zone that is lost, or the node that is drained; empty for the other scenarios."""
    zones: tuple[str, ...]
    """Zone of each node."""
    kept: tuple[tuple[Pod, int], ...]
    """Pods that are where they are, with the place of their node."""
    queue: tuple[Pod, ...]
    """Pods to place, in their order."""
    drained: int | None = None
    """Place of the node that lets its pods go."""
    drained_of: str = ""
    """Workload whose node lets its pods go, wherever that is."""

    def to_drain(self, nodes: Nodes) -> int | None:
        """Return the place of the node that lets its pods go, once all have theirs."""
        if not self.drained_of:
            return self.drained
        found = (place for place, pods in enumerate(nodes.pods) for pod in pods if pod.of.name == self.drained_of)
        return next(found, None)


def steady_case(plan: PoolPlan) -> Case:
    """Return the steady state: every pod at its maximum, on empty nodes."""
    return Case("steady", "", tuple(plan.node_zones()), (), tuple(plan.queue()))


def cases(
    plan: PoolPlan, scenario: Scenario, nodes: Nodes, missing: Sequence[Pod], *, every_node: bool = False
) -> Iterator[Case]:
    """Yield the cases of a scenario other than the steady state, which begin with the steady state's nodes and the pods that had none.

    Drained are the fullest node and those with pods that need a certain node, or `every_node`.
    """
    if scenario == "rolling-update":
        yield _rolling_update(plan, nodes, missing)
    elif scenario == "zone-lost":
        yield from _zones_lost(plan, nodes, missing)
    elif nodes.zones:
        yield from _nodes_drained(plan, nodes, missing, every_node=every_node)
        yield from _volumes_drained(plan, nodes)


def reckon(plan: PoolPlan, scenarios: Sequence[Scenario], lots: int = LOTS) -> Iterator[Outcome]:
    """Yield every case of the scenarios, as the arithmetic places its pods; of other lots than the first, the cases that do not fit."""
    first = steady_case(plan)
    for lot in range(lots):
        nodes, missing = _play(plan, first, lot)
        for scenario in scenarios:
            others = cases(plan, scenario, nodes, missing, every_node=True) if scenario != "steady" else ()
            played = [(first, nodes, missing)] if scenario == "steady" else []
            played += [(case, *_play(plan, case, lot)) for case in others]
            for found in (outcome(plan, *each) for each in played):
                if lot == 0 or not found.fits:
                    yield found


def _play(plan: PoolPlan, case: Case, lot: int) -> tuple[Nodes, list[Pod]]:
    """Return the nodes at the end of a case, and the pods that no node takes."""
    nodes = Nodes(plan.machine, case.zones, lot)
    for pod, place in case.kept:
        nodes.put(pod, place)
    missing = [pod for pod in case.queue if not nodes.place(pod)]
    drained = case.to_drain(nodes)
    if drained is not None:
        missing += _drain(nodes, drained, missing)
    return nodes, missing


def _drain(nodes: Nodes, drained: int, missing: Iterable[Pod]) -> list[Pod]:
    leaving = nodes.close(drained)
    for pod in leaving:
        if pod.of.together:  # leave at once: none finds a node while another is still there
            nodes.take_off(pod)

    def move(pod: Pod) -> bool:
        nodes.take_off(pod)
        return nodes.place(pod)

    return evict(leaving, missing, move)


def evict(pods: Iterable[Pod], missing: Iterable[Pod], move: Callable[[Pod], bool]) -> list[Pod]:
    """Let pods leave a node under their disruption budgets; return those that are left without a node, or on theirs.

    `move` places a pod anew and tells whether it found a node. A budget lets one pod of a workload go at a time, and none while another, such as
    one of `missing`, has no node.
    """
    short, stuck = {pod.of.name for pod in missing}, list[Pod]()
    for pod in pods:
        if (pod.of.budget and pod.of.name in short) or not move(pod):
            short.add(pod.of.name)
            stuck.append(pod)
    return stuck


def outcome(plan: PoolPlan, case: Case, nodes: Nodes, missing: Sequence[Pod]) -> Outcome:
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
        scenario=case.scenario,
        case=case.name,
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


def _rolling_update(plan: PoolPlan, nodes: Nodes, missing: Sequence[Pod]) -> Case:
    """Return the moment at which every Deployment has its pods more: what leaves makes room for what comes next."""
    queue = (*_again(missing), *plan.queue(surge=True))
    return Case("rolling-update", "", tuple(nodes.zones), _kept(nodes), queue)


def _zones_lost(plan: PoolPlan, nodes: Nodes, missing: Sequence[Pod]) -> Iterator[Case]:
    """Yield each zone in turn: its nodes are gone, the others grow to the pool's maximum, and what ran there is placed again."""
    for lost in plan.zones:
        stay = [place for place, zone in enumerate(nodes.zones) if zone != lost]
        zones = [nodes.zones[place] for place in stay]
        for zone in plan.zones:
            zones += [zone] * (plan.node_zones(lost).count(zone) - zones.count(zone))
        gone = [pod for place, pods in enumerate(nodes.pods) if place not in stay for pod in pods]
        position = {(pod.of.name, pod.number): at for at, pod in enumerate(plan.queue())}
        queue = sorted(_again([*gone, *missing]), key=lambda pod: position[pod.of.name, pod.number])
        yield Case("zone-lost", lost, tuple(zones), _kept(nodes, stay), tuple(queue))


def _nodes_drained(plan: PoolPlan, nodes: Nodes, missing: Sequence[Pod], *, every_node: bool) -> Iterator[Case]:
    """Yield nodes in turn that take no pods any more, and let their own go as disruption budgets allow."""
    bound = {place for place, pods in enumerate(nodes.pods) for pod in pods if pod.of.together or pod.of.apart}
    chosen = set(range(len(nodes.zones))) if every_node else {_fullest(plan, nodes), *bound}
    for drained in sorted(chosen):
        name = plan.name(drained, nodes.zones)
        yield Case("node-drain", name, tuple(nodes.zones), _kept(nodes), _again(missing), drained)


def _volumes_drained(plan: PoolPlan, nodes: Nodes) -> Iterator[Case]:
    """Yield the drain of the node of each workload with a volume, held to the zone with the fewest nodes: it may have been made in any."""
    zone = min(reversed(plan.zones), key=nodes.zones.count)
    for of in plan.pods:
        if of.zonal and nodes.zones.count(zone):
            queue = list(plan.queue())
            for pod in queue:
                if pod.of == of and (pod.number == 0 or of.together):
                    pod.zone = zone
            yield Case("node-drain", f"{of.name} in {zone}", tuple(nodes.zones), (), tuple(queue), drained_of=of.name)


def _again(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Return the same pods without a node, with the zones of their volumes."""
    return tuple(Pod(pod.of, pod.number, zone=pod.zone) for pod in pods)


def _kept(nodes: Nodes, places: Sequence[int] | None = None) -> tuple[tuple[Pod, int], ...]:
    """Return the same pods with the new places of their nodes: all, or those of the nodes that stay."""
    stay = range(len(nodes.zones)) if places is None else places
    return tuple((Pod(pod.of, pod.number), new) for new, old in enumerate(stay) for pod in nodes.pods[old])


def _taken(plan: PoolPlan, nodes: Nodes, node: int) -> float:
    left, offered = nodes.left[node], plan.machine.allocatable
    whole = (offered.cpu_millicores, offered.memory_mib, offered.pods)
    return max(1 - free / max(of, 1) for free, of in zip(left, whole, strict=True))


def _fullest(plan: PoolPlan, nodes: Nodes) -> int:
    """Return the node of which the largest share is taken, among those that take pods."""
    takers = [node for node, taking in enumerate(nodes.open) if taking]
    return max(takers or range(len(nodes.zones)), key=lambda node: _taken(plan, nodes, node))
