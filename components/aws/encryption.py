"""Encryption keys of the platform on AWS."""

from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, document
from components.aws.tags import Tags
from components.common import refuse

PURPOSES: Mapping[str, str] = {
    "cluster": "Kubernetes secrets, node disks and volumes",
    "stores": "Databases, in-memory store, their backups and secrets",
    "logs": "Log groups, log bucket and image registry",
}
"""What each key is for: a compromised or withdrawn key touches one of them only."""


class EncryptionKeysArgs(TypedDict):
    """Arguments of `EncryptionKeys`."""

    account_id: pulumi.Input[str]
    """Account whose IAM policies decide who uses the keys."""
    region: pulumi.Input[str]
    """Region of the keys."""
    existing: NotRequired[Mapping[str, str]]
    """Keys that are brought along: purpose (`cluster`, `stores`, `logs`) to ARN; none by default. That of `logs` must let CloudWatch Logs use it, that of
    `cluster` the scaling groups of nodes."""
    alarms: NotRequired[bool]
    """Whether alarms of CloudWatch may use the key of `logs`, for an encrypted topic; default false."""
    multi_region: NotRequired[pulumi.Input[bool]]
    """Whether the keys can be replicated to a recovery region; fixed at creation; default false."""
    rotation_days: NotRequired[pulumi.Input[int]]
    """Period of rotation, 90 to 2560 days; default 365."""
    deletion_window_days: NotRequired[pulumi.Input[int]]
    """How long a deleted key can be brought back, 7 to 30 days; default 30."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the keys; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: EncryptionKeysArgs) -> Iterator[tuple[str, str]]:
    for purpose in sorted(set(args.get("existing", {})) - set(PURPOSES)):
        yield "existing", f"'{purpose}' is no purpose of a key: one of {', '.join(PURPOSES)}"


class EncryptionKeys(pulumi.ComponentResource):
    """One rotated KMS key with an alias for each purpose."""

    cluster_key_arn: pulumi.Output[str]
    """Key of Kubernetes secrets, node disks and volumes."""
    stores_key_arn: pulumi.Output[str]
    """Key of databases, in-memory store, their backups and secrets."""
    logs_key_arn: pulumi.Output[str]
    """Key of log groups, log bucket and image registry."""

    def __init__(self, name: str, args: EncryptionKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:EncryptionKeys", name, {**args}, opts)
        refuse(name, _problems(args))
        extra: dict[str, list[Statement]] = {"cluster": [_node_disks(args)], "stores": [], "logs": [_log_groups(args)]}
        if args.get("alarms", False):
            extra["logs"].append(_alarms(args))
        existing = args.get("existing", {})
        self.keys = {
            purpose: aws.kms.Key(
                f"{name}-{purpose}",
                description=description,
                enable_key_rotation=True,
                rotation_period_in_days=args.get("rotation_days", 365),
                multi_region=args.get("multi_region", False),
                deletion_window_in_days=args.get("deletion_window_days", 30),
                policy=document([_account(args), *extra[purpose]]),
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
            )
            for purpose, description in PURPOSES.items()
            if purpose not in existing
        }
        self.aliases = {
            purpose: aws.kms.Alias(
                f"{name}-{purpose}-alias",
                name=f"alias/{name}-{purpose}",
                target_key_id=key.key_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for purpose, key in self.keys.items()
        }
        arns = {
            **{purpose: key.arn for purpose, key in self.keys.items()},
            **{purpose: pulumi.Output.from_input(arn) for purpose, arn in existing.items()},
        }
        self.cluster_key_arn, self.stores_key_arn, self.logs_key_arn = arns["cluster"], arns["stores"], arns["logs"]
        self.register_outputs(
            {
                "cluster_key_arn": self.cluster_key_arn,
                "stores_key_arn": self.stores_key_arn,
                "logs_key_arn": self.logs_key_arn,
            }
        )


def _account(args: EncryptionKeysArgs) -> Statement:
    """Leave it to the account's IAM policies who may use and manage the key; RDS, EBS and EKS use it through grants of their callers."""
    return {
        "Sid": "AccountPolicies",
        "Effect": "Allow",
        "Principal": {"AWS": pulumi.Output.format("arn:aws:iam::{0}:root", args["account_id"])},
        "Action": "kms:*",
        "Resource": "*",
    }


def _log_groups(args: EncryptionKeysArgs) -> Statement:
    """Let CloudWatch Logs use the key for log groups of this account and region."""
    groups = pulumi.Output.format("arn:aws:logs:{0}:{1}:log-group:*", args["region"], args["account_id"])
    return {
        "Sid": "LogGroups",
        "Effect": "Allow",
        "Principal": {"Service": pulumi.Output.format("logs.{0}.amazonaws.com", args["region"])},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }


def _alarms(args: EncryptionKeysArgs) -> Statement:
    """Let CloudWatch's alarms of this account, and AWS Backup for it, publish to encrypted topics."""
    return {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "backup.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": args["account_id"]}},
    }


def _node_disks(args: EncryptionKeysArgs) -> Statement:
    """Let the scaling groups of the node pools encrypt the disks of new nodes.

    The service-linked role is named by a condition, because a policy that names it as principal is refused in an account that has none yet.
    """
    role = "arn:aws:iam::{0}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    condition: dict[str, Any] = {
        "StringEquals": {"kms:CallerAccount": args["account_id"]},
        "ArnEquals": {"aws:PrincipalArn": pulumi.Output.format(role, args["account_id"])},
    }
    actions = ["Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "DescribeKey", "CreateGrant"]
    return {
        "Sid": "NodeDisks",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"kms:{action}" for action in actions],
        "Resource": "*",
        "Condition": condition,
    }
