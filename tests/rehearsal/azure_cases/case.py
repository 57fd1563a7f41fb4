"""The shape of one wrong request, and how it is put to the Azure twin.

A service's cases live in one module (`network.py`, `keyvault.py`, ...) with a `CASES` tuple. An input such as `"${vnet.id}"` takes an output of an
earlier step; the whole string is replaced by the value, whatever its type, or the value is put into the text around it. Every step gets the
resource group `group` and the location `westeurope` where its type has them and its inputs do not name others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from apim_infra.rehearsal.provider import Created, Instance, Problem, RejectedError, Request
from apim_infra.rehearsal.twins.azure.table import all_types
from apim_infra.rehearsal.twins.azure.twin import AzureTwin
from apim_infra.rehearsal.twins.cloud.schema import shape_of

LOCATION = "westeurope"
GROUP = "azure-native:resources:ResourceGroup"


@dataclass(frozen=True, slots=True)
class Step:
    """One resource: what is there before the wrong request, or the wrong request itself."""

    token: str
    """Type token without the package: `network:Subnet`."""
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    after: tuple[str, ...] = ()
    """Names of steps that it waits for, beside all those whose outputs it takes."""

    def but(self, **changes: Any) -> "Step":
        """Return the step with other inputs; None takes one out, and two underscores stand for a level: `sku__name="Basic"`."""
        inputs: dict[str, Any] = dict(self.inputs)
        for path, value in changes.items():
            *holders, last = path.split("__")
            at = inputs
            for holder in holders:
                at[holder] = dict(at.get(holder) or {})
                at = at[holder]
            if value is None:
                at.pop(last, None)
            else:
                at[last] = value
        return replace(self, inputs=inputs)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of wrong request, the code that Azure answers it with, and the same request put right, which must be accepted."""

    service: str
    """Azure's name of the service: `Virtual network`, `AKS`."""
    wrong: str
    """What is wrong, as `docs/twins.md` says it: `subnet outside of its network`."""
    request: Step
    """The request that must be refused. For an update: the new inputs of the step of that name. For a deletion: the step of that name."""
    code: str
    """Azure's error code, or `CheckFailure` where the provider itself refuses."""
    right: Step | None = None
    """The request put right; None when the request itself is right once `holders` are gone."""
    given: tuple[Step, ...] = ()
    """What exists before; each must be accepted. The resource group is always there."""
    operation: str = "create"
    """`create`, `update` or `delete`."""
    path: str = ""
    """Property path that the problem must name; empty when it does not matter."""
    warning: bool = False
    """Whether the twin only warns, because the rule is not certain enough."""
    holders: tuple[str, ...] = ()
    """Steps that stand in the way (a lock, a user of what is to be deleted): they are deleted, in this order, before the request put right."""


class Scene:
    """A twin and what has been made in it by name."""

    def __init__(self, twin: AzureTwin | None = None, configuration: Mapping[str, Any] | None = None) -> None:
        self.twin = twin or AzureTwin()
        self.provider = Instance(
            urn="urn:pulumi:test::test::pulumi:providers:azure-native::default",
            id="p",
            inputs=configuration or {"location": LOCATION},
        )
        self.made: dict[str, tuple[Request, Created]] = {}
        self.create(Step("resources:ResourceGroup", "group", {"resourceGroupName": "group", "location": LOCATION}))

    def request(self, step: Step, **changes: Any) -> Request:
        """Return the request of a step, its references filled in and its inputs as the program gives them."""
        token = f"azure-native:{step.token}"
        inputs: dict[str, Any] = {**self._usual(token), **step.inputs}
        taken = {name for name in re.findall(r"\$\{(\w+)\.", repr(step.inputs)) if name in self.made}
        return Request(
            urn=_urn(token, step.name),
            type=token,
            name=step.name,
            inputs=self.fill(inputs),
            provider=self.provider,
            needs=frozenset(self.made[name][0].urn for name in (*taken, *step.after)),
            **changes,
        )

    def _usual(self, token: str) -> Mapping[str, Any]:
        if token == GROUP:
            return {}
        row = all_types()[token]
        usual: dict[str, Any] = {}
        if "resourceGroupName" in row.parameters:
            usual["resourceGroupName"] = "group"
        if "location" in shape_of(token).properties().shapes:
            usual["location"] = "global" if row.location == "global" else LOCATION
        return usual

    def fill(self, value: Any) -> Any:
        """Replace every `${step.output}` in a value."""
        if isinstance(value, str):
            whole = re.fullmatch(r"\$\{(\w+)\.([\w.]+)\}", value)
            return (
                self.look_up(*whole.groups())
                if whole
                else re.sub(r"\$\{(\w+)\.([\w.]+)\}", lambda m: str(self.look_up(*m.groups())), value)
            )
        if isinstance(value, Mapping):
            known = cast("Mapping[str, Any]", value)
            return {self.fill(key): self.fill(item) for key, item in known.items()}
        if isinstance(value, list | tuple):
            return [self.fill(item) for item in cast("Sequence[Any]", value)]
        return value

    def look_up(self, name: str, output: str) -> Any:
        """Return an output of a step."""
        created = self.made[name][1]
        value: Any = {**created.outputs, "id": created.id}
        for part in output.split("."):
            value = value[int(part)] if part.isdigit() else value[part]
        return value

    def create(self, step: Step) -> Created:
        """Check and create, as the engine does. Raises RejectedError, also for what `check` refuses."""
        request = self.request(step)
        checked = self.twin.check(request)
        _refuse(checked.problems)
        request = replace(request, inputs=checked.inputs)
        created = self.twin.create(request)
        self.made[step.name] = (request, created)
        return created

    def update(self, step: Step) -> Created:
        """Check, and update or replace the step made under that name, as the engine does."""
        before, made = self.made[step.name]
        request = self.request(step, id=made.id, old_inputs=before.inputs, old_outputs=made.outputs)
        checked = self.twin.check(request)
        _refuse(checked.problems)
        request = replace(request, inputs=checked.inputs)
        updated = self.twin.update(request)
        self.made[step.name] = (request, updated)
        return updated

    def delete(self, name: str) -> None:
        """Delete the step made under that name."""
        request, made = self.made[name]
        self.twin.delete(replace(request, id=made.id, old_inputs=request.inputs, old_outputs=made.outputs))
        del self.made[name]


def _refuse(problems: Sequence[Problem]) -> None:
    refused = [problem for problem in problems if not problem.warning]
    if refused:
        raise RejectedError(refused)


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::test::{token}::{name}"


def scene_of(case: Case) -> Scene:
    """Return the scene in which a case plays, everything given being there."""
    scene = Scene()
    for step in case.given:
        scene.create(step)
    return scene


def play(scene: Scene, operation: str, step: Step) -> Sequence[Problem]:
    """Put one request to the twin; return its warnings. Raises RejectedError."""
    match operation:
        case "create":
            return scene.create(step).warnings
        case "update":
            return scene.update(step).warnings
        case _:
            scene.delete(step.name)
            return ()


def answers(case: Case) -> Sequence[Problem]:
    """Play the wrong request and return what the twin says of it; empty when it says nothing."""
    scene = scene_of(case)
    try:
        return play(scene, case.operation, case.request)
    except RejectedError as error:
        return error.problems


def set_right(case: Case) -> Sequence[Problem]:
    """Play the request put right and return what the twin warns of. Raises RejectedError when it is refused."""
    scene = scene_of(case)
    for name in case.holders:
        scene.delete(name)
    return play(scene, case.operation, case.right or case.request)
