"""Values as they come from the wire, told apart for the type checker; and data files of packages."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeGuard

import yaml

from apim_infra.packaged import LOADER


def is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is an object."""
    return isinstance(value, Mapping)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether a value is a list."""
    return isinstance(value, list)


def listed(value: Any) -> list[Any]:
    """Return a list, an empty one for whatever is none."""
    return value if is_list(value) else []


def text_file(package: str, name: str) -> str:
    """Return the text of a file beside the modules of a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def data_file(package: str, name: str) -> Any:
    """Return a YAML file beside the modules of a package."""
    return yaml.load(text_file(package, name), Loader=LOADER)  # noqa: S506 - both loaders are the safe ones
