"""Asks Azure what is known of what is brought along, and holds it to the platform's needs before anything is made."""

from ipaddress import IPv4Network
from itertools import pairwise

import pulumi
import pulumi_azure_native as azure

from apim_infra.planning.existing_subnets import NamedNetworkFacts, NamedSubnetFacts, named_network_problems
from apim_infra.planning.subnets import reserved_addresses
from apim_infra.settings.network import ExistingNetwork
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError


def check_existing_network(settings: StackSettings, provider: azure.Provider) -> None:
    """Check a network that is brought along. Raises RunError, which ends the program without a traceback, listing every violation."""
    existing = settings.network.existing
    if existing is None:
        return
    violations = list(named_network_problems(settings, _network(existing, pulumi.InvokeOptions(provider=provider))))
    if violations:
        raise pulumi.RunError(str(SettingsError(violations)))


def _network(existing: ExistingNetwork, options: pulumi.InvokeOptions) -> NamedNetworkFacts:
    group, name = part(existing.id, "resourceGroups"), part(existing.id, "virtualNetworks")
    vnet = azure.network.get_virtual_network(resource_group_name=group, virtual_network_name=name, opts=options)
    kinds = {
        "public": existing.public_subnet_ids,
        "private": existing.private_subnet_ids,
        "data": existing.data_subnet_ids,
    }
    space = vnet.address_space
    return NamedNetworkFacts(
        existing.id,
        vnet.location,
        tuple(space.address_prefixes or ()) if space else None,
        {kind: _subnet(ids[0], options) for kind, ids in kinds.items() if ids},
    )


def _subnet(subnet_id: str, options: pulumi.InvokeOptions) -> NamedSubnetFacts:
    subnet = azure.network.get_subnet(
        resource_group_name=part(subnet_id, "resourceGroups"),
        virtual_network_name=part(subnet_id, "virtualNetworks"),
        subnet_name=part(subnet_id, "subnets"),
        opts=options,
    )
    prefix = subnet.address_prefix or next(iter(subnet.address_prefixes or ()), None)
    if prefix is None:  # every subnet has one: nothing is known of this one
        return NamedSubnetFacts(subnet_id)
    return NamedSubnetFacts(
        subnet_id,
        IPv4Network(prefix).num_addresses - reserved_addresses() - len(subnet.ip_configurations or ()),
        subnet.nat_gateway is not None or subnet.route_table is not None,
        tuple(delegation.service_name or "" for delegation in subnet.delegations or ()),
        subnet.network_security_group is not None,
    )


def part(resource_id: str, kind: str) -> str:
    """Return the name that follows a kind in a resource id, such as `subnets`; empty where it does not occur."""
    parts = resource_id.split("/")
    return next((after for before, after in pairwise(parts) if before.lower() == kind.lower()), "")
