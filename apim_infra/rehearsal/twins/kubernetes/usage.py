"""Amounts that objects take from a namespace's quota."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Usage = dict[str, Decimal]
"""Quota resource (`requests.cpu`, `pods`, `count/deployments.apps`) to amount in base units (cores, bytes, objects)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one object takes."""

    steady: Usage = field(default_factory=Usage)
    """As long as it exists."""
    passing: Usage = field(default_factory=Usage)
    """While its pods run, for Jobs and CronJobs."""
    rollout: Usage = field(default_factory=Usage)
    """Needed besides to roll at all: one pod of a Deployment that may not take any away first."""
    replica: Usage = field(default_factory=Usage)
    """One pod."""
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Compute resource (`limits.cpu`) to the containers that do not say how much they take."""
    replicas: int = 0
    unknown: str = ""
    """What cannot be counted, empty when everything is."""


def add(*usages: Mapping[str, Decimal]) -> Usage:
    """Return the sum of usages."""
    total: Usage = {}
    for usage in usages:
        for name, amount in usage.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total


def scaled(usage: Usage, factor: int) -> Usage:
    """Return a usage times a number."""
    return {name: amount * factor for name, amount in usage.items()} if factor else {}
