"""APIs, their stages and deployments."""

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
from apim_infra.rehearsal.twins.aws.service_rules import given, located
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SELECTION = {"HTTP": "$request.method $request.path", "WEBSOCKET": ""}
ORIGIN = re.compile(r"\*|(https?|[a-z][a-z0-9+.-]*)://(\*|[^/*\s]+)")
METHODS = ("*", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE")
STAGE_NAME = r"\$default|[A-Za-z0-9_-]+"
LONGEST_FORMAT = 3 * 1024
"""Bytes of the template of access logs."""
REQUEST_IDS = ("$context.requestId", "$context.extendedRequestId")
WEBSOCKET_ONLY = ("routeKey", "target", "credentialsArn", "body", "corsConfiguration", "failOnWarnings")
"""Inputs of an API that are for HTTP alone."""


def _protocol(context: Context) -> Iterator[Problem]:
    protocol, expression = str(context.value("protocolType", "")), context.value("routeSelectionExpression")
    if protocol == "WEBSOCKET":
        if not expression:
            message = "RouteSelectionExpression must be specified for WEBSOCKET protocol"
            yield context.problem(INVALID, message, "routeSelectionExpression", "Write $request.body.action, or so.")
        for key in given(context, *WEBSOCKET_ONLY):
            message = f"{key} is not supported for protocolType WEBSOCKET"
            yield context.problem(INVALID, message, key, "Leave it out, or make an HTTP API.")
    elif protocol == "HTTP" and expression not in (None, SELECTION["HTTP"]):
        message = f"RouteSelectionExpression {expression} is not supported for protocolType HTTP"
        yield context.problem(INVALID, message, "routeSelectionExpression", f"Leave it out: it is {SELECTION['HTTP']}.")


def _cors(context: Context) -> Iterator[Problem]:
    origins = located(context, "corsConfiguration.allowOrigins[*]")
    for place, origin in origins:
        if not ORIGIN.fullmatch(str(origin)):
            message = f"Origin: {origin} format is invalid"
            yield context.problem(INVALID, message, place, "Write scheme and host, such as https://app.example.com.")
    if context.value("corsConfiguration.allowCredentials") and any(origin == "*" for _, origin in origins):
        message = "allowOrigins must not be * when allowCredentials is true"
        yield context.problem(INVALID, message, "corsConfiguration.allowOrigins", "List the origins.", GUIDE)
    for place, method in located(context, "corsConfiguration.allowMethods[*]"):
        if method not in METHODS:
            message = f"Invalid method {method} in allowMethods"
            yield context.problem(INVALID, message, place, f"Use {', '.join(METHODS)}.")


def _api_outputs(context: Context) -> Mapping[str, Any]:
    scheme = "wss" if context.value("protocolType") == "WEBSOCKET" else "https"
    return {
        "apiEndpoint": f"{scheme}://{context.id}.execute-api.{context.region}.amazonaws.com",
        "executionArn": f"arn:aws:execute-api:{context.region}:{context.account}:{context.id}",
        "apiKeySelectionExpression": context.value("apiKeySelectionExpression", "$request.header.x-api-key"),
        "routeSelectionExpression": context.value("routeSelectionExpression", SELECTION["HTTP"]),
        "ipAddressType": context.value("ipAddressType", "ipv4"),
        "disableExecuteApiEndpoint": context.value("disableExecuteApiEndpoint", False),
    }


API = ResourceType(
    token=tokens.HTTP_API,
    kind="API",
    identifier="{hex10}",
    arn="arn:aws:apigateway:{region}::/apis/{id}",
    name=Name("name", longest=128, code=INVALID, unique=None),
    create_only=frozenset({"protocolType"}),
    enums={"protocolType": ("HTTP", "WEBSOCKET"), "ipAddressType": ("ipv4", "dualstack")},
    ranges={"corsConfiguration.maxAge": (-1, 86400)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Api",
    rules=(_protocol, _cors),
    outputs=_api_outputs,
    quota=Quota(600, ("region",), TOO_MANY),
    source=SOURCE,
)


def _log_format(context: Context) -> Iterator[Problem]:
    text = context.value("accessLogSettings.format")
    path = "accessLogSettings.format"
    if text is None:
        return
    if "\n" in text:
        message = "The format of access logs must be a single line"
        yield context.problem(INVALID, message, path, "Write it with json.dumps.")
    if len(text.encode()) > LONGEST_FORMAT:
        message = f"The format of access logs has {len(text.encode())} bytes, more than 3 KB"
        yield context.problem(INVALID, message, path, "Log fewer variables.", QUOTAS)
    if not any(identifier in text for identifier in REQUEST_IDS):
        message = "The format must include at least $context.requestId or $context.extendedRequestId"
        yield context.problem(INVALID, message, path, "Add $context.requestId.")


def _log_destination(context: Context) -> Iterator[Problem]:
    for place, value in located(context, "accessLogSettings.destinationArn"):
        arn = str(value).removesuffix(":*")
        if not re.fullmatch(r"arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:[^:]+", arn):
            message = f"Invalid ARN specified in the request: {value} is no log group"
            yield context.problem(INVALID, message, place, "Give the arn output of a log group.")
        elif f":{context.region}:" not in arn:
            message = f"The log group {value} is not in {context.region}"
            yield context.problem(INVALID, message, place, f"Log to a group of {context.region}.")
        elif context.find(tokens.LOG_GROUP, arn, "arn") is None:
            message = f"The specified log group does not exist: {value}"
            yield context.problem(MISSING, message, place, "Make the log group first.")


def _stage_protocol(context: Context) -> Iterator[Problem]:
    protocol = protocol_of(context)
    if protocol == "WEBSOCKET" and context.name == "$default":
        message = "The stage $default is not supported for protocolType WEBSOCKET"
        yield context.problem(INVALID, message, "name", "Choose another name.")
    if protocol != "HTTP":
        return
    if context.value("clientCertificateId") is not None:
        message = "Client certificates are not supported for protocolType HTTP"
        yield context.problem(INVALID, message, "clientCertificateId", "Leave it out.")
    for path in ("defaultRouteSettings", "routeSettings[*]"):
        for key in ("loggingLevel", "dataTraceEnabled"):
            for place, value in located(context, f"{path}.{key}"):
                if value not in (False, "OFF", ""):
                    message = "Execution logs are not supported on protocolType HTTP"
                    yield context.problem(
                        INVALID, message, place, "Leave it out: HTTP APIs have access logs alone.", LOGS
                    )


def _stage_routes(context: Context) -> Iterator[Problem]:
    known = {route["routeKey"] for route in context.all(tokens.HTTP_API_ROUTE, apiId=context.value("apiId"))}
    for place, key in located(context, "routeSettings[*].routeKey"):
        if key not in known:
            message = f"Unable to find Route by key {key} within the provided RouteSettings"
            yield context.problem(MISSING, message, place, "Let the stage depend on its routes.", LOGS)


def _stage_deployment(context: Context) -> Iterator[Problem]:
    automatic, deployment = context.value("autoDeploy", False), context.value("deploymentId")
    if automatic and deployment is not None:
        message = "Deployment ID cannot be set on Stages with AutoDeploy enabled"
        yield context.problem(INVALID, message, "deploymentId", "Leave deploymentId or autoDeploy out.")
    found = context.find(tokens.HTTP_API_DEPLOYMENT, deployment) if deployment is not None else None
    if found and found["apiId"] != context.value("apiId"):
        message = f"Invalid deployment identifier specified {deployment}"
        yield context.problem(MISSING, message, "deploymentId", "Give a deployment of the same API.")


def _variables(context: Context) -> Iterator[Problem]:
    for name, value in dict(context.value("stageVariables", {})).items():
        if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", name):
            message = f"Invalid stage variable name: {name}"
            yield context.problem(INVALID, message, "stageVariables", "Use letters, digits and underscores.")
        if not re.fullmatch(r"[A-Za-z0-9\-._~:/?#&=,]{0,512}", str(value)):
            message = f"Invalid stage variable value for {name}: it must match [A-Za-z0-9-._~:/?#&=,]+"
            yield context.problem(INVALID, message, f"stageVariables.{name}")


def _stage_outputs(context: Context) -> Mapping[str, Any]:
    api, name = str(context.value("apiId")), context.name
    scheme = "wss" if protocol_of(context) == "WEBSOCKET" else "https"
    path = "" if name == "$default" else name
    return {
        "arn": f"arn:aws:apigateway:{context.region}::/apis/{api}/stages/{name}",
        "executionArn": f"arn:aws:execute-api:{context.region}:{context.account}:{api}/{name}",
        "invokeUrl": f"{scheme}://{api}.execute-api.{context.region}.amazonaws.com/{path}",
        "deploymentId": context.value("deploymentId", context.hexadecimal(6, "deployment")),
    }


def _mapped(context: Context) -> Iterator[Problem]:
    for mapping in context.all(tokens.API_MAPPING, apiId=context.value("apiId"), stage=context.name):
        message = f"Deleting stage {context.name} failed. Please remove all API mappings for the stage: {mapping.id}"
        yield context.problem(INVALID, message, hint="Delete the mapping first.", source="own knowledge")


STAGE = ResourceType(
    token=tokens.HTTP_API_STAGE,
    kind="stage",
    identifier="{name}",
    name=Name("name", STAGE_NAME, 128, INVALID, ("apiId",), CONFLICT),
    references=(
        of_api(),
        Reference(
            "deploymentId",
            tokens.HTTP_API_DEPLOYMENT,
            MISSING,
            message="Invalid deployment identifier specified {value}",
            holds=True,
            held_code=INVALID,
        ),
    ),
    create_only=frozenset({"apiId", "name"}),
    enums={"defaultRouteSettings.loggingLevel": ("ERROR", "INFO", "OFF")},
    ranges={
        "defaultRouteSettings.throttlingBurstLimit": (0, 2147483647),
        "defaultRouteSettings.throttlingRateLimit": (0, 2147483647),
    },
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Stage",
    renamed={"name": "StageName", "routeSettings": ""},
    rules=(_log_format, _log_destination, _stage_protocol, _stage_routes, _stage_deployment, _variables),
    delete_rules=(_mapped,),
    outputs=_stage_outputs,
    quota=Quota(10, ("apiId",), TOO_MANY),
    not_verified=("that throttling lies within the account's own quota",),
    source=SOURCE,
)


def _deployable(context: Context) -> Iterator[Problem]:
    if context.old is None and not any(context.all(tokens.HTTP_API_ROUTE, apiId=context.value("apiId"))):
        message = "At least one route is required before deploying the Api."
        yield context.problem(INVALID, message, "apiId", "Let the deployment depend on the routes.")


DEPLOYMENT = ResourceType(
    token=tokens.HTTP_API_DEPLOYMENT,
    kind="deployment",
    identifier="{hex6}",
    references=(of_api(),),
    create_only=frozenset({"apiId", "triggers"}),
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::Deployment",
    rules=(_deployable,),
    outputs=lambda _: {"autoDeployed": False},
    source=SOURCE,
)
