"""Network, security groups, private zones and the way of administrators, on Azure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

import pulumi

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.security_rules import SecurityRule, security_rules
from apim_infra.planning.subnets import (
    API_SERVER,
    BASTION,
    CASSANDRA,
    DATA,
    ENTRY,
    JUMP,
    MYSQL,
    NODES,
    POSTGRESQL,
    PRIVATE_DATA,
    subnet_name,
)
from apim_infra.platform.azure_existing import check_existing_network
from apim_infra.platform.azure_ground import Ground
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import deployments
from apim_infra.settings.network import ExistingNetwork
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from components.azure.bastion import JumpHost, ManagedBastion
from components.azure.network import Network, NetworkArgs, SubnetArgs
from components.azure.private_dns import PrivateZones
from components.azure.security_groups import RuleArgs, SecurityGroups

DELEGATIONS: Mapping[str, str] = {
    API_SERVER: "Microsoft.ContainerService/managedClusters",
    MYSQL: "Microsoft.DBforMySQL/flexibleServers",
    POSTGRESQL: "Microsoft.DBforPostgreSQL/flexibleServers",
    CASSANDRA: "Microsoft.DocumentDB/cassandraClusters",
}
"""Subnet to the service that alone may use it."""


@dataclass(frozen=True, slots=True)
class NetworkParts:
    """The network, built or brought along."""

    network_id: pulumi.Output[str]
    subnet_ids: Mapping[str, pulumi.Output[str]]
    """Subnet, by its name in `apim_infra.planning.subnets`, to its identifier."""
    subnets: Mapping[str, IPv4Network]
    """Subnet to its range; empty for a network that is brought along."""
    zones: tuple[str, ...]
    """Availability zones in use."""
    private_zone_ids: Mapping[str, pulumi.Output[str]]
    """Service (`mysql`, `postgresql`, `redis`, `vault`, `registry`, `blob`, `file`) to the private zone of its names."""
    ways_out: Sequence[pulumi.Resource]
    """What machines need before they can reach what they fetch; nothing of a network that is brought along."""
    security_group_ids: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Subnet to its security group; empty for a network that is brought along, whose subnets keep their own."""
    nat_gateway_id: pulumi.Output[str] | None = None
    """The NAT gateway; None without one, and for a network that is brought along."""


def build_network(settings: StackSettings, naming: Naming, ground: Ground) -> NetworkParts:
    """Build the network with all that belongs to it, or take the one that is brought along as it is."""
    existing = settings.network.existing
    if existing is None:
        return _built(settings, naming, ground)
    check_existing_network(settings, ground.provider)
    network_id = pulumi.Output.from_input(existing.id)
    zones = plan_addresses(settings).zones
    private_zones = _private_zones(settings, naming, ground, network_id)
    return NetworkParts(network_id, _existing_subnets(existing), {}, zones, private_zones.ids, [])


def _existing_subnets(existing: ExistingNetwork) -> dict[str, pulumi.Output[str]]:
    """Return the subnets of a network that is brought along; deployments share the one for stores."""
    named = {NODES: existing.private_subnet_ids, DATA: existing.data_subnet_ids, ENTRY: existing.public_subnet_ids}
    ids = {name: pulumi.Output.from_input(subnets[0]) for name, subnets in named.items() if subnets}
    return {**ids, PRIVATE_DATA: ids[DATA]}


def _built(settings: StackSettings, naming: Naming, ground: Ground) -> NetworkParts:
    plan = plan_addresses(settings)
    groups = SecurityGroups(
        naming.name("security"),
        {
            "resource_group_name": ground.resource_group_name,
            "location": ground.location,
            "groups": {
                subnet: [_rule_args(rule) for rule in rules] for subnet, rules in security_rules(settings).items()
            },
            "diagnostics": ground.diagnostics,
            "tags": naming.tags,
        },
        ground.options,
    )
    network = Network(naming.name("network"), network_args(settings, naming, ground, groups.ids), ground.options)
    private_zones = _private_zones(settings, naming, ground, network.vnet_id)
    _build_bastion(settings, naming, ground, network)
    return NetworkParts(
        network.vnet_id,
        network.subnet_ids,
        plan.subnets,
        plan.zones,
        private_zones.ids,
        [network, groups],
        groups.ids,
        network.nat_gateway.id if network.nat_gateway else None,
    )


def network_args(
    settings: StackSettings, naming: Naming, ground: Ground, group_ids: Mapping[str, pulumi.Input[str]]
) -> NetworkArgs:
    """Turn settings and their address plan into the arguments of the network."""
    plan, network = plan_addresses(settings), settings.network
    leaving = {NODES, JUMP, CASSANDRA, *_rings(settings)} if network.nat != "none" else set[str]()
    return {
        "resource_group_name": ground.resource_group_name,
        "location": ground.location,
        "subscription_id": ground.subscription_id,
        "cidr": network.cidr,
        "subnets": {
            subnet: _subnet_args(subnet, cidr, group_ids[subnet], nat=subnet in leaving)
            for subnet, cidr in plan.subnets.items()
        },
        "nat": str(network.nat),
        "egress_zones": plan.zones,
        "flow_logs": network.flow_logs.enabled,
        "flow_log_retention_days": network.flow_logs.retention_days,
        "diagnostics": ground.diagnostics,
        "tags": naming.tags,
    }


def _subnet_args(subnet: str, cidr: IPv4Network, group_id: pulumi.Input[str], *, nat: bool) -> SubnetArgs:
    args: SubnetArgs = {
        "cidr": str(cidr),
        "name": subnet_name(subnet),
        "network_security_group_id": group_id,
        "nat": nat,
        # Who may reach a store is judged where its endpoint is. That of the Kubernetes API, among the nodes, is left to AKS.
        "judge_endpoints": subnet in {DATA, PRIVATE_DATA},
    }
    if subnet in DELEGATIONS:
        args["delegation"] = DELEGATIONS[subnet]
    return args


def _rings(settings: StackSettings) -> Sequence[str]:
    """Return the data subnets with machines of Cassandra, which fetch packages; endpoints alone open no connections."""
    return [
        PRIVATE_DATA if deployment.prefix else DATA
        for deployment in deployments(settings)
        if deployment.settings.stores.cassandra.mode is StoreMode.SELF_MANAGED
    ]


def _private_zones(
    settings: StackSettings, naming: Naming, ground: Ground, network_id: pulumi.Input[str]
) -> PrivateZones:
    """Build the zones of the services that the settings use inside of the network."""
    stores = [deployment.settings.stores for deployment in deployments(settings)]
    databases = {
        MYSQL: any(store.mariadb.mode is StoreMode.MANAGED for store in stores),
        POSTGRESQL: any(
            server.mode is StoreMode.MANAGED
            for store in stores
            for server in (store.postgresql, store.gateway_postgresql)
        ),
    }
    used = [service for service, wanted in databases.items() if wanted]
    delegated = settings.network.store_access == "delegated-subnet"
    caches = ["redis"] if any(store.redis.mode is StoreMode.MANAGED for store in stores) else []
    return PrivateZones(
        naming.name("private-zones"),
        {
            "resource_group_name": ground.resource_group_name,
            "network_id": network_id,
            "services": [*([] if delegated else used), *caches, *settings.network.interface_endpoints],
            "delegated": dict.fromkeys(used, naming.prefix) if delegated else {},
            "tags": naming.tags,
        },
        ground.options,
    )


def _build_bastion(settings: StackSettings, naming: Naming, ground: Ground, network: Network) -> None:
    """Build the way of administrators that the settings ask for."""
    bastion, zones = settings.network.bastion, plan_addresses(settings).zones
    # Sessions and packages need the rules and the way out: a component's own subnet waits for neither.
    options = pulumi.ResourceOptions.merge(ground.options, pulumi.ResourceOptions(depends_on=[network]))
    if JUMP in network.subnet_ids and bastion.ssh_public_key is not None:
        JumpHost(
            naming.name("jump"),
            {
                "resource_group_name": ground.resource_group_name,
                "location": ground.location,
                "subscription_id": ground.subscription_id,
                "subnet_id": network.subnet_ids[JUMP],
                "zone": zones[0],
                "size": bastion.size,
                "ssh_public_key": bastion.ssh_public_key,
                "administrators": settings.cluster.administrators,
                "tags": naming.tags,
            },
            options,
        )
    if BASTION in network.subnet_ids:
        ManagedBastion(
            naming.name("bastion"),
            {
                "resource_group_name": ground.resource_group_name,
                "location": ground.location,
                "subnet_id": network.subnet_ids[BASTION],
                "zones": zones,
                "diagnostics": ground.diagnostics,
                "tags": naming.tags,
            },
            options,
        )


def _rule_args(rule: SecurityRule) -> RuleArgs:
    return {
        "name": rule.name,
        "direction": rule.direction,
        "access": rule.access,
        "priority": rule.priority,
        "protocol": rule.protocol,
        "ports": rule.ports,
        "sources": rule.sources,
        "destinations": rule.destinations,
        "description": rule.description,
    }
