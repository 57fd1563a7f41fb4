"""The error codes that each resource provider has for what the machinery checks, from `codes.yaml`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.twins.cloud.values import data_file


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    return data_file("apim_infra.rehearsal.twins.azure", "codes.yaml")


def code_of(namespace: str, what: str) -> str:
    """Return the code of a namespace such as `Microsoft.Network` for `value`, `missing` or `malformed`."""
    return _table()["namespaces"].get(namespace, _table()["other"])[what]
