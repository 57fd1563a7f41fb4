"""Custom domain names of REST APIs and what they lead to."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.acm import is_issued, is_requested
from apim_infra.rehearsal.twins.aws.apigateway.api import NEW_POLICY, endpoint_type
from apim_infra.rehearsal.twins.aws.apigateway.common import (
    BASE_PATH_MAPPING,
    DOMAIN_NAME,
    GUIDE,
    INVALID,
    LIMIT,
    MISSING,
    SEEN,
    SOURCE,
    STAGE,
    TAKEN,
    has_body,
    parts,
)
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import versioning
from apim_infra.rehearsal.twins.aws.service_rules import given, located
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = rf"(\*\.)?({LABEL}\.)+{LABEL}"
CERTIFICATES = {"EDGE": "certificateArn", "PRIVATE": "certificateArn", "REGIONAL": "regionalCertificateArn"}
TRUSTSTORE = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>\S+)")
LEAST = ("TLS_1_2",)
OBJECTS = ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")


def covers(certificate: Thing, domain: str) -> bool:
    """Tell whether a certificate is for a domain name, by name or by a wildcard of one level."""
    names = [certificate.inputs.get("domainName"), *(certificate.inputs.get("subjectAlternativeNames") or ())]
    parent = f"*.{domain.split('.', 1)[-1]}"
    return any(str(name).lower() in (domain.lower(), parent.lower()) for name in names if name)


def _certificate(context: Context) -> Iterator[Problem]:
    kind = endpoint_type(context.inputs)
    own = CERTIFICATES.get(kind, "regionalCertificateArn")
    if kind == "REGIONAL" and not given(context, own, "regionalCertificateName"):
        message = "Either a regional certificate ARN or a regional certificate name must be given"
        yield context.problem(INVALID, message, own, "Give the ARN of an issued certificate.")
    for name in given(context, "certificateArn", "regionalCertificateArn"):
        if name != own:
            message = f"{name} cannot be given for a domain name of type {kind}"
            yield context.problem(INVALID, message, name, f"Use {own}.")
    for place, arn in located(context, own):
        certificate = context.find(tokens.CERTIFICATE, arn, "arn")
        if certificate is None:
            continue
        if not is_issued(context, certificate):
            message = f"The certificate {arn} is not issued"
            hint = "Take certificateArn of an aws.acm.CertificateValidation."
            yield context.problem(INVALID, message, place, hint)
        domain = str(context.value("domainName", ""))
        if not certificate.assumed and is_requested(certificate.inputs) and not covers(certificate, domain):
            message = f"The domain name {domain} is not one of those of the certificate {arn}"
            yield context.problem(INVALID, message, place, "Add the name to the certificate.")


def _mutual(context: Context) -> Iterator[Problem]:
    """Check mutual TLS: the kind of endpoint, the TLS version, and the truststore in its bucket."""
    if context.value("mutualTlsAuthentication") is None:
        return
    place = "mutualTlsAuthentication"
    if endpoint_type(context.inputs) != "REGIONAL":
        message = "Mutual TLS authentication is only supported for regional domain names"
        yield context.problem(INVALID, message, place, "Use the endpoint type REGIONAL.", GUIDE)
    policy = str(context.value("securityPolicy", "TLS_1_2"))
    if policy not in LEAST and not policy.startswith(NEW_POLICY):
        message = "The security policy must be TLS 1.2 for mutual TLS authentication"
        yield context.problem(INVALID, message, "securityPolicy", "Use TLS_1_2.", GUIDE)
    certificate = context.find(tokens.CERTIFICATE, context.value("regionalCertificateArn"), "arn")
    imported = certificate is not None and not certificate.assumed and not is_requested(certificate.inputs)
    if imported and not given(context, "ownershipVerificationCertificateArn"):
        message = (
            "ownershipVerificationCertificateArn is required for mutual TLS with an imported or private certificate"
        )
        hint = "Give a public certificate of ACM for the domain."
        yield context.problem(INVALID, message, "ownershipVerificationCertificateArn", hint)
    yield from _truststore(context)


def _truststore(context: Context) -> Iterator[Problem]:
    place = "mutualTlsAuthentication.truststoreUri"
    for _, uri in located(context, place):
        found = TRUSTSTORE.fullmatch(str(uri))
        if found is None:
            message = f"The truststore URI {uri} is not valid: it has the form s3://bucket/key"
            yield context.problem(INVALID, message, place, "Give bucket and key.")
            continue
        bucket = context.find(tokens.BUCKET, found["bucket"], "bucket", anywhere=True)
        objects = [
            thing
            for token in OBJECTS
            for thing in context.world.all(token)
            if thing.inputs.get("bucket") == found["bucket"] and thing.inputs.get("key") == found["key"]
        ]
        if bucket is None or not (bucket.assumed or objects):
            message = f"The truststore {uri} could not be read: it does not exist"
            yield context.problem(INVALID, message, place, "Put the object first: depend on it.")
        elif given(context, "mutualTlsAuthentication") and not bucket.assumed:
            yield from _version(context, bucket)


def _version(context: Context, bucket: Thing) -> Iterator[Problem]:
    version = context.value("mutualTlsAuthentication.truststoreVersion")
    if version is not None and versioning(context, bucket) != "Enabled":
        message = f"The bucket {bucket.id} has no versions of the truststore: versioning is not enabled"
        hint = "Enable versioning of the bucket, before."
        yield context.problem(INVALID, message, "mutualTlsAuthentication.truststoreVersion", hint)


def _taken(context: Context) -> Iterator[Problem]:
    """Check that nobody has the name yet: both kinds of API share the names."""
    name = context.value("domainName")
    for token in (DOMAIN_NAME, tokens.API_DOMAIN_NAME):
        if next(context.all(token, domainName=name), None):
            message = "The domain name you provided already exists."
            yield context.problem(INVALID, message, "domainName", "Use that domain name, or another.", SEEN)


def _domain_outputs(context: Context) -> Mapping[str, Any]:
    digits = context.hexadecimal(10, "domain")
    regional = endpoint_type(context.inputs) == "REGIONAL"
    zones: Mapping[str, str] = facts("apigatewayv2")["hosted_zones"]["regions"]
    return {
        "regionalDomainName": f"d-{digits}.execute-api.{context.region}.amazonaws.com" if regional else "",
        "regionalZoneId": zones.get(context.region, f"Z{context.hexadecimal(13, 'zone').upper()}") if regional else "",
        "cloudfrontDomainName": "" if regional else f"d{context.hexadecimal(13, 'edge')}.cloudfront.net",
        "cloudfrontZoneId": "Z2FDTNDATAQYW2",
        "securityPolicy": context.value("securityPolicy", "TLS_1_2"),
        "domainNameId": "",
    }


DOMAIN_NAME_ROW = ResourceType(
    token=DOMAIN_NAME,
    kind="domain name",
    identifier="{domainName}",
    arn="arn:aws:apigateway:{region}::/domainnames/{domainName}",
    references=(
        *(
            Reference(
                path,
                tokens.CERTIFICATE,
                INVALID,
                by="arn",
                message="Invalid certificate ARN: {value}",
                # ACM refuses to delete a certificate that a domain name still shows.
                holds=True,
                held_code="ResourceInUseException",
                same_region=path != "certificateArn",
            )
            for path in ("regionalCertificateArn", "certificateArn", "ownershipVerificationCertificateArn")
        ),
    ),
    create_only=frozenset({"domainName", "certificateBody", "certificateChain", "certificatePrivateKey"}),
    enums={"endpointConfiguration.types": ("EDGE", "REGIONAL", "PRIVATE"), "endpointAccessMode": ("BASIC", "STRICT")},
    patterns={"domainName": DOMAIN, "securityPolicy": r"TLS_1_[02]|SecurityPolicy_[A-Za-z0-9_]+"},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGateway::DomainName",
    renamed={"policy": ""},
    rules=(_certificate, _mutual, _taken),
    outputs=_domain_outputs,
    secret_outputs=frozenset({"certificatePrivateKey"}),
    quota=Quota(120, ("region",), LIMIT),
    source=SOURCE,
)


def _base_path(context: Context) -> Iterator[Problem]:
    path = str(context.value("basePath", ""))
    if "/" in path:
        message = (
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base "
            "path mapping, use API Gateway V2."
        )
        yield context.problem(INVALID, message, "basePath", "Use one level, or an aws.apigatewayv2.ApiMapping.", SEEN)
    for other in context.all(BASE_PATH_MAPPING):
        same = str(other.inputs.get("basePath") or "") == path
        if same and other.inputs.get("domainName") == context.value("domainName"):
            message = "Base path already exists for this domain name"
            yield context.problem(TAKEN, message, "basePath", "Choose another path.")


def _stage(context: Context) -> Iterator[Problem]:
    name, api = context.value("stageName"), context.value("restApi")
    if name is None or (api is not None and has_body(context, api)):
        return
    if not any(stage.inputs.get("stageName") == name for stage in parts(context, STAGE, api)):
        yield context.problem(
            INVALID, "Invalid stage identifier specified", "stageName", "Take stageName of the stage."
        )


BASE_PATH_MAPPING_ROW = ResourceType(
    token=BASE_PATH_MAPPING,
    kind="base path mapping",
    identifier="{domainName}/{mappedPath}",
    references=(
        Reference(
            "restApi",
            "aws:apigateway/restApi:RestApi",
            INVALID,
            message="Invalid REST API identifier specified",
            holds=True,
            held_code=INVALID,
        ),
        Reference(
            "domainName",
            (DOMAIN_NAME, tokens.API_DOMAIN_NAME),
            MISSING,
            by="domainName",
            message="Invalid domain name identifier specified",
        ),
    ),
    create_only=frozenset({"domainName", "domainNameId"}),
    value_code=INVALID,
    missing_code=INVALID,
    rules=(_base_path, _stage),
    outputs=lambda context: {"mappedPath": context.value("basePath") or "(none)"},
    source=SOURCE,
)

ROWS = (DOMAIN_NAME_ROW, BASE_PATH_MAPPING_ROW)
