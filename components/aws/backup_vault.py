"""A vault of AWS Backup that keeps what is put into it."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, document
from components.aws.tags import Tags
from components.common import refuse

LOCKS = ("none", "governance", "compliance")
"""Modes of a vault lock: none, one that some administrators can take off, one that nobody can (AWS Backup developer guide, Vault Lock, 2026)."""

SHORTEST_GRACE_DAYS = 3
"""AWS Backup keeps a lock of mode compliance open for 72 hours at least (API reference, PutBackupVaultLockConfiguration)."""

FAILURES = ("BACKUP_JOB_FAILED", "COPY_JOB_FAILED", "BACKUP_JOB_EXPIRED")
"""Events that somebody should hear of (API reference, PutBackupVaultNotifications)."""


class BackupVaultArgs(TypedDict):
    """Arguments of `BackupVault`."""

    key_arn: pulumi.Input[str]
    """KMS key of the vault's region; it encrypts copies, and backups of services that leave encryption to AWS Backup."""
    account_id: pulumi.Input[str]
    """Account of the vault."""
    region: NotRequired[str]
    """Region of the vault; the provider's own by default."""
    lock: NotRequired[str]
    """`governance` (some administrators can take it off), `compliance` (nobody can after the grace days), or `none`; default `none`."""
    lock_grace_days: NotRequired[int]
    """How long a lock of mode `compliance` can still be taken off, 3 days or more; default 7."""
    minimum_retention_days: NotRequired[int]
    """With a lock: backups that would be kept for fewer days are refused, so that nobody shortens the plan; default 1."""
    maximum_retention_days: NotRequired[int]
    """With a lock: backups that would be kept for more days are refused; no limit by default."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic of the vault's region that hears of failed jobs; it must let AWS Backup publish; nobody hears of them by default."""
    empty_on_delete: NotRequired[pulumi.Input[bool]]
    """Whether deleting the vault deletes its backups first; otherwise AWS refuses to delete a vault with backups; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the vault; default false."""
    keep: NotRequired[bool]
    """Whether vault and policy outlive the stack; default false. A lock never does: one that is no longer asked for is taken off while it can be."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: BackupVaultArgs) -> Iterator[tuple[str, str]]:
    lock, grace = args.get("lock", "none"), args.get("lock_grace_days", 7)
    if lock not in LOCKS:
        yield "lock", f"'{lock}' is no lock: use {', '.join(LOCKS)}"
    if grace < SHORTEST_GRACE_DAYS:
        yield "lock_grace_days", f"{grace} days: AWS Backup takes {SHORTEST_GRACE_DAYS} or more"
    low, high = args.get("minimum_retention_days", 1), args.get("maximum_retention_days")
    if low < 1:
        yield "minimum_retention_days", "must be 1 or more"
    if high is not None and high < low:
        yield "maximum_retention_days", f"{high} days: must be {low} or more, the shortest retention"


class BackupVault(pulumi.ComponentResource):
    """An encrypted vault whose backups only their own lifecycle deletes, locked if wanted.

    It is named automatically: a vault that outlived its stack does not stand in the way of the next.
    """

    name: pulumi.Output[str]
    """Name of the vault."""
    arn: pulumi.Output[str]
    """ARN of the vault."""

    def __init__(self, name: str, args: BackupVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BackupVault", name, {**args}, opts)
        refuse(name, _problems(args))
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=args.get("keep") or None)
        self.vault = aws.backup.Vault(
            f"{name}-vault",
            region=args.get("region"),
            kms_key_arn=args["key_arn"],
            force_destroy=args.get("empty_on_delete", False),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(
                kept, pulumi.ResourceOptions(protect=args.get("deletion_protection") or None)
            ),
        )
        self.policy = aws.backup.VaultPolicy(
            f"{name}-policy",
            region=args.get("region"),
            backup_vault_name=self.vault.name,
            policy=document([_nobody_deletes(args["account_id"])]),
            opts=kept,
        )
        self.lock = self._lock(name, args)
        self.notifications = self._notifications(name, args)
        self.name = self.vault.name
        self.arn = self.vault.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _lock(self, name: str, args: BackupVaultArgs) -> aws.backup.VaultLockConfiguration | None:
        mode = args.get("lock", "none")
        if mode == "none":
            return None
        return aws.backup.VaultLockConfiguration(
            f"{name}-lock",
            region=args.get("region"),
            backup_vault_name=self.vault.name,
            # Its presence alone makes the mode compliance.
            changeable_for_days=args.get("lock_grace_days", 7) if mode == "compliance" else None,
            min_retention_days=args.get("minimum_retention_days", 1),
            max_retention_days=args.get("maximum_retention_days"),
            # Every change replaces the lock, and a vault has one: the old one deleted last would take the new one along.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _notifications(self, name: str, args: BackupVaultArgs) -> aws.backup.VaultNotifications | None:
        if "topic_arn" not in args:
            return None
        return aws.backup.VaultNotifications(
            f"{name}-notifications",
            region=args.get("region"),
            backup_vault_name=self.vault.name,
            sns_topic_arn=args["topic_arn"],
            backup_vault_events=list(FAILURES),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _nobody_deletes(account_id: pulumi.Input[str]) -> Statement:
    """Deny deletion to everybody but AWS Backup itself, which deletes what has reached its age."""
    service_role = "arn:aws:iam::{0}:role/aws-service-role/backup.amazonaws.com/*"
    condition: dict[str, Any] = {
        "ArnNotLike": {"aws:PrincipalArn": pulumi.Output.format(service_role, account_id)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    return {
        "Sid": "NobodyDeletes",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [
            "backup:DeleteRecoveryPoint",
            "backup:DisassociateRecoveryPoint",
            "backup:UpdateRecoveryPointLifecycle",
        ],
        "Resource": "*",
        "Condition": condition,
    }
