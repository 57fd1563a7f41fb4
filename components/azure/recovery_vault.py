"""A Recovery Services vault of Azure, with the policies of what it backs up: file shares and machines."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.recovery_items import (
    Machine,
    Share,
    VaultGround,
    file_policy,
    machine_policy,
    protect_machine,
    protect_shares,
)
from components.azure.tags import Tags
from components.azure.vault_parts import LOCKS, SHORTEST_SOFT_DELETE_DAYS, tell_of_failures, vault_problems
from components.common import refuse

SHORTEST_MACHINE_RETENTION_DAYS = 7
"""The fewest days that a daily policy of machines keeps its backups (Azure Backup documentation, enhanced policy, 2026)."""


class RecoveryVaultArgs(TypedDict):
    """Arguments of `RecoveryVault`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the vault, of the machines and of the storage accounts."""
    location: pulumi.Input[str]
    """Region of the vault, that of everything that it backs up."""
    redundancy: NotRequired[str]
    """`LocallyRedundant`, `ZoneRedundant` or `GeoRedundant`; fixed with the first backup. Default `GeoRedundant`."""
    cross_region_restore: NotRequired[bool]
    """Whether backups can be restored in the paired region at any time; needs `GeoRedundant`, and is never taken back. Default true with it."""
    lock: NotRequired[str]
    """`governance`, `compliance` or `none`, as of a Backup vault; default `none`."""
    soft_delete_days: NotRequired[int]
    """How long deleted backups can be taken back, 14 to 180 days; default 14. Azure lets nobody switch it off."""
    daily_at: NotRequired[str]
    """When the daily backups begin, in UTC; default `05:00`."""
    shares: NotRequired[Mapping[str, Share]]
    """File shares by a short name; none by default."""
    share_retention_days: NotRequired[int]
    """How long backups of file shares are kept, 1 to 200 days; default 14."""
    shares_in_vault: NotRequired[bool]
    """Whether backups of file shares are copied into the vault, whose redundancy only then is theirs too; otherwise they are snapshots in the
    shares' own accounts. Documented for standard accounts, and not in every region for premium ones (Azure Backup documentation, support
    matrix of Azure Files, 2026-02). Default false."""
    machines: NotRequired[Mapping[str, Machine]]
    """Machines by a short name; none by default."""
    machine_retention_days: NotRequired[int]
    """How long backups of machines are kept, 7 days or more; default 35."""
    action_group_id: NotRequired[pulumi.Input[str]]
    """Action group that hears of failed jobs; nobody does by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where the vault's logs and metrics go; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete the vault; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: RecoveryVaultArgs) -> Iterator[tuple[str, str]]:
    yield from vault_problems(
        redundancy=args.get("redundancy", "GeoRedundant"),
        cross_region_restore=args.get("cross_region_restore", False),
        lock=args.get("lock", "none"),
        soft_delete_days=args.get("soft_delete_days", SHORTEST_SOFT_DELETE_DAYS),
    )
    for path, days, low, high in (
        ("share_retention_days", args.get("share_retention_days", 14), 1, 200),
        ("machine_retention_days", args.get("machine_retention_days", 35), SHORTEST_MACHINE_RETENTION_DAYS, 9999),
    ):
        if not low <= days <= high:
            yield path, f"{days} days: {low} to {high} are allowed"


class RecoveryVault(pulumi.ComponentResource):
    """A vault with policies for file shares and machines, and what it backs up.

    Children: `vault`, its `diagnostics`, `failures` where somebody hears of them; with shares the policy
    `files`, an `account-...` for each storage account and a `share-...` for each share; with machines the policy `machines` and a
    `machine-...` for each.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the vault."""
    name: pulumi.Output[str]
    """Name of the vault."""

    def __init__(self, name: str, args: RecoveryVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:RecoveryVault", name, {}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        protected = args.get("deletion_protection", False)
        self.vault = azure.recoveryservices.Vault(
            f"{name}-vault",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.recoveryservices.SkuArgs(name="RS0", tier="Standard"),
            identity=azure.recoveryservices.IdentityDataArgs(type="SystemAssigned"),
            properties=_properties(args),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=protected or None),
        )
        self.id = self.vault.id
        self.name = self.vault.name
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
        ground = VaultGround(args["resource_group_name"], self.name, args.get("daily_at", "05:00"), child)
        self._protect_shares(name, args, ground)
        self._protect_machines(name, args, ground)
        self.register_outputs({"id": self.id, "name": self.name})

    def _protect_shares(self, name: str, args: RecoveryVaultArgs, ground: VaultGround) -> None:
        shares = args.get("shares", {})
        self.file_policy = (
            file_policy(
                f"{name}-files",
                ground,
                args.get("share_retention_days", 14),
                vaulted=args.get("shares_in_vault", False),
            )
            if shares
            else None
        )
        self.shares = protect_shares(name, ground, shares, self.file_policy) if self.file_policy else {}

    def _protect_machines(self, name: str, args: RecoveryVaultArgs, ground: VaultGround) -> None:
        machines = args.get("machines", {})
        policy = (
            machine_policy(f"{name}-machines", ground, args.get("machine_retention_days", 35)) if machines else None
        )
        self.machine_policy = policy
        self.machines = (
            {
                machine: protect_machine(f"{name}-machine-{machine}", ground, protected, policy)
                for machine, protected in machines.items()
            }
            if policy
            else {}
        )


def _properties(args: RecoveryVaultArgs) -> azure.recoveryservices.VaultPropertiesArgs:
    redundancy = args.get("redundancy", "GeoRedundant")
    across = args.get("cross_region_restore", redundancy == "GeoRedundant")
    return azure.recoveryservices.VaultPropertiesArgs(
        public_network_access="Enabled",
        redundancy_settings=azure.recoveryservices.VaultPropertiesRedundancySettingsArgs(
            standard_tier_storage_redundancy=redundancy,
            cross_region_restore="Enabled" if across else "Disabled",
        ),
        security_settings=azure.recoveryservices.SecuritySettingsArgs(
            immutability_settings=azure.recoveryservices.ImmutabilitySettingsArgs(
                state=LOCKS[args.get("lock", "none")]
            ),
            soft_delete_settings=azure.recoveryservices.SoftDeleteSettingsArgs(
                soft_delete_state="AlwaysON",
                soft_delete_retention_period_in_days=args.get("soft_delete_days", SHORTEST_SOFT_DELETE_DAYS),
                enhanced_security_state="AlwaysON",
            ),
        ),
        monitoring_settings=azure.recoveryservices.MonitoringSettingsArgs(
            azure_monitor_alert_settings=azure.recoveryservices.AzureMonitorAlertSettingsArgs(
                alerts_for_all_job_failures="Enabled"
            ),
            classic_alert_settings=azure.recoveryservices.ClassicAlertSettingsArgs(
                alerts_for_critical_operations="Disabled"
            ),
        ),
    )
