"""Network, security groups, private zones and endpoints, flow logs and the way of administrators, on Azure."""

from itertools import pairwise
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest
from azure_stack import LOCATION, TAGS, Stack, added
from components_azure_network_samples import (
    ADMINISTRATORS,
    RULES,
    SAMPLES,
    SUBNETS,
    flow_logs,
    ground,
    jump_host,
    managed_bastion,
    network,
    private_zones,
    run,
    security_groups,
    workspace,
)
from pulumi.provider.experimental.analyzer import Analyzer

from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording
from components.azure.bastion import JumpHost, ManagedBastion
from components.azure.flow_logs import FlowLogs
from components.azure.network import Network
from components.azure.private_dns import PrivateZones
from components.azure.private_endpoint import private_endpoint
from components.azure.security_groups import SecurityGroups

NETWORK = "azure-native:network"
SETTING = "azure-native:monitor:DiagnosticSetting"
COMPONENTS: list[type[pulumi.ComponentResource]] = [
    Network,
    SecurityGroups,
    PrivateZones,
    JumpHost,
    ManagedBastion,
    FlowLogs,
]
UNTAGGED = (
    f"{NETWORK}:Subnet",
    f"{NETWORK}:PrivateDnsZoneGroup",
    "azure-native:authorization:RoleAssignment",
)


def refused(program: Any, *paths: str) -> None:
    """Check that the arguments of a component are refused, all paths at once."""
    with pytest.raises(pulumi.InputPropertiesError) as error:
        Stack().try_run(program)
    assert [found["property_path"] for found in error.value.errors or ()] == list(paths)


def subnets(recording: Recording) -> dict[str, dict[str, Any]]:
    return {str(found.inputs["subnetName"]): dict(found.inputs) for found in recording.of_type(f"{NETWORK}:Subnet")}


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_tagged_and_its_children_are_named_after_it(sample: Any) -> None:
    for resource in run(sample).graph.resources:
        if resource.custom and resource.type.startswith("azure-native:") and resource.type not in UNTAGGED:
            assert resource.inputs.get("tags") == TAGS, resource.urn
        if resource.parent and "$" in resource.urn.split("::")[2]:
            assert resource.name.startswith("apim-")


def test_every_field_is_explained_for_other_languages() -> None:
    result = Analyzer("apim").analyze(COMPONENTS)
    definitions: dict[str, Any] = {**result["component_definitions"], **result["type_definitions"]}
    missing: list[str] = []
    for name, definition in definitions.items():
        fields = {
            **getattr(definition, "inputs", {}),
            **getattr(definition, "outputs", {}),
            **getattr(definition, "properties", {}),
        }
        missing += [f"{name}.{key}" for key, value in fields.items() if not value.description]
    assert len(result["component_definitions"]) == len(COMPONENTS)
    assert missing == []


# -- network ----------------------------------------------------------------------------------------------------------------------------------


def test_subnets_are_private_and_written_one_after_another() -> None:
    recording = run(network)
    assert all(found["defaultOutboundAccess"] is False for found in subnets(recording).values())
    assert [str(found["addressPrefix"]) for found in subnets(recording).values()] == [
        subnet["cidr"] for subnet in SUBNETS.values()
    ]
    chain = recording.of_type(f"{NETWORK}:Subnet")
    for before, after in pairwise(chain):
        assert before.urn in after.dependencies


def test_what_a_subnet_asks_for_is_in_it_and_nowhere_else() -> None:
    found = subnets(run(network))
    assert [name for name, subnet in found.items() if "natGateway" in subnet] == ["nodes"]
    assert {name: subnet["privateEndpointNetworkPolicies"] for name, subnet in found.items()} == {
        "nodes": "Disabled",
        "entry": "Disabled",
        "data": "NetworkSecurityGroupEnabled",
        "mysql": "Disabled",
    }
    assert [name for name, subnet in found.items() if subnet.get("delegations")] == ["mysql"]
    assert found["mysql"]["delegations"] == [{"name": "service", "serviceName": "Microsoft.DBforMySQL/flexibleServers"}]
    assert not any("serviceEndpoints" in subnet for subnet in found.values())


def test_a_subnet_can_have_a_name_that_a_service_asks_for_and_a_group() -> None:
    def program() -> None:
        common = ground()
        group = azure.network.NetworkSecurityGroup("group", resource_group_name=common["resource_group_name"])
        named = {"cidr": "10.20.2.0/24", "name": "Wanted", "network_security_group_id": group.id}
        Network(
            "apim-network",
            {**common, "cidr": "10.20.0.0/22", "subnets": {"bastion": named}, "flow_logs": False},  # pyright: ignore[reportArgumentType] - built from parts
        )

    (subnet,) = subnets(Stack().run(program)).values()
    assert subnet["subnetName"] == "Wanted"
    assert "/networkSecurityGroups/group" in subnet["networkSecurityGroup"]["id"]


def test_egress_comes_from_one_gateway_with_a_public_range() -> None:
    recording = run(network)
    (prefix,) = recording.of_type(f"{NETWORK}:PublicIPPrefix")
    (gateway,) = recording.of_type(f"{NETWORK}:NatGateway")
    assert (prefix.inputs["prefixLength"], prefix.inputs["zones"]) == (31, ["1", "2", "3"])
    assert gateway.inputs["sku"] == {"name": "Standard"}
    assert "zones" not in gateway.inputs
    assert len(gateway.inputs["publicIpPrefixes"]) == 1


def test_without_a_subnet_that_leaves_there_is_no_way_out() -> None:
    closed = {name: {key: value for key, value in subnet.items() if key != "nat"} for name, subnet in SUBNETS.items()}

    def program() -> None:
        assert network(subnets=closed, nat="none").egress_range is None

    assert added(run(network), Stack().run(program)) == {
        f"{NETWORK}:PublicIPPrefix": -1,
        f"{NETWORK}:NatGateway": -1,
    }


def test_outputs_are_those_of_every_cloud() -> None:
    def program() -> None:
        built = network()
        pulumi.export("outputs", dict(built.outputs))
        pulumi.export("egress", built.egress_range)
        pulumi.export("subnets", dict(built.subnet_ids))

    exports = Stack().run(program).exports
    assert exports["outputs"]["cidr"] == "10.20.0.0/22"
    assert exports["outputs"]["private_subnet_ids"] == [exports["subnets"]["nodes"]]
    assert exports["outputs"]["public_subnet_ids"] == [exports["subnets"]["entry"]]
    assert exports["outputs"]["data_subnet_ids"] == [exports["subnets"]["data"]]
    assert exports["egress"].endswith("/31")


def test_flow_logs_can_be_left_out() -> None:
    less = added(run(network), Stack().run(lambda: network(flow_logs=False, subscription_id=None)))
    assert less == {f"{NETWORK}:FlowLog": -1, "azure-native:storage:StorageAccount": -1}


def test_metrics_of_the_network_go_to_the_workspace_that_is_given() -> None:
    def program() -> None:
        common = ground()
        Network(
            "apim-network",
            {**common, "cidr": "10.20.0.0/22", "subnets": {}, "flow_logs": False, "diagnostics": workspace(common)},  # pyright: ignore[reportArgumentType] - built from parts
        )

    assert len(Stack().run(program).of_type(SETTING)) == 1
    assert not run(network).of_type(SETTING)


def test_wrong_networks_are_refused_with_every_reason() -> None:
    refused(
        lambda: network(
            nat="per-zone",
            egress_prefix_length=24,
            subscription_id=None,
            subnets={"nodes": {"cidr": "10.30.0.0/23"}, "data": {"cidr": "10.30.0.0/24", "name": "nodes"}},
        ),
        "nat",
        "egress_prefix_length",
        "subscription_id",
        "subnets",
        "subnets.nodes.cidr",
        "subnets.data.cidr",
        "subnets.data.cidr",
    )
    refused(lambda: network(nat="sometimes"), "nat")
    refused(lambda: network(nat="none"), "nat")


# -- security groups --------------------------------------------------------------------------------------------------------------------------


def test_rules_are_inside_of_their_group_and_use_the_field_that_fits() -> None:
    (group,) = run(security_groups).of_type(f"{NETWORK}:NetworkSecurityGroup")
    assert group.name == "apim-security-private-data"
    first, last = group.inputs["securityRules"]
    assert first["sourceAddressPrefixes"] == ["203.0.113.0/24", "198.51.100.0/24"]
    assert "sourceAddressPrefix" not in first
    assert (first["destinationAddressPrefix"], first["destinationPortRange"], first["access"]) == ("*", "443", "Allow")
    assert (last["priority"], last["access"]) == (4096, "Deny")


def test_a_change_of_rules_is_one_write() -> None:
    stack = Stack()
    stack.run(security_groups)
    steps = stack.run(lambda: security_groups(groups={"private_data": RULES[1:]})).steps
    writes = [step for step in steps if step.operation is not Operation.SAME and "$azure-native:" in step.urn]
    assert [step.operation for step in writes] == [Operation.UPDATE]


def test_groups_say_which_rules_applied_where_logs_are_asked_for() -> None:
    def program() -> None:
        common = ground()
        SecurityGroups("apim-security", {**common, "groups": {"nodes": RULES}, "diagnostics": workspace(common)})  # pyright: ignore[reportArgumentType] - built from parts

    (setting,) = Stack().run(program).of_type(SETTING)
    assert "logs" in setting.inputs
    assert "metrics" not in setting.inputs


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "-first"}, "groups.nodes[0].name"),
        ({"direction": "Sideways"}, "groups.nodes[0].direction"),
        ({"access": "Maybe"}, "groups.nodes[0].access"),
        ({"protocol": "Sctp"}, "groups.nodes[0].protocol"),
        ({"priority": 99}, "groups.nodes[0].priority"),
        ({"description": "x" * 141}, "groups.nodes[0].description"),
        ({"sources": []}, "groups.nodes[0].sources"),
        ({"sources": ["10.0.0.0/8", "Internet"]}, "groups.nodes[0].sources"),
    ],
)
def test_wrong_rules_are_refused(change: dict[str, Any], path: str) -> None:
    refused(lambda: security_groups(groups={"nodes": [{**RULES[0], **change}]}), path)


def test_rules_of_one_name_or_priority_are_refused() -> None:
    refused(
        lambda: security_groups(groups={"nodes": [RULES[0], RULES[0]]}),
        "groups.nodes[1].name",
        "groups.nodes[1].priority",
    )


# -- private zones and endpoints --------------------------------------------------------------------------------------------------------------


def test_each_service_has_its_zone_and_the_network_sees_it() -> None:
    recording = run(private_zones)
    zones = {
        found.name: found.inputs["privateZoneName"]
        for found in recording.of_type("azure-native:privatedns:PrivateZone")
    }
    assert zones == {
        "apim-private-zones-vault": "privatelink.vaultcore.azure.net",
        "apim-private-zones-registry": "privatelink.azurecr.io",
        "apim-private-zones-mysql": "apim-test.private.mysql.database.azure.com",
    }
    links = recording.of_type("azure-native:privatedns:VirtualNetworkLink")
    assert len(links) == 3
    assert all(link.inputs["registrationEnabled"] is False for link in links)


def test_services_without_a_zone_are_refused() -> None:
    refused(lambda: private_zones(services=["mail"]), "services")
    refused(lambda: private_zones(services=["mysql"]), "services")
    refused(lambda: private_zones(delegated={"redis": "apim"}), "delegated")


def test_an_endpoint_keeps_its_names_in_the_zones_that_are_given() -> None:
    def program(named: bool) -> None:
        common = ground()
        vnet = azure.network.VirtualNetwork(
            "vnet",
            address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
            resource_group_name=common["resource_group_name"],
            location=LOCATION,
        )
        subnet = azure.network.Subnet(
            "data",
            resource_group_name=common["resource_group_name"],
            virtual_network_name=vnet.name,
            address_prefix="10.20.3.64/27",
            private_endpoint_network_policies="NetworkSecurityGroupEnabled",
        )
        zone = azure.privatedns.PrivateZone(
            "zone",
            resource_group_name=common["resource_group_name"],
            private_zone_name="privatelink.vaultcore.azure.net",
            location="global",
        )
        vault = azure.keyvault.Vault(
            "vault",
            vault_name="vault-of-network-test",
            resource_group_name=common["resource_group_name"],
            location=LOCATION,
            properties=azure.keyvault.VaultPropertiesArgs(
                sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
                tenant_id="00000000-0000-4000-8000-000000000002",
            ),
        )
        private_endpoint(
            "apim-vault",
            resource_group_name=common["resource_group_name"],
            location=LOCATION,
            resource_id=vault.id,
            group_id="vault",
            args={"subnet_id": subnet.id, "zone_ids": [zone.id] if named else []},
            tags=TAGS,
        )

    named, nameless = Stack().run(lambda: program(True)), Stack().run(lambda: program(False))
    (endpoint,) = named.of_type(f"{NETWORK}:PrivateEndpoint")
    assert endpoint.inputs["privateLinkServiceConnections"][0]["groupIds"] == ["vault"]
    (names,) = named.of_type(f"{NETWORK}:PrivateDnsZoneGroup")
    assert names.inputs["privateDnsZoneGroupName"] == "default"
    assert added(named, nameless) == {f"{NETWORK}:PrivateDnsZoneGroup": -1}


# -- flow logs --------------------------------------------------------------------------------------------------------------------------------


def test_flow_logs_record_the_network_and_join_the_watcher_that_azure_made() -> None:
    recording = run(flow_logs)
    (log,) = recording.of_type(f"{NETWORK}:FlowLog")
    assert (log.inputs["resourceGroupName"], log.inputs["networkWatcherName"]) == (
        "NetworkWatcherRG",
        "NetworkWatcher_westeurope",
    )
    assert "/virtualNetworks/vnet" in log.inputs["targetResourceId"]
    assert log.inputs["retentionPolicy"] == {"days": 90, "enabled": True}
    assert not recording.of_type(f"{NETWORK}:NetworkWatcher")


def test_nobody_but_azure_reaches_the_account_of_flow_logs() -> None:
    (account,) = run(flow_logs).of_type("azure-native:storage:StorageAccount")
    assert account.inputs["networkRuleSet"]["defaultAction"] == "Deny"
    assert account.inputs["networkRuleSet"]["bypass"] == "AzureServices"
    assert (account.inputs["minimumTlsVersion"], account.inputs["allowBlobPublicAccess"]) == ("TLS1_2", False)


# -- the way of administrators ----------------------------------------------------------------------------------------------------------------


def test_a_jump_host_has_keys_and_no_public_address() -> None:
    recording = run(jump_host)
    (machine,) = recording.of_type("azure-native:compute:VirtualMachine")
    (interface,) = recording.of_type(f"{NETWORK}:NetworkInterface")
    system = machine.inputs["osProfile"]["linuxConfiguration"]
    assert system["disablePasswordAuthentication"] is True
    assert "adminPassword" not in machine.inputs["osProfile"]
    assert "publicIPAddress" not in interface.inputs["ipConfigurations"][0]
    assert not recording.of_type(f"{NETWORK}:PublicIPAddress")


def test_a_jump_host_starts_what_is_signed_alone_and_is_patched() -> None:
    (machine,) = run(jump_host).of_type("azure-native:compute:VirtualMachine")
    assert machine.inputs["securityProfile"] == {
        "securityType": "TrustedLaunch",
        "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
    }
    patches = machine.inputs["osProfile"]["linuxConfiguration"]["patchSettings"]
    assert patches == {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}


def test_administrators_log_in_as_themselves() -> None:
    recording = run(jump_host)
    (right,) = recording.of_type("azure-native:authorization:RoleAssignment")
    assert (right.inputs["principalId"], right.inputs["principalType"]) == (ADMINISTRATORS, "Group")
    assert right.inputs["roleDefinitionId"].endswith("1c0163c0-47e6-4577-8991-ea5c82e286e4")
    (login,) = recording.of_type("azure-native:compute:VirtualMachineExtension")
    assert login.inputs["type"] == "AADSSHLoginForLinux"
    without = Stack().run(lambda: jump_host(entra_login=False, administrators=[]))
    assert added(recording, without) == {
        "azure-native:authorization:RoleAssignment": -1,
        "azure-native:compute:VirtualMachineExtension": -1,
    }


def test_wrong_jump_hosts_are_refused() -> None:
    refused(lambda: jump_host(ssh_public_key="password"), "ssh_public_key")
    refused(lambda: jump_host(entra_login=False), "administrators")


def test_a_managed_bastion_has_a_standard_address_and_takes_no_shared_links() -> None:
    recording = run(managed_bastion)
    (bastion,) = recording.of_type(f"{NETWORK}:BastionHost")
    (address,) = recording.of_type(f"{NETWORK}:PublicIPAddress")
    assert (address.inputs["sku"]["name"], address.inputs["publicIPAllocationMethod"]) == ("Standard", "Static")
    assert (bastion.inputs["enableShareableLink"], bastion.inputs["disableCopyPaste"]) == (False, True)
    assert (bastion.inputs["zones"], bastion.inputs["scaleUnits"]) == (["1", "2", "3"], 2)


def test_sessions_of_a_bastion_are_recorded_where_logs_are_asked_for() -> None:
    def program() -> None:
        common = ground()
        managed = azure.operationalinsights.Workspace("workspace", **common)
        vnet = azure.network.VirtualNetwork(
            "vnet",
            address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
            resource_group_name=common["resource_group_name"],
            location=LOCATION,
        )
        subnet = azure.network.Subnet(
            "subnet",
            resource_group_name=common["resource_group_name"],
            virtual_network_name=vnet.name,
            subnet_name="AzureBastionSubnet",
            address_prefix="10.20.3.0/26",
        )
        ManagedBastion(
            "apim-bastion",
            {**common, "subnet_id": subnet.id, "diagnostics": {"workspace_id": managed.id}},  # pyright: ignore[reportArgumentType] - built from parts
        )

    settings = {each.name for each in Stack().run(program).of_type(SETTING)}
    assert settings == {"apim-bastion-host-diagnostics", "apim-bastion-address-diagnostics"}
    refused(lambda: managed_bastion(scale_units=1), "scale_units")
