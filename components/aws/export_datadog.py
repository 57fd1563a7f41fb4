"""Export to Datadog: logs by a delivery stream, metrics by a metric stream of CloudWatch into another."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.export_stream import ExportBucketArgs, ExportStream, ExportStreamArgs, HttpDestinationArgs
from components.aws.iam_policies import allow, document, service_trust
from components.aws.secrets import Secret, SecretArgs
from components.aws.tags import Tags
from components.common import refuse

METRIC_FORMAT = "opentelemetry1.0"
"""Format of the metric stream that Datadog takes (Datadog, AWS metric streams, 2026; 0.7 is its older one)."""
BUFFER_MB = 4
"""Size of a request, as Datadog's own template sets it (Datadog, AWS log forwarding, 2026)."""


class DatadogExportArgs(TypedDict):
    """Arguments of `DatadogExport`."""

    account_id: pulumi.Input[str]
    """Account on whose behalf alone the roles are taken."""
    api_key: pulumi.Input[str]
    """API key of Datadog; mark it as a secret of Pulumi."""
    logs_url: NotRequired[str]
    """Intake of logs; none are sent by default."""
    metrics_url: NotRequired[str]
    """Intake of metrics; none are sent by default."""
    metric_namespaces: NotRequired[Sequence[str]]
    """Namespaces of the metrics that are sent, such as `AWS/RDS`; needed with `metrics_url`."""
    bucket: ExportBucketArgs
    """Where records go that Datadog does not take."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long errors of the delivery are kept, one of CloudWatch's periods; default 30."""
    secret_recovery_days: NotRequired[pulumi.Input[int]]
    """How long the deleted key can be brought back: 7 to 30 days, or 0 for not at all; default 30."""
    secret_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the secret; AWS's own by default."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of streams and log groups, which must allow CloudWatch Logs; AWS's own by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: DatadogExportArgs) -> Iterator[tuple[str, str]]:
    if "logs_url" not in args and "metrics_url" not in args:
        yield "logs_url", "an export of nothing has no effect: give logs_url or metrics_url"
    if "metrics_url" in args and not args.get("metric_namespaces"):
        yield "metric_namespaces", "all metrics of an account are dear: name the namespaces that are sent"


class DatadogExport(pulumi.ComponentResource):
    """Delivery streams to Datadog's own intakes; its key lies in Secrets Manager.

    Children: `key` (secret), `logs` (stream), `metrics` (stream), `source-role`, `source-rights` and `source` (metric stream), as asked for.
    """

    def __init__(self, name: str, args: DatadogExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # The key stays out of the component's own inputs, which are recorded too.
        super().__init__("apim:aws:DatadogExport", name, {k: v for k, v in args.items() if k != "api_key"}, opts)
        refuse(name, _problems(args))
        secret: SecretArgs = {
            "value": pulumi.Output.json_dumps({"api_key": pulumi.Output.secret(args["api_key"])}),
            "description": "Key with which records are sent to Datadog",
            "recovery_window_days": args.get("secret_recovery_days", 30),
            "tags": args.get("tags", {}),
        }
        if "secret_key_arn" in args:
            secret["key_arn"] = args["secret_key_arn"]
        self.key = Secret(f"{name}-key", secret, pulumi.ResourceOptions(parent=self))
        self.logs = self._to(name, "logs", args, args["logs_url"]) if "logs_url" in args else None
        self.metrics = self._to(name, "metrics", args, args["metrics_url"]) if "metrics_url" in args else None
        if self.metrics is not None:
            self.metric_stream = self._metric_stream(name, args, self.metrics)
        self.register_outputs({})

    def _to(self, name: str, kind: str, args: DatadogExportArgs, url: str) -> ExportStream:
        http: HttpDestinationArgs = {"url": url, "name": f"Datadog {kind}", "secret_arn": self.key.arn}
        if "secret_key_arn" in args:
            http["secret_key_arn"] = args["secret_key_arn"]
        bucket: ExportBucketArgs = {**args["bucket"], "prefix": f"{args['bucket']['prefix']}/{kind}"}
        stream: ExportStreamArgs = {
            "account_id": args["account_id"],
            "bucket": bucket,
            "http": http,
            "buffer_mb": BUFFER_MB,
            "log_retention_days": args.get("log_retention_days", 30),
            "tags": args.get("tags", {}),
        }
        if "key_arn" in args:
            stream["key_arn"] = args["key_arn"]
        # Firehose reads the key when it delivers: the secret must have its value by then.
        return ExportStream(f"{name}-{kind}", stream, pulumi.ResourceOptions(parent=self, depends_on=[self.key]))

    def _metric_stream(self, name: str, args: DatadogExportArgs, into: ExportStream) -> aws.cloudwatch.MetricStream:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-source-role",
            assume_role_policy=service_trust("streams.metrics.cloudwatch.amazonaws.com", args["account_id"]),
            description="Sends metrics to a delivery stream",
            tags=args.get("tags"),
            opts=child,
        )
        rights = aws.iam.RolePolicy(
            f"{name}-source-rights",
            role=role.name,
            policy=document([allow(["firehose:PutRecord", "firehose:PutRecordBatch"], into.arn)]),
            opts=child,
        )
        return aws.cloudwatch.MetricStream(
            f"{name}-source",
            firehose_arn=into.arn,
            role_arn=role.arn,
            output_format=METRIC_FORMAT,
            include_filters=[{"namespace": namespace} for namespace in args.get("metric_namespaces", ())],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[rights]),
        )
