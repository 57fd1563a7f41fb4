"""Rows of the Simple Queue Service."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import kms_key, mappings, parsed, policy_actions, resource_policy
from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

SOURCE = "SQS API model, botocore 1.44.5"
VALUE = "InvalidParameterValue"
ATTRIBUTE = "InvalidAttributeValue"


def _actions(context: Context) -> Iterator[Problem]:
    for action in policy_actions(context.value("policy")):
        if action != "*" and not action.lower().startswith("sqs:"):
            message = f"Invalid value for the parameter Policy: the action {action} is none of SQS"
            yield context.problem(ATTRIBUTE, message, "policy", "A queue's policy has actions of SQS only.")


POLICY_RULES = (resource_policy("policy", ATTRIBUTE, "Invalid value for the parameter Policy: {fault}"), _actions)


def _fifo(context: Context) -> Iterator[Problem]:
    fifo = context.value("fifoQueue", False)
    if fifo != context.name.endswith(".fifo"):
        message = "The name of a FIFO queue, and of no other, ends in .fifo"
        yield context.problem(VALUE, message, "name", "Fit name and fifoQueue to each other.")
    if context.value("contentBasedDeduplication") and not fifo:
        message = "ContentBasedDeduplication can only be set for FIFO queues"
        yield context.problem("InvalidAttributeName", message, "contentBasedDeduplication", "Leave it out.")
    if context.value("sqsManagedSseEnabled") and context.value("kmsMasterKeyId"):
        message = "You can use one type of server-side encryption (SSE) at one time."
        yield context.problem(ATTRIBUTE, message, "sqsManagedSseEnabled", "Leave one of them out.")


def _redrive(context: Context) -> Iterator[Problem]:
    text = context.value("redrivePolicy")
    if text is None:
        return
    try:
        policy = mappings(parsed(text))
    except ValueError:
        policy = []
    if not policy:
        message = "Value for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map."
        yield context.problem(VALUE, message, "redrivePolicy", "Write it with json.dumps.")
        return
    target, count = policy[0].get("deadLetterTargetArn"), policy[0].get("maxReceiveCount")
    queue = context.find(tokens.QUEUE, target, "arn")
    if queue is None:
        message = f"Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist: {target}"
        yield context.problem(VALUE, message, "redrivePolicy", "Name a queue of this region.")
    elif bool(queue.inputs.get("fifoQueue")) != bool(context.value("fifoQueue", False)):
        message = (
            "Value for parameter RedrivePolicy is invalid. Reason: Dead-letter target and source must be of one type"
        )
        yield context.problem(VALUE, message, "redrivePolicy", "Use a queue of the same type.")
    if not str(count).isdigit() or not 1 <= int(str(count)) <= 1000:
        message = f"Value {count} for parameter maxReceiveCount is invalid. Reason: it must be 1 to 1000"
        yield context.problem(VALUE, message, "redrivePolicy", "Set maxReceiveCount.")


def _outputs(context: Context) -> Mapping[str, Any]:
    url = f"https://sqs.{context.region}.amazonaws.com/{context.account}/{context.name}"
    return {
        "url": url,
        "policy": context.value("policy", ""),
        "sqsManagedSseEnabled": context.value("sqsManagedSseEnabled", context.value("kmsMasterKeyId") is None),
    }


QUEUE = ResourceType(
    token=tokens.QUEUE,
    kind="queue",
    identifier="https://sqs.{region}.amazonaws.com/{account}/{name}",
    arn="arn:aws:sqs:{region}:{account}:{name}",
    name=Name(
        "name",
        pattern=r"[A-Za-z0-9_-]+(\.fifo)?",
        longest=80,
        code=VALUE,
        taken_code="QueueAlreadyExists",
        suffix=("fifoQueue", ".fifo"),
    ),
    create_only=frozenset({"name", "fifoQueue"}),
    ranges={
        "delaySeconds": (0, 900),
        "maxMessageSize": (1024, 1048576),
        "messageRetentionSeconds": (60, 1209600),
        "receiveWaitTimeSeconds": (0, 20),
        "visibilityTimeoutSeconds": (0, 43200),
        "kmsDataKeyReusePeriodSeconds": (60, 86400),
    },
    enums={"deduplicationScope": ("messageGroup", "queue"), "fifoThroughputLimit": ("perQueue", "perMessageGroupId")},
    value_code=ATTRIBUTE,
    rules=(
        _fifo,
        _redrive,
        # SQS accepts the queue; every message is refused afterwards.
        kms_key("kmsMasterKeyId", "KMS.NotFoundException", late=True),
        *POLICY_RULES,
    ),
    outputs=_outputs,
    source=SOURCE,
)

QUEUE_POLICY = ResourceType(
    token="aws:sqs/queuePolicy:QueuePolicy",  # noqa: S106  a type token, no secret
    kind="queue policy",
    identifier="{queueUrl}",
    references=(
        Reference(
            "queueUrl",
            tokens.QUEUE,
            "AWS.SimpleQueueService.NonExistentQueue",
            by="url|id",
            message="The specified queue does not exist: {value}",
        ),
    ),
    create_only=frozenset({"queueUrl"}),
    value_code=ATTRIBUTE,
    rules=POLICY_RULES,
    source=SOURCE,
)

ROWS = (QUEUE, QUEUE_POLICY)
