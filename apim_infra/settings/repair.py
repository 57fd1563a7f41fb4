"""Checks of settings that do not all hold yet, so that one run reports as many violations as it can.

A setting that its model refuses is put back to what the layers below the stack file say. The checks between groups then run
on the rest, and only what they say about untouched groups is reported.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from apim_infra.settings.layers import Tree
from apim_infra.settings.path import Path, parse
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.translate import value_at
from apim_infra.settings.violations import Violation

Checks = Callable[[StackSettings], Iterable[Violation]]
"""Checks between settings, such as those of the plans made from them."""

_SHAPES_EVERYTHING = frozenset(
    {"cloud", "region", "tier", "topology", "size", "product", "sizing", "gateway_groups", "stores"}
)
"""Groups that the checks of every other group look at: when one of them is refused, those checks would guess."""


def checks_of_the_rest(tree: Tree, below: Tree, error: ValidationError, checks: Checks) -> list[Violation]:
    """Run the checks on what is left of a refused tree; `below` is the tree of the layers under the stack file."""
    repaired = deepcopy(tree)
    broken: set[str] = set()
    for details in error.errors(include_url=False, include_input=False):
        path = _without_list_items(details["loc"])
        if not path:
            return []
        if details["type"] == "extra_forbidden":
            value_at(repaired, path[:-1]).pop(path[-1], None)
            continue
        broken.add(str(path[0]))
        _put_back(repaired, below, path)
    if broken & _SHAPES_EVERYTHING:
        return []
    try:
        settings = StackSettings.model_validate(repaired)
    except ValidationError:
        return []
    return [violation for violation in checks(settings) if str(parse(violation.path)[0]) not in broken]


def _without_list_items(location: tuple[int | str, ...]) -> Path:
    position = next((place for place, segment in enumerate(location) if isinstance(segment, int)), len(location))
    return tuple(segment for segment in location[:position] if segment != "[key]")


def _put_back(tree: Tree, below: Tree, path: Path) -> None:
    holder: Any = value_at(tree, path[:-1])
    original = value_at(below, path)
    if original is not None:
        holder[path[-1]] = deepcopy(original)
    else:
        holder.pop(path[-1], None)
