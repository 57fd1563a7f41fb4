"""What is wrong with inputs alone: values outside an enumeration, missing or impossible locations, text where an ARM id belongs."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Properties
from apim_infra.rehearsal.twins.azure.codes import code_of
from apim_infra.rehearsal.twins.azure.context import SOURCE, short_location
from apim_infra.rehearsal.twins.azure.parts import Parts
from apim_infra.rehearsal.twins.azure.regions import is_region, nearest_region
from apim_infra.rehearsal.twins.azure.table import ResourceType
from apim_infra.rehearsal.twins.cloud.schema_check import shown
from apim_infra.rehearsal.twins.cloud.shapes import Shape
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping

INDEX = re.compile(r"\[\d+\]")
SDK_SOURCE = "enumerations of the installed pulumi-azure-native SDK"


def check_inputs(row: ResourceType, parts: Parts, shape: Shape, inputs: Properties) -> Iterator[Problem]:
    """Yield what Azure refuses in inputs that have the right shape."""
    for path, known, value in _suggested(shape, inputs, ""):
        if INDEX.sub("", path) not in parts.open_enums and value.lower() not in {word.lower() for word in known}:
            choices = ", ".join(sorted(known))
            yield Problem(
                code_of(row.namespace, "value"),
                f"The value '{shown(path, value)}' of '{path}' is none of those that {row.arm_type} takes: {choices}",
                path,
                f"use one of {choices}",
                SDK_SOURCE,
            )
    yield from _fixed(row, inputs)
    if "location" in shape.properties().shapes:
        yield from _location(row, inputs)


def _suggested(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """Yield path, known values and value of every input that has an enumeration. Case does not count in them, as it does not in ARM."""
    if shape.kind == "object" and is_mapping(value):
        shapes = shape.chosen(value).properties().shapes
        for name, item in value.items():
            if name in shapes:
                yield from _suggested(shapes[name], item, f"{path}.{name}" if path else name)
    elif shape.element is not None and is_list(value):
        for index, item in enumerate(value):
            yield from _suggested(shape.element, item, f"{path}[{index}]")
    elif shape.element is not None and is_mapping(value):
        for name, item in value.items():
            yield from _suggested(shape.element, item, f"{path}.{name}")
    elif shape.suggested and isinstance(value, str) and value != UNKNOWN:
        yield path, shape.suggested, value


def _fixed(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    for name, only in row.fixed.items():
        if inputs.get(name) not in (None, UNKNOWN, only):
            message = f"The resource name '{inputs[name]}' is invalid: it must be '{only}'"
            yield Problem("InvalidResourceName", message, name, f"write {only}, or leave it out", SOURCE)


def _location(row: ResourceType, inputs: Properties) -> Iterator[Problem]:
    given = inputs.get("location")
    if given == UNKNOWN:
        return
    location = short_location(given)
    if not location:
        if row.arm_type.count("/") == 1:
            message = "The location property is required for this definition."
            yield Problem("LocationRequired", message, "location", "give a region, such as westeurope", SOURCE)
        return
    allowed = {"global": location == "global", "any": location == "global" or is_region(location)}.get(
        row.location, is_region(location)
    )
    if not allowed:
        hint = "write global" if row.location == "global" else f"did you mean '{nearest_region(location)}'?"
        message = f"The provided location '{given}' is not available for resource type '{row.arm_type}'." + (
            " List of available regions for the resource type is 'global'." if row.location == "global" else ""
        )
        yield Problem("LocationNotAvailableForResourceType", message, "location", hint, SOURCE)
