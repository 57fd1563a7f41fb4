"""Metrics, alerts and logs, from the settings."""

import pulumi

from apim_infra.planning.placement import control_plane_service_port
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import LOGGING_NAMESPACE, MONITORING_NAMESPACE
from components.kubernetes.log_collector import AnalysisSink
from components.kubernetes.logging import Logging
from components.kubernetes.monitoring import AlertReceivers, Monitoring


def build_observability(
    settings: StackSettings, naming: Naming, options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Build what is switched on; return it, since others use the kinds that it brings."""
    built: list[pulumi.Resource] = []
    where = placement(settings, "monitoring")
    wanted = settings.observability
    if wanted.metrics.enabled:
        built.append(
            Monitoring(
                naming.name("monitoring"),
                {
                    "namespace": MONITORING_NAMESPACE,
                    "placement": where,
                    "retention_days": wanted.metrics.retention_days,
                    "storage_gib": wanted.metrics.storage_gb,
                    "alerts": _receivers(settings),
                },
                options,
            )
        )
    if wanted.logs.enabled:
        built.append(
            Logging(
                naming.name("logging"),
                {
                    "namespace": LOGGING_NAMESPACE,
                    "placement": where,
                    "retention_days": wanted.logs.retention_days,
                    "storage_gib": wanted.logs.storage_gb,
                    "analysis": [_analysis(deployment.settings) for deployment in deployments(settings)],
                },
                options,
            )
        )
    return built


def _analysis(settings: StackSettings) -> AnalysisSink:
    """Return the analysis manager of a deployment, which gets the logs of its own gateways."""
    return {
        "host": f"analysis-manager.{settings.control_plane.namespace}.svc",
        "port": control_plane_service_port(),
        "gateway_namespace": settings.gateway.namespace,
    }


def _receivers(settings: StackSettings) -> AlertReceivers:
    alerts = settings.observability.alerts
    receivers: AlertReceivers = {}
    if alerts.slack_webhook is not None:
        receivers["slack_webhook"] = pulumi.Output.secret(alerts.slack_webhook.get_secret_value())
    if alerts.smtp is not None:
        receivers["email"] = alerts.email
        receivers["smtp"] = {"host": alerts.smtp.host, "sender": alerts.smtp.sender}
        if alerts.smtp.username is not None and alerts.smtp.password is not None:
            receivers["smtp"]["username"] = alerts.smtp.username
            receivers["smtp"]["password"] = pulumi.Output.secret(alerts.smtp.password.get_secret_value())
    return receivers
