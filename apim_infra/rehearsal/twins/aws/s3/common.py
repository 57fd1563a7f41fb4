"""What the rows of S3 share: buckets, and the settings that stand beside them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import mappings
from apim_infra.rehearsal.twins.aws.table import Outputs, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE: str = facts("s3")["source"]
MALFORMED = "MalformedXML"
INVALID = "InvalidArgument"
REFUSED = "InvalidRequest"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_PUBLIC_ACCESS = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


WITHOUT_OWNER = (
    "BucketPublicAccessBlock",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketReplicationConfig",
    "BucketNotification",
)
"""Settings that have no input for the bucket's expected owner."""


def to_bucket(path: str = "bucket", by: str = "id|bucket", code: str = "NoSuchBucket") -> Reference:
    """Make the reference of an input that names a bucket."""
    return Reference(
        path,
        tokens.BUCKET,
        code,
        by=by,
        message="The specified bucket does not exist: {value}",
        region_code="PermanentRedirect",
    )


def once(context: Context) -> Iterator[Problem]:
    """Warn of a second setting of the type beside the same bucket: S3 takes both, and the last one wins."""
    bucket = own_bucket(context)
    if bucket is None or context.old is not None:
        return
    if any(thing.urn != context.urn for thing in beside(context, context.row.token, bucket)):
        message = f"The bucket {bucket.id} has a {context.row.kind} already: this one overwrites it"
        hint = f"Keep one {context.row.kind} for each bucket."
        yield context.warning("SettingOverwritten", message, "bucket", hint, "AWS provider documentation, 2026")


def setting(name: str, kind: str, outputs: Outputs | None = None, **columns: Any) -> ResourceType:
    """Make the row of a setting that stands beside its bucket; `columns` are further ones of `ResourceType`."""
    given: dict[str, Any] = {
        "create_only": frozenset({"bucket"} if name in WITHOUT_OWNER else {"bucket", "expectedBucketOwner"}),
        "value_code": MALFORMED,
        **columns,
        "references": (to_bucket(), *columns.get("references", ())),
    }
    token = f"aws:s3/{name[0].lower()}{name[1:]}:{name}"
    rules = (once, *given.pop("rules", ()))
    return ResourceType(
        token, kind, "{bucket}", rules=rules, outputs=outputs, missing_code=MALFORMED, source=SOURCE, **given
    )


def within(value: Any, *path: str) -> Mapping[str, Any]:
    """Return the object at a path of properties within a value; an empty one when there is none."""
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def own_bucket(context: Context) -> Thing | None:
    """Return the bucket that a setting belongs to."""
    return context.world.find(tokens.BUCKET, context.value("bucket"), "id|bucket")


def beside(context: Context, token: str, bucket: Thing) -> Iterator[Thing]:
    """Iterate over the settings of one type that stand beside a bucket."""
    return (thing for thing in context.world.all(token) if thing.inputs.get("bucket") in (bucket.id, bucket["bucket"]))


def versioning(context: Context, bucket: Thing) -> str | None:
    """Return `Enabled`, `Suspended` or `Disabled`; None for a bucket that the program did not make, unless a setting tells."""
    for thing in beside(context, VERSIONING, bucket):
        return str(within(thing.inputs, "versioningConfiguration").get("status"))
    if any(inline.get("enabled") for inline in mappings(bucket.inputs.get("versioning"))):
        return "Enabled"
    if bucket.inputs.get("objectLockEnabled"):
        return "Enabled"
    return None if bucket.assumed else "Disabled"


def ownership(context: Context, bucket: Thing) -> str | None:
    """Return who owns objects, `BucketOwnerEnforced` by default since 2023-04; None when it cannot be known."""
    for thing in beside(context, OWNERSHIP, bucket):
        return str(within(thing.inputs, "rule").get("objectOwnership"))
    return None if bucket.assumed else "BucketOwnerEnforced"


def blocked(context: Context, bucket: Thing, block: str) -> bool:
    """Tell whether one of the four blocks of public access holds for a bucket, by itself or by the account.

    New buckets have all four since 2023-04. Of a bucket that the program did not make nothing is taken to be blocked.
    """
    if any(account.inputs.get(block) for account in context.world.all(ACCOUNT_PUBLIC_ACCESS)):
        return True
    for thing in beside(context, PUBLIC_ACCESS, bucket):
        return bool(thing.inputs.get(block))
    return not bucket.assumed
