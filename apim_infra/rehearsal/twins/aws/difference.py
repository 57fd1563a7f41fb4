"""What changed between two sets of inputs, and whether the provider replaces the resource for it."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Difference, Request
from apim_infra.rehearsal.twins.aws.cloudformation import facts_of
from apim_infra.rehearsal.twins.aws.context import path_parts
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.aws.values import is_list, is_mapping

NEVER_REPLACES = ("tags", "tagsAll")


def difference(row: ResourceType, request: Request) -> Difference:
    """Compare `inputs` with `old_inputs`, paths of `ignore_changes` left out."""
    changed = tuple(
        path
        for path in changed_paths(request.old_inputs or {}, request.inputs)
        if not any(_covers(ignored, path) for ignored in request.ignore_changes)
    )
    replaced = tuple(path for path in changed if _replaces(row, path))
    return Difference(changed, replaced, row.delete_before_replace and bool(replaced))


def changed_paths(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values that differ, as deep as objects and equally long lists go."""
    if old == new:
        return
    if is_mapping(old) and is_mapping(new):
        for key in sorted({*old, *new}):
            yield from changed_paths(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif is_list(old) and is_list(new) and len(old) == len(new):
        for i, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from changed_paths(before, after, f"{path}[{i}]")
    else:
        yield path


def without_ignored(request: Request) -> dict[str, Any]:
    """Return the inputs with every path of `ignore_changes` as it was in the last deployment."""
    inputs: dict[str, Any] = dict(request.inputs)
    for ignored in request.ignore_changes:
        head = path_parts(ignored.replace("[", ".["))[0]
        if request.old_inputs is not None and head in request.old_inputs:
            inputs[head] = _kept(inputs.get(head), request.old_inputs[head], ignored.split(".")[1:])
    return inputs


def _kept(new: Any, old: Any, rest: list[str]) -> Any:
    if not rest or not is_mapping(new) or not is_mapping(old):
        return old
    return {**new, rest[0]: _kept(new.get(rest[0]), old.get(rest[0]), rest[1:])}


def _covers(ignored: str, path: str) -> bool:
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))


def _replaces(row: ResourceType, path: str) -> bool:
    parts = [part.split("[", 1)[0] for part in path.split(".")]
    if parts[0] in NEVER_REPLACES:
        return False
    fixed = facts_of(row).create_only
    for length in range(1, len(parts) + 1):
        at = ".".join(parts[:length])
        if at in row.create_only or at in fixed:
            return at not in row.in_place
    # A whole object that came or went carries its create-only parts with it.
    return any(created.startswith(f"{path}.") and created not in row.in_place for created in (*row.create_only, *fixed))
