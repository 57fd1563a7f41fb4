"""The load that a gateway group is to carry, and the gateways that it takes by measured figures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from pydantic import ConfigDict, Field

from apim_infra.packaged import packaged_data
from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.environment import Product

MOST_GATEWAYS = 100
"""Largest number of gateways of a group."""

_STRICT = ConfigDict(extra="forbid")


class LoadPolicy(StrEnum):
    """What gateways do with a request before they pass it on."""

    PASS_THROUGH = "pass-through"  # noqa: S105 - a policy of gateways
    API_KEY = "api-key"


class GroupLoad(Settings):
    """Load that a gateway group is to carry; its replicas are derived from it by measured figures."""

    requests_per_second: int = Field(ge=1, le=100_000)
    """Requests a second at the peak: the autoscaler's upper bound carries them at the CPU use that it aims at."""
    steady_requests_per_second: int | None = Field(default=None, ge=1, le=100_000)
    """Requests a second that are always to be carried: the autoscaler's lower bound; two gateways, so that one can be lost, when absent."""
    message_kib: int = Field(default=10, ge=1, le=10)
    """Size of a message, in KiB; measured with 10, to which smaller ones are rounded up. Larger ones were not measured."""
    policy: LoadPolicy = LoadPolicy.PASS_THROUGH
    """What is done with a request: passed on as it is, or its API key checked. OAuth was not measured."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the steady load below the peak."""
        steady = self.steady_requests_per_second
        if steady is not None and steady > self.requests_per_second:
            yield BrokenRule(
                "steady_requests_per_second",
                f"must not be above requests_per_second ({self.requests_per_second})",
                f"lower it, or raise requests_per_second to {steady}",
            )


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement."""

    policy: LoadPolicy
    gateways: int
    threads: int
    """Clients at the same time."""
    requests_per_second: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements and their conditions."""

    source: str
    date: date
    measured_with: Product
    message_kib: int
    cpu_millicores: int
    """CPU limit of each gateway."""
    figures: tuple[Figure, ...]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Gateways:
    """How many gateways a load takes."""

    minimum: int
    maximum: int


@cache
def measurements() -> Measurements:
    """Return the measurements."""
    return packaged_data("apim_infra.settings", "gateway_load.yaml", Measurements)


def measured_range() -> tuple[int, int]:
    """Return the smallest and the largest number of gateways that were measured."""
    counts = [figure.gateways for figure in measurements().figures]
    return min(counts), max(counts)


def carried(policy: LoadPolicy, gateways: int) -> float:
    """Return the requests a second that so many gateways of the measured size carry at their limit.

    Below the smallest measurement each gateway carries its part of it. From there the line through both measurements of pass-through is followed (each
    further gateway adds less), also beyond the largest. Policies that were measured once are taken to grow alike.
    """
    smallest, largest = measured_range()
    known = {(figure.policy, figure.gateways): figure.requests_per_second for figure in measurements().figures}
    base, reference = known[policy, smallest], known[LoadPolicy.PASS_THROUGH, smallest]
    if gateways <= smallest:
        return base * gateways / smallest
    slope = (known[LoadPolicy.PASS_THROUGH, largest] - reference) / (largest - smallest)
    return base * (1 + slope * (gateways - smallest) / reference)


def gateways_for(requests_per_second: int, policy: LoadPolicy, *, cpu_percent: int, cpu_millicores: int) -> int:
    """Return the gateways that carry a load at a mean CPU use of `cpu_percent`, with a CPU limit of `cpu_millicores` each; above `MOST_GATEWAYS` when none do.

    What a gateway carries is taken to be in proportion to its CPU.
    """
    part = cpu_percent / 100 * cpu_millicores / measurements().cpu_millicores
    enough = (count for count in range(1, MOST_GATEWAYS + 1) if carried(policy, count) * part >= requests_per_second)
    return next(enough, math.ceil(requests_per_second / (carried(policy, MOST_GATEWAYS) * part) * MOST_GATEWAYS))


def gateways_of(load: GroupLoad, *, cpu_percent: int, cpu_millicores: int) -> Gateways:
    """Return the bounds of a group's autoscaler that carry a load."""
    most, least = (
        gateways_for(requests, load.policy, cpu_percent=cpu_percent, cpu_millicores=cpu_millicores)
        for requests in (load.requests_per_second, load.steady_requests_per_second or 1)
    )
    return Gateways(max(2, least), max(2, least, most))
