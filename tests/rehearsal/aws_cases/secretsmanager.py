"""Secrets, their values, policies and rotation."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws
from aws_cases.service_given import named

SECRET = Step(tokens.SECRET, "secret", {"name": "apim/database"})
ABROAD = Step(tokens.SECRET, "abroad", {"name": "apim/database", "region": "eu-west-1"})
GONE = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:apim/gone-a1b2c3"
NO_KEY = "arn:aws:kms:eu-central-1:111122223333:key/one"
INVALID = "InvalidParameterException"


def secret(**inputs: Any) -> Step:
    """Return a secret."""
    return Step(tokens.SECRET, "wrong", {"name": "apim/database", **inputs})


def version(**inputs: Any) -> Step:
    """Return a value of the secret."""
    return Step("aws:secretsmanager/secretVersion:SecretVersion", "wrong", {"secretId": "${secret.id}", **inputs})


def policy(document: str, **inputs: Any) -> Step:
    """Return the policy of the secret."""
    whole = {"secretArn": "${secret.arn}", "policy": document, **inputs}
    return Step("aws:secretsmanager/secretPolicy:SecretPolicy", "wrong", whole)


def rotation(**inputs: Any) -> Step:
    """Return the rotation of the secret."""
    whole = {"secretId": "${secret.id}", "rotationRules": {"automaticallyAfterDays": 30}, **inputs}
    return Step("aws:secretsmanager/secretRotation:SecretRotation", "wrong", whole)


def readable_by(principal: Any) -> str:
    """Return a policy that lets a principal read the secret."""
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _twice(aws: Aws) -> None:
    for _ in range(2):
        aws("secretsmanager").create_secret(Name="apim/database", SecretString="first")


def _replica(aws: Aws) -> None:
    aws("secretsmanager").create_secret(
        Name="apim/database", SecretString="first", AddReplicaRegions=[{"Region": "eu-central-1"}]
    )


def _window(aws: Aws) -> None:
    aws("secretsmanager").create_secret(Name="apim/database", SecretString="first")
    aws("secretsmanager").delete_secret(SecretId="apim/database", RecoveryWindowInDays=3)


SECRETS = (
    Case("Secrets Manager", "name with a space", secret(name="data base"), "ValidationException", path="name"),
    Case(
        "Secrets Manager",
        "name of 513 characters",
        secret(name="s" * 513),
        "ValidationException",
        path="name",
    ),
    Case(
        "Secrets Manager",
        "secret that exists",
        secret(),
        "ResourceExistsException",
        (SECRET,),
        path="name",
        moto=_twice,
    ),
    Case(
        "Secrets Manager",
        "recovery window of 3 days",
        secret(recoveryWindowInDays=3),
        INVALID,
        path="recoveryWindowInDays",
        moto=_window,
    ),
    Case(
        "Secrets Manager",
        "recovery window of two months",
        secret(recoveryWindowInDays=60),
        INVALID,
        path="recoveryWindowInDays",
    ),
    Case(
        "Secrets Manager",
        "policy within the secret that is no JSON",
        secret(policy="allow"),
        "MalformedPolicyDocumentException",
        path="policy",
    ),
    Case(
        "Secrets Manager",
        "description of more than 2048 characters",
        secret(description="d" * 2049),
        INVALID,
        path="description",
    ),
    Case("Secrets Manager", "key that does not exist", secret(kmsKeyId=NO_KEY), "EncryptionFailure", path="kmsKeyId"),
    Case(
        "Secrets Manager",
        "key for signatures",
        secret(kmsKeyId="${key.arn}"),
        "EncryptionFailure",
        (named(KEY, "key", customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY"),),
        path="kmsKeyId",
    ),
    Case(
        "Secrets Manager",
        "key of another region",
        secret(kmsKeyId="${key.arn}"),
        "EncryptionFailure",
        (named(KEY, "key", region="eu-west-1"),),
        path="kmsKeyId",
    ),
    Case(
        "Secrets Manager",
        "replica in the region of the secret",
        secret(replicas=[{"region": "eu-central-1"}]),
        INVALID,
        path="replicas[0].region",
        moto=_replica,
    ),
    Case(
        "Secrets Manager",
        "replica in a region that does not exist",
        secret(replicas=[{"region": "eu-central-9"}]),
        INVALID,
        path="replicas[0].region",
    ),
    Case(
        "Secrets Manager",
        "two replicas in one region",
        secret(replicas=[{"region": "eu-west-1"}, {"region": "eu-west-1"}]),
        INVALID,
        path="replicas",
    ),
    Case(
        "Secrets Manager",
        "replica with a key of the secret's own region",
        secret(replicas=[{"region": "eu-west-1", "kmsKeyId": "${key.arn}"}]),
        "EncryptionFailure",
        (KEY,),
        path="replicas[0].kmsKeyId",
    ),
    Case(
        "Secrets Manager",
        "replica where a secret of that name exists",
        secret(replicas=[{"region": "eu-west-1"}]),
        "ResourceExistsException",
        (ABROAD,),
        path="replicas[0]",
    ),
)

VALUES = (
    Case(
        "Secrets Manager",
        "value of a secret that does not exist",
        version(secretId=GONE, secretString="first"),
        "ResourceNotFoundException",
        path="secretId",
        moto=lambda aws: aws("secretsmanager").put_secret_value(SecretId=GONE, SecretString="first"),
    ),
    Case("Secrets Manager", "value of nothing", version(), "InvalidRequestException", (SECRET,), path="secretString"),
    Case(
        "Secrets Manager",
        "value as text and as bytes",
        version(secretString="first", secretBinary="Zmlyc3Q="),
        "CheckFailure",
        (SECRET,),
        path="secretBinary",
    ),
    Case(
        "Secrets Manager",
        "value of more than 65536 bytes",
        version(secretString="v" * 65537),
        INVALID,
        (SECRET,),
        path="secretString",
    ),
    Case(
        "Secrets Manager",
        "policy of a secret that does not exist",
        policy(readable_by({"AWS": "arn:aws:iam::111122223333:root"}), secretArn=GONE),
        "ResourceNotFoundException",
        path="secretArn",
        moto=lambda aws: aws("secretsmanager").put_resource_policy(
            SecretId=GONE, ResourcePolicy=readable_by({"AWS": "arn:aws:iam::111122223333:root"})
        ),
    ),
    Case(
        "Secrets Manager",
        "policy that is no JSON",
        policy("{"),
        "MalformedPolicyDocumentException",
        (SECRET,),
        path="policy",
    ),
    Case(
        "Secrets Manager",
        "policy without an effect",
        policy(json.dumps({"Statement": [{"Principal": "*", "Action": "*"}]})),
        "MalformedPolicyDocumentException",
        (SECRET,),
        path="policy",
    ),
    Case(
        "Secrets Manager",
        "policy for a role that does not exist",
        policy(readable_by({"AWS": "arn:aws:iam::111122223333:role/nobody"})),
        "MalformedPolicyDocumentException",
        (SECRET,),
        path="policy",
    ),
    Case(
        "Secrets Manager",
        "public policy where these are blocked",
        policy(readable_by("*"), blockPublicPolicy=True),
        "PublicPolicyException",
        (SECRET,),
        path="policy",
    ),
    Case(
        "Secrets Manager",
        "rotation without a function",
        rotation(),
        "InvalidRequestException",
        (SECRET,),
        path="rotationLambdaArn",
    ),
    Case(
        "Secrets Manager",
        "rotation by days and by schedule",
        rotation(rotationRules={"automaticallyAfterDays": 30, "scheduleExpression": "rate(30 days)"}),
        "CheckFailure",
        (SECRET,),
        path="rotationRules",
    ),
    Case(
        "Secrets Manager",
        "rotation after more than 1000 days",
        rotation(rotationRules={"automaticallyAfterDays": 1001}),
        INVALID,
        (SECRET,),
        path="rotationRules.automaticallyAfterDays",
    ),
    Case(
        "Secrets Manager",
        "rotation of a secret that does not exist",
        rotation(secretId=GONE),
        "ResourceNotFoundException",
        path="secretId",
        moto=lambda aws: aws("secretsmanager").rotate_secret(
            SecretId=GONE, RotationRules={"AutomaticallyAfterDays": 30}
        ),
    ),
)

CASES = (*SECRETS, *VALUES)
