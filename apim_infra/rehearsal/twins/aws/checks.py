"""What a row's columns and CloudFormation's schema say about inputs alone: required, exclusive, enumerations, patterns and ranges."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Properties
from apim_infra.rehearsal.twins.aws.cloudformation import SOURCE, Constraint, facts_of
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.paths import path_parts, values_at
from apim_infra.rehearsal.twins.cloud.schema_check import CODE, shown
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping

EC2_QUERY = ("aws:ec2/", "aws:ebs/", "aws:vpc/", "aws:ec2transitgateway/")
"""Types of the EC2 API, which words its messages in its own way."""

compiled = lru_cache(maxsize=2048)(re.compile)


def check_columns(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    """Yield what the row and CloudFormation's schema refuse in inputs that have the right shape."""
    yield from _required(row, inputs)
    yield from _exclusive(row, inputs)
    yield from _values(row, inputs)
    constraint = facts_of(row).constraint
    if not constraint.empty:
        yield from _constrained(row, constraint, inputs, "")


def is_set(inputs: Properties, path: str) -> bool:
    """Tell whether an input is set, known or not."""
    value: Any = inputs
    for part in path_parts(path):
        if not is_mapping(value):
            return False
        value = value.get(part)
    return value is not None and value not in ([], {})


def _required(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    for path in row.required:
        for parent, name in _parents(inputs, path):
            if parent.get(name) in (None, "", []):
                yield Problem(
                    row.missing_code,
                    f"The request must contain the parameter {name}",
                    path,
                    f"set {path}",
                    row.source,
                )


def _parents(inputs: Properties, path: str) -> Iterator[tuple[Properties, str]]:
    """Yield every object that must have the last name of a path, none where the object itself is left out."""
    parent, _, name = path.rpartition(".")
    if not parent:
        yield inputs, name
        return
    for _, value in values_at(inputs, parent):
        if is_mapping(value):
            yield value, name


def _exclusive(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    for group in row.exactly_one:
        given = [path for path in group if is_set(inputs, path)]
        if len(given) != 1:
            names = ", ".join(group)
            what = (
                f"only one of `{names}` can be specified, but `{', '.join(given)}` were"
                if given
                else f"one of `{names}` must be specified"
            )
            yield Problem(
                CODE,
                f"Invalid combination of arguments: {what}",
                given[0] if given else group[0],
                f"set exactly one of {names}",
                row.source,
            )
    for first, second in row.conflicts:
        if is_set(inputs, first) and is_set(inputs, second):
            yield Problem(
                CODE,
                f"Conflicting configuration arguments: '{first}' conflicts with '{second}'",
                first,
                f"leave out {first} or {second}",
                row.source,
            )


def _values(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    for path, allowed in row.enums.items():
        for at, value in values_at(inputs, path):
            if value != UNKNOWN and value not in allowed:
                yield refused(row, at, value, f"Valid values are: {', '.join(map(str, allowed))}", row.source)
    for path, pattern in row.patterns.items():
        for at, value in values_at(inputs, path):
            if value != UNKNOWN and not compiled(pattern).fullmatch(str(value)):
                yield refused(row, at, value, f"It must match {pattern}", row.source)
    for path, (low, high) in row.ranges.items():
        for at, value in values_at(inputs, path):
            if isinstance(value, int | float) and not low <= value <= high:
                yield refused(row, at, value, f"It must be between {low:g} and {high:g}", row.source)


def _constrained(row: ResourceType, constraint: Constraint, value: Any, path: str) -> Iterator[Problem]:
    if value is None or value == UNKNOWN:
        return
    if is_mapping(value):
        for name, inner in constraint.properties.items():
            if name in value:
                yield from _constrained(row, inner, value[name], f"{path}.{name}" if path else name)
        return
    if is_list(value):
        if constraint.sizes:
            for rule in _sized(constraint, len(value), ("minItems", "maxItems")):
                yield refused(row, path, value, rule, SOURCE)
        if constraint.element:
            for i, item in enumerate(value):
                yield from _constrained(row, constraint.element, item, f"{path}[{i}]")
        return
    if path in row.enums or path in row.patterns or path in row.ranges:
        return
    yield from _scalar(row, constraint, value, path)


def _scalar(row: ResourceType, constraint: Constraint, value: Any, path: str) -> Iterator[Problem]:
    if constraint.allowed and not _among(constraint, value):
        yield refused(row, path, value, f"Valid values are: {', '.join(map(str, constraint.allowed[:30]))}", SOURCE)
    if isinstance(value, str) and constraint.pattern and not constraint.pattern.search(value):
        yield refused(row, path, value, f"It must match {constraint.pattern.pattern}", SOURCE)
    broken: Iterator[str] = iter(())
    if isinstance(value, str):
        broken = _sized(constraint, len(value), ("minLength", "maxLength"))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        broken = _sized(constraint, value, ("minimum", "maximum"))
    for rule in broken:
        yield refused(row, path, value, rule, SOURCE)


def _among(constraint: Constraint, value: Any) -> bool:
    if constraint.any_case:
        return str(value).lower() in (str(allowed).lower() for allowed in constraint.allowed)
    return value in constraint.allowed


def _sized(constraint: Constraint, size: float, names: tuple[str, str]) -> Iterator[str]:
    """Yield the rules that a size breaks, in words."""
    low, high = constraint.sizes.get(names[0]), constraint.sizes.get(names[1])
    verb, what = {
        "minLength": ("have", " characters"),
        "minItems": ("have", " elements"),
        "minimum": ("be", ""),
    }[names[0]]
    if low is not None and size < low:
        yield f"It must {verb} at least {low:g}{what}"
    if high is not None and size > high:
        yield f"It must {verb} at most {high:g}{what}"


def refused(row: ResourceType, path: str, value: Any, rule: str, source: str, *, code: str = "") -> Problem:
    """Make the problem of a value that AWS does not take, in the words of its service; with the row's code for values unless one is given."""
    secret = path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0] in row.secret_outputs
    given = "(secret)" if secret else shown(path, value)
    if row.token.startswith(EC2_QUERY):
        message = f"Value ({given}) for parameter {path} is invalid. {rule}"
    else:
        message = f"1 validation error detected: Value '{given}' at '{path}' failed to satisfy constraint: {rule}"
    return Problem(code or row.value_code, message, path, rule, source)
