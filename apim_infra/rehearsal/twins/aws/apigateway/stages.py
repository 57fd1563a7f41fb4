"""Deployments and stages of REST APIs, and the account's role for their logs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    ACCOUNT,
    DEPLOYMENT,
    GUIDE,
    INTEGRATION,
    INVALID,
    LIMIT,
    METHOD,
    METHOD_SETTINGS,
    MISSING,
    SEEN,
    SOURCE,
    STAGE,
    TAKEN,
    has_body,
    logging_role,
    parts,
    to_api,
)
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    CREATED_AT,
    attached_policies,
    find_role,
    given,
    has_inline_policies,
    located,
    role_exists,
    seen,
)
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType

NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"
ROLE_HINT = "Set cloudwatchRoleArn of an aws.apigateway.Account, and let this resource depend on it."
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]+")
VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]+")
CACHE_SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
METHOD_PATH = re.compile(r"\*/\*|[^*]+/(\*|ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)")
TRUST = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add "
    "the required role policy."
)


def _contents(context: Context) -> Iterator[Problem]:
    api = context.value("restApi")
    if has_body(context, api):
        return
    methods = list(parts(context, METHOD, api))
    if not methods:
        message = "The REST API doesn't contain any methods"
        yield context.problem(INVALID, message, "restApi", "Let the deployment depend on the methods.", SEEN)
    led = {(i.inputs.get("resourceId"), i.inputs.get("httpMethod")) for i in parts(context, INTEGRATION, api)}
    for method in methods:
        if (method.inputs.get("resourceId"), method.inputs.get("httpMethod")) not in led:
            message = f"No integration defined for method: {method.id}"
            hint = "Let the deployment depend on the integration of each method."
            yield context.problem(INVALID, message, "restApi", hint, SEEN)


def _variables(context: Context) -> Iterator[Problem]:
    for place, variables in located(context, "variables"):
        for name, value in variables.items():
            if not VARIABLE_NAME.fullmatch(str(name)) or not VARIABLE_VALUE.fullmatch(str(value)):
                message = f"Stage variable {name} is not valid: names have letters, digits and _, values {VARIABLE_VALUE.pattern}"
                yield context.problem(INVALID, message, f"{place}.{name}", "Use these characters only.")


DEPLOYMENT_ROW = ResourceType(
    token=DEPLOYMENT,
    kind="deployment",
    identifier="{hex6}",
    references=(to_api(),),
    create_only=frozenset({"restApi", "triggers", "variables"}),
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_contents, _variables),
    outputs=lambda _: {"createdDate": CREATED_AT},
    source=SOURCE,
)


def _taken(context: Context) -> Iterator[Problem]:
    same = {key: context.value(key) for key in ("restApi", "stageName")}
    if next(context.all(STAGE, **same), None):
        yield context.problem(TAKEN, "Stage already exists", "stageName", "Choose another name.")


def _deployment(context: Context) -> Iterator[Problem]:
    deployment = context.find(DEPLOYMENT, context.value("deployment"))
    if deployment is not None and not deployment.assumed and deployment["restApi"] != context.value("restApi"):
        message = "Invalid Deployment identifier specified"
        yield context.problem(MISSING, message, "deployment", "Name a deployment of the same API.")


def _logs(context: Context) -> Iterator[Problem]:
    """Check destination and format of access logs, and that the account lets API Gateway write them."""
    if context.value("accessLogSettings") is None:
        return
    if not logging_role(context):
        yield context.problem(INVALID, NO_ROLE, "accessLogSettings", ROLE_HINT, SEEN)
    line = context.value("accessLogSettings.format")
    path = "accessLogSettings.format"
    if line is not None and "\n" in str(line).strip("\n"):
        message = "Log format must be a single line"
        yield context.problem(INVALID, message, path, "Write it in one line.", GUIDE)
    if line is not None and not re.search(r"\$context\.(requestId|extendedRequestId)", str(line)):
        message = "Access log format must contain $context.requestId or $context.extendedRequestId"
        yield context.problem(INVALID, message, path, "Add $context.requestId.", GUIDE)
    yield from _log_destination(context)


def _log_destination(context: Context) -> Iterator[Problem]:
    path = "accessLogSettings.destinationArn"
    for place, arn in located(context, path):
        text = str(arn)
        if ":firehose:" in text and not text.rsplit("/", 1)[-1].startswith("amazon-apigateway-"):
            message = "Invalid access log destination: the name of a delivery stream must begin with amazon-apigateway-"
            yield context.problem(INVALID, message, place, "Rename the delivery stream.", GUIDE)
        elif not re.match(r"arn:[\w-]+:(logs|firehose):", text):
            message = (
                "Invalid ARN specified in the request. ARNs must start with 'arn:' and include 'logs' or 'firehose'"
            )
            yield context.problem(INVALID, message, place, "Give a log group or a delivery stream.")
        elif f":{context.region}:" not in text:
            message = f"Invalid access log destination: {text} is not in {context.region}"
            yield context.problem(INVALID, message, place, "Use one of the same region.")
    yield from seen(path, tokens.LOG_GROUP, INVALID, "log group", "logs")(context)


def _cache(context: Context) -> Iterator[Problem]:
    if context.value("cacheClusterEnabled") and not given(context, "cacheClusterSize"):
        message = "Cache cluster size must be given when the cache cluster is enabled"
        yield context.problem(INVALID, message, "cacheClusterSize", f"Give one of {', '.join(CACHE_SIZES)}.")


def _stage_outputs(context: Context) -> Mapping[str, Any]:
    api, name = context.value("restApi"), context.value("stageName")
    return {
        "arn": f"arn:aws:apigateway:{context.region}::/restapis/{api}/stages/{name}",
        "executionArn": f"arn:aws:execute-api:{context.region}:{context.account}:{api}/{name}",
        "invokeUrl": f"https://{api}.execute-api.{context.region}.amazonaws.com/{name}",
        "webAclArn": "",
    }


STAGE_ROW = ResourceType(
    token=STAGE,
    kind="stage",
    identifier="ags-{restApi}-{stageName}",
    references=(
        to_api(),
        Reference(
            "deployment",
            DEPLOYMENT,
            MISSING,
            message="Invalid Deployment identifier specified",
            holds=True,
            held_code=INVALID,
        ),
    ),
    create_only=frozenset({"restApi", "stageName"}),
    enums={"cacheClusterSize": CACHE_SIZES},
    patterns={"stageName": r"[a-zA-Z0-9_-]{1,128}"},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_taken, _deployment, _logs, _cache, _variables),
    outputs=_stage_outputs,
    quota=Quota(10, ("restApi",), LIMIT),
    source=SOURCE,
)


def _stage_exists(context: Context) -> Iterator[Problem]:
    if not any(
        s.inputs.get("stageName") == context.value("stageName") for s in parts(context, STAGE, context.value("restApi"))
    ):
        message = "Invalid stage identifier specified"
        yield context.problem(MISSING, message, "stageName", "Take stageName of the stage.")


def _level(context: Context) -> Iterator[Problem]:
    if context.value("settings.loggingLevel", "OFF") != "OFF" and not logging_role(context):
        yield context.problem(INVALID, NO_ROLE, "settings.loggingLevel", ROLE_HINT, SEEN)


METHOD_SETTINGS_ROW = ResourceType(
    token=METHOD_SETTINGS,
    kind="method settings",
    identifier="{restApi}-{stageName}-{methodPath}",
    references=(to_api(),),
    create_only=frozenset({"restApi", "stageName", "methodPath"}),
    enums={
        "settings.loggingLevel": ("OFF", "ERROR", "INFO"),
        "settings.unauthorizedCacheControlHeaderStrategy": (
            "FAIL_WITH_403",
            "SUCCEED_WITH_RESPONSE_HEADER",
            "SUCCEED_WITHOUT_RESPONSE_HEADER",
        ),
    },
    patterns={"methodPath": METHOD_PATH.pattern},
    ranges={
        "settings.cacheTtlInSeconds": (0, 3600),
        "settings.throttlingBurstLimit": (-1, 2147483647),
        "settings.throttlingRateLimit": (-1, 2147483647),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_stage_exists, _level),
    source=SOURCE,
)


def _role_policy(context: Context) -> Iterator[Problem]:
    for place, arn in located(context, "cloudwatchRoleArn"):
        role = find_role(context, arn)
        if role is None or role.assumed:
            continue
        if not attached_policies(context, role) and not has_inline_policies(context, role):
            hint = "Attach AmazonAPIGatewayPushToCloudWatchLogs to the role, before."
            yield context.problem(INVALID, TRUST, place, hint, SEEN)


ACCOUNT_ROW = ResourceType(
    token=ACCOUNT,
    kind="account settings",
    identifier="api-gateway-account",
    value_code=INVALID,
    rules=(
        role_exists(
            "cloudwatchRoleArn",
            INVALID,
            "apigateway.amazonaws.com",
            missing="The role ARN {value} does not exist",
            trust=TRUST,
        ),
        _role_policy,
    ),
    outputs=lambda _: {
        "apiKeyVersion": "4",
        "features": ["UsagePlans"],
        "throttleSettings": [{"burstLimit": 5000, "rateLimit": 10000}],
    },
    source=SOURCE,
)

ROWS = (DEPLOYMENT_ROW, STAGE_ROW, METHOD_SETTINGS_ROW, ACCOUNT_ROW)
