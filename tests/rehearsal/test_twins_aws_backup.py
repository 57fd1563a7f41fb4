"""AWS Backup: a plan with copies into another region passes, and goes."""

import re
from typing import Any

import pytest
from aws_cases.case import Case, Scene, Step, refusals
from aws_cases.service_given import attached, changed, named, policy_for, role

from apim_infra.rehearsal.twins.aws import tokens

DAILY = {
    "ruleName": "daily",
    "targetVaultName": "${vault.name}",
    "schedule": "cron(0 3 * * ? *)",
    "startWindow": 60,
    "completionWindow": 180,
    "lifecycle": {"deleteAfter": 35},
    "enableContinuousBackup": True,
    "copyActions": [{"destinationVaultArn": "${far.arn}", "lifecycle": {"coldStorageAfter": 30, "deleteAfter": 120}}],
}
BACKUP_ROLE = role("backups", "backup.amazonaws.com")
STEPS = (
    Step(tokens.BACKUP_VAULT, "vault", {"name": "vault"}),
    Step(tokens.BACKUP_VAULT, "far", {"name": "vault", "region": "eu-west-1"}),
    Step(tokens.TOPIC, "topic", {"name": "backups", "policy": policy_for("backup.amazonaws.com", "sns:Publish")}),
    Step(
        "aws:backup/vaultNotifications:VaultNotifications",
        "notifications",
        {"backupVaultName": "vault", "snsTopicArn": "${topic.arn}", "backupVaultEvents": ["BACKUP_JOB_FAILED"]},
    ),
    Step(
        "aws:backup/vaultPolicy:VaultPolicy",
        "policy",
        {"backupVaultName": "vault", "policy": policy_for("backup.amazonaws.com", "backup:CopyIntoBackupVault")},
    ),
    Step(
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        "lock",
        {"backupVaultName": "vault", "minRetentionDays": 7, "maxRetentionDays": 365, "changeableForDays": 7},
    ),
    Step(tokens.BACKUP_PLAN, "plan", {"name": "plan", "rules": [DAILY]}),
    BACKUP_ROLE,
    *attached(BACKUP_ROLE, "service-role/AWSBackupServiceRolePolicyForBackup"),
    Step(
        "aws:backup/selection:Selection",
        "selection",
        {
            "name": "databases",
            "planId": "${plan.id}",
            "iamRoleArn": "${backups.arn}",
            "selectionTags": [{"type": "STRINGEQUALS", "key": "backup", "value": "daily"}],
        },
    ),
)


def test_a_plan_with_copies_and_selections_passes_and_goes() -> None:
    scene = Scene()
    for step in STEPS:
        assert scene.create(step).warnings == (), step.name
    assert scene.look_up("vault", "arn") == "arn:aws:backup:eu-central-1:111122223333:backup-vault:vault"
    assert scene.look_up("far", "arn").startswith("arn:aws:backup:eu-west-1:")
    assert scene.look_up("vault", "recoveryPoints") == 0
    assert re.fullmatch(r"[0-9a-f-]{36}", scene.made["plan"][1].id)
    assert scene.look_up("plan", "arn").endswith(f":backup-plan:{scene.made['plan'][1].id}")
    assert scene.look_up("lock", "backupVaultArn") == scene.look_up("vault", "arn")
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def warned(step: Step, *given: Step) -> list[str]:
    scene = Scene()
    for each in given:
        scene.create(each)
    return [problem.code for problem in scene.create(step).warnings]


VAULT, FAR = STEPS[0], STEPS[1]
LOCK = STEPS[5]
PLAN = STEPS[6]


def kept(days: int | None) -> Step:
    """Return the plan with one rule that keeps for so many days, without copies and continuous backups."""
    lifecycle = {} if days is None else {"lifecycle": {"deleteAfter": days}}
    rule = {key: DAILY[key] for key in ("ruleName", "targetVaultName", "schedule")}
    return changed(PLAN, rules=[{**rule, **lifecycle}])


@pytest.mark.parametrize(("days", "taken"), [(6, False), (7, True), (365, True), (366, False), (None, False)])
def test_a_plan_whose_backups_a_lock_would_refuse_is_warned_of(days: int | None, taken: bool) -> None:
    """AWS takes such a plan, and every job fails."""
    assert warned(kept(days), VAULT, LOCK) == ([] if taken else ["VaultLockRetention"])


def test_the_lock_of_the_vault_of_copies_counts_too() -> None:
    far_lock = named(LOCK, "far_lock", region="eu-west-1", minRetentionDays=200, maxRetentionDays=None)
    plan = changed(PLAN, rules=[{**DAILY, "enableContinuousBackup": False}])
    assert warned(plan, VAULT, FAR, far_lock) == ["VaultLockRetention"]
    assert warned(plan, VAULT, FAR) == []


def test_a_role_without_rights_and_a_deaf_topic_are_warned_of() -> None:
    selection, notifications = STEPS[-1], STEPS[3]
    assert warned(selection, VAULT, kept(30), BACKUP_ROLE) == ["AccessDeniedException"]
    deaf = Step(tokens.TOPIC, "topic", {"name": "backups"})
    assert warned(notifications, VAULT, deaf) == ["AuthorizationError"]
    separate = Step(
        "aws:sns/topicPolicy:TopicPolicy",
        "access",
        {"arn": "${topic.arn}", "policy": policy_for("backup.amazonaws.com", "sns:Publish", "${topic.arn}")},
    )
    assert warned(notifications, VAULT, deaf, separate) == []


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 5 ? * * *)",
        "cron(0/15 8-17 ? * MON-FRI *)",
        "cron(0 3 L * ? *)",
        "cron(0 3 ? JAN,JUL 2#1 2026)",
        "rate(1 day)",
    ],
)
def test_schedules_that_aws_takes(schedule: str) -> None:
    plan = changed(PLAN, rules=[{**DAILY, "copyActions": [], "schedule": schedule}])
    assert refusals(Case("Backup", schedule, plan, "", (VAULT,))) == ()


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 5 * * * *)", "cron(0 5 ? * ? *)", "cron(60 5 ? * * *)", "cron(0 24 ? * * *)", "cron(0 5 ? * 8 *)", "cron(0 5 ? * *)",
        "cron(0 5 0 * ? *)", "cron(0/0 5 ? * * *)", "cron(0 5 ? FOO * *)", "0 5 * * *", "rate(day)",
    ],
)  # fmt: skip
def test_schedules_that_aws_refuses(schedule: str) -> None:
    plan = changed(PLAN, rules=[{**DAILY, "copyActions": [], "schedule": schedule}])
    problems: Any = refusals(Case("Backup", schedule, plan, "", (VAULT,)))
    assert {(problem.code, problem.path) for problem in problems} == {
        ("InvalidParameterValueException", "rules[0].schedule")
    }
