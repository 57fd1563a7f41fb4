"""Copies of backups in the recovery region."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags


class BackupReplicationArgs(TypedDict):
    """Arguments of `BackupReplication`."""

    recovery_region: str
    """Region that receives the copies."""
    primary_key_arn: pulumi.Input[str]
    """Multi-region KMS key of the stores; its replica in the recovery region encrypts the copies."""
    databases: Mapping[str, pulumi.Input[str]]
    """Name of a database to the ARN of its instance, which must keep automatic backups."""
    retention_days: NotRequired[pulumi.Input[int]]
    """How long copies are kept, 1 to 35 days; default 7."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the copies and their key; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class BackupReplication(pulumi.ComponentResource):
    """Automated backups of databases, replicated to another region, and the key that opens them there."""

    key_arn: pulumi.Output[str]
    """Key of the copies, in the recovery region."""
    backup_arns: Mapping[str, pulumi.Output[str]]
    """Name of a database to ARN of its replicated backups, from which a rebuilt platform restores it."""

    def __init__(self, name: str, args: BackupReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BackupReplication", name, {**args}, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)
        self.key = aws.kms.ReplicaKey(
            f"{name}-key",
            region=args["recovery_region"],
            primary_key_arn=args["primary_key_arn"],
            description=f"Backups of {name} in the recovery region",
            tags=args.get("tags"),
            opts=protected,
        )
        self.replications = {
            database: aws.rds.InstanceAutomatedBackupsReplication(
                f"{name}-{database}",
                region=args["recovery_region"],
                source_db_instance_arn=arn,
                kms_key_id=self.key.arn,
                retention_period=args.get("retention_days", 7),
                opts=protected,
            )
            for database, arn in args["databases"].items()
        }
        self.key_arn = self.key.arn
        # The provider's id of a replication is the ARN of the replicated backups.
        self.backup_arns = {database: replication.id for database, replication in self.replications.items()}
        self.register_outputs({"keyArn": self.key_arn, "backupArns": self.backup_arns})
