"""Planned pods, and nodes to hold them, as objects of Kubernetes: what the real scheduler is asked to place.

Every case of a scenario has nodes and pods of its own, kept from the others by a label: all cases share one control plane.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_infra.cluster.nodes import ZONE_LABEL, NodePool
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.sizing.planned import PlannedPods
from apim_infra.sizing.scenarios import PoolPlan
from apim_infra.sizing.scheduling import Pod

NAMESPACE = "capacity"
CASE_LABEL = "apim.io/capacity-case"
WORKLOAD_LABEL = "apim.io/workload"
HOST_LABEL = "kubernetes.io/hostname"
IMAGE = "registry.k8s.io/pause:3.10"
"""Image of pods that nothing pulls."""

Manifest = dict[str, Any]

VOLUME: Manifest = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
VOLUME_SIZE = {"storage": "1Gi"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one case is played."""

    case: str
    """Name that no other case has."""
    plan: PoolPlan
    pool: NodePool
    tolerations: Sequence[Mapping[str, str]]
    version: str
    """Version of the kubelets."""

    def node(self, place: int, zones: Sequence[str]) -> Manifest:
        """Return the node at a place in the list of nodes' zones."""
        zone = zones[place]
        made = self.pool.node(self.plan.zones.index(zone), place, self.version)
        name = self.node_name(place)
        made["metadata"]["name"] = name
        made["metadata"]["labels"] |= {HOST_LABEL: name, ZONE_LABEL: zone, CASE_LABEL: self.case}
        made["spec"]["providerID"] = f"kwok://{name}"
        return made

    def node_name(self, place: int) -> str:
        """Return the name of the node at a place."""
        return f"{self.case}-{place}"

    def daemons(self, place: int) -> Manifest:
        """Return one pod for all daemon sets of a node, a container for each: `offered_pods` leaves room for one alone."""
        containers = [
            {"name": f"daemon-{number}", "image": IMAGE, "resources": _requests(cpu, memory)}
            for number, (cpu, memory) in enumerate(self.plan.machine.daemons)
        ]
        spec = {"nodeName": self.node_name(place), "containers": containers, "tolerations": [{"operator": "Exists"}]}
        return _pod(f"{self.node_name(place)}-daemons", {CASE_LABEL: self.case}, spec)

    def offered_pods(self) -> str:
        """Return the pods that a node takes, where all daemon sets are one pod."""
        daemons = len(self.plan.machine.daemons)
        return str(self.plan.machine.allocatable.pods - max(daemons - 1, 0))

    def pod(self, pod: Pod, place: int | None = None, attempt: int = 0) -> Manifest:
        """Return a pod, on the node at a place or for the scheduler to place; each time that it is made again it has another name."""
        of = pod.of
        labels = {CASE_LABEL: self.case, WORKLOAD_LABEL: of.name}
        spec: Manifest = {
            "nodeSelector": {CASE_LABEL: self.case, POOL_LABEL: self.plan.pool},
            "tolerations": [dict(toleration) for toleration in self.tolerations],
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": IMAGE, "resources": _requests(of.cpu_millicores, of.memory_mib)}],
            **_apart(of, labels),
        }
        if place is not None:
            spec["nodeName"] = self.node_name(place)
        elif pod.zone:
            spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": self._claim(pod)}}]
        return _pod(self.pod_name(pod, attempt), labels, spec)

    def pod_name(self, pod: Pod, attempt: int = 0) -> str:
        """Return the name of a pod."""
        return f"{self.case}-{pod.of.name}-{pod.number}-{attempt}"

    def volume(self, pod: Pod) -> Manifest:
        """Return the volume that a pod had, which stays in its zone."""
        zone = {"key": ZONE_LABEL, "operator": "In", "values": [pod.zone]}
        claim = self._claim(pod)
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": claim, "labels": {CASE_LABEL: self.case}},
            "spec": {
                **VOLUME,
                "capacity": VOLUME_SIZE,
                "claimRef": {"name": claim, "namespace": NAMESPACE},
                "csi": {"driver": "capacity.apim.io", "volumeHandle": claim},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
            },
        }

    def claim(self, pod: Pod) -> Manifest:
        """Return the claim that a pod's volume is bound to."""
        claim = self._claim(pod)
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim, "namespace": NAMESPACE, "labels": {CASE_LABEL: self.case}},
            "spec": {**VOLUME, "resources": {"requests": VOLUME_SIZE}, "volumeName": claim},
        }

    def budget(self, of: PlannedPods) -> Manifest:
        """Return the disruption budget of a workload: all pods but one are there. Pods of a case have no controller to count them."""
        return {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": f"{self.case}-{of.name}", "namespace": NAMESPACE, "labels": {CASE_LABEL: self.case}},
            "spec": {
                "minAvailable": of.count - 1,
                "selector": {"matchLabels": {CASE_LABEL: self.case, WORKLOAD_LABEL: of.name}},
            },
        }

    def _claim(self, pod: Pod) -> str:
        return f"{self.pod_name(pod)}-data"


def _pod(name: str, labels: Mapping[str, str], spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _requests(cpu_millicores: int, memory_mib: int) -> Manifest:
    """Return requests; what is not asked for is left out, which the scheduler counts otherwise than a zero."""
    asked = {"cpu": (cpu_millicores, "m"), "memory": (memory_mib, "Mi")}
    return {"requests": {name: f"{amount}{unit}" for name, (amount, unit) in asked.items() if amount}}


def _apart(of: PlannedPods, labels: Mapping[str, str]) -> Manifest:
    """Return how the pods of a workload spread, as the platform asks: over zones and nodes where it can be, or as the workload needs it."""
    selector = {"matchLabels": dict(labels)}
    term = [{"topologyKey": HOST_LABEL, "labelSelector": selector}]
    if of.together:
        return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}}
    spread: Manifest = {
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "DoNotSchedule" if key == ZONE_LABEL and of.apart == "zone" else "ScheduleAnyway",
                "labelSelector": selector,
            }
            for key in (ZONE_LABEL, HOST_LABEL)
        ]
    }
    if of.apart == "node":
        spread["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    return spread
