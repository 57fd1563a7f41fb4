"""A chart in a local folder: what it is, its default values, and the schema that values must meet."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.data import parse
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.schema import hidden

_SOURCE = "Helm, values.schema.json of the chart"


class ChartError(Exception):
    """A chart that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in a folder."""

    folder: Path
    name: str
    version: str
    app_version: str
    values: Mapping[str, Any]
    """Default values."""
    schema: Mapping[str, Any] | None


def is_local(chart: str, start: Path) -> bool:
    """Tell whether a release names a chart in a folder rather than one of a repository."""
    return chart.startswith(("./", "../", "/")) or (start / chart / "Chart.yaml").is_file()


def read(folder: Path) -> Chart:
    """Read a chart. Raises ChartError."""
    about = _document(folder / "Chart.yaml")
    for field in ("name", "version"):
        if not about.get(field):
            raise ChartError(f"validation: chart.metadata.{field} is required in {folder.name}/Chart.yaml")
    values = folder / "values.yaml"
    schema = folder / "values.schema.json"
    return Chart(
        folder=folder,
        name=str(about["name"]),
        version=str(about["version"]),
        app_version=str(about.get("appVersion", "")),
        values=_document(values) if values.is_file() else {},
        schema=_document(schema) if schema.is_file() else None,
    )


def _document(file: Path) -> dict[str, Any]:
    try:
        document = parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ChartError(f"{file.parent.name}/{file.name}: file not found; is {file.parent} a chart?") from error
    except yaml.YAMLError as error:
        raise ChartError(f"cannot load {file.name}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict | None):
        raise ChartError(f"cannot load {file.name}: it is no object")
    return cast(dict[str, Any], document or {})


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with others laid over them, as Helm does: objects are merged, null removes, all else replaces."""
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict) and not hidden(cast(Any, value)):
            result[key] = merged(result[key], cast(dict[str, Any], value))
        else:
            result[key] = value
    return result


def value_faults(chart: Chart, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find where values break the chart's schema. The values themselves are never shown: secrets are among them."""
    if chart.schema is None:
        return
    # The stubs of jsonschema leave its validators' types open.
    validator: Any = validator_for(chart.schema, default=Draft7Validator)(chart.schema)  # pyright: ignore[reportUnknownVariableType] - see above
    errors: list[Any] = list(validator.iter_errors(merged(chart.values, values)))
    for error in sorted(errors, key=lambda found: [str(step) for step in found.absolute_path]):
        yield from _faults(chart, error)


def _faults(chart: Chart, error: Any) -> Iterator[Problem]:
    if hidden(error.instance):
        return
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    path, hint, word = f"values{where}", "", str(error.validator)
    if word == "additionalProperties":
        known: list[str] = sorted(error.schema.get("properties", {}))
        for key in sorted(set(error.instance) - set(known)):
            message = f"at '{path}': additional properties '{key}' not allowed"
            yield _problem(chart, message, f"{path}.{key}", nearest(key, known))
        return
    if word == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        message = f"at '{path}': missing properties {', '.join(repr(key) for key in missing)}"
        hint = f"set {', '.join(f'{path}.{key}' for key in missing)}"
    elif word == "type":
        message = f"at '{path}': got {type(error.instance).__name__}, want {error.validator_value}"
    elif word == "enum":
        message = f"at '{path}': value must be one of {', '.join(repr(option) for option in error.validator_value)}"
        hint = nearest(str(error.instance), [str(option) for option in error.validator_value])
    else:
        message = f"at '{path}': breaks {word} {json.dumps(error.validator_value)[:100]}"
    yield _problem(chart, message, path, hint)


def _problem(chart: Chart, message: str, path: str, hint: str) -> Problem:
    start = f"values don't meet the specifications of the schema(s) in the following chart(s): {chart.name}"
    return Problem("InvalidValues", f"{start}: {message}", path, hint, _SOURCE)
