"""What a provider answers: the words between the monitor and the twins.

The methods and their order are those of Pulumi's provider protocol (`pulumirpc.ResourceProvider`), so that the same twins can stand behind the
real engine. Values are plain Python: secrets are unwrapped before a twin sees them (as the engine does for a provider that does not accept
secrets) and wrapped again by the monitor; a value that is not known yet is `UNKNOWN`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is not known yet; the SDK's own sentinel for strings on the wire."""

Properties = Mapping[str, Any]
"""Inputs or outputs of a resource, keys as the engine receives them (camelCase)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a provider or its cloud refuses a request."""

    code: str
    """The cloud's own error code, such as `InvalidSubnet.Conflict`; `CheckFailure` for what the provider itself refuses."""
    message: str
    """In the cloud's style, naming the value; never a secret."""
    path: str = ""
    """Property path, such as `vpcConfig.subnetIds[0]`."""
    hint: str = ""
    """What to change."""
    source: str = ""
    """Where the rule comes from: document and date, or `own knowledge`."""
    warning: bool = False
    """A rule that is not certain enough to refuse: reported, not rejected."""


class RejectedError(Exception):
    """A create, read, update or delete that the cloud refuses."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.code}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Instance:
    """The provider resource that a request goes to."""

    urn: str
    id: str
    inputs: Properties
    """Configuration of the provider, such as `region` (as the SDK sends it: nested values may be JSON strings)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What every request about one resource carries."""

    urn: str
    type: str
    name: str
    inputs: Properties
    """Inputs after `check`, except in `check` itself, where they are the program's own."""
    provider: Instance
    id: str = ""
    old_inputs: Properties | None = None
    """Inputs of the last deployment, None when the resource is new."""
    old_outputs: Properties | None = None
    ignore_changes: tuple[str, ...] = ()
    needs: frozenset[str] | None = None
    """URNs that the resource waits for; None when the caller cannot tell (the real engine does not say it to a provider)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Answer to `check`: inputs with defaults and automatic names, or why they are refused."""

    inputs: Properties
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Answer to `diff`."""

    changed: tuple[str, ...] = ()
    """Property paths that differ; empty when nothing changes."""
    replaced_by: tuple[str, ...] = ()
    """The changed paths that make the provider replace the resource."""
    delete_before_replace: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """Answer to `create`, `read` and `update`."""

    id: str
    outputs: Properties
    """All outputs, inputs included, as the provider reports them."""
    secret_outputs: frozenset[str] = frozenset()
    """Top-level output keys that the provider itself marks secret."""
    warnings: tuple[Problem, ...] = ()
    not_verified: tuple[str, ...] = ()
    """What the twin could not check of this resource, in a few words each (summed up in the report)."""
    seconds: float = 0.0
    """Simulated time that the cloud takes, drawn from the twin's table of durations; 0 when the table has none."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that still exists in a twin's world."""

    type: str
    id: str
    urn: str = field(default="")


class Provider(Protocol):
    """One twin: the part of a provider plugin and of the cloud behind it."""

    package: str
    """Pulumi package, the part of a type token before the first colon."""

    def types(self) -> frozenset[str]:
        """Return every resource type token that the twin knows; any other is refused by the monitor, listed by name and count."""
        ...

    def check_config(self, instance: Instance) -> tuple[Problem, ...]:
        """Check the configuration of a provider resource."""
        ...

    def check(self, request: Request) -> Checked:
        """Validate inputs as the provider does before anything is created; fill defaults and automatic names."""
        ...

    def diff(self, request: Request) -> Difference:
        """Compare `inputs` with `old_inputs`."""
        ...

    def create(self, request: Request) -> Created:
        """Create the resource. Raises RejectedError with the cloud's code."""
        ...

    def read(self, request: Request) -> Created:
        """Read an existing resource by id. Raises RejectedError when there is none."""
        ...

    def update(self, request: Request) -> Created:
        """Update the resource in place. Raises RejectedError."""
        ...

    def delete(self, request: Request) -> None:
        """Delete the resource. Raises RejectedError when something holds it."""
        ...

    def invoke(self, token: str, arguments: Properties, provider: Instance) -> Properties:
        """Answer a data source. Raises RejectedError for one that is unknown or refused."""
        ...

    def injected_failure(self, type_: str) -> Problem:
        """Return how creation of such a resource typically fails in the cloud (`--fail`)."""
        ...

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what still exists; empty after a whole destroy."""
        ...


@runtime_checkable
class Unprotecting(Protocol):
    """A twin whose cloud can refuse a deletion because protection is switched on (RDS deletion protection, a bucket that is not empty)."""

    def unprotect(self, request: Request) -> Properties | None:
        """Return the resource's inputs with its protection switched off, or None when the type has none.

        Called when `delete` was refused; the rehearsal then does what an operator does: it calls `update` with the answer, deletes again, and
        the report names the resource.
        """
        ...


@runtime_checkable
class Restorable(Protocol):
    """A twin whose world can be put back, so that a replay need not start from nothing each time."""

    def snapshot(self) -> object:
        """Return the world as it is now; later changes must not show in it."""
        ...

    def restore(self, snapshot: object) -> None:
        """Put the world back; the same snapshot may be restored many times."""
        ...


@runtime_checkable
class Previewing(Protocol):
    """A twin whose provider shows some inputs in another shape, which a preview cannot know yet."""

    def previewed(self, inputs: Properties) -> Properties:
        """Return what is known of a resource that is not made yet: its inputs, with `UNKNOWN` for what will have another shape."""
        ...


@runtime_checkable
class Knowing(Protocol):
    """A twin that knows more types than it can list, such as every kind of custom resource."""

    def knows(self, type_: str) -> bool:
        """Tell whether the twin knows the type; true for every one of `types()`."""
        ...


def known_type(twin: Provider, type_: str) -> bool:
    """Tell whether a twin knows a type, listed or not."""
    return type_ in twin.types() or (isinstance(twin, Knowing) and twin.knows(type_))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a resource after its request was accepted."""

    urn: str
    problems: tuple[Problem, ...] = ()
    """Such as a pod that never starts because a secret that it names does not exist."""
    not_verified: tuple[str, ...] = ()


@runtime_checkable
class Settling(Protocol):
    """A twin whose cloud accepts references to what does not exist yet and waits for it (Kubernetes)."""

    def settle(self) -> tuple[Settled, ...]:
        """Return what has not come true at the end of a deployment in which no resource failed; the same answer when asked again."""
        ...
