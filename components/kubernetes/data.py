"""Reading of the data files beside the components."""

from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml


@cache
def load(name: str) -> dict[str, Any]:
    """Return a data file of this package by its name; shared between callers, so not to be changed."""
    return cast("dict[str, Any]", yaml.safe_load(files("components.kubernetes").joinpath(name).read_text("utf-8")))
