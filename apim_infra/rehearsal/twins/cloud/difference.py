"""What changed between two sets of inputs."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Request
from apim_infra.rehearsal.twins.cloud.paths import path_parts
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping


def changes(request: Request) -> tuple[str, ...]:
    """Return the paths that differ from the last deployment, those of `ignore_changes` left out."""
    return tuple(
        path
        for path in changed_paths(request.old_inputs or {}, request.inputs)
        if not any(covers(ignored, path) for ignored in request.ignore_changes)
    )


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


def covers(ignored: str, path: str) -> bool:
    """Tell whether a path of `ignore_changes` covers a changed one."""
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))
