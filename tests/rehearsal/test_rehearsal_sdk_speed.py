"""The faster loops give the SDK's own answers."""

import asyncio
import inspect
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import resource_cycle_breaker, stack

from apim_infra.rehearsal import sdk_speed
from apim_infra.rehearsal.testing import record


class Thing:
    """Stands for a resource."""


def sdk_accepts(edges: list[tuple[int, int]]) -> list[bool]:
    """Return which dependencies the SDK's own search accepts: it walks everything, and refuses what closes a cycle."""
    known: dict[int, set[int]] = {}

    def walk(number: int, seen: set[int]) -> set[int]:
        if number not in seen:
            seen.add(number)
            for further in known.get(number, ()):
                walk(further, seen)
        return seen

    answers: list[bool] = []
    for source, target in edges:
        accepted = source not in walk(target, set())
        if accepted:
            known.setdefault(source, set()).add(target)
        answers.append(accepted)
    return answers


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_the_same_dependencies_are_accepted(edges: list[tuple[int, int]]) -> None:
    sdk_speed.install()
    things: Any = [Thing() for _ in range(8)]
    answers = [resource_cycle_breaker.declare_dependency(things[source], things[target]) for source, target in edges]
    assert answers == sdk_accepts(edges)


def test_the_sdk_has_the_loops_that_are_replaced() -> None:
    parameters = inspect.signature(sdk_speed.wait_for_rpcs).parameters
    source = inspect.getsource(stack.run_pulumi_func)
    assert "await wait_for_rpcs()" in source
    assert list(parameters) == ["await_all_outstanding_tasks"]
    assert hasattr(resource_cycle_breaker, "declare_dependency")


def test_an_output_that_fails_ends_the_program_with_its_own_error() -> None:
    def broken(_: int) -> int:
        raise ValueError("not this one")

    def program() -> None:
        slow = pulumi.Output.from_input(asyncio.sleep(0.2, 1))
        pulumi.export("fine", slow)
        pulumi.export("broken", pulumi.Output.from_input(1).apply(broken))

    with pytest.raises(ValueError, match="not this one"):
        record(program)


def test_outputs_that_are_made_while_others_are_awaited_are_awaited_too() -> None:
    told: list[int] = []

    async def later(value: int) -> int:
        await asyncio.sleep(0.01)
        return value

    def program() -> None:
        def again(value: int) -> int:
            if value < 5:
                pulumi.Output.from_input(later(value + 1)).apply(again)
            told.append(value)
            return value

        pulumi.Output.from_input(later(0)).apply(again)

    record(program)
    assert told == [0, 1, 2, 3, 4, 5]
