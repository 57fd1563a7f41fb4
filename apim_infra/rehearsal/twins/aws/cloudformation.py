"""Enumerations, patterns, ranges and create-only properties from the CloudFormation schemas that cfn-lint ships.

The JSON files are read straight from the package (about a millisecond for one type); cfn-lint itself is not imported, which would take half a
second. Its schemas name properties as CloudFormation does: they are matched to the provider's by name without regard to case, and by the
row's `renamed` column where the two differ by more.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.schema import shape_of
from apim_infra.rehearsal.twins.cloud.shapes import Shape

SOURCE = "CloudFormation resource schema bundled with cfn-lint"
REFERENCE_REGION = "us-east-1"
"""Region whose list of types is used: the first to get a new one, so the longest."""
UNMATCHED = frozenset({"tags", "tagsAll", "region", "timeouts"})
"""Inputs of the provider that have another form in CloudFormation, on every type."""

Document = Mapping[str, Any]


@dataclass(slots=True)
class Constraint:
    """What a schema says of one value, and of what is inside it."""

    allowed: tuple[Any, ...] = ()
    any_case: bool = False
    """Whether `allowed` is compared without regard to case."""
    pattern: re.Pattern[str] | None = None
    sizes: Mapping[str, float] = field(default_factory=dict[str, float])
    """`minLength`, `maxLength`, `minimum`, `maximum`, `minItems`, `maxItems`."""
    properties: "Mapping[str, Constraint]" = field(default_factory=dict[str, "Constraint"])
    element: "Constraint | None" = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.allowed or self.pattern or self.sizes or self.properties or self.element)


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What the schema adds to a row."""

    constraint: Constraint
    create_only: frozenset[str]
    """Paths (without indexes) whose change replaces the resource."""


NOTHING = TypeFacts(Constraint(), frozenset())


def _root() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        message = "the package cfn-lint is not installed"
        raise FileNotFoundError(message)
    return Path(spec.origin).parent / "data" / "schemas"


@lru_cache(maxsize=1)
def _files() -> Mapping[str, str]:
    return json.loads((_root() / "providers" / f"{REFERENCE_REGION}.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def schema_of(name: str) -> Document:
    """Return CloudFormation's schema of a type such as `AWS::EC2::Subnet`. Raises KeyError when the bundle lacks it."""
    return json.loads((_root() / "resources" / f"{_files()[name]}.json").read_text(encoding="utf-8"))


_facts: dict[str, TypeFacts] = {}


def facts_of(row: ResourceType) -> TypeFacts:
    """Return what CloudFormation's schema says about a row's type; nothing when the row names none."""
    if not row.cloudformation:
        return NOTHING
    known = _facts.get(row.token)
    if known is None:
        reader = _Reader(schema_of(row.cloudformation), row.renamed)
        constraint = reader.constraint(shape_of(row.token), reader.root, "")
        known = _facts[row.token] = TypeFacts(constraint, frozenset(reader.create_only))
    return known


class _Reader:
    """Walks an SDK shape and a CloudFormation schema side by side."""

    def __init__(self, root: Document, renamed: Mapping[str, str]) -> None:
        self.root = root
        self.renamed = renamed
        self.create_only: set[str] = set()
        self.fixed = {tuple(path.split("/")[2:]) for path in root.get("createOnlyProperties", ())}

    def resolve(self, node: Document) -> Document:
        """Follow a `$ref`."""
        while "$ref" in node:
            found: Any = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def constraint(self, shape: Shape, node: Document, path: str, at: tuple[str, ...] = ()) -> Constraint:
        """Return what a schema node says about a shape; `at` is CloudFormation's own path."""
        node = self.resolve(node)
        if shape.kind == "list" and shape.element:
            is_list = "items" in node
            inner = self.constraint(
                shape.element, node["items"] if is_list else node, path, (*at, "*") if is_list else at
            )
            sizes = _sizes(node, ("minItems", "maxItems")) if is_list else {}
            return Constraint(sizes=sizes, element=None if inner.empty else inner)
        if "items" in node:
            node = self.resolve(node["items"])
            at = (*at, "*")
        if shape.kind == "object":
            return Constraint(properties=self._properties(shape, node, path, at))
        return _scalar(node, shape) if shape.kind not in ("any", "map") else Constraint()

    def _properties(self, shape: Shape, node: Document, path: str, at: tuple[str, ...]) -> dict[str, Constraint]:
        by_name = {name.lower(): name for name in node.get("properties", {})}
        found: dict[str, Constraint] = {}
        for name, inner in shape.properties().shapes.items():
            inner_path = f"{path}.{name}" if path else name
            if name in UNMATCHED:
                continue
            place = self._place(inner_path, name, node, by_name, at)
            if place is None:
                continue
            where, inner_node = place
            if where in self.fixed:
                self.create_only.add(inner_path)
            inner_constraint = self.constraint(inner, inner_node, inner_path, where)
            if not inner_constraint.empty:
                found[name] = inner_constraint
        return found

    def _place(
        self, path: str, name: str, node: Document, by_name: Mapping[str, str], at: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Document] | None:
        """Return CloudFormation's path and schema of a property, None when there is none or the row opts out."""
        if path in self.renamed:
            return self._renamed(self.renamed[path])
        for candidate in (name.lower(), name.lower().removesuffix("s"), f"{name.lower()}s"):
            if candidate in by_name:
                own = by_name[candidate]
                return (*at, own), node["properties"][own]
        return None

    def _renamed(self, path: str) -> tuple[tuple[str, ...], Document] | None:
        if not path:
            return None
        node: Document = self.root
        at: tuple[str, ...] = ()
        for part in path.replace("[*]", "").split("."):
            node = self.resolve(node)
            if "items" in node:
                node = self.resolve(node["items"])
                at = (*at, "*")
            node = node["properties"][part]
            at = (*at, part)
        return at, node


def _sizes(node: Document, names: tuple[str, ...]) -> dict[str, float]:
    return {name: cast("float", node[name]) for name in names if isinstance(node.get(name), int | float)}


def _scalar(node: Document, shape: Shape) -> Constraint:
    if shape.kind == "boolean":
        return Constraint()
    allowed: Any = node.get("enum") or node.get("enumCaseInsensitive") or ()
    if shape.kind == "string":
        allowed = [str(value) for value in allowed]
    pattern = None
    if shape.kind == "string" and node.get("pattern"):
        try:
            pattern = re.compile(node["pattern"])
        except re.error:  # a pattern in JavaScript's dialect that Python lacks says nothing here
            pattern = None
    names = ("minLength", "maxLength") if shape.kind == "string" else ("minimum", "maximum")
    return Constraint(
        tuple(allowed), any_case="enumCaseInsensitive" in node, pattern=pattern, sizes=_sizes(node, names)
    )
