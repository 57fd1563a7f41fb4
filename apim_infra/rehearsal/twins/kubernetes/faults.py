"""Problems in the API server's own words (`field.Error` of apimachinery and its decoder)."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

from apim_infra.rehearsal.provider import Problem

SOURCE = "Kubernetes API validation, own knowledge"
_LONGEST_VALUE = 80


def shown(value: Any) -> str:
    """Return a value as Kubernetes shows it in a message, cut when it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def required(path: str, message: str = "", hint: str = "") -> Problem:
    """Return the fault of a field that must be there."""
    tail = f": {message}" if message else ""
    return Problem("Invalid", f"{path}: Required value{tail}", path, hint or f"set {path}", SOURCE)


def invalid(path: str, value: Any, message: str, hint: str = "") -> Problem:
    """Return the fault of a value that breaks a rule."""
    return Problem("Invalid", f"{path}: Invalid value: {shown(value)}: {message}", path, hint, SOURCE)


def unsupported(path: str, value: Any, options: Iterable[str]) -> Problem:
    """Return the fault of a value outside an enumeration."""
    names = [str(option) for option in options]
    listed = ", ".join(f'"{name}"' for name in names)
    message = f"{path}: Unsupported value: {shown(value)}: supported values: {listed}"
    close = difflib.get_close_matches(str(value), names, 1, 0.6)
    return Problem("Invalid", message, path, f'did you mean "{close[0]}"?' if close else "", SOURCE)


def duplicate(path: str, value: Any) -> Problem:
    """Return the fault of a value that may be there only once."""
    return Problem("Invalid", f"{path}: Duplicate value: {shown(value)}", path, "keep one of them", SOURCE)


def forbidden(path: str, message: str, hint: str = "") -> Problem:
    """Return the fault of a field that may not be set, or not be changed."""
    return Problem("Invalid", f"{path}: Forbidden: {message}", path, hint, SOURCE)


def unknown_field(path: str, key: str, known: Iterable[str]) -> Problem:
    """Return the fault of a field that the kind does not have."""
    message = f'strict decoding error: unknown field "{path}"'
    return Problem("BadRequest", message, path, nearest(key, known), SOURCE)


def wrong_type(path: str, value: Any, expected: str) -> Problem:
    """Return the fault of a value of another JSON type than its field's."""
    got = {"dict": "object", "list": "array", "str": "string", "int": "number", "float": "number"}
    actual = type(value).__name__
    name = got.get(actual, actual)
    message = f"json: cannot unmarshal {name} into Go struct field {path} of type {expected}"
    return Problem("BadRequest", message, path, f"give a value of type {expected}", SOURCE)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to `word`, or those that there are when none is near."""
    names = list(known)
    close = difflib.get_close_matches(word, names, 1, 0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known: {', '.join(sorted(names)[:12])}" if names else ""
