"""Shapes of inputs, taken from the imported classes of an SDK: the witness for what the twins read from its text.

The SDK's `*Args` classes carry their properties as getters with a wire name and an annotation; annotations are read as they stand, because
resolving them with `typing.get_type_hints` takes a thousand times longer (a quarter of a second for one class).
"""

import importlib
import json
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ForwardRef, cast, get_args, get_origin

from apim_infra.rehearsal.twins.cloud.shapes import ANY, Kind, Properties, Shape, union_of

SCALARS: Mapping[Any, Kind] = {str: "string", float: "number", int: "integer", bool: "boolean"}


@lru_cache(maxsize=8)
def _registered(package: str) -> Mapping[str, tuple[str, str]]:
    """Return every type token of an SDK with its module and class, from the table that the SDK registers at import."""
    spec = find_spec(f"pulumi_{package.replace('-', '_')}")
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    table = text.split('resource_modules="""', 1)[1].split('"""', 1)[0]
    return {token: (entry["fqn"], name) for entry in json.loads(table) for token, name in entry["classes"].items()}


def class_of(token: str) -> type:
    """Return the SDK's class of a resource type."""
    module_name, class_name = _registered(token.split(":", 1)[0])[token]
    return getattr(importlib.import_module(module_name), class_name)


def imported_shape(token: str) -> Shape:
    """Return the shape of a resource type's inputs."""
    found = class_of(token)
    module, class_name = sys.modules[found.__module__], found.__name__
    # `InitArgs` where a nested type has taken the name `Args`, which the module imports too.
    return _object(getattr(module, f"{class_name}InitArgs", None) or getattr(module, f"{class_name}Args"))


def imported_outputs(token: str) -> frozenset[str]:
    """Return the wire names of everything that a resource of a type shows."""
    members = vars(class_of(token)).values()
    names = (getattr(getattr(member, "fget", None), "_pulumi_name", None) for member in members)
    return frozenset(str(name) for name in names if name)


def imported_provider(package: str) -> Shape:
    """Return the shape of the configuration of a package's provider."""
    return _object(importlib.import_module(f"pulumi_{package.replace('-', '_')}").ProviderArgs)


def same_shape(read: Shape, imported: Shape) -> None:
    """Hold two shapes against each other at every depth."""
    _same(read, imported, set())


def _same(read: Shape, imported: Shape, seen: set[str]) -> None:
    both = (read, imported)
    assert len({(shape.kind, shape.allowed, shape.suggested, shape.name, len(shape.others)) for shape in both}) == 1
    for mine, other in zip(read.others, imported.others, strict=True):
        _same(mine, other, seen)
    if read.element and imported.element:
        _same(read.element, imported.element, seen)
    if read.kind == "object" and read.name not in seen:
        seen.add(read.name)
        mine, other = read.properties(), imported.properties()
        assert list(mine.shapes) == list(other.shapes)
        assert set(mine.required) == set(other.required)
        for name, shape in mine.shapes.items():
            _same(shape, other.shapes[name], seen)


def _object(args: type) -> Shape:
    return Shape("object", read=partial(properties_of, args), name=args.__name__)


@lru_cache(maxsize=4096)
def properties_of(args: type) -> Properties:
    """Return the properties of an SDK arguments class."""
    shapes: dict[str, Shape] = {}
    wire_names: dict[str, str] = {}
    for name, member in vars(args).items():
        wire = getattr(getattr(member, "fget", None), "_pulumi_name", None)
        if wire is not None:
            shapes[wire] = _shape(member.fget.__annotations__.get("return"), sys.modules[args.__module__])
            wire_names[name] = wire
    constructor = cast("types.FunctionType", vars(args)["__init__"])
    code = constructor.__code__
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults = constructor.__kwdefaults__ or {}
    return Properties(
        shapes, tuple(wire_names[name] for name in keywords if name not in defaults and name in wire_names)
    )


def _shape(annotation: Any, module: types.ModuleType) -> Shape:
    """Turn an annotation into a shape, seeing through Input, Output, Awaitable, Optional and the TypedDict twins of arguments classes."""
    if isinstance(annotation, ForwardRef):
        annotation = getattr(module, annotation.__forward_arg__, None)
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return _union(get_args(annotation), module)
    if origin in (Sequence, list):
        return Shape("list", element=_shape(get_args(annotation)[0], module))
    if origin in (Mapping, dict):
        return Shape("map", element=_shape(get_args(annotation)[1], module))
    if annotation in SCALARS:
        return Shape(SCALARS[annotation])
    return _class_shape(annotation)


def _class_shape(annotation: Any) -> Shape:
    if isinstance(annotation, type):
        found = cast("type[Any]", annotation)
        if issubclass(found, Enum):
            return Shape("string", allowed=frozenset(str(member.value) for member in found))
        if hasattr(found, "_pulumi_input_type"):
            return _object(found)
    return ANY


def _union(members: tuple[Any, ...], module: types.ModuleType) -> Shape:
    """Return the shape of a union: of its one member that is data, or the scalar beside an open enumeration."""
    return union_of(_shape(member, module) for member in members if not _is_plumbing(member))


def _is_plumbing(member: Any) -> bool:
    if member is type(None):
        return True
    if isinstance(member, ForwardRef):
        return member.__forward_arg__.startswith(("Output", "pulumi.Output")) or member.__forward_arg__.endswith(
            "ArgsDict"
        )
    origin = get_origin(member)
    return getattr(origin, "__name__", "") in ("Awaitable", "Output")
