"""Object storage: private buckets, and the one for logs."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, document
from components.aws.tags import Tags


class PrivateBucket:
    """What makes a bucket private, versioned and encrypted, and reached over TLS only: children of the component that makes the bucket."""

    def __init__(
        self,
        name: str,
        bucket: aws.s3.Bucket,
        parent: pulumi.ComponentResource,
        *,
        region: str | None = None,
        key_arn: pulumi.Input[str] | None = None,
        statements: Sequence[Statement] = (),
        keep: bool = False,
    ) -> None:
        child = pulumi.ResourceOptions(parent=parent, retain_on_delete=keep or None)
        self.public_access_block = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            region=region,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        self.ownership = aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            region=region,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        self.versioning = aws.s3.BucketVersioning(
            f"{name}-versions",
            region=region,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key_arn is None else "aws:kms", kms_master_key_id=key_arn
        )
        self.encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            region=region,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=key_arn is not None
                )
            ],
            opts=child,
        )
        self.policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            region=region,
            bucket=bucket.bucket,
            policy=document([_tls_only(bucket.arn), *statements]),
            # S3 refuses two settings of one bucket's access at the same time.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[self.public_access_block])),
        )


class LogBucketArgs(TypedDict):
    """Arguments of `LogBucket`."""

    retention_days: NotRequired[pulumi.Input[int]]
    """How long logs are kept, in days; default 365."""
    infrequent_access_days: NotRequired[int]
    """When logs move to cheaper storage, in days, 30 or more; 0 for never; default 30."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key; S3's own encryption (AES-256) by default."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting the bucket deletes its logs first; otherwise a bucket with logs refuses to go; default false."""
    region: NotRequired[str]
    """Region of the bucket; the provider's own by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket; default false."""
    keep: NotRequired[bool]
    """Whether the bucket outlives the stack; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class LogBucket(pulumi.ComponentResource):
    """A private, versioned and encrypted bucket that is reached over TLS only and forgets old logs."""

    name: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: LogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:LogBucket", name, {**args}, opts)
        keep = args.get("keep", False)
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            region=args.get("region"),
            force_destroy=args.get("empty_on_delete", False),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.get("deletion_protection") or None, retain_on_delete=keep or None
            ),
        )
        self.private = PrivateBucket(
            name, self.bucket, self, region=args.get("region"), key_arn=args.get("key_arn"), keep=keep
        )
        self.lifecycle = self._lifecycle(name, args)
        self.name = self.bucket.bucket
        self.arn = self.bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _lifecycle(self, name: str, args: LogBucketArgs) -> aws.s3.BucketLifecycleConfiguration:
        cheaper = args.get("infrequent_access_days", 30)
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="forget",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.get("retention_days", 365)),
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=30
            ),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
            transitions=[
                aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=cheaper, storage_class="STANDARD_IA")
            ]
            if cheaper
            else None,
        )
        return aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            region=args.get("region"),
            bucket=self.bucket.bucket,
            rules=[rule],
            # Rules for old versions need versions.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[self.private.versioning], retain_on_delete=args.get("keep") or None
            ),
        )


def _tls_only(bucket_arn: pulumi.Output[str]) -> dict[str, object]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
