"""Logs and metrics of an Azure resource, sent to the stack's workspace."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

ALL_LOGS = "allLogs"
"""Category group that holds every log of a type, those of later years too."""
ALL_METRICS = "AllMetrics"
"""The one category of metrics."""


class DiagnosticsArgs(TypedDict):
    """Where a resource sends its logs and metrics."""

    workspace_id: pulumi.Input[str]
    """Log Analytics workspace."""
    storage_account_id: NotRequired[pulumi.Input[str]]
    """Storage account that keeps a copy, in the resource's own region; none by default."""


def diagnose(
    name: str,
    resource_id: pulumi.Input[str],
    args: DiagnosticsArgs,
    *,
    logs: bool = True,
    metrics: bool = True,
    opts: pulumi.ResourceOptions | None = None,
) -> azure.monitor.DiagnosticSetting:
    """Send the logs and metrics of a resource to the workspace; the setting is called `{name}-diagnostics`.

    `name` is the logical name of the resource. Types without logs (storage accounts: their services have them) or without metrics (network
    security groups, data collection rules) are refused by Azure with what they lack, so their callers switch it off. A sub-resource is
    named by its path: `{storage account}/blobServices/default`.

    Raises `ValueError` when both are switched off.
    """
    if not (logs or metrics):
        raise ValueError(f"{name}: a diagnostic setting sends logs, metrics or both: leave it out instead")
    return azure.monitor.DiagnosticSetting(
        f"{name}-diagnostics",
        resource_uri=resource_id,
        workspace_id=args["workspace_id"],
        storage_account_id=args.get("storage_account_id"),
        logs=[azure.monitor.DiagnosticsLogSettingsArgs(category_group=ALL_LOGS, enabled=True)] if logs else None,
        metrics=[azure.monitor.DiagnosticsMetricSettingsArgs(category=ALL_METRICS, enabled=True)] if metrics else None,
        opts=opts,
    )
