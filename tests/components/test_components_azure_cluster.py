"""The cluster on Azure: access, identities, network, upgrades, pools, windows and the identities of pods."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
import yaml
from azure_stack import SUBSCRIPTION, TENANT, Stack, added
from components_azure_cluster_samples import ADMINISTRATORS, GROUP, SAMPLES, Ground, cluster, existing_cluster, run

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.azure.cluster import Cluster
from components.azure.cluster_profiles import LOG_CATEGORIES
from components.azure.existing_cluster import ExistingCluster
from components.outputs import ClusterOutputs

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
WINDOW = "azure-native:containerservice:MaintenanceConfiguration"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DIAGNOSTICS = "azure-native:monitor:DiagnosticSetting"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs"
VAULT = f"/subscriptions/{SUBSCRIPTION[:-1]}9/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/keys"
KEY = {
    "key_id": "https://keys.vault.azure.net/keys/cluster/0123456789abcdef0123456789abcdef",
    "scope": f"{VAULT}/keys/cluster",
    "vault_id": VAULT,
}
ELSEWHERE = f"/subscriptions/{SUBSCRIPTION[:-1]}9/resourceGroups/shared/providers"


def only(recording: Recording, type_: str) -> Resource:
    (resource,) = recording.of_type(type_)
    return resource


def inputs_of(recording: Recording) -> Mapping[str, Any]:
    return only(recording, CLUSTER).inputs


def made(**options: Any) -> Mapping[str, Any]:
    return inputs_of(run(lambda: cluster(**options)))


def refused(**options: Any) -> str:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        run(lambda: cluster(**options))
    return str(caught.value)


# -- access --------------------------------------------------------------------------------------------------------------------------------


def test_the_api_is_private_unless_ranges_are_named() -> None:
    private = inputs_of(run(cluster))["apiServerAccessProfile"]
    assert private["enablePrivateCluster"] is True
    assert "authorizedIPRanges" not in private
    public = made(public_endpoint=True, public_endpoint_cidrs=["198.51.100.0/24"])["apiServerAccessProfile"]
    assert public["enablePrivateCluster"] is False
    assert public["authorizedIPRanges"] == ["198.51.100.0/24"]
    assert "public_endpoint_cidrs" in refused(public_endpoint=True)


def test_users_are_those_of_entra_alone_and_nobody_runs_commands_by_azure() -> None:
    inputs = made(administrators=[ADMINISTRATORS])
    assert inputs["disableLocalAccounts"] is True
    assert inputs["aadProfile"] == {
        "managed": True,
        "enableAzureRBAC": True,
        "adminGroupObjectIDs": [ADMINISTRATORS],
        "tenantID": TENANT,
    }
    assert inputs["apiServerAccessProfile"]["disableRunCommand"] is True


def test_a_private_zone_of_ones_own_is_used_and_written_by_the_control_plane() -> None:
    zone = f"{ELSEWHERE}/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
    recording = run(lambda: cluster(private_zone_id=zone))
    assert inputs_of(recording)["apiServerAccessProfile"]["privateDNSZone"] == zone
    role = recording.named("apim-names-role")
    assert role.inputs["scope"] == zone
    assert role.urn in only(recording, CLUSTER).dependencies


def test_the_kubeconfig_asks_for_a_token_and_holds_none() -> None:
    def program() -> None:
        pulumi.export("kubeconfig", cluster().kubeconfig)

    recording = run(program)
    config = yaml.safe_load(recording.exports["kubeconfig"])
    (entry,) = config["clusters"]
    assert only(recording, CLUSTER).outputs["privateFQDN"] in entry["cluster"]["server"]
    assert base64.b64decode(entry["cluster"]["certificate-authority-data"])
    (user,) = config["users"]
    assert user["user"].keys() == {"exec"}
    assert user["user"]["exec"]["command"] == "kubelogin"
    assert user["user"]["exec"]["args"][-2:] == ["--tenant-id", TENANT]
    assert config["current-context"] == only(recording, CLUSTER).outputs["name"]


# -- identities ----------------------------------------------------------------------------------------------------------------------------


def test_control_plane_and_nodes_have_identities_of_their_own_and_rights_before_there_is_a_cluster() -> None:
    recording = run(cluster)
    assert {identity.name for identity in recording.of_type(IDENTITY)} == {"apim-control-plane", "apim-kubelet"}
    inputs = inputs_of(recording)
    assert inputs["identity"]["type"] == "UserAssigned"
    assert inputs["identity"]["userAssignedIdentities"] == [recording.named("apim-control-plane").id]
    assert inputs["identityProfile"]["kubeletidentity"]["resourceId"] == recording.named("apim-kubelet").id
    roles = {role.name: role for role in recording.of_type(ASSIGNMENT)}
    assert roles.keys() == {"apim-network-role", "apim-nodes-role"}
    assert roles["apim-network-role"].inputs["scope"] == recording.named("vnet").id
    assert roles["apim-nodes-role"].inputs["scope"] == recording.named("apim-kubelet").id
    assert {role.urn for role in roles.values()} <= set(only(recording, CLUSTER).dependencies)


def test_workload_identity_is_on() -> None:
    inputs = inputs_of(run(cluster))
    assert inputs["oidcIssuerProfile"] == {"enabled": True}
    assert inputs["securityProfile"]["workloadIdentity"] == {"enabled": True}


# -- network -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "plane"), [("cilium", "cilium"), ("calico", "azure")])
def test_pods_have_an_overlay_network_with_either_engine_of_policies(policy: str, plane: str) -> None:
    network = made(network_policy=policy)["networkProfile"]
    assert (network["networkPlugin"], network["networkPluginMode"]) == ("azure", "overlay")
    assert (network["networkPolicy"], network["networkDataplane"]) == (policy, plane)
    assert network["podCidr"] == "10.244.0.0/16"
    assert (network["serviceCidr"], network["dnsServiceIP"]) == ("172.20.0.0/16", "172.20.0.10")
    assert network["loadBalancerSku"] == "standard"


@pytest.mark.parametrize("outbound", ["userAssignedNATGateway", "none"])
def test_nodes_leave_by_the_gateway_of_their_subnet_unless_told_otherwise(outbound: str) -> None:
    assert made(outbound_type=outbound)["networkProfile"]["outboundType"] == outbound
    assert inputs_of(run(cluster))["networkProfile"]["outboundType"] == "userAssignedNATGateway"


def test_images_of_aks_may_come_from_a_registry_of_ones_own() -> None:
    registry = f"{ELSEWHERE}/Microsoft.ContainerRegistry/registries/images"
    assert inputs_of(run(cluster))["bootstrapProfile"] == {"artifactSource": "Direct"}
    assert made(image_registry_id=registry)["bootstrapProfile"] == {
        "artifactSource": "Cache",
        "containerRegistryId": registry,
    }


# -- what it brings along --------------------------------------------------------------------------------------------------------------------


def test_batteries_have_off_switches() -> None:
    inputs = made(secrets_store=False, image_cleaner_hours=0, locked_nodes=False)
    assert inputs["addonProfiles"]["azureKeyvaultSecretsProvider"] == {"enabled": False}
    assert inputs["securityProfile"]["imageCleaner"] == {"enabled": False}
    assert inputs["nodeResourceGroupProfile"] == {"restrictionLevel": "Unrestricted"}
    usual = inputs_of(run(cluster))
    assert usual["addonProfiles"]["azureKeyvaultSecretsProvider"]["config"]["enableSecretRotation"] == "true"
    assert usual["securityProfile"]["imageCleaner"] == {"enabled": True, "intervalHours": 168}
    assert usual["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}


def test_what_is_opted_into_is_off_at_first() -> None:
    usual = inputs_of(run(cluster))
    assert {name for name, addon in usual["addonProfiles"].items() if addon["enabled"]} == {
        "azureKeyvaultSecretsProvider"
    }
    assert "defender" not in usual["securityProfile"]
    assert usual["azureMonitorProfile"]["metrics"]["enabled"] is False
    asked = made(
        policy_addon=True,
        defender_workspace_id=WORKSPACE.replace("01/", "09/"),
        insights_workspace_id=WORKSPACE.replace("01/", "09/"),
        managed_prometheus=True,
    )
    assert asked["addonProfiles"]["azurepolicy"] == {"enabled": True}
    assert asked["addonProfiles"]["omsagent"]["config"]["useAADAuth"] == "true"
    assert asked["securityProfile"]["defender"]["securityMonitoring"] == {"enabled": True}
    assert asked["azureMonitorProfile"]["metrics"]["enabled"] is True


def test_drivers_of_disks_and_shares_are_on() -> None:
    drivers = inputs_of(run(cluster))["storageProfile"]
    assert {name for name, driver in drivers.items() if driver["enabled"]} == {
        "diskCSIDriver",
        "fileCSIDriver",
        "snapshotController",
    }


def test_logs_of_the_control_plane_go_to_the_workspace_without_every_read() -> None:
    where = {"workspace_id": WORKSPACE.replace("01/", "09/")}
    recording = run(lambda: cluster(diagnostics=where))
    setting = only(recording, DIAGNOSTICS)
    assert setting.inputs["resourceUri"] == only(recording, CLUSTER).id
    assert [log["category"] for log in setting.inputs["logs"]] == list(LOG_CATEGORIES)
    assert {"kube-audit-admin", "guard"} <= set(LOG_CATEGORIES)
    assert "kube-audit" not in LOG_CATEGORIES
    assert added(run(cluster), recording) == {DIAGNOSTICS: 1}


def test_secrets_are_encrypted_by_a_key_that_the_api_server_reaches_in_the_network() -> None:
    def program() -> Cluster:
        ground = Ground(api_server=True)
        assert ground.api_server is not None
        return cluster(ground, secrets_key=KEY, api_server_subnet_id=ground.api_server.id)

    recording = run(program)
    inputs = inputs_of(recording)
    assert inputs["securityProfile"]["azureKeyVaultKms"] == {
        "enabled": True,
        "keyId": KEY["key_id"],
        "keyVaultNetworkAccess": "Private",
        "keyVaultResourceId": VAULT,
    }
    access = inputs["apiServerAccessProfile"]
    assert access["enableVnetIntegration"] is True
    assert access["subnetId"] == recording.named("api-server").id
    assert recording.named("apim-key-role").inputs["scope"] == KEY["scope"]
    assert recording.named("apim-vault-role").inputs["scope"] == VAULT
    assert "api_server_subnet_id" in refused(secrets_key=KEY)


def test_a_public_vault_needs_no_subnet() -> None:
    kms = made(secrets_key={**KEY, "private": False})["securityProfile"]["azureKeyVaultKms"]
    assert kms == {"enabled": True, "keyId": KEY["key_id"], "keyVaultNetworkAccess": "Public"}


# -- upgrades and price -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "node_channel", "word"),
    [("none", "none", "None"), ("patch", "unmanaged", "Unmanaged"), ("stable", "security-patch", "SecurityPatch")],
)
def test_channels_are_azures_own_words(channel: str, node_channel: str, word: str) -> None:
    profile = made(upgrade_channel=channel, node_channel=node_channel)["autoUpgradeProfile"]
    assert profile == {"upgradeChannel": channel, "nodeOSUpgradeChannel": word}


@pytest.mark.parametrize(("channel", "left_alone"), [("patch", False), ("stable", True), ("rapid", True)])
def test_a_version_that_azure_moves_is_not_brought_back(channel: str, left_alone: bool) -> None:
    stack = Stack()
    stack.run(lambda: cluster(version="1.35", upgrade_channel=channel))
    later = stack.run(lambda: cluster(version="1.36", upgrade_channel=channel))
    steps = {str(step.operation) for step in later.steps if step.urn == only(later, CLUSTER).urn}
    assert steps == ({"same"} if left_alone else {"update"})


def test_the_number_of_nodes_is_the_autoscalers() -> None:
    stack = Stack()
    stack.run(cluster)

    def more() -> Cluster:
        ground = Ground()
        return cluster(ground, system_pool=ground.nodes_of(minimum=3))

    later = stack.run(more)
    (step,) = [step for step in later.steps if step.urn == only(later, CLUSTER).urn]
    assert str(step.operation) == "update"
    (profile,) = only(later, CLUSTER).inputs["agentPoolProfiles"]
    assert (profile["minCount"], profile["count"]) == (3, 2)


def test_the_tier_is_a_choice_and_long_term_support_part_of_premium() -> None:
    usual = inputs_of(run(cluster))
    assert (usual["sku"], usual["supportPlan"]) == ({"name": "Base", "tier": "Standard"}, "KubernetesOfficial")
    long_term = made(tier="Premium", long_term_support=True)
    assert (long_term["sku"]["tier"], long_term["supportPlan"]) == ("Premium", "AKSLongTermSupport")
    assert "tier" in refused(long_term_support=True)


def test_machines_are_in_a_group_called_after_the_stacks_own() -> None:
    assert inputs_of(run(cluster))["nodeResourceGroup"] == f"{GROUP}-nodes"


def test_deletion_protection_is_pulumis() -> None:
    assert only(run(cluster), CLUSTER).protect is False
    protected = run(lambda: cluster(deletion_protection=True))
    assert only(protected, CLUSTER).protect is True
    assert added(run(cluster), protected) == {}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"network_policy": "azure"}, "network_policy"),
        ({"outbound_type": "managedNATGateway"}, "outbound_type"),
        ({"tier": "Basic"}, "tier"),
        ({"upgrade_channel": "node-image"}, "upgrade_channel"),
        ({"node_channel": "weekly"}, "node_channel"),
        ({"pod_cidr": "172.20.0.0/17"}, "pod_cidr"),
        ({"public_endpoint": True, "public_endpoint_cidrs": ["198.51.100.0/32"] * 201}, "public_endpoint_cidrs"),
    ],
)
def test_wrong_arguments_are_named(options: dict[str, Any], path: str) -> None:
    assert f"{path}: " in refused(**options)


# -- a cluster that is brought along, and all clouds ------------------------------------------------------------------------------------------


def test_a_cluster_that_is_brought_along_is_read_and_nothing_is_made() -> None:
    recording = run(existing_cluster)
    assert [resource for resource in recording.graph.custom() if not resource.type.startswith("pulumi:")] == []


def test_both_clusters_have_the_outputs_that_all_clouds_share() -> None:
    outputs: list[ClusterOutputs] = []

    def program() -> None:
        outputs.append(cluster().outputs)
        outputs.append(existing_cluster().outputs)

    run(program)
    assert all(each.keys() == ClusterOutputs.__annotations__.keys() for each in outputs)
    assert set(Cluster.__annotations__) == set(ExistingCluster.__annotations__)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_second_run_changes_nothing(sample: Any) -> None:
    stack = Stack()
    stack.run(sample)
    assert {str(step.operation) for step in stack.run(sample).steps} <= {"same"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_secret_is_recorded(sample: Any) -> None:
    graph = json.dumps(run(sample).graph.to_json(), default=str)
    assert "clusterUser_" not in graph
