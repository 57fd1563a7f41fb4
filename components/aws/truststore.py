"""Certificate authorities whose clients a front end admits."""

import hashlib
from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import document
from components.aws.tags import Tags
from components.common import refuse

BEGINNING = "-----BEGIN CERTIFICATE-----"


class TruststoreArgs(TypedDict):
    """Arguments of `Truststore`."""

    certificates: str
    """The authorities' certificates (PEM), one after the other; none of them is secret."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting the bucket deletes earlier versions first; otherwise a bucket with versions refuses to go; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: TruststoreArgs) -> Iterator[tuple[str, str]]:
    if BEGINNING not in args["certificates"]:
        yield "certificates", f"there is no certificate in it: write PEM, which begins with {BEGINNING}"
    if "PRIVATE KEY-----" in args["certificates"]:
        yield "certificates", "a private key does not belong there: remove it"


class Truststore(pulumi.ComponentResource):
    """A file of certificates in a private, versioned bucket, from which API Gateway reads it.

    Every content has a version of its own, which domain names name: so they follow a change.
    """

    uri: pulumi.Output[str]
    """Address of the file, `s3://bucket/key`."""
    version: pulumi.Output[str]
    """Version of the file."""

    def __init__(self, name: str, args: TruststoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Truststore", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            force_destroy=args.get("empty_on_delete", False),
            tags=args.get("tags"),
            opts=child,
        )
        bucket = self.bucket.bucket
        self.public_access_block = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        self.ownership = aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        self.encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=child,
        )
        self.versioning = aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        self.policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket,
            policy=document(
                [
                    {
                        "Sid": "TlsOnly",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [self.bucket.arn, pulumi.Output.concat(self.bucket.arn, "/*")],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.public_access_block]),
        )
        self.certificates = aws.s3.BucketObjectv2(
            f"{name}-certificates",
            bucket=bucket,
            key="truststore.pem",
            content=args["certificates"],
            content_type="application/x-pem-file",
            # Its change is a new version, which the domain name must follow.
            source_hash=hashlib.sha256(args["certificates"].encode()).hexdigest(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning, self.policy]),
        )
        self.uri = pulumi.Output.concat("s3://", bucket, "/", self.certificates.key)
        self.version = self.certificates.version_id
        self.register_outputs({"uri": self.uri, "version": self.version})
