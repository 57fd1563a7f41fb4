"""What the rows of REST APIs share: tokens, codes and how one finds the parts of an API."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Reference
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "API Gateway API model, botocore 1.44.5"
GUIDE = "API Gateway developer guide, REST APIs, 2026"
SEEN = "public deployment logs of API Gateway"
INVALID = "BadRequestException"
MISSING = "NotFoundException"
TAKEN = "ConflictException"
LIMIT = "LimitExceededException"

REST_API = "aws:apigateway/restApi:RestApi"
RESOURCE = "aws:apigateway/resource:Resource"
METHOD = "aws:apigateway/method:Method"
METHOD_RESPONSE = "aws:apigateway/methodResponse:MethodResponse"
INTEGRATION = "aws:apigateway/integration:Integration"
INTEGRATION_RESPONSE = "aws:apigateway/integrationResponse:IntegrationResponse"
GATEWAY_RESPONSE = "aws:apigateway/response:Response"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
STAGE = "aws:apigateway/stage:Stage"
METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
ACCOUNT = "aws:apigateway/account:Account"
DOMAIN_NAME = "aws:apigateway/domainName:DomainName"
BASE_PATH_MAPPING = "aws:apigateway/basePathMapping:BasePathMapping"
USAGE_PLAN = "aws:apigateway/usagePlan:UsagePlan"
API_KEY = "aws:apigateway/apiKey:ApiKey"
USAGE_PLAN_KEY = "aws:apigateway/usagePlanKey:UsagePlanKey"
VPC_LINK_V1 = "aws:apigateway/vpcLink:VpcLink"

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""Methods of a REST API (developer guide): TRACE and CONNECT are not among them."""


def to_api(path: str = "restApi", code: str = MISSING, message: str = "Invalid API identifier specified") -> Reference:
    """Return the reference to the API that something belongs to."""
    return Reference(path, REST_API, code, message=f"{message} {{value}}")


def to_resource() -> Reference:
    """Return the reference to the resource that a method belongs to."""
    return Reference("resourceId", RESOURCE, MISSING, message="Invalid Resource identifier specified")


def has_body(context: Context, api: Any) -> bool:
    """Tell whether an API is made from one OpenAPI document or was brought along: then its parts are out of sight."""
    thing = context.find(REST_API, api)
    return thing is None or thing.assumed or bool(thing.inputs.get("body"))


def method_of(context: Context) -> Thing | None:
    """Return the method that `restApi`, `resourceId` and `httpMethod` name."""
    for method in context.world.all(METHOD, context.region):
        if all(method.inputs.get(key) == context.value(key) for key in ("restApi", "resourceId", "httpMethod")):
            return method
    return None


def parts(context: Context, token: str, api: Any) -> Iterator[Thing]:
    """Iterate over an API's things of a type."""
    return (thing for thing in context.world.all(token, context.region) if thing.inputs.get("restApi") == api)


def logging_role(context: Context) -> bool:
    """Tell whether the account has a role for API Gateway's logs in the region."""
    return any(
        account.assumed or bool(account.inputs.get("cloudwatchRoleArn"))
        for account in context.world.all(ACCOUNT, context.region)
    )
