"""A source of data and its dashboards in the platform's Grafana, as objects that its sidecar loads."""

import json
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.dashboards import LABEL

SOURCE_LABEL = "grafana_datasource"
"""Label by which the sidecar of kube-prometheus-stack finds sources."""


class GrafanaSourceArgs(TypedDict):
    """Arguments of `GrafanaSource`."""

    source: str
    """Name of the objects' beginning: lower-case letters, digits and hyphens."""
    namespace: str
    """Namespace of Grafana."""
    provisioning: Mapping[str, Any]
    """The source, as Grafana's provisioning takes it; without any secret."""
    dashboards: Mapping[str, Mapping[str, Any]]
    """Name to a dashboard in Grafana's own JSON."""


class GrafanaSource(pulumi.ComponentResource):
    """A source and its dashboards. Children: `source`, `dashboards` by their names."""

    def __init__(self, name: str, args: GrafanaSourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:GrafanaSource", name, {}, opts)
        provisioned = json.dumps({"apiVersion": 1, "datasources": [dict(args["provisioning"])]}, sort_keys=True)
        self.source = k8s.core.v1.ConfigMap(
            f"{name}-source",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=f"apim-source-{args['source']}", namespace=args["namespace"], labels={SOURCE_LABEL: "1"}
            ),
            # JSON is YAML, which Grafana reads here.
            data={f"{args['source']}.yaml": provisioned},
            opts=after(self, opts),
        )
        self.dashboards = {
            short: k8s.core.v1.ConfigMap(
                f"{name}-{short}",
                metadata=k8s.meta.v1.ObjectMetaArgs(
                    name=f"apim-dashboard-{short}", namespace=args["namespace"], labels={LABEL: "1"}
                ),
                data={f"apim-{short}.json": json.dumps(dashboard, sort_keys=True)},
                opts=after(self, opts),
            )
            for short, dashboard in args["dashboards"].items()
        }
        self.register_outputs({})
