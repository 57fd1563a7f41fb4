"""Azure Monitor: what the cluster sends to it, and the alerts that it makes of it, from the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.platform.observability import alert_rules
from apim_infra.settings.stack import StackSettings
from components.azure.alarms import Alarms
from components.azure.cluster import Cluster
from components.azure.dashboard import Grafana
from components.azure.existing_cluster import ExistingCluster
from components.azure.export_azure_monitor import AzureMonitorExport, AzureMonitorExportArgs
from components.azure.log_analytics import LogAnalytics
from components.azure.monitor_workspace import MetricRule, MetricRules, MetricRulesArgs, MonitorWorkspace
from components.kubernetes.alert_rules import rule_groups


@dataclass(frozen=True, slots=True)
class ClusterMonitoring:
    """Where the cluster's logs and metrics go beside the platform's own observability; nowhere when both are None."""

    settings: StackSettings
    naming: Naming
    foundation: Foundation
    logs: LogAnalytics | None = None
    """Workspace of container logs: the cluster's add-on for them is on."""
    metrics: MonitorWorkspace | None = None
    """Workspace of Prometheus metrics: the cluster's add-on for them is on."""

    @property
    def insights_workspace_id(self) -> pulumi.Output[str] | None:
        """Workspace that the cluster's add-on for container logs is told; None when it is off."""
        return self.logs.id if self.logs else None

    @property
    def managed_prometheus(self) -> bool:
        """Whether the cluster's add-on for metrics is on."""
        return self.metrics is not None

    def attach(self, cluster: Cluster | ExistingCluster) -> None:
        """Tell the agents of the cluster what they collect and where it goes."""
        if self.logs is None and self.metrics is None:
            return
        args: AzureMonitorExportArgs = {
            "resource_group_name": self.foundation.resource_group_name,
            "location": self.foundation.location,
            "subscription_id": self.foundation.subscription_id,
            "cluster_id": cluster.id,
            "diagnostics": self.foundation.diagnostics,
            "tags": self.naming.tags,
        }
        if self.logs is not None:
            args["log_workspace_id"] = self.logs.id
        if self.metrics is not None:
            args["metric_workspace_id"] = self.metrics.id
        AzureMonitorExport(self.naming.name("azure-monitor"), args, self.foundation.options)

    def watch(self, cluster: Cluster | ExistingCluster, alarms: Alarms | None) -> None:
        """Have managed Prometheus work out the platform's own series and alerts; whoever hears of alarms hears of these."""
        if self.metrics is None:
            return
        args: MetricRulesArgs = {
            "resource_group_name": self.foundation.resource_group_name,
            "location": self.foundation.location,
            "workspace_id": self.metrics.id,
            "cluster_id": cluster.id,
            "cluster_name": cluster.name,
            "groups": dict(_rule_groups(self.settings, self.naming)),
            "tags": self.naming.tags,
        }
        if alarms is not None:
            args["action_group_id"] = alarms.action_group_id
        MetricRules(self.naming.name("metric-rules"), args, self.foundation.options)


def build_cluster_monitoring(settings: StackSettings, naming: Naming, foundation: Foundation) -> ClusterMonitoring:
    """Build the workspaces that the cluster sends to, and the Grafana that shows them, as far as they are asked for."""
    wanted = settings.observability.exporters.azure_monitor
    if wanted is None:
        return ClusterMonitoring(settings, naming, foundation)
    logs = metrics = None
    if wanted.logs:
        logs = LogAnalytics(
            naming.name("container-logs"),
            {
                "resource_group_name": foundation.resource_group_name,
                "location": foundation.location,
                "retention_days": wanted.retention_days,
                "deletion_protection": settings.deletion_protection,
                "tags": naming.tags,
            },
            foundation.options,
        )
    if wanted.metrics:
        metrics = MonitorWorkspace(
            naming.name("metrics"),
            {
                "resource_group_name": foundation.resource_group_name,
                "location": foundation.location,
                "diagnostics": foundation.diagnostics,
                "tags": naming.tags,
            },
            foundation.options,
        )
        if wanted.grafana:
            _grafana(settings, naming, foundation, metrics)
    return ClusterMonitoring(settings, naming, foundation, logs, metrics)


def _grafana(settings: StackSettings, naming: Naming, foundation: Foundation, metrics: MonitorWorkspace) -> None:
    Grafana(
        naming.name("grafana"),
        {
            "resource_group_name": foundation.resource_group_name,
            "resource_group_id": foundation.resource_group_id,
            "subscription_id": foundation.subscription_id,
            "location": foundation.location,
            "workspaces": {"metrics": metrics.id},
            "zone_redundant": len(foundation.zones) > 1,
            "administrator_group_ids": settings.cluster.administrators,
            "diagnostics": foundation.diagnostics,
            "tags": naming.tags,
        },
        foundation.options,
    )


def _rule_groups(settings: StackSettings, naming: Naming) -> Iterator[tuple[str, list[MetricRule]]]:
    """Yield the platform's own rules, in the words of managed Prometheus."""
    for group in rule_groups(alert_rules(settings, naming)):
        yield group["name"].replace(".", "-"), [_rule(rule) for rule in group["rules"]]


def _rule(rule: Mapping[str, Any]) -> MetricRule:
    if "record" in rule:
        return MetricRule(record=rule["record"], expr=rule["expr"], labels=rule["labels"])
    return MetricRule(
        alert=rule["alert"],
        expr=rule["expr"],
        wait=rule["for"],
        severity=rule["labels"]["severity"],
        labels=rule["labels"],
        annotations=rule["annotations"],
    )
