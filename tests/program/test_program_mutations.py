"""Every reference, CIDR, enum, name, required and nested property of recorded graphs, changed in turn, is refused by the twins."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.mutations import LEAST_CAUGHT, STACKS, survey_of
from benchmarks.stacks import AZURE

KINDS = {"cidr", "enum", "name", "reference", "required"}
EVERY = {"prd": 8, AZURE: 32}
"""One in so many mutants of a graph is tried; `make bench` tries them all."""


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_wrong_copies_of_the_graph_are_caught(rehearsed: Callable[[str], Any], stack: str) -> None:
    tried, survivors = survey_of(rehearsed(stack).graph, EVERY[stack])
    assert set(tried) == (KINDS | {"nesting"} if stack == AZURE else KINDS)
    assert min(tried.values()) > 100 // EVERY[stack]
    total = sum(tried.values())
    caught = 100 * (total - len(survivors)) / total
    told = [f"{mutant.kind} {mutant.resource.name} {mutant.path()}: {mutant.what[:80]}" for mutant in survivors]
    assert caught >= LEAST_CAUGHT, told
