"""The simulation of the engine's scheduling: bounds that hold for every correct schedule, layers of a destroy, the table of durations."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.rehearsal import durations
from apim_infra.rehearsal.durations import Duration, UnknownDurationError
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.schedule import LABEL, forecast, layers, longest_chain, makespan, needs_of, run, teardown
from apim_infra.rehearsal.twins.chance import Chance


@st.composite
def projects(draw):
    count = draw(st.integers(1, 20))
    needs = {
        f"t{task:02}": {f"t{other:02}" for other in draw(st.sets(st.integers(0, task - 1), max_size=3))}
        if task
        else set()
        for task in range(count)
    }
    return needs, {task: draw(st.integers(1, 20)) for task in needs}, draw(st.integers(1, 6))


@settings(max_examples=150, deadline=None)
@given(projects())
def test_a_schedule_keeps_order_capacity_and_bounds(project):
    needs, seconds, workers = project
    times = run(needs, seconds, workers)
    assert all(times[task][0] >= times[other][1] for task in needs for other in needs[task])
    for moment, _ in times.values():
        assert sum(start <= moment < end for start, end in times.values()) <= workers
    chain = sum(seconds[task] for task in longest_chain(needs, seconds))
    work = sum(seconds.values())
    total = makespan(needs, seconds, workers)
    assert max(chain, work / workers) - 1e-6 <= total <= work / workers + chain + 1e-6
    assert makespan(needs, seconds, 1000) == pytest.approx(chain)


@settings(max_examples=150, deadline=None)
@given(projects())
def test_a_destroy_goes_in_layers(project):
    needs, seconds, workers = project
    groups = layers(needs)
    place = {task: index for index, group in enumerate(groups) for task in group}
    assert place.keys() == needs.keys()
    assert all(place[task] < place[other] for task in needs for other in needs[task])
    chain = sum(seconds[task] for task in longest_chain(needs, seconds))
    total = teardown(groups, seconds, workers)
    assert total >= max(chain, sum(seconds.values()) / workers) - 1e-6
    assert teardown(groups, seconds, 1000) == pytest.approx(
        sum(max(seconds[task] for task in group) for group in groups)
    )


def test_tasks_that_wait_for_each_other_are_named():
    knot = {"a": {"b"}, "b": {"a"}, "c": set()}
    for simulate in (layers, lambda needs: run(needs, dict.fromkeys(needs, 1), 2)):
        with pytest.raises(ValueError, match="wait for each other: a, b"):
            simulate(knot)


def resource(name, type_, *needs, custom=True, **more):
    empty = {"parent": "", "provider": "", "inputs": {}, "outputs": {}, "property_dependencies": {}, "protect": False}
    rest = {"aliases": [], "ignore_changes": [], "deleted_with": "", "source": ""}
    return Resource(
        urn=name, type=type_, name=name, custom=custom, dependencies=list(needs), **{**empty, **rest, **more}
    )


GRAPH = Graph(
    stack="dev",
    resources=[
        resource("component", "apim:aws:Network", custom=False),
        resource("provider", "pulumi:providers:kubernetes", "cluster"),
        resource("vpc", "aws:ec2/vpc:Vpc", parent="component"),
        resource("cluster", "aws:eks/cluster:Cluster", "vpc"),
        resource("namespace", "kubernetes:core/v1:Namespace", provider="provider::id", deleted_with="cluster"),
        resource("database", "aws:rds/instance:Instance", "vpc", inputs={"multiAz": True}),
    ],
)


def test_what_a_resource_waits_for():
    assert needs_of(GRAPH)["namespace"] == {"provider", "cluster"}
    assert needs_of(GRAPH)["vpc"] == {"component"}


def test_a_forecast_names_its_critical_path_and_says_that_it_is_simulated():
    found = forecast(GRAPH, samples=10)
    assert found.label == LABEL
    assert [step.name for step in found.critical_path] == ["vpc", "database"]
    assert [estimate.parallelism for estimate in found.deploy] == [8, 16, 64]
    assert found.deploy[0].typical == 12 + 720
    assert all(estimate.p50 <= estimate.p90 for estimate in (*found.deploy, *found.destroy))
    assert found == forecast(GRAPH, samples=10)
    assert found != forecast(GRAPH, samples=10, seed=1)
    json.dumps([estimate.p90 for estimate in found.deploy])


def test_fewer_workers_are_never_faster_in_the_sum_of_all():
    one, many = forecast(GRAPH, parallelism=(1, 64), samples=0).deploy
    assert one.typical > many.typical
    assert one.typical == 12 + 720 + 615 + 1


def test_what_goes_with_its_cluster_costs_nothing():
    stays = Graph(stack="dev", resources=[replace(entry, deleted_with="") for entry in GRAPH.resources])
    assert forecast(stays, samples=0).destroy[0].typical == forecast(GRAPH, samples=0).destroy[0].typical + 15


def test_types_without_a_duration_are_named():
    unknown = [
        resource("a", "gcp:compute/instance:Instance"),
        resource("b", "aws:quantum/thing:Thing"),
        *GRAPH.resources,
    ]
    with pytest.raises(UnknownDurationError, match="aws:quantum/thing:Thing, gcp:compute/instance:Instance") as caught:
        forecast(Graph(stack="dev", resources=unknown), samples=0)
    assert caught.value.types == ["aws:quantum/thing:Thing", "gcp:compute/instance:Instance"]


def test_a_release_is_looked_up_by_its_chart():
    def seconds(chart):
        return durations.creation(resource("r", durations.RELEASE, inputs={"chart": chart})).p50

    assert seconds("oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack") == 120
    assert seconds("./charts/apim") == 180
    assert seconds("cluster-autoscaler") == 25


def test_draws_have_the_quantiles_of_the_table():
    chance = Chance("draws")
    drawn = sorted(Duration(100, 200).draw(chance) for _ in range(2000))
    assert drawn[1000] == pytest.approx(100, rel=0.1)
    assert drawn[1800] == pytest.approx(200, rel=0.1)
