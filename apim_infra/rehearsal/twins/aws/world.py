"""The cloud behind the AWS twin: what exists, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Thing:
    """One resource that exists in the world."""

    type: str
    id: str
    urn: str
    region: str
    """Region that it lives in, `global` for IAM, Route 53 and the like."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    sequence: int = 0

    def __getitem__(self, key: str) -> Any:
        """Return an output, or None when there is none."""
        return self.id if key == "id" else self.outputs.get(key)


@dataclass(slots=True)
class World:
    """Everything that exists, by type."""

    account: str = "111122223333"
    things: dict[str, dict[str, Thing]] = field(default_factory=dict[str, dict[str, Thing]])
    """Type token to `region/id` to thing."""

    def all(self, token: str, region: str | None = None) -> Iterator[Thing]:
        """Iterate over things of a type, in one region or in all."""
        return (t for t in self.things.get(token, {}).values() if region is None or t.region == region)

    def find(self, token: str, value: Any, by: str = "id", region: str | None = None) -> Thing | None:
        """Return the thing of a type whose output `by` equals `value`."""
        return next((t for t in self.all(token, region) if t[by] == value), None)
