"""Shapes of inputs read from the text of an installed SDK: names, required ones and types at every depth, without importing it.

Importing one module of a cloud's SDK executes hundreds of generated files: seconds and a hundred megabytes that a twin does not need. The files
have one form: a class of arguments has a constructor with one parameter a line, and a getter with the wire name for each property. A test holds
what is read here against the imported classes.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from apim_infra.rehearsal.twins.cloud.shapes import ANY, Kind, Properties, Shape, union_of

CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
PARAMETER = re.compile(r"^ {17}(\w+): (.+?)( = \w+)?(?:,|\):)$", re.MULTILINE)
GETTER = re.compile(
    r'@pulumi\.getter(?:\(name="(\w+)"\))?\n(?:    @_utilities\.deprecated\("""(?s:.*?)"""\)\n)?    def (\w+)\(self\)'
)
EXPECTED = re.compile(r"Expected value is '([^']+)'")
MEMBER = re.compile(r'^    \w+ = "(.*)"$', re.MULTILINE)
SCALARS: Mapping[str, Kind] = {"str": "string", "float": "number", "int": "integer", "bool": "boolean"}


class UnknownTypeError(Exception):
    """The installed SDK has no such resource type."""


@lru_cache(maxsize=64)
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


@lru_cache(maxsize=64)
def _classes(file: Path) -> Mapping[str, tuple[int, int]]:
    """Return the classes of a file with where their text begins and ends."""
    found = [(match[1], match.start()) for match in CLASS.finditer(_text(file))]
    ends = [*(start for _, start in found[1:]), len(_text(file))]
    return {name: (start, end) for (name, start), end in zip(found, ends, strict=True)}


def _class(file: Path, name: str) -> str:
    start, end = _classes(file)[name]
    return _text(file)[start:end]


@lru_cache(maxsize=8)
def _folder(package: str) -> Path | None:
    spec = find_spec(f"pulumi_{package.replace('-', '_')}")
    return Path(spec.origin).parent if spec and spec.origin else None


@lru_cache(maxsize=512)
def _resource_file(token: str) -> Path | None:
    """Return the file of a resource type: its name is that of the class with underscores somewhere."""
    package, module, name = token.split(":")
    folder, service = _folder(package), module.partition("/")[0]  # `ec2/vpc` in the AWS SDK
    files = (folder / (f"{service}_" if iskeyword(service) else service)).glob("*.py") if folder else ()
    return next((file for file in files if file.stem.replace("_", "") == name.lower() and name in _classes(file)), None)


def sdk_has(token: str) -> bool:
    """Tell whether the installed SDK knows a resource type."""
    return token.count(":") == 2 and _resource_file(token) is not None


@lru_cache(maxsize=512)
def shape_of(token: str) -> Shape:
    """Return the shape of a resource type's inputs. Raises UnknownTypeError."""
    file, name = _known_file(token), token.rpartition(":")[2]
    # `InitArgs` where a nested type has taken the name `Args`.
    return _object(file, f"{name}InitArgs" if f"{name}InitArgs" in _classes(file) else f"{name}Args")


@lru_cache(maxsize=256)
def outputs_of(token: str) -> frozenset[str]:
    """Return the wire names of everything that a resource of a type shows. Raises UnknownTypeError."""
    text = _class(_known_file(token), token.rpartition(":")[2])
    return frozenset(wire for wire, _, _ in _getters(text))


@lru_cache(maxsize=8)
def provider_shape(package: str) -> Shape:
    """Return the shape of the configuration of a package's provider."""
    folder = _folder(package)
    return _object(folder / "provider.py", "ProviderArgs") if folder else ANY


def _known_file(token: str) -> Path:
    file = _resource_file(token) if sdk_has(token) else None
    if file is None:
        raise UnknownTypeError(token)
    return file


def _object(file: Path, name: str) -> Shape:
    return Shape("object", read=partial(_properties, file, name), name=name)


def _getters(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield wire name, name and text of each property of a class."""
    found = list(GETTER.finditer(text))
    ends = [*(match.start() for match in found), len(text)][1:]  # a class may have none
    return ((match[1] or match[2], match[2], text[match.end() : end]) for match, end in zip(found, ends, strict=True))


@lru_cache(maxsize=4096)
def _properties(file: Path, name: str) -> Properties:
    """Return the properties of a class of arguments."""
    text = _class(file, name)
    parameters = {match[1]: (match[2], match[3]) for match in PARAMETER.finditer(text.partition('"""')[0])}
    shapes: dict[str, Shape] = {}
    required: dict[str, str] = {}
    for wire, own, body in _getters(text):
        annotation, default = parameters[own]
        shape = _shape(ast.parse(annotation, mode="eval").body, file.parent)
        expected = EXPECTED.search(body)
        if expected:
            shape = Shape(shape.kind, constant=expected[1])
        shapes[wire] = shape
        if default is None:
            required[own] = wire
    return Properties(shapes, tuple(required[own] for own in parameters if own in required))


def _shape(node: ast.expr, folder: Path) -> Shape:
    """Turn an annotation into a shape, seeing through Input and Optional."""
    if isinstance(node, ast.Constant):
        return _named(str(node.value), folder)
    if isinstance(node, ast.Attribute):
        return Shape(SCALARS[node.attr]) if node.attr in SCALARS else ANY
    return _generic(node, folder) if isinstance(node, ast.Subscript) else ANY


def _generic(node: ast.Subscript, folder: Path) -> Shape:
    generic = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    match generic:
        case "Union":
            return union_of(_shape(part, folder) for part in parts)
        case "Sequence":
            return Shape("list", element=_shape(parts[0], folder))
        case "Mapping":
            return Shape("map", element=_shape(parts[1], folder))
        case _:
            return _shape(parts[0], folder)


def _named(name: str, folder: Path) -> Shape:
    """Return the shape of a class that an annotation names: arguments or an enumeration."""
    inputs, enumerations = folder / "_inputs.py", folder / "_enums.py"
    if name in _classes(inputs):
        return _object(inputs, name)
    if name in _classes(enumerations):
        return Shape("string", allowed=frozenset(MEMBER.findall(_class(enumerations, name))))
    return ANY
