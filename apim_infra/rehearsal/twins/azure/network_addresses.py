"""Addresses: static private ones, subnets that run full, and NAT gateways."""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network_subnets import (
    BALANCER,
    CLUSTER,
    ENDPOINT,
    GATEWAY,
    INTERFACE,
    POOL,
    RESERVED,
    SUBNET,
    generic,
    places_of,
    ranges_of,
    residents,
    taken,
)
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

NAT = "azure-native:network:NatGateway"

FRONTS = {
    INTERFACE: "ipConfigurations",
    BALANCER: "frontendIPConfigurations",
    GATEWAY: "frontendIPConfigurations",
}
"""Type to the list of its configurations with private addresses."""

ERRORS = "azure-docs, azure-resource-manager/troubleshooting/common-deployment-errors (2024-06)"
ALLOCATED = "deployment logs and tests of public projects, 2024"


def _static(context: Context) -> Iterator[Problem]:
    """Check private addresses that a program chooses: in their subnet, not one of Azure's, and of nobody else."""
    name = FRONTS[context.row.token]
    for path, configuration in context.at(f"{name}[*]"):
        address = _address(configuration)
        subnet = context.find(_subnet_id(configuration))
        if address is None or subnet is None or subnet.assumed or subnet.type != SUBNET:
            continue
        yield from _in_subnet(context, f"{path}.privateIPAddress", address, subnet)
        holder = next(_holders(context, address, subnet), None)
        if holder is not None:
            yield context.problem(
                "PrivateIPAddressIsAllocated",
                f"IP configuration of {context.name} is using the private IP address {address} which is already allocated to resource {holder.id}.",
                f"{path}.privateIPAddress",
                "choose another address, or let Azure choose one (Dynamic)",
                ALLOCATED,
            )


def _in_subnet(context: Context, path: str, address: IPv4Address, subnet: Thing) -> Iterator[Problem]:
    ranges = ranges_of(subnet)
    home = next((network for network in ranges if address in network), None)
    if ranges and home is None:
        yield context.problem(
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {address} does not belong to the range of subnet {', '.join(map(str, ranges))}.",
            path,
            f"take one of {ranges[0]}",
            ERRORS,
        )
    elif home is not None and (
        int(address) - int(home.network_address) < RESERVED - 1 or address == home.broadcast_address
    ):
        yield context.problem(
            "PrivateIPAddressInReservedRange",
            f"Private static IP address {address} falls within reserved IP range of subnet {home}.",
            path,
            f"Azure keeps the first {RESERVED - 1} addresses and the last: take one from {home[RESERVED - 1]} on",
            ERRORS,
        )


def _holders(context: Context, address: IPv4Address, subnet: Thing) -> Iterator[Thing]:
    for token, name in FRONTS.items():
        for thing in context.all(token):
            for _, configuration in values_at(thing.inputs, f"{name}[*]"):
                same = ids.key(str(_subnet_id(configuration))) == ids.key(subnet.id)
                if same and _address(configuration) == address:
                    yield thing


def _address(configuration: object) -> IPv4Address | None:
    try:
        given = configuration.get("privateIPAddress") if is_mapping(configuration) else None
        return IPv4Address(str(given)) if given else None
    except AddressValueError:
        return None


def _subnet_id(configuration: object) -> object:
    subnet = configuration.get("subnet") if is_mapping(configuration) else None
    return subnet.get("id") if is_mapping(subnet) else None


def _room(context: Context) -> Iterator[Problem]:
    """Check that a subnet has addresses left for what is put into it."""
    seen: set[str] = set()
    for path, subnet in places_of(context):
        own, ranges = ids.key(subnet.id), ranges_of(subnet)
        if own in seen or not ranges:
            continue
        seen.add(own)
        room = sum(network.num_addresses for network in ranges) - RESERVED
        there = sum(resident.addresses for resident in residents(context, subnet))
        wanted = taken(context.row.token, context.inputs, own)
        if there + wanted > room:
            yield context.problem(
                "SubnetIsFull",
                f"Subnet {ids.name_of(subnet.id)} with address prefix {ranges[0]} does not have enough capacity for {wanted} IP addresses: "
                f"it has {room}, of which {there} are taken at most.",
                path,
                "give it a larger range, or put less into it",
                ERRORS,
            )


def _one_network(context: Context) -> Iterator[Problem]:
    """Check that a NAT gateway serves the subnets of one network."""
    gateway = context.value("natGateway.id")
    if gateway is None:
        return
    network = ids.key(ids.parent_of(context.id))
    for other in context.all(SUBNET):
        named = next((str(value) for _, value in values_at(other.inputs, "natGateway.id")), "")
        if ids.key(named) == ids.key(str(gateway)) and ids.key(ids.parent_of(other.id)) != network:
            yield context.problem(
                "NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks",
                f"NAT gateway {ids.name_of(str(gateway))} cannot be used by subnets of different virtual networks: "
                f"{ids.name_of(ids.parent_of(other.id))} uses it.",
                "natGateway.id",
                "give each network a NAT gateway of its own",
                "error texts of public deployments, 2024",
            )
            return


def _one_zone(context: Context) -> Iterator[Problem]:
    zones = context.get("zones[*]")
    if len(zones) > 1 and str(context.value("sku.name", "Standard")).lower() == "standard":
        message = (
            f"A NAT gateway of the Standard sku is in one zone or in none, not in {', '.join(sorted(map(str, zones)))}."
        )
        yield generic(context, message, "zones", "name one zone, or none", "azure-aks-docs, nat-gateway (2026-08)")


RULES = {
    INTERFACE: (_static, _room),
    BALANCER: (_static, _room),
    GATEWAY: (_static,),
    ENDPOINT: (_room,),
    POOL: (_room,),
    CLUSTER: (_room,),
    NAT: (_one_zone,),
    SUBNET: (_one_network,),
}
