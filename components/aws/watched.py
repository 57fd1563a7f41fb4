"""What alarms and dashboards of the cloud watch: the platform's parts, by the dimensions of their metrics."""

from collections.abc import Mapping, Sequence
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
    """What it is, one of the kinds of `alarms.yaml`: `database`, `replica`, `cache`, `target`, `nat`, `http-api`, `rest-api`,
    `delivery-s3`, `delivery-http`, `delivery-opensearch` or `search`."""
    dimensions: Mapping[str, pulumi.Input[str]]
    """Dimensions of its metrics."""
    facts: NotRequired[Mapping[str, float]]
    """What thresholds are shares of: `storage_bytes`, `storage_mib`, `memory_bytes`, `connections`; an alarm whose fact is not known is left out."""


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

    `engine` is `mariadb`, `mysql` or `postgres`. Without the memory of its instance, alarms on memory and connections are left out.
    """
    facts = {"storage_bytes": float(storage_gb * 1024**3)}
    if memory_mib is not None:
        memory = memory_mib * 1024**2
        limit = alarm_data()["connections"][engine]
        facts["memory_bytes"] = float(memory)
        facts["connections"] = float(min(memory // limit["bytes_each"], limit["most"]))
    copies = [
        Watched(name=f"{name}-replica-{number}", kind="replica", dimensions={"DBInstanceIdentifier": replica})
        for number, replica in enumerate(replicas, 1)
    ]
    own = Watched(name=name, kind="database", dimensions={"DBInstanceIdentifier": identifier}, facts=facts)
    return [own, *copies]


def cache_nodes(name: str, group_id: pulumi.Input[str], nodes: int) -> list[Watched]:
    """Return the nodes of an in-memory store of one shard, which ElastiCache numbers from 001."""
    return [
        Watched(
            name=f"{name}-{number:03}",
            kind="cache",
            dimensions={"CacheClusterId": pulumi.Output.concat(group_id, f"-{number:03}")},
        )
        for number in range(1, nodes + 1)
    ]


def targets(name: str, balancer: pulumi.Input[str], groups: Mapping[str, pulumi.Input[str]]) -> list[Watched]:
    """Return the target groups of a load balancer; both are named by the last part of their ARNs."""
    return [
        Watched(name=f"{name}-{port}", kind="target", dimensions={"LoadBalancer": balancer, "TargetGroup": group})
        for port, group in groups.items()
    ]


def delivery(name: str, stream: pulumi.Input[str], destination: str) -> Watched:
    """Return a delivery stream; `destination` is `s3`, `http` or `opensearch`."""
    return Watched(name=name, kind=f"delivery-{destination}", dimensions={"DeliveryStreamName": stream})


def search_domain(name: str, domain: str, account_id: pulumi.Input[str], storage_gb: int) -> Watched:
    """Return a search domain whose nodes have volumes of `storage_gb`."""
    own: dict[str, pulumi.Input[str]] = {"DomainName": domain, "ClientId": account_id}
    return Watched(name=name, kind="search", dimensions=own, facts={"storage_mib": float(storage_gb * 1024)})
