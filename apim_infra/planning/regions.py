"""Regions of each cloud and their availability zones, as data."""

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a cloud."""

    name: str
    """Name in the cloud's own spelling."""
    zones: tuple[str, ...]
    """Availability zones, in the order in which a stack takes them into use; their number fixes the address layout."""
    cluster_zones: int
    """How many of the zones, from the first, a Kubernetes cluster can use."""
    pair: str | None
    """Region in which the cloud keeps geo-redundant copies of this one; None where it has no such pair."""


class UnknownRegionError(LookupError):
    """The cloud has no such region, or it is not in the data."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.nearest = tuple(get_close_matches(name, region_names(cloud), n=3, cutoff=0.5))
        """Regions with the most similar names, the most similar first; may be empty."""
        super().__init__(f"{cloud} has no region {name!r} with two or more zones")


@dataclass(frozen=True, slots=True)
class _Zones:
    zones: tuple[str, ...]
    cluster_zones: int | None = None
    pair: str | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Regions:
    source: str
    date: date
    regions: dict[str, _Zones]

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def _table() -> dict[Cloud, _Regions]:
    return packaged_data("apim_infra.planning", "regions.yaml", dict[Cloud, _Regions])


def region_names(cloud: Cloud) -> tuple[str, ...]:
    """Return the names of the cloud's regions with two or more zones, sorted."""
    return tuple(sorted(_table()[cloud].regions))


def region(cloud: Cloud, name: str) -> Region:
    """Return one region, or raise `UnknownRegionError`."""
    found = _table()[cloud].regions.get(name)
    if found is None:
        raise UnknownRegionError(cloud, name)
    return Region(name=name, zones=found.zones, cluster_zones=found.cluster_zones or len(found.zones), pair=found.pair)
