"""A dashboard of the platform in CloudWatch, built from the parts that are there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.watched import Watched

WIDTH, HEIGHT, COLUMNS = 8, 6, 3
"""Size of a widget in the grid of 24 columns, and widgets in a row."""

METRICS: Mapping[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "http-api": (
        "AWS/ApiGateway",
        (("Count", "Sum", "Calls"), ("5xx", "Sum", "Server errors"), ("Latency", "p90", "Latency, p90 (ms)")),
    ),
    "rest-api": (
        "AWS/ApiGateway",
        (("Count", "Sum", "Calls"), ("5XXError", "Sum", "Server errors"), ("Latency", "p90", "Latency, p90 (ms)")),
    ),
    "target": (
        "AWS/NetworkELB",
        (("HealthyHostCount", "Minimum", "Healthy targets"), ("UnHealthyHostCount", "Maximum", "Unhealthy targets")),
    ),
    "database": (
        "AWS/RDS",
        (
            ("CPUUtilization", "Average", "Processor (%)"),
            ("DatabaseConnections", "Maximum", "Connections"),
            ("FreeStorageSpace", "Minimum", "Free storage (bytes)"),
        ),
    ),
    "replica": ("AWS/RDS", (("ReplicaLag", "Maximum", "Replica lag (s)"),)),
    "cache": (
        "AWS/ElastiCache",
        (
            ("EngineCPUUtilization", "Average", "Processor of the engine (%)"),
            ("DatabaseMemoryUsagePercentage", "Average", "Memory (%)"),
            ("CacheHitRate", "Average", "Hit rate (%)"),
        ),
    ),
    "nat": (
        "AWS/NATGateway",
        (("ActiveConnectionCount", "Maximum", "Connections"), ("ErrorPortAllocation", "Sum", "Ports refused")),
    ),
    **{
        f"delivery-{short}": (
            "AWS/Firehose",
            (
                ("IncomingRecords", "Sum", "Records taken"),
                (f"DeliveryTo{name}.DataFreshness", "Maximum", "Oldest record (s)"),
            ),
        )
        for short, name in (("s3", "S3"), ("http", "HttpEndpoint"), ("opensearch", "AmazonOpenSearchService"))
    },
    "search": (
        "AWS/ES",
        (
            ("CPUUtilization", "Maximum", "Processor (%)"),
            ("FreeStorageSpace", "Minimum", "Free storage of a node (MB)"),
        ),
    ),
}
"""Kind of a part to the namespace of its metrics and to the widgets: metric, statistic and title."""

TITLES: Mapping[str, str] = {
    "http-api": "Front end",
    "rest-api": "Front end",
    "target": "Load balancers",
    "database": "Databases",
    "replica": "Read replicas",
    "cache": "In-memory store",
    "nat": "Way out",
    "delivery-s3": "Delivery into the bucket",
    "delivery-http": "Delivery to endpoints",
    "delivery-opensearch": "Delivery into the search domain",
    "search": "Search domain",
}
CLUSTER = (
    ("apiserver_request_total", "Sum", "Calls of the Kubernetes API"),
    ("apiserver_request_total_5XX", "Sum", "Server errors of the Kubernetes API"),
    ("scheduler_pending_pods", "Maximum", "Pods that wait for a node"),
)
"""Metrics that EKS publishes of every cluster's control plane by itself, in `AWS/EKS` (EKS user guide, control plane metrics, 2024-11)."""


class PlatformDashboardArgs(TypedDict):
    """Arguments of `PlatformDashboard`."""

    region: pulumi.Input[str]
    """Region of the metrics."""
    cluster_name: pulumi.Input[str]
    """The cluster."""
    watched: Sequence[Watched]
    """Parts of the platform."""
    gateway_namespace: NotRequired[str]
    """Namespace of the gateways' own metrics in CloudWatch; none by default."""
    gateway_metrics: NotRequired[Mapping[str, str]]
    """Metrics of that namespace, name to title."""


class PlatformDashboard(pulumi.ComponentResource):
    """A dashboard with a row for each kind of part. Child: `dashboard`."""

    def __init__(self, name: str, args: PlatformDashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:PlatformDashboard", name, {}, opts)
        self.dashboard = aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=name,
            dashboard_body=pulumi.Output.json_dumps({"widgets": _widgets(args)}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _widgets(args: PlatformDashboardArgs) -> list[dict[str, Any]]:
    """Return the widgets of every row, placed from top to bottom."""
    widgets: list[dict[str, Any]] = []
    line = 0
    for title, graphs in _rows(args):
        widgets.append(
            {"type": "text", "x": 0, "y": line, "width": 24, "height": 1, "properties": {"markdown": f"## {title}"}}
        )
        line += 1
        for number, graph in enumerate(graphs):
            place = {"x": WIDTH * (number % COLUMNS), "y": line + HEIGHT * (number // COLUMNS)}
            widgets.append({"type": "metric", **place, "width": WIDTH, "height": HEIGHT, "properties": graph})
        line += HEIGHT * -(-len(graphs) // COLUMNS)
    return widgets


def _rows(args: PlatformDashboardArgs) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield title and graphs of each row: first what users notice, last what is underneath."""
    if "gateway_namespace" in args:
        # Sums over all dimensions, which only a search can name beforehand.
        yield (
            "Gateways",
            [
                {**_graph(args, title), "metrics": [[{"expression": _search(args["gateway_namespace"], metric)}]]}
                for metric, title in args.get("gateway_metrics", {}).items()
            ],
        )
    for kind, (namespace, graphs) in METRICS.items():
        parts = [part for part in args["watched"] if part["kind"] == kind]
        if parts:
            yield (
                TITLES[kind],
                [
                    {
                        **_graph(args, title),
                        "stat": statistic,
                        "metrics": [_line(namespace, metric, part) for part in parts],
                    }
                    for metric, statistic, title in graphs
                ],
            )
    yield (
        "Cluster",
        [
            {
                **_graph(args, title),
                "stat": statistic,
                "metrics": [["AWS/EKS", metric, "ClusterName", args["cluster_name"]]],
            }
            for metric, statistic, title in CLUSTER
        ],
    )


def _graph(args: PlatformDashboardArgs, title: str) -> dict[str, Any]:
    return {"title": title, "region": args["region"], "view": "timeSeries", "period": 60}


def _line(namespace: str, metric: str, part: Watched) -> list[Any]:
    dimensions = [text for pair in part["dimensions"].items() for text in pair]
    return [namespace, metric, *dimensions, {"label": part["name"]}]


def _search(namespace: str, metric: str) -> str:
    return f"SEARCH('Namespace=\"{namespace}\" MetricName=\"{metric}\"', 'Average', 60)"
