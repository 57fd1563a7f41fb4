"""A Backup vault of Azure that keeps what is put into it: disks, clusters, PostgreSQL servers and blobs."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.tags import Tags
from components.azure.vault_parts import LOCKS, SHORTEST_SOFT_DELETE_DAYS, tell_of_failures, vault_problems
from components.common import refuse


class BackupVaultArgs(TypedDict):
    """Arguments of `BackupVault`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the vault."""
    location: pulumi.Input[str]
    """Region of the vault, that of everything that it backs up."""
    redundancy: NotRequired[str]
    """`LocallyRedundant`, `ZoneRedundant` or `GeoRedundant`; never to be changed. Default `ZoneRedundant`."""
    cross_region_restore: NotRequired[bool]
    """Whether backups can be restored in the paired region at any time; needs `GeoRedundant`, and is never taken back. Default false."""
    lock: NotRequired[str]
    """`governance` (backups stay until their time, administrators can take that off), `compliance` (nobody ever can), or `none`; default `none`."""
    soft_delete_days: NotRequired[int]
    """How long deleted backups can be taken back, 14 to 180 days; default 14."""
    action_group_id: NotRequired[pulumi.Input[str]]
    """Action group that hears of failed jobs; nobody does by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where the vault's logs and metrics go; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete the vault; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: BackupVaultArgs) -> Iterator[tuple[str, str]]:
    return vault_problems(
        redundancy=args.get("redundancy", "ZoneRedundant"),
        cross_region_restore=args.get("cross_region_restore", False),
        lock=args.get("lock", "none"),
        soft_delete_days=args.get("soft_delete_days", SHORTEST_SOFT_DELETE_DAYS),
    )


class BackupVault(pulumi.ComponentResource):
    """A vault with an identity of its own, whose backups can be taken back after they were deleted, locked if wanted.

    Children: `vault`, its `diagnostics`, and `failures` where somebody hears of them.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the vault."""
    name: pulumi.Output[str]
    """Name of the vault."""
    principal_id: pulumi.Output[str]
    """Identity of the vault, which needs roles at whatever it backs up."""

    def __init__(self, name: str, args: BackupVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:BackupVault", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        protected = args.get("deletion_protection", False)
        self.vault = azure.dataprotection.BackupVault(
            f"{name}-vault",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            identity=azure.dataprotection.DppIdentityDetailsArgs(type="SystemAssigned"),
            properties=_properties(args),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=protected or None),
        )
        self.id = self.vault.id
        self.name = self.vault.name
        self.principal_id = self.vault.identity.apply(lambda identity: identity.principal_id if identity else "")
        self.diagnostics = (
            diagnose(f"{name}-vault", self.id, args["diagnostics"], opts=child) if "diagnostics" in args else None
        )
        self.locked = {name: self.id} if protected else {}
        self.failures = tell_of_failures(
            f"{name}-failures",
            resource_group_name=args["resource_group_name"],
            vault_id=self.id,
            action_group_id=args.get("action_group_id"),
            tags=args.get("tags"),
            opts=child,
        )
        self.register_outputs({"id": self.id, "name": self.name})


def _properties(args: BackupVaultArgs) -> azure.dataprotection.BackupVaultArgs:
    across = azure.dataprotection.FeatureSettingsArgs(
        cross_region_restore_settings=azure.dataprotection.CrossRegionRestoreSettingsArgs(state="Enabled")
    )
    return azure.dataprotection.BackupVaultArgs(
        storage_settings=[
            azure.dataprotection.StorageSettingArgs(
                datastore_type="VaultStore", type=args.get("redundancy", "ZoneRedundant")
            )
        ],
        feature_settings=across if args.get("cross_region_restore") else None,
        security_settings=azure.dataprotection.SecuritySettingsArgs(
            immutability_settings=azure.dataprotection.ImmutabilitySettingsArgs(state=LOCKS[args.get("lock", "none")]),
            soft_delete_settings=azure.dataprotection.SoftDeleteSettingsArgs(
                # "Off" would delete at once what somebody deletes by mistake.
                state="On",
                retention_duration_in_days=args.get("soft_delete_days", SHORTEST_SOFT_DELETE_DAYS),
            ),
        ),
        monitoring_settings=azure.dataprotection.MonitoringSettingsArgs(
            azure_monitor_alert_settings=azure.dataprotection.AzureMonitorAlertSettingsArgs(
                alerts_for_all_job_failures="Enabled"
            )
        ),
    )
