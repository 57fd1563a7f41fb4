"""Runs programs with components of Azure against the twins, and says what they made and changed."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache

import pytest
from azure_lean import lean

from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.testing import Recording, record

LOCATION = "westeurope"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
TAGS = {"environment": "test"}


class Stack:
    """A stack that programs are run on one after another, with one world for all of them."""

    def __init__(self) -> None:
        self._providers = packages()
        self._last: Recording | None = None

    def try_run(self, program: Callable[[], object]) -> Recording:
        """Record a program; what the twins refuse is among its findings."""
        config = {"azure-native:location": LOCATION}
        self._last = record(lean(program), config=config, before=self._last, providers=self._providers)
        return self._last

    def run(self, program: Callable[[], object]) -> Recording:
        """Record a program that the twins must accept as it is."""
        recording = self.try_run(program)
        if recording.errors:
            pytest.fail("\n".join(f"{error.urn}: {error.rule}: {error.message}" for error in recording.errors))
        return recording


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own."""
    return Stack().run(program)


@cache
def sample(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own, once for all tests."""
    return run(program)


def kinds(recording: Recording) -> Counter[str]:
    """Count what a recording made, by type."""
    return Counter(resource.type for resource in recording.graph.custom() if not resource.type.startswith("pulumi:"))


def added(before: Recording, after: Recording) -> Mapping[str, int]:
    """Return how many of each type came and, negative, went."""
    counts = kinds(after)
    counts.subtract(kinds(before))
    return {type_: count for type_, count in counts.items() if count}


def changes(recording: Recording) -> Mapping[str, str]:
    """Return what was done with each resource of a provider that was not left alone, by name."""
    return {
        step.urn.rsplit("::", 1)[1]: str(step.operation)
        for step in recording.steps
        if step.operation != "same" and "apim:azure:" not in step.urn.rsplit("::", 2)[1].rsplit("$", 1)[-1]
    }
