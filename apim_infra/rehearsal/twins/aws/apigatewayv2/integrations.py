"""Integrations, and the VPC links by which they reach what is private."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.apigatewayv2.common import (
    CONFLICT,
    GUIDE,
    INVALID,
    LOGS,
    MISSING,
    QUOTAS,
    SOURCE,
    TOO_MANY,
    of_api,
    protocol_of,
)
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import given, groups_in_vpc, located, subnets, vpcs, zones
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

LISTENER = re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:listener/(app|net)/.+")
CLOUD_MAP = re.compile(r"arn:[\w-]+:servicediscovery:[\w-]+:\d{12}:service/.+")
TYPES = {"HTTP": ("AWS_PROXY", "HTTP_PROXY"), "WEBSOCKET": ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")}
MAPPING = re.compile(r"(append|overwrite|remove):(header|querystring)\.[^\s]+|overwrite:path")
RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|"
    r"keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|"
    r"x-forwarded-for|x-forwarded-host|x-forwarded-proto|via"
)
"""Headers that no mapping may touch (API Gateway developer guide, parameter mapping of HTTP APIs; own knowledge)."""
LONGEST = {"HTTP": 30000, "WEBSOCKET": 29000}
"""Milliseconds that an integration may take."""


def _type(context: Context) -> Iterator[Problem]:
    protocol, kind = protocol_of(context), context.value("integrationType")
    if protocol and kind not in TYPES[protocol]:
        message = f"IntegrationType {kind} is not supported for protocolType {protocol}"
        yield context.problem(INVALID, message, "integrationType", f"Use {' or '.join(TYPES[protocol])}.")
    if kind in ("HTTP", "HTTP_PROXY") and context.value("connectionType") != "VPC_LINK":
        for place, uri in located(context, "integrationUri"):
            if not re.match(r"https?://", str(uri)):
                message = f"Invalid HTTP endpoint specified for URI: {uri}"
                yield context.problem(INVALID, message, place, "Give a whole URL, or set connectionType to VPC_LINK.")
    if kind == "HTTP_PROXY":
        for key, word in (("integrationUri", "URI"), ("integrationMethod", "HttpMethod")):
            if not given(context, key):
                message = f"{word} must be specified for integrations of type HTTP_PROXY"
                yield context.problem(INVALID, message, key, f"Set {key}.")


def _private(context: Context) -> Iterator[Problem]:
    private, link = context.value("connectionType") == "VPC_LINK", given(context, "connectionId")
    if private and not link:
        message = "ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK"
        yield context.problem(INVALID, message, "connectionId", "Give the id of a VPC link.")
    if not private and link:
        message = "ConnectionId is only supported for ConnectionType VPC_LINK"
        yield context.problem(INVALID, message, "connectionId", "Set connectionType to VPC_LINK.")
    if not private and given(context, "tlsConfig"):
        message = "TlsConfig is only supported for private integrations"
        yield context.problem(INVALID, message, "tlsConfig", "Leave it out: the URL says whether TLS is used.")
    if not private:
        return
    if protocol_of(context) == "WEBSOCKET":
        message = "VPC links V2 are not supported for protocolType WEBSOCKET"
        yield context.problem(INVALID, message, "connectionType", "Make an HTTP API.", GUIDE)
    if context.value("integrationType") != "HTTP_PROXY":
        message = f"IntegrationType {context.value('integrationType')} is not supported for ConnectionType VPC_LINK"
        yield context.problem(INVALID, message, "integrationType", "Use HTTP_PROXY.")
    for place, uri in located(context, "integrationUri"):
        if not LISTENER.fullmatch(str(uri)) and not CLOUD_MAP.fullmatch(str(uri)):
            message = "For VpcLink VPC_LINK, integration uri should be a valid ELB listener ARN or a valid Cloud Map service ARN."
            yield context.problem(
                INVALID, message, place, "Give the ARN of a listener, not of its load balancer.", LOGS
            )
        elif LISTENER.fullmatch(str(uri)):
            yield from _listener(context, place, str(uri))


def _listener(context: Context, place: str, arn: str) -> Iterator[Problem]:
    listener = context.find(tokens.LISTENER, arn, "arn")
    if listener is None:
        message = "Unable to retrieve listener port and load balancer DNS name from ELB listener"
        hint = "Name a listener that exists in the same account and region."
        yield context.problem(INVALID, message, place, hint, LOGS)
        return
    balancer = context.find(tokens.LOAD_BALANCER, listener["loadBalancerArn"], "arn")
    own, there = _network(context), balancer["vpcId"] if balancer else None
    if own and there and own != there:
        message = f"The VPC link is in {own}, and the load balancer in {there}: requests would not arrive"
        yield context.warning(INVALID, message, place, "Make the link in the load balancer's VPC.", GUIDE)


def _network(context: Context) -> str | None:
    link = context.find(tokens.VPC_LINK, context.value("connectionId"))
    found = vpcs(subnets(context, link.inputs.get("subnetIds", ()))) if link else []
    return found[0] if found else None


def _payload(context: Context) -> Iterator[Problem]:
    version, kind = context.value("payloadFormatVersion"), context.value("integrationType")
    if version is None:
        return
    allowed = ("1.0", "2.0") if kind == "AWS_PROXY" and not given(context, "integrationSubtype") else ("1.0",)
    if version not in allowed:
        message = f"PayloadFormatVersion {version} is not supported for integration type {kind}"
        yield context.problem(INVALID, message, "payloadFormatVersion", f"Use {' or '.join(allowed)}.")


def _timeout(context: Context) -> Iterator[Problem]:
    longest = LONGEST.get(protocol_of(context), LONGEST["HTTP"])
    for place, value in located(context, "timeoutMilliseconds"):
        if not 50 <= value <= longest:
            message = f"Timeout should be between 50 ms and {longest} ms"
            yield context.problem(INVALID, message, place, f"Use {longest} or less.")


def _mappings(context: Context) -> Iterator[Problem]:
    if protocol_of(context) != "HTTP" or given(context, "integrationSubtype"):
        return
    for key in dict(context.value("requestParameters", {})):
        header = re.fullmatch(r"\w+:header\.(.+)", key)
        if not MAPPING.fullmatch(key):
            message = f"Invalid mapping expression specified: {key}"
            hint = "Write append, overwrite or remove, then :header.<name> or :querystring.<name>, or overwrite:path."
            yield context.problem(INVALID, message, "requestParameters", hint, GUIDE)
        elif header and RESERVED.fullmatch(header[1].lower()):
            message = f"Operations on header {header[1]} are restricted"
            yield context.problem(INVALID, message, "requestParameters", "Use a header of your own.", GUIDE)


def _used(context: Context) -> Iterator[Problem]:
    routes = context.all(tokens.HTTP_API_ROUTE, apiId=context.value("apiId"))
    using = [route.id for route in routes if route.inputs.get("target") == f"integrations/{context.id}"]
    if using:
        message = (
            f"Cannot delete Integration because it is referenced by the following Routes with Ids: [{', '.join(using)}]"
        )
        yield context.problem(CONFLICT, message, hint="Delete the routes first.", source=LOGS)


INTEGRATION = ResourceType(
    token=tokens.HTTP_API_INTEGRATION,
    kind="integration",
    identifier="{hex7}",
    references=(
        of_api(),
        Reference(
            "connectionId",
            (tokens.VPC_LINK, "aws:apigateway/vpcLink:VpcLink"),
            MISSING,
            message="Invalid VpcLink identifier specified {value}",
            holds=True,
            held_code=INVALID,
        ),
    ),
    create_only=frozenset({"apiId", "integrationType", "integrationSubtype", "connectionType"}),
    defaults={"connectionType": "INTERNET", "payloadFormatVersion": "1.0"},
    enums={
        "connectionType": ("INTERNET", "VPC_LINK"),
        "integrationMethod": ("ANY", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"),
    },
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Integration",
    renamed={"timeoutMilliseconds": "TimeoutInMillis", "responseParameters": ""},
    rules=(_type, _private, _payload, _timeout, _mappings),
    delete_rules=(_used,),
    outputs=lambda _: {"integrationResponseSelectionExpression": ""},
    quota=Quota(300, ("apiId",), TOO_MANY),
    source=SOURCE,
)


def _link_network(context: Context) -> Iterator[Problem]:
    ids = context.get("subnetIds[*]")
    things: list[Thing] = subnets(context, ids)
    if context.inputs.get("subnetIds") == []:
        yield context.problem(INVALID, "At least one subnet must be specified", "subnetIds", "Give private subnets.")
    if len(vpcs(things)) > 1:
        message = f"All subnets of a VPC link must belong to the same VPC: {', '.join(vpcs(things))}"
        yield context.problem(INVALID, message, "subnetIds", "Give subnets of one VPC.")
    if things and len(things) == len(ids) and len(set(zones(things))) == 1:
        message = f"The VPC link is in {zones(things)[0]} alone and fails with this zone"
        yield context.warning(INVALID, message, "subnetIds", "Give subnets of two zones.", GUIDE)
    if len(ids) > 10:
        message = f"A VPC link may have 10 subnets, not {len(ids)}"
        yield context.problem(TOO_MANY, message, "subnetIds", "Give one subnet of each zone.", QUOTAS)


def _link_outputs(context: Context) -> Mapping[str, Any]:
    return {"arn": f"arn:aws:apigateway:{context.region}::/vpclinks/{context.id}"}


VPC_LINK = ResourceType(
    token=tokens.VPC_LINK,
    kind="VPC link",
    identifier="{hex6}",
    name=Name("name", longest=128, code=INVALID, unique=None),
    references=(
        Reference("subnetIds[*]", tokens.SUBNET, INVALID, message="Invalid subnet ID specified: {value}", holds=True),
        Reference(
            "securityGroupIds[*]",
            tokens.SECURITY_GROUP,
            INVALID,
            message="Invalid security group ID specified: {value}",
            holds=True,
        ),
    ),
    create_only=frozenset({"subnetIds", "securityGroupIds"}),
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::VpcLink",
    rules=(
        _link_network,
        groups_in_vpc(
            "securityGroupIds[*]",
            INVALID,
            "subnetIds[*]",
            "Invalid security group: {value} is not in the VPC of the subnets",
        ),
    ),
    outputs=_link_outputs,
    quota=Quota(10, ("region",), TOO_MANY),
    not_verified=("that VPC links are offered in the zones of the subnets",),
    failure=Problem(
        "FAILED",
        "unexpected state 'FAILED', wanted target 'AVAILABLE'",
        "subnetIds",
        "Check that VPC links are offered in the zones, and that each subnet has free addresses.",
        GUIDE,
    ),
    source=SOURCE,
)
