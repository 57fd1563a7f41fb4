"""A simulated node autoscaler: pods that fit on no node get another node of their pool, up to what the stack's pools may have.

On Azure the cloud scales pools itself; on AWS nothing grows before the platform's own autoscaler runs.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from apim_infra.cluster.api import Api
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.nodes import SIMULATED, SYSTEM, ZONE_LABEL, NodePool, node_pools
from apim_infra.rehearsal.twins.kubernetes.objects import part
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import allocatable

SETTLING_SECONDS = 0.6
"""How long the scheduler is given with new nodes before more are added."""
CURED = ("Insufficient", "Too many pods", "free ports", "topology spread", "anti-affinity", "volume node affinity")
"""Words of the scheduler's reasons that another node may cure."""
MOST_TRIES = 3
"""Nodes that are added for one pod before it is given up."""
AUTOSCALERS = ("cluster-autoscaler", "karpenter")
"""What the Deployment that scales nodes has in its name."""


class Growth:
    """Adds nodes to the pools of a stack."""

    def __init__(self, settings: StackSettings, api: Api, mirror: Mirror, version: str) -> None:
        self.pools = {pool.name: pool for pool in node_pools(settings)}
        self._managed = settings.cloud is Cloud.AZURE
        self._most = sum(pool.maximum for pool in self.pools.values())
        self._api = api
        self._mirror = mirror
        self._version = version
        self._count: Counter[tuple[str, int]] = Counter()
        self._waited: dict[str, float] = {}
        self._tries: Counter[str] = Counter()

    def start(self) -> None:
        """Make every pool's smallest number of nodes."""
        for pool in self.pools.values():
            for zone, count in enumerate(pool.at_minimum()):
                self._add(pool, zone, count)

    def fill(self) -> None:
        """Bring every pool to its maximum."""
        for pool in self.pools.values():
            for zone, count in enumerate(pool.at_maximum()):
                self._add(pool, zone, max(0, count - self._count[(pool.name, zone)]))

    def nodes(self) -> dict[str, int]:
        """Return how many nodes each pool has."""
        return {name: sum(self._of(pool)) for name, pool in self.pools.items()}

    def running(self) -> bool:
        """Tell whether something scales nodes now."""
        if self._managed:
            return True
        return any(
            item.get("status", {}).get("availableReplicas")
            for item in self._mirror.all("Deployment")
            if any(word in item["metadata"]["name"] for word in AUTOSCALERS)
        )

    def step(self) -> None:
        """Add nodes for pods that the scheduler cannot place."""
        waiting = [pod for pod in self._mirror.all("Pod") if self._curable(pod)]
        if not waiting or not self.running():
            return
        for pool in self.pools.values():
            mine = [pod for pod in waiting if suits(pod, pool)]
            recent = time.monotonic() - self._waited.get(pool.name, 0.0) < SETTLING_SECONDS
            if mine and not recent and pool.name != SYSTEM:
                self._grow(pool, mine)

    def _curable(self, pod: Object) -> bool:
        reason = unschedulable(pod)
        return any(word in reason for word in CURED) and self._tries[pod["metadata"]["uid"]] < MOST_TRIES

    def _grow(self, pool: NodePool, pods: list[Object]) -> None:
        room = allocatable(pool.size)
        cpu, memory = (sum((request(pod, what) for pod in pods), Decimal(0)) for what in ("cpu", "memory"))
        wanted = max(1, int(cpu * 1000 / room.cpu_millicores), int(memory / (room.memory_mib * 2**20)))
        zones = self._zones(pool, pods)
        self._tries.update(pod["metadata"]["uid"] for pod in pods)
        for _ in range(wanted):
            open_zones = [zone for zone in zones if self._count[(pool.name, zone)] < pool.zone_maximum]
            full = sum(self._of(pool)) >= pool.maximum or sum(self._count.values()) >= self._most
            if full or not open_zones:
                return
            self._add(pool, min(open_zones, key=lambda zone: self._count[(pool.name, zone)]), 1)
            self._waited[pool.name] = time.monotonic()

    def _zones(self, pool: NodePool, pods: Iterable[Object]) -> list[int]:
        """Return the zones in which a new node helps: that of a volume, where one of the pods has one."""
        for pod in pods:
            for volume in pod["spec"].get("volumes") or ():
                claim = part(volume, "persistentVolumeClaim").get("claimName")
                zone = self._zone_of(pod["metadata"]["namespace"], claim) if claim else ""
                if zone in pool.zones:
                    return [pool.zones.index(zone)]
        return list(range(len(pool.zones)))

    def _zone_of(self, namespace: str, claim: str) -> str:
        found = self._mirror.find("PersistentVolumeClaim", namespace, claim)
        volume = self._mirror.find("PersistentVolume", "", found["spec"].get("volumeName", "")) if found else None
        terms = (volume or {}).get("spec", {}).get("nodeAffinity", {}).get("required", {}).get(
            "nodeSelectorTerms"
        ) or ()
        zones = [value for term in terms for each in term["matchExpressions"] for value in each["values"]]
        return zones[0] if len(zones) == 1 else ""

    def _of(self, pool: NodePool) -> list[int]:
        return [self._count[(pool.name, zone)] for zone in range(len(pool.zones))]

    def _add(self, pool: NodePool, zone: int, count: int) -> None:
        for _ in range(count):
            self._count[(pool.name, zone)] += 1
            self._api.create(pool.node(zone, self._count[(pool.name, zone)], self._version), manager="cloud")


def unschedulable(pod: Object) -> str:
    """Return the scheduler's reason for not placing a pod, empty when it has placed it or not tried yet."""
    if pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
        return ""
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message") or "Unschedulable")
    return ""


def suits(pod: Object, pool: NodePool) -> bool:
    """Tell whether a pod may run on a pool: its node selector, its tolerations, and its size."""
    spec: Mapping[str, Any] = pod["spec"]
    labels = {key: value for key, value in pool.labels.items() if key not in (ZONE_LABEL, SIMULATED)}
    if any(labels.get(key) != value for key, value in part(spec, "nodeSelector").items() if key != ZONE_LABEL):
        return False
    if not all(_tolerated(taint, spec.get("tolerations") or ()) for taint in pool.taints):
        return False
    room = allocatable(pool.size)
    return request(pod, "cpu") * 1000 <= room.cpu_millicores and request(pod, "memory") <= room.memory_mib * 2**20


def request(pod: Object, what: str) -> Decimal:
    """Return what a pod asks for of a resource, in cores or bytes: its containers together, or its largest init container if that is more."""

    def of(word: str) -> list[Decimal]:
        found = [each.get("resources", {}).get("requests", {}).get(what, 0) for each in pod["spec"].get(word) or ()]
        return [quantity(value) or Decimal(0) for value in found]

    return max([sum(of("containers"), Decimal(0)), *of("initContainers")])


def _tolerated(taint: Mapping[str, str], tolerations: Iterable[Mapping[str, str]]) -> bool:
    if taint["effect"] == "PreferNoSchedule":
        return True
    for each in tolerations:
        if each.get("effect") not in (None, "", taint["effect"]):
            continue
        if each.get("operator") == "Exists" and each.get("key") in (None, "", taint["key"]):
            return True
        if each.get("key") == taint["key"] and each.get("value", "") == taint.get("value", ""):
            return True
    return False
