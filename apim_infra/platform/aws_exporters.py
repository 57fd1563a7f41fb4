"""Exporters of logs and metrics on AWS, from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from apim_infra.planning.export_destinations import destinations, search_domain, search_zones
from apim_infra.planning.flows import Role
from apim_infra.platform.aws_cluster import AnyCluster
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.aws_stores import secret_recovery_days
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import deployments
from apim_infra.settings.environment import Tier
from apim_infra.settings.exporters import DatadogExport as DatadogSettings
from apim_infra.settings.exporters import FirehoseDestination, FirehoseExport, OpenSearchDomain
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import LOGGING_NAMESPACE
from components.aws.export_cloudwatch import CloudWatchExport
from components.aws.export_datadog import DatadogExport, DatadogExportArgs
from components.aws.export_domain import LONGEST_NAME, ExportDomain
from components.aws.export_stream import ExportBucketArgs, ExportStream, ExportStreamArgs
from components.aws.export_subscription import ExportSubscription
from components.aws.iam_policies import allow, document, write_log_group
from components.aws.pod_identity import PodIdentity
from components.aws.secrets import Secret
from components.aws.storage import LogBucket, LogBucketArgs
from components.aws.watched import Watched, delivery
from components.aws.watched import search_domain as watched_search
from components.kubernetes.log_collector import CloudSink
from components.kubernetes.logging import COLLECTOR
from components.kubernetes.metrics_exporter import SERVICE_ACCOUNT

PASSING_DAYS = 1
"""How long metrics that are only on their way to Datadog are kept as log records, in days: metrics are made of them at once."""
COLD_AFTER = 60
"""Objects that are kept longer than this, in days, move to cheaper storage after 30 days, which charges for 30 (S3 user guide, 2026)."""
INDEX = "apim-access"
"""Beginning of the names of indices in a search domain."""


@dataclass(slots=True)
class Exporters:
    """What the rest of the platform needs of the exporters."""

    log_sink: CloudSink | None = None
    """Where the gateways' logs go; None when they stay in the cluster."""
    metrics_log_group: pulumi.Output[str] | None = None
    """Log group from which CloudWatch makes metrics; None when they stay in the cluster."""
    identities: list[pulumi.Resource] = field(default_factory=list[pulumi.Resource])
    """Roles of service accounts, which must be there before their pods; not the rights, which may wait long for a search domain."""
    exports: dict[str, pulumi.Input[object]] = field(default_factory=dict[str, pulumi.Input[object]])
    """What the stack exports of them."""
    watched: list[Watched] = field(default_factory=list[Watched])
    """What alarms and dashboard watch of them."""


@dataclass(frozen=True, slots=True)
class _Ground:
    settings: StackSettings
    naming: Naming
    foundation: Foundation

    def stream(self, bucket: LogBucket, prefix: str) -> ExportStreamArgs:
        """Return arguments that every delivery stream has."""
        return {
            "account_id": self.foundation.account_id,
            "bucket": self.bucket(bucket, prefix),
            "log_retention_days": self.settings.cluster.log_retention_days,
            "key_arn": self.foundation.keys.logs_key_arn,
            "tags": self.naming.tags,
        }

    def bucket(self, bucket: LogBucket, prefix: str) -> ExportBucketArgs:
        """Return the bucket as streams take it."""
        return {"arn": bucket.arn, "prefix": prefix, "key_arn": self.foundation.keys.logs_key_arn}


def build_exporters(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    cluster: AnyCluster,
    access_log_groups: Mapping[str, pulumi.Input[str]] | None = None,
) -> Exporters:
    """Build what is asked for.

    `access_log_groups`: log groups of the cloud's own front end by a short name, which Datadog and Firehose get too.
    """
    wanted, made = settings.observability.exporters, Exporters()
    ground = _Ground(settings, naming, foundation)
    streams: dict[str, ExportStream] = {}
    log_groups = dict(access_log_groups or {})
    groups = _log_groups(ground)
    if wanted.datadog is not None or wanted.firehose is not None:
        bucket = _bucket(ground)
        made.exports["export_bucket"] = bucket.name
        if wanted.datadog is not None:
            datadog = _datadog(ground, wanted.datadog, bucket)
            for kind, stream in (("logs", datadog.logs), ("metrics", datadog.metrics)):
                if stream is not None:
                    made.watched.append(delivery(f"datadog-{kind}", stream.stream_name, "http"))
            if datadog.logs is not None:
                streams["datadog"] = datadog.logs
                _subscribe(ground, "datadog", log_groups, datadog.logs)
        if wanted.firehose is not None:
            streams["firehose"] = _firehose(ground, wanted.firehose, bucket, made)
            destination = str(wanted.firehose.destination)
            made.watched.append(delivery("firehose", streams["firehose"].stream_name, destination))
            into = _front_end_stream(ground, wanted.firehose, bucket) if log_groups else None
            if into is not None:
                made.watched.append(delivery("front-end-logs", into.stream_name, "s3"))
            _subscribe(ground, "firehose", log_groups, into or streams["firehose"])
    if groups is not None and groups.access is not None:
        made.exports["access_log_group"] = groups.access.name
    if wanted.any_logs:
        made.log_sink = _log_sink(settings, groups, streams)
        made.identities.append(_log_identity(ground, cluster, groups, streams).association)
    if groups is not None and groups.metrics is not None:
        made.metrics_log_group = groups.metrics.name
        rights = {"log-group": write_log_group(groups.metrics.arn)}
        made.identities.append(_identity(ground, cluster, "metric-exports", SERVICE_ACCOUNT, rights).association)
    return made


def _log_groups(ground: _Ground) -> CloudWatchExport | None:
    """Build the log groups; that of the metrics is needed for Datadog too, which takes metrics from CloudWatch."""
    wanted = ground.settings.observability.exporters
    logs = wanted.cloudwatch is not None and wanted.cloudwatch.logs
    if not logs and not wanted.any_metrics:
        return None
    return CloudWatchExport(
        ground.naming.name("export-cloudwatch"),
        {
            "logs": logs,
            "metrics": wanted.any_metrics,
            "retention_days": PASSING_DAYS if wanted.cloudwatch is None else wanted.cloudwatch.retention_days,
            "key_arn": ground.foundation.keys.logs_key_arn,
            "tags": ground.naming.tags,
        },
        ground.foundation.options,
    )


def _bucket(ground: _Ground) -> LogBucket:
    """Build the bucket of the exporters: apart from the platform's own logs, since records are kept as long as the settings say."""
    args: LogBucketArgs = {
        "key_arn": ground.foundation.keys.logs_key_arn,
        "empty_on_delete": ground.settings.tier is Tier.DEV,
        "tags": ground.naming.tags,
    }
    firehose = ground.settings.observability.exporters.firehose
    if firehose is not None:
        args["retention_days"] = firehose.retention_days
        if firehose.retention_days <= COLD_AFTER:
            args["infrequent_access_days"] = 0
    return LogBucket(ground.naming.name("exports"), args, ground.foundation.options)


def _datadog(ground: _Ground, wanted: DatadogSettings, bucket: LogBucket) -> DatadogExport:
    intake, foundation = destinations().datadog[wanted.site], ground.foundation
    args: DatadogExportArgs = {
        "account_id": foundation.account_id,
        "api_key": pulumi.Output.secret(wanted.api_key.get_secret_value()),
        "bucket": ground.bucket(bucket, "datadog"),
        "log_retention_days": ground.settings.cluster.log_retention_days,
        "secret_recovery_days": secret_recovery_days(ground.settings),
        "secret_key_arn": foundation.keys.stores_key_arn,
        "key_arn": foundation.keys.logs_key_arn,
        "tags": ground.naming.tags,
    }
    if wanted.logs:
        args["logs_url"] = intake.logs
    if wanted.metrics and intake.metrics is not None:
        args["metrics_url"] = intake.metrics
        args["metric_namespaces"] = destinations().datadog_namespaces
    return DatadogExport(ground.naming.name("export-datadog"), args, foundation.options)


def _firehose(ground: _Ground, wanted: FirehoseExport, bucket: LogBucket, made: Exporters) -> ExportStream:
    args = ground.stream(bucket, "firehose")
    args["buffer_seconds"], args["buffer_mb"] = wanted.buffer_seconds, wanted.buffer_mb
    domain = search_domain(ground.settings)
    if wanted.destination is FirehoseDestination.HTTP and wanted.http is not None:
        args["http"] = {"url": wanted.http.url, "name": "Access logs"}
        if wanted.http.access_key is not None:
            args["http"]["secret_arn"] = _endpoint_key(ground, wanted.http.access_key.get_secret_value()).arn
            args["http"]["secret_key_arn"] = ground.foundation.keys.stores_key_arn
    elif domain is not None:
        built = _search_domain(ground, domain)
        made.exports["search_endpoint"] = built.endpoint
        made.watched.append(
            watched_search("search", _domain_name(ground), ground.foundation.account_id, domain.storage_gb)
        )
        args["search"] = {
            "domain_arn": built.arn,
            "index": INDEX,
            "subnet_ids": list(ground.foundation.data_subnet_ids),
            "security_group_ids": [ground.foundation.security_group_ids[Role.LOG_DELIVERY]],
        }
    return ExportStream(ground.naming.name("export-firehose"), args, ground.foundation.options)


def _front_end_stream(ground: _Ground, wanted: FirehoseExport, bucket: LogBucket) -> ExportStream | None:
    """Build the stream of the front end's logs, which come in packed batches; None where the endpoint takes them as they are."""
    if wanted.destination is FirehoseDestination.HTTP:
        return None
    args = ground.stream(bucket, "front-end")
    args["packed"] = True
    args["buffer_seconds"], args["buffer_mb"] = wanted.buffer_seconds, wanted.buffer_mb
    return ExportStream(ground.naming.name("export-front-end"), args, ground.foundation.options)


def _endpoint_key(ground: _Ground, key: str) -> Secret:
    return Secret(
        ground.naming.name("export-firehose-key"),
        {
            "value": pulumi.Output.json_dumps({"api_key": pulumi.Output.secret(key)}),
            "description": "Key with which records are sent to the endpoint of exported logs",
            "recovery_window_days": secret_recovery_days(ground.settings),
            "key_arn": ground.foundation.keys.stores_key_arn,
            "tags": ground.naming.tags,
        },
        ground.foundation.options,
    )


def _search_domain(ground: _Ground, wanted: OpenSearchDomain) -> ExportDomain:
    settings, foundation = ground.settings, ground.foundation
    return ExportDomain(
        ground.naming.name("export-search"),
        {
            "domain_name": _domain_name(ground),
            "account_id": foundation.account_id,
            "region": settings.region,
            "version": wanted.version,
            "instance_type": wanted.size,
            "nodes": wanted.nodes,
            "storage_gb": wanted.storage_gb,
            "subnet_ids": list(foundation.data_subnet_ids)[: search_zones(settings)],
            "security_group_ids": [foundation.security_group_ids[Role.LOG_SEARCH]],
            "service_role": wanted.service_role,
            "log_retention_days": settings.cluster.log_retention_days,
            "key_arn": foundation.keys.logs_key_arn,
            "log_key_arn": foundation.keys.logs_key_arn,
            "deletion_protection": settings.deletion_protection,
            "tags": ground.naming.tags,
        },
        foundation.options,
    )


def _domain_name(ground: _Ground) -> str:
    """Return the name of the search domain: the stack's own, as much of it as there is room for."""
    ending = "-logs"
    return ground.naming.prefix.lower()[: LONGEST_NAME - len(ending)].rstrip("-") + ending


def _subscribe(ground: _Ground, name: str, log_groups: Mapping[str, pulumi.Input[str]], stream: ExportStream) -> None:
    """Let log groups feed a stream."""
    if log_groups:
        ExportSubscription(
            ground.naming.name(f"export-{name}-subscription"),
            {
                "account_id": ground.foundation.account_id,
                "region": ground.settings.region,
                "log_groups": log_groups,
                "stream_arn": stream.arn,
                "tags": ground.naming.tags,
            },
            ground.foundation.options,
        )


def _log_sink(
    settings: StackSettings, groups: CloudWatchExport | None, streams: Mapping[str, ExportStream]
) -> CloudSink:
    sink: CloudSink = {
        "region": settings.region,
        "gateway_namespaces": [each.settings.gateway.namespace for each in deployments(settings)],
        "streams": {name: stream.stream_name for name, stream in streams.items()},
    }
    if groups is not None and groups.access is not None:
        sink["log_group"] = groups.access.name
    return sink


def _log_identity(
    ground: _Ground, cluster: AnyCluster, groups: CloudWatchExport | None, streams: Mapping[str, ExportStream]
) -> PodIdentity:
    """Let Fluent Bit write to exactly the log group and the streams that there are."""
    policies: dict[str, pulumi.Input[str]] = {}
    if groups is not None and groups.access is not None:
        policies["log-group"] = write_log_group(groups.access.arn)
    if streams:
        arns = [stream.arn for stream in streams.values()]
        policies["streams"] = document([allow(["firehose:PutRecordBatch"], arns)])
    return _identity(ground, cluster, "log-exports", COLLECTOR, policies)


def _identity(
    ground: _Ground, cluster: AnyCluster, purpose: str, account: str, policies: Mapping[str, pulumi.Input[str]]
) -> PodIdentity:
    return PodIdentity(
        ground.naming.name(f"{purpose}-identity"),
        {
            "cluster_name": cluster.name,
            "namespace": LOGGING_NAMESPACE,
            "service_account": account,
            "policies": policies,
            "tags": ground.naming.tags,
        },
        pulumi.ResourceOptions.merge(ground.foundation.options, pulumi.ResourceOptions(depends_on=[cluster])),
    )
