"""Managed Prometheus: a workspace for metrics, and the platform's alert rules over them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.tags import Tags

SEVERITIES: Mapping[str, int] = {"critical": 1, "warning": 2}
"""Severity of the platform's alerts to that of Azure Monitor, 0 to 4."""


class MetricRule(TypedDict):
    """A rule in Prometheus' own words."""

    expr: str
    """Expression in PromQL."""
    record: NotRequired[str]
    """Series that it makes, for a recording rule."""
    alert: NotRequired[str]
    """Name of the alert that it raises, for an alert rule."""
    wait: NotRequired[str]
    """How long it must hold before the alert is raised, such as `10m`."""
    severity: NotRequired[str]
    """`critical` or `warning`."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of the series or of the alert."""
    annotations: NotRequired[Mapping[str, str]]
    """What a reader of the alert is told."""


class MonitorWorkspaceArgs(TypedDict):
    """Arguments of `MonitorWorkspace`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the workspace."""
    location: pulumi.Input[str]
    """Region of the workspace."""
    public_access: NotRequired[bool]
    """Whether metrics are read from public addresses too, with a token of the tenant. Default true."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where it is recorded who reads; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class MonitorWorkspace(pulumi.ComponentResource):
    """A workspace of Azure Monitor, which keeps metrics for 18 months; nobody can change that.

    Children: `workspace` and its `diagnostics`.
    """

    id: pulumi.Output[str]
    """Identifier of the workspace."""
    query_endpoint: pulumi.Output[str]
    """Address at which it is asked in PromQL."""

    def __init__(self, name: str, args: MonitorWorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:MonitorWorkspace", name, {**args}, opts)
        self.workspace = azure.monitor.AzureMonitorWorkspace(
            f"{name}-workspace",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            public_network_access="Enabled" if args.get("public_access", True) else "Disabled",
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = self.workspace.id
        if "diagnostics" in args:
            diagnose(f"{name}-workspace", self.id, args["diagnostics"], opts=pulumi.ResourceOptions(parent=self))
        self.query_endpoint = self.workspace.metrics.apply(lambda metrics: metrics.prometheus_query_endpoint or "")
        self.register_outputs({"id": self.id, "queryEndpoint": self.query_endpoint})


class MetricRulesArgs(TypedDict):
    """Arguments of `MetricRules`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the rules."""
    location: pulumi.Input[str]
    """Region of the workspace."""
    workspace_id: pulumi.Input[str]
    """Workspace whose metrics the rules read."""
    cluster_id: pulumi.Input[str]
    """Cluster whose metrics the rules read."""
    cluster_name: pulumi.Input[str]
    """Its name, which every series of it carries."""
    groups: Mapping[str, Sequence[MetricRule]]
    """Rules by the name of their group."""
    action_group_id: NotRequired[pulumi.Input[str]]
    """Action group that hears of the alerts; they only stand in Azure Monitor by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class MetricRules(pulumi.ComponentResource):
    """Recording and alert rules over the metrics of one cluster, a rule group for each group. Alerts are over when nothing is wrong for 10 minutes."""

    def __init__(self, name: str, args: MetricRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:MetricRules", name, {}, opts)
        self.groups = {
            group: azure.alertsmanagement.PrometheusRuleGroup(
                f"{name}-{group}",
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                description=f"Rules of the platform: {group}",
                enabled=True,
                interval="PT1M",
                scopes=[args["workspace_id"], args["cluster_id"]],
                cluster_name=args["cluster_name"],
                rules=[_rule(rule, args.get("action_group_id")) for rule in rules],
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group, rules in args["groups"].items()
        }
        self.register_outputs({})


def _rule(rule: MetricRule, action_group_id: pulumi.Input[str] | None) -> azure.alertsmanagement.PrometheusRuleArgs:
    if "record" in rule:
        return azure.alertsmanagement.PrometheusRuleArgs(
            record=rule["record"], expression=rule["expr"], labels=rule.get("labels"), enabled=True
        )
    return azure.alertsmanagement.PrometheusRuleArgs(
        alert=rule.get("alert"),
        expression=rule["expr"],
        for_=duration(rule.get("wait", "5m")),
        severity=SEVERITIES.get(rule.get("severity", "warning"), 3),
        labels=rule.get("labels"),
        annotations=rule.get("annotations"),
        enabled=True,
        resolve_configuration=azure.alertsmanagement.PrometheusRuleResolveConfigurationArgs(
            auto_resolved=True, time_to_resolve="PT10M"
        ),
        actions=(
            [azure.alertsmanagement.PrometheusRuleGroupActionArgs(action_group_id=action_group_id)]
            if action_group_id is not None
            else None
        ),
    )


def duration(text: str) -> str:
    """Return a duration of Prometheus of one unit, such as `10m` or `1h`, as ISO 8601 has it."""
    return f"PT{text.upper()}"
