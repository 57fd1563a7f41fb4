"""What a rule or an output function of the table sees: one request in its world."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Properties, Request
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing, World


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
    name: str = ""
    """Name of the resource: the input that holds it, or what the provider made of a name prefix; empty when the type has no name."""
    outputs: Properties = field(default_factory=dict[str, Any])
    """Outputs so far: those of the last deployment in updates and deletions, all of them for companions."""

    known_as: str = ""
    """URN under which the world knows the thing of this request: that of its creation, also where an alias has given it another since."""

    @property
    def urn(self) -> str:
        """URN under which the world knows the thing of this request."""
        return self.known_as or self.request.urn

    @property
    def account(self) -> str:
        """Account number of the world."""
        return self.world.account

    @property
    def old(self) -> Properties | None:
        """Inputs of the last deployment, None at creation."""
        return self.request.old_inputs

    def get(self, path: str) -> list[Any]:
        """Return every known value at a path, `[*]` for every element; empty when nothing is set there or it is not known yet."""
        return [value for _, value in values_at(self.inputs, path) if value != UNKNOWN]

    def value(self, path: str, default: Any = None) -> Any:
        """Return the one known value at a path without `[*]`, or the default."""
        values = self.get(path)
        return values[0] if values else default

    def find(self, token: str, value: Any, by: str = "id", *, anywhere: bool = False) -> Thing | None:
        """Return the thing whose output `by` equals `value`, in the resource's region or `anywhere`."""
        return self.world.find(token, value, by, None if anywhere or self.region == "global" else self.region)

    def all(self, token: str, **outputs: Any) -> Iterator[Thing]:
        """Iterate over the region's things of a type whose outputs equal the ones given, the resource of this request left out."""
        region = None if self.region == "global" else self.region
        return (
            thing
            for thing in self.world.all(token, region)
            if not (self.id and thing.id == self.id and thing.urn == self.urn)
            and all(thing[key] == value for key, value in outputs.items())
        )

    def hexadecimal(self, length: int, salt: str = "") -> str:
        """Return digits that depend on seed, URN, how often it was created, and salt alone, so that two runs with one seed agree."""
        generation = self.world.generations.get(self.urn, 0)
        return hashlib.sha256(f"{self.seed}/{self.urn}/{generation}/{salt}".encode()).hexdigest()[:length]

    def problem(self, code: str, message: str, path: str = "", hint: str = "", source: str = "") -> Problem:
        """Make a problem of this resource."""
        return Problem(code=code, message=message, path=path, hint=hint, source=source or self.row.source)

    def warning(self, code: str, message: str, path: str = "", hint: str = "", source: str = "") -> Problem:
        """Make a problem that is reported and does not refuse the request: the rule is not certain enough."""
        return Problem(code=code, message=message, path=path, hint=hint, source=source or self.row.source, warning=True)
