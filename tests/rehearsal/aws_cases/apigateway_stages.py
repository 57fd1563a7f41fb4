"""Wrong requests for deployments and stages of REST APIs, and for the account's role for their logs."""

import json
from typing import Any

from aws_cases.apigateway_given import (
    ACCESS_LOG,
    ACCOUNT,
    API,
    DEPLOYED,
    DEPLOYMENT,
    INVALID,
    LOGS,
    LOGS_ROLE,
    METHOD,
    MISSING,
    ORDERS,
    OTHER_API,
    SETTINGS,
    STAGE,
    STAGED,
    TAKEN,
    WITH_ACCOUNT,
    WITH_INTEGRATION,
    moto_api,
    moto_deployed,
)
from aws_cases.case import Case, Step
from aws_cases.given import ROLE, Aws
from aws_cases.service_given import changed, named, without

SERVICE = "API Gateway"
FIREHOSE = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/"
MANY = tuple(named(STAGE, f"stage{number}", stageName=f"stage{number}") for number in range(10))


def case(wrong: str, request: Step, code: str = INVALID, given: tuple[Step, ...] = (), **more: Any) -> Case:
    """Make a case of API Gateway."""
    return Case(SERVICE, wrong, request, code, given, **more)


def stage(
    wrong: str, code: str = INVALID, given: tuple[Step, ...] = DEPLOYED, path: str = "", moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong stage."""
    return case(wrong, changed(STAGE, **inputs), code, given, path=path, moto=moto)


def logged(wrong: str, path: str, **settings: Any) -> Case:
    """Make a case of a stage with wrong access logs."""
    return stage(
        wrong,
        INVALID,
        (*DEPLOYED, LOGS, *WITH_ACCOUNT),
        f"accessLogSettings.{path}",
        accessLogSettings={**ACCESS_LOG, **settings},
    )


def moto_stage_twice(aws: Aws) -> None:
    """Make two stages of one name in moto."""
    api, deployment = moto_deployed(aws)
    for _ in range(2):
        aws("apigateway").create_stage(restApiId=api, stageName="live", deploymentId=deployment)


def moto_empty(aws: Aws) -> None:
    """Deploy an API without methods in moto."""
    api, _ = moto_api(aws)
    aws("apigateway").create_deployment(restApiId=api)


CASES = (
    case("deployment without methods", DEPLOYMENT, INVALID, (API, ORDERS), moto=moto_empty),
    case(
        "deployment of a method without an integration",
        DEPLOYMENT,
        INVALID,
        (*WITH_INTEGRATION, named(METHOD, "post", httpMethod="POST")),
    ),
    case("deployment of an API that does not exist", changed(DEPLOYMENT, restApi="abcdef1234"), MISSING),
    case("deletion of a deployment with a stage", DEPLOYMENT, INVALID, STAGED, operation="delete"),
    stage("stage without a deployment", MISSING, deployment="abc123"),
    stage("name of a stage with a dot", stageName="v1.0", path="stageName"),
    stage("name of a stage that is taken", TAKEN, (*DEPLOYED, named(STAGE, "first")), moto=moto_stage_twice),
    stage("eleven stages of an API", "LimitExceededException", (*DEPLOYED, *MANY)),
    stage("stage variable with a space", variables={"host": "api example"}),
    stage("cache without a size", cacheClusterEnabled=True, path="cacheClusterSize"),
    stage(
        "access logs without a role of the account",
        given=(*DEPLOYED, LOGS),
        accessLogSettings=ACCESS_LOG,
        path="accessLogSettings",
    ),
    logged("access logs in several lines", "format", format="$context.requestId\n$context.status"),
    logged("access logs without the id of the request", "format", format=json.dumps({"status": "$context.status"})),
    logged("access logs to a bucket", "destinationArn", destinationArn="arn:aws:s3:::apim-logs"),
    logged("access logs to a delivery stream of any name", "destinationArn", destinationArn=f"{FIREHOSE}events"),
    logged(
        "access logs in another region",
        "destinationArn",
        destinationArn="arn:aws:logs:eu-west-1:111122223333:log-group:/apim/edge",
    ),
    case("settings of a stage that does not exist", changed(SETTINGS, stageName="test"), MISSING, STAGED),
    case("settings of a path without a method", changed(SETTINGS, methodPath="orders"), INVALID, STAGED),
    case(
        "execution logs without a role of the account",
        changed(SETTINGS, settings={"loggingLevel": "INFO"}),
        INVALID,
        STAGED,
        path="settings.loggingLevel",
    ),
    case("level of logs that does not exist", changed(SETTINGS, settings={"loggingLevel": "DEBUG"}), INVALID, STAGED),
    case(
        "role of the account that does not exist",
        changed(ACCOUNT, cloudwatchRoleArn="arn:aws:iam::111122223333:role/missing"),
        INVALID,
    ),
    case("role that API Gateway cannot assume", changed(ACCOUNT, cloudwatchRoleArn="${role.arn}"), INVALID, (ROLE,)),
    case("role for logs without rights", ACCOUNT, INVALID, (LOGS_ROLE,), path="cloudwatchRoleArn"),
    case(
        "deployment by a stage of another API", changed(STAGE, restApi="${other.id}"), MISSING, (*DEPLOYED, OTHER_API)
    ),
    case("API without its parts in a stage", without(STAGE, "deployment"), "CheckFailure", DEPLOYED),
)
