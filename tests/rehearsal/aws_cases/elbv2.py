"""Wrong requests to Elastic Load Balancing."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import (
    ADDRESS,
    GATEWAY,
    GROUP,
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SECOND_SUBNET,
    SUBNET,
    VPC,
    Aws,
    make_subnet,
    make_vpc,
)
from aws_cases.service_given import changed, named, without

INVALID = "ValidationError"
CONFIGURATION = "InvalidConfigurationRequest"
PROVIDER = "CheckFailure"
NETWORK = (VPC, SUBNET, SECOND_SUBNET, GATEWAY)
MISSING_GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/missing/0123456789abcdef"
MISSING_BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/missing/0123456789abcdef"
MISSING_LISTENER = (
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/missing/0123456789abcdef/0123456789abcdef"
)
MISSING_CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"

ALB = Step(
    tokens.LOAD_BALANCER,
    "alb",
    {"name": "alb", "subnets": ["${subnet.id}", "${second.id}"], "securityGroups": ["${group.id}"]},
)
NLB = Step(
    tokens.LOAD_BALANCER,
    "nlb",
    {"name": "nlb", "loadBalancerType": "network", "subnets": ["${subnet.id}", "${second.id}"]},
)
WITH_ALB = (*NETWORK, GROUP, ALB)
WITH_NLB = (*NETWORK, NLB)
WEB = Step(
    tokens.TARGET_GROUP,
    "web",
    {"name": "web", "port": 8080, "protocol": "HTTP", "targetType": "ip", "vpcId": "${vpc.id}"},
)
TCP = Step(
    tokens.TARGET_GROUP,
    "tcp",
    {"name": "tcp", "port": 443, "protocol": "TCP", "targetType": "ip", "vpcId": "${vpc.id}"},
)
FORWARD_WEB = [{"type": "forward", "targetGroupArn": "${web.arn}"}]
FORWARD_TCP = [{"type": "forward", "targetGroupArn": "${tcp.arn}"}]
HTTP = Step(
    tokens.LISTENER,
    "http",
    {"loadBalancerArn": "${alb.arn}", "port": 80, "protocol": "HTTP", "defaultActions": FORWARD_WEB},
)
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
TARGET = Step(ATTACHMENT, "target", {"targetGroupArn": "${web.arn}", "targetId": "10.0.0.20", "port": 8080})
WITH_HTTP = (*WITH_ALB, WEB, HTTP)


def balancer(
    wrong: str, code: str, given: tuple[Step, ...] = (*NETWORK, GROUP), moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong load balancer."""
    return Case("ELB", wrong, changed(ALB, **inputs), code, given, moto=moto)


def group(wrong: str, code: str = INVALID, given: tuple[Step, ...] = (VPC,), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong target group."""
    return Case("ELB", wrong, changed(WEB, **inputs), code, given, moto=moto)


def listener(wrong: str, step: Step, code: str, given: tuple[Step, ...], moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong listener."""
    return Case("ELB", wrong, changed(step, **inputs), code, given, moto=moto)


def moto_balancer(aws: Aws) -> tuple[str, str]:
    """Make a load balancer and a target group in moto, and return their ARNs."""
    vpc = make_vpc(aws)
    elb = aws("elbv2")
    subnets = [make_subnet(aws, vpc), make_subnet(aws, vpc, "10.0.1.0/24")]
    made = elb.create_load_balancer(Name="alb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    target = elb.create_target_group(Name="web", Port=80, Protocol="HTTP", VpcId=vpc)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    return made, target


def moto_listener(aws: Aws, **inputs: Any) -> str:
    """Make a listener in moto."""
    made, target = moto_balancer(aws)
    actions = [{"Type": "forward", "TargetGroupArn": target}]
    answer = aws("elbv2").create_listener(
        **{"LoadBalancerArn": made, "Port": 80, "Protocol": "HTTP", "DefaultActions": actions, **inputs}
    )
    return answer["Listeners"][0]["ListenerArn"]


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


def moto_in_use(aws: Aws) -> None:
    """Delete a target group in use in moto."""
    moto_listener(aws)
    arn = aws("elbv2").describe_target_groups(Names=["web"])["TargetGroups"][0]["TargetGroupArn"]
    aws("elbv2").delete_target_group(TargetGroupArn=arn)


def moto_target_group(aws: Aws, **inputs: Any) -> None:
    """Make a target group in moto."""
    vpc = make_vpc(aws)
    aws("elbv2").create_target_group(**{"Name": "web", "Port": 80, "Protocol": "HTTP", "VpcId": vpc, **inputs})


BALANCERS = (
    balancer("application load balancer in one zone", INVALID, subnets=["${subnet.id}"]),
    balancer(
        "load balancer with two subnets of one zone",
        CONFIGURATION,
        (*NETWORK, GROUP, named(SUBNET, "near", cidrBlock="10.0.9.0/24")),
        subnets=["${subnet.id}", "${near.id}"],
    ),
    balancer(
        "load balancer on a subnet that does not exist",
        "SubnetNotFound",
        subnets=["${subnet.id}", "subnet-0123456789abcdef0"],
    ),
    balancer(
        "load balancer across two VPCs",
        CONFIGURATION,
        (*NETWORK, GROUP, OTHER_VPC, OTHER_SUBNET),
        subnets=["${second.id}", "${elsewhere.id}"],
    ),
    balancer("load balancer without subnets", PROVIDER, subnets=None),
    balancer("load balancer with subnets in two ways", PROVIDER, subnetMappings=[{"subnetId": "${subnet.id}"}]),
    balancer(
        "security group of a load balancer that does not exist",
        "InvalidSecurityGroup",
        securityGroups=["sg-0123456789abcdef0"],
    ),
    balancer(
        "security group of another VPC than the load balancer",
        CONFIGURATION,
        (*NETWORK, OTHER_VPC, OTHER_GROUP),
        securityGroups=["${stranger.id}"],
    ),
    balancer(
        "internet-facing load balancer in a VPC without an internet gateway",
        "InvalidSubnet",
        (VPC, SUBNET, SECOND_SUBNET, GROUP),
    ),
    balancer("name of a load balancer with more than 32 characters", INVALID, name="l" * 33),
    balancer("name of a load balancer that begins with internal-", INVALID, name="internal-alb"),
    balancer("name of a load balancer with an underscore", INVALID, name="my_alb"),
    balancer(
        "load balancer of a name that is taken", "DuplicateLoadBalancerName", (*NETWORK, GROUP, named(ALB, "first"))
    ),
    balancer("type of load balancer that does not exist", INVALID, loadBalancerType="classic"),
    balancer("idle for longer than allowed", INVALID, idleTimeout=5000),
    balancer("logs to a bucket that does not exist", CONFIGURATION, accessLogs={"bucket": "missing", "enabled": True}),
    balancer(
        "logs to a bucket that does not let the load balancer write",
        CONFIGURATION,
        (*NETWORK, GROUP, Step(tokens.BUCKET, "logs", {"bucket": "apim-logs"})),
        accessLogs={"bucket": "${logs.bucket}", "enabled": True},
    ),
    Case(
        "ELB",
        "fixed address on an internal load balancer",
        changed(
            without(NLB, "subnets"),
            internal=True,
            subnetMappings=[{"subnetId": "${subnet.id}", "allocationId": "${address.id}"}],
        ),
        CONFIGURATION,
        (*NETWORK, ADDRESS),
    ),
    Case(
        "ELB",
        "fixed address that does not exist",
        changed(
            without(NLB, "subnets"),
            subnetMappings=[{"subnetId": "${subnet.id}", "allocationId": "eipalloc-0123456789abcdef0"}],
        ),
        "AllocationIdNotFound",
        NETWORK,
    ),
    Case(
        "ELB",
        "private address outside of its subnet",
        changed(
            without(NLB, "subnets"),
            internal=True,
            subnetMappings=[{"subnetId": "${subnet.id}", "privateIpv4Address": "10.9.0.5"}],
        ),
        CONFIGURATION,
        NETWORK,
    ),
    Case(
        "ELB",
        "security groups added to a network load balancer",
        changed(NLB, securityGroups=["${group.id}"]),
        CONFIGURATION,
        (*WITH_NLB, GROUP),
        "update",
    ),
    Case(
        "ELB",
        "deletion of a protected load balancer",
        ALB,
        "OperationNotPermitted",
        (*NETWORK, GROUP, changed(ALB, enableDeletionProtection=True)),
        "delete",
    ),
    Case("ELB", "deletion of a subnet with a load balancer", SUBNET, "DependencyViolation", WITH_ALB, "delete"),
    Case("ELB", "deletion of a security group with a load balancer", GROUP, "DependencyViolation", WITH_ALB, "delete"),
)
GROUPS = (
    group(
        "target group in a VPC that does not exist",
        vpcId="vpc-0123456789abcdef0",
        moto=lambda aws: moto_target_group(aws, VpcId="vpc-0123456789abcdef0"),
    ),
    group("target group without a VPC", PROVIDER, vpcId=None),
    group(
        "target group with an unknown protocol",
        protocol="SMTP",
        moto=lambda aws: moto_target_group(aws, Protocol="SMTP"),
    ),
    group("target group on port 0", port=0),
    group("name of a target group with an underscore", name="my_group"),
    group("name of a target group with more than 32 characters", name="t" * 33),
    group("target group of a name that is taken", "DuplicateTargetGroupName", (VPC, named(WEB, "first"))),
    group("unknown type of target", targetType="pod"),
    group("health check more often than every five seconds", healthCheck={"interval": 1}),
    group("health check that waits longer than its interval", healthCheck={"interval": 10, "timeout": 10}),
    group("health check path without a slash", healthCheck={"path": "health"}),
    group("health check over TCP on a web target group", healthCheck={"protocol": "TCP"}),
    group("health check with too high a threshold", healthCheck={"healthyThreshold": 50}),
    group("health check on a port that is none", healthCheck={"port": "http"}),
    group("health check that expects words", healthCheck={"matcher": "ok"}),
    group("path of a TCP health check", PROVIDER, protocol="TCP", healthCheck={"protocol": "TCP", "path": "/"}),
    group(
        "cookies on a TCP target group",
        CONFIGURATION,
        protocol="TCP",
        stickiness={"type": "lb_cookie", "enabled": True},
    ),
    group("targets given up too late", deregistrationDelay=7200),
    group("target group for functions with a port", targetType="lambda"),
    group("protocol version without HTTP", protocol="TCP", protocolVersion="HTTP2"),
    group("slow start of five seconds", PROVIDER, slowStart=5),
    Case("ELB", "deletion of a target group in use", WEB, "ResourceInUse", WITH_HTTP, "delete", moto=moto_in_use),
    Case(
        "ELB",
        "target of a group that does not exist",
        changed(TARGET, targetGroupArn=MISSING_GROUP),
        "TargetGroupNotFound",
    ),
    Case("ELB", "target that is no address", changed(TARGET, targetId="gateway"), INVALID, (VPC, WEB)),
    Case(
        "ELB",
        "target outside of the VPC without its zone",
        changed(TARGET, targetId="192.168.7.7"),
        INVALID,
        (VPC, WEB),
    ),
    Case("ELB", "target on the internet", changed(TARGET, targetId="8.8.8.8"), INVALID, (VPC, WEB)),
    Case(
        "ELB",
        "target instance that does not exist",
        changed(TARGET, targetId="i-0123456789abcdef0"),
        "InvalidTarget",
        (VPC, changed(WEB, targetType="instance")),
    ),
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

CASES = (*BALANCERS, *GROUPS, *LISTENERS)
