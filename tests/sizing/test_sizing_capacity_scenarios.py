"""How pods are placed, and what each scenario does to a pool."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.sizing.catalogue import NodeCapacity
from apim_infra.sizing.planned import PlannedPods
from apim_infra.sizing.scenarios import SCENARIOS, Outcome, PoolPlan, Scenario, evict, reckon
from apim_infra.sizing.scheduling import Machine, Nodes, Pod

NODE = NodeCapacity(cpu_millicores=1600, memory_mib=6500, pods=20)


def plan(*pods: PlannedPods, maximum: int, zones: str = "abc", daemons: tuple[tuple[int, int], ...] = ()) -> PoolPlan:
    share = math.ceil(maximum / (len(zones) - 1))
    return PoolPlan("user", Machine(NODE, daemons), pods, tuple(zones), maximum, share)


def played(of: PoolPlan, scenario: Scenario) -> list[Outcome]:
    """Return the cases of one lot."""
    return list(reckon(of, (scenario,), lots=1))


def fits(of: PoolPlan, scenario: Scenario) -> bool:
    return all(case.fits for case in reckon(of, (scenario,)))


pods_lists = st.lists(
    st.builds(
        PlannedPods,
        name=st.uuids().map(str),
        count=st.integers(min_value=1, max_value=6),
        cpu_millicores=st.integers(min_value=0, max_value=1600),
        memory_mib=st.integers(min_value=0, max_value=6500),
        surge=st.integers(min_value=0, max_value=1),
        zonal=st.booleans(),
        together=st.booleans(),
        apart=st.sampled_from(["", "", "node", "zone"]),
    ),
    max_size=8,
)


@settings(max_examples=50, deadline=None)
@given(pods_lists, st.integers(min_value=1, max_value=12), st.sampled_from(SCENARIOS))
def test_no_node_holds_more_than_it_has_and_no_pod_is_lost(
    pods: list[PlannedPods], maximum: int, scenario: Scenario
) -> None:
    for case in played(plan(*pods, maximum=maximum), scenario):
        assert min(case.cpu_left_millicores, case.memory_left_mib, case.pods_left) >= 0
        assert case.fullest_percent <= 100
        surge = sum(each.surge for each in pods) if scenario == "rolling-update" else 0
        lost = sum(each.count for each in case.unplaced)
        assert lost <= case.pods + lost
        assert case.pods == sum(each.count for each in pods) + surge or case.unplaced or case.waiting
        room = case.nodes * NODE.cpu_millicores
        if scenario in {"steady", "rolling-update"} and case.fits:
            assert room - case.cpu_left_millicores == case.cpu_millicores
            assert case.nodes * NODE.memory_mib - case.memory_left_mib == case.memory_mib


@settings(max_examples=30, deadline=None)
@given(pods_lists)
def test_what_survives_a_rolling_update_also_runs(pods: list[PlannedPods]) -> None:
    of = plan(*pods, maximum=6)
    if fits(of, "rolling-update"):
        assert fits(of, "steady")


def test_small_pods_come_first_and_large_ones_find_what_they_leave() -> None:
    """A sum that fits is not enough: the scheduler spreads, and no node has a large piece left."""
    small, large = PlannedPods("small", 4, 500, 100), PlannedPods("large", 1, 1000, 100)
    assert not fits(plan(small, large, maximum=2, zones="ab"), "steady")
    assert fits(plan(small, large, maximum=3, zones="ab"), "steady")
    (case,) = played(plan(small, large, maximum=2, zones="ab"), "steady")
    assert case.unplaced[0].reason == "0/2 nodes are available: 2 Insufficient cpu."


def test_pods_spread_over_zones_and_nodes() -> None:
    nodes = Nodes(Machine(NODE), "abcabc")
    for number in range(6):
        assert nodes.place(Pod(PlannedPods("gateway", 6, 100, 100), number))
    assert [len(pods) for pods in nodes.pods] == [1] * 6


def test_the_number_of_pods_of_a_node_counts() -> None:
    tiny = PlannedPods("tiny", 41, 0, 0)
    assert not fits(plan(tiny, maximum=2, zones="ab"), "steady")
    assert fits(plan(tiny, maximum=3, zones="ab"), "steady")
    (case,) = played(plan(tiny, maximum=2, zones="ab"), "steady")
    assert case.unplaced[0].reason == "0/2 nodes are available: 2 Too many pods."


def test_daemon_sets_take_their_share_of_every_node() -> None:
    pods = PlannedPods("gateway", 2, 1500, 100)
    assert fits(plan(pods, maximum=2, zones="ab", daemons=((100, 0),)), "steady")
    assert not fits(plan(pods, maximum=2, zones="ab", daemons=((100, 0), (1, 0))), "steady")


def test_a_rolling_update_has_one_pod_more_of_every_deployment_at_once() -> None:
    pods = [PlannedPods(name, 2, 700, 100, surge=1) for name in ("one", "two")]
    assert [case.pods for case in played(plan(*pods, maximum=3), "rolling-update")] == [6]
    assert fits(plan(*pods, maximum=3), "rolling-update")
    assert not fits(plan(*pods, maximum=2, zones="ab"), "rolling-update")
    assert fits(plan(*(replace(each, surge=0) for each in pods), maximum=2, zones="ab"), "rolling-update")


def test_without_a_zone_the_others_have_as_many_nodes() -> None:
    pods = PlannedPods("gateway", 6, 1500, 100)
    cases = played(plan(pods, maximum=6), "zone-lost")
    assert [case.case for case in cases] == ["a", "b", "c"]
    assert [(case.nodes, case.fits) for case in cases] == [(6, True)] * 3


def test_a_zone_may_have_no_more_nodes_than_its_group() -> None:
    of = replace(plan(PlannedPods("gateway", 6, 1500, 100), maximum=6), zone_maximum=2)
    assert {(case.nodes, case.fits) for case in played(of, "zone-lost")} == {(4, False)}


def test_a_volume_waits_for_its_zone_and_no_number_of_nodes_helps() -> None:
    store = PlannedPods("store", 1, 100, 100, kind="StatefulSet", zonal=True)
    cases = played(plan(store, maximum=9), "zone-lost")
    assert [case.waiting for case in cases].count(("store",)) == 1
    assert all(case.fits for case in cases)
    assert not any(case.waiting for case in played(plan(replace(store, zonal=False), maximum=9), "zone-lost"))


def test_a_drained_node_needs_another_one_in_the_zone_of_a_volume() -> None:
    store = PlannedPods("store", 1, 100, 100, kind="StatefulSet", zonal=True)
    refused = [case for case in played(plan(store, maximum=5), "node-drain") if not case.fits]
    assert [case.case for case in refused] == ["store in c"]
    assert "4 node(s) didn't match PersistentVolume's node affinity" in refused[0].unplaced[0].reason
    assert fits(plan(store, maximum=6), "node-drain")


def test_a_drain_needs_room_for_what_it_moves() -> None:
    pods = PlannedPods("gateway", 3, 1500, 100)
    assert not fits(plan(pods, maximum=3), "node-drain")
    assert fits(plan(pods, maximum=4), "node-drain")


def test_a_disruption_budget_holds_the_second_pod_while_the_first_has_no_node() -> None:
    pair, single = PlannedPods("pair", 4, 750, 100), PlannedPods("single", 1, 1500, 100)
    leaving = [Pod(pair, 0), Pod(single, 0), Pod(pair, 1)]
    asked: list[Pod] = []

    def nowhere(pod: Pod) -> bool:
        asked.append(pod)
        return False

    assert evict(leaving, [], nowhere) == leaving
    assert asked == leaving[:2]
    asked.clear()
    assert evict(leaving, [Pod(pair, 2)], nowhere) == leaving
    assert asked == [leaving[1]]


def test_pods_that_share_a_volume_move_together() -> None:
    portal = PlannedPods("portal", 2, 700, 100, kind="Deployment", together=True)
    nodes = Nodes(Machine(NODE), "ab")
    assert all(nodes.place(Pod(portal, number)) for number in range(2))
    assert sorted(len(pods) for pods in nodes.pods) == [0, 2]
    assert not nodes.place(Pod(portal, 2))
    assert fits(plan(portal, maximum=2, zones="ab"), "node-drain")


@pytest.mark.parametrize(("apart", "most"), [("node", 3), ("zone", 4), ("", 6)])
def test_pods_that_may_not_share(apart: str, most: int) -> None:
    """Three nodes, of which two are in one zone and each holds two."""
    of = PlannedPods("store", 6, 800, 100, apart=apart)  # pyright: ignore[reportArgumentType]  # text of a parameter
    nodes = Nodes(Machine(NODE), "aab")
    assert sum(nodes.place(Pod(of, number)) for number in range(6)) == (5 if apart == "zone" else most)
