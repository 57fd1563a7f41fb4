"""Custom domain names and the APIs that are mapped to them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.acm import DOMAIN, is_issued, is_requested
from apim_infra.rehearsal.twins.aws.apigatewayv2.common import (
    CONFLICT,
    GUIDE,
    INVALID,
    LOGS,
    MISSING,
    QUOTAS,
    SOURCE,
    TOO_MANY,
    protocol_of,
)
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import versioning
from apim_infra.rehearsal.twins.aws.service_rules import located
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

CONFIGURATION = "domainNameConfiguration"
TRUSTSTORE = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+)")
OBJECTS = ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject")
APIS = (tokens.HTTP_API, "aws:apigateway/restApi:RestApi")
STAGES = {tokens.HTTP_API_STAGE: ("apiId", "name"), "aws:apigateway/stage:Stage": ("restApi", "stageName")}
"""Types of stages, their input with the API and their input with the name."""
MAPPING_KEY = re.compile(r"[A-Za-z0-9$\-_.+!*'()/]+")


def _form(context: Context) -> Iterator[Problem]:
    name = context.value("domainName")
    if name is not None and (not DOMAIN.fullmatch(str(name)) or str(name) != str(name).lower()):
        message = f"Invalid domain name: {name}"
        yield context.problem(INVALID, message, "domainName", "Write it in lower case, without a final dot.")


def _covers(certificate: Thing, name: str) -> bool:
    names = {str(certificate["domainName"]), *map(str, certificate["subjectAlternativeNames"] or ())}
    parent = name.partition(".")[2]
    return bool({name, f"*.{parent}"} & {known.lower() for known in names})


def _certificate(context: Context) -> Iterator[Problem]:
    path, name = f"{CONFIGURATION}.certificateArn", str(context.value("domainName", ""))
    for place, arn in located(context, path):
        text = str(arn)
        if not re.fullmatch(r"arn:[\w-]+:acm:[\w-]+:\d{12}:certificate/.+", text):
            message = f"Invalid certificate ARN: {text}. It must be a certificate of ACM"
            yield context.problem(INVALID, message, place, "Give the ARN of a certificate of ACM.")
            continue
        if f":{context.region}:" not in text:
            message = f"Invalid certificate ARN: {text}. Certificate must be in '{context.region}'."
            yield context.problem(
                INVALID, message, place, f"Regional domain names need a certificate of {context.region}."
            )
            continue
        certificate = context.find(tokens.CERTIFICATE, text, "arn")
        if certificate is None:
            message = "The provided certificate does not exist."
            yield context.problem(INVALID, message, place, "Name a certificate of the same account.", LOGS)
        elif not is_issued(context, certificate):
            message = f"The certificate {text} is not issued yet"
            hint = "Take certificateArn of an aws.acm.CertificateValidation."
            yield context.problem(INVALID, message, place, hint, GUIDE)
        elif not certificate.assumed and is_requested(certificate.inputs) and not _covers(certificate, name):
            message = f"The certificate {text} is not for {name}: the domain name must match one of its names"
            yield context.problem(INVALID, message, place, f"Ask for a certificate of {name}.", GUIDE)


def _mutual_tls(context: Context) -> Iterator[Problem]:
    path = "mutualTlsAuthentication.truststoreUri"
    for place, uri in located(context, path):
        parts = TRUSTSTORE.fullmatch(str(uri))
        if parts is None:
            message = f"Invalid truststore URI: {uri}. It must be an S3 URL such as s3://bucket/key"
            yield context.problem(INVALID, message, place, "Write s3://, the bucket and the key.")
        else:
            yield from _truststore(context, place, parts["bucket"], parts["key"])
    certificate = context.find(tokens.CERTIFICATE, context.value(f"{CONFIGURATION}.certificateArn"), "arn")
    own = context.value(f"{CONFIGURATION}.ownershipVerificationCertificateArn")
    wanted = context.value(path) is not None
    if wanted and certificate and not certificate.assumed and not is_requested(certificate.inputs) and own is None:
        message = "OwnershipVerificationCertificateArn is required for mutual TLS with an imported certificate"
        hint = "Give a certificate of the name that ACM has issued."
        yield context.problem(INVALID, message, f"{CONFIGURATION}.certificateArn", hint, GUIDE)


def _truststore(context: Context, place: str, name: str, key: str) -> Iterator[Problem]:
    bucket = context.world.find(tokens.BUCKET, name, "id|bucket")
    version = context.value("mutualTlsAuthentication.truststoreVersion")
    if bucket is None:
        message = f"Unable to read the truststore: the bucket {name} does not exist"
        yield context.problem(INVALID, message, place, "Name a bucket that exists.")
        return
    objects = (thing for token in OBJECTS for thing in context.world.all(token))
    found = any(
        thing.inputs.get("bucket") in (bucket.id, bucket["bucket"]) and thing["key"] == key for thing in objects
    )
    if not found and not bucket.assumed:
        message = f"Unable to read the truststore: there is no object {key} in {name}"
        yield context.problem(INVALID, message, place, "Upload it first.")
    if version is not None and versioning(context, bucket) == "Disabled":
        message = f"TruststoreVersion is given, and the bucket {name} keeps no versions"
        path = "mutualTlsAuthentication.truststoreVersion"
        yield context.problem(INVALID, message, path, "Switch versioning on, or leave the version out.")


def _domain_outputs(context: Context) -> Mapping[str, Any]:
    zones: dict[str, str] = facts("apigatewayv2")["hosted_zones"]["regions"]
    given = dict(context.inputs.get(CONFIGURATION) or {})
    digits = context.hexadecimal(10, "target")
    return {
        "arn": f"arn:aws:apigateway:{context.region}::/domainnames/{context.id}",
        "apiMappingSelectionExpression": "$request.basepath",
        "routingMode": context.value("routingMode", "API_MAPPING_ONLY"),
        CONFIGURATION: {
            "ipAddressType": "ipv4",
            **given,
            "targetDomainName": f"d-{digits}.execute-api.{context.region}.amazonaws.com",
            "hostedZoneId": zones.get(context.region, f"Z{context.hexadecimal(13, 'zone').upper()}"),
        },
    }


DOMAIN_NAME = ResourceType(
    token=tokens.API_DOMAIN_NAME,
    kind="domain name",
    identifier="{domainName}",
    name=Name("domainName", longest=512, code=INVALID, taken_code=CONFLICT, automatic=False),
    create_only=frozenset({"domainName"}),
    references=(
        Reference(
            f"{CONFIGURATION}.certificateArn",
            tokens.CERTIFICATE,
            INVALID,
            by="arn",
            holds=True,
            held_code="ResourceInUseException",
            allow=".*",  # said in better words by a rule
        ),
    ),
    enums={
        f"{CONFIGURATION}.endpointType": ("REGIONAL",),
        f"{CONFIGURATION}.securityPolicy": ("TLS_1_2",),
        f"{CONFIGURATION}.ipAddressType": ("ipv4", "dualstack"),
    },
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::DomainName",
    renamed={CONFIGURATION: ""},
    rules=(_form, _certificate, _mutual_tls),
    outputs=_domain_outputs,
    quota=Quota(120, ("region",), TOO_MANY),
    source=SOURCE,
)


def _stage(context: Context) -> Iterator[Problem]:
    api, stage = context.value("apiId"), context.value("stage")
    if api is None or stage is None or not any(context.find(token, api) for token in APIS):
        return
    known = (
        thing.inputs.get(name) == stage and thing.inputs.get(of_api) == api
        for token, (of_api, name) in STAGES.items()
        for thing in context.all(token)
    )
    if not any(known):
        message = f"Invalid stage identifier specified: {stage}"
        yield context.problem(MISSING, message, "stage", "Make the stage first, and name it by an output.")


def _mapping_key(context: Context) -> Iterator[Problem]:
    key = str(context.value("apiMappingKey", ""))
    if key and not MAPPING_KEY.fullmatch(key):
        message = f"An ApiMapping key may contain only letters, numbers and one of $-_.+!*'()/: {key}"
        yield context.problem(INVALID, message, "apiMappingKey", "Leave it out for the whole host.", LOGS)
    elif key.startswith("/") or key.endswith("/"):
        message = f"An ApiMapping key must not begin or end with a slash: {key}"
        yield context.problem(INVALID, message, "apiMappingKey", "Leave it out for the whole host.", LOGS)
    for other in context.all(tokens.API_MAPPING, domainName=context.value("domainName")):
        if str(other.inputs.get("apiMappingKey", "")) == key:
            message = f"ApiMapping key '{key}' already exists for this domain name"
            yield context.problem(CONFLICT, message, "apiMappingKey", f"{other.id} serves it already.")


def _protocols(context: Context) -> Iterator[Problem]:
    """Check that a domain name serves WebSocket APIs, or HTTP and REST APIs, and not both."""
    own = protocol_of(context)
    for other in context.all(tokens.API_MAPPING, domainName=context.value("domainName")):
        api = context.find(tokens.HTTP_API, other["apiId"])
        there = str(api["protocolType"]) if api else "REST"
        if own and (own == "WEBSOCKET") != (there == "WEBSOCKET"):
            message = "A domain name cannot have WebSocket APIs and other APIs"
            yield context.problem(INVALID, message, "apiId", "Use another domain name.", GUIDE)
            return


MAPPING = ResourceType(
    token=tokens.API_MAPPING,
    kind="API mapping",
    identifier="{hex6}",
    references=(
        Reference(
            "domainName",
            tokens.API_DOMAIN_NAME,
            MISSING,
            by="domainName",
            message="Invalid domain name identifier specified: {value}",
        ),
        Reference(
            "apiId",
            APIS,
            MISSING,
            message="Invalid API identifier specified {value}",
            holds=True,
            held_code=INVALID,
        ),
    ),
    create_only=frozenset({"domainName"}),
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ApiGatewayV2::ApiMapping",
    rules=(_stage, _mapping_key, _protocols),
    quota=Quota(200, ("domainName",), TOO_MANY),
    source=QUOTAS,
)
