"""A flow of pods: its ends, its ports, and where it is let through."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PodEnd:
    """One end of a flow: pods of a namespace, or addresses."""

    role: str
    """A role, with the prefix of its deployment where it belongs to one."""
    namespace: str | None
    """Namespace of the pods; None for addresses."""
    labels: tuple[tuple[str, str], ...]
    """Labels of the pods as key and value; empty for every pod of the namespace."""
    ranges: tuple[str, ...]
    """Address ranges of an end that is no group of pods in a namespace of the platform's."""
    except_ranges: tuple[str, ...] = ()
    """Parts of the ranges that are not meant (`except` of a network policy's address block)."""
    open: bool = False
    """Whether its namespace is not closed, so that it needs no policy of its own."""
    nodes: bool = False
    """Whether it is the nodes themselves, to which the engine of network policies does not go by addresses."""
    one_of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Labels of the pods whose value is one of several, for pods that a chart labels in its own way."""


@dataclass(frozen=True, slots=True)
class PodPort:
    """A port of the destination's containers."""

    protocol: str
    """`tcp` or `udp`."""
    port_from: int
    port_to: int


@dataclass(frozen=True, slots=True)
class PodFlow:
    """Everything that one role may do to another."""

    name: str
    """Name of the flow, unique: `<source>-to-<destination>`."""
    source: PodEnd
    destination: PodEnd
    ports: tuple[PodPort, ...]
    """Never empty: no ports would mean all ports."""
    reason: str
    ends: Literal["both", "source", "destination"] = "both"
    """At which end it is let through: at one where another flow lets it through at the other."""
