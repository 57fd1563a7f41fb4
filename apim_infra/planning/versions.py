"""Versions of Kubernetes and of the stores' engines that each cloud supports, as data."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud

Engine = Literal["kubernetes", "mariadb", "mysql", "postgresql", "redis", "cassandra"]
"""What has versions."""

_Ends = dict[Cloud, dict[str, date | None]]


@dataclass(frozen=True, slots=True)
class _Versions:
    source: str
    date: date
    warn_days: int
    kubernetes: _Ends
    mariadb: _Ends
    mysql: _Ends
    postgresql: _Ends
    redis: _Ends
    cassandra: _Ends

    __pydantic_config__ = ConfigDict(extra="forbid")


@cache
def _versions() -> _Versions:
    return packaged_data("apim_infra.planning", "versions.yaml", _Versions)


def supported_versions(cloud: Cloud, engine: Engine) -> tuple[str, ...]:
    """Return the versions that the cloud supported on the data's date, oldest first; empty when the data knows none."""
    alive = (version for version, end in _ends(cloud, engine).items() if end is None or end > _versions().date)
    return tuple(sorted(alive, key=_order))


def support_ending_soon(cloud: Cloud, engine: Engine, version: str) -> date | None:
    """Return when support of a version ends, if that is within the data's `warn_days` of its date; None where it is later, over, or not known."""
    table = _versions()
    end = next((end for series, end in _ends(cloud, engine).items() if _belongs(version, series)), None)
    soon = end is not None and timedelta() < end - table.date <= timedelta(days=table.warn_days)
    return end if soon else None


def support_ended(cloud: Cloud, engine: Engine, version: str) -> date | None:
    """Return when support of a version ended, None where it goes on or the data does not know the version."""
    end = next((end for series, end in _ends(cloud, engine).items() if _belongs(version, series)), None)
    return end if end is not None and end <= _versions().date else None


def _ends(cloud: Cloud, engine: Engine) -> dict[str, date | None]:
    table = _versions()
    engines: dict[Engine, _Ends] = {
        "kubernetes": table.kubernetes,
        "mariadb": table.mariadb,
        "mysql": table.mysql,
        "postgresql": table.postgresql,
        "redis": table.redis,
        "cassandra": table.cassandra,
    }
    return engines[engine].get(cloud, {})


def is_supported(cloud: Cloud, engine: Engine, version: str) -> bool:
    """Tell whether the cloud supports the version, or the release series that a longer version belongs to.

    True when the data knows no version of the engine in this cloud: then the cloud itself has to say.
    """
    known = supported_versions(cloud, engine)
    return not known or any(_belongs(version, series) for series in known)


def _belongs(version: str, series: str) -> bool:
    return version == series or version.startswith(f"{series}.")


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
