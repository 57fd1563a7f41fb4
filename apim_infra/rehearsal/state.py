"""What a stack holds after a deployment, and the steps that led there."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Operation(StrEnum):
    """What a deployment did with one resource."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    IMPORT = "import"
    RETAIN = "retain"
    SKIP = "skip"
    """Not tried, as something that it needs was refused."""
    FAIL = "fail"


class Outcome(StrEnum):
    """How a registration ended."""

    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(slots=True)
class ResourceState:
    """One resource of a stack. Secrets are wrapped in `inputs` and `outputs`."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str = ""
    provider: str = ""
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """As the program registered them, after transforms."""
    checked: dict[str, Any] = field(default_factory=dict[str, Any])
    """As the provider's check returned them, secrets unwrapped."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    id: str = ""
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    aliases: list[Any] = field(default_factory=list[Any])
    ignore_changes: list[str] = field(default_factory=list[str])
    custom_timeouts: dict[str, str] = field(default_factory=dict[str, str])
    hooks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    replacement_trigger: Any = None
    source: str = ""
    external: bool = False
    """Read, not created: never deleted."""
    imported: bool = False
    """Adopted by its id, not created."""
    outcome: Outcome = Outcome.SUCCESS

    @property
    def exists(self) -> bool:
        """Tell whether the resource is there, that is neither refused nor skipped."""
        return self.outcome is Outcome.SUCCESS

    def needs(self) -> set[str]:
        """Return the URNs without which this resource cannot be."""
        found = set(self.dependencies)
        for urns in self.property_dependencies.values():
            found.update(urns)
        found.update(urn for urn in (self.parent, self.deleted_with, self.provider.rpartition("::")[0]) if urn)
        found.discard(self.urn)
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with one resource."""

    operation: Operation
    urn: str
    paths: tuple[str, ...] = ()
    """Property paths that changed (update, replace)."""


@dataclass(slots=True)
class StackState:
    """Everything that a stack holds."""

    resources: dict[str, ResourceState] = field(default_factory=dict[str, ResourceState])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])

    def existing(self) -> dict[str, ResourceState]:
        """Return what is there: no refused and no skipped resource."""
        return {urn: resource for urn, resource in self.resources.items() if resource.exists}


def counted(steps: list[Step]) -> dict[str, int]:
    """Return how many steps of each operation there were, in the order of `Operation`."""
    counts = Counter(step.operation for step in steps)
    return {str(operation): counts[operation] for operation in Operation if counts[operation]}


class Settled:
    """What a deployment has come to, so that another one can follow it: URNs and answered data sources."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._keys: set[str] = set()
        self._ended = False

    def add(self, key: str) -> None:
        """Tell that something has come to its end, well or not."""
        with self._condition:
            self._keys.add(key)
            self._condition.notify_all()

    def end(self) -> None:
        """Tell that nothing more will come."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def wait(self, key: str) -> None:
        """Wait until something has come to its end, or nothing more will come."""
        with self._condition:
            self._condition.wait_for(lambda: self._ended or key in self._keys)

    def wait_for_end(self) -> None:
        """Wait until nothing more will come."""
        with self._condition:
            self._condition.wait_for(lambda: self._ended)
