"""Subnets of a network on Azure: where they lie, which ones are built, and whether what stands in them fits."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.planning.addresses import AddressPlanError, address_needs, plan_addresses
from apim_infra.planning.subnets import (
    addresses_needed,
    built_subnets,
    full_subnets,
    lay_out,
    smallest_network,
    subnet_name,
)
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

RESERVED = 5
JUMP = {"mode": "jump-host", "source_cidrs": ["198.51.100.0/24"], "ssh_public_key": "ssh-ed25519 AAAA"}
MANAGED = {"mode": "managed", "source_cidrs": ["198.51.100.0/24"]}


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "stg", **values}
    return load_settings(given).settings


def network(cidr: str = "10.20.0.0/22", **values: Any) -> dict[str, Any]:
    return {"network": {"cidr": cidr, **values}}


networks = st.integers(min_value=16, max_value=22).flatmap(
    lambda prefix: st.integers(min_value=0, max_value=2 ** (prefix - 8) - 1).map(
        lambda step: IPv4Network((int(IPv4Network("10.0.0.0/8").network_address) + step * 2 ** (32 - prefix), prefix))
    )
)


def test_the_subnets_of_the_reference_topology_come_out() -> None:
    ranges = lay_out(IPv4Network("10.20.0.0/22"))
    assert {name: str(range_) for name, range_ in ranges.items()} == {
        "nodes": "10.20.0.0/23",
        "entry": "10.20.2.0/24",
        "bastion": "10.20.3.0/26",
        "data": "10.20.3.64/27",
        "private_data": "10.20.3.96/27",
        "jump": "10.20.3.128/28",
        "api_server": "10.20.3.144/28",
        "mysql": "10.20.3.160/28",
        "postgresql": "10.20.3.176/28",
        "cassandra": "10.20.3.192/27",
        "reserved": "10.20.3.224/27",
    }


@settings(max_examples=200, deadline=None)
@given(networks)
def test_every_range_lies_in_the_network_and_overlaps_no_other(network: IPv4Network) -> None:
    ranges = list(lay_out(network).values())
    assert all(range_.subnet_of(network) for range_ in ranges)
    assert not any(one.overlaps(other) for place, one in enumerate(ranges) for other in ranges[place + 1 :])


@settings(max_examples=200, deadline=None)
@given(networks)
def test_nodes_have_half_of_the_network_and_all_other_subnets_one_size(network: IPv4Network) -> None:
    ranges = lay_out(network)
    assert ranges["nodes"] == next(network.subnets())
    sizes = {name: range_.prefixlen for name, range_ in ranges.items() if name not in ("nodes", "reserved")}
    assert sizes == {
        "entry": 24,
        "bastion": 26,
        "data": 27,
        "private_data": 27,
        "jump": 28,
        "api_server": 28,
        "mysql": 28,
        "postgresql": 28,
        "cassandra": 27,
    }


def test_the_managed_bastion_has_the_name_that_azure_asks_for() -> None:
    assert subnet_name("bastion") == "AzureBastionSubnet"
    assert subnet_name("nodes") == "nodes"


@pytest.mark.parametrize(
    ("values", "added"),
    [
        ({"ingress": {"application_gateway": {}}}, {"entry"}),
        (network(bastion=MANAGED), {"bastion"}),
        (network(bastion=JUMP), {"jump"}),
        (network(store_access="delegated-subnet"), {"mysql", "postgresql"}),
        (
            {**network(store_access="delegated-subnet"), "stores": {"mariadb": {"mode": "none"}}},
            {"postgresql"},
        ),
        ({"cluster": {"secrets_encryption": True}}, {"api_server"}),
        ({"private_deployment": {"domain": "inside.example.com"}}, {"private_data"}),
        ({"stores": {"cassandra": {"mode": "managed"}}}, {"cassandra"}),
    ],
)
def test_what_is_asked_for_adds_its_subnet_and_moves_no_other(values: dict[str, Any], added: set[str]) -> None:
    plain = plan_addresses(stack(**network()))
    plan = plan_addresses(stack(**{**network(), **values}))
    assert plan.subnets.keys() - plain.subnets.keys() == added
    assert all(plan.subnets[name] == range_ for name, range_ in plain.subnets.items())


def test_tiers_are_one_subnet_each() -> None:
    plan = plan_addresses(stack(**network(), ingress={"application_gateway": {}}))
    assert (plan.private, plan.data, plan.public) == (
        (plan.subnets["nodes"],),
        (plan.subnets["data"],),
        (plan.subnets["entry"],),
    )
    assert plan.private_data == ()
    assert plan.reserved == IPv4Network("10.20.3.224/27")
    assert plan_addresses(stack(**network())).public == ()


def test_an_existing_network_brings_its_own_subnets() -> None:
    vnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
    existing = {
        "id": vnet,
        "private_subnet_ids": [f"{vnet}/subnets/nodes"],
        "data_subnet_ids": [f"{vnet}/subnets/data"],
    }
    plan = plan_addresses(stack(**network(existing=existing)))
    assert (plan.subnets, plan.private, plan.data, plan.reserved) == ({}, (), (), None)
    assert plan.zones == ("1", "2", "3")


def test_nodes_are_counted_at_their_most_while_they_are_upgraded() -> None:
    pools = {name: {"min": 1, "max": 6, "max_surge": "50%"} for name in ("management", "user", "monitoring")}
    asked = stack(**network(), cluster={"pools": pools, "system_pool": {"min": 2, "max": 3}})
    # Three pools with their surge, the system pool with a third more, the cluster's endpoint, and the internal load balancer.
    assert addresses_needed(asked)["nodes"] == 3 * 9 + 4 + 1 + 1
    pools["user"]["max_surge"] = "2"
    fixed = stack(**network(), cluster={"pools": pools, "system_pool": {"min": 2, "max": 3}})
    assert addresses_needed(fixed)["nodes"] == addresses_needed(asked)["nodes"] - 1


def test_stores_are_counted_with_their_endpoints_and_machines() -> None:
    ring = {"cassandra": {"mode": "self-managed", "nodes": 3}}
    asked = stack(**network(interface_endpoints=["vault", "registry", "blob", "file"]), stores=ring)
    # Three machines; MySQL with a reader, two of PostgreSQL, Redis; vault, two of the registry, blobs and files.
    assert addresses_needed(asked)["data"] == 3 + 2 + 2 + 1 + 5
    delegated = stack(**network(interface_endpoints=[], store_access="delegated-subnet"), stores=ring)
    needed = addresses_needed(delegated)
    assert (needed["data"], needed["mysql"], needed["postgresql"]) == (3 + 1, 4, 4)


def test_a_managed_cassandra_has_room_for_each_node_twice_and_takes_none_among_the_endpoints() -> None:
    def needed(mode: str) -> dict[str, int]:
        return dict(addresses_needed(stack(**network(), stores={"cassandra": {"mode": mode, "nodes": 12}})))

    assert needed("managed") == {**needed("none"), "cassandra": 24}
    assert full_subnets(stack(stores={"cassandra": {"mode": "managed", "nodes": 12}}), IPv4Network("10.0.0.0/22")) == {}


def test_tiers_of_the_plan_need_what_their_subnets_need() -> None:
    asked = stack(**network(), ingress={"application_gateway": {"max_capacity": 10}})
    needs, needed = address_needs(asked), addresses_needed(asked)
    assert (
        (needs.private, needs.data, needs.public)
        == (needed["nodes"], needed["data"], needed["entry"])
        == (
            needed["nodes"],
            needed["data"],
            11,
        )
    )


@settings(max_examples=25, deadline=None)
@given(networks, st.integers(min_value=1, max_value=450))
def test_a_plan_is_made_where_everything_fits_and_nowhere_else(network: IPv4Network, most: int) -> None:
    asked = stack(network={"cidr": str(network)}, cluster={"pools": {"user": {"min": 1, "max": most}}})
    try:
        plan = plan_addresses(asked)
    except AddressPlanError as error:
        smallest = error.smallest_prefix or 32
        assert smallest < network.prefixlen
        assert "nodes" in full_subnets(asked, network)
        wider = network.supernet(new_prefix=smallest)
        assert plan_addresses(stack(network={"cidr": str(wider)}, cluster={"pools": {"user": {"min": 1, "max": most}}}))
        return
    for name, needed in addresses_needed(asked).items():
        assert plan.subnets[name].num_addresses - RESERVED >= needed
    assert set(plan.subnets) == set(built_subnets(asked))


def test_a_network_that_is_too_small_names_one_that_is_not() -> None:
    with pytest.raises(AddressPlanError, match="/22 is the smallest that fits"):
        plan_addresses(stack(network={"cidr": "10.20.0.0/23"}))
    assert smallest_network(stack()) == 22
