"""Data sources: what the provider answers to an invoke."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.provider import Problem, Properties, RejectedError
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.naming import filled
from apim_infra.rehearsal.twins.azure.table import ResourceType, all_types
from apim_infra.rehearsal.twins.azure.world import ArmWorld
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "functions of the azure-native provider"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One invoke in its world."""

    token: str
    arguments: Properties
    world: ArmWorld
    subscription: str
    tenant: str
    seed: int
    assume: Callable[[str, str], Thing]
    """Takes a thing of a type and id to exist, for what is brought along."""

    def refuse(self, code: str, message: str, path: str = "", hint: str = "") -> RejectedError:
        """Make the error of a refused inquiry."""
        return RejectedError([Problem(code, message, path, hint, SOURCE)])

    def thing(self, token: str, **names: str) -> Thing:
        """Return the thing of a type that the arguments name.

        `names` gives inputs of the path that the function calls otherwise. What is in a resource group that no program made is taken to exist.
        Raises RejectedError.
        """
        row = all_types()[token]
        arm_id = filled(row, {**self.arguments, **names}, self.subscription)
        found = self.world.at(arm_id)
        if found is not None:
            return found
        group = self.world.at(next((there for there in ids.ancestors(arm_id) if ids.group_of(there)), arm_id))
        if (group is None or group.assumed) and self._may_exist(arm_id):
            return self.assume(token, arm_id)
        kind, group_name = f"{row.arm_type}/{ids.name_of(arm_id)}", ids.group_of(arm_id)
        raise self.refuse(
            "ResourceNotFound",
            f"The Resource '{kind}' under resource group '{group_name}' was not found.",
            row.name_input,
            "name one that exists, or let the call depend on the resource that makes it",
        )

    def _may_exist(self, arm_id: str) -> bool:
        holders = [found for found in map(self.world.at, ids.ancestors(arm_id)) if found]
        return all(holder.assumed for holder in holders)


Answer = Callable[[Inquiry], Mapping[str, Any]]
"""Answers one data source. Raises RejectedError."""


def answer(inquiry: Inquiry, answers: Mapping[str, Answer]) -> Properties:
    """Answer an invoke. Raises RejectedError for a data source that the twin does not know or that finds nothing."""
    known = answers.get(inquiry.token)
    if known is not None:
        return known(inquiry)
    row = _read_by(inquiry.token)
    if row is None:
        hint = "pass the value as a setting, or add an answer (docs/twins.md)"
        raise inquiry.refuse(
            "UnknownDataSource", f"the Azure twin does not know the data source {inquiry.token}", hint=hint
        )
    return shown(inquiry.thing(row.token))


def shown(thing: Thing) -> Mapping[str, Any]:
    """Return what a function shows of a thing."""
    return {**thing.outputs, "id": thing.id}


def _read_by(token: str) -> ResourceType | None:
    """Return the type that a function such as `azure-native:network:getSubnet` reads."""
    package, module, name = token.split(":")
    return all_types().get(f"{package}:{module}:{name.removeprefix('get')}") if name.startswith("get") else None
