"""AWS Backup: a plan with copies into another region passes, and goes."""

import re

from aws_cases.case import Scene, Step
from aws_cases.service_given import policy_for, role

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
STEPS = (
    Step(tokens.BACKUP_VAULT, "vault", {"name": "vault"}),
    Step(tokens.BACKUP_VAULT, "far", {"name": "vault", "region": "eu-west-1"}),
    Step(tokens.TOPIC, "topic", {"name": "backups"}),
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
    role("backups", "backup.amazonaws.com"),
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
