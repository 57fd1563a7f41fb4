"""What each option of the network adds, removes and changes on Azure: everything else stays as it was."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest
from program_support import ROOT, environment_of, of_type, one

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.security_rules import security_rules
from apim_infra.platform.azure_ground import build_ground
from apim_infra.platform.azure_network import build_network
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.testing import record
from apim_infra.settings.stack import StackSettings

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
NETWORK = "azure-native:network"
JUMP = 'network.bastion={"mode":"jump-host","source_cidrs":["198.51.100.0/24"],"ssh_public_key":"ssh-ed25519 AAAA"}'
MANAGED = 'network.bastion={"mode":"managed","source_cidrs":["198.51.100.0/24"]}'
BASE = (
    "network.cidr=10.20.0.0/22",
    'network.bastion={"mode":"none"}',
    "network.flow_logs.enabled=true",
    'network.interface_endpoints=["vault","registry","blob"]',
    "stores.cassandra.mode=none",
    "cluster.secrets_encryption=false",
)
"""What every test starts from, whatever the example says."""


def settings_of(*overrides: str) -> StackSettings:
    return environment_of(STACK, *BASE, *overrides, file=FILE).settings


@cache
def built(*overrides: str) -> Graph:
    """Return the graph of resource group, workspace and network."""
    asked = settings_of(*overrides)

    def program() -> None:
        naming = Naming.of_stack(asked)
        build_network(asked, naming, build_ground(asked, naming))

    made = record(program, stack=STACK, config={"azure-native:location": asked.region})
    assert [f"{error.urn}: {error.message}" for error in made.errors] == []
    return made.graph


@dataclass(frozen=True)
class Change:
    """How one graph differs from another, by the names of its resources without the stack's prefix; components are left out."""

    added: set[str]
    removed: set[str]
    changed: dict[str, set[str]]


def change(*overrides: str) -> Change:
    old, new = (
        {short(each.urn): each for each in graph.resources if each.custom} for graph in (built(), built(*overrides))
    )
    differing = {
        name: {
            key
            for key in {*old[name].inputs, *new[name].inputs}
            if old[name].inputs.get(key) != new[name].inputs.get(key)
        }
        for name in old.keys() & new.keys()
    }
    return Change(
        new.keys() - old.keys(), old.keys() - new.keys(), {name: keys for name, keys in differing.items() if keys}
    )


def short(urn: str) -> str:
    return re.sub(rf"^apim-{STACK}-", "", urn.rpartition("::")[2])


RULES_OF_NODES = {"security-nodes": {"securityRules"}}
RULES_OF_BOTH = {**RULES_OF_NODES, "security-data": {"securityRules"}}


def test_the_network_is_what_was_planned() -> None:
    asked, graph = settings_of(), built()
    plan = plan_addresses(asked)
    subnets = {
        found.inputs["subnetName"]: found.inputs["addressPrefix"] for found in of_type(graph, f"{NETWORK}:Subnet")
    }
    assert subnets == {name: str(range_) for name, range_ in plan.subnets.items()}
    assert one(graph, f"{NETWORK}:VirtualNetwork").inputs["addressSpace"] == {"addressPrefixes": [asked.network.cidr]}
    for subnet, rules in security_rules(asked).items():
        (group,) = (each for each in graph.resources if each.name.endswith(f"-security-{subnet}"))
        found = [(rule["name"], int(rule["priority"]), rule["description"]) for rule in group.inputs["securityRules"]]
        assert found == [(rule.name, rule.priority, rule.description) for rule in rules]


def test_every_subnet_has_its_group_and_no_way_out_by_itself() -> None:
    for subnet in of_type(built(JUMP, "ingress.application_gateway={}"), f"{NETWORK}:Subnet"):
        assert "networkSecurityGroup" in subnet.inputs, subnet.name
        assert subnet.inputs["defaultOutboundAccess"] is False
    leaving = {
        found.inputs["subnetName"]
        for found in of_type(built(JUMP, "ingress.application_gateway={}"), f"{NETWORK}:Subnet")
        if "natGateway" in found.inputs
    }
    assert leaving == {"nodes", "jump"}


def test_subnets_are_written_one_after_another() -> None:
    for overrides in ((), (JUMP,), ("network.store_access=delegated-subnet",)):
        subnets = of_type(built(*overrides), f"{NETWORK}:Subnet")
        assert all(before.urn in after.dependencies for before, after in pairwise(subnets))


def test_flow_logs_can_be_left_out() -> None:
    found = change("network.flow_logs.enabled=false")
    assert found.added == set()
    assert found.removed == {"network-flow-logs-log", "network-flow-logs-storage"}
    assert found.changed == {}


def test_flow_logs_are_kept_as_long_as_they_say() -> None:
    assert change("network.flow_logs.retention_days=7").changed == {"network-flow-logs-log": {"retentionPolicy"}}


def test_a_jump_host_has_a_subnet_a_group_and_a_machine() -> None:
    found = change(JUMP)
    administrators = len(settings_of().cluster.administrators)
    rights = {name for name in found.added if re.fullmatch(r"jump-[0-9a-f-]{36}", name)}
    assert len(rights) == administrators
    assert found.added - rights == {
        "network-jump",
        "security-jump",
        "security-jump-diagnostics",
        "jump-interface",
        "jump-machine",
        "jump-login",
    }
    assert found.removed == set()
    assert found.changed == RULES_OF_BOTH


def test_a_managed_bastion_has_its_subnet_its_group_and_an_address() -> None:
    found = change(MANAGED)
    assert found.added == {
        "network-bastion",
        "security-bastion",
        "security-bastion-diagnostics",
        "bastion-address",
        "bastion-address-diagnostics",
        "bastion-host",
        "bastion-host-diagnostics",
    }
    assert (found.removed, found.changed) == (set(), {})
    (subnet,) = (each for each in built(MANAGED).resources if each.name.endswith("network-bastion"))
    assert subnet.inputs["subnetName"] == "AzureBastionSubnet"
    assert "natGateway" not in subnet.inputs


def test_another_size_of_the_jump_host_changes_its_machine_alone() -> None:
    old, new = built(JUMP), built(JUMP, "network.bastion.size=Standard_D4s_v6")
    machines = [one(graph, "azure-native:compute:VirtualMachine").inputs for graph in (old, new)]
    assert [machine["hardwareProfile"]["vmSize"] for machine in machines] == ["Standard_D2s_v6", "Standard_D4s_v6"]
    assert change(JUMP).added == change(JUMP, "network.bastion.size=Standard_D4s_v6").added


def test_databases_in_delegated_subnets_have_zones_of_their_own() -> None:
    found = change("network.store_access=delegated-subnet")
    assert found.added == {
        *(f"network-{name}" for name in ("mysql", "postgresql")),
        *(f"security-{name}" for name in ("mysql", "postgresql")),
        *(f"security-{name}-diagnostics" for name in ("mysql", "postgresql")),
    }
    assert found.removed == set()
    zones = {f"private-zones-{name}" for name in ("mysql", "postgresql")}
    assert found.changed.keys() == {*RULES_OF_BOTH, *zones, *(f"{zone}-link" for zone in zones)}
    assert found.changed["private-zones-mysql"] == {"privateZoneName"}
    named = {
        each.inputs["privateZoneName"]
        for each in of_type(built("network.store_access=delegated-subnet"), "azure-native:privatedns:PrivateZone")
    }
    assert {f"apim-{STACK}.private.mysql.database.azure.com", "privatelink.vaultcore.azure.net"} <= named


def test_a_service_with_an_endpoint_has_a_zone() -> None:
    found = change('network.interface_endpoints=["vault","registry","blob","file"]')
    assert found.added == {"private-zones-file", "private-zones-file-link"}
    assert (found.removed, found.changed) == (set(), {})
    without = change('network.interface_endpoints=["vault","registry"]')
    assert without.removed == {"private-zones-blob", "private-zones-blob-link"}
    assert (without.added, without.changed) == (set(), {})


def test_an_application_gateway_gets_a_subnet_and_takes_the_users() -> None:
    found = change("ingress.application_gateway={}")
    assert found.added == {"network-entry", "security-entry", "security-entry-diagnostics"}
    assert (found.removed, found.changed.keys()) == (set(), {"security-nodes", "security-data"})


def test_machines_of_cassandra_leave_by_the_nat_gateway() -> None:
    found = change("stores.cassandra.mode=self-managed")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {**RULES_OF_BOTH, "network-data": {"natGateway"}}


def test_a_larger_network_moves_its_subnets_and_nothing_else() -> None:
    found = change("network.cidr=10.20.0.0/21")
    assert (found.added, found.removed) == (set(), set())
    assert found.changed == {
        "network-vnet": {"addressSpace"},
        **{f"network-{name}": {"addressPrefix"} for name in ("nodes", "data")},
        **RULES_OF_BOTH,
    }


def test_growth_moves_no_subnet_and_no_priority() -> None:
    grown = built(
        JUMP,
        "network.store_access=delegated-subnet",
        "ingress.application_gateway={}",
        "stores.cassandra.mode=self-managed",
        'network.interface_endpoints=["vault","registry","blob","file"]',
        "cluster.secrets_encryption=true",
    )
    after = {short(each.urn): each.inputs for each in grown.resources if each.custom}
    for subnet in of_type(built(), f"{NETWORK}:Subnet"):
        assert after[short(subnet.urn)]["addressPrefix"] == subnet.inputs["addressPrefix"]
    for group in of_type(built(), f"{NETWORK}:NetworkSecurityGroup"):
        numbers = {rule["name"]: rule["priority"] for rule in after[short(group.urn)]["securityRules"]}
        for rule in group.inputs["securityRules"]:
            assert numbers.get(rule["name"], rule["priority"]) == rule["priority"]


def brought(**nodes: Any) -> Graph:
    """Return the graph of a stack in a network that another stack made, whose subnet of nodes has other inputs."""
    providers = packages()
    made: dict[str, str] = {}

    def theirs() -> None:
        group = azure.resources.ResourceGroup("g", resource_group_name="g", location="westeurope").name
        vnet = azure.network.VirtualNetwork(
            "v",
            virtual_network_name="theirs",
            resource_group_name=group,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
        )
        guard = azure.network.NetworkSecurityGroup("guard", resource_group_name=group)
        way = azure.network.RouteTable("way", resource_group_name=group)
        own: dict[str, Any] = {
            "resource_group_name": group,
            "virtual_network_name": vnet.name,
            "network_security_group": azure.network.NetworkSecurityGroupArgs(id=guard.id),
        }
        given: dict[str, Any] = {
            **own,
            "address_prefix": "10.20.0.0/23",
            "route_table": azure.network.RouteTableArgs(id=way.id),
            **nodes,
        }
        first = azure.network.Subnet("nodes", subnet_name="nodes", **given)
        after = pulumi.ResourceOptions(depends_on=[first])
        azure.network.Subnet("data", subnet_name="data", address_prefix="10.20.2.0/27", **own, opts=after)
        vnet.id.apply(lambda id_: made.update(id=id_))

    config = {"azure-native:location": "westeurope"}
    assert record(theirs, project="theirs", config=config, providers=providers).errors == []
    vnet = made["id"]
    subnets = f'"private_subnet_ids":["{vnet}/subnets/nodes"],"data_subnet_ids":["{vnet}/subnets/data"]'
    asked = settings_of(f'network.existing={{"id":"{vnet}",{subnets}}}')

    def ours() -> None:
        naming = Naming.of_stack(asked)
        build_network(asked, naming, build_ground(asked, naming))

    recording = record(ours, stack=STACK, config=config, providers=providers)
    assert recording.errors == []
    return recording.graph


def test_a_network_that_is_brought_along_is_not_made() -> None:
    graph = brought()
    types = {each.type for each in graph.resources if each.custom}
    assert not types & {
        f"{NETWORK}:{name}" for name in ("VirtualNetwork", "Subnet", "NetworkSecurityGroup", "NatGateway")
    }
    links = of_type(graph, "azure-native:privatedns:VirtualNetworkLink")
    (linked,) = {link.inputs["virtualNetwork"]["id"] for link in links}
    assert linked.endswith("/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/theirs")


@pytest.mark.parametrize(
    ("nodes", "lacks"),
    [
        ({"address_prefix": "10.20.0.0/29"}, "has 3 free addresses"),
        ({"route_table": None}, "must have a NAT gateway or a route table"),
        ({"network_security_group": None}, "must have a network security group"),
        (
            {"delegations": [azure.network.DelegationArgs(name="one", service_name="Microsoft.Web/serverFarms")]},
            "must not be delegated",
        ),
    ],
)
def test_a_network_that_is_brought_along_is_held_to_what_the_platform_needs(nodes: dict[str, Any], lacks: str) -> None:
    with pytest.raises(pulumi.RunError, match=re.escape(lacks)):
        brought(**nodes)
