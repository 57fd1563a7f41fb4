"""Alarms and the dashboard of the cloud on AWS, from the settings and what was built."""

from collections.abc import Sequence
from contextlib import suppress

from apim_infra.platform.aws_cluster import AnyCluster
from apim_infra.platform.aws_deployments import OwnParts
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.aws_front_end import FrontEnd
from apim_infra.platform.aws_stores import engine_of
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import UnknownSizeError, node_size
from components.aws.alarms import Alarms, AlarmsArgs
from components.aws.dashboard import PlatformDashboard, PlatformDashboardArgs
from components.aws.watched import Watched, cache_nodes, database, targets
from components.kubernetes.metrics_exporter import CLOUD_NAMESPACE

GATEWAY_METRICS = {
    "apim_ingress_requests_per_second": "Calls per second",
    "apim_ingress_server_errors_per_second": "Server errors per second",
    "apim_ingress_latency_p99_milliseconds": "Latency, p99 (ms)",
}
"""Exported series that the dashboard shows."""


def watched_parts(foundation: Foundation, deployments: Sequence[OwnParts], front_end: FrontEnd | None) -> list[Watched]:
    """Return the parts that the cloud measures, those that users notice first."""
    parts = _apis(front_end) if front_end else []
    for own in deployments:
        for name, balancer in own.balancers.items():
            groups = {port: group.arn_suffix for port, group in balancer.target_groups.items()}
            parts += targets(own.deployment.own(name), balancer.load_balancer.arn_suffix, groups)
    for own in deployments:
        parts += _stores(own)
    gateways = foundation.nat_gateway_ids.items()
    return parts + [
        Watched(name=f"nat-{zone}", kind="nat", dimensions={"NatGatewayId": gateway}) for zone, gateway in gateways
    ]


def _apis(front_end: FrontEnd) -> list[Watched]:
    if front_end.metric_names:
        names = front_end.metric_names.items()
        return [
            Watched(name=f"front-end-{role}", kind="rest-api", dimensions={"ApiName": name}) for role, name in names
        ]
    return [
        Watched(name=f"front-end-{role}", kind="http-api", dimensions={"ApiId": api})
        for role, api in front_end.apis.items()
    ]


def _stores(own: OwnParts) -> list[Watched]:
    settings, parts = own.deployment.settings, list[Watched]()
    for name, store in own.stores.databases.items():
        wanted = getattr(settings.stores, name)
        parts += database(
            own.deployment.own(name.replace("_", "-")),
            store.instance.identifier,
            engine=engine_of(settings, name),
            storage_gb=wanted.storage_gb,
            memory_mib=_memory(settings, wanted.size),
            replicas=[replica.identifier for replica in store.replicas],
        )
    if own.stores.redis is not None:
        nodes = 1 + settings.stores.redis.replicas
        parts += cache_nodes(own.deployment.own("redis"), own.stores.redis.replication_group.id, nodes)
    return parts


def _memory(settings: StackSettings, size: str) -> int | None:
    """Return the memory of a database's instance, which is that of the node of the same name; None where no such node is known."""
    with suppress(UnknownSizeError):
        return node_size(settings.cloud, size.removeprefix("db.")).memory_mib
    return None


def build_alarms(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: list[Watched]
) -> Alarms | None:
    """Build the alarms, if they are asked for."""
    alerts = settings.observability.alerts
    if not alerts.cloud_alarms:
        return None
    args: AlarmsArgs = {
        "account_id": foundation.account_id,
        "watched": parts,
        "email": alerts.email,
        "key_arn": foundation.keys.logs_key_arn,
        "tags": naming.tags,
    }
    if alerts.slack_channel is not None:
        channel = alerts.slack_channel
        args["slack"] = {"workspace_id": channel.workspace_id, "channel_id": channel.channel_id}
    return Alarms(naming.name("alarms"), args, foundation.options)


def build_dashboard(
    settings: StackSettings, naming: Naming, foundation: Foundation, cluster: AnyCluster, parts: list[Watched]
) -> None:
    """Build the dashboard, if it is asked for."""
    observability = settings.observability
    if not observability.dashboards:
        return
    args: PlatformDashboardArgs = {"region": settings.region, "cluster_name": cluster.name, "watched": parts}
    if observability.exporters.any_metrics:
        args["gateway_namespace"] = CLOUD_NAMESPACE
        args["gateway_metrics"] = GATEWAY_METRICS
    PlatformDashboard(naming.name("platform"), args, foundation.options)
