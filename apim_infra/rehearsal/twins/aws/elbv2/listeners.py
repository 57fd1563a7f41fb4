"""Listeners, their rules and certificates."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.acm import certificate_problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elbv2.actions import check_actions
from apim_infra.rehearsal.twins.aws.elbv2.balancer import CONFIGURATION, INVALID, SOURCE, is_ssl_policy
from apim_infra.rehearsal.twins.aws.service_rules import located, unique_by
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SECURE = ("HTTPS", "TLS")


def balancer_of(context: Context) -> Thing | None:
    """Return the load balancer of a listener."""
    return context.find(tokens.LOAD_BALANCER, context.value("loadBalancerArn"), "arn")


def _protocol(context: Context) -> Iterator[Problem]:
    balancer = balancer_of(context)
    kind = str(balancer["loadBalancerType"] or "application") if balancer else "application"
    allowed = facts("elbv2")["listener_protocols"].get(kind, [])
    protocol, port = context.value("protocol"), context.value("port")
    if kind == "gateway":
        return
    if port is None:
        yield context.problem(INVALID, "A listener port must be specified", "port", "Set port.")
    if protocol is None and kind != "application":
        yield context.problem(INVALID, "A listener protocol must be specified", "protocol", "Set protocol.")
    elif protocol is not None and protocol not in allowed:
        message = f"Listener protocol '{protocol}' must be one of '{', '.join(allowed)}'"
        yield context.problem(INVALID, message, "protocol", f"A load balancer of type {kind} listens to those.")


def _tls(context: Context) -> Iterator[Problem]:
    protocol, certificate = context.value("protocol"), context.value("certificateArn")
    policy, alpn = context.value("sslPolicy"), context.value("alpnPolicy")
    if protocol in SECURE and certificate is None:
        message = f"A certificate must be specified for {protocol} listeners"
        yield context.problem(INVALID, message, "certificateArn", "Set certificateArn.")
    if protocol not in SECURE:
        for key in ("certificateArn", "sslPolicy", "alpnPolicy", "mutualAuthentication"):
            if context.value(key) is not None:
                message = f"{key} can only be specified for HTTPS and TLS listeners, not for {protocol or 'HTTP'}"
                yield context.problem(INVALID, message, key, "Leave it out, or use HTTPS or TLS.")
    if policy is not None and not is_ssl_policy(str(policy)):
        message = f"SSL policy '{policy}' not found"
        hint = "Use ELBSecurityPolicy-TLS13-1-2-2021-06."
        yield context.problem("SSLPolicyNotFound", message, "sslPolicy", hint, facts("elbv2")["ssl_policies"]["source"])
    if alpn is not None and alpn not in facts("elbv2")["alpn_policies"]:
        yield context.problem("ALPNPolicyNotFound", f"ALPN policy '{alpn}' not found", "alpnPolicy")
    if alpn is not None and protocol == "HTTPS":
        message = "ALPN policies are only supported for TLS listeners"
        yield context.problem(INVALID, message, "alpnPolicy", "Leave it out.")


def _certificate(context: Context) -> Iterator[Problem]:
    for place, arn in located(context, "certificateArn"):
        yield from certificate_problem(context, arn, place)


def _default_actions(context: Context) -> Iterator[Problem]:
    yield from check_actions(context, "defaultActions", balancer_of(context), context.value("protocol", "HTTP"))


def _listener_outputs(context: Context) -> Mapping[str, Any]:
    base = str(context.value("loadBalancerArn")).replace(":loadbalancer/", ":listener/")
    protocol = context.value("protocol", "HTTP")
    outputs = {"arn": f"{base}/{context.hexadecimal(16, 'listener')}", "protocol": protocol}
    if protocol in SECURE:
        outputs["sslPolicy"] = context.value("sslPolicy", facts("elbv2")["ssl_policies"]["default"])
    return outputs


LISTENER = ResourceType(
    token=tokens.LISTENER,
    kind="listener",
    identifier="{arn}",
    references=(
        Reference(
            "loadBalancerArn",
            tokens.LOAD_BALANCER,
            "LoadBalancerNotFound",
            by="arn",
            message="Load balancer '{value}' not found",
        ),
        Reference(
            "defaultActions[*].targetGroupArn",
            tokens.TARGET_GROUP,
            "TargetGroupNotFound",
            by="arn",
            message="Target groups '{value}' not found",
            holds=True,
            held_code="ResourceInUse",
        ),
        Reference(
            "defaultActions[*].forward.targetGroups[*].arn",
            tokens.TARGET_GROUP,
            "TargetGroupNotFound",
            by="arn",
            message="Target groups '{value}' not found",
            holds=True,
            held_code="ResourceInUse",
        ),
        Reference(
            "certificateArn",
            (tokens.CERTIFICATE, "aws:iam/serverCertificate:ServerCertificate"),
            "CertificateNotFound",
            by="arn",
            message="Certificate '{value}' not found",
            holds=True,
            held_code="ResourceInUseException",
        ),
    ),
    create_only=frozenset({"loadBalancerArn"}),
    ranges={"tcpIdleTimeoutSeconds": (60, 6000)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ElasticLoadBalancingV2::Listener",
    renamed={
        "defaultActions.redirect": "DefaultActions.RedirectConfig",
        "defaultActions.fixedResponse": "DefaultActions.FixedResponseConfig",
        "defaultActions.authenticateOidc": "",
        "defaultActions.authenticateCognito": "",
        "defaultActions.jwtValidation": "",
        "mutualAuthentication": "",
    },
    rules=(
        _protocol,
        _tls,
        _certificate,
        _default_actions,
        unique_by(
            ("loadBalancerArn", "port"),
            "DuplicateListener",
            "A listener already exists on port {port} of {loadBalancerArn}",
        ),
    ),
    outputs=_listener_outputs,
    quota=Quota(facts("elbv2")["quotas"]["listeners"], ("loadBalancerArn",), "TooManyListeners"),
    source=SOURCE,
)


def listener_of(context: Context) -> Thing | None:
    """Return the listener of a rule or certificate."""
    return context.find(tokens.LISTENER, context.value("listenerArn"), "arn")


def _rule_actions(context: Context) -> Iterator[Problem]:
    listener = listener_of(context)
    balancer = context.find(tokens.LOAD_BALANCER, listener["loadBalancerArn"], "arn") if listener else None
    if balancer and balancer["loadBalancerType"] == "network":
        message = "Rules are not supported for listeners of load balancers with type 'network'"
        yield context.problem(CONFIGURATION, message, "listenerArn", "Use an application load balancer.")
    yield from check_actions(context, "actions", balancer, listener["protocol"] if listener else "HTTP")


def _conditions(context: Context) -> Iterator[Problem]:
    kinds = ("hostHeader", "pathPattern", "sourceIp", "httpHeader", "httpRequestMethod", "queryStrings")
    values = 0
    for place, condition in located(context, "conditions[*]"):
        given = [kind for kind in kinds if condition.get(kind)]
        if len(given) != 1:
            message = "A condition must have exactly one of " + ", ".join(kinds)
            yield context.problem(INVALID, message, place, "Split it into several conditions.")
    for kind in ("hostHeader", "pathPattern", "sourceIp", "httpHeader", "httpRequestMethod"):
        values += len(context.get(f"conditions[*].{kind}.values[*]"))
    values += len(context.get("conditions[*].queryStrings[*]"))
    most = facts("elbv2")["quotas"]["values_of_one_rule"]
    if values > most:
        message = f"A rule can have up to {most} condition values, not {values}"
        yield context.problem(INVALID, message, "conditions", "Split the rule.")
    for place, value in located(context, "conditions[*].pathPattern.values[*]"):
        if len(str(value)) > 128:
            yield context.problem(INVALID, f"The path pattern '{value}' has more than 128 characters", place)
        elif not str(value).startswith(("/", "*")):
            message = f"The path pattern '{value}' fits no path: paths begin with '/'"
            yield context.warning(INVALID, message, place, "Begin it with a slash.", "own knowledge")


def _rule_outputs(context: Context) -> Mapping[str, Any]:
    base = str(context.value("listenerArn")).replace(":listener/", ":listener-rule/")
    taken = [rule["priority"] for rule in context.all(tokens.LISTENER_RULE, listenerArn=context.value("listenerArn"))]
    free = max((priority for priority in taken if isinstance(priority, int)), default=0) + 1
    return {
        "arn": f"{base}/{context.hexadecimal(16, 'rule')}",
        "priority": context.value("priority", context.outputs.get("priority") or free),
    }


LISTENER_RULE = ResourceType(
    token=tokens.LISTENER_RULE,
    kind="listener rule",
    identifier="{arn}",
    references=(
        Reference("listenerArn", tokens.LISTENER, "ListenerNotFound", by="arn", message="Listener '{value}' not found"),
        Reference(
            "actions[*].targetGroupArn",
            tokens.TARGET_GROUP,
            "TargetGroupNotFound",
            by="arn",
            message="Target groups '{value}' not found",
            holds=True,
            held_code="ResourceInUse",
        ),
        Reference(
            "actions[*].forward.targetGroups[*].arn",
            tokens.TARGET_GROUP,
            "TargetGroupNotFound",
            by="arn",
            message="Target groups '{value}' not found",
            holds=True,
            held_code="ResourceInUse",
        ),
    ),
    create_only=frozenset({"listenerArn"}),
    ranges={"priority": (1, 50000)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ElasticLoadBalancingV2::ListenerRule",
    renamed={
        "actions.redirect": "Actions.RedirectConfig",
        "actions.fixedResponse": "Actions.FixedResponseConfig",
        "actions.authenticateOidc": "",
        "actions.authenticateCognito": "",
        "actions.jwtValidation": "",
        "transforms": "",
        "conditions": "",
    },
    rules=(
        _rule_actions,
        _conditions,
        unique_by(("listenerArn", "priority"), "PriorityInUse", "Priority '{priority}' is currently in use"),
    ),
    outputs=_rule_outputs,
    quota=Quota(facts("elbv2")["quotas"]["rules"], ("listenerArn",), "TooManyRules"),
    source=SOURCE,
)


def _added_certificate(context: Context) -> Iterator[Problem]:
    listener = listener_of(context)
    if listener and listener["protocol"] not in SECURE:
        message = f"Certificates can only be added to HTTPS and TLS listeners, not to {listener['protocol']}"
        yield context.problem(INVALID, message, "listenerArn", "Name a secure listener.")
    for place, arn in located(context, "certificateArn"):
        yield from certificate_problem(context, arn, place)


LISTENER_CERTIFICATE = ResourceType(
    token=tokens.LISTENER_CERTIFICATE,
    kind="listener certificate",
    identifier="{listenerArn}_{certificateArn}",
    references=(
        Reference("listenerArn", tokens.LISTENER, "ListenerNotFound", by="arn", message="Listener '{value}' not found"),
        Reference(
            "certificateArn",
            (tokens.CERTIFICATE, "aws:iam/serverCertificate:ServerCertificate"),
            "CertificateNotFound",
            by="arn",
            message="Certificate '{value}' not found",
            holds=True,
            held_code="ResourceInUseException",
        ),
    ),
    create_only=frozenset({"listenerArn", "certificateArn"}),
    value_code=INVALID,
    rules=(_added_certificate,),
    quota=Quota(facts("elbv2")["quotas"]["certificates"], ("listenerArn",), "TooManyCertificates"),
    source=SOURCE,
)
