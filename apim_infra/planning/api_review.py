"""API documents under review: whether each is valid, which operations it has, and which gateway group of a stack would serve them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apim_infra.planning.openapi import InvalidDocumentError, PathMethod, Problem, read_openapi
from apim_infra.settings.gateway import GatewayGroup


@dataclass(frozen=True, slots=True)
class Review:
    """What there is to say about one document."""

    file: Path
    base_path: str
    """What precedes its paths, without a slash at the end: the given one, or the path of its only server."""
    operations: tuple[PathMethod, ...]
    """Its operations, base path included; none when it is not valid."""
    groups: tuple[str, ...]
    """Gateway groups that serve it, in the order of the stack; none without a stack."""
    problems: tuple[Problem, ...]


def review(file: Path, groups: Sequence[GatewayGroup] | None, base_path: str | None = None) -> Review:
    """Read a document and look for the groups whose paths lead to its operations; without `groups` the document alone is checked.

    Paths are passed on as they are, so that the longest path of a group that is a beginning of an operation's own is the one that serves it.
    """
    try:
        content = read_openapi(file)
    except InvalidDocumentError as error:
        return Review(file, base_path or "", (), (), error.problems)
    problems: list[Problem] = []
    if base_path is None and len(content.server_paths) > 1:
        named = ", ".join(path or "/" for path in content.server_paths)
        rule = f"names servers with different paths ({named}), so that nobody knows where its operations are"
        problems.append(Problem(rule, "correct `servers`, or say which it is with --base-path"))
    base = (base_path if base_path is not None else next(iter(content.server_paths), "")).rstrip("/")
    operations = tuple(PathMethod(each.method, f"{base}{each.path}") for each in content.operations)
    if not operations:
        problems.append(Problem("has no operation", "describe its paths, or leave the document out"))
    problems += _twice(operations)
    serving: list[str] = []
    for path in dict.fromkeys(each.path for each in operations) if groups is not None else ():
        group = _serving(groups or (), path)
        if group is None:
            known = ", ".join(api for each in groups or () for api in each.apis)
            problems.append(
                Problem(
                    f"has {path}, which leads to no gateway group: they serve {known}",
                    "add the path to the apis of a group",
                )
            )
        elif group.name not in serving:
            serving.append(group.name)
    return Review(file, base, operations, tuple(serving), tuple(problems))


def _twice(operations: Sequence[PathMethod]) -> list[Problem]:
    """Find operations that a gateway could not tell apart: the names of variables do not count."""
    known: dict[tuple[str, str], PathMethod] = {}
    found: list[Problem] = []
    for each in operations:
        first = known.setdefault((each.method, re.sub(r"\{[^}]*\}", "{}", each.path)), each)
        if first is not each:
            rule = f"has {each.method} {each.path}, which no gateway can tell from {first.method} {first.path}"
            found.append(Problem(rule, "describe one of them"))
    return found


def _serving(groups: Sequence[GatewayGroup], path: str) -> GatewayGroup | None:
    """Return the group whose path is the longest beginning of another one, segment by segment."""
    segments = [segment for segment in path.split("/") if segment]
    best: tuple[int, GatewayGroup] | None = None
    for group in groups:
        for api in group.apis:
            wanted = [segment for segment in api.split("/") if segment]
            if segments[: len(wanted)] == wanted and (best is None or len(wanted) > best[0]):
                best = len(wanted), group
    return best[1] if best else None
