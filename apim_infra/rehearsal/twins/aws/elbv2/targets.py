"""Target groups and their targets."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elbv2.balancer import CONFIGURATION, INVALID, NAME, SOURCE
from apim_infra.rehearsal.twins.aws.service_rules import texts, unique_by
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

PROVIDER = "AWS provider"
MATCHER = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")


def _parts(context: Context) -> Iterator[Problem]:
    """Check what a target group of each type needs."""
    kind = context.value("targetType", "instance")
    given = {key: context.value(key) for key in ("port", "protocol", "vpcId")}
    for key, value in given.items():
        if kind == "lambda" and value is not None:
            message = f"{key} cannot be specified when the target type is 'lambda'"
            yield context.problem(INVALID, message, key, "Leave it out.")
        elif kind != "lambda" and value is None:
            words = re.sub(r"([A-Z])", r"_\1", key).lower()
            message = f"{words} should be set when target type is {kind}"
            yield context.problem("CheckFailure", message, key, f"Set {key}.", PROVIDER)
    if kind == "alb" and given["protocol"] not in (None, "TCP", "TLS"):
        message = f"Protocol '{given['protocol']}' is not supported for target groups with target type 'alb'"
        yield context.problem(INVALID, message, "protocol", "Use TCP.")
    version = context.value("protocolVersion")
    if version is not None and given["protocol"] not in ("HTTP", "HTTPS"):
        message = "Protocol version can only be specified for HTTP and HTTPS target groups"
        yield context.problem(INVALID, message, "protocolVersion", "Leave it out.")
    if given["protocol"] == "GENEVE" and given["port"] != 6081:
        yield context.problem(INVALID, "The port of a GENEVE target group must be 6081", "port", "Use 6081.")


def _health(context: Context) -> Iterator[Problem]:
    protocol = str(context.value("protocol", "HTTP"))
    default = "HTTP" if protocol in ("HTTP", "HTTPS") else "TCP"
    own = str(context.value("healthCheck.protocol", default))
    if own not in facts("elbv2")["health_check_protocols"].get(protocol, [own]):
        message = f"Health check protocol '{own}' not supported for target groups with the {protocol} protocol"
        yield context.problem(INVALID, message, "healthCheck.protocol")
    for key in ("path", "matcher"):
        if own == "TCP" and context.value(f"healthCheck.{key}"):
            message = f'Attribute "health_check.{key}" cannot be specified when "health_check.protocol" is "TCP".'
            hint = f"Leave {key} out, or use HTTP."
            yield context.problem("CheckFailure", message, f"healthCheck.{key}", hint, PROVIDER)
    interval, timeout = context.value("healthCheck.interval", 30), context.value("healthCheck.timeout")
    web = protocol in ("HTTP", "HTTPS")
    if timeout is not None and (timeout > interval or (web and timeout == interval)):
        message = f"Health check timeout {timeout} must be smaller than the interval {interval}"
        yield context.problem(INVALID, message, "healthCheck.timeout", "Lower the timeout.")
    path = context.value("healthCheck.path")
    if path is not None and own != "TCP" and not str(path).startswith("/"):
        message = f"Health check path '{path}' must begin with '/'"
        yield context.problem(INVALID, message, "healthCheck.path", "Begin it with a slash.")
    yield from _health_forms(context)


def _health_forms(context: Context) -> Iterator[Problem]:
    port, matcher = context.value("healthCheck.port"), context.value("healthCheck.matcher")
    if port not in (None, "traffic-port") and not (str(port).isdigit() and 1 <= int(port) <= 65535):
        message = f"Health check port '{port}' must be 'traffic-port' or in the range 1-65535"
        yield context.problem(INVALID, message, "healthCheck.port")
    if matcher is not None and not MATCHER.fullmatch(str(matcher)):
        message = f"Health check matcher '{matcher}' must be codes or ranges of codes"
        yield context.problem(INVALID, message, "healthCheck.matcher", "Write it like 200-299 or 200,202.")


def _stickiness(context: Context) -> Iterator[Problem]:
    kind, protocol = context.value("stickiness.type"), str(context.value("protocol", ""))
    allowed = facts("elbv2")["stickiness"].get(protocol)
    enabled = context.value("stickiness.enabled", True)
    if kind is not None and enabled and allowed is not None and kind not in allowed:
        message = f"Stickiness type '{kind}' is not supported for target groups with the {protocol} protocol"
        yield context.problem(CONFIGURATION, message, "stickiness.type", f"Use {' or '.join(allowed)}.")
    if kind == "app_cookie" and not context.value("stickiness.cookieName"):
        message = "The application cookie name must be specified for stickiness type 'app_cookie'"
        yield context.problem(CONFIGURATION, message, "stickiness.cookieName", "Set cookieName.")


def _attributes(context: Context) -> Iterator[Problem]:
    slow = context.value("slowStart", 0)
    web = context.value("protocol") in ("HTTP", "HTTPS")
    if slow and not 30 <= slow <= 900:
        message = f"expected slow_start to be 0 or in the range (30 - 900), got {slow}"
        yield context.problem("CheckFailure", message, "slowStart", source=PROVIDER)
    for key in ("proxyProtocolV2", "preserveClientIp"):
        if web and context.value(key):
            message = f"Target group attribute {key} is not supported for the {context.value('protocol')} protocol"
            yield context.problem(CONFIGURATION, message, key, "Leave it out.")


def _outputs(context: Context) -> Mapping[str, Any]:
    protocol = str(context.value("protocol", "HTTP"))
    web = protocol in ("HTTP", "HTTPS")
    check = {
        "enabled": True,
        "protocol": "HTTP" if web else "TCP",
        "port": "traffic-port",
        "interval": 30,
        "healthyThreshold": 3,
        "unhealthyThreshold": 3,
    }
    if web:
        check |= {"path": "/", "matcher": "200", "timeout": 5}
    return {
        "arnSuffix": f"targetgroup/{context.name}/{context.hexadecimal(16, 'target group')}",
        "loadBalancerArns": [],
        "targetType": context.value("targetType", "instance"),
        "ipAddressType": context.value("ipAddressType", "ipv4"),
        "deregistrationDelay": context.value("deregistrationDelay", 300),
        "healthCheck": {**check, **context.value("healthCheck", {})},
    }


TARGET_GROUP = ResourceType(
    token=tokens.TARGET_GROUP,
    kind="target group",
    identifier="{arn}",
    arn="arn:aws:elasticloadbalancing:{region}:{account}:{arnSuffix}",
    name=Name("name", pattern=NAME, longest=32, code=INVALID, taken_code="DuplicateTargetGroupName"),
    references=(Reference("vpcId", tokens.VPC, INVALID, message="The VPC ID '{value}' is not found"),),
    create_only=frozenset({"name", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"}),
    defaults={"targetType": "instance"},
    enums={"stickiness.type": ("lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto")},
    ranges={
        "deregistrationDelay": (0, 3600),
        "healthCheck.interval": (5, 300),
        "healthCheck.timeout": (2, 120),
        "healthCheck.healthyThreshold": (2, 10),
        "healthCheck.unhealthyThreshold": (2, 10),
        "stickiness.cookieDuration": (0, 604800),
    },
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ElasticLoadBalancingV2::TargetGroup",
    rules=(_parts, _health, _stickiness, _attributes),
    outputs=_outputs,
    quota=Quota(facts("elbv2")["quotas"]["target_groups"], ("region",), "TooManyTargetGroups"),
    source=SOURCE,
)


def _target(context: Context) -> Iterator[Problem]:
    """Check that a target is of the kind that the target group takes."""
    group = context.find(tokens.TARGET_GROUP, context.value("targetGroupArn"), "arn")
    target = str(context.value("targetId", ""))
    if group is None:
        return
    kind = group["targetType"]
    if kind == "instance" and context.find(tokens.INSTANCE, target) is None:
        message = f"The following targets are not in a running state and cannot be registered: '{target}'"
        yield context.problem("InvalidTarget", message, "targetId", "Give the id of an instance of this region.")
    elif kind == "alb" and context.find(tokens.LOAD_BALANCER, target, "arn") is None:
        message = f"The target '{target}' is not a valid application load balancer"
        yield context.problem("InvalidTarget", message, "targetId", "Give the ARN of an application load balancer.")
    elif kind == "ip":
        yield from _address(context, target, group["vpcId"])


def _address(context: Context, target: str, vpc_id: Any) -> Iterator[Problem]:
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        message = f"The IP address '{target}' is not a valid IPv4 address"
        yield context.problem(INVALID, message, "targetId", "Give an address.")
        return
    vpc = context.find(tokens.VPC, vpc_id)
    associations = context.world.all("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation", context.region)
    cidrs = texts(vpc["cidrBlock"]) if vpc else []
    cidrs += [cidr for item in associations if item.inputs.get("vpcId") == vpc_id for cidr in texts(item["cidrBlock"])]
    inside = any(address in ipaddress.ip_network(cidr) for cidr in cidrs)
    if vpc and not inside and not address.is_private:
        message = f"The IP address '{target}' is not within the ranges of VPC {vpc_id}, nor private"
        yield context.problem(INVALID, message, "targetId", "Give an address of the VPC or of a peer.")
    elif vpc and not inside and context.value("availabilityZone") != "all":
        message = (
            f"You must specify the Availability Zone 'all' for the IP address '{target}', which is outside the VPC"
        )
        yield context.problem(INVALID, message, "availabilityZone", "Set availabilityZone to all.")


ATTACHMENT = ResourceType(
    token="aws:lb/targetGroupAttachment:TargetGroupAttachment",  # noqa: S106  a type token, no secret
    kind="target",
    identifier="{targetGroupArn}-{hex26}",
    references=(
        Reference(
            "targetGroupArn",
            tokens.TARGET_GROUP,
            "TargetGroupNotFound",
            by="arn",
            message="Target groups '{value}' not found",
        ),
    ),
    create_only=frozenset({"targetGroupArn", "targetId", "port", "availabilityZone"}),
    ranges={"port": (1, 65535)},
    value_code=INVALID,
    rules=(
        _target,
        unique_by(
            ("targetGroupArn", "port", "targetId"),
            "TooManyRegistrationsForTargetId",
            "'{targetId}' is registered twice",
        ),
    ),
    source=SOURCE,
)
