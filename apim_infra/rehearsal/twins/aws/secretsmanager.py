"""Rows of Secrets Manager. Values of secrets are never shown."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.rules import existing_principals
from apim_infra.rehearsal.twins.aws.regions import region_names
from apim_infra.rehearsal.twins.aws.service_rules import (
    given,
    is_public,
    is_service_key,
    key_problem,
    kms_key,
    located,
    repeated,
    resource_policy,
    seen,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "Secrets Manager API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
ENCRYPTION = "EncryptionFailure"
MALFORMED = "MalformedPolicyDocumentException"
UNUSABLE_KEY = "Secrets Manager can't encrypt the protected secret text using the provided KMS key {value}"
DELETED = f"{tokens.SECRET}#deleted"
RECOVERY = (7, 30)
LONGEST_VALUE = 65536
OF_SECRET = Reference(
    "secretId",
    tokens.SECRET,
    "ResourceNotFoundException",
    by="arn|id|name",
    message="Secrets Manager can't find the specified secret: {value}",
)


def _window(context: Context) -> Iterator[Problem]:
    days = context.value("recoveryWindowInDays", 30)
    if days != 0 and not RECOVERY[0] <= days <= RECOVERY[1]:
        message = (
            f"RecoveryWindowInDays value must be between {RECOVERY[0]} and {RECOVERY[1]} days (inclusive), not {days}"
        )
        yield context.problem(INVALID, message, "recoveryWindowInDays", "Use 7 to 30, or 0 to delete at once.")


def _scheduled(context: Context) -> Iterator[Problem]:
    """Refuse the name of a secret that waits for its deletion."""
    if context.old is None and context.find(DELETED, context.name, "name"):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        hint = "Set recoveryWindowInDays to 0 in short-lived environments, or let the name be made up."
        yield context.problem("InvalidRequestException", message, "name", hint, "public deployment logs")


def _deleted(context: Context) -> Iterator[Thing]:
    """Keep the name of a deleted secret for its recovery window."""
    if context.value("recoveryWindowInDays", 30) != 0:
        name = context.name
        yield Thing(DELETED, context.id, "", context.region, {}, {"name": name, "arn": context.id}, assumed=True)


def _replicas(context: Context) -> Iterator[Problem]:
    for place, replica in located(context, "replicas[*]"):
        region, key = str(replica.get("region")), replica.get("kmsKeyId")
        if region == context.region:
            message = f"Invalid replica region: {region} is the region of the secret itself"
            yield context.problem(INVALID, message, f"{place}.region", "Name another region.")
        elif region not in region_names():
            yield context.problem(INVALID, f"Invalid replica region: {region}", f"{place}.region", "Name a region.")
        elif key and not is_service_key(str(key)):
            problem = key_problem(context, str(key), region, UNUSABLE_KEY)
            if problem:
                yield context.problem(ENCRYPTION, problem[0], f"{place}.kmsKeyId", problem[1])
        if context.world.find(tokens.SECRET, context.name, "name", region) and not context.value(
            "forceOverwriteReplicaSecret", False
        ):
            message = f"The replica region {region} has a secret of the name {context.name} already"
            yield context.problem("ResourceExistsException", message, place, "Set forceOverwriteReplicaSecret.")
    for region in repeated(context.get("replicas[*].region")):
        yield context.problem(INVALID, f"The replica region {region} is given twice", "replicas")


SECRET = ResourceType(
    token=tokens.SECRET,
    kind="secret",
    identifier="{arn}",
    arn="arn:aws:secretsmanager:{region}:{account}:secret:{name}-{hex6}",
    name=Name(
        "name",
        pattern=r"[A-Za-z0-9/_+=.@!-]+",
        longest=512,
        code="ValidationException",
        taken_code="ResourceExistsException",
    ),
    create_only=frozenset({"name"}),
    defaults={"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": 30},
    value_code=INVALID,
    cloudformation="AWS::SecretsManager::Secret",
    rules=(
        _window,
        _scheduled,
        _replicas,
        kms_key("kmsKeyId", ENCRYPTION, UNUSABLE_KEY),
        resource_policy("policy", MALFORMED),
        existing_principals("policy", "resource", MALFORMED),
    ),
    leaves=_deleted,
    outputs=lambda context: {"replicas": context.value("replicas", []), "policy": context.value("policy", "")},
    quota=Quota(500000, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _value(context: Context) -> Iterator[Problem]:
    values = given(context, "secretString", "secretBinary", "secretStringWo")
    if not values:
        message = "You must provide either SecretString or SecretBinary."
        yield context.problem("InvalidRequestException", message, "secretString", "Set secretString.")
    if len(values) > 1:
        message = f"Conflicting configuration arguments: '{values[0]}' conflicts with '{values[1]}'"
        yield context.problem("CheckFailure", message, values[1], "Give one.", "AWS provider")
    for place, value in [found for key in values for found in located(context, key)]:
        size = len(str(value).encode())
        if not 0 < size <= LONGEST_VALUE:
            message = f"The value has {size} bytes; a secret has 1 to {LONGEST_VALUE}"
            yield context.problem(INVALID, message, place, "Keep large values elsewhere.")


def _secret_arn(context: Context) -> str:
    value = context.value("secretId")
    secret = context.find(tokens.SECRET, value, "arn|id|name")
    return str(secret["arn"]) if secret else str(value)


def _version_outputs(context: Context) -> Mapping[str, Any]:
    arn = _secret_arn(context)
    return {
        "arn": arn,
        "secretArn": arn,
        "versionId": f"terraform-{context.hexadecimal(26, 'version')}",
        "versionStages": context.value("versionStages", ["AWSCURRENT"]),
        "hasSecretStringWo": bool(given(context, "secretStringWo")),
    }


SECRET_VERSION = ResourceType(
    token="aws:secretsmanager/secretVersion:SecretVersion",  # noqa: S106  a type token, no secret
    kind="secret version",
    identifier="{secretId}|{versionId}",
    references=(OF_SECRET,),
    create_only=frozenset({"secretId", "secretString", "secretBinary", "secretStringWoVersion"}),
    value_code=INVALID,
    rules=(_value,),
    outputs=_version_outputs,
    secret_outputs=frozenset({"secretString", "secretBinary", "secretStringWo"}),
    source=SOURCE,
)


def _public(context: Context) -> Iterator[Problem]:
    if context.value("blockPublicPolicy", False) and is_public(context.value("policy")):
        message = "The resource policy grants broad access to your secret"
        yield context.problem("PublicPolicyException", message, "policy", "Name principals.")


SECRET_POLICY = ResourceType(
    token="aws:secretsmanager/secretPolicy:SecretPolicy",  # noqa: S106  a type token, no secret
    kind="secret policy",
    identifier="{secretArn}",
    references=(
        Reference(
            "secretArn",
            tokens.SECRET,
            "ResourceNotFoundException",
            by="arn|id|name",
            message="Secrets Manager can't find the specified secret: {value}",
        ),
    ),
    create_only=frozenset({"secretArn"}),
    value_code=INVALID,
    rules=(
        resource_policy("policy", MALFORMED),
        existing_principals("policy", "resource", MALFORMED),
        _public,
    ),
    source=SOURCE,
)


SCHEDULE = re.compile(r"rate\((\d+) (hours?|days?)\)|cron\([^)]+\)")
DURATION = re.compile(r"[1-9]\d{0,2}h")
SHORTEST_HOURS = 4


def _rotation(context: Context) -> Iterator[Problem]:
    rules = given(context, "rotationRules")
    days, schedule = (context.value(f"rotationRules.{key}") for key in ("automaticallyAfterDays", "scheduleExpression"))
    if rules and (days is None) == (schedule is None):
        message = "one of `automatically_after_days,schedule_expression` must be specified"
        yield context.problem("CheckFailure", message, "rotationRules", "Give one of them.", "AWS provider")
    if days is not None and not 1 <= days <= 1000:
        message = f"AutomaticallyAfterDays must be 1 to 1000, not {days}"
        yield context.problem(INVALID, message, "rotationRules.automaticallyAfterDays")
    secret = context.find(tokens.SECRET, context.value("secretId"), "arn|id|name")
    managed = secret is not None and "!" in str(secret["name"])
    if not given(context, "rotationLambdaArn") and secret and not managed:
        message = "No Lambda rotation function ARN is associated with this secret."
        yield context.problem("InvalidRequestException", message, "rotationLambdaArn", "Give a function.")
    if schedule is not None:
        yield from _schedule(context, str(schedule))
    duration = context.value("rotationRules.duration")
    if duration is not None and not DURATION.fullmatch(str(duration)):
        message = f"Duration '{duration}' is not valid: hours such as 3h"
        yield context.problem(INVALID, message, "rotationRules.duration", "Write hours, such as 3h.")


def _schedule(context: Context, schedule: str) -> Iterator[Problem]:
    match, path = SCHEDULE.fullmatch(schedule), "rotationRules.scheduleExpression"
    if match is None:
        message = f"ScheduleExpression '{schedule}' is not valid"
        yield context.problem(INVALID, message, path, "Write rate(30 days), or a cron expression.")
    elif match[1] and int(match[1]) * (24 if match[2].startswith("day") else 1) < SHORTEST_HOURS:
        message = f"ScheduleExpression '{schedule}' is more often than every {SHORTEST_HOURS} hours"
        hint = f"Use rate({SHORTEST_HOURS} hours) or longer."
        yield context.problem(INVALID, message, path, hint, "Secrets Manager user guide, schedule expressions, 2026")


def _rotated_value(context: Context) -> Iterator[Problem]:
    """Warn of a function that could not work with the secret: it would refuse the rotation, long after the deployment."""
    secret = context.find(tokens.SECRET, context.value("secretId"), "arn|id|name")
    function = context.find(tokens.FUNCTION, context.value("rotationLambdaArn"), "arn")
    engine = function["rotates"] if function else None
    if secret is None or not engine:
        return
    names = {secret["arn"], secret["name"], secret.id}
    texts = [
        version.inputs.get("secretString")
        for version in context.all(SECRET_VERSION.token)
        if version.inputs.get("secretId") in names
    ]
    if not texts:
        message = "The secret has no value yet: its rotation would fail"
        yield context.warning("InvalidRequestException", message, "secretId", "Let the rotation depend on the value.")
    for text in texts:
        try:
            value = json.loads(str(text))
        except ValueError:
            value = {}
        entries = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        missing = [key for key in ("engine", "host", "username", "password") if not entries.get(key)]
        if text == UNKNOWN or (not missing and entries["engine"] == engine):
            continue
        fault = f"lacks {', '.join(missing)}" if missing else f"is for {entries['engine']}"
        message = f"The rotation function is for {engine}, and the secret's JSON {fault}: the rotation would fail"
        hint = "Write engine, host, port, username, password and dbname, as the function's template wants them."
        source = "Secrets Manager user guide, rotation function templates, 2026"
        yield context.warning("InvalidRequestException", message, "secretId", hint, source)


SECRET_ROTATION = ResourceType(
    token="aws:secretsmanager/secretRotation:SecretRotation",  # noqa: S106  a type token, no secret
    kind="rotation",
    identifier="{secretId}",
    references=(OF_SECRET,),
    create_only=frozenset({"secretId"}),
    value_code=INVALID,
    rules=(
        _rotation,
        _rotated_value,
        seen("rotationLambdaArn", tokens.FUNCTION, "AccessDeniedException", "Lambda function"),
    ),
    outputs=lambda context: {"rotationEnabled": True},  # noqa: ARG005 - the same whatever is asked
    source=SOURCE,
)

ROWS = (SECRET, SECRET_VERSION, SECRET_POLICY, SECRET_ROTATION)
