"""What a platform on Azure keeps, and how it is rebuilt in the paired region."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from apim_infra.environment import load_environment, stack_name_violations
from apim_infra.findings import Severity
from apim_infra.planning.regions import region_names
from apim_infra.recovery.drill import drill
from apim_infra.recovery.holdings import Holding, Way, database_way, holdings, uncovered
from apim_infra.recovery.rebuild import Outputs, Rebuild, rebuild, rebuilt_name
from apim_infra.settings.environment import Cloud
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError

LOST, SAFE = "westeurope", "northeurope"
MOMENT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SERVERS = "/subscriptions/s/resourceGroups/apim/providers/Microsoft.DBfor"
BACKUPS = {
    "mariadb": f"{SERVERS}MySQL/flexibleServers/apim-mariadb",
    "postgresql": f"{SERVERS}PostgreSQL/flexibleServers/apim-postgresql",
    "gateway_postgresql": f"{SERVERS}PostgreSQL/flexibleServers/apim-gateway-postgresql",
}
OUTPUTS = Outputs(BACKUPS, "/subscriptions/s/zone", vaults={"data": "data-vault", "recovery": "recovery-vault"})
VALUES: dict[str, Any] = {
    "cloud": "azure",
    "region": LOST,
    "company_domain": "example.com",
    "tier": "prd",
    "recovery": {"region": SAFE},
}


def settings(**parts: Any) -> StackSettings:
    return load_settings({**VALUES, **parts}).settings


def found(**parts: Any) -> dict[str, Holding]:
    return {holding.name: holding for holding in holdings(settings(**parts))}


def rebuilt(**parts: Any) -> Rebuild:
    values = {**VALUES, **parts}
    document = {"config": {f"apim:{name}": value for name, value in values.items()}}
    return rebuild("prd", document, load_settings(values).settings, OUTPUTS, SAFE, at=MOMENT)


def test_databases_have_geo_redundant_backups_that_lose_an_hour() -> None:
    everything = found()
    databases = {f"stores.{name}" for name in BACKUPS}
    assert {name for name, held in everything.items() if held.way is Way.GEO_REDUNDANT_BACKUPS} == databases
    assert {everything[name].lost_minutes for name in databases} == {60}
    assert database_way(settings()) is Way.GEO_REDUNDANT_BACKUPS


def test_without_a_recovery_region_no_database_is_copied() -> None:
    everything = found(recovery={})
    assert {everything[f"stores.{name}"].way for name in BACKUPS} == {Way.NONE}


def test_volumes_stay_in_their_region_and_machines_and_files_do_not() -> None:
    everything = found(stores={"cassandra": {"mode": "self-managed"}, "files": {"mode": "managed"}})
    assert everything["volume of the developer portal"].way is Way.NONE
    assert everything["stores.cassandra"].way is Way.DAILY_BACKUPS
    assert everything["stores.files"].way is Way.DAILY_BACKUPS
    assert everything["copies of secrets"].way is Way.REPLICATION


def test_what_people_need_and_nobody_copies_is_warned_of() -> None:
    warned = " ".join(finding.message for finding in uncovered(settings()))
    assert "volume of the developer portal" in warned
    assert "stores.mariadb" not in warned


def test_a_rebuilt_platform_restores_its_servers_from_the_lost_ones() -> None:
    made = rebuilt()
    restore = made.document["config"]["apim:recovery"]["restore"]
    assert restore == {
        "mariadb": {"automated_backups": BACKUPS["mariadb"]},
        "postgresql": {"automated_backups": BACKUPS["postgresql"], "time": "2026-11-21T03:00:00Z"},
        "gateway_postgresql": {"automated_backups": BACKUPS["gateway_postgresql"], "time": "2026-11-21T03:00:00Z"},
    }
    again = {name.removeprefix("apim:"): value for name, value in made.document["config"].items()}
    new = load_settings(again).settings
    assert (new.region, new.recovery.region) == (SAFE, None)
    assert made.restored == tuple(BACKUPS)


def test_what_is_left_to_do_by_hand_is_said() -> None:
    said = " ".join(rebuilt(recovery={"region": SAFE, "copies": {"logs": True}}).beside)
    for words in ("Passwords: ", "pulumi config set --path --secret", "recovery-vault", "Logs: "):
        assert words in said
    assert LOST not in said


def test_a_platform_whose_servers_are_not_known_cannot_be_rebuilt() -> None:
    document = {"config": {f"apim:{name}": value for name, value in VALUES.items()}}
    with pytest.raises(SettingsError) as refused:
        rebuild("prd", document, settings(), Outputs({}, None), SAFE, at=MOMENT)
    assert [violation.path for violation in refused.value.violations] == [f"backups.{name}" for name in BACKUPS]


def test_a_rebuilt_stack_has_a_name_that_fits_in_every_region() -> None:
    assert rebuilt_name("prd", SAFE) == "prd-northeurope"
    assert rebuilt_name("azure-standard", SAFE) == "azure-stan-northeurope"
    for region in region_names(Cloud.AZURE):
        assert stack_name_violations(rebuilt_name("an-environment-of-ours", region)) == []


@pytest.mark.slow
def test_a_lost_platform_comes_back_with_every_server_restored(tmp_path: Path) -> None:
    """A drill from end to end: the platform, its loss, and the platform again in the paired region."""
    example = ROOT / "examples/azure-standard/Pulumi.azure-standard.yaml"
    file = tmp_path / example.name
    file.write_text(f"{example.read_text(encoding='utf-8')}  apim:recovery: {{region: {SAFE}}}\n", encoding="utf-8")
    drilled = drill(load_environment("azure-standard", directory=ROOT, file=file), ROOT, SAFE)
    assert [finding for finding in drilled.findings if finding.severity is Severity.ERROR] == []
    assert drilled.rebuild.restored == tuple(BACKUPS)
    servers = [
        resource
        for resource in drilled.rehearsal.graph.resources
        if resource.type.endswith(":Server") and resource.inputs.get("createMode") == "GeoRestore"
    ]
    assert len(servers) == len(BACKUPS)
    assert {server.inputs["location"] for server in servers} == {SAFE}
    held = drilled.objectives
    assert held is not None
    assert held.lost_minutes == 60
