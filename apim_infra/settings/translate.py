"""From pydantic's errors to violations: path, value, rule and fix in the words of a stack file."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any, cast

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from apim_infra.settings.base import BrokenRule
from apim_infra.settings.fields import ROOT, group_of, holds_secret, keys_at, node_at, secret_names
from apim_infra.settings.path import Path, parse, render
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.violations import MASK, Violation

_LONGEST_VALUE = 80
_SECRET_WORDS = ("secret", "password", "token", "webhook", "credential", "passphrase")
_TYPE_RULES = {
    "int": ("must be a whole number", "write a number without quotes"),
    "bool": ("must be true or false", "write true or false"),
    "list": ("must be a list", "write it as a list: [one, two]"),
    "dict": ("must be a map of keys to values", "write it as a map: {key: value}"),
}


def violations_of(error: ValidationError, tree: Mapping[str, Any]) -> list[Violation]:
    """Translate every error of one validation; `tree` is the plain data that was validated."""
    found: list[Violation] = []
    for details in error.errors(include_url=False):
        path = _path_of(details)
        for broken in _broken_rules(details):
            place = (*path, *parse(broken.field))
            found.append(_violation(place, value_at(tree, place), broken.rule, broken.fix))
        if details["type"] != "broken_rules":
            found.append(_one(details, path, tree))
    return list(dict.fromkeys(found))


def value_at(tree: Any, path: Path) -> Any:
    """Return the plain value at a path, or None when there is none."""
    for segment in path:
        if isinstance(segment, int):
            items = cast("Sequence[Any]", tree) if isinstance(tree, list) else ()
            tree = items[segment] if segment < len(items) else None
        else:
            tree = cast("Mapping[str, Any]", tree).get(segment) if isinstance(tree, Mapping) else None
    return tree


def shown(path: Path, value: Any) -> str | int | float | bool | None:
    """Return a value as messages may show it: secrets masked, groups and long texts shortened."""
    if value is None or _may_be_secret(path, value):
        return None if value is None else MASK
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = value if isinstance(value, str) else json.dumps(_masked(value), default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def unknown_key(path: Path, value: Any) -> Violation:
    """Return the violation of a key that the settings do not have; it names the nearest one, or those there are."""
    keys = keys_at(path[:-1])
    nearest = get_close_matches(str(path[-1]), keys, n=1, cutoff=0.5)
    known = f"keys here are {', '.join(keys)}" if keys else "it stands below a single value"
    fix = f"did you mean {render((*path[:-1], nearest[0]))}?" if nearest else f"remove it; {known}"
    return Violation(render(path), shown(path, value), "is not a setting", fix)


def _path_of(details: ErrorDetails) -> Path:
    return tuple(segment for segment in details["loc"] if segment != "[key]")


def _broken_rules(details: ErrorDetails) -> tuple[BrokenRule, ...]:
    return cast("tuple[BrokenRule, ...]", details.get("ctx", {}).get("broken", ()))


def _violation(path: Path, value: Any, rule: str, fix: str) -> Violation:
    return Violation(render(path), shown(path, value), rule, fix)


def _one(details: ErrorDetails, path: Path, tree: Mapping[str, Any]) -> Violation:
    kind, context = details["type"], details.get("ctx", {})
    value = value_at(tree, path)
    if kind == "extra_forbidden":
        return unknown_key(path, value)
    if kind == "missing":
        return Violation(render(path), None, "is required", _how_to_set(path))
    if isinstance(value, Encrypted):
        return Violation(
            render(path),
            MASK,
            "must not be encrypted: the platform has to know it before anything is deployed",
            f"store it in clear: pulumi config set --path 'apim:{render(path)}' --plaintext VALUE",
        )
    if kind == "refused":
        fix = str(context["fix"])
        if _is_secret(path):
            fix = f"pulumi config set --path --secret 'apim:{render(path)}'"
        return _violation(path, value, str(context["rule"]), fix)
    rule, fix = _rule_of(kind, context, path, value, details["msg"])
    return _violation(path, value, rule, fix)


def _rule_of(kind: str, context: Mapping[str, Any], path: Path, value: Any, message: str) -> tuple[str, str]:
    if kind in {"greater_than_equal", "less_than_equal"}:
        return _bound(context, path)
    if kind == "enum":
        choices = re.findall(r"'([^']+)'", str(context["expected"]))
        nearest = get_close_matches(str(value), choices, n=1, cutoff=0.5)
        fix = f"did you mean {nearest[0]}?" if nearest else f"choose one of {', '.join(choices)}"
        return f"must be one of {', '.join(choices)}", fix
    if kind == "model_type":
        return "must be a group of settings", f"write it as a map with the keys {', '.join(keys_at(path))}"
    if kind == "string_type":
        quoted = f'write it in quotes, like "{value}"' if isinstance(value, bool | float) else "write a text"
        return "must be text", quoted
    expected = next((rules for prefix, rules in _TYPE_RULES.items() if kind.startswith(f"{prefix}_")), None)
    return expected or (message[:1].lower() + message[1:], "see docs/configuration.md")


def _bound(context: Mapping[str, Any], path: Path) -> tuple[str, str]:
    rule = f"must be at least {context['ge']}" if "ge" in context else f"must be at most {context['le']}"
    node = node_at(path)
    bounds: dict[str, Any] = {}
    for constraint in () if node is None or node.field is None else node.field.metadata:
        bounds |= {name: getattr(constraint, name) for name in ("ge", "le") if hasattr(constraint, name)}
    if bounds.keys() >= {"ge", "le"}:
        return rule, f"choose a number from {bounds['ge']} to {bounds['le']}"
    return rule, "choose a number within the bound"


def _how_to_set(path: Path) -> str:
    if len(path) == 1:
        return f"pulumi config set apim:{path[0]} VALUE"
    return f"pulumi config set --path 'apim:{render(path)}' VALUE"


def _is_secret(path: Path) -> bool:
    node = node_at(path)
    return node is not None and node.annotation is SecretStr


def _may_be_secret(path: Path, value: Any) -> bool:
    if isinstance(value, Encrypted | SecretStr):
        return True
    node = node_at(path)
    if node is not None:
        misplaced = group_of(node.annotation) is not None and not isinstance(value, Mapping)
        return node.annotation is SecretStr or (misplaced and holds_secret(node.annotation))
    return any(_resembles_secret(str(segment)) for segment in path) or isinstance(value, Mapping | list)


def _resembles_secret(name: str) -> bool:
    """Tell whether an unknown key may have been meant for a secret, also when it is misspelt."""
    words = re.split(r"[^a-z]+", name.lower())
    if any(get_close_matches(word, _SECRET_WORDS, n=1, cutoff=0.75) for word in words):
        return True
    return any(SequenceMatcher(None, name, known).ratio() > 0.6 for known in secret_names(ROOT.annotation))


def _masked(value: Any, path: Path = ()) -> Any:
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _masked(item, (*path, key)) for key, item in mapping.items()}
    if isinstance(value, list):
        return [_masked(item, path) for item in cast("list[Any]", value)]
    hidden = isinstance(value, Encrypted | SecretStr) or any(_resembles_secret(str(segment)) for segment in path)
    return MASK if hidden else value
