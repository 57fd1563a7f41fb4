"""Log groups of CloudWatch for the gateways' access logs and metrics."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class CloudWatchExportArgs(TypedDict):
    """Arguments of `CloudWatchExport`."""

    logs: bool
    """Whether there is a log group for access logs."""
    metrics: bool
    """Whether there is a log group for metrics in CloudWatch's embedded format, from which CloudWatch makes metrics."""
    retention_days: pulumi.Input[int]
    """How long both are kept, in days, one of CloudWatch's periods."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key, which must allow CloudWatch Logs; CloudWatch's own by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: CloudWatchExportArgs) -> Iterator[tuple[str, str]]:
    if not args["logs"] and not args["metrics"]:
        yield "logs", "an export of nothing has no effect: switch logs or metrics on"


class CloudWatchExport(pulumi.ComponentResource):
    """The log groups that Fluent Bit writes to. Children: `access` and `metrics`, None where they are not asked for."""

    def __init__(self, name: str, args: CloudWatchExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:CloudWatchExport", name, {**args}, opts)
        refuse(name, _problems(args))
        self.access = self._group(f"{name}-access", args) if args["logs"] else None
        self.metrics = self._group(f"{name}-metrics", args) if args["metrics"] else None
        self.register_outputs({})

    def _group(self, name: str, args: CloudWatchExportArgs) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            name,
            retention_in_days=args["retention_days"],
            kms_key_id=args.get("key_arn"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
