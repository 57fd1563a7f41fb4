"""Wrong requests for domain names, mappings, usage plans and keys of REST APIs."""

from typing import Any

from aws_cases.apigateway_given import (
    API,
    BUCKET,
    CERTIFICATE,
    CERTIFIED,
    DOMAIN,
    IMPORTED,
    INVALID,
    KEY,
    MAPPED,
    MAPPING,
    MEMBER,
    MISSING,
    MUTUAL,
    PLAN,
    PLANNED,
    STAGED,
    TAKEN,
    TRUSTSTORE,
    moto_deployed,
)
from aws_cases.case import Case, Step
from aws_cases.given import Aws
from aws_cases.service_given import changed, named, without

SERVICE = "API Gateway"
VALUE = "a-value-of-more-than-twenty-characters"


def domain(wrong: str, code: str = INVALID, given: tuple[Step, ...] = CERTIFIED, path: str = "", **inputs: Any) -> Case:
    """Make a case of a wrong domain name."""
    return Case(SERVICE, wrong, changed(DOMAIN, **inputs), code, given, path=path)


def mutual(wrong: str, given: tuple[Step, ...] = (), path: str = "", **inputs: Any) -> Case:
    """Make a case of a domain name with wrong mutual TLS."""
    return domain(wrong, given=(*CERTIFIED, *given), path=path, **{"mutualTlsAuthentication": MUTUAL, **inputs})


def mapping(wrong: str, code: str, given: tuple[Step, ...] = MAPPED, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong mapping."""
    return Case(SERVICE, wrong, changed(MAPPING, **inputs), code, given, moto=moto)


def plan(wrong: str, code: str = INVALID, **inputs: Any) -> Case:
    """Make a case of a wrong usage plan."""
    return Case(SERVICE, wrong, changed(PLAN, **inputs), code, STAGED)


def key(wrong: str, code: str = INVALID, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong key."""
    return Case(SERVICE, wrong, changed(KEY, **inputs), code, given, moto=moto)


def member(wrong: str, code: str = MISSING, given: tuple[Step, ...] = PLANNED, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong member of a plan."""
    return Case(SERVICE, wrong, changed(MEMBER, **inputs), code, given, moto=moto)


def moto_mapping(aws: Aws, twice: bool = False, **inputs: Any) -> None:
    """Map a path in moto."""
    api, deployment = moto_deployed(aws)
    client = aws("apigateway")
    client.create_stage(restApiId=api, stageName="live", deploymentId=deployment)
    client.create_domain_name(domainName="api.example.com", certificateName="c")
    request = {"domainName": "api.example.com", "restApiId": api, "stage": "live", **inputs}
    if twice:
        client.create_base_path_mapping(**request)
    client.create_base_path_mapping(**request)


def moto_key_twice(aws: Aws) -> None:
    """Make two keys of one value in moto."""
    aws("apigateway").create_api_key(name="first", value=VALUE)
    aws("apigateway").create_api_key(name="second", value=VALUE)


def moto_member(aws: Aws) -> None:
    """Put a key that does not exist into a plan in moto."""
    plan_id = aws("apigateway").create_usage_plan(name="partners")["id"]
    aws("apigateway").create_usage_plan_key(usagePlanId=plan_id, keyId="abcdef1234", keyType="API_KEY")


CASES = (
    domain("regional domain name without a certificate", regionalCertificateArn=None, path="regionalCertificateArn"),
    domain("certificate of a REST API that is not issued", given=(CERTIFICATE,), path="regionalCertificateArn"),
    domain("certificate of a REST API for other names", domainName="shop.example.com", path="regionalCertificateArn"),
    domain("certificate of a REST API in another region", given=(changed(CERTIFICATE, region="eu-west-1"),)),
    domain(
        "certificate of the edge for a regional domain name",
        certificateArn="${certificate.arn}",
        regionalCertificateArn=None,
        path="certificateArn",
    ),
    domain("domain name with a scheme", domainName="https://api.example.com", path="domainName"),
    domain("security policy that does not exist", securityPolicy="TLS_1_1", path="securityPolicy"),
    domain("domain name that is taken", given=(*CERTIFIED, named(DOMAIN, "first"))),
    domain("routing mode that does not exist", routingMode="ROUND_ROBIN"),
    mutual("truststore that does not exist", path="mutualTlsAuthentication.truststoreUri"),
    mutual("truststore without its object", (BUCKET,), "mutualTlsAuthentication.truststoreUri"),
    mutual(
        "truststore at a web address",
        (BUCKET, TRUSTSTORE),
        "mutualTlsAuthentication.truststoreUri",
        mutualTlsAuthentication={"truststoreUri": "https://apim-truststore.s3.amazonaws.com/ca.pem"},
    ),
    mutual(
        "version of a truststore in a bucket without versions",
        (BUCKET, TRUSTSTORE),
        "mutualTlsAuthentication.truststoreVersion",
        mutualTlsAuthentication={**MUTUAL, "truststoreVersion": "1"},
    ),
    mutual("mutual TLS with TLS 1.0", (BUCKET, TRUSTSTORE), "securityPolicy", securityPolicy="TLS_1_0"),
    mutual(
        "mutual TLS at the edge",
        (BUCKET, TRUSTSTORE),
        "mutualTlsAuthentication",
        endpointConfiguration={"types": "EDGE"},
        regionalCertificateArn=None,
        certificateArn="${certificate.arn}",
    ),
    domain(
        "mutual TLS with an imported certificate alone",
        given=(IMPORTED, BUCKET, TRUSTSTORE),
        path="ownershipVerificationCertificateArn",
        mutualTlsAuthentication=MUTUAL,
    ),
    mapping(
        "mapping of a domain name that does not exist",
        MISSING,
        domainName="missing.example.com",
        moto=lambda aws: moto_mapping(aws, domainName="missing.example.com"),
    ),
    mapping(
        "mapping of an API that does not exist",
        INVALID,
        restApi="abcdef1234",
        moto=lambda aws: moto_mapping(aws, restApiId="abcdef1234"),
    ),
    mapping(
        "mapping of a stage that does not exist",
        INVALID,
        stageName="test",
        moto=lambda aws: moto_mapping(aws, stage="test"),
    ),
    mapping(
        "mapping of several levels",
        INVALID,
        basePath="v1/orders",
        moto=lambda aws: moto_mapping(aws, basePath="v1/orders"),
    ),
    mapping(
        "second mapping of a path",
        TAKEN,
        (*MAPPED, named(MAPPING, "first", basePath="v1")),
        basePath="v1",
        moto=lambda aws: moto_mapping(aws, twice=True, basePath="v1"),
    ),
    Case(SERVICE, "deletion of an API with a mapping", API, INVALID, (*MAPPED, MAPPING), operation="delete"),
    Case(
        SERVICE,
        "deletion of a certificate with a domain name",
        CERTIFICATE,
        "ResourceInUseException",
        (*CERTIFIED, DOMAIN),
        operation="delete",
    ),
    plan("plan of a stage that does not exist", MISSING, apiStages=[{"apiId": "${api.id}", "stage": "test"}]),
    plan("plan of an API that does not exist", MISSING, apiStages=[{"apiId": "abcdef1234", "stage": "live"}]),
    plan("plan with one stage twice", TAKEN, apiStages=[{"apiId": "${api.id}", "stage": "live"}] * 2),
    plan("quota of a year", quotaSettings={"limit": 1000, "period": "YEAR"}),
    plan("quota of nothing", quotaSettings={"limit": 0, "period": "DAY"}),
    plan("quota of a day with an offset", "CheckFailure", quotaSettings={"limit": 10, "period": "DAY", "offset": 1}),
    plan("rate of a plan below nothing", throttleSettings={"rateLimit": -5, "burstLimit": 10}),
    key(
        "key of ten characters",
        value="too-short1",
        moto=lambda aws: aws("apigateway").create_api_key(name="k", value="short"),
    ),
    key("key of 129 characters", value="k" * 129),
    key("key of a value that is taken", TAKEN, (named(KEY, "first", value=VALUE),), value=VALUE, moto=moto_key_twice),
    member("member of a plan that does not exist", usagePlanId="abc123"),
    member("key in a plan that does not exist as a key", keyId="abcdef1234", moto=moto_member),
    member("member of another kind", INVALID, keyType="SECRET"),
    member("second membership of a key", TAKEN, (*PLANNED, named(MEMBER, "first"))),
    member(
        "key in two plans of one stage",
        TAKEN,
        (*PLANNED, named(PLAN, "second", name="second"), named(MEMBER, "first", usagePlanId="${second.id}")),
    ),
    Case(SERVICE, "domain name without its name", without(DOMAIN, "domainName"), "CheckFailure", CERTIFIED),
)
