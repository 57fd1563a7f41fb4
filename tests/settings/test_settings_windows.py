"""Windows of stores: long enough, and never at the same time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.load import load_settings
from apim_infra.settings.violations import SettingsError
from apim_infra.settings.windows import DAY, DAYS, WEEK, window_rules

MINUTES = st.integers(0, DAY - 1)


def clock(minutes: int) -> str:
    return f"{minutes % DAY // 60:02d}:{minutes % 60:02d}"


def weekly(start: int, length: int) -> str:
    first, last = start % WEEK, (start + length) % WEEK
    return f"{DAYS[first // DAY]}:{clock(first)}-{DAYS[last // DAY]}:{clock(last)}"


def open_at(start: int, length: int, every: int) -> set[int]:
    """Every minute of a week at which a window is open."""
    return {(begin + minute) % WEEK for begin in range(start, start + WEEK, every) for minute in range(length)}


@given(MINUTES, st.integers(30, 180), st.integers(0, WEEK - 1), st.integers(30, 300))
def test_windows_touch_exactly_when_both_are_open_at_one_minute(
    start: int, length: int, weekly_start: int, weekly_length: int
) -> None:
    daily = f"{clock(start)}-{clock(start + length)}"
    rules = list(
        window_rules(
            ("backups", daily), ("maintenance", weekly(weekly_start, weekly_length)), shortest_minutes=30, backups=True
        )
    )
    both = open_at(start, length, DAY) & open_at(weekly_start, weekly_length, WEEK)
    assert bool(rules) == bool(both)
    assert all(rule.field == "backups" for rule in rules)


@given(MINUTES, st.integers(1, 120), st.integers(1, 120))
def test_a_window_is_too_short_below_the_least_alone(start: int, length: int, shortest: int) -> None:
    daily = f"{clock(start)}-{clock(start + length)}"
    rules = list(
        window_rules(
            ("backups", daily), ("maintenance", "sun:00:00-sun:02:00"), shortest_minutes=shortest, backups=False
        )
    )
    assert [rule.field for rule in rules] == (["backups"] if length < shortest else [])


def refused(**stores: Any) -> list[str]:
    given_ = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev", "stores": stores}
    try:
        load_settings(given_)
    except SettingsError as error:
        return [violation.path for violation in error.violations]
    return []


@pytest.mark.parametrize(
    ("store", "values", "path"),
    [
        ("mariadb", {"backup_window": "03:00-03:20"}, "backup_window"),
        ("postgresql", {"maintenance_window": "sun:03:00-sun:03:20"}, "maintenance_window"),
        ("postgresql", {"maintenance_window": "sun:04:00-wed:04:00"}, "maintenance_window"),
        ("gateway_postgresql", {"backup_window": "03:00-04:00"}, "backup_window"),
        ("redis", {"snapshot_window": "03:00-03:45"}, "snapshot_window"),
        ("redis", {"maintenance_window": "sun:04:30-sun:05:00"}, "maintenance_window"),
        ("mariadb", {"monitoring_seconds": 20}, "monitoring_seconds"),
    ],
)
def test_a_store_is_held_to_them(store: str, values: dict[str, Any], path: str) -> None:
    assert f"stores.{store}.{path}" in refused(**{store: values})


def test_windows_that_follow_each_other_are_taken() -> None:
    assert refused(mariadb={"backup_window": "02:30-03:30", "maintenance_window": "sun:03:30-sun:04:00"}) == []


def test_a_window_that_is_not_used_is_in_nobodys_way() -> None:
    meeting = {"backup_window": "03:30-04:00", "replicas": 0}
    assert refused(mariadb=meeting) == ["stores.mariadb.backup_window"]
    assert refused(mariadb={**meeting, "backup_retention_days": 0}) == []
