"""Events of a bucket that go to topics and queues."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import INVALID, setting
from apim_infra.rehearsal.twins.aws.service_rules import grants, located
from apim_infra.rehearsal.twins.cloud.world import Thing

PRINCIPAL = "s3.amazonaws.com"
DESTINATIONS = (
    ("topics", "topicArn", tokens.TOPIC, "aws:sns/topicPolicy:TopicPolicy", "arn"),
    ("queues", "queueArn", tokens.QUEUE, "aws:sqs/queuePolicy:QueuePolicy", "queueUrl"),
)
"""Input, its ARN, the type behind it, the type of a policy that stands beside it, and the policy's input that names it."""


def _destinations(context: Context) -> Iterator[Problem]:
    for path, arn_input, token, policy_token, named in DESTINATIONS:
        for place, arn in located(context, f"{path}[*].{arn_input}"):
            target = context.find(token, arn, "arn")
            foreign = f":{context.account}:" not in str(arn)
            if foreign or (target is not None and (target.assumed or _allows(context, target, policy_token, named))):
                continue
            message = "Unable to validate the following destination configurations"
            hint = (
                f"Let the policy of {arn} allow {PRINCIPAL}, and let this resource depend on it."
                if target
                else f"{arn} does not exist in {context.region}: use the arn output of its resource."
            )
            yield context.problem(INVALID, f"{message}: {arn}", place, hint)


def _allows(context: Context, target: Thing, policy_token: str, named: str) -> bool:
    documents = [target.inputs.get("policy")] + [
        policy.inputs.get("policy")
        for policy in context.world.all(policy_token, context.region)
        if policy.inputs.get(named) in (target.id, target["arn"])
    ]
    return any(grants(document, PRINCIPAL) for document in documents if document)


def _events(context: Context) -> Iterator[Problem]:
    """No two configurations share an event for overlapping names."""
    seen: list[tuple[str, str, str]] = []
    for path in ("topics", "queues", "lambdaFunctions"):
        for place, configuration in located(context, f"{path}[*]"):
            prefix, suffix = configuration.get("filterPrefix") or "", configuration.get("filterSuffix") or ""
            for event in configuration.get("events") or ():
                if any(_overlap((event, prefix, suffix), other) for other in seen):
                    message = (
                        "Configurations overlap. Configurations on the same bucket cannot share a common event type."
                    )
                    hint = "Give them prefixes or suffixes that exclude each other, or send the events to one topic."
                    yield context.problem(INVALID, message, f"{place}.events", hint)
            seen += [(event, prefix, suffix) for event in configuration.get("events") or ()]


def _overlap(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    kinds = [event.removesuffix("*") if event.endswith(":*") else f"{event}$" for event in (one[0], other[0])]
    same_kind = kinds[0].startswith(kinds[1]) or kinds[1].startswith(kinds[0])
    prefixes = one[1].startswith(other[1]) or other[1].startswith(one[1])
    suffixes = one[2].endswith(other[2]) or other[2].endswith(one[2])
    return same_kind and prefixes and suffixes


NOTIFICATION = setting(
    "BucketNotification",
    "bucket notification",
    enums={f"{path}[*].events[*]": tuple(facts("s3")["events"]) for path in ("topics", "queues", "lambdaFunctions")},
    value_code=INVALID,
    rules=(_destinations, _events),
    not_verified=("whether Lambda functions allow S3 to call them",),
)
