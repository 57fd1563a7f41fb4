"""What the platform needs of a network, keys, zones and a cluster that are brought along."""

from dataclasses import replace
from typing import Any

import pytest

from apim_infra.planning.existing import (
    ClusterFacts,
    KeyFacts,
    NetworkFacts,
    SubnetFacts,
    ZoneFacts,
    cluster_problems,
    key_problems,
    network_problems,
    zone_problems,
)
from apim_infra.settings.load import load_settings
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

KINDS = ("public", "private", "data")
ROUTES = {"public": "internet", "private": "private", "data": "none"}


def stack(**more: Any) -> StackSettings:
    subnets = {f"{kind}_subnet_ids": [f"{kind}-{zone}" for zone in "abc"] for kind in KINDS}
    given: dict[str, Any] = {
        "cloud": "aws",
        "region": "eu-west-1",
        "company_domain": "example.com",
        "tier": "stg",
        "network": {"cidr": "10.40.0.0/16", "existing": {"id": "vpc-1", **subnets}},
        "cluster": {"existing": {"name": "company"}},
    }
    return load_settings({**given, **more}).settings


def network() -> NetworkFacts:
    subnets = {
        kind: [SubnetFacts(f"{kind}-{zone}", "vpc-1", f"eu-west-1{zone}", 4091, False, ROUTES[kind]) for zone in "abc"]
        for kind in KINDS
    }
    return NetworkFacts("vpc-1", "10.40.0.0/16", True, True, subnets)


def with_subnet(kind: str, **changes: Any) -> NetworkFacts:
    facts = network()
    first, *rest = facts.subnets[kind]
    return replace(facts, subnets={**facts.subnets, kind: [replace(first, **changes), *rest]})


CLUSTER = ClusterFacts("ACTIVE", "1.35", "vpc-1", "172.20.0.0/16", "API", True, "sg-1")
KEY = KeyFacts(True, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", False)
ARN = "arn:aws:kms:eu-west-1:111122223333:key/1"


def only(found: list[Violation]) -> Violation:
    assert len(found) == 1, found
    return found[0]


def test_what_fits_breaks_no_rule() -> None:
    assert not list(network_problems(stack(), network()))
    assert not list(cluster_problems(stack(), "vpc-1", CLUSTER))
    assert not list(key_problems(stack(), "stores_key_arn", ARN, KEY))
    assert not list(zone_problems(stack(), "public", "Z1", ZoneFacts("example.com.", False)))


def test_what_is_not_known_breaks_no_rule() -> None:
    unknown = {kind: [SubnetFacts(f"{kind}-{zone}") for zone in "abc"] for kind in KINDS}
    assert not list(network_problems(stack(), NetworkFacts("vpc-1", None, None, None, unknown)))
    assert not list(cluster_problems(stack(), "vpc-1", ClusterFacts(*[None] * 6, "sg-1")))
    assert not list(key_problems(stack(), "stores_key_arn", ARN, KeyFacts(*[None] * 4)))
    assert not list(zone_problems(stack(), "private", "Z1", ZoneFacts(None, None)))


@pytest.mark.parametrize(
    ("facts", "path", "rule"),
    [
        (replace(network(), cidr="10.41.0.0/16"), "network.cidr", "must be the range of vpc-1"),
        (replace(network(), dns_support=False), "network.existing.id", "must have DNS support on"),
        (replace(network(), dns_hostnames=False), "network.existing.id", "must have DNS hostnames on"),
        (with_subnet("data", network_id="vpc-2"), "network.existing.data_subnet_ids[0]", "must lie in vpc-1"),
        (with_subnet("private", free_addresses=11), "network.existing.private_subnet_ids[0]", "has 11 free addresses"),
        (with_subnet("private", public_addresses=True), "network.existing.private_subnet_ids[0]", "public addresses"),
        (with_subnet("public", way_out="private"), "network.existing.public_subnet_ids[0]", "internet gateway"),
        (with_subnet("data", way_out="internet"), "network.existing.data_subnet_ids[0]", "would be a public subnet"),
        (with_subnet("private", way_out="none"), "network.existing.private_subnet_ids[0]", "must have a default route"),
        (with_subnet("data", zone="eu-west-1b"), "network.existing.data_subnet_ids[1]", "must lie in another zone"),
        (with_subnet("data", id="private-a"), "network.existing.data_subnet_ids[0]", "must differ from"),
    ],
)
def test_each_rule_of_a_network(facts: NetworkFacts, path: str, rule: str) -> None:
    found = only(list(network_problems(stack(), facts)))
    assert found.path == path
    assert rule in found.rule
    assert found.fix


def test_a_network_without_a_way_out_is_taken_when_none_is_wanted() -> None:
    endpoints = ["autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "logs", "sts"]
    closed = stack().network.model_copy(update={"nat": NatMode.NONE, "interface_endpoints": endpoints})
    settings = stack().model_copy(update={"network": closed})
    assert not list(network_problems(settings, with_subnet("private", way_out="none")))


@pytest.mark.parametrize(
    ("facts", "path", "rule"),
    [
        (replace(CLUSTER, status="CREATING"), "cluster.existing.name", "must be ACTIVE"),
        (replace(CLUSTER, version="1.34"), "cluster.version", "must be the version of company (1.34)"),
        (replace(CLUSTER, network_id="vpc-2"), "cluster.existing.name", "must lie in vpc-1"),
        (replace(CLUSTER, service_cidr="10.100.0.0/16"), "network.service_cidr", "must be the service range"),
        (replace(CLUSTER, authentication_mode="CONFIG_MAP"), "cluster.existing.name", "access entries"),
        (replace(CLUSTER, security_group_id=None), "cluster.existing.name", "shows no security group"),
        (replace(CLUSTER, private_endpoint=False), "cluster.existing.name", "must have a private endpoint"),
    ],
)
def test_each_rule_of_a_cluster(facts: ClusterFacts, path: str, rule: str) -> None:
    found = only(list(cluster_problems(stack(), "vpc-1", facts)))
    assert found.path == path
    assert rule in found.rule


@pytest.mark.parametrize(
    ("arn", "key", "rule"),
    [
        (ARN.replace("eu-west-1", "eu-west-2"), KEY, "must be a key of region eu-west-1"),
        (ARN, replace(KEY, enabled=False), "must be enabled"),
        (ARN, replace(KEY, usage="SIGN_VERIFY"), "must be a symmetric key"),
        (ARN, replace(KEY, specification="RSA_2048"), "must be a symmetric key"),
    ],
)
def test_each_rule_of_a_key(arn: str, key: KeyFacts, rule: str) -> None:
    found = only(list(key_problems(stack(), "logs_key_arn", arn, key)))
    assert found.path == "encryption.logs_key_arn"
    assert rule in found.rule


def test_copies_in_another_region_need_a_multi_region_key() -> None:
    settings = stack(recovery={"region": "eu-central-1"})
    assert "must be a multi-region key" in only(list(key_problems(settings, "stores_key_arn", ARN, KEY))).rule
    assert not list(key_problems(settings, "stores_key_arn", ARN, replace(KEY, multi_region=True)))


@pytest.mark.parametrize(
    ("kind", "zone", "rule"),
    [
        ("public", ZoneFacts("other.com", False), "must be the zone of company_domain"),
        ("public", ZoneFacts("example.com", True), "must be a public zone"),
        ("private", ZoneFacts("example.com", False), "must be a private zone"),
    ],
)
def test_each_rule_of_a_zone(kind: str, zone: ZoneFacts, rule: str) -> None:
    found = only(list(zone_problems(stack(), kind, "Z1", zone)))
    assert found.path == f"ingress.dns.{kind}_zone_id"
    assert rule in found.rule
