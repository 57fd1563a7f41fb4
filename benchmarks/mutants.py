"""Wrong copies of a recorded graph: one input of one resource changed at a time, so that a cloud would refuse it."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.twins.azure.table import all_types
from apim_infra.rehearsal.twins.cloud.schema import sdk_has, shape_of
from apim_infra.rehearsal.twins.cloud.shapes import Shape
from apim_infra.rehearsal.values import MASK

CIDR = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}")
RELEASE = "kubernetes:helm.sh/v3:Release"
FREE = re.compile(r".*\s.*|[\w.+-]+@[\w.-]+", re.DOTALL)
"""Text with spaces, and addresses of mail: prose, not a word that a cloud knows."""
LONGEST = 5000
"""Characters: more than any cloud allows in a name."""
STRICT_RANGES = ("aws:", "azure-native:network:VirtualNetwork", "azure-native:network:Subnet")
"""Types whose ranges may have no host bits."""
CLOUDS = ("aws:", "azure-native:")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TURNED = str.maketrans(DIGITS, DIGITS[1:10] + "0" + DIGITS[11:] + "a")
"""Digits and letters to their neighbours, so that an identifier keeps its form."""
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong copy of one resource."""

    kind: str
    """`reference`, `cidr`, `enum`, `name`, `required` or `nesting`."""
    index: int
    """Position of the resource in the graph."""
    place: Place
    what: str
    resource: Resource

    def path(self) -> str:
        """Return the property path."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place).lstrip(".")

    def applied_to(self, graph: Graph) -> Graph:
        """Return a copy of the graph with the mutant in place of the resource."""
        resources = list(graph.resources)
        resources[self.index] = self.resource
        return replace(graph, resources=resources)


@cache
def choices() -> Mapping[str, Any]:
    """Return what is changed and what is left alone."""
    return cast(
        "Mapping[str, Any]", yaml.safe_load(Path(__file__).with_name("mutants.yaml").read_text(encoding="utf-8"))
    )


def mutants(graph: Graph) -> Iterator[Mutant]:
    """Yield every mutant of a graph, resource by resource."""
    known = {resource.urn: resource for resource in graph.resources}
    for index, resource in enumerate(graph.resources):
        if not resource.custom or resource.external or urns.is_provider(resource.type):
            continue
        for place, value in leaves(resource.inputs):
            for kind, wrong, what in _wrong_values(resource, place, value, known):
                yield Mutant(kind, index, place, what, _changed(resource, place, wrong))
        for place in _required(resource):
            yield Mutant("required", index, place, "left out", _without(resource, place))
        for place in _nested(resource):
            yield Mutant("nesting", index, place, "one level too high", _lifted(resource, place))


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text in inputs with its place; secrets are no texts."""
    if value == MASK:
        return
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from leaves(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from leaves(item, (*place, index))
    elif isinstance(value, str) and value:
        yield place, value


def _wrong_values(
    resource: Resource, place: Place, value: str, known: Mapping[str, Resource]
) -> Iterator[tuple[str, str, str]]:
    """Yield kind, wrong value and a few words for one text."""
    if _left_alone(resource, place, value):
        return
    if _is_reference(resource, place, value, known):
        yield "reference", _dangling(value), f"{value} -> {_dangling(value)}"
    elif CIDR.fullmatch(value):
        for wrong, what in _wrong_cidrs(resource, value):
            yield "cidr", wrong, f"{value} -> {wrong} ({what})"
    elif _is_name(resource, place):
        yield "name", f"{value} _!", "characters that no name may have"
        yield "name", value + "x" * LONGEST, "too long"
    else:
        yield "enum", f"{value}-mutant", f"{value} -> {value}-mutant"


def _left_alone(resource: Resource, place: Place, value: str) -> bool:
    words = choices()
    keys = [part for part in place if isinstance(part, str)]
    if any(key in free for key in keys for free in words["free"].values()) or keys[0] in words["documents"]:
        return True
    if resource.type == RELEASE and keys[0] in words["remote_charts"]:
        return not str(resource.inputs.get("chart", "")).startswith(".")
    path = ".".join(keys)
    if any(row["type"] == resource.type and path.startswith(row["input"]) for row in words["not_refused"]):
        return True
    return bool(FREE.fullmatch(value)) or value.lower() in ("true", "false") or value.isdigit()


def _is_reference(resource: Resource, place: Place, value: str, known: Mapping[str, Resource]) -> bool:
    """Tell whether a text is an output of a resource that its input depends on."""
    needed = resource.property_dependencies.get(str(place[0]), ())
    return any(urn in known and value in {known[urn].id, *_texts(known[urn].outputs)} for urn in needed)


def _texts(outputs: Mapping[str, Any]) -> set[str]:
    return {value for _, value in leaves(outputs)}


def _dangling(value: str) -> str:
    """Return an identifier of the same form that nothing has: its last letters and digits are others."""
    turned = value[-4:].translate(TURNED)
    return value[:-4] + turned if turned != value[-4:] else f"{value}x"


def _wrong_cidrs(resource: Resource, value: str) -> Iterator[tuple[str, str]]:
    address, _, length = value.partition("/")
    yield f"{address.rpartition('.')[0]}.300/{length}", "no address"
    yield f"{address}/33", "no prefix"
    network = ipaddress.ip_network(value, strict=False)
    # The Kubernetes API server takes a range with host bits; EC2's provider and Azure's networks do not.
    if network.prefixlen < 32 and resource.type.startswith(STRICT_RANGES):
        yield f"{network.network_address + 1}/{length}", "host bits"


def _is_name(resource: Resource, place: Place) -> bool:
    last = place[-1]
    if resource.type.startswith("kubernetes:") and place[-2:] in (("metadata", "name"), ("metadata", "namespace")):
        return True
    return last in choices()["names"] or (
        resource.type in all_types() and place == (all_types()[resource.type].name_input,)
    )


def _required(resource: Resource) -> Iterator[Place]:
    """Yield the places of inputs that the SDK's own types require, at every depth."""
    if resource.type.startswith(CLOUDS) and sdk_has(resource.type):
        yield from _required_of(shape_of(resource.type), resource.inputs, ())


def _nested(resource: Resource) -> Iterator[Place]:
    """Yield the places of inputs of Azure inside of an object, which its holder does not know."""
    if resource.type.startswith("azure-native:") and sdk_has(resource.type):
        yield from _nested_of(shape_of(resource.type), resource.inputs, ())


def _nested_of(shape: Shape, value: Any, place: Place) -> Iterator[Place]:
    if shape.kind == "object" and isinstance(value, Mapping):
        known = cast("Mapping[str, Any]", value)
        above = shape.chosen(known).properties().shapes
        for key, item in known.items():
            if key not in above:
                continue
            if above[key].kind == "object" and isinstance(item, Mapping):
                inside = cast("Mapping[str, Any]", item)
                yield from ((*place, key, name) for name, part in inside.items() if name not in above and part != MASK)
            yield from _nested_of(above[key], item, (*place, key))
    elif isinstance(value, list) and shape.element is not None:
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _nested_of(shape.element, item, (*place, index))


def _required_of(shape: Shape, value: Any, place: Place) -> Iterator[Place]:
    if shape.kind == "object" and isinstance(value, Mapping):
        known = cast("Mapping[str, Any]", value)
        properties = shape.chosen(known).properties()
        for key, item in known.items():
            if key in properties.required and item is not None:
                yield (*place, key)
            if key in properties.shapes:
                yield from _required_of(properties.shapes[key], item, (*place, key))
    elif isinstance(value, list) and shape.element is not None:
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _required_of(shape.element, item, (*place, index))


def _changed(resource: Resource, place: Place, value: str) -> Resource:
    inputs = deepcopy(resource.inputs)
    _holder(inputs, place)[place[-1]] = value
    return replace(resource, inputs=inputs)


def _lifted(resource: Resource, place: Place) -> Resource:
    inputs = deepcopy(resource.inputs)
    _holder(inputs, place[:-1])[place[-1]] = _holder(inputs, place).pop(place[-1])
    return replace(resource, inputs=inputs)


def _without(resource: Resource, place: Place) -> Resource:
    inputs = deepcopy(resource.inputs)
    del _holder(inputs, place)[place[-1]]
    left: Sequence[str] = [key for key in resource.property_dependencies if key in inputs]
    return replace(
        resource, inputs=inputs, property_dependencies={key: resource.property_dependencies[key] for key in left}
    )


def _holder(inputs: Any, place: Place) -> Any:
    for part in place[:-1]:
        inputs = inputs[part]
    return inputs
