"""OpenAPI documents: reading one file, checking it against its specification, and what it says about paths and servers."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from apim_infra.settings.stack_file import load_yaml

VERSIONS = ("3.0", "3.1")
"""Versions of the OpenAPI specification that are read."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Methods of a path item (OpenAPI 3.1.1, 4.8.9)."""

LONGEST_MESSAGE = 300
"""Characters of a message about a document: some quote the whole part that is wrong."""

_FREE_FORM = frozenset({"example", "examples", "default", "enum", "const", "value"})
"""Keys below which anything may stand, `$ref` included."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a document."""

    rule: str
    """The rule that is broken, readable after the file's name."""
    fix: str


@dataclass(frozen=True, slots=True)
class PathMethod:
    """One operation of a document."""

    method: str
    """In capitals, such as `GET`."""
    path: str
    """Path template, such as `/orders/{id}`."""


@dataclass(frozen=True, slots=True)
class OpenApi:
    """What a valid document says."""

    operations: tuple[PathMethod, ...]
    """Its operations, in the order of the document."""
    server_paths: tuple[str, ...]
    """Paths of its servers' addresses, variables at their defaults, each once; without a slash at the end."""
    own_servers: tuple[str, ...]
    """Places of path items and operations that name servers of their own."""


class InvalidDocumentError(Exception):
    """A document cannot be read or is not valid; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.rule for problem in problems))


def read_openapi(path: Path) -> OpenApi:
    """Read and check a document (YAML or JSON). Raises InvalidDocumentError with every problem of it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _refused(f"cannot be read: {error.strerror}", "name a file that exists") from error
    except UnicodeDecodeError as error:
        raise _refused("must be text in UTF-8", "save the file in UTF-8") from error
    parsed = _parsed(text)
    if isinstance(parsed, InvalidDocumentError):
        raise parsed
    return parsed


@lru_cache(maxsize=64)
def _parsed(text: str) -> OpenApi | InvalidDocumentError:
    """Return what a text says, or why it says nothing; kept, since a document is asked for several times in a run."""
    try:
        document = _mapping(text)
        problems = tuple(_problems(document))
    except InvalidDocumentError as error:
        return error
    return InvalidDocumentError(problems) if problems else _read(document)


def _mapping(text: str) -> dict[str, Any]:
    try:
        document = _with_text_keys(_loaded(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise _refused(f"is neither YAML nor JSON{place}: {error.problem}", "correct the line") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _refused("is neither YAML nor JSON", "save it as text of one of the two") from error
    except RecursionError as error:
        raise _refused("refers to itself or is nested too deeply", "write it out, with `$ref` for recursion") from error
    if not isinstance(document, dict):
        raise _refused("must be a map", "begin it with `openapi: 3.1.0`")
    return cast("dict[str, Any]", document)


def _loaded(text: str) -> Any:
    """Return a text as JSON, which may be indented by tabs, or else as YAML."""
    try:
        return json.loads(text)
    except ValueError:
        return load_yaml(text)


def _with_text_keys(value: Any) -> Any:
    """Return the value with keys as JSON has them: a status of `200` is a text there."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_with_text_keys(item) for item in cast("list[Any]", value)]
    return value


def _problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    version = _version(document)
    references = tuple(_broken_references(document, document, ()))
    if references:
        yield from references
        return
    # The second kind of check trusts the shapes that the first one holds.
    for errors in _checks(document, version):
        found = sorted({(_place(error), _message(error)) for error in errors})
        for place, message in found:
            yield Problem(
                f"is not valid OpenAPI {version}: {place}: {message}", "correct the document, or its generator"
            )
        if found:
            return


def _version(document: Mapping[str, Any]) -> str:
    if "swagger" in document:
        raise _refused(
            f"is Swagger {document['swagger']}, and must be OpenAPI {' or '.join(VERSIONS)}",
            "convert it to OpenAPI 3, as API editors do",
        )
    given = document.get("openapi")
    if given is None:
        raise _refused("must name its version of OpenAPI", "begin it with `openapi: 3.1.0`")
    version = ".".join(str(given).split(".")[:2])
    if version not in VERSIONS or re.fullmatch(r"3\.\d+\.\d+(-.+)?", str(given)) is None:
        raise _refused(f"is OpenAPI {given}, and must be {' or '.join(VERSIONS)}", "write it for OpenAPI 3.1.0")
    return version


def _checks(document: Mapping[str, Any], version: str) -> Iterator[Iterator[Any]]:
    """Return the errors of the specification's schema, then those of what a schema cannot say."""
    # Imported here: it takes a third of a second, and most stacks have no document.
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator  # noqa: PLC0415  # slow to load, and few stacks have documents

    kind: Callable[[Any], Any] = OpenAPIV30SpecValidator if version == "3.0" else OpenAPIV31SpecValidator
    validator = kind(document)
    yield validator.schema_validator.iter_errors(document)
    yield validator.iter_errors()


def _place(error: Any) -> str:
    return _pointer(_innermost(error).absolute_path)


def _message(error: Any) -> str:
    message = str(_innermost(error).message)
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def _innermost(error: Any) -> Any:
    """Return the part of an error that names the very place: alternatives that all fail say nothing by themselves."""
    while error.context:
        longest = max(len(part.absolute_path) for part in error.context)
        error = next(part for part in error.context if len(part.absolute_path) == longest)
    return error


def _pointer(path: Any) -> str:
    segments = [str(segment) for segment in path]
    return " > ".join(segments) if segments else "the document"


def _broken_references(value: Any, document: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Problem]:
    """Yield references that lead out of the document or nowhere."""
    if isinstance(value, list):
        for position, item in enumerate(cast("list[Any]", value)):
            yield from _broken_references(item, document, (*path, str(position)))
    if not isinstance(value, dict):
        return
    for key, item in cast("dict[str, Any]", value).items():
        if key == "$ref" and isinstance(item, str):
            yield from _broken_reference(item, document, path)
        elif key not in _FREE_FORM and not key.startswith("x-"):
            yield from _broken_references(item, document, (*path, key))


def _broken_reference(reference: str, document: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Problem]:
    place = _pointer(path)
    if not reference.startswith("#"):
        yield Problem(
            f"must be whole by itself: {place} refers to {reference[:LONGEST_MESSAGE]}",
            "bundle the document into one file, as OpenAPI tools do",
        )
    elif reference.startswith("#/") and _resolved(document, reference) is None:
        yield Problem(f"refers to what is not there: {place} to {reference}", "correct the reference")


def _resolved(document: Mapping[str, Any], reference: str) -> Any:
    found: Any = document
    for segment in reference.removeprefix("#/").split("/"):
        key = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = cast("dict[str, Any]", found).get(key)
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(cast("list[Any]", found)):
            found = cast("list[Any]", found)[int(key)]
        else:
            return None
    return found


def _read(document: Mapping[str, Any]) -> OpenApi:
    operations: list[PathMethod] = []
    own_servers: list[str] = []
    for path, given in cast("dict[str, Any]", document.get("paths") or {}).items():
        item: dict[str, Any] = given
        if isinstance(item.get("$ref"), str):
            item = {**(_resolved(document, item["$ref"]) or {}), **item}
        if item.get("servers"):
            own_servers.append(path)
        for method in METHODS:
            if method not in item:
                continue
            operations.append(PathMethod(method.upper(), path))
            if item[method].get("servers"):
                own_servers.append(f"{method.upper()} {path}")
    servers = cast("list[dict[str, Any]]", document.get("servers") or [])
    return OpenApi(
        tuple(operations), tuple(dict.fromkeys(_server_path(server) for server in servers)), tuple(own_servers)
    )


def _server_path(server: Mapping[str, Any]) -> str:
    address = str(server["url"])
    for name, variable in cast("dict[str, Any]", server.get("variables") or {}).items():
        address = address.replace(f"{{{name}}}", str(variable["default"]))
    return urlsplit(address).path.rstrip("/")


def _refused(rule: str, fix: str) -> InvalidDocumentError:
    return InvalidDocumentError((Problem(rule, fix),))
