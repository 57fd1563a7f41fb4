"""Secrets Manager: clean requests pass, a deleted name stays taken, and no value is shown."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY, ROLE
from aws_cases.secretsmanager import SECRET, policy, readable_by, rotation, secret, version
from aws_cases.service_given import changed, named

from apim_infra.rehearsal.provider import UNKNOWN, RejectedError
from apim_infra.rehearsal.twins.aws import tokens

FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:rotate"
VALUE = "correct horse battery staple"
VERSION = named(version(secretString=VALUE), "version")


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


@pytest.mark.parametrize(
    "steps",
    [
        (changed(SECRET, recoveryWindowInDays=0),),
        (changed(SECRET, recoveryWindowInDays=7),),
        (KEY, changed(SECRET, kmsKeyId="${key.arn}")),
        (changed(SECRET, kmsKeyId="alias/aws/secretsmanager"),),
        (changed(SECRET, replicas=[{"region": "eu-west-1"}, {"region": "eu-west-3"}]),),
        (SECRET, version(secretString=UNKNOWN)),
        (SECRET, version(secretStringWo=VALUE, secretStringWoVersion=1)),
        (SECRET, ROLE, policy(readable_by({"AWS": "${role.arn}"}), blockPublicPolicy=True)),
        (SECRET, rotation(rotationLambdaArn=FUNCTION, rotationRules={"scheduleExpression": "rate(30 days)"})),
    ],
)
def test_clean_requests_pass(steps: tuple[Step, ...]) -> None:
    assert set(scene_of(*steps).made) == {step.name for step in steps}


def test_a_secret_answers_with_an_arn_of_its_own() -> None:
    made = scene_of(SECRET).made["secret"][1]
    form = r"arn:aws:secretsmanager:eu-central-1:111122223333:secret:apim/database-[A-Za-z0-9]{6}"
    assert re.fullmatch(form, made.outputs["arn"])
    assert made.id == made.outputs["arn"]


def test_a_version_is_known_by_its_secret() -> None:
    scene = scene_of(SECRET, VERSION)
    made = scene.made["version"][1]
    assert made.id == f"{scene.made['secret'][1].id}|{made.outputs['versionId']}"
    assert made.outputs["versionStages"] == ["AWSCURRENT"]
    assert "secretString" in made.secret_outputs


def test_the_name_of_a_deleted_secret_stays_taken() -> None:
    scene = scene_of(SECRET)
    scene.delete("secret")
    with pytest.raises(RejectedError) as refused:
        scene.create(secret())
    assert [problem.code for problem in refused.value.problems] == ["InvalidRequestException"]
    assert "already scheduled for deletion" in refused.value.problems[0].message
    assert scene.twin.leftovers() == ()


def test_a_secret_without_a_recovery_window_frees_its_name() -> None:
    scene = scene_of(changed(SECRET, recoveryWindowInDays=0))
    scene.delete("secret")
    scene.create(secret())


def test_an_automatic_name_does_not_meet_the_deleted_one() -> None:
    unnamed = Step(tokens.SECRET, "database", {})
    scene = scene_of(unnamed)
    first = scene.made["database"][1].id
    scene.delete("database")
    assert scene.create(unnamed).id != first


def test_a_value_that_is_too_long_is_not_shown() -> None:
    with pytest.raises(RejectedError) as refused:
        scene_of(SECRET, version(secretString=VALUE * 3000))
    assert VALUE not in str([(problem.message, problem.hint) for problem in refused.value.problems])


def test_a_function_outside_the_stack_is_warned_of() -> None:
    made = scene_of(SECRET).create(rotation(rotationLambdaArn=FUNCTION))
    assert [warning.code for warning in made.warnings] == ["AccessDeniedException"]
