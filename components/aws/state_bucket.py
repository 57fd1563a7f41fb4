"""Where Pulumi keeps the state of the platform's stacks: a bucket that forgets nothing by a slip of the hand, and its copy in another region."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.bucket_replication import BucketReplication
from components.aws.iam_policies import Statement, allow, document
from components.aws.storage import PrivateBucket
from components.aws.tags import Tags
from components.common import refuse


class StateBucketArgs(TypedDict):
    """Arguments of `StateBucket`."""

    account_id: pulumi.Input[str]
    """Account of bucket and keys."""
    region: str
    """Region of the bucket: neither one that the platform runs in nor one that it recovers in, so that the state survives both."""
    copy_region: str
    """Region of the copy."""
    lock_days: NotRequired[int]
    """How long no version of a state can be deleted, in days; 0 for no lock, fixed at creation; default 30."""
    version_days: NotRequired[int]
    """How long versions that are no longer current are kept, in days, `lock_days` or more; default 365."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete buckets and keys; default true."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: StateBucketArgs) -> Iterator[tuple[str, str]]:
    if args["region"] == args["copy_region"]:
        yield "copy_region", f"'{args['copy_region']}' is the bucket's own region: name another one"
    locked, kept = args.get("lock_days", 30), args.get("version_days", 365)
    if locked < 0:
        yield "lock_days", "must be 0 or more"
    if kept < max(locked, 1):
        yield "version_days", f"{kept} days: must be {max(locked, 1)} or more"


class StateBucket(pulumi.ComponentResource):
    """A private bucket with versions, an object lock, an encryption key of its own, and a replica of both in another region.

    Pulumi's state is one object for each stack, written anew by every run; the versions are its history. The key, which also encrypts the secrets of
    the stacks, is a multi-region one: what the first region encrypted, the second one can read.
    """

    name: pulumi.Output[str]
    """Name of the bucket."""
    copy_name: pulumi.Output[str]
    """Name of the copy."""
    key_alias: pulumi.Output[str]
    """Alias of the key, the same in both regions."""
    policy_arn: pulumi.Output[str]
    """IAM policy with the least that whoever runs Pulumi needs of bucket and key."""

    def __init__(self, name: str, args: StateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:StateBucket", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection", True) or None)
        self._before_replication: list[pulumi.Resource] = []
        self.key, self.copy_key = self._keys()
        self.bucket = self._bucket("bucket", args["region"], self.key.arn)
        self.copy = self._bucket("copy", args["copy_region"], self.copy_key.arn)
        self.replication = BucketReplication(
            f"{name}-replication",
            {
                "bucket_name": self.bucket.bucket,
                "bucket_arn": self.bucket.arn,
                "region": args["region"],
                "copy_arn": self.copy.arn,
                "copy_region": args["copy_region"],
                "account_id": args["account_id"],
                "key_arn": self.key.arn,
                "copy_key_arn": self.copy_key.arn,
                # A stack that was removed, or a lock that was released, must not be there again after a loss.
                "copy_deletions": True,
                "locked": bool(args.get("lock_days", 30)),
                "tags": args.get("tags") or {},
            },
            pulumi.ResourceOptions(parent=self, depends_on=self._before_replication),
        )
        self.policy = aws.iam.Policy(
            f"{name}-use",
            description=f"Read and write Pulumi's state in {name}",
            policy=document(self._use()),
            tags=args.get("tags"),
            opts=self._child,
        )
        self.name = self.bucket.bucket
        self.copy_name = self.copy.bucket
        self.key_alias = self.alias.name
        self.policy_arn = self.policy.arn
        self.register_outputs(
            {
                "name": self.name,
                "copyName": self.copy_name,
                "keyAlias": self.key_alias,
                "policyArn": self.policy_arn,
            }
        )

    def _keys(self) -> tuple[aws.kms.Key, aws.kms.ReplicaKey]:
        account = pulumi.Output.format("arn:aws:iam::{0}:root", self._args["account_id"])
        policy = document(
            [
                {
                    "Sid": "AccountPolicies",
                    "Effect": "Allow",
                    "Principal": {"AWS": account},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ]
        )
        key = aws.kms.Key(
            f"{self._prefix}-key",
            region=self._args["region"],
            description=f"Pulumi's state in {self._prefix}, and the secrets in it",
            enable_key_rotation=True,
            multi_region=True,
            deletion_window_in_days=30,
            policy=policy,
            tags=self._args.get("tags"),
            opts=self._protected,
        )
        copy = aws.kms.ReplicaKey(
            f"{self._prefix}-copy-key",
            region=self._args["copy_region"],
            primary_key_arn=key.arn,
            description=f"Copy of Pulumi's state in {self._prefix}, and the secrets in it",
            deletion_window_in_days=30,
            policy=policy,
            tags=self._args.get("tags"),
            opts=self._protected,
        )
        alias = f"alias/{self._prefix}"
        self.alias = aws.kms.Alias(
            f"{self._prefix}-alias",
            region=self._args["region"],
            name=alias,
            target_key_id=key.key_id,
            opts=self._child,
        )
        self.copy_alias = aws.kms.Alias(
            f"{self._prefix}-copy-alias",
            region=self._args["copy_region"],
            name=alias,
            target_key_id=copy.key_id,
            opts=self._child,
        )
        return key, copy

    def _bucket(self, part: str, region: str, key_arn: pulumi.Output[str]) -> aws.s3.Bucket:
        name = f"{self._prefix}-{part}"
        locked = self._args.get("lock_days", 30)
        bucket = aws.s3.Bucket(
            name, region=region, object_lock_enabled=locked > 0, tags=self._args.get("tags"), opts=self._protected
        )
        private = PrivateBucket(
            name, bucket, self, region=region, key_arn=key_arn, statements=[_nobody_bypasses(bucket.arn)]
        )
        versioned = pulumi.ResourceOptions(parent=self, depends_on=[private.versioning])
        lifecycle = aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            region=region,
            bucket=bucket.bucket,
            rules=[_history(self._args.get("version_days", 365))],
            opts=versioned,
        )
        self._before_replication += [private.versioning, lifecycle]
        if locked:
            retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode="GOVERNANCE", days=locked)
            lock = aws.s3.BucketObjectLockConfiguration(
                f"{name}-lock",
                region=region,
                bucket=bucket.bucket,
                rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
                opts=versioned,
            )
            self._before_replication.append(lock)
        return bucket

    def _use(self) -> list[Statement]:
        """Return the rights of whoever runs Pulumi, in either region."""
        buckets = [self.bucket.arn, self.copy.arn]
        return [
            allow(["s3:ListBucket", "s3:GetBucketLocation"], buckets),
            allow(
                ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                [pulumi.Output.concat(arn, "/*") for arn in buckets],
            ),
            allow(
                ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
                [self.key.arn, self.copy_key.arn],
            ),
        ]


def _history(version_days: int) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    """Return the rule that forgets old versions, uploads that nobody finished, and markers of what is gone."""
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="history",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=version_days
        ),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=7
        ),
    )


def _nobody_bypasses(bucket_arn: pulumi.Output[str]) -> Statement:
    """Deny to get around the lock: whoever wants to must change this policy first, and that is seen."""
    return {
        "Sid": "NobodyBypassesTheLock",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:BypassGovernanceRetention",
        "Resource": pulumi.Output.concat(bucket_arn, "/*"),
    }
