"""Log groups of CloudWatch that feed a delivery stream."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import allow, document
from components.aws.tags import Tags


class ExportSubscriptionArgs(TypedDict):
    """Arguments of `ExportSubscription`."""

    account_id: pulumi.Input[str]
    """Account whose log groups alone may use the role."""
    region: pulumi.Input[str]
    """Region of log groups and stream."""
    log_groups: Mapping[str, pulumi.Input[str]]
    """Names of the log groups by a short name; a log group can feed two streams at most."""
    stream_arn: pulumi.Input[str]
    """The delivery stream."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class ExportSubscription(pulumi.ComponentResource):
    """One subscription filter for each log group, and the role by which CloudWatch Logs writes to the stream.

    Children: `role`, `rights`, and a filter named after each log group's short name.
    """

    def __init__(self, name: str, args: ExportSubscriptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ExportSubscription", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        own = pulumi.Output.format("arn:aws:logs:{0}:{1}:*", args["region"], args["account_id"])
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=document(
                [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "logs.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringLike": {"aws:SourceArn": own}},
                    }
                ]
            ),
            description="Sends log groups to a delivery stream",
            tags=args.get("tags"),
            opts=child,
        )
        self.rights = aws.iam.RolePolicy(
            f"{name}-rights",
            role=self.role.name,
            policy=document([allow(["firehose:PutRecord", "firehose:PutRecordBatch"], args["stream_arn"])]),
            opts=child,
        )
        self.filters = {
            short: aws.cloudwatch.LogSubscriptionFilter(
                f"{name}-{short}",
                log_group=group,
                destination_arn=args["stream_arn"],
                role_arn=self.role.arn,
                # Everything: the filter language's empty pattern.
                filter_pattern="",
                # CloudWatch Logs sends a test record at once.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.rights]),
            )
            for short, group in args["log_groups"].items()
        }
        self.register_outputs({})
