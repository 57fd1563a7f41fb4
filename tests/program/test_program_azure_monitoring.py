"""Logs, metrics and alarms on Azure: what each switch adds to a whole stack, and that everything which can say something does."""

import re
from functools import cache

import pytest
from program_support import ROOT, of_type, record_stack

from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import Recording
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.monitor_diagnostics import diagnostics_by_type
from apim_infra.rehearsal.twins.azure.table import all_types
from apim_infra.settings.violations import SettingsError

pytestmark = pytest.mark.slow

STACK, RICH = "azure-standard", "azure-full"
SETTING, WORKSPACE = "azure-native:monitor:DiagnosticSetting", "azure-native:operationalinsights:Workspace"
ALERT = "azure-native:monitor:MetricAlert"
ALARMS = "observability.alerts.cloud_alarms=true"
EXPORT = "observability.exporters.azure_monitor={}"
SILENT = {"Microsoft.Compute/virtualMachines"}
"""Types whose only log is that of the guest's updates: what happens in a machine goes to its own agent."""


@cache
def recorded(*overrides: str, stack: str = STACK) -> Recording:
    recording = record_stack(stack, *overrides, file=ROOT / f"examples/{stack}/Pulumi.{stack}.yaml")
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


def short(urn: str) -> str:
    return re.sub(rf"^apim-({STACK}|{RICH})-", "", urn.rpartition("::")[2])


def names(graph: Graph) -> set[str]:
    return {short(resource.urn) for resource in graph.resources}


def added(*overrides: str, to: tuple[str, ...] = ()) -> set[str]:
    """Return what an option adds; it must remove nothing."""
    before, after = names(recorded(*to).graph), names(recorded(*to, *overrides).graph)
    assert before - after == set()
    return after - before


def changed(*overrides: str) -> set[str]:
    """Return the resources whose inputs an option changes, components left out."""
    old = {resource.urn: resource for resource in recorded().graph.resources}
    new = {resource.urn: resource for resource in recorded(*overrides).graph.resources}
    return {short(urn) for urn in old.keys() & new.keys() if old[urn].custom and old[urn].inputs != new[urn].inputs}


def only(found: set[str], *patterns: str) -> None:
    """Hold names to patterns: each name fits one, each pattern is met."""
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in found), f"nothing is like {pattern} in {sorted(found)}"
    assert [name for name in sorted(found) if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []


def speaking(graph: Graph) -> list[Resource]:
    """Return the resources that have logs."""
    types, sends = all_types(), diagnostics_by_type()
    return [
        resource
        for resource in graph.resources
        if resource.type in types
        and types[resource.type].arm_type not in SILENT
        and "logs" in sends.get(types[resource.type].arm_type.lower(), ())
    ]


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param((STACK,), id=STACK),
        pytest.param((STACK, EXPORT, ALARMS, "backup.enabled=true"), id="with exports and backups"),
        pytest.param((RICH, "tier=stg"), id=RICH),
    ],
)
def test_everything_that_has_logs_sends_them_to_the_workspace(recording: tuple[str, ...]) -> None:
    stack, *overrides = recording
    graph = recorded(*overrides, stack=stack).graph
    settings = of_type(graph, SETTING)
    told = {ids.key(setting.inputs["resourceUri"]) for setting in settings if setting.inputs.get("logs")}
    assert len(speaking(graph)) > 5
    assert [short(each.urn) for each in speaking(graph) if ids.key(each.id) not in told] == []
    workspaces = {ids.key(each.id) for each in of_type(graph, WORKSPACE)}
    assert {ids.key(setting.inputs["workspaceId"]) for setting in settings} <= workspaces


def test_no_resource_sends_the_same_twice() -> None:
    sources = [setting.inputs["resourceUri"] for setting in of_type(recorded().graph, SETTING)]
    assert len(sources) == len(set(sources))


def test_the_workspace_keeps_logs_as_long_as_the_settings_say() -> None:
    def kept(recording: Recording) -> float:
        return next(each for each in of_type(recording.graph, WORKSPACE)).inputs["retentionInDays"]

    assert kept(recorded()) == 90
    assert kept(recorded("cluster.log_retention_days=365")) == 365
    assert changed("cluster.log_retention_days=365") == {"logs-workspace"}


@pytest.mark.parametrize("days", [7, 29, 731])
def test_retention_that_the_workspace_does_not_take_is_refused(days: int) -> None:
    with pytest.raises(SettingsError) as refused:
        recorded(f"cluster.log_retention_days={days}")
    assert [violation.path for violation in refused.value.violations] == ["cluster.log_retention_days"]
    assert "30 to 730" in refused.value.violations[0].rule


def test_the_export_adds_workspaces_rules_and_a_grafana() -> None:
    only(
        added(EXPORT),
        "azure-monitor(-endpoint|-logs|-metrics)?(-association)?",
        "azure-monitor-(logs|metrics)-diagnostics",
        "container-logs(-workspace(-diagnostics)?)?",
        "metrics(-workspace(-diagnostics)?)?",
        "metric-rules(-apim-.*)?",
        "azure-metrics(-scrapes|-settings)?",
        "flows-dns-to-(gateway|ingress-controller|platform|logging)-ingress",
        "grafana(-grafana(-diagnostics)?|-reads-metrics|-reads-resources|-administrators-.*)?",
    )


def test_the_export_switches_the_add_ons_of_the_cluster_on() -> None:
    # Nodes with agents on them have less room for services.
    assert changed(EXPORT) == {"cluster", "microservices-quota"}


@pytest.mark.parametrize(
    ("override", "missing"),
    [
        ('{"logs":false}', ("azure-monitor-logs.*", "container-logs.*")),
        (
            '{"metrics":false,"grafana":false}',
            (
                "azure-monitor-metrics.*",
                "metrics(-.*)?",
                "metric-rules.*",
                "grafana.*",
                "azure-metrics.*",
                "flows-dns-to-.*",
            ),
        ),
        ('{"grafana":false}', ("grafana.*",)),
    ],
)
def test_each_part_of_the_export_has_its_own_switch(override: str, missing: tuple[str, ...]) -> None:
    whole, part = added(EXPORT), added(f"observability.exporters.azure_monitor={override}")
    assert part <= whole
    only(whole - part, *missing)


def test_container_logs_are_kept_as_long_as_the_export_says() -> None:
    graph = recorded('observability.exporters.azure_monitor={"retention_days":365}').graph
    kept = {short(each.urn): each.inputs["retentionInDays"] for each in of_type(graph, WORKSPACE)}
    assert kept == {"logs-workspace": 90, "container-logs-workspace": 365}


def test_alarms_add_a_group_and_alerts() -> None:
    only(
        added(ALARMS),
        "alarms(-group|-service-health|-resource-health)?",
        "alarms-(mariadb|postgresql|gateway-postgresql|redis|cluster|keys|nat|log-storage|public-address)-.*",
    )


def test_every_alert_tells_the_addresses_of_the_settings() -> None:
    graph = recorded(ALARMS).graph
    group = of_type(graph, "azure-native:monitor:ActionGroup")[0]
    assert [each["emailAddress"] for each in group.inputs["emailReceivers"]] == ["apim-oncall@example.com"]
    assert len(group.inputs["groupShortName"]) <= 12
    for alert in of_type(graph, ALERT):
        assert [action["actionGroupId"] for action in alert.inputs["actions"]] == [group.id]


def test_alarms_watch_what_the_stack_has() -> None:
    graph = recorded(ALARMS).graph
    watched = {ids.type_of(alert.inputs["scopes"][0]).lower() for alert in of_type(graph, ALERT)}
    assert {
        "microsoft.dbformysql/flexibleservers",
        "microsoft.dbforpostgresql/flexibleservers",
        "microsoft.cache/redisenterprise",
        "microsoft.containerservice/managedclusters",
        "microsoft.network/natgateways",
    } <= watched


def test_alarms_hear_of_the_rules_of_managed_prometheus() -> None:
    rules = of_type(recorded(EXPORT, ALARMS).graph, "azure-native:alertsmanagement:PrometheusRuleGroup")
    alerts = [rule for group in rules for rule in group.inputs["rules"] if rule.get("alert")]
    assert alerts
    assert all(rule["actions"] for rule in alerts)
    silent = of_type(recorded(EXPORT).graph, "azure-native:alertsmanagement:PrometheusRuleGroup")
    assert not any(rule.get("actions") for group in silent for rule in group.inputs["rules"])


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (("observability.exporters.cloudwatch={}",), "observability.exporters.cloudwatch"),
        (("observability.exporters.firehose={}",), "observability.exporters.firehose"),
        (
            ('observability.alerts.slack_channel={"workspace_id":"T0123ABCD","channel_id":"C0123ABCD"}',),
            "observability.alerts.slack_channel",
        ),
        (
            ('observability.exporters.azure_monitor={"logs":false,"metrics":false,"grafana":false}',),
            "observability.exporters.azure_monitor",
        ),
        ((EXPORT, "network.nat=none"), "observability.exporters.azure_monitor"),
        ((ALARMS, "observability.alerts.email=[]"), "observability.alerts.cloud_alarms"),
        (
            ("observability.metrics.enabled=false", "observability.metrics.pushgateway=true"),
            "observability.metrics.pushgateway",
        ),
    ],
)
def test_what_is_not_built_is_refused(overrides: tuple[str, ...], path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        recorded(*overrides)
    assert any(violation.path.startswith(path) for violation in refused.value.violations), refused.value.violations


def test_the_pushgateway_adds_itself_and_its_ways_in() -> None:
    only(
        added("observability.metrics.pushgateway=true"),
        "pushgateway(-release)?",
        "flows-(microservices|gateway|control-plane)-to-monitoring-(in|e)gress",
    )
