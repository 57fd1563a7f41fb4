"""The declared shape of a product's pods: what quotas, capacity and a rehearsal count before any chart is rendered.

A shape says what a release is to bring: workloads, replicas, requests, ports, selectors and probes. Where a chart is at hand, a rehearsal on a control
plane compares what it renders with its shape; where it is not, pods are made from the shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from apim_infra.settings.pools import PoolName

WorkloadKind = Literal["Deployment", "StatefulSet", "DaemonSet", "Job"]

Hook = Literal["pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-delete"]
"""When helm runs a Job of a chart."""

Probe = Literal["startup", "liveness", "readiness"]


@dataclass(frozen=True, slots=True)
class Resources:
    """CPU and memory of one container."""

    cpu_millicores: int
    memory_mib: int

    def __add__(self, other: "Resources") -> "Resources":
        """Return the sum of both."""
        return Resources(self.cpu_millicores + other.cpu_millicores, self.memory_mib + other.memory_mib)


@dataclass(frozen=True, slots=True)
class ContainerShape:
    """One container of a pod."""

    name: str
    requests: Resources
    limits: Resources
    ports: tuple[int, ...] = ()
    """Ports on which it listens."""
    probes: tuple[Probe, ...] = ()
    """Probes that it has."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A Job that runs in another's place at another time: of the same size, and never together with it."""

    name: str
    container: str
    hook: Hook


@dataclass(frozen=True, slots=True)
class WorkloadShape:
    """Equal pods of one workload."""

    name: str
    """Name of the Deployment, StatefulSet, DaemonSet or Job."""
    kind: WorkloadKind
    release: str
    """Name of the Helm release that brings it; empty when the platform makes it."""
    pool: PoolName
    """Pool on which its pods run."""
    containers: tuple[ContainerShape, ...]
    init_containers: tuple[ContainerShape, ...] = ()
    minimum: int = 1
    """Pods that run at least."""
    maximum: int = 1
    """Pods that run at most, an update left out: the autoscaler's bound, or the number of replicas."""
    storage_gib: int = 0
    """Volume of each pod of a StatefulSet, or of all pods of a Deployment together."""
    selector: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels by which its service and its disruption budget find its pods."""
    hook: Hook | None = None
    """When helm runs it; None for what stays."""
    turns: tuple[Turn, ...] = ()
    """Jobs that run in its place at other times; all of them count once."""
    group: str = ""
    """Gateway group that it belongs to; empty for none."""
    apart: Literal["", "node", "zone"] = ""
    """What two of its pods never share: a node (required anti-affinity), or unevenly a zone (a spread that must hold)."""
    beside_services: bool = False
    """Whether it stands in the namespace of the services behind the gateways, not in that of the gateways."""
    priority_class: str = ""
    """Priority class of its pods; empty for none."""
    recreated: bool = False
    """Whether an update ends its pods before it makes new ones, so that there is never one more."""
    own_surge: int | None = None
    """Pods more while it rolls out, where its chart decides that by itself; the platform's own `sizing.surge` otherwise."""

    @property
    def requests(self) -> Resources:
        """What one pod asks for: its containers together, or its largest init container if that is more."""
        return _effective([each.requests for each in self.containers], [each.requests for each in self.init_containers])

    @property
    def limits(self) -> Resources:
        """What one pod may use at most, reckoned as Kubernetes reckons requests."""
        return _effective([each.limits for each in self.containers], [each.limits for each in self.init_containers])

    def most(self, surge: int) -> int:
        """Return how many of its pods there may be at once, `surge` more of a Deployment while it rolls out."""
        if self.kind != "Deployment" or self.recreated:
            return self.maximum
        return self.maximum + (surge if self.own_surge is None else self.own_surge)


def _effective(together: list[Resources], before: list[Resources]) -> Resources:
    """Return the larger of a sum and of each that runs before it, for CPU and memory by themselves."""
    total = sum(together, Resources(0, 0))
    return Resources(
        max([total.cpu_millicores, *(each.cpu_millicores for each in before)]),
        max([total.memory_mib, *(each.memory_mib for each in before)]),
    )
