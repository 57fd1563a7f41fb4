"""What a change of a program, or of its configuration, does to a stack that was deployed before it.

The state before is deployed into fresh twins, the state after over it, as an update of the real stack would be: the twins say what they can change in
place and what they have to replace. Values are those of the inputs, secrets masked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apim_infra.findings import Finding
from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.existing import furnish
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.lifecycle import TIMEOUT, Lifecycle, Watcher
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.paths import changed, parse
from apim_infra.rehearsal.record import graph_of
from apim_infra.rehearsal.runner import Program, Run
from apim_infra.rehearsal.state import Operation, StackState
from apim_infra.rehearsal.values import MASK

BEFORE, AFTER = "before", "after"
"""Phases of a comparison."""

STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class PathChange:
    """One property that differs. A value that is not there is None, a secret `{"secret": true}`."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one resource."""

    operation: Operation
    """`create`, `update`, `replace` or `delete`."""
    urn: str
    type: str
    name: str
    component: str
    """Name of the outermost component that it belongs to; empty for a resource of the stack's own."""
    component_type: str
    paths: tuple[PathChange, ...] = ()
    """Properties that differ, for an update or a replacement."""
    replaced_by: tuple[str, ...] = ()
    """Property paths that cannot be changed in place."""

    def to_json(self) -> dict[str, Any]:
        """Return the change as `--json` has it."""
        return {
            "operation": str(self.operation),
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "component": self.component,
            "component_type": self.component_type,
            "paths": [{"path": each.path, "before": each.before, "after": each.after} for each in self.paths],
            "replaced_by": list(self.replaced_by),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What lies between two states of a stack."""

    stack: str
    changes: tuple[ResourceChange, ...]
    """By component, then by URN; resources that a provider keeps, no components."""
    unchanged: int
    exports: tuple[PathChange, ...]
    """Outputs of the stack that differ."""
    before: tuple[Finding, ...]
    """What is wrong with the state before."""
    after: tuple[Finding, ...]
    """What is wrong with the state after, or with the way there."""

    def counts(self) -> dict[str, int]:
        """Return how many resources each operation is about."""
        operations = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)
        return {str(kind): sum(change.operation is kind for change in self.changes) for kind in operations}


def compare(
    base: Program | None,
    head: Program,
    *,
    seed: int = 0,
    watcher: Watcher | None = None,
    timeout: float = TIMEOUT,
) -> Comparison:
    """Deploy `base`, and `head` over it. Without a base everything is new.

    Raises SettingsError when a program refuses its configuration.
    """
    twins = packages(seed, head.directory)
    furnish(head.existing, twins)
    cycle = Lifecycle(head, twins, seed, watcher or Watcher(), timeout)
    runs = [Run(program) for program in (base, head) if program is not None]  # both start up at once
    try:
        first: Deployment | None = None
        if base is not None:
            first = Lifecycle(base, twins, seed, watcher or Watcher(), timeout).deployment(StackState(), None)
            cycle.play(runs[0], BEFORE, first)
        wrong_before, cycle.findings = tuple(cycle.findings), []
        second = cycle.deployment(first.after if first else StackState(), None)
        cycle.play(runs[-1], AFTER, second)
    finally:
        for run in runs:
            run.cancel()
    old = graph_of(first) if first else Graph(head.stack)
    new = graph_of(second)
    changes = tuple(_changes(old, new, second))
    touched = {change.urn for change in changes}
    return Comparison(
        stack=head.stack,
        changes=changes,
        unchanged=sum(_kept(resource) and resource.urn not in touched for resource in new.resources),
        exports=tuple(_differences(old.exports, new.exports, changed(old.exports, new.exports))),
        before=wrong_before,
        after=tuple(cycle.findings),
    )


def _changes(old: Graph, new: Graph, deployment: Deployment) -> Iterator[ResourceChange]:
    """Yield the changes by component; a resource that was replaced is deleted too, which goes without saying."""
    before, after = ({each.urn: each for each in graph.resources} for graph in (old, new))
    found: dict[str, ResourceChange] = {}
    for step in deployment.steps:
        resource = after.get(step.urn) or before.get(step.urn)
        if resource is None or not _kept(resource):
            continue
        if step.operation in (Operation.CREATE, Operation.IMPORT):
            found[step.urn] = _change(Operation.CREATE, resource, after)
        elif step.operation in (Operation.UPDATE, Operation.REPLACE):
            earlier = before.get(step.urn)
            paths = _differences(earlier.inputs if earlier else {}, resource.inputs, step.paths)
            because = deployment.replaced_by.get(step.urn, ())
            found[step.urn] = _change(step.operation, resource, after, tuple(paths), because)
        elif step.operation in (Operation.DELETE, Operation.RETAIN) and step.urn not in found:
            found[step.urn] = _change(Operation.DELETE, resource, before)
    yield from sorted(found.values(), key=lambda change: (change.component, change.urn))


def _kept(resource: Resource) -> bool:
    """Tell whether a provider keeps it: no component, and no provider itself."""
    return resource.custom and not urns.is_provider(resource.type)


def _change(
    operation: Operation,
    resource: Resource,
    among: Mapping[str, Resource],
    paths: tuple[PathChange, ...] = (),
    because: tuple[str, ...] = (),
) -> ResourceChange:
    outermost = _outermost(resource, among)
    return ResourceChange(
        operation=operation,
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        component=outermost.name if outermost else "",
        component_type=outermost.type if outermost else "",
        paths=paths,
        replaced_by=because,
    )


def _outermost(resource: Resource, among: Mapping[str, Resource]) -> Resource | None:
    """Return the component below the stack that a resource belongs to."""
    found: Resource | None = None
    parent = among.get(resource.parent)
    while parent is not None and parent.type != STACK:
        found = parent
        parent = among.get(parent.parent)
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], paths: Sequence[str]) -> Iterator[PathChange]:
    for path in paths:
        yield PathChange(path, _at(before, path), _at(after, path))


def _at(value: Any, path: str) -> Any:
    """Return what is at a path; None when there is nothing, and the mask when it lies inside of a secret."""
    return _below(value, parse(path))


def _below(value: Any, parts: Sequence[str | int]) -> Any:
    """Return what is below a value; keys may have dots in them, which paths do not tell from their own."""
    if not parts or value == MASK:
        return value
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, Any]", value)
        for length in range(1, len(parts) + 1):
            key = ".".join(str(part) for part in parts[:length])
            if key in inside:
                return _below(inside[key], parts[length:])
    elif isinstance(value, list) and isinstance(parts[0], int) and parts[0] < len(cast("list[Any]", value)):
        return _below(cast("list[Any]", value)[parts[0]], parts[1:])
    return None
