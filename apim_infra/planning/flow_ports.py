"""What the ports of the matrix of flows stand for: numbers, ranges, and names that are looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from apim_infra.planning.layer7_facts import layer7_ports
from apim_infra.planning.placement import control_plane_port
from apim_infra.planning.tyk_facts import tyk_ports
from apim_infra.products.profile import profile
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

PortRange = tuple[int, int]
"""First and last port, the same twice for a single one."""


@dataclass(frozen=True, slots=True)
class KnownPorts:
    """Ports that the matrix itself knows."""

    ingress: Mapping[IngressController, Mapping[str, int]]
    """Ports of the ingress' pods, by its controller and their names."""
    redis: Mapping[Cloud | Literal["in-cluster"], int]
    """Port of Redis, by where it is."""


def ports_of(settings: StackSettings, name: int | str, known: KnownPorts) -> tuple[PortRange, ...]:
    """Return everything that a port of the matrix stands for: several, or none, where settings list them."""
    if isinstance(name, int):
        return ((name, name),)
    kind, _, rest = name.partition(".")
    if kind == "tyk":
        return tyk_ports(settings, rest)
    if kind == "layer7":
        return layer7_ports(settings, rest)
    if kind == "product":
        port = profile(settings.product).port(rest)
    elif kind == "ingress":
        port = known.ingress[settings.ingress.controller][rest]
    elif kind == "control-plane":
        port = control_plane_port()
    elif kind == "program":
        port = profile(settings.product).program_port(rest)
    elif kind == "redis":
        inside = settings.stores.redis.mode is StoreMode.IN_CLUSTER
        port = known.redis["in-cluster" if inside else settings.cloud]
    else:
        first, _, last = name.partition("-")
        return ((int(first), int(last)),)
    return ((port, port),)
