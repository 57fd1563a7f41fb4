"""Virtual networks and subnets: ranges, delegations, and regions of what they name."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network_subnets import (
    BALANCER,
    BASTION,
    ENDPOINT,
    INTERFACE,
    NETWORK,
    SUBNET,
    generic,
    network_of,
    places_of,
    ranges_of,
)
from apim_infra.rehearsal.twins.azure.table import Companion
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

PREFIXES = {NETWORK: ("addressSpace.addressPrefixes[*]",), SUBNET: ("addressPrefix", "addressPrefixes[*]")}

CODES = "constants of the Azure CLI and tests of Azure PowerShell, 2024"
RESERVED_SOURCE = "azure-docs, mysql/flexible-server/concepts-networking-vnet (2021) and application-gateway/configuration-infrastructure (2021)"
REFERENCES_SOURCE = "azure-docs, azure-resource-manager/troubleshooting/common-deployment-errors (2024-06)"
DELEGATION = "azure-docs, mysql/flexible-server/concepts-networking-vnet (2021)"

SMALLEST = 29
"""Longest prefix of a subnet: three addresses are left in it."""

SERVERS = {
    "azure-native:dbformysql:Server": ("Microsoft.DBforMySQL/flexibleServers", "network.delegatedSubnetResourceId"),
    "azure-native:dbforpostgresql:Server": (
        "Microsoft.DBforPostgreSQL/flexibleServers",
        "network.delegatedSubnetResourceId",
    ),
}
"""Type to the service that its subnet is delegated to, and the input that names that subnet."""

WATCHER = "azure-native:network:NetworkWatcher"
WATCHER_GROUP = "NetworkWatcherRG"


def _notation(context: Context) -> Iterator[Problem]:
    """Check that every range is one, and lies on its own boundary."""
    for where in PREFIXES[context.row.token]:
        for path, text in context.at(where):
            network = network_of(text)
            if network is not None and str(network) == text:
                continue
            message = f"The address prefix {text} in resource {context.id} has an invalid CIDR notation."
            hint = "write it like 10.0.0.0/24"
            if network is not None:
                message += f" For the given prefix length, the address prefix should be {network}."
                hint = f"write {network}"
            yield context.problem("InvalidCIDRNotation", message, path, hint, CODES)


def _inside(context: Context) -> Iterator[Problem]:
    """Check that a subnet lies in its network, is large enough, and overlaps no other."""
    network = context.parent()
    if network is None:
        return
    for path, own in _ranges(context):
        if not network.assumed and not any(own.subnet_of(space) for space in ranges_of(network)):
            spaces = ", ".join(map(str, ranges_of(network)))
            yield context.problem(
                "NetcfgInvalidSubnet",
                f"Subnet '{context.name}' is not valid in virtual network '{ids.name_of(network.id)}'.",
                path,
                f"take a range inside of {spaces}",
                CODES,
            )
        if own.prefixlen > SMALLEST:
            yield context.problem(
                "NetcfgInvalidSubnet",
                f"Subnet '{context.name}' is not valid in virtual network '{ids.name_of(network.id)}': "
                f"{own} leaves no address, since Azure keeps five of each subnet.",
                path,
                f"use /{SMALLEST} or a larger range",
                RESERVED_SOURCE,
            )
        yield from _overlaps(context, path, own)


def _overlaps(context: Context, path: str, own: IPv4Network) -> Iterator[Problem]:
    for other in context.siblings(SUBNET):
        if any(own.overlaps(taken) for taken in ranges_of(other)):
            name = ids.name_of(other.id)
            yield context.problem(
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{context.name}' is not valid because its IP address range overlaps with that of an existing subnet '{name}'.",
                path,
                f"move it away from {', '.join(map(str, ranges_of(other)))}",
                CODES,
            )


def _ranges(context: Context) -> Iterator[tuple[str, IPv4Network]]:
    for where in PREFIXES[SUBNET]:
        for path, text in context.at(where):
            network = network_of(text)
            if network is not None:
                yield path, network


def _kept(context: Context) -> Iterator[Problem]:
    """Check that a network keeps the ranges of its subnets."""
    if context.old is None:
        return
    spaces = [network for text in context.get(PREFIXES[NETWORK][0]) if (network := network_of(text))]
    for subnet in context.inside(SUBNET):
        if spaces and not subnet.assumed and not any(own.subnet_of(at) for own in ranges_of(subnet) for at in spaces):
            yield context.warning(
                "InUsePrefixCannotBeDeleted",
                f"IpPrefix of virtual network '{context.name}' is used by subnet '{ids.name_of(subnet.id)}' and cannot be deleted.",
                "addressSpace.addressPrefixes",
                "leave the range in place",
                "own knowledge",
            )


def _delegations(context: Context) -> Iterator[Problem]:
    """Check that a subnet has one delegation at most, and keeps that of the server in it."""
    services = {str(name).lower() for name in context.get("delegations[*].serviceName")}
    if len(services) > 1:
        message = f"Subnet '{context.name}' can be delegated to one service, not to {', '.join(sorted(services))}."
        yield generic(context, message, "delegations", "make a subnet for each service", DELEGATION)
    if context.old is None:
        return
    for token, (service, path) in SERVERS.items():
        for server in context.all(token):
            uses = any(ids.key(str(value)) == ids.key(context.id) for _, value in values_at(server.inputs, path))
            if uses and service.lower() not in services:
                yield context.problem(
                    "SubnetMissingRequiredDelegation",
                    f"Subnet '{context.name}' requires the delegation to {service}: {server.id} is in it.",
                    "delegations",
                    f"keep the delegation to {service}",
                    "error texts of public deployments, 2024",
                )


def _not_delegated(context: Context) -> Iterator[Problem]:
    """Check that nothing but the service stands in a delegated subnet; gateways have a rule of their own."""
    for path, subnet in places_of(context):
        services = [str(name) for _, name in values_at(subnet.inputs, "delegations[*].serviceName")]
        if not services:
            continue
        yield context.problem(
            "SubnetIsDelegated",
            f"Subnet {subnet.id} is delegated to {', '.join(services)} and cannot be used by {context.row.arm_type}.",
            path,
            "name another subnet",
            DELEGATION,
        )


def _region(context: Context) -> Iterator[Problem]:
    """Check that what a network resource names is in its own region."""
    own = context.location or _location(context.parent())
    if not own:
        return
    for where in ("networkSecurityGroup.id", "natGateway.id", "subnet.id", "publicIpPrefixes[*].id"):
        yield from _same_region(context, own, where)
    for where in ("ipConfigurations[*].subnet.id", "publicIpAddresses[*].id"):
        yield from _same_region(context, own, where)


def _same_region(context: Context, own: str, where: str) -> Iterator[Problem]:
    for path, arm_id in context.at(where):
        found = context.find(arm_id)
        there = _location(found) or (_location(context.find(ids.parent_of(arm_id))) if found else "")
        if there and there != own:
            yield context.problem(
                "InvalidResourceReference",
                f"Resource {arm_id} referenced by resource {context.id} was not found. Please make sure that the referenced resource "
                f"exists, and that both resources are in the same region: one is in {there}, the other in {own}.",
                path,
                f"make both in {own}",
                REFERENCES_SOURCE,
            )


def _location(thing: Thing | None) -> str:
    return "" if thing is None else str(thing["location"] or "").replace(" ", "").lower()


def _watcher(context: Context) -> Iterator[Companion]:
    """Azure makes a network watcher in a region with the first network there."""
    if any(_location(found) == context.location for found in context.all(WATCHER)):
        return
    group = f"/subscriptions/{context.subscription}/resourceGroups/{WATCHER_GROUP}"
    name = f"NetworkWatcher_{context.location}"
    if context.find(group) is None:
        yield Companion("azure-native:resources:ResourceGroup", group, outputs={"location": context.location})
    watcher = f"{group}/providers/Microsoft.Network/networkWatchers/{name}"
    yield Companion(WATCHER, watcher, {"location": context.location}, {"location": context.location})


def _one_watcher(context: Context) -> Iterator[Problem]:
    if any(_location(found) == context.location for found in context.all(WATCHER)):
        yield context.warning(
            "NetworkWatcherCountLimitReached",
            f"The limit of network watchers in {context.location} is reached: a subscription has one in each region.",
            "location",
            f"use NetworkWatcher_{context.location} in {WATCHER_GROUP}, which Azure made",
            "own knowledge",
        )


def _flow_log(context: Context) -> Iterator[Problem]:
    """Check that watcher, storage account and network of a flow log are in one region."""
    own = context.location
    for path, found in (
        ("networkWatcherName", context.parent()),
        ("storageId", context.find(context.value("storageId"))),
        ("targetResourceId", context.find(context.value("targetResourceId"))),
    ):
        there = _location(found)
        if own and there and there != own:
            message = f"A flow log of {own} needs its {path} there too: {ids.name_of(found.id if found else '')} is in {there}."
            source = "azure-docs, network-watcher/nsg-flow-logs-overview (2024)"
            yield generic(context, message, path, f"make it in {own}", source)


RULES = {
    NETWORK: (_notation, _kept),
    SUBNET: (_notation, _inside, _delegations, _region),
    INTERFACE: (_not_delegated, _region),
    BALANCER: (_not_delegated,),
    ENDPOINT: (_not_delegated, _region),
    BASTION: (_not_delegated,),
    "azure-native:network:NatGateway": (_region,),
    WATCHER: (_one_watcher,),
    "azure-native:network:FlowLog": (_flow_log,),
}

COMPANIONS = {NETWORK: _watcher}
