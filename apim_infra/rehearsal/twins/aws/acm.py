"""Rows of Certificate Manager, and whether a certificate can be used yet."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import CREATED_AT, located
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "ACM API model, botocore 1.44.5"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
NAMES_LONGEST = 10
"""Names of one certificate under the default quota (own knowledge)."""
LABEL = r"[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?"
DOMAIN = re.compile(rf"(\*\.)?({LABEL}\.)+[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]")
COMMON_NAME_LONGEST = 64
IMPORTED = ("certificateBody", "privateKey", "privateKeyWo")


def is_requested(inputs: Mapping[str, Any]) -> bool:
    """Tell whether ACM is to issue a certificate: it is neither imported nor of a private authority."""
    return not any(inputs.get(key) for key in (*IMPORTED, "certificateAuthorityArn"))


def is_issued(context: Context, certificate: Thing) -> bool:
    """Tell whether a certificate is issued: imported, or validated and waited for."""
    if certificate.assumed or not is_requested(certificate.inputs):
        return True
    arn = certificate["arn"]
    return any(v.inputs.get("certificateArn") == arn for v in context.world.all(VALIDATION, certificate.region))


def certificate_problem(context: Context, arn: Any, place: str) -> Iterator[Problem]:
    """Refuse a certificate that is still waiting for its validation."""
    certificate = context.find(tokens.CERTIFICATE, arn, "arn")
    if certificate and not is_issued(context, certificate):
        message = (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
            "and a supported key size."
        )
        hint = "It is not issued yet: take certificateArn of an aws.acm.CertificateValidation."
        yield context.problem("UnsupportedCertificate", message, place, hint, "public deployment logs")


def names_of(context: Context) -> list[tuple[str, str]]:
    """Return every name of a certificate with its path."""
    return [
        (place, str(name))
        for path in ("domainName", "subjectAlternativeNames[*]")
        for place, name in located(context, path)
    ]


def _names(context: Context) -> Iterator[Problem]:
    names = names_of(context)
    for place, name in names:
        if not DOMAIN.fullmatch(name) or len(name) > 253:
            message = f"Value '{name}' failed to satisfy constraint: it is no fully qualified domain name"
            hint = "Write it like api.example.com or *.example.com, without a final dot."
            yield context.problem("InvalidParameterException", message, place, hint)
    distinct = {name.lower() for _, name in names}
    if len(distinct) > NAMES_LONGEST:
        message = f"The request has {len(distinct)} domain names; the quota is {NAMES_LONGEST}"
        yield context.problem("LimitExceededException", message, "subjectAlternativeNames", "Use a wildcard.")
    first = str(context.value("domainName", ""))
    if len(first) > COMMON_NAME_LONGEST:
        message = f"The first domain name may have at most {COMMON_NAME_LONGEST} characters"
        hint = "Put the long name into subjectAlternativeNames."
        yield context.problem("InvalidDomainValidationOptionsException", message, "domainName", hint)


def _ways(context: Context) -> Iterator[Problem]:
    """Check that a certificate is either requested or imported."""
    imported = [key for key in IMPORTED if context.value(key) is not None]
    if not imported and context.value("domainName") is None:
        message = "one of `domain_name,private_key` must be specified"
        yield context.problem("CheckFailure", message, "domainName", "Set domainName.", "AWS provider")
    if imported and context.value("validationMethod") is not None:
        message = "Conflicting configuration arguments: 'validationMethod' conflicts with 'privateKey'"
        yield context.problem("CheckFailure", message, "validationMethod", "Leave it out.", "AWS provider")
    algorithm = context.value("keyAlgorithm")
    requested = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")
    if not imported and algorithm is not None and algorithm not in requested:
        message = f"The key algorithm {algorithm} cannot be requested"
        yield context.problem("InvalidParameterException", message, "keyAlgorithm", f"Use {', '.join(requested)}.")
    for place, option in located(context, "validationOptions[*]"):
        name, parent = str(option.get("domainName", "")), str(option.get("validationDomain", ""))
        if not name.removeprefix("*.").endswith(parent):
            message = f"The validation domain {parent} is no parent of {name}"
            yield context.problem("InvalidDomainValidationOptionsException", message, place)


def _option(context: Context, name: str) -> dict[str, str]:
    """Return the validation record of a name: the same for a name and its wildcard, as in ACM."""
    base = name.removeprefix("*.").lower()
    digits = hashlib.sha256(f"{context.seed}/{context.account}/{base}".encode()).hexdigest()
    return {
        "domainName": name,
        "resourceRecordName": f"_{digits[:32]}.{base}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": f"_{digits[32:64]}.{digits[8:18]}.acm-validations.aws.",
    }


def _outputs(context: Context) -> Mapping[str, Any]:
    requested = is_requested(context.inputs)
    by_dns = requested and context.value("validationMethod", "DNS") == "DNS"
    names = list(dict.fromkeys(name for _, name in names_of(context)))
    return {
        "domainValidationOptions": [_option(context, name) for name in names] if by_dns else [],
        "subjectAlternativeNames": names,
        "keyAlgorithm": context.value("keyAlgorithm", "RSA_2048"),
        "status": "PENDING_VALIDATION" if requested else "ISSUED",
        "type": "AMAZON_ISSUED" if requested else "IMPORTED",
        "notAfter": "",
        "notBefore": "",
        "pendingRenewal": False,
        "renewalEligibility": "INELIGIBLE",
        "renewalSummaries": [],
        "validationEmails": [],
        "validationMethod": context.value("validationMethod", "DNS" if requested else "NONE"),
    }


CERTIFICATE = ResourceType(
    token=tokens.CERTIFICATE,
    kind="certificate",
    identifier="{arn}",
    arn="arn:aws:acm:{region}:{account}:certificate/{uuid}",
    create_only=frozenset(
        {"domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn"}
    ),
    enums={
        "validationMethod": ("DNS", "EMAIL", "NONE"),
        "keyAlgorithm": (
            "RSA_1024",
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "EC_prime256v1",
            "EC_secp384r1",
            "EC_secp521r1",
        ),
        "options.certificateTransparencyLoggingPreference": ("ENABLED", "DISABLED"),
        "options.export": ("ENABLED", "DISABLED"),
    },
    value_code="InvalidParameterException",
    missing_code="InvalidParameterException",
    rules=(_ways, _names),
    outputs=_outputs,
    secret_outputs=frozenset({"privateKey", "privateKeyWo"}),
    quota=Quota(2500, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _record_names(context: Context) -> Iterator[Problem]:
    """Check, as the provider does, that the given records are those of the certificate."""
    certificate = context.find(tokens.CERTIFICATE, context.value("certificateArn"), "arn")
    given = {str(name).rstrip(".").lower() for name in context.get("validationRecordFqdns[*]")}
    if certificate is None or not given:
        return
    for option in certificate["domainValidationOptions"] or ():
        name = option["resourceRecordName"].rstrip(".")
        if name.lower() not in given:
            message = f"missing {option['domainName']} DNS validation record: {name}"
            hint = "Give the names of all validation records."
            yield context.problem("CheckFailure", message, "validationRecordFqdns", hint, "AWS provider")


def _records(context: Context) -> Iterator[Problem]:
    """Check that the validation records exist in a public zone."""
    certificate = context.find(tokens.CERTIFICATE, context.value("certificateArn"), "arn")
    if certificate is None or is_issued(context, certificate):
        return
    for option in certificate["domainValidationOptions"] or ():
        name, domain = option["resourceRecordName"].rstrip("."), option["domainName"]
        zones = [_zone(context, record) for record in context.world.all(tokens.RECORD) if record["fqdn"] == name]
        message = (
            f"waiting for the certificate of {domain} to be issued: it stays PENDING_VALIDATION, "
            f"because there is no record {name}"
        )
        if zones and not any(zone is None or not zone.inputs.get("vpcs") for zone in zones):
            hint = "ACM sees public zones only: create the record in one."
            yield context.problem("PENDING_VALIDATION", f"{message} in a public zone", "certificateArn", hint)
        elif not zones and _zone_covers(context, domain):
            hint = "Create the record of domainValidationOptions in the zone, and let this resource depend on it."
            yield context.problem("PENDING_VALIDATION", message, "certificateArn", hint)
        elif not zones:
            yield context.warning(
                "PENDING_VALIDATION", message, "certificateArn", "Create it where the domain is served."
            )


def _zone(context: Context, record: Thing) -> Thing | None:
    return context.world.find(tokens.ZONE, record.inputs.get("zoneId"), "zoneId|id")


def _zone_covers(context: Context, domain: str) -> bool:
    base = domain.removeprefix("*.").lower()
    names = [str(zone["name"]).rstrip(".").lower() for zone in context.world.all(tokens.ZONE)]
    return any(base == name or base.endswith(f".{name}") for name in names)


CERTIFICATE_VALIDATION = ResourceType(
    token=VALIDATION,
    kind="certificate validation",
    identifier=CREATED_AT.replace("T", " ").replace("Z", " +0000 UTC"),
    references=(
        Reference(
            "certificateArn",
            tokens.CERTIFICATE,
            "ResourceNotFoundException",
            by="arn",
            message="Could not find certificate {value}",
        ),
    ),
    create_only=frozenset({"certificateArn", "validationRecordFqdns"}),
    rules=(_record_names, _records),
    not_verified=("that the domain is delegated to the zone of its validation records",),
    failure=Problem(
        "PENDING_VALIDATION",
        "timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)",
        "certificateArn",
        "Check that the domain is delegated to its zone, and that no CAA record forbids amazon.com.",
        "AWS provider",
    ),
    source=SOURCE,
)

ROWS = (CERTIFICATE, CERTIFICATE_VALIDATION)
