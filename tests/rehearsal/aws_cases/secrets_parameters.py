"""Wrong requests to Secrets Manager and the parameter store."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws
from aws_cases.registry_given import MISSING_KEY, MISSING_SECRET, NOT_FOUND, REQUEST, SECRET
from aws_cases.service_given import changed, named, policy_for, without

SECRETS = "InvalidParameterException"
PROVIDER = "CheckFailure"
SSM = "ValidationException"
VERSION = Step(
    "aws:secretsmanager/secretVersion:SecretVersion", "version", {"secretId": "${secret.id}", "secretString": "{}"}
)
SECRET_POLICY = Step(
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "secret_policy",
    {"secretArn": "${secret.arn}", "policy": policy_for("rds.amazonaws.com", "secretsmanager:GetSecretValue")},
)
ROTATION = Step(
    "aws:secretsmanager/secretRotation:SecretRotation",
    "rotation",
    {"secretId": "${secret.id}", "rotationRules": {"automaticallyAfterDays": 30}},
)
PARAMETER = Step(
    "aws:ssm/parameter:Parameter", "parameter", {"name": "/apim/host", "type": "String", "value": "api.example.com"}
)


def secret(wrong: str, code: str = SECRETS, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong secret."""
    return Case("Secrets Manager", wrong, changed(SECRET, **inputs), code, given, moto=moto)


def parameter(wrong: str, code: str = SSM, given: tuple[Step, ...] = (), moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong parameter."""
    return Case("Systems Manager", wrong, changed(PARAMETER, **inputs), code, given, moto=moto)


def moto_secret_twice(aws: Aws) -> None:
    """Make one secret twice in moto."""
    for _ in range(2):
        aws("secretsmanager").create_secret(Name="apim/database", SecretString="{}")


def moto_parameter_twice(aws: Aws) -> None:
    """Make one parameter twice in moto."""
    for _ in range(2):
        aws("ssm").put_parameter(Name="/apim/host", Type="String", Value="api.example.com")


SECRET_CASES = (
    secret("name of a secret with a space", "ValidationException", name="apim database"),
    secret(
        "secret of a name that is taken", "ResourceExistsException", (named(SECRET, "first"),), moto=moto_secret_twice
    ),
    secret("recovery window of three days", recoveryWindowInDays=3),
    secret("recovery window of two months", recoveryWindowInDays=60),
    secret("secret encrypted with a key that does not exist", "EncryptionFailure", kmsKeyId=MISSING_KEY),
    secret(
        "secret encrypted with a key of another region",
        "EncryptionFailure",
        (Step(tokens.KEY, "far", {"region": "eu-west-1"}),),
        kmsKeyId="${far.arn}",
    ),
    secret("replica of a secret in its own region", replicas=[{"region": "eu-central-1"}]),
    secret("replica of a secret in a region that does not exist", replicas=[{"region": "eu-central-9"}]),
    secret(
        "replica with a key of the secret's region",
        "EncryptionFailure",
        (KEY,),
        replicas=[{"region": "eu-west-1", "kmsKeyId": "${key.arn}"}],
    ),
    secret("policy of a secret that is no JSON", "MalformedPolicyDocumentException", policy="allow"),
    Case(
        "Secrets Manager", "value of a secret that does not exist", changed(VERSION, secretId=MISSING_SECRET), NOT_FOUND
    ),
    Case("Secrets Manager", "version without a value", without(VERSION, "secretString"), REQUEST, (SECRET,)),
    Case("Secrets Manager", "value that is too long", changed(VERSION, secretString="x" * 70000), SECRETS, (SECRET,)),
    Case("Secrets Manager", "value given twice", changed(VERSION, secretBinary="e30="), PROVIDER, (SECRET,)),
    Case(
        "Secrets Manager",
        "policy of a secret that does not exist",
        changed(SECRET_POLICY, secretArn=MISSING_SECRET),
        NOT_FOUND,
    ),
    Case(
        "Secrets Manager",
        "policy without an effect",
        changed(SECRET_POLICY, policy=json.dumps({"Statement": [{"Principal": "*", "Action": "*"}]})),
        "MalformedPolicyDocumentException",
        (SECRET,),
    ),
    Case(
        "Secrets Manager",
        "public policy that is blocked",
        changed(
            SECRET_POLICY,
            blockPublicPolicy=True,
            policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}),
        ),
        "PublicPolicyException",
        (SECRET,),
    ),
    Case("Secrets Manager", "rotation without a function", ROTATION, REQUEST, (SECRET,)),
    Case(
        "Secrets Manager",
        "rotation by a function that does not exist",
        changed(ROTATION, rotationLambdaArn="arn:aws:lambda:eu-central-1:111122223333:function:missing"),
        "AccessDeniedException",
        (SECRET,),
    ),
    Case(
        "Secrets Manager",
        "rotation every five years",
        changed(ROTATION, rotationRules={"automaticallyAfterDays": 1825}),
        SECRETS,
        (SECRET,),
    ),
)
PARAMETER_CASES = (
    parameter(
        "parameter of a name that is taken",
        "ParameterAlreadyExists",
        (named(PARAMETER, "first"),),
        moto=moto_parameter_twice,
    ),
    parameter("name of a parameter in AWS's own hierarchy", name="/aws/apim/host"),
    parameter("hierarchical name without a slash in front", name="apim/host"),
    parameter("name of a parameter with a space", name="/apim/my host"),
    parameter(
        "more than 15 levels", "HierarchyLevelLimitExceededException", name="/" + "/".join(str(n) for n in range(16))
    ),
    parameter("unknown type of parameter", type="Number"),
    parameter("value above the tier's size", value="x" * 5000),
    parameter("parameter without a value", PROVIDER, value=None),
    parameter("key on a parameter that is no secret", given=(KEY,), keyId="${key.keyId}"),
    parameter("key of a parameter that does not exist", "InvalidKeyId", type="SecureString", keyId="alias/missing"),
    parameter("value that its pattern excludes", "ParameterPatternMismatchException", allowedPattern="^[0-9]+$"),
    parameter("unknown tier", tier="Premium"),
)

CASES = (*SECRET_CASES, *PARAMETER_CASES)
