"""Inputs held against their shape, as the provider does before anything is sent: missing, unknown and wrongly typed properties.

As strict as the provider bridge and no stricter: a number written as a string, or a string as a number, is converted.
"""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.cloud.shapes import Shape
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping

SOURCE = "input types of the installed SDK"
CODE = "CheckFailure"
SECRET_WORDS = ("password", "secret", "token", "privatekey", "userdata", "credential")
BOOLEANS = {"true": True, "false": False}


def shown(path: str, value: Any) -> str:
    """Return a value for a message: shortened, and never one whose name says that it is a secret."""
    last = path.rsplit(".", 1)[-1].lower()
    if any(word in last for word in SECRET_WORDS) and not last.endswith(("arn", "id", "name", "ids")):
        return "(secret)"
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def check_shape(shape: Shape, inputs: Mapping[str, Any], source: str = SOURCE) -> tuple[dict[str, Any], list[Problem]]:
    """Return the inputs with scalars converted to their types, and what is wrong with them; `source` names the SDK."""
    problems: list[Problem] = []
    checked = _object(shape, inputs, "", problems)
    return checked, [replace(problem, source=source) for problem in problems]


def _object(shape: Shape, value: Mapping[str, Any], path: str, problems: list[Problem]) -> dict[str, Any]:
    properties = shape.properties()
    prefix = f"{path}." if path else ""
    checked: dict[str, Any] = {}
    for key, item in value.items():
        known = properties.shapes.get(key)
        if known is None:
            if key not in ("__defaults", "__internal"):
                problems.append(_unknown(key, prefix, properties.shapes))
        elif item is not None:
            checked[key] = _value(known, item, prefix + key, problems)
    problems.extend(
        Problem(
            CODE,
            f"Missing required argument. The argument '{key}' is required, but no definition was found",
            prefix + key,
            f"set {prefix}{key}",
            SOURCE,
        )
        for key in properties.required
        if value.get(key) is None
    )
    return checked


def _unknown(key: str, prefix: str, known: Mapping[str, Shape]) -> Problem:
    nearest = get_close_matches(key, known, n=1, cutoff=0.6) or [
        name for name in known if name.lower() == key.replace("_", "").lower()
    ]
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"known are: {', '.join(sorted(known))}"
    return Problem(CODE, f"Invalid or unknown key '{key}'", prefix + key, hint, SOURCE)


def _value(shape: Shape, value: Any, path: str, problems: list[Problem]) -> Any:
    if value == UNKNOWN or shape.kind == "any":
        return value
    match shape.kind:
        case "object":
            if is_mapping(value):
                return _object(shape.chosen(value), value, path, problems)
        case "list":
            if is_list(value) and shape.element:
                return [_value(shape.element, item, f"{path}[{i}]", problems) for i, item in enumerate(value)]
        case "map":
            if is_mapping(value) and shape.element:
                element = shape.element
                return {str(key): _value(element, item, f"{path}.{key}", problems) for key, item in value.items()}
        case _:
            return _scalar(shape, value, path, problems)
    problems.append(_wrong_type(shape.kind, value, path))
    return value


def _scalar(shape: Shape, value: Any, path: str, problems: list[Problem]) -> Any:
    converted = CONVERSIONS[shape.kind](value)
    if converted is None:
        problems.append(_wrong_type(shape.kind, value, path))
        return value
    if shape.constant and str(converted).lower() != shape.constant.lower():
        message = f"expected '{path}' to be '{shape.constant}', got {shown(path, value)}"
        problems.append(Problem(CODE, message, path, f"write {shape.constant}", SOURCE))
    if shape.allowed and converted not in shape.allowed:
        problems.append(
            Problem(
                CODE,
                f"expected '{path}' to be one of {sorted(shape.allowed)}, got {shown(path, value)}",
                path,
                f"use one of {', '.join(sorted(shape.allowed))}",
                SOURCE,
            )
        )
    return converted


def _wrong_type(kind: str, value: Any, path: str) -> Problem:
    # What is inside a list or an object may be secret; its type says enough.
    inside = "" if is_list(value) or is_mapping(value) else f" ({shown(path, value)})"
    message = f"'{path}' expected type '{kind}', got '{type(value).__name__}'{inside}"
    return Problem(CODE, message, path, f"give a {kind}", SOURCE)


def _string(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else BOOLEANS.get(value) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None


def _integer(value: Any) -> int | None:
    if type(value) is int:
        return value
    number = _number(value)
    return int(number) if number is not None and float(number).is_integer() else None


CONVERSIONS = {"string": _string, "boolean": _boolean, "number": _number, "integer": _integer}
