"""What cases of API Gateway's HTTP APIs start from."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step
from aws_cases.given import GROUP, SECOND_SUBNET, SUBNET, VPC
from aws_cases.service_given import changed, named

API = Step(tokens.HTTP_API, "api", {"name": "api", "protocolType": "HTTP"})
SOCKET = Step(
    tokens.HTTP_API,
    "socket",
    {"name": "socket", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"},
)
LOGS = Step(tokens.LOG_GROUP, "logs", {"name": "/apim/access"})
FORMAT = '{"id":"$context.requestId","status":"$context.status"}'
STAGE = Step(
    tokens.HTTP_API_STAGE,
    "stage",
    {
        "apiId": "${api.id}",
        "name": "$default",
        "autoDeploy": True,
        "accessLogSettings": {"destinationArn": "${logs.arn}", "format": FORMAT},
        "defaultRouteSettings": {"throttlingBurstLimit": 200, "throttlingRateLimit": 100},
    },
)
PUBLIC = Step(
    tokens.HTTP_API_INTEGRATION,
    "public",
    {
        "apiId": "${api.id}",
        "integrationType": "HTTP_PROXY",
        "integrationMethod": "ANY",
        "integrationUri": "https://example.com",
    },
)
ROUTE = Step(
    tokens.HTTP_API_ROUTE,
    "route",
    {"apiId": "${api.id}", "routeKey": "GET /orders/{id}", "target": "integrations/${public.id}"},
)
LINK = Step(
    tokens.VPC_LINK,
    "link",
    {"name": "link", "subnetIds": ["${subnet.id}", "${second.id}"], "securityGroupIds": ["${group.id}"]},
)
NLB = Step(
    tokens.LOAD_BALANCER,
    "nlb",
    {
        "name": "nlb",
        "loadBalancerType": "network",
        "internal": True,
        "subnets": ["${subnet.id}", "${second.id}"],
        "securityGroups": ["${group.id}"],
    },
)
TARGETS = Step(
    tokens.TARGET_GROUP,
    "targets",
    {"name": "targets", "port": 443, "protocol": "TCP", "targetType": "ip", "vpcId": "${vpc.id}"},
)
LISTENER = Step(
    tokens.LISTENER,
    "listener",
    {
        "loadBalancerArn": "${nlb.arn}",
        "port": 443,
        "protocol": "TCP",
        "defaultActions": [{"type": "forward", "targetGroupArn": "${targets.arn}"}],
    },
)
PRIVATE = Step(
    tokens.HTTP_API_INTEGRATION,
    "private",
    {
        "apiId": "${api.id}",
        "integrationType": "HTTP_PROXY",
        "integrationMethod": "ANY",
        "integrationUri": "${listener.arn}",
        "connectionType": "VPC_LINK",
        "connectionId": "${link.id}",
        "tlsConfig": {"serverNameToVerify": "api.example.com"},
        "requestParameters": {"overwrite:header.host": "api.example.com"},
    },
)
CERTIFICATE = Step(tokens.CERTIFICATE, "certificate", {"domainName": "api.example.com", "validationMethod": "DNS"})
ZONE = Step(tokens.ZONE, "zone", {"name": "example.com"})
PROOF = Step(
    tokens.RECORD,
    "proof",
    {
        "zoneId": "${zone.id}",
        "name": "${certificate.domainValidationOptions.0.resourceRecordName}",
        "type": "CNAME",
        "ttl": 60,
        "records": ["${certificate.domainValidationOptions.0.resourceRecordValue}"],
    },
)
ISSUED = Step(
    "aws:acm/certificateValidation:CertificateValidation",
    "issued",
    {"certificateArn": "${certificate.arn}", "validationRecordFqdns": ["${proof.fqdn}"]},
)
DOMAIN = Step(
    tokens.API_DOMAIN_NAME,
    "domain",
    {
        "domainName": "api.example.com",
        "domainNameConfiguration": {
            "certificateArn": "${issued.certificateArn}",
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    },
)
MAPPING = Step(
    tokens.API_MAPPING,
    "mapping",
    {"apiId": "${api.id}", "domainName": "${domain.domainName}", "stage": "${stage.name}"},
)
JWT = Step(
    tokens.HTTP_API_AUTHORIZER,
    "jwt",
    {
        "apiId": "${api.id}",
        "name": "jwt",
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"issuer": "https://id.example.com", "audiences": ["apim"]},
    },
)
BUCKET = Step(tokens.BUCKET, "bucket", {"bucket": "apim-truststore"})
TRUSTSTORE = Step(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "truststore",
    {"bucket": "${bucket.bucket}", "key": "truststore.pem", "content": "certificates"},
)
MUTUAL = changed(DOMAIN, mutualTlsAuthentication={"truststoreUri": "s3://apim-truststore/truststore.pem"})

WITH_STAGE = (API, LOGS, STAGE)
WITH_ROUTE = (API, PUBLIC, ROUTE)
WITH_LINK = (VPC, SUBNET, SECOND_SUBNET, GROUP, LINK)
WITH_PRIVATE = (*WITH_LINK, NLB, TARGETS, LISTENER, API, PRIVATE)
WITH_CERTIFICATE = (ZONE, CERTIFICATE, PROOF, ISSUED)
WITH_DOMAIN = (*WITH_CERTIFICATE, DOMAIN)
WITH_MAPPING = (*WITH_DOMAIN, *WITH_STAGE, MAPPING)
OTHER_API = named(API, "second", name="second")
