"""SNS and SQS: clean requests pass, and their outputs are what programs read."""

import json
import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY
from aws_cases.messaging import FIFO_QUEUE, FIFO_TOPIC, QUEUE, STREAM, SUBSCRIPTION, TOPIC
from aws_cases.service_given import changed, named, policy_for, role

from apim_infra.rehearsal.twins.aws import tokens

PUBLISH = policy_for("events.amazonaws.com", "sns:Publish")
SEND = policy_for("sns.amazonaws.com", "sqs:SendMessage")
DEAD = named(QUEUE, "dead", name="dead")
REDRIVE = '{"deadLetterTargetArn": "${dead.arn}", "maxReceiveCount": 5}'
SENDER = role("role", "sns.amazonaws.com")
FILTER = json.dumps({"severity": ["high"]})


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (FIFO_TOPIC,),
        (changed(TOPIC, kmsMasterKeyId="alias/aws/sns"),),
        (KEY, changed(TOPIC, kmsMasterKeyId="${key.arn}")),
        (TOPIC, Step("aws:sns/topicPolicy:TopicPolicy", "policy", {"arn": "${topic.arn}", "policy": PUBLISH})),
        (TOPIC, SUBSCRIPTION),
        (TOPIC, QUEUE, changed(SUBSCRIPTION, protocol="sqs", endpoint="${queue.arn}", rawMessageDelivery=True)),
        (TOPIC, changed(SUBSCRIPTION, protocol="https", endpoint="https://pager.example.com/hook")),
        (TOPIC, changed(SUBSCRIPTION, protocol="sms", endpoint="+4930123456", filterPolicy=FILTER)),
        (
            TOPIC,
            SENDER,
            changed(SUBSCRIPTION, protocol="firehose", endpoint=STREAM, subscriptionRoleArn="${role.arn}"),
        ),
        (FIFO_QUEUE,),
        (DEAD, changed(QUEUE, redrivePolicy=REDRIVE)),
        (QUEUE, Step("aws:sqs/queuePolicy:QueuePolicy", "policy", {"queueUrl": "${queue.id}", "policy": SEND})),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_a_topic_is_known_by_its_arn() -> None:
    made = scene_of(TOPIC).made["topic"][1]
    assert made.id == made.outputs["arn"] == "arn:aws:sns:eu-central-1:111122223333:alarms"
    assert made.outputs["owner"] == "111122223333"


def test_mail_waits_for_its_confirmation() -> None:
    made = scene_of(TOPIC, SUBSCRIPTION).made["subscription"][1]
    assert re.fullmatch(
        r"arn:aws:sns:eu-central-1:111122223333:alarms:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.id
    )
    assert made.outputs["pendingConfirmation"] is True


def test_a_queue_is_known_by_its_address() -> None:
    made = scene_of(QUEUE).made["queue"][1]
    assert made.id == made.outputs["url"] == "https://sqs.eu-central-1.amazonaws.com/111122223333/queue"
    assert made.outputs["arn"] == "arn:aws:sqs:eu-central-1:111122223333:queue"
    assert made.outputs["sqsManagedSseEnabled"] is True


@pytest.mark.parametrize(("token", "fifo"), [(tokens.TOPIC, "fifoTopic"), (tokens.QUEUE, "fifoQueue")])
def test_automatic_names_of_fifo_end_as_they_must(token: str, fifo: str) -> None:
    made = scene_of(Step(token, "events", {fifo: True}), Step(token, "plain", {})).made
    assert re.fullmatch(r"events-[0-9a-f]{7}\.fifo", made["events"][1].outputs["name"])
    assert re.fullmatch(r"plain-[0-9a-f]{7}", made["plain"][1].outputs["name"])


def test_a_prefix_of_a_fifo_queue_makes_a_name_that_ends_as_it_must() -> None:
    made = scene_of(Step(tokens.QUEUE, "events", {"namePrefix": "apim-", "fifoQueue": True})).made
    assert re.fullmatch(r"apim-\d{26}\.fifo", made["events"][1].outputs["name"])


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (changed(TOPIC, kmsMasterKeyId="alias/missing"), "KMSNotFound"),
        (changed(QUEUE, kmsMasterKeyId="alias/missing"), "KMS.NotFoundException"),
    ],
)
def test_a_key_that_only_messages_need_is_warned_of(step: Step, code: str) -> None:
    assert [warning.code for warning in Scene().create(step).warnings] == [code]


def test_a_queue_outside_the_stack_is_warned_of() -> None:
    endpoint = "arn:aws:sqs:eu-central-1:111122223333:other"
    made = scene_of(TOPIC).create(changed(SUBSCRIPTION, protocol="sqs", endpoint=endpoint))
    assert [warning.code for warning in made.warnings] == ["InvalidParameter"]
