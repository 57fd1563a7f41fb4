"""The platform's own alert rules and the series behind them, for Prometheus."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.data import load

DATA = "alert_rules.yaml"
MONITORING = "monitoring.coreos.com/v1"
RULES = "apim-platform"
"""Name of the rules' object."""


class AlertRulesArgs(TypedDict):
    """Arguments of `AlertRules`."""

    namespace: str
    """Namespace of the rules, that of Prometheus."""
    stack: str
    """Name of the stack: label of every series, so that series of several stacks can be told apart where they come together."""
    gateway_namespaces: Sequence[str]
    """Namespaces of the gateways."""
    platform_namespaces: Sequence[str]
    """Namespaces of everything else of the platform."""
    facts: Sequence[str]
    """What holds of the platform, as `when` in `alert_rules.yaml` asks: `logs`, the ingress controller, the product."""


class AlertRules(pulumi.ComponentResource):
    """Alert rules on gateways, stores, certificates, volumes and logs. They need the kinds that monitoring brings.

    Children: `rules`, and a `PodMonitor` for each part that no chart measures.
    """

    def __init__(self, name: str, args: AlertRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:AlertRules", name, {**args}, opts)
        self.rules = custom_resource(
            f"{name}-rules",
            api_version=MONITORING,
            kind="PrometheusRule",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=RULES, namespace=args["namespace"]),
            spec={"groups": rule_groups(args)},
            opts=after(self, opts),
        )
        self.monitors = [
            custom_resource(
                f"{name}-{row['name']}",
                api_version=MONITORING,
                kind="PodMonitor",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=row["name"], namespace=args["namespace"]),
                spec={
                    "namespaceSelector": {"matchNames": [row["namespace"]]},
                    "selector": {"matchLabels": row["labels"]},
                    "podMetricsEndpoints": [{"port": row["port"], "path": row["path"], "interval": "30s"}],
                },
                opts=after(self, opts),
            )
            for row in holding(load(DATA)["monitors"], args)
        ]
        self.register_outputs({})


def rule_groups(args: AlertRulesArgs) -> list[dict[str, Any]]:
    """Return the groups of rules whose facts hold; first the series that the others read."""
    data = load(DATA)
    records = [
        {"record": row["record"], "expr": expression(row["expr"], args), "labels": {"stack": args["stack"]}}
        for row in holding(data["records"], args)
    ]
    groups: list[dict[str, Any]] = [{"name": "apim.records", "interval": "30s", "rules": records}]
    for name, rows in data["alerts"].items():
        rules = [_alert(row, args) for row in holding(rows, args)]
        if rules:
            groups.append({"name": f"apim.{name}", "rules": rules})
    return groups


def _alert(row: Mapping[str, Any], args: AlertRulesArgs) -> dict[str, Any]:
    return {
        "alert": row["alert"],
        "expr": expression(row["expr"], args),
        "for": row["for"],
        "labels": {"severity": row["severity"], "stack": args["stack"]},
        "annotations": {"summary": row["summary"], "description": row["description"]},
    }


def holding(rows: Sequence[Mapping[str, Any]], args: AlertRulesArgs) -> list[Mapping[str, Any]]:
    """Return the rows whose facts hold."""
    return [row for row in rows if set(row.get("when", ())) <= set(args["facts"])]


def expression(text: str, args: AlertRulesArgs) -> str:
    """Return an expression with the platform's namespaces in it."""
    return text.replace("GATEWAYS", _any(args["gateway_namespaces"])).replace(
        "PLATFORM", _any(args["platform_namespaces"])
    )


def _any(namespaces: Sequence[str]) -> str:
    return "|".join(re.escape(name).replace("\\-", "-") for name in namespaces)
