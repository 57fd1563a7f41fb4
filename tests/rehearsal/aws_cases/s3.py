"""Buckets and their settings."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import Aws
from aws_cases.service_given import named

BUCKET = Step(tokens.BUCKET, "bucket", {"bucket": "apim-logs"})
TARGET = Step(tokens.BUCKET, "target", {"bucket": "apim-access-logs"})
ABROAD = Step(tokens.BUCKET, "abroad", {"bucket": "apim-abroad", "region": "eu-west-1"})
TOPIC = Step(tokens.TOPIC, "topic", {"name": "uploads"})
QUEUE = Step(tokens.QUEUE, "queue", {"name": "uploads"})
REPLICATOR = "arn:aws:iam::111122223333:role/replicator"


def setting(name: str, **inputs: Any) -> Step:
    """Return a setting of the bucket."""
    return Step(f"aws:s3/{name[0].lower()}{name[1:]}:{name}", "wrong", {"bucket": "${bucket.bucket}", **inputs})


def versions(of: Step, status: str = "Enabled") -> Step:
    """Return the versioning of a bucket."""
    configuration = {"status": status}
    name = f"versions_of_{of.name}"
    return named(
        setting("BucketVersioning"), name, bucket=f"${{{of.name}.bucket}}", versioningConfiguration=configuration
    )


VERSIONS = versions(BUCKET)


def statement(**elements: Any) -> dict[str, Any]:
    """Return a statement that lets the account read the bucket's objects."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::apim-logs/*",
        **elements,
    }


def policy(**elements: Any) -> str:
    """Return a bucket policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement(**elements)]})


def lifecycle(**rule: Any) -> Step:
    """Return a lifecycle of one rule."""
    return setting(
        "BucketLifecycleConfiguration", rules=[{"id": "forget", "status": "Enabled", "filter": {"prefix": ""}, **rule}]
    )


def encryption(**default: Any) -> Step:
    """Return an encryption of one rule."""
    rule = {"applyServerSideEncryptionByDefault": default}
    return setting("BucketServerSideEncryptionConfiguration", rules=[rule])


def replication(**rule: Any) -> Step:
    """Return a replication of one rule."""
    whole = {"id": "all", "status": "Enabled", "destination": {"bucket": "${target.arn}"}, **rule}
    return setting("BucketReplicationConfig", role=REPLICATOR, rules=[whole])


def _bucket(aws: Aws, name: str = "apim-logs", region: str = "eu-central-1") -> Any:
    client = aws("s3")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return client


def _again(aws: Aws) -> None:
    _bucket(aws)
    _bucket(aws)


def _lifecycle(**rule: Any) -> Any:
    whole = {"ID": "forget", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}
    return lambda aws: _bucket(aws).put_bucket_lifecycle_configuration(
        Bucket="apim-logs", LifecycleConfiguration={"Rules": [whole]}
    )


def _missing(call: str, **arguments: Any) -> Any:
    return lambda aws: getattr(aws("s3"), call)(Bucket="apim-logs", **arguments)


def _replication(aws: Aws) -> None:
    rule = {
        "Status": "Enabled",
        "Destination": {"Bucket": "arn:aws:s3:::apim-access-logs"},
        "Priority": 1,
        "Filter": {"Prefix": ""},
    }
    client = _bucket(aws)
    _bucket(aws, "apim-access-logs")
    client.put_bucket_replication(Bucket="apim-logs", ReplicationConfiguration={"Role": REPLICATOR, "Rules": [rule]})


def _full(aws: Aws) -> None:
    client = _bucket(aws)
    client.put_object(Bucket="apim-logs", Key="first", Body=b"line")
    client.delete_bucket(Bucket="apim-logs")


def _log_to(bucket: str) -> Any:
    target = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "s3/"}}
    return lambda aws: _bucket(aws).put_bucket_logging(Bucket="apim-logs", BucketLoggingStatus=target)


def _notification(aws: Aws) -> None:
    queue = {"QueueArn": "arn:aws:sqs:eu-central-1:111122223333:uploads", "Events": ["s3:ObjectMade:*"]}
    _bucket(aws).put_bucket_notification_configuration(
        Bucket="apim-logs", NotificationConfiguration={"QueueConfigurations": [queue]}
    )


def _cors(aws: Aws) -> None:
    rule = {"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}
    _bucket(aws).put_bucket_cors(Bucket="apim-logs", CORSConfiguration={"CORSRules": [rule]})


def bucket(name: str, **inputs: Any) -> Step:
    """Return a bucket of a name."""
    return Step(tokens.BUCKET, "wrong", {"bucket": name, **inputs})


def event(kind: str = "s3:ObjectCreated:*", to: str = "${topic.arn}") -> dict[str, Any]:
    """Return the notification of a topic."""
    return {"topicArn": to, "events": [kind]}


OPEN_TOPIC = named(
    TOPIC,
    "topic",
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": "*",
                }
            ],
        }
    ),
)

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
        moto=_missing("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
    ),
    Case(
        "S3",
        "public access block of a bucket that does not exist",
        setting("BucketPublicAccessBlock", bucket="apim-logs", blockPublicAcls=True),
        "NoSuchBucket",
        path="bucket",
        moto=_missing("put_public_access_block", PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
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

POLICIES = (
    Case(
        "S3",
        "policy that is no JSON",
        setting("BucketPolicy", policy="{"),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "policy without a principal",
        setting(
            "BucketPolicy",
            policy=json.dumps({"Statement": [{k: v for k, v in statement().items() if k != "Principal"}]}),
        ),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "policy for another bucket",
        setting("BucketPolicy", policy=policy(Resource="arn:aws:s3:::apim-access-logs/*")),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "policy with an action of another service",
        setting("BucketPolicy", policy=policy(Action="ec2:DescribeInstances")),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "action on objects for the bucket itself",
        setting("BucketPolicy", policy=policy(Resource="arn:aws:s3:::apim-logs")),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "policy for a role that does not exist",
        setting("BucketPolicy", policy=policy(Principal={"AWS": "arn:aws:iam::111122223333:role/nobody"})),
        "MalformedPolicy",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "public policy under the block of public access",
        setting("BucketPolicy", policy=policy(Principal="*")),
        "AccessDenied",
        (BUCKET, named(setting("BucketPublicAccessBlock", blockPublicPolicy=True), "block")),
        path="policy",
    ),
    Case(
        "S3",
        "public policy of a new bucket, which blocks public access by default",
        setting("BucketPolicy", policy=policy(Principal={"AWS": "*"})),
        "AccessDenied",
        (BUCKET,),
        path="policy",
    ),
    Case(
        "S3",
        "policy open to a wide range of addresses",
        setting("BucketPolicy", policy=policy(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})),
        "AccessDenied",
        (BUCKET,),
        path="policy",
    ),
)

LIFECYCLES = (
    Case("S3", "lifecycle rule without an action", lifecycle(), "InvalidRequest", (BUCKET,), path="rules[0]"),
    Case(
        "S3",
        "two lifecycle rules of one id",
        setting(
            "BucketLifecycleConfiguration",
            rules=[
                {"id": "forget", "status": "Enabled", "filter": {"prefix": prefix}, "expiration": {"days": 30}}
                for prefix in ("alb/", "nlb/")
            ],
        ),
        "InvalidArgument",
        (BUCKET,),
        path="rules",
    ),
    Case(
        "S3",
        "unknown status of a lifecycle rule",
        lifecycle(status="Active", expiration={"days": 30}),
        "MalformedXML",
        (BUCKET,),
        path="rules[0].status",
    ),
    Case(
        "S3",
        "expiration after no days",
        lifecycle(expiration={"days": 0}),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].expiration.days",
    ),
    Case(
        "S3",
        "expiration by days and by date",
        lifecycle(expiration={"days": 30, "date": "2030-01-01T00:00:00Z"}),
        "MalformedXML",
        (BUCKET,),
        path="rules[0].expiration",
    ),
    Case(
        "S3",
        "expiration at noon",
        lifecycle(expiration={"date": "2030-01-01T12:00:00Z"}),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].expiration.date",
    ),
    Case(
        "S3",
        "move to infrequent access before 30 days",
        lifecycle(transitions=[{"days": 7, "storageClass": "STANDARD_IA"}]),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].transitions[0].days",
    ),
    Case(
        "S3",
        "expiration before the move to cheaper storage",
        lifecycle(transitions=[{"days": 90, "storageClass": "GLACIER"}], expiration={"days": 30}),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].expiration.days",
    ),
    Case(
        "S3",
        "moves against the order of the storage classes",
        lifecycle(transitions=[{"days": 60, "storageClass": "DEEP_ARCHIVE"}, {"days": 90, "storageClass": "GLACIER"}]),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].transitions",
    ),
    Case(
        "S3",
        "unknown storage class of a lifecycle rule",
        lifecycle(transitions=[{"days": 90, "storageClass": "COLD"}]),
        "MalformedXML",
        (BUCKET,),
        path="rules[0].transitions[0].storageClass",
    ),
    Case(
        "S3",
        "days and dates mixed in a lifecycle rule",
        lifecycle(transitions=[{"days": 90, "storageClass": "GLACIER"}], expiration={"date": "2030-01-01T00:00:00Z"}),
        "InvalidRequest",
        (BUCKET,),
        path="rules[0]",
    ),
    Case(
        "S3",
        "lifecycle filter by prefix and by tag",
        lifecycle(filter={"prefix": "alb/", "tag": {"key": "kept", "value": "no"}}, expiration={"days": 30}),
        "MalformedXML",
        (BUCKET,),
        path="rules[0].filter",
        moto=_lifecycle(Filter={"Prefix": "alb/", "Tag": {"Key": "kept", "Value": "no"}}, Expiration={"Days": 30}),
    ),
    Case(
        "S3",
        "aborted uploads chosen by tag",
        lifecycle(
            filter={"tag": {"key": "kept", "value": "no"}}, abortIncompleteMultipartUpload={"daysAfterInitiation": 7}
        ),
        "InvalidRequest",
        (BUCKET,),
        path="rules[0].abortIncompleteMultipartUpload",
    ),
    Case(
        "S3",
        "more than 100 older versions kept",
        lifecycle(noncurrentVersionExpiration={"noncurrentDays": 30, "newerNoncurrentVersions": 101}),
        "InvalidArgument",
        (BUCKET,),
        path="rules[0].noncurrentVersionExpiration.newerNoncurrentVersions",
    ),
)

COPIES_AND_EVENTS = (
    Case(
        "S3",
        "replication without versions",
        replication(),
        "InvalidRequest",
        (BUCKET, TARGET),
        path="bucket",
        moto=_replication,
    ),
    Case(
        "S3",
        "replication to a bucket without versions",
        replication(),
        "InvalidRequest",
        (BUCKET, TARGET, VERSIONS),
        path="rules[0].destination.bucket",
    ),
    Case(
        "S3",
        "replication to a bucket that does not exist",
        replication(destination={"bucket": "arn:aws:s3:::apim-nowhere"}),
        "InvalidRequest",
        (BUCKET, TARGET, VERSIONS),
        path="rules[0].destination.bucket",
    ),
    Case(
        "S3",
        "replication rule with a filter that says nothing of delete markers",
        replication(filter={"prefix": "alb/"}),
        "InvalidRequest",
        (BUCKET, TARGET, VERSIONS, versions(TARGET)),
        path="rules[0].deleteMarkerReplication",
    ),
    Case(
        "S3",
        "replication of encrypted objects without a key",
        replication(sourceSelectionCriteria={"sseKmsEncryptedObjects": {"status": "Enabled"}}),
        "InvalidRequest",
        (BUCKET, TARGET, VERSIONS, versions(TARGET)),
        path="rules[0].destination",
    ),
    Case(
        "S3",
        "events to a topic that does not exist",
        setting("BucketNotification", topics=[event(to="arn:aws:sns:eu-central-1:111122223333:nowhere")]),
        "InvalidArgument",
        (BUCKET,),
        path="topics[0].topicArn",
    ),
    Case(
        "S3",
        "events to a topic whose policy does not let S3 publish",
        setting("BucketNotification", topics=[event()]),
        "InvalidArgument",
        (BUCKET, TOPIC),
        path="topics[0].topicArn",
    ),
    Case(
        "S3",
        "events to a queue whose policy does not let S3 send",
        setting("BucketNotification", queues=[{"queueArn": "${queue.arn}", "events": ["s3:ObjectCreated:*"]}]),
        "InvalidArgument",
        (BUCKET, QUEUE),
        path="queues[0].queueArn",
    ),
    Case(
        "S3",
        "unknown event",
        setting("BucketNotification", topics=[event("s3:ObjectMade:*")]),
        "InvalidArgument",
        (BUCKET, OPEN_TOPIC),
        path="topics[0].events[0]",
        moto=_notification,
    ),
    Case(
        "S3",
        "one event to two topics",
        setting("BucketNotification", topics=[event(), event("s3:ObjectCreated:Put")]),
        "InvalidArgument",
        (BUCKET, OPEN_TOPIC),
        path="topics[1].events",
    ),
    Case(
        "S3",
        "object in a bucket that does not exist",
        setting("BucketObjectv2", bucket="apim-logs", key="first", content="line"),
        "NoSuchBucket",
        path="bucket",
        moto=_missing("put_object", Key="first", Body=b"line"),
    ),
    Case(
        "S3",
        "object key of more than 1024 bytes",
        setting("BucketObjectv2", key="k" * 1025, content="line"),
        "KeyTooLongError",
        (BUCKET,),
        path="key",
    ),
    Case(
        "S3",
        "object encrypted with a key that does not exist",
        setting(
            "BucketObjectv2", key="first", content="line", kmsKeyId="arn:aws:kms:eu-central-1:111122223333:key/one"
        ),
        "KMS.NotFoundException",
        (BUCKET,),
        path="kmsKeyId",
    ),
    Case(
        "S3",
        "retention of an object in a bucket without object lock",
        setting("BucketObjectv2", key="first", content="line", objectLockMode="GOVERNANCE"),
        "InvalidRequest",
        (BUCKET,),
        path="objectLockMode",
        moto=lambda aws: _bucket(aws).put_object(
            Bucket="apim-logs",
            Key="first",
            Body=b"line",
            ObjectLockMode="GOVERNANCE",
            ObjectLockRetainUntilDate="2030-01-01T00:00:00Z",
        ),
    ),
)

CASES = (*NAMES, *SETTINGS, *POLICIES, *LIFECYCLES, *COPIES_AND_EVENTS)
