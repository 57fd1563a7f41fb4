"""Rules of the cloud's own front end, and the kind of API Gateway that the settings ask for."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.planning.addresses import address_needs
from apim_infra.planning.edge_rules import LOG_RETENTION, MOST_ROUTES, choose_api_type, edge_violations
from apim_infra.planning.flows import Role, network_flows, network_roles
from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

ANSWER = {"responses": {"200": {"description": "fine"}}}
PEM = (Path(__file__).parents[1] / "program/authorities.pem").read_text(encoding="ascii")


def stack(edge: dict[str, Any] | None = None, **values: Any) -> StackSettings:
    given = {
        "cloud": "aws",
        "region": "eu-west-1",
        "company_domain": "example.com",
        "tier": "dev",
        "topology": "integrated-cloud",
        **({"edge": edge} if edge else {}),
        **values,
    }
    return load_settings(given).settings


def found(directory: Path, edge: dict[str, Any] | None = None, **values: Any) -> list[Violation]:
    return list(edge_violations(stack(edge, **values), directory))


def written(directory: Path, paths: list[str], methods: tuple[str, ...] = ("get",)) -> dict[str, str]:
    content = {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {path: dict.fromkeys(methods, ANSWER) for path in paths},
    }
    (directory / "a.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return {"name": "a", "file": "a.yaml"}


PLAN: dict[str, Any] = {"usage_plans": [{"name": "partners", "keys": ["shop"]}]}
FIREWALL: dict[str, Any] = {"firewall": {}}
MUTUAL: dict[str, Any] = {"mutual_tls": {"truststore": "authorities.pem"}}


class TestChoice:
    def test_http_is_enough_by_default(self) -> None:
        chosen = choose_api_type(stack())
        assert (chosen.api_type, chosen.reason.split(":")[0]) == ("http", "since nothing asks for more")

    @pytest.mark.parametrize(("edge", "word"), [(PLAN, "usage plans"), (FIREWALL, "firewall"), (MUTUAL, "mutual TLS")])
    def test_what_asks_for_rest_is_named(self, edge: dict[str, Any], word: str) -> None:
        chosen = choose_api_type(stack(edge))
        assert chosen.api_type == "rest"
        assert word in chosen.reason

    @given(st.sets(st.sampled_from(["usage_plans", "firewall", "mutual_tls"])), st.sampled_from(["http", "rest", None]))
    def test_what_is_said_wins_and_otherwise_any_wish_makes_it_rest(self, wishes: set[str], said: str | None) -> None:
        wanted = {name: value for part in (PLAN, FIREWALL, MUTUAL) for name, value in part.items() if name in wishes}
        chosen = choose_api_type(stack({**wanted, "api_type": said})).api_type
        assert chosen == (said or ("rest" if wishes else "http"))


class TestFlows:
    def test_nothing_but_the_link_reaches_the_load_balancer_of_api_users(self) -> None:
        into = [flow for flow in network_flows(stack()) if flow.destination is Role.PUBLIC_LOAD_BALANCER]
        assert [(flow.source, flow.port_from, flow.port_to) for flow in into] == [(Role.VPC_LINK, 443, 443)]
        assert Role.VPC_LINK in network_roles(stack())

    def test_other_topologies_have_no_link(self) -> None:
        flows = network_flows(stack(topology="standard"))
        assert Role.VPC_LINK not in {role for flow in flows for role in (flow.source, flow.destination)}
        assert Role.API_USERS in {flow.source for flow in flows}

    def test_private_subnets_have_room_for_the_load_balancer_and_the_link(self) -> None:
        before, after = address_needs(stack(topology="standard")), address_needs(stack())
        assert (after.private - before.private, before.public - after.public) == (10, 8)


class TestRules:
    def test_a_bare_front_end_is_fine(self, tmp_path: Path) -> None:
        assert found(tmp_path) == []

    @pytest.mark.parametrize("topology", ["standard", "internal-development"])
    @pytest.mark.parametrize(
        ("edge", "path"),
        [
            (PLAN, "edge.usage_plans"),
            (FIREWALL, "edge.firewall"),
            ({"throttling": {"rate": 5}}, "edge.throttling"),
            ({"cors": {"origins": ["*"]}}, "edge.cors"),
            ({"api_type": "http"}, "edge.api_type"),
            ({"unlisted_paths": "refuse"}, "edge.unlisted_paths"),
            ({"access_log_retention_days": 30}, "edge.access_log_retention_days"),
            ({"documents": [{"name": "a", "file": "missing.yaml"}]}, "edge.documents"),
        ],
    )
    def test_what_would_have_no_effect_is_refused(
        self, tmp_path: Path, topology: str, edge: dict[str, Any], path: str
    ) -> None:
        refused = found(tmp_path, edge, topology=topology)
        assert [each.path for each in refused] == [path]
        assert f"has no effect in topology {topology}" in refused[0].rule
        assert "integrated-cloud" in refused[0].fix

    def test_a_firewall_without_front_end_is_refused_with_the_way_to_have_one(self, tmp_path: Path) -> None:
        assert "a network load balancer cannot have one" in found(tmp_path, FIREWALL, topology="standard")[0].fix

    @pytest.mark.parametrize(("edge", "word"), [(PLAN, "usage plans"), (FIREWALL, "AWS WAF")])
    def test_http_apis_have_neither_plans_nor_a_firewall(self, tmp_path: Path, edge: dict[str, Any], word: str) -> None:
        refused = found(tmp_path, {**edge, "api_type": "http"})
        assert [(each.path, each.value) for each in refused] == [("edge.api_type", "http")]
        assert word in refused[0].rule

    def test_http_apis_have_mutual_tls(self, tmp_path: Path) -> None:
        (tmp_path / "authorities.pem").write_text(PEM)
        assert found(tmp_path, {**MUTUAL, "api_type": "http"}) == []

    def test_the_load_balancer_of_api_users_must_be_there(self, tmp_path: Path) -> None:
        refused = found(tmp_path, ingress={"public": {"enabled": False}})
        assert [(each.path, each.value) for each in refused] == [("ingress.public.enabled", False)]

    @pytest.mark.parametrize(
        ("content", "rule"),
        [
            (None, "cannot be read"),
            ("hello", "must hold certificates in PEM"),
            (PEM + "-----BEGIN PRIVATE KEY-----\n", "must not hold a private key"),
        ],
    )
    def test_truststores_that_are_none(self, tmp_path: Path, content: str | None, rule: str) -> None:
        if content is not None:
            (tmp_path / "authorities.pem").write_text(content)
        refused = found(tmp_path, MUTUAL)
        assert [each.path for each in refused] == ["edge.mutual_tls.truststore"]
        assert refused[0].rule.startswith(rule)
        assert "PRIVATE KEY-----" not in str(refused[0])

    def test_a_truststore_outside_of_the_project(self, tmp_path: Path) -> None:
        refused = found(tmp_path, {"mutual_tls": {"truststore": "../authorities.pem"}})
        assert [each.rule for each in refused] == ["must lie inside the project"]

    def test_log_retention_is_one_of_the_clouds_periods(self, tmp_path: Path) -> None:
        assert all(found(tmp_path, {"access_log_retention_days": days}) == [] for days in LOG_RETENTION)
        refused = found(tmp_path, {"access_log_retention_days": 100})
        assert [(each.path, each.value) for each in refused] == [("edge.access_log_retention_days", 100)]
        assert "90 or 120" in refused[0].fix

    def test_more_routes_than_an_api_has(self, tmp_path: Path) -> None:
        paths = [f"/p{number}" for number in range(MOST_ROUTES)]
        refused = found(tmp_path, {"documents": [written(tmp_path, paths)]})
        assert [(each.path, each.rule) for each in refused] == [
            ("edge.documents", "need 301 routes of an HTTP API, and it has 300 at most")
        ]
        assert found(tmp_path, {"documents": [written(tmp_path, paths)], "unlisted_paths": "refuse"}) == []

    def test_rest_apis_count_places_of_the_tree_instead(self, tmp_path: Path) -> None:
        many = ("get", "put", "post", "delete")
        documents = {"documents": [written(tmp_path, [f"/p{number}" for number in range(100)], many)]}
        assert found(tmp_path, {**documents, "api_type": "rest"}) == []
        assert len(found(tmp_path, documents)) == 1
        documents = {"documents": [written(tmp_path, [f"/p{number}/items" for number in range(150)])]}
        refused = found(tmp_path, {**documents, "api_type": "rest"})
        assert [each.rule for each in refused] == ["need 602 resources of a REST API, and it has 300 at most"]

    def test_a_health_check_of_a_path_that_is_refused(self, tmp_path: Path) -> None:
        edge = {"documents": [written(tmp_path, ["/orders"])], "unlisted_paths": "refuse"}
        checks = {"ingress": {"dns": {"health_checks": {"enabled": True, "path": "/health"}}}}
        refused = found(tmp_path, edge, **checks)
        assert [(each.path, each.value) for each in refused] == [("ingress.dns.health_checks.path", "/health")]
        checks["ingress"]["dns"]["health_checks"]["path"] = "/orders"
        assert found(tmp_path, edge, **checks) == []

    def test_sources_cannot_be_limited_at_a_load_balancer_that_is_private(self, tmp_path: Path) -> None:
        refused = found(tmp_path, ingress={"public": {"source_cidrs": ["203.0.113.0/24"]}})
        assert [(each.path, each.value) for each in refused] == [("ingress.public.source_cidrs", "203.0.113.0/24")]
        assert "edge.firewall" in refused[0].fix

    def test_checks_without_public_hosts(self, tmp_path: Path) -> None:
        ingress = {"public": {"enabled": False}, "dns": {"health_checks": {"enabled": True}}}
        refused = found(tmp_path, topology="standard", ingress=ingress)
        assert [(each.path, each.value) for each in refused] == [("ingress.dns.health_checks.enabled", True)]

    @pytest.mark.parametrize(("method", "fits"), [("GET", True), ("*", True), ("get", False), ("TRACE", False)])
    def test_methods_of_cors_are_those_of_api_gateway(self, tmp_path: Path, method: str, fits: bool) -> None:
        refused = found(tmp_path, {"cors": {"origins": ["*"], "methods": ["POST", method]}})
        assert [each.path for each in refused] == ["edge.cors.methods[1]"] * (not fits)

    @pytest.mark.parametrize(
        ("arn", "fits"),
        [
            ("arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012", True),
            ("arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012", False),
            ("arn:aws:iam::111122223333:server-certificate/api", False),
        ],
    )
    def test_certificates_are_of_the_own_region(self, tmp_path: Path, arn: str, fits: bool) -> None:
        assert [each.value for each in found(tmp_path, {"certificate_arn": arn})] == [arn] * (not fits)

    def test_they_are_among_the_rules_of_every_stack(self, tmp_path: Path) -> None:
        settings = stack({"documents": [{"name": "a", "file": "missing.yaml"}]})
        assert "edge.documents[0].file" in [each.path for each in violations(settings, tmp_path)]
