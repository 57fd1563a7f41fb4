"""The Azure twin's machinery: ids, names, replacement, references, deletion, what is brought along, data sources."""

import base64
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from azure_cases.case import LOCATION, Scene, Step
from azure_cases.given import (
    ADDRESS,
    CLUSTER,
    IDENTITY,
    NAT,
    NETWORK,
    POOL,
    SECOND_SUBNET,
    SECURITY_GROUP,
    STORAGE,
    SUBNET,
    VAULT,
    WORKSPACE,
)

from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import UNKNOWN, Difference, Instance, RejectedError, Request
from apim_infra.rehearsal.testing import record
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.twin import AzureTwin

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
PREFIX = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers"
OTHER = "/subscriptions/99999999-0000-4000-8000-000000000009/resourceGroups/hub/providers"


def scene(*steps: Step, seed: int = 0, **configuration: Any) -> Scene:
    """Return a scene in which some steps were taken."""
    found = Scene(AzureTwin(seed), {"location": LOCATION, **configuration})
    for step in steps:
        found.create(step)
    return found


def refused(call: Any, *arguments: Any) -> list[str]:
    """Return the codes with which a call is refused."""
    with pytest.raises(RejectedError) as error:
        call(*arguments)
    return [problem.code for problem in error.value.problems]


def difference(world: Scene, step: Step, **changes: Any) -> Difference:
    """Return the difference between a step and the one made under its name."""
    before, made = world.made[step.name]
    request = world.request(step, id=made.id, old_inputs=before.inputs, old_outputs=made.outputs, **changes)
    return world.twin.diff(replace(request, inputs=world.twin.check(request).inputs))


class TestIds:
    @pytest.mark.parametrize(
        ("arm_id", "type_", "parent"),
        [
            (f"/subscriptions/{SUBSCRIPTION}", "Microsoft.Resources/subscriptions", ""),
            (PREFIX.removesuffix("/providers"), "Microsoft.Resources/resourceGroups", f"/subscriptions/{SUBSCRIPTION}"),
            (f"{PREFIX}/A.B/c/d", "A.B/c", PREFIX.removesuffix("/providers")),
            (f"{PREFIX}/A.B/c/d/e/f", "A.B/c/e", f"{PREFIX}/A.B/c/d"),
            (f"{PREFIX}/A.B/c/d/providers/E.F/g/h", "E.F/g", f"{PREFIX}/A.B/c/d"),
            ("/providers/Microsoft.Authorization/roleDefinitions/x", "Microsoft.Authorization/roleDefinitions", ""),
        ],
    )
    def test_an_id_says_its_type_and_parent(self, arm_id: str, type_: str, parent: str) -> None:
        assert ids.is_well_formed(arm_id)
        assert ids.type_of(arm_id) == type_
        assert ids.parent_of(arm_id) == parent

    @pytest.mark.parametrize(
        "arm_id",
        [
            "/subscriptions",
            f"{PREFIX}/A.B/c",
            f"{PREFIX}/nonamespace/c/d",
            f"{PREFIX}/A.B//d",
            "/x/y",
            f"{PREFIX}/A.B/c/d/e",
        ],
    )
    def test_a_wrong_form_is_told(self, arm_id: str) -> None:
        assert not ids.is_well_formed(arm_id)

    def test_case_does_not_count(self) -> None:
        world = scene(NETWORK)
        assert world.twin.world.at(f"{PREFIX}/microsoft.network/VIRTUALNETWORKS/VNet") is not None


class TestNames:
    def test_an_automatic_name_has_eight_digits_and_is_kept(self) -> None:
        step = NETWORK.but(virtualNetworkName=None)
        world = scene(step)
        name = world.made["vnet"][1].outputs["name"]
        assert re.fullmatch(r"vnet[0-9a-f]{8}", name)
        before, made = world.made["vnet"]
        request = world.request(step, id=made.id, old_inputs=before.inputs)
        assert world.twin.check(request).inputs["virtualNetworkName"] == name

    def test_inside_of_another_resource_the_logical_name_is_copied(self) -> None:
        world = scene(NETWORK, SUBNET.but(subnetName=None))
        assert world.made["subnet"][1].outputs["name"] == "subnet"

    def test_roles_get_a_guid(self) -> None:
        role = Step(
            "authorization:RoleAssignment",
            "role",
            {
                "scope": "${identity.id}",
                "principalId": "${identity.principalId}",
                "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
            },
        )
        world = scene(IDENTITY, role)
        assert ids.GUID.fullmatch(world.made["role"][1].outputs["name"])
        assert world.made["role"][1].id.startswith(world.made["identity"][1].id)

    def test_a_replacement_gets_another_random_name(self) -> None:
        step = ADDRESS.but(publicIpAddressName=None)
        world = scene(step)
        first = world.made["address"][1].id
        assert world.create(step).id != first

    def test_a_seed_gives_the_same_answers_and_another_seed_others(self) -> None:
        step = CLUSTER.but(resourceName=None)
        first, again, other = (scene(step, seed=seed).made["cluster"][1] for seed in (1, 1, 2))
        assert first == again
        assert first.id != other.id
        assert first.seconds != other.seconds

    def test_a_name_that_is_not_known_yet_is_never_refused(self) -> None:
        request = scene().request(NETWORK.but(resourceGroupName=UNKNOWN, location=UNKNOWN))
        assert AzureTwin().check(request).problems == ()


class TestDifference:
    def test_tags_change_in_place(self) -> None:
        found = difference(scene(NETWORK), NETWORK.but(tags={"a": "b"}))
        assert (found.changed, found.replaced_by) == (("tags",), ())

    def test_the_same_inputs_differ_in_nothing(self) -> None:
        for step in (NETWORK, NETWORK.but(location="West Europe")):
            assert difference(scene(NETWORK), step) == Difference()

    def test_a_name_that_a_program_gave_is_deleted_first(self) -> None:
        found = difference(scene(ADDRESS), ADDRESS.but(sku={"name": "Basic"}))
        assert found.replaced_by == ("sku.name",)
        assert found.delete_before_replace

    def test_an_automatic_name_is_replaced_before_it_is_deleted(self) -> None:
        step = ADDRESS.but(publicIpAddressName=None)
        found = difference(scene(step), step.but(sku={"name": "Basic"}))
        assert found.replaced_by
        assert not found.delete_before_replace

    def test_parent_and_location_replace(self) -> None:
        other = Step("network:VirtualNetwork", "other", {**NETWORK.inputs, "virtualNetworkName": "other"})
        world = scene(NETWORK, other, SUBNET)
        assert difference(world, SUBNET.but(virtualNetworkName="other")).replaced_by == ("virtualNetworkName",)
        assert difference(world, NETWORK.but(location="northeurope")).replaced_by == ("location",)

    def test_a_part_of_an_object_that_is_create_only(self) -> None:
        step = CLUSTER.but(networkProfile={"networkPlugin": "azure", "podCidr": "10.244.0.0/16"})
        world = scene(step)
        assert difference(world, step.but(networkProfile__podCidr="10.200.0.0/16")).replaced_by == (
            "networkProfile.podCidr",
        )
        assert difference(world, step.but(networkProfile__loadBalancerSku="standard")).replaced_by == ()
        assert difference(world, CLUSTER).replaced_by == ("networkProfile",)

    def test_ignored_changes_stay_as_they_were(self) -> None:
        world = scene(CLUSTER, POOL)
        assert difference(world, POOL.but(count=5), ignore_changes=("count",)) == Difference()
        before, made = world.made["pool"]
        request = world.request(POOL.but(count=5, tags={"a": "b"}), id=made.id, old_inputs=before.inputs)
        checked = replace(request, inputs=world.twin.check(request).inputs, ignore_changes=("count",))
        assert world.twin.update(checked).outputs["count"] == 3


class TestReferences:
    def test_a_part_that_another_resource_describes_may_be_named(self) -> None:
        inline = NETWORK.but(subnets=[{"name": "front", "addressPrefix": "10.0.9.0/24"}])
        world = scene(inline)
        assert world.made["vnet"][1].outputs["subnets"][0]["id"].endswith("/virtualNetworks/vnet/subnets/front")
        interface = Step(
            "network:NetworkInterface",
            "nic",
            {"ipConfigurations": [{"name": "ip", "subnet": {"id": "${vnet.subnets.0.id}"}}]},
        )
        assert world.create(interface).id

    def test_what_is_in_another_subscription_cannot_be_known(self) -> None:
        step = SUBNET.but(natGateway={"id": f"{OTHER}/Microsoft.Network/natGateways/nat"})
        assert scene(NETWORK).create(step).id

    def test_inside_of_what_is_brought_along_nothing_is_known(self) -> None:
        world = scene()
        vnet = f"{PREFIX}/Microsoft.Network/virtualNetworks/hub"
        assert world.twin.furnish("azure-native:network:VirtualNetwork", vnet, LOCATION, {}) == ()
        nic = Step(
            "network:NetworkInterface",
            "nic",
            {"ipConfigurations": [{"name": "ip", "subnet": {"id": f"{vnet}/subnets/any"}}]},
        )
        assert world.create(nic).id

    def test_every_problem_is_told_not_only_the_first(self) -> None:
        wrong = SUBNET.but(
            natGateway={"id": f"{PREFIX}/Microsoft.Network/natGateways/none"},
            networkSecurityGroup={"id": f"{PREFIX}/Microsoft.Network/networkSecurityGroups/none"},
        )
        assert refused(scene(NETWORK).create, wrong) == ["InvalidResourceReference"] * 2


class TestDeletion:
    def test_a_resource_takes_along_what_is_inside(self) -> None:
        world = scene(CLUSTER, POOL)
        world.delete("cluster")
        assert [left.type for left in world.twin.leftovers()] == ["azure-native:resources:ResourceGroup"]
        # The engine deletes the pool too: what is gone already is no error.
        world.delete("pool")

    def test_what_is_inside_may_be_held_from_outside(self) -> None:
        nic = Step(
            "network:NetworkInterface", "nic", {"ipConfigurations": [{"name": "ip", "subnet": {"id": "${subnet.id}"}}]}
        )
        world = scene(NETWORK, SUBNET, nic)
        assert refused(world.delete, "vnet") == ["InUseSubnetCannotBeDeleted"]
        for name in ("nic", "vnet", "group"):
            world.delete(name)
        assert world.twin.leftovers() == ()

    def test_a_resource_may_be_deleted_before_what_does_not_hold_it(self) -> None:
        world = scene(NETWORK, ADDRESS, NAT, SUBNET.but(natGateway={"id": "${nat.id}"}))
        assert refused(world.delete, "nat") == ["InUseNatGatewayCannotBeDeleted"]
        world.delete("subnet")
        world.delete("nat")

    def test_a_deleted_vault_keeps_its_name(self) -> None:
        world = scene(VAULT)
        world.delete("vault")
        assert refused(world.create, VAULT) == ["VaultAlreadyExists"]
        assert world.create(VAULT.but(vaultName="vault-of-others")).id
        assert [left.type for left in world.twin.leftovers()] == [
            "azure-native:resources:ResourceGroup",
            "azure-native:keyvault:Vault",
        ]

    def test_a_lock_of_the_group_holds_everything_in_it(self) -> None:
        lock = Step("authorization:ManagementLockByScope", "lock", {"level": "CanNotDelete", "scope": "${group.id}"})
        world = scene(NETWORK, lock)
        assert refused(world.delete, "vnet") == ["ScopeLocked"]
        assert world.update(NETWORK.but(tags={"a": "b"})).outputs["tags"] == {"a": "b"}
        world.delete("lock")
        world.delete("vnet")


class TestConcurrency:
    def test_subnets_in_a_chain_are_written_one_after_another(self) -> None:
        third = Step(
            "network:Subnet", "third", {**SUBNET.inputs, "subnetName": "third", "addressPrefix": "10.0.2.0/24"}
        )
        world = scene(NETWORK, SUBNET, SECOND_SUBNET)
        assert refused(world.create, replace(third, after=("subnet",))) == ["AnotherOperationInProgress"]
        assert world.create(replace(third, after=("second",))).id

    def test_a_caller_that_does_not_say_what_waits_is_believed(self) -> None:
        world = scene(NETWORK, SUBNET)
        request = world.request(replace(SECOND_SUBNET, after=()))
        request = replace(request, inputs=world.twin.check(request).inputs, needs=None)
        assert world.twin.create(request).id

    def test_the_engine_says_what_waits(self) -> None:
        def program(*, chained: bool) -> None:
            import pulumi
            import pulumi_azure_native as azure

            group = azure.resources.ResourceGroup("group", location=LOCATION)
            vnet = azure.network.VirtualNetwork(
                "vnet",
                resource_group_name=group.name,
                address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]),
            )
            before = None
            for index in range(3):
                before = azure.network.Subnet(
                    f"subnet-{index}",
                    resource_group_name=group.name,
                    virtual_network_name=vnet.name,
                    address_prefix=f"10.0.{index}.0/24",
                    opts=pulumi.ResourceOptions(depends_on=[before] if chained and before else None),
                )

        assert record(lambda: program(chained=True)).errors == []
        rules = [finding.rule for finding in record(lambda: program(chained=False)).errors]
        assert rules == ["azure-native:AnotherOperationInProgress"] * 2


class TestBroughtAlong:
    def test_a_description_is_checked(self) -> None:
        twin = AzureTwin()
        vnet = "azure-native:network:VirtualNetwork"
        good = f"{PREFIX}/Microsoft.Network/virtualNetworks/hub"

        def codes(*arguments: Any) -> list[tuple[str, str]]:
            return [(problem.code, problem.path) for problem in twin.furnish(*arguments)]

        assert codes("azure-native:network:Vnet", good, LOCATION, {}) == [("UnknownType", "type")]
        assert codes(vnet, "hub", LOCATION, {}) == [("LinkedInvalidPropertyId", "id")]
        assert codes(vnet, good, "mars", {}) == [("LocationNotAvailableForResourceType", "region (mars)")]
        assert codes(vnet, good, LOCATION, {"cidr": "x"}) == [("UnknownProperty", "properties.cidr")]
        assert codes(vnet, good, LOCATION, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}) == []
        assert twin.leftovers() == ()

    def test_what_is_brought_along_is_found_by_name_and_kept(self) -> None:
        world = scene()
        hub = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"
        known = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
        world.twin.furnish("azure-native:network:VirtualNetwork", hub, LOCATION, known)
        answer = world.twin.invoke(
            "azure-native:network:getVirtualNetwork",
            {"resourceGroupName": "hub", "virtualNetworkName": "hub"},
            world.provider,
        )
        assert (answer["id"], answer["addressSpace"], answer["location"]) == (hub, known["addressSpace"], LOCATION)
        request = Request("urn:x", "azure-native:network:VirtualNetwork", "hub", {}, world.provider, id=hub)
        read = world.twin.read(request)
        assert read.not_verified == ("virtualNetworks hub is taken to exist",)
        assert world.create(SUBNET.but(resourceGroupName="hub", virtualNetworkName="hub")).id

    def test_what_is_read_by_an_impossible_id_is_refused(self) -> None:
        request = Request("urn:x", "azure-native:network:Subnet", "s", {}, scene().provider, id=f"{PREFIX}/A.B/c/d")
        assert refused(AzureTwin().read, request) == ["LinkedInvalidPropertyId"]


class TestFunctions:
    def ask(self, world: Scene, function: str, **arguments: str) -> Any:
        return world.twin.invoke(f"azure-native:{function}", arguments, world.provider)

    def test_the_client_is_in_the_subscription_of_the_provider(self) -> None:
        world = scene(subscriptionId="12345678-0000-4000-8000-000000000001")
        found = self.ask(world, "authorization:getClientConfig")
        assert found["subscriptionId"] == "12345678-0000-4000-8000-000000000001"
        assert world.made["group"][1].id.startswith("/subscriptions/12345678-")

    def test_what_the_program_did_not_make_in_its_own_group_does_not_exist(self) -> None:
        ask = {"resourceGroupName": "group", "virtualNetworkName": "vnet", "subnetName": "none"}
        world = scene(NETWORK)
        with pytest.raises(RejectedError) as error:
            self.ask(world, "network:getSubnet", **ask)
        assert error.value.problems[0].code == "ResourceNotFound"
        there = self.ask(world, "network:getSubnet", **{**ask, "resourceGroupName": "elsewhere"})
        assert there["name"] == "none"

    def test_keys_are_made_up_and_stay_the_same(self) -> None:
        world = scene(STORAGE, WORKSPACE)
        keys = self.ask(
            world, "storage:listStorageAccountKeys", resourceGroupName="group", accountName="accountofcases"
        )
        again = self.ask(
            world, "storage:listStorageAccountKeys", resourceGroupName="group", accountName="accountofcases"
        )
        assert keys == again
        assert len(base64.b64decode(keys["keys"][0]["value"])) == 64
        shared = self.ask(
            world, "operationalinsights:getSharedKeys", resourceGroupName="group", workspaceName="workspace"
        )
        assert shared["primarySharedKey"] != shared["secondarySharedKey"]

    def test_credentials_of_a_cluster_are_a_configuration_of_its_address(self) -> None:
        world = scene(CLUSTER)
        name = {"resourceGroupName": "group", "resourceName": "cluster"}
        found = self.ask(world, "containerservice:listManagedClusterUserCredentials", **name)
        configuration = yaml.safe_load(base64.b64decode(found["kubeconfigs"][0]["value"]))
        host = world.made["cluster"][1].outputs["fqdn"]
        assert configuration["clusters"][0]["cluster"]["server"] == f"https://{host}:443"
        assert self.ask(world, "containerservice:listManagedClusterAdminCredentials", **name)
        world.update(CLUSTER.but(disableLocalAccounts=True, aadProfile={"managed": True}))
        with pytest.raises(RejectedError, match="disable local accounts"):
            self.ask(world, "containerservice:listManagedClusterAdminCredentials", **name)

    def test_an_unknown_function_is_refused(self) -> None:
        with pytest.raises(RejectedError, match="does not know"):
            self.ask(scene(), "network:listEverything")


class TestOutputs:
    def test_an_update_keeps_what_azure_added_and_drops_what_was_taken_out(self) -> None:
        step = STORAGE.but(tags={"a": "b"}, minimumTlsVersion="TLS1_2")
        world = scene(step)
        made = world.made["account"][1].outputs
        changed = world.update(STORAGE.but(minimumTlsVersion="TLS1_2")).outputs
        assert made["primaryEndpoints"]["blob"] == "https://accountofcases.blob.core.windows.net/"
        assert changed["primaryEndpoints"] == made["primaryEndpoints"]
        assert "tags" not in changed

    def test_identities_get_their_principals(self) -> None:
        step = CLUSTER.but(identity={"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]})
        world = scene(IDENTITY, step)
        identity = world.made["identity"][1]
        assigned = world.made["cluster"][1].outputs["identity"]["userAssignedIdentities"]
        assert assigned[identity.id]["principalId"] == identity.outputs["principalId"]

    def test_the_value_of_a_secret_is_never_shown(self) -> None:
        step = Step("keyvault:Secret", "s", {"vaultName": "${vault.name}", "properties": {"value": "hunter2"}})
        outputs = scene(VAULT, step).made["s"][1].outputs
        assert "hunter2" not in repr(outputs)
        assert outputs["properties"]["secretUri"] == "https://vault-of-cases.vault.azure.net/secrets/s"

    def test_a_refusal_does_not_show_a_secret(self) -> None:
        step = Step("keyvault:Secret", "s", {"vaultName": "${vault.name}", "properties": {"value": ["hunter2"]}})
        with pytest.raises(RejectedError) as error:
            scene(VAULT).create(step)
        assert "hunter2" not in str(error.value)


class TestProvider:
    @pytest.mark.parametrize(
        ("configuration", "code"),
        [
            ({"subscriptionId": "mine"}, "InvalidSubscriptionId"),
            ({"tenantId": "mine"}, "InvalidTenantId"),
            ({"location": "mars"}, "LocationNotAvailableForResourceType"),
            ({"regoin": "x"}, "CheckFailure"),
            ({"location": "West Europe", "subscriptionId": SUBSCRIPTION}, ""),
        ],
    )
    def test_its_configuration_is_checked(self, configuration: dict[str, str], code: str) -> None:
        problems = AzureTwin().check_config(Instance("urn:p", "p", configuration))
        assert [problem.code for problem in problems] == ([code] if code else [])

    def test_the_location_is_that_of_the_group_or_of_the_provider_or_missing(self) -> None:
        world = scene(
            Step("resources:ResourceGroup", "north", {"resourceGroupName": "north", "location": "northeurope"})
        )
        for group, configuration, wanted in (
            ("north", {}, "northeurope"),
            ("gone", {"location": "uksouth"}, "uksouth"),
            ("gone", {}, None),
        ):
            provider = Instance("urn:p", "p", configuration)
            request = replace(world.request(NETWORK.but(resourceGroupName=group)), provider=provider)
            request = replace(request, inputs={k: v for k, v in request.inputs.items() if k != "location"})
            checked = world.twin.check(request)
            assert checked.inputs.get("location") == wanted
            assert [problem.code for problem in checked.problems] == ([] if wanted else ["LocationRequired"])

    def test_a_namespace_that_is_not_registered_is_refused(self) -> None:
        world = Scene(AzureTwin(unregistered=frozenset({"Microsoft.KeyVault"})))
        assert refused(world.create, VAULT) == ["MissingSubscriptionRegistration"]
        assert world.create(SECURITY_GROUP).id

    def test_it_is_the_twin_of_its_package(self) -> None:
        assert isinstance(packages()["azure-native"], AzureTwin)

    def test_a_snapshot_brings_everything_back(self) -> None:
        world = scene(NETWORK)
        before = world.twin.snapshot()
        first = world.create(SUBNET)
        world.update(NETWORK.but(tags={"a": "b"}))
        world.twin.restore(before)
        assert world.twin.world.at(first.id) is None
        assert world.create(SUBNET) == first
        assert len(world.twin.leftovers()) == 3

    def test_failures_that_are_asked_for_are_of_the_service(self) -> None:
        twin = AzureTwin()
        assert twin.injected_failure("azure-native:containerservice:ManagedCluster").code == "QuotaExceeded"
        assert twin.injected_failure("azure-native:dashboard:Grafana").code == "TooManyRequests"

    def test_creation_takes_simulated_time(self) -> None:
        _, created = scene(CLUSTER).made["cluster"]
        assert created.seconds > 60
