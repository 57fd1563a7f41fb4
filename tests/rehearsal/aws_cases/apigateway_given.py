"""What cases of REST APIs start from."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.apigatewayv2_given import LINK, NLB
from aws_cases.case import Step
from aws_cases.given import GROUP, SECOND_SUBNET, SUBNET, VPC, Aws
from aws_cases.service_given import attached, changed, role

INVALID = "BadRequestException"
MISSING = "NotFoundException"
TAKEN = "ConflictException"
FORMAT = '{"requestId":"$context.requestId","status":"$context.status"}'


def step(kind: str, name: str, /, **inputs: Any) -> Step:
    """Return a step of API Gateway's types."""
    return Step(f"aws:apigateway/{kind[0].lower()}{kind[1:]}:{kind}", name, inputs)


API = step("RestApi", "api", name="api", endpointConfiguration={"types": "REGIONAL"})
OTHER_API = step("RestApi", "other", name="other")
ORDERS = step("Resource", "orders", restApi="${api.id}", parentId="${api.rootResourceId}", pathPart="orders")
ORDER = step("Resource", "order", restApi="${api.id}", parentId="${orders.id}", pathPart="{id}")
PROXY = step("Resource", "proxy", restApi="${api.id}", parentId="${api.rootResourceId}", pathPart="{proxy+}")
METHOD = step(
    "Method", "method", restApi="${api.id}", resourceId="${orders.id}", httpMethod="GET", authorization="NONE"
)
INTEGRATION = step(
    "Integration",
    "integration",
    restApi="${api.id}",
    resourceId="${orders.id}",
    httpMethod="GET",
    type="HTTP_PROXY",
    integrationHttpMethod="GET",
    uri="https://api.example.com/orders",
)
MOCK = step(
    "Integration",
    "mock",
    restApi="${api.id}",
    resourceId="${orders.id}",
    httpMethod="GET",
    type="MOCK",
    requestTemplates={"application/json": '{"statusCode": 200}'},
)
METHOD_RESPONSE = step(
    "MethodResponse",
    "response",
    restApi="${api.id}",
    resourceId="${orders.id}",
    httpMethod="GET",
    statusCode="200",
    responseParameters={"method.response.header.X-Answer": True},
)
INTEGRATION_RESPONSE = step(
    "IntegrationResponse",
    "mapped",
    restApi="${api.id}",
    resourceId="${orders.id}",
    httpMethod="GET",
    statusCode="200",
    responseParameters={"method.response.header.X-Answer": "'yes'"},
)
LINKED = (VPC, SUBNET, SECOND_SUBNET, GROUP, NLB, LINK)
PRIVATE = changed(INTEGRATION, connectionType="VPC_LINK", connectionId="${link.id}", integrationTarget="${nlb.arn}")
DEPLOYMENT = step("Deployment", "deployment", restApi="${api.id}", triggers={"contents": "1"})
STAGE = step("Stage", "stage", restApi="${api.id}", deployment="${deployment.id}", stageName="live")
WITH_METHOD = (API, ORDERS, METHOD)
WITH_INTEGRATION = (*WITH_METHOD, INTEGRATION)
DEPLOYED = (*WITH_INTEGRATION, DEPLOYMENT)
STAGED = (*DEPLOYED, STAGE)
LOGS = Step(tokens.LOG_GROUP, "logs", {"name": "/apim/edge"})
LOGS_ROLE = role("logger", "apigateway.amazonaws.com")
ACCOUNT = step("Account", "account", cloudwatchRoleArn="${logger.arn}")
WITH_ACCOUNT = (LOGS_ROLE, *attached(LOGS_ROLE, "service-role/AmazonAPIGatewayPushToCloudWatchLogs"), ACCOUNT)
ACCESS_LOG = {"destinationArn": "${logs.arn}", "format": FORMAT}
SETTINGS = step(
    "MethodSettings",
    "settings",
    restApi="${api.id}",
    stageName="${stage.stageName}",
    methodPath="*/*",
    settings={"throttlingRateLimit": 100, "throttlingBurstLimit": 200},
)

CERTIFICATE = Step(
    tokens.CERTIFICATE,
    "certificate",
    {"domainName": "api.example.com", "validationMethod": "DNS", "subjectAlternativeNames": ["*.apps.example.com"]},
)
ISSUED = Step(
    "aws:acm/certificateValidation:CertificateValidation", "validation", {"certificateArn": "${certificate.arn}"}
)
IMPORTED = Step(
    tokens.CERTIFICATE,
    "certificate",
    {"certificateBody": "-----BEGIN CERTIFICATE-----", "privateKey": "-----BEGIN PRIVATE KEY-----"},
)
CERTIFIED = (CERTIFICATE, ISSUED)
DOMAIN = step(
    "DomainName",
    "domain",
    domainName="api.example.com",
    regionalCertificateArn="${certificate.arn}",
    endpointConfiguration={"types": "REGIONAL"},
    securityPolicy="TLS_1_2",
)
BUCKET = Step(tokens.BUCKET, "bucket", {"bucket": "apim-truststore"})
TRUSTSTORE = Step(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "truststore",
    {"bucket": "${bucket.bucket}", "key": "ca.pem", "content": "x"},
)
MUTUAL = {"truststoreUri": "s3://apim-truststore/ca.pem"}
MAPPING = step(
    "BasePathMapping",
    "mapping",
    restApi="${api.id}",
    stageName="${stage.stageName}",
    domainName="${domain.domainName}",
)
MAPPED = (*STAGED, *CERTIFIED, DOMAIN)

PLAN = step(
    "UsagePlan",
    "plan",
    name="partners",
    apiStages=[{"apiId": "${api.id}", "stage": "${stage.stageName}"}],
    throttleSettings={"burstLimit": 20, "rateLimit": 10},
    quotaSettings={"limit": 1000, "period": "DAY"},
)
KEY = step("ApiKey", "key", name="partner")
MEMBER = step("UsagePlanKey", "member", usagePlanId="${plan.id}", keyId="${key.id}", keyType="API_KEY")
PLANNED = (*STAGED, PLAN, KEY)


def moto_api(aws: Aws) -> tuple[str, str]:
    """Make an API in moto, and return its id and that of its root."""
    client = aws("apigateway")
    api = client.create_rest_api(name="api")["id"]
    return api, client.get_resources(restApiId=api)["items"][0]["id"]


def moto_deployed(aws: Aws) -> tuple[str, str]:
    """Make a deployed API in moto, and return its id and that of the deployment."""
    api, root = moto_api(aws)
    client = aws("apigateway")
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        type="HTTP",
        integrationHttpMethod="GET",
        uri="https://api.example.com",
    )
    return api, client.create_deployment(restApiId=api)["id"]
