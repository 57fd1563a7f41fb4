"""Settings from the command line: `--set path=value`, read as `pulumi config set --path` reads its arguments."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from apim_infra.settings.fields import node_at
from apim_infra.settings.layers import Merged, Origin
from apim_infra.settings.path import Path, parse, render
from apim_infra.settings.translate import shown, unknown_key
from apim_infra.settings.violations import Violation


class Override(NamedTuple):
    """One setting from the command line."""

    path: Path
    value: Any


def parse_value(text: str) -> Any:
    """Read a value as Pulumi does (`true`, `false`, whole numbers, else text); also `null`, JSON lists and JSON maps.

    Raises ValueError when a list or map is no JSON.
    """
    if text in {"true", "false"}:
        return text == "true"
    if text == "null":
        return None
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text)
    if text[:1] in {"[", "{"}:
        return json.loads(text)
    return text


def parse_overrides(overrides: Iterable[str] | Mapping[str, Any]) -> tuple[list[Override], list[Violation]]:
    """Read overrides and say which of them are none: `path=value` texts, or a mapping of paths to plain data."""
    read: list[Override] = []
    refused: list[Violation] = []
    if isinstance(overrides, Mapping):
        typed = cast("Mapping[str, Any]", overrides)
        return [Override(parse(place), value) for place, value in typed.items()], refused
    for text in overrides:
        place, separator, value = text.partition("=")
        try:
            path = parse(place)
        except ValueError:
            path = None
        if path is None or not separator:
            rule = "must be path=value, with the path of a setting"
            refused.append(Violation("--set", text, rule, "write it like --set network.zones=2"))
            continue
        try:
            read.append(Override(path, parse_value(value)))
        except ValueError:
            rule, fix = "must be JSON when it begins like a list or map", 'write it like ["a", "b"]'
            refused.append(Violation(place, shown(path, value), rule, fix))
    return read, refused


def lay_overrides(merged: Merged, overrides: Iterable[Override]) -> list[Violation]:
    """Lay overrides on top, in their order, and return why some cannot be."""
    refused: list[Violation] = []
    for path, value in overrides:
        unknown = next((length for length in range(1, len(path) + 1) if node_at(path[:length]) is None), None)
        if unknown is not None and isinstance(path[unknown - 1], str):
            refused.append(unknown_key(path[:unknown], value))
            continue
        try:
            merged.put(path, value, Origin.SET)
        except LookupError:
            refused.append(
                Violation(
                    render(path), None, "names no place in the settings", "set the whole list or group that it is in"
                )
            )
    return refused
