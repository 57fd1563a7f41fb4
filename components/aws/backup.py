"""What the recovery region holds of the platform's keys and of its databases' automatic backups."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags


class RecoveryKeysArgs(TypedDict):
    """Arguments of `RecoveryKeys`."""

    recovery_region: str
    """Region of the replicas."""
    primary_key_arns: Mapping[str, pulumi.Input[str]]
    """Purpose to the ARN of a multi-region key, which can have one replica in each region."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the replicas; default false."""
    keep: NotRequired[bool]
    """Whether the replicas outlive the stack: without them nobody opens what was copied, nor a store that was restored from it; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class RecoveryKeys(pulumi.ComponentResource):
    """Replicas of the platform's keys in the recovery region, which work there when the first region does not."""

    key_arns: Mapping[str, pulumi.Output[str]]
    """Purpose to the ARN of the replica."""

    def __init__(self, name: str, args: RecoveryKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:RecoveryKeys", name, {**args}, opts)
        self.keys = {
            purpose: aws.kms.ReplicaKey(
                f"{name}-{purpose}",
                region=args["recovery_region"],
                primary_key_arn=arn,
                description=f"Copies of {purpose} in the recovery region",
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=args.get("deletion_protection") or None,
                    retain_on_delete=args.get("keep") or None,
                ),
            )
            for purpose, arn in args["primary_key_arns"].items()
        }
        self.key_arns = {purpose: key.arn for purpose, key in self.keys.items()}
        self.register_outputs({"keyArns": self.key_arns})


class BackupReplicationArgs(TypedDict):
    """Arguments of `BackupReplication`."""

    recovery_region: str
    """Region that receives the copies."""
    key_arn: pulumi.Input[str]
    """KMS key of the recovery region that encrypts the copies."""
    databases: Mapping[str, pulumi.Input[str]]
    """Name of a database to the ARN of its instance, which must keep automatic backups."""
    retention_days: NotRequired[pulumi.Input[int]]
    """How long copies are kept, 1 to 35 days; default 7."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the copies; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource that takes them."""


class BackupReplication(pulumi.ComponentResource):
    """Automated backups of databases, replicated to another region."""

    backup_arns: Mapping[str, pulumi.Output[str]]
    """Name of a database to ARN of its replicated backups, from which a rebuilt platform restores it."""

    def __init__(self, name: str, args: BackupReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BackupReplication", name, {**args}, opts)
        self.replications = {
            database: aws.rds.InstanceAutomatedBackupsReplication(
                f"{name}-{database}",
                region=args["recovery_region"],
                source_db_instance_arn=arn,
                kms_key_id=args["key_arn"],
                retention_period=args.get("retention_days", 7),
                opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
            )
            for database, arn in args["databases"].items()
        }
        # The provider's id of a replication is the ARN of the replicated backups.
        self.backup_arns = {database: replication.id for database, replication in self.replications.items()}
        self.register_outputs({"backupArns": self.backup_arns})
