"""Rules between alarms, Azure Monitor and the rest of the settings."""

from collections.abc import Iterator

from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

ALERTS, EXPORT = "observability.alerts", "observability.exporters.azure_monitor"


def azure_observability_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with alarms, and with what the cluster sends to Azure Monitor."""
    alerts, export = settings.observability.alerts, settings.observability.exporters.azure_monitor
    if alerts.cloud_alarms and not alerts.email:
        fix = f"add {ALERTS}.email (with smtp), or set it to false"
        yield Violation(f"{ALERTS}.cloud_alarms", True, "needs somebody who is told", fix)
    if export is None:
        return
    if not export.logs and not export.metrics:
        rule = "has no effect without logs and metrics"
        yield Violation(EXPORT, "azure_monitor", rule, "switch one of them on, or remove it")
    if settings.cluster.existing is not None:
        yield Violation(
            EXPORT,
            settings.cluster.existing.name,
            "needs add-ons of the cluster, and one that is brought along is not changed",
            "remove it, and switch the add-ons on at the cluster's owner",
        )
    if settings.network.nat is NatMode.NONE and settings.network.existing is None:
        yield Violation(
            EXPORT,
            "azure_monitor",
            "sends logs and metrics to public addresses of the cloud: a network without NAT keeps them inside",
            "set network.nat to single, or remove it",
        )
