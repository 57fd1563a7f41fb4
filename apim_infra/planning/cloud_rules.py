"""Settings that only one cloud has: elsewhere a value of their own would have no effect, and is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud
from apim_infra.settings.fields import ROOT, holds_secret, node_at
from apim_infra.settings.layers import cloud_tree, default_tree, leaves_of, plain_value
from apim_infra.settings.path import Path, parse, render
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.translate import value_at
from apim_infra.settings.violations import MASK, Violation


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    date: date
    clouds: dict[Cloud, dict[str, str]]
    """Cloud to the settings that it alone has, with what stands in for each elsewhere."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def _table() -> _Table:
    return packaged_data("apim_infra.planning", "cloud_settings.yaml", _Table)


def cloud_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield every value of a setting that the stack's cloud does not have."""
    tree = plain_value(settings)
    for cloud, paths in _table().clouds.items():
        if cloud is settings.cloud:
            continue
        for text, instead in paths.items():
            path = parse(text)
            for leaf in _changed(settings, tree, path):
                given = MASK if _is_secret(leaf) else value_at(tree, leaf)
                fix = f"leave it out: {instead}" if instead else "leave it out"
                yield Violation(render(leaf), given, f"is for {cloud}: {settings.cloud} has no such thing", fix)


def _changed(settings: StackSettings, tree: Any, path: Path) -> Iterator[Path]:
    """Yield the leaves below a path whose values are neither the library's nor the cloud's own."""
    for leaf in leaves_of(value_at(tree, path), path):
        usual = (value_at(default_tree(), leaf), value_at(cloud_tree(settings.cloud, settings.tier), leaf))
        if value_at(tree, leaf) not in usual:
            yield leaf


def _is_secret(leaf: Path) -> bool:
    node = node_at(leaf, ROOT)
    return node is not None and holds_secret(node.annotation)
