"""Compiles OpenAPI schemas, built-in kinds' and custom resources' alike, into plain functions.

A compiled check walks a value once and appends what is wrong; kinds are compiled when first used. Measured: far below a millisecond an object, where
a general JSON Schema validator needs tens.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.kubernetes import faults
from apim_infra.rehearsal.twins.kubernetes.syntax import FORMATS
from apim_infra.rehearsal.values import MASK

Check = Callable[[Any, str, list[Problem]], None]
"""Appends the faults of a value at a path."""

Node = Mapping[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_TEXT_FORMATS = frozenset({"byte", "date-time"})


def hidden(value: Any) -> bool:
    """Tell whether a value cannot be looked into: unknown yet, or masked as a secret."""
    return value == UNKNOWN or (isinstance(value, dict) and value == MASK)


def anything(_value: Any, _path: str, _problems: list[Problem]) -> None:
    """Accept any value."""


def type_name(node: Node) -> str:
    """Return the JSON type of a node, empty when it has none; `null` beside a type means no more than optional."""
    declared: str | list[str] = node.get("type", "")
    if isinstance(declared, list):
        return next((name for name in declared if name != "null"), "")
    return declared


def is_integer(value: Any) -> bool:
    """Tell whether a value is a whole number."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def has_type(value: Any, name: str) -> bool:
    """Tell whether a value is of the JSON type `name`."""
    if name == "integer":
        return is_integer(value)
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _value_rules(node: Node) -> list[Check]:
    """Return the checks of a value of the right type: enumeration, range, length, pattern, format."""
    rules: list[Check] = []
    if "enum" in node:
        rules.append(_enumeration([option for option in node["enum"] if option is not None]))
    low, high = _RANGES.get(node.get("format", ""), (None, None))
    low, high = node.get("minimum", low), node.get("maximum", high)
    if low is not None or high is not None:
        rules.append(_range(low, high))
    if "minLength" in node or "maxLength" in node:
        rules.append(_length(node.get("minLength", 0), node.get("maxLength"), "characters"))
    if "minItems" in node or "maxItems" in node:
        rules.append(_length(node.get("minItems", 0), node.get("maxItems"), "items"))
    if "pattern" in node:
        rules.append(_matching(node["pattern"]))
    if node.get("format") in _TEXT_FORMATS:
        rules.append(_format(node["format"]))
    if "x-format" in node:
        rules.append(_format(node["x-format"]))
    return rules


def _enumeration(options: list[Any]) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if value not in options:
            problems.append(faults.unsupported(path, value, options))

    return check


def _range(low: float | None, high: float | None) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, int | float):
            return
        if low is not None and value < low:
            problems.append(faults.invalid(path, value, f"must be greater than or equal to {low}"))
        elif high is not None and value > high:
            problems.append(faults.invalid(path, value, f"must be less than or equal to {high}"))

    return check


def _length(low: int, high: int | None, unit: str) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str | list):
            return
        size = len(cast(str | list[Any], value))
        if size < low:
            problems.append(faults.required(path) if low == 1 else faults.invalid(path, size, f"at least {low} {unit}"))
        elif high is not None and size > high:
            problems.append(faults.invalid(path, size, f"Too long: may not be more than {high} {unit}"))

    return check


def _matching(pattern: str) -> Check:
    try:
        compiled = re.compile(pattern)
    except re.error:  # a pattern in Go's dialect that Python does not read is not checked
        return anything

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if isinstance(value, str) and not compiled.search(value):
            problems.append(faults.invalid(path, value, f"should match '{pattern}'"))

    return check


def _format(name: str) -> Check:
    check_format = FORMATS[name]

    def check(value: Any, path: str, problems: list[Problem]) -> None:
        problems.extend(check_format(value, path))

    return check


def _scalar(name: str, rules: list[Check], expected: str) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if has_type(value, name):
            if value != UNKNOWN:
                for rule in rules:
                    rule(value, path, problems)
        elif not hidden(value):
            problems.append(faults.wrong_type(path, value, expected))

    return check


def _int_or_string(rules: list[Check]) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if isinstance(value, str) or is_integer(value):
            for rule in rules:
                rule(value, path, problems)
        elif not hidden(value):
            problems.append(faults.wrong_type(path, value, "int or string"))

    return check


def quantity_check(value: Any, path: str, problems: list[Problem]) -> None:
    """Check a quantity, which may be written as text or as a number."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        if value != UNKNOWN:
            problems.extend(FORMATS["quantity"](value, path))
    elif not hidden(value):
        problems.append(faults.wrong_type(path, value, "resource.Quantity"))


def _array(item: Check, rules: list[Check]) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if hidden(value):
            return
        if not isinstance(value, list):
            problems.append(faults.wrong_type(path, value, "array"))
            return
        for rule in rules:
            rule(value, path, problems)
        for index, entry in enumerate(cast(list[Any], value)):
            if entry is not None:
                item(entry, f"{path}[{index}]", problems)

    return check


def _map(item: Check, rules: list[Check]) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if hidden(value):
            return
        if not isinstance(value, dict):
            problems.append(faults.wrong_type(path, value, "map"))
            return
        for rule in rules:
            rule(value, path, problems)
        for key, entry in cast(dict[str, Any], value).items():
            if entry is not None:
                item(entry, f"{path}[{key}]", problems)

    return check


def _object(fields: Mapping[str, Check], required: frozenset[str], rules: list[Check], *, closed: bool) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        if hidden(value):
            return
        if not isinstance(value, dict):
            problems.append(faults.wrong_type(path, value, "object"))
            return
        prefix = f"{path}." if path else ""
        entries = cast(dict[str, Any], value)
        for key, entry in entries.items():
            field = fields.get(key)
            if field is not None:
                if entry is not None:
                    field(entry, f"{prefix}{key}", problems)
            elif closed:
                problems.append(faults.unknown_field(f"{prefix}{key}", key, fields))
        missing = [key for key in required if entries.get(key) is None]
        problems.extend(faults.required(f"{prefix}{key}") for key in sorted(missing))
        for rule in rules:
            rule(value, path, problems)

    return check


class Compiler:
    """Compiles the nodes of one set of schemas.

    `special` maps the last part of a definition's name to its check where its schema says too little (quantities).
    """

    def __init__(self, definitions: Mapping[str, Node], special: Mapping[str, Check]) -> None:
        self._definitions = definitions
        self._special = special
        self._compiled: dict[str, Check] = {}

    def definition(self, name: str) -> Check:
        """Return the check of a definition."""
        if name not in self._compiled:
            special = self._special.get(name.rpartition(".")[2])
            self._compiled[name] = special or self.compile(self._definitions[name])
        return self._compiled[name]

    def compile(self, node: Node) -> Check:
        """Return the check of one schema node."""
        if "$ref" in node:
            return self._reference(node["$ref"].rpartition("/")[2])
        rules = [*_value_rules(node), *self._combinations(node)]
        if node.get("x-kubernetes-int-or-string"):
            return _int_or_string(rules)
        name = type_name(node)
        if name == "object":
            return self._compile_object(node, rules)
        if name == "array":
            item = self.compile(node["items"]) if "items" in node else anything
            return _array(item, rules)
        if name:
            return _scalar(name, rules, node.get("format") or name)
        return anything

    def _reference(self, name: str) -> Check:
        def check(value: Any, path: str, problems: list[Problem]) -> None:
            self.definition(name)(value, path, problems)  # looked up late: JSONSchemaProps refers to itself

        return check

    def _compile_object(self, node: Node, rules: list[Check]) -> Check:
        additional: Any = node.get("additionalProperties")
        if "properties" not in node:
            return _map(self.compile(cast(Node, additional)) if isinstance(additional, dict) else anything, rules)
        fields = {key: self.compile(child) for key, child in node["properties"].items()}
        if node.get("x-kubernetes-embedded-resource"):
            fields = {"apiVersion": anything, "kind": anything, "metadata": anything, **fields}
        open_ = node.get("x-kubernetes-preserve-unknown-fields") or additional
        return _object(fields, frozenset(node.get("required", ())), rules, closed=not open_)

    def _combinations(self, node: Node) -> list[Check]:
        """Return the checks of `allOf`, `anyOf` and `oneOf`, whose branches only narrow values (structural schemas)."""
        result: list[Check] = []
        for word, most in (("oneOf", 1), ("anyOf", None)):
            if word in node and not node.get("x-kubernetes-int-or-string"):
                branches = [self._narrowing(branch) for branch in node[word]]
                result.append(_branches(branches, word, most))
        if not node.get("x-kubernetes-int-or-string"):
            result += [self._narrowing(branch) for branch in node.get("allOf", ())]
        return result

    def _narrowing(self, node: Node) -> Check:
        rules = [*_value_rules(node), *self._combinations(node)]
        fields = {key: self._narrowing(child) for key, child in node.get("properties", {}).items()}
        required = frozenset[str](node.get("required", ()))
        excluded = self._narrowing(node["not"]) if "not" in node else None
        object_check = _object(fields, required, rules, closed=False)

        def check(value: Any, path: str, problems: list[Problem]) -> None:
            if isinstance(value, dict):
                object_check(value, path, problems)
            else:
                for rule in rules:
                    rule(value, path, problems)
            if excluded is not None:
                found: list[Problem] = []
                excluded(value, path, found)
                if not found:
                    problems.append(faults.invalid(path, value, "must not validate the schema (not)"))

        return check


def _branches(branches: list[Check], word: str, most: int | None) -> Check:
    def check(value: Any, path: str, problems: list[Problem]) -> None:
        matching = 0
        for branch in branches:
            found: list[Problem] = []
            branch(value, path, found)
            matching += not found
        if matching < 1 or (most is not None and matching > most):
            which = "one and only one schema" if word == "oneOf" else "at least one schema"
            problems.append(faults.invalid(path, value, f"must validate {which} ({word})"))

    return check
