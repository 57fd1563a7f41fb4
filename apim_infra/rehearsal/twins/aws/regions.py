"""Regions and availability zones, from `regions.yaml`."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.twins.cloud.values import data_file


@lru_cache(maxsize=1)
def _regions() -> Mapping[str, Any]:
    return data_file("apim_infra.rehearsal.twins.aws", "regions.yaml")["regions"]


def region_names() -> tuple[str, ...]:
    """Return every region."""
    return tuple(_regions())


def is_region(name: str) -> bool:
    """Tell whether AWS has a region of that name."""
    return name in _regions()


def nearest_region(name: str) -> str:
    """Return the region whose name is the most like another."""
    return (get_close_matches(name, _regions(), n=1, cutoff=0.0) or [""])[0]


def partition_of(region: str) -> str:
    """Return the partition of a region, the second part of its ARNs; `aws` for an unknown one."""
    return _regions()[region]["partition"] if region in _regions() else "aws"


@lru_cache(maxsize=64)
def zones_of(region: str) -> Mapping[str, str]:
    """Return the availability zones of a region by name, with their ids; empty for an unknown region."""
    found = _regions().get(region)
    return (
        {f"{region}{letter}": f"{found['code']}-az{number}" for letter, number in found["zones"].items()}
        if found
        else {}
    )
