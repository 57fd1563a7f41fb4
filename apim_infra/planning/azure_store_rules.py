"""What the managed stores of Azure cannot do, and what a restore leaves to do: flexible servers of MySQL and PostgreSQL, and Azure Managed Redis."""

import re
from collections.abc import Iterator

from apim_infra.findings import Finding, Severity
from apim_infra.planning.regions import UnknownRegionError, region
from apim_infra.settings.environment import Cloud
from apim_infra.settings.recovery import RestoreSource
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.settings.windows import minutes_of_window
from apim_infra.sizing.catalogue import can_have_standby

POSTGRESQL = ("postgresql", "gateway_postgresql")
"""Stores on servers of PostgreSQL."""

SHORTEST_RETENTION_DAYS = {"mariadb": 1, "postgresql": 7, "gateway_postgresql": 7}
"""How long backups are kept at least, in days (backup and restore of both services, 2024)."""

STORAGE_SIZES_GB = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767)
"""Sizes of PostgreSQL's storage, in GiB (azurerm provider, storage of its flexible server, 2025)."""

LARGEST_MYSQL_GB = 16384
"""Largest storage of MySQL below tier MemoryOptimized, in GiB (Azure Database for MySQL, service tiers, 2024)."""

WINDOW_MINUTES = 60
"""Length of a maintenance window of PostgreSQL, in minutes (its page on scheduled maintenance)."""

RESTORED_LOGIN = "restored-login"
"""Name of the rule that warns of restored servers with an unknown password."""

SERVER_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DBfor(MySQL|PostgreSQL)/flexibleServers/[^/]+",
    re.IGNORECASE,
)
"""Resource id of a flexible server."""


def azure_store_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what Azure's managed stores cannot be asked for."""
    stores = settings.stores
    for name in SHORTEST_RETENTION_DAYS:
        store: RelationalStore = getattr(stores, name)
        if store.mode is StoreMode.MANAGED:
            yield from _standby(name, store)
            yield from _kept(name, store)
            yield from _recovery_region(settings, name)
            yield from _restore(settings, name)
    if stores.redis.mode is StoreMode.MANAGED:
        yield from _redis(settings)


def _standby(name: str, store: RelationalStore) -> Iterator[Violation]:
    if can_have_standby(Cloud.AZURE, store.size):
        return
    fix = "choose a size of the tiers GeneralPurpose or MemoryOptimized, such as Standard_D2ads_v5, or"
    if store.multi_zone:
        path = f"stores.{name}.multi_zone"
        yield Violation(
            path, True, f"must be false on {store.size}: Burstable has no standby", f"{fix} set it to false"
        )
    if store.replicas:
        path = f"stores.{name}.replicas"
        yield Violation(
            path, store.replicas, f"must be 0 on {store.size}: Burstable has no replicas", f"{fix} set it to 0"
        )


def _kept(name: str, store: RelationalStore) -> Iterator[Violation]:
    shortest, postgresql = SHORTEST_RETENTION_DAYS[name], name in POSTGRESQL
    if store.backup_retention_days < shortest:
        rule = f"must be at least {shortest} on Azure: its servers always keep backups that long"
        path = f"stores.{name}.backup_retention_days"
        yield Violation(path, store.backup_retention_days, rule, f"set it to {shortest} or more")
    path, size = f"stores.{name}.storage_gb", store.storage_gb
    if postgresql and size not in STORAGE_SIZES_GB:
        larger = next((known for known in STORAGE_SIZES_GB if known > size), STORAGE_SIZES_GB[-1])
        rule = f"must be one of {', '.join(map(str, STORAGE_SIZES_GB))} on Azure"
        yield Violation(path, size, rule, f"use {larger}")
    elif not postgresql and size > LARGEST_MYSQL_GB:
        yield Violation(path, size, f"must not be above {LARGEST_MYSQL_GB} on Azure", f"use {LARGEST_MYSQL_GB}")
    if postgresql and minutes_of_window(store.maintenance_window) != WINDOW_MINUTES:
        rule = f"must be {WINDOW_MINUTES} minutes long on Azure"
        path = f"stores.{name}.maintenance_window"
        yield Violation(path, store.maintenance_window, rule, "write it like sun:03:30-sun:04:30")


def _recovery_region(settings: StackSettings, name: str) -> Iterator[Violation]:
    wanted = settings.recovery.region
    if wanted is None or settings.backup.enabled:
        return  # backups beside the servers' own hold the region to its pair already
    try:
        pair = region(settings.cloud, settings.region).pair
    except UnknownRegionError:
        return  # said of the region itself already
    path = "recovery.region"
    if pair is None:
        rule = f"needs a paired region for the geo-redundant backups of {name}, and {settings.region} has none"
        yield Violation(path, wanted, rule, "choose a region with a pair, such as westeurope, or leave it out")
    elif name in POSTGRESQL and wanted != pair:
        rule = f"must be {pair}: geo-redundant backups of {name} are restored in the pair of {settings.region} alone"
        yield Violation(path, wanted, rule, f"set it to {pair}")


def _restore(settings: StackSettings, name: str) -> Iterator[Violation]:
    source: RestoreSource | None = getattr(settings.recovery.restore, name) if settings.recovery.restore else None
    if source is None:
        return
    path, backups = f"recovery.restore.{name}", source.automated_backups
    if source.snapshot is not None:
        fix = f"name the server whose backups are restored in {path}.automated_backups"
        yield Violation(f"{path}.snapshot", source.snapshot, "is for aws: servers of azure have no snapshots", fix)
    kind = "PostgreSQL" if name in POSTGRESQL else "MySQL"
    found = SERVER_ID.fullmatch(backups) if backups is not None else None
    if backups is not None and (found is None or found[1].lower() != kind.lower()):
        rule = f"must be the id of a flexible server of {kind}"
        fix = f"write /subscriptions/.../providers/Microsoft.DBfor{kind}/flexibleServers/<name>, as in the stack's output `backups`"
        yield Violation(f"{path}.automated_backups", backups, rule, fix)
    if backups is not None and source.time is None and (name in POSTGRESQL or source.same_region):
        rule = "is missing: a server of PostgreSQL, and any in its own region, is restored to a moment"
        yield Violation(f"{path}.time", None, rule, 'write the moment in UTC, like "2026-11-21T03:00:00Z"')


def restore_notices(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning for every restored server whose administrator's password nobody has given: it is that of its source."""
    for name in SHORTEST_RETENTION_DAYS:
        source: RestoreSource | None = getattr(settings.recovery.restore, name, None)
        restored = settings.cloud is Cloud.AZURE and source is not None and source.automated_backups is not None
        if restored and source is not None and source.password is None:
            yield Finding(
                Severity.WARNING,
                RESTORED_LOGIN,
                f"recovery.restore.{name}: the restored server keeps the password of its source, and the platform would log in with a new one",
                fix=f"pulumi config set --path --secret apim:recovery.restore.{name}.password",
            )


def _redis(settings: StackSettings) -> Iterator[Violation]:
    store = settings.stores.redis
    if store.replicas > 1:
        rule = "must be 0 or 1 on Azure: its store has one replica"
        yield Violation("stores.redis.replicas", store.replicas, rule, "set it to 1")
    if store.backup_retention_days > 1:
        rule = "must be 0 or 1 on Azure: the newest snapshot alone is kept"
        yield Violation("stores.redis.backup_retention_days", store.backup_retention_days, rule, "set it to 1")
    if settings.recovery.restore is not None and settings.recovery.restore.redis is not None:
        rule = "is for aws: the store of azure is not made from a snapshot"
        yield Violation("recovery.restore.redis", None, rule, "leave it out: users log in again")
