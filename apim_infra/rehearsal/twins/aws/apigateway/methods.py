"""Methods of REST APIs and what they may answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    INVALID,
    METHOD,
    METHOD_RESPONSE,
    METHODS,
    MISSING,
    RESOURCE,
    SEEN,
    SOURCE,
    TAKEN,
    method_of,
    to_api,
    to_resource,
)
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import given, located
from apim_infra.rehearsal.twins.aws.table import ResourceType

REQUEST_PARAMETER = re.compile(
    r"method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.[!-~]+"
)
RESPONSE_PARAMETER = re.compile(r"method\.response\.header\.[!-~]+")
WITH_AUTHORIZER = ("CUSTOM", "COGNITO_USER_POOLS")


def _authorizer(context: Context) -> Iterator[Problem]:
    kind = context.value("authorization")
    if kind in WITH_AUTHORIZER and not given(context, "authorizerId"):
        message = (
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a "
            "valid authorizer."
        )
        yield context.problem(INVALID, message, "authorizerId", "Give the id of an authorizer of the API.", SEEN)
    if context.value("authorizationScopes") and kind != "COGNITO_USER_POOLS":
        message = "Authorization scopes are only supported for the authorization type COGNITO_USER_POOLS"
        yield context.problem(INVALID, message, "authorizationScopes", "Leave them out.")


def _taken(context: Context) -> Iterator[Problem]:
    same = {key: context.value(key) for key in ("restApi", "resourceId", "httpMethod")}
    if next(context.all(METHOD, **same), None):
        message = "Method already exists for this resource"
        yield context.problem(TAKEN, message, "httpMethod", "Remove one of the two.")


def _parameters(context: Context) -> Iterator[Problem]:
    resource = context.find(RESOURCE, context.value("resourceId"))
    path = str(resource["path"] or "") if resource else ""
    for place, parameters in located(context, "requestParameters"):
        for name in parameters:
            if not REQUEST_PARAMETER.fullmatch(str(name)):
                message = f"Invalid mapping expression specified: {name}"
                hint = "Name it method.request.<querystring, path or header>.<name>."
                yield context.problem(INVALID, message, f"{place}.{name}", hint)
            elif name.startswith("method.request.path.") and path and not _in_path(name, path):
                message = f"The path {path} has no variable for {name}"
                hint = "Requests never carry it: name a variable of the path."
                yield context.warning(INVALID, message, f"{place}.{name}", hint)


def _in_path(parameter: str, path: str) -> bool:
    name = parameter.removeprefix("method.request.path.")
    return f"{{{name}}}" in path or f"{{{name}+}}" in path


METHOD_ROW = ResourceType(
    token=METHOD,
    kind="method",
    identifier="agm-{restApi}-{resourceId}-{httpMethod}",
    references=(to_api(), to_resource()),
    create_only=frozenset({"restApi", "resourceId", "httpMethod"}),
    defaults={"apiKeyRequired": False},
    enums={"httpMethod": METHODS, "authorization": ("NONE", "AWS_IAM", *WITH_AUTHORIZER)},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_authorizer, _taken, _parameters),
    source=SOURCE,
)


def _of_method(context: Context) -> Iterator[Problem]:
    if method_of(context) is None:
        message = "Invalid Method identifier specified"
        hint = "Make the method first, and take its attributes."
        yield context.problem(MISSING, message, "httpMethod", hint)


def _response_taken(context: Context) -> Iterator[Problem]:
    same = {key: context.value(key) for key in ("restApi", "resourceId", "httpMethod", "statusCode")}
    if next(context.all(METHOD_RESPONSE, **same), None):
        message = "Response already exists for this resource"
        yield context.problem(TAKEN, message, "statusCode", "Remove one of the two.")


def _response_parameters(context: Context) -> Iterator[Problem]:
    for place, parameters in located(context, "responseParameters"):
        for name in parameters:
            if not RESPONSE_PARAMETER.fullmatch(str(name)):
                message = f"Invalid mapping expression parameter specified: {name}"
                hint = "Name it method.response.header.<name>."
                yield context.problem(INVALID, message, f"{place}.{name}", hint)


def declared(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the headers that a method response declares."""
    return response.get("responseParameters") or {}


METHOD_RESPONSE_ROW = ResourceType(
    token=METHOD_RESPONSE,
    kind="method response",
    identifier="agmr-{restApi}-{resourceId}-{httpMethod}-{statusCode}",
    references=(to_api(), to_resource()),
    create_only=frozenset({"restApi", "resourceId", "httpMethod", "statusCode"}),
    enums={"httpMethod": METHODS},
    patterns={"statusCode": r"[1-5]\d\d"},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_of_method, _response_taken, _response_parameters),
    source=SOURCE,
)

ROWS = (METHOD_ROW, METHOD_RESPONSE_ROW)
