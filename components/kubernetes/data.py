"""Reading of the data files beside the components."""

from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml


@cache
def load(name: str) -> dict[str, Any]:
    """Return a data file of this package by its name; shared between callers, so not to be changed."""
    text = files("components.kubernetes").joinpath(name).read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's takes a tenth of the time
    return cast("dict[str, Any]", yaml.load(text, Loader=loader))  # noqa: S506 - both loaders are the safe ones
