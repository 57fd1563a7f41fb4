"""Bounds of the clouds that settings are held to, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the clouds."""

    source: str
    date: date
    maximum_tags: int
    """Largest number of tags of a stack."""
    log_retention_days: dict[Cloud, tuple[int, ...]]
    """Retention periods of logs, in days, in a cloud that takes only some."""
    log_retention_bounds: dict[Cloud, dict[str, tuple[int, int]]]
    """Setting to the shortest and the longest retention of logs, in days, in a cloud that takes every period between two."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def limits() -> Limits:
    """Return the bounds."""
    return packaged_data("apim_infra.settings", "limits.yaml", Limits)
