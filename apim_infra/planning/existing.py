"""What the platform needs of a network, keys and a cluster that are brought along, held to what the cloud says of them.

Facts come from the cloud's own data sources when the program runs. A fact that is None is not known, as in a rehearsal without a description, and
breaks no rule.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_infra.planning.addresses import address_needs
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

NETWORK = "network.existing"
CLUSTER = "cluster.existing"


@dataclass(frozen=True, slots=True)
class SubnetFacts:
    """What is known of one subnet."""

    id: str
    network_id: str | None = None
    zone: str | None = None
    free_addresses: int | None = None
    public_addresses: bool | None = None
    """Whether machines that start there get public addresses by themselves."""
    way_out: str | None = None
    """Target of its default route: `internet`, `private` (NAT, transit gateway and the like), or `none`."""


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What is known of a network and its subnets."""

    id: str
    cidr: str | None
    dns_support: bool | None
    dns_hostnames: bool | None
    subnets: Mapping[str, Sequence[SubnetFacts]]
    """Kind (`public`, `private`, `data`) to subnets, in the order of the settings."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of an encryption key."""

    enabled: bool | None
    usage: str | None
    specification: str | None
    multi_region: bool | None


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What is known of a cluster."""

    status: str | None
    version: str | None
    network_id: str | None
    service_cidr: str | None
    authentication_mode: str | None
    private_endpoint: bool | None
    security_group_id: str | None
    """The group that the cloud gave to the cluster's interfaces."""


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What is known of a DNS zone."""

    name: str | None
    private: bool | None


def network_problems(settings: StackSettings, network: NetworkFacts) -> Iterator[Violation]:
    """Yield what the network and its subnets lack."""
    path = f"{NETWORK}.id"
    if network.cidr is not None and network.cidr != settings.network.cidr:
        yield Violation(
            "network.cidr",
            settings.network.cidr,
            f"must be the range of {network.id} ({network.cidr}): rules and policies are made from it",
            f"set network.cidr to {network.cidr}",
        )
    for name, on in (("DNS support", network.dns_support), ("DNS hostnames", network.dns_hostnames)):
        if on is False:
            yield Violation(
                path,
                network.id,
                f"must have {name} on: the cluster's private endpoint and private names need it",
                f"switch {name} on in {network.id}",
            )
    taken: dict[str, str] = {}
    for kind, subnets in network.subnets.items():
        for position, subnet in enumerate(subnets):
            place = f"{NETWORK}.{kind}_subnet_ids[{position}]"
            if subnet.id in taken:
                yield Violation(place, subnet.id, f"must differ from {taken[subnet.id]}", "name a subnet of its own")
            taken.setdefault(subnet.id, place)
            yield from _subnet_problems(settings, network, kind, place, subnet)
        yield from _zone_problems(kind, subnets)


def _subnet_problems(
    settings: StackSettings, network: NetworkFacts, kind: str, place: str, subnet: SubnetFacts
) -> Iterator[Violation]:
    if subnet.network_id is not None and subnet.network_id != network.id:
        yield Violation(
            place, subnet.id, f"must lie in {network.id}; it lies in {subnet.network_id}", "name a subnet of it"
        )
    needs = address_needs(settings)
    needed = {"public": needs.public, "private": needs.private, "data": needs.data}[kind]
    if subnet.free_addresses is not None and subnet.free_addresses < needed:
        yield Violation(
            place,
            subnet.id,
            f"has {subnet.free_addresses} free addresses; at its largest the platform needs {needed} there",
            "bring a larger subnet, or lower the max of the pools",
        )
    if kind != "public" and subnet.public_addresses:
        yield Violation(
            place,
            subnet.id,
            "must not give machines public addresses by itself",
            "switch automatic public addresses off, or name a private subnet",
        )
    yield from _route_problems(settings, kind, place, subnet)


def _route_problems(settings: StackSettings, kind: str, place: str, subnet: SubnetFacts) -> Iterator[Violation]:
    if subnet.way_out is None:
        return
    if kind == "public" and subnet.way_out != "internet":
        yield Violation(
            place,
            subnet.id,
            "must have a default route to an internet gateway",
            "add the route, or name another subnet",
        )
    if kind != "public" and subnet.way_out == "internet":
        yield Violation(
            place,
            subnet.id,
            "must not have a default route to an internet gateway: it would be a public subnet",
            "route it through NAT or not at all, or name another subnet",
        )
    if kind == "private" and subnet.way_out == "none" and settings.network.nat is not NatMode.NONE:
        yield Violation(
            place,
            subnet.id,
            "must have a default route: nodes fetch images and reach the cloud's APIs by it",
            "route it through NAT or a transit gateway, or set network.nat to none and bring endpoints",
        )


def _zone_problems(kind: str, subnets: Sequence[SubnetFacts]) -> Iterator[Violation]:
    first: dict[str, int] = {}
    for position, subnet in enumerate(subnets):
        if subnet.zone is None:
            continue
        if subnet.zone in first:
            yield Violation(
                f"{NETWORK}.{kind}_subnet_ids[{position}]",
                subnet.id,
                f"must lie in another zone than {kind}_subnet_ids[{first[subnet.zone]}]: both lie in {subnet.zone}",
                "name one subnet per zone",
            )
        first.setdefault(subnet.zone, position)


def key_problems(settings: StackSettings, name: str, arn: str, key: KeyFacts) -> Iterator[Violation]:
    """Yield what an encryption key lacks; `name` is its setting below `encryption`."""
    path = f"encryption.{name}"
    if f":{settings.region}:" not in arn:
        yield Violation(path, arn, f"must be a key of region {settings.region}", "name a key of the stack's region")
    if key.enabled is False:
        yield Violation(path, arn, "must be enabled: nothing can be encrypted with it", "enable the key")
    if key.usage not in (None, "ENCRYPT_DECRYPT") or key.specification not in (None, "SYMMETRIC_DEFAULT"):
        yield Violation(path, arn, "must be a symmetric key for encryption", "name a key of SYMMETRIC_DEFAULT")
    if settings.recovery.region is not None and key.multi_region is False:
        yield Violation(
            path,
            arn,
            f"must be a multi-region key: copies in {settings.recovery.region} are encrypted with its replica",
            "bring a multi-region key, or remove recovery.region",
        )


def cluster_problems(settings: StackSettings, network_id: str | None, cluster: ClusterFacts) -> Iterator[Violation]:
    """Yield what a cluster lacks: its security group must be known; `network_id` is that of the stack's network, None when the stack builds it."""
    existing = settings.cluster.existing
    if existing is None:
        return
    path = f"{CLUSTER}.name"
    if cluster.security_group_id is None:
        yield Violation(
            path,
            existing.name,
            "shows no security group, to which the rules of the nodes are added",
            "wait until the cloud has made it; in a rehearsal, describe the cluster in Existing.<stack>.yaml",
        )
    if cluster.status not in (None, "ACTIVE"):
        yield Violation(path, existing.name, f"must be ACTIVE; it is {cluster.status}", "wait until it is")
    if cluster.version not in (None, settings.cluster.version):
        yield Violation(
            "cluster.version",
            settings.cluster.version,
            f"must be the version of {existing.name} ({cluster.version})",
            f'set cluster.version to "{cluster.version}"',
        )
    if None not in (cluster.network_id, network_id) and cluster.network_id != network_id:
        yield Violation(
            path,
            existing.name,
            f"must lie in {network_id}; it lies in {cluster.network_id}",
            "set network.existing.id to the network of the cluster",
        )
    if cluster.service_cidr not in (None, settings.network.service_cidr):
        yield Violation(
            "network.service_cidr",
            settings.network.service_cidr,
            f"must be the service range of {existing.name} ({cluster.service_cidr})",
            f"set network.service_cidr to {cluster.service_cidr}",
        )
    if cluster.authentication_mode == "CONFIG_MAP":
        yield Violation(
            path,
            existing.name,
            "must admit roles by access entries: its authentication mode is CONFIG_MAP",
            "set the cluster's authentication mode to API_AND_CONFIG_MAP or API",
        )
    if cluster.private_endpoint is False:
        yield Violation(
            path,
            existing.name,
            "must have a private endpoint: nodes reach it from private subnets",
            "switch the private endpoint on",
        )


def zone_problems(settings: StackSettings, kind: str, zone_id: str, zone: ZoneFacts) -> Iterator[Violation]:
    """Yield what is wrong with a DNS zone; `kind` is `public` or `private`."""
    path = f"ingress.dns.{kind}_zone_id"
    if zone.name is not None and zone.name.rstrip(".") != settings.company_domain:
        yield Violation(
            path,
            zone_id,
            f"must be the zone of company_domain ({settings.company_domain}); it is that of {zone.name}",
            "name the zone of the domain",
        )
    if zone.private is not None and zone.private is not (kind == "private"):
        is_ = "private" if zone.private else "public"
        yield Violation(path, zone_id, f"must be a {kind} zone; it is {is_}", f"name a {kind} zone")
