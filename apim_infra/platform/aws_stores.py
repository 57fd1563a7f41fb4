"""Managed stores on AWS, their restore sources and the copies of their backups, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from apim_infra.planning.flows import Role
from apim_infra.platform.aws_backups import Recovery, backup_tags
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming, shortened
from apim_infra.products.profile import profile
from apim_infra.settings.environment import Tier
from apim_infra.settings.recovery import RestoreSource
from apim_infra.settings.rotation import rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, StoreMode
from components.aws.backup import BackupReplication
from components.aws.redis import Redis, RedisArgs
from components.aws.relational import RelationalDatabase, RelationalDatabaseArgs
from components.aws.rotation import RotationArgs
from components.outputs import Endpoint

LONGEST_CACHE_IDENTIFIER = 40
"""Longest id of a replication group, in characters (API reference of ElastiCache)."""


@dataclass(frozen=True, slots=True)
class _Database:
    """What a relational store of the settings is on AWS."""

    engine: str
    role: str
    """Network role, the name of its security group."""
    database: str
    username: str


DATABASES: Mapping[str, _Database] = {
    "mariadb": _Database("mariadb", "mariadb", "apim", "apim"),
    "postgresql": _Database("postgres", "postgresql", "tenant_manager", "tenant_manager"),
    "gateway_postgresql": _Database("postgres", "gateway-postgresql", "kong", "kong"),
}


@dataclass(frozen=True, slots=True)
class Stores:
    """The managed stores."""

    endpoints: Mapping[str, Endpoint]
    backups: Mapping[str, pulumi.Output[str]]
    """Name of a store to the ARN of its replicated backups, empty without a recovery region."""
    databases: Mapping[str, RelationalDatabase] = field(default_factory=dict[str, RelationalDatabase])
    redis: Redis | None = None


def engine_of(settings: StackSettings, name: str) -> str:
    """Return RDS's name of the engine of a relational store."""
    return settings.stores.mariadb.engine.value if name == "mariadb" else DATABASES[name].engine


def build_stores(settings: StackSettings, naming: Naming, foundation: Foundation, recovery: Recovery) -> Stores:
    """Build every store whose mode is `managed`."""
    endpoints: dict[str, Endpoint] = {}
    instances: dict[str, pulumi.Output[str]] = {}
    databases: dict[str, RelationalDatabase] = {}
    for name in DATABASES:
        store: RelationalStore = getattr(settings.stores, name)
        if store.mode is not StoreMode.MANAGED:
            continue
        database = RelationalDatabase(
            naming.name(name.replace("_", "-")),
            _restored(_relational_args(name, settings, naming, foundation, recovery), _restore_source(settings, name)),
            foundation.options,
        )
        endpoints[name] = database.endpoint
        databases[name] = database
        if store.backup_retention_days:
            instances[name] = database.instance.arn
    redis: Redis | None = None
    if settings.stores.redis.mode is StoreMode.MANAGED:
        redis = Redis(naming.name("redis"), _redis_args(settings, naming, foundation, recovery), foundation.options)
        endpoints["redis"] = redis.endpoint
    return Stores(endpoints, _replicate(settings, naming, foundation, recovery, instances), databases, redis)


def secret_recovery_days(settings: StackSettings) -> int:
    """Return how long a deleted secret can be brought back: not at all in development, whose names must be free again at once."""
    return 0 if settings.tier is Tier.DEV else 30


def _relational_args(
    name: str, settings: StackSettings, naming: Naming, foundation: Foundation, recovery: Recovery
) -> RelationalDatabaseArgs:
    store: RelationalStore = getattr(settings.stores, name)
    kind = DATABASES[name]
    args: RelationalDatabaseArgs = {
        "engine": engine_of(settings, name),
        "version": store.version,
        "instance_class": store.size,
        "subnet_ids": list(foundation.data_subnet_ids),
        "security_group_ids": [foundation.security_group_ids[kind.role]],
        "database": kind.database,
        "username": kind.username,
        "storage_gb": store.storage_gb,
        "maximum_storage_gb": store.max_storage_gb,
        "multi_zone": store.multi_zone,
        "replicas": store.replicas,
        "backup_retention_days": store.backup_retention_days,
        "backup_window": store.backup_window,
        "maintenance_window": store.maintenance_window,
        "performance_insights": store.performance_insights,
        "monitoring_seconds": store.monitoring_seconds,
        "final_snapshot": store.final_snapshot,
        "deletion_protection": store.deletion_protection,
        "log_retention_days": settings.cluster.log_retention_days,
        "log_key_arn": foundation.keys.logs_key_arn,
        "secret_recovery_days": secret_recovery_days(settings),
        "secret_replicas": recovery.secret_replicas,
        "key_arn": foundation.keys.stores_key_arn,
        "backup_tags": backup_tags(settings),
        "tags": naming.tags,
    }
    if name == "mariadb" and (switches := profile(settings.product).database_switches):
        args["parameters"] = dict.fromkeys(switches, "1")
    days = rotated_stores(settings).get(name)
    if days is not None:
        args["rotation"] = _rotation(days, settings, naming, foundation)
    return args


def _rotation(days: int, settings: StackSettings, naming: Naming, foundation: Foundation) -> RotationArgs:
    return {
        "days": days,
        "region": settings.region,
        "subnet_ids": list(foundation.private_subnet_ids),
        "security_group_id": foundation.security_group_ids[Role.SECRET_ROTATION],
        "key_arn": foundation.keys.stores_key_arn,
        "log_retention_days": settings.cluster.log_retention_days,
        "log_key_arn": foundation.keys.logs_key_arn,
        "tags": naming.tags,
    }


def _redis_args(settings: StackSettings, naming: Naming, foundation: Foundation, recovery: Recovery) -> RedisArgs:
    store = settings.stores.redis
    args: RedisArgs = {
        "identifier": shortened(naming.name("redis"), LONGEST_CACHE_IDENTIFIER),
        "version": store.version,
        "node_type": store.size,
        "subnet_ids": list(foundation.data_subnet_ids),
        "security_group_ids": [foundation.security_group_ids["redis"]],
        "replicas": store.replicas,
        "multi_zone": store.multi_zone,
        "snapshot_retention_days": store.backup_retention_days,
        "snapshot_window": store.snapshot_window,
        "maintenance_window": store.maintenance_window,
        "final_snapshot": store.final_snapshot,
        "deletion_protection": store.deletion_protection,
        "log_key_arn": foundation.keys.logs_key_arn,
        "secret_recovery_days": secret_recovery_days(settings),
        "secret_replicas": recovery.secret_replicas,
        "key_arn": foundation.keys.stores_key_arn,
        "tags": naming.tags,
    }
    source = _restore_source(settings, "redis")
    if source is not None and source.snapshot is not None:
        args["restore_snapshot"] = source.snapshot
    return args


def _restore_source(settings: StackSettings, store: str) -> RestoreSource | None:
    return getattr(settings.recovery.restore, store) if settings.recovery.restore else None


def _restored(args: RelationalDatabaseArgs, source: RestoreSource | None) -> RelationalDatabaseArgs:
    """Return the arguments with the source that the database is restored from, if there is one."""
    if source is not None:
        args["restore"] = {}
        if source.snapshot is not None:
            args["restore"]["snapshot"] = source.snapshot
        if source.automated_backups is not None:
            args["restore"]["automated_backups"] = source.automated_backups
    return args


def _replicate(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    recovery: Recovery,
    instances: Mapping[str, pulumi.Output[str]],
) -> Mapping[str, pulumi.Output[str]]:
    region = settings.recovery.region
    if region is None or not instances:
        return {}
    return BackupReplication(
        naming.name("backups"),
        {
            "recovery_region": region,
            "key_arn": recovery.key_arns["stores"],
            "databases": instances,
            "retention_days": min(getattr(settings.stores, name).backup_retention_days for name in instances),
            "deletion_protection": settings.deletion_protection,
            "tags": naming.tags,
        },
        foundation.options,
    ).backup_arns
