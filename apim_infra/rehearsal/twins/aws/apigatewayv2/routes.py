"""Routes and authorizers."""

import re
from collections.abc import Iterator

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
from apim_infra.rehearsal.twins.aws.service_rules import given, located, repeated
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

METHODS = ("ANY", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE")
KEY = re.compile(rf"\$default|({'|'.join(METHODS)}) (/\S*)")
SEGMENT = re.compile(r"\{[^{}/\s]+\}|[^{}/\s]*")
FORM = (
    "The provided route key is not formatted properly for HTTP protocol. "
    'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
)
MOST_SCOPES = 10


def _key(context: Context) -> Iterator[Problem]:
    if protocol_of(context) != "HTTP":
        return
    key = str(context.value("routeKey", ""))
    parts = KEY.fullmatch(key)
    if context.value("routeKey") is None:
        return
    if parts is None:
        yield context.problem(INVALID, FORM, "routeKey", f"Methods are {', '.join(METHODS)}.")
        return
    segments = (parts[2] or "/").removeprefix("/").split("/")
    for segment in segments:
        if not SEGMENT.fullmatch(segment):
            message = f"{FORM}: the segment {segment} mixes text and variable"
            yield context.problem(INVALID, message, "routeKey", "Let a variable be a whole segment.")
    greedy = [segment for segment in segments if segment.endswith("+}")]
    if greedy and (len(greedy) > 1 or segments[-1] != greedy[0]):
        message = f"{FORM}: the greedy variable {greedy[0]} must be the last segment"
        yield context.problem(INVALID, message, "routeKey", "Put it at the end.")
    for name in repeated(re.findall(r"\{([^{}+]+)\+?\}", key)):
        message = f"{FORM}: the variable {name} occurs twice"
        yield context.problem(INVALID, message, "routeKey", "Give each variable its own name.")


def _unique(context: Context) -> Iterator[Problem]:
    key = context.value("routeKey")
    if key is not None and any(context.all(tokens.HTTP_API_ROUTE, apiId=context.value("apiId"), routeKey=key)):
        message = f"Route with key {key} already exists for this API"
        yield context.problem(CONFLICT, message, "routeKey", "Make one route of each key.", LOGS)


def _target(context: Context) -> Iterator[Problem]:
    for place, target in located(context, "target"):
        if not str(target).startswith("integrations/"):
            message = f"Invalid target specified: {target}"
            yield context.problem(INVALID, message, place, "Write integrations/ and the id of the integration.")
            continue
        identifier = str(target).removeprefix("integrations/")
        found = context.find(tokens.HTTP_API_INTEGRATION, identifier)
        if found is None or found["apiId"] != context.value("apiId"):
            message = f"Unable to find Integration by ID {target}"
            yield context.problem(MISSING, message, place, "Name an integration of the same API.")


def _authorization(context: Context) -> Iterator[Problem]:
    kind, authorizer = context.value("authorizationType", "NONE"), given(context, "authorizerId")
    if kind in ("JWT", "CUSTOM") and not authorizer:
        message = f"AuthorizerId must be specified for AuthorizationType {kind}"
        yield context.problem(INVALID, message, "authorizerId", "Give the id of an authorizer.")
    if kind in ("NONE", "AWS_IAM") and authorizer:
        message = f"AuthorizerId cannot be specified for AuthorizationType {kind}"
        yield context.problem(INVALID, message, "authorizerId", "Set authorizationType to JWT or CUSTOM.")
    if kind != "JWT" and context.get("authorizationScopes[*]"):
        message = f"AuthorizationScopes cannot be specified for AuthorizationType {kind}"
        yield context.problem(INVALID, message, "authorizationScopes", "Leave them out.")
    if len(context.get("authorizationScopes[*]")) > MOST_SCOPES:
        message = f"A route may have {MOST_SCOPES} scopes"
        yield context.problem(TOO_MANY, message, "authorizationScopes", "Ask for fewer.", QUOTAS)
    found = context.find(tokens.HTTP_API_AUTHORIZER, context.value("authorizerId"))
    if found and found["apiId"] != context.value("apiId"):
        message = f"Invalid Authorizer identifier specified {found.id}"
        yield context.problem(MISSING, message, "authorizerId", "Name an authorizer of the same API.")
    elif found and (found["authorizerType"] == "JWT") != (kind == "JWT"):
        message = f"AuthorizationType {kind} does not fit an authorizer of type {found['authorizerType']}"
        yield context.problem(INVALID, message, "authorizationType", "Use JWT for JWT, and CUSTOM for REQUEST.")


def _http_only(context: Context) -> Iterator[Problem]:
    if protocol_of(context) == "HTTP" and context.value("apiKeyRequired"):
        message = "API keys are not supported for protocolType HTTP"
        yield context.problem(INVALID, message, "apiKeyRequired", "Use a REST API for keys and usage plans.", GUIDE)


ROUTE = ResourceType(
    token=tokens.HTTP_API_ROUTE,
    kind="route",
    identifier="{hex7}",
    references=(
        of_api(),
        Reference(
            "authorizerId",
            tokens.HTTP_API_AUTHORIZER,
            MISSING,
            message="Invalid Authorizer identifier specified {value}",
            holds=True,
            held_code=CONFLICT,
        ),
    ),
    create_only=frozenset({"apiId"}),
    enums={"authorizationType": ("NONE", "AWS_IAM", "CUSTOM", "JWT")},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Route",
    rules=(_key, _unique, _target, _authorization, _http_only),
    quota=Quota(300, ("apiId",), TOO_MANY),
    source=SOURCE,
)


def _kind(context: Context) -> Iterator[Problem]:
    kind, protocol = context.value("authorizerType"), protocol_of(context)
    if kind == "JWT":
        if protocol == "WEBSOCKET":
            message = "JWT authorizers are not supported for protocolType WEBSOCKET"
            yield context.problem(INVALID, message, "authorizerType", "Use REQUEST.")
        if not given(context, "jwtConfiguration"):
            message = "JwtConfiguration must be specified for JWT authorizers"
            yield context.problem(INVALID, message, "jwtConfiguration", "Set issuer and audiences.")
        if len(context.inputs.get("identitySources") or ()) != 1:
            message = "A JWT authorizer has one identity source"
            yield context.problem(INVALID, message, "identitySources", "Write $request.header.Authorization.")
        for place, issuer in located(context, "jwtConfiguration.issuer"):
            if not re.match(r"https://[^/\s]+", str(issuer)):
                message = f"Invalid issuer: {issuer}. Issuer must have a valid discovery endpoint"
                yield context.problem(INVALID, message, place, "Give the https URL of the identity provider.")
        return
    if kind == "REQUEST" and not given(context, "authorizerUri"):
        message = "AuthorizerUri must be specified for REQUEST authorizers"
        yield context.problem(INVALID, message, "authorizerUri", "Give the invokeArn of a function.")
    if kind == "REQUEST" and protocol == "HTTP" and not given(context, "authorizerPayloadFormatVersion"):
        message = "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer"
        yield context.problem(INVALID, message, "authorizerPayloadFormatVersion", "Set it to 2.0.")


AUTHORIZER = ResourceType(
    token=tokens.HTTP_API_AUTHORIZER,
    kind="authorizer",
    identifier="{hex6}",
    name=Name("name", longest=128, code=INVALID, unique=("apiId",), taken_code=INVALID),
    references=(of_api(),),
    create_only=frozenset({"apiId"}),
    enums={"authorizerType": ("JWT", "REQUEST"), "authorizerPayloadFormatVersion": ("1.0", "2.0")},
    ranges={"authorizerResultTtlInSeconds": (0, 3600)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Authorizer",
    renamed={"identitySources": "IdentitySource", "jwtConfiguration.audiences": "JwtConfiguration.Audience"},
    rules=(_kind,),
    quota=Quota(10, ("apiId",), TOO_MANY),
    source=SOURCE,
)
