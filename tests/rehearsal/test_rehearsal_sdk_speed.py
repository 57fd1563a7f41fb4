"""The faster loops give the SDK's own answers."""

import asyncio
import importlib.util
import inspect
from functools import cache
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import output as outputs
from pulumi.runtime import resource, resource_cycle_breaker, stack

from apim_infra.rehearsal import sdk_speed
from apim_infra.rehearsal.testing import record


@cache
def sdk_module(name: str) -> Any:
    """Return a module of the SDK's runtime as it is without the faster loops."""
    found = importlib.util.find_spec(f"pulumi.runtime.{name}")
    assert found is not None
    assert found.origin is not None
    spec = importlib.util.spec_from_file_location(f"pulumi.runtime.{name}_as_it_is", found.origin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    assert "rpc.transfer_properties(res, props, custom)" in inspect.getsource(resource)
    assert "rpc.contains_unknowns(val)" in inspect.getsource(outputs)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.just(outputs.UNKNOWN)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=12,
)


@given(VALUES)
def test_the_same_values_hold_unknown_ones(value: Any) -> None:
    assert sdk_speed.contains_unknowns(value) == sdk_module("rpc").contains_unknowns(value)


def test_an_output_type_with_a_property_values_is_looked_through() -> None:
    @pulumi.output_type
    class Dimension(dict[str, Any]):
        def __init__(self, values: Any) -> None:
            pulumi.set(self, "values", values)

        @property
        @pulumi.getter
        def values(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - as the providers' types do
            return pulumi.get(self, "values")

    assert not sdk_speed.contains_unknowns([Dimension(["a"])])
    assert sdk_speed.contains_unknowns([Dimension([outputs.UNKNOWN])])


def test_a_value_that_holds_itself_is_looked_through_once() -> None:
    value: list[Any] = [1]
    value.append({"again": value})
    assert not sdk_speed.contains_unknowns(value)


@pytest.mark.parametrize(
    ("known", "secret", "needed"), [(True, False, True), (True, True, False), (False, False, True)]
)
def test_properties_resolve_to_the_same_outputs(known: bool, secret: bool, needed: bool) -> None:
    """A value, whether it is known and secret, and the resources it came from; `urn` and the `id` of a resource are resolved apart."""

    async def outcomes(transfer: Any) -> list[Any]:
        new, other = Thing(), Thing()
        resolvers = transfer(new, {"urn": None, "id": None, "size": None, "lost": None}, True)
        made: dict[str, pulumi.Output[Any]] = dict(vars(new))
        resolvers["size"](["large"], known, secret, {other} if needed else None, None)
        resolvers["lost"](None, True, False, None, ValueError("refused"))
        size = made["size"]
        names = {new: "new", other: "other"}
        found = sorted(names[cast(Thing, each)] for each in cast(Any, await size.resources()))
        with pytest.raises(ValueError, match="refused"):
            await made["lost"].future()
        return [sorted(made), found, await size.future(), await size.is_known(), await size.is_secret()]

    ours, sdks = (
        asyncio.run(outcomes(each)) for each in (sdk_speed.transfer_properties, sdk_module("rpc").transfer_properties)
    )
    assert ours == sdks


def test_the_same_frames_called_a_constructor() -> None:
    own = sdk_module("resource")

    class Base:
        def __init__(self, traces: list[Any]) -> None:
            traces.extend((own._get_stack_trace(), sdk_speed.stack_trace()))

    class Custom(Base):
        def __init__(self, traces: list[Any]) -> None:
            super().__init__(traces)

    class Own(Custom):
        def __init__(self, traces: list[Any]) -> None:
            super().__init__(traces)

    traces: list[Any] = []
    Own(traces)
    exec(compile("Own(traces)", "<no file>", "exec"), {"Own": Own, "traces": traces})  # noqa: S102 - a frame without a file
    Base(traces)
    named, also_named, unnamed, also_unnamed, outside, also_outside = traces
    assert named.frames[0].pc.uri == Path(__file__).as_uri()
    assert not unnamed.frames[0].HasField("pc")
    assert (named, unnamed, outside) == (also_named, also_unnamed, also_outside)
    assert hasattr(resource, "_get_stack_trace")


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
