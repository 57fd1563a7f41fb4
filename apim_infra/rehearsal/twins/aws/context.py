"""What a rule or an output function of the table sees: one request in its world."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.provider import Problem, Properties, Request
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.aws.world import Thing, World


@dataclass(slots=True)
class Context:
    """One request in its world."""

    request: Request
    row: ResourceType
    world: World
    region: str
    """Region of the resource, `global` where the type has none."""
    provider_region: str
    """Region of the provider, also for global types."""
    inputs: Properties
    """Checked inputs."""
    id: str = ""
    """Identifier, once there is one (in outputs, delete rules and updates)."""
    seed: int = 0

    @property
    def account(self) -> str:
        """Account number of the world."""
        return self.world.account

    @property
    def old(self) -> Properties | None:
        """Inputs of the last deployment, None at creation."""
        return self.request.old_inputs

    def get(self, path: str) -> list[Any]:
        """Return every value at a path, `[*]` for every element; empty when nothing is set there."""
        values: list[Any] = [self.inputs]
        for part in path.replace("[*]", ".[*]").split("."):
            if part == "[*]":
                values = [item for value in values if isinstance(value, list) for item in value]
            else:
                values = [value[part] for value in values if isinstance(value, dict) and value.get(part) is not None]
        return values

    def find(self, token: str, value: Any, by: str = "id", *, anywhere: bool = False) -> Thing | None:
        """Return the thing whose output `by` equals `value`, in the resource's region or `anywhere`."""
        return self.world.find(token, value, by, None if anywhere or self.region == "global" else self.region)

    def all(self, token: str, **outputs: Any) -> Iterator[Thing]:
        """Iterate over the region's things of a type whose outputs equal the ones given, this resource itself left out."""
        region = None if self.region == "global" else self.region
        return (
            thing
            for thing in self.world.all(token, region)
            if thing.urn != self.request.urn and all(thing[key] == value for key, value in outputs.items())
        )

    def hexadecimal(self, length: int, salt: str = "") -> str:
        """Return digits that depend on seed, URN and salt alone, so that two runs with one seed agree."""
        return hashlib.sha256(f"{self.seed}/{self.request.urn}/{salt}".encode()).hexdigest()[:length]

    def problem(self, code: str, message: str, path: str = "", hint: str = "", source: str = "") -> Problem:
        """Make a problem of this resource."""
        return Problem(code=code, message=message, path=path, hint=hint, source=source or self.row.source)
