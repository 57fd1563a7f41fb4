"""From layers to settings: the one way in for stack files, the running program, the command line and tests."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from apim_infra.settings.environment import Cloud, Product, Size, Tier, Topology
from apim_infra.settings.layers import (
    Merged,
    Origin,
    cloud_tree,
    default_tree,
    leaves_of,
    plain_value,
    product_values,
    size_tree,
    tier_tree,
    topology_values,
)
from apim_infra.settings.overrides import Override, lay_overrides, parse_overrides
from apim_infra.settings.path import Path, render
from apim_infra.settings.repair import Checks, checks_of_the_rest
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.translate import violations_of
from apim_infra.settings.violations import SettingsError, Violation

Word = TypeVar("Word", Cloud, Product, Size, Tier, Topology)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings of one stack, and where each of them comes from."""

    settings: StackSettings
    """Every setting, resolved."""
    origins: Mapping[str, Origin]
    """Origin of every leaf by its path (`network.cidr`, `gateway_groups[0].name`), in the order of the models."""
    given: Mapping[str, Any] = field(repr=False)
    """What the stack file and the command line say together, as plain data by top-level key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of resolving settings."""

    resolved: Resolved | None
    """The settings when their models accept them, even if checks between them do not."""
    violations: tuple[Violation, ...]
    """Everything that is wrong."""


Complete = Callable[[Resolved], Resolved]
"""Fills in what the settings leave to be derived from each other by more than the models know, such as the size of a pool from a load."""


def _as_it_is(resolved: Resolved) -> Resolved:
    return resolved


def load_settings(
    values: Mapping[str, Any],
    overrides: Iterable[str] | Mapping[str, Any] = (),
    complete: Complete = _as_it_is,
) -> Resolved:
    """Resolve settings: library default < tier < cloud < size < topology < product < `values` < `overrides`.

    `values` are the project's settings by top-level key, as plain data; `overrides` are `path=value` texts or a mapping
    of paths to values. Raises SettingsError with every violation of the models.
    """
    outcome = resolve(values, overrides, complete=complete)
    if outcome.resolved is None or outcome.violations:
        raise SettingsError(outcome.violations)
    return outcome.resolved


def resolve(
    values: Mapping[str, Any],
    overrides: Iterable[str] | Mapping[str, Any] = (),
    checks: Checks = lambda _: (),
    complete: Complete = _as_it_is,
) -> Outcome:
    """Resolve settings as `load_settings` does, `complete` them, run `checks` on them, and return all violations instead of raising."""
    wanted, refused = parse_overrides(overrides)
    below = _below(values, wanted)
    merged = deepcopy(below)
    merged.lay(values, Origin.FILE)
    refused.extend(lay_overrides(merged, wanted))
    _put_versions_in_cluster(merged)
    try:
        settings = StackSettings.model_validate(merged.tree)
    except ValidationError as error:
        refused.extend(violations_of(error, merged.tree))
        refused.extend(checks_of_the_rest(merged.tree, below.tree, error, checks))
        return Outcome(None, tuple(refused))
    touched = {str(override.path[0]) for override in wanted}
    given = {**values, **{name: merged.tree[name] for name in touched if name in merged.tree}}
    resolved = complete(Resolved(settings, origins_of(settings, merged.origins), given))
    refused.extend(checks(resolved.settings))
    return Outcome(resolved, tuple(refused))


def _below(values: Mapping[str, Any], overrides: Iterable[Override]) -> Merged:
    merged = Merged()
    merged.lay(default_tree(), Origin.DEFAULT)
    tier = _word(Tier, "tier", values, overrides)
    if tier is not None:
        merged.lay(tier_tree(tier), Origin.TIER)
    size = _word(Size, "size", values, overrides) or Size(default_tree()["size"])
    cloud = _word(Cloud, "cloud", values, overrides)
    if cloud is not None and tier is not None:
        merged.lay(cloud_tree(cloud, tier), Origin.CLOUD)
    if cloud is not None:
        merged.lay(size_tree(size, cloud), Origin.SIZE)
    topology = _word(Topology, "topology", values, overrides) or Topology(default_tree()["topology"])
    for path, value in topology_values(topology, cloud).items():
        merged.put(path, value, Origin.TOPOLOGY)
    product = _word(Product, "product", values, overrides) or Product(default_tree()["product"])
    for path, value in product_values(product, cloud).items():
        merged.put(path, value, Origin.PRODUCT)
    return merged


def _put_versions_in_cluster(merged: Merged) -> None:
    """Give a store in the cluster the library's version where its own is that of the cloud's managed service."""
    for path in [path for path, origin in merged.origins.items() if origin is Origin.CLOUD]:
        if path[0] == "stores" and path[2:] == ("version",):
            store = merged.tree["stores"][path[1]]
            if store.get("mode") == StoreMode.IN_CLUSTER:
                merged.put(path, default_tree()["stores"][path[1]]["version"], Origin.DEFAULT)


def _word(kind: type[Word], name: str, values: Mapping[str, Any], overrides: Iterable[Override]) -> Word | None:
    value = values.get(name)
    for override in overrides:
        if override.path == (name,):
            value = override.value
    return kind(value) if isinstance(value, str) and value in set(kind) else None


def origins_of(settings: StackSettings, given: Mapping[Path, Origin]) -> dict[str, Origin]:
    """Return the origin of every leaf of the settings; a leaf that no layer gave is a default inside a given group."""
    return {render(leaf): given.get(leaf, Origin.DEFAULT) for leaf in leaves_of(plain_value(settings))}
