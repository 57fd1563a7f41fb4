"""Settings of buckets: versioning, encryption, public access, ownership, logging, object lock, replication."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.bucket import SOURCE, bucket_of, of_bucket
from apim_infra.rehearsal.twins.aws.service_rules import before, kms_key, located, role_exists
from apim_infra.rehearsal.twins.aws.table import ResourceType, Rule
from apim_infra.rehearsal.twins.aws.world import Thing

VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
CANNED = (
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
)


def setting_of(context: Context, token: str, bucket: Any) -> Thing | None:
    """Return a bucket's setting of a type, this resource itself left out."""
    return next((s for s in context.all(token) if s.inputs.get("bucket") == bucket), None)


def is_versioned(context: Context, bucket: Any, region: str | None = None) -> bool:
    """Tell whether a bucket keeps versions."""
    thing = context.world.find(tokens.BUCKET, bucket, "bucket")
    if thing and (thing.assumed or thing.inputs.get("objectLockEnabled")):
        return True
    found = [s for s in context.world.all(VERSIONING, region) if s.inputs.get("bucket") == bucket]
    return any((s.inputs.get("versioningConfiguration") or {}).get("status") == "Enabled" for s in found)


def one_for_a_bucket(context: Context) -> Iterator[Problem]:
    """Warn of a second setting of the type: the one that comes last wins."""
    other = setting_of(context, context.row.token, context.value("bucket"))
    if other and context.old is None:
        message = f"The bucket {context.value('bucket')} has a {context.row.kind} already; one overwrites the other"
        yield context.warning("OperationAborted", message, "bucket", "Keep one.", "AWS provider documentation")


def _versioning(context: Context) -> Iterator[Problem]:
    last = next(iter(before(context, "versioningConfiguration.status")), None)
    if context.value("versioningConfiguration.status") == "Disabled" and last in ("Enabled", "Suspended"):
        message = "The versioning state 'Disabled' is not allowed after versioning was enabled"
        hint = "Use Suspended."
        path = "versioningConfiguration.status"
        yield context.problem("IllegalVersioningConfigurationException", message, path, hint)


def _encryption(context: Context) -> Iterator[Problem]:
    for place, default in located(context, "rules[*].applyServerSideEncryptionByDefault"):
        if default.get("kmsMasterKeyId") and default.get("sseAlgorithm") == "AES256":
            message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
            yield context.problem("InvalidArgument", message, f"{place}.kmsMasterKeyId", "Use aws:kms.")
    if len(context.get("rules[*]")) != 1:
        yield context.problem("MalformedXML", "The configuration has exactly one rule", "rules", "Give one rule.")


def _acl(context: Context) -> Iterator[Problem]:
    bucket = context.value("bucket")
    controls = setting_of(context, OWNERSHIP, bucket)
    ownership = (controls.inputs.get("rule") or {}).get("objectOwnership") if controls else "BucketOwnerEnforced"
    if ownership == "BucketOwnerEnforced":
        message = "The bucket does not allow ACLs"
        hint = "Leave the ACL out, or set the bucket's ownership to BucketOwnerPreferred first."
        yield context.problem("AccessControlListNotSupported", message, "acl", hint)
    block = setting_of(context, PUBLIC_ACCESS, bucket)
    public = str(context.value("acl", "")).startswith("public-")
    if public and (block is None or block.inputs.get("blockPublicAcls")):
        message = "Access Denied: public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access"
        yield context.problem("AccessDenied", message, "acl", "Keep the bucket private.")


def _target(context: Context) -> Iterator[Problem]:
    name = context.value("targetBucket")
    target, own = context.find(tokens.BUCKET, name, "bucket", anywhere=True), bucket_of(context)
    if target is None or (own and target.region != own.region):
        message = f"The target bucket for logging does not exist in the bucket's region: {name}"
        code = "InvalidTargetBucketForLogging"
        yield context.problem(code, message, "targetBucket", "Name a bucket of the same region.")


def _lock(context: Context) -> Iterator[Problem]:
    bucket = bucket_of(context)
    if bucket and not bucket.inputs.get("objectLockEnabled") and not is_versioned(context, context.value("bucket")):
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        yield context.problem("InvalidBucketState", message, "bucket", "Enable versioning first.")
    days, years = context.value("rule.defaultRetention.days"), context.value("rule.defaultRetention.years")
    if context.value("rule.defaultRetention") is not None and (days is None) == (years is None):
        message = "Default retention needs either days or years"
        yield context.problem("MalformedXML", message, "rule.defaultRetention", "Give one of them.")


def _replication(context: Context) -> Iterator[Problem]:
    if bucket_of(context) and not is_versioned(context, context.value("bucket")):
        message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        hint = "Enable versioning first, and let this resource depend on it."
        yield context.problem("InvalidRequest", message, "bucket", hint)
    for place, arn in located(context, "rules[*].destination.bucket"):
        target = context.find(tokens.BUCKET, arn, "arn", anywhere=True)
        if target is None:
            message = f"Destination bucket must exist: {arn}"
            yield context.problem("InvalidRequest", message, place, "Give the ARN of a bucket.")
        elif not is_versioned(context, target.id):
            message = "Destination bucket must have versioning enabled."
            yield context.problem("InvalidRequest", message, place, "Enable versioning there first.")


def _setting(token: str, kind: str, *rules: Rule, **columns: Any) -> ResourceType:
    """Make the row of a bucket's setting."""
    return ResourceType(
        token=token,
        kind=kind,
        identifier="{bucket}",
        references=(of_bucket(),),
        create_only=frozenset({"bucket", "expectedBucketOwner"}),
        value_code="MalformedXML",
        missing_code="MalformedXML",
        rules=(one_for_a_bucket, *rules),
        source=SOURCE,
        **columns,
    )


SETTINGS = (
    _setting(
        VERSIONING,
        "versioning",
        _versioning,
        enums={
            "versioningConfiguration.status": ("Enabled", "Suspended", "Disabled"),
            "versioningConfiguration.mfaDelete": ("Enabled", "Disabled"),
        },
    ),
    _setting(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "encryption configuration",
        _encryption,
        # S3 accepts the setting; every write is refused afterwards.
        kms_key("rules[*].applyServerSideEncryptionByDefault.kmsMasterKeyId", "KMS.NotFoundException"),
        enums={"rules[*].applyServerSideEncryptionByDefault.sseAlgorithm": ("AES256", "aws:kms", "aws:kms:dsse")},
    ),
    _setting(PUBLIC_ACCESS, "public access block"),
    _setting(
        OWNERSHIP,
        "ownership controls",
        enums={"rule.objectOwnership": ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")},
    ),
    _setting("aws:s3/bucketAcl:BucketAcl", "ACL", _acl, enums={"acl": CANNED}),
    _setting("aws:s3/bucketLogging:BucketLogging", "logging configuration", _target),
    _setting(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "object lock configuration",
        _lock,
        enums={"rule.defaultRetention.mode": ("COMPLIANCE", "GOVERNANCE"), "objectLockEnabled": ("Enabled",)},
    ),
    _setting(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "replication configuration",
        _replication,
        role_exists("role", "InvalidRequest", "s3.amazonaws.com"),
        enums={"rules[*].status": ("Enabled", "Disabled")},
    ),
)
