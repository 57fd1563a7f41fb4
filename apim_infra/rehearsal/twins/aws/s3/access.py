"""Who may reach a bucket without a policy: blocks of public access, ownership of objects, ACLs."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import (
    ACCOUNT_PUBLIC_ACCESS,
    BLOCKS,
    INVALID,
    SOURCE,
    beside,
    blocked,
    own_bucket,
    ownership,
    setting,
)
from apim_infra.rehearsal.twins.aws.table import ResourceType

ACL = "aws:s3/bucketAcl:BucketAcl"
ENFORCED = "BucketOwnerEnforced"
PERMISSIONS = ("FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP")


def _enforced_without_acls(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    if bucket is None or context.value("rule.objectOwnership") != ENFORCED:
        return
    for acl in beside(context, ACL, bucket):
        if acl.inputs.get("acl") not in ("private", "bucket-owner-full-control"):
            message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
            hint = "Remove the bucket's ACL, or use BucketOwnerPreferred."
            yield context.problem("InvalidBucketAclWithObjectOwnership", message, "rule.objectOwnership", hint)


def _acls_supported(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    if bucket is not None and ownership(context, bucket) == ENFORCED:
        hint = (
            "Use a bucket policy; or set BucketOwnershipControls to BucketOwnerPreferred and let the ACL depend on it "
            "(new buckets have ACLs switched off)."
        )
        message = f"The bucket does not allow ACLs: {bucket.id}"
        yield context.problem("AccessControlListNotSupported", message, "acl", hint)


def _public_acl(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    groups = facts("s3")["public_groups"]
    grants = any(uri in groups for uri in context.get("accessControlPolicy.grants[*].grantee.uri"))
    is_public = grants or context.value("acl") in facts("s3")["public_acls"]
    if bucket is not None and is_public and blocked(context, bucket, "blockPublicAcls"):
        message = (
            f'User is not authorized to perform: s3:PutBucketAcl on resource: "arn:aws:s3:::{bucket.id}" because '
            "public ACLs are blocked by the BlockPublicAcls block public access setting"
        )
        hint = "Use the ACL private, or set blockPublicAcls to false first."
        yield context.problem("AccessDenied", message, "acl" if not grants else "accessControlPolicy", hint)


ROWS = (
    setting(
        "BucketPublicAccessBlock",
        "public access block",
        outputs=lambda context: {block: context.inputs.get(block, False) for block in BLOCKS},
    ),
    ResourceType(
        token=ACCOUNT_PUBLIC_ACCESS,
        kind="public access block of the account",
        identifier="{account}",
        create_only=frozenset({"accountId"}),
        regional=False,
        outputs=lambda context: {
            "accountId": context.account,
            **{block: context.inputs.get(block, False) for block in BLOCKS},
        },
        source=SOURCE,
    ),
    setting(
        "BucketOwnershipControls",
        "ownership controls",
        enums={"rule.objectOwnership": ("BucketOwnerPreferred", "ObjectWriter", ENFORCED)},
        rules=(_enforced_without_acls,),
    ),
    setting(
        "BucketAcl",
        "bucket ACL",
        exactly_one=(("acl", "accessControlPolicy"),),
        enums={
            "acl": tuple(facts("s3")["canned_acls"]),
            "accessControlPolicy.grants[*].permission": PERMISSIONS,
            "accessControlPolicy.grants[*].grantee.type": ("CanonicalUser", "AmazonCustomerByEmail", "Group"),
        },
        value_code=INVALID,
        rules=(_acls_supported, _public_acl),
    ),
)
