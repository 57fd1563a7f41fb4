"""What alarms of the cloud watch: the platform's parts, by their identifiers."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NotRequired, TypedDict, cast

import pulumi
import yaml


class Watched(TypedDict):
    """One part of the platform."""

    name: str
    """Its short name, unique among the parts of its kind."""
    kind: str
    """What it is, one of the kinds of `alarms.yaml`: `mysql`, `postgresql`, `redis`, `address`, `application-gateway`, `nat`,
    `cluster`, `storage`, `machine` or `vault`."""
    resource_id: pulumi.Input[str]
    """Identifier of the resource whose metrics are looked at."""
    facts: NotRequired[Mapping[str, float]]
    """What thresholds are shares of: `connections`; an alarm whose fact is not known is left out."""


@cache
def alarm_data() -> Mapping[str, Any]:
    """Return `alarms.yaml`."""
    text = files("components.azure").joinpath("alarms.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", yaml.safe_load(text))


def watched(name: str, kind: str, resource_id: pulumi.Input[str], **facts: float) -> Watched:
    """Return a part of the platform with what is known of it."""
    part = Watched(name=name, kind=kind, resource_id=resource_id)
    if facts:
        part["facts"] = facts
    return part
