"""Wrong requests for REST APIs: resources, methods, integrations, deployments and stages."""

from typing import Any

from aws_cases.apigateway_given import (
    API,
    INTEGRATION,
    INTEGRATION_RESPONSE,
    INVALID,
    LINKED,
    METHOD,
    METHOD_RESPONSE,
    MISSING,
    MOCK,
    ORDER,
    ORDERS,
    OTHER_API,
    PRIVATE,
    PROXY,
    TAKEN,
    WITH_METHOD,
    moto_api,
    step,
)
from aws_cases.apigatewayv2_given import LINK
from aws_cases.case import Case, Step
from aws_cases.given import Aws
from aws_cases.service_given import changed, named, without

SERVICE = "API Gateway"
SERVICE_ARN = "arn:aws:apigateway:eu-central-1"
MOTO_ROLE = "arn:aws:iam::123456789012:role/reader"
ABSENT = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/missing/0123456789abcdef"


def case(wrong: str, request: Step, code: str = INVALID, given: tuple[Step, ...] = (), **more: Any) -> Case:
    """Make a case of API Gateway."""
    return Case(SERVICE, wrong, request, code, given, **more)


def resource(
    wrong: str, code: str = INVALID, given: tuple[Step, ...] = (API,), moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong resource."""
    return case(wrong, changed(ORDERS, **inputs), code, given, moto=moto)


def method(
    wrong: str, code: str = INVALID, given: tuple[Step, ...] = (API, ORDERS), moto: Any = None, **inputs: Any
) -> Case:
    """Make a case of a wrong method."""
    return case(wrong, changed(METHOD, **inputs), code, given, moto=moto)


def integration(wrong: str, code: str = INVALID, path: str = "", moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong integration."""
    return case(wrong, changed(INTEGRATION, **inputs), code, WITH_METHOD, path=path, moto=moto)


def moto_part(aws: Aws) -> None:
    """Make a resource with a slash in its path part in moto."""
    api, root = moto_api(aws)
    aws("apigateway").create_resource(restApiId=api, parentId=root, pathPart="orders/open")


def moto_integration(aws: Aws, **inputs: Any) -> None:
    """Put an integration in moto."""
    api, root = moto_api(aws)
    client = aws("apigateway")
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", **inputs)


def moto_parent(aws: Aws) -> None:
    """Make a resource below one that does not exist in moto."""
    api, _ = moto_api(aws)
    aws("apigateway").create_resource(restApiId=api, parentId="abc123", pathPart="orders")


def moto_method_missing(aws: Aws) -> None:
    """Put an integration of a method that does not exist in moto."""
    api, root = moto_api(aws)
    aws("apigateway").get_method(restApiId=api, resourceId=root, httpMethod="GET")


CASES = (
    case("name of an endpoint type that does not exist", changed(API, endpointConfiguration={"types": "PUBLIC"})),
    case(
        "VPC endpoints of a regional API",
        changed(API, endpointConfiguration={"types": "REGIONAL", "vpcEndpointIds": ["vpce-0123456789abcdef0"]}),
    ),
    case(
        "strict access mode of an old security policy",
        changed(API, endpointAccessMode="STRICT", securityPolicy="TLS_1_2"),
    ),
    case("compression above 10 MiB", changed(API, minimumCompressionSize="10485761")),
    case("resource policy that is no JSON", changed(API, policy="allow everyone"), path="policy"),
    case("source of API keys that does not exist", changed(API, apiKeySource="QUERY")),
    resource("path part with a slash", pathPart="orders/open", moto=moto_part),
    resource("path part with a variable and more", pathPart="{id}.json"),
    resource("path part that is empty", pathPart=""),
    resource("second resource of the same path", TAKEN, (API, named(ORDERS, "first"))),
    resource(
        "second variable among the children of a resource",
        given=(API, named(ORDERS, "first", pathPart="{id}")),
        pathPart="{name}",
    ),
    resource(
        "variable beside a greedy variable", given=(API, named(ORDERS, "first", pathPart="{id}")), pathPart="{proxy+}"
    ),
    case(
        "greedy variable with resources below it",
        changed(ORDERS, pathPart="{proxy+}"),
        given=(API, ORDERS, ORDER),
        operation="update",
    ),
    resource("resource below a greedy variable", given=(API, PROXY), parentId="${proxy.id}"),
    resource(
        "resource of an API that does not exist",
        MISSING,
        restApi="abcdef1234",
        moto=lambda aws: aws("apigateway").create_resource(restApiId="abcdef1234", parentId="a", pathPart="orders"),
    ),
    resource("parent that does not exist", MISSING, parentId="abc123", moto=moto_parent),
    resource("parent of another API", MISSING, (API, OTHER_API), parentId="${other.rootResourceId}"),
    method("method TRACE", httpMethod="TRACE"),
    method("authorizer that is not given", authorization="CUSTOM"),
    method("kind of authorization that does not exist", authorization="OAUTH"),
    method("scopes without an authorizer of Cognito", authorizationScopes=["orders.read"]),
    method("second method of a resource", TAKEN, (API, ORDERS, named(METHOD, "first"))),
    method("method of a resource that does not exist", MISSING, resourceId="abc123"),
    method("request parameter without a place", requestParameters={"id": True}),
    integration("integration without an address", uri=None, path="uri"),
    integration(
        "address without a scheme",
        uri="api.example.com/orders",
        path="uri",
        moto=lambda aws: moto_integration(aws, type="HTTP", integrationHttpMethod="GET", uri="api.example.com/orders"),
    ),
    integration(
        "integration without a method behind",
        integrationHttpMethod=None,
        path="integrationHttpMethod",
        moto=lambda aws: moto_integration(aws, type="HTTP", uri="https://api.example.com"),
    ),
    integration("integration that waits a minute", timeoutMilliseconds=60000, path="timeoutMilliseconds"),
    integration("integration that waits for 10 ms", timeoutMilliseconds=10, path="timeoutMilliseconds"),
    integration("VPC link without an id", connectionType="VPC_LINK", path="connectionId"),
    integration("VPC link that does not exist", connectionType="VPC_LINK", connectionId="abc123", path="connectionId"),
    integration(
        "load balancer without a VPC link", integrationTarget="arn:aws:elasticloadbalancing:x", path="integrationTarget"
    ),
    case(
        "VPC link V2 without a load balancer",
        without(PRIVATE, "integrationTarget"),
        given=(*LINKED, *WITH_METHOD),
        path="integrationTarget",
    ),
    case(
        "load balancer behind a REST API that does not exist",
        changed(PRIVATE, integrationTarget=ABSENT),
        given=(*LINKED, *WITH_METHOD),
        path="integrationTarget",
    ),
    case(
        "mock integration by a VPC link",
        changed(PRIVATE, type="MOCK"),
        given=(*LINKED, *WITH_METHOD),
        path="type",
    ),
    case(
        "deletion of a VPC link that a REST API takes",
        LINK,
        given=(*LINKED, *WITH_METHOD, PRIVATE),
        operation="delete",
    ),
    integration(
        "parameter that the method does not declare",
        requestParameters={"integration.request.path.id": "method.request.path.id"},
    ),
    integration("constant without quotes", requestParameters={"integration.request.header.X-Edge": "yes"}),
    integration("type of integration that does not exist", type="GRPC"),
    integration(
        "AWS integration with a web address",
        type="AWS",
        path="uri",
        moto=lambda aws: moto_integration(
            aws,
            type="AWS",
            integrationHttpMethod="POST",
            uri="https://api.example.com",
            credentials="arn:aws:iam::123456789012:role/r",
        ),
    ),
    integration(
        "ARN without an action",
        type="AWS",
        uri="arn:aws:apigateway:eu-central-1:s3:bucket",
        path="uri",
        moto=lambda aws: moto_integration(
            aws, type="AWS", integrationHttpMethod="GET", uri=f"{SERVICE_ARN}:s3:bucket", credentials=MOTO_ROLE
        ),
    ),
    integration(
        "action of S3 without a role",
        type="AWS",
        uri=f"{SERVICE_ARN}:s3:path/bucket/key",
        path="credentials",
        moto=lambda aws: moto_integration(
            aws, type="AWS", integrationHttpMethod="GET", uri=f"{SERVICE_ARN}:s3:path/bucket/key"
        ),
    ),
    integration(
        "proxy to a bucket",
        type="AWS_PROXY",
        uri=f"{SERVICE_ARN}:s3:path/bucket/key",
        path="type",
        moto=lambda aws: moto_integration(
            aws, type="AWS_PROXY", integrationHttpMethod="GET", uri=f"{SERVICE_ARN}:s3:path/bucket/key"
        ),
    ),
    integration(
        "role of another account",
        "AccessDeniedException",
        "credentials",
        credentials="arn:aws:iam::999999999999:role/reader",
        moto=lambda aws: moto_integration(
            aws,
            type="HTTP",
            integrationHttpMethod="GET",
            uri="https://api.example.com",
            credentials="arn:aws:iam::999999999999:role/reader",
        ),
    ),
    case(
        "integration of a method that does not exist",
        INTEGRATION,
        MISSING,
        (API, ORDERS),
        moto=moto_method_missing,
    ),
    case("streamed answer of a mock integration", changed(MOCK, responseTransferMode="STREAM"), INVALID, WITH_METHOD),
    case("response of a method that does not exist", METHOD_RESPONSE, MISSING, (API, ORDERS)),
    case("second response of a status", METHOD_RESPONSE, TAKEN, (*WITH_METHOD, named(METHOD_RESPONSE, "first"))),
    case(
        "header of a response without its place",
        changed(METHOD_RESPONSE, responseParameters={"X-Answer": True}),
        INVALID,
        WITH_METHOD,
    ),
    case(
        "answer of an integration that does not exist", INTEGRATION_RESPONSE, MISSING, (*WITH_METHOD, METHOD_RESPONSE)
    ),
    case("answer with a status that is not declared", INTEGRATION_RESPONSE, MISSING, (*WITH_METHOD, MOCK)),
    case(
        "answer with a header that is not declared",
        changed(INTEGRATION_RESPONSE, responseParameters={"method.response.header.X-Other": "'no'"}),
        INVALID,
        (*WITH_METHOD, MOCK, METHOD_RESPONSE),
    ),
    case(
        "answer of the front end that does not exist",
        step("Response", "answer", restApiId="${api.id}", responseType="TEAPOT"),
        INVALID,
        (API,),
    ),
    case(
        "header of an answer of the front end without quotes",
        step(
            "Response",
            "answer",
            restApiId="${api.id}",
            responseType="DEFAULT_4XX",
            responseParameters={"gatewayresponse.header.X-Edge": "yes"},
        ),
        INVALID,
        (API,),
    ),
    case(
        "compression of an update that is no number",
        changed(API, minimumCompressionSize="much"),
        INVALID,
        (API,),
        operation="update",
    ),
    case(
        "rename of a resource to its sibling",
        named(ORDERS, "sales"),
        TAKEN,
        (API, ORDERS, named(ORDERS, "sales", pathPart="sales")),
        operation="update",
    ),
    case("answer that is no status", changed(METHOD_RESPONSE, statusCode="OK"), INVALID, WITH_METHOD),
)
