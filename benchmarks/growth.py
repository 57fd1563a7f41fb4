"""How the time grows with the number of resources, on a program of equal tiers that depend on each other."""

import time

import pulumi
import pulumi_random as random

from apim_infra.rehearsal.testing import record
from benchmarks.out import bound, heading, line

SIZES = (100, 300, 1000)
TIER = 20
MOST_GROWTH = 15.0
"""Ten times the resources may take fifteen times as long; the SDK's own bookkeeping grows faster than linearly."""


def report() -> bool:
    """Print the time for each size, and the growth from the smallest to the largest."""
    heading("Growth")
    seconds: dict[int, float] = {}
    record(lambda: _tiers(TIER))  # imports and caches
    for size in SIZES:
        began = time.perf_counter()
        record(lambda size=size: _tiers(size))
        seconds[size] = time.perf_counter() - began
        line(f"{size} resources: {seconds[size]:.2f} s, {seconds[size] / size * 1000:.2f} ms each")
    return bound(
        f"{SIZES[-1]} against {SIZES[0]} resources", seconds[SIZES[-1]] / seconds[SIZES[0]], MOST_GROWTH, " times"
    )


def _tiers(count: int) -> None:
    above: list[random.RandomPet] = []
    tier: list[random.RandomPet] = []
    for number in range(count):
        if number % TIER == 0:
            above, tier = tier, []
        needs = pulumi.ResourceOptions(depends_on=above[:2])
        tier.append(random.RandomPet(f"pet-{number}", opts=needs))
