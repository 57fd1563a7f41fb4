"""Cassandra in the planning: which products may use the managed service, who reaches what, and the addresses that nodes keep."""

from typing import Any

import pytest

from apim_infra.planning.addresses import address_needs
from apim_infra.planning.cassandra_rules import NODES_PER_ZONE, cassandra_violations, installs_packages
from apim_infra.planning.flows import flows, network_flows
from apim_infra.planning.store_rules import store_violations
from apim_infra.products.managed_cassandra import managed_cassandra
from apim_infra.settings.environment import Cloud, Product
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from components.aws.cassandra_configuration import facts
from components.azure.cassandra_configuration import facts as azure_facts


def stack(mode: str, **values: Any) -> StackSettings:
    cassandra = {"mode": mode, **values.pop("cassandra", {})}
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
    return load_settings({**given, "stores": {"cassandra": cassandra}, **values}).settings


def cassandra_flows(settings: StackSettings) -> set[tuple[str, str, int | None]]:
    return {
        (flow.source, flow.destination, flow.port_from)
        for flow in flows(settings)
        if "cassandra" in (flow.source, flow.destination) or flow.port_from == 9142
    }


def test_every_product_says_whether_it_may_use_the_managed_service_and_why():
    known = managed_cassandra()
    assert known.products.keys() == set(Product)
    assert all(fitness.reason for fitness in known.products.values())
    assert not known.products[Product.AXWAY].allowed
    assert known.products[Product.KONG].allowed


def test_a_product_that_asks_for_cassandra_itself_is_refused_with_the_reason_and_the_limits():
    asked = stack("managed").model_copy(update={"product": Product.AXWAY})
    (found,) = cassandra_violations(asked)
    assert (found.path, found.value) == ("stores.cassandra.mode", "managed")
    assert "must not be managed for axway: its documentation asks for Apache Cassandra itself" in found.rule
    assert "no TRUNCATE" in found.rule
    assert "LOCAL_QUORUM" in found.rule
    assert found.fix == "use self-managed or in-cluster or none"


@pytest.mark.parametrize("mode", ["none", "self-managed", "managed", "in-cluster"])
def test_each_mode_is_fine_in_development(mode: str):
    assert list(store_violations(stack(mode))) == []


@pytest.mark.parametrize("version", ["2.2", "3.0", "3.11"])
def test_versions_out_of_support_are_refused_with_those_that_are_not(version: str):
    (found,) = store_violations(stack("self-managed", cassandra={"version": version}))
    assert (found.path, found.fix) == ("stores.cassandra.version", "use 4.0, 4.1, 5.0")
    assert f"support of {version} ended on 20" in found.rule


def test_the_managed_service_has_its_own_version():
    assert list(store_violations(stack("managed", cassandra={"version": "3.11"}))) == []


def test_services_use_the_ring_and_kong_does_not():
    found = cassandra_flows(stack("self-managed"))
    assert ("microservices", "cassandra", 9042) in found
    assert not [source for source, _, _ in found if source == "gateway"]
    assert ("cassandra", "cassandra", 7001) in found
    assert ("monitoring", "cassandra", 7070) in found
    assert not [flow for flow in network_flows(stack("self-managed")) if flow.port_from == 22]


def test_the_managed_service_is_reached_by_its_endpoint_where_there_is_one():
    assert cassandra_flows(stack("managed")) == {("microservices", "internet", 9142)}
    endpoint = {"interface_endpoints": ["cassandra"]}
    assert cassandra_flows(stack("managed", network=endpoint)) == {("microservices", "endpoints", 9142)}


def test_without_cassandra_there_is_no_flow_and_no_address():
    assert cassandra_flows(stack("none")) == set()
    kept = int(facts()["addresses"]["first"])
    assert address_needs(stack("self-managed")).data == address_needs(stack("none")).data + kept
    assert address_needs(stack("managed")).data == address_needs(stack("none")).data


def test_a_zone_keeps_as_many_addresses_as_the_component_has_places():
    assert facts()["addresses"]["count"] == NODES_PER_ZONE[Cloud.AWS]
    assert azure_facts()["addresses"]["count"] == NODES_PER_ZONE[Cloud.AZURE]


@pytest.mark.parametrize(
    ("cassandra", "words"),
    [
        ({"nodes": 12}, None),
        ({"image_id": "ami-1"}, None),
        ({"multi_zone": True}, "none stands by"),
        ({"keyspaces": ["1st"]}, "must begin with a letter"),
        ({"keyspaces": ["k" * 49]}, "must have at most 48 characters"),
    ],
)
def test_what_a_ring_takes(cassandra: dict[str, Any], words: str | None):
    found = [violation.rule for violation in cassandra_violations(stack("self-managed", cassandra=cassandra))]
    assert (found == []) if words is None else (words in found[0])


def test_a_ring_needs_a_node_in_each_zone_and_a_network_of_the_platforms_own():
    few = stack("self-managed", network={"zones": 3}, cassandra={"nodes": 3})
    assert list(cassandra_violations(few)) == []
    wide = few.model_copy(update={"network": few.network.model_copy(update={"zones": 4})})
    (found,) = cassandra_violations(wide)
    assert found.path == "stores.cassandra.nodes"


def test_packages_are_installed_where_there_is_a_way_out():
    assert installs_packages(stack("self-managed"))
    assert not installs_packages(stack("managed"))
