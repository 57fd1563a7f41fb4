"""Object storage for logs."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import document
from components.aws.tags import Tags


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
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket; default false."""
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
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            force_destroy=args.get("empty_on_delete", False),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
        )
        self.public_access_block = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=self.bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        self.ownership = aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=self.bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        self.versioning = aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=self.bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        self.encryption = self._encryption(name, args.get("key_arn"))
        self.lifecycle = self._lifecycle(name, args)
        self.policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=self.bucket.bucket,
            policy=document([_tls_only(self.bucket.arn)]),
            # S3 refuses two settings of one bucket's access at the same time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.public_access_block]),
        )
        self.name = self.bucket.bucket
        self.arn = self.bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _encryption(self, name: str, key: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfiguration:
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
        )
        rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default, bucket_key_enabled=key is not None
        )
        return aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=self.bucket.bucket,
            rules=[rule],
            opts=pulumi.ResourceOptions(parent=self),
        )

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
            bucket=self.bucket.bucket,
            rules=[rule],
            # Rules for old versions need versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning]),
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
