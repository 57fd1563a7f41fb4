"""Replication of a bucket to one in another region."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, allow, document, service_trust
from components.aws.tags import Tags
from components.common import after, refuse


class BucketReplicationArgs(TypedDict):
    """Arguments of `BucketReplication`."""

    bucket_name: pulumi.Input[str]
    """Bucket whose objects are copied; it must keep versions."""
    bucket_arn: pulumi.Input[str]
    """ARN of that bucket."""
    region: pulumi.Input[str]
    """Region of that bucket."""
    copy_arn: pulumi.Input[str]
    """ARN of the bucket that receives the copies; it must keep versions too."""
    copy_region: pulumi.Input[str]
    """Region of the copies."""
    account_id: pulumi.Input[str]
    """Account of both buckets."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the first bucket; needs `copy_key_arn` beside it; objects under a KMS key are not copied by default."""
    copy_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the copies, of their own region."""
    copy_deletions: NotRequired[bool]
    """Whether an object that is deleted here is hidden there too; its versions stay in any case; default false."""
    locked: NotRequired[bool]
    """Whether the first bucket has an object lock, whose retention is copied too; the other one then needs a lock; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: BucketReplicationArgs) -> Iterator[tuple[str, str]]:
    if ("key_arn" in args) != ("copy_key_arn" in args):
        yield (
            "copy_key_arn",
            "objects under a KMS key need a key on both sides: give key_arn and copy_key_arn, or neither",
        )


class BucketReplication(pulumi.ComponentResource):
    """Replication of all objects written from now on, usually within 15 minutes, and the role that carries it out."""

    def __init__(self, name: str, args: BucketReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BucketReplication", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=f"Replication by {name}",
            assume_role_policy=service_trust("s3.amazonaws.com", args["account_id"]),
            tags=args.get("tags"),
            opts=child,
        )
        self.rights = aws.iam.RolePolicy(
            f"{name}-rights", role=self.role.id, policy=document(_statements(args)), opts=child
        )
        self.replication = aws.s3.BucketReplicationConfig(
            f"{name}-rules",
            bucket=args["bucket_name"],
            role=self.role.arn,
            rules=[_rule(args)],
            # Versions of both buckets, and the role's rights, before the rules: S3 looks at them.
            opts=after(self, opts, self.rights),
        )
        self.register_outputs({})


def _rule(args: BucketReplicationArgs) -> aws.s3.BucketReplicationConfigRuleArgs:
    destination = aws.s3.BucketReplicationConfigRuleDestinationArgs(bucket=args["copy_arn"], storage_class="STANDARD")
    encrypted = None
    if "key_arn" in args:
        destination.encryption_configuration = aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
            replica_kms_key_id=args.get("copy_key_arn", "")
        )
        encrypted = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
            sse_kms_encrypted_objects=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
                status="Enabled"
            )
        )
    return aws.s3.BucketReplicationConfigRuleArgs(
        id="everything",
        priority=1,
        status="Enabled",
        filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
        delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
            status="Enabled" if args.get("copy_deletions", False) else "Disabled"
        ),
        source_selection_criteria=encrypted,
        destination=destination,
    )


def _statements(args: BucketReplicationArgs) -> list[Statement]:
    """Return the rights that replication needs (S3 user guide, setting up permissions for live replication, 2026)."""
    objects = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    if args.get("locked", False):
        objects += ["s3:GetObjectRetention", "s3:GetObjectLegalHold"]
    statements = [
        allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], args["bucket_arn"]),
        allow(objects, pulumi.Output.concat(args["bucket_arn"], "/*")),
        allow(
            ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            pulumi.Output.concat(args["copy_arn"], "/*"),
        ),
    ]
    if "key_arn" in args:
        statements += [
            _key_use("kms:Decrypt", args["key_arn"], args["region"]),
            _key_use("kms:Encrypt", args.get("copy_key_arn", ""), args["copy_region"]),
        ]
    return statements


def _key_use(action: str, key_arn: pulumi.Input[str], region: pulumi.Input[str]) -> Statement:
    """Allow the use of a key by S3 of one region alone."""
    return allow(
        [action], key_arn, StringEquals={"kms:ViaService": pulumi.Output.format("s3.{0}.amazonaws.com", region)}
    )
