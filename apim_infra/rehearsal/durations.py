"""How long the engine waits for each resource: the table of durations, by type."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from statistics import NormalDist
from typing import Any

import yaml

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.twins.chance import Chance
from apim_infra.rehearsal.twins.cloud import durations as clouds

RELEASE = "kubernetes:helm.sh/v3:Release"
TABLES = {"aws": "apim_infra.rehearsal.twins.aws", "azure-native": "apim_infra.rehearsal.twins.azure"}
"""Package of Pulumi to the package of its twin, which has a table of creation times of its own."""
_Z90 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Duration:
    """A log-normal distribution by two of its quantiles, in seconds."""

    p50: float
    p90: float

    def draw(self, chance: Chance) -> float:
        """Return one duration."""
        uniform = (chance.below(2**48) + 0.5) / 2**48
        return self.p50 * math.exp(math.log(self.p90 / self.p50) / _Z90 * NormalDist().inv_cdf(uniform))


class UnknownDurationError(ValueError):
    """Types that the table lacks: a simulation that took them for nothing would be too good."""

    def __init__(self, types: Iterable[str]) -> None:
        self.types = sorted(set(types))
        super().__init__(f"no duration is known for {', '.join(self.types)}: add rows to durations.yaml")


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files("apim_infra.rehearsal").joinpath("durations.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def creation(resource: Resource) -> Duration | None:
    """Return how long creation takes, None when the table lacks the type."""
    package = TABLES.get(resource.type.split(":", 1)[0])
    median, high = clouds.quantiles(package, resource.type, resource.inputs) if package else (0.0, 0.0)
    return Duration(median, high) if median else _row("create", resource)


def deletion(resource: Resource) -> Duration | None:
    """Return how long deletion takes, None when the table lacks the type."""
    return _row("delete", resource)


def _row(operation: str, resource: Resource) -> Duration | None:
    chart = str(resource.inputs.get("chart", "")).rstrip("/").rpartition("/")[2] if resource.type == RELEASE else ""
    for row in _table()[operation]:
        if fnmatchcase(resource.type, row["type"]) and fnmatchcase(chart, row.get("chart", "*")):
            return Duration(row["p50"], row["p90"])
    return None
