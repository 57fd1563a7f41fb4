"""Subnets on Azure: where each one lies in the network, which ones a stack builds, and how many addresses each must have free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from ipaddress import IPv4Network

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.network import BastionMode, StoreAccess
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.pools import most_nodes, surged_nodes

NODES, ENTRY, BASTION, DATA, PRIVATE_DATA = "nodes", "entry", "bastion", "data", "private_data"
JUMP, API_SERVER, MYSQL, POSTGRESQL, CASSANDRA = "jump", "api_server", "mysql", "postgresql", "cassandra"

REGISTRY_ENDPOINT = "registry"
"""Short name of the endpoint of the container registry, which takes more than one address."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    prefix: int
    offset: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Spare:
    prefix: int
    offset: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Layout:
    source: str
    date: date
    reserved_per_subnet: int
    longest_prefix: int
    shortest_prefix: int
    slots: dict[str, _Slot]
    spare: _Spare
    cluster_addresses: int
    load_balancer_addresses: int
    gateway_addresses: int
    jump_host_addresses: int
    api_server_addresses: int
    registry_addresses: int
    endpoint_addresses: int
    delegated_addresses: int

    __pydantic_config__ = _STRICT


@cache
def _layout() -> _Layout:
    return packaged_data("apim_infra.planning", "subnets.yaml", _Layout)


def subnet_name(subnet: str) -> str:
    """Return the name of a subnet in Azure, such as `AzureBastionSubnet` for `bastion`."""
    slots = _layout().slots
    return slots[subnet].name if subnet in slots else subnet


def reserved_addresses() -> int:
    """Return how many addresses of each subnet Azure keeps for itself."""
    return _layout().reserved_per_subnet


def lay_out(network: IPv4Network) -> Mapping[str, IPv4Network]:
    """Return every subnet that a network has a slot for, used or not, and `reserved` for what is kept for later.

    Depends on the range of the network alone. The network must be /22 or larger.
    """
    layout = _layout()
    nodes, rest = network.subnets()
    start = int(rest.network_address)
    ranges = {NODES: nodes}
    for subnet, slot in layout.slots.items():
        ranges[subnet] = IPv4Network((start + slot.offset, slot.prefix))
    if network.prefixlen == layout.longest_prefix:
        ranges["reserved"] = IPv4Network((start + layout.spare.offset, layout.spare.prefix))
    else:
        ranges["reserved"] = tuple(rest.subnets())[1]
    return ranges


def built_subnets(settings: StackSettings) -> tuple[str, ...]:
    """Return the subnets that the settings build, in the order of the layout."""
    network, each = settings.network, deployments(settings)
    delegated = network.store_access is StoreAccess.DELEGATED_SUBNET
    holds = {
        ENTRY: settings.ingress.public.enabled and settings.ingress.application_gateway is not None,
        BASTION: network.bastion.mode is BastionMode.MANAGED,
        DATA: True,
        PRIVATE_DATA: settings.private_deployment is not None,
        JUMP: network.bastion.mode is BastionMode.JUMP_HOST,
        # The vault with the key of the cluster's secrets is reached from the network alone.
        API_SERVER: settings.cluster.secrets_encryption and settings.cluster.existing is None,
        MYSQL: delegated and any(_mysql_servers(deployment) for deployment in each),
        POSTGRESQL: delegated and any(_postgresql_servers(deployment) for deployment in each),
        CASSANDRA: settings.stores.cassandra.mode is StoreMode.MANAGED,
    }
    return (NODES, *(subnet for subnet in _layout().slots if holds.get(subnet, False)))


def addresses_needed(settings: StackSettings) -> Mapping[str, int]:
    """Return how many addresses each subnet that is built must have free, without those that Azure reserves.

    Counted for the worst day: every pool at its maximum while an upgrade adds its surge. Pods have a range of their own.
    """
    layout = _layout()
    nodes = most_nodes(settings) + settings.cluster.system_pool.max + surged_nodes(settings)
    inside = sum(deployment.settings.ingress.internal.enabled for deployment in deployments(settings))
    before = settings.ingress.public.enabled and settings.ingress.application_gateway is not None
    needed = {NODES: nodes + layout.cluster_addresses + (inside + before) * layout.load_balancer_addresses}
    gateway = settings.ingress.application_gateway
    if before and gateway is not None:
        needed[ENTRY] = (gateway.max_capacity or gateway.capacity) + layout.gateway_addresses
    first, *others = deployments(settings)
    needed[DATA] = _store_addresses(first) + _endpoint_addresses(settings)
    for other in others:
        needed[PRIVATE_DATA] = _store_addresses(other)
    needed[JUMP] = layout.jump_host_addresses
    needed[API_SERVER] = layout.api_server_addresses
    each = deployments(settings)
    needed[MYSQL] = sum(map(_mysql_servers, each)) * layout.delegated_addresses
    needed[POSTGRESQL] = sum(map(_postgresql_servers, each)) * layout.delegated_addresses
    needed[CASSANDRA] = settings.stores.cassandra.nodes * layout.delegated_addresses
    return {subnet: needed.get(subnet, 0) for subnet in built_subnets(settings)}


def full_subnets(settings: StackSettings, network: IPv4Network) -> Mapping[str, tuple[int, int]]:
    """Return each subnet that is too small for what stands in it, with its usable and its needed addresses; empty where everything fits."""
    ranges, reserved = lay_out(network), _layout().reserved_per_subnet
    room = {subnet: ranges[subnet].num_addresses - reserved for subnet in built_subnets(settings)}
    return {
        subnet: (room[subnet], needed) for subnet, needed in addresses_needed(settings).items() if needed > room[subnet]
    }


def smallest_network(settings: StackSettings) -> int | None:
    """Return the prefix length of the smallest network that holds everything, None when not even the largest does."""
    layout = _layout()
    for prefix in range(layout.longest_prefix, layout.shortest_prefix - 1, -1):
        if not full_subnets(settings, IPv4Network((0, prefix))):
            return prefix
    return None


def _store_addresses(deployment: Deployment) -> int:
    """Return the addresses that a deployment's stores take in their data subnet: machines of Cassandra, and endpoints of servers."""
    layout, stores = _layout(), deployment.settings.stores
    ring = stores.cassandra.nodes if stores.cassandra.mode is StoreMode.SELF_MANAGED else 0
    servers = 1 if stores.redis.mode is StoreMode.MANAGED else 0
    if deployment.settings.network.store_access is StoreAccess.PRIVATE_ENDPOINT:
        servers += _mysql_servers(deployment) + _postgresql_servers(deployment)
    return ring + servers * layout.endpoint_addresses


def _mysql_servers(deployment: Deployment) -> int:
    """Return how many MySQL servers a deployment has, readers included."""
    mariadb = deployment.settings.stores.mariadb
    return 1 + mariadb.replicas if mariadb.mode is StoreMode.MANAGED else 0


def _postgresql_servers(deployment: Deployment) -> int:
    stores = deployment.settings.stores
    servers = (stores.postgresql, stores.gateway_postgresql)
    return sum(1 + server.replicas for server in servers if server.mode is StoreMode.MANAGED)


def _endpoint_addresses(settings: StackSettings) -> int:
    layout = _layout()
    return sum(
        layout.registry_addresses if service == REGISTRY_ENDPOINT else layout.endpoint_addresses
        for service in settings.network.interface_endpoints
    )
