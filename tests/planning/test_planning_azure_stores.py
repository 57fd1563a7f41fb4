"""Rules of the stores that Azure manages, and the defaults that keep them."""

from typing import Any

import pytest

from apim_infra.findings import Finding
from apim_infra.planning.notices import notices
from apim_infra.planning.store_rules import store_violations
from apim_infra.planning.validation import violations
from apim_infra.settings.environment import Cloud
from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import (
    UnknownSizeError,
    can_have_standby,
    database_tier,
    size_names,
)

MYSQL = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforMySQL/flexibleServers/apim"
POSTGRESQL = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/apim"
MOMENT = "2026-11-21T03:00:00Z"


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "dev", **values}
    return load_settings(given).settings


def paths(settings: StackSettings) -> list[str]:
    return [violation.path for violation in store_violations(settings)]


@pytest.mark.parametrize("tier", ["dev", "stg", "prd"])
@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_every_tier_and_size_asks_for_what_there_is(tier: str, size: str) -> None:
    assert paths(stack(tier=tier, size=size)) == []


def test_mysql_stands_in_for_mariadb_and_redis_has_one_version() -> None:
    stores = stack().stores
    assert (stores.mariadb.version, stores.redis.version) == ("8.4", "7.4")
    assert paths(stack(stores={"mariadb": {"version": "11.8"}})) == ["stores.mariadb.version"]
    assert paths(stack(stores={"redis": {"version": "8.1"}})) == ["stores.redis.version"]


def test_a_store_in_the_cluster_has_the_version_that_it_has_everywhere() -> None:
    modes = {name: {"mode": "in-cluster"} for name in ("mariadb", "postgresql", "redis")}
    settings = stack(stores=modes)
    stores = settings.stores
    assert (stores.mariadb.version, stores.postgresql.version, stores.redis.version) == ("11.8", "17", "8.1")
    assert paths(settings) == []
    chosen = stack(stores={"redis": {"mode": "in-cluster", "version": "9.1"}})
    assert chosen.stores.redis.version == "9.1"


@pytest.mark.parametrize(
    ("stores", "refused"),
    [
        ({"mariadb": {"size": "Standard_B2ms", "replicas": 0}}, []),
        ({"mariadb": {"size": "Standard_B2ms", "replicas": 1}}, ["stores.mariadb.replicas"]),
        ({"mariadb": {"size": "Standard_B2ms", "replicas": 0, "multi_zone": True}}, ["stores.mariadb.multi_zone"]),
        ({"postgresql": {"size": "Standard_B1ms", "multi_zone": True}}, ["stores.postgresql.multi_zone"]),
        ({"mariadb": {"backup_retention_days": 0}}, ["stores.mariadb.backup_retention_days"]),
        ({"mariadb": {"backup_retention_days": 1}}, []),
        ({"postgresql": {"backup_retention_days": 6}}, ["stores.postgresql.backup_retention_days"]),
        ({"gateway_postgresql": {"backup_retention_days": 7}}, []),
        ({"mariadb": {"storage_gb": 50}}, []),
        ({"mariadb": {"storage_gb": 20000, "max_storage_gb": 20000}}, ["stores.mariadb.storage_gb"]),
        ({"postgresql": {"storage_gb": 50}}, ["stores.postgresql.storage_gb"]),
        ({"postgresql": {"storage_gb": 64}}, []),
        ({"postgresql": {"maintenance_window": "sun:05:30-sun:07:30"}}, ["stores.postgresql.maintenance_window"]),
        ({"postgresql": {"maintenance_window": "sun:05:30-sun:06:30"}}, []),
        ({"redis": {"replicas": 2}}, ["stores.redis.replicas"]),
        ({"redis": {"backup_retention_days": 7}}, ["stores.redis.backup_retention_days"]),
        ({"redis": {"backup_retention_days": 0}}, []),
    ],
)
def test_what_the_servers_cannot_do_is_refused(stores: dict[str, Any], refused: list[str]) -> None:
    settings = stack(stores=stores)
    assert paths(settings) == refused
    assert all(violation.fix for violation in store_violations(settings))


def test_a_store_that_azure_does_not_manage_is_not_held_to_its_rules() -> None:
    assert paths(stack(stores={"postgresql": {"mode": "in-cluster", "backup_retention_days": 1}})) == []


@pytest.mark.parametrize(
    "stores",
    [
        {"mariadb": {"maintenance_window": "sat:05:30-sat:06:30"}},
        {"mariadb": {"backup_window": "05:00-06:00"}},
        {"postgresql": {"backup_window": "05:00-06:00"}},
        {"postgresql": {"performance_insights": True}},
        {"postgresql": {"monitoring_seconds": 60}},
        {"gateway_postgresql": {"password_rotation_days": 30}},
        {"postgresql": {"final_snapshot": True}},
        {"redis": {"snapshot_window": "01:00-02:00"}},
        {"redis": {"maintenance_window": "sat:05:30-sat:06:30"}},
        {"redis": {"final_snapshot": True}},
    ],
)
def test_what_has_no_counterpart_is_refused_and_not_ignored(stores: dict[str, dict[str, Any]]) -> None:
    ((name, fields),) = stores.items()
    (field,) = fields
    assert f"stores.{name}.{field}" in [violation.path for violation in violations(stack(stores=stores))]


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"recovery": {"region": "northeurope"}}, []),
        ({"recovery": {"region": "uksouth"}}, ["recovery.region", "recovery.region"]),
        ({"recovery": {"region": "uksouth"}, "stores": {"postgresql": {"mode": "in-cluster"}}}, ["recovery.region"]),
        ({"region": "italynorth", "recovery": {"region": "westeurope"}}, ["recovery.region"] * 3),
    ],
)
def test_geo_redundant_backups_go_to_the_paired_region(values: dict[str, Any], refused: list[str]) -> None:
    assert paths(stack(**values)) == refused


@pytest.mark.parametrize(
    ("name", "source", "refused"),
    [
        ("mariadb", {"automated_backups": MYSQL}, []),
        ("mariadb", {"automated_backups": POSTGRESQL}, ["automated_backups"]),
        ("mariadb", {"automated_backups": "arn:aws:rds:eu-west-1:1:auto-backup:ab-1"}, ["automated_backups"]),
        ("mariadb", {"automated_backups": MYSQL, "same_region": True}, ["time"]),
        ("mariadb", {"automated_backups": MYSQL, "same_region": True, "time": MOMENT}, []),
        ("mariadb", {"snapshot": "snap-1"}, ["snapshot"]),
        ("postgresql", {"automated_backups": POSTGRESQL}, ["time"]),
        ("postgresql", {"automated_backups": POSTGRESQL, "time": MOMENT}, []),
    ],
)
def test_a_restore_source_is_a_server_and_where_it_must_be_a_moment(
    name: str, source: dict[str, Any], refused: list[str]
) -> None:
    settings = stack(recovery={"restore": {name: source}})
    assert paths(settings) == [f"recovery.restore.{name}.{field}" for field in refused]


def test_the_in_memory_store_is_made_from_nothing() -> None:
    assert paths(stack(recovery={"restore": {"redis": {"snapshot": "x"}}})) == ["recovery.restore.redis"]


def test_what_a_restore_on_azure_says_is_refused_on_aws() -> None:
    source = {"automated_backups": "arn", "time": MOMENT, "same_region": True, "password": Encrypted("s3cret")}
    settings = stack(cloud="aws", region="eu-west-1", recovery={"restore": {"mariadb": source}})
    found = list(store_violations(settings))
    assert [violation.path.rpartition(".")[2] for violation in found] == ["time", "same_region", "password"]
    assert "s3cret" not in str(found)


def told_of_login(**values: Any) -> list[Finding]:
    return [finding for finding in notices(stack(**values)) if finding.rule == "restored-login"]


def test_a_restored_server_whose_password_nobody_gave_is_warned_of() -> None:
    restore = {"mariadb": {"automated_backups": MYSQL}, "redis": None}
    (finding,) = told_of_login(recovery={"restore": restore})
    assert "recovery.restore.mariadb.password" in finding.fix
    told = {"mariadb": {"automated_backups": MYSQL, "password": Encrypted("s3cret")}}
    assert told_of_login(recovery={"restore": told}) == []
    assert told_of_login() == []


def test_every_size_of_a_database_has_a_tier_and_burstable_ones_have_no_standby() -> None:
    tiers = {size: database_tier(Cloud.AZURE, size) for size in size_names(Cloud.AZURE, "databases")}
    assert set(tiers.values()) == {"Burstable", "GeneralPurpose", "MemoryOptimized"}
    initials = {"Burstable": "B", "GeneralPurpose": "D", "MemoryOptimized": "E"}
    assert all(size.startswith(f"Standard_{initials[tier]}") for size, tier in tiers.items())
    without = {size for size in tiers if not can_have_standby(Cloud.AZURE, size)}
    assert without == {size for size, tier in tiers.items() if tier == "Burstable"}
    with pytest.raises(UnknownSizeError):
        database_tier(Cloud.AWS, "db.m7g.large")
    assert can_have_standby(Cloud.AWS, "db.t4g.medium")
