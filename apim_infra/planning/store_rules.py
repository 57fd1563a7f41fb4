"""Rules between the stores, the tier and the cloud."""

from collections.abc import Iterator

from apim_infra.planning.availability import what_is_built
from apim_infra.planning.azure_store_rules import azure_store_violations
from apim_infra.planning.cassandra_rules import cassandra_violations
from apim_infra.planning.network_rules import nearest
from apim_infra.planning.versions import Engine, is_supported, support_ended, supported_versions
from apim_infra.products.profile import available_products, has_control_plane, profile
from apim_infra.settings.environment import Cloud, Tier
from apim_infra.settings.network import NatMode
from apim_infra.settings.recovery import RestoreSource
from apim_infra.settings.rotation import ENDPOINT, rotatable_stores, rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import (
    CassandraStore,
    DatabaseEngine,
    MariadbStore,
    RedisStore,
    RelationalStore,
    StoreMode,
)
from apim_infra.settings.violations import MASK, Violation
from apim_infra.sizing.catalogue import SizeKind, UnknownSizeError, can_have_insights, require_size

AnyStore = RelationalStore | RedisStore | CassandraStore
"""Every kind of store has a size and a version."""

_CONTROL_PLANE = ("mariadb", "postgresql")
"""Stores without which the control plane has nowhere to keep its data."""

_ENGINES: dict[str, Engine] = {
    "mariadb": "mariadb",
    "postgresql": "postgresql",
    "gateway_postgresql": "postgresql",
    "redis": "redis",
    "cassandra": "cassandra",
}
"""Engine of each store whose versions the data knows, before its setting changes it (`_engine`)."""

_KINDS: dict[str, SizeKind] = {
    "mariadb": "databases",
    "postgresql": "databases",
    "gateway_postgresql": "databases",
    "redis": "caches",
    "cassandra": "nodes",
}
"""Part of the catalogue that each store's size comes from."""


def _engine(settings: StackSettings, name: str) -> Engine:
    """Return the engine of a store: MySQL in place of MariaDB where that is asked for; Azure's table of MariaDB is MySQL's."""
    if name == "mariadb" and settings.cloud is Cloud.AWS:
        return settings.stores.mariadb.engine.value
    return _ENGINES[name]


def store_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the stores, whatever the product makes of them."""
    stores = settings.stores
    named: dict[str, AnyStore] = {
        "mariadb": stores.mariadb,
        "postgresql": stores.postgresql,
        "gateway_postgresql": stores.gateway_postgresql,
        "redis": stores.redis,
        "cassandra": stores.cassandra,
    }
    for name, store in named.items():
        yield from _mode(settings, name, store)
        sized = store.mode is StoreMode.SELF_MANAGED or (store.mode is StoreMode.MANAGED and name != "cassandra")
        if sized:
            yield from _size(settings.cloud, name, store)
        # Keyspaces has a version of its own; the managed instance of Azure has Apache Cassandra's, and sizes of its own.
        if sized or (store.mode is StoreMode.MANAGED and settings.cloud is Cloud.AZURE):
            yield from _version(settings, name, store)
        if store.mode is StoreMode.IN_CLUSTER:
            yield from _image(settings, name, store)
    yield from cassandra_violations(settings)
    yield from _insights(settings)
    yield from _rotation(settings)
    if settings.cloud is Cloud.AZURE:
        yield from azure_store_violations(settings)
    else:
        yield from _restore(settings)


def _restore(settings: StackSettings) -> Iterator[Violation]:
    for name in _ENGINES:
        source: RestoreSource | None = getattr(settings.recovery.restore, name, None)
        if source is not None and source.time is not None:
            rule = "is for azure: aws restores the latest restorable time"
            yield Violation(f"recovery.restore.{name}.time", source.time, rule, "leave it out")
        if source is not None and source.same_region:
            rule = "is for azure: aws finds backups by their ARN, wherever they are"
            yield Violation(f"recovery.restore.{name}.same_region", True, rule, "leave it out")
        if source is not None and source.password is not None:
            rule = "is for azure: aws gives a restored database the platform's own password"
            yield Violation(f"recovery.restore.{name}.password", MASK, rule, "leave it out")


def _insights(settings: StackSettings) -> Iterator[Violation]:
    for name, store in rotatable_stores(settings).items():
        wanted = store.mode is StoreMode.MANAGED and store.performance_insights
        if wanted and not can_have_insights(settings.cloud, _engine(settings, name), store.size):
            yield Violation(
                f"stores.{name}.performance_insights",
                True,
                f"must be off on {store.size}: {_engine(settings, name)} records the load of queries on larger sizes only",
                "set it to false, or choose a larger size",
            )


def _rotation(settings: StackSettings) -> Iterator[Violation]:
    rotated, network = rotated_stores(settings), settings.network
    closed = network.nat is NatMode.NONE and network.existing is None  # whoever brings a network brings its ways out
    for name, store in rotatable_stores(settings).items():
        path, days = f"stores.{name}.password_rotation_days", store.password_rotation_days
        if days is not None and store.mode is StoreMode.IN_CLUSTER:
            yield Violation(path, days, "is for stores that the cloud manages, not in-cluster", "leave it out")
        elif name in rotated and closed and ENDPOINT not in network.interface_endpoints:
            yield Violation(
                path,
                days,
                f"needs a way to {ENDPOINT}, and without NAT there is none",
                f"add {ENDPOINT} to network.interface_endpoints, or leave it out",
            )


def _mode(settings: StackSettings, name: str, store: AnyStore) -> Iterator[Violation]:
    path, mode = f"stores.{name}.mode", store.mode.value
    if store.mode is StoreMode.NONE and name in _kept(settings):
        yield Violation(path, mode, "must not be none: the control plane keeps its data there", "use managed")
    built = what_is_built().cassandra_modes if name == "cassandra" else what_is_built().store_modes
    if store.mode is StoreMode.IN_CLUSTER and settings.tier is Tier.PRD:
        yield Violation(
            path, mode, "must not be in-cluster in tier prd: a store in the cluster is for tests", "use managed"
        )
    elif store.mode not in built:
        yield Violation(path, mode, "is not available yet", f"use {' or '.join(built)}")


def _kept(settings: StackSettings) -> tuple[str, ...]:
    """Return the stores of whoever manages the gateways: the platform's control plane, or the product's own programs."""
    return _CONTROL_PLANE if has_control_plane(settings.product) else profile(settings.product).program_stores


def _size(cloud: Cloud, name: str, store: AnyStore) -> Iterator[Violation]:
    kind = _KINDS[name]
    try:
        require_size(cloud, kind, store.size)
    except UnknownSizeError as error:
        rule = f"must be a size for {kind} in the {cloud} catalogue"
        yield Violation(f"stores.{name}.size", store.size, rule, nearest(error.nearest))


def _brings_database(settings: StackSettings) -> bool:
    """Tell whether the product brings its relational store itself where that runs in the cluster."""
    return settings.product in available_products() and profile(settings.product).brings_database


def _image(settings: StackSettings, name: str, store: AnyStore) -> Iterator[Violation]:
    engine: Engine = _ENGINES[name]
    if isinstance(store, MariadbStore):
        allowed = profile(settings.product).database_engines if settings.product in available_products() else ()
        if _brings_database(settings):
            engine = "mysql"
        elif DatabaseEngine.MARIADB not in allowed:
            rule = f"must not be in-cluster: it would be MariaDB there, which {settings.product} does not take"
            yield Violation(f"stores.{name}.mode", store.mode.value, rule, "use managed")
            return
        elif store.engine is not DatabaseEngine.MARIADB:
            rule = "must be mariadb in the cluster, whose operator runs nothing else"
            yield Violation(f"stores.{name}.engine", store.engine.value, rule, "leave it out, or use mode managed")
            return
    known = what_is_built().in_cluster_versions[engine]
    if store.version not in known:
        rule = f"must be a version of {engine} that has an image in the cluster"
        yield Violation(f"stores.{name}.version", store.version, rule, f"use {', '.join(known)}")


def _version(settings: StackSettings, name: str, store: AnyStore) -> Iterator[Violation]:
    cloud, engine = settings.cloud, _engine(settings, name)
    if not is_supported(cloud, engine, store.version):
        known, ended = ", ".join(supported_versions(cloud, engine)), support_ended(cloud, engine, store.version)
        rule = f"must be a {engine} version that {cloud} supports"
        rule += f": support of {store.version} ended on {ended}" if ended else ""
        yield Violation(f"stores.{name}.version", store.version, rule, f"use {known}")
