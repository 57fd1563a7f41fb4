"""Azure Monitor on Azure: what the cluster sends to it, and alarms on what was built, from the settings."""

from dataclasses import dataclass

import pulumi

from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from components.azure.cluster import Cluster
from components.azure.export_azure_monitor import AzureMonitorExport, AzureMonitorExportArgs
from components.azure.log_analytics import LogAnalytics
from components.azure.monitor_workspace import MonitorWorkspace


@dataclass(frozen=True, slots=True)
class ClusterMonitoring:
    """Where the cluster's logs and metrics go beside the platform's own observability; nowhere when both are None."""

    settings: StackSettings
    naming: Naming
    foundation: Foundation
    logs: LogAnalytics | None
    """Workspace of container logs: the cluster's add-on for them is on."""
    metrics: MonitorWorkspace | None
    """Workspace of Prometheus metrics: the cluster's add-on for them is on."""

    @property
    def insights_workspace_id(self) -> pulumi.Output[str] | None:
        """Workspace that the cluster's add-on for container logs is told; None when it is off."""
        return self.logs.id if self.logs else None

    @property
    def managed_prometheus(self) -> bool:
        """Whether the cluster's add-on for metrics is on."""
        return self.metrics is not None

    def attach(self, cluster: Cluster) -> None:
        """Tell the agents of the cluster what they collect and where it goes."""
        if self.logs is None and self.metrics is None:
            return
        args: AzureMonitorExportArgs = {
            "resource_group_name": self.foundation.resource_group_name,
            "location": self.foundation.location,
            "cluster_id": cluster.id,
            "tags": self.naming.tags,
        }
        if self.logs is not None:
            args["log_workspace_id"] = self.logs.id
        if self.metrics is not None:
            args["metric_workspace_id"] = self.metrics.id
        AzureMonitorExport(self.naming.name("azure-monitor"), args, self.foundation.options)


def build_cluster_monitoring(settings: StackSettings, naming: Naming, foundation: Foundation) -> ClusterMonitoring:
    """Build the workspaces that the cluster sends to, and the Grafana that shows them, as far as they are asked for."""
    wanted = settings.observability.exporters.azure_monitor
    if wanted is None:
        return ClusterMonitoring(settings, naming, foundation, None, None)
    ground, options = _ground(naming, foundation), foundation.options
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
            options,
        )
    if wanted.metrics:
        metrics = MonitorWorkspace(
            naming.name("metrics"),
            {
                "resource_group_name": foundation.resource_group_name,
                "location": foundation.location,
                "tags": naming.tags,
            },
            options,
        )
    return ClusterMonitoring(settings, naming, foundation, logs, metrics)
