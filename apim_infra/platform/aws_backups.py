"""Backups beside the stores' own, and what the recovery region holds, from the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from apim_infra.planning.backup_rules import BEGIN_HOUR
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import STACK_TAG, Naming
from apim_infra.settings.backup import VaultLock
from apim_infra.settings.environment import Tier
from apim_infra.settings.stack import StackSettings
from components.aws.alarms import Alarms
from components.aws.backup import RecoveryKeys
from components.aws.backup_plan import BackupPlan, BackupPlanArgs
from components.aws.backup_vault import BackupVault, BackupVaultArgs
from components.aws.bucket_replication import BucketReplication
from components.aws.registry import RegistryReplication
from components.aws.secrets import SecretReplicaArgs
from components.aws.storage import LogBucket
from components.aws.tags import BACKUP_TAG, DAILY_BACKUP, Tags


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the recovery region lends to stores and buckets of this one; empty without such a region."""

    region: str
    """The recovery region."""
    key_arns: Mapping[str, pulumi.Output[str]]
    """Purpose of a key, `stores` or `logs`, to the ARN of its replica there."""
    secret_replicas: Sequence[SecretReplicaArgs]
    """Copies that each secret of the platform has there."""


@dataclass(frozen=True, slots=True)
class BackupParts:
    """What backups and copies are made of, beside settings and keys."""

    logs: LogBucket
    """The log bucket."""
    recovery: Recovery
    alarms: Alarms | None
    """Whoever hears of alarms hears of backups that fail; nobody does without alarms."""


def build_recovery(settings: StackSettings, naming: Naming, foundation: Foundation) -> Recovery:
    """Build the replicas of the keys under which the recovery region holds its copies."""
    region, copies = settings.recovery.region, settings.recovery.copies
    if region is None:
        return Recovery("", {}, ())
    primary_key_arns = {"stores": foundation.keys.stores_key_arn}
    if copies.logs:
        primary_key_arns["logs"] = foundation.keys.logs_key_arn
    keys = RecoveryKeys(
        naming.name("recovery-keys"),
        {
            "recovery_region": region,
            "primary_key_arns": primary_key_arns,
            "deletion_protection": settings.deletion_protection,
            "keep": settings.deletion_protection,
            "tags": naming.tags,
        },
        foundation.options,
    )
    replica: SecretReplicaArgs = {"region": region, "key_arn": keys.key_arns["stores"]}
    return Recovery(region, keys.key_arns, (replica,) if copies.secrets else ())


def backup_tags(settings: StackSettings) -> Tags:
    """Return the tags that put a resource into the daily plan; none without one."""
    return DAILY_BACKUP if settings.backup.enabled else {}


def volume_tags(naming: Naming) -> Tags:
    """Return the tags of every volume of a pod, whether or not there is a plan yet: a storage class cannot be changed, nor what it has made be tagged by it."""
    return {STACK_TAG: naming.tags[STACK_TAG], **DAILY_BACKUP}


def build_backups(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts
) -> Mapping[str, pulumi.Input[object]]:
    """Build vaults, plan and copies; return what the stack exports of them."""
    exports: dict[str, pulumi.Input[object]] = {}
    recovery = parts.recovery
    copies = settings.recovery.copies
    if settings.backup.enabled:
        exports["backup_vaults"] = _build_plan(settings, naming, foundation, parts)
    if not recovery.region:
        return exports
    if copies.images:
        replication = RegistryReplication(
            naming.name("registry-copies"),
            {"prefix": naming.prefix, "account_id": foundation.account_id, "recovery_region": recovery.region},
            foundation.options,
        )
        exports["image_copies"] = replication.url
    if copies.logs:
        exports["log_bucket_copy"] = _copy_logs(settings, naming, foundation, parts)
    return exports


def _build_plan(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts
) -> Mapping[str, pulumi.Output[str]]:
    """Build the vaults and the plan; return the vaults' names by region."""
    backup, recovery = settings.backup, parts.recovery
    args: BackupVaultArgs = {
        **_vault_args(settings, naming, foundation),
        "minimum_retention_days": backup.retention_days,
    }
    if parts.alarms is not None:
        # The topic's ARN as its policy has it: the policy comes first.
        args["topic_arn"] = parts.alarms.topic_policy.arn
    vault = BackupVault(naming.name("vault"), args, foundation.options)
    plan: BackupPlanArgs = {
        "vault_name": vault.name,
        "account_id": foundation.account_id,
        "selected_by": {STACK_TAG: naming.tags[STACK_TAG], BACKUP_TAG: DAILY_BACKUP[BACKUP_TAG]},
        "schedule": f"cron(0 {BEGIN_HOUR} ? * * *)",
        "retention_days": backup.retention_days,
        "tags": naming.tags,
    }
    vaults = {settings.region: vault.name}
    if recovery.region:
        copies = BackupVault(
            naming.name("copies"),
            {
                **_vault_args(settings, naming, foundation),
                "region": recovery.region,
                "key_arn": recovery.key_arns["stores"],
                "minimum_retention_days": backup.copy_retention_days,
            },
            foundation.options,
        )
        plan["copy_vault_arn"] = copies.arn
        plan["copy_retention_days"] = backup.copy_retention_days
        vaults[recovery.region] = copies.name
    BackupPlan(naming.name("daily"), plan, foundation.options)
    return vaults


def _vault_args(settings: StackSettings, naming: Naming, foundation: Foundation) -> BackupVaultArgs:
    lock = settings.backup.vault_lock
    return {
        "key_arn": foundation.keys.stores_key_arn,
        "account_id": foundation.account_id,
        "lock": str(lock),
        "lock_grace_days": settings.backup.lock_grace_days,
        # A locked vault cannot be emptied.
        "empty_on_delete": settings.tier is Tier.DEV and lock is VaultLock.NONE,
        "deletion_protection": settings.deletion_protection,
        "keep": settings.deletion_protection,
        "tags": naming.tags,
    }


def _copy_logs(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts
) -> pulumi.Output[str]:
    """Build the bucket of the recovery region and the replication to it; return its name."""
    logs, recovery = parts.logs, parts.recovery
    copy = LogBucket(
        naming.name("logs-copy"),
        {
            "region": recovery.region,
            "key_arn": recovery.key_arns["logs"],
            "empty_on_delete": settings.tier is Tier.DEV,
            "deletion_protection": settings.deletion_protection,
            "keep": settings.deletion_protection,
            "tags": naming.tags,
        },
        foundation.options,
    )
    BucketReplication(
        naming.name("logs-replication"),
        {
            "bucket_name": logs.name,
            "bucket_arn": logs.arn,
            "region": settings.region,
            "copy_arn": copy.arn,
            "copy_region": recovery.region,
            "account_id": foundation.account_id,
            "key_arn": foundation.keys.logs_key_arn,
            "copy_key_arn": recovery.key_arns["logs"],
            "tags": naming.tags,
        },
        pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[logs, copy])),
    )
    return copy.name


def own_images(settings: StackSettings) -> str | None:
    """Return the registry that a rebuilt platform pulls its own programs from; None for the one that it builds."""
    return settings.recovery.restore.images if settings.recovery.restore else None
