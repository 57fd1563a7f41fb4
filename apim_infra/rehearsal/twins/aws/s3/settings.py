"""Settings beside a bucket: versioning, encryption, object lock, logging, CORS, acceleration, payment."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import (
    INVALID,
    MALFORMED,
    REFUSED,
    beside,
    own_bucket,
    setting,
    versioning,
)
from apim_infra.rehearsal.twins.aws.service_rules import before, kms_key, located
from apim_infra.rehearsal.twins.aws.table import Reference
from apim_infra.rehearsal.twins.cloud.schema_check import CODE

STATE = "InvalidBucketState"
OBJECT_LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")


def _versioning(context: Context) -> Iterator[Problem]:
    path = "versioningConfiguration.status"
    status, bucket = context.value(path), own_bucket(context)
    if status == "Disabled" and before(context, path) not in ([], ["Disabled"]):
        message = f"versioning_configuration.status cannot be updated from '{before(context, path)[0]}' to 'Disabled'"
        yield context.problem(CODE, message, path, "A bucket that had versions can only be Suspended.")
    if bucket is None or status == "Enabled":
        return
    if bucket["objectLockEnabled"] or next(beside(context, OBJECT_LOCK, bucket), None):
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        yield context.problem(STATE, message, path, "Leave versioning Enabled.")
    if next(beside(context, REPLICATION, bucket), None):
        message = "A replication configuration is present on this bucket, so you cannot change the versioning state."
        yield context.problem(STATE, message, path, "Leave versioning Enabled, or remove the replication first.")


def _encryption(context: Context) -> Iterator[Problem]:
    if len(located(context, "rules[*]")) > 1:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        yield context.problem(MALFORMED, message, "rules", "Give exactly one rule.")
    for place, default in located(context, "rules[*].applyServerSideEncryptionByDefault"):
        key, algorithm = default.get("kmsMasterKeyId"), default.get("sseAlgorithm")
        if key and algorithm not in facts("s3")["encryption"]["with_key"]:
            message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
            yield context.problem(INVALID, message, f"{place}.kmsMasterKeyId", "Set sseAlgorithm to aws:kms.")


def _object_lock(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    if bucket is not None and versioning(context, bucket) in ("Disabled", "Suspended"):
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        hint = "Set BucketVersioning to Enabled, and let this resource depend on it."
        yield context.problem(STATE, message, "bucket", hint)
    for place, retention in located(context, "rule.defaultRetention"):
        if (retention.get("days") is None) == (retention.get("years") is None) or not retention.get("mode"):
            message = "The XML you provided was not well-formed or did not validate against our published schema"
            yield context.problem(MALFORMED, message, place, "Set mode, and either days or years.")
    for part, most in (("days", 36500), ("years", 100)):
        for place, value in located(context, f"rule.defaultRetention.{part}"):
            if value <= 0:
                message = "Default retention period must be a positive integer value"
                yield context.problem(INVALID, message, place, "Use 1 or more.")
            elif value > most:
                message = "Default retention period too large"
                yield context.problem(INVALID, message, place, f"Use {most} {part} at most.")


def _log_region(context: Context) -> Iterator[Problem]:
    target, bucket = context.value("targetBucket"), own_bucket(context)
    found = context.world.find(tokens.BUCKET, target, "id|bucket")
    if bucket is not None and found is not None and found.region != bucket.region:
        message = (
            f"Cross S3 location logging not allowed: {found.id} is in {found.region}, {bucket.id} in {bucket.region}"
        )
        hint = f"Log to a bucket in {bucket.region}."
        yield context.problem("CrossLocationLoggingProhibited", message, "targetBucket", hint)


def _log_keys(context: Context) -> Iterator[Problem]:
    for place, keys in located(context, "targetObjectKeyFormat"):
        if (keys.get("partitionedPrefix") is None) == (keys.get("simplePrefix") is None):
            message = "The XML you provided was not well-formed or did not validate against our published schema"
            yield context.problem(MALFORMED, message, place, "Set partitionedPrefix or simplePrefix.")


def _cors(context: Context) -> Iterator[Problem]:
    rules = located(context, "corsRules[*]")
    if len(rules) > 100:
        message = "The number of CORS rules should not exceed allowed limit of 100 rules."
        yield context.problem(REFUSED, message, "corsRules", "Merge some.")
    for place, rule in rules:
        for method in rule.get("allowedMethods") or ():
            if method not in METHODS:
                message = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                yield context.problem(REFUSED, message, f"{place}.allowedMethods", f"Use {', '.join(METHODS)}.")
        for origin in rule.get("allowedOrigins") or ():
            if origin.count("*") > 1:
                message = f'AllowedOrigin "{origin}" can not have more than one wildcard.'
                yield context.problem(REFUSED, message, f"{place}.allowedOrigins", "Use one * at most.")


def _acceleration(context: Context) -> Iterator[Problem]:
    if "." in str(context.value("bucket", "")):
        message = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        yield context.problem(REFUSED, message, "bucket", "Use a bucket without dots in its name.")


ROWS = (
    setting(
        "BucketVersioning",
        "bucket versioning",
        enums={
            "versioningConfiguration.status": ("Enabled", "Suspended", "Disabled"),
            "versioningConfiguration.mfaDelete": ("Enabled", "Disabled"),
        },
        rules=(_versioning,),
    ),
    setting(
        "BucketServerSideEncryptionConfiguration",
        "bucket encryption",
        required=("rules",),
        enums={
            "rules[*].applyServerSideEncryptionByDefault.sseAlgorithm": tuple(facts("s3")["encryption"]["algorithms"]),
            "rules[*].blockedEncryptionTypes[*]": ("NONE", "SSE-C"),
        },
        rules=(
            _encryption,
            kms_key("rules[*].applyServerSideEncryptionByDefault.kmsMasterKeyId", "KMS.NotFoundException", late=True),
        ),
    ),
    setting(
        "BucketObjectLockConfiguration",
        "object lock configuration",
        create_only=frozenset({"bucket", "expectedBucketOwner", "objectLockEnabled"}),
        enums={"objectLockEnabled": ("Enabled",), "rule.defaultRetention.mode": ("GOVERNANCE", "COMPLIANCE")},
        rules=(_object_lock,),
    ),
    setting(
        "BucketLogging",
        "bucket logging",
        references=(
            Reference(
                "targetBucket",
                tokens.BUCKET,
                "InvalidTargetBucketForLogging",
                by="id|bucket",
                message="The target bucket for logging does not exist: {value}",
                same_region=False,
            ),
        ),
        enums={
            "targetObjectKeyFormat.partitionedPrefix.partitionDateSource": ("EventTime", "DeliveryTime"),
            "targetGrants[*].permission": ("FULL_CONTROL", "READ", "WRITE"),
        },
        rules=(_log_region, _log_keys),
    ),
    setting(
        "BucketCorsConfiguration",
        "CORS configuration",
        required=("corsRules",),
        rules=(_cors,),
    ),
    setting(
        "BucketAccelerateConfiguration",
        "transfer acceleration",
        enums={"status": ("Enabled", "Suspended")},
        rules=(_acceleration,),
    ),
    setting(
        "BucketRequestPaymentConfiguration",
        "request payment configuration",
        enums={"payer": ("Requester", "BucketOwner")},
    ),
)
