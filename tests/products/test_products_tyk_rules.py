"""Tyk: what makes no sense is refused, each with its path, and everything at once."""

from typing import Any

import pytest
from tyk_samples import ORGANISATIONS, PUMPS, REMOTE, SECRET, paths, stack, tyk

from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.violations import MASK, SettingsError

PUMP = {"name": "team", "sink": "kafka", **PUMPS["kafka"]}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
        ("data-plane", {"remote": None}, "tyk.remote"),
        ("hybrid", {"remote": None}, "tyk.remote"),
        ("hybrid", {"remote": {**REMOTE, "inside": True}}, "tyk.remote.inside"),
        ("minimal", {"remote": REMOTE}, "tyk.remote"),
        ("high-availability", {"licences": {}}, "tyk.licences.dashboard"),
        ("control-plane", {"licences": {"dashboard": SECRET, "portal": SECRET}}, "tyk.licences.mdcb"),
        ("high-availability", {"licences": {"dashboard": SECRET}}, "tyk.licences.portal"),
        ("minimal", {"licences": {"dashboard": SECRET}}, "tyk.licences.dashboard"),
        ("high-availability", {"licences": {"dashboard": SECRET, "portal": SECRET, "mdcb": SECRET}}, "tyk.licences.mdcb"),
        ("high-availability", {"organisations": []}, "tyk.organisations"),
        ("minimal", {"organisations": ORGANISATIONS[:1]}, "tyk.organisations"),
        ("data-plane", {"organisations": ORGANISATIONS[:1]}, "tyk.organisations"),
        ("high-availability", {"dashboard_host": "api"}, "tyk.dashboard_host"),
        ("high-availability", {"dashboard_host": "payments"}, "tyk.organisations[0].portal_host"),
        ("control-plane", {"mdcb": {"host": "dashboard"}}, "tyk.mdcb.host"),
        ("minimal", {"cloud": {"address": "a.b", "upstreams": [{"host": "a", "service": "a"}]}}, "tyk.cloud"),
        ("cloud", {"cloud": None}, "tyk.cloud"),
        ("cloud", {"pumps": [PUMP]}, "tyk.pumps"),
        ("minimal", {"database_authority": "-----BEGIN"}, "tyk.database_authority"),
        ("minimal", {"pumps": [{**PUMP, "address": None}]}, "tyk.pumps[0].address"),
        ("minimal", {"pumps": [{**PUMP, "settings": {}}]}, "tyk.pumps[0].settings.topic"),
        ("minimal", {"pumps": [{**PUMP, "settings": {"topic": "a", "tpoic": "b"}}]}, "tyk.pumps[0].settings.tpoic"),
        ("minimal", {"pumps": [{**PUMP, "name": "sql"}]}, "tyk.pumps[0].name"),
        ("minimal", {"pumps": [{**PUMP, "name": "a-b"}, {**PUMP, "name": "ab"}]}, "tyk.pumps[1].name"),
        ("minimal", {"pumps": [{"name": "a", "sink": "splunk", "address": "s.example.com"}]}, "tyk.pumps[0].secret"),
        ("minimal", {"pumps": [{"name": "a", "sink": "mongo", "settings": {"collection": "c"}}]}, "tyk.pumps[0].secret"),
        ("minimal", {"pumps": [{"name": "a", "sink": "statsd", **PUMPS["statsd"], "secret": SECRET}]}, "tyk.pumps[0].secret"),
        ("minimal", {"pumps": [{"name": "a", "sink": "csv", "address": "a.example.com"}]}, "tyk.pumps[0].address"),
        ("minimal", {"pumps": [{"name": "a", "sink": "csv", "port": 1234}]}, "tyk.pumps[0].port"),
        ("minimal", {"pumps": [{"name": "a", "sink": "prometheus"}, {"name": "b", "sink": "prometheus"}]}, "tyk.pumps[1].sink"),
        ("high-availability", {"pumps": [{"name": "a", "sink": "postgresql"}]}, "tyk.pumps[0].sink"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "settings", "path"), REFUSED)
def test_what_does_not_fit_the_pattern_is_refused_at_its_path(pattern: str, settings: Any, path: str) -> None:
    assert path in paths(tyk(pattern, **settings))


@pytest.mark.parametrize(
    ("pattern", "stores", "path"),
    [
        ("minimal", {"redis": {"mode": "none"}}, "stores.redis.mode"),
        ("minimal", {"gateway_postgresql": {"mode": "managed"}}, "stores.gateway_postgresql.mode"),
        ("data-plane", {"gateway_postgresql": {"mode": "managed"}}, "stores.gateway_postgresql.mode"),
        ("high-availability", {"gateway_postgresql": {"mode": "none"}}, "stores.gateway_postgresql.mode"),
        ("high-availability", {"gateway_postgresql": {"mode": "in-cluster"}}, "stores.gateway_postgresql.mode"),
        (
            "high-availability",
            {"gateway_postgresql": {"password_rotation_days": 30}},
            "stores.gateway_postgresql.password_rotation_days",
        ),
        ("cloud", {"redis": {"mode": "managed"}}, "stores.redis.mode"),
        ("high-availability", {"cassandra": {"mode": "self-managed"}}, "stores.cassandra.mode"),
    ],
)
def test_stores_that_are_missing_or_have_no_user_are_refused(pattern: str, stores: Any, path: str) -> None:
    assert path in paths(stack(pattern, stores=stores))


GROUP = {"name": "dmz", "apis": ["/"], "tags": ["dmz"]}


@pytest.mark.parametrize(
    ("pattern", "groups", "path"),
    [
        ("high-availability", [GROUP], "gateway_groups"),
        ("high-availability", [GROUP, {"name": "all", "apis": ["/all"]}], "gateway_groups[1].exposure"),
        ("data-plane", [GROUP, {"name": "all", "apis": ["/all"]}], "gateway_groups[1].exposure"),
        ("minimal", [GROUP], "gateway_groups[0].tags"),
        ("cloud", [{"name": "default"}], "gateway_groups"),
    ],
)
def test_tags_that_would_show_apis_or_have_no_effect_are_refused(pattern: str, groups: Any, path: str) -> None:
    assert path in paths(stack(pattern, gateway_groups=groups))


def test_a_data_plane_may_tag_every_group() -> None:
    assert violations(stack("data-plane", gateway_groups=[GROUP])) == []


def test_a_control_plane_in_public_names_who_may_reach_it() -> None:
    open_to_all = stack("control-plane", tyk={"mdcb": {"exposure": "public"}})
    assert "ingress.public.source_cidrs" in paths(open_to_all)
    traefik = stack("control-plane", ingress={"controller": "traefik"})
    assert "ingress.controller" in paths(traefik)
    ends_tls = stack(
        "control-plane",
        "azure",
        tyk={"mdcb": {"exposure": "public"}},
        ingress={"application_gateway": {}, "public": {"source_cidrs": ["198.51.100.0/24"]}},
    )
    assert "tyk.mdcb.exposure" in paths(ends_tls)


def test_the_vendors_gateways_are_named() -> None:
    assert "ingress.public.source_cidrs" in paths(stack("cloud", ingress={"public": {"source_cidrs": ["0.0.0.0/0"]}}))
    closed = stack("cloud", ingress={"public": {"enabled": False, "source_cidrs": ["198.51.100.0/24"]}})
    assert "ingress.public.enabled" in paths(closed)
    twice = [{"host": "a", "service": "a"}, {"host": "b", "service": "a", "port": 8081}]
    assert "tyk.cloud.upstreams[1].port" in paths(tyk("cloud", cloud={"address": "g.example.net", "upstreams": twice}))
    same = [{"host": "api", "service": "a"}]
    assert "tyk.cloud.upstreams[0].host" in paths(tyk("cloud", cloud={"address": "g.example.net", "upstreams": same}))


def test_files_of_analytics_are_refused_in_production() -> None:
    pumps = {"pumps": [{"name": "a", "sink": "csv"}]}
    assert "tyk.pumps[0].sink" not in paths(stack("minimal", tyk=pumps))
    assert "tyk.pumps[0].sink" in paths(stack("minimal", tyk=pumps, tier="prd"))


def test_settings_of_tyk_are_refused_for_another_product() -> None:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
    assert "tyk" in paths(load_settings({**given, "tyk": {"pattern": "minimal"}}).settings)
    assert "tyk" not in paths(load_settings(given).settings)


def test_a_second_deployment_is_refused_where_it_would_have_the_same_organisations() -> None:
    private = {"domain": "inside.example.com"}
    assert "private_deployment" in paths(stack(private_deployment=private))
    assert "private_deployment" not in paths(stack("minimal", private_deployment=private))


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"organisations": [ORGANISATIONS[0], ORGANISATIONS[0]]}, "tyk.organisations[1].name"),
        (
            {"organisations": [ORGANISATIONS[0], {**ORGANISATIONS[1], "portal_host": "payments"}]},
            "tyk.organisations[1].portal_host",
        ),
        ({"pumps": [{**PUMP, "organisation": "nobody"}]}, "tyk.pumps[0].organisation"),
        ({"pumps": [PUMP, PUMP]}, "tyk.pumps[1].name"),
        ({"remote": {**REMOTE, "organisation_id": "payments"}}, "tyk.remote.organisation_id"),
        ({"licences": {"dashboard": "in clear"}}, "tyk.licences.dashboard"),
    ],
)
def test_what_contradicts_itself_is_refused_before_anything_else(settings: Any, path: str) -> None:
    with pytest.raises(SettingsError) as error:
        tyk(**settings)
    assert path in {each.path for each in error.value.violations}


def test_no_refusal_shows_a_secret() -> None:
    wrong = tyk("minimal", licences={"dashboard": SECRET}, pumps=[{"name": "a", "sink": "csv", "secret": SECRET}])
    found = [each for each in violations(wrong) if each.value == MASK]
    assert {each.path for each in found} == {"tyk.licences.dashboard", "tyk.pumps[0].secret"}
    assert str(SECRET) not in "\n".join(map(str, violations(wrong)))
