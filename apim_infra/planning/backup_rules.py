"""Rules between backups, their copies and the recovery region."""

from collections.abc import Iterator

from apim_infra.planning.regions import region, region_names
from apim_infra.settings.backup import VaultLock
from apim_infra.settings.environment import Cloud, Tier
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import RelationalStore, StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.settings.windows import touches

MULTI_REGION = "mrk-"
"""How the id of a key begins that can have replicas in other regions (KMS developer guide, multi-region keys, 2026)."""

BEGIN_HOUR = 5
"""Hour, in UTC, at which the daily backups begin; each may begin an hour late."""

CLEAR_HOURS = 2
"""Hours from then on that are kept clear of the databases' own windows: a backup of a database cannot begin within one, nor in the hour before it
(AWS Backup developer guide, backup window, 2026)."""


SHORTEST_MACHINE_DAYS, LONGEST_SNAPSHOT_DAYS = 7, 360
"""How long Azure keeps daily backups of machines at least, and snapshots of disks and clusters at most, in days (Azure Backup documentation,
support matrices of virtual machines, disks and AKS, 2026)."""


def backup_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with backups and copies. A plan without a recovery region is fine: it keeps its backups at home."""
    yield from _copies(settings)
    yield from _lock(settings)
    if settings.cloud is Cloud.AZURE:
        yield from _azure(settings)
        return
    yield from _windows(settings)
    if settings.recovery.region is not None:
        yield from _keys(settings)


def _azure(settings: StackSettings) -> Iterator[Violation]:
    """Hold backups on Azure to what its vaults keep, and copies to the region that they go to."""
    backup, wanted = settings.backup, settings.recovery.region
    if not backup.enabled:
        return
    if not SHORTEST_MACHINE_DAYS <= backup.retention_days <= LONGEST_SNAPSHOT_DAYS:
        yield Violation(
            "backup.retention_days",
            backup.retention_days,
            f"must be {SHORTEST_MACHINE_DAYS} to {LONGEST_SNAPSHOT_DAYS}: Azure keeps snapshots of disks and clusters for no longer, and "
            "backups of machines for no fewer days",
            f"use {min(max(backup.retention_days, SHORTEST_MACHINE_DAYS), LONGEST_SNAPSHOT_DAYS)}",
        )
    if wanted is None or settings.region not in region_names(settings.cloud):
        return
    pair = region(settings.cloud, settings.region).pair
    if wanted != pair:
        yield Violation(
            "recovery.region",
            wanted,
            f"must be the pair of {settings.region}, {pair or 'which has none'}: backups are copied there and nowhere else",
            f"set it to {pair}, or set backup.enabled to false" if pair else "set backup.enabled to false",
        )


def _copies(settings: StackSettings) -> Iterator[Violation]:
    if settings.recovery.region is not None:
        return
    copies = settings.recovery.copies
    for name, wanted in (("images", copies.images), ("logs", copies.logs), ("secrets", copies.secrets)):
        if wanted:
            yield Violation(
                f"recovery.copies.{name}", wanted, "has nowhere to go", "set recovery.region, or leave it out"
            )


def _windows(settings: StackSettings) -> Iterator[Violation]:
    """Keep the databases' own windows clear of the hours in which the daily backups begin."""
    if not settings.backup.enabled:
        return
    begin, end = 60 * BEGIN_HOUR, 60 * (BEGIN_HOUR + CLEAR_HOURS)
    for name in ("mariadb", "postgresql", "gateway_postgresql"):
        store: RelationalStore = getattr(settings.stores, name)
        if store.mode is not StoreMode.MANAGED:
            continue
        for field, window in (("backup_window", store.backup_window), ("maintenance_window", store.maintenance_window)):
            if touches(window, begin, end):
                yield Violation(
                    f"stores.{name}.{field}",
                    window,
                    f"must leave {BEGIN_HOUR:02d}:00 to {BEGIN_HOUR + CLEAR_HOURS:02d}:00 free: the daily backups begin then, and cannot near a window",
                    "move the window, or set backup.enabled to false",
                )


def _lock(settings: StackSettings) -> Iterator[Violation]:
    backup = settings.backup
    if backup.enabled and backup.vault_lock is VaultLock.COMPLIANCE and settings.tier is not Tier.PRD:
        yield Violation(
            "backup.vault_lock",
            str(backup.vault_lock),
            f"is for tier prd: nobody could ever empty or delete the vault of a stack of tier {settings.tier}",
            "use governance or none",
        )


def _keys(settings: StackSettings) -> Iterator[Violation]:
    """Hold keys that are brought along to what their replicas in the recovery region need."""
    encryption = settings.encryption
    needed = {"encryption.stores_key_arn": encryption.stores_key_arn}
    if settings.recovery.copies.logs:
        needed["encryption.logs_key_arn"] = encryption.logs_key_arn
    for path, arn in needed.items():
        if arn is not None and not arn.rpartition("/")[2].startswith(MULTI_REGION):
            yield Violation(
                path,
                arn,
                "must be a multi-region key: copies in the recovery region are encrypted with its replica",
                "name a multi-region key, leave it out, or leave out recovery.region",
            )
