"""Node pools, windows of maintenance and identities of pods on Azure."""

from typing import Any

import pulumi
import pytest
from azure_stack import TAGS, Stack, added
from components_azure_cluster_samples import cluster, maintenance, node_pool, run, workload_identity

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.azure.node_pool import FIXED

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
WINDOW = "azure-native:containerservice:MaintenanceConfiguration"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
SOMETHING = (
    "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/keys"
)


def only(recording: Recording, type_: str) -> Resource:
    (resource,) = recording.of_type(type_)
    return resource


def test_nodes_are_hardened_scaled_and_labelled() -> None:
    taints = [{"key": "apim.io/pool", "value": "user", "effect": "NoSchedule"}]
    pool = only(run(lambda: node_pool(taints=taints, labels={"team": "api"})), POOL).inputs
    assert pool["mode"] == "User"
    assert pool["enableEncryptionAtHost"] is True
    assert pool["securityProfile"] == {"enableSecureBoot": True, "enableVTPM": True}
    assert (pool["enableAutoScaling"], pool["minCount"], pool["maxCount"], pool["count"]) == (True, 2, 4, 2)
    assert pool["nodeLabels"] == {"apim.io/pool": "user", "team": "api"}
    assert pool["nodeTaints"] == ["apim.io/pool=user:NoSchedule"]
    assert pool["upgradeSettings"] == {
        "maxSurge": "33%",
        "drainTimeoutInMinutes": 30,
        "nodeSoakDurationInMinutes": 0,
    }
    assert pool["tags"] == TAGS


def test_the_system_pool_takes_the_clusters_own_services_alone() -> None:
    (pool,) = only(run(cluster), CLUSTER).inputs["agentPoolProfiles"]
    assert (pool["name"], pool["mode"]) == ("system", "System")
    assert pool["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert pool["availabilityZones"] == ["1", "2", "3"]
    assert (pool["minCount"], pool["maxCount"]) == (2, 4)


def test_disks_of_nodes_take_the_disk_encryption_set() -> None:
    disk_set = SOMETHING.replace("KeyVault/vaults/keys", "Compute/diskEncryptionSets/disks")
    recording = run(lambda: cluster(disk_encryption_set_id=disk_set))
    assert only(recording, CLUSTER).inputs["diskEncryptionSetID"] == disk_set
    assert recording.named("apim-disks-role").inputs["scope"] == disk_set


def test_surge_drain_and_soak_are_choices() -> None:
    nodes = {"maximum_surge": "2", "drain_timeout_minutes": 60, "soak_minutes": 5}
    assert only(run(lambda: node_pool(nodes=nodes)), POOL).inputs["upgradeSettings"] == {
        "maxSurge": "2",
        "drainTimeoutInMinutes": 60,
        "nodeSoakDurationInMinutes": 5,
    }


def test_spot_nodes_are_neither_surged_nor_dearer_than_regular_ones() -> None:
    pool = only(run(lambda: node_pool(capacity="spot")), POOL).inputs
    assert (pool["scaleSetPriority"], pool["scaleSetEvictionPolicy"], pool["spotMaxPrice"]) == ("Spot", "Delete", -1)
    assert "upgradeSettings" not in pool
    assert "spotMaxPrice" not in only(run(node_pool), POOL).inputs


def test_old_machines_have_neither_trusted_launch_nor_encryption_at_the_host() -> None:
    nodes = {"size": "Standard_D2_v3", "trusted_launch": False, "encryption_at_host": False}
    pool = only(run(lambda: node_pool(nodes=nodes)), POOL).inputs
    assert pool["securityProfile"] == {"enableSecureBoot": False, "enableVTPM": False}
    assert pool["enableEncryptionAtHost"] is False


def test_a_name_of_ones_own_is_the_pools_in_azure() -> None:
    assert only(run(lambda: node_pool(pool_name="apimpool")), POOL).inputs["agentPoolName"] == "apimpool"
    made_up = only(run(node_pool), POOL).inputs["agentPoolName"]
    assert made_up.startswith("user")
    assert len(made_up) == 8


CHANGES: dict[str, Any] = {
    "size": "Standard_D8s_v6",
    "zones": ("1", "2"),
    "disk_gb": 128,
    "os_sku": "AzureLinux",
    "maximum_pods": 60,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_azure_does_not_change_builds_the_new_pool_before_the_old_one_goes(name: str) -> None:
    stack = Stack()
    before = stack.run(node_pool)
    after = stack.run(lambda: node_pool(nodes={name: CHANGES[name]}))
    own = [str(step.operation) for step in after.steps if step.urn == only(after, POOL).urn]
    assert own == ["replace", "delete"]  # the old one at the end
    assert only(after, POOL).inputs["agentPoolName"] != only(before, POOL).inputs["agentPoolName"]


def test_a_pool_with_a_name_of_its_own_goes_before_it_is_built_anew() -> None:
    stack = Stack()
    stack.run(lambda: node_pool(pool_name="apimpool"))
    after = stack.run(lambda: node_pool(pool_name="apimpool", nodes={"size": "Standard_D8s_v6"}))
    own = [str(step.operation) for step in after.steps if step.urn == only(after, POOL).urn]
    assert own == ["replace"]  # the old one went with it, before


def test_everything_else_of_a_pool_is_changed_in_place() -> None:
    stack = Stack()
    stack.run(node_pool)
    after = stack.run(lambda: node_pool(nodes={"maximum": 9, "maximum_surge": "50%"}, labels={"team": "api"}))
    assert [str(step.operation) for step in after.steps if step.urn == only(after, POOL).urn] == ["update"]
    assert "maxSurge" not in FIXED


@pytest.mark.parametrize(
    ("nodes", "options", "path"),
    [
        ({"zones": ("1", "1")}, {}, "nodes.zones"),
        ({"zones": ()}, {}, "nodes.zones"),
        ({"minimum": 9}, {}, "nodes.minimum"),
        ({"os_sku": "Windows2022"}, {}, "nodes.os_sku"),
        ({"disk_type": "Local"}, {}, "nodes.disk_type"),
        ({}, {"capacity": "reserved"}, "capacity"),
        ({}, {"pool_name": "a-pool"}, "pool_name"),
        ({}, {"pool_name": "thirteenchars"}, "pool_name"),
        ({}, {"labels": {"apim.io/pool": "x"}}, "labels"),
        ({}, {"taints": [{"key": "a", "effect": "Never"}]}, "taints[0].effect"),
    ],
)
def test_wrong_arguments_of_pools_are_named(nodes: dict[str, Any], options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        run(lambda: node_pool(nodes=nodes, **options))
    assert f"{path}: " in str(caught.value)


# -- windows and identities of pods --------------------------------------------------------------------------------------------------------


def test_windows_have_the_names_that_azure_gives_a_meaning() -> None:
    windows = {window.inputs["configName"]: window.inputs for window in run(maintenance).of_type(WINDOW)}
    assert windows.keys() == {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
    assert windows["aksManagedNodeOSUpgradeSchedule"]["maintenanceWindow"] == {
        "schedule": {"weekly": {"dayOfWeek": "Saturday", "intervalWeeks": 1}},
        "startTime": "22:00",
        "durationHours": 6,
        "utcOffset": "+00:00",
    }


def test_a_window_can_be_left_out() -> None:
    without = run(lambda: maintenance(nodes=None))
    assert added(run(maintenance), without) == {WINDOW: -1}


@pytest.mark.parametrize(
    ("window", "path"),
    [
        ({"day": "sun", "start": "02:00", "hours": 4}, "cluster.day"),
        ({"day": "Sunday", "start": "02:00", "hours": 3}, "cluster.hours"),
    ],
)
def test_wrong_windows_are_named(window: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        run(lambda: maintenance(cluster=window))
    assert f"{path}: " in str(caught.value)


def test_pods_take_an_identity_by_the_token_of_their_service_account() -> None:
    recording = run(workload_identity)
    credential = only(recording, CREDENTIAL)
    assert credential.inputs["subject"] == "system:serviceaccount:platform-system:cert-manager"
    assert credential.inputs["audiences"] == ["api://AzureADTokenExchange"]
    assert credential.inputs["issuer"] == only(recording, CLUSTER).outputs["oidcIssuerProfile"]["issuerURL"]
    role = recording.named("certificates-network")
    assert role.inputs["principalId"] == recording.named("certificates-identity").outputs["principalId"]


def test_service_accounts_of_one_identity_are_written_one_after_another() -> None:
    others = [{"namespace": "logging", "service_account": name} for name in ("collector", "exporter")]
    recording = run(lambda: workload_identity(further_service_accounts=others))
    first, second, third = recording.of_type(CREDENTIAL)
    assert first.urn in second.dependencies
    assert second.urn in third.dependencies
    assert added(run(workload_identity), recording) == {CREDENTIAL: 2}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"grants": {"all": {"role": "King", "scope": SOMETHING}}}, "grants.all.role"),
        (
            {"further_service_accounts": [{"namespace": "platform-system", "service_account": "cert-manager"}]},
            "further",
        ),
        (
            {"further_service_accounts": [{"namespace": "a", "service_account": f"a{n}"} for n in range(20)]},
            "further_service_accounts",
        ),
    ],
)
def test_wrong_identities_are_named(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        run(lambda: workload_identity(**options))
    assert path in str(caught.value)
