"""The scenarios of `apim_infra.sizing.scenarios`, placed by the real scheduler: same nodes, same pods, same order."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from apim_infra.cluster.api import Api, Refused, reference
from apim_infra.cluster.pods import CASE_LABEL, NAMESPACE, Stage
from apim_infra.sizing.scenarios import Case, Outcome, PoolPlan, Scenario, cases, evict, outcome, steady_case
from apim_infra.sizing.scheduling import Nodes, Pod

PATIENCE_SECONDS = 60.0
"""How long the control plane may take for one step before something must be broken."""
POLL_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5
AT_ONCE = 8
BUSY = 429
NOT_SEEN_YET = ("non-existent persistentvolume", "unbound immediate PersistentVolumeClaims")
"""What the scheduler says while it has not been told yet what the control plane knows."""
VOLUME_IS_KNOWN = {"Available", "Bound"}
"""Phases of a volume of which the controllers know: a claim that they see before its volume waits for a quarter of a minute."""
CLOSED = "node(s) were unschedulable"
ELSEWHERE = (CLOSED, "node(s) didn't match Pod's node affinity/selector", "node(s) had untolerated taint(s)")
"""What the scheduler says of nodes of other cases."""

Item = TypeVar("Item")


class NoAnswerError(Exception):
    """The control plane does not come to an end with a step."""


@dataclass(slots=True)
class Run:
    """One case on a control plane."""

    api: Api
    stage: Stage
    nodes: Nodes
    reasons: dict[str, str] = field(default_factory=dict[str, str])
    """Why a pod has no node, by its name, in the scheduler's words."""
    attempts: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """How often a pod has been made again, by its workload and number."""
    bound: set[str] = field(default_factory=set[str])
    """Pods with a volume of their own, by name."""

    def play(self, case: Case) -> tuple[list[Pod], Outcome]:
        """Play the case; return the pods without a node, and the result. Raises NoAnswerError and what `Api` raises."""
        self._build()
        self._keep(case.kept)
        self._bind(case.queue)
        missing = self._schedule(case.queue)
        drained = case.to_drain(self.nodes)
        if drained is not None:
            missing += self._drain(drained, missing)
        return missing, self._outcome(case, missing)

    def _build(self) -> None:
        """Make the nodes, wait until they take pods, and start what runs on every node."""
        zones, stage = self.nodes.zones, self.stage
        places = range(len(zones))
        self._each(places, lambda place: self._node(stage.node(place, zones)))
        self._until(self._ready, "nodes become ready")
        if stage.plan.machine.daemons:
            self._each(places, lambda place: self.api.create(stage.daemons(place)))

    def _keep(self, pods: Iterable[tuple[Pod, int]]) -> None:
        """Put pods where they already were."""
        kept = list(pods)
        for pod, place in kept:
            self.nodes.put(pod, place)
        self._each(kept, lambda entry: self.api.create(self.stage.pod(*entry)))

    def _bind(self, pods: Iterable[Pod]) -> None:
        """Make the volumes of pods that have one, then their claims, and wait until they are bound."""
        new = [pod for pod in pods if pod.zone and self._name(pod) not in self.bound]
        if not new:
            return
        self.bound |= {self._name(pod) for pod in new}
        self._each(new, lambda pod: self.api.create(self.stage.volume(pod)))
        self._until(lambda: self._phases("PersistentVolume") <= VOLUME_IS_KNOWN, "volumes are known")
        self._each(new, lambda pod: self.api.create(self.stage.claim(pod)))
        self._until(lambda: self._phases("PersistentVolumeClaim") == {"Bound"}, "volumes are bound")

    def _schedule(self, queue: Iterable[Pod]) -> list[Pod]:
        """Let the scheduler place pods one after the other; return those for which it finds no node."""
        waiting = list(queue)
        for pod in waiting:
            self._create(pod)
        return self._settle(waiting)

    def _drain(self, place: int, missing: Sequence[Pod]) -> list[Pod]:
        """Let the pods of a node go as their disruption budgets allow; return those that find no other node, or may not go."""
        node = reference("v1", "Node", self.stage.node_name(place))
        short = {pod.of.name for pod in missing}
        budgets = [of for of in self.stage.plan.pods if of.budget]
        allowing = sum(of.name not in short for of in budgets)
        self._each(budgets, lambda of: self.api.create(self.stage.budget(of)))
        self._until(self._running, "pods run")
        self._until(lambda: self._allowing() == allowing, "disruption budgets are counted")
        self.api.patch(node, {"spec": {"unschedulable": True}})
        leaving = self.nodes.close(place)
        self._bind(leaving)
        self._until(lambda: self.api.get(node)["spec"].get("unschedulable", False), "the node is closed")
        together = [pod for pod in leaving if pod.of.together]
        for pod in together:
            self.api.evict(self._pod(pod))
            self.nodes.take_off(pod)
        self._until(lambda: all(self.api.find(self._pod(pod)) is None for pod in together), "pods leave")
        return evict(leaving, missing, self._move)

    def _move(self, pod: Pod) -> bool:
        """Evict a pod and let the scheduler place it anew."""
        if pod.node is not None:
            self._until(lambda: self._evicted(pod), f"{pod.of.name} may leave")
            self.nodes.take_off(pod)
        key = (pod.of.name, pod.number)
        self.attempts[key] = self.attempts.get(key, 0) + 1
        return not self._schedule([pod])

    def _evicted(self, pod: Pod) -> bool:
        try:
            self.api.evict(self._pod(pod))
        except Refused as error:
            if error.code != BUSY:
                raise
            return False
        return True

    def _create(self, pod: Pod) -> None:
        attempt = self.attempts.get((pod.of.name, pod.number), 0)
        self.api.create(self.stage.pod(pod, attempt=attempt))

    def _settle(self, waiting: Sequence[Pod]) -> list[Pod]:
        """Wait until the scheduler has found a node for every pod, or has said that there is none."""
        names = {self._name(pod): pod for pod in waiting}
        places = {self.stage.node_name(place): place for place in range(len(self.nodes.zones))}
        open_names = set(names)

        def settled() -> bool:
            for found in self._pods():
                name = found["metadata"]["name"]
                place = places.get(found["spec"].get("nodeName", ""))
                if name in open_names and (place is not None or _refusal(found)):
                    open_names.discard(name)
                    if place is None:
                        self.reasons[name] = _of_case(_refusal(found), self.nodes)
                    else:
                        self.nodes.put(names[name], place)
            return not open_names

        self._until(settled, "the scheduler decides")
        return [pod for pod in waiting if pod.node is None]

    def _outcome(self, case: Case, missing: Sequence[Pod]) -> Outcome:
        """Return the result, in the scheduler's own words."""
        made = outcome(self.stage.plan, case, self.nodes, missing)
        said = {pod.of.name: self.reasons.get(self._name(pod), "") for pod in reversed(missing)}
        return replace(
            made, unplaced=tuple(replace(each, reason=said[each.name] or each.reason) for each in made.unplaced)
        )

    def _node(self, manifest: dict[str, Any]) -> None:
        for amounts in ("capacity", "allocatable"):
            manifest["status"][amounts]["pods"] = self.stage.offered_pods()
        self.api.create(manifest)

    def _name(self, pod: Pod) -> str:
        return self.stage.pod_name(pod, self.attempts.get((pod.of.name, pod.number), 0))

    def _pod(self, pod: Pod) -> dict[str, Any]:
        return reference("v1", "Pod", self._name(pod), NAMESPACE)

    def _pods(self) -> list[dict[str, Any]]:
        return self._list("v1", "Pod")

    def _list(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        return self.api.list(api_version, kind, namespace=NAMESPACE, labels=f"{CASE_LABEL}={self.stage.case}")

    def _ready(self) -> bool:
        found = self.api.list("v1", "Node", labels=f"{CASE_LABEL}={self.stage.case}")
        return (
            len(found) == len(self.nodes.zones)
            and all(_condition(node, "Ready") for node in found)
            and not any(
                taint["key"].startswith("node.kubernetes.io/")
                for node in found
                for taint in node["spec"].get("taints") or ()
            )
        )

    def _running(self) -> bool:
        return all(_condition(pod, "Ready") for pod in self._pods() if pod["spec"].get("nodeName"))

    def _phases(self, kind: str) -> set[str]:
        """Return in which phases the case's volumes or claims are."""
        namespace = "" if kind == "PersistentVolume" else NAMESPACE
        labels = f"{CASE_LABEL}={self.stage.case}"
        return {
            _status(each).get("phase", "") for each in self.api.list("v1", kind, namespace=namespace, labels=labels)
        }

    def _allowing(self) -> int:
        found = self._list("policy/v1", "PodDisruptionBudget")
        return sum(_status(each).get("disruptionsAllowed", 0) > 0 for each in found)

    def _each(self, items: Iterable[Item], do: Callable[[Item], object]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for _ in threads.map(do, items):
                pass

    def _until(self, done: Callable[[], bool], what: str) -> None:
        end, pause = time.monotonic() + PATIENCE_SECONDS, POLL_SECONDS
        while not done():
            if time.monotonic() > end:
                raise NoAnswerError(f"{self.stage.case}: waited {PATIENCE_SECONDS:.0f} s in vain until {what}")
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def play(make: Callable[[Case], Run], plan: PoolPlan, scenarios: Sequence[Scenario]) -> Iterator[Outcome]:
    """Play the scenarios of one pool; `make` prepares a run of a case.

    The steady state comes first, since every other scenario begins with its placement.
    """
    first = steady_case(plan)
    steady = make(first)
    missing, result = steady.play(first)
    if "steady" in scenarios:
        yield result
    others = [
        case for scenario in scenarios if scenario != "steady" for case in cases(plan, scenario, steady.nodes, missing)
    ]

    def played(case: Case) -> Outcome:
        return make(case).play(case)[1]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(played, others)


def _refusal(pod: Mapping[str, Any]) -> str:
    """Return why the scheduler finds no node for a pod; empty while it has not said so, or does not know the pod's volume yet."""
    for condition in _conditions(pod):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            message = str(condition["message"])
            return "" if any(words in message for words in NOT_SEEN_YET) else message
    return ""


def _of_case(message: str, nodes: Nodes) -> str:
    """Return what the scheduler says of the nodes of the case alone: those of other cases are out of reach, by their label or their taints."""
    listed = message.partition(": ")[2].partition(". ")[0].rstrip(".")
    closed = nodes.open.count(False)
    own = [part for part in listed.split(", ") if not part.endswith(ELSEWHERE)]
    own += [f"{closed} {CLOSED}"] if closed else []
    return f"0/{len(nodes.zones)} nodes are available: {', '.join(own)}." if own else message


def _condition(found: Mapping[str, Any], name: str) -> bool:
    return any(condition["type"] == name and condition["status"] == "True" for condition in _conditions(found))


def _conditions(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(_status(found).get("conditions") or ())


def _status(found: Mapping[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], found.get("status") or {})
