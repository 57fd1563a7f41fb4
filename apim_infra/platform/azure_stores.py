"""Managed stores on Azure and their restore sources, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.products.profile import profile
from apim_infra.settings.network import StoreAccess
from apim_infra.settings.recovery import RestoreSource
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, StoreMode
from apim_infra.sizing.catalogue import database_tier
from components.azure.flexible_server import RestoreArgs
from components.azure.names import unique_name
from components.azure.redis import Redis, RedisArgs
from components.azure.relational import RelationalDatabase, RelationalDatabaseArgs
from components.outputs import Endpoint

LONGEST_SERVER_NAME = 63 - len("-replica-1")
"""Longest name of a server whose replicas are named after it (resource name rules, Microsoft.DBforMySQL and Microsoft.DBforPostgreSQL)."""

LONGEST_CACHE_NAME = 60
"""Longest name of a store (pattern of the API of 2025-07-01)."""

SNAPSHOT_FREQUENCY = "12h"
"""How often the in-memory store is written to its disk: the rarest that there is, next to the daily snapshots of other clouds."""


@dataclass(frozen=True, slots=True)
class _Database:
    """What a relational store of the settings is on Azure."""

    engine: str
    service: str
    """Service of its private endpoint and zone, and the subnet that is delegated to it."""
    database: str
    username: str


DATABASES: Mapping[str, _Database] = {
    "mariadb": _Database("mysql", "mysql", "apim", "apim"),
    "postgresql": _Database("postgres", "postgresql", "tenant_manager", "tenant_manager"),
    "gateway_postgresql": _Database("postgres", "postgresql", "kong", "kong"),
}


@dataclass(frozen=True, slots=True)
class Stores:
    """The managed stores."""

    endpoints: Mapping[str, Endpoint]
    backups: Mapping[str, pulumi.Output[str]]
    """Name of a store to the server whose geo-redundant backups the recovery region restores, empty without such a region."""
    databases: Mapping[str, RelationalDatabase] = field(default_factory=dict[str, RelationalDatabase])
    redis: Redis | None = None


def build_stores(settings: StackSettings, naming: Naming, foundation: Foundation) -> Stores:
    """Build every store whose mode is `managed`."""
    databases: dict[str, RelationalDatabase] = {}
    for name in DATABASES:
        store: RelationalStore = getattr(settings.stores, name)
        if store.mode is StoreMode.MANAGED:
            args = _relational_args(name, settings, naming, foundation)
            databases[name] = RelationalDatabase(naming.name(name.replace("_", "-")), args, foundation.options)
    endpoints = {name: database.endpoint for name, database in databases.items()}
    copied = settings.recovery.region is not None
    backups = {name: database.server.id for name, database in databases.items()} if copied else {}
    redis: Redis | None = None
    if settings.stores.redis.mode is StoreMode.MANAGED:
        redis = Redis(naming.name("redis"), _redis_args(settings, naming, foundation), foundation.options)
        endpoints["redis"] = redis.endpoint
    return Stores(endpoints, backups, databases, redis)


def _relational_args(
    name: str, settings: StackSettings, naming: Naming, foundation: Foundation
) -> RelationalDatabaseArgs:
    store: RelationalStore = getattr(settings.stores, name)
    kind = DATABASES[name]
    args: RelationalDatabaseArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "engine": kind.engine,
        "version": store.version,
        "size": store.size,
        "tier": database_tier(settings.cloud, store.size),
        "database": kind.database,
        "username": kind.username,
        "vault_name": foundation.keys.vault_name,
        "vault": foundation.keys.vault,
        "server_name": unique_name(
            naming.name(name.replace("_", "-")), foundation.subscription_id, LONGEST_SERVER_NAME
        ),
        "zones": foundation.zones,
        "storage_gb": store.storage_gb,
        "storage_auto_grow": store.max_storage_gb > store.storage_gb or store.multi_zone,
        "multi_zone": store.multi_zone,
        "replicas": store.replicas,
        "backup_retention_days": store.backup_retention_days,
        "geo_redundant_backup": settings.recovery.region is not None,
        "deletion_protection": store.deletion_protection,
        "diagnostics": foundation.diagnostics,
        "tags": naming.tags,
    }
    if settings.network.store_access is StoreAccess.PRIVATE_ENDPOINT:
        args["private_endpoint"] = foundation.private_endpoint(kind.service)
    else:
        args["delegated_subnet"] = {
            "subnet_id": foundation.subnet_ids[kind.service],
            "zone_id": foundation.network.private_zone_ids[kind.service],
        }
    if name == "mariadb" and (switches := profile(settings.product).database_switches):
        args["parameters"] = dict.fromkeys(switches, "ON")
    if kind.engine == "postgres":
        args["maintenance_window"] = store.maintenance_window
    source: RestoreSource | None = getattr(settings.recovery.restore, name, None)
    if source is not None and source.automated_backups is not None:
        args["restore"] = _restore(source, source.automated_backups)
    # Geo-redundant backups are encrypted with Azure's own key, and so is what is restored from them.
    elsewhere = "restore" in args and source is not None and not source.same_region
    if settings.recovery.region is None and not elsewhere:
        args["customer_key"] = foundation.keys.stores_key
    return args


def _restore(source: RestoreSource, server_id: str) -> RestoreArgs:
    restore: RestoreArgs = {"source_server_id": server_id, "same_region": source.same_region}
    if source.time is not None:
        restore["point_in_time"] = source.time
    if source.password is not None:
        restore["password"] = pulumi.Output.secret(source.password.get_secret_value())
    return restore


def _redis_args(settings: StackSettings, naming: Naming, foundation: Foundation) -> RedisArgs:
    store = settings.stores.redis
    args: RedisArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "size": store.size,
        "vault_name": foundation.keys.vault_name,
        "vault": foundation.keys.vault,
        "private_endpoint": foundation.private_endpoint("redis"),
        "cluster_name": unique_name(naming.name("redis"), foundation.subscription_id, LONGEST_CACHE_NAME),
        "replicas": store.replicas,
        "customer_key": foundation.keys.stores_key,
        "deletion_protection": store.deletion_protection,
        "diagnostics": foundation.diagnostics,
        "tags": naming.tags,
    }
    if store.backup_retention_days:
        args["snapshot_frequency"] = SNAPSHOT_FREQUENCY
    return args
