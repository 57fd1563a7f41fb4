"""How the scheduler of Kubernetes places pods on equal nodes, in plain numbers: one pod after the other, on the node with the highest score.

Filters: what a node has left, the zone of the pod's volume, required anti-affinity and spread, the node of pods that share a volume. Scores with the weights
of the default profile: most room left (1), balance of CPU and memory (1), and the preferred spread over zones and nodes that every workload of the platform
asks for (2). Where scores are equal the scheduler chooses by lot, and so does this: each number of a lot gives other choices, the same ones every time.

Source: pkg/scheduler of k8s.io/kubernetes 1.35.4 (noderesources, podtopologyspread, default_plugins.go), read on 2026-11-21.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_infra.sizing.catalogue import NodeCapacity
from apim_infra.sizing.planned import PlannedPods

UNSAID_CPU_MILLICORES, UNSAID_MEMORY_MIB = 100, 200
"""What a pod without a request counts as where nodes are compared by the room that they have left."""

SPREAD_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class Machine:
    """What every node of a pool is: what it offers, and the requests of the daemon sets on it."""

    allocatable: NodeCapacity
    daemons: tuple[tuple[int, int], ...] = ()
    """Millicores and MiB of each daemon set's pod."""

    @property
    def left(self) -> NodeCapacity:
        """What an empty node leaves to other pods."""
        return NodeCapacity(
            self.allocatable.cpu_millicores - sum(cpu for cpu, _ in self.daemons),
            self.allocatable.memory_mib - sum(memory for _, memory in self.daemons),
            self.allocatable.pods - len(self.daemons),
        )


@dataclass(slots=True)
class Pod:
    """One pod, on a node or on none."""

    of: PlannedPods
    number: int
    """Counts the pods of its workload, from 0."""
    node: int | None = None
    zone: str = ""
    """Zone of its volume once it has one; empty when it may run in any."""


class Nodes:
    """Nodes of one pool and the pods on them."""

    def __init__(self, machine: Machine, zones: Iterable[str], lot: int = 0) -> None:
        """Make an empty node in the zone of each entry; with another lot, equally good nodes are chosen otherwise."""
        self.machine = machine
        self._empty = machine.left
        scored = [_unsaid(cpu, memory) for cpu, memory in machine.daemons]
        self._scored_empty = sum(cpu for cpu, _ in scored), sum(memory for _, memory in scored)
        self._lot = random.Random(lot)  # noqa: S311 - which of two equal nodes is taken is no secret
        self.zones: list[str] = []
        self.open: list[bool] = []
        """Whether the node takes pods."""
        self.pods: list[list[Pod]] = []
        self.left: list[list[int]] = []
        """Millicores, MiB and pods that each node has left."""
        self._scored: list[tuple[int, int]] = []
        self._resource_scores: dict[tuple[int, ...], int] = {}
        self._homes: dict[str, list[int]] = {}
        for zone in zones:
            self.add(zone)

    def add(self, zone: str) -> None:
        """Add an empty node."""
        empty = self._empty
        for counts in self._homes.values():
            counts.append(0)
        self.zones.append(zone)
        self.open.append(True)
        self.pods.append([])
        self.left.append([empty.cpu_millicores, empty.memory_mib, empty.pods])
        self._scored.append(self._scored_empty)

    def close(self, node: int) -> list[Pod]:
        """Keep new pods away from a node; return those that are on it."""
        self.open[node] = False
        return list(self.pods[node])

    def take_off(self, pod: Pod) -> None:
        """Take a pod off its node."""
        node = pod.node
        if node is not None:
            self.pods[node].remove(pod)
            self._count(node, pod.of, -1)
            pod.node = None

    def put(self, pod: Pod, node: int) -> None:
        """Put a pod on a node, whose volume stays in the node's zone from then on."""
        pod.node = node
        if pod.of.zonal:
            pod.zone = self.zones[node]
        self.pods[node].append(pod)
        self._count(node, pod.of, 1)

    def place(self, pod: Pod) -> bool:
        """Put a pod where the scheduler would; return whether any node takes it."""
        own = self._own(pod.of)
        feasible = [node for node in range(len(self.zones)) if not self._hindrance(node, pod, own)]
        if not feasible:
            return False
        self.put(pod, feasible[0] if len(feasible) == 1 else self._best(pod.of, feasible, own))
        return True

    def why(self, pod: Pod) -> str:
        """Return why no node takes a pod, in the words of the scheduler."""
        own = self._own(pod.of)
        reasons = Counter(self._hindrance(node, pod, own) for node in range(len(self.zones)))
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        return f"0/{len(self.zones)} nodes are available: {listed or 'there are none'}."

    def _own(self, of: PlannedPods) -> list[int]:
        """Return how many pods of a workload each node has."""
        return self._homes.setdefault(of.name, [0] * len(self.zones))

    def _hindrance(self, node: int, pod: Pod, own: Sequence[int]) -> str:
        """Return what keeps a pod off a node; empty when nothing does."""
        if not self.open[node]:
            return "node(s) were unschedulable"
        if pod.zone and pod.zone != self.zones[node]:
            return "node(s) didn't match PersistentVolume's node affinity"
        return self._lack(node, pod.of) or self._rule(node, pod.of, own)

    def _lack(self, node: int, of: PlannedPods) -> str:
        cpu, memory, pods = self.left[node]
        if pods < 1:
            return "Too many pods"
        if of.cpu_millicores > cpu:
            return "Insufficient cpu"
        return "Insufficient memory" if of.memory_mib > memory else ""

    def _rule(self, node: int, of: PlannedPods, own: Sequence[int]) -> str:
        if of.together and not own[node] and any(own):
            return "node(s) didn't match pod affinity rules"
        if of.apart == "node" and own[node]:
            return "node(s) didn't match pod anti-affinity rules"
        uneven = of.apart == "zone" and self._uneven(self.zones[node], own)
        return "node(s) didn't match pod topology spread constraints" if uneven else ""

    def _uneven(self, zone: str, own: Sequence[int]) -> bool:
        """Tell whether one pod more in a zone would be two more than in another."""
        counts = self._by_zone(own)
        return counts[zone] + 1 - min(counts.values()) > 1

    def _by_zone(self, own: Sequence[int]) -> dict[str, int]:
        counts = dict.fromkeys(self.zones, 0)
        for zone, count in zip(self.zones, own, strict=True):
            counts[zone] += count
        return counts

    def _best(self, of: PlannedPods, feasible: Sequence[int], own: Sequence[int]) -> int:
        """Return the node with the highest score, one of them by lot."""
        zones = self._by_zone(own)
        per_zone = math.log(len({self.zones[node] for node in feasible}) + 2)
        per_node = math.log(len(feasible) + 2)
        raw = [_rounded(zones[self.zones[node]] * per_zone + own[node] * per_node) for node in feasible]
        least, most = min(raw), max(raw)
        best, highest = list[int](), -1
        for node, crowd in zip(feasible, raw, strict=True):
            spread = 100 * (most + least - crowd) // most if most else 100
            score = self._resources(of, node) + SPREAD_WEIGHT * spread
            if score > highest:
                best, highest = [node], score
            elif score == highest:
                best.append(node)
        return best[0] if len(best) == 1 else self._lot.choice(best)

    def _resources(self, of: PlannedPods, node: int) -> int:
        """Return the scores for room and balance that a node would have with one more pod."""
        (cpu_left, memory_left, _), scored = self.left[node], self._scored[node]
        key = (cpu_left, memory_left, *scored, of.cpu_millicores, of.memory_mib)
        known = self._resource_scores.get(key)
        if known is None:
            room, offered = self._empty, self.machine.allocatable
            cpu, memory = _unsaid(of.cpu_millicores, of.memory_mib)
            taken = offered.cpu_millicores - room.cpu_millicores, offered.memory_mib - room.memory_mib
            known = _room(scored[0] + cpu, offered.cpu_millicores) + _room(scored[1] + memory, offered.memory_mib)
            known //= 2
            if of.cpu_millicores or of.memory_mib:
                known += _balance(
                    (taken[0] + room.cpu_millicores - cpu_left + of.cpu_millicores) / offered.cpu_millicores,
                    (taken[1] + room.memory_mib - memory_left + of.memory_mib) / offered.memory_mib,
                )
            self._resource_scores[key] = known
        return known

    def _count(self, node: int, of: PlannedPods, sign: int) -> None:
        left, (cpu, memory) = self.left[node], _unsaid(of.cpu_millicores, of.memory_mib)
        left[0] -= sign * of.cpu_millicores
        left[1] -= sign * of.memory_mib
        left[2] -= sign
        self._own(of)[node] += sign
        self._scored[node] = self._scored[node][0] + sign * cpu, self._scored[node][1] + sign * memory


def _unsaid(cpu: int, memory: int) -> tuple[int, int]:
    return cpu or UNSAID_CPU_MILLICORES, memory or UNSAID_MEMORY_MIB


def _room(asked: int, offered: int) -> int:
    return 0 if asked > offered else (offered - asked) * 100 // offered


def _balance(cpu: float, memory: float) -> int:
    return int((1 - abs(min(cpu, 1) - min(memory, 1)) / 2) * 100)


def _rounded(score: float) -> int:
    """Round half away from zero, as the scheduler does."""
    return math.floor(score + 0.5)
