"""Flow logs."""

import json
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.network import API, in_vpc
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType

SOURCES = ("vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId", "regionalNatGatewayId")
PRINCIPAL = "vpc-flow-logs.amazonaws.com"


def _destination_type(context: Context) -> str:
    return str(context.inputs.get("logDestinationType", "cloud-watch-logs"))


def _arguments(context: Context) -> Iterator[Problem]:
    inputs = context.inputs
    kind = _destination_type(context)
    if not inputs.get("trafficType") and not (
        inputs.get("transitGatewayId") or inputs.get("transitGatewayAttachmentId")
    ):
        yield context.problem(
            "MissingParameter",
            "The request must contain the parameter TrafficType",
            "trafficType",
            "set trafficType to ALL",
        )
    if not inputs.get("logDestination"):
        message = f"LogDestination can't be empty if LogDestinationType is {kind}"
        yield context.problem(
            "InvalidParameter", message, "logDestination", "name the ARN of a log group, bucket or stream"
        )
    if kind == "cloud-watch-logs" and not inputs.get("iamRoleArn"):
        message = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs"
        yield context.problem("InvalidParameter", message, "iamRoleArn", f"name a role that {PRINCIPAL} may assume")
    if kind == "s3" and inputs.get("iamRoleArn"):
        message = "DeliverLogsPermissionArn is not applicable for S3 delivery"
        yield context.problem("InvalidParameter", message, "iamRoleArn", "leave iamRoleArn out")


def _destination(context: Context) -> Iterator[Problem]:
    kind = _destination_type(context)
    for arn in context.get("logDestination"):
        services = {"s3": "s3", "cloud-watch-logs": "logs", "kinesis-data-firehose": "firehose"}
        parts = str(arn).split(":")
        if len(parts) < 6 or parts[0] != "arn" or parts[2] != services.get(kind):
            message = f"LogDestination {arn} is not the ARN of a destination of type {kind}"
            yield context.problem(
                "InvalidParameter",
                message,
                "logDestination",
                f"give an ARN of {services.get(kind)}, or change logDestinationType",
            )
        elif (
            kind == "s3"
            and context.find(tokens.BUCKET, parts[5].split("/", maxsplit=1)[0], "bucket", anywhere=True) is None
        ):
            message = f"LogDestination: {parts[5]} does not exist"
            yield context.problem(
                "LogDestinationNotFoundException", message, "logDestination", "name a bucket that exists"
            )
        elif kind == "cloud-watch-logs" and context.find(tokens.LOG_GROUP, str(arn).removesuffix(":*"), "arn") is None:
            message = (
                f"the log group {arn} does not exist: AWS makes one without retention and key when the role allows it"
            )
            yield context.warning(
                "LogDestinationNotFoundException", message, "logDestination", "name the log group's arn output"
            )


def _role(context: Context) -> Iterator[Problem]:
    for arn in context.get("iamRoleArn"):
        role = context.find(tokens.ROLE, arn, "arn", anywhere=True)
        if role and not _trusts(role["assumeRolePolicy"], PRINCIPAL):
            message = f"The role {arn} cannot be assumed by {PRINCIPAL}: the flow log would end in status Access error"
            yield context.warning(
                "InvalidParameter", message, "iamRoleArn", f"let the role's trust policy name {PRINCIPAL}"
            )


def _trusts(policy: Any, principal: str) -> bool:
    try:
        return principal in json.dumps(json.loads(policy)) if isinstance(policy, str) else True
    except ValueError:
        return True


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.FLOW_LOG,
        kind="flow log",
        identifier="fl-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}",
        references=(
            in_vpc("InvalidVpcId.NotFound", holds=False),
            in_subnet(holds=False, code="InvalidSubnetId.NotFound"),
            Reference("eniId", tokens.NETWORK_INTERFACE, "InvalidNetworkInterfaceId.NotFound"),
            Reference("transitGatewayId", tokens.TRANSIT_GATEWAY, "InvalidTransitGatewayID.NotFound"),
            Reference(
                "iamRoleArn",
                tokens.ROLE,
                "InvalidParameter",
                by="arn",
                message="The IAM role '{value}' does not exist or cannot be assumed by the flow logs service",
                same_region=False,
            ),
        ),
        create_only=frozenset(
            {
                *SOURCES,
                "trafficType",
                "logDestination",
                "logDestinationType",
                "iamRoleArn",
                "logFormat",
                "maxAggregationInterval",
                "destinationOptions",
            }
        ),
        exactly_one=(SOURCES,),
        enums={"trafficType": ("ACCEPT", "REJECT", "ALL"), "maxAggregationInterval": (60, 600)},
        cloudformation="AWS::EC2::FlowLog",
        rules=(_arguments, _destination, _role),
        source=API,
    ),
)
