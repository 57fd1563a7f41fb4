"""Programs with the network of Azure, small enough to read, and what it needs around it."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, Stack, sample

from apim_infra.rehearsal.testing import Recording
from components.azure.bastion import JumpHost, ManagedBastion
from components.azure.flow_logs import FlowLogs
from components.azure.network import Network
from components.azure.private_dns import PrivateZones
from components.azure.security_groups import SecurityGroups

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1xQ0mB8w1b6kYcT0cJ0w2d3cQv5n6uC9q8h7Zl2RkM apim"
ADMINISTRATORS = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
SUBNETS: dict[str, Any] = {
    "nodes": {"cidr": "10.20.0.0/23", "nat": True},
    "entry": {"cidr": "10.20.2.0/24"},
    "data": {"cidr": "10.20.3.64/27", "judge_endpoints": True},
    "mysql": {"cidr": "10.20.3.160/28", "delegation": "Microsoft.DBforMySQL/flexibleServers"},
}
RULES: list[dict[str, Any]] = [
    {
        "name": "in-from-api-users-tcp-443",
        "direction": "Inbound",
        "priority": 1596,
        "protocol": "Tcp",
        "ports": "443",
        "sources": ["203.0.113.0/24", "198.51.100.0/24"],
        "destinations": ["*"],
        "description": "API users",
    },
    {
        "name": "in-denied",
        "direction": "Inbound",
        "access": "Deny",
        "priority": 4096,
        "protocol": "*",
        "ports": "*",
        "sources": ["*"],
        "destinations": ["*"],
        "description": "everything else is denied",
    },
]


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own; the samples as they are, once for all tests."""
    return sample(program) if program in SAMPLES else Stack().run(program)


def ground() -> dict[str, Any]:
    """Return resource group and region, which every component is given."""
    group = azure.resources.ResourceGroup("group", location=LOCATION, tags=TAGS)
    return {"resource_group_name": group.name, "location": LOCATION, "tags": TAGS}


def workspace(common: dict[str, Any]) -> dict[str, Any]:
    """Return where logs go."""
    return {"workspace_id": azure.operationalinsights.Workspace("workspace", **common).id}


def network(name: str = "apim-network", **changes: Any) -> Network:
    """Build a network with a delegated subnet beside the usual ones."""
    given: dict[str, Any] = {
        **ground(),
        "subscription_id": SUBSCRIPTION,
        "cidr": "10.20.0.0/22",
        "subnets": SUBNETS,
        "egress_zones": ["1", "2", "3"],
        **changes,
    }
    return Network(name, {key: value for key, value in given.items() if value is not None})  # pyright: ignore[reportArgumentType] - wrong arguments are tried too


def security_groups(**changes: Any) -> SecurityGroups:
    """Build the group of one subnet."""
    args: Any = {**ground(), "groups": {"private_data": RULES}, **changes}
    return SecurityGroups("apim-security", args)


def private_zones(**changes: Any) -> PrivateZones:
    """Build zones for two services and one delegated database."""
    common = ground()
    vnet = azure.network.VirtualNetwork(
        "vnet",
        address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
        resource_group_name=common["resource_group_name"],
        location=LOCATION,
        tags=TAGS,
    )
    args: Any = {
        "resource_group_name": common["resource_group_name"],
        "network_id": vnet.id,
        "services": ["vault", "registry"],
        "delegated": {"mysql": "apim-test"},
        "tags": TAGS,
        **changes,
    }
    return PrivateZones("apim-private-zones", args)


def _subnet(name: str, cidr: str, common: dict[str, Any]) -> pulumi.Output[str]:
    vnet = azure.network.VirtualNetwork(
        "vnet",
        address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
        resource_group_name=common["resource_group_name"],
        location=LOCATION,
        tags=TAGS,
    )
    return azure.network.Subnet(
        "subnet",
        resource_group_name=common["resource_group_name"],
        virtual_network_name=vnet.name,
        subnet_name=name,
        address_prefix=cidr,
        private_endpoint_network_policies="Disabled",
    ).id


def jump_host(**changes: Any) -> JumpHost:
    """Build a jump host that a group of administrators may use."""
    common = ground()
    args: Any = {
        **common,
        "subscription_id": SUBSCRIPTION,
        "subnet_id": _subnet("jump", "10.20.3.128/28", common),
        "zone": "1",
        "ssh_public_key": KEY,
        "administrators": [ADMINISTRATORS],
        **changes,
    }
    return JumpHost("apim-jump", args)


def managed_bastion(**changes: Any) -> ManagedBastion:
    """Build the managed bastion over three zones."""
    common = ground()
    args: Any = {
        **common,
        "subnet_id": _subnet("AzureBastionSubnet", "10.20.3.0/26", common),
        "zones": ["1", "2", "3"],
        **changes,
    }
    return ManagedBastion("apim-bastion", args)


def flow_logs(**changes: Any) -> FlowLogs:
    """Build flow logs of a network."""
    common = ground()
    vnet = azure.network.VirtualNetwork(
        "vnet",
        address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.20.0.0/22"]),
        resource_group_name=common["resource_group_name"],
        location=LOCATION,
        tags=TAGS,
    )
    args: Any = {
        **common,
        "subscription_id": SUBSCRIPTION,
        "network_id": vnet.id,
        "retention_days": 90,
        **changes,
    }
    return FlowLogs("apim-flow-logs", args)


SAMPLES: tuple[Callable[[], object], ...] = (
    network,
    security_groups,
    private_zones,
    jump_host,
    managed_bastion,
    flow_logs,
)
