"""Rules of the Cassandra store: what each of its modes can do, and what it needs of the network."""

from collections.abc import Iterator, Mapping

from apim_infra.planning.availability import what_is_built
from apim_infra.planning.azure_cassandra_rules import azure_cassandra_violations
from apim_infra.products.managed_cassandra import managed_cassandra
from apim_infra.products.profile import profile
from apim_infra.settings.environment import Cloud
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import CassandraStore, StoreMode
from apim_infra.settings.violations import Violation

NODES_PER_ZONE: Mapping[Cloud, int] = {Cloud.AWS: 7, Cloud.AZURE: 4}
"""Most nodes of a zone: the addresses that the data subnets keep for them."""

MANAGED_COPIES = 3
"""Copies that the managed service always keeps (Keyspaces developer guide, 2026)."""

LONGEST_KEYSPACE = 48
"""Longest name of a keyspace, in characters (Apache Cassandra documentation, data definition)."""

LOCAL_NETWORKS: Mapping[StoreMode, tuple[str, ...]] = {
    StoreMode.SELF_MANAGED: ("secretsmanager", "ssm", "ssmmessages"),
    StoreMode.MANAGED: ("cassandra",),
}
"""Interface endpoints that a mode needs on AWS where there is no NAT (PrivateLink guide and Systems Manager user guide, 2026)."""


def cassandra_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the Cassandra store; when there is none, what is given for it all the same on Azure."""
    store = settings.stores.cassandra
    if store.mode is StoreMode.NONE:
        if settings.cloud is Cloud.AZURE:
            yield from azure_cassandra_violations(settings)
        return
    yield from _names(settings)
    yield from _copies(settings, store)
    if store.mode is StoreMode.SELF_MANAGED:
        yield from _ring(settings, store)
    if settings.cloud is Cloud.AZURE:
        yield from azure_cassandra_violations(settings)
        return
    yield from _network(settings, store)
    if store.mode is StoreMode.MANAGED:
        yield from _product(settings)


def ring_keyspaces(settings: StackSettings) -> tuple[str, ...]:
    """Return the keyspaces of a deployment's ring: those of the settings, and those that the product has for each gateway group."""
    product = profile(settings.product)
    groups = (name for group in settings.gateway_groups for name in product.keyspaces(group.name))
    return (*settings.stores.cassandra.keyspaces, *groups)


def installs_packages(settings: StackSettings) -> bool:
    """Tell whether nodes of Cassandra fetch their packages by themselves, for which their subnets need a way out."""
    store = settings.stores.cassandra
    nat = settings.network.nat is not NatMode.NONE and settings.network.existing is None
    return store.mode is StoreMode.SELF_MANAGED and nat


def _names(settings: StackSettings) -> Iterator[Violation]:
    given = settings.stores.cassandra.keyspaces
    for index, name in enumerate(given):
        path = f"stores.cassandra.keyspaces[{index}]"
        if not name[0].isalpha() or name.startswith("system"):
            yield Violation(path, name, "must begin with a letter, and not with system", "choose a name such as apim")
        if len(name) > LONGEST_KEYSPACE:
            yield Violation(
                path, name, f"must have at most {LONGEST_KEYSPACE} characters: keyspaces have no more", "shorten it"
            )
        if name.replace("-", "_") in ring_keyspaces(settings)[len(given) :]:
            yield Violation(
                path, name, f"is the name of a keyspace that {settings.product} has for a gateway group", "leave it out"
            )


def _copies(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    path, copies = "stores.cassandra.replication_factor", store.replication_factor
    if settings.cloud is Cloud.AWS and store.mode is StoreMode.MANAGED and copies != MANAGED_COPIES:
        rule = f"must be {MANAGED_COPIES}: {managed_cassandra().service} always keeps as many copies"
        yield Violation(path, copies, rule, f"use {MANAGED_COPIES}, or another mode")
    if store.multi_zone:
        yield Violation(
            "stores.cassandra.multi_zone",
            True,
            "must be false: the nodes of a ring are spread over the zones, and none stands by",
            "set it to false",
        )
    if store.image_id is not None and store.mode is not StoreMode.SELF_MANAGED:
        yield Violation(
            "stores.cassandra.image_id", store.image_id, f"has no meaning in mode {store.mode}", "leave it out"
        )


def _ring(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    zones, most = settings.network.zones, NODES_PER_ZONE[settings.cloud]
    if settings.network.existing is not None:
        yield Violation(
            "stores.cassandra.mode",
            store.mode.value,
            "needs fixed addresses in the platform's own data subnets, not in network.existing",
            f"use {'none' if settings.cloud is Cloud.AZURE else 'managed or none'}, or let the network be built",
        )
    if not zones <= store.nodes <= zones * most:
        yield Violation(
            "stores.cassandra.nodes",
            store.nodes,
            f"must be {zones} to {zones * most}: one node or more in each of {zones} zones, {most} at most",
            f"use {zones} or more" if store.nodes < zones else "use fewer",
        )


def _network(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    network = settings.network
    if network.nat is not NatMode.NONE:
        return
    missing = [name for name in LOCAL_NETWORKS.get(store.mode, ()) if name not in network.interface_endpoints]
    if missing:
        yield Violation(
            "network.interface_endpoints",
            ", ".join(network.interface_endpoints),
            f"must reach {', '.join(missing)}: without NAT {store.mode} Cassandra has no other way",
            f"add {', '.join(missing)}",
        )
    if store.mode is StoreMode.SELF_MANAGED and store.image_id is None:
        yield Violation(
            "stores.cassandra.image_id",
            "none",
            "is needed without NAT: packages cannot be fetched",
            "name an image with Cassandra, or set network.nat to single or per-zone",
        )


def _product(settings: StackSettings) -> Iterator[Violation]:
    service = managed_cassandra()
    fitness = service.products[settings.product]
    if not fitness.allowed:
        others = " or ".join(mode for mode in what_is_built().cassandra_modes if mode is not StoreMode.MANAGED)
        yield Violation(
            "stores.cassandra.mode",
            StoreMode.MANAGED.value,
            f"must not be managed for {settings.product}: {fitness.reason}. {service.service} has {'; '.join(service.limits)}",
            f"use {others}",
        )
