"""Elastic Load Balancing: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.elbv2_given import ALB, NLB, WEB, WITH_ALB, WITH_NLB
from aws_cases.elbv2_listeners import TCP
from aws_cases.service_given import changed, named

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.elbv2.balancer import is_ssl_policy

CERTIFICATE = Step(tokens.CERTIFICATE, "certificate", {"certificateBody": "body", "privateKey": "key"})
TLS = Step(
    tokens.LISTENER,
    "tls",
    {
        "loadBalancerArn": "${nlb.arn}",
        "port": 443,
        "protocol": "TLS",
        "certificateArn": "${certificate.arn}",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "alpnPolicy": "HTTP2Preferred",
        "defaultActions": [{"type": "forward", "targetGroupArn": "${tcp.arn}"}],
    },
)
REDIRECT = Step(
    tokens.LISTENER,
    "redirect",
    {
        "loadBalancerArn": "${alb.arn}",
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": [
            {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
        ],
    },
)


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_a_network_load_balancer_answers_with_its_name_and_zone() -> None:
    outputs = scene_of(*WITH_NLB).made["nlb"][1].outputs
    assert re.fullmatch(
        r"arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/nlb/[0-9a-f]{16}", outputs["arn"]
    )
    assert outputs["arn"].endswith(outputs["arnSuffix"])
    assert re.fullmatch(r"nlb-[0-9a-f]{16}\.elb\.eu-central-1\.amazonaws\.com", outputs["dnsName"])
    assert outputs["zoneId"] == "Z3F0SRJ5LGBH90"
    assert outputs["vpcId"].startswith("vpc-")


def test_an_internal_application_load_balancer_says_so_in_its_name() -> None:
    outputs = scene_of(*WITH_ALB[:-1], changed(ALB, internal=True)).made["alb"][1].outputs
    assert re.fullmatch(r"internal-alb-\d{10}\.eu-central-1\.elb\.amazonaws\.com", outputs["dnsName"])
    assert "/app/alb/" in outputs["arn"]
    assert outputs["zoneId"] == "Z215JYRZR1TBD5"


def test_a_tls_listener_with_more_certificates_passes_and_goes() -> None:
    more = Step(
        tokens.LISTENER_CERTIFICATE, "more", {"listenerArn": "${tls.arn}", "certificateArn": "${second_cert.arn}"}
    )
    scene = scene_of(*WITH_NLB, TCP, CERTIFICATE, named(CERTIFICATE, "second_cert"), TLS, more)
    assert ":listener/net/nlb/" in scene.made["tls"][1].id
    assert scene.made["more"][1].id == f"{scene.look_up('tls', 'arn')}_{scene.look_up('second_cert', 'arn')}"
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def test_listeners_rules_and_targets_of_an_application_load_balancer_pass() -> None:
    health = {"path": "/healthz", "interval": 15, "timeout": 5, "healthyThreshold": 2, "matcher": "200-299"}
    weighted = {
        "type": "forward",
        "forward": {"targetGroups": [{"arn": "${web.arn}", "weight": 90}, {"arn": "${canary.arn}", "weight": 10}]},
    }
    scene = scene_of(
        *WITH_ALB,
        changed(WEB, healthCheck=health, stickiness={"type": "lb_cookie", "cookieDuration": 600}),
        named(WEB, "canary", name="canary"),
        REDIRECT,
        Step(
            tokens.LISTENER_RULE,
            "rule",
            {
                "listenerArn": "${redirect.arn}",
                "actions": [weighted],
                "conditions": [{"hostHeader": {"values": ["api.example.com"]}}],
            },
        ),
        Step(
            "aws:lb/targetGroupAttachment:TargetGroupAttachment",
            "target",
            {"targetGroupArn": "${web.arn}", "targetId": "10.0.0.20", "port": 8080},
        ),
    )
    assert scene.look_up("rule", "priority") == 1
    assert ":listener-rule/app/alb/" in scene.made["rule"][1].id
    assert scene.look_up("web", "healthCheck.path") == "/healthz"
    assert scene.look_up("web", "arnSuffix").startswith("targetgroup/web/")


def test_one_subnet_is_enough_for_a_network_load_balancer() -> None:
    scene_of(*WITH_NLB[:-1], changed(NLB, subnets=["${subnet.id}"]))


def test_a_replaced_target_group_is_another_one() -> None:
    scene = scene_of(*WITH_ALB[:1], WEB)
    before = scene.made["web"][1].id
    scene.delete("web")
    assert scene.create(WEB).id != before


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", True),
        ("ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", True),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", True),
        ("ELBSecurityPolicy-TLS13-1-9-2021-06", False),
        ("TLS13", False),
    ],
)
def test_tls_policies_are_known_by_name(name: str, known: bool) -> None:
    assert is_ssl_policy(name) is known
