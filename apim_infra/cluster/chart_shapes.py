"""What each chart makes of its values, as data: its workloads, and the values that say how many pods they have, how large, and where they run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, cast

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.products.shapes import Hook, Probe, WorkloadKind

_PACKAGE = "apim_infra.cluster"
_FOLDER = "chart_shapes"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class At:
    """A value of a chart."""

    at: str
    """Path with dots, such as `webhook.replicaCount`."""
    default: Any = None
    """What the chart has there by itself."""
    equals: Any = None
    """What the value must be for a condition to hold; by default, true or not empty."""
    plus: int = 0
    """What the chart adds to a number."""

    __pydantic_config__ = _STRICT

    def read(self, values: Mapping[str, Any]) -> Any:
        """Return the value, the default where it is not set."""
        found = value_at(values, self.at) if self.at else None
        return self.default if found is None else found

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the condition that it stands for is met."""
        found = self.read(values)
        return bool(found) if self.equals is None else found == self.equals


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """One container."""

    name: str
    resources: str = ""
    """Path of its requests and limits; empty when the chart lets nobody set them."""
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Requests and limits where the values set none."""
    ports: tuple[int, ...] = ()
    probes: tuple[Probe, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    """Arguments that say how large pods are that it makes itself, to the path of their value."""
    when: At | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A volume of each pod of a StatefulSet, or of the pods of a Deployment together."""

    name: str
    """Name of the volume in the pod."""
    size: At
    claim: str = ""
    """Name of the claim of a Deployment, `{release}` and `{fullname}` filled in."""
    class_: At | None = None
    when: At | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """Equal pods."""

    name: str
    """With `{release}` and `{fullname}` filled in, as in the names of containers."""
    kind: WorkloadKind
    containers: tuple[ContainerRow, ...]
    init_containers: tuple[ContainerRow, ...] = ()
    when: At | None = None
    """Value that brings it; always there without."""
    replicas: At = At("", 1)
    autoscaling: str = ""
    """Path of `enabled`, `minReplicas`, `maxReplicas`; empty without an autoscaler."""
    disruption: str = ""
    """Path of `enabled` or `create`, `minAvailable`, `maxUnavailable`; empty where values say nothing of a disruption budget."""
    disruption_default: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Budget that the chart has where the values say nothing."""
    place: str = ""
    """Path below which `nodeSelector`, `tolerations`, `affinity`, `topologySpreadConstraints` and `priorityClassName` are."""
    pod_labels: str = ""
    """Path of labels that values add to its pods."""
    selector: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels by which it finds its pods, `{release}`, `{fullname}` and `{namespace}` filled in."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other labels of its pods."""
    init_containers_at: str = ""
    """Path of init containers that the values write out in full."""
    claims: tuple[ClaimRow, ...] = ()
    hook: Hook | None = None
    weight: int = 0
    """Order among the hooks of one moment."""
    host_network: bool = False
    tolerations: tuple[Mapping[str, str], ...] = ()
    """Tolerations that the chart puts before those of the values."""
    priority: str = ""
    """Priority class where the values name none."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where the values of a product's chart say on which nodes the pods of some of its workloads run."""

    workloads: str
    """Regular expression that the whole name of the workload matches."""
    place: str
    pod_labels: str = ""
    disruption: str = ""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class CustomRow:
    """A custom resource of the release of which an operator makes pods."""

    api_version: str
    kind: str
    name: str
    spec: str
    """Path of its spec in the values."""
    fields: tuple[str, ...]
    """Keys of the values that matter for its pods."""
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys of the values to fields of the spec, where they differ."""
    when: At | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ChartShape:
    """What a chart makes of its values."""

    chart: str
    version: str
    """Version that was looked at."""
    source: str
    date: date
    workloads: tuple[WorkloadRow, ...] = ()
    """Empty for a chart that brings no pods, or whose workloads the product declares."""
    places: tuple[PlaceRow, ...] = ()
    """Of workloads that the product declares; the first that matches holds."""
    custom_resources: tuple[CustomRow, ...] = ()
    definitions: tuple[str, ...] = ()
    """API groups of the custom resources that it brings."""

    __pydantic_config__ = _STRICT


@cache
def chart_shapes() -> Mapping[str, ChartShape]:
    """Return what is known of every chart, by its name."""
    files = sorted(
        file.name for file in resources.files(_PACKAGE).joinpath(_FOLDER).iterdir() if file.name.endswith(".yaml")
    )
    shapes = [packaged_data(_PACKAGE, f"{_FOLDER}/{name}", ChartShape) for name in files]
    return {shape.chart: shape for shape in shapes}


def value_at(values: Any, path: str) -> Any:
    """Return the value at a path with dots, None where there is none; the values themselves for an empty path."""
    for step in path.split(".") if path else ():
        if not isinstance(values, Mapping):
            return None
        values = cast(Mapping[str, Any], values).get(step)
    return values


def as_object(value: Any) -> Mapping[str, Any]:
    """Return a value as an object, an empty one when it is none."""
    empty: Mapping[str, Any] = {}
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else empty
