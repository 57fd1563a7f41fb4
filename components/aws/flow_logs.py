"""Records of the network's accepted and rejected connections."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import service_trust, write_log_group
from components.aws.tags import Tags


class FlowLogsArgs(TypedDict):
    """Arguments of `FlowLogs`."""

    vpc_id: pulumi.Input[str]
    """The network."""
    account_id: pulumi.Input[str]
    """Account whose flow logs may use the role."""
    retention_days: pulumi.Input[int]
    """How long flow logs are kept, in days, one of CloudWatch's periods."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log group, which must allow CloudWatch Logs; CloudWatch's own key by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class FlowLogs(pulumi.ComponentResource):
    """Flow logs of a network in a log group of CloudWatch."""

    log_group_name: pulumi.Output[str]
    """Log group of the flow logs."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:FlowLogs", name, {**args}, opts)
        tags = args.get("tags")
        child = pulumi.ResourceOptions(parent=self)

        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            retention_in_days=args["retention_days"],
            kms_key_id=args.get("key_arn"),
            tags=tags,
            opts=child,
        )
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("vpc-flow-logs.amazonaws.com", account_id=args["account_id"]),
            description="Writes flow logs to CloudWatch",
            tags=tags,
            opts=child,
        )
        self.policy = aws.iam.RolePolicy(
            f"{name}-write", role=self.role.name, policy=write_log_group(self.log_group.arn), opts=child
        )
        self.flow_log = aws.ec2.FlowLog(
            f"{name}-log",
            vpc_id=args["vpc_id"],
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=self.log_group.arn,
            iam_role_arn=self.role.arn,
            max_aggregation_interval=60,
            tags=tags,
            # The role must be able to write before the log starts.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy]),
        )
        self.log_group_name = self.log_group.name
        self.register_outputs({"log_group_name": self.log_group_name})
