"""What the platform needs of a network on Azure that is brought along, held to what the cloud says of it.

A fact that is None is not known, as in a rehearsal without a description, and breaks no rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apim_infra.planning.addresses import address_needs
from apim_infra.planning.existing import NETWORK
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation


@dataclass(frozen=True, slots=True)
class NamedSubnetFacts:
    """What is known of one subnet on Azure."""

    id: str
    free_addresses: int | None = None
    """Addresses that nothing has, without those that Azure keeps."""
    nat: bool | None = None
    """Whether a NAT gateway or a route table gives it a way out."""
    delegations: tuple[str, ...] | None = None
    """Services that it is delegated to."""
    security_group: bool | None = None
    """Whether it has a network security group."""


@dataclass(frozen=True, slots=True)
class NamedNetworkFacts:
    """What is known of a VNet."""

    id: str
    location: str | None
    ranges: tuple[str, ...] | None
    subnets: Mapping[str, NamedSubnetFacts]
    """Kind (`public`, `private`, `data`) to its subnet."""


def named_network_problems(settings: StackSettings, network: NamedNetworkFacts) -> Iterator[Violation]:
    """Yield what the network and its subnets lack."""
    path = f"{NETWORK}.id"
    if network.location is not None and network.location != settings.region:
        yield Violation(
            path,
            network.id,
            f"must lie in {settings.region}; it lies in {network.location}",
            "name a VNet of the region",
        )
    if network.ranges is not None and settings.network.cidr not in network.ranges:
        yield Violation(
            "network.cidr",
            settings.network.cidr,
            f"must be a range of the network ({', '.join(network.ranges)}): policies are made from it",
            f"set network.cidr to {network.ranges[0]}" if network.ranges else "give the network a range",
        )
    for kind, subnet in network.subnets.items():
        yield from _subnet_problems(settings, network, kind, subnet)


def _subnet_problems(
    settings: StackSettings, network: NamedNetworkFacts, kind: str, subnet: NamedSubnetFacts
) -> Iterator[Violation]:
    place = f"{NETWORK}.{kind}_subnet_ids[0]"
    if not subnet.id.lower().startswith(f"{network.id.lower()}/subnets/"):
        yield Violation(place, subnet.id, f"must lie in {network.id}", "name a subnet of the network")
    needs = address_needs(settings)
    needed = {"public": needs.public, "private": needs.private, "data": needs.data}[kind]
    if subnet.free_addresses is not None and subnet.free_addresses < needed:
        yield Violation(
            place,
            subnet.id,
            f"has {subnet.free_addresses} free addresses; at its largest the platform needs {needed} there",
            "bring a larger subnet, or lower the max of the pools",
        )
    if subnet.delegations:
        yield Violation(
            place,
            subnet.id,
            f"must not be delegated; it is, to {', '.join(subnet.delegations)}",
            "name another subnet, or take the delegation away",
        )
    if kind == "private" and subnet.nat is False and settings.network.nat is not NatMode.NONE:
        yield Violation(
            place,
            subnet.id,
            "must have a NAT gateway or a route table: nodes fetch images and reach Azure's APIs by it",
            "give it a way out, or set network.nat to none where there is one that cannot be seen here",
        )
    if subnet.security_group is False:
        yield Violation(
            place,
            subnet.id,
            "must have a network security group: Azure lets the whole network in otherwise",
            "give it a group; the platform makes none for subnets that are brought along",
        )
