"""The profile of Axway: its own figures, and what the settings make of them."""

from typing import Any

import pytest

from apim_infra.planning.placement import hosts, namespaces
from apim_infra.planning.validation import violations
from apim_infra.products import axway
from apim_infra.products.axway import StoreAccess
from apim_infra.products.profile import Need, Product, profile
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import planned_pods, shortage
from apim_infra.sizing.files import events_gb, most_gateways, share_gib
from apim_infra.sizing.quota import gateway_quota

AXWAY = profile(Product.AXWAY)


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings({"product": "axway", **given}).settings


def test_the_product_alone_makes_a_platform_that_is_refused_nothing() -> None:
    assert violations(stack()) == []


def test_what_it_needs_of_the_stores() -> None:
    assert AXWAY.stores == {
        "gateway_postgresql": Need.REFUSED,
        "redis": Need.REFUSED,
        "cassandra": Need.REQUIRED,
    }
    without = violations(stack(stores={"cassandra": {"mode": "none"}, "mariadb": {"mode": "none"}}))
    assert {each.path for each in without} >= {"stores.cassandra.mode", "stores.mariadb.mode"}


def test_sizes_and_heaps_are_those_of_the_reference() -> None:
    node_manager, api_manager = AXWAY.programs
    assert (node_manager.limits.cpu_millicores, node_manager.limits.memory_mib, node_manager.heap_mib) == (
        1000,
        2048,
        1024,
    )
    assert (api_manager.limits.cpu_millicores, api_manager.limits.memory_mib, api_manager.heap_mib) == (
        2000,
        2048,
        1024,
    )
    assert (api_manager.requests.cpu_millicores, api_manager.requests.memory_mib) == (500, 512)
    assert (node_manager.replicas, AXWAY.gateway_program and AXWAY.gateway_program.heap_mib) == (1, 1512)
    (group,) = stack().gateway_groups
    assert (group.most_cpu_millicores, group.most_memory_mib) == (2000, 2048)
    assert (group.replicas.min, group.replicas.max, group.cpu_percent) == (3, 12, 75)


def test_every_heap_leaves_room_below_its_limit() -> None:
    for program in AXWAY.programs:
        assert program.heap_mib < program.limits.memory_mib
    assert AXWAY.gateway_program is not None
    assert AXWAY.gateway_program.heap_mib < stack().gateway_groups[0].most_memory_mib


def test_ports_and_hosts() -> None:
    assert AXWAY.program_port("node-manager.console") == 8090
    assert AXWAY.program_port("node-manager.management") == 8091
    assert AXWAY.program_port("api-manager.console") == 8075
    assert AXWAY.port("proxy") == 8065
    found = {host.fqdn: (host.load_balancer, host.service, host.port, host.sticky, host.tls) for host in hosts(stack())}
    assert found == {
        "anm.example.com": ("internal", "node-manager", 8090, True, True),
        "api-manager.example.com": ("internal", "api-manager", 8075, True, True),
        "api.example.com": ("public", "traffic-default", 8065, False, True),
    }


def test_programs_start_after_what_they_need_in_that_order() -> None:
    assert AXWAY.gateway_program is not None
    assert AXWAY.gateway_program.waits_for == ("cassandra", "mariadb", "node-manager")
    assert {program.name: program.waits_for[:2] for program in AXWAY.programs} == {
        "node-manager": ("cassandra", "mariadb"),
        "api-manager": ("cassandra", "mariadb"),
    }


def test_all_of_it_is_in_one_namespace() -> None:
    settings = stack(gateway={"namespace": "apim"})
    assert violations(settings) == []
    names = {planned.name for planned in namespaces(settings)}
    assert "apim" in names
    assert len(names - {"ingress", "platform-system", "monitoring", "logging", "microservices"}) == 1


def test_each_group_has_a_pair_of_keyspaces() -> None:
    assert AXWAY.keyspaces("default") == ("default_general", "default_throttling")
    assert AXWAY.keyspaces("tier-1") == ("tier_1_general", "tier_1_throttling")


def test_the_share_holds_the_events_of_every_gateway() -> None:
    settings = stack()
    assert events_gb(settings.stores.files.disk_gb_per_replica, most_gateways(settings)) == 13
    assert share_gib(settings) == 100
    many = stack(
        gateway_groups=[{"name": "default", "replicas": {"min": 3, "max": 60}}],
        stores={"files": {"disk_gb_per_replica": 2}},
    )
    assert share_gib(many) == 2 * 60 + 1
    assert share_gib(stack(stores={"files": {"mode": "none"}})) == 0


def test_quota_counts_limits_and_capacity_counts_requests() -> None:
    settings = stack()
    # Twelve gateways, the node manager and the API manager, each with one pod more while it rolls out.
    assert gateway_quota(settings).cpu_millicores == 13 * 2000 + 2 * 1000 + 2 * 2000
    planned = {pods.name: (pods.most, pods.cpu_millicores) for pods in planned_pods(settings, "user")}
    assert planned["traffic-default"] == (13, 500)
    assert planned["node-manager"] == (2, 1000)
    assert shortage(settings, "user") is None


@pytest.mark.parametrize("keyspaces", [(), ("default_general", "default_throttling")])
def test_programs_are_told_where_their_stores_are(keyspaces: tuple[str, ...]) -> None:
    stores = StoreAccess("10.0.0.4,10.0.0.5", "9042", "apim", "jdbc:mysql://db:3306/apim", "apim")
    told = axway.environment(stores, heap_mib=1024, node_manager="node-manager:8090", keyspaces=keyspaces)
    assert (told["CASS_HOST"], told["EMT_ANM_HOSTS"], told["EMT_HEAP_SIZE_MB"]) == (
        "10.0.0.4,10.0.0.5",
        "node-manager:8090",
        "1024",
    )
    assert ("CASS_KEYSPACE" in told, "CASS_TKEYSPACE" in told) == (bool(keyspaces), bool(keyspaces))
    assert not any("PASS" in name for name in told)
