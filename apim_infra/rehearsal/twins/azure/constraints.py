"""Patterns, lengths and ranges of inputs from `constraints.yaml`, and the forms of names from `names.yaml`."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure.codes import code_of
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import PACKAGE
from apim_infra.rehearsal.twins.cloud.schema_check import shown
from apim_infra.rehearsal.twins.cloud.values import data_file, is_list, is_mapping

Constraint = Mapping[str, Any]
compiled = lru_cache(maxsize=512)(re.compile)


@lru_cache(maxsize=1)
def _constraints() -> Mapping[str, Any]:
    return data_file(PACKAGE, "constraints.yaml")


@lru_cache(maxsize=1)
def _names() -> Mapping[str, Any]:
    return data_file(PACKAGE, "names.yaml")


def form_of(namespace: str) -> Constraint:
    """Return what names of a namespace's resources look like where a type has no form of its own."""
    return _names()["namespaces"].get(namespace, {})


def check_constraints(context: Context) -> Iterator[Problem]:
    """Yield inputs that Azure refuses by themselves, whatever else exists: the name first."""
    yield from _name(context)
    table = _constraints()
    for path, constraint in table["types"].get(context.row.token, {}).items():
        if path == context.row.name_input:
            continue
        for place, value in places(context.inputs, path):
            fault = fault_of(constraint, value)
            if fault:
                code = code_of(context.row.namespace, "value")
                message = f"The value '{shown(place, value)}' of '{place}' is invalid: it {fault}."
                yield context.problem(code, message, place, f"it {fault}", table["source"])
    yield from _required(context, table)


def _required(context: Context, table: Mapping[str, Any]) -> Iterator[Problem]:
    for path in table["required"].get(context.row.token, ()):
        holder, _, name = path.rpartition(".")
        for place, value in places(context.inputs, holder):
            if is_mapping(value) and value.get(name) is None and not _is_reference(value):
                code = code_of(context.row.namespace, "value")
                message = f"Required property '{name}' is missing at '{place}'."
                yield context.problem(code, message, f"{place}.{name}", f"set {name}", table["source"])


def _is_reference(value: Mapping[str, Any]) -> bool:
    """Tell whether an object only names a resource: `{id: ...}` in the place of the whole of it."""
    return set(value) == {"id"}


def places(value: Any, path: str, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield place and value of everything set at a path without indexes; elements of lists are looked into."""
    if is_list(value):
        for index, item in enumerate(value):
            yield from places(item, path, f"{at}[{index}]")
    elif not path:
        if value not in (None, UNKNOWN):
            yield at, value
    elif is_mapping(value):
        head, _, rest = path.partition(".")
        if value.get(head) is not None:
            yield from places(value[head], rest, f"{at}.{head}" if at else head)


def fault_of(constraint: Constraint, value: Any) -> str:
    """Return what a value would have to be like, "" when it is."""
    if isinstance(value, str):
        longest, shortest = constraint.get("longest", len(value)), constraint.get("shortest", 0)
        if not shortest <= len(value) <= longest:
            return f"must have {shortest} to {longest} characters"
        pattern = constraint.get("pattern")
        if pattern and not compiled(pattern).search(value):
            return constraint.get("words") or f"must match {pattern}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least, most = constraint.get("least", value), constraint.get("most", value)
        if not least <= value <= most:
            return f"must be {least} or more" if "most" not in constraint else f"must be between {least} and {most}"
    return ""


def _name(context: Context) -> Iterator[Problem]:
    row, names = context.row, _names()
    name = context.inputs.get(row.name_input)
    if not isinstance(name, str) or name == UNKNOWN or context.old is not None:
        return
    rule: Constraint = names["forms"].get(row.token) or form_of(row.namespace)
    constraint: Constraint = _constraints()["types"].get(row.token, {}).get(row.name_input, {})
    for given in (rule, constraint, names["any"]):
        fault = fault_of(given, name)
        if fault:
            code = rule.get("code") or names["any"]["code"]
            message = f"The resource name '{shown(row.name_input, name)}' is invalid: it {fault}."
            yield context.problem(code, message, row.name_input, f"it {fault}", rule.get("source") or names["arm"])
            return
