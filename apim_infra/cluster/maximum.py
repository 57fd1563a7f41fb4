"""What autoscalers of pods would do: hold their minimum, and, when it is asked for, go to their maximum."""

from apim_infra.cluster.api import Api
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.refusals import Refused

MANAGER = "kube-controller-manager"
"""Field manager of the real autoscaler, so that a program that sets replicas beside it meets a conflict."""


class PodAutoscalers:
    """Scales the workloads that HorizontalPodAutoscalers in a mirror name. There are no metrics: only their bounds count."""

    def __init__(self, api: Api, mirror: Mirror) -> None:
        self._api = api
        self._mirror = mirror
        self.at_maximum = False

    def step(self) -> None:
        """Bring each workload that is outside of its bounds to the nearest bound, or all to their maximum."""
        for scaler in self._mirror.all("HorizontalPodAutoscaler"):
            target = self._target(scaler)
            if target is None:
                continue
            spec = scaler["spec"]
            least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
            have = _replicas(target)
            wanted = most if self.at_maximum else min(max(have, least), most)
            if have and wanted != have:
                self._scale(target, wanted)

    def settled(self) -> bool:
        """Tell whether every workload that an autoscaler scales is at its maximum, once that is asked for."""
        return not self.at_maximum or not any(_replicas(target) for _, target in self.below())

    def without_target(self) -> list[Object]:
        """Return autoscalers whose workload is not there."""
        return [each for each in self._mirror.all("HorizontalPodAutoscaler") if self._target(each) is None]

    def below(self) -> list[tuple[Object, Object]]:
        """Return autoscalers whose workload has not as many replicas as their maximum, each with the workload."""
        return [
            (scaler, target)
            for scaler in self._mirror.all("HorizontalPodAutoscaler")
            if (target := self._target(scaler)) is not None and _replicas(target) != scaler["spec"]["maxReplicas"]
        ]

    def _target(self, scaler: Object) -> Object | None:
        named = scaler["spec"]["scaleTargetRef"]
        return self._mirror.find(named["kind"], scaler["metadata"]["namespace"], named["name"])

    def _scale(self, target: Object, replicas: int) -> None:
        try:
            self._api.patch(target, {"spec": {"replicas": replicas}}, manager=MANAGER, subresource="scale")
        except Refused as refused:
            if not refused.missing and refused.code != 409:
                raise


def _replicas(workload: Object) -> int:
    """Return how many replicas a workload asks for; an autoscaler leaves one that asks for none alone."""
    return workload["spec"].get("replicas", 1)
