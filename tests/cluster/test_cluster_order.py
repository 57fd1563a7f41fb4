"""Items in the program's order, and the work on them side by side."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.cluster.items import Item, in_order, items
from apim_infra.cluster.order import WORKERS, work_through
from apim_infra.rehearsal.state import Outcome, ResourceState, StackState
from apim_infra.rehearsal.twins.kubernetes.kinds import RELEASE

SECRET, COMPONENT, PASSWORD = (
    "kubernetes:core/v1:Secret",
    "own:index:Part",
    "random:index/randomPassword:RandomPassword",
)


def item(number: int, *needs: int) -> Item:
    return Item(f"urn-{number}", f"name-{number}", "", frozenset(f"urn-{need}" for need in needs))


@st.composite
def graphs(draw: st.DrawFn) -> list[Item]:
    """Draw items without a circle of needs, in any order; some need what is not there."""
    count = draw(st.integers(0, 12))
    made = [
        item(number, *draw(st.sets(st.integers(0, number - 1), max_size=3)), 99) if number else item(number)
        for number in range(count)
    ]
    return draw(st.permutations(made))


def needs_are_met(ordered: list[str], given_items: list[Item]) -> bool:
    place = {urn: position for position, urn in enumerate(ordered)}
    return all(place[need] < place[each.urn] for each in given_items for need in each.needs if need in place)


@given(unordered=graphs())
@settings(max_examples=100, deadline=None)
def test_each_item_comes_once_and_after_what_it_needs(unordered: list[Item]) -> None:
    ordered = [each.urn for each in in_order(unordered)]
    assert sorted(ordered) == sorted(each.urn for each in unordered)
    assert needs_are_met(ordered, unordered)


def test_items_that_need_nothing_stay_as_they_are() -> None:
    assert [each.urn for each in in_order([item(3), item(1), item(2, 3)])] == ["urn-3", "urn-1", "urn-2"]


@given(unordered=graphs(), reverse=st.booleans())
@settings(max_examples=25, deadline=None)
def test_work_ends_before_what_needs_it_begins_or_in_reverse_after_it(unordered: list[Item], reverse: bool) -> None:
    lock, began, ended = threading.Lock(), list[str](), list[str]()

    def work(each: Item) -> None:
        with lock:
            began.append(each.urn)
            seen = set(ended)
        first = {other.urn for other in unordered if each.urn in other.needs} if reverse else each.needs - {"urn-99"}
        assert first <= seen
        with lock:
            ended.append(each.urn)

    work_through(unordered, work, reverse=reverse)
    assert sorted(began) == sorted(ended) == sorted(each.urn for each in unordered)


def test_items_that_need_nothing_are_worked_on_side_by_side() -> None:
    together = threading.Barrier(WORKERS, timeout=10)

    def work(_: Item) -> None:
        together.wait()

    work_through([item(number) for number in range(WORKERS)], work)
    assert not together.broken


def test_items_that_need_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="urn-1, urn-2"):
        work_through([item(1, 2), item(2, 1), item(3)], lambda _: None)


def test_the_first_failure_ends_the_work_and_nothing_that_needs_it_begins() -> None:
    done: list[str] = []

    def work(each: Item) -> None:
        if each.urn == "urn-0":
            time.sleep(0.01)
            raise ValueError("refused")
        done.append(each.urn)

    with pytest.raises(ValueError, match="refused"):
        work_through([item(0), item(1, 0), item(2)], work)
    assert done == ["urn-2"]


# -- items of a deployment --------------------------------------------------------------------------------------------------------------


def resource(type_: str, name: str, **more: object) -> ResourceState:
    fields: dict[str, object] = {"custom": True, "checked": {"kind": "Secret", "metadata": {"name": name}}, **more}
    return ResourceState(name, type_, name, **fields)  # pyright: ignore[reportArgumentType]  # fields by their name


def found(*resources: ResourceState) -> dict[str, Item]:
    return {each.urn: each for each in items(StackState({each.urn: each for each in resources}))}


def test_what_is_needed_through_other_resources_counts_and_the_component_that_holds_them_does_not() -> None:
    made = found(
        resource(COMPONENT, "component", custom=False),
        resource(SECRET, "first", parent="component"),
        resource(PASSWORD, "password", dependencies=["first"], parent="component"),
        resource(SECRET, "second", property_dependencies={"data": ["password"]}, parent="component"),
        resource(SECRET, "third", parent="second"),
    )
    assert {urn: set(each.needs) for urn, each in made.items()} == {
        "first": set(),
        "second": {"first"},
        "third": {"second"},
    }


def test_what_was_there_before_is_not_ours_or_was_refused_is_left_out() -> None:
    made = found(
        resource(SECRET, "own"),
        resource(SECRET, "read", external=True),
        resource(SECRET, "refused", outcome=Outcome.FAILED),
        resource(COMPONENT, "component", custom=False),
        resource(PASSWORD, "password"),
    )
    assert list(made) == ["own"]


def test_a_circle_of_needs_ends() -> None:
    made = found(resource(SECRET, "one", dependencies=["other"]), resource(SECRET, "other", dependencies=["one"]))
    assert set(made) == {"one", "other"}


def test_a_release_is_read_with_what_it_does_not_say() -> None:
    short = {"name": "own", "chart": "./charts/own"}
    whole = {
        **short,
        "namespace": "here",
        "repositoryOpts": {"repo": "https://charts.example.com"},
        "version": "1.2.3",
        "values": {"password": "hidden"},
        "skipAwait": True,
    }
    made = found(resource(RELEASE, "short", checked=short), resource(RELEASE, "whole", checked=whole))
    one, other = made["short"].release, made["whole"].release
    assert one is not None
    assert other is not None
    assert (one.namespace, one.repository, one.version, one.values, one.awaited) == ("default", "", "", {}, True)
    assert (other.namespace, other.repository, other.version) == ("here", "https://charts.example.com", "1.2.3")
    assert (other.values, other.awaited) == ({"password": "hidden"}, False)
    assert "hidden" not in repr(made["whole"])


@pytest.mark.parametrize(("note", "force"), [("true", True), ("false", False), (None, False)])
def test_a_patch_changes_what_is_there_and_takes_fields_over_on_purpose_only(note: str | None, force: bool) -> None:
    notes = {"pulumi.com/patchForce": note} if note else {}
    given_fields = {"kind": "ConfigMapPatch", "metadata": {"name": "own", "annotations": notes}}
    (patch,) = found(resource("kubernetes:core/v1:ConfigMapPatch", "patch", checked=given_fields)).values()
    assert (patch.patch, patch.force) == (True, force)
    assert patch.manifest is not None
    assert patch.manifest["kind"] == "ConfigMap"


def test_what_is_kept_when_the_stack_goes_is_marked() -> None:
    made = found(resource(SECRET, "kept", retain_on_delete=True), resource(SECRET, "own"))
    assert (made["kept"].retained, made["own"].retained) == (True, False)
