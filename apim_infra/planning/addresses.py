"""The address plan: subnets of each tier and zone, and whether what is planned fits into them.

The network is cut by its range and by the region's number of zones alone. The first half is for nodes and pods
(private), an eighth each for load balancers (public) and stores (data); the last quarter stays free. Each tier is cut
into as many equal slots as the region has zones, rounded up to a power of two; zone n always has slot n. A stack that
takes another zone into use therefore moves no subnet.

On Azure subnets span the zones: there the network is cut as `apim_infra.planning.subnets` says, and each tier has one subnet at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from ipaddress import IPv4Network
from math import ceil

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.export_destinations import search_domain, search_zones
from apim_infra.planning.regions import region
from apim_infra.planning.subnets import (
    DATA,
    ENTRY,
    NODES,
    PRIVATE_DATA,
    addresses_needed,
    built_subnets,
    lay_out,
    smallest_network,
)
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.network import NatMode
from apim_infra.settings.rotation import rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, Store, StoreMode
from apim_infra.sizing.catalogue import node_addresses, node_size, update_nodes_per_zone
from apim_infra.sizing.pools import zone_maximum


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """Subnets of the platform's own network; none when an existing network is used."""

    zones: tuple[str, ...]
    """Zones in use, in the order of the subnets of each tier."""
    public: tuple[IPv4Network, ...]
    """Subnets of internet-facing load balancers and NAT gateways, one per zone in use."""
    private: tuple[IPv4Network, ...]
    """Subnets of nodes, pods, internal load balancers and endpoints, one per zone in use."""
    data: tuple[IPv4Network, ...]
    """Subnets of the stores, one per zone in use."""
    private_data: tuple[IPv4Network, ...]
    """Subnets of the private deployment's stores, one per zone in use, so that policies tell its stores from the first deployment's; none without it."""
    reserved: IPv4Network | None
    """Range that nothing uses, for later; None when an existing network is used."""
    subnets: Mapping[str, IPv4Network] = field(default_factory=dict[str, IPv4Network])
    """Azure: name of each subnet that is built to its range; empty on AWS, and when an existing network is used."""


@dataclass(frozen=True, slots=True)
class AddressNeeds:
    """Addresses that one subnet of each tier must have free, without those that the cloud reserves."""

    public: int
    private: int
    data: int


class AddressPlanError(ValueError):
    """The network is too small for what is planned."""

    def __init__(self, network: IPv4Network, needs: AddressNeeds, smallest_prefix: int | None) -> None:
        self.needs = needs
        """What one subnet of each tier must hold."""
        self.smallest_prefix = smallest_prefix
        """Prefix length of the smallest network that fits, such as 20; None when not even the largest does."""
        fits = f"/{smallest_prefix} is the smallest that fits" if smallest_prefix else "no allowed network would fit"
        super().__init__(
            f"{network} is too small: one zone needs {needs.private} addresses for nodes and pods, "
            f"{needs.public} for load balancers and {needs.data} for stores; {fits}"
        )


@dataclass(frozen=True, slots=True)
class _Tier:
    bits: int
    offset: int

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Tiers:
    private: _Tier
    public: _Tier
    data: _Tier
    private_data: _Tier
    reserved: _Tier

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Layout:
    source: str
    date: date
    reserved_per_subnet: int
    smallest_subnet: int
    shortest_network: int
    cluster_interfaces: int
    load_balancer_addresses: int
    nat_addresses: int
    ring_addresses: int
    addresses_per_search_node: int
    rotation_addresses: int
    vpc_link_addresses: int
    tiers: _Tiers

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def _layout() -> _Layout:
    return packaged_data("apim_infra.planning", "addresses.yaml", _Layout)


def plan_addresses(settings: StackSettings) -> AddressPlan:
    """Return the subnets of the stack, or raise `AddressPlanError` when the network is too small.

    Raises `UnknownRegionError` or `UnknownSizeError` when the region or a pool's size is not in the data. An existing
    network brings its own subnets along: then only the zones are planned.
    """
    place = region(settings.cloud, settings.region)
    zones = place.zones[: settings.network.zones]
    if settings.network.existing is not None:
        return AddressPlan(zones=zones, public=(), private=(), data=(), private_data=(), reserved=None)
    network = IPv4Network(settings.network.cidr)
    needs = address_needs(settings)
    if settings.cloud is Cloud.AZURE:
        return _named_plan(settings, zones, network, needs)
    slot_bits = _slot_bits(len(place.zones))
    if not _fits(network.prefixlen, slot_bits, needs):
        raise AddressPlanError(network, needs, smallest_prefix(slot_bits, needs))
    tiers, beside = _layout().tiers, settings.private_deployment is not None
    spare = _block(network, tiers.reserved)
    return AddressPlan(
        zones=zones,
        public=_slots(network, tiers.public, slot_bits, len(zones)),
        private=_slots(network, tiers.private, slot_bits, len(zones)),
        data=_slots(network, tiers.data, slot_bits, len(zones)),
        private_data=_slots(network, tiers.private_data, slot_bits, len(zones)) if beside else (),
        # The private deployment takes the first half of what is kept for later.
        reserved=tuple(spare.subnets())[1] if beside else spare,
    )


def _named_plan(
    settings: StackSettings, zones: tuple[str, ...], network: IPv4Network, needs: AddressNeeds
) -> AddressPlan:
    """Return the subnets of a network on Azure."""
    smallest = smallest_network(settings)
    if smallest is None or network.prefixlen > smallest:
        raise AddressPlanError(network, needs, smallest)
    ranges = lay_out(network)
    subnets = {name: ranges[name] for name in built_subnets(settings)}
    public, private, data, private_data = (
        (subnets[name],) if name in subnets else () for name in (ENTRY, NODES, DATA, PRIVATE_DATA)
    )
    return AddressPlan(zones, public, private, data, private_data, ranges["reserved"], subnets)


def address_needs(settings: StackSettings) -> AddressNeeds:
    """Return how many addresses one subnet of each tier must have free.

    Counted for the worst day: every pool at its maximum with one zone lost while its nodes are being replaced, each
    node with all the addresses that its network plugin may take, and every store with a replacement, all in one zone.
    """
    if settings.cloud is Cloud.AZURE:
        needed = addresses_needed(settings)
        # Of a network that is brought along, deployments share the subnet for stores.
        shared = needed.get(PRIVATE_DATA, 0) if settings.network.existing is not None else 0
        return AddressNeeds(public=needed.get(ENTRY, 0), private=needed[NODES], data=needed[DATA] + shared)
    layout = _layout()
    zones = settings.network.zones
    pools = settings.cluster.pools
    nodes = sum(
        (zone_maximum(pool, zones) + update_nodes_per_zone(settings.cloud))
        * node_addresses(node_size(settings.cloud, pool.size))
        for pool in (pools.management, pools.user, pools.monitoring)
    )
    ingress = settings.ingress
    private = nodes + layout.cluster_interfaces + len(settings.network.interface_endpoints)
    inside = sum(deployment.settings.ingress.internal.enabled for deployment in deployments(settings))
    private += inside * layout.load_balancer_addresses
    if settings.topology is Topology.INTEGRATED_CLOUD:
        private += layout.load_balancer_addresses + layout.vpc_link_addresses
    if rotated_stores(settings):
        private += layout.rotation_addresses
    entrance = ingress.public.enabled and settings.topology is not Topology.INTEGRATED_CLOUD
    public = layout.load_balancer_addresses if entrance else 0
    public += layout.nat_addresses if settings.network.nat is not NatMode.NONE else 0
    data = 2 * _store_instances(settings) + _ring_addresses(settings) + _search_addresses(settings)
    return AddressNeeds(public=public, private=private, data=data)


def smallest_prefix(slot_bits: int, needs: AddressNeeds) -> int | None:
    """Return the prefix length of the smallest network that holds the needs in 2^`slot_bits` zones, or None."""
    layout = _layout()
    for prefix in range(layout.smallest_subnet, layout.shortest_network - 1, -1):
        if _fits(prefix, slot_bits, needs):
            return prefix
    return None


def _ring_addresses(settings: StackSettings) -> int:
    """Return the addresses that each data subnet keeps for nodes of Cassandra, whose places are fixed."""
    return _layout().ring_addresses if settings.stores.cassandra.mode is StoreMode.SELF_MANAGED else 0


def _search_addresses(settings: StackSettings) -> int:
    """Return the addresses that each data subnet keeps for a search domain: for its nodes, and while they are replaced."""
    domain = search_domain(settings)
    return 0 if domain is None else _layout().addresses_per_search_node * ceil(domain.nodes / search_zones(settings))


def _store_instances(settings: StackSettings) -> int:
    """Return how many instances the cloud runs for the stores, standbys included."""
    stores = settings.stores
    relational: tuple[RelationalStore, ...] = (stores.mariadb, stores.postgresql, stores.gateway_postgresql)
    total = sum((2 if store.multi_zone else 1) + store.replicas for store in relational if _managed(store))
    if _managed(stores.redis):
        total += 1 + stores.redis.replicas
    return total


def _managed(store: Store) -> bool:
    return store.mode is StoreMode.MANAGED


def _slot_bits(zones: int) -> int:
    """Return the prefix bits that cut a tier into one slot for each zone of the region."""
    return (zones - 1).bit_length()


def _fits(prefix: int, slot_bits: int, needs: AddressNeeds) -> bool:
    layout = _layout()
    pairs = (
        (layout.tiers.public, needs.public),
        (layout.tiers.private, needs.private),
        (layout.tiers.data, needs.data),
    )
    return all(_room(prefix + tier.bits + slot_bits) >= need for tier, need in pairs)


def _room(prefix: int) -> int:
    """Return the usable addresses of a subnet; -1 when the cloud has no subnet that small."""
    layout = _layout()
    if prefix > layout.smallest_subnet:
        return -1
    return 2 ** (32 - prefix) - layout.reserved_per_subnet


def _block(network: IPv4Network, tier: _Tier) -> IPv4Network:
    """Return the part of the network that a tier has."""
    size = 2 ** (32 - network.prefixlen - tier.bits)
    start = int(network.network_address) + tier.offset * size
    return IPv4Network((start, network.prefixlen + tier.bits))


def _slots(network: IPv4Network, tier: _Tier, slot_bits: int, zones: int) -> tuple[IPv4Network, ...]:
    """Return the first `zones` slots of a tier."""
    block = _block(network, tier)
    prefix = block.prefixlen + slot_bits
    start, size = int(block.network_address), 2 ** (32 - prefix)
    return tuple(IPv4Network((start + slot * size, prefix)) for slot in range(zones))
