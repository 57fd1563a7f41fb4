"""What the settings tree says about itself: which field stands at a path, and which fields are secret."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from apim_infra.settings.base import Settings
from apim_infra.settings.path import Path
from apim_infra.settings.stack import StackSettings


class Node(NamedTuple):
    """A place in the settings tree."""

    annotation: Any
    """Its type, without `Annotated` and without `None`."""
    field: FieldInfo | None
    """The field that stands there; None for the root, for items of lists and for values of maps."""


ROOT = Node(StackSettings, None)


def plain(annotation: Any) -> Any:
    """Return a type without `Annotated` and without `None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return plain(get_args(annotation)[0])
    if origin in (Union, UnionType):
        (only,) = (member for member in get_args(annotation) if member is not NoneType)
        return plain(only)
    return annotation


def group_of(annotation: Any) -> type[Settings] | None:
    """Return the settings group that a type is, or None."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, Settings) else None


def node_at(path: Path, start: Node = ROOT) -> Node | None:
    """Return the place at the path, or None when the settings have no such place."""
    node = start
    for segment in path:
        found = _step(node.annotation, segment)
        if found is None:
            return None
        node = found
    return node


def _step(annotation: Any, segment: str | int) -> Node | None:
    group = group_of(annotation)
    if group is not None:
        field = group.model_fields.get(str(segment))
        return None if field is None else Node(plain(field.annotation), field)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list and isinstance(segment, int):
        return Node(plain(arguments[0]), None)
    if origin is dict and isinstance(segment, str):
        return Node(plain(arguments[1]), None)
    return None


def keys_at(path: Path) -> tuple[str, ...]:
    """Return the keys of the group at the path; empty when it is no group."""
    node = node_at(path)
    group = None if node is None else group_of(node.annotation)
    return () if group is None else tuple(group.model_fields)


def holds_secret(annotation: Any) -> bool:
    """Tell whether a type is a secret or a group, list or map with a secret somewhere in it."""
    annotation = plain(annotation)
    group = group_of(annotation)
    if group is not None:
        return any(holds_secret(field.annotation) for field in group.model_fields.values())
    return annotation is SecretStr or any(holds_secret(argument) for argument in get_args(annotation))


def secret_names(annotation: Any = StackSettings) -> Iterator[str]:
    """Return the names of the secret fields of a type, wherever they stand in it."""
    annotation = plain(annotation)
    group = group_of(annotation)
    if group is None:
        for argument in get_args(annotation):
            yield from secret_names(argument)
        return
    for name, field in group.model_fields.items():
        if plain(field.annotation) is SecretStr:
            yield name
        else:
            yield from secret_names(field.annotation)
