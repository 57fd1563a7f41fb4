"""Replication, notifications and objects of buckets."""

from aws_cases.case import Case
from aws_cases.given import Aws
from aws_cases.s3_given import (
    BUCKET,
    OPEN_TOPIC,
    QUEUE,
    REPLICATOR,
    TARGET,
    TOPIC,
    VERSIONS,
    event,
    make_bucket,
    on_nothing,
    replication,
    setting,
    versions,
)


def _replication(aws: Aws) -> None:
    rule = {
        "Status": "Enabled",
        "Destination": {"Bucket": "arn:aws:s3:::apim-access-logs"},
        "Priority": 1,
        "Filter": {"Prefix": ""},
    }
    client = make_bucket(aws)
    make_bucket(aws, "apim-access-logs")
    client.put_bucket_replication(Bucket="apim-logs", ReplicationConfiguration={"Role": REPLICATOR, "Rules": [rule]})


def _notification(aws: Aws) -> None:
    queue = {"QueueArn": "arn:aws:sqs:eu-central-1:111122223333:uploads", "Events": ["s3:ObjectMade:*"]}
    make_bucket(aws).put_bucket_notification_configuration(
        Bucket="apim-logs", NotificationConfiguration={"QueueConfigurations": [queue]}
    )


CASES = (
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
        moto=on_nothing("put_object", Key="first", Body=b"line"),
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
        moto=lambda aws: make_bucket(aws).put_object(
            Bucket="apim-logs",
            Key="first",
            Body=b"line",
            ObjectLockMode="GOVERNANCE",
            ObjectLockRetainUntilDate="2030-01-01T00:00:00Z",
        ),
    ),
)
