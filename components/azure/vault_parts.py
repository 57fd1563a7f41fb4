"""What both kinds of Azure's backup vaults share: locks, redundancy, and who hears of failed jobs."""

from collections.abc import Iterator, Mapping

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags

LOCKS: Mapping[str, str] = {"none": "Disabled", "governance": "Unlocked", "compliance": "Locked"}
"""Lock of a vault to its immutability: off, one that an administrator can take off, one that nobody can (Azure Backup documentation,
immutable vaults, 2026)."""

REDUNDANCIES = ("LocallyRedundant", "ZoneRedundant", "GeoRedundant")
"""Where backups are kept: in one building, in the zones of the region, or in the paired region too. Fixed once the first item is protected."""

SHORTEST_SOFT_DELETE_DAYS, LONGEST_SOFT_DELETE_DAYS = 14, 180
"""How long deleted backups can still be taken back, in days (Azure Backup documentation, enhanced soft delete, 2026)."""


def vault_problems(
    *, redundancy: str, cross_region_restore: bool, lock: str, soft_delete_days: int
) -> Iterator[tuple[str, str]]:
    """Yield what no vault can have, of either kind."""
    if redundancy not in REDUNDANCIES:
        yield "redundancy", f"'{redundancy}': use {', '.join(REDUNDANCIES)}"
    if cross_region_restore and redundancy != "GeoRedundant":
        yield "cross_region_restore", f"needs redundancy GeoRedundant, not {redundancy}"
    if lock not in LOCKS:
        yield "lock", f"'{lock}' is no lock: use {', '.join(LOCKS)}"
    if not SHORTEST_SOFT_DELETE_DAYS <= soft_delete_days <= LONGEST_SOFT_DELETE_DAYS:
        allowed = f"{SHORTEST_SOFT_DELETE_DAYS} to {LONGEST_SOFT_DELETE_DAYS} are allowed"
        yield "soft_delete_days", f"{soft_delete_days} days: {allowed}"


def tell_of_failures(
    name: str,
    *,
    resource_group_name: pulumi.Input[str],
    vault_id: pulumi.Input[str],
    action_group_id: pulumi.Input[str] | None,
    tags: Tags | None,
    opts: pulumi.ResourceOptions,
) -> azure.alertsmanagement.AlertProcessingRuleByName | None:
    """Tell an action group of the alerts that Azure Backup itself raises for a vault, such as failed jobs; without one nobody hears."""
    if action_group_id is None:
        return None
    return azure.alertsmanagement.AlertProcessingRuleByName(
        name,
        resource_group_name=resource_group_name,
        location="Global",
        properties=azure.alertsmanagement.AlertProcessingRulePropertiesArgs(
            scopes=[vault_id],
            description="Failed jobs of a backup vault",
            enabled=True,
            actions=[
                azure.alertsmanagement.AddActionGroupsArgs(
                    action_type="AddActionGroups", action_group_ids=[action_group_id]
                )
            ],
        ),
        tags=tags,
        opts=opts,
    )
