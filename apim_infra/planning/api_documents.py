"""The OpenAPI documents of the front end: which operations they register, and what stands in the way."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apim_infra.planning.openapi import InvalidDocumentError, OpenApi, Problem, read_openapi
from apim_infra.settings.edge import ApiDocument, ApiType
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError, Violation

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"})
"""Methods that API Gateway routes, beside ANY (API Gateway developer guide, routes for HTTP APIs and methods of REST APIs, 2026)."""

_SEGMENT = {
    ApiType.HTTP: re.compile(r"\{[A-Za-z0-9._-]+\}|[A-Za-z0-9._~!$&'()*,;=:@%-]+"),
    ApiType.REST: re.compile(r"\{[A-Za-z0-9._-]+\}|[A-Za-z0-9._:-]+"),
}
"""A segment of a path that API Gateway takes: plain, or one variable and nothing else. HTTP: characters of a path (RFC 3986); REST: its own
error message, \"Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable\" (2026)."""

MOST_NAMED = 3
"""Operations that one message names."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that clients may call."""

    api: str
    """Name of the document that it comes from."""
    method: str
    """In capitals, such as `GET`."""
    path: str
    """Base path and path template, such as `/orders/{id}`."""

    def __str__(self) -> str:
        """Return method and path, as a request has them."""
        return f"{self.method} {self.path}"


def operations(settings: StackSettings, directory: Path) -> tuple[Operation, ...]:
    """Return the operations of all documents, in their order; files are relative to `directory`, the project's own.

    Raises SettingsError when a document cannot be read or is not valid.
    """
    found: list[Operation] = []
    violations: list[Violation] = []
    for position, document in enumerate(settings.edge.documents):
        try:
            found += _operations(document, read_openapi(_file(document, directory)))
        except InvalidDocumentError as error:
            violations += _of_file(position, document, error.problems)
    if violations:
        raise SettingsError(violations)
    return tuple(found)


def document_violations(settings: StackSettings, directory: Path, kind: ApiType) -> Iterator[Violation]:
    """Yield what is wrong with the documents for a front end of this kind: each by itself, between them, and with the gateways behind them."""
    taken: dict[tuple[str, str], tuple[Operation, str]] = {}
    for position, document in enumerate(settings.edge.documents):
        try:
            content = read_openapi(_file(document, directory))
        except InvalidDocumentError as error:
            yield from _of_file(position, document, error.problems)
            continue
        registered = _operations(document, content)
        problems = [*_servers(document, content), *_paths(registered, kind)]
        for operation in registered:
            key = (operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path))
            first, place = taken.setdefault(key, (operation, f"edge.documents[{position}]"))
            if first is not operation:
                problems.append(_twice(operation, first, place))
        yield from _of_file(position, document, problems)
        yield from _unserved(settings, position, document, registered)


def _file(document: ApiDocument, directory: Path) -> Path:
    """Return the path of a document's file, links followed; what lies outside of the project would not be there for others."""
    root = directory.resolve()
    file = (root / document.file).resolve()
    if not file.is_relative_to(root):
        raise InvalidDocumentError((Problem("must lie inside the project", "copy it beside the stack file"),))
    return file


def _of_file(position: int, document: ApiDocument, problems: Sequence[Problem]) -> Iterator[Violation]:
    for problem in problems:
        yield Violation(f"edge.documents[{position}].file", document.file, problem.rule, problem.fix)


def _operations(document: ApiDocument, content: OpenApi) -> list[Operation]:
    base = document.base_path.rstrip("/")
    return [Operation(document.name, found.method, f"{base}{found.path}") for found in content.operations]


def _servers(document: ApiDocument, content: OpenApi) -> Iterator[Problem]:
    base = document.base_path.rstrip("/")
    for path in content.server_paths:
        if path != base:
            yield Problem(
                f"names a server with the path {path or '/'}, and base_path is {document.base_path}: clients that follow the document "
                "would call what is not registered",
                f"set base_path to {path or '/'}, or correct `servers`",
            )
    for place in content.own_servers:
        yield Problem(
            f"names servers of its own at {place}, and all requests go to the platform's gateways",
            "remove `servers` there",
        )


def _paths(registered: Sequence[Operation], kind: ApiType) -> Iterator[Problem]:
    if not registered:
        yield Problem("has no operation", "describe its paths, or remove the document")
    for path in dict.fromkeys(operation.path for operation in registered):
        yield from _path(path, kind)
    for operation in registered:
        if operation.method not in METHODS:
            yield Problem(f"has {operation}, a method that API Gateway does not route", "remove the operation")


def _path(path: str, kind: ApiType) -> Iterator[Problem]:
    segments = path.removeprefix("/").split("/")
    if segments[-1] == "" and (kind is ApiType.HTTP or len(segments) == 1):
        segments.pop()  # the root, or a path with a slash at its end, which is another one to HTTP APIs and none to REST APIs
    for segment in segments:
        if re.fullmatch(r"\{[^}]*\+\}", segment):
            yield Problem(
                f"has the path {path} with a variable for several segments, which no OpenAPI document can have",
                "write a variable for each segment",
            )
        elif _SEGMENT[kind].fullmatch(segment) is None:
            yield Problem(
                f"has the path {path}, whose segment {segment!r} API Gateway cannot take",
                "write segments of plain characters, or of one variable and nothing else",
            )
    names = re.findall(r"\{([^}]*)\}", path)
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem(f"has the path {path} with the variable {name} twice", "give each variable its own name")


def _twice(operation: Operation, first: Operation, place: str) -> Problem:
    where = f"by {place}" if operation.api != first.api else "by this document"
    same = "" if operation.path == first.path else f" as {first}"
    return Problem(
        f"has {operation}, which is registered already {where}{same}",
        "describe each operation once, or change base_path",
    )


def _unserved(
    settings: StackSettings, position: int, document: ApiDocument, registered: Sequence[Operation]
) -> Iterator[Violation]:
    served = [path for group in settings.gateway_groups if group.exposure is Exposure.PUBLIC for path in group.apis]
    paths = dict.fromkeys(operation.path for operation in registered)
    lost = [path for path in paths if not any(_serves(prefix, path) for prefix in served)]
    if lost:
        named = ", ".join(lost[:MOST_NAMED]) + (f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else "")
        yield Violation(
            f"edge.documents[{position}].base_path",
            document.base_path,
            f"leads to no public gateway group, which serve {', '.join(served) or 'nothing'}: {named}",
            "change base_path, or add the path to the apis of a public group",
        )


def _serves(prefix: str, path: str) -> bool:
    wanted, given = _segments(prefix), _segments(path)
    return given[: len(wanted)] == wanted


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
