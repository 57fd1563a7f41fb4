"""Rules of Azure Managed Instance for Apache Cassandra, the managed mode of Cassandra on Azure, and what is left to its owner."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.findings import Finding, Severity
from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import CassandraStore, StoreMode
from apim_infra.settings.violations import Violation

KEYSPACES_BY_OWNER = "keyspaces-by-owner"
"""Name of the rule that warns of keyspaces that nobody has made yet."""


@dataclass(frozen=True, slots=True)
class ManagedInstance:
    """What can be chosen of the service."""

    source: str
    date: date
    sizes: tuple[str, ...]
    """Sizes of its nodes."""
    disk_gb: int
    """Size of each disk of a node."""
    zones: int
    """Over how many zones nodes are spread."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def managed_instance() -> ManagedInstance:
    """Return what can be chosen of the service."""
    return packaged_data("apim_infra.planning", "azure_cassandra.yaml", ManagedInstance)


def disks_of_a_node(store: CassandraStore) -> int:
    """Return how many of the service's disks hold what each node is to hold."""
    return -(-store.storage_gb // managed_instance().disk_gb)


def managed_instance_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with a Cassandra of mode `managed` on Azure."""
    store, known = settings.stores.cassandra, managed_instance()
    yield from _place(settings, store)
    if store.service_principal_id is None:
        yield Violation(
            "stores.cassandra.service_principal_id",
            None,
            "is missing: Azure Cosmos DB puts nodes into the network, for which it is given a right, and each tenant knows it by another object id",
            "write what `az ad sp show --id a232010e-820c-4083-83bb-3ace5fc29d0b --query id` prints",
        )
    if store.size not in known.sizes:
        yield Violation(
            "stores.cassandra.size",
            store.size,
            "must be a size that the managed service has",
            f"use {' or '.join(known.sizes)}",
        )
    if store.nodes % known.zones:
        yield Violation(
            "stores.cassandra.nodes",
            store.nodes,
            f"must be a multiple of {known.zones}: the managed service spreads nodes over {known.zones} zones, as many in each",
            f"use {store.nodes + -store.nodes % known.zones}",
        )


def managed_instance_notices(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning that nobody makes the keyspaces of a managed instance: no machine of it runs what the platform would."""
    if settings.cloud is Cloud.AZURE and settings.stores.cassandra.mode is StoreMode.MANAGED:
        yield Finding(
            Severity.WARNING,
            KEYSPACES_BY_OWNER,
            "stores.cassandra.mode: a managed instance is made without keyspaces, and programs that ask for them fail until they are there",
            fix="run the statements of the stack's output `cassandra_keyspaces` with cqlsh in the network, as role cassandra",
        )


def _place(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    path, mode = "stores.cassandra.mode", store.mode.value
    if settings.network.existing is not None:
        yield Violation(
            path,
            mode,
            "needs a subnet that is delegated to it, and the platform makes none in network.existing",
            "use none, or let the network be built",
        )
    if settings.private_deployment is not None:
        yield Violation(
            path,
            mode,
            "must not be managed beside a private deployment: instances of both would share a subnet, and policies could not tell them apart",
            "use self-managed",
        )
