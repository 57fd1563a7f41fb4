"""What a platform holds, how each part reaches the recovery region, and how much of it a loss of the region costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import ConfigDict

from apim_infra.findings import Finding, Severity
from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode


class Way(StrEnum):
    """How something reaches the recovery region."""

    AUTOMATED_BACKUPS = "automated_backups"
    GEO_REDUNDANT_BACKUPS = "geo_redundant_backups"
    DAILY_BACKUPS = "daily_backups"
    REPLICATION = "replication"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Losses:
    source: str
    date: date
    loss_minutes: dict[Way, int]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Holding:
    """A part of the platform that keeps something."""

    name: str
    """What it is, such as `stores.mariadb`, or in words where no setting has it."""
    way: Way
    needed: bool
    """Whether people miss it: their data, not what can be made anew (sessions, images, secrets) nor what is history (logs, metrics)."""
    fix: str
    """How more of it can be kept."""

    @property
    def lost_minutes(self) -> int | None:
        """Minutes of what was written last that a loss of the region costs; None for all of it."""
        return None if self.way is Way.NONE else loss_minutes(self.way)


RELATIONAL = ("mariadb", "postgresql", "gateway_postgresql")
"""Relational stores by their names in the settings."""

DAILY_FIX = "raise recovery.point_objective_minutes, or keep copies of your own that are younger"


def loss_minutes(way: Way) -> int:
    """Return how many minutes are lost by one way. Raises KeyError for none."""
    return packaged_data("apim_infra.recovery", "objectives.yaml", _Losses).loss_minutes[way]


def database_way(settings: StackSettings) -> Way:
    """Return how databases that the cloud manages reach the recovery region."""
    return Way.AUTOMATED_BACKUPS if settings.cloud is Cloud.AWS else Way.GEO_REDUNDANT_BACKUPS


def holdings(settings: StackSettings) -> Iterator[Holding]:
    """Yield everything that keeps something, whether or not it is copied."""
    copied = settings.recovery.region is not None
    daily = Way.DAILY_BACKUPS if copied and settings.backup.enabled else Way.NONE
    machine_fix = DAILY_FIX if daily is not Way.NONE else "set recovery.region and backup.enabled"
    on_aws = settings.cloud is Cloud.AWS
    # Azure Backup keeps snapshots of a cluster's volumes in their own region (support matrix of AKS, 2026).
    volumes, volume_fix = (daily, machine_fix) if on_aws else (Way.NONE, "keep copies of your own in another region")
    yield from _stores(settings, _Ways(daily, machine_fix, volumes, volume_fix))
    yield Holding("volume of the developer portal", volumes, needed=True, fix=volume_fix)
    if settings.observability.logs.enabled:
        yield Holding("volumes of the logs", volumes, needed=False, fix=volume_fix)
    yield Holding("volumes of the metrics", volumes, needed=False, fix=volume_fix)
    copies = settings.recovery.copies
    # The contents of a vault of Azure are in the paired region by themselves (Key Vault, availability and redundancy, 2026).
    secrets = copies.secrets or not on_aws
    for name, wanted in (("logs", copies.logs), ("images", copies.images), ("secrets", secrets)):
        way = Way.REPLICATION if copied and wanted else Way.NONE
        yield Holding(f"copies of {name}", way, needed=False, fix=f"set recovery.copies.{name}")


@dataclass(frozen=True, slots=True)
class _Ways:
    """How machines and volumes reach the recovery region, and how more of them can be kept."""

    machines: Way
    machine_fix: str
    volumes: Way
    volume_fix: str


def _stores(settings: StackSettings, ways: _Ways) -> Iterator[Holding]:
    stores = settings.stores
    for name in RELATIONAL:
        store = getattr(stores, name)
        if store.mode is StoreMode.MANAGED:
            kept = settings.recovery.region is not None and store.backup_retention_days > 0
            way = database_way(settings) if kept else Way.NONE
            fix = f"set recovery.region, and stores.{name}.backup_retention_days to 1 or more"
            yield Holding(f"stores.{name}", way, needed=True, fix=fix)
        elif store.mode is StoreMode.IN_CLUSTER:
            yield Holding(f"stores.{name}", ways.volumes, needed=True, fix=ways.volume_fix)
    if stores.redis.mode is not StoreMode.NONE:
        # Its snapshots stay in their region; neither ElastiCache nor Azure Managed Redis copies them to another by itself.
        yield Holding("stores.redis", Way.NONE, needed=False, fix="users log in again")
    if stores.cassandra.mode is StoreMode.MANAGED:
        yield Holding("stores.cassandra", Way.NONE, needed=True, fix="use mode self-managed, whose disks are copied")
    elif stores.cassandra.mode is not StoreMode.NONE:
        inside = stores.cassandra.mode is StoreMode.IN_CLUSTER
        way, fix = (ways.volumes, ways.volume_fix) if inside else (ways.machines, ways.machine_fix)
        tagged = stores.cassandra.backup_retention_days > 0
        fix = fix if tagged else "set stores.cassandra.backup_retention_days to 1 or more"
        yield Holding("stores.cassandra", way if tagged else Way.NONE, needed=True, fix=fix)
    if stores.files.mode is StoreMode.MANAGED:
        kept = stores.files.backup_retention_days > 0
        fix = ways.machine_fix if kept else "set stores.files.backup_retention_days to 1 or more"
        yield Holding("stores.files", ways.machines if kept else Way.NONE, needed=True, fix=fix)


def uncovered(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning for everything that people need and of which more is lost than the objective allows; databases apart, which a drill measures."""
    limit = settings.recovery.point_objective_minutes
    for holding in holdings(settings):
        lost = holding.lost_minutes
        drilled = holding.way is database_way(settings)
        if not holding.needed or drilled or (lost is not None and lost <= limit):
            continue
        how_much = "everything" if lost is None else f"up to {lost} minutes, and the time that the copy takes,"
        yield Finding(
            Severity.WARNING,
            "recovery-point",
            f"{holding.name}: {how_much} is lost with the region, the objective is {limit} minutes",
            fix=holding.fix,
        )
