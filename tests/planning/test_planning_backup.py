"""Rules between backups, copies and the recovery region."""

from typing import Any

import pytest

from apim_infra.planning.backup_rules import BEGIN_HOUR, CLEAR_HOURS, backup_violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.violations import Violation
from apim_infra.settings.windows import touches

MINIMAL = {"cloud": "aws", "region": "eu-central-1", "company_domain": "example.com", "tier": "stg"}
KEY = "arn:aws:kms:eu-central-1:111122223333:key"
SINGLE = f"{KEY}/11111111-2222-3333-4444-555555555555"
MULTI = f"{KEY}/mrk-11111111222233334444555555555555"


def found(**settings: Any) -> list[Violation]:
    return list(backup_violations(load_settings({**MINIMAL, **settings}).settings))


def paths(**settings: Any) -> list[str]:
    violations = found(**settings)
    assert all(violation.fix for violation in violations)
    return [violation.path for violation in violations]


def test_a_plan_needs_no_recovery_region() -> None:
    assert paths(backup={"enabled": True}) == []


def test_copies_need_somewhere_to_go_and_each_is_named() -> None:
    copies = {"images": True, "logs": True, "secrets": True}
    assert paths(recovery={"copies": copies}) == [
        "recovery.copies.images",
        "recovery.copies.logs",
        "recovery.copies.secrets",
    ]
    assert paths(recovery={"copies": copies, "region": "eu-west-1"}) == []
    assert paths(recovery={"copies": dict.fromkeys(copies, False)}) == []


@pytest.mark.parametrize(("tier", "refused"), [("dev", True), ("stg", True), ("prd", False)])
def test_a_lock_for_ever_is_for_production(tier: str, refused: bool) -> None:
    violations = found(tier=tier, backup={"enabled": True, "vault_lock": "compliance"})
    assert [violation.path for violation in violations] == (["backup.vault_lock"] if refused else [])
    assert paths(tier=tier, backup={"enabled": True, "vault_lock": "governance"}) == []
    assert paths(tier=tier, backup={"enabled": False, "vault_lock": "compliance"}) == []


def test_keys_that_are_brought_along_must_be_able_to_have_a_replica() -> None:
    region = {"region": "eu-west-1"}
    single = {"stores_key_arn": SINGLE, "logs_key_arn": SINGLE, "cluster_key_arn": SINGLE}
    assert paths(encryption=single) == []
    assert paths(encryption=single, recovery=region) == ["encryption.stores_key_arn"]
    assert paths(encryption=single, recovery={**region, "copies": {"logs": True}}) == [
        "encryption.stores_key_arn",
        "encryption.logs_key_arn",
    ]
    multi = dict.fromkeys(single, MULTI)
    assert paths(encryption=multi, recovery={**region, "copies": {"logs": True}}) == []


@pytest.mark.parametrize(
    ("window", "refused"),
    [
        ("04:00-05:00", False), ("04:30-05:01", True), ("05:30-06:30", True), ("06:59-08:00", True), ("07:00-08:00", False),
        ("23:00-05:30", True), ("23:00-04:30", False),
    ],
)  # fmt: skip
def test_a_window_of_a_database_leaves_the_beginning_of_backups_alone(window: str, refused: bool) -> None:
    store = {"backup_window": window, "maintenance_window": "sun:12:00-sun:13:00"}
    expected = ["stores.mariadb.backup_window"] if refused else []
    assert paths(backup={"enabled": True}, stores={"mariadb": store}) == expected
    assert paths(backup={"enabled": False}, stores={"mariadb": store}) == []
    assert paths(backup={"enabled": True}, stores={"mariadb": {**store, "mode": "none"}}) == []


def test_maintenance_counts_on_whatever_day_it_is() -> None:
    store = {"maintenance_window": "wed:06:00-wed:07:00"}
    assert paths(backup={"enabled": True}, stores={"postgresql": store}) == ["stores.postgresql.maintenance_window"]


def test_every_minute_of_the_guarded_hours_is_guarded() -> None:
    begin, end = 60 * BEGIN_HOUR, 60 * (BEGIN_HOUR + CLEAR_HOURS)
    for minute in range(0, 24 * 60, 10):
        window = f"{minute // 60:02d}:{minute % 60:02d}-{(minute + 10) // 60 % 24:02d}:{(minute + 10) % 60:02d}"
        assert touches(window, begin, end) == (begin <= minute < end), window


AZURE = {"cloud": "azure", "region": "westeurope", "backup": {"enabled": True}}


def test_backups_on_azure_need_no_hours_of_their_own() -> None:
    assert paths(**AZURE) == []
    assert paths(**AZURE, recovery={"region": "northeurope"}) == []


@pytest.mark.parametrize("days", [6, 361])
def test_azure_keeps_backups_for_a_week_to_a_year(days: int) -> None:
    (violation,) = found(**{**AZURE, "backup": {"enabled": True, "retention_days": days}})
    assert (violation.path, violation.value) == ("backup.retention_days", days)
    assert "7 to 360" in violation.rule
    assert paths(**{**AZURE, "backup": {"enabled": False, "retention_days": days}}) == []


def test_azure_copies_backups_to_the_paired_region_alone() -> None:
    (violation,) = found(**AZURE, recovery={"region": "francecentral"})
    assert (violation.path, violation.value) == ("recovery.region", "francecentral")
    assert "northeurope" in violation.fix
