"""Rows of AWS Backup: plans and selections."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import available_timezones

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.backup_vaults import INVALID, SOURCE, VAULT_LOCK_TOKEN
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.schedules import cron_faults
from apim_infra.rehearsal.twins.aws.service_rules import (
    attached_policies,
    find_role,
    has_inline_policies,
    located,
    mappings,
    repeated,
    role_exists,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

LOGICAL_VAULT = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"
COLD_DAYS = 90
"""Days that a recovery point stays in cold storage at least (AWS Backup API model)."""
CONTINUOUS_MOST = 35
RATE = re.compile(r"rate\(\d+ (minute|hour|day)s?\)")
TAG_KEY = re.compile(r"aws:ResourceTag/.{1,128}")
MOST_ARNS = 500
MOST_WILDCARDS = 30
LONGEST_WINDOW = 52_560_000
"""Minutes of a window, a hundred years (AWS Backup API model)."""
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:.*|\*")


def _lifecycle(context: Context, place: str, lifecycle: dict[str, Any]) -> Iterator[Problem]:
    cold, delete = lifecycle.get("coldStorageAfter"), lifecycle.get("deleteAfter")
    for key, days in (("coldStorageAfter", cold), ("deleteAfter", delete)):
        if days is not None and days < 1:
            message = f"Invalid lifecycle. {key} must be at least 1 day, not {days}"
            yield context.problem(INVALID, message, f"{place}.{key}", "Set 1 or more.")
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
            if rule.get("enableContinuousBackup") and lifecycle.get("coldStorageAfter"):
                message = "Continuous backups cannot be moved to cold storage"
                yield context.problem(INVALID, message, f"{place}.lifecycle.coldStorageAfter", "Leave it out.")
        # Without a lifecycle backups are kept for ever.
        for lifecycle in mappings(rule.get("lifecycle")) or [{}]:
            yield from _against_lock(context, f"{place}.lifecycle", lifecycle, rule.get("targetVaultName"), "name")
        yield from _schedule(context, place, rule)
        yield from _windows(context, place, rule)
        yield from _copies(context, place, rule)


def _schedule(context: Context, place: str, rule: dict[str, Any]) -> Iterator[Problem]:
    schedule, zone = rule.get("schedule"), rule.get("scheduleExpressionTimezone")
    if schedule and not RATE.fullmatch(str(schedule)):
        for fault in cron_faults(str(schedule)):
            message = f"Invalid schedule expression {schedule}: {fault}"
            yield context.problem(INVALID, message, f"{place}.schedule", "Write it like cron(0 3 * * ? *).")
    if zone and str(zone) not in available_timezones():
        message = f"Invalid schedule expression timezone {zone}"
        yield context.problem(INVALID, message, f"{place}.scheduleExpressionTimezone", "Write it like Europe/Berlin.")


def _against_lock(context: Context, place: str, lifecycle: dict[str, Any], vault: Any, by: str) -> Iterator[Problem]:
    """Warn of a retention that the lock of a vault does not take: the plan is accepted, and every job into the vault fails."""
    found = context.find(tokens.BACKUP_VAULT, vault, by, anywhere=by == "arn")
    if found is None:
        return
    kept = lifecycle.get("deleteAfter")
    for lock in context.world.all(VAULT_LOCK_TOKEN, found.region):
        if lock.inputs.get("backupVaultName") != found["name"]:
            continue
        low, high = lock.inputs.get("minRetentionDays") or 1, lock.inputs.get("maxRetentionDays")
        if (kept is not None and kept < low) or (high is not None and (kept is None or kept > high)):
            bounds = f"{low} days or more" if high is None else f"{low} to {high} days"
            message = f"the lock of {found['name']} takes backups that are kept for {bounds}: those of this rule fail"
            yield context.warning("VaultLockRetention", message, f"{place}.deleteAfter", "Agree the two.")


def _windows(context: Context, place: str, rule: dict[str, Any]) -> Iterator[Problem]:
    start, end = rule.get("startWindow", 60), rule.get("completionWindow")
    if start < 60:
        message = f"Invalid startWindow {start}: it must be at least 60 minutes"
        yield context.problem(INVALID, message, f"{place}.startWindow", "Set 60 or more.")
    for key in ("startWindow", "completionWindow"):
        if rule.get(key, 0) > LONGEST_WINDOW:
            message = f"Invalid {key} {rule[key]}: it must be at most {LONGEST_WINDOW} minutes"
            yield context.problem(INVALID, message, f"{place}.{key}", "Set less.")
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
        if vault is not None and vault.region == context.region and vault["name"] == rule.get("targetVaultName"):
            message = f"The destination backup vault {arn} is the vault of the rule itself"
            yield context.problem(INVALID, message, f"{at}.destinationVaultArn", "Name another vault.")
        for lifecycle in mappings(copy.get("lifecycle")):
            yield from _lifecycle(context, f"{at}.lifecycle", lifecycle)
            yield from _against_lock(context, f"{at}.lifecycle", lifecycle, arn, "arn")


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


def _amount(context: Context) -> Iterator[Problem]:
    for path in ("resources", "notResources"):
        arns = [str(arn) for arn in context.get(f"{path}[*]")]
        wild = [arn for arn in arns if "*" in arn]
        for found, most, what in ((arns, MOST_ARNS, "ARNs"), (wild, MOST_WILDCARDS, "ARNs with wildcards")):
            if len(found) > most:
                message = f"A backup selection takes at most {most} {what}, not {len(found)}"
                yield context.problem(INVALID, message, path, "Select by tags.")


def _conditions(context: Context) -> Iterator[Problem]:
    for kind in ("stringEquals", "stringLikes", "stringNotEquals", "stringNotLikes"):
        for place, key in located(context, f"conditions[*].{kind}[*].key"):
            if not TAG_KEY.fullmatch(str(key)):
                message = f"Invalid condition key {key}: it must begin with aws:ResourceTag/"
                yield context.problem(INVALID, message, place, f"Write aws:ResourceTag/{key}.")


def _rights(context: Context) -> Iterator[Problem]:
    """Warn of a role that may do nothing: the selection is accepted, and every job fails."""
    role = find_role(context, context.value("iamRoleArn"))
    if role and not role.assumed and not attached_policies(context, role) and not has_inline_policies(context, role):
        message = f"the role {role['name']} has no policy: AWS Backup can back up nothing with it"
        hint = "Attach AWSBackupServiceRolePolicyForBackup, and let the selection depend on it."
        yield context.warning("AccessDeniedException", message, "iamRoleArn", hint)


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
        _amount,
        _conditions,
        _rights,
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

ROWS = (PLAN, SELECTION)
