"""Wrong requests for load balancers and target groups."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.elbv2_given import (
    ALB,
    CONFIGURATION,
    INVALID,
    MISSING_GROUP,
    NETWORK,
    NLB,
    WEB,
    WITH_ALB,
    WITH_HTTP,
    WITH_NLB,
    moto_listener,
)
from aws_cases.given import (
    ADDRESS,
    GROUP,
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SECOND_SUBNET,
    SUBNET,
    VPC,
    Aws,
    make_vpc,
)
from aws_cases.service_given import changed, named, without

PROVIDER = "CheckFailure"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
TARGET = Step(ATTACHMENT, "target", {"targetGroupArn": "${web.arn}", "targetId": "10.0.0.20", "port": 8080})


def balancer(
    wrong: str, code: str, given: tuple[Step, ...] = (*NETWORK, GROUP), moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong load balancer."""
    return Case("ELB", wrong, changed(ALB, **inputs), code, given, moto=moto)


def group(wrong: str, code: str = INVALID, given: tuple[Step, ...] = (VPC,), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong target group."""
    return Case("ELB", wrong, changed(WEB, **inputs), code, given, moto=moto)


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

CASES = (*BALANCERS, *GROUPS)
