"""The cloud behind a twin: what exists, in memory."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Thing:
    """One resource that exists in the world. Never changed in place: an update puts a new one, so that snapshots stay valid."""

    type: str
    id: str
    urn: str
    region: str
    """Region that it lives in, `global` for what lives in none."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    sequence: int = 0
    owner: str = ""
    """Key of the thing that it came with (a VPC's default security group); empty when a program made it."""
    assumed: bool = False
    """Whether it was there before the rehearsal: brought along or read, never seen being created."""

    def __getitem__(self, key: str) -> Any:
        """Return an output, or None when there is none."""
        return self.id if key == "id" else self.outputs.get(key)

    @property
    def key(self) -> str:
        """Type, region and id: what an owner is known by."""
        return f"{self.type}/{self.region}/{self.id}"


Index = dict[Hashable, list[Thing]]
"""Output value to the things that have it."""


@dataclass(slots=True)
class Snapshot:
    """State of a world at one moment."""

    things: dict[str, dict[str, Thing]]
    sequence: int
    generations: dict[str, int]


@dataclass(slots=True)
class World:
    """Everything that exists, by type."""

    account: str
    """Number of the account, or id of the subscription."""
    things: dict[str, dict[str, Thing]] = field(default_factory=dict[str, dict[str, Thing]])
    """Type token to `region/id` to thing."""
    sequence: int = 0
    generations: dict[str, int] = field(default_factory=dict[str, int])
    """How often each URN was created: a replacement gets another id."""
    _indexes: dict[tuple[str, str], Index] = field(default_factory=dict[tuple[str, str], Index])

    def all(self, token: str, region: str | None = None) -> Iterator[Thing]:
        """Iterate over things of a type, in one region or in all."""
        return (t for t in self.things.get(token, {}).values() if region is None or t.region == region)

    def find(self, token: str, value: Any, by: str = "id", region: str | None = None) -> Thing | None:
        """Return the thing of a type whose output `by` (or one of several, `arn|keyId`) equals `value`."""
        if not isinstance(value, Hashable):
            return None
        for output in by.split("|"):
            for thing in self._index(token, output).get(value, ()):
                if region is None or thing.region == region:
                    return thing
        return None

    def matching(self, token: str, value: Hashable, by: str, region: str | None = None) -> Iterator[Thing]:
        """Iterate over the things of a type whose output `by` equals `value`."""
        return (t for t in self._index(token, by).get(value, ()) if region is None or t.region == region)

    def put(self, thing: Thing) -> None:
        """Add a thing, or replace the one with its id and URN."""
        self.sequence += 1
        thing.sequence = thing.sequence or self.sequence
        of_type = self.things.setdefault(thing.type, {})
        key = f"{thing.region}/{thing.id}"
        there = of_type.get(key)
        if there is not None and there.urn != thing.urn:
            key = f"{key}/{thing.urn}"
            there = of_type.get(key)
        if there is not None:
            self._forget(there)
        of_type[key] = thing
        for (token, output), index in self._indexes.items():
            if token == thing.type:
                _enter(index, thing, output)

    def remove(self, thing: Thing) -> None:
        """Take a thing and what came with it out of the world."""
        of_type = self.things[thing.type]
        key = next(key for key, there in of_type.items() if there is thing)
        del of_type[key]
        self._forget(thing)
        if not thing.owner:
            for companion in [t for things in self.things.values() for t in things.values() if t.owner == thing.key]:
                self.remove(companion)

    def get(self, token: str, id_: str, urn: str, region: str) -> Thing | None:
        """Return the thing with an id, the one of that URN when several share the id."""
        of_type = self.things.get(token, {})
        return of_type.get(f"{region}/{id_}/{urn}") or of_type.get(f"{region}/{id_}")

    def snapshot(self) -> Snapshot:
        """Return the state, cheaply: things are shared, since they never change."""
        things = {token: dict(of_type) for token, of_type in self.things.items()}
        return Snapshot(things, self.sequence, dict(self.generations))

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to an earlier state."""
        self.things = {token: dict(of_type) for token, of_type in snapshot.things.items()}
        self.sequence = snapshot.sequence
        self.generations = dict(snapshot.generations)
        self._indexes.clear()

    def _index(self, token: str, output: str) -> Index:
        index = self._indexes.get((token, output))
        if index is None:
            index = self._indexes[(token, output)] = Index()
            for thing in self.things.get(token, {}).values():
                _enter(index, thing, output)
        return index

    def _forget(self, thing: Thing) -> None:
        for (token, output), index in self._indexes.items():
            if token == thing.type:
                value: Any = thing[output]
                if isinstance(value, Hashable) and thing in index.get(value, ()):
                    index[value].remove(thing)


def _enter(index: Index, thing: Thing, output: str) -> None:
    value: Any = thing[output]
    if isinstance(value, Hashable):
        index.setdefault(value, []).append(thing)
