"""CloudWatch Logs: clean requests pass, and their outputs are what programs read."""

import json

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY
from aws_cases.logs import FUNCTION, GROUP, ROOT, STREAM, filtered, key_for_logs, measured, policy
from aws_cases.service_given import changed, role

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws import tokens

DESTINATION = "arn:aws:logs:eu-central-1:444455556666:destination:central"
ENCRYPTED = changed(GROUP, kmsKeyId="${key.arn}")
SENDER = role("role", "logs.eu-central-1.amazonaws.com")


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (changed(GROUP, retentionInDays=0),),
        (changed(GROUP, logGroupClass="INFREQUENT_ACCESS"),),
        (key_for_logs("*"), ENCRYPTED),
        (key_for_logs("/apim/*"), ENCRYPTED),
        (policy(),),
        (GROUP, filtered(destinationArn=DESTINATION)),
        (GROUP, filtered("first"), filtered("second")),
        (GROUP, SENDER, filtered(destinationArn=STREAM, roleArn="${role.arn}", distribution="Random")),
        (GROUP, changed(measured(), logGroupName="${group.name}")),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_a_log_group_answers_with_its_arn() -> None:
    made = scene_of(GROUP).made["group"][1]
    assert made.id == "/apim/gateway"
    assert made.outputs["arn"] == "arn:aws:logs:eu-central-1:111122223333:log-group:/apim/gateway"
    assert made.outputs["logGroupClass"] == "STANDARD"


def test_a_log_stream_answers_with_its_arn() -> None:
    stream = Step("aws:cloudwatch/logStream:LogStream", "first", {"name": "first", "logGroupName": "${group.name}"})
    made = scene_of(GROUP, stream).made["first"][1]
    assert made.outputs["arn"] == "arn:aws:logs:eu-central-1:111122223333:log-group:/apim/gateway:log-stream:first"


def test_a_key_brought_along_is_trusted() -> None:
    scene = Scene()
    identifier = "11111111-2222-3333-4444-555555555555"
    key = scene.twin.assume(tokens.KEY, identifier, {"keyId": identifier}, region="eu-central-1")
    scene.create(changed(GROUP, kmsKeyId=key["arn"]))


def test_a_policy_beside_its_key_counts() -> None:
    text = key_for_logs("*").inputs["policy"]
    separate = Step(tokens.KEY_POLICY, "separate", {"keyId": "${key.keyId}", "policy": text})
    bare = changed(KEY, policy=json.dumps({"Version": "2012-10-17", "Statement": [ROOT]}))
    with pytest.raises(RejectedError, match="not allowed to be used with Arn"):
        scene_of(bare, ENCRYPTED)
    scene_of(bare, separate, ENCRYPTED)


def test_a_function_outside_the_stack_is_warned_of() -> None:
    scene = scene_of(GROUP)
    made = scene.create(filtered(destinationArn=FUNCTION))
    assert [warning.code for warning in made.warnings] == ["InvalidParameterException"]


def test_a_deleted_log_group_leaves_its_name() -> None:
    scene = scene_of(GROUP)
    scene.delete("group")
    scene.create(GROUP)
