"""Layers of settings, each over the one before: library default, tier, cloud, size, topology, product, stack file, command line."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from typing import Any, cast

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.base import Settings
from apim_infra.settings.environment import Cloud, Product, Size, Tier, Topology
from apim_infra.settings.path import Path, parse
from apim_infra.settings.stack import StackSettings

Tree = dict[str, Any]
"""A settings tree as plain data: nested mappings, lists and scalars."""


class Origin(StrEnum):
    """The layer that a value comes from."""

    DEFAULT = "default"
    TIER = "tier"
    CLOUD = "cloud"
    SIZE = "size"
    TOPOLOGY = "topology"
    PRODUCT = "product"
    LOAD = "load"
    """Derived from the load of a gateway group, where neither the file nor the command line says it."""
    FILE = "file"
    SET = "set"


@dataclass(slots=True)
class Merged:
    """Layers laid over each other, and the origin of every leaf."""

    tree: Tree = field(default_factory=dict[str, Any])
    origins: dict[Path, Origin] = field(default_factory=dict[Path, Origin])

    def lay(self, layer: Mapping[str, Any], origin: Origin) -> None:
        """Lay one more layer on top: mappings merge key by key, everything else replaces what is below."""
        self._merge(self.tree, layer, origin, ())

    def put(self, path: Path, value: Any, origin: Origin) -> None:
        """Lay one value on top at a path, making the groups above it; raises LookupError when something else is there.

        As in a layer, a mapping merges key by key.
        """
        holder: Any = self.tree
        for position, segment in enumerate(path[:-1]):
            holder = _descend(holder, segment, path[: position + 1])
        present = _descend(holder, path[-1], path, make=False)
        if isinstance(value, Mapping) and isinstance(present, dict):
            self._merge(cast("Tree", present), cast("Mapping[str, Any]", value), origin, path)
        else:
            self._replace(holder, path, value, origin)

    def _merge(self, below: Tree, above: Mapping[str, Any], origin: Origin, at: Path) -> None:
        for key, value in above.items():
            path = (*at, key)
            present = below.get(key)
            if isinstance(value, Mapping) and isinstance(present, dict) and value and present:
                self._merge(cast("Tree", present), cast("Mapping[str, Any]", value), origin, path)
            elif not (isinstance(value, Mapping) and not value and isinstance(present, dict)):
                self._replace(below, path, value, origin)

    def _replace(self, holder: Any, path: Path, value: Any, origin: Origin) -> None:
        depth = len(path)
        for known in [known for known in self.origins if known[:depth] == path or known == path[: len(known)]]:
            del self.origins[known]
        holder[path[-1]] = deepcopy(value)
        for leaf in leaves_of(value, path):
            self.origins[leaf] = origin


def _descend(holder: Any, segment: str | int, path: Path, *, make: bool = True) -> Any:
    if isinstance(segment, int) and isinstance(holder, list):
        items = cast("list[Any]", holder)
        if segment < len(items):
            return items[segment]
    if isinstance(segment, str) and isinstance(holder, dict):
        mapping = cast("Tree", holder)
        if make and mapping.get(segment) is None:
            mapping[segment] = {}
        return mapping.get(segment)
    raise LookupError(path)


def leaves_of(value: Any, path: Path = ()) -> list[Path]:
    """Return the paths of the leaves of plain data: scalars, and empty mappings and lists."""
    if isinstance(value, Mapping) and value:
        mapping = cast("Mapping[str, Any]", value)
        return [leaf for key, item in mapping.items() for leaf in leaves_of(item, (*path, key))]
    if isinstance(value, list) and value:
        items = cast("list[Any]", value)
        return [leaf for position, item in enumerate(items) for leaf in leaves_of(item, (*path, position))]
    return [path]


def plain_value(value: Any) -> Any:
    """Return a settings value as plain data: groups as mappings, choices as text; secrets stay wrapped."""
    if isinstance(value, Settings):
        return {name: plain_value(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in cast("Tree", value).items()}
    if isinstance(value, list):
        return [plain_value(item) for item in cast("list[Any]", value)]
    return value.value if isinstance(value, Enum) else value


@cache
def default_tree() -> Tree:
    """Return the library's defaults as plain data; never change it in place."""
    return {
        name: plain_value(info.get_default(call_default_factory=True, validated_data={}))
        for name, info in StackSettings.model_fields.items()
        if not info.is_required()
    }


@dataclass(frozen=True, slots=True)
class _Tiers:
    source: str
    date: date
    tiers: dict[Tier, Tree]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _OfCloud:
    every_tier: Tree
    tiers: dict[Tier, Tree]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Clouds:
    source: str
    date: date
    clouds: dict[Cloud, _OfCloud]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Products:
    source: str
    date: date
    every_cloud: dict[Product, Tree]
    clouds: dict[Cloud, dict[Product, Tree]]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Sizes:
    source: str
    date: date
    every_cloud: dict[Size, Tree]
    clouds: dict[Cloud, dict[Size, Tree]]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Topologies:
    source: str
    date: date
    every_cloud: dict[Topology, Tree]
    clouds: dict[Cloud, dict[Topology, Tree]]

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def tier_tree(tier: Tier) -> Tree:
    """Return what a tier sets; never change it in place."""
    return packaged_data("apim_infra.settings", "tiers.yaml", _Tiers).tiers[tier]


@cache
def cloud_tree(cloud: Cloud, tier: Tier) -> Tree:
    """Return what a cloud sets over a tier; never change it in place."""
    own = packaged_data("apim_infra.settings", "clouds.yaml", _Clouds).clouds[cloud]
    merged = Merged()
    merged.lay(own.every_tier, Origin.CLOUD)
    merged.lay(own.tiers[tier], Origin.CLOUD)
    return merged.tree


@cache
def size_tree(size: Size, cloud: Cloud) -> Tree:
    """Return what a size sets in a cloud; never change it in place."""
    sizes = packaged_data("apim_infra.settings", "sizes.yaml", _Sizes)
    merged = Merged()
    merged.lay(sizes.every_cloud[size], Origin.SIZE)
    merged.lay(sizes.clouds[cloud][size], Origin.SIZE)
    return merged.tree


@cache
def topology_values(topology: Topology, cloud: Cloud | None) -> dict[Path, Any]:
    """Return what a topology sets in a cloud (in every cloud, when it is not known), by path; never change it in place.

    By path, because it sets single fields of list items, such as the exposure of the default gateway group.
    """
    topologies = packaged_data("apim_infra.settings", "topologies.yaml", _Topologies)
    own = topologies.clouds[cloud].get(topology, {}) if cloud is not None else {}
    return {parse(path): value for path, value in {**topologies.every_cloud[topology], **own}.items()}


@cache
def product_values(product: Product, cloud: Cloud | None) -> dict[Path, Any]:
    """Return what a product sets in a cloud (in every cloud, when it is not known), by path; never change it in place."""
    products = packaged_data("apim_infra.settings", "products.yaml", _Products)
    own = products.clouds[cloud].get(product, {}) if cloud is not None else {}
    return {parse(path): value for path, value in {**products.every_cloud[product], **own}.items()}
