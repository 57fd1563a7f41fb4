"""What a platform holds, how each part reaches the recovery region, and how much of it a loss of the region costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import ConfigDict

from apim_infra.findings import Finding, Severity
from apim_infra.packaged import packaged_data
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode


class Way(StrEnum):
    """How something reaches the recovery region."""

    AUTOMATED_BACKUPS = "automated_backups"
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


def holdings(settings: StackSettings) -> Iterator[Holding]:
    """Yield everything that keeps something, whether or not it is copied."""
    copied = settings.recovery.region is not None
    daily = Way.DAILY_BACKUPS if copied and settings.backup.enabled else Way.NONE
    volume_fix = DAILY_FIX if daily is not Way.NONE else "set recovery.region and backup.enabled"
    yield from _stores(settings, daily, volume_fix)
    yield Holding("volume of the developer portal", daily, needed=True, fix=volume_fix)
    if settings.observability.logs.enabled:
        yield Holding("volumes of the logs", daily, needed=False, fix=volume_fix)
    yield Holding("volumes of the metrics", daily, needed=False, fix=volume_fix)
    copies = settings.recovery.copies
    for name, wanted in (("logs", copies.logs), ("images", copies.images), ("secrets", copies.secrets)):
        way = Way.REPLICATION if copied and wanted else Way.NONE
        yield Holding(f"copies of {name}", way, needed=False, fix=f"set recovery.copies.{name}")


def _stores(settings: StackSettings, daily: Way, volume_fix: str) -> Iterator[Holding]:
    stores = settings.stores
    for name in RELATIONAL:
        store = getattr(stores, name)
        if store.mode is StoreMode.MANAGED:
            kept = settings.recovery.region is not None and store.backup_retention_days > 0
            way = Way.AUTOMATED_BACKUPS if kept else Way.NONE
            fix = f"set recovery.region, and stores.{name}.backup_retention_days to 1 or more"
            yield Holding(f"stores.{name}", way, needed=True, fix=fix)
        elif store.mode is StoreMode.IN_CLUSTER:
            yield Holding(f"stores.{name}", daily, needed=True, fix=volume_fix)
    if stores.redis.mode is not StoreMode.NONE:
        # Its snapshots stay in their region; ElastiCache copies none to another by itself.
        yield Holding("stores.redis", Way.NONE, needed=False, fix="users log in again")
    if stores.cassandra.mode is StoreMode.MANAGED:
        yield Holding("stores.cassandra", Way.NONE, needed=True, fix="use mode self-managed, whose disks are copied")
    elif stores.cassandra.mode is not StoreMode.NONE:
        tagged = stores.cassandra.backup_retention_days > 0
        fix = volume_fix if tagged else "set stores.cassandra.backup_retention_days to 1 or more"
        yield Holding("stores.cassandra", daily if tagged else Way.NONE, needed=True, fix=fix)


def uncovered(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning for everything that people need and of which more is lost than the objective allows; automated backups apart, which a drill measures."""
    limit = settings.recovery.point_objective_minutes
    for holding in holdings(settings):
        lost = holding.lost_minutes
        if not holding.needed or holding.way is Way.AUTOMATED_BACKUPS or (lost is not None and lost <= limit):
            continue
        how_much = "everything" if lost is None else f"up to {lost} minutes, and the time that the copy takes,"
        yield Finding(
            Severity.WARNING,
            "recovery-point",
            f"{holding.name}: {how_much} is lost with the region, the objective is {limit} minutes",
            fix=holding.fix,
        )
