"""The real scheduler says what the arithmetic says."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from apim_infra.cluster.api import Api
from apim_infra.cluster.capacity import Ground, differences, prepare, schedule, scheduled
from apim_infra.cluster.control_plane import ControlPlane
from apim_infra.cluster.nodes import NodePool, node_pools
from apim_infra.environment import load_environment
from apim_infra.findings import Severity
from apim_infra.planning.capacity_rules import capacity_findings
from apim_infra.settings.cluster import POOL_LABEL
from apim_infra.settings.environment import Cloud
from apim_infra.sizing.capacity import outcomes, pool_plans, survived
from apim_infra.sizing.catalogue import allocatable, node_size
from apim_infra.sizing.planned import PlannedPods
from apim_infra.sizing.scenarios import SCENARIOS, Outcome, PoolPlan, Scenario, reckon
from apim_infra.sizing.scheduling import Machine

ROOT = Path(__file__).parents[2]
SIZE = node_size(Cloud.AWS, "m7i.large")
DAEMONS = ((100, 64), (50, 0), (30, 120))
"""Requests of daemon sets: one without memory, which the scheduler compares as if it had some."""
LEFT = Machine(allocatable(SIZE), DAEMONS).left
PREFIXES = count(1)

Play = Callable[[PoolPlan, Scenario], list[Outcome]]


@pytest.fixture(scope="module")
def play(control_plane: ControlPlane, api: Api) -> Play:
    """Play a scenario of a pool on the shared control plane, on nodes of its own."""
    prepare(api)

    def played(of: PoolPlan, scenario: Scenario) -> list[Outcome]:
        nodes = tuple(1 for _ in of.zones)
        pool = NodePool(of.pool, SIZE, of.zones, nodes, of.zone_maximum, of.maximum, {POOL_LABEL: of.pool}, ())
        ground = Ground(api, control_plane.version, pool, prefix=f"p{next(PREFIXES)}-")
        return list(scheduled(ground, of, (scenario,)))

    return played


def plan(*pods: PlannedPods, maximum: int, zones: str = "abc") -> PoolPlan:
    share = math.ceil(maximum / (len(zones) - 1))
    return PoolPlan("user", Machine(allocatable(SIZE), DAEMONS), pods, tuple(zones), maximum, share)


def of_a_node(share: float) -> int:
    return int(share * LEFT.cpu_millicores)


def test_pods_that_do_not_fit_are_named_with_the_schedulers_reason(play: Play) -> None:
    gateways = PlannedPods("gateway", 3, of_a_node(0.6), 100)
    (case,) = play(plan(gateways, maximum=2, zones="ab"), "steady")
    (lost,) = case.unplaced
    assert (lost.name, lost.count, lost.reason) == ("gateway", 1, "0/2 nodes are available: 2 Insufficient cpu.")
    assert [case] == list(reckon(plan(gateways, maximum=2, zones="ab"), ("steady",), lots=1))


def test_a_rolling_update_needs_a_node_for_the_pod_more(play: Play) -> None:
    gateways = PlannedPods("gateway", 2, of_a_node(0.6), 100, surge=1)
    assert [case.fits for case in play(plan(gateways, maximum=3), "rolling-update")] == [True]
    assert [case.fits for case in play(plan(gateways, maximum=2), "rolling-update")] == [False]


def test_a_volume_waits_for_its_zone(play: Play) -> None:
    store = PlannedPods("store", 1, 100, 100, kind="StatefulSet", zonal=True)
    cases = play(plan(store, maximum=3), "zone-lost")
    assert sorted(case.waiting for case in cases) == [(), (), ("store",)]
    assert all(case.fits for case in cases)


def test_a_drain_moves_pods_one_by_one_under_their_budget(play: Play) -> None:
    pair = PlannedPods("pair", 4, of_a_node(0.4), 100)
    assert all(case.fits for case in play(plan(pair, maximum=3, zones="ab"), "node-drain"))


def test_a_budget_keeps_the_second_pod_where_the_first_finds_no_node(play: Play) -> None:
    pair = PlannedPods("pair", 4, of_a_node(0.4), 100)
    (case, *_) = play(plan(pair, maximum=2, zones="ab"), "node-drain")
    assert [(lost.name, lost.count) for lost in case.unplaced] == [("pair", 2)]


def test_a_drained_node_needs_another_in_the_zone_of_its_volume(play: Play) -> None:
    store = PlannedPods("store", 1, 100, 100, kind="StatefulSet", zonal=True)
    assert not all(case.fits for case in play(plan(store, maximum=3), "node-drain"))


def test_pods_that_share_a_volume_leave_together(play: Play) -> None:
    portal = PlannedPods("portal", 2, 200, 100, zonal=True, together=True)
    assert all(case.fits for case in play(plan(portal, maximum=4, zones="ab"), "node-drain"))


def test_pods_that_may_not_share_a_node(play: Play) -> None:
    store = PlannedPods("store", 3, 100, 100, apart="node")
    (case,) = play(plan(store, maximum=2, zones="ab"), "steady")
    assert "2 node(s) didn't match pod anti-affinity rules" in case.unplaced[0].reason


def test_a_different_answer_is_a_finding() -> None:
    gateways = PlannedPods("gateway", 3, of_a_node(0.6), 100)
    (too_few,) = reckon(plan(gateways, maximum=2), ("steady",), lots=1)
    (enough,) = reckon(plan(gateways, maximum=3), ("steady",), lots=1)
    assert differences([enough], [enough]) == []
    (worse,), (better,) = differences([enough], [too_few]), differences([too_few], [enough])
    assert (worse.rule, worse.severity) == ("capacity-differs", Severity.ERROR)
    assert (better.rule, better.severity) == ("capacity-differs", Severity.WARNING)


sizes = st.sampled_from([0, 50, 100, 250, 500, 700])
workloads = st.builds(
    PlannedPods,
    name=st.just(""),
    count=st.integers(min_value=1, max_value=4),
    cpu_millicores=sizes,
    memory_mib=st.sampled_from([0, 128, 512, 1024, 2048]),
    surge=st.just(1),
    zonal=st.booleans(),
    apart=st.sampled_from(["", "", "", "node", "zone"]),
)


def at_the_edge(scenario: Scenario, of: PoolPlan, less: int) -> PoolPlan | None:
    """Return the pool with the smallest maximum that the arithmetic lets pass, or one node less."""
    for maximum in range(1, 8):
        tried = replace(of, maximum=maximum, zone_maximum=math.ceil(maximum / (len(of.zones) - 1)))
        if all(case.fits for case in reckon(tried, (scenario,))):
            smaller = max(1, maximum - less)
            return replace(tried, maximum=smaller, zone_maximum=math.ceil(smaller / (len(of.zones) - 1)))
    return None


@pytest.mark.slow
def test_what_the_arithmetic_lets_pass_the_scheduler_places(play: Play) -> None:
    """Random pools at the edge: never does the scheduler lack a node where the arithmetic has one, and it rarely has one more."""
    drawn: list[tuple[PoolPlan, Scenario]] = []

    @seed(20261121)
    @settings(max_examples=24, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(workloads, min_size=1, max_size=5),
        st.sampled_from(["ab", "abc"]),
        st.sampled_from(SCENARIOS),
        st.integers(min_value=0, max_value=1),
    )
    def draw(pods: list[PlannedPods], zones: str, scenario: Scenario, less: int) -> None:
        named = [
            replace(each, name=f"w{number}", apart="" if each.zonal else each.apart) for number, each in enumerate(pods)
        ]
        edge = at_the_edge(scenario, plan(*named, maximum=1, zones=zones), less)
        if edge is not None:
            drawn.append((edge, scenario))

    draw()
    pools, scenarios = zip(*drawn, strict=True)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(play, pools, scenarios))
    reckoned = [list(reckon(of, (scenario,))) for of, scenario in drawn]
    differing = [differences(ours, theirs) for ours, theirs in zip(reckoned, found, strict=True)]
    assert len(drawn) >= 12
    assert [each for each in differing if any(finding.severity is Severity.ERROR for finding in each)] == []
    assert sum(bool(each) for each in differing) <= len(drawn) // 5


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["stg", "azure-standard", "axway-on-azure"])
def test_a_stack_has_room_and_with_too_few_nodes_it_has_not(stack: str, control_plane: ControlPlane) -> None:
    whole = load_environment(stack, directory=ROOT).settings
    required = survived(whole)
    found = schedule(whole, control_plane, required, prefix=f"{stack}-")
    plans = pool_plans(whole, node_pools(whole)[0].zones)
    assert capacity_findings(whole, found) == []
    assert differences([case for of in plans for case in outcomes(of, required)], found) == []
    (user,) = [of for of in plans if of.pool == "user"]
    asked = sum(pods.count * pods.cpu_millicores for pods in user.pods)
    # Fewer nodes than the sum of all requests takes: no lot helps, as it may with one node less than the arithmetic says.
    maximum = math.ceil(asked / user.machine.left.cpu_millicores) - 1
    given = [f"cluster.pools.user.max={maximum}", "cluster.pools.user.min=1"]
    less = load_environment(stack, directory=ROOT, overrides=given, capacity=False).settings
    short = schedule(less, control_plane, ("steady",), prefix=f"{stack}-less-")
    assert [each.severity for each in capacity_findings(less, short)] == [Severity.ERROR]
