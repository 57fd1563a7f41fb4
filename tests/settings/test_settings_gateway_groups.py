"""Gateway groups: what they may say, what is refused, and replicas that follow from a load."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.settings.gateway import MOST_GROUPS, GatewayGroup
from apim_infra.settings.gateway_load import (
    GroupLoad,
    LoadPolicy,
    carried,
    gateways_for,
    gateways_of,
    measurements,
)
from apim_infra.settings.load import load_settings
from apim_infra.settings.violations import SettingsError, Violation

BASE = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd"}
SIDECAR = {"image": "registry.example.com/shop/orders:1.4.2", "port": 8080}


def groups(*given: dict[str, Any]) -> list[GatewayGroup]:
    named = [{"name": f"group-{number}", "apis": [f"/{number}"], **each} for number, each in enumerate(given)]
    return load_settings({**BASE, "gateway_groups": named}).settings.gateway_groups


def refused(*given: dict[str, Any]) -> list[Violation]:
    with pytest.raises(SettingsError) as caught:
        groups(*given)
    return list(caught.value.violations)


REFUSED: list[tuple[list[dict[str, Any]], str, str]] = [
    ([{"tier": 5}], "gateway_groups[0].tier", "at most 4"),
    ([{"tier": 1}, {}], "gateway_groups[1].tier", "must be given, since other groups have one"),
    ([{"image_tag": "latest"}], "gateway_groups[0].image_tag", "other than `latest`"),
    ([{"image_tag": "sha256:abc"}], "gateway_groups[0].image_tag", "or a digest"),
    ([{"port": 80}], "gateway_groups[0].port", "1024"),
    ([{"database": "none"}], "gateway_groups[0].database", "shared"),
    ([{"mode": "dedicated", "apis": ["/a", "/b"]}], "gateway_groups[0].apis", "exactly one in mode dedicated"),
    ([{"apis": []}], "gateway_groups[0].apis", "at least 1"),
    ([{"apis": ["/a//b"]}], "gateway_groups[0].apis[0]", "must be a path"),
    ([{"apis": ["/a/../b"]}], "gateway_groups[0].apis[0]", "must be a path"),
    ([{"apis": ["/a/.."]}], "gateway_groups[0].apis[0]", "must be a path"),
    ([{"apis": ["/a%2fb"]}], "gateway_groups[0].apis[0]", "must be a path"),
    ([{"apis": ["/a#b"]}], "gateway_groups[0].apis[0]", "must be a path"),
    ([{"mode": "sidecar"}], "gateway_groups[0].sidecar", "must name the service"),
    ([{"sidecar": SIDECAR}], "gateway_groups[0].sidecar", "has no meaning in mode shared"),
    (
        [{"mode": "sidecar", "sidecar": {**SIDECAR, "image": "shop/orders:latest"}}],
        "gateway_groups[0].sidecar.image",
        "must not be `latest`",
    ),
    (
        [{"mode": "sidecar", "sidecar": {**SIDECAR, "image": "shop/orders"}}],
        "gateway_groups[0].sidecar.image",
        "pattern",
    ),
    ([{"apis": ["/a"]}, {"apis": ["/a/"]}], "gateway_groups[1].apis[0]", "routed already by gateway_groups[0]"),
    ([{"apis": ["/a", "/a/"]}], "gateway_groups[0].apis[1]", "routed already by gateway_groups[0].apis[0]"),
    ([{}] * (MOST_GROUPS + 1), "gateway_groups", "must be at most 100 groups, not 101"),
    ([{"load": {"requests_per_second": 100, "message_kib": 50}}], "gateway_groups[0].load.message_kib", "10"),
    (
        [{"load": {"requests_per_second": 100, "steady_requests_per_second": 200}}],
        "gateway_groups[0].load.steady_requests_per_second",
        "must not be above requests_per_second (100)",
    ),
    (
        [{"cpu_millicores": 2000, "load": {"requests_per_second": 4000}, "replicas": {"min": 2, "max": 4}}],
        "gateway_groups[0].replicas.max",
        "must not be below the 6 gateways that load takes",
    ),
    (
        [{"cpu_millicores": 100, "load": {"requests_per_second": 90000}}],
        "gateway_groups[0].load.requests_per_second",
        "more than 100",
    ),
]


@pytest.mark.parametrize(("given", "path", "rule"), REFUSED)
def test_what_makes_no_sense_is_refused(given: list[dict[str, Any]], path: str, rule: str) -> None:
    (found,) = [violation for violation in refused(*given) if violation.path == path]
    assert rule in found.rule
    assert found.fix


ACCEPTED: list[list[dict[str, Any]]] = [
    [{"tier": 1, "quota_share": True}, {"tier": 4}],
    [{"image_tag": f"sha256:{'a' * 64}"}, {"image_tag": 7}],
    [{"mode": "sidecar", "sidecar": SIDECAR}],
    [{"apis": ["/a"]}, {"apis": ["/a/b"]}],
    [{"apis": ["/a"]}, {"apis": ["/a"], "exposure": "private"}],
    [{"database": "own", "port": 8180}],
    [{}] * MOST_GROUPS,
]


@pytest.mark.parametrize("given", ACCEPTED)
def test_what_makes_sense_is_accepted(given: list[dict[str, Any]]) -> None:
    assert len(groups(*given)) == len(given)


# -- load --------------------------------------------------------------------------------------------------------------------------------------------


def test_the_measured_figures_are_met() -> None:
    for figure in measurements().figures:
        assert carried(figure.policy, figure.gateways) == figure.requests_per_second


def test_between_and_beyond_the_figures_each_gateway_adds_as_much() -> None:
    steps = [
        carried(LoadPolicy.PASS_THROUGH, count + 1) - carried(LoadPolicy.PASS_THROUGH, count) for count in range(3, 9)
    ]
    assert steps == pytest.approx([(5760 - 3100) / 3] * 6)


@settings(max_examples=60, deadline=None)
@given(
    load=st.integers(1, 8000),
    policy=st.sampled_from(LoadPolicy),
    percent=st.integers(10, 95),
    millicores=st.integers(500, 8000),
)
def test_as_many_gateways_as_needed_and_no_more(load: int, policy: LoadPolicy, percent: int, millicores: int) -> None:
    count = gateways_for(load, policy, cpu_percent=percent, cpu_millicores=millicores)
    part = percent / 100 * millicores / measurements().cpu_millicores
    if count <= 100:
        assert carried(policy, count) * part >= load
    assert count == 1 or carried(policy, count - 1) * part < load


def test_replicas_follow_from_the_load() -> None:
    load = {"requests_per_second": 4000, "steady_requests_per_second": 2500, "policy": "api-key"}
    (group,) = groups({"cpu_millicores": 2000, "load": load})
    assert (group.replicas.min, group.replicas.max) == (3, 6)
    (more,) = groups({"cpu_millicores": 2000, "load": {**load, "requests_per_second": 5000}})
    assert more.replicas.max > group.replicas.max
    (without,) = groups({"cpu_millicores": 2000})
    assert (without.replicas.min, without.replicas.max) == (2, 4)


def test_a_small_load_still_has_two_gateways() -> None:
    needed = gateways_of(GroupLoad(requests_per_second=1), cpu_percent=75, cpu_millicores=2000)
    assert (needed.minimum, needed.maximum) == (2, 2)


def test_replicas_that_are_given_win_over_the_load() -> None:
    (group,) = groups({"cpu_millicores": 2000, "load": {"requests_per_second": 4000}, "replicas": {"min": 4, "max": 9}})
    assert (group.replicas.min, group.replicas.max) == (4, 9)
