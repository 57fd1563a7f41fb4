"""What alarms and dashboards of the cloud watch: the platform's parts, by the dimensions of their metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

import pulumi
import yaml

Kind = Literal["database", "replica", "cache", "target", "nat", "http-api", "rest-api"]
"""What a part is; the kinds of `alarms.yaml`."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One part of the platform."""

    name: str
    """Its short name, unique among the parts of its kind."""
    kind: Kind
    dimensions: Mapping[str, pulumi.Input[str]]
    """Dimensions of its metrics."""
    facts: Mapping[str, float] = field(default_factory=dict[str, float])
    """What thresholds are shares of: `storage_bytes`, `memory_bytes`, `connections`; an alarm whose fact is not known is left out."""


@cache
def alarm_data() -> Mapping[str, Any]:
    """Return `alarms.yaml`."""
    text = files("components.aws").joinpath("alarms.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", yaml.safe_load(text))


def database(
    name: str,
    identifier: pulumi.Input[str],
    *,
    engine: str,
    storage_gb: int,
    memory_mib: int | None,
    replicas: Sequence[pulumi.Input[str]] = (),
) -> list[Watched]:
    """Return a relational database and its read replicas.

    `engine` is `mariadb` or `postgres`. Without the memory of its instance, alarms on memory and connections are left out.
    """
    facts = {"storage_bytes": float(storage_gb * 1024**3)}
    if memory_mib is not None:
        memory = memory_mib * 1024**2
        limit = alarm_data()["connections"][engine]
        facts["memory_bytes"] = float(memory)
        facts["connections"] = float(min(memory // limit["bytes_each"], limit["most"]))
    copies = [
        Watched(f"{name}-replica-{number}", "replica", {"DBInstanceIdentifier": replica})
        for number, replica in enumerate(replicas, 1)
    ]
    return [Watched(name, "database", {"DBInstanceIdentifier": identifier}, facts), *copies]


def cache_nodes(name: str, group_id: pulumi.Input[str], nodes: int) -> list[Watched]:
    """Return the nodes of an in-memory store of one shard, which ElastiCache numbers from 001."""
    return [
        Watched(f"{name}-{number:03}", "cache", {"CacheClusterId": pulumi.Output.concat(group_id, f"-{number:03}")})
        for number in range(1, nodes + 1)
    ]


def targets(name: str, balancer: pulumi.Input[str], groups: Mapping[str, pulumi.Input[str]]) -> list[Watched]:
    """Return the target groups of a load balancer; both are named by the last part of their ARNs."""
    return [
        Watched(f"{name}-{port}", "target", {"LoadBalancer": balancer, "TargetGroup": group})
        for port, group in groups.items()
    ]
