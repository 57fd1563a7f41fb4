"""Backups on Azure: what each switch adds to a whole stack, and what is backed up how and for how long."""

import re
from functools import cache
from typing import Any

import pytest
from program_support import ROOT, of_type, one, record_stack

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording
from apim_infra.settings.violations import SettingsError

pytestmark = pytest.mark.slow

STACK = "azure-standard"
VAULT, RECOVERY = "azure-native:dataprotection:BackupVault", "azure-native:recoveryservices:Vault"
POLICY, INSTANCE = "azure-native:dataprotection:BackupPolicy", "azure-native:dataprotection:BackupInstance"
BACKUP = "backup.enabled=true"
RING = "stores.cassandra.mode=self-managed"
FILES = ("stores.files.mode=managed", 'network.interface_endpoints=["vault","registry","blob","file"]')
AWAY = "recovery.region=northeurope"


@cache
def recorded(*overrides: str) -> Recording:
    recording = record_stack(STACK, *overrides, file=ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml")
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


def short(urn: str) -> str:
    return re.sub(rf"^apim-{STACK}-", "", urn.rpartition("::")[2])


def names(graph: Graph) -> set[str]:
    return {short(resource.urn) for resource in graph.resources}


def only(found: set[str], *patterns: str) -> None:
    """Hold names to patterns: each name fits one, each pattern is met."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in found), f"nothing is like {pattern} in {sorted(found)}"
    assert [name for name in sorted(found) if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []


def changed(before: Graph, after: Graph) -> set[str]:
    """Return the resources whose inputs differ, components left out."""
    old = {resource.urn: resource for resource in before.resources}
    new = {resource.urn: resource for resource in after.resources}
    return {short(urn) for urn in old.keys() & new.keys() if old[urn].custom and old[urn].inputs != new[urn].inputs}


def sources(graph: Graph) -> dict[str, str]:
    """Return what is backed up into the Backup vault, by its kind."""
    return {
        short(each.urn): each.inputs["properties"]["dataSourceInfo"]["datasourceType"]
        for each in of_type(graph, INSTANCE)
    }


def security(vault: Resource) -> Any:
    return vault.inputs["properties"]["securitySettings"]


def test_backups_add_a_vault_a_plan_and_the_cluster_extension() -> None:
    before, after = recorded().graph, recorded(BACKUP).graph
    assert names(before) - names(after) == set()
    only(
        names(after) - names(before),
        "storage-cluster-backups",
        "vault(-vault(-diagnostics)?)?",
        "daily(-snapshots)?",
        "daily-(postgresql|gateway-postgresql|logs)(-.*)?",
        "daily-blobs",
        "daily-cluster(-.*)?",
    )
    assert changed(before, after) == set()


def test_databases_blobs_and_the_cluster_are_backed_up() -> None:
    assert sources(recorded(BACKUP).graph) == {
        "daily-postgresql": "Microsoft.DBforPostgreSQL/flexibleServers",
        "daily-gateway-postgresql": "Microsoft.DBforPostgreSQL/flexibleServers",
        "daily-logs": "Microsoft.Storage/storageAccounts/blobServices",
        "daily-cluster": "Microsoft.ContainerService/managedClusters",
    }


def test_a_ring_and_shared_files_are_backed_up_too() -> None:
    graph = recorded(BACKUP, RING, *FILES).graph
    disks = {name for name, kind in sources(graph).items() if kind == "Microsoft.Compute/disks"}
    assert disks == {f"daily-cassandra-{zone}-1" for zone in (1, 2, 3)}
    (share,) = of_type(graph, "azure-native:recoveryservices:ProtectedItem")
    assert share.inputs["protectedItemName"] == "AzureFileShare;events"
    policy = one(graph, "azure-native:recoveryservices:ProtectionPolicy").inputs["properties"]
    assert policy["retentionPolicy"]["dailySchedule"]["retentionDuration"] == {"count": 14, "durationType": "Days"}
    vault = one(graph, RECOVERY).inputs["properties"]["redundancySettings"]
    assert vault["standardTierStorageRedundancy"] == "GeoRedundant"


def test_a_recovery_region_takes_copies_of_everything() -> None:
    graph = recorded(BACKUP, RING, *FILES, AWAY).graph
    vault = one(graph, VAULT).inputs["properties"]
    assert [each["type"] for each in vault["storageSettings"]] == ["GeoRedundant"]
    assert vault["featureSettings"]["crossRegionRestoreSettings"]["state"] == "Enabled"
    assert one(graph, RECOVERY).inputs["properties"]["redundancySettings"]["crossRegionRestore"] == "Enabled"
    items = of_type(graph, "azure-native:recoveryservices:ProtectedItem")
    only({short(item.urn) for item in items}, "recovery-share-events", r"recovery-machine-cassandra-[123]-1")
    files = next(
        policy.inputs["properties"]
        for policy in of_type(graph, "azure-native:recoveryservices:ProtectionPolicy")
        if policy.inputs["properties"]["backupManagementType"] == "AzureStorage"
    )
    kept = files["vaultRetentionPolicy"]["vaultRetention"]["dailySchedule"]["retentionDuration"]
    assert kept == {"count": 14, "durationType": "Days"}


@pytest.mark.parametrize(("lock", "state"), [("none", "Disabled"), ("governance", "Unlocked")])
def test_the_lock_of_the_settings_is_the_vaults_immutability(lock: str, state: str) -> None:
    graph = recorded(BACKUP, f"backup.vault_lock={lock}").graph
    assert security(one(graph, VAULT))["immutabilitySettings"]["state"] == state


def test_the_lock_changes_the_vault_alone() -> None:
    before = recorded(BACKUP, "backup.vault_lock=none").graph
    assert changed(before, recorded(BACKUP, "backup.vault_lock=governance").graph) == {"vault-vault"}


def test_retention_changes_the_policies_alone() -> None:
    before, after = recorded(BACKUP).graph, recorded(BACKUP, "backup.retention_days=90").graph
    assert names(before) == names(after)
    assert changed(before, after) == {"daily-blobs", "daily-cluster", "daily-postgresql"} & names(after)
    for policy in of_type(after, POLICY):
        rules = policy.inputs["properties"]["policyRules"]
        kept = [cycle["deleteAfter"]["duration"] for rule in rules for cycle in rule.get("lifecycles", ())]
        assert kept == ["P90D"]


def test_backups_begin_when_the_settings_of_every_cloud_say() -> None:
    for policy in of_type(recorded(BACKUP).graph, POLICY):
        rules = policy.inputs["properties"]["policyRules"]
        times = [rule["trigger"]["schedule"]["repeatingTimeIntervals"] for rule in rules if "trigger" in rule]
        assert all("T05:00:00+00:00/P1" in interval for intervals in times for interval in intervals)


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ((BACKUP, "backup.retention_days=400"), "backup.retention_days"),
        ((BACKUP, "backup.retention_days=3"), "backup.retention_days"),
        ((BACKUP, "recovery.region=francecentral"), "recovery.region"),
        ((BACKUP, "backup.vault_lock=compliance"), "backup.vault_lock"),
        ((BACKUP, "backup.copy_retention_days=7"), "backup.copy_retention_days"),
        ((BACKUP, "backup.lock_grace_days=30"), "backup.lock_grace_days"),
        ((BACKUP, *FILES, "stores.files.protocol=nfs"), "stores.files.backup_retention_days"),
    ],
)
def test_what_azure_cannot_keep_is_refused(overrides: tuple[str, ...], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        recorded(*overrides)
    assert path in [violation.path for violation in refused.value.violations]
