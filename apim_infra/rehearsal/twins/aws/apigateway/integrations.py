"""Where the methods of REST APIs lead, and what becomes of the answers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    GUIDE,
    INTEGRATION,
    INTEGRATION_RESPONSE,
    INVALID,
    METHOD_RESPONSE,
    METHODS,
    MISSING,
    SEEN,
    SOURCE,
    VPC_LINK_V1,
    method_of,
    to_api,
    to_resource,
)
from apim_infra.rehearsal.twins.aws.apigateway.methods import declared
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import given, located, subnets, vpcs
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType

DEFAULT_TIMEOUT = 29000
"""Longest wait for an answer under the default quota, in milliseconds."""
HTTP = ("HTTP", "HTTP_PROXY")
PROXY = ("HTTP_PROXY", "AWS_PROXY")
ADDRESS = re.compile(r"https?://(\$\{stageVariables\.\w+\}|[a-zA-Z0-9.-]+|\{[\w.]+\})(:\d+)?(/\S*)?")
PARAMETER = re.compile(r"integration\.request\.(header|path|querystring)\.[!-~]+")
FROM_REQUEST = re.compile(r"method\.request\.(header|path|querystring|multivalueheader|multivaluequerystring)\..+")
VALUE = re.compile(r"'.*'|method\.request\..+|context\..+|stageVariables\..+")
VARIABLE = "${stageVariables."
ACTION = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:[\w.-]+:(path|action)/")
PROXIED = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:(lambda|firehose):")


def _kind(context: Context) -> str:
    return str(context.value("type", ""))


def _method(context: Context) -> Iterator[Problem]:
    if method_of(context) is None:
        message = "Invalid Method identifier specified"
        yield context.problem(MISSING, message, "httpMethod", "Make the method first, and take its attributes.")


def _address(context: Context) -> Iterator[Problem]:
    kind = _kind(context)
    if kind == "MOCK":
        return
    if not given(context, "integrationHttpMethod"):
        message = "Enumeration value for HttpMethod must be non-empty"
        yield context.problem(INVALID, message, "integrationHttpMethod", "Give the method of the request behind.")
    uri = context.value("uri", "")
    if kind in HTTP and (not given(context, "uri") or (uri and not ADDRESS.fullmatch(str(uri)))):
        message = "Invalid HTTP endpoint specified for URI"
        yield context.problem(INVALID, message, "uri", "Give an address with scheme and host.")
    if kind not in HTTP and uri:
        yield from _action(context, kind, str(uri))


def _action(context: Context, kind: str, uri: str) -> Iterator[Problem]:
    """Check the address of an integration with a service of AWS, and the role that it is called with."""
    if not uri.startswith("arn:"):
        message = "Invalid ARN specified in the request"
        yield context.problem(INVALID, message, "uri", "Give the ARN of an action of API Gateway.")
    elif not ACTION.match(uri):
        message = "AWS ARN for integration must contain path or action"
        yield context.problem(INVALID, message, "uri", "Write arn:aws:apigateway:<region>:<service>:action/<name>.")
    elif kind == "AWS_PROXY" and not PROXIED.match(uri):
        message = (
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )
        yield context.problem(INVALID, message, "type", "Use AWS.")
    elif kind == "AWS" and not PROXIED.match(uri) and not given(context, "credentials"):
        message = "Role ARN must be specified for AWS integrations"
        yield context.problem(INVALID, message, "credentials", "Give a role that apigateway.amazonaws.com can assume.")


def _credentials(context: Context) -> Iterator[Problem]:
    for place, arn in located(context, "credentials"):
        other = re.match(r"arn:[\w-]+:iam::(\d{12}):", str(arn))
        if other and other[1] != context.account:
            message = "Cross-account pass role is not allowed."
            yield context.problem("AccessDeniedException", message, place, "Give a role of the same account.")


def _timeout(context: Context) -> Iterator[Problem]:
    timeout = context.value("timeoutMilliseconds", DEFAULT_TIMEOUT)
    if isinstance(timeout, int | float) and not 50 <= timeout <= DEFAULT_TIMEOUT:
        message = f"Timeout should be between 50 ms and {DEFAULT_TIMEOUT} ms"
        hint = "Longer waits need a higher quota, for regional APIs only."
        yield context.problem(INVALID, message, "timeoutMilliseconds", hint, GUIDE)


def _connection(context: Context) -> Iterator[Problem]:
    private = context.value("connectionType") == "VPC_LINK"
    if private and _kind(context) not in HTTP:
        message = "Integrations with a VPC link must be of type HTTP or HTTP_PROXY"
        yield context.problem(INVALID, message, "type", "Use HTTP_PROXY.", GUIDE)
    if private and not given(context, "connectionId"):
        message = "Vpc link id must be given for the connection type VPC_LINK"
        yield context.problem(INVALID, message, "connectionId", "Give the id of a VPC link.")
    for name in given(context, "connectionId", "integrationTarget"):
        if not private:
            message = f"{name} is only supported for the connection type VPC_LINK"
            yield context.problem(INVALID, message, name, "Set connectionType to VPC_LINK, or leave it out.")


def _target(context: Context) -> Iterator[Problem]:
    link = context.find(tokens.VPC_LINK, context.value("connectionId"))
    target = context.value("integrationTarget")
    if link is not None and not given(context, "integrationTarget"):
        message = "An integration with a VPC link V2 must have an integration target"
        yield context.problem(INVALID, message, "integrationTarget", "Give the ARN of the load balancer.", GUIDE)
    if context.find(VPC_LINK_V1, context.value("connectionId")) and given(context, "integrationTarget"):
        message = "An integration target is only supported for VPC links V2"
        yield context.problem(INVALID, message, "integrationTarget", "Leave it out, or use a VPC link V2.", GUIDE)
    balancer = context.find(tokens.LOAD_BALANCER, target, "arn")
    if balancer is None:
        return
    if balancer.inputs.get("loadBalancerType", "application") not in ("application", "network"):
        message = f"The integration target {target} is no Application or Network Load Balancer"
        yield context.problem(INVALID, message, "integrationTarget", "Give one of these.", GUIDE)
    networks = vpcs(subnets(context, link.inputs.get("subnetIds") or ())) if link else []
    if networks and balancer["vpcId"] and balancer["vpcId"] not in networks:
        message = f"The integration target {target} is not in the VPC of the VPC link: requests would not arrive"
        yield context.warning(INVALID, message, "integrationTarget", f"Give a load balancer of {networks[0]}.", GUIDE)


def _mapping(context: Context) -> Iterator[Problem]:
    """Check that what a request behind takes from the client's request is declared by the method."""
    method = method_of(context)
    known: Mapping[str, Any] = (method.inputs.get("requestParameters") or {}) if method else {}
    for place, parameters in located(context, "requestParameters"):
        for name, value in parameters.items():
            at = f"{place}.{name}"
            if not PARAMETER.fullmatch(str(name)) or not VALUE.fullmatch(str(value)):
                message = f"Invalid mapping expression specified: {name}={value}"
                hint = "Map integration.request.<place>.<name> from the request, or from a constant in single quotes."
                yield context.problem(INVALID, message, at, hint, SEEN)
            elif FROM_REQUEST.fullmatch(str(value)) and method is not None and value not in known:
                message = f"Invalid mapping expression specified: Validation Result: errors: [Invalid mapping expression parameter specified: {value}]"
                yield context.problem(INVALID, message, at, f"Declare {value} in the method's requestParameters.", SEEN)


def _fits_kind(context: Context) -> Iterator[Problem]:
    kind = _kind(context)
    if context.value("tlsConfig.insecureSkipVerification") and kind not in HTTP:
        message = "insecureSkipVerification is only supported for HTTP and HTTP_PROXY integrations"
        yield context.problem(INVALID, message, "tlsConfig.insecureSkipVerification", "Leave it out.")
    if context.value("responseTransferMode") == "STREAM" and kind not in PROXY:
        message = "The response transfer mode STREAM is only supported for proxy integrations"
        yield context.problem(INVALID, message, "responseTransferMode", "Use BUFFERED.", GUIDE)


INTEGRATION_ROW = ResourceType(
    token=INTEGRATION,
    kind="integration",
    identifier="agi-{restApi}-{resourceId}-{httpMethod}",
    references=(
        to_api(),
        to_resource(),
        Reference(
            "connectionId",
            (tokens.VPC_LINK, VPC_LINK_V1),
            INVALID,
            message="Invalid Vpc Link identifier specified: {value}",
            holds=True,
            held_code=INVALID,
            allow=re.escape(VARIABLE) + r"\w+\}",
        ),
        Reference(
            "integrationTarget",
            tokens.LOAD_BALANCER,
            INVALID,
            by="arn",
            message="The integration target {value} does not exist",
            allow=re.escape(VARIABLE) + r"\w+\}",
        ),
    ),
    create_only=frozenset(
        {"restApi", "resourceId", "httpMethod", "type", "credentials", "integrationHttpMethod", "passthroughBehavior"}
    ),
    defaults={"connectionType": "INTERNET"},
    enums={
        "httpMethod": METHODS,
        "integrationHttpMethod": METHODS,
        "type": ("HTTP", "AWS", "MOCK", "HTTP_PROXY", "AWS_PROXY"),
        "connectionType": ("INTERNET", "VPC_LINK"),
        "contentHandling": ("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"),
        "passthroughBehavior": ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"),
        "responseTransferMode": ("BUFFERED", "STREAM"),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_method, _address, _credentials, _timeout, _connection, _target, _mapping, _fits_kind),
    outputs=lambda context: {
        "cacheNamespace": context.value("cacheNamespace", context.value("resourceId")),
        "passthroughBehavior": context.value("passthroughBehavior", "WHEN_NO_MATCH"),
        "timeoutMilliseconds": context.value("timeoutMilliseconds", DEFAULT_TIMEOUT),
    },
    source=SOURCE,
)


def _same(context: Context, token: str, *names: str) -> Any:
    values = {name: context.value(name) for name in ("restApi", "resourceId", "httpMethod", *names)}
    things = context.world.all(token, context.region)
    return next((t for t in things if all(t.inputs.get(name) == value for name, value in values.items())), None)


def _answers(context: Context) -> Iterator[Problem]:
    if _same(context, INTEGRATION) is None:
        message = "Invalid Integration identifier specified"
        yield context.problem(MISSING, message, "httpMethod", "Make the integration first: depend on it.")
        return
    response = _same(context, METHOD_RESPONSE, "statusCode")
    if response is None:
        message = "Invalid Response status code specified"
        yield context.problem(
            MISSING, message, "statusCode", "Make the method response first, and take its statusCode."
        )
        return
    for place, parameters in located(context, "responseParameters"):
        for name in parameters:
            if name not in declared(response.inputs):
                message = f"Invalid mapping expression parameter specified: {name}"
                hint = "Declare it in responseParameters of the method response."
                yield context.problem(INVALID, message, f"{place}.{name}", hint, SEEN)


INTEGRATION_RESPONSE_ROW = ResourceType(
    token=INTEGRATION_RESPONSE,
    kind="integration response",
    identifier="agir-{restApi}-{resourceId}-{httpMethod}-{statusCode}",
    references=(to_api(), to_resource()),
    create_only=frozenset({"restApi", "resourceId", "httpMethod", "statusCode"}),
    enums={"httpMethod": METHODS, "contentHandling": ("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")},
    patterns={"statusCode": r"[1-5]\d\d"},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_answers,),
    source=SOURCE,
)

ROWS = (INTEGRATION_ROW, INTEGRATION_RESPONSE_ROW)
