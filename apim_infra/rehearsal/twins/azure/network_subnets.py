"""What the rules of the network share: ranges, the subnets that things stand in, and what stands in a subnet."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

NETWORK = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"
INTERFACE = "azure-native:network:NetworkInterface"
BALANCER = "azure-native:network:LoadBalancer"
ENDPOINT = "azure-native:network:PrivateEndpoint"
GATEWAY = "azure-native:network:ApplicationGateway"
BASTION = "azure-native:network:BastionHost"
POOL = "azure-native:containerservice:AgentPool"
CLUSTER = "azure-native:containerservice:ManagedCluster"

BASTION_SUBNET = "AzureBastionSubnet"

RESERVED = 5
"""Addresses of each subnet that Azure keeps: the first four and the last."""

GENERIC = "InvalidRequestFormat"
"""Code of the namespace for what its documentation gives no code for."""

PLACES = {
    INTERFACE: "ipConfigurations[*].subnet.id",
    BALANCER: "frontendIPConfigurations[*].subnet.id",
    ENDPOINT: "subnet.id",
    GATEWAY: "gatewayIPConfigurations[*].subnet.id",
    BASTION: "ipConfigurations[*].subnet.id",
    POOL: "vnetSubnetID",
    CLUSTER: "agentPoolProfiles[*].vnetSubnetID",
}
"""Type to the input that says in which subnet it stands."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Something that stands in a subnet."""

    thing: Thing
    addresses: int
    """Addresses that it takes, at its largest."""


def generic(context: Context, message: str, path: str, hint: str, source: str) -> Problem:
    """Return a refusal whose rule is documented and whose code is not."""
    return context.problem(GENERIC, message, path, hint, f"{source}; the code is own knowledge")


def network_of(text: object) -> IPv4Network | None:
    """Return a range in CIDR notation, its host bits taken away; None for what is none."""
    try:
        return IPv4Network(str(text), strict=False) if "/" in str(text) else None
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def ranges_of(thing: Thing) -> list[IPv4Network]:
    """Return the ranges of a network or subnet that is known well enough."""
    path = "addressSpace.addressPrefixes[*]" if thing.type == NETWORK else "addressPrefixes[*]"
    given = [value for where in (path, "addressPrefix") for _, value in values_at(thing.inputs, where)]
    return [network for network in map(network_of, given) if network is not None]


def places_of(context: Context) -> Iterator[tuple[str, Thing]]:
    """Yield the path and the subnet of every place that the resource of a request asks for."""
    for path, arm_id in context.at(PLACES[context.row.token]):
        subnet = context.find(arm_id)
        if subnet is not None and not subnet.assumed and subnet.type == SUBNET:
            yield path, subnet


def residents(context: Context, subnet: Thing) -> Iterator[Resident]:
    """Yield everything that stands in a subnet but the resource of the request."""
    own = ids.key(subnet.id)
    for token, path in PLACES.items():
        for thing in context.all(token):
            named = [value for _, value in values_at(thing.inputs, path) if ids.key(str(value)) == own]
            if named and not thing.assumed:
                yield Resident(thing, taken(token, thing.inputs, own))


def taken(token: str, inputs: object, subnet: str) -> int:
    """Return how many addresses something takes in a subnet (by its key), at its largest."""
    if token == POOL:
        return _nodes(inputs)
    if token == CLUSTER:
        profiles = [profile for _, profile in values_at(inputs, "agentPoolProfiles[*]")]
        return sum(_nodes(profile) for profile in profiles if ids.key(str(profile.get("vnetSubnetID", ""))) == subnet)
    if token == GATEWAY:
        return gateway_instances(inputs)
    return sum(ids.key(str(value)) == subnet for _, value in values_at(inputs, PLACES[token]))


def gateway_instances(inputs: object) -> int:
    """Return the most instances of an Application Gateway."""
    most = [
        int(value)
        for path in ("autoscaleConfiguration.maxCapacity", "sku.capacity")
        for _, value in values_at(inputs, path)
        if isinstance(value, int | float)
    ]
    return max(most, default=1)


def _nodes(pool: object) -> int:
    """Return the most nodes of a pool of which no upgrade is under way; pods of an overlay have addresses of their own."""
    counts = [
        int(value)
        for path in ("maxCount", "count")
        for _, value in values_at(pool, path)
        if isinstance(value, int | float)
    ]
    return max(counts, default=1)
