"""Shapes of inputs: what a value may look like, at every depth."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["string", "number", "integer", "boolean", "list", "map", "object", "any"]
SCALAR_KINDS = frozenset({"string", "number", "integer", "boolean"})


@dataclass(slots=True)
class Shape:
    """Type of one value."""

    kind: Kind
    element: "Shape | None" = None
    """Type of the elements of a list or map."""
    allowed: frozenset[str] = frozenset()
    """Values of a closed enumeration, empty for any."""
    suggested: frozenset[str] = frozenset()
    """Values that the SDK names for an open enumeration (`str | SomeEnum`); the cloud may know more."""
    constant: str = ""
    """The one value that the property may have; it tells one kind of object from others in the same place."""
    read: "Callable[[], Properties] | None" = None
    """Reads the properties of an object."""
    name: str = ""
    """Name of an object's class in the SDK."""
    others: "tuple[Shape, ...]" = ()
    """Other objects that may stand in its place: policies of several kinds, told apart by a constant or by their properties."""

    def chosen(self, value: Mapping[str, Any]) -> "Shape":
        """Return the one of several possible objects that fits a value best: the constants are right, and few properties are strange or missing."""
        return min((self, *self.others), key=lambda shape: shape.misfit(value)) if self.others else self

    def misfit(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """Return how badly a value fits an object: constants that are others, and properties that are not known or missing."""
        known = self.properties()
        others = sum(
            1
            for name, shape in known.shapes.items()
            if shape.constant and str(value.get(name, "")).lower() != shape.constant.lower()
        )
        strange = sum(1 for name, item in value.items() if name not in known.shapes and item is not None)
        return others, strange + sum(1 for name in known.required if value.get(name) is None)

    def properties(self) -> "Properties":
        """Return an object's properties. They are read when first asked for: some types (WAF statements) nest a thousand deep."""
        return self.read() if self.read else NO_PROPERTIES


@dataclass(slots=True)
class Properties:
    """Properties of an object."""

    shapes: Mapping[str, Shape]
    required: tuple[str, ...]


NO_PROPERTIES = Properties({}, ())
ANY = Shape("any")


def union_of(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of a union: of its one member that is data, the scalar beside an open enumeration, or one of several objects."""
    data = [shape for shape in shapes if shape.kind != "any"]
    for shape in data:
        # `str | SomeEnum` is an open enumeration: the SDK's list may be older than the cloud's.
        if shape.kind in SCALAR_KINDS and not shape.allowed:
            named = frozenset[str]().union(*(other.allowed for other in data))
            return replace(shape, suggested=named) if named else shape
    objects = [shape for shape in data if shape.kind == "object"]
    if len(objects) > 1:
        return replace(objects[0], others=tuple(objects[1:]))
    return data[0] if data else ANY
