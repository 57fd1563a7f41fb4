"""A small made-up cloud, its SDK classes and ways to run programs against it."""

import copy
import textwrap
from pathlib import Path
from typing import Any

import pulumi

from apim_infra.rehearsal.provider import (
    Checked,
    Created,
    Difference,
    Instance,
    Leftover,
    Problem,
    Properties,
    RejectedError,
    Request,
)
from apim_infra.rehearsal.runner import Program

THING, GUARDED = "fake:index:Thing", "fake:index:Guarded"


class FakeCloud:
    """Things with a size, a name, and references to each other; `refuse` makes creation fail."""

    package = "fake"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.world: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.configured: list[Properties] = []
        self.seen: dict[str, Properties] = {}

    def types(self) -> frozenset[str]:
        return frozenset({THING, GUARDED})

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        self.configured.append(instance.inputs)
        if instance.inputs.get("region") == "nowhere":
            return (Problem("InvalidRegion", "there is no region nowhere", path="region"),)
        return ()

    def check(self, request: Request) -> Checked:
        self.calls.append(("check", request.name))
        self.seen[request.name] = request.inputs
        inputs = {"label": request.name, **request.inputs}
        problems: list[Problem] = []
        size = inputs.get("size", 0)
        if isinstance(size, int) and size > 100:
            problems.append(Problem("SizeTooLarge", f"{size} is more than 100", path="size", hint="choose at most 100"))
        if size == 99:
            problems.append(Problem("SizeOdd", "99 is unusual", path="size", warning=True))
        password = inputs.get("password")
        if isinstance(password, str) and len(password) < 8:
            problems.append(Problem("PasswordTooShort", f"password {password} is too short", path="password"))
        return Checked(inputs, tuple(problems))

    def diff(self, request: Request) -> Difference:
        old = request.old_inputs or {}
        changed = tuple(sorted(k for k in {*old, *request.inputs} if old.get(k) != request.inputs.get(k)))
        return Difference(changed, tuple(k for k in changed if k == "label"))

    def create(self, request: Request) -> Created:
        self.calls.append(("create", request.name))
        if request.inputs.get("refuse"):
            raise RejectedError([Problem("Refused", "the cloud refuses", hint="do not ask")])
        for reference in request.inputs.get("uses", []):
            if reference not in self.world:
                raise RejectedError([Problem("NotFound", f"{reference} does not exist", path="uses[0]")])
        identifier = f"{request.inputs['label']}-{self.seed}"
        self.world[identifier] = {"urn": request.urn, "type": request.type, "inputs": dict(request.inputs)}
        return self._answer(identifier, request)

    def _answer(self, identifier: str, request: Request) -> Created:
        outputs = {**request.inputs, "arn": f"arn:{identifier}", "token": f"token-of-{identifier}"}
        return Created(identifier, outputs, frozenset({"token"}), not_verified=("the weather",))

    def read(self, request: Request) -> Created:
        if not request.id.startswith("known"):
            raise RejectedError([Problem("NotFound", f"{request.id} does not exist")])
        return self._answer(request.id, request)

    def update(self, request: Request) -> Created:
        self.calls.append(("update", request.name))
        self.world[request.id]["inputs"] = dict(request.inputs)
        return self._answer(request.id, request)

    def delete(self, request: Request) -> None:
        self.calls.append(("delete", request.name))
        users = [i for i, thing in self.world.items() if request.id in thing["inputs"].get("uses", [])]
        if users:
            raise RejectedError([Problem("InUse", f"{request.id} is used by {users[0]}")])
        if self.world[request.id]["inputs"].get("guard"):
            raise RejectedError([Problem("Guarded", f"{request.id} is guarded")])
        if not request.inputs.get("sticky"):
            del self.world[request.id]

    def unprotect(self, request: Request) -> Properties | None:
        return {**request.inputs, "guard": False} if request.type == GUARDED else None

    def snapshot(self) -> object:
        return copy.deepcopy(self.world)

    def restore(self, snapshot: object) -> None:
        self.world = copy.deepcopy(snapshot)  # type: ignore[assignment] - what `snapshot` returned

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        if token == "fake:index:getCount":
            return {"count": len(self.world)}
        if token != "fake:index:getZones":
            raise RejectedError([Problem("UnknownFunction", f"no data source {token}")])
        return {"zones": [f"{provider.inputs.get('region', 'here')}-a"], **arguments}

    def injected_failure(self, type_: str) -> Problem:
        return Problem("OutOfCapacity", f"no capacity for {type_}")

    def leftovers(self) -> tuple[Leftover, ...]:
        return tuple(Leftover(thing["type"], identifier, thing["urn"]) for identifier, thing in self.world.items())


class Thing(pulumi.CustomResource):
    """The SDK's class of a thing."""

    arn: pulumi.Output[str]
    token: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, *, type_: str = THING, **inputs: Any
    ) -> None:
        properties = {"arn": None, "token": None, "label": None, **inputs}
        super().__init__(type_, name, properties, pulumi.ResourceOptions.merge(_VERSION, opts))


_VERSION = pulumi.ResourceOptions(version="1.2.3")


class FakeProvider(pulumi.ProviderResource):
    """The SDK's class of the provider."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("fake", name, inputs, opts)


class Group(pulumi.ComponentResource):
    """A component with one thing, and an inner group when asked."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, *, depth: int = 0) -> None:
        super().__init__(f"test:index:Group{depth}", name, {"depth": depth}, opts)
        self.thing = Thing(f"{name}-thing", pulumi.ResourceOptions(parent=self), size=depth)
        if depth:
            self.inner = Group(f"{name}-inner", pulumi.ResourceOptions(parent=self), depth=depth - 1)
        self.register_outputs({"arn": self.thing.arn})


PRELUDE = """
import pulumi
from typing import Any

class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None, type_="fake:index:Thing", **inputs):
        properties = {"arn": None, "token": None, "label": None, **inputs}
        options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version="1.2.3"), opts)
        super().__init__(type_, name, properties, options)
"""
"""What a program of its own process needs of the made-up SDK."""


def write_program(folder: Path, body: str, *, stack: str = "", project: str = "", name: str = "__main__.py") -> Path:
    """Write a small Pulumi program, with `sdk.py` beside it."""
    (folder / "Pulumi.yaml").write_text(project or "name: small\nruntime: python\n", encoding="utf-8")
    (folder / "Pulumi.test.yaml").write_text(stack or "config: {}\n", encoding="utf-8")
    (folder / "sdk.py").write_text(PRELUDE, encoding="utf-8")
    (folder / name).write_text(textwrap.dedent(body), encoding="utf-8")
    return folder


def program(
    folder: Path, body: str, *, config: dict[str, str] | None = None, secret_keys: tuple[str, ...] = ()
) -> Program:
    """Write a small program and return it ready to run."""
    write_program(folder, body)
    return Program(
        root=folder.resolve(),
        directory=folder.resolve(),
        entry=".",
        project="small",
        stack="test",
        config=config or {},
        secret_keys=frozenset(secret_keys),
    )
