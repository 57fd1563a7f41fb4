"""Buckets and their objects."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.world import Thing

SOURCE = "S3 API model, botocore 1.44.5; S3 user guide, bucket naming rules, 2025"
RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
}
"""Zones of website endpoints (own knowledge)."""
OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")


def of_bucket(path: str = "bucket", code: str = "NoSuchBucket") -> Reference:
    """Return the reference of a bucket's setting to its bucket."""
    return Reference(path, tokens.BUCKET, code, by="bucket", message="The specified bucket does not exist: {value}")


def bucket_of(context: Context, path: str = "bucket") -> Thing | None:
    """Return the bucket that a setting belongs to."""
    return context.find(tokens.BUCKET, context.value(path), "bucket", anywhere=True)


def name_fault(name: str) -> str:
    """Return what is wrong with a bucket name beside its characters, empty when nothing is."""
    if len(name) < 3:
        return "it is shorter than 3 characters"
    if ".." in name:
        return "it has two dots in a row"
    if name.startswith(RESERVED_BEGINNINGS) or name.endswith(RESERVED_ENDS):
        return "its beginning or end is reserved"
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return ""
    return "it looks like an IP address"


def _name(context: Context) -> Iterator[Problem]:
    fault = name_fault(context.name)
    if fault:
        message = f"The specified bucket is not valid: {context.name}: {fault}"
        yield context.problem("InvalidBucketName", message, "bucket", "Choose another name.")


def _empty(context: Context) -> Iterator[Problem]:
    if context.value("forceDestroy", False):
        return
    objects = [thing for token in OBJECTS for thing in context.world.all(token)]
    if any(thing.inputs.get("bucket") == context.id for thing in objects):
        message = f"The bucket you tried to delete is not empty: {context.id}"
        yield context.problem("BucketNotEmpty", message, "forceDestroy", "Delete its objects, or set forceDestroy.")


def _outputs(context: Context) -> Mapping[str, Any]:
    name, region = context.name, context.region
    website = f"{name}.s3-website.{region}.amazonaws.com" if context.value("website") else None
    return {
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "bucketRegion": region,
        "hostedZoneId": HOSTED_ZONES.get(region, f"Z{context.hexadecimal(13, 'zone').upper()}"),
        "websiteDomain": f"s3-website.{region}.amazonaws.com" if website else None,
        "websiteEndpoint": website,
        "objectLockEnabled": context.value("objectLockEnabled", False),
        "requestPayer": context.value("requestPayer", "BucketOwner"),
    }


BUCKET = ResourceType(
    token=tokens.BUCKET,
    kind="bucket",
    identifier="{bucket}",
    arn="arn:aws:s3:::{bucket}",
    name=Name(
        "bucket",
        pattern=r"[a-z0-9][a-z0-9.-]*[a-z0-9]",
        longest=63,
        code="InvalidBucketName",
        unique=("global",),
        taken_code="BucketAlreadyOwnedByYou",
    ),
    create_only=frozenset({"bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled"}),
    defaults={"forceDestroy": False},
    enums={
        "bucketNamespace": ("global", "account-regional"),
        "requestPayer": ("BucketOwner", "Requester"),
        "accelerationStatus": ("Enabled", "Suspended"),
        "acl": (
            "private",
            "public-read",
            "public-read-write",
            "aws-exec-read",
            "authenticated-read",
            "log-delivery-write",
        ),
    },
    value_code="InvalidArgument",
    missing_code="InvalidArgument",
    rules=(_name,),
    delete_rules=(_empty,),
    outputs=_outputs,
    quota=Quota(10000, ("account",), "TooManyBuckets"),
    failure=Problem(
        "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
        "bucket",
        "Choose another name, or leave it out.",
        SOURCE,
    ),
    source=SOURCE,
)


def _key(context: Context) -> Iterator[Problem]:
    key = str(context.value("key") or "")
    if len(key.encode()) > 1024:
        yield context.problem("KeyTooLongError", "Your key is too long", "key", "At most 1024 bytes.")


def _object_row(token: str) -> ResourceType:
    return ResourceType(
        token=token,
        kind="object",
        identifier="{key}",
        arn="arn:aws:s3:::{bucket}/{key}",
        name=Name("key", unique=None),
        references=(of_bucket(),),
        create_only=frozenset({"bucket", "key"}),
        conflicts=(("content", "contentBase64"), ("content", "source"), ("contentBase64", "source")),
        enums={"serverSideEncryption": ("AES256", "aws:kms", "aws:kms:dsse")},
        value_code="InvalidArgument",
        rules=(_key,),
        outputs=lambda context: {
            "versionId": context.hexadecimal(32, "version"),
            "etag": context.hexadecimal(32, "etag"),
        },
        source=SOURCE,
    )


OBJECT_ROWS = tuple(_object_row(token) for token in OBJECTS)
"""Rows of objects, of both generations."""
