"""What cases of Elastic Load Balancing start from."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step
from aws_cases.given import GATEWAY, GROUP, SECOND_SUBNET, SUBNET, VPC, Aws, make_subnet, make_vpc

INVALID = "ValidationError"
CONFIGURATION = "InvalidConfigurationRequest"
NETWORK = (VPC, SUBNET, SECOND_SUBNET, GATEWAY)
MISSING_GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/missing/0123456789abcdef"
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
FORWARD_WEB = [{"type": "forward", "targetGroupArn": "${web.arn}"}]
HTTP = Step(
    tokens.LISTENER,
    "http",
    {"loadBalancerArn": "${alb.arn}", "port": 80, "protocol": "HTTP", "defaultActions": FORWARD_WEB},
)
WITH_HTTP = (*WITH_ALB, WEB, HTTP)


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
