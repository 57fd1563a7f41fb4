"""Every reference, CIDR, enum, name and required property of the graph of prd, changed in turn, is refused by the twins."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.mutations import LEAST_CAUGHT, STACK, survey_of

KINDS = {"cidr", "enum", "name", "reference", "required"}


@pytest.mark.slow
def test_wrong_copies_of_the_graph_are_caught(rehearsed: Callable[[str], Any]) -> None:
    tried, survivors = survey_of(rehearsed(STACK).graph)
    assert set(tried) == KINDS
    assert min(tried.values()) > 100
    total = sum(tried.values())
    caught = 100 * (total - len(survivors)) / total
    told = [f"{mutant.kind} {mutant.resource.name} {mutant.path()}: {mutant.what[:80]}" for mutant in survivors]
    assert caught >= LEAST_CAUGHT, told
