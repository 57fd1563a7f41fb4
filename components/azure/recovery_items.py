"""What a Recovery Services vault backs up: file shares and machines, each with its daily policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

FABRIC = "Azure"
"""The one fabric of what runs in Azure itself (REST reference of Azure Backup, 2026)."""

SCHEDULE_DAY = "2026-01-01"
"""A schedule is a time of a day; Azure asks for a date before it and disregards that (REST reference of Azure Backup, 2026)."""

SNAPSHOT_DAYS = 5
"""How long snapshots of a share stay in its own account where the vault holds copies: for a fast restore."""

INSTANT_RESTORE_DAYS = 2
"""How long a snapshot is kept beside the machine for a fast restore; less than the retention in the vault."""


class Share(TypedDict):
    """A file share."""

    account_id: pulumi.Input[str]
    """Storage account of the share."""
    account: pulumi.Input[str]
    """Its name."""
    share: pulumi.Input[str]
    """Name of the share; Azure Backup takes no share of NFS."""
    ready: NotRequired[pulumi.Resource]
    """What must be there before the share can be found; nothing by default."""


class Machine(TypedDict):
    """A virtual machine."""

    id: pulumi.Input[str]
    """Identifier of the machine."""
    name: pulumi.Input[str]
    """Its name."""


@dataclass(frozen=True, slots=True)
class VaultGround:
    """Where policies and protected items go."""

    resource_group_name: pulumi.Input[str]
    vault_name: pulumi.Input[str]
    daily_at: str
    """When backups begin, as hours and minutes in UTC."""
    options: pulumi.ResourceOptions

    @property
    def times(self) -> list[str]:
        """The schedule, as Azure writes it."""
        return [f"{SCHEDULE_DAY}T{self.daily_at}:00Z"]


def file_policy(name: str, ground: VaultGround, days: int, *, vaulted: bool) -> azure.recoveryservices.ProtectionPolicy:
    """Make the daily policy of file shares: snapshots in the account, or copies in the vault too, which are as redundant as the vault."""
    kept = _kept(ground, days)
    return azure.recoveryservices.ProtectionPolicy(
        name,
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        properties=azure.recoveryservices.AzureFileShareProtectionPolicyArgs(
            backup_management_type="AzureStorage",
            work_load_type="AzureFileShare",
            time_zone="UTC",
            schedule_policy=azure.recoveryservices.SimpleSchedulePolicyArgs(
                schedule_policy_type="SimpleSchedulePolicy",
                schedule_run_frequency="Daily",
                schedule_run_times=ground.times,
            ),
            retention_policy=None if vaulted else kept,
            vault_retention_policy=(
                azure.recoveryservices.VaultRetentionPolicyArgs(
                    snapshot_retention_in_days=min(days, SNAPSHOT_DAYS), vault_retention=kept
                )
                if vaulted
                else None
            ),
        ),
        opts=ground.options,
    )


def machine_policy(name: str, ground: VaultGround, days: int) -> azure.recoveryservices.ProtectionPolicy:
    """Make the daily policy of machines: the enhanced one, which alone takes machines of trusted launch and disks of Premium SSD v2."""
    return azure.recoveryservices.ProtectionPolicy(
        name,
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        properties=azure.recoveryservices.AzureIaaSVMProtectionPolicyArgs(
            backup_management_type="AzureIaasVM",
            policy_type="V2",
            time_zone="UTC",
            instant_rp_retention_range_in_days=INSTANT_RESTORE_DAYS,
            schedule_policy=azure.recoveryservices.SimpleSchedulePolicyV2Args(
                schedule_policy_type="SimpleSchedulePolicyV2",
                schedule_run_frequency="Daily",
                daily_schedule=azure.recoveryservices.DailyScheduleArgs(schedule_run_times=ground.times),
            ),
            retention_policy=_kept(ground, days),
        ),
        opts=ground.options,
    )


def _kept(ground: VaultGround, days: int) -> azure.recoveryservices.LongTermRetentionPolicyArgs:
    return azure.recoveryservices.LongTermRetentionPolicyArgs(
        retention_policy_type="LongTermRetentionPolicy",
        daily_schedule=azure.recoveryservices.DailyRetentionScheduleArgs(
            retention_times=ground.times,
            retention_duration=azure.recoveryservices.RetentionDurationArgs(count=days, duration_type="Days"),
        ),
    )


def protect_shares(
    name: str,
    ground: VaultGround,
    shares: Mapping[str, Share],
    policy: azure.recoveryservices.ProtectionPolicy,
) -> dict[str, azure.recoveryservices.ProtectedItem]:
    """Register the storage account of each share with the vault, and back the share up."""
    return {key: _protect_share(name, key, ground, share, policy) for key, share in shares.items()}


def _protect_share(
    name: str, key: str, ground: VaultGround, share: Share, policy: azure.recoveryservices.ProtectionPolicy
) -> azure.recoveryservices.ProtectedItem:
    container_name = pulumi.Output.concat(
        "StorageContainer;Storage;", ground.resource_group_name, ";", share["account"]
    )
    needed = [share["ready"]] if "ready" in share else []
    container = azure.recoveryservices.ProtectionContainer(
        f"{name}-account-{key}",
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        fabric_name=FABRIC,
        container_name=container_name,
        properties=azure.recoveryservices.AzureStorageContainerArgs(
            container_type="StorageContainer",
            backup_management_type="AzureStorage",
            source_resource_id=share["account_id"],
            # A lock against deletion of the account, which the vault takes and gives back.
            acquire_storage_account_lock="Acquire",
        ),
        opts=ground.options,
    )
    return azure.recoveryservices.ProtectedItem(
        f"{name}-share-{key}",
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        fabric_name=FABRIC,
        container_name=container_name,
        protected_item_name=pulumi.Output.concat("AzureFileShare;", share["share"]),
        properties=azure.recoveryservices.AzureFileshareProtectedItemArgs(
            protected_item_type="AzureFileShareProtectedItem",
            source_resource_id=share["account_id"],
            policy_id=policy.id,
        ),
        opts=pulumi.ResourceOptions.merge(ground.options, pulumi.ResourceOptions(depends_on=[container, *needed])),
    )


def protect_machine(
    name: str, ground: VaultGround, machine: Machine, policy: azure.recoveryservices.ProtectionPolicy
) -> azure.recoveryservices.ProtectedItem:
    """Back a machine up with all of its disks."""
    system_name = pulumi.Output.concat("iaasvmcontainerv2;", ground.resource_group_name, ";", machine["name"])
    return azure.recoveryservices.ProtectedItem(
        name,
        resource_group_name=ground.resource_group_name,
        vault_name=ground.vault_name,
        fabric_name=FABRIC,
        container_name=pulumi.Output.concat("iaasvmcontainer;", system_name),
        protected_item_name=pulumi.Output.concat("vm;", system_name),
        properties=azure.recoveryservices.AzureIaaSComputeVMProtectedItemArgs(
            protected_item_type="Microsoft.Compute/virtualMachines",
            source_resource_id=machine["id"],
            policy_id=policy.id,
        ),
        opts=ground.options,
    )
