"""Shapes of inputs, taken from the installed SDK of a package: names, required ones and types at every depth.

Only the service module that a type lives in is imported, when the type is first used. The SDK's `*Args` classes carry their properties as
getters with a wire name and an annotation; annotations are read as they stand, because resolving them with `typing.get_type_hints` takes a
thousand times longer (a quarter of a second for one class).
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

from apim_infra.rehearsal.twins.cloud import sdk_text
from apim_infra.rehearsal.twins.cloud.shapes import ANY, Kind, Properties, Shape, union_of

SCALARS: Mapping[Any, Kind] = {str: "string", float: "number", int: "integer", bool: "boolean"}
READ_AS_TEXT = frozenset({"azure-native"})
"""Packages whose modules are too large to import for the shape of a few types."""


class UnknownTypeError(Exception):
    """The installed SDK has no such resource type."""


def _sdk(package: str) -> str:
    return f"pulumi_{package.replace('-', '_')}"


@lru_cache(maxsize=8)
def _registered(package: str) -> Mapping[str, tuple[str, str]]:
    """Return every type token of an SDK with its module and class, from the table that the SDK registers at import."""
    spec = find_spec(_sdk(package))
    if spec is None or spec.origin is None:
        message = f"the package pulumi-{package} is not installed"
        raise UnknownTypeError(message)
    text = Path(spec.origin).read_text(encoding="utf-8")
    table = text.split('resource_modules="""', 1)[1].split('"""', 1)[0]
    return {token: (entry["fqn"], name) for entry in json.loads(table) for token, name in entry["classes"].items()}


def sdk_has(token: str) -> bool:
    """Tell whether the installed SDK knows a resource type."""
    if _package_of(token) in READ_AS_TEXT:
        return sdk_text.has(token)
    return token in _registered(_package_of(token))


def _package_of(token: str) -> str:
    return token.split(":", 1)[0]


def _class_of(token: str) -> type:
    try:
        module_name, class_name = _registered(_package_of(token))[token]
    except KeyError:
        raise UnknownTypeError(token) from None
    return getattr(importlib.import_module(module_name), class_name)


@lru_cache(maxsize=512)
def shape_of(token: str) -> Shape:
    """Return the shape of a resource type's inputs. Raises UnknownTypeError."""
    if _package_of(token) in READ_AS_TEXT:
        if not sdk_text.has(token):
            raise UnknownTypeError(token)
        return sdk_text.resource_shape(token)
    return imported_shape(token)


def imported_shape(token: str) -> Shape:
    """Return the same from the imported module of the SDK."""
    found = _class_of(token)
    module, class_name = sys.modules[found.__module__], found.__name__
    # `InitArgs` where a nested type has taken the name `Args`, which the module imports too.
    return _object(getattr(module, f"{class_name}InitArgs", None) or getattr(module, f"{class_name}Args"))


@lru_cache(maxsize=256)
def outputs_of(token: str) -> frozenset[str]:
    """Return the wire names of everything that a resource of a type shows. Raises UnknownTypeError."""
    if _package_of(token) in READ_AS_TEXT and sdk_text.has(token):
        return sdk_text.resource_outputs(token)
    found = _class_of(token)
    names = (getattr(getattr(member, "fget", None), "_pulumi_name", None) for member in vars(found).values())
    return frozenset(str(name) for name in names if name)


@lru_cache(maxsize=8)
def provider_shape(package: str) -> Shape:
    """Return the shape of the configuration of a package's provider."""
    if package in READ_AS_TEXT:
        return sdk_text.provider_shape(package)
    return _object(importlib.import_module(_sdk(package)).ProviderArgs)


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
