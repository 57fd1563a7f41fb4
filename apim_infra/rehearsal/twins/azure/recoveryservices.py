"""Recovery Services vaults: soft delete, redundancy, policies of machines and file shares, and what is protected by them."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

VAULT = "azure-native:recoveryservices:Vault"
POLICY = "azure-native:recoveryservices:ProtectionPolicy"
CONTAINER = "azure-native:recoveryservices:ProtectionContainer"
ITEM = "azure-native:recoveryservices:ProtectedItem"
STORAGE = "azure-native:storage:StorageAccount"
SHARE = "azure-native:storage:FileShare"
MACHINE = "azure-native:compute:VirtualMachine"

INVALID = "BMSUserErrorInvalidPolicyInput"
POLICIES = "Azure Backup REST API, Protection Policies 2024-10-01; code from public runbooks (2026)"
SOFT_DELETE = "Azure Backup, secure by default (2026); code from public deployment notes (2026)"
LOCKS = "Azure Backup, immutable vaults (2026)"
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:(?:00|30):00(?:\.0+)?(?:Z|\+00:00)")
LONGEST_SHARE_DAYS, SHORTEST_MACHINE_DAYS, LONGEST_DAYS = 200, 7, 9999
KINDS = {
    "AzureFileShareProtectedItem": "AzureStorage",
    "Microsoft.Compute/virtualMachines": "AzureIaasVM",
    "Microsoft.ClassicCompute/virtualMachines": "AzureIaasVM",
    "AzureIaaSVMProtectedItem": "AzureIaasVM",
}
"""Kind of a protected item to the kind of policy that it takes."""


def _soft_delete(context: Context) -> Iterator[Problem]:
    settings = "properties.securitySettings.softDeleteSettings"
    state = context.value(f"{settings}.softDeleteState")
    if state is not None and str(state).lower() != "alwayson":
        yield context.problem(
            "BMSUserErrorSoftDeleteStateNotSetToAlwaysON",
            f"Soft delete of a vault is always on: '{state}' is not taken.",
            f"{settings}.softDeleteState",
            "write AlwaysON, or leave it out",
            SOFT_DELETE,
        )
    days = context.value(f"{settings}.softDeleteRetentionPeriodInDays")
    if isinstance(days, int | float) and not 14 <= days <= 180:
        yield context.problem(
            "BMSUserErrorInvalidInput",
            f"Soft delete keeps backups for 14 to 180 days, not {days:g}.",
            f"{settings}.softDeleteRetentionPeriodInDays",
            source="Azure Backup, enhanced soft delete (2026)",
        )


def _redundancy(context: Context) -> Iterator[Problem]:
    path = "properties.redundancySettings"
    redundancy, across = (
        context.value(f"{path}.standardTierStorageRedundancy"),
        context.value(f"{path}.crossRegionRestore"),
    )
    if across == "Enabled" and redundancy not in (None, "GeoRedundant"):
        yield context.problem(
            "BMSUserErrorInvalidInput",
            f"Cross region restore needs redundancy GeoRedundant, not {redundancy}.",
            f"{path}.crossRegionRestore",
            "make the vault GeoRedundant, or switch it off",
            "Azure Backup, cross region restore (2026)",
        )
    before = _before(context, "properties", "redundancySettings")
    if not is_mapping(before):
        return
    if before.get("crossRegionRestore") == "Enabled" and across != "Enabled":
        yield context.problem(
            "BMSUserErrorInvalidInput",
            "Cross region restore cannot be switched off once it is on.",
            f"{path}.crossRegionRestore",
            "leave it Enabled",
            "Azure Backup, cross region restore (2026)",
        )
    changed = before.get("standardTierStorageRedundancy") not in (None, redundancy)
    if changed and any(context.inside(ITEM)):
        yield context.problem(
            "BMSUserErrorInvalidInput",
            "The redundancy of a vault cannot be changed once something is protected in it.",
            f"{path}.standardTierStorageRedundancy",
            "make another vault",
            "Azure Backup, set storage redundancy (2026)",
        )


def _before(context: Context, *path: str) -> Any:
    value: Any = context.old
    for part in path:
        value = value.get(part) if is_mapping(value) else None
    return value


def _immutability(context: Context) -> Iterator[Problem]:
    path = "properties.securitySettings.immutabilitySettings.state"
    if _before(context, *path.split(".")) == "Locked" and context.value(path) != "Locked":
        yield context.problem(
            "BMSUserErrorInvalidInput",
            "Immutability of the vault is locked: it cannot be switched off any more.",
            path,
            "leave it Locked",
            LOCKS,
        )


def _schedule(context: Context) -> Iterator[Problem]:
    times: list[str] = []
    for path in (
        "properties.schedulePolicy.scheduleRunTimes[*]",
        "properties.schedulePolicy.dailySchedule.scheduleRunTimes[*]",
    ):
        for place, text in context.at(path):
            times.append(str(text))
            if not TIME.fullmatch(str(text)):
                yield context.problem(
                    INVALID,
                    f"'{text}' is no time of a schedule: they begin at the hour or the half hour, in UTC.",
                    place,
                    "write 2026-01-01T05:00:00Z",
                    POLICIES,
                )
    for path in (
        "properties.retentionPolicy.dailySchedule.retentionTimes[*]",
        "properties.vaultRetentionPolicy.vaultRetention.dailySchedule.retentionTimes[*]",
    ):
        for place, text in context.at(path):
            if times and text not in times:
                yield context.problem(
                    INVALID,
                    f"Retention is for '{text}', which is no time of the schedule.",
                    place,
                    f"use {', '.join(times)}",
                    POLICIES,
                )


def _retention(context: Context) -> Iterator[Problem]:
    kind = context.value("properties.backupManagementType")
    low, high = (1, LONGEST_SHARE_DAYS) if kind == "AzureStorage" else (SHORTEST_MACHINE_DAYS, LONGEST_DAYS)
    days = context.value("properties.retentionPolicy.dailySchedule.retentionDuration.count")
    unit = context.value("properties.retentionPolicy.dailySchedule.retentionDuration.durationType")
    if isinstance(days, int | float) and unit == "Days" and not low <= days <= high:
        yield context.problem(
            INVALID,
            f"Daily backups of {kind} are kept for {low} to {high} days, not for {days:g}.",
            "properties.retentionPolicy.dailySchedule.retentionDuration.count",
            source="Azure Backup, support matrices of virtual machines and Azure Files (2026)",
        )
    instant = context.value("properties.instantRpRetentionRangeInDays")
    if isinstance(instant, int | float) and isinstance(days, int | float) and instant >= days:
        yield context.problem(
            "BMSUserErrorInstantRPRetentionExceedsVaultedRetention",
            f"Snapshots for {instant:g} days beside backups for {days:g}: they must be kept for a shorter time.",
            "properties.instantRpRetentionRangeInDays",
            "keep snapshots for fewer days",
            "Azure Backup, instant restore (2026); code from public templates (2026)",
        )
    both = context.inputs.get("properties")
    if is_mapping(both) and both.get("retentionPolicy") and both.get("vaultRetentionPolicy"):
        yield context.problem(
            INVALID,
            "A policy of file shares keeps snapshots alone (retentionPolicy) or copies in the vault (vaultRetentionPolicy), not both.",
            "properties.vaultRetentionPolicy",
            source=POLICIES,
        )


def _versions(context: Context) -> Iterator[Problem]:
    """Hold a policy of version 2 to a schedule of version 2, and the other way round."""
    version = context.value("properties.policyType", "V1")
    schedule = str(context.value("properties.schedulePolicy.schedulePolicyType", ""))
    if context.value("properties.backupManagementType") != "AzureIaasVM" or not schedule:
        return
    if (version == "V2") != schedule.endswith("V2"):
        yield context.problem(
            INVALID,
            f"A policy of type {version} cannot have a schedule of type {schedule}.",
            "properties.schedulePolicy.schedulePolicyType",
            "use SimpleSchedulePolicyV2 with V2, SimpleSchedulePolicy with V1",
            POLICIES,
        )


def _of(thing: Thing | None, *path: str) -> Any:
    value: Any = thing.inputs if thing else None
    for part in path:
        value = value.get(part) if is_mapping(value) else None
    return value


def _policy_fits(context: Context) -> Iterator[Problem]:
    kind = str(context.value("properties.protectedItemType", ""))
    policy = context.find(context.value("properties.policyId"))
    if policy is None or policy.assumed:
        return
    vault = context.id.partition("/backupFabrics/")[0]
    if ids.key(ids.parent_of(policy.id)) != ids.key(vault):
        yield context.problem(
            "BMSUserErrorInvalidInput",
            "The policy is one of another vault.",
            "properties.policyId",
            "use a policy of this vault",
            "Azure Backup REST API, Protected Items 2024-10-01",
        )
    wanted, given = KINDS.get(kind), _of(policy, "properties", "backupManagementType")
    if wanted and given and wanted != given:
        yield context.problem(
            "BMSUserErrorInvalidInput",
            f"The policy is for {given}, the item is of {wanted}.",
            "properties.policyId",
            "use a policy of the item's own kind",
            "Azure Backup REST API, Protected Items 2024-10-01",
        )


def _machine(context: Context) -> Iterator[Problem]:
    source = context.find(context.value("properties.sourceResourceId"))
    policy = context.find(context.value("properties.policyId"))
    if source is None or source.type != MACHINE or source.assumed or policy is None:
        return
    security = _of(source, "securityProfile", "securityType")
    if security == "TrustedLaunch" and _of(policy, "properties", "policyType") != "V2":
        yield context.problem(
            "UserErrorTrustedLaunchVMNotSupportedWithStandardPolicy",
            "A machine of trusted launch takes an enhanced policy alone.",
            "properties.policyId",
            "make the policy of type V2",
            "Azure Backup, support matrix of virtual machines (2026): trusted launch needs the enhanced policy; code by own knowledge",
        )
    yield from _same_region(context, source)


def _share(context: Context) -> Iterator[Problem]:
    if context.value("properties.protectedItemType") != "AzureFileShareProtectedItem":
        return
    source = context.find(context.value("properties.sourceResourceId"))
    name = context.name.partition(";")[2]
    if source is None or source.assumed or source.type != STORAGE:
        return
    yield from _same_region(context, source)
    shares = {ids.name_of(share.id).lower(): share for share in context.inside(SHARE, source.id)}
    found = shares.get(name.lower())
    if found is None:
        yield context.problem(
            "FileShareNotFound",
            f"File share '{name}' does not exist in '{ids.name_of(source.id)}'.",
            "protectedItemName",
            "let the item depend on the share",
            "Azure Backup, troubleshooting of Azure Files backup (2025)",
        )
    elif str(found.inputs.get("enabledProtocols", "SMB")).upper() == "NFS":
        yield context.problem(
            "BMSUserErrorInvalidInput",
            f"File share '{name}' is one of NFS, which Azure Backup does not take.",
            "protectedItemName",
            "use SMB, or another way to back it up",
            "Azure Backup, support matrix of Azure Files (2026-02)",
        )


def _same_region(context: Context, source: Thing) -> Iterator[Problem]:
    vault = context.find(context.id.partition("/backupFabrics/")[0])
    if vault is None or vault.assumed:
        return
    here, there = (short_location(thing.outputs.get("location")) for thing in (vault, source))
    if here and there and here != there:
        yield context.problem(
            "BMSUserErrorInvalidInput",
            f"What is protected is in {there}, the vault in {here}.",
            "properties.sourceResourceId",
            "use a vault of the same region",
            "Azure Backup, create a Recovery Services vault (2026): vault and data source are in one region",
        )


RULES = {
    VAULT: (_soft_delete, _redundancy, _immutability),
    POLICY: (_schedule, _retention, _versions),
    ITEM: (_policy_fits, _machine, _share),
}
NOT_VERIFIED = {ITEM: ("whether there are backups already, which a locked vault keeps until their time",)}
REFERENCES = {
    ITEM: (
        Reference("properties.policyId", POLICY, "BMSUserErrorInvalidInput"),
        Reference("properties.sourceResourceId", (STORAGE, MACHINE), "BMSUserErrorInvalidInput"),
    ),
    CONTAINER: (Reference("properties.sourceResourceId", STORAGE, "BMSUserErrorInvalidInput"),),
}
