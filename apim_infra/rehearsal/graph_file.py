"""Graphs in files: written whole or not at all, read only when they have the documented form."""

import json
import os
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from apim_infra.rehearsal.graph import Graph
from apim_infra.settings.violations import SettingsError, Violation

MOST_VIOLATIONS = 20


def graph_text(graph: Graph) -> str:
    """Return a graph as its file holds it; the same graph always gives the same text."""
    return json.dumps(graph.to_json(), indent=2, ensure_ascii=False) + "\n"


def write_graph(graph: Graph, path: Path) -> None:
    """Write a graph; a file of that name is replaced at once, never half. Raises SettingsError when it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _refused(
            str(path), f"cannot be written: {error.strerror}", "name a file in a folder that exists"
        ) from None
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(graph_text(graph))
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _refused(str(path), f"cannot be written: {error.strerror}", "name a file that can be written") from None


def read_graph(path: Path) -> Graph:
    """Read a graph. Raises SettingsError, with every violation of the form, when it is none."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused(str(path), f"cannot be read: {error.strerror}", "name a file that `--graph` wrote") from None
    except ValueError as error:
        raise _refused(str(path), f"is no JSON: {error}", "name a file that `--graph` wrote") from None
    errors: list[ValidationError] = sorted(cast(Any, schema()).iter_errors(document), key=lambda e: e.json_path)
    if errors:
        raise SettingsError(
            [
                Violation(f"{path.name}: {error.json_path}", None, error.message[:200], "see docs/graph.md")
                for error in errors[:MOST_VIOLATIONS]
            ]
        )
    return Graph.from_json(document)


@cache
def schema() -> Draft202012Validator:
    """Return the validator of the documented form."""
    text = resources.files("apim_infra.rehearsal").joinpath("graph.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _refused(path: str, rule: str, fix: str) -> SettingsError:
    return SettingsError([Violation(path, None, rule, fix)])
