"""How the time grows with the number of resources, beside the SDK's own unit-test mocks, on a program of tiers that depend on each other.

The growth above a few hundred resources is the SDK's own: it re-arms a wait over everything that is pending at each answer, and answers that come
from another thread leave more pending than mocks, which answer at once.
"""

import subprocess
import sys
import time
from typing import Any, cast

import pulumi
import pulumi_random as random

from apim_infra.rehearsal.testing import record
from benchmarks.out import heading, line
from benchmarks.stacks import ROOT

SIZES = (100, 300, 1000)
TIER = 20


class Nothing(pulumi.runtime.Mocks):
    """Answers with what it is asked."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        inputs = cast("dict[Any, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves its type open
        return args.name, inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:  # noqa: ARG002 - the SDK's signature
        return {}, []


def report() -> bool:
    """Print seconds for each size, rehearsed and under mocks, and their ratio."""
    heading("Growth")
    for size in SIZES:
        rehearsed, mocked = _seconds("rehearsed", size), _seconds("mocked", size)
        each = rehearsed / size * 1000
        line(
            f"{size} resources: {rehearsed:.2f} s rehearsed, {each:.1f} ms each; {mocked:.2f} s under mocks that check nothing"
        )
    return True


def _seconds(kind: str, size: int) -> float:
    """Time one run in a process of its own, start-up left out."""
    command = [sys.executable, "-m", "benchmarks.growth", kind, str(size)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - the project's own module
    return float(done.stdout)


def _once(kind: str, size: int) -> float:
    if kind == "rehearsed":
        record(lambda: _tiers(TIER))  # imports and caches
        began = time.perf_counter()
        record(lambda: _tiers(size))
        return time.perf_counter() - began
    pulumi.runtime.set_mocks(Nothing())
    run = cast("Any", pulumi.runtime).test(lambda: _tiers(size))
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _tiers(count: int) -> None:
    above: list[random.RandomPet] = []
    tier: list[random.RandomPet] = []
    for number in range(count):
        if number % TIER == 0:
            above, tier = tier, []
        needs = pulumi.ResourceOptions(depends_on=above[:2])
        tier.append(random.RandomPet(f"pet-{number}", opts=needs))


if __name__ == "__main__":
    sys.stdout.write(str(_once(sys.argv[1], int(sys.argv[2]))))
