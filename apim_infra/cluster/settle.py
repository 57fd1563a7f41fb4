"""Whether what was applied has come to rest: workloads available, Jobs complete, claims bound; and why not, in the control plane's own words."""

from collections.abc import Callable, Iterable
from typing import Any

from apim_infra.cluster import kubelet
from apim_infra.cluster.growth import unschedulable
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.storage import Provisioner
from apim_infra.rehearsal.twins.kubernetes.objects import part

Look = Callable[["Settling", Object], list[str]]

MOST_REASONS = 3
"""Reasons that are told of one workload; its pods are mostly equal."""


class Settling:
    """Looks at objects in a mirror. Nothing here changes anything."""

    def __init__(self, mirror: Mirror, provisioner: Provisioner) -> None:
        self.mirror = mirror
        self.provisioner = provisioner

    def unready(self, manifest: Object) -> list[str]:
        """Return why an object is not ready; nothing when it is, or is of a kind that has nothing to get ready."""
        look = _LOOKS.get(manifest["kind"])
        if look is None:
            return []
        metadata = manifest["metadata"]
        there = self.mirror.find(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        if there is None and self._has_run(manifest):
            return []
        return look(self, there) if there else ["it is not there"]

    def _has_run(self, manifest: Object) -> bool:
        """Tell whether an object is a Job that ran and was taken away afterwards, as it asks for."""
        if manifest["kind"] != "Job" or manifest["spec"].get("ttlSecondsAfterFinished") is None:
            return False
        place = (manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return any(
            (pod["metadata"]["namespace"], part(pod, "metadata", "labels").get("job-name")) == place
            for pod in self.mirror.pods_ever()
            if pod.get("status", {}).get("phase") == "Succeeded"
        )

    def of_pods(self, owner: Object) -> list[str]:
        """Return why the pods of a workload do not run, each reason once."""
        found: list[str] = []
        for pod in self.pods(owner):
            found += self.of_pod(pod)
        return list(dict.fromkeys(found))[:MOST_REASONS]

    def of_pod(self, pod: Object) -> list[str]:
        """Return why a pod does not run."""
        if not pod["spec"].get("nodeName"):
            reason = unschedulable(pod)
            claims = [f"claim {name}: {why}" for name, why in self._claims(pod)]
            return [f"not scheduled: {reason}", *claims] if reason else claims
        return kubelet.missing(pod["spec"], pod["metadata"]["namespace"], self.mirror.find)

    def pods(self, owner: Object) -> list[Object]:
        """Return the pods of a workload."""
        namespace, uid = owner["metadata"]["namespace"], owner["metadata"]["uid"]
        owners = {uid}
        if owner["kind"] == "Deployment":
            owners |= {
                each["metadata"]["uid"] for each in self.mirror.all("ReplicaSet", namespace) if _owned(each, owners)
            }
        return [pod for pod in self.mirror.all("Pod", namespace) if _owned(pod, owners)]

    def unborn(self, owner: Object) -> list[str]:
        """Return why the pods of a workload are not even there: what admission said to its controller."""
        conditions = owner.get("status", {}).get("conditions") or ()
        failed = [
            each["message"] for each in conditions if each["type"] == "ReplicaFailure" and each["status"] == "True"
        ]
        if failed or self.pods(owner):
            return failed
        name, namespace = owner["metadata"]["name"], owner["metadata"]["namespace"]
        return [
            event["message"]
            for event in self.mirror.all("Event", namespace)
            if event["type"] == "Warning"
            and event["reason"] == "FailedCreate"
            and event["involvedObject"].get("kind") == owner["kind"]
            and event["involvedObject"].get("name") == name
        ][-1:]

    def _claims(self, pod: Object) -> Iterable[tuple[str, str]]:
        for volume in pod["spec"].get("volumes") or ():
            name: str = part(volume, "persistentVolumeClaim").get("claimName", "")
            claim = self.mirror.find("PersistentVolumeClaim", pod["metadata"]["namespace"], name) if name else None
            if claim is not None and claim.get("status", {}).get("phase") != "Bound":
                yield name, self.provisioner.why(claim) or "it is not bound"


def _owned(item: Object, owners: set[str]) -> bool:
    return any(each["uid"] in owners for each in item["metadata"].get("ownerReferences") or ())


def _counted(settling: Settling, item: Object, have: int, wanted: int, word: str) -> list[str]:
    waiting = settling.of_pods(item)
    if have >= wanted and not waiting:
        return []
    return [f"{have} of {wanted} pods {word}", *settling.unborn(item), *waiting]


def _current(item: Object) -> bool:
    """Tell whether the controller has seen the object as it is now."""
    return item.get("status", {}).get("observedGeneration", 0) >= item["metadata"].get("generation", 0)


def _deployment(settling: Settling, item: Object) -> list[str]:
    status, wanted = item.get("status", {}), item["spec"].get("replicas", 1)
    if not _current(item):
        return ["its controller has not seen it yet"]
    have = min(status.get("availableReplicas", 0), status.get("updatedReplicas", 0))
    return _counted(settling, item, have, wanted, "available")


def _stateful_set(settling: Settling, item: Object) -> list[str]:
    status, wanted = item.get("status", {}), item["spec"].get("replicas", 1)
    if not _current(item):
        return ["its controller has not seen it yet"]
    return _counted(settling, item, status.get("readyReplicas", 0), wanted, "ready")


def _daemon_set(settling: Settling, item: Object) -> list[str]:
    status = item.get("status", {})
    if not _current(item):
        return ["its controller has not seen it yet"]
    return _counted(settling, item, status.get("numberReady", 0), status.get("desiredNumberScheduled", 0), "ready")


def _job(settling: Settling, item: Object) -> list[str]:
    conditions = {
        each["type"]: each for each in item.get("status", {}).get("conditions") or () if each["status"] == "True"
    }
    waiting = settling.of_pods(item)
    if "Complete" in conditions:
        return waiting
    if "Failed" in conditions:
        failed = conditions["Failed"]
        return [f"it failed: {failed.get('reason', '')} {failed.get('message', '')}".strip(), *waiting]
    return ["it is not complete", *settling.unborn(item), *waiting]


def _claim(settling: Settling, item: Object) -> list[str]:
    if item.get("status", {}).get("phase") == "Bound":
        return []
    used = any(
        part(volume, "persistentVolumeClaim").get("claimName") == item["metadata"]["name"]
        for pod in settling.mirror.all("Pod", item["metadata"]["namespace"])
        for volume in pod["spec"].get("volumes") or ()
    )
    kind = settling.mirror.find("StorageClass", "", item["spec"].get("storageClassName") or "")
    if kind is not None and kind.get("volumeBindingMode") == "WaitForFirstConsumer" and not used:
        return []  # nobody needs it yet: that is how it is meant
    return [f"it is not bound: {settling.provisioner.why(item) or 'the provisioner is at it'}"]


def _service(_settling: Settling, item: Object) -> list[str]:
    waits = item["spec"].get("type") == "LoadBalancer"
    return ["it has no address yet"] if waits and not item["status"].get("loadBalancer", {}).get("ingress") else []


def _quota(_settling: Settling, item: Object) -> list[str]:
    hard, counted = item["spec"].get("hard", {}), item.get("status", {}).get("used")
    return [] if counted is not None and set(hard) <= set(counted) else ["its use has not been counted yet"]


def _pod(settling: Settling, item: Object) -> list[str]:
    phase = item.get("status", {}).get("phase")
    waiting = settling.of_pod(item)
    return waiting or ([] if phase in ("Running", "Succeeded") else [f"it is {phase or 'not started'}"])


def _budget(_settling: Settling, item: Object) -> list[str]:
    return [] if _current(item) else ["its controller has not seen it yet"]


_LOOKS: dict[str, Look] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "PodDisruptionBudget": _budget,
    "ResourceQuota": _quota,
    "Service": _service,
}


def phases(pods: Iterable[Object]) -> dict[str, int]:
    """Return how many pods are in each phase."""
    counted: dict[str, Any] = {}
    for pod in pods:
        phase = pod.get("status", {}).get("phase", "Unknown")
        counted[phase] = counted.get(phase, 0) + 1
    return dict(sorted(counted.items()))
