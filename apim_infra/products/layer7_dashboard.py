"""Dashboard of the gateways' service metrics: what the chart's metrics policy writes to InfluxDB, by service.

The policy writes one point for each request into `request`, with the latencies `totalFrontendLatency` and `totalBackendLatency` in milliseconds, and tags
for the service, the node and how the request ended (chart gateway 3.0.30, templates/service-metrics-configmap.yaml, 2024-08).
"""

from collections.abc import Mapping
from typing import Any

_FRONT, _BACK = "totalFrontendLatency", "totalBackendLatency"

_PANELS: tuple[tuple[str, str, str], ...] = (
    ("Requests", "short", f'count("{_FRONT}")'),
    ("Latency at the front, 95 per cent", "ms", f'percentile("{_FRONT}", 95)'),
    ("Latency of the services behind, 95 per cent", "ms", f'percentile("{_BACK}", 95)'),
    ("Policy violations", "short", "isPolicyViolation"),
    ("Routing failures", "short", "isRoutingFailure"),
)
"""Title, unit, and what is shown of each service: a function of InfluxQL, or the tag of the requests that are counted."""

_WIDTH, _HEIGHT = 12, 8


def dashboard(source: str) -> Mapping[str, Any]:
    """Return the dashboard in Grafana's own JSON; `source` is the identifier of the source of data."""
    return {
        "uid": "apim-layer7-services",
        "title": "Layer7: services",
        "tags": ["apim"],
        "schemaVersion": 39,
        "editable": False,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "panels": [_panel(number, source) for number in range(len(_PANELS))],
    }


def _panel(number: int, source: str) -> dict[str, Any]:
    title, unit, shown = _PANELS[number]
    named = {"type": "influxdb", "uid": source}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": named,
        "gridPos": {"x": _WIDTH * (number % 2), "y": _HEIGHT * (number // 2), "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": "A", "datasource": named, "rawQuery": True, "query": _query(shown), "resultFormat": "time_series"}
        ],
    }


def _query(shown: str) -> str:
    """Return the statement of a panel."""
    tagged = "(" not in shown
    function = f'count("{_FRONT}")' if tagged else shown
    only = f""""{shown}" = 'true' AND """ if tagged else ""
    empty = "none" if function.startswith("percentile") else "0"
    grouped = f'GROUP BY time($__interval), "serviceName" fill({empty})'
    return f'SELECT {function} FROM "request" WHERE {only}$timeFilter {grouped}'  # noqa: S608 - read by Grafana
