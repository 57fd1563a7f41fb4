"""Passwords that change by themselves on AWS: by AWS's own function, inside of the network, and never set back by Pulumi."""

import json
from typing import Any

import pulumi
import pytest
from components_aws_samples import TAGS, Stack, added, changes, kinds, relational, rotated, run

from components.aws.engines import ROTATION_PUBLISHER, ROTATION_VERSION
from components.aws.rotation import EXCLUDED, PasswordRotation

FUNCTION = "aws:serverlessrepository/cloudFormationStack:CloudFormationStack"
SCHEDULE = "aws:secretsmanager/secretRotation:SecretRotation"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INSTANCE = "aws:rds/instance:Instance"
VALUE = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.mark.parametrize(
    ("engine", "version", "application"),
    [
        ("mariadb", "11.8", "SecretsManagerRDSMariaDBRotationSingleUser"),
        ("postgres", "17", "SecretsManagerRDSPostgreSQLRotationSingleUser"),
    ],
)
def test_each_engine_has_aws_own_function_in_a_pinned_version(engine: str, version: str, application: str) -> None:
    recording = run(lambda: rotated(engine=engine, version=version))
    (function,) = recording.of_type(FUNCTION)
    assert function.inputs["applicationId"] == f"{ROTATION_PUBLISHER}/{application}"
    assert function.inputs["semanticVersion"] == ROTATION_VERSION
    assert sorted(function.inputs["capabilities"]) == ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"]
    assert recording.findings == []


def test_the_function_is_inside_of_the_network() -> None:
    recording = run(rotated)
    parameters = recording.of_type(FUNCTION)[0].inputs["parameters"]
    private = {subnet.id for subnet in recording.of_type("aws:ec2/subnet:Subnet") if "-private-" in subnet.name}
    assert set(parameters["vpcSubnetIds"].split(",")) == private
    assert parameters["vpcSecurityGroupIds"] == recording.named("rotation").id
    assert parameters["endpoint"] == "https://secretsmanager.eu-west-1.amazonaws.com"


def test_its_log_is_kept_for_a_time() -> None:
    recording = run(rotated)
    group, function = recording.named("apim-mariadb-rotation-log"), recording.of_type(FUNCTION)[0]
    assert group.inputs["name"] == f"/aws/lambda/{function.inputs['parameters']['functionName']}"
    assert group.inputs["retentionInDays"] == 30
    assert group.urn in function.dependencies


def test_the_secret_is_rotated_by_the_function_once_it_has_a_value() -> None:
    recording = run(rotated)
    (schedule,) = recording.of_type(SCHEDULE)
    assert schedule.inputs["rotationRules"] == {"automaticallyAfterDays": 30}
    assert schedule.inputs["rotateImmediately"] is False
    assert schedule.inputs["rotationLambdaArn"].endswith(":function:apim-mariadb-rotation")
    assert recording.of_type(VALUE)[0].urn in schedule.dependencies


def test_new_passwords_need_no_quoting() -> None:
    marks = {chr(code) for code in range(33, 127) if not chr(code).isalnum()}
    assert marks - set(EXCLUDED) == {"_"}
    assert run(rotated).of_type(FUNCTION)[0].inputs["parameters"]["excludeCharacters"] == EXCLUDED


def test_the_secret_is_what_the_function_wants() -> None:
    found: list[Any] = []

    def program() -> None:
        pulumi.Output.unsecret(rotated().secret.version.secret_string).apply(found.append)

    run(program)
    (text,) = found
    assert {"engine", "host", "port", "username", "password", "dbname"} == json.loads(text).keys()


def test_without_rotation_nothing_of_it_is_there() -> None:
    assert added(run(relational), run(rotated)) == {
        FUNCTION: 1,
        SCHEDULE: 1,
        LOG_GROUP: 1,
        # The function's own, which the sample brings along.
        "aws:ec2/securityGroup:SecurityGroup": 1,
    }
    assert FUNCTION not in kinds(run(relational))


def test_rotation_switched_on_and_off_again_replaces_nothing() -> None:
    stack = Stack()
    stack.run(relational)
    on = changes(stack.run(rotated))
    assert set(on.values()) == {"create"}
    assert {name for name in on if name != "rotation"} == {
        "apim-mariadb-rotation-log",
        "apim-mariadb-rotation-function",
        "apim-mariadb-rotation-schedule",
    }
    assert set(changes(stack.run(relational)).values()) == {"delete"}


def test_pulumi_never_sets_a_rotated_password_back() -> None:
    """The password of the program changes, and neither database nor secret follow it."""
    stack = Stack()
    stack.run(rotated)

    def other() -> None:
        def longer(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
            changed = args.type_ == "random:index/randomPassword:RandomPassword"
            return pulumi.ResourceTransformationResult(
                {**args.props, "length": 32} if changed else args.props, args.opts
            )

        pulumi.runtime.register_stack_transformation(longer)
        rotated()

    assert set(changes(stack.run(other))) == {"apim-mariadb-password"}


def test_replicas_are_no_hindrance() -> None:
    recording = run(lambda: rotated(replicas=1))
    assert len(recording.of_type(INSTANCE)) == 2
    assert all("manageMasterUserPassword" not in instance.inputs for instance in recording.of_type(INSTANCE))


@pytest.mark.parametrize(
    ("changes_", "path"),
    [
        ({"engine": "oracle"}, "engine"),
        ({"schedule": {"days": 0}}, "schedule.days"),
        ({"schedule": {"days": 1001}}, "schedule.days"),
        ({"schedule": {"subnet_ids": []}}, "schedule.subnet_ids"),
        ({"function_name": "f" * 65}, "function_name"),
        ({"function_name": "a.b"}, "function_name"),
    ],
)
def test_wrong_arguments_are_refused(changes_: dict[str, Any], path: str) -> None:
    args: Any = {
        "engine": "mariadb",
        "secret_arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:one-a1b2c3",
        "schedule": {
            "days": 30,
            "region": "eu-west-1",
            "subnet_ids": ["subnet-1"],
            "security_group_id": "sg-1",
            "tags": TAGS,
        },
    }
    refused: list[Any] = []

    def program() -> None:
        try:
            schedule = {**args["schedule"], **changes_.get("schedule", {})}
            whole: Any = {**args, **changes_, "schedule": schedule}
            PasswordRotation("rotation", whole)
        except pulumi.InputPropertiesError as error:
            refused.extend(error.errors or [])

    Stack().run(program)
    assert [each["property_path"] for each in refused] == [path]
