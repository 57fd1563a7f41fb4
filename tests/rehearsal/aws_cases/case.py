"""The shape of one wrong request, and how it is put to the AWS twin.

A service's cases live in one module (`ec2.py`, `eks.py`, ...) with a `CASES` tuple. An input such as `"${vpc.id}"` takes an output of an
earlier step; the whole string is replaced by the value, whatever its type, or the value is put into the text around it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.provider import Created, Instance, Problem, RejectedError, Request
from apim_infra.rehearsal.twins.aws.twin import AwsTwin

REGION = "eu-central-1"
"""Region of a case's provider."""


@dataclass(frozen=True, slots=True)
class Step:
    """One resource: what is there before the wrong request, or the wrong request itself."""

    token: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of wrong request and the code that AWS answers it with."""

    service: str
    """AWS's name of the service: `EC2`, `RDS`."""
    wrong: str
    """What is wrong, as `docs/twins.md` says it: `subnet outside the VPC's range`."""
    request: Step
    """The request that must be refused. For an update: the new inputs of the step of that name. For a deletion: the name of the step to delete."""
    code: str
    """AWS's error code, or `CheckFailure` where the provider itself refuses."""
    given: tuple[Step, ...] = ()
    """What exists before; each must be accepted."""
    operation: str = "create"
    """`create`, `update` or `delete`."""
    path: str = ""
    """Property path that the problem must name; empty when it does not matter."""
    moto: Callable[[Callable[[str], Any]], object] | None = None
    """The same request through boto3, where moto refuses it too: gets a function from service name to client; its last call must be refused."""


class Scene:
    """A twin and what has been made in it by name."""

    def __init__(self, twin: AwsTwin | None = None, region: str = REGION) -> None:
        self.twin = twin or AwsTwin()
        self.provider = Instance(
            urn="urn:pulumi:test::test::pulumi:providers:aws::default", id="p", inputs={"region": region}
        )
        self.made: dict[str, tuple[Request, Created]] = {}

    def request(self, step: Step, **changes: Any) -> Request:
        """Return the request of a step, its references filled in and its inputs as the program gives them."""
        return Request(
            urn=f"urn:pulumi:test::test::{step.token}::{step.name}",
            type=step.token,
            name=step.name,
            inputs=self.fill(step.inputs),
            provider=self.provider,
            **changes,
        )

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
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(item) for item in value]
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
        refused = [problem for problem in checked.problems if not problem.warning]
        if refused:
            raise RejectedError(refused)
        request = self.request(step)
        request = Request(**{**_fields(request), "inputs": checked.inputs})
        created = self.twin.create(request)
        self.made[step.name] = (request, created)
        return created

    def update(self, step: Step) -> Created:
        """Check and update the step made under that name."""
        before, made = self.made[step.name]
        request = self.request(step, id=made.id, old_inputs=before.inputs, old_outputs=made.outputs)
        checked = self.twin.check(request)
        refused = [problem for problem in checked.problems if not problem.warning]
        if refused:
            raise RejectedError(refused)
        return self.twin.update(Request(**{**_fields(request), "inputs": checked.inputs}))

    def delete(self, name: str) -> None:
        """Delete the step made under that name."""
        request, made = self.made[name]
        self.twin.delete(
            Request(**{**_fields(request), "id": made.id, "old_inputs": request.inputs, "old_outputs": made.outputs})
        )
        del self.made[name]


def refusals(case: Case) -> Sequence[Problem]:
    """Play a case and return what the twin refuses; empty when it accepts."""
    scene = Scene()
    for step in case.given:
        scene.create(step)
    try:
        match case.operation:
            case "create":
                scene.create(case.request)
            case "update":
                scene.update(case.request)
            case _:
                scene.delete(case.request.name)
    except RejectedError as error:
        return error.problems
    return ()


def _fields(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Request.__dataclass_fields__}
