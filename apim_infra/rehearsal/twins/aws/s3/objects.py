"""Objects that a program puts into a bucket."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import INVALID, SOURCE, own_bucket, ownership, to_bucket, versioning
from apim_infra.rehearsal.twins.aws.service_rules import kms_key
from apim_infra.rehearsal.twins.aws.table import Name, ResourceType

LONGEST_KEY = 1024
"""Bytes of an object key (S3 user guide)."""


def _key(context: Context) -> Iterator[Problem]:
    key = str(context.value("key", ""))
    if len(key.encode()) > LONGEST_KEY:
        message = f"Your key is too long: {len(key.encode())} bytes"
        yield context.problem("KeyTooLongError", message, "key", f"Use {LONGEST_KEY} bytes at most.")


def _acl(context: Context) -> Iterator[Problem]:
    bucket, acl = own_bucket(context), context.value("acl")
    allowed = (None, "bucket-owner-full-control")
    if bucket is not None and acl not in allowed and ownership(context, bucket) == "BucketOwnerEnforced":
        hint = "Leave acl out: new buckets have ACLs switched off."
        yield context.problem("AccessControlListNotSupported", "The bucket does not allow ACLs", "acl", hint)


def _lock(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    locked = context.value("objectLockMode") or context.value("objectLockLegalHoldStatus") == "ON"
    if bucket is not None and locked and not bucket.assumed and not bucket["objectLockEnabled"]:
        message = "Bucket is missing Object Lock Configuration"
        yield context.problem("InvalidRequest", message, "objectLockMode", "Set objectLockEnabled of the bucket.")


def _contents(context: Context) -> list[Any]:
    names = ("content", "contentBase64", "source", "sourceHash", "etag", "kmsKeyId")
    return [context.inputs.get(name) for name in names]


def _outputs(context: Context) -> Mapping[str, Any]:
    bucket = own_bucket(context)
    versions = bucket is not None and versioning(context, bucket) == "Enabled"
    return {
        "arn": f"arn:aws:s3:::{context.value('bucket')}/{context.name}",
        "etag": context.inputs.get("etag", context.hexadecimal(32, f"etag/{_contents(context)}")),
        # Other contents are another version.
        "versionId": context.hexadecimal(32, f"version/{_contents(context)}") if versions else "",
        "serverSideEncryption": context.inputs.get("serverSideEncryption", "AES256"),
        "storageClass": context.inputs.get("storageClass", "STANDARD"),
        "contentType": context.inputs.get("contentType", "application/octet-stream"),
    }


def _object(token: str) -> ResourceType:
    return ResourceType(
        token=token,
        kind="object",
        identifier="{bucket}/{key}",
        name=Name("key", unique=None, automatic=False),
        references=(to_bucket(),),
        create_only=frozenset({"bucket", "key"}),
        conflicts=(("source", "content"), ("source", "contentBase64"), ("content", "contentBase64")),
        enums={
            "storageClass": tuple(facts("s3")["storage_classes"]["objects"]),
            "serverSideEncryption": tuple(facts("s3")["encryption"]["algorithms"]),
            "objectLockMode": ("GOVERNANCE", "COMPLIANCE"),
            "objectLockLegalHoldStatus": ("ON", "OFF"),
        },
        value_code=INVALID,
        rules=(_key, _acl, _lock, kms_key("kmsKeyId", "KMS.NotFoundException")),
        outputs=_outputs,
        source=SOURCE,
    )


ROWS = (
    _object("aws:s3/bucketObjectv2:BucketObjectv2"),
    _object("aws:s3/bucketObject:BucketObject"),
)
