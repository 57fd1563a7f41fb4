"""What a cluster sends to Azure Monitor: container logs to Log Analytics, Prometheus metrics to managed Prometheus."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.tags import Tags
from components.common import refuse

LOG_STREAMS = (
    "Microsoft-ContainerLogV2",
    "Microsoft-KubeEvents",
    "Microsoft-KubePodInventory",
    "Microsoft-KubeNodeInventory",
)
"""What container insights collects: logs, events, and which pods and nodes there were (Azure Monitor documentation, container insights,
data collection settings, 2026)."""

LONGEST_ENDPOINT_NAME = 44
"""Longest name of an endpoint; own knowledge: the portal cuts names there."""

METRIC_STREAM = "Microsoft-PrometheusMetrics"


class AzureMonitorExportArgs(TypedDict):
    """Arguments of `AzureMonitorExport`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of rules and endpoint."""
    location: pulumi.Input[str]
    """Region of the cluster and of the workspaces."""
    subscription_id: pulumi.Input[str]
    """Subscription of everything here."""
    cluster_id: pulumi.Input[str]
    """Cluster whose logs and metrics are collected; its add-ons must be switched on."""
    log_workspace_id: NotRequired[pulumi.Input[str]]
    """Log Analytics workspace that gets the logs; no logs by default."""
    metric_workspace_id: NotRequired[pulumi.Input[str]]
    """Workspace of Azure Monitor that gets the metrics; no metrics by default."""
    public_ingestion: NotRequired[bool]
    """Whether the endpoint takes data from public addresses too, with the cluster's own token. Default true."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where errors of the rules are recorded; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


def _problems(args: AzureMonitorExportArgs) -> Iterator[tuple[str, str]]:
    if "log_workspace_id" not in args and "metric_workspace_id" not in args:
        yield "log_workspace_id", "nothing is collected: give it, metric_workspace_id or both, or leave the export out"


class AzureMonitorExport(pulumi.ComponentResource):
    """The endpoint that agents in the cluster send to, a rule for logs and one for metrics, and their associations with the cluster.

    Children: `endpoint` and `endpoint-association`; `logs` and `metrics`, each with its association and its diagnostics.
    """

    def __init__(self, name: str, args: AzureMonitorExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:AzureMonitorExport", name, {**args}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self)
        self.endpoint = azure.monitor.DataCollectionEndpoint(
            f"{name}-endpoint",
            data_collection_endpoint_name=unique_name(name, args["subscription_id"], LONGEST_ENDPOINT_NAME),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind="Linux",
            description="Takes logs and metrics of the cluster",
            network_acls=azure.monitor.DataCollectionEndpointNetworkAclsArgs(
                public_network_access="Enabled" if args.get("public_ingestion", True) else "Disabled"
            ),
            tags=args.get("tags"),
            opts=self._child,
        )
        # The name by which agents find the endpoint of their own configuration.
        self.endpoint_association = azure.monitor.DataCollectionRuleAssociation(
            f"{name}-endpoint-association",
            resource_uri=args["cluster_id"],
            association_name="configurationAccessEndpoint",
            data_collection_endpoint_id=self.endpoint.id,
            opts=self._child,
        )
        self.logs = self._logs(name, args, args["log_workspace_id"]) if "log_workspace_id" in args else None
        self.metrics = self._metrics(name, args, args["metric_workspace_id"]) if "metric_workspace_id" in args else None
        self.associations = [
            self._associate(name, args, purpose, association, rule)
            for purpose, association, rule in (
                ("logs", "ContainerInsightsExtension", self.logs),
                ("metrics", "ContainerInsightsMetricsExtension", self.metrics),
            )
            if rule is not None
        ]
        for purpose, rule in (("logs", self.logs), ("metrics", self.metrics)):
            if rule is not None and "diagnostics" in args:
                diagnose(f"{name}-{purpose}", rule.id, args["diagnostics"], opts=self._child)
        self.register_outputs({})

    def _logs(
        self, name: str, args: AzureMonitorExportArgs, workspace_id: pulumi.Input[str]
    ) -> azure.monitor.DataCollectionRule:
        settings = {"interval": "1m", "namespaceFilteringMode": "Off", "enableContainerLogV2": True}
        return azure.monitor.DataCollectionRule(
            f"{name}-logs",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind="Linux",
            data_collection_endpoint_id=self.endpoint.id,
            data_sources=azure.monitor.DataCollectionRuleDataSourcesArgs(
                extensions=[
                    azure.monitor.ExtensionDataSourceArgs(
                        name="ContainerInsightsExtension",
                        extension_name="ContainerInsights",
                        streams=list(LOG_STREAMS),
                        extension_settings={"dataCollectionSettings": settings},
                    )
                ]
            ),
            destinations=azure.monitor.DataCollectionRuleDestinationsArgs(
                log_analytics=[
                    azure.monitor.LogAnalyticsDestinationArgs(name="workspace", workspace_resource_id=workspace_id)
                ]
            ),
            data_flows=[azure.monitor.DataFlowArgs(streams=list(LOG_STREAMS), destinations=["workspace"])],
            tags=args.get("tags"),
            opts=self._child,
        )

    def _metrics(
        self, name: str, args: AzureMonitorExportArgs, workspace_id: pulumi.Input[str]
    ) -> azure.monitor.DataCollectionRule:
        return azure.monitor.DataCollectionRule(
            f"{name}-metrics",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind="Linux",
            data_collection_endpoint_id=self.endpoint.id,
            data_sources=azure.monitor.DataCollectionRuleDataSourcesArgs(
                prometheus_forwarder=[
                    azure.monitor.PrometheusForwarderDataSourceArgs(
                        name="PrometheusDataSource", streams=[METRIC_STREAM]
                    )
                ]
            ),
            destinations=azure.monitor.DataCollectionRuleDestinationsArgs(
                monitoring_accounts=[
                    azure.monitor.MonitoringAccountDestinationArgs(name="workspace", account_resource_id=workspace_id)
                ]
            ),
            data_flows=[azure.monitor.DataFlowArgs(streams=[METRIC_STREAM], destinations=["workspace"])],
            tags=args.get("tags"),
            opts=self._child,
        )

    def _associate(
        self,
        name: str,
        args: AzureMonitorExportArgs,
        purpose: str,
        association: str,
        rule: azure.monitor.DataCollectionRule,
    ) -> azure.monitor.DataCollectionRuleAssociation:
        return azure.monitor.DataCollectionRuleAssociation(
            f"{name}-{purpose}-association",
            resource_uri=args["cluster_id"],
            association_name=association,
            data_collection_rule_id=rule.id,
            opts=self._child,
        )
