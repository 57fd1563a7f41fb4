"""Objectives of recovery against what a rebuild takes and loses."""

import pytest

from apim_infra.findings import Severity
from apim_infra.recovery.holdings import Way
from apim_infra.recovery.objectives import Objectives, missed, objectives
from apim_infra.rehearsal.durations import UnknownDurationError
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.settings.recovery import RecoverySettings


def found(minutes: float, ninth: float, lost: int = 30) -> Objectives:
    return Objectives(minutes, ninth, ("network", "database"), lost)


def wanted(time: int = 60, point: int = 60) -> RecoverySettings:
    return RecoverySettings(time_objective_minutes=time, point_objective_minutes=point)


def test_in_time_and_complete_enough_is_clean() -> None:
    assert list(missed(wanted(), found(30, 55))) == []


def test_late_in_one_case_of_ten_is_a_warning() -> None:
    (late,) = missed(wanted(), found(30, 80))
    assert (late.severity, late.rule) == (Severity.WARNING, "recovery-time")
    assert "network, database" in late.message


def test_typically_late_is_an_error() -> None:
    (late,) = missed(wanted(20), found(30, 80))
    assert late.severity is Severity.ERROR


def test_too_much_lost_is_an_error() -> None:
    (lost,) = missed(wanted(point=5), found(30, 55))
    assert (lost.severity, lost.rule) == (Severity.ERROR, "recovery-point")
    assert list(missed(wanted(point=5), found(30, 55, lost=0))) == []


def resource(type_: str, name: str, dependencies: list[str]) -> Resource:
    return Resource(
        urn=f"urn:pulumi:prd::apim::{type_}::{name}",
        type=type_,
        name=name,
        parent="",
        custom=True,
        provider="",
        inputs={},
        outputs={},
        dependencies=dependencies,
        property_dependencies={},
        protect=False,
        aliases=[],
        ignore_changes=[],
        deleted_with="",
        source="",
    )


def test_a_chain_takes_at_least_its_parts_and_a_restore_loses_what_the_source_says() -> None:
    vpc = resource("aws:ec2/vpc:Vpc", "network", [])
    database = resource("aws:rds/instance:Instance", "database", [vpc.urn])
    one = objectives(Graph("prd", resources=[vpc]), restored=None)
    both = objectives(Graph("prd", resources=[vpc, database]), restored=Way.AUTOMATED_BACKUPS)
    assert both.minutes > one.minutes
    assert both.minutes_ninth >= both.minutes
    assert both.longest_chain == ("network", "database")
    assert (one.lost_minutes, both.lost_minutes) == (0, 30)


def test_a_type_without_a_duration_is_named() -> None:
    with pytest.raises(UnknownDurationError, match="no:such/type:Type"):
        objectives(Graph("prd", resources=[resource("no:such/type:Type", "x", [])]), restored=None)
