"""Route 53 and Certificate Manager: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.elbv2_given import WITH_NLB
from aws_cases.elbv2_listeners import TCP
from aws_cases.given import OTHER_VPC, VPC
from aws_cases.route53 import ALIAS, CERT, CHECK, PRIVATE, PROOF, RECORD, VALID, ZONE
from aws_cases.service_given import changed, named
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.route53.records import full_name
from apim_infra.rehearsal.twins.aws.route53.values import value_fault

ASSOCIATION = "aws:route53/zoneAssociation:ZoneAssociation"


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_a_zone_answers_with_its_name_servers() -> None:
    made = scene_of(ZONE).made["zone"][1]
    assert re.fullmatch(r"Z[A-Z0-9]{20}", made.id)
    assert made.outputs["zoneId"] == made.id
    assert made.outputs["arn"] == f"arn:aws:route53:::hostedzone/{made.id}"
    servers = made.outputs["nameServers"]
    assert [re.sub(r"\d+", "0", server) for server in servers] == [
        "ns-0.awsdns-0.com",
        "ns-0.awsdns-0.net",
        "ns-0.awsdns-0.org",
        "ns-0.awsdns-0.co.uk",
    ]
    assert made.outputs["primaryNameServer"] == servers[0]


def test_public_zones_may_share_a_name() -> None:
    scene_of(ZONE, named(ZONE, "second"))


def test_a_private_zone_takes_a_second_vpc() -> None:
    link = Step(ASSOCIATION, "link", {"zoneId": "${private.zoneId}", "vpcId": "${other.id}"})
    scene = scene_of(VPC, changed(OTHER_VPC, enableDnsHostnames=True), PRIVATE, link)
    assert scene.made["link"][1].id == f"{scene.made['private'][1].id}:{scene.made['other'][1].id}"


def test_a_private_zone_without_dns_in_its_vpc_is_warned_of() -> None:
    scene = scene_of(changed(VPC, enableDnsHostnames=False))
    assert [warning.code for warning in scene.create(PRIVATE).warnings] == ["InvalidVPCId"]


def test_records_answer_with_their_full_name() -> None:
    scene = scene_of(ZONE, CHECK, changed(RECORD, healthCheckId="${check.id}"))
    zone = scene.made["zone"][1].id
    assert scene.look_up("record", "fqdn") == "api.example.com"
    assert scene.made["record"][1].id == f"{zone}_api.example.com_A"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("CNAME", "target.example.net."),
        ("MX", "10 mail.example.com"),
        ("TXT", "v=spf1 -all"),
        ("TXT", '"one" "two"'),
        ("CAA", '0 issue "amazon.com"'),
        ("SRV", "10 5 5060 sip.example.com"),
        ("NS", "ns-1.example.net"),
        ("DS", "anything"),
    ],
)
def test_good_values_pass(kind: str, value: str) -> None:
    assert value_fault(kind, value) == ""


def test_a_name_in_another_domain_is_warned_of() -> None:
    scene = scene_of(ZONE)
    record = changed(RECORD, name="api.other.com")
    assert [warning.path for warning in scene.create(record).warnings] == ["name"]
    assert scene.look_up("record", "fqdn") == "api.other.com.example.com"


@given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,2}", fullmatch=True))
def test_full_names_lie_in_their_zone_and_stay(name: str) -> None:
    once = full_name(name, "example.com")
    assert once.endswith("example.com")
    assert full_name(once, "example.com") == once
    assert full_name(f"{once}.", "example.com") == once


def test_weighted_records_and_failover_pass() -> None:
    blue = changed(RECORD, setIdentifier="blue", weightedRoutingPolicies=[{"weight": 90}])
    green = named(RECORD, "green", setIdentifier="green", weightedRoutingPolicies=[{"weight": 10}])
    scene_of(ZONE, blue, green)


def test_an_alias_points_to_a_load_balancer_and_goes_before_its_zone() -> None:
    scene = scene_of(*WITH_NLB, ZONE, ALIAS)
    scene.delete("alias")
    scene.delete("zone")


def test_an_alias_points_to_a_load_balancer_that_the_cluster_makes() -> None:
    target = {
        "name": "k8s-apim-gateway-0123456789-0123456789abcdef.elb.eu-central-1.amazonaws.com",
        "zoneId": "Z3F0SRJ5LGBH90",
        "evaluateTargetHealth": True,
    }
    scene_of(ZONE, changed(ALIAS, aliases=[target]))


def test_a_certificate_is_validated_by_its_record_and_then_serves() -> None:
    listener = Step(
        tokens.LISTENER,
        "tls",
        {
            "loadBalancerArn": "${nlb.arn}",
            "port": 443,
            "protocol": "TLS",
            "certificateArn": "${valid.certificateArn}",
            "defaultActions": [{"type": "forward", "targetGroupArn": "${tcp.arn}"}],
        },
    )
    valid = changed(VALID, validationRecordFqdns=["${proof.fqdn}"])
    scene = scene_of(ZONE, CERT, PROOF, valid, *WITH_NLB, TCP, listener)
    option = scene.look_up("certificate", "domainValidationOptions.0")
    assert option["domainName"] == "api.example.com"
    assert re.fullmatch(r"_[0-9a-f]{32}\.api\.example\.com\.", option["resourceRecordName"])
    assert option["resourceRecordValue"].endswith(".acm-validations.aws.")
    assert scene.look_up("proof", "fqdn") == option["resourceRecordName"].rstrip(".")
    assert scene.made["valid"][1].not_verified
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def test_a_wildcard_shares_the_record_of_its_domain() -> None:
    both = changed(CERT, domainName="example.com", subjectAlternativeNames=["*.example.com"])
    first, second = scene_of(both).look_up("certificate", "domainValidationOptions")
    assert first["resourceRecordName"] == second["resourceRecordName"]
    assert (first["domainName"], second["domainName"]) == ("example.com", "*.example.com")


def test_a_domain_served_elsewhere_is_warned_of() -> None:
    scene = scene_of(CERT)
    assert [warning.code for warning in scene.create(VALID).warnings] == ["PENDING_VALIDATION"]
