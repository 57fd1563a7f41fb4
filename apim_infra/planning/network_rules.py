"""Rules between region, zones, address ranges and egress."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from apim_infra.planning.addresses import AddressPlanError, plan_addresses
from apim_infra.planning.availability import what_is_built
from apim_infra.planning.azure_network_rules import azure_network_violations
from apim_infra.planning.regions import UnknownRegionError, region
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation
from apim_infra.sizing.catalogue import UnknownSizeError


def network_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with region, zones, ranges and egress."""
    yield from _existing(settings)
    yield from _regions(settings)
    yield from _zones(settings)
    yield from _overlap(settings)
    if settings.cloud is Cloud.AZURE:
        yield from azure_network_violations(settings)
        return
    yield from _addresses(settings)
    yield from _egress(settings)


def _existing(settings: StackSettings) -> Iterator[Violation]:
    existing = settings.network.existing
    if existing is None:
        if settings.cluster.existing is not None:
            yield Violation(
                "cluster.existing.name",
                settings.cluster.existing.name,
                "needs the network that it lies in: pools join it from there",
                "name that network in network.existing",
            )
        return
    needs_subnet = settings.ingress.public.enabled and settings.cloud is Cloud.AWS
    if needs_subnet and not existing.public_subnet_ids and settings.topology is Topology.STANDARD:
        yield Violation(
            "network.existing.public_subnet_ids",
            "",
            "must name one subnet per zone: the public load balancer stands there",
            "name public subnets, or set ingress.public.enabled to false",
        )


def _regions(settings: StackSettings) -> Iterator[Violation]:
    named = {"region": settings.region}
    if settings.recovery.region is not None:
        named["recovery.region"] = settings.recovery.region
    for path, name in named.items():
        try:
            region(settings.cloud, name)
        except UnknownRegionError as error:
            yield Violation(
                path, name, f"must be a region of {settings.cloud} with two or more zones", nearest(error.nearest)
            )


def _zones(settings: StackSettings) -> Iterator[Violation]:
    try:
        place = region(settings.cloud, settings.region)
    except UnknownRegionError:
        return
    wanted = settings.network.zones
    if wanted > place.cluster_zones:
        has = f"has {len(place.zones)} zones"
        if place.cluster_zones < len(place.zones):
            has += f", of which a cluster can use {place.cluster_zones}"
        yield Violation(
            "network.zones",
            wanted,
            f"must be at most {place.cluster_zones}: {place.name} {has}",
            f"use {place.cluster_zones} or fewer zones, or a region with more",
        )


def _overlap(settings: StackSettings) -> Iterator[Violation]:
    network, services = IPv4Network(settings.network.cidr), IPv4Network(settings.network.service_cidr)
    if network.overlaps(services):
        yield Violation(
            "network.cidr",
            settings.network.cidr,
            f"must not overlap network.service_cidr ({services})",
            "move one of the two to another private range",
        )


def _addresses(settings: StackSettings) -> Iterator[Violation]:
    try:
        plan_addresses(settings)
    except (UnknownRegionError, UnknownSizeError):
        return
    except AddressPlanError as error:
        yield Violation("network.cidr", settings.network.cidr, _too_small(error), _larger(settings, error))


def _too_small(error: AddressPlanError) -> str:
    needs = error.needs
    counted = (
        f"{needs.private} addresses for nodes and pods, {needs.public} for load balancers, {needs.data} for stores"
    )
    if error.smallest_prefix is None:
        return f"is too small, as every allowed range is: one zone needs {counted}"
    return f"is too small: /{error.smallest_prefix} is the smallest that fits, since one zone needs {counted}"


def _larger(settings: StackSettings, error: AddressPlanError) -> str:
    if error.smallest_prefix is None:
        return "lower the max of the pools, or choose larger and fewer nodes"
    network = IPv4Network(settings.network.cidr).supernet(new_prefix=error.smallest_prefix)
    return f"use {network} or a larger range, or lower the max of the pools"


def _egress(settings: StackSettings) -> Iterator[Violation]:
    network = settings.network
    needs = what_is_built().without_nat.get(settings.cloud)
    if network.nat is not NatMode.NONE or network.existing is not None or needs is None:
        return
    for name, needed, given in (
        ("gateway_endpoints", needs.gateway_endpoints, network.gateway_endpoints),
        ("interface_endpoints", needs.interface_endpoints, network.interface_endpoints),
    ):
        missing = [service for service in needed if service not in given]
        if missing:
            yield Violation(
                f"network.{name}",
                ", ".join(given),
                f"must reach {', '.join(missing)}: without NAT nodes have no other way to them",
                f"add {', '.join(missing)}, or set network.nat to single or per-zone",
            )


def nearest(names: tuple[str, ...]) -> str:
    """Return the fix that names the nearest of the names that there are."""
    return f"did you mean {' or '.join(names)}?" if names else "see the documentation for the names that there are"
