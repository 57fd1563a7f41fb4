"""What stores in the cluster ask for beside their rows of the sizing table, as data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.replicas import replicas
from apim_infra.sizing.table import Workload

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Share:
    """What is asked for, requests and limits alike."""

    cpu_millicores: int = 0
    memory_mib: int = 0
    storage_gb: int = 0
    pods: int = 0

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Row:
    each: Share = Share()
    once: Share = Share()

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    date: date
    rows: dict[str, _Row]

    __pydantic_config__ = _STRICT


@cache
def _table() -> _Table:
    return packaged_data("apim_infra.sizing", "in_cluster.yaml", _Table)


def beside(settings: StackSettings, rows: Iterable[Workload]) -> Iterator[tuple[str, int, Share]]:
    """Yield what is asked for beside rows: the row's name, how often, and the share; nothing for stores outside of the cluster."""
    for row in rows:
        extra, count = _table().rows.get(row.name), replicas(settings, row)
        if extra is not None and count:
            yield row.name, count, extra.each
            yield row.name, 1, extra.once
