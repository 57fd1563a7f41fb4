"""Cassandra on Azure in the planning: what its machines must reach, their disks, keyspaces of gateway groups, and what the managed instance takes."""

from typing import Any

import pytest

from apim_infra.planning.azure_cassandra_rules import azure_cassandra_violations
from apim_infra.planning.cassandra_rules import cassandra_violations, ring_keyspaces
from apim_infra.planning.flows import flows, network_flows
from apim_infra.planning.managed_instance_rules import KEYSPACES_BY_OWNER, disks_of_a_node, managed_instance
from apim_infra.planning.notices import notices
from apim_infra.planning.store_rules import store_violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from apim_infra.sizing.catalogue import node_size
from components.azure.managed_cassandra import VERSIONS

PRINCIPAL = "e5007d2c-4b13-4a74-9b6a-605d99f03501"
"""Azure Cosmos DB, as a tenant may know it."""


def stack(mode: str = "self-managed", **values: Any) -> StackSettings:
    cassandra = {"mode": mode, **values.pop("cassandra", {})}
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "dev"}
    return load_settings({**given, "stores": {"cassandra": cassandra}, **values}).settings


def rules(settings: StackSettings) -> dict[str, str]:
    return {violation.path: violation.rule for violation in cassandra_violations(settings)}


def managed(**values: Any) -> StackSettings:
    cassandra = {"service_principal_id": PRINCIPAL, "size": "Standard_E8s_v5", **values.pop("cassandra", {})}
    return stack("managed", cassandra=cassandra, **values)


@pytest.mark.parametrize("mode", ["none", "self-managed", "in-cluster"])
def test_each_mode_that_needs_nothing_more_is_fine(mode: str):
    assert rules(stack(mode)) == {}


@pytest.mark.parametrize("product", ["kong", "axway"])
def test_the_managed_instance_is_apache_cassandra_for_every_product(product: str):
    assert rules(managed(product=product, cassandra={"nodes": 12, "size": "Standard_E16s_v5"})) == {}


def test_the_managed_instance_asks_for_the_services_principal_and_a_size_that_it_has():
    found = rules(stack("managed"))
    assert found.keys() == {"stores.cassandra.service_principal_id", "stores.cassandra.size"}
    assert "is missing: Azure Cosmos DB puts nodes into the network" in found["stores.cassandra.service_principal_id"]


@pytest.mark.parametrize("mode", ["none", "self-managed", "in-cluster"])
def test_the_principal_has_no_meaning_in_another_mode(mode: str):
    found = rules(stack(mode, cassandra={"service_principal_id": PRINCIPAL}))
    assert found == {"stores.cassandra.service_principal_id": f"has no meaning in mode {mode}"}


def test_a_principal_that_is_no_object_id_is_refused_in_the_file():
    with pytest.raises(SettingsError, match="must be an object id"):
        stack("managed", cassandra={"service_principal_id": "Azure Cosmos DB"})


VNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
EXISTING = {"id": VNET, "private_subnet_ids": [f"{VNET}/subnets/n"], "data_subnet_ids": [f"{VNET}/subnets/d"]}


@pytest.mark.parametrize(
    ("values", "path", "words"),
    [
        ({"cassandra": {"nodes": 4}}, "stores.cassandra.nodes", "must be a multiple of 3"),
        ({"cassandra": {"performance_tier": "P30"}}, "stores.cassandra.performance_tier", "has no meaning"),
        ({"cassandra": {"image_id": "one"}}, "stores.cassandra.image_id", "has no meaning"),
        ({"network": {"existing": EXISTING}}, "stores.cassandra.mode", "needs a subnet that is delegated to it"),
        ({"private_deployment": {"domain": "i.example.com"}}, "stores.cassandra.mode", "beside a private deployment"),
    ],
)
def test_what_a_managed_instance_cannot_be(values: dict[str, Any], path: str, words: str):
    found = rules(managed(**values))
    assert found.keys() == {path}
    assert words in found[path]


@pytest.mark.parametrize(("version", "refused"), [("3.11", True), ("4.0", False), ("5.0", False)])
def test_the_managed_instance_has_the_versions_of_cassandra_itself(version: str, refused: bool):
    found = list(store_violations(managed(cassandra={"version": version})))
    assert [violation.path for violation in found] == (["stores.cassandra.version"] if refused else [])
    assert (version in VERSIONS) is not refused


def test_sizes_of_the_managed_instance_are_in_the_catalogue_and_take_premium_disks():
    assert all(node_size(managed().cloud, size).premium for size in managed_instance().sizes)


@pytest.mark.parametrize(("storage_gb", "disks"), [(50, 1), (1024, 1), (1025, 2), (16384, 16)])
def test_storage_is_whole_disks(storage_gb: int, disks: int):
    assert disks_of_a_node(managed(cassandra={"storage_gb": storage_gb}).stores.cassandra) == disks


def test_nodes_of_the_managed_instance_reach_each_other_and_azure_and_nobody_logs_in_to_them():
    jump = {"mode": "jump-host", "source_cidrs": ["198.51.100.0/24"], "ssh_public_key": "ssh-ed25519 AAAA"}
    asked = managed(network={"bastion": jump})
    found = {(flow.source, flow.destination, flow.port_from) for flow in network_flows(asked)}
    assert {flow for flow in found if "cassandra" in flow} == {
        ("nodes", "cassandra", 9042),
        ("jump-host", "cassandra", 9042),
        ("cassandra", "internet", 443),
        *(("cassandra", "cassandra", port) for port in (7001, 7199, 8443, 9042, 9443)),
    }


def test_the_managed_instance_is_used_by_who_uses_a_ring():
    def users(settings: StackSettings) -> set[str]:
        return {flow.source for flow in flows(settings) if (flow.destination, flow.port_from) == ("cassandra", 9042)}

    assert users(managed()) - {"cassandra"} == users(stack()) == {"microservices"}
    axway: dict[str, Any] = {"product": "axway", "cassandra": {"keyspaces": []}}
    assert users(managed(**axway)) - {"cassandra"} == users(stack(**axway)) == {"gateway", "control-plane"}


def test_whoever_has_a_managed_instance_is_told_that_keyspaces_are_left_to_do():
    def told(settings: StackSettings) -> list[str]:
        return [finding.fix for finding in notices(settings) if finding.rule == KEYSPACES_BY_OWNER]

    (fix,) = told(managed())
    assert "cassandra_keyspaces" in fix
    assert told(stack()) == []


@pytest.mark.parametrize(
    ("cassandra", "path", "words"),
    [
        ({"nodes": 9}, "stores.cassandra.nodes", "must be 2 to 8"),
        ({"size": "Standard_D4_v3"}, "stores.cassandra.size", "must take premium disks"),
        ({"performance_tier": "P4"}, "stores.cassandra.performance_tier", "must be P6 to P50: a disk of 50 GiB has P6"),
        ({"performance_tier": "P60"}, "stores.cassandra.performance_tier", "must be P6 to P50"),
        ({"performance_tier": "P50", "storage_gb": 8000}, "stores.cassandra.performance_tier", "must be P60 to P80"),
    ],
)
def test_what_a_ring_cannot_be(cassandra: dict[str, Any], path: str, words: str):
    found = rules(stack(cassandra=cassandra))
    assert found.keys() == {path}
    assert words in found[path]


@pytest.mark.parametrize("tier", ["P6", "P30", "P50"])
def test_disks_may_have_a_tier_above_their_own(tier: str):
    assert rules(stack(cassandra={"performance_tier": tier})) == {}


def test_a_tier_that_is_none_is_refused_in_the_file():
    with pytest.raises(SettingsError, match="must be a performance tier of premium disks"):
        stack(cassandra={"performance_tier": "P31"})


def test_tiers_mean_nothing_in_the_cluster():
    assert rules(stack("in-cluster", cassandra={"performance_tier": "P30"})).keys() == {
        "stores.cassandra.performance_tier"
    }


def test_machines_reach_secrets_and_snapshots_by_endpoints():
    none: dict[str, Any] = {"network": {"interface_endpoints": []}}
    assert "must reach vault, blob: nodes of Cassandra have no other way to their secrets and snapshots" in str(
        list(azure_cassandra_violations(stack(**none)))
    )
    without = stack(**none, cassandra={"backup_retention_days": 0})
    assert "must reach vault: " in str(list(azure_cassandra_violations(without)))


def test_without_nat_a_ring_needs_an_image_and_nobody_logs_in_by_entra():
    closed: dict[str, Any] = {"network": {"nat": "none"}}
    assert rules(stack(**closed)).keys() == {"stores.cassandra.image_id", "stores.cassandra.entra_login"}
    image = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"
    assert rules(stack(**closed, cassandra={"image_id": image, "entra_login": False})) == {}


def test_version_2_2_is_refused_with_the_day_on_which_its_support_ended():
    (found,) = store_violations(stack(cassandra={"version": "2.2"}))
    assert found.path == "stores.cassandra.version"
    assert "support of 2.2 ended on 2021-07-26" in found.rule


def test_each_gateway_group_of_axway_has_a_pair_of_keyspaces():
    groups = [{"name": "internal"}, {"name": "partners-eu", "apis": ["/partners"]}]
    settings = stack(product="axway", gateway_groups=groups, cassandra={"keyspaces": []})
    assert ring_keyspaces(settings) == (
        "internal_general",
        "internal_throttling",
        "partners_eu_general",
        "partners_eu_throttling",
    )
    taken = stack(product="axway", gateway_groups=groups, cassandra={"keyspaces": ["internal-general"]})
    assert "is the name of a keyspace that axway has" in rules(taken)["stores.cassandra.keyspaces[0]"]
    assert ring_keyspaces(stack(cassandra={"keyspaces": ["apim"]})) == ("apim",)
