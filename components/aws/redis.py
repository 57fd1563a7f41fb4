"""The in-memory store of the platform on AWS: Valkey on ElastiCache."""

import re
from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.aws.secrets import Secret, SecretArgs, SecretReplicaArgs
from components.aws.tags import Tags
from components.common import refuse
from components.outputs import Endpoint

PORT = 6379
"""Port of Valkey."""

IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9]){0,39}")
"""Identifier of a replication group (API reference of ElastiCache, CreateReplicationGroup)."""

LOG_TYPES = ("slow-log", "engine-log")
"""Logs that ElastiCache delivers (API reference of ElastiCache, LogDeliveryConfigurationRequest)."""


class RedisArgs(TypedDict):
    """Arguments of `Redis`."""

    version: str
    """Version of Valkey, major and minor, such as `8.1`."""
    node_type: pulumi.Input[str]
    """Node type, such as `cache.m7g.large`."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Data subnets, one per zone."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the store."""
    identifier: NotRequired[str]
    """Identifier of the replication group, at most 40 lower-case letters, digits and single hyphens; the component's name by default."""
    replicas: NotRequired[int]
    """Replicas beside the primary, 0 to 5; one or more take over by themselves; default 1."""
    multi_zone: NotRequired[bool]
    """Whether primary and replicas stand in different zones; default true where there are replicas."""
    eviction_policy: NotRequired[str]
    """What goes when memory is full; default `noeviction`, because tokens and sessions must not vanish."""
    snapshot_retention_days: NotRequired[pulumi.Input[int]]
    """How long daily snapshots are kept, 0 to 35 days; 0 for none; default 7."""
    snapshot_window: NotRequired[pulumi.Input[str]]
    """When snapshots are taken, in UTC; default `02:00-03:00`."""
    maintenance_window: NotRequired[pulumi.Input[str]]
    """When changes are made, in UTC; default `sun:03:30-sun:04:30`."""
    final_snapshot: NotRequired[bool]
    """Whether a snapshot is taken when the store is deleted; default true."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the store (ElastiCache has no protection of its own); default false."""
    logs: NotRequired[bool]
    """Whether slow and engine logs go to CloudWatch; default false."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long they are kept there, in days, one of CloudWatch's periods; default 30."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log groups, which must allow CloudWatch Logs; CloudWatch's own by default."""
    secret_recovery_days: NotRequired[pulumi.Input[int]]
    """How long the deleted secret can be brought back: 7 to 30 days, or 0 for not at all; default 30."""
    secret_replicas: NotRequired[Sequence[SecretReplicaArgs]]
    """Copies of the secret in other regions; none by default."""
    restore_snapshot: NotRequired[pulumi.Input[str]]
    """Snapshot that the store is made from; read at creation only and ignored afterwards; an empty store by default."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of storage, snapshots and secret; AWS's own by default (storage is encrypted in any case)."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(name: str, args: RedisArgs) -> Iterator[tuple[str, str]]:
    identifier, replicas = args.get("identifier", name), args.get("replicas", 1)
    if not IDENTIFIER.fullmatch(identifier) or len(identifier) > 40:
        yield (
            "identifier",
            f"'{identifier}' is no identifier: at most 40 lower-case letters, digits and single hyphens, a letter first",
        )
    if not 0 <= replicas <= 5:
        yield "replicas", f"{replicas} replicas: 0 to 5 are allowed"
    if args.get("multi_zone") and not replicas:
        yield "multi_zone", "a store in several zones needs a replica: set replicas to 1 or more"
    if args.get("multi_zone", bool(replicas)) and len(args["subnet_ids"]) < 2:
        yield (
            "subnet_ids",
            "a store in several zones needs subnets in at least two: give two or more, or set multi_zone to false",
        )


class Redis(pulumi.ComponentResource):
    """A private, encrypted Valkey replication group that accepts TLS and a password only, and its secret."""

    endpoint: Endpoint
    """Where the store is reached, and its credentials."""

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Redis", name, {**args}, opts)
        refuse(name, _problems(name, args))
        self._prefix, self._tags = name, args.get("tags")
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)

        self.subnet_group = aws.elasticache.SubnetGroup(
            f"{name}-subnets",
            description=f"Data subnets of {name}",
            subnet_ids=args["subnet_ids"],
            tags=self._tags,
            opts=self._child,
        )
        self.parameter_group = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=f"valkey{args['version'].split('.')[0]}",
            description=f"Parameters of {name}",
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(
                    name="maxmemory-policy", value=args.get("eviction_policy", "noeviction")
                )
            ],
            tags=self._tags,
            opts=self._child,
        )
        # ElastiCache takes 16 to 128 printable characters and few special ones; letters and digits need no quoting anywhere.
        self.password = random.RandomPassword(f"{name}-password", length=64, special=False, opts=self._protected)
        self.log_groups = self._log_groups(args)
        self.replication_group = self._replication_group(args)
        self.secret = self._secret(args)
        replicas = args.get("replicas", 1)
        self.endpoint = Endpoint(
            host=self.replication_group.primary_endpoint_address,
            port=pulumi.Output.from_input(PORT),
            database="",
            username=pulumi.Output.from_input("default"),
            secret_id=self.secret.arn,
            password=self.password.result,
        )
        if replicas:
            self.endpoint["reader_host"] = self.replication_group.reader_endpoint_address
        self.register_outputs({"endpoint": self.endpoint})

    def _log_groups(self, args: RedisArgs) -> dict[str, aws.cloudwatch.LogGroup]:
        if not args.get("logs", False):
            return {}
        return {
            log: aws.cloudwatch.LogGroup(
                f"{self._prefix}-{log}",
                retention_in_days=args.get("log_retention_days", 30),
                kms_key_id=args.get("log_key_arn"),
                tags=self._tags,
                opts=self._child,
            )
            for log in LOG_TYPES
        }

    def _replication_group(self, args: RedisArgs) -> aws.elasticache.ReplicationGroup:
        replicas = args.get("replicas", 1)
        identifier = args.get("identifier", self._prefix)
        final_snapshot = None
        if args.get("final_snapshot", True):
            # A name that no earlier store of this name can have used for its own.
            suffix = random.RandomId(f"{self._prefix}-final-snapshot", byte_length=4, opts=self._child)
            final_snapshot = pulumi.Output.format("{0}-final-{1}", identifier, suffix.hex)
        return aws.elasticache.ReplicationGroup(
            f"{self._prefix}-group",
            replication_group_id=identifier,
            description=f"In-memory store {self._prefix}",
            engine="valkey",
            engine_version=args["version"],
            node_type=args["node_type"],
            num_cache_clusters=1 + replicas,
            automatic_failover_enabled=replicas > 0,
            multi_az_enabled=args.get("multi_zone", replicas > 0),
            port=PORT,
            subnet_group_name=self.subnet_group.name,
            security_group_ids=args["security_group_ids"],
            parameter_group_name=self.parameter_group.name,
            at_rest_encryption_enabled=True,
            kms_key_id=args.get("key_arn"),
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=self.password.result,
            snapshot_retention_limit=args.get("snapshot_retention_days", 7),
            snapshot_window=args.get("snapshot_window", "02:00-03:00"),
            maintenance_window=args.get("maintenance_window", "sun:03:30-sun:04:30"),
            final_snapshot_identifier=final_snapshot,
            snapshot_name=args.get("restore_snapshot"),
            auto_minor_version_upgrade=True,
            log_delivery_configurations=[
                aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
                    destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type=log
                )
                for log, group in self.log_groups.items()
            ],
            tags=self._tags,
            opts=pulumi.ResourceOptions.merge(self._protected, pulumi.ResourceOptions(ignore_changes=["snapshotName"])),
        )

    def _secret(self, args: RedisArgs) -> Secret:
        connection = {
            "engine": "valkey",
            "host": self.replication_group.primary_endpoint_address,
            "port": PORT,
            "username": "default",
            "password": self.password.result,
        }
        secret_args: SecretArgs = {
            "value": pulumi.Output.json_dumps(connection),
            "description": f"Credentials of {self._prefix}",
            "recovery_window_days": args.get("secret_recovery_days", 30),
            "replicas": args.get("secret_replicas", ()),
            "deletion_protection": args.get("deletion_protection", False),
            "tags": self._tags or {},
        }
        if (key := args.get("key_arn")) is not None:
            secret_args["key_arn"] = key
        return Secret(f"{self._prefix}-secret", secret_args, self._child)
