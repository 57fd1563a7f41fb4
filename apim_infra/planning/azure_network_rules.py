"""Rules of the network that hold on Azure alone: where its subnets, its way out and its bastion differ."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import IPv4Network

from apim_infra.planning.subnets import (
    API_SERVER,
    BASTION,
    DATA,
    ENTRY,
    JUMP,
    NODES,
    PRIVATE_DATA,
    full_subnets,
    smallest_network,
)
from apim_infra.settings.environment import Cloud
from apim_infra.settings.network import BastionMode, ExistingNetwork, NatMode, StoreAccess
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation
from apim_infra.sizing.catalogue import UnknownSizeError, node_size

ENDPOINTS = ("vault", "registry", "blob", "file")
"""Services that are reached by endpoints where `network.interface_endpoints` names them; databases and caches always are."""

_VNET = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+"

_HOLDS = {
    NODES: ("nodes", "lower the max of the pools"),
    DATA: ("machines and endpoints of stores", "take nodes from stores.cassandra, or replicas from other stores"),
    PRIVATE_DATA: ("machines and endpoints of the private deployment's stores", "take nodes from stores.cassandra"),
    ENTRY: ("instances of the Application Gateway", "lower ingress.application_gateway.max_capacity"),
}
"""What stands in a subnet, and how it becomes less."""


def azure_network_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the network on Azure, besides what is wrong on every cloud."""
    existing = settings.network.existing
    if existing is None:
        yield from _addresses(settings)
        yield from _stores(settings)
    else:
        yield from _brought(settings, existing)
    yield from _egress(settings)
    yield from _endpoints(settings)
    yield from _bastion(settings)


def _addresses(settings: StackSettings) -> Iterator[Violation]:
    """Yield a network that is too small, and subnets whose slots are: those are the same in every network."""
    network = IPv4Network(settings.network.cidr)
    smallest = smallest_network(settings)
    if smallest is not None:
        if network.prefixlen > smallest:
            yield Violation(
                "network.cidr",
                settings.network.cidr,
                f"is too small: /{smallest} is the smallest that holds the subnets with what stands in them",
                f"use {network.supernet(new_prefix=smallest)} or a larger range, or lower the max of the pools",
            )
        return
    largest = IPv4Network((0, 16))
    for subnet, (room, needed) in full_subnets(settings, largest).items():
        holds, fix = _HOLDS.get(subnet, ("servers", "build fewer of them"))
        yield Violation(
            "network.cidr",
            settings.network.cidr,
            f"has {room} addresses for {holds} in subnet {subnet}, in every allowed range; {needed} are needed",
            fix,
        )


def _stores(settings: StackSettings) -> Iterator[Violation]:
    if settings.network.store_access is StoreAccess.DELEGATED_SUBNET and settings.private_deployment is not None:
        yield Violation(
            "network.store_access",
            StoreAccess.DELEGATED_SUBNET.value,
            "must be private-endpoint beside a private deployment: databases of both would share a subnet, and policies could not tell them apart",
            "set it to private-endpoint",
        )


def _egress(settings: StackSettings) -> Iterator[Violation]:
    network = settings.network
    if network.nat is NatMode.PER_ZONE:
        yield Violation(
            "network.nat",
            network.nat.value,
            "must be single on Azure: a subnet spans the zones and has one NAT gateway",
            "set it to single",
        )
    if network.nat is NatMode.NONE and network.existing is None:
        yield Violation(
            "network.nat",
            network.nat.value,
            "must be single on Azure: nodes fetch images and reach Azure's APIs by it, and Azure gives no way out by itself",
            "set it to single, or bring a network along that has a way out of its own (network.existing)",
        )


def _endpoints(settings: StackSettings) -> Iterator[Violation]:
    given = settings.network.interface_endpoints
    for position, service in enumerate(given):
        path = f"network.interface_endpoints[{position}]"
        if service not in ENDPOINTS:
            near = get_close_matches(service, ENDPOINTS, n=1)
            fix = f"did you mean {near[0]}?" if near else f"use {', '.join(ENDPOINTS)}"
            yield Violation(path, service, "must be a service that has endpoints on Azure", fix)
        elif service in given[:position]:
            yield Violation(path, service, "must not be there twice", "take one away")


def _bastion(settings: StackSettings) -> Iterator[Violation]:
    bastion = settings.network.bastion
    if bastion.mode is not BastionMode.JUMP_HOST:
        return
    try:
        size = node_size(Cloud.AZURE, bastion.size)
    except UnknownSizeError as error:
        near = f"did you mean {' or '.join(error.nearest)}?" if error.nearest else "name a size of the catalogue"
        yield Violation("network.bastion.size", bastion.size, "must be a size in the azure catalogue", near)
        return
    if size.architecture != "x86_64":
        yield Violation(
            "network.bastion.size",
            bastion.size,
            f"must be of x86_64: the jump host's image is; it is of {size.architecture}",
            "use Standard_D2s_v6",
        )


def _brought(settings: StackSettings, existing: ExistingNetwork) -> Iterator[Violation]:
    """Yield what a network that is brought along cannot have, and ids that are none."""
    path = "network.existing"
    if re.fullmatch(_VNET, existing.id, re.IGNORECASE) is None:
        yield Violation(
            f"{path}.id",
            existing.id,
            "must be the resource id of a VNet",
            "write it like /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<name>",
        )
    kinds = {
        "public": existing.public_subnet_ids,
        "private": existing.private_subnet_ids,
        "data": existing.data_subnet_ids,
    }
    for kind, subnets in kinds.items():
        for position, subnet in enumerate(subnets):
            if re.fullmatch(rf"{_VNET}/subnets/[^/]+", subnet, re.IGNORECASE) is None:
                yield Violation(
                    f"{path}.{kind}_subnet_ids[{position}]",
                    subnet,
                    "must be the resource id of a subnet",
                    f"write it like {existing.id}/subnets/<name>",
                )
    if settings.ingress.public.enabled and settings.ingress.application_gateway and not existing.public_subnet_ids:
        yield Violation(
            f"{path}.public_subnet_ids",
            "",
            "must name a subnet: the Application Gateway stands alone in it",
            "name one of /24, or remove ingress.application_gateway",
        )
    if settings.network.bastion.mode is not BastionMode.NONE:
        needed = {BastionMode.JUMP_HOST: JUMP, BastionMode.MANAGED: BASTION}[settings.network.bastion.mode]
        yield Violation(
            "network.bastion.mode",
            settings.network.bastion.mode.value,
            f"must be none in a network that is brought along: the platform makes no subnet {needed} there",
            "set it to none, and bring your own way in along",
        )
    if settings.network.store_access is StoreAccess.DELEGATED_SUBNET:
        yield Violation(
            "network.store_access",
            StoreAccess.DELEGATED_SUBNET.value,
            "must be private-endpoint in a network that is brought along: the platform makes no delegated subnets there",
            "set it to private-endpoint",
        )
    if settings.cluster.secrets_encryption and settings.cluster.existing is None:
        yield Violation(
            "cluster.secrets_encryption",
            True,
            f"must be off in a network that is brought along: the Kubernetes API reaches its key from subnet {API_SERVER}, which is not made there",
            "set it to false; Azure encrypts the cluster's store with a key of its own",
        )
