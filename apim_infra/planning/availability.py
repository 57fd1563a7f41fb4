"""What the platform can build today, and what it needs of a network without a way out, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.versions import Engine
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stores import StoreMode


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Services that a network without NAT must reach by endpoints, by their short names."""

    gateway_endpoints: tuple[str, ...]
    interface_endpoints: tuple[str, ...]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Built:
    """What can be built."""

    source: str
    date: date
    topologies: dict[Cloud, tuple[Topology, ...]]
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
