"""Paths of properties, such as `routes[*].gatewayId`, and what is set there."""

from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping


@lru_cache(maxsize=4096)
def path_parts(path: str) -> tuple[str, ...]:
    """Split a path such as `routes[*].gatewayId` into property names and `[*]`."""
    return tuple(path.replace("[*]", ".[*]").split("."))


def values_at(inputs: Any, path: str) -> list[tuple[str, Any]]:
    """Return the concrete path and value of everything set at a path; `[*]` stands for every element of a list."""
    found: list[tuple[str, Any]] = [("", inputs)]
    for part in path_parts(path):
        if part == "[*]":
            found = [(f"{at}[{i}]", item) for at, value in found if is_list(value) for i, item in enumerate(value)]
        else:
            found = [
                (f"{at}.{part}" if at else part, value[part])
                for at, value in found
                if is_mapping(value) and value.get(part) is not None
            ]
        if not found:
            break
    return found
