"""What is known of operators, as data, and words that their builders share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """What operators make."""

    source: str
    date: date
    makes: Mapping[str, str]
    """`GROUP/KIND` to the name of what builds it."""
    nothing: Mapping[str, tuple[str, ...]]
    """Group to kinds that bring no pods."""
    sizes: Mapping[str, Mapping[str, Any]]
    """Requests and limits that operators give by themselves."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def table() -> Table:
    """Return what is known."""
    return packaged_data("apim_infra.cluster", "operators.yaml", Table)


def group_of(manifest: Object) -> str:
    """Return the API group of an object, empty for the core group."""
    group, slash, _ = str(manifest["apiVersion"]).partition("/")
    return group if slash else ""


def name_of(manifest: Object) -> str:
    """Return the name of an object."""
    return str(manifest["metadata"]["name"])


def namespace_of(manifest: Object) -> str:
    """Return the namespace of an object, `default` where it names none."""
    return str(manifest["metadata"].get("namespace") or "default")


def part(manifest: Object, *path: str) -> dict[str, Any]:
    """Return the object at a path, an empty one where there is none."""
    found: Any = manifest
    for step in path:
        found = cast(Object, found).get(step) or {}
    return dict(cast(Object, found))


def of_kind(objects: Sequence[Object], kind: str, namespace: str | None = None) -> Iterator[Object]:
    """Iterate over objects of a kind, in one namespace unless it is None."""
    for each in objects:
        if each.get("kind") == kind and (namespace is None or namespace_of(each) == namespace):
            yield each


def overlaid(base: Any, over: Any) -> Any:
    """Return an object with another laid over it, as a strategic merge does it for pods: lists of named entries are merged by name."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        known, new = cast(Object, base), cast(Object, over)
        return {**known, **{key: overlaid(known.get(key), value) for key, value in new.items()}}
    if _named(base) and _named(over):
        first, second = cast(list[Object], base), cast(list[Object], over)
        added = {each["name"]: each for each in second}
        kept: list[Any] = [overlaid(each, added.pop(each["name"], {})) for each in first]
        return [*kept, *added.values()]
    return over


def _named(entries: Any) -> bool:
    if not isinstance(entries, list):
        return False
    return all(isinstance(each, Mapping) and "name" in each for each in cast(list[Any], entries))
