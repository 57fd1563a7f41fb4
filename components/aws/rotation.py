"""Passwords of databases that change by themselves, by AWS's own function for it."""

import re
from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.engines import ENGINES, ROTATION_PUBLISHER, ROTATION_VERSION
from components.aws.tags import Tags
from components.common import after, refuse

FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Name of a function (API reference of Lambda, CreateFunction)."""

EXCLUDED = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) != "_")
"""Characters that a new password has none of: what is left needs no quoting in any connection string. One mark stays, since the function asks
for one of every kind."""


class RotationArgs(TypedDict):
    """How a password is changed by itself."""

    days: int
    """Days between two passwords, 1 to 1000."""
    region: str
    """Region of secret and database."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets of the function that changes it, from which it reaches the database and Secrets Manager."""
    security_group_id: pulumi.Input[str]
    """Security group of the function; the database must admit it, and it must reach Secrets Manager."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the secret, if it is not AWS's own."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long the function's log is kept, in days, one of CloudWatch's periods; default 30."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log group, which must allow CloudWatch Logs; CloudWatch's own by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class PasswordRotationArgs(TypedDict):
    """Arguments of `PasswordRotation`."""

    schedule: RotationArgs
    """When, and from where the password is changed."""
    engine: str
    """`mariadb`, `mysql` or `postgres`."""
    secret_arn: pulumi.Input[str]
    """The secret: JSON with engine, host, port, username, password and dbname, as AWS's function wants it. Wait for its value (`depends_on`)."""
    function_name: NotRequired[str]
    """Name of the function, at most 64 letters, digits, hyphens and underscores; the component's name by default. Fixed: its log group comes first."""


def _problems(name: str, args: PasswordRotationArgs) -> Iterator[tuple[str, str]]:
    schedule, function = args["schedule"], args.get("function_name", name)
    if args["engine"] not in ENGINES:
        yield "engine", f"'{args['engine']}' has no rotation function: use one of {', '.join(ENGINES)}"
    if not 1 <= schedule["days"] <= 1000:
        yield "schedule.days", f"{schedule['days']} days: 1 to 1000 are allowed"
    if not FUNCTION_NAME.fullmatch(function):
        yield (
            "function_name",
            f"'{function}' is no name of a function: at most 64 letters, digits, hyphens and underscores",
        )
    if not schedule["subnet_ids"]:
        yield "schedule.subnet_ids", "the function runs inside the network: give at least one subnet"


class PasswordRotation(pulumi.ComponentResource):
    """The rotation of one database's password: AWS's function from the Serverless Application Repository, and the schedule of the secret.

    The first password is changed within `days`, not at once: whatever reads the secret can be there before.
    """

    function_arn: pulumi.Output[str]
    """ARN of the function."""

    def __init__(self, name: str, args: PasswordRotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:PasswordRotation", name, {**args}, opts)
        refuse(name, _problems(name, args))
        schedule = args["schedule"]
        child = pulumi.ResourceOptions(parent=self)
        function = args.get("function_name", name)
        # Made before Lambda does, which would keep the log for ever.
        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/lambda/{function}",
            retention_in_days=schedule.get("log_retention_days", 30),
            kms_key_id=schedule.get("log_key_arn"),
            tags=schedule.get("tags"),
            opts=child,
        )
        self.function = aws.serverlessrepository.CloudFormationStack(
            f"{name}-function",
            name=function,
            application_id=f"{ROTATION_PUBLISHER}/{ENGINES[args['engine']].rotation}",
            semantic_version=ROTATION_VERSION,
            # Both named in full: left out, the provider would see another list at every run than the one that AWS made of it.
            capabilities=["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
            parameters=_parameters(function, args),
            tags=schedule.get("tags"),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[self.log_group])),
        )
        self.function_arn = self.function.outputs.apply(lambda outputs: outputs["RotationLambdaARN"])
        self.rotation = aws.secretsmanager.SecretRotation(
            f"{name}-schedule",
            secret_id=args["secret_arn"],
            rotation_lambda_arn=self.function_arn,
            rotate_immediately=False,
            rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                automatically_after_days=schedule["days"]
            ),
            opts=after(self, opts),
        )
        self.register_outputs({"function_arn": self.function_arn})


def _parameters(function: str, args: PasswordRotationArgs) -> dict[str, pulumi.Input[str]]:
    schedule = args["schedule"]
    subnets = pulumi.Output.all(*schedule["subnet_ids"]).apply(",".join)
    parameters: dict[str, pulumi.Input[str]] = {
        "endpoint": f"https://secretsmanager.{schedule['region']}.amazonaws.com",
        "functionName": function,
        "vpcSubnetIds": subnets,
        "vpcSecurityGroupIds": schedule["security_group_id"],
        "excludeCharacters": EXCLUDED,
    }
    return {**parameters, "kmsKeyArn": schedule["key_arn"]} if "key_arn" in schedule else parameters
