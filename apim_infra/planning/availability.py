"""What the platform can build today, and what it needs of a network without a way out, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.versions import Engine
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Services that a network without NAT must reach by endpoints, by their short names."""

    gateway_endpoints: tuple[str, ...]
    interface_endpoints: tuple[str, ...]
    also: dict[str, tuple[str, ...]]
    """Interface endpoints that a setting needs beside those when it is not absent, by the path of the setting."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Built:
    """What can be built."""

    source: str
    date: date
    ingress_controllers: tuple[IngressController, ...]
    store_modes: tuple[StoreMode, ...]
    """Modes of every store but Cassandra."""
    cassandra_modes: tuple[StoreMode, ...]
    in_cluster_versions: dict[Engine, tuple[str, ...]]
    """Versions of an engine that have an image in the cluster."""
    without_nat: dict[Cloud, Endpoints]

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def what_is_built() -> Built:
    """Return what can be built."""
    return packaged_data("apim_infra.planning", "availability.yaml", Built)


def needed_endpoints(settings: StackSettings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the gateway and the interface endpoints that a stack without NAT cannot do without; none in a cloud without such data."""
    needs = what_is_built().without_nat.get(settings.cloud)
    if needs is None:
        return (), ()
    asked = [service for path, also in needs.also.items() if _is_asked_for(settings, path) for service in also]
    return needs.gateway_endpoints, tuple(dict.fromkeys((*needs.interface_endpoints, *asked)))


def _is_asked_for(settings: StackSettings, path: str) -> bool:
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value is not None
