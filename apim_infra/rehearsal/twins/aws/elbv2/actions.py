"""What listeners and their rules do with a request."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elbv2.balancer import CONFIGURATION, INVALID
from apim_infra.rehearsal.twins.aws.service_rules import located, mappings
from apim_infra.rehearsal.twins.cloud.world import Thing

ACTION = "InvalidLoadBalancerAction"
PARTS = {
    "redirect": "redirect",
    "fixed-response": "fixedResponse",
    "authenticate-oidc": "authenticateOidc",
    "authenticate-cognito": "authenticateCognito",
    "jwt-validation": "jwtValidation",
}
"""Type of action to the input that describes it."""
FINAL = ("forward", "redirect", "fixed-response")


def check_actions(context: Context, path: str, balancer: Thing | None, protocol: Any) -> Iterator[Problem]:
    """Check a list of actions against their load balancer and the listener's protocol."""
    actions = located(context, f"{path}[*]")
    final = [action for _, action in actions if action.get("type") in FINAL]
    if len(final) != 1:
        message = "The actions must contain exactly one of forward, redirect and fixed-response, as the last"
        yield context.problem(ACTION, message, path, "Give one such action.")
    for place, action in actions:
        kind = str(action.get("type", ""))
        if kind in PARTS and not action.get(PARTS[kind]):
            message = f"An action of type '{kind}' needs {PARTS[kind]}"
            yield context.problem(ACTION, message, place, f"Set {PARTS[kind]}.")
        if kind == "forward":
            yield from _forward(context, place, action, balancer, str(protocol))
        elif balancer and balancer["loadBalancerType"] in ("network", "gateway"):
            message = f"Actions of type '{kind}' are not supported for load balancers of type '{balancer['loadBalancerType']}'"
            yield context.problem(CONFIGURATION, message, place, "Forward to a target group.")


def _forward(
    context: Context, place: str, action: dict[str, Any], balancer: Thing | None, protocol: str
) -> Iterator[Problem]:
    groups = _weighted(action)
    arns = [action["targetGroupArn"]] if action.get("targetGroupArn") else [group.get("arn") for group in groups]
    if not arns:
        message = "A target group ARN must be specified for an action of type 'forward'"
        yield context.problem(INVALID, message, place, "Set targetGroupArn or forward.")
    if action.get("targetGroupArn") and len(groups) > 1:
        message = "You cannot specify both targetGroupArn and more than one target group in forward"
        yield context.problem(INVALID, message, place, "Leave targetGroupArn out.")
    if len(arns) > facts("elbv2")["quotas"]["target_groups_of_one_action"]:
        yield context.problem("TooManyTargetGroups", "An action has at most five target groups", place)
    for group in groups:
        if not 0 <= int(group.get("weight") or 0) <= 999:
            message = f"Weight {group.get('weight')} must be between 0 and 999"
            yield context.problem(INVALID, message, place)
    for arn in arns:
        target = context.find(tokens.TARGET_GROUP, arn, "arn")
        if target and balancer:
            yield from _fits(context, place, target, balancer, protocol)


def _fits(context: Context, place: str, target: Thing, balancer: Thing, protocol: str) -> Iterator[Problem]:
    own = str(target["protocol"] or "")
    if own and own not in facts("elbv2")["target_protocols"].get(protocol, [own]):
        code = (
            CONFIGURATION if (own in ("HTTP", "HTTPS")) != (protocol in ("HTTP", "HTTPS")) else "IncompatibleProtocols"
        )
        message = f"The protocol {own} of target group {target['name']} does not fit a listener of protocol {protocol}"
        allowed = facts("elbv2")["target_protocols"].get(protocol, [])
        yield context.problem(code, message, place, f"Use a target group of protocol {' or '.join(allowed)}.")
    if target["vpcId"] and balancer["vpcId"] and target["vpcId"] != balancer["vpcId"]:
        message = (
            f"The target group {target['name']} is in VPC {target['vpcId']}, the load balancer in {balancer['vpcId']}"
        )
        yield context.problem(CONFIGURATION, message, place, "Use a target group of the load balancer's VPC.")
    for arn in _balancers_of(context, target["arn"]):
        if arn != balancer["arn"]:
            message = (
                f"The following target groups cannot be associated with more than one load balancer: {target['arn']}"
            )
            yield context.problem("TargetGroupAssociationLimit", message, place, "Use a target group of its own.")
            return


def _balancers_of(context: Context, target: Any) -> Iterator[Any]:
    """Iterate over the load balancers that already forward to a target group."""
    for listener in context.all(tokens.LISTENER):
        if target in _targets(listener.inputs.get("defaultActions")):
            yield listener["loadBalancerArn"]
    for rule in context.all(tokens.LISTENER_RULE):
        if target in _targets(rule.inputs.get("actions")):
            listener = context.find(tokens.LISTENER, rule["listenerArn"], "arn")
            if listener:
                yield listener["loadBalancerArn"]


def _targets(actions: Any) -> list[Any]:
    found: list[Any] = []
    for action in mappings(actions):
        found.append(action.get("targetGroupArn"))
        found += [group.get("arn") for group in _weighted(action)]
    return found


def _weighted(action: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the target groups of an action that divides requests among several."""
    forward = mappings(action.get("forward"))
    return mappings(forward[0].get("targetGroups")) if forward else []
