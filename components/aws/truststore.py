"""The certificate authorities whose clients a front end admits: one file in a bucket of its own."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.storage import PrivateBucket
from components.aws.tags import Tags
from components.common import refuse

KEY = "truststore.pem"
"""Name of the file in the bucket."""


class TruststoreArgs(TypedDict):
    """Arguments of `Truststore`."""

    certificates: str
    """Certificates of the authorities, in PEM, one after the other; never a private key."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting the bucket deletes earlier versions of the file first; otherwise a bucket with versions refuses to go; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: TruststoreArgs) -> Iterator[tuple[str, str]]:
    if "-----BEGIN CERTIFICATE-----" not in args["certificates"]:
        yield "certificates", "there is no certificate in it: give one or more in PEM"
    if "PRIVATE KEY-----" in args["certificates"]:
        yield "certificates", "there is a private key in it: give certificates alone"


class Truststore(pulumi.ComponentResource):
    """A private, versioned bucket with one file of certificates, as API Gateway reads it for mutual TLS.

    A domain name takes one version of the file: other certificates are a new version, and the domain name is updated to it in place.
    """

    uri: pulumi.Output[str]
    """Address of the file, `s3://bucket/key`."""
    version: pulumi.Output[str]
    """Version of the file."""

    def __init__(self, name: str, args: TruststoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Truststore", name, {**args}, opts)
        refuse(name, _problems(args))
        self.bucket = aws.s3.Bucket(
            f"{name}-bucket",
            force_destroy=args.get("empty_on_delete", False),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.private = PrivateBucket(name, self.bucket, self)
        self.file = aws.s3.BucketObjectv2(
            f"{name}-file",
            bucket=self.bucket.bucket,
            key=KEY,
            content=args["certificates"],
            content_type="application/x-pem-file",
            tags=args.get("tags"),
            # Only a file that is put into a versioned bucket has a version.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.private.versioning, self.private.encryption]),
        )
        # By the file's own outputs, so that what names the address finds the file there.
        self.uri = pulumi.Output.concat("s3://", self.file.bucket, "/", self.file.key)
        self.version = self.file.version_id
        self.register_outputs({"uri": self.uri, "version": self.version})
