"""What backs up on Azure: vaults and plans."""

from typing import Any

import pulumi
import pytest
from azure_stack import run, sample
from components_azure_monitoring_samples import backup_vault, plan, recovery_vault

from apim_infra.rehearsal.testing import Recording, record
from components.azure.backup_policies import plan_data
from components.azure.role_assignment import ROLES

ROLE = "azure-native:authorization:RoleAssignment"
VAULT, RECOVERY = "azure-native:dataprotection:BackupVault", "azure-native:recoveryservices:Vault"
INSTANCE, POLICY = "azure-native:dataprotection:BackupInstance", "azure-native:dataprotection:BackupPolicy"
NAMES = {guid: name for name, guid in ROLES.items()}


def inputs(recording: Recording, type_: str) -> dict[str, Any]:
    """Return the inputs of the only resource of a type."""
    (found,) = recording.of_type(type_)
    return dict(found.inputs)


def roles(recording: Recording) -> set[str]:
    return {NAMES[each.inputs["roleDefinitionId"].rpartition("/")[2]] for each in recording.of_type(ROLE)}


def refused(program: Any) -> str:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        record(program)
    return str(error.value)


VAULTED = backup_vault()


def test_a_vault_keeps_deleted_backups_and_has_an_identity() -> None:
    vault = inputs(sample(VAULTED), VAULT)
    assert vault["identity"] == {"type": "SystemAssigned"}
    security = vault["properties"]["securitySettings"]
    assert security["softDeleteSettings"] == {"state": "On", "retentionDurationInDays": 14}
    assert security["immutabilitySettings"] == {"state": "Disabled"}


@pytest.mark.parametrize(
    ("lock", "state"), [("none", "Disabled"), ("governance", "Unlocked"), ("compliance", "Locked")]
)
def test_locks_have_the_names_of_every_cloud(lock: str, state: str) -> None:
    vaults = (
        inputs(run(backup_vault(lock=lock)), VAULT),
        inputs(run(recovery_vault(shares=False, lock=lock)), RECOVERY),
    )
    for vault in vaults:
        assert vault["properties"]["securitySettings"]["immutabilitySettings"] == {"state": state}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"redundancy": "Anywhere"}, "redundancy"),
        ({"lock": "bolt"}, "lock"),
        ({"soft_delete_days": 7}, "soft_delete_days"),
        ({"cross_region_restore": True, "redundancy": "ZoneRedundant"}, "cross_region_restore"),
    ],
)
def test_vaults_that_azure_refuses_are_refused_at_once(more: dict[str, Any], path: str) -> None:
    assert path in refused(backup_vault(**more))
    assert path in refused(recovery_vault(shares=False, **more))


def test_a_plan_without_anything_to_back_up_is_refused() -> None:
    assert "nothing is backed up" in refused(plan(blobs=False))


def test_disks_share_a_policy_and_the_place_of_their_snapshots() -> None:
    one, three = run(plan(disks=1, blobs=False)), run(plan(disks=3, blobs=False))
    for recording, number in ((one, 1), (three, 3)):
        assert len(recording.of_type(POLICY)) == 1
        assert len(recording.of_type(INSTANCE)) == number
        assert roles(recording) == {"Disk Backup Reader", "Disk Snapshot Contributor"}
    assert len(three.of_type(ROLE)) - len(one.of_type(ROLE)) == 2


def test_the_vault_has_its_roles_before_anything_is_backed_up() -> None:
    recording = run(plan(disks=1))
    given = {each.urn for each in recording.of_type(ROLE)}
    for instance in recording.of_type(INSTANCE):
        assert given & set(instance.dependencies)


def test_a_cluster_is_backed_up_by_its_extension() -> None:
    recording = run(plan(cluster=True, blobs=False))
    extension = inputs(recording, "azure-native:kubernetesconfiguration:Extension")
    assert extension["extensionType"] == "microsoft.dataprotection.kubernetes"
    assert extension["configurationSettings"]["configuration.backupStorageLocation.config.useAAD"] == "true"
    binding = inputs(recording, "azure-native:containerservice:TrustedAccessRoleBinding")
    assert binding["roles"] == ["Microsoft.DataProtection/backupVaults/backup-operator"]
    assert roles(recording) == {"Reader", "Contributor", "Storage Blob Data Contributor"}
    assert not [warning for warning in recording.findings if "Trusted" in warning.rule]


def test_nobody_may_do_everything_outside_of_the_snapshots() -> None:
    recording = run(plan(cluster=True))
    snapshots = next(
        each.id for each in recording.of_type("azure-native:resources:ResourceGroup") if "snapshots" in each.name
    )
    wide = [
        each.inputs["scope"]
        for each in recording.of_type(ROLE)
        if each.inputs["roleDefinitionId"].endswith(ROLES["Contributor"])
    ]
    assert wide == [snapshots]


def test_kinds_of_the_data_name_roles_that_there_are() -> None:
    for kind in plan_data()["kinds"].values():
        assert set(kind["roles"]) <= set(ROLES)
        assert set(kind["roles"].values()) <= {"resource", "group", "snapshots"}


def test_shares_are_kept_for_two_weeks_in_a_vault_of_two_regions() -> None:
    recording = run(recovery_vault())
    vault = inputs(recording, RECOVERY)["properties"]["redundancySettings"]
    assert vault == {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Enabled"}
    policy = inputs(recording, "azure-native:recoveryservices:ProtectionPolicy")["properties"]
    assert policy["retentionPolicy"]["dailySchedule"]["retentionDuration"] == {"count": 14, "durationType": "Days"}
    assert policy["schedulePolicy"]["scheduleRunTimes"] == ["2026-01-01T05:00:00Z"]


def test_copies_in_the_vault_take_the_place_of_snapshots_alone() -> None:
    policy = inputs(run(recovery_vault(shares_in_vault=True)), "azure-native:recoveryservices:ProtectionPolicy")[
        "properties"
    ]
    assert "retentionPolicy" not in policy
    assert policy["vaultRetentionPolicy"]["snapshotRetentionInDays"] == 5


@pytest.mark.parametrize("vault", [backup_vault, recovery_vault])
def test_somebody_hears_of_failed_jobs_where_a_group_is_given(vault: Any) -> None:
    rule = "azure-native:alertsmanagement:AlertProcessingRuleByName"
    other = "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/g/providers/Microsoft.Insights/actionGroups/a"
    assert run(vault()).of_type(rule) == []
    told = inputs(run(vault(action_group_id=other)), rule)["properties"]
    assert told["actions"] == [{"actionType": "AddActionGroups", "actionGroupIds": [other]}]
