"""Names of buckets and their settings."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import Aws
from aws_cases.s3_given import (
    ABROAD,
    BUCKET,
    TARGET,
    VERSIONS,
    encryption,
    lifecycle,
    make_bucket,
    on_nothing,
    replication,
    setting,
    versions,
)
from aws_cases.service_given import named


def bucket(name: str, **inputs: Any) -> Step:
    """Return a bucket of a name."""
    return Step(tokens.BUCKET, "wrong", {"bucket": name, **inputs})


def _again(aws: Aws) -> None:
    make_bucket(aws)
    make_bucket(aws)


def _full(aws: Aws) -> None:
    client = make_bucket(aws)
    client.put_object(Bucket="apim-logs", Key="first", Body=b"line")
    client.delete_bucket(Bucket="apim-logs")


def _log_to(bucket: str) -> Any:
    target = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "s3/"}}
    return lambda aws: make_bucket(aws).put_bucket_logging(Bucket="apim-logs", BucketLoggingStatus=target)


def _cors(aws: Aws) -> None:
    rule = {"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}
    make_bucket(aws).put_bucket_cors(Bucket="apim-logs", CORSConfiguration={"CORSRules": [rule]})


NAMES = (
    Case("S3", "bucket name of two characters", bucket("ab"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name in upper case", bucket("Apim-Logs"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name with an underscore", bucket("apim_logs"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name of 64 characters", bucket("a" * 64), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name that ends in a hyphen", bucket("apim-logs-"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name with two dots in a row", bucket("apim..logs"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name like an IP address", bucket("10.0.0.20"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name with a reserved beginning", bucket("xn--apim-logs"), "InvalidBucketName", path="bucket"),
    Case("S3", "bucket name with a reserved end", bucket("apim-logs-s3alias"), "InvalidBucketName", path="bucket"),
    Case(
        "S3",
        "prefix in upper case",
        Step(tokens.BUCKET, "wrong", {"bucketPrefix": "Apim-"}),
        "InvalidBucketName",
        path="bucket",
    ),
    Case(
        "S3",
        "bucket that the account has",
        bucket("apim-logs"),
        "BucketAlreadyOwnedByYou",
        (BUCKET,),
        path="bucket",
        moto=_again,
    ),
    Case(
        "S3",
        "bucket that the account has in another region",
        bucket("apim-logs", region="eu-west-1"),
        "BucketAlreadyOwnedByYou",
        (BUCKET,),
        path="bucket",
    ),
    Case(
        "S3",
        "bucket of the account's own namespace without its end",
        bucket("apim-logs", bucketNamespace="account-regional"),
        "InvalidNamespaceHeader",
        path="bucket",
    ),
    Case(
        "S3",
        "public ACL of a new bucket",
        bucket("apim-logs", acl="public-read"),
        "InvalidBucketAclWithObjectOwnership",
        path="acl",
    ),
    Case("S3", "unknown canned ACL", bucket("apim-logs", acl="public"), "InvalidArgument", path="acl"),
    Case(
        "S3",
        "deletion of a bucket with objects",
        BUCKET,
        "BucketNotEmpty",
        (BUCKET, named(setting("BucketObjectv2", key="first", content="line"), "object")),
        operation="delete",
        moto=_full,
    ),
)

SETTINGS = (
    Case(
        "S3",
        "versioning of a bucket that does not exist",
        setting("BucketVersioning", bucket="apim-logs", versioningConfiguration={"status": "Enabled"}),
        "NoSuchBucket",
        path="bucket",
        moto=on_nothing("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
    ),
    Case(
        "S3",
        "public access block of a bucket that does not exist",
        setting("BucketPublicAccessBlock", bucket="apim-logs", blockPublicAcls=True),
        "NoSuchBucket",
        path="bucket",
        moto=on_nothing("put_public_access_block", PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
    ),
    Case(
        "S3",
        "lifecycle of a bucket of another region",
        named(lifecycle(expiration={"days": 30}), "wrong", bucket="${abroad.bucket}"),
        "PermanentRedirect",
        (ABROAD,),
        path="bucket",
    ),
    Case(
        "S3",
        "unknown status of versioning",
        setting("BucketVersioning", versioningConfiguration={"status": "On"}),
        "MalformedXML",
        (BUCKET,),
        path="versioningConfiguration.status",
    ),
    Case(
        "S3",
        "versioning suspended under object lock",
        setting("BucketVersioning", versioningConfiguration={"status": "Suspended"}),
        "InvalidBucketState",
        (named(BUCKET, "bucket", objectLockEnabled=True),),
        path="versioningConfiguration.status",
    ),
    Case(
        "S3",
        "versioning suspended under replication",
        versions(BUCKET, "Suspended"),
        "InvalidBucketState",
        (BUCKET, TARGET, VERSIONS, versions(TARGET), named(replication(), "copies")),
        operation="update",
        path="versioningConfiguration.status",
    ),
    Case(
        "S3",
        "unknown encryption algorithm",
        encryption(sseAlgorithm="AES128"),
        "MalformedXML",
        (BUCKET,),
        path="rules[0].applyServerSideEncryptionByDefault.sseAlgorithm",
    ),
    Case(
        "S3",
        "KMS key with the algorithm AES256",
        encryption(sseAlgorithm="AES256", kmsMasterKeyId="arn:aws:kms:eu-central-1:111122223333:key/one"),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
    ),
    Case(
        "S3",
        "unknown ownership of objects",
        setting("BucketOwnershipControls", rule={"objectOwnership": "BucketOwner"}),
        "MalformedXML",
        (BUCKET,),
        path="rule.objectOwnership",
    ),
    Case(
        "S3",
        "ACL of a bucket without ACLs",
        setting("BucketAcl", acl="private"),
        "AccessControlListNotSupported",
        (BUCKET,),
        path="acl",
    ),
    Case(
        "S3",
        "public ACL under the block of public access",
        setting("BucketAcl", acl="public-read"),
        "AccessDenied",
        (BUCKET, named(setting("BucketOwnershipControls", rule={"objectOwnership": "ObjectWriter"}), "ownership")),
        path="acl",
    ),
    Case(
        "S3",
        "access logs to a bucket that does not exist",
        setting("BucketLogging", targetBucket="apim-access-logs", targetPrefix="s3/"),
        "InvalidTargetBucketForLogging",
        (BUCKET,),
        path="targetBucket",
        moto=_log_to("apim-access-logs"),
    ),
    Case(
        "S3",
        "access logs to a bucket of another region",
        setting("BucketLogging", targetBucket="${abroad.bucket}", targetPrefix="s3/"),
        "CrossLocationLoggingProhibited",
        (BUCKET, ABROAD),
        path="targetBucket",
    ),
    Case(
        "S3",
        "object lock without versions",
        setting("BucketObjectLockConfiguration", rule={"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}),
        "InvalidBucketState",
        (BUCKET,),
        path="bucket",
    ),
    Case(
        "S3",
        "retention in days and years",
        setting(
            "BucketObjectLockConfiguration", rule={"defaultRetention": {"mode": "GOVERNANCE", "days": 30, "years": 1}}
        ),
        "MalformedXML",
        (BUCKET, VERSIONS),
        path="rule.defaultRetention",
    ),
    Case(
        "S3",
        "unknown method of cross-origin requests",
        setting("BucketCorsConfiguration", corsRules=[{"allowedMethods": ["PATCH"], "allowedOrigins": ["*"]}]),
        "InvalidRequest",
        (BUCKET,),
        path="corsRules[0].allowedMethods",
        moto=_cors,
    ),
    Case(
        "S3",
        "transfer acceleration of a bucket with dots",
        setting("BucketAccelerateConfiguration", status="Enabled"),
        "InvalidRequest",
        (named(BUCKET, "bucket", bucket="logs.example.com"),),
        path="bucket",
    ),
    Case(
        "S3",
        "unknown payer",
        setting("BucketRequestPaymentConfiguration", payer="Reader"),
        "MalformedXML",
        (BUCKET,),
        path="payer",
    ),
)

CASES = (*NAMES, *SETTINGS)
