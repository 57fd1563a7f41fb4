"""Rows of AWS Backup."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    kms_key,
    located,
    mappings,
    repeated,
    resource_policy,
    role_exists,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "AWS Backup API model, botocore 1.44.5"
INVALID = "InvalidParameterValueException"
LOGICAL_VAULT = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"
COLD_DAYS = 90
"""Days that a recovery point stays in cold storage at least (AWS Backup API model)."""
CONTINUOUS_MOST = 35
SCHEDULE = re.compile(r"cron\((\S+ ){5}\S+\)|rate\(\d+ (minute|hour|day)s?\)")
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:.*|\*")

VAULT = ResourceType(
    token=tokens.BACKUP_VAULT,
    kind="backup vault",
    identifier="{name}",
    arn="arn:aws:backup:{region}:{account}:backup-vault:{name}",
    name=Name("name", pattern=r"[a-zA-Z0-9_-]{2,50}", longest=50, code=INVALID, taken_code="AlreadyExistsException"),
    create_only=frozenset({"name", "kmsKeyArn"}),
    defaults={"forceDestroy": False},
    value_code=INVALID,
    rules=(kms_key("kmsKeyArn", INVALID, "The KMS key {value} does not exist or cannot be used"),),
    outputs=lambda context: {
        "recoveryPoints": 0,
        "kmsKeyArn": context.value("kmsKeyArn", f"arn:aws:kms:{context.region}:{context.account}:alias/aws/backup"),
    },
    quota=Quota(100, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _lifecycle(context: Context, place: str, lifecycle: dict[str, Any]) -> Iterator[Problem]:
    cold, delete = lifecycle.get("coldStorageAfter"), lifecycle.get("deleteAfter")
    if cold and delete and delete < cold + COLD_DAYS:
        message = f"Invalid lifecycle. DeleteAfterDays {delete} cannot be less than {COLD_DAYS} days apart from MoveToColdStorageAfterDays {cold}"
        yield context.problem(INVALID, message, f"{place}.deleteAfter", f"Set {cold + COLD_DAYS} or more.")


def _rules(context: Context) -> Iterator[Problem]:
    for name in repeated(context.get("rules[*].ruleName")):
        yield context.problem(INVALID, f"Duplicate rule name {name}", "rules", "Give each rule its own name.")
    for place, rule in located(context, "rules[*]"):
        for lifecycle in mappings(rule.get("lifecycle")):
            yield from _lifecycle(context, f"{place}.lifecycle", lifecycle)
            kept = lifecycle.get("deleteAfter")
            if rule.get("enableContinuousBackup") and kept and kept > CONTINUOUS_MOST:
                message = f"Invalid retention {kept} for continuous backup: it must be 1 to {CONTINUOUS_MOST} days"
                yield context.problem(INVALID, message, f"{place}.lifecycle.deleteAfter")
        if rule.get("schedule") and not SCHEDULE.fullmatch(str(rule["schedule"])):
            message = f"Invalid schedule expression {rule['schedule']}"
            yield context.problem(INVALID, message, f"{place}.schedule", "Write it like cron(0 3 * * ? *).")
        yield from _windows(context, place, rule)
        yield from _copies(context, place, rule)


def _windows(context: Context, place: str, rule: dict[str, Any]) -> Iterator[Problem]:
    start, end = rule.get("startWindow", 60), rule.get("completionWindow")
    if start < 60:
        message = f"Invalid startWindow {start}: it must be at least 60 minutes"
        yield context.problem(INVALID, message, f"{place}.startWindow", "Set 60 or more.")
    if end is not None and end < start + 60:
        message = (
            f"Invalid completionWindow {end}: it must be at least 60 minutes greater than the start window {start}"
        )
        yield context.problem(INVALID, message, f"{place}.completionWindow", f"Set {start + 60} or more.")


def _copies(context: Context, place: str, rule: dict[str, Any]) -> Iterator[Problem]:
    for index, copy in enumerate(mappings(rule.get("copyActions"))):
        at, arn = f"{place}.copyActions[{index}]", str(copy.get("destinationVaultArn"))
        vault = context.find(tokens.BACKUP_VAULT, arn, "arn", anywhere=True)
        if (
            vault is None
            and f":{context.account}:" in arn
            and context.find(LOGICAL_VAULT, arn, "arn", anywhere=True) is None
        ):
            message = f"The destination backup vault {arn} does not exist"
            yield context.problem(INVALID, message, f"{at}.destinationVaultArn", "Create it in its region first.")
        for lifecycle in mappings(copy.get("lifecycle")):
            yield from _lifecycle(context, f"{at}.lifecycle", lifecycle)


PLAN = ResourceType(
    token=tokens.BACKUP_PLAN,
    kind="backup plan",
    identifier="{uuid}",
    arn="arn:aws:backup:{region}:{account}:backup-plan:{id}",
    name=Name("name", longest=50, code=INVALID, unique=None),
    references=(
        Reference(
            "rules[*].targetVaultName",
            (tokens.BACKUP_VAULT, LOGICAL_VAULT),
            INVALID,
            by="name",
            message="Backup vault {value} does not exist.",
        ),
    ),
    create_only=frozenset({"name"}),
    patterns={"rules[*].ruleName": r"[a-zA-Z0-9_.-]{1,50}"},
    value_code=INVALID,
    missing_code="MissingParameterValueException",
    rules=(_rules,),
    outputs=lambda context: {"version": context.hexadecimal(48, "version")},
    quota=Quota(300, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _chosen(context: Context) -> Iterator[Problem]:
    if not any(context.value(key) for key in ("resources", "notResources", "selectionTags", "conditions")):
        message = "A backup selection needs resources, notResources, conditions or selectionTags"
        yield context.problem(INVALID, message, "resources", "Name what is to be backed up.")
    for path in ("resources[*]", "notResources[*]"):
        for place, arn in located(context, path):
            if not ARN.fullmatch(str(arn)):
                yield context.problem(INVALID, f"Invalid ARN: {arn}", place, "Give an ARN, or '*'.")


def _selection_outputs(context: Context) -> Mapping[str, Any]:
    return {"resources": context.value("resources", []), "notResources": context.value("notResources", [])}


SELECTION = ResourceType(
    token="aws:backup/selection:Selection",  # noqa: S106  a type token, no secret
    kind="backup selection",
    identifier="{uuid}",
    name=Name("name", pattern=r"[a-zA-Z0-9_.-]+", longest=50, code=INVALID, unique=None),
    references=(
        Reference(
            "planId",
            tokens.BACKUP_PLAN,
            INVALID,
            message="Cannot find Backup plan with ID {value}",
            holds=True,
            held_code="InvalidRequestException",
        ),
    ),
    create_only=frozenset({"name", "planId", "iamRoleArn", "resources", "notResources", "selectionTags", "conditions"}),
    enums={"selectionTags[*].type": ("STRINGEQUALS",)},
    value_code=INVALID,
    rules=(
        _chosen,
        role_exists(
            "iamRoleArn",
            INVALID,
            "backup.amazonaws.com",
            missing="IAM Role {value} does not exist",
            trust="IAM Role {value} cannot be assumed by AWS Backup",
        ),
    ),
    outputs=_selection_outputs,
    quota=Quota(100, ("region", "planId"), "LimitExceededException"),
    source=SOURCE,
)

OF_VAULT = Reference(
    "backupVaultName",
    tokens.BACKUP_VAULT,
    "ResourceNotFoundException",
    by="name",
    message="Backup vault {value} does not exist.",
)


def _lock(context: Context) -> Iterator[Problem]:
    low, high = context.value("minRetentionDays", 1), context.value("maxRetentionDays")
    if high is not None and high < low:
        message = f"MaxRetentionDays {high} must be greater than or equal to MinRetentionDays {low}"
        yield context.problem(INVALID, message, "maxRetentionDays", "Raise it.")


VAULT_LOCK = ResourceType(
    token="aws:backup/vaultLockConfiguration:VaultLockConfiguration",  # noqa: S106  a type token, no secret
    kind="vault lock",
    identifier="{backupVaultName}",
    references=(OF_VAULT,),
    create_only=frozenset({"backupVaultName", "changeableForDays", "minRetentionDays", "maxRetentionDays"}),
    ranges={"changeableForDays": (3, 36500), "minRetentionDays": (1, 36500), "maxRetentionDays": (1, 36500)},
    value_code=INVALID,
    rules=(_lock,),
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)


def _vault_arn(context: Context) -> str:
    return f"arn:aws:backup:{context.region}:{context.account}:backup-vault:{context.value('backupVaultName')}"


VAULT_POLICY = ResourceType(
    token="aws:backup/vaultPolicy:VaultPolicy",  # noqa: S106  a type token, no secret
    kind="vault policy",
    identifier="{backupVaultName}",
    references=(OF_VAULT,),
    create_only=frozenset({"backupVaultName"}),
    value_code=INVALID,
    rules=(resource_policy("policy", INVALID),),
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)

VAULT_NOTIFICATIONS = ResourceType(
    token="aws:backup/vaultNotifications:VaultNotifications",  # noqa: S106  a type token, no secret
    kind="vault notifications",
    identifier="{backupVaultName}",
    references=(
        OF_VAULT,
        Reference("snsTopicArn", tokens.TOPIC, INVALID, by="arn", message="SNS topic {value} does not exist"),
    ),
    create_only=frozenset({"backupVaultName", "snsTopicArn", "backupVaultEvents"}),
    value_code=INVALID,
    outputs=lambda context: {"backupVaultArn": _vault_arn(context)},
    source=SOURCE,
)

ROWS = (VAULT, PLAN, SELECTION, VAULT_LOCK, VAULT_POLICY, VAULT_NOTIFICATIONS)
