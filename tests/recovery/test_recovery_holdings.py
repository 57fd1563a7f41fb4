"""What a platform holds and how much of it a loss of its region costs."""

from typing import Any

import pytest

from apim_infra.findings import Severity
from apim_infra.recovery.holdings import Holding, Way, holdings, loss_minutes, uncovered
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

SAFE = "eu-west-1"
MINIMAL = {"cloud": "aws", "region": "eu-central-1", "company_domain": "example.com", "tier": "stg"}
COPIED = ({"recovery": {"region": SAFE}}, {"backup": {"enabled": True}})


def settings(*parts: dict[str, Any]) -> StackSettings:
    document: dict[str, Any] = dict(MINIMAL)
    for part in parts:
        for key, value in part.items():
            document[key] = {**document.get(key, {}), **value}
    return load_settings(document).settings


def found(*parts: dict[str, Any]) -> dict[str, Holding]:
    return {holding.name: holding for holding in holdings(settings(*parts))}


def test_a_platform_without_a_recovery_region_loses_everything() -> None:
    everything = found({"backup": {"enabled": True}})
    assert {holding.way for holding in everything.values()} == {Way.NONE}
    assert {holding.lost_minutes for holding in everything.values()} == {None}


def test_databases_lose_minutes_and_volumes_a_day() -> None:
    everything = found(*COPIED)
    databases = {f"stores.{name}" for name in ("mariadb", "postgresql", "gateway_postgresql")}
    assert {name for name, held in everything.items() if held.way is Way.AUTOMATED_BACKUPS} == databases
    assert everything["stores.mariadb"].lost_minutes == 30
    assert everything["volume of the developer portal"].lost_minutes == loss_minutes(Way.DAILY_BACKUPS) > 24 * 60


def test_a_database_without_automated_backups_is_not_copied() -> None:
    store = {"stores": {"postgresql": {"backup_retention_days": 0}}}
    assert found(*COPIED, store)["stores.postgresql"].way is Way.NONE


@pytest.mark.parametrize("name", ["images", "logs", "secrets"])
def test_each_copy_is_its_own_choice(name: str) -> None:
    before = found(*COPIED)
    after = found(*COPIED, {"recovery": {"copies": {name: True}}})
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {f"copies of {name}"}
    assert after[f"copies of {name}"].way is Way.REPLICATION


def test_only_what_people_need_is_warned_of_and_databases_are_left_to_the_drill() -> None:
    warned = list(uncovered(settings(*COPIED)))
    (portal,) = warned
    assert (portal.severity, portal.rule) == (Severity.WARNING, "recovery-point")
    assert "volume of the developer portal" in portal.message
    assert "1500 minutes" in portal.message
    assert "objective is 60" in portal.message


def test_an_objective_above_a_day_is_held_by_daily_backups() -> None:
    generous = {"recovery": {"region": SAFE, "point_objective_minutes": 1500}}
    assert list(uncovered(settings(generous, COPIED[1]))) == []
    assert (
        len(
            list(
                uncovered(settings({"recovery": {**generous["recovery"], "point_objective_minutes": 1499}}, COPIED[1]))
            )
        )
        == 1
    )


def test_what_is_not_copied_at_all_is_said_so_with_what_to_switch_on() -> None:
    (portal,) = uncovered(settings({"recovery": {"region": SAFE}}))
    assert "everything is lost" in portal.message
    assert "backup.enabled" in portal.fix
    nowhere = {finding.message.partition(":")[0] for finding in uncovered(settings())}
    assert nowhere == {
        "stores.mariadb", "stores.postgresql", "stores.gateway_postgresql", "volume of the developer portal",
    }  # fmt: skip


def test_a_managed_ring_is_not_part_of_the_plan_and_one_of_its_own_nodes_is() -> None:
    def ring(mode: str, **store: Any) -> Holding:
        return found(*COPIED, {"stores": {"cassandra": {"mode": mode, **store}}})["stores.cassandra"]

    assert (ring("managed").way, ring("managed").needed) == (Way.NONE, True)
    assert "self-managed" in ring("managed").fix
    assert ring("self-managed").way is Way.DAILY_BACKUPS
    assert ring("self-managed", backup_retention_days=0).way is Way.NONE


def test_the_in_memory_store_starts_empty_and_nobody_is_warned() -> None:
    redis = found(*COPIED)["stores.redis"]
    assert (redis.way, redis.needed) == (Way.NONE, False)
