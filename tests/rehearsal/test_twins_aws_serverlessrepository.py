"""Stacks of the Serverless Application Repository: clean requests pass, their functions exist, and rotations that could not work are warned of."""

import json
from typing import Any

import pytest
from aws_cases.case import Case, Scene, Step, refusals
from aws_cases.secretsmanager import SECRET, rotation, version
from aws_cases.service_given import changed, named
from aws_cases.stores_protection import CASES, PARAMETERS, PLACE, PUBLISHER, STACK

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.twins.aws import tokens

FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:rotation"
ROTATES = rotation(rotationLambdaArn="${stack.outputs.RotationLambdaARN}")
CONNECTION = {"engine": "mariadb", "host": "db", "port": 3306, "username": "apim", "password": "p", "dbname": "apim"}


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        scene.create(step)
    return scene


def value(**connection: Any) -> Step:
    return named(version(secretString=json.dumps(connection)), "value")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong)
def test_what_is_wrong_is_said_once(case: Case) -> None:
    assert [problem.code for problem in refusals(case) if not problem.warning] == [case.code]


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"semanticVersion": None},
        {"capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_RESOURCE_POLICY"]},
        {"parameters": {key: text for key, text in PARAMETERS.items() if not key.startswith("vpc")}},
        {"parameters": {**PARAMETERS, "vpcSubnetIds": UNKNOWN}},
        # What others publish is not known here, so it is not judged.
        {"applicationId": "arn:aws:serverlessrepo:us-east-1:111111111111:applications/anything", "capabilities": None, "parameters": {}},
    ],
)  # fmt: skip
def test_clean_requests_pass(inputs: dict[str, Any]) -> None:
    made = scene_of(*PLACE).create(changed(STACK, **inputs))
    assert made.id.startswith("arn:aws:cloudformation:eu-central-1:111122223333:stack/serverlessrepo-rotation/")
    assert made.warnings == ()


def test_the_function_is_known_to_what_uses_it() -> None:
    scene = scene_of(*PLACE, STACK, SECRET, value(**CONNECTION))
    assert scene.made["stack"][1].outputs["outputs"] == {"RotationLambdaARN": FUNCTION}
    assert scene.create(ROTATES).warnings == ()


def test_stack_and_function_go_together_and_free_the_group() -> None:
    scene = scene_of(*PLACE, STACK)
    scene.delete("stack")
    scene.delete("group")
    assert scene.twin.leftovers() != ()
    assert all(left.type != tokens.FUNCTION for left in scene.twin.leftovers())


def test_a_log_group_made_before_is_kept() -> None:
    group = Step(tokens.LOG_GROUP, "log", {"name": "/aws/lambda/rotation", "retentionInDays": 30})
    scene = scene_of(*PLACE, group, STACK)
    scene.delete("stack")
    scene.delete("log")


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"semanticVersion": "9.0.0"}, "semanticVersion"),
        (
            {"parameters": {**PARAMETERS, "endpoint": "https://secretsmanager.eu-west-1.amazonaws.com"}},
            "parameters.endpoint",
        ),
    ],
)
def test_what_may_be_right_is_warned_of(inputs: dict[str, Any], path: str) -> None:
    assert [warning.path for warning in scene_of(*PLACE).create(changed(STACK, **inputs)).warnings] == [path]


@pytest.mark.parametrize(
    ("connection", "fault"),
    [
        ({**CONNECTION, "engine": "postgres"}, "is for postgres"),
        ({"engine": "mariadb", "host": "db"}, "lacks username, password"),
        ({}, "lacks engine, host, username, password"),
    ],
)
def test_a_secret_that_the_function_cannot_use_is_warned_of(connection: dict[str, Any], fault: str) -> None:
    (warning,) = scene_of(*PLACE, STACK, SECRET, value(**connection)).create(ROTATES).warnings
    assert fault in warning.message


def test_a_secret_without_a_value_is_warned_of() -> None:
    (warning,) = scene_of(*PLACE, STACK, SECRET).create(ROTATES).warnings
    assert "no value yet" in warning.message


def test_each_engine_has_a_function_of_its_own() -> None:
    postgres = changed(STACK, applicationId=f"{PUBLISHER}/SecretsManagerRDSPostgreSQLRotationSingleUser")
    scene = scene_of(*PLACE, postgres, SECRET, value(**{**CONNECTION, "engine": "postgres"}))
    assert scene.create(ROTATES).warnings == ()
