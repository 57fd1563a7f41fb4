"""Wrong requests to SNS and SQS."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import ROLE, Aws
from aws_cases.service_given import changed, named, policy_for

SNS = "InvalidParameter"
SQS = "InvalidAttributeValue"
VALUE = "InvalidParameterValue"
ELSEWHERE = "arn:aws:sns:eu-west-1:111122223333:topic"
STREAM = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/events"

TOPIC = Step(tokens.TOPIC, "topic", {"name": "alarms"})
SUBSCRIPTION = Step(
    "aws:sns/topicSubscription:TopicSubscription",
    "subscription",
    {"topic": "${topic.arn}", "protocol": "email", "endpoint": "operations@example.com"},
)
QUEUE = Step(tokens.QUEUE, "queue", {"name": "queue"})
FIFO_TOPIC = Step(tokens.TOPIC, "topic", {"name": "alarms.fifo", "fifoTopic": True})
FIFO_QUEUE = Step(tokens.QUEUE, "fifo", {"name": "queue.fifo", "fifoQueue": True})


def subscription(wrong: str, code: str = SNS, given: tuple[Step, ...] = (TOPIC,), **inputs: Any) -> Case:
    """Make a case of a wrong subscription."""
    return Case("SNS", wrong, changed(SUBSCRIPTION, **inputs), code, given)


def queue(wrong: str, code: str = SQS, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong queue."""
    return Case("SQS", wrong, changed(QUEUE, **inputs), code, given, moto=moto)


def moto_subscription(aws: Aws) -> None:
    """Subscribe to a topic that does not exist in moto."""
    topic = "arn:aws:sns:eu-central-1:123456789012:missing"
    aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")


def moto_queue_twice(aws: Aws) -> None:
    """Make one queue twice in moto, the second time with another setting."""
    aws("sqs").create_queue(QueueName="queue")
    aws("sqs").create_queue(QueueName="queue", Attributes={"DelaySeconds": "5"})


CASES = (
    Case(
        "SNS",
        "name of a topic with a dot",
        changed(TOPIC, name="apim.alarms"),
        SNS,
        moto=lambda aws: aws("sns").create_topic(Name="apim.alarms"),
    ),
    Case(
        "SNS",
        "FIFO topic without its suffix",
        changed(TOPIC, fifoTopic=True),
        SNS,
        moto=lambda aws: aws("sns").create_topic(Name="alarms", Attributes={"FifoTopic": "true"}),
    ),
    Case("SNS", "topic of a name that is taken", named(TOPIC, "again"), SNS, (TOPIC,)),
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
        moto=lambda aws: aws("sns").set_topic_attributes(
            TopicArn="arn:aws:sns:eu-central-1:123456789012:missing", AttributeName="Policy", AttributeValue="{}"
        ),
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
    subscription("filter policy that is no JSON", filterPolicy="event=alarm"),
    subscription("raw messages by mail", rawMessageDelivery=True),
    queue(
        "name of a queue with a space",
        VALUE,
        name="my queue",
        moto=lambda aws: aws("sqs").create_queue(QueueName="my queue"),
    ),
    queue(
        "FIFO queue without its suffix",
        VALUE,
        fifoQueue=True,
        moto=lambda aws: aws("sqs").create_queue(QueueName="queue", Attributes={"FifoQueue": "true"}),
    ),
    queue("queue of a name that is taken", "QueueAlreadyExists", (named(QUEUE, "first"),), moto=moto_queue_twice),
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
        "AWS.SimpleQueueService.NonExistentQueue",
        moto=lambda aws: aws("sqs").set_queue_attributes(
            QueueUrl="https://sqs.eu-central-1.amazonaws.com/123456789012/missing", Attributes={"Policy": "{}"}
        ),
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
    Case(
        "SNS",
        "topic name of 257 characters",
        changed(TOPIC, name="t" * 257),
        SNS,
        path="name",
        moto=lambda aws: aws("sns").create_topic(Name="t" * 257),
    ),
    Case(
        "SNS",
        "deduplication of a standard topic",
        changed(TOPIC, contentBasedDeduplication=True),
        SNS,
        path="contentBasedDeduplication",
    ),
    Case(
        "SNS",
        "topic policy with an action of SQS",
        changed(TOPIC, policy=policy_for("events.amazonaws.com", "sqs:SendMessage")),
        SNS,
        path="policy",
    ),
    subscription("subscription to a queue that is no ARN", protocol="sqs", endpoint="queue"),
    subscription(
        "subscription of a function with the ARN of a queue",
        protocol="lambda",
        endpoint="${queue.arn}",
        given=(TOPIC, QUEUE),
    ),
    subscription("subscription of something that is no phone number", protocol="sms", endpoint="operations"),
    subscription("mail from a FIFO topic", given=(FIFO_TOPIC,)),
    subscription("delivery stream without a role", protocol="firehose", endpoint=STREAM),
    subscription(
        "role that SNS cannot assume",
        protocol="firehose",
        endpoint=STREAM,
        subscriptionRoleArn="${role.arn}",
        given=(TOPIC, ROLE),
    ),
    queue(
        "queue name of 81 characters",
        VALUE,
        name="q" * 81,
        moto=lambda aws: aws("sqs").create_queue(QueueName="q" * 81),
    ),
    queue("deduplication of a standard queue", "InvalidAttributeName", contentBasedDeduplication=True),
    queue(
        "messages of 2 MiB",
        maxMessageSize=2097152,
        moto=lambda aws: aws("sqs").create_queue(QueueName="queue", Attributes={"MaximumMessageSize": "2097152"}),
    ),
    queue("unknown scope of deduplication", deduplicationScope="topic"),
    queue("queue policy with an action of SNS", policy=policy_for("events.amazonaws.com", "sns:Publish")),
    queue(
        "dead-letter queue of another kind",
        VALUE,
        (FIFO_QUEUE,),
        redrivePolicy='{"deadLetterTargetArn": "${fifo.arn}", "maxReceiveCount": 5}',
    ),
    queue(
        "dead letters after no attempt",
        VALUE,
        (named(QUEUE, "dead", name="dead"),),
        redrivePolicy='{"deadLetterTargetArn": "${dead.arn}", "maxReceiveCount": 0}',
    ),
)
