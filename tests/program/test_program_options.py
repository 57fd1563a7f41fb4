"""What an option adds, removes and changes: everything else stays as it was."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from program_support import ROOT, environment_of, of_type, record_stack

from apim_infra.platform import deploy
from apim_infra.platform.aws_foundation import build_foundation
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.graph_file import graph_text
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.program import to_program
from apim_infra.settings.violations import MASK

GROUPS = '[{"name":"default"},{"name":"partners","mode":"dedicated","apis":["/partners"]}]'
PRIVATE_GROUP = 'gateway_groups=[{"name":"default","exposure":"private"}]'
ENDPOINTS = 'network.interface_endpoints=["autoscaling","ec2","ecr.api","ecr.dkr","eks","eks-auth","elasticloadbalancing","logs","sts"]'


@dataclass(frozen=True)
class Change:
    """How one graph differs from another, by the names of its resources without the stack's prefix."""

    added: set[str]
    removed: set[str]
    changed: dict[str, set[str]]
    """Name to the input keys that differ; inputs of components are left out."""


def change(before: Graph, after: Graph) -> Change:
    old, new = ({r.urn: r for r in graph.resources} for graph in (before, after))
    changed = {
        short(urn): {
            key for key in {*old[urn].inputs, *new[urn].inputs} if old[urn].inputs.get(key) != new[urn].inputs.get(key)
        }
        for urn in old.keys() & new.keys()
        if old[urn].custom and old[urn].inputs != new[urn].inputs
    }
    return Change(
        {short(urn) for urn in new.keys() - old.keys()}, {short(urn) for urn in old.keys() - new.keys()}, changed
    )


def short(urn: str) -> str:
    return re.sub(r"^apim-\w+?-", "", urn.rpartition("::")[2])


def like(names: set[str], *patterns: str) -> set[str]:
    """Return the names that no pattern matches; every pattern must match something."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in names), f"nothing is like {pattern} in {sorted(names)}"
    return {name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)}


# -- the network, built alone to be quick ----------------------------------------------------------------------------------------------------


SEALED = ROOT / "examples" / "aws-dev-internal" / "Pulumi.aws-dev-internal.yaml"
"""A stack file with logins for the cache of images, which nodes need without NAT."""
WITHOUT_NAT = ("topology=standard", "network.nat=none", "images.source=pull-through-cache", ENDPOINTS)


@cache
def foundation(*overrides: str, file: Path | None = None) -> Graph:
    settings = environment_of("dev", *overrides, file=file).settings
    made = record(lambda: build_foundation(settings, Naming.of_stack(settings)), stack="dev")
    assert made.errors == []
    return made.graph


def test_flow_logs_can_be_left_out() -> None:
    found = change(foundation(), foundation("network.flow_logs.enabled=false"))
    assert (found.added, found.changed) == (set(), {})
    assert like(found.removed, "network-flow-logs", "network-flow-logs-(log|group|role|write)") == set()
    assert len(found.removed) == 5


def test_nat_per_zone_adds_a_gateway_with_an_address_for_every_other_zone() -> None:
    found = change(foundation(), foundation("network.nat=per-zone"))
    assert found.added == {"network-nat-eu-west-1b", "network-nat-eu-west-1b-address"}
    assert found.removed == set()
    assert found.changed == {"network-private-eu-west-1b-nat": {"natGatewayId"}}


def test_without_nat_nodes_reach_the_cloud_by_endpoints_alone() -> None:
    graph = foundation(*WITHOUT_NAT, file=SEALED)
    types = {resource.type for resource in graph.resources}
    assert types.isdisjoint({"aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip"})
    routes = of_type(graph, "aws:ec2/route:Route")
    assert [route.inputs["destinationCidrBlock"] for route in routes] == [
        "0.0.0.0/0"
    ]  # that of the public load balancer's subnets
    endpoints = of_type(graph, "aws:ec2/vpcEndpoint:VpcEndpoint")
    assert len([each for each in endpoints if each.inputs["vpcEndpointType"] == "Interface"]) == 9
    (group,) = {group for each in endpoints for group in each.inputs.get("securityGroupIds", [])}
    assert [g.name for g in of_type(graph, "aws:ec2/securityGroup:SecurityGroup") if g.id == group] == [
        "apim-dev-security-endpoints"
    ]


def test_a_network_without_public_side_and_nat_has_no_way_to_the_internet() -> None:
    graph = foundation(*WITHOUT_NAT, "ingress.public.enabled=false", PRIVATE_GROUP, file=SEALED)
    types = {resource.type for resource in graph.resources}
    assert types.isdisjoint(
        {"aws:ec2/internetGateway:InternetGateway", "aws:ec2/natGateway:NatGateway", "aws:ec2/route:Route"}
    )
    assert {subnet.name.split("-")[3] for subnet in of_type(graph, "aws:ec2/subnet:Subnet")} == {"private", "data"}


@pytest.mark.parametrize("zones", [2, 3])
def test_a_zone_more_moves_no_subnet(zones: int) -> None:
    subnets = [
        {s.urn: s.inputs["cidrBlock"] for s in of_type(foundation(f"network.zones={count}"), "aws:ec2/subnet:Subnet")}
        for count in (zones, 3)
    ]
    assert subnets[0].items() <= subnets[1].items()
    assert len(subnets[0]) == 3 * zones


# -- the whole platform --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base() -> Recording:
    recording = record_stack("dev")
    assert recording.errors == []
    return recording


@pytest.fixture
def changed_by(base: Recording) -> Callable[..., Change]:
    def by(*overrides: str) -> Change:
        recording = record_stack("dev", *overrides)
        assert recording.errors == []
        return change(base.graph, recording.graph)

    return by


@pytest.mark.slow
def test_the_public_side_can_be_left_out(base: Recording, changed_by: Callable[..., Change]) -> None:
    found = changed_by("ingress.public.enabled=false", PRIVATE_GROUP)
    left = like(
        found.removed,
        "public(-nlb|-https?(-listener)?)?",
        "dns-public(-.*)?",
        "dns-private-developers",
        "security-.*(public-load-balancer|api-users).*",
        "certificates-public-tls",
        "ingress-(http-)?public(-.*)?",
        "flows-public-load-balancer-to-ingress-controller-ingress",
        # The zone in which cert-manager proves names is gone: certificates come from the platform's own authority.
        "certificates-identity(-.*)?",
    )
    assert {name for name in left if not name.startswith(("flows-", "security-", "certificates-"))} == set()
    authority = {"certificates-root", "certificates-authority"}
    assert found.added == {"ingress-internal-api-dev-example-com", *authority}
    assert found.changed["certificates-issuer"] == {"spec"}


@pytest.mark.slow
def test_the_in_memory_store_can_be_left_out(changed_by: Callable[..., Change]) -> None:
    found = changed_by("stores.redis.mode=none")
    assert found.added == set()
    assert like(found.removed, "redis(-.*)?", "security-.*redis.*", "apim-redis", "flows-.*-to-redis-egress") == set()
    assert found.changed == {"apim-release": {"values"}}


@pytest.mark.slow
def test_logging_can_be_left_out(changed_by: Callable[..., Change]) -> None:
    found = changed_by("observability.logs.enabled=false")
    assert found.added == set()
    logs = ("logging(-.*)?", "flows-(.*-to-)?logging(-to-.*)?-(in|e)gress", "alert-rules-fluent-bit")
    assert like(found.removed, *logs) == set()
    unexpected = like(set(found.changed), "microservices-quota", "security-.*", "alert-rules-rules")
    assert unexpected == set()
    assert {key for name, keys in found.changed.items() if name.startswith("security-") for key in keys} == {
        "description"
    }


@pytest.mark.slow
def test_replicas_grow_the_control_plane_and_its_quota_alone(changed_by: Callable[..., Change]) -> None:
    found = changed_by("sizing.replicas=2")
    assert found == Change(set(), set(), {"apim-release": {"values"}, "apim-quota": {"spec"}})


@pytest.mark.slow
def test_a_gateway_group_more_adds_its_own_gateway_and_routes(changed_by: Callable[..., Change]) -> None:
    found = changed_by(f"gateway_groups={GROUPS}")
    # From two groups on, policies tell them apart.
    whole = {"gateway-to-gateway-ingress", *(f"ingress-controller-to-gateway-{end}gress" for end in ("in", "e"))}
    assert found.removed == {f"flows-{name}" for name in whole}
    own = ("gateway-partners(-.*)?", "ingress-user-namespace-gateway-partners-.*")
    assert like(found.added, *own, "flows-(admin-of-.*|ingress-to-gateway-public)-(in|e)gress") == set()
    assert {"ingress-public-api-dev-example-com", "user-namespace-quota"} <= set(found.changed)
    assert set(found.changed) <= {
        "ingress-public-api-dev-example-com",
        "user-namespace-quota",
        "microservices-quota",
        "apim-release",
    }


@pytest.mark.slow
def test_an_encrypted_setting_is_nowhere_in_clear(tmp_path: Path) -> None:
    """The program gets it decrypted, as it does in a real deployment."""
    webhook = "https://hooks.slack.com/services/T0/B0/not-to-be-seen"
    file = tmp_path / "Pulumi.dev.yaml"
    content = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    content["config"]["apim:observability"]["alerts"]["slack_webhook"] = {"secure": "v1:AAAA:BBBB"}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    values, secret_keys = to_program(environment_of("dev", file=file).config)
    assert secret_keys == {"apim:observability"}
    values["apim:observability"] = values["apim:observability"].replace(MASK, webhook)
    assert webhook in values["apim:observability"]
    recording = record(deploy, stack="dev", config=values, secret_keys=secret_keys)
    assert recording.errors == []
    assert any(webhook in text for text in recording.deployment.secrets())
    assert "not-to-be-seen" not in graph_text(recording.graph) + repr(recording.findings)
    assert "v1:AAAA:BBBB" not in graph_text(recording.graph)
