"""The values that a chart takes: keys and types, what must be set and what is banned, as data for each chart and version.

Helm ignores a value that its chart does not know. A contract lists the keys that the platform may set, so that a misspelt one is found
without the chart, and says which of the chart's defaults are not safe.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml
from pydantic import ConfigDict

from apim_infra.cluster.chart_shapes import as_object, value_at
from apim_infra.cluster.chart_sources import chart_name
from apim_infra.cluster.items import ReleaseInput
from apim_infra.findings import Finding, Severity
from apim_infra.packaged import packaged_data
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity

_PACKAGE = "apim_infra.cluster"
_FOLDER = "contracts"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Ban:
    """A value that must not be set, or must be set to another."""

    path: str
    why: str
    equal: Any = None
    """Value that is banned; None for every value but an empty text."""
    default: Any = None
    """What the chart has there by itself: banned too when it equals `equal`."""
    text: bool = False
    """Whether it is banned as a text alone: a reference to a secret is allowed."""
    fix: str = ""
    unless: str = ""
    """Condition under which it does not matter: `PATH` of a value that is true or not empty, `!PATH` of one that is not, or `PATH=VALUE`."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Required:
    """A value that must be set, as the chart's own is missing or not safe."""

    path: str
    why: str
    unless: str = ""
    """Condition under which it does not matter, as in `Ban`."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Contract:
    """What a chart takes."""

    chart: str
    version: str
    source: str
    date: date
    values: Mapping[str, Any]
    """Key to type or to the keys below it; `*` stands for any key. Types: `_TYPES`; several with `|`; a list of one type as `[type]`."""
    required: tuple[Required, ...] = ()
    banned: tuple[Ban, ...] = ()

    __pydantic_config__ = _STRICT


@cache
def contracts() -> Mapping[str, Contract]:
    """Return the contract of every chart, by its name."""
    folder = resources.files(_PACKAGE).joinpath(_FOLDER)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    known = [packaged_data(_PACKAGE, f"{_FOLDER}/{name}", Contract) for name in names]
    return {contract.chart: contract for contract in known}


def problems(release: ReleaseInput) -> Iterator[Finding]:
    """Find where a release's values break its chart's contract; a chart in a folder of the program has a schema of its own.

    The values themselves are never shown.
    """
    if not release.version:
        return
    name = chart_name(release)
    contract = contracts().get(name)
    where = f"release {release.name} ({name} {release.version})"
    if contract is None:
        message = f"{where}: no contract says what values the chart takes"
        yield Finding(Severity.WARNING, "chart-values-unknown", message, fix=f"add contracts/{name}.yaml")
        return
    if contract.version.removeprefix("v") != release.version.removeprefix("v"):
        message = f"{where}: its contract is of version {contract.version}"
        yield Finding(
            Severity.WARNING, "chart-values-unknown", message, fix="look at the chart, then raise the contract"
        )
    yield from _against(where, release.values, contract.values, "values")
    yield from _needed(where, release.values, contract)
    yield from _banned(where, release.values, contract)


def _against(where: str, given: Any, allowed: Any, path: str) -> Iterator[Finding]:
    """Compare a value with what is allowed at its place."""
    if given is None:
        return
    if isinstance(allowed, list):
        if not isinstance(given, list):
            yield _fault(where, path, f"is {_called(given)}, must be a list")
            return
        for index, item in enumerate(cast(list[Any], given)):
            yield from _against(where, item, cast(list[Any], allowed)[0], f"{path}[{index}]")
    elif isinstance(allowed, Mapping):
        yield from _keys(where, given, cast(Mapping[str, Any], allowed), path)
    else:
        kinds = [kind.strip() for kind in str(allowed).split("|")]
        if not any(_TYPES[kind](given) for kind in kinds):
            yield _fault(where, path, f"is {_called(given)}, must be {' or '.join(kinds)}")


def _keys(where: str, given: Any, allowed: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if not isinstance(given, Mapping):
        yield _fault(where, path, f"is {_called(given)}, must be an object")
        return
    for key, value in cast(Mapping[str, Any], given).items():
        inner = allowed.get(str(key), allowed.get("*"))
        if inner is None:
            known = ", ".join(sorted(allowed))
            fix = nearest(str(key), allowed) or f"known here: {known}"
            yield _fault(where, f"{path}.{key}", "is no key of the chart: helm ignores it", fix)
        else:
            yield from _against(where, value, inner, f"{path}.{key}")


def _needed(where: str, values: Mapping[str, Any], contract: Contract) -> Iterator[Finding]:
    for row in contract.required:
        if not _met(row.unless, values) and value_at(values, row.path) in (None, "", {}, []):
            yield _fault(where, f"values.{row.path}", f"is not set: {row.why}", f"set {row.path}")


def _banned(where: str, values: Mapping[str, Any], contract: Contract) -> Iterator[Finding]:
    for row in contract.banned:
        value = value_at(values, row.path)
        value = row.default if value is None else value
        wrong = value not in (None, "") and (row.equal is None or value == row.equal)
        referred = row.text and (not isinstance(value, str) or value.startswith("$"))
        if wrong and not referred and not _met(row.unless, values):
            yield _fault(where, f"values.{row.path}", f"is banned: {row.why}", row.fix or f"change or drop {row.path}")


def _met(condition: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a condition of a row is met."""
    if not condition:
        return False
    path, equals, text = condition.removeprefix("!").partition("=")
    value = value_at(values, path)
    if condition.startswith("!"):
        return not value
    return value == yaml.safe_load(text) if equals else bool(value)


def _fault(where: str, path: str, message: str, fix: str = "") -> Finding:
    return Finding(Severity.ERROR, "chart-values", f"{where}: {path} {message}", fix=fix)


# -- types ------------------------------------------------------------------------------------------------------------------------------


def _called(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a text", list: "a list"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "an object")


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and int(value) == value


def _texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for item in cast(Mapping[str, Any], value).values())


def _resources(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    groups = cast(Mapping[str, Any], value)
    if set(groups) - {"requests", "limits", "claims"}:
        return False
    amounts = [amount for group in ("requests", "limits") for amount in as_object(groups.get(group)).values()]
    return all(quantity(amount) is not None for amount in amounts)


def _object_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in cast(list[Any], value))


def _text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast(list[Any], value))


def _reference(value: Any) -> bool:
    """Tell whether a value is taken from a secret or a configuration map."""
    return isinstance(value, Mapping) and set(cast(Mapping[str, Any], value)) == {"valueFrom"}


def _is_anything(value: Any) -> bool:
    del value
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_quantity(value: Any) -> bool:
    return isinstance(value, str | int | float) and quantity(value) is not None


def _is_percentage(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+%", value) is not None


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "any": _is_anything,
    "text": _is_text,
    "boolean": _is_boolean,
    "integer": _is_integer,
    "number": _is_number,
    "object": _is_object,
    "texts": _texts,
    "list": _is_list,
    "text-list": _text_list,
    "object-list": _object_list,
    "resources": _resources,
    "reference": _reference,
    "quantity": _is_quantity,
    "percent": _is_percentage,
}
"""Type to a test of a value."""
