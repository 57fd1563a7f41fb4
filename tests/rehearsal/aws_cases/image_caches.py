"""Wrong requests for pull-through caches, the templates of their repositories, and the endpoints by which a sealed network reaches them."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.ecr import TEMPLATE
from aws_cases.endpoints import ENDPOINT
from aws_cases.given import KEY, SECOND_SUBNET, SUBNET, VPC
from aws_cases.given import TABLE as ROUTES
from aws_cases.registry_backup import CACHE_RULE, ECR
from aws_cases.service_given import changed, named

S3 = "com.amazonaws.eu-central-1.s3"
SECRET = Step(tokens.SECRET, "secret", {"name": "ecr-pullthroughcache/hub"})
VALUE = Step(
    "aws:secretsmanager/secretVersion:SecretVersion",
    "value",
    {"secretId": "${secret.id}", "secretString": '{"username":"apim","accessToken":"token"}'},
)
HUB = changed(CACHE_RULE, upstreamRegistryUrl="registry-1.docker.io", credentialArn="${secret.arn}")
GATEWAY = Step(
    tokens.VPC_ENDPOINT, "gateway", {"vpcId": "${vpc.id}", "serviceName": S3, "routeTableIds": ["${table.id}"]}
)
ZONE = Step(tokens.ZONE, "zone", {"name": "api.ecr.eu-central-1.amazonaws.com", "vpcs": [{"vpcId": "${vpc.id}"}]})
INTERFACE = {"vpcId": "${vpc.id}", "vpcEndpointType": "Interface", "subnetIds": ["${subnet.id}"]}


def cache(wrong: str, path: str, code: str = ECR, given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong cache rule."""
    return Case("ECR", wrong, changed(CACHE_RULE, **inputs), code, given, path=path)


def template(wrong: str, path: str, code: str = ECR, given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong template."""
    return Case("ECR", wrong, changed(TEMPLATE, **inputs), code, given, path=path)


def endpoint(wrong: str, path: str, code: str, given: tuple[Step, ...], **inputs: Any) -> Case:
    """Make a case of a wrong endpoint."""
    return Case(
        "EC2", wrong, Step(tokens.VPC_ENDPOINT, "wrong", {"vpcId": "${vpc.id}", **inputs}), code, given, path=path
    )


CASES = (
    cache("cache with a prefix of one character", "ecrRepositoryPrefix", ecrRepositoryPrefix="q"),
    cache("cache with a prefix of 31 characters", "ecrRepositoryPrefix", ecrRepositoryPrefix="a" * 31),
    cache("cache with a prefix in capitals", "ecrRepositoryPrefix", ecrRepositoryPrefix="Quay"),
    cache(
        "cache of an upstream with a scheme",
        "upstreamRegistryUrl",
        "UnsupportedUpstreamRegistryException",
        upstreamRegistryUrl="https://quay.io",
    ),
    cache(
        "cache with an upstream prefix in capitals", "upstreamRepositoryPrefix", upstreamRepositoryPrefix="Jetstack/"
    ),
    cache(
        "cache with a credential that is no secret",
        "credentialArn",
        upstreamRegistryUrl="ghcr.io",
        credentialArn="arn:aws:ssm:eu-central-1:111122223333:parameter/hub",
    ),
    Case(
        "ECR",
        "cache with a secret that has no value",
        HUB,
        "UnableToAccessSecretException",
        (SECRET,),
        path="credentialArn",
    ),
    cache(
        "cache with a secret of another region",
        "credentialArn",
        "SecretNotFoundException",
        upstreamRegistryUrl="ghcr.io",
        credentialArn="arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf",
    ),
    Case(
        "ECR",
        "cache whose secret is taken away",
        changed(
            HUB,
            credentialArn="arn:aws:secretsmanager:eu-central-1:111122223333:secret:ecr-pullthroughcache/gone-AbCdEf",
        ),
        "SecretNotFoundException",
        (SECRET, VALUE, HUB),
        operation="update",
        path="credentialArn",
    ),
    cache(
        "cache with a role that does not exist",
        "customRoleArn",
        customRoleArn="arn:aws:iam::123456789012:role/missing",
    ),
    template("template for no event", "appliedFors", appliedFors=[]),
    template("template for one event twice", "appliedFors", appliedFors=["REPLICATION", "REPLICATION"]),
    template("template described in 257 characters", "description", description="a" * 257),
    template(
        "template with a reserved tag", "resourceTags", "InvalidTagParameterException", resourceTags={"aws:own": "x"}
    ),
    template(
        "template with 51 tags",
        "resourceTags",
        "TooManyTagsException",
        resourceTags={f"tag-{number}": "x" for number in range(51)},
    ),
    template(
        "template with a key but AES256",
        "encryptionConfigurations[0].kmsKey",
        given=(KEY,),
        encryptionConfigurations=[{"encryptionType": "AES256", "kmsKey": "${key.arn}"}],
    ),
    template(
        "template with exclusions but plain mutability",
        "imageTagMutabilityExclusionFilters",
        imageTagMutability="IMMUTABLE",
        imageTagMutabilityExclusionFilters=[{"filter": "dev*", "filterType": "WILDCARD"}],
    ),
    Case(
        "ECR",
        "second template of one prefix",
        named(TEMPLATE, "again"),
        "TemplateAlreadyExistsException",
        (TEMPLATE,),
        path="prefix",
    ),
    endpoint(
        "private DNS beside a private zone of its name",
        "privateDnsEnabled",
        "InvalidParameter",
        (VPC, SUBNET, ZONE),
        **{key: value for key, value in ENDPOINT.inputs.items() if key != "vpcId"},
    ),
    endpoint(
        "private DNS of S3 for resolvers without a gateway endpoint",
        "dnsOptions.privateDnsOnlyForInboundResolverEndpoint",
        "InvalidParameter",
        (VPC, SUBNET),
        serviceName=S3,
        privateDnsEnabled=True,
        dnsOptions={"privateDnsOnlyForInboundResolverEndpoint": True},
        **{key: value for key, value in INTERFACE.items() if key != "vpcId"},
    ),
    endpoint(
        "options of names for a gateway endpoint",
        "dnsOptions",
        "InvalidParameter",
        (VPC,),
        serviceName=S3,
        dnsOptions={"dnsRecordIpType": "ipv4"},
    ),
    endpoint(
        "IPv6 endpoint in a subnet without IPv6",
        "ipAddressType",
        "InvalidParameter",
        (VPC, SUBNET),
        serviceName="com.amazonaws.eu-central-1.sts",
        ipAddressType="dualstack",
        **{key: value for key, value in INTERFACE.items() if key != "vpcId"},
    ),
    endpoint(
        "second gateway endpoint of S3 in a route table",
        "routeTableIds",
        "RouteAlreadyExists",
        (VPC, ROUTES, GATEWAY),
        serviceName=S3,
        routeTableIds=["${table.id}"],
    ),
    Case(
        "EC2",
        "route table joined to an interface endpoint",
        Step(
            tokens.VPC_ENDPOINT_ROUTE_TABLE, "wrong", {"vpcEndpointId": "${endpoint.id}", "routeTableId": "${table.id}"}
        ),
        "InvalidParameter",
        (VPC, SUBNET, ROUTES, ENDPOINT),
        path="vpcEndpointId",
    ),
    Case(
        "EC2",
        "subnet joined to a gateway endpoint",
        Step(tokens.VPC_ENDPOINT_SUBNET, "wrong", {"vpcEndpointId": "${gateway.id}", "subnetId": "${second.id}"}),
        "InvalidParameter",
        (VPC, SECOND_SUBNET, ROUTES, GATEWAY),
        path="vpcEndpointId",
    ),
)
