"""Private topologies: what their layer sets, what contradicts it, and what needs a way out where there is none."""

from typing import Any

import pytest

from apim_infra.planning.availability import what_is_built
from apim_infra.planning.flows import Role, flows
from apim_infra.planning.validation import violations
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.layers import Origin, default_tree, topology_values
from apim_infra.settings.load import Resolved, load_settings
from apim_infra.settings.path import render
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.translate import value_at
from apim_infra.settings.violations import MASK

PRIVATE = ("internal-development", "dev-only-internal")
USER = {"username": "apim", "access_token": Encrypted("token")}
LOGINS = {"docker_hub": USER, "github": USER}
WEBHOOK = Encrypted("https://hooks.slack.com/services/not-to-be-seen")


def resolved(topology: str, **values: Any) -> Resolved:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev", **values}
    given.setdefault("images", LOGINS)
    return load_settings({**given, "topology": topology})


def stack(topology: str, **values: Any) -> StackSettings:
    return resolved(topology, **values).settings


@pytest.mark.parametrize("topology", Topology)
@pytest.mark.parametrize("cloud", [*Cloud, None])
def test_a_topology_names_only_settings_that_exist(topology: Topology, cloud: Cloud | None) -> None:
    for path in topology_values(topology, cloud):
        holder = value_at(default_tree(), path[:-1])
        assert isinstance(holder, dict), render(path)
        assert path[-1] in holder, render(path)


@pytest.mark.parametrize("topology", ["standard", "integrated-cloud"])
def test_a_topology_with_a_public_side_sets_nothing(topology: str) -> None:
    assert Origin.TOPOLOGY not in resolved(topology).origins.values()


@pytest.mark.parametrize("topology", PRIVATE)
@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_defaults_of_a_private_topology_are_clean(topology: str, tier: str, size: str) -> None:
    assert violations(stack(topology, tier=tier, size=size)) == []


def test_internal_development_has_nothing_public_and_a_way_out() -> None:
    made = resolved("internal-development", tier="prd", size="medium")
    settings = made.settings
    assert not settings.ingress.public.enabled
    assert [group.exposure for group in settings.gateway_groups] == [Exposure.PRIVATE]
    assert settings.network.nat == "per-zone"
    assert settings.images.source == "upstream"
    set_by_it = {path for path, origin in made.origins.items() if origin is Origin.TOPOLOGY}
    assert set_by_it == {
        "ingress.public.enabled",
        "gateway_groups[0].exposure",
        "cluster.api_endpoint.public",
    }
    # What the size says of the same group stays.
    assert made.origins["gateway_groups[0].replicas.min"] is Origin.SIZE


def test_dev_only_internal_has_no_way_out_either() -> None:
    settings = stack("dev-only-internal")
    assert settings.network.nat == "none"
    assert settings.images.source == "pull-through-cache"
    assert not settings.cluster.api_endpoint.public
    needs = what_is_built().without_nat[Cloud.AWS]
    assert set(needs.gateway_endpoints) <= set(settings.network.gateway_endpoints)
    assert set(needs.interface_endpoints) <= set(settings.network.interface_endpoints)


def test_the_stack_file_wins_over_the_topology() -> None:
    made = resolved("internal-development", ingress={"public": {"enabled": True}})
    assert made.origins["ingress.public.enabled"] is Origin.FILE
    assert [each.path for each in violations(made.settings)] == ["ingress.public.enabled"]


@pytest.mark.parametrize(
    "asked",
    [
        {"observability": {"exporters": {"cloudwatch": {}}}},
        {"observability": {"exporters": {"firehose": {}}}},
        {"stores": {"mariadb": {"password_rotation_days": 30}}},
        {"tier": "prd"},
    ],
    ids=["CloudWatch", "Firehose", "rotation", "production"],
)
def test_its_endpoints_are_enough_for_whatever_works_without_a_way_out(asked: dict[str, Any]) -> None:
    assert violations(stack("dev-only-internal", **asked)) == []
    with_fewer = {**asked, "network": {"interface_endpoints": ["ecr.api"]}}
    assert violations(stack("dev-only-internal", **with_fewer)) != []


CASES: dict[str, tuple[tuple[str, ...], dict[str, Any], str, Any, str]] = {
    "public load balancer": (
        PRIVATE,
        {"ingress": {"public": {"enabled": True}}},
        "ingress.public.enabled",
        True,
        "must be false: topology",
    ),
    "public zone": (
        PRIVATE,
        {"ingress": {"dns": {"public_zone_id": "Z0123456789"}}},
        "ingress.dns.public_zone_id",
        "Z0123456789",
        "must not be given: topology",
    ),
    "health checks": (
        PRIVATE,
        {"ingress": {"dns": {"health_checks": {"enabled": True}}}},
        "ingress.dns.health_checks.enabled",
        True,
        "must be false: topology",
    ),
    "ranges of a public Kubernetes API": (
        PRIVATE,
        {"cluster": {"api_endpoint": {"allowed_cidrs": ["203.0.113.0/24"]}}},
        "cluster.api_endpoint.allowed_cidrs",
        "203.0.113.0/24",
        "has no effect: topology",
    ),
    "front end": (
        PRIVATE,
        {"edge": {"certificate_arn": "arn:aws:acm:eu-west-1:111122223333:certificate/0"}},
        "edge.certificate_arn",
        "arn:aws:acm:eu-west-1:111122223333:certificate/0",
        "",
    ),
    "public gateways": (
        PRIVATE,
        {"gateway_groups": [{"name": "default"}]},
        "gateway_groups[0].exposure",
        "public",
        "must be private: topology",
    ),
    "NAT": (
        ("dev-only-internal",),
        {"network": {"nat": "single"}},
        "network.nat",
        "single",
        "must be none: topology dev-only-internal",
    ),
    "upstream images without NAT": (
        PRIVATE,
        {
            "images": {"source": "upstream"},
            "network": {
                "nat": "none",
                "interface_endpoints": [
                    *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth"),
                    *("elasticloadbalancing", "logs", "sts"),
                ],
            },
        },
        "images.source",
        "upstream",
        "must be pull-through-cache: without NAT",
    ),
    "Slack without NAT": (
        ("dev-only-internal",),
        {"observability": {"alerts": {"slack_webhook": WEBHOOK}}},
        "observability.alerts.slack_webhook",
        MASK,
        "must not be set: without NAT",
    ),
}


@pytest.mark.parametrize(
    ("topology", "case"), [(topology, case) for case, (topologies, *_) in CASES.items() for topology in topologies]
)
def test_a_contradiction_is_refused_with_path_value_rule_and_fix(topology: str, case: str) -> None:
    _, values, path, value, rule = CASES[case]
    found = [each for each in violations(stack(topology, **values)) if each.path == path]
    assert [(each.value, each.rule.startswith(rule), bool(each.fix)) for each in found] == [(value, True, True)]
    assert "not-to-be-seen" not in repr(found)


@pytest.mark.parametrize("topology", PRIVATE)
def test_a_public_kubernetes_api_is_refused(topology: str) -> None:
    endpoint = {"public": True, "allowed_cidrs": ["203.0.113.0/24"]}
    paths = [each.path for each in violations(stack(topology, cluster={"api_endpoint": endpoint}))]
    assert "cluster.api_endpoint.public" in paths


@pytest.mark.parametrize("topology", PRIVATE)
def test_a_private_topology_needs_its_only_load_balancer(topology: str) -> None:
    paths = [each.path for each in violations(stack(topology, ingress={"internal": {"enabled": False}}))]
    assert "ingress.internal.enabled" in paths


def test_a_cache_of_images_is_for_aws_alone_today() -> None:
    images = {**LOGINS, "source": "pull-through-cache"}
    settings = stack("standard", cloud="azure", region="westeurope", images=images)
    found = [each for each in violations(settings) if each.path == "images.source"]
    assert [(each.value, each.rule) for each in found] == [
        ("pull-through-cache", "is for aws: azure has no such thing")
    ]
    assert [each for each in violations(stack("standard", images=images)) if each.path == "images.source"] == []


def test_alerts_by_e_mail_go_to_a_relay_inside() -> None:
    alerts = {"email": ["a@example.com"], "smtp": {"host": "smtp.example.com", "sender": "b@example.com"}}
    settings = stack("dev-only-internal", observability={"alerts": alerts})
    assert violations(settings) == []
    (mail,) = [flow for flow in flows(settings) if flow.port_from == 587]
    assert (mail.source, mail.destination) == (Role.MONITORING, Role.INTERNAL)
    assert [flow for flow in flows(settings) if flow.destination is Role.INTERNET and flow.port_from != 443] == []
