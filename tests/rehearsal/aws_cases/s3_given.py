"""What cases of S3 start from."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step
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


def make_bucket(aws: Aws, name: str = "apim-logs") -> Any:
    """Make a bucket in moto and return the client."""
    client = aws("s3")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return client


def on_nothing(call: str, **arguments: Any) -> Any:
    """Return a call in moto on a bucket that does not exist."""
    return lambda aws: getattr(aws("s3"), call)(Bucket="apim-logs", **arguments)


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
