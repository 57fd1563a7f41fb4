"""Log groups, their policies and filters."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import ROLE, Aws
from aws_cases.service_given import named, policy_for

GROUP = Step(tokens.LOG_GROUP, "group", {"name": "/apim/gateway", "retentionInDays": 30})
KEY = Step(tokens.KEY, "key", {"description": "without a policy for logs"})
STREAM = "arn:aws:kinesis:eu-central-1:111122223333:stream/logs"
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:forward"
ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def key_for_logs(group: str, region: str = "eu-central-1") -> Step:
    """Return a key that Logs of a region may use for log groups of a name."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:111122223333:log-group:{group}"}
        },
    }
    return named(KEY, "key", policy=json.dumps({"Version": "2012-10-17", "Statement": [ROOT, statement]}))


def group(**inputs: Any) -> Step:
    """Return a log group."""
    return Step(tokens.LOG_GROUP, "wrong", {"name": "/apim/gateway", **inputs})


def filtered(name: str = "wrong", **inputs: Any) -> Step:
    """Return a subscription filter of the group."""
    return Step(
        "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        name,
        {"name": name, "logGroup": "${group.name}", "filterPattern": "", "destinationArn": FUNCTION, **inputs},
    )


def policy(name: str = "wrong", document: str = "") -> Step:
    """Return a resource policy of the region."""
    allowed = policy_for("es.amazonaws.com", "logs:PutLogEvents")
    inputs = {"policyName": name, "policyDocument": document or allowed}
    return Step("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", name, inputs)


def measured(**inputs: Any) -> Step:
    """Return a metric filter."""
    transformation = {"name": "Errors", "namespace": "Apim", "value": "1"}
    whole = {
        "name": "wrong",
        "logGroupName": "/apim/gateway",
        "pattern": "ERROR",
        "metricTransformation": transformation,
    }
    return Step("aws:cloudwatch/logMetricFilter:LogMetricFilter", "wrong", {**whole, **inputs})


def _twice(aws: Aws) -> None:
    for _ in range(2):
        aws("logs").create_log_group(logGroupName="/apim/gateway")


def _filter_of_nothing(aws: Aws) -> None:
    aws("logs").put_subscription_filter(
        logGroupName="/apim/gateway", filterName="all", filterPattern="", destinationArn=FUNCTION
    )


def _eleven_policies(aws: Aws) -> None:
    for number in range(11):
        aws("logs").put_resource_policy(
            policyName=f"policy{number}", policyDocument=policy_for("es.amazonaws.com", "logs:PutLogEvents")
        )


def _stream_twice(aws: Aws) -> None:
    aws("logs").create_log_group(logGroupName="/apim/gateway")
    for _ in range(2):
        aws("logs").create_log_stream(logGroupName="/apim/gateway", logStreamName="first")


INVALID = "InvalidParameterException"
CASES = (
    Case(
        "CloudWatch Logs", "retention that is not offered", group(retentionInDays=31), INVALID, path="retentionInDays"
    ),
    Case("CloudWatch Logs", "log group name with a space", group(name="api gateway"), INVALID, path="name"),
    Case(
        "CloudWatch Logs",
        "log group name of 513 characters",
        group(name="g" * 513),
        INVALID,
        path="name",
        moto=lambda aws: aws("logs").create_log_group(logGroupName="g" * 513),
    ),
    Case("CloudWatch Logs", "log group name that is AWS's own", group(name="aws/gateway"), INVALID, path="name"),
    Case("CloudWatch Logs", "unknown class", group(logGroupClass="COLD"), INVALID, path="logGroupClass"),
    Case(
        "CloudWatch Logs",
        "log group that exists",
        group(),
        "ResourceAlreadyExistsException",
        (GROUP,),
        path="name",
        moto=_twice,
    ),
    Case(
        "CloudWatch Logs",
        "key whose policy does not let Logs use it",
        group(kmsKeyId="${key.arn}"),
        "AccessDeniedException",
        (KEY,),
        path="kmsKeyId",
    ),
    Case(
        "CloudWatch Logs",
        "key for the logs of another region",
        group(kmsKeyId="${key.arn}"),
        "AccessDeniedException",
        (key_for_logs("*", "eu-west-1"),),
        path="kmsKeyId",
    ),
    Case(
        "CloudWatch Logs",
        "key for log groups of other names",
        group(kmsKeyId="${key.arn}"),
        "AccessDeniedException",
        (key_for_logs("/aws/eks/*"),),
        path="kmsKeyId",
    ),
    Case(
        "CloudWatch Logs",
        "key that does not exist",
        group(kmsKeyId="arn:aws:kms:eu-central-1:111122223333:key/one"),
        "AccessDeniedException",
        path="kmsKeyId",
    ),
    Case(
        "CloudWatch Logs",
        "key by its id",
        group(kmsKeyId="${key.keyId}"),
        INVALID,
        (key_for_logs("*"),),
        path="kmsKeyId",
    ),
    Case(
        "CloudWatch Logs",
        "deletion of a protected log group",
        GROUP,
        "ValidationException",
        (named(GROUP, "group", deletionProtectionEnabled=True),),
        operation="delete",
    ),
    Case(
        "CloudWatch Logs",
        "resource policy that is no JSON",
        policy(document="{"),
        INVALID,
        path="policyDocument",
    ),
    Case(
        "CloudWatch Logs",
        "resource policy without a principal",
        policy(
            document=json.dumps({"Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]})
        ),
        INVALID,
        path="policyDocument",
    ),
    Case(
        "CloudWatch Logs",
        "eleventh resource policy of the region",
        policy(),
        "LimitExceededException",
        tuple(policy(f"policy{number}") for number in range(10)),
        moto=_eleven_policies,
    ),
    Case(
        "CloudWatch Logs",
        "subscription filter of a log group that does not exist",
        filtered(logGroup="/apim/gateway"),
        "ResourceNotFoundException",
        path="logGroup",
        moto=_filter_of_nothing,
    ),
    Case(
        "CloudWatch Logs",
        "third subscription filter of a log group",
        filtered(),
        "LimitExceededException",
        (GROUP, filtered("first"), filtered("second")),
    ),
    Case(
        "CloudWatch Logs",
        "subscription filter to a bucket",
        filtered(destinationArn="arn:aws:s3:::apim-logs"),
        INVALID,
        (GROUP,),
        path="destinationArn",
    ),
    Case(
        "CloudWatch Logs",
        "subscription filter to another region",
        filtered(destinationArn=FUNCTION.replace("eu-central-1", "eu-west-1")),
        INVALID,
        (GROUP,),
        path="destinationArn",
    ),
    Case(
        "CloudWatch Logs",
        "subscription filter to a stream without a role",
        filtered(destinationArn=STREAM),
        INVALID,
        (GROUP,),
        path="roleArn",
    ),
    Case(
        "CloudWatch Logs",
        "subscription filter to a function with a role",
        filtered(roleArn="${role.arn}"),
        INVALID,
        (GROUP, ROLE),
        path="roleArn",
    ),
    Case(
        "CloudWatch Logs",
        "role that Logs cannot assume",
        filtered(destinationArn=STREAM, roleArn="${role.arn}"),
        INVALID,
        (GROUP, ROLE),
        path="roleArn",
    ),
    Case(
        "CloudWatch Logs",
        "unknown distribution",
        filtered(distribution="ByName"),
        INVALID,
        (GROUP,),
        path="distribution",
    ),
    Case(
        "CloudWatch Logs",
        "metric filter of a log group that does not exist",
        measured(),
        "ResourceNotFoundException",
        path="logGroupName",
    ),
    Case(
        "CloudWatch Logs",
        "metric with dimensions and a default",
        measured(
            metricTransformation={
                "name": "Errors",
                "namespace": "Apim",
                "value": "1",
                "defaultValue": "0",
                "dimensions": {"Api": "$.api"},
            }
        ),
        INVALID,
        (GROUP,),
        path="metricTransformation",
    ),
    Case(
        "CloudWatch Logs",
        "log stream that exists",
        Step("aws:cloudwatch/logStream:LogStream", "wrong", {"name": "first", "logGroupName": "${group.name}"}),
        "ResourceAlreadyExistsException",
        (
            GROUP,
            Step("aws:cloudwatch/logStream:LogStream", "first", {"name": "first", "logGroupName": "${group.name}"}),
        ),
        path="name",
        moto=_stream_twice,
    ),
    Case(
        "CloudWatch Logs",
        "log stream of a log group that does not exist",
        Step("aws:cloudwatch/logStream:LogStream", "wrong", {"name": "first", "logGroupName": "/apim/gateway"}),
        "ResourceNotFoundException",
        path="logGroupName",
        moto=lambda aws: aws("logs").create_log_stream(logGroupName="g", logStreamName="s"),
    ),
)
