"""Rules of Azure's network security groups: those of the reference topology to the letter, and what no change may move."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.flows import flows, network_flows
from apim_infra.planning.security_rules import SecurityRule, security_rules
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

ROOT = Path(__file__).resolve().parents[2]
JUMP = {"mode": "jump-host", "source_cidrs": ["198.51.100.0/24"], "ssh_public_key": "ssh-ed25519 AAAA"}
MANAGED = {"mode": "managed", "source_cidrs": ["198.51.100.0/24"]}
RING = {"cassandra": {"mode": "self-managed"}}
MAIL = {"alerts": {"email": ["ops@example.com"], "smtp": {"host": "smtp.example.com", "sender": "apim@example.com"}}}


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "stg"}
    return load_settings({**given, "network": {"cidr": "10.20.0.0/22"}, **values}).settings


def network(**values: Any) -> dict[str, Any]:
    return {"network": {"cidr": "10.20.0.0/22", **values}}


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "private": {
        "ingress": {"public": {"enabled": False}},
        "gateway_groups": [{"name": "default", "exposure": "private"}],
    },
    "gateway": {"ingress": {"application_gateway": {}}},
    "jump host": {**network(bastion=JUMP), "stores": RING},
    "bastion": {**network(bastion=MANAGED), "stores": RING},
    "delegated": network(store_access="delegated-subnet"),
    "named users": {"ingress": {"public": {"source_cidrs": ["203.0.113.0/24", "198.51.100.0/24"]}}},
    "public api": {"cluster": {"api_endpoint": {"public": True, "allowed_cidrs": ["198.51.100.0/24"]}}},
    "api in the network": {"cluster": {"secrets_encryption": True}},
    "two deployments": {"private_deployment": {"domain": "inside.example.com"}},
    "files": {"stores": {"files": {"mode": "managed", "protocol": "nfs"}}},
    "managed cassandra": {**network(bastion=JUMP), "stores": {"cassandra": {"mode": "managed"}}},
    "mail": {"observability": MAIL},
}


@pytest.fixture(params=VARIANTS, scope="module")
def varied(request: pytest.FixtureRequest) -> StackSettings:
    return stack(**VARIANTS[request.param])


def priorities(rules: Sequence[SecurityRule]) -> dict[str, int]:
    return {rule.name: rule.priority for rule in rules}


def axway() -> StackSettings:
    text = (ROOT / "examples/axway-on-azure/Pulumi.axway-on-azure.yaml").read_text("utf-8")
    given = {key.partition(":")[2]: value for key, value in yaml.safe_load(text)["config"].items()}
    return load_settings(given).settings


DOCUMENT: Mapping[str, Mapping[str, int]] = {
    # Jump host: the proxy of the Kubernetes API, MySQL, Cassandra, the registry; administrators by RDP and SSH.
    "jump": {
        "in-from-administrators-tcp-22": 1923,
        "in-from-administrators-tcp-3389": 2012,
        "out-to-api-server-tcp-8001": 1105,
        "out-to-data-tcp-3306": 279,
        "out-to-data-tcp-9042": 353,
        "out-to-data-tcp-443": 396,
    },
    # AKS: HTTPS from the load balancer; Cassandra and its metrics, the internet, the mail relay, MySQL.
    "nodes": {
        "in-from-entry-tcp-443": 546,
        "out-to-data-tcp-3306": 279,
        "out-to-data-tcp-7070": 318,
        "out-to-data-tcp-9042": 353,
        "out-to-internet-tcp-443": 1896,
        "out-to-internet-tcp-465-587": 1769,
    },
    # Data: Cassandra and MySQL from AKS and the jump host, SSH from the jump host; the Admin Node Manager's front end.
    "data": {
        "in-from-nodes-tcp-3306": 129,
        "in-from-nodes-tcp-9042": 203,
        "in-from-jump-tcp-22": 573,
        "in-from-jump-tcp-3306": 579,
        "in-from-jump-tcp-9042": 653,
        "out-to-entry-tcp-443": 546,
    },
    # Application Gateway: HTTPS from API users; the nodes are its only backend.
    "entry": {"in-from-api-users-tcp-443": 1596, "out-to-nodes-tcp-443": 246},
}
"""What the tables of the reference topology list."""

PLATFORM: Mapping[str, Mapping[str, int]] = {
    "jump": {
        "out-to-data-tcp-22": 273,  # the other half of what the data subnet lets in
        "out-to-api-server-tcp-443": 1146,  # kubectl
        "out-to-internet-tcp-443": 1896,  # log-in by Entra ID, packages
    },
    "nodes": {
        "in-from-nodes-all": 100,  # pods of an overlay, by their own addresses
        "out-to-nodes-all": 100,
        "in-from-api-server-tcp-4443": 1123,  # metrics API
        "in-from-api-server-tcp-9443": 1057,  # webhooks
        "in-from-api-server-tcp-10250": 1119,  # webhooks, logs and commands
        "in-from-internal-tcp-80": 1681,  # consoles of administrators
        "in-from-internal-tcp-443": 1746,
        "in-from-load-balancer-probes-tcp-30000-32767": 2252,
        "out-to-data-tcp-443": 396,  # vault, registry, blobs
        "out-to-data-tcp-445": 398,  # shares
        "out-to-api-server-tcp-4443": 1123,
        "out-to-api-server-tcp-443": 1146,
        "out-to-internet-tcp-53": 1804,  # proofs of certificates
        "out-to-internet-udp-53": 1805,
        "out-to-internet-tcp-587": 1891,  # alerts
    },
    "data": {
        "in-from-nodes-tcp-443": 246,  # endpoints
        "in-from-nodes-tcp-445": 248,
        "in-from-nodes-tcp-7070": 168,  # metrics of Cassandra
        "in-from-data-tcp-443": 396,  # snapshots
        "in-from-data-tcp-7001": 398,  # nodes of the ring among themselves
        "in-from-entry-tcp-443": 546,  # certificate of the gateway
        "in-from-jump-tcp-443": 696,  # registry
        "in-from-api-server-tcp-443": 1146,  # key of the cluster's secrets
        "out-to-data-tcp-443": 396,
        "out-to-data-tcp-7001": 398,
        "out-to-internet-tcp-80": 1831,  # packages
        "out-to-internet-tcp-443": 1896,
    },
    "entry": {
        "in-from-data-tcp-443": 396,  # from the data subnet to the Admin Node Manager
        "in-from-api-users-tcp-80": 1531,  # redirect to HTTPS
        "in-from-load-balancer-probes-all": 2200,  # as Azure asks of gateways
        "in-from-gateway-manager-tcp-65200-65535": 2438,
        "out-to-data-tcp-443": 396,  # its certificate
        "out-to-internet-all": 1750,
    },
    "api_server": {
        "in-from-nodes-tcp-4443": 223,
        "in-from-nodes-tcp-443": 246,
        "in-from-jump-tcp-8001": 655,
        "in-from-jump-tcp-443": 696,
        "in-from-internal-tcp-443": 1746,
        "in-from-load-balancer-probes-tcp-9988": 2206,
        "out-to-nodes-tcp-4443": 223,
        "out-to-nodes-tcp-9443": 157,
        "out-to-nodes-tcp-10250": 219,
        "out-to-data-tcp-443": 396,
    },
}
"""What the platform itself must have; each has its reason in the matrix of flows."""

DENIED = {"in-denied": 4096, "out-denied": 4096}


def test_groups_of_the_reference_topology_are_its_tables_and_what_the_platform_must_have() -> None:
    found = {subnet: priorities(rules) for subnet, rules in security_rules(axway()).items()}
    assert found == {subnet: {**DOCUMENT.get(subnet, {}), **rules, **DENIED} for subnet, rules in PLATFORM.items()}


def test_ends_of_the_reference_topology_are_its_subnets() -> None:
    ranges = {
        "nodes": "10.20.0.0/23",
        "entry": "10.20.2.0/24",
        "data": "10.20.3.64/27",
        "jump": "10.20.3.128/28",
        "api-server": "10.20.3.144/28",
        "internet": "Internet",
        "api-users": "Internet",
        "load-balancer-probes": "AzureLoadBalancer",
        "gateway-manager": "GatewayManager",
        "administrators": "198.51.100.0/24",
    }
    pods = "10.244.0.0/16"
    for subnet, rules in security_rules(axway()).items():
        own = ranges[subnet.replace("_", "-")]
        for rule in rules:
            if rule.access == "Deny" or "internal" in rule.name:
                continue
            inward = rule.direction == "Inbound"
            here, there = (rule.destinations, rule.sources) if inward else (rule.sources, rule.destinations)
            other = rule.name.removeprefix("in-from-").removeprefix("out-to-")
            name = next(end for end in sorted(ranges, key=len, reverse=True) if other.startswith(f"{end}-"))
            assert set(here) - {pods} == {own}, rule
            assert set(there) - {pods} == {ranges[name]}, rule


def test_no_priority_is_taken_twice_and_every_rule_can_be_written(varied: StackSettings) -> None:
    for rules in security_rules(varied).values():
        assert len({(rule.direction, rule.priority) for rule in rules}) == len(rules)
        assert len({rule.name for rule in rules}) == len(rules)
        for rule in rules:
            assert 100 <= rule.priority <= 4096
            assert 1 <= len(rule.description) <= 140
            assert len(rule.name) <= 80
            assert rule.sources
            assert rule.destinations
            for ends in (rule.sources, rule.destinations):
                assert len(ends) == 1 or all("/" in end for end in ends)
                networks = [IPv4Network(end) for end in ends if "/" in end]
                assert not any(one.overlaps(other) for place, one in enumerate(networks) for other in networks[:place])


def test_everything_else_is_denied_last(varied: StackSettings) -> None:
    for rules in security_rules(varied).values():
        denied = [rule for rule in rules if rule.access == "Deny"]
        assert {(rule.direction, rule.priority, rule.ports, rule.protocol) for rule in denied} == {
            ("Inbound", 4096, "*", "*"),
            ("Outbound", 4096, "*", "*"),
        }
        assert all(rule.priority < 4096 for rule in rules if rule not in denied)


def test_every_flow_into_the_network_has_its_rule(varied: StackSettings) -> None:
    """Nothing is lost: of each flow that leaves one subnet for another, one group lets it out and the other in."""
    rules = security_rules(varied)
    ranges = {name: str(cidr) for name, cidr in plan_addresses(varied).subnets.items()}
    outward = {
        (subnet, other, rule.protocol, rule.ports)
        for subnet, found in rules.items()
        for rule in found
        for other, cidr in ranges.items()
        if rule.direction == "Outbound" and cidr in rule.destinations
    }
    inward = {
        (other, subnet, rule.protocol, rule.ports)
        for subnet, found in rules.items()
        for rule in found
        for other, cidr in ranges.items()
        if rule.direction == "Inbound" and cidr in rule.sources
    }
    assert outward
    assert outward == inward


def test_every_reason_fits_a_description(varied: StackSettings) -> None:
    assert all(len(flow.reason) <= 140 for flow in flows(varied))


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "plain"])
def test_growth_moves_no_priority(name: str) -> None:
    """A flow, a subnet, a deployment or a range more: rules of the same name keep their number."""
    plain, grown = security_rules(stack()), security_rules(stack(**VARIANTS[name]))
    for subnet, rules in plain.items():
        after = priorities(grown[subnet])
        for rule, number in priorities(rules).items():
            assert after.get(rule, number) == number


def test_another_range_of_users_changes_one_rule_alone() -> None:
    few = security_rules(stack(ingress={"public": {"source_cidrs": ["203.0.113.0/24"]}}))["nodes"]
    more = security_rules(stack(**VARIANTS["named users"]))["nodes"]
    changed = {rule.name for rule in more} - {rule.name for rule in more if rule in few}
    assert changed == {"in-from-api-users-tcp-443", "in-from-api-users-tcp-80"}


def test_ranges_that_hold_each_other_are_written_once() -> None:
    asked = stack(ingress={"public": {"source_cidrs": ["203.0.113.0/24", "203.0.113.0/25"]}})
    rule = next(rule for rule in security_rules(asked)["nodes"] if rule.name == "in-from-api-users-tcp-443")
    assert rule.sources == ("203.0.113.0/24",)


def test_users_reach_the_frontends_of_load_balancers_and_probes_their_node_ports() -> None:
    rules = {rule.name: rule for rule in security_rules(stack())["nodes"]}
    assert rules["in-from-api-users-tcp-443"].destinations == ("*",)
    assert rules["in-from-internal-tcp-443"].destinations == ("10.20.0.0/23",)
    assert rules["in-from-load-balancer-probes-tcp-30000-32767"].sources == ("AzureLoadBalancer",)


def test_nobody_but_the_gateway_reaches_nodes_for_users_where_there_is_one() -> None:
    rules = security_rules(stack(**VARIANTS["gateway"]))
    inward = [rule.name for rule in rules["nodes"] if rule.direction == "Inbound"]
    assert "in-from-entry-tcp-443" in inward
    assert not [name for name in inward if "api-users" in name]
    outward = {rule.name for rule in rules["entry"] if rule.direction == "Outbound" and "nodes" in rule.name}
    assert outward == {"out-to-nodes-tcp-443"}


def test_a_bastion_has_the_rules_that_azure_prescribes_and_reaches_machines_alone() -> None:
    rules = priorities(security_rules(stack(**VARIANTS["bastion"]))["bastion"])
    assert set(rules) == {
        "in-from-administrators-tcp-443",
        "in-from-gateway-manager-tcp-443",
        "in-from-load-balancer-probes-tcp-443",
        "in-from-virtual-network-tcp-5701",
        "in-from-virtual-network-tcp-8080",
        "out-to-virtual-network-tcp-22",
        "out-to-virtual-network-tcp-3389",
        "out-to-virtual-network-tcp-5701",
        "out-to-virtual-network-tcp-8080",
        "out-to-azure-tcp-443",
        "out-to-internet-tcp-80",
        "out-to-data-tcp-22",
        *DENIED,
    }
    assert "in-from-bastion-tcp-22" in priorities(security_rules(stack(**VARIANTS["bastion"]))["data"])


def test_delegated_databases_reach_their_standby_and_what_they_keep_logs_in() -> None:
    rules = security_rules(stack(**VARIANTS["delegated"]))
    assert {rule.name for rule in rules["mysql"]} == {
        "in-from-nodes-tcp-3306",
        "in-from-mysql-tcp-3306",
        "out-to-mysql-tcp-3306",
        "out-to-azure-storage-tcp-443",
        *DENIED,
    }
    assert "out-to-mysql-tcp-3306" in priorities(rules["nodes"])
    assert "out-to-data-tcp-3306" not in priorities(rules["nodes"])


def test_the_kubernetes_api_in_the_network_reaches_webhooks_and_kubelets() -> None:
    apart = priorities(security_rules(stack(**VARIANTS["api in the network"]))["nodes"])
    assert {name for name in apart if "api-server" in name} == {
        "in-from-api-server-tcp-4443",
        "in-from-api-server-tcp-9443",
        "in-from-api-server-tcp-10250",
        "out-to-api-server-tcp-443",
        "out-to-api-server-tcp-4443",
    }
    policy = stack(cluster={"secrets_encryption": True, "policy_addon": True})
    assert "in-from-api-server-tcp-8443" in priorities(security_rules(policy)["nodes"])
    # Elsewhere it comes by the tunnel that its agents on nodes hold open.
    assert not [flow for flow in network_flows(stack()) if flow.source == "cluster"]


def test_stores_of_the_private_deployment_have_a_group_of_their_own() -> None:
    rules = security_rules(stack(**VARIANTS["two deployments"]))
    assert "in-from-nodes-tcp-3306" in priorities(rules["private_data"])
    assert "in-from-private-internal-tcp-443" in priorities(rules["nodes"])


def test_the_cache_answers_on_the_port_of_the_managed_service() -> None:
    assert "in-from-nodes-tcp-10000" in priorities(security_rules(stack())["data"])
    inside = stack(tier="dev", stores={"redis": {"mode": "in-cluster"}})
    assert not [flow for flow in network_flows(inside) if flow.port_from in (6379, 10000)]


def test_a_network_that_is_brought_along_keeps_its_groups() -> None:
    vnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
    existing = {
        "id": vnet,
        "private_subnet_ids": [f"{vnet}/subnets/nodes"],
        "data_subnet_ids": [f"{vnet}/subnets/data"],
    }
    assert security_rules(stack(**network(existing=existing))) == {}
