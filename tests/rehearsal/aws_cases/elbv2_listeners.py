"""Wrong requests for listeners, their rules and certificates."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.elbv2_given import (
    CONFIGURATION,
    FORWARD_WEB,
    HTTP,
    INVALID,
    MISSING_GROUP,
    NLB,
    WEB,
    WITH_ALB,
    WITH_HTTP,
    WITH_NLB,
    moto_listener,
)
from aws_cases.given import OTHER_VPC, VPC, Aws
from aws_cases.service_given import changed, named

MISSING_BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/missing/0123456789abcdef"
MISSING_LISTENER = (
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/missing/0123456789abcdef/0123456789abcdef"
)
MISSING_CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
TCP = Step(
    tokens.TARGET_GROUP,
    "tcp",
    {"name": "tcp", "port": 443, "protocol": "TCP", "targetType": "ip", "vpcId": "${vpc.id}"},
)
FORWARD_TCP = [{"type": "forward", "targetGroupArn": "${tcp.arn}"}]
TLS = Step(
    tokens.LISTENER,
    "tls",
    {
        "loadBalancerArn": "${nlb.arn}",
        "port": 443,
        "protocol": "TLS",
        "certificateArn": "${certificate.arn}",
        "defaultActions": FORWARD_TCP,
    },
)
PASS = Step(
    tokens.LISTENER,
    "pass",
    {"loadBalancerArn": "${nlb.arn}", "port": 443, "protocol": "TCP", "defaultActions": FORWARD_TCP},
)
IMPORTED = Step(
    tokens.CERTIFICATE,
    "certificate",
    {"certificateBody": "-----BEGIN CERTIFICATE-----", "privateKey": "-----BEGIN PRIVATE KEY-----"},
)
REQUESTED = Step(tokens.CERTIFICATE, "certificate", {"domainName": "api.example.com", "validationMethod": "DNS"})
RULE = Step(
    tokens.LISTENER_RULE,
    "rule",
    {
        "listenerArn": "${http.arn}",
        "priority": 10,
        "actions": FORWARD_WEB,
        "conditions": [{"pathPattern": {"values": ["/api/*"]}}],
    },
)


def listener(wrong: str, step: Step, code: str, given: tuple[Step, ...], moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong listener."""
    return Case("ELB", wrong, changed(step, **inputs), code, given, moto=moto)


def moto_priority(aws: Aws) -> None:
    """Give one priority to two rules in moto."""
    made = moto_listener(aws)
    for _ in range(2):
        aws("elbv2").create_rule(
            ListenerArn=made,
            Priority=10,
            Conditions=[{"Field": "path-pattern", "Values": ["/api/*"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        )


LISTENERS = (
    listener(
        "listener of a load balancer that does not exist",
        PASS,
        "LoadBalancerNotFound",
        (VPC, TCP),
        loadBalancerArn=MISSING_BALANCER,
        moto=lambda aws: moto_listener(aws, LoadBalancerArn=MISSING_BALANCER),
    ),
    listener(
        "listener to a target group that does not exist",
        HTTP,
        "TargetGroupNotFound",
        WITH_ALB,
        defaultActions=[{"type": "forward", "targetGroupArn": MISSING_GROUP}],
        moto=lambda aws: moto_listener(aws, DefaultActions=[{"Type": "forward", "TargetGroupArn": MISSING_GROUP}]),
    ),
    listener(
        "TCP listener on an application load balancer",
        HTTP,
        INVALID,
        (*WITH_ALB, WEB),
        protocol="TCP",
        moto=lambda aws: moto_listener(aws, Protocol="TCP"),
    ),
    listener("HTTP listener on a network load balancer", PASS, INVALID, (*WITH_NLB, TCP), protocol="HTTP"),
    listener("listener without a port", PASS, INVALID, (*WITH_NLB, TCP), port=None),
    listener("HTTPS listener without a certificate", HTTP, INVALID, (*WITH_ALB, WEB), protocol="HTTPS", port=443),
    listener(
        "certificate on an HTTP listener",
        HTTP,
        INVALID,
        (*WITH_ALB, WEB, IMPORTED),
        certificateArn="${certificate.arn}",
    ),
    listener(
        "certificate that does not exist",
        TLS,
        "CertificateNotFound",
        (*WITH_NLB, TCP),
        certificateArn=MISSING_CERTIFICATE,
        moto=lambda aws: moto_listener(aws, Protocol="HTTPS", Certificates=[{"CertificateArn": MISSING_CERTIFICATE}]),
    ),
    listener(
        "certificate of another region",
        TLS,
        "CertificateNotFound",
        (*WITH_NLB, TCP, changed(IMPORTED, region="us-east-1")),
    ),
    listener("certificate that is not issued yet", TLS, "UnsupportedCertificate", (*WITH_NLB, TCP, REQUESTED)),
    listener(
        "TLS policy that does not exist",
        TLS,
        "SSLPolicyNotFound",
        (*WITH_NLB, TCP, IMPORTED),
        sslPolicy="ELBSecurityPolicy-TLS14",
    ),
    listener(
        "ALPN policy that does not exist", TLS, "ALPNPolicyNotFound", (*WITH_NLB, TCP, IMPORTED), alpnPolicy="HTTP3Only"
    ),
    listener("port that has a listener", named(PASS, "second_pass"), "DuplicateListener", (*WITH_NLB, TCP, PASS)),
    listener(
        "web target group behind a network load balancer",
        PASS,
        CONFIGURATION,
        (*WITH_NLB, WEB),
        defaultActions=FORWARD_WEB,
    ),
    listener(
        "UDP target group behind a TCP listener",
        PASS,
        "IncompatibleProtocols",
        (*WITH_NLB, changed(TCP, protocol="UDP")),
    ),
    listener(
        "redirect by a network load balancer",
        PASS,
        CONFIGURATION,
        WITH_NLB,
        defaultActions=[{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}],
    ),
    listener("forward to nothing", PASS, INVALID, WITH_NLB, defaultActions=[{"type": "forward"}]),
    listener(
        "redirect without its target",
        HTTP,
        "InvalidLoadBalancerAction",
        WITH_ALB,
        defaultActions=[{"type": "redirect"}],
    ),
    listener(
        "redirect with an odd status",
        HTTP,
        INVALID,
        WITH_ALB,
        defaultActions=[{"type": "redirect", "redirect": {"statusCode": "HTTP_308"}}],
    ),
    listener("unknown action", HTTP, INVALID, WITH_ALB, defaultActions=[{"type": "drop"}]),
    listener(
        "two final actions",
        HTTP,
        "InvalidLoadBalancerAction",
        (*WITH_ALB, WEB),
        defaultActions=[
            *FORWARD_WEB,
            {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}},
        ],
    ),
    listener(
        "target group of another VPC", PASS, CONFIGURATION, (*WITH_NLB, OTHER_VPC, changed(TCP, vpcId="${other.id}"))
    ),
    listener(
        "target group behind two load balancers",
        named(PASS, "second_pass", loadBalancerArn="${twin.arn}"),
        "TargetGroupAssociationLimit",
        (*WITH_NLB, TCP, PASS, named(NLB, "twin", name="twin")),
    ),
    Case(
        "ELB",
        "rule of a listener that does not exist",
        changed(RULE, listenerArn=MISSING_LISTENER),
        "ListenerNotFound",
        (VPC, WEB),
    ),
    Case(
        "ELB", "priority that is in use", named(RULE, "again"), "PriorityInUse", (*WITH_HTTP, RULE), moto=moto_priority
    ),
    Case("ELB", "priority above the highest", changed(RULE, priority=60000), INVALID, WITH_HTTP),
    Case(
        "ELB",
        "rule with more values than allowed",
        changed(RULE, conditions=[{"pathPattern": {"values": [f"/{n}" for n in range(6)]}}]),
        INVALID,
        WITH_HTTP,
    ),
    Case(
        "ELB",
        "condition of two kinds",
        changed(RULE, conditions=[{"pathPattern": {"values": ["/a"]}, "hostHeader": {"values": ["a.example.com"]}}]),
        INVALID,
        WITH_HTTP,
    ),
    Case(
        "ELB",
        "rule on a network load balancer",
        changed(RULE, listenerArn="${pass.arn}", actions=FORWARD_TCP),
        CONFIGURATION,
        (*WITH_NLB, TCP, PASS),
    ),
    Case(
        "ELB",
        "certificate added to an HTTP listener",
        Step(
            tokens.LISTENER_CERTIFICATE, "more", {"listenerArn": "${http.arn}", "certificateArn": "${certificate.arn}"}
        ),
        INVALID,
        (*WITH_HTTP, IMPORTED),
    ),
    Case(
        "ELB",
        "deletion of a certificate with a listener",
        IMPORTED,
        "ResourceInUseException",
        (*WITH_NLB, TCP, IMPORTED, TLS),
        "delete",
    ),
)

CASES = LISTENERS
