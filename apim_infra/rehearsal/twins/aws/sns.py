"""Rows of the Simple Notification Service."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    given,
    json_object,
    kms_key,
    policy_actions,
    resource_policy,
    role_exists,
    seen,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "SNS API model, botocore 1.44.5"
INVALID = "InvalidParameter"
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[0-9][0-9-]{6,18}")
PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
ENDPOINTS = {"sqs": tokens.QUEUE, "lambda": tokens.FUNCTION, "firehose": tokens.DELIVERY_STREAM}
RAW = ("sqs", "http", "https", "firehose")


def _actions(context: Context) -> Iterator[Problem]:
    for action in policy_actions(context.value("policy")):
        if action != "*" and not action.lower().startswith("sns:"):
            message = f"Invalid parameter: Policy statement action out of service scope! {action}"
            yield context.problem(INVALID, message, "policy", "A topic's policy has actions of SNS only.")


POLICY_RULES = (resource_policy("policy", INVALID, "Invalid parameter: Policy Error: {fault}"), _actions)


def _fifo(context: Context) -> Iterator[Problem]:
    fifo = context.value("fifoTopic", False)
    if fifo != context.name.endswith(".fifo"):
        message = "Invalid parameter: Topic Name: names of FIFO topics, and of no others, end in .fifo"
        yield context.problem(INVALID, message, "name", "Fit name and fifoTopic to each other.")
    if context.value("contentBasedDeduplication") and not fifo:
        message = "Invalid parameter: Attributes Reason: Content-based deduplication can only be set for FIFO topics"
        yield context.problem(INVALID, message, "contentBasedDeduplication", "Leave it out.")


TOPIC = ResourceType(
    token=tokens.TOPIC,
    kind="topic",
    identifier="{arn}",
    arn="arn:aws:sns:{region}:{account}:{name}",
    name=Name(
        "name",
        pattern=r"[A-Za-z0-9_-]+(\.fifo)?",
        longest=256,
        code=INVALID,
        taken_code=INVALID,
        suffix=("fifoTopic", ".fifo"),
    ),
    create_only=frozenset({"name", "fifoTopic"}),
    value_code=INVALID,
    cloudformation="AWS::SNS::Topic",
    renamed={"name": "TopicName", "tracingConfig": ""},
    rules=(
        _fifo,
        # SNS accepts the topic; every message is refused afterwards.
        kms_key("kmsMasterKeyId", "KMSNotFound", late=True),
        *POLICY_RULES,
        json_object("deliveryPolicy", INVALID, "Invalid parameter: DeliveryPolicy: no JSON object"),
    ),
    outputs=lambda context: {
        "owner": context.account,
        "policy": context.value("policy", ""),
        "beginningArchiveTime": "",
        "signatureVersion": context.value("signatureVersion", 1),
    },
    quota=Quota(100000, ("region",), "TopicLimitExceeded"),
    source=SOURCE,
)


def _of_topic(path: str) -> Reference:
    return Reference(path, tokens.TOPIC, "NotFound", by="arn", message="Topic does not exist: {value}")


TOPIC_POLICY = ResourceType(
    token="aws:sns/topicPolicy:TopicPolicy",  # noqa: S106  a type token, no secret
    kind="topic policy",
    identifier="{arn}",
    references=(_of_topic("arn"),),
    create_only=frozenset({"arn"}),
    value_code=INVALID,
    rules=POLICY_RULES,
    outputs=lambda context: {"owner": context.account, "arn": context.value("arn")},
    source=SOURCE,
)


def _endpoint(context: Context) -> Iterator[Problem]:
    protocol, endpoint = str(context.value("protocol", "")), str(context.value("endpoint", ""))
    if not endpoint:
        return
    fits = True
    if protocol in ("email", "email-json"):
        fits = bool(MAIL.fullmatch(endpoint))
    elif protocol in ("http", "https"):
        fits = endpoint.startswith(f"{protocol}://")
    elif protocol == "sms":
        fits = bool(PHONE.fullmatch(endpoint))
    if not fits:
        message = f"Invalid parameter: {protocol} endpoint: {endpoint}"
        yield context.problem(INVALID, message, "endpoint", f"Give an endpoint of the protocol {protocol}.")
    token = ENDPOINTS.get(protocol)
    if token:
        yield from seen("endpoint", token, INVALID, protocol)(context)
    if token and f":{protocol}:" not in endpoint:
        message = f"Invalid parameter: {protocol.upper()} endpoint ARN: {endpoint}"
        yield context.problem(INVALID, message, "endpoint", "Give an ARN.")
    if str(context.value("topic", "")).endswith(".fifo") and protocol not in ("sqs", "firehose"):
        message = f"Invalid parameter: Invalid protocol type: {protocol} cannot follow a FIFO topic"
        yield context.problem(INVALID, message, "protocol", "Use sqs.")


def _delivery(context: Context) -> Iterator[Problem]:
    protocol = context.value("protocol")
    if context.value("rawMessageDelivery") and protocol not in RAW:
        message = f"Invalid parameter: Attributes Reason: RawMessageDelivery: not supported for protocol [{protocol}]"
        yield context.problem(INVALID, message, "rawMessageDelivery", "Leave it out.")
    if protocol == "firehose" and not given(context, "subscriptionRoleArn"):
        message = "Invalid parameter: Attributes Reason: SubscriptionRoleArn is required for the protocol firehose"
        yield context.problem(INVALID, message, "subscriptionRoleArn", "Give a role that sns.amazonaws.com can assume.")


def _subscription_outputs(context: Context) -> Mapping[str, Any]:
    waits = context.value("protocol") in ("email", "email-json", "http", "https")
    digits = context.hexadecimal(32, "subscription")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return {
        "arn": f"{context.value('topic')}:{'-'.join(parts)}",
        "confirmationWasAuthenticated": not waits,
        "ownerId": context.account,
        "pendingConfirmation": waits,
        "filterPolicyScope": context.value("filterPolicyScope", "MessageAttributes"),
    }


SUBSCRIPTION = ResourceType(
    token="aws:sns/topicSubscription:TopicSubscription",  # noqa: S106  a type token, no secret
    kind="subscription",
    identifier="{arn}",
    references=(_of_topic("topic"),),
    create_only=frozenset({"topic", "protocol", "endpoint"}),
    enums={"protocol": PROTOCOLS, "filterPolicyScope": ("MessageAttributes", "MessageBody")},
    value_code=INVALID,
    rules=(
        _endpoint,
        _delivery,
        json_object("filterPolicy", INVALID, "Invalid parameter: FilterPolicy: failed to parse JSON"),
        json_object("redrivePolicy", INVALID, "Invalid parameter: RedrivePolicy: failed to parse JSON"),
        role_exists("subscriptionRoleArn", INVALID, "sns.amazonaws.com"),
    ),
    outputs=_subscription_outputs,
    source=SOURCE,
)

ROWS = (TOPIC, TOPIC_POLICY, SUBSCRIPTION)
