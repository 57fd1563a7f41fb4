"""Bucket policies and lifecycles."""

import json
from typing import Any

from aws_cases.case import Case
from aws_cases.s3_given import BUCKET, lifecycle, make_bucket, policy, setting, statement
from aws_cases.service_given import named


def _lifecycle(**rule: Any) -> Any:
    whole = {"ID": "forget", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}
    return lambda aws: make_bucket(aws).put_bucket_lifecycle_configuration(
        Bucket="apim-logs", LifecycleConfiguration={"Rules": [whole]}
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

CASES = (*POLICIES, *LIFECYCLES)
