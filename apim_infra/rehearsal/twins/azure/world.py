"""The subscription behind the Azure twin: what exists, found by ARM id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.twins.azure.ids import key, looks_like_id
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Snapshot, Thing, World


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value with its path, the keys of objects too where they are ARM ids."""
    if isinstance(value, str):
        yield path, value
    elif is_mapping(value):
        for name, item in value.items():
            if looks_like_id(name):
                yield path, name
            yield from texts(item, f"{path}.{name}" if path else str(name))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")


def ids_in(inputs: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of all ARM ids that inputs name."""
    return frozenset(key(text) for _, text in texts(inputs) if looks_like_id(text))


@dataclass(slots=True)
class ArmSnapshot:
    """State of a subscription at one moment."""

    world: Snapshot
    by_id: dict[str, Thing]
    names: dict[str, frozenset[str]]
    needs: dict[str, frozenset[str]]


@dataclass(slots=True)
class ArmWorld(World):
    """Everything that exists in the subscription (`account` is its id), by type and by ARM id."""

    by_id: dict[str, Thing] = field(default_factory=dict[str, Thing])
    names: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Key of each thing to the keys of the ids that its inputs name."""
    needs: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """URN of each thing made in this rehearsal to the URNs that it waits for."""

    def at(self, arm_id: str) -> Thing | None:
        """Return the thing with an ARM id, whatever its type."""
        return self.by_id.get(key(arm_id))

    def below(self, arm_id: str) -> Iterator[Thing]:
        """Iterate over everything inside a resource or a resource group."""
        prefix = key(arm_id) + "/"
        return (thing for there, thing in list(self.by_id.items()) if there.startswith(prefix))

    def naming(self, arm_id: str) -> Iterator[Thing]:
        """Iterate over the things whose inputs name an id, or something inside it."""
        own = key(arm_id)
        prefix = own + "/"
        for there, named in self.names.items():
            outside = there != own and not there.startswith(prefix)
            if outside and any(other == own or other.startswith(prefix) for other in named):
                yield self.by_id[there]

    def put(self, thing: Thing) -> None:
        """Add a thing, or replace the one with its id."""
        own = key(thing.id)
        if own in self.by_id:
            World.remove(self, self.by_id[own])
        World.put(self, thing)
        self.by_id[own] = thing
        self.names[own] = ids_in(thing.inputs)

    def remove(self, thing: Thing) -> None:
        """Take a thing and what came with it out of the world."""
        World.remove(self, thing)
        self.by_id.pop(key(thing.id), None)
        self.names.pop(key(thing.id), None)

    def take(self) -> ArmSnapshot:
        """Return the state, cheaply."""
        return ArmSnapshot(self.snapshot(), dict(self.by_id), dict(self.names), dict(self.needs))

    def put_back(self, snapshot: ArmSnapshot) -> None:
        """Go back to an earlier state."""
        self.restore(snapshot.world)
        self.by_id, self.names, self.needs = dict(snapshot.by_id), dict(snapshot.names), dict(snapshot.needs)

    def reaches(self, urn: str, other: str) -> bool:
        """Tell whether one resource waits for another, directly or through others."""
        seen: set[str] = set()
        waiting = [urn]
        while waiting:
            at = waiting.pop()
            if at == other:
                return True
            if at not in seen:
                seen.add(at)
                waiting.extend(self.needs.get(at, ()))
        return False
