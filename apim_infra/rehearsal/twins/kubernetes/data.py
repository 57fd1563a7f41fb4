"""Access to the data files beside this package."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

_LOADER: Any = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # the C loader is ten times faster and not built everywhere


@cache
def load(name: str) -> Any:
    """Return the parsed data file `name`; callers must not change it."""
    return parse(resources.files("apim_infra.rehearsal.twins.kubernetes").joinpath(name).read_text(encoding="utf-8"))


def parse(text: str) -> Any:
    """Return one parsed YAML or JSON document. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are the safe ones


def parse_all(text: str) -> list[Any]:
    """Return every parsed document of a YAML stream, empty ones left out. Raises `yaml.YAMLError`."""
    return [document for document in yaml.load_all(text, Loader=_LOADER) if document]
