"""The bucket."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import SOURCE
from apim_infra.rehearsal.twins.aws.s3.policy import policy_rules
from apim_infra.rehearsal.twins.aws.table import Name, Quota, ResourceType

OBJECTS = ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject", "aws:s3/objectCopy:ObjectCopy")
NAME_SOURCE = "S3 user guide, general purpose bucket naming rules, 2026"


def name_faults(name: str) -> Iterator[str]:
    """Yield what is wrong with the name of a bucket, in a few words each."""
    rules = facts("s3")["names"]
    if len(name) < 3:
        yield "use 3 characters or more"
    if not re.fullmatch(r"[a-z0-9.-]*", name):
        yield "use lower-case letters, digits, dots and hyphens only"
    if not re.fullmatch(r"[a-z0-9].*[a-z0-9]", name, re.IGNORECASE):
        yield "begin and end with a letter or digit"
    if ".." in name:
        yield "put no two dots side by side"
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        yield "use no name in the form of an IP address"
    for prefix in rules["reserved_prefixes"]:
        if name.startswith(prefix):
            yield f"choose another beginning: {prefix} is reserved"
    for suffix in rules["reserved_suffixes"]:
        if name.endswith(suffix):
            yield f"choose another ending: {suffix} is reserved"


def _name(context: Context) -> Iterator[Problem]:
    if context.old is None:
        message = f"The specified bucket is not valid: {context.name}"
        for fault in name_faults(context.name):
            yield context.problem("InvalidBucketName", message, "bucket", fault, NAME_SOURCE)


def _namespace(context: Context) -> Iterator[Problem]:
    suffix = f"-{context.account}-{context.region}-an"
    if context.value("bucketNamespace") == "account-regional" and not context.name.endswith(suffix):
        message = "The requested bucket name did not include the account-regional namespace suffix"
        yield context.problem("InvalidNamespaceHeader", message, "bucket", f"Let the name end in {suffix}.")


def _acl(context: Context) -> Iterator[Problem]:
    acl = context.value("acl")
    if acl not in (None, "private", "bucket-owner-full-control") or context.get("grants[*]"):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        hint = "Leave ACLs out: grant access with a bucket policy."
        path = "grants" if acl is None else "acl"
        yield context.problem("InvalidBucketAclWithObjectOwnership", message, path, hint)


def _log_target(context: Context) -> Iterator[Problem]:
    target = context.value("logging.targetBucket")
    if target and target != context.name and context.find(tokens.BUCKET, target, "id|bucket") is None:
        message = f"The target bucket for logging does not exist: {target}"
        yield context.problem("InvalidTargetBucketForLogging", message, "logging.targetBucket", "Name a bucket.")


def _not_empty(context: Context) -> Iterator[Problem]:
    if context.inputs.get("forceDestroy"):
        return
    names = (context.id, context.name)
    held = [thing for token in OBJECTS for thing in context.world.all(token) if thing.inputs.get("bucket") in names]
    if held:
        message = f"The bucket you tried to delete is not empty: {context.name} has {held[0]['key'] or held[0].id}"
        hint = "Set forceDestroy of the bucket, or delete its objects first."
        yield context.problem("BucketNotEmpty", message, "forceDestroy", hint)


def _outputs(context: Context) -> Mapping[str, Any]:
    name, region, website = context.name, context.region, facts("s3")["website"]
    endpoint = f"s3-website{'-' if region in website['dashed'] else '.'}{region}.amazonaws.com"
    is_website = context.inputs.get("website") is not None
    return {
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "hostedZoneId": website["hosted_zones"].get(region, ""),
        "bucketNamespace": context.inputs.get("bucketNamespace", "global"),
        "objectLockEnabled": context.inputs.get("objectLockEnabled", False),
        "requestPayer": context.inputs.get("requestPayer", "BucketOwner"),
        "versioning": context.inputs.get("versioning", {"enabled": False, "mfaDelete": False}),
        "websiteDomain": endpoint if is_website else "",
        "websiteEndpoint": f"{name}.{endpoint}" if is_website else "",
    }


BUCKET = ResourceType(
    token=tokens.BUCKET,
    kind="bucket",
    identifier="{bucket}",
    arn="arn:aws:s3:::{bucket}",
    name=Name(
        "bucket",
        longest=63,
        code="InvalidBucketName",
        unique=("global",),
        taken_code="BucketAlreadyOwnedByYou",
        lower_case=True,
    ),
    create_only=frozenset({"bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled"}),
    defaults={"forceDestroy": False},
    conflicts=(("acl", "grants"),),
    enums={
        "acl": tuple(facts("s3")["canned_acls"]),
        "bucketNamespace": ("account-regional", "global"),
        "requestPayer": ("BucketOwner", "Requester"),
        "accelerationStatus": ("Enabled", "Suspended"),
        "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.sseAlgorithm": tuple(
            facts("s3")["encryption"]["algorithms"]
        ),
    },
    value_code="InvalidArgument",
    rules=(_name, _namespace, _acl, _log_target, *policy_rules()),
    delete_rules=(_not_empty,),
    outputs=_outputs,
    quota=Quota(facts("s3")["names"]["quota"], ("account",), "TooManyBuckets"),
    failure=Problem(
        "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system.",
        "bucket",
        "Choose another name, or leave it out for an automatic one.",
        SOURCE,
    ),
    source=SOURCE,
)
