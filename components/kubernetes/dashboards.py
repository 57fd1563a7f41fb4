"""Dashboards of the platform's own in Grafana, as ConfigMaps that its sidecar loads."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.alert_rules import AlertRulesArgs, expression, holding
from components.kubernetes.data import load

DATA = "dashboards.yaml"
LABEL = "grafana_dashboard"
"""Label by which the sidecar of kube-prometheus-stack finds ConfigMaps."""
SOURCE = {"type": "prometheus", "uid": "prometheus"}
"""The data source that kube-prometheus-stack makes."""
WIDTH, HEIGHT = 12, 8
"""Size of a panel in a grid of 24 columns."""


class Dashboards(pulumi.ComponentResource):
    """One ConfigMap for each dashboard of `dashboards.yaml`; its arguments are those of the alert rules, whose series it shows."""

    def __init__(self, name: str, args: AlertRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Dashboards", name, {**args}, opts)
        self.config_maps = {
            short: k8s.core.v1.ConfigMap(
                f"{name}-{short}",
                metadata=k8s.meta.v1.ObjectMetaArgs(
                    name=f"apim-dashboard-{short}", namespace=args["namespace"], labels={LABEL: "1"}
                ),
                data={f"apim-{short}.json": json.dumps(_dashboard(short, row, args), sort_keys=True)},
                opts=after(self, opts),
            )
            for short, row in load(DATA)["dashboards"].items()
        }
        self.register_outputs({})


def _dashboard(short: str, row: Mapping[str, Any], args: AlertRulesArgs) -> dict[str, Any]:
    """Return a dashboard in Grafana's own JSON."""
    panels: Sequence[Mapping[str, Any]] = holding(row["panels"], args)
    return {
        "uid": f"apim-{short}",
        "title": row["title"],
        "tags": ["apim"],
        "schemaVersion": 39,
        "editable": False,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "panels": [_panel(number, panel, args) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Mapping[str, Any], args: AlertRulesArgs) -> dict[str, Any]:
    place = {"x": WIDTH * (number % 2), "y": HEIGHT * (number // 2), "w": WIDTH, "h": HEIGHT}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel["title"],
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel["unit"]}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + line),
                "datasource": SOURCE,
                "expr": expression(text, args),
                "legendFormat": legend,
            }
            for line, (legend, text) in enumerate(panel["lines"].items())
        ],
    }
