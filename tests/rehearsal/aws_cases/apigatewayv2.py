"""Wrong requests to API Gateway's HTTP APIs."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.apigatewayv2_given import (
    API,
    BUCKET,
    CERTIFICATE,
    DOMAIN,
    FORMAT,
    JWT,
    LINK,
    LOGS,
    MAPPING,
    MUTUAL,
    OTHER_API,
    PRIVATE,
    PROOF,
    PUBLIC,
    ROUTE,
    SOCKET,
    STAGE,
    TRUSTSTORE,
    WITH_CERTIFICATE,
    WITH_DOMAIN,
    WITH_LINK,
    WITH_MAPPING,
    WITH_PRIVATE,
    WITH_ROUTE,
    WITH_STAGE,
    ZONE,
)
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC, Aws
from aws_cases.service_given import changed, named, without

GATEWAY = "API Gateway (HTTP APIs)"
INVALID = "BadRequestException"
MISSING = "NotFoundException"
CONFLICT = "ConflictException"
TOO_MANY = "TooManyRequestsException"
BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/nlb/0123456789abcdef"
NO_LISTENER = (
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/net/nlb/0123456789abcdef/0123456789abcdef"
)
ELSEWHERE = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
NO_CERTIFICATE = ELSEWHERE.replace("us-east-1", "eu-central-1")
REGIONAL = {"endpointType": "REGIONAL", "securityPolicy": "TLS_1_2"}


def case(wrong: str, request: Step, code: str = INVALID, given: tuple[Step, ...] = (), **more: Any) -> Case:
    """Make a case of this service."""
    return Case(GATEWAY, wrong, request, code, given, **more)


def api(wrong: str, code: str = INVALID, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong API."""
    return case(wrong, changed(API, **inputs), code, moto=moto)


def cors(wrong: str, **values: Any) -> Case:
    """Make a case of wrong cross-origin settings."""
    return api(wrong, corsConfiguration={"allowOrigins": ["https://app.example.com"], **values})


def stage(wrong: str, code: str = INVALID, **inputs: Any) -> Case:
    """Make a case of a wrong stage."""
    return case(wrong, changed(STAGE, **inputs), code, (API, LOGS))


def logs(wrong: str, code: str = INVALID, **values: Any) -> Case:
    """Make a case of wrong access logs."""
    return stage(wrong, code, accessLogSettings={"destinationArn": "${logs.arn}", "format": FORMAT, **values})


def route(wrong: str, key: str, code: str = INVALID, **inputs: Any) -> Case:
    """Make a case of a wrong route key."""
    return case(wrong, changed(ROUTE, routeKey=key, **inputs), code, (API, PUBLIC))


def private(wrong: str, code: str = INVALID, **inputs: Any) -> Case:
    """Make a case of a wrong private integration."""
    return case(wrong, named(PRIVATE, "wrong", **inputs), code, WITH_PRIVATE)


def domain(wrong: str, certificate: str, code: str = INVALID, given: tuple[Step, ...] = WITH_CERTIFICATE) -> Case:
    """Make a case of a wrong certificate."""
    wanted = {**REGIONAL, "certificateArn": certificate}
    return case(wrong, changed(DOMAIN, domainNameConfiguration=wanted), code, given)


def mutual(wrong: str, given: tuple[Step, ...], **values: Any) -> Case:
    """Make a case of wrong mutual TLS."""
    wanted = {"truststoreUri": "s3://apim-truststore/truststore.pem", **values}
    return case(wrong, changed(MUTUAL, mutualTlsAuthentication=wanted), INVALID, (*WITH_CERTIFICATE, *given))


def moto_protocol(aws: Aws) -> None:
    """Make an API of another protocol in moto."""
    aws("apigatewayv2").create_api(Name="api", ProtocolType="GRPC")


def moto_stage(aws: Aws) -> None:
    """Make a stage of no API in moto."""
    aws("apigatewayv2").create_stage(ApiId="missing", StageName="$default")


def moto_domain_twice(aws: Aws) -> None:
    """Make one domain name twice in moto."""
    for _ in range(2):
        aws("apigatewayv2").create_domain_name(DomainName="api.example.com")


def moto_mapping(aws: Aws) -> None:
    """Map to no domain name in moto."""
    client = aws("apigatewayv2")
    made = client.create_api(Name="api", ProtocolType="HTTP")["ApiId"]
    client.create_api_mapping(ApiId=made, DomainName="missing.example.com", Stage="$default")


def moto_integration(aws: Aws) -> None:
    """Make an integration of no API in moto."""
    aws("apigatewayv2").create_integration(ApiId="missing", IntegrationType="HTTP_PROXY")


CASES = (
    api(
        "API of another protocol",
        protocolType="GRPC",
        moto=moto_protocol,
    ),
    api("name of an API that is too long", name="a" * 129),
    api("HTTP API that selects routes in another way", routeSelectionExpression="$request.body.action"),
    case("WebSocket API that does not say how routes are selected", without(SOCKET, "routeSelectionExpression")),
    case("WebSocket API with CORS", changed(SOCKET, corsConfiguration={"allowOrigins": ["https://a.example.com"]})),
    cors("CORS with credentials for every origin", allowOrigins=["*"], allowCredentials=True),
    cors("CORS for an origin without scheme", allowOrigins=["app.example.com"]),
    cors("CORS for an origin with a path", allowOrigins=["https://app.example.com/login"]),
    cors("CORS for a method that there is not", allowMethods=["FETCH"]),
    cors("CORS remembered for two days", maxAge=172800),
    case("deletion of an API that is mapped", API, INVALID, WITH_MAPPING, operation="delete"),
    stage("name of a stage with a space", name="my stage"),
    case("stage of an API that does not exist", changed(STAGE, apiId="a1b2c3d4e5"), MISSING, (LOGS,), moto=moto_stage),
    case("stage of a name that is taken", named(STAGE, "again"), CONFLICT, WITH_STAGE),
    logs("access logs without the request's id", format='{"status":"$context.status"}'),
    logs("access logs over several lines", format='{\n"id":"$context.requestId"}'),
    logs("format of access logs of 4 KB", format="$context.requestId " + "a" * 4096),
    logs("access logs to a bucket", destinationArn="arn:aws:s3:::apim-logs"),
    logs("access logs to another region", destinationArn="arn:aws:logs:us-east-1:111122223333:log-group:/apim/access"),
    logs(
        "access logs to a group that does not exist",
        MISSING,
        destinationArn="arn:aws:logs:eu-central-1:111122223333:log-group:/apim/missing",
    ),
    stage("execution logs of an HTTP API", defaultRouteSettings={"loggingLevel": "INFO"}),
    stage("settings of a route that does not exist", MISSING, routeSettings=[{"routeKey": "GET /missing"}]),
    stage("client certificate of an HTTP API", clientCertificateId="abcdef"),
    stage("stage variable with a hyphen", stageVariables={"my-variable": "value"}),
    case(
        "automatic deployment of a given deployment",
        changed(STAGE, deploymentId="${deployment.id}"),
        INVALID,
        (*WITH_ROUTE, LOGS, Step(tokens.HTTP_API_DEPLOYMENT, "deployment", {"apiId": "${api.id}"})),
    ),
    case(
        "default stage of a WebSocket API",
        changed(STAGE, apiId="${socket.id}"),
        INVALID,
        (SOCKET, LOGS),
    ),
    case("deletion of a stage that is mapped", STAGE, INVALID, WITH_MAPPING, operation="delete"),
    case(
        "deployment of an API without routes",
        Step(tokens.HTTP_API_DEPLOYMENT, "deployment", {"apiId": "${api.id}"}),
        INVALID,
        (API,),
    ),
    route("route key without a path", "GET"),
    route("route key with a method in small letters", "get /orders"),
    route("route key with the method TRACE", "TRACE /orders"),
    route("route key whose path does not begin with a slash", "GET orders"),
    route("greedy variable in the middle of a path", "GET /{proxy+}/items"),
    route("variable and text in one segment", "GET /orders/{id}.json"),
    route("variable that occurs twice in a path", "GET /orders/{id}/items/{id}"),
    route("target of a route that is no integration", "GET /orders", target="${public.id}"),
    route("route to an integration that does not exist", "GET /orders", MISSING, target="integrations/abcdefg"),
    case(
        "route to an integration of another API",
        changed(ROUTE, apiId="${second.id}"),
        MISSING,
        (API, PUBLIC, OTHER_API),
    ),
    case("route of a key that is taken", named(ROUTE, "again"), CONFLICT, WITH_ROUTE),
    route("API key for a route of an HTTP API", "GET /orders", apiKeyRequired=True),
    route("route with tokens and no authorizer", "GET /orders", authorizationType="JWT"),
    case(
        "authorizer for a route that is open",
        changed(ROUTE, authorizerId="${jwt.id}"),
        INVALID,
        (API, PUBLIC, JWT),
    ),
    case(
        "authorizer of tokens for a route with a function",
        changed(ROUTE, authorizerId="${jwt.id}", authorizationType="CUSTOM"),
        INVALID,
        (API, PUBLIC, JWT),
    ),
    route("scopes of a route without tokens", "GET /orders", authorizationScopes=["orders.read"]),
    case("authorizer of tokens without an issuer", without(JWT, "jwtConfiguration"), INVALID, (API,)),
    case(
        "issuer of tokens that is no https address",
        changed(JWT, jwtConfiguration={"issuer": "id.example.com", "audiences": ["apim"]}),
        INVALID,
        (API,),
    ),
    case(
        "authorizer of requests without a function",
        without(changed(JWT, authorizerType="REQUEST"), "jwtConfiguration"),
        INVALID,
        (API,),
    ),
    case(
        "integration of an API that does not exist",
        changed(PUBLIC, apiId="a1b2c3d4e5"),
        MISSING,
        moto=moto_integration,
    ),
    case("integration of an HTTP API with a mock", changed(PUBLIC, integrationType="MOCK"), INVALID, (API,)),
    case("integration without a method", without(PUBLIC, "integrationMethod"), INVALID, (API,)),
    case("integration with half an address", changed(PUBLIC, integrationUri="example.com/orders"), INVALID, (API,)),
    case(
        "TLS settings of a public integration", changed(PUBLIC, tlsConfig={"serverNameToVerify": "a"}), INVALID, (API,)
    ),
    case("VPC link of a public integration", named(PUBLIC, "wrong", connectionId="${link.id}"), INVALID, WITH_PRIVATE),
    case("integration that takes 31 seconds", changed(PUBLIC, timeoutMilliseconds=31000), INVALID, (API,)),
    case("payload of an address in format 2.0", changed(PUBLIC, payloadFormatVersion="2.0"), INVALID, (API,)),
    case(
        "mapping of a header that is reserved",
        changed(PUBLIC, requestParameters={"overwrite:header.Via": "x"}),
        INVALID,
        (API,),
    ),
    case("mapping that is none", changed(PUBLIC, requestParameters={"set:header.host": "x"}), INVALID, (API,)),
    case(
        "private integration without its VPC link",
        without(named(PRIVATE, "wrong"), "connectionId"),
        INVALID,
        WITH_PRIVATE,
    ),
    private("private integration with a VPC link that does not exist", MISSING, connectionId="abcdef"),
    private("private integration with a load balancer instead of its listener", integrationUri=BALANCER),
    private("private integration with a listener that does not exist", integrationUri=NO_LISTENER),
    private("private integration with an address", integrationUri="https://api.example.com"),
    private("private integration with a function", integrationType="AWS_PROXY"),
    case(
        "private integration of a WebSocket API",
        named(PRIVATE, "wrong", apiId="${socket.id}"),
        INVALID,
        (*WITH_PRIVATE, SOCKET),
    ),
    case("deletion of an integration that a route uses", PUBLIC, CONFLICT, WITH_ROUTE, operation="delete"),
    case("deletion of a VPC link that an integration uses", LINK, INVALID, WITH_PRIVATE, operation="delete"),
    case("VPC link without subnets", changed(LINK, subnetIds=[]), INVALID, (VPC, GROUP)),
    case(
        "VPC link in a subnet that does not exist",
        changed(LINK, subnetIds=["subnet-0123456789abcdef0"]),
        INVALID,
        (VPC, GROUP),
    ),
    case(
        "VPC link with a security group that does not exist",
        changed(LINK, securityGroupIds=["sg-0123456789abcdef0"]),
        INVALID,
        (VPC, SUBNET, SECOND_SUBNET),
    ),
    case(
        "VPC link in two VPCs",
        changed(LINK, subnetIds=["${subnet.id}", "${elsewhere.id}"]),
        INVALID,
        (VPC, SUBNET, GROUP, OTHER_VPC, OTHER_SUBNET),
    ),
    case(
        "VPC link with a security group of another VPC",
        changed(LINK, securityGroupIds=["${stranger.id}"]),
        INVALID,
        (VPC, SUBNET, SECOND_SUBNET, OTHER_VPC, OTHER_GROUP),
    ),
    case(
        "eleventh VPC link of a region",
        named(LINK, "eleventh"),
        TOO_MANY,
        (*WITH_LINK, *(named(LINK, f"link{count}") for count in range(9))),
    ),
    case("deletion of a subnet with a VPC link", SUBNET, "DependencyViolation", WITH_LINK, operation="delete"),
    case("deletion of a security group with a VPC link", GROUP, "DependencyViolation", WITH_LINK, operation="delete"),
    domain("domain name with a certificate of another region", ELSEWHERE),
    domain("domain name with a certificate that does not exist", NO_CERTIFICATE),
    domain("domain name with a certificate of IAM", "arn:aws:iam::111122223333:server-certificate/api"),
    domain("domain name with a certificate that is not issued", "${certificate.arn}", given=(ZONE, CERTIFICATE, PROOF)),
    case(
        "domain name that the certificate does not cover",
        changed(DOMAIN, domainName="www.example.com"),
        INVALID,
        WITH_CERTIFICATE,
    ),
    case("domain name with a final dot", changed(DOMAIN, domainName="api.example.com."), INVALID, WITH_CERTIFICATE),
    case(
        "domain name with TLS 1.0",
        changed(
            DOMAIN,
            domainNameConfiguration={
                **REGIONAL,
                "certificateArn": "${issued.certificateArn}",
                "securityPolicy": "TLS_1_0",
            },
        ),
        INVALID,
        WITH_CERTIFICATE,
    ),
    case(
        "domain name at the edge for an HTTP API",
        changed(
            DOMAIN,
            domainNameConfiguration={**REGIONAL, "certificateArn": "${issued.certificateArn}", "endpointType": "EDGE"},
        ),
        INVALID,
        WITH_CERTIFICATE,
    ),
    case("domain name that is taken", named(DOMAIN, "again"), CONFLICT, WITH_DOMAIN, moto=moto_domain_twice),
    mutual(
        "truststore that is no S3 address", (), truststoreUri="https://apim-truststore.s3.amazonaws.com/truststore.pem"
    ),
    mutual("truststore in a bucket that does not exist", ()),
    mutual("truststore that is not in its bucket", (BUCKET,)),
    mutual("version of a truststore in a bucket without versions", (BUCKET, TRUSTSTORE), truststoreVersion="abc"),
    case(
        "mutual TLS with an imported certificate",
        changed(MUTUAL, domainNameConfiguration={**REGIONAL, "certificateArn": "${imported.arn}"}),
        INVALID,
        (Step(tokens.CERTIFICATE, "imported", {"certificateBody": "body", "privateKey": "key"}), BUCKET, TRUSTSTORE),
    ),
    case(
        "deletion of a certificate that a domain name uses",
        CERTIFICATE,
        "ResourceInUseException",
        WITH_DOMAIN,
        operation="delete",
    ),
    case(
        "mapping to a domain name that does not exist",
        changed(MAPPING, domainName="missing.example.com"),
        MISSING,
        WITH_STAGE,
        moto=moto_mapping,
    ),
    case(
        "mapping of an API that does not exist",
        changed(MAPPING, apiId="a1b2c3d4e5"),
        MISSING,
        (*WITH_DOMAIN, *WITH_STAGE),
    ),
    case(
        "mapping of a stage that does not exist", changed(MAPPING, stage="prod"), MISSING, (*WITH_DOMAIN, *WITH_STAGE)
    ),
    case(
        "mapping with a slash for a key",
        changed(MAPPING, apiMappingKey="/"),
        INVALID,
        (*WITH_DOMAIN, *WITH_STAGE),
    ),
    case(
        "mapping with a key that has a space",
        changed(MAPPING, apiMappingKey="or ders"),
        INVALID,
        (*WITH_DOMAIN, *WITH_STAGE),
    ),
    case("second mapping of a whole host", named(MAPPING, "again"), CONFLICT, WITH_MAPPING),
)
