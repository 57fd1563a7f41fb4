"""Rules of the Cassandra store on Azure: what its machines reach, their disks, and what has no meaning in which mode."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.managed_instance_rules import managed_instance_violations
from apim_infra.planning.service_rules import Service, has_endpoint
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import CassandraStore, StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.sizing.catalogue import UnknownSizeError, node_size


@dataclass(frozen=True, slots=True)
class _Tiers:
    source: str
    date: date
    premium_gib: dict[str, int]
    """Performance tier of premium disks to the largest disk whose own tier it is, from the lowest."""
    highest: str
    """Highest tier of a disk of `highest_to_gib` or less."""
    highest_to_gib: int

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def _tiers() -> _Tiers:
    return packaged_data("apim_infra.planning", "disk_tiers.yaml", _Tiers)


def azure_cassandra_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with Cassandra on Azure, besides what is wrong on every cloud."""
    store = settings.stores.cassandra
    if store.mode is StoreMode.MANAGED:
        yield from managed_instance_violations(settings)
    else:
        yield from _meaningless("service_principal_id", store.service_principal_id, store)
    if store.mode is not StoreMode.SELF_MANAGED:
        yield from _meaningless("performance_tier", store.performance_tier, store)
        return
    yield from _endpoints(settings, store)
    yield from _way_out(settings, store)
    yield from _disk(settings, store)


def _meaningless(name: str, value: str | None, store: CassandraStore) -> Iterator[Violation]:
    """Yield a value that is given all the same."""
    if value is not None:
        yield Violation(f"stores.cassandra.{name}", value, f"has no meaning in mode {store.mode}", "leave it out")


def _endpoints(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    needed = [Service.VAULT, *([Service.BLOB] if store.backup_retention_days else [])]
    missing = [service for service in needed if not has_endpoint(settings, service)]
    if missing:
        words = " and ".join("secrets" if service is Service.VAULT else "snapshots" for service in missing)
        yield Violation(
            "network.interface_endpoints",
            ", ".join(settings.network.interface_endpoints),
            f"must reach {', '.join(missing)}: nodes of Cassandra have no other way to their {words}",
            f"add {', '.join(missing)}",
        )


def _way_out(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    if settings.network.nat is not NatMode.NONE or settings.network.existing is not None:
        return
    if store.image_id is None:
        yield Violation(
            "stores.cassandra.image_id",
            "none",
            "is needed without NAT: packages cannot be fetched",
            "name an image with Cassandra, or set network.nat to single",
        )
    if store.entra_login:
        yield Violation(
            "stores.cassandra.entra_login",
            True,
            "must be off without NAT: machines ask Entra ID outside of the network who logs in",
            "set it to false, or network.nat to single",
        )


def _disk(settings: StackSettings, store: CassandraStore) -> Iterator[Violation]:
    try:
        premium = node_size(settings.cloud, store.size).premium
    except UnknownSizeError:
        return  # Said by the rule of sizes.
    if not premium:
        yield Violation(
            "stores.cassandra.size",
            store.size,
            "must take premium disks, which the data of a node needs",
            "choose a size with an s among its letters, such as Standard_D4s_v6",
        )
    if store.performance_tier is None:
        return
    tiers, size, wanted = _tiers(), store.storage_gb, store.performance_tier
    order = list(tiers.premium_gib)
    own = next((tier for tier, largest in tiers.premium_gib.items() if size <= largest), order[-1])
    highest = tiers.highest if size <= tiers.highest_to_gib else order[-1]
    if not order.index(own) <= order.index(wanted) <= order.index(highest):
        yield Violation(
            "stores.cassandra.performance_tier",
            wanted,
            f"must be {own} to {highest}: a disk of {size} GiB has {own} by itself",
            f"use {highest}, or leave it out" if wanted != own else "leave it out",
        )
