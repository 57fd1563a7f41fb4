"""Events of type Warning: each is explained by a row of `events.yaml`, or it is a finding."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.packaged import packaged_data

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Row:
    reason: str
    """Pattern of the whole reason."""
    when: Literal["passing", "always"]
    because: str
    message: str = ""
    """Pattern somewhere in the message; empty for any."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    date: date
    explained: tuple[_Row, ...]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said about one warning."""

    event: Object
    because: str
    """Why it is harmless; empty for a warning that nothing explains."""

    @property
    def words(self) -> str:
        """The warning in words."""
        about = self.event["involvedObject"]
        place = "/".join(part for part in (about.get("namespace", ""), about.get("name", "")) if part)
        return f"{about.get('kind', '')} {place}: {self.event['reason']}: {self.event.get('message', '')}"


@cache
def _table() -> _Table:
    return packaged_data("apim_infra.cluster", "events.yaml", _Table)


def judge(mirror: Mirror) -> list[Judged]:
    """Return every warning that the control plane told of, explained or not."""
    warnings = [event for event in mirror.all("Event") if event.get("type") == "Warning"]
    return [Judged(event, explanation(event, mirror)) for event in warnings]


def explanation(event: Object, mirror: Mirror) -> str:
    """Return why a warning is harmless, empty when nothing explains it."""
    for row in _table().explained:
        fits = re.fullmatch(row.reason, event["reason"]) and re.search(row.message, event.get("message", ""))
        if fits and (row.when == "always" or at_rest(event, mirror)):
            return row.because
    return ""


def at_rest(event: Object, mirror: Mirror) -> bool:
    """Tell whether what a warning is about has come to rest: a pod has a node, a workload has its pods, or it is gone."""
    about = event["involvedObject"]
    item = mirror.find(about.get("kind", ""), about.get("namespace", ""), about.get("name", ""))
    if item is None or (about.get("uid") and item["metadata"]["uid"] != about["uid"]):
        return True
    status, spec = item.get("status", {}), item.get("spec", {})
    if about["kind"] == "Pod":
        return bool(spec.get("nodeName"))
    if about["kind"] == "Job":
        done = any(each["type"] == "Complete" for each in status.get("conditions") or ())
        return done or bool(status.get("active"))
    if about["kind"] in ("ReplicaSet", "StatefulSet", "Deployment"):
        return status.get("replicas", 0) >= spec.get("replicas", 1)
    return True
