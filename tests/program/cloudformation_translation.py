"""Turns the recorded inputs of an AWS resource into the properties of its CloudFormation type, to be judged by CloudFormation's own schema.

Names are matched without regard to case; `cloudformation_names.yaml` says where they differ by more, and which types have no counterpart.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import regex
import yaml
from jsonschema import Draft7Validator, ValidationError, validators

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.twins.aws.cloudformation import schema_of
from apim_infra.rehearsal.twins.aws.rows import all_rows


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """Judge text by a pattern in JavaScript's dialect, which has classes of characters that Python's `re` lacks."""
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


JUDGE: Any = cast("Any", validators).extend(
    Draft7Validator, {"pattern": _pattern}
)  # the package types itself incompletely

EVERYWHERE = frozenset({"tags", "tagsAll", "region"})
"""Inputs of the provider that have another form in CloudFormation, on every type."""

SECRET = {"secret": True}
"""What the graph shows of a secret."""

LOCAL = "="
"""Before a name in the same object; without it a name is a path from the root."""


@cache
def names() -> Mapping[str, Any]:
    """Return where the provider and CloudFormation differ."""
    return yaml.safe_load(Path(__file__).with_name("cloudformation_names.yaml").read_text(encoding="utf-8"))


def type_of(token: str) -> str:
    """Return the CloudFormation type of a resource type; empty when it has none of its own."""
    return names()["types"].get(token, {}).get("type") or all_rows()[token].cloudformation or ""


@dataclass(slots=True)
class Translation:
    """One resource on its way into CloudFormation's words."""

    token: str
    missed: set[str] = field(default_factory=set[str])
    """Inputs without a counterpart."""
    top: dict[str, Any] = field(default_factory=dict[str, Any])
    root: Mapping[str, Any] = field(init=False)
    renamed: Mapping[str, str] = field(init=False)
    values: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.root = schema_of(type_of(self.token))
        known = names()["types"].get(self.token, {})
        self.renamed = {**all_rows()[self.token].renamed, **known.get("renamed", {})}
        self.values = known.get("values", {})

    def problems(self, resource: Resource) -> list[str]:
        """Return what CloudFormation's schema has against the inputs of a resource."""
        self.top.update(names()["types"].get(self.token, {}).get("constant", {}))
        self._object(resource.inputs, self.root, "", self.top)
        found: list[str] = []
        validator: Any = JUDGE(self.root)
        for error in validator.iter_errors(self.top):
            if repr(SECRET) in error.message:
                continue
            if error.validator == "required" and any(repr(name) in error.message for name in names()["filled"]):
                continue
            place = ".".join(map(str, error.absolute_path))
            found.append(f"{resource.name} [{self.token}] {place}: {error.message[:200]}")
        return found

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def _object(self, value: Mapping[str, Any], node: Mapping[str, Any], path: str, into: dict[str, Any]) -> None:
        by_name = {name.lower(): name for name in node.get("properties", {})}
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            if inner is None or (not path and name in EVERYWHERE):
                continue
            target = self.renamed.get(here)
            if target is not None and not target.startswith(LOCAL):
                self._renamed(here, target, inner)
                continue
            own = (
                target.removeprefix(LOCAL)
                if target
                else next(
                    (
                        by_name[c]
                        for c in (name.lower(), name.lower().removesuffix("s"), f"{name.lower()}s")
                        if c in by_name
                    ),
                    None,
                )
            )
            if own is None:
                self.missed.add(here)
            elif inner == SECRET:
                into[own] = SECRET
            else:
                into[own] = self._value(inner, node["properties"][own], here)

    def _renamed(self, here: str, path: str, value: Any) -> None:
        """Put a value where CloudFormation has it, making the objects above; an empty path means nowhere."""
        if not path:
            self.missed.add(here)
            return
        *above, last = path.replace("[*]", "").split(".")
        node, into = self._inside(self.root), self.top
        for position, part in enumerate(above):
            listed = "items" in self._resolve(node["properties"][part])
            node = self._inside(node["properties"][part])
            if listed and position == len(above) - 1:
                into[part] = [{last: self._value(item, node["properties"][last], here)} for item in value]
                return
            into = into.setdefault(part, {})
        into[last] = SECRET if value == SECRET else self._value(value, node["properties"][last], here)

    def _inside(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        node = self._resolve(node)
        return self._resolve(node["items"]) if "items" in node else node

    def _value(self, value: Any, node: Mapping[str, Any], path: str) -> Any:
        node = self._resolve(node)
        if path in self.values:
            value = self.values[path].get(value, value)
        if isinstance(value, dict):
            return self._mapping(cast("dict[str, Any]", value), node, path)
        if isinstance(value, list):
            value = cast("list[Any]", value)
            if "items" in node:
                return [self._value(item, node["items"], path) for item in value]
            return self._value(value[0], node, path) if len(value) == 1 else value
        return [value] if "items" in node and "string" not in node.get("type", ()) else _scalar(value, node)

    def _mapping(self, value: Mapping[str, Any], node: Mapping[str, Any], path: str) -> Any:
        if "items" in node:
            inner = self._resolve(node["items"])
            if {"Key", "Value"} <= set(inner.get("properties", {})) and "key" not in value:
                return [{"Key": key, "Value": str(text)} for key, text in value.items()]
            return [self._value(value, inner, path)]
        if not node.get("properties"):
            patterns = cast("Mapping[str, Any]", node.get("patternProperties", {}))
            inner = next(iter(patterns.values()), dict[str, Any]())
            return {key: self._value(item, inner, f"{path}.*") for key, item in value.items()}
        made: dict[str, Any] = {}
        self._object(value, node, path, made)
        return made


def _scalar(value: Any, node: Mapping[str, Any]) -> Any:
    """Return a value in the type that the schema asks for: the provider has some numbers and truths as text, and the other way round."""
    kinds = node.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        if kinds & {"integer", "number"} and value.lstrip("-").isdigit():
            return int(value)
        if "boolean" in kinds and value in ("true", "false"):
            return value == "true"
        return json.loads(value) if "string" not in kinds and "object" in kinds and value.startswith("{") else value
    if kinds == {"string"}:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
