"""Data files that lie beside the code: YAML, checked against a type when read, wherever the package is installed."""

from functools import cache
from importlib import resources
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter

Shape = TypeVar("Shape")

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, libyaml's where PyYAML was built with it: the tables of a run parse in a tenth of the time."""


def packaged_data(package: str, name: str, shape: type[Shape]) -> Shape:
    """Return the YAML file `name` of `package` as `shape`, a type that pydantic checks (dataclass, model, mapping).

    Raises `pydantic.ValidationError` when the file does not have that shape: a mistake in the package, never in a
    stack file.
    """
    return TypeAdapter(shape).validate_python(_parsed(package, name))


@cache
def _parsed(package: str, name: str) -> Any:
    """Return the parsed file; parsed once, because several tables may live in one file."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - both loaders are the safe ones
