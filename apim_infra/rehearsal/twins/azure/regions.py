"""Regions of Azure and their availability zones, from `regions.yaml`."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from apim_infra.rehearsal.twins.cloud.values import data_file


@lru_cache(maxsize=1)
def zone_counts() -> Mapping[str, int]:
    """Return how many availability zones each region has, by its short name."""
    return data_file("apim_infra.rehearsal.twins.azure", "regions.yaml")["regions"]


def is_region(name: str) -> bool:
    """Tell whether there is such a region (short form)."""
    return name in zone_counts()


def nearest_region(name: str) -> str:
    """Return the region whose name is most like a wrong one."""
    return (get_close_matches(name, zone_counts(), n=1, cutoff=0.0) or ["westeurope"])[0]
