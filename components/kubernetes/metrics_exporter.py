"""Values of the metrics exporter: one Fluent Bit that takes the platform's series from Prometheus and writes them to CloudWatch.

Prometheus has found and measured every gateway already, so its federation endpoint is asked for the few series that the platform records itself
(`apim_...` in `alert_rules.yaml`): CloudWatch charges by the series, and a collector on each node would count everything once a node. They are
written as log records in CloudWatch's embedded metric format, which need no right but to write one log group.
"""

from typing import Any, TypedDict
from urllib.parse import quote

import pulumi

from components.kubernetes.log_collector import hardened
from components.kubernetes.pods import Placement, scheduling

SERVICE_ACCOUNT = "metrics-exporter"
RELEASE = "metrics-exporter"
CLOUD_NAMESPACE = "apim"
"""Namespace of the metrics in CloudWatch: the part of the series' names before the first underscore."""
SERIES = '{__name__=~"apim_.+"}'
PROMETHEUS_PORT = 9090


class MetricsSink(TypedDict):
    """A log group of CloudWatch that metrics are made from."""

    region: pulumi.Input[str]
    """Region of the log group."""
    log_group: pulumi.Input[str]
    """Name of the log group."""
    prometheus: str
    """Host name of Prometheus' service."""


def exporter_values(sink: MetricsSink, place: Placement, resources: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the values of Fluent Bit's chart."""
    inputs = f"""
[INPUT]
    Name prometheus_scrape
    Tag gateway.metrics
    Host {sink["prometheus"]}
    Port {PROMETHEUS_PORT}
    Metrics_Path /federate?match%5B%5D={quote(SERIES, safe="")}
    Scrape_Interval 60s
"""
    outputs = """
[OUTPUT]
    Name cloudwatch_logs
    Match gateway.metrics
    Region ${EXPORT_REGION}
    Log_Group_Name ${EXPORT_METRICS_GROUP}
    Log_Stream_Name metrics
    Log_Format json/emf
    Auto_Create_Group Off
    Retry_Limit 5
"""
    service = """
[SERVICE]
    Daemon Off
    Flush 5
    Log_Level info
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port 2020
    Health_Check On
"""
    return {
        "kind": "Deployment",
        # Two would count everything twice.
        "replicaCount": 1,
        "testFramework": {"enabled": False},
        "resources": resources,
        **scheduling(place),
        **hardened(),
        # Rights in the cloud go by this account; it needs none in the cluster.
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        "rbac": {"create": False},
        "env": [
            {"name": "EXPORT_REGION", "value": sink["region"]},
            {"name": "EXPORT_METRICS_GROUP", "value": sink["log_group"]},
        ],
        "daemonSetVolumes": [],
        "daemonSetVolumeMounts": [],
        "config": {"service": service, "inputs": inputs, "filters": "", "outputs": outputs, "customParsers": ""},
    }
