"""Wrong requests to CloudWatch Logs, CloudWatch, EventBridge, SNS and SQS."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws
from aws_cases.service_given import changed, named, policy_for, without

LOGS = "InvalidParameterException"
ALARM = "ValidationError"
EVENTS = "ValidationException"
SNS = "InvalidParameter"
SQS = "InvalidAttributeValue"
VALUE = "InvalidParameterValue"
PROVIDER = "CheckFailure"
ELSEWHERE = "arn:aws:sns:eu-west-1:111122223333:topic"

GROUP = Step(tokens.LOG_GROUP, "group", {"name": "/apim/gateway", "retentionInDays": 30})
FILTER = Step(
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    "filter",
    {
        "logGroup": "${group.name}",
        "filterPattern": "",
        "destinationArn": "arn:aws:logs:eu-central-1:111122223333:destination:all",
    },
)
RESOURCE_POLICY = Step(
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "resource_policy",
    {"policyName": "route53", "policyDocument": policy_for("route53.amazonaws.com", "logs:PutLogEvents")},
)
STREAM = Step("aws:cloudwatch/logStream:LogStream", "stream", {"name": "stream", "logGroupName": "${group.name}"})
TOPIC = Step(tokens.TOPIC, "topic", {"name": "alarms"})
CPU = Step(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "cpu",
    {
        "name": "cpu",
        "namespace": "AWS/RDS",
        "metricName": "CPUUtilization",
        "statistic": "Average",
        "period": 300,
        "evaluationPeriods": 3,
        "threshold": 80,
        "comparisonOperator": "GreaterThanThreshold",
        "alarmActions": ["${topic.arn}"],
    },
)
RULE = Step(tokens.EVENT_RULE, "rule", {"name": "nightly", "scheduleExpression": "rate(1 day)"})
TARGET = Step(
    "aws:cloudwatch/eventTarget:EventTarget",
    "target",
    {"rule": "${rule.name}", "arn": "${topic.arn}", "targetId": "topic"},
)
SUBSCRIPTION = Step(
    "aws:sns/topicSubscription:TopicSubscription",
    "subscription",
    {"topic": "${topic.arn}", "protocol": "email", "endpoint": "operations@example.com"},
)
QUEUE = Step(tokens.QUEUE, "queue", {"name": "queue"})


def alarm(wrong: str, code: str = ALARM, **inputs: Any) -> Case:
    """Make a case of a wrong alarm."""
    return Case("CloudWatch", wrong, changed(CPU, **inputs), code, (TOPIC,))


def subscription(wrong: str, code: str = SNS, given: tuple[Step, ...] = (TOPIC,), **inputs: Any) -> Case:
    """Make a case of a wrong subscription."""
    return Case("SNS", wrong, changed(SUBSCRIPTION, **inputs), code, given)


def queue(wrong: str, code: str = SQS, given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong queue."""
    return Case("SQS", wrong, changed(QUEUE, **inputs), code, given)


def moto_group_twice(aws: Aws) -> None:
    """Make one log group twice in moto."""
    for _ in range(2):
        aws("logs").create_log_group(logGroupName="/apim/gateway")


def moto_subscription(aws: Aws) -> None:
    """Subscribe to a topic that does not exist in moto."""
    topic = "arn:aws:sns:eu-central-1:123456789012:missing"
    aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")


LOG_CASES = (
    Case("CloudWatch Logs", "retention of 31 days", changed(GROUP, retentionInDays=31), LOGS),
    Case("CloudWatch Logs", "name of a log group with a space", changed(GROUP, name="apim gateway"), LOGS),
    Case(
        "CloudWatch Logs",
        "log group of a name that is taken",
        named(GROUP, "again"),
        "ResourceAlreadyExistsException",
        (GROUP,),
        moto=moto_group_twice,
    ),
    Case("CloudWatch Logs", "class of a log group that does not exist", changed(GROUP, logGroupClass="COLD"), LOGS),
    Case(
        "CloudWatch Logs",
        "key that does not let the service encrypt logs",
        changed(GROUP, kmsKeyId="${key.arn}"),
        "AccessDeniedException",
        (KEY,),
    ),
    Case(
        "CloudWatch Logs",
        "key that does not exist for logs",
        changed(GROUP, kmsKeyId="arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"),
        "AccessDeniedException",
    ),
    Case(
        "CloudWatch Logs",
        "deletion of a protected log group",
        GROUP,
        EVENTS,
        (changed(GROUP, deletionProtectionEnabled=True),),
        "delete",
    ),
    Case("CloudWatch Logs", "resource policy that is no JSON", changed(RESOURCE_POLICY, policyDocument="allow"), LOGS),
    Case(
        "CloudWatch Logs",
        "eleventh resource policy of a region",
        RESOURCE_POLICY,
        "LimitExceededException",
        tuple(named(RESOURCE_POLICY, f"policy{n}", policyName=f"policy{n}") for n in range(10)),
    ),
    Case(
        "CloudWatch Logs",
        "filter of a log group that does not exist",
        changed(FILTER, logGroup="missing"),
        "ResourceNotFoundException",
    ),
    Case(
        "CloudWatch Logs",
        "filter to a stream that does not exist",
        changed(FILTER, destinationArn="arn:aws:kinesis:eu-central-1:111122223333:stream/missing"),
        LOGS,
        (GROUP,),
    ),
    Case(
        "CloudWatch Logs",
        "filter to something that takes no logs",
        changed(FILTER, destinationArn="${topic.arn}"),
        LOGS,
        (GROUP, TOPIC),
    ),
    Case(
        "CloudWatch Logs",
        "third filter of a log group",
        named(FILTER, "third"),
        "LimitExceededException",
        (GROUP, FILTER, named(FILTER, "second")),
    ),
    Case(
        "CloudWatch Logs",
        "stream of a log group that does not exist",
        changed(STREAM, logGroupName="missing"),
        "ResourceNotFoundException",
    ),
    Case(
        "CloudWatch Logs",
        "stream of a name that is taken",
        named(STREAM, "again"),
        "ResourceAlreadyExistsException",
        (GROUP, STREAM),
    ),
)
ALARM_CASES = (
    alarm("alarm every seven seconds", period=7),
    alarm("alarm over more than a day", evaluationPeriods=500),
    alarm("alarm on more points than it looks at", datapointsToAlarm=5),
    alarm("unknown comparison", comparisonOperator="Above"),
    alarm("unknown statistic", statistic="Median"),
    alarm("two statistics", extendedStatistic="p90"),
    alarm("alarm without a threshold", threshold=None),
    alarm("alarm without a metric", metricName=None),
    alarm("metric without its namespace", namespace=None),
    alarm("unknown treatment of missing data", treatMissingData="alarm"),
    alarm("alarm to a topic of another region", alarmActions=[ELSEWHERE]),
    alarm("alarm to something that is no ARN", alarmActions=["operations"]),
    alarm(
        "alarm to a topic that does not exist",
        "NotFound",
        alarmActions=["arn:aws:sns:eu-central-1:111122223333:missing"],
    ),
    alarm("metric and queries at once", PROVIDER, metricQueries=[{"id": "a", "expression": "b", "returnData": True}]),
    Case(
        "CloudWatch",
        "dashboard that is no JSON",
        Step("aws:cloudwatch/dashboard:Dashboard", "board", {"dashboardName": "board", "dashboardBody": "widgets"}),
        "InvalidParameterInput",
    ),
    Case(
        "CloudWatch",
        "name of a dashboard with a space",
        Step("aws:cloudwatch/dashboard:Dashboard", "board", {"dashboardName": "my board", "dashboardBody": "{}"}),
        "InvalidParameterInput",
    ),
    Case("EventBridge", "schedule of another form", changed(RULE, scheduleExpression="every day"), EVENTS),
    Case("EventBridge", "rate in the wrong number", changed(RULE, scheduleExpression="rate(1 days)"), EVENTS),
    Case(
        "EventBridge", "schedule with both kinds of days", changed(RULE, scheduleExpression="cron(0 3 * * * *)"), EVENTS
    ),
    Case("EventBridge", "rule without a trigger", without(RULE, "scheduleExpression"), PROVIDER),
    Case(
        "EventBridge",
        "pattern that is no JSON",
        changed(without(RULE, "scheduleExpression"), eventPattern="source"),
        "InvalidEventPatternException",
    ),
    Case("EventBridge", "name of a rule with a slash", changed(RULE, name="apim/nightly"), EVENTS),
    Case(
        "EventBridge",
        "target of a rule that does not exist",
        changed(TARGET, rule="missing"),
        "ResourceNotFoundException",
        (TOPIC,),
    ),
    Case("EventBridge", "target that is no ARN", changed(TARGET, arn="topic"), EVENTS, (RULE, TOPIC)),
    Case("EventBridge", "deletion of a rule with targets", RULE, EVENTS, (TOPIC, RULE, TARGET), "delete"),
)
MESSAGE_CASES = (
    Case("SNS", "name of a topic with a dot", changed(TOPIC, name="apim.alarms"), SNS),
    Case("SNS", "FIFO topic without its suffix", changed(TOPIC, fifoTopic=True), SNS),
    Case("SNS", "topic of a name that is taken", named(TOPIC, "again"), SNS, (TOPIC,)),
    Case(
        "SNS",
        "topic encrypted with a key that does not exist",
        changed(TOPIC, kmsMasterKeyId="alias/missing"),
        "KMSNotFound",
    ),
    Case(
        "SNS",
        "topic policy that is no JSON",
        Step("aws:sns/topicPolicy:TopicPolicy", "policy", {"arn": "${topic.arn}", "policy": "publish"}),
        SNS,
        (TOPIC,),
    ),
    Case(
        "SNS",
        "policy of a topic that does not exist",
        Step(
            "aws:sns/topicPolicy:TopicPolicy",
            "policy",
            {"arn": ELSEWHERE, "policy": policy_for("events.amazonaws.com", "sns:Publish")},
        ),
        "NotFound",
    ),
    Case(
        "SNS",
        "subscription to a topic that does not exist",
        changed(SUBSCRIPTION, topic="arn:aws:sns:eu-central-1:111122223333:missing"),
        "NotFound",
        moto=moto_subscription,
    ),
    subscription("unknown protocol of a subscription", protocol="pager"),
    subscription("subscription of something that is no mail address", endpoint="operations"),
    subscription("HTTPS subscription to an HTTP address", protocol="https", endpoint="http://example.com/hook"),
    subscription(
        "subscription of a queue that does not exist",
        protocol="sqs",
        endpoint="arn:aws:sqs:eu-central-1:111122223333:missing",
    ),
    subscription("filter policy that is no JSON", filterPolicy="event=alarm"),
    subscription("raw messages by mail", rawMessageDelivery=True),
    queue("name of a queue with a space", VALUE, name="my queue"),
    queue("FIFO queue without its suffix", VALUE, fifoQueue=True),
    queue("queue of a name that is taken", "QueueNameExists", (named(QUEUE, "first"),)),
    queue("messages kept for a month", messageRetentionSeconds=2592000),
    queue("messages hidden for a day", visibilityTimeoutSeconds=86400),
    queue("messages delayed for an hour", delaySeconds=3600),
    queue(
        "dead-letter queue that does not exist",
        VALUE,
        redrivePolicy=json.dumps(
            {"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:111122223333:missing", "maxReceiveCount": 5}
        ),
    ),
    queue("redrive policy that is no JSON", VALUE, redrivePolicy="dead letters"),
    queue("two kinds of encryption", sqsManagedSseEnabled=True, kmsMasterKeyId="alias/aws/sqs"),
    queue("queue encrypted with a key that does not exist", "KMS.NotFoundException", kmsMasterKeyId="alias/missing"),
    Case(
        "SQS",
        "policy of a queue that does not exist",
        Step(
            "aws:sqs/queuePolicy:QueuePolicy",
            "policy",
            {
                "queueUrl": "https://sqs.eu-central-1.amazonaws.com/111122223333/missing",
                "policy": policy_for("sns.amazonaws.com", "sqs:SendMessage"),
            },
        ),
        "QueueDoesNotExist",
    ),
    Case(
        "SQS",
        "queue policy without principals",
        Step(
            "aws:sqs/queuePolicy:QueuePolicy",
            "policy",
            {"queueUrl": "${queue.url}", "policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "sqs:*"}]})},
        ),
        SQS,
        (QUEUE,),
    ),
)

CASES = (*LOG_CASES, *ALARM_CASES, *MESSAGE_CASES)
