"""Metrics, alerts and logs, from the settings."""

import pulumi

from apim_infra.planning.flows import ingress_port
from apim_infra.planning.placement import control_plane_service_port, namespaces
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.products.profile import profile
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Product
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import (
    INGRESS_NAMESPACE,
    LOGGING_NAMESPACE,
    MONITORING_NAMESPACE,
    PLATFORM_NAMESPACE,
)
from components.kubernetes.alert_rules import AlertRules, AlertRulesArgs
from components.kubernetes.azure_metrics import AzureMetrics, Scrape
from components.kubernetes.dashboards import Dashboards
from components.kubernetes.kibana import Kibana
from components.kubernetes.log_collector import AnalysisSink
from components.kubernetes.logging import Logging, LoggingArgs, MetricsExporter
from components.kubernetes.monitoring import PROMETHEUS, AlertReceivers, Monitoring
from components.kubernetes.pods import Placement
from components.kubernetes.pushgateway import Pushgateway


def build_observability(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Build what is switched on; return what brings kinds that others use."""
    built: list[pulumi.Resource] = []
    where = placement(settings, "monitoring")
    wanted = settings.observability
    export = wanted.exporters.azure_monitor
    if export is not None and export.metrics:
        AzureMetrics(naming.name("azure-metrics"), {"scrapes": scrapes(settings)}, options)
    if wanted.metrics.enabled:
        monitoring = Monitoring(
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
        built.append(monitoring)
        if wanted.metrics.pushgateway:
            Pushgateway(
                naming.name("pushgateway"),
                {"namespace": MONITORING_NAMESPACE, "placement": where},
                _after(options, monitoring),
            )
        _watch(settings, naming, cloud, _after(options, monitoring))
    if wanted.logs.enabled:
        logging = Logging(naming.name("logging"), _logging_args(settings, cloud, where), options)
        built.append(logging)
        if wanted.dashboards:
            Kibana(
                naming.name("kibana"),
                {"namespace": LOGGING_NAMESPACE, "placement": where},
                _after(options, logging),
            )
    return built


def _after(options: pulumi.ResourceOptions, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return options of a component that waits for others too."""
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(needed)))


def _watch(settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions) -> None:
    """Build what stands on Prometheus: alert rules, dashboards, and the export of metrics."""
    rules = alert_rules(settings, naming)
    built = AlertRules(naming.name("alert-rules"), rules, options)
    if settings.observability.dashboards:
        Dashboards(naming.name("dashboards"), rules, options)
    if cloud.metrics_log_group is not None:
        MetricsExporter(
            naming.name("metrics-exporter"),
            {
                "namespace": LOGGING_NAMESPACE,
                "placement": placement(settings, "monitoring"),
                "sink": {
                    "region": settings.region,
                    "log_group": cloud.metrics_log_group,
                    "prometheus": f"{PROMETHEUS}.{MONITORING_NAMESPACE}.svc",
                },
            },
            # It exports the series that the rules record.
            _after(options, built),
        )


def scrapes(settings: StackSettings) -> list[Scrape]:
    """Return the pods of the platform that its alert rules read the metrics of, and where each has them."""
    envoy = settings.ingress.controller is IngressController.ENVOY_GATEWAY
    found: list[Scrape] = [
        {
            "job": "ingress",
            "namespaces": [INGRESS_NAMESPACE],
            "port": ingress_port(settings, "metrics"),
            "path": "/stats/prometheus" if envoy else "/metrics",
        },
        {"job": "cert-manager", "namespaces": [PLATFORM_NAMESPACE], "port": 9402, "path": "/metrics"},
    ]
    if settings.product is Product.KONG:
        spaces = [each.settings.gateway.namespace for each in deployments(settings)]
        found.append(
            {
                "job": "gateways",
                "namespaces": spaces,
                "port": profile(settings.product).port("status"),
                "path": "/metrics",
            }
        )
    if settings.observability.logs.enabled:
        path = "/api/v1/metrics/prometheus"
        found.append({"job": "fluent-bit", "namespaces": [LOGGING_NAMESPACE], "port": 2020, "path": path})
    return found


def alert_rules(settings: StackSettings, naming: Naming) -> AlertRulesArgs:
    """Return what the platform's own alert rules are made of, for whichever Prometheus."""
    gateways = [each.settings.gateway.namespace for each in deployments(settings)]
    facts = [str(settings.ingress.controller), str(settings.product)]
    return {
        "namespace": MONITORING_NAMESPACE,
        "stack": naming.prefix,
        "gateway_namespaces": gateways,
        "platform_namespaces": [planned.name for planned in namespaces(settings) if planned.name not in gateways],
        "facts": [*facts, "logs"] if settings.observability.logs.enabled else facts,
    }


def _logging_args(settings: StackSettings, cloud: CloudPlatform, where: Placement) -> LoggingArgs:
    logs = settings.observability.logs
    args: LoggingArgs = {
        "namespace": LOGGING_NAMESPACE,
        "placement": where,
        "retention_days": logs.retention_days,
        "storage_gib": logs.storage_gb,
        "analysis": [
            _analysis(deployment.settings)
            for deployment in deployments(settings)
            if profile(settings.product).control_plane
        ],
    }
    if cloud.log_sink is not None:
        args["cloud"] = cloud.log_sink
    if cloud.log_archive is not None:
        args["archive"] = cloud.log_archive
    return args


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
