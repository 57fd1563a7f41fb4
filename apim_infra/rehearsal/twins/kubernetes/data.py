"""Access to the data files beside this package, and YAML as Kubernetes and Helm read it."""

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster and not built everywhere
_DIGITS = list("-+0123456789")


class _Loader(_BASE):
    """Reads YAML as Go's library does: times, and numbers in base 60, are texts, and so is a lone `=`."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in entries
        if tag.rpartition(":")[2] not in {"timestamp", "int", "float", "value"}
    ]
    for first, entries in _BASE.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(0b[0-1_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$"),
    _DIGITS,
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"([-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN))$"
    ),
    [*_DIGITS, "."],
)


@cache
def load(name: str) -> Any:
    """Return the parsed data file `name`; callers must not change it."""
    return parse(resources.files("apim_infra.rehearsal.twins.kubernetes").joinpath(name).read_text(encoding="utf-8"))


def parse(text: str) -> Any:
    """Return one parsed YAML or JSON document. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - both base loaders are the safe ones


def parse_all(text: str) -> list[Any]:
    """Return every parsed document of a YAML stream, empty ones left out. Raises `yaml.YAMLError`."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if document]
