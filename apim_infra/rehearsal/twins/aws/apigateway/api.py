"""REST APIs, the tree of their resources, and the answers that the front end gives by itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    GATEWAY_RESPONSE,
    GUIDE,
    INVALID,
    LIMIT,
    MISSING,
    RESOURCE,
    REST_API,
    SEEN,
    SOURCE,
    TAKEN,
    to_api,
)
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import CREATED_AT, located, nested, resource_policy
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType

PATH_PART = re.compile(r"[a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\}")
VARIABLE = re.compile(r"\{.+\}")
ENDPOINTS = ("EDGE", "REGIONAL", "PRIVATE")
NEW_POLICY = "SecurityPolicy_"
RESPONSE_TYPES = (
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
)
RESPONSE_PARAMETER = re.compile(r"gatewayresponse\.(header|path|querystring)\.[!-~]+")
RESPONSE_VALUE = re.compile(r"'.*'|method\.request\.(header|path|querystring)\..+|context\..+|stageVariables\..+")


def endpoint_type(inputs: Mapping[str, Any]) -> str:
    """Return the kind of endpoint of an API or domain name."""
    return str(nested(inputs, "endpointConfiguration.types", "EDGE"))


def _endpoint(context: Context) -> Iterator[Problem]:
    kind = endpoint_type(context.inputs)
    endpoints = context.get("endpointConfiguration.vpcEndpointIds[*]")
    if endpoints and kind != "PRIVATE":
        message = "Only allowed to specify vpcEndpointIds for PRIVATE endpoint configurations"
        yield context.problem(INVALID, message, "endpointConfiguration.vpcEndpointIds", "Leave them out.")
    if kind == "PRIVATE" and not context.value("policy"):
        message = "Private REST API doesn't have a resource policy attached to it"
        hint = "Give a policy; without one nothing can be deployed."
        yield context.warning(INVALID, message, "policy", hint, SEEN)


def _access_mode(context: Context) -> Iterator[Problem]:
    policy = str(context.value("securityPolicy", ""))
    if context.value("endpointAccessMode") and not policy.startswith(NEW_POLICY):
        message = "Endpoint access mode is only supported for security policies that start with SecurityPolicy_"
        yield context.problem(INVALID, message, "endpointAccessMode", "Leave it out, or choose such a security policy.")


def _compression(context: Context) -> Iterator[Problem]:
    size = str(context.value("minimumCompressionSize", ""))
    if size and not (size.lstrip("-").isdigit() and -1 <= int(size) <= 10485760):
        message = f"Invalid minimum compression size {size}: it must be between 0 and 10485760 bytes"
        yield context.problem(INVALID, message, "minimumCompressionSize", "Use 0 to 10485760, or -1 for none.")


def _api_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "rootResourceId": context.hexadecimal(10, "root"),
        "createdDate": CREATED_AT,
        "executionArn": f"arn:aws:execute-api:{context.region}:{context.account}:{context.id}",
        "apiKeySource": context.value("apiKeySource", "HEADER"),
        "disableExecuteApiEndpoint": context.value("disableExecuteApiEndpoint", False),
        "endpointConfiguration": context.value("endpointConfiguration", {"types": "EDGE", "ipAddressType": "ipv4"}),
        "binaryMediaTypes": context.value("binaryMediaTypes", []),
        "policy": context.value("policy", ""),
    }


API = ResourceType(
    token=REST_API,
    kind="REST API",
    identifier="{hex10}",
    arn="arn:aws:apigateway:{region}::/restapis/{id}",
    name=Name("name", pattern=r"(?s).+", longest=1024, code=INVALID, unique=None),
    enums={
        "apiKeySource": ("HEADER", "AUTHORIZER"),
        "endpointConfiguration.types": ENDPOINTS,
        "endpointConfiguration.ipAddressType": ("ipv4", "dualstack"),
        "putRestApiMode": ("merge", "overwrite"),
        "endpointAccessMode": ("BASIC", "STRICT"),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(
        _endpoint,
        _access_mode,
        _compression,
        resource_policy("policy", INVALID, "Invalid policy document. {fault}"),
    ),
    outputs=_api_outputs,
    companions=lambda context: (
        Companion(RESOURCE, str(context.outputs["rootResourceId"]), {"path": "/", "restApi": context.id}),
    ),
    quota=Quota(600, ("region",), LIMIT),
    failure=Problem(
        "TooManyRequestsException",
        "Too Many Requests: API Gateway takes one new REST API in three seconds",
        "",
        "Run again: what exists already is kept.",
        f"{GUIDE}, quotas",
    ),
    source=SOURCE,
)


def _parent_path(context: Context) -> str | None:
    parent = context.find(RESOURCE, context.value("parentId"))
    return None if parent is None or parent["path"] is None else str(parent["path"])


def _part(context: Context) -> Iterator[Problem]:
    part = str(context.value("pathPart", ""))
    if not PATH_PART.fullmatch(part):
        message = (
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            f"beginning and the end: {part}"
        )
        yield context.problem(INVALID, message, "pathPart", "Give one segment, without slashes.", SEEN)


def _siblings(context: Context) -> Iterator[Problem]:
    part = str(context.value("pathPart", ""))
    parent = context.value("parentId")
    for sibling in context.all(RESOURCE):
        if sibling.owner or parent is None or sibling.inputs.get("parentId") != parent:
            continue
        theirs = str(sibling.inputs.get("pathPart", ""))
        if theirs == part:
            message = f"Another resource with the same parent already has this name: {part}"
            yield context.problem(TAKEN, message, "pathPart", "Use that resource, or another path.", SEEN)
        elif VARIABLE.fullmatch(theirs) and VARIABLE.fullmatch(part):
            message = f"A sibling ({theirs}) of this resource already has a variable path part -- only one is allowed"
            yield context.problem(INVALID, message, "pathPart", f"Name it {theirs} here too.", SEEN)


def _below_greedy(context: Context) -> Iterator[Problem]:
    path = _parent_path(context)
    if path and path.endswith("+}"):
        message = f"Cannot create a child of a resource with a greedy path variable: {path}"
        yield context.problem(INVALID, message, "parentId", "A greedy variable ends its path.", GUIDE)


def _greedy_parent(context: Context) -> Iterator[Problem]:
    """Check that a resource with others below it does not become greedy."""
    part = str(context.value("pathPart", ""))
    if context.id and part.endswith("+}") and next(context.all(RESOURCE, parentId=context.id), None):
        message = f"A resource with children cannot have a greedy path variable: {part}"
        yield context.problem(INVALID, message, "pathPart", "Delete the resources below it first.", GUIDE)


def _same_api(context: Context) -> Iterator[Problem]:
    parent = context.find(RESOURCE, context.value("parentId"))
    if parent is not None and not parent.assumed and parent["restApi"] != context.value("restApi"):
        message = "Invalid Resource identifier specified"
        yield context.problem(MISSING, message, "parentId", "Name a resource of the same API.")


def _path(context: Context) -> str:
    parent = _parent_path(context) or "/"
    return f"{parent.rstrip('/')}/{context.value('pathPart')}"


RESOURCE_ROW = ResourceType(
    token=RESOURCE,
    kind="resource",
    identifier="{hex6}",
    references=(
        to_api(),
        Reference("parentId", RESOURCE, MISSING, message="Invalid Resource identifier specified"),
    ),
    create_only=frozenset({"restApi"}),
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_part, _siblings, _below_greedy, _greedy_parent, _same_api),
    outputs=lambda context: {"path": _path(context)},
    quota=Quota(300, ("restApi",), LIMIT),
    source=SOURCE,
)


def _response(context: Context) -> Iterator[Problem]:
    for place, given in located(context, "responseParameters"):
        for name, value in given.items():
            if not RESPONSE_PARAMETER.fullmatch(str(name)):
                message = f"Invalid mapping expression parameter specified: {name}"
                hint = "Name it gatewayresponse.header.<name>."
                yield context.problem(INVALID, message, f"{place}.{name}", hint)
            elif not RESPONSE_VALUE.fullmatch(str(value)):
                message = f"Invalid mapping expression specified: {value}"
                hint = "Put a constant between single quotes."
                yield context.problem(INVALID, message, f"{place}.{name}", hint)


GATEWAY_RESPONSE_ROW = ResourceType(
    token=GATEWAY_RESPONSE,
    kind="gateway response",
    identifier="aggr-{restApiId}-{responseType}",
    references=(to_api("restApiId"),),
    create_only=frozenset({"restApiId", "responseType"}),
    enums={"responseType": RESPONSE_TYPES},
    patterns={"statusCode": r"[1-5]\d\d"},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_response,),
    source=SOURCE,
)

ROWS = (API, RESOURCE_ROW, GATEWAY_RESPONSE_ROW)
