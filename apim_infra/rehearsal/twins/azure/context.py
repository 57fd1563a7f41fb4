"""What a rule or an output function sees: one request in its world."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Properties, Request
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.table import ResourceType
from apim_infra.rehearsal.twins.azure.world import ArmWorld
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing


@dataclass(slots=True)
class Context:
    """One request in its world."""

    request: Request
    row: ResourceType
    world: ArmWorld
    inputs: Properties
    """Checked inputs."""
    id: str = ""
    """ARM id; in `check` empty while a name is missing."""
    seed: int = 0
    subscription: str = ""
    """Id of the provider's subscription."""
    tenant: str = ""
    """Id of the provider's tenant."""
    outputs: Properties = field(default_factory=dict[str, Any])
    """Outputs so far: those of the last deployment in updates and deletions."""

    @property
    def urn(self) -> str:
        """URN of the request."""
        return self.request.urn

    @property
    def name(self) -> str:
        """Last name of the id."""
        return ids.name_of(self.id)

    @property
    def location(self) -> str:
        """Region in ARM's short form (`westeurope`), "" when the resource has none."""
        return short_location(self.inputs.get("location"))

    @property
    def old(self) -> Properties | None:
        """Inputs of the last deployment, None at creation."""
        return self.request.old_inputs

    def get(self, path: str) -> list[Any]:
        """Return every known value at a path, `[*]` for every element; empty when nothing is set there or it is not known yet."""
        return [value for _, value in values_at(self.inputs, path) if value != UNKNOWN]

    def at(self, path: str) -> list[tuple[str, Any]]:
        """Return the concrete path and the value of everything known at a path with `[*]`."""
        return [(place, value) for place, value in values_at(self.inputs, path) if value != UNKNOWN]

    def value(self, path: str, default: Any = None) -> Any:
        """Return the one known value at a path without `[*]`, or the default."""
        values = self.get(path)
        return values[0] if values else default

    def find(self, arm_id: Any) -> Thing | None:
        """Return the thing with an ARM id, None when there is none (or it is part of another: a frontend of a load balancer)."""
        return self.world.at(arm_id) if isinstance(arm_id, str) else None

    def all(self, token: str, **outputs: Any) -> Iterator[Thing]:
        """Iterate over the things of a type whose outputs equal the ones given, the resource of this request left out."""
        return (
            thing
            for thing in self.world.all(token)
            if ids.key(thing.id) != ids.key(self.id) and all(thing[name] == value for name, value in outputs.items())
        )

    def parent(self) -> Thing | None:
        """Return the thing that this resource is nested in, or that it extends."""
        return next((found for found in map(self.world.at, ids.ancestors(self.id)) if found), None)

    def inside(self, token: str, arm_id: str = "") -> Iterator[Thing]:
        """Iterate over the things of a type inside a resource, this one by default: the pools of a cluster, the subnets of a network."""
        prefix = ids.key(arm_id or self.id) + "/"
        return (thing for thing in self.world.all(token) if ids.key(thing.id).startswith(prefix))

    def siblings(self, token: str = "") -> Iterator[Thing]:
        """Iterate over the other things of a type (this one's by default) with the same parent."""
        parent = ids.key(ids.parent_of(self.id))
        own = ids.key(self.id)
        return (
            thing
            for thing in self.world.all(token or self.row.token)
            if ids.key(ids.parent_of(thing.id)) == parent and ids.key(thing.id) != own
        )

    def hexadecimal(self, length: int, salt: str = "") -> str:
        """Return digits that depend on seed, URN, how often it was created, and salt alone, so that two runs with one seed agree."""
        generation = self.world.generations.get(self.urn, 0)
        return hashlib.sha256(f"{self.seed}/{self.urn}/{generation}/{salt}".encode()).hexdigest()[:length]

    def guid(self, salt: str = "") -> str:
        """Return a made-up GUID in the same way."""
        digits = self.hexadecimal(32, salt)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def problem(self, code: str, message: str, path: str = "", hint: str = "", source: str = "") -> Problem:
        """Make a problem of this resource. `source` names document and date; it may be left out for what the SDK or the table says."""
        return Problem(code=code, message=message, path=path, hint=hint, source=source or SOURCE)

    def warning(self, code: str, message: str, path: str = "", hint: str = "", source: str = "") -> Problem:
        """Make a problem that is reported and does not refuse the request: the rule is not certain enough."""
        return Problem(code=code, message=message, path=path, hint=hint, source=source or SOURCE, warning=True)


SOURCE = "Azure Resource Manager, common deployment errors, 2024"


def short_location(location: Any) -> str:
    """Return a region in ARM's short form: `West Europe` is `westeurope`."""
    return str(location).replace(" ", "").lower() if isinstance(location, str) else ""
