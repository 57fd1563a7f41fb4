"""What watches and backs up on Azure: workspaces, diagnostics, alarms, managed Prometheus and Grafana, vaults and plans."""

from typing import Any

import pulumi
import pytest
from azure_stack import run, sample
from components_azure_monitoring_samples import Ground, alarms, export, grafana, log_analytics, rules

from apim_infra.rehearsal.testing import Recording, record
from components.azure.alarms import EVENTS
from components.azure.diagnostics import diagnose
from components.azure.log_analytics import LogAnalytics
from components.azure.monitor_workspace import duration
from components.azure.role_assignment import ROLES
from components.azure.watched import alarm_data

WORKSPACE, SETTING = "azure-native:operationalinsights:Workspace", "azure-native:monitor:DiagnosticSetting"
ROLE = "azure-native:authorization:RoleAssignment"
ALERT, GROUP = "azure-native:monitor:MetricAlert", "azure-native:monitor:ActionGroup"
RULES, ASSOCIATION = (
    "azure-native:alertsmanagement:PrometheusRuleGroup",
    "azure-native:monitor:DataCollectionRuleAssociation",
)
VAULT, RECOVERY = "azure-native:dataprotection:BackupVault", "azure-native:recoveryservices:Vault"
INSTANCE, POLICY = "azure-native:dataprotection:BackupInstance", "azure-native:dataprotection:BackupPolicy"
NAMES = {guid: name for name, guid in ROLES.items()}


def inputs(recording: Recording, type_: str) -> dict[str, Any]:
    """Return the inputs of the only resource of a type."""
    (found,) = recording.of_type(type_)
    return dict(found.inputs)


def roles(recording: Recording) -> set[str]:
    return {NAMES[each.inputs["roleDefinitionId"].rpartition("/")[2]] for each in recording.of_type(ROLE)}


def refused(program: Any) -> str:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        record(program)
    return str(error.value)


# -- logs -------------------------------------------------------------------------------------------------------------------------------------


DEFAULT = log_analytics()


def test_a_workspace_is_paid_by_the_gigabyte_and_opened_by_identities_alone() -> None:
    workspace = inputs(sample(DEFAULT), WORKSPACE)
    assert workspace["sku"] == {"name": "PerGB2018"}
    assert workspace["retentionInDays"] == 30
    assert workspace["features"]["disableLocalAuth"] is True
    assert "workspaceCapping" not in workspace


def test_a_workspace_records_who_reads_it_in_itself() -> None:
    recording = sample(DEFAULT)
    setting = inputs(recording, SETTING)
    assert setting["workspaceId"] == setting["resourceUri"] == recording.of_type(WORKSPACE)[0].id


def test_a_workspace_can_be_capped_and_kept_from_public_addresses() -> None:
    workspace = inputs(run(log_analytics(daily_cap_gb=5, public_query=False, public_ingestion=False)), WORKSPACE)
    assert workspace["workspaceCapping"] == {"dailyQuotaGb": 5}
    assert workspace["publicNetworkAccessForQuery"] == workspace["publicNetworkAccessForIngestion"] == "Disabled"


@pytest.mark.parametrize(("protected", "locked"), [(True, {"apim-logs"}), (False, set[str]())])
def test_a_protected_workspace_asks_for_a_lock(protected: bool, locked: set[str]) -> None:
    seen: set[str] = set()

    def program() -> None:
        args: Any = {**Ground().common, "deletion_protection": protected}
        made = LogAnalytics("apim-logs", args)
        seen.update(made.locked)

    assert run(program).of_type(WORKSPACE)[0].protect is protected
    assert seen == locked


@pytest.mark.parametrize(
    ("more", "path"), [({"retention_days": 29}, "retention_days"), ({"daily_cap_gb": 0}, "daily_cap_gb")]
)
def test_a_workspace_that_azure_refuses_is_refused_at_once(more: dict[str, Any], path: str) -> None:
    assert path in refused(log_analytics(**more))


def test_a_setting_that_sends_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        diagnose("apim", "/x", {"workspace_id": "/y"}, logs=False, metrics=False)


@pytest.mark.parametrize(
    ("logs", "metrics", "sent"),
    [(True, True, {"logs", "metrics"}), (True, False, {"logs"}), (False, True, {"metrics"})],
)
def test_logs_and_metrics_are_sent_as_asked_for(logs: bool, metrics: bool, sent: set[str]) -> None:
    def program() -> None:
        workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
        diagnose("apim", Ground().vault().id, {"workspace_id": workspace}, logs=logs, metrics=metrics)

    setting = inputs(record(program), SETTING)
    assert {kind for kind in ("logs", "metrics") if setting.get(kind)} == sent


# -- alarms -----------------------------------------------------------------------------------------------------------------------------------


ALARMED = alarms()


def test_each_row_of_the_data_makes_an_alert_that_tells_the_group() -> None:
    recording = sample(ALARMED)
    group = recording.of_type(GROUP)[0]
    made = {alert.name: alert.inputs for alert in recording.of_type(ALERT)}
    assert set(made) == {f"apim-alarms-keys-{row}" for row in alarm_data()["alarms"]["vault"]}
    for alert in made.values():
        assert alert["actions"] == [{"actionGroupId": group.id}]
        assert alert["location"] == "global"


def test_azures_own_incidents_are_told() -> None:
    found = sample(ALARMED).of_type("azure-native:monitor:ActivityLogAlert")
    assert {each.name for each in found} == {f"apim-alarms-{event}" for event in EVENTS}
    categories = {each.inputs["condition"]["allOf"][0]["equals"] for each in found}
    assert categories == {"ServiceHealth", "ResourceHealth"}


def test_rows_of_the_data_are_whole() -> None:
    data = alarm_data()
    assert set(data["resource_types"]) == set(data["alarms"])
    for rows in data["alarms"].values():
        for row in rows.values():
            assert ("above" in row) != ("below" in row)
            assert 0 <= row["severity"] <= 4
            assert row["source"]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"email": []}, "email"),
        ({"short_name": "api-management"}, "short_name"),
        ({"watched": [{"name": "a", "kind": "toaster", "resource_id": "/x"}]}, "watched"),
        ({"watched": [{"name": "a", "kind": "vault", "resource_id": "/x"}] * 2}, "watched"),
    ],
)
def test_alarms_that_could_tell_nobody_anything_are_refused(more: dict[str, Any], path: str) -> None:
    assert path in refused(alarms(**more))


def test_an_alarm_on_a_share_of_what_is_not_known_is_left_out() -> None:
    def program(**facts: float) -> Any:
        part = {"name": "db", "kind": "mysql", "resource_id": _server(), "facts": facts}
        return alarms(watched=[part])

    without, with_ = record(program()), record(program(connections=1000.0))
    extra = {each.name for each in with_.of_type(ALERT)} - {each.name for each in without.of_type(ALERT)}
    assert extra == {"apim-alarms-db-connections"}
    alert = next(each.inputs for each in with_.of_type(ALERT) if each.name.endswith("connections"))
    assert alert["criteria"]["allOf"][0]["threshold"] == 800


def _server() -> str:
    other = "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/g"
    return f"{other}/providers/Microsoft.DBforMySQL/flexibleServers/db"


# -- the cluster's logs and metrics -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logs", "metrics", "associations"),
    [
        (
            True,
            True,
            {"configurationAccessEndpoint", "ContainerInsightsExtension", "ContainerInsightsMetricsExtension"},
        ),
        (True, False, {"configurationAccessEndpoint", "ContainerInsightsExtension"}),
        (False, True, {"configurationAccessEndpoint", "ContainerInsightsMetricsExtension"}),
    ],
)
def test_the_cluster_sends_what_is_asked_for(logs: bool, metrics: bool, associations: set[str]) -> None:
    recording = run(export(logs=logs, metrics=metrics))
    assert {each.inputs["associationName"] for each in recording.of_type(ASSOCIATION)} == associations


def test_an_export_of_nothing_is_refused() -> None:
    assert "nothing is collected" in refused(export(logs=False, metrics=False))


def test_rules_are_in_the_words_of_managed_prometheus() -> None:
    recording = run(
        rules(
            {"record": "apim_calls", "expr": "sum(calls)", "labels": {"stack": "a"}},
            {"alert": "Down", "expr": "up == 0", "wait": "10m", "severity": "critical"},
        )
    )
    recorded, alert = inputs(recording, RULES)["rules"]
    assert recorded["record"] == "apim_calls"
    assert "severity" not in recorded
    assert (alert["alert"], alert["for"], alert["severity"]) == ("Down", "PT10M", 1)
    assert "actions" not in alert


@pytest.mark.parametrize(("given", "wanted"), [("10m", "PT10M"), ("1h", "PT1H"), ("30s", "PT30S")])
def test_durations_become_those_of_iso_8601(given: str, wanted: str) -> None:
    assert duration(given) == wanted


def test_grafana_reads_metrics_and_nothing_else() -> None:
    recording = run(grafana())
    assert roles(recording) == {"Monitoring Data Reader", "Monitoring Reader"}
    made = inputs(recording, "azure-native:dashboard:Grafana")
    assert made["properties"]["apiKey"] == "Disabled"
    assert len(made["workspaceName"]) <= 23


def test_groups_of_the_tenant_administer_grafana() -> None:
    group = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
    recording = run(grafana(administrator_group_ids=[group]))
    found = [each.inputs for each in recording.of_type(ROLE) if each.inputs["principalId"] == group]
    assert [each["principalType"] for each in found] == ["Group"]
    assert "Grafana Admin" in roles(recording)
