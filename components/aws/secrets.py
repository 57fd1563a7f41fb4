"""Secrets of the platform on AWS."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags


class SecretReplicaArgs(TypedDict):
    """A copy of a secret in another region."""

    region: pulumi.Input[str]
    """Region of the copy."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of that region; AWS's own by default."""


class SecretArgs(TypedDict):
    """Arguments of `Secret`."""

    value: pulumi.Input[str]
    """The secret itself; mark it as a secret of Pulumi."""
    description: NotRequired[pulumi.Input[str]]
    """What the secret is for."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key; AWS's own by default."""
    recovery_window_days: NotRequired[pulumi.Input[int]]
    """How long a deleted secret can be brought back: 7 to 30 days, or 0 for not at all; default 30."""
    replicas: NotRequired[Sequence[SecretReplicaArgs]]
    """Copies in other regions; none by default."""
    rotated: NotRequired[bool]
    """Whether something else changes the value, once it is there: then Pulumi writes it once and leaves it alone; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the secret; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class Secret(pulumi.ComponentResource):
    """A secret in Secrets Manager with its value.

    It is named automatically, so that one deleted and still recoverable does not stand in the way of the next.
    """

    arn: pulumi.Output[str]
    """ARN of the secret."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # The value stays out of the component's own inputs, which are recorded too.
        super().__init__("apim:aws:Secret", name, {k: v for k, v in args.items() if k != "value"}, opts)
        self.secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            description=args.get("description"),
            kms_key_id=args.get("key_arn"),
            recovery_window_in_days=args.get("recovery_window_days", 30),
            replicas=[
                aws.secretsmanager.SecretReplicaArgs(region=replica["region"], kms_key_id=replica.get("key_arn"))
                for replica in args.get("replicas", ())
            ],
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
        )
        self.version = aws.secretsmanager.SecretVersion(
            f"{name}-value",
            secret_id=self.secret.id,
            secret_string=pulumi.Output.secret(args["value"]),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"] if args.get("rotated") else None),
        )
        self.arn = self.secret.arn
        self.register_outputs({"arn": self.arn})
