"""Relational databases of the platform on AWS: MariaDB, MySQL and PostgreSQL on RDS."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.aws.engines import ENGINES
from components.aws.iam_policies import service_trust
from components.aws.rotation import PasswordRotation, RotationArgs
from components.aws.secrets import Secret, SecretArgs, SecretReplicaArgs
from components.aws.tags import Tags
from components.common import refuse
from components.outputs import Endpoint

IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
"""Identifier of a database instance: lower-case letters, digits and single hyphens (API reference of RDS, CreateDBInstance)."""

INSIGHTS_DAYS = 7
"""How long the load of queries is kept: what the standard mode of Database Insights has without charge (RDS User Guide, 2026)."""


class RestoreArgs(TypedDict):
    """What a database is made from instead of nothing; read at creation only and ignored afterwards."""

    snapshot: NotRequired[pulumi.Input[str]]
    """Snapshot to restore."""
    automated_backups: NotRequired[pulumi.Input[str]]
    """ARN of (replicated) automated backups to restore, to the latest restorable time."""


class RelationalDatabaseArgs(TypedDict):
    """Arguments of `RelationalDatabase`."""

    engine: str
    """`mariadb`, `mysql` or `postgres`."""
    version: str
    """Engine version: the major (`11.8`, `17`), to which minor upgrades are applied by themselves, or a minor."""
    instance_class: pulumi.Input[str]
    """Instance class, such as `db.m7g.large`."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Data subnets, in at least two zones."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the database."""
    database: str
    """Name of the database that is made."""
    username: pulumi.Input[str]
    """Name of the administrator."""
    parameters: NotRequired[Mapping[str, str]]
    """Parameters beside the engine's own, which they may replace; none by default."""
    identifier: NotRequired[str]
    """Identifier of the instance, at most 63 lower-case letters, digits and single hyphens; the component's name by default. Fixed: log groups come first."""
    storage_gb: NotRequired[pulumi.Input[int]]
    """Allocated storage, in GiB; default 20."""
    maximum_storage_gb: NotRequired[pulumi.Input[int]]
    """Storage autoscaling stops here, in GiB; no autoscaling by default."""
    multi_zone: NotRequired[pulumi.Input[bool]]
    """Whether a standby in another zone takes over by itself; default false."""
    replicas: NotRequired[int]
    """Number of read replicas; default 0."""
    backup_retention_days: NotRequired[int]
    """How long automatic backups are kept, 0 to 35 days; 0 switches them off; default 7."""
    backup_window: NotRequired[pulumi.Input[str]]
    """When backups are taken, in UTC; default `02:00-03:00`."""
    maintenance_window: NotRequired[pulumi.Input[str]]
    """When changes that need a restart are made, in UTC; default `sun:03:30-sun:04:30`."""
    final_snapshot: NotRequired[bool]
    """Whether a snapshot is taken when the database is deleted; default true."""
    deletion_protection: NotRequired[bool]
    """Whether the database refuses to be deleted, in AWS and in Pulumi; default false."""
    logs: NotRequired[bool]
    """Whether the engine's logs go to CloudWatch; default true."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long they are kept there, in days, one of CloudWatch's periods; default 30."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the log groups, which must allow CloudWatch Logs; CloudWatch's own by default."""
    monitoring_seconds: NotRequired[int]
    """Interval of metrics of the operating system, in seconds: 0 for none, 1, 5, 10, 15, 30 or 60; default 0."""
    performance_insights: NotRequired[bool]
    """Whether the load of queries is recorded (Database Insights, standard mode), for 7 days; the smallest instance classes cannot; default false."""
    secret_recovery_days: NotRequired[pulumi.Input[int]]
    """How long the deleted secret can be brought back: 7 to 30 days, or 0 for not at all; default 30."""
    secret_replicas: NotRequired[Sequence[SecretReplicaArgs]]
    """Copies of the secret in other regions; none by default."""
    rotation: NotRequired[RotationArgs]
    """How the password is changed by itself; never by default. RDS's own managed password would be refused for an instance with replicas."""
    restore: NotRequired[RestoreArgs]
    """What the database is restored from; a new one by default."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of storage, backups and secret; AWS's own by default (storage is encrypted in any case)."""
    backup_tags: NotRequired[Tags]
    """Tags of the primary alone, beside `tags`: those by which backup plans select; its replicas hold the same data; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(name: str, args: RelationalDatabaseArgs) -> Iterator[tuple[str, str]]:
    identifier, replicas = args.get("identifier", name), args.get("replicas", 0)
    longest = 63 - (len("-replica-1") if replicas else 0)
    if not IDENTIFIER.fullmatch(identifier) or len(identifier) > longest:
        yield (
            "identifier",
            f"'{identifier}' is no identifier: at most {longest} lower-case letters, digits and single hyphens, a letter first",
        )
    if args["engine"] not in ENGINES:
        yield "engine", f"'{args['engine']}' is no engine of this component: one of {', '.join(ENGINES)}"
    if len(args["subnet_ids"]) < 2:
        yield "subnet_ids", "RDS needs subnets in at least two zones: give two or more"
    retention = args.get("backup_retention_days", 7)
    if not 0 <= retention <= 35:
        yield "backup_retention_days", f"{retention} days: 0 to 35 are allowed"
    if replicas and not retention:
        yield (
            "replicas",
            "a read replica is made from automatic backups: set backup_retention_days to 1 or more, or replicas to 0",
        )
    if len(args.get("restore", {})) > 1:
        yield "restore", "give one source, a snapshot or automated backups"


class RelationalDatabase(pulumi.ComponentResource):
    """A private, encrypted RDS instance that accepts TLS only, with its password in Secrets Manager, and read replicas.

    A changed restore source does nothing to an existing database. Its identifier is fixed, so a change that would replace it is refused by AWS
    instead of leaving the data behind.
    """

    endpoint: Endpoint
    """Where the database is reached, and its credentials."""

    def __init__(self, name: str, args: RelationalDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:RelationalDatabase", name, {**args}, opts)
        refuse(name, _problems(name, args))
        self._prefix, self._tags = name, args.get("tags")
        self._identifier = args.get("identifier", name)
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)
        self.engine = ENGINES[args["engine"]]

        self.subnet_group = aws.rds.SubnetGroup(
            f"{name}-subnets",
            description=f"Data subnets of {name}",
            subnet_ids=args["subnet_ids"],
            tags=self._tags,
            opts=self._child,
        )
        self.parameter_group = aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=self.engine.family_of(args["version"]),
            description=f"Parameters of {name}",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name=parameter, value=value, apply_method="pending-reboot")
                for parameter, value in {**self.engine.parameters, **args.get("parameters", {})}.items()
            ],
            tags=self._tags,
            opts=self._child,
        )
        # Letters and digits only: such a password needs no quoting in any connection string.
        self.password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self._protected)
        self.monitoring_role = self._monitoring_role(args)
        self.instance = self._instance(args)
        self.replicas = [self._replica(number, args) for number in range(1, args.get("replicas", 0) + 1)]
        self.secret = self._secret(args)
        self.rotation = self._rotation(args)
        self.endpoint = Endpoint(
            host=self.instance.address,
            port=self.instance.port,
            database=args["database"],
            username=pulumi.Output.from_input(args["username"]),
            secret_id=self.secret.arn,
            password=self.password.result,
            rotated=self.rotation is not None,
        )
        if self.replicas:
            self.endpoint["reader_host"] = self.replicas[0].address
        self.register_outputs({"endpoint": self.endpoint})

    def _log_groups(self, identifier: str, args: RelationalDatabaseArgs) -> list[pulumi.Resource]:
        """Make the log groups before RDS does, which would keep logs for ever."""
        if not args.get("logs", True):
            return []
        return [
            aws.cloudwatch.LogGroup(
                f"{self._prefix}{identifier.removeprefix(self._identifier)}-{log}",
                name=f"/aws/rds/instance/{identifier}/{log}",
                retention_in_days=args.get("log_retention_days", 30),
                kms_key_id=args.get("log_key_arn"),
                tags=self._tags,
                opts=self._child,
            )
            for log in self.engine.logs
        ]

    def _monitoring_role(self, args: RelationalDatabaseArgs) -> aws.iam.Role | None:
        if not args.get("monitoring_seconds"):
            return None
        role = aws.iam.Role(
            f"{self._prefix}-monitoring",
            assume_role_policy=service_trust("monitoring.rds.amazonaws.com"),
            description=f"Sends metrics of {self._prefix} to CloudWatch",
            tags=self._tags,
            opts=self._child,
        )
        aws.iam.RolePolicyAttachment(
            f"{self._prefix}-monitoring-policy",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            opts=self._child,
        )
        return role

    def _common(self, args: RelationalDatabaseArgs) -> aws.rds.InstanceArgs:
        """Return what primary and replicas have in common."""
        insights = args.get("performance_insights", False)
        return aws.rds.InstanceArgs(
            instance_class=args["instance_class"],
            storage_type="gp3",
            max_allocated_storage=args.get("maximum_storage_gb"),
            vpc_security_group_ids=args["security_group_ids"],
            parameter_group_name=self.parameter_group.name,
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            maintenance_window=args.get("maintenance_window", "sun:03:30-sun:04:30"),
            copy_tags_to_snapshot=True,
            deletion_protection=args.get("deletion_protection", False),
            enabled_cloudwatch_logs_exports=self.engine.logs if args.get("logs", True) else [],
            monitoring_interval=args.get("monitoring_seconds", 0),
            monitoring_role_arn=self.monitoring_role.arn if self.monitoring_role else None,
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=args.get("key_arn") if insights else None,
            performance_insights_retention_period=INSIGHTS_DAYS if insights else None,
        )

    def _instance(self, args: RelationalDatabaseArgs) -> aws.rds.Instance:
        arguments = self._common(args)
        arguments.identifier = self._identifier
        arguments.engine = self.engine.name
        arguments.engine_version = args["version"]
        arguments.engine_lifecycle_support = self.engine.lifecycle
        arguments.allocated_storage = args.get("storage_gb", 20)
        arguments.storage_encrypted = True
        arguments.kms_key_id = args.get("key_arn")
        arguments.db_subnet_group_name = self.subnet_group.name
        arguments.multi_az = args.get("multi_zone", False)
        arguments.db_name = args["database"]
        arguments.username = args["username"]
        arguments.password = self.password.result
        arguments.port = self.engine.port
        arguments.backup_retention_period = args.get("backup_retention_days", 7)
        arguments.backup_window = args.get("backup_window", "02:00-03:00")
        arguments.delete_automated_backups = not args.get("deletion_protection", False)
        arguments.skip_final_snapshot = not args.get("final_snapshot", True)
        if args.get("final_snapshot", True):
            # A name that no earlier database of this name can have used for its own.
            suffix = random.RandomId(f"{self._prefix}-final-snapshot", byte_length=4, opts=self._child)
            arguments.final_snapshot_identifier = pulumi.Output.format("{0}-final-{1}", self._identifier, suffix.hex)
        restore = args.get("restore", {})
        arguments.snapshot_identifier = restore.get("snapshot")
        if (backups := restore.get("automated_backups")) is not None:
            # Restored storage has the key of the copies; the API takes no other (RestoreDBInstanceToPointInTime, RDS API reference).
            arguments.kms_key_id = None
            arguments.restore_to_point_in_time = aws.rds.InstanceRestoreToPointInTimeArgs(
                source_db_instance_automated_backups_arn=backups, use_latest_restorable_time=True
            )
        arguments.tags = {**(self._tags or {}), **args.get("backup_tags", {})}
        return aws.rds.Instance(
            f"{self._prefix}-instance",
            arguments,
            pulumi.ResourceOptions.merge(
                self._protected,
                pulumi.ResourceOptions(
                    depends_on=self._log_groups(self._identifier, args),
                    # A rotated password is not the one that Pulumi knows, and must not be set back to it.
                    ignore_changes=[
                        *("snapshotIdentifier", "restoreToPointInTime", "kmsKeyId"),
                        *(["password"] if "rotation" in args else []),
                    ],
                ),
            ),
        )

    def _replica(self, number: int, args: RelationalDatabaseArgs) -> aws.rds.Instance:
        """Make a read replica; engine, storage, encryption and credentials are those of its source."""
        identifier = f"{self._identifier}-replica-{number}"
        arguments = self._common(args)
        arguments.identifier = identifier
        arguments.replicate_source_db = self.instance.identifier
        arguments.storage_encrypted = True
        arguments.skip_final_snapshot = True
        arguments.tags = self._tags
        return aws.rds.Instance(
            f"{self._prefix}-replica-{number}",
            arguments,
            pulumi.ResourceOptions.merge(
                self._protected, pulumi.ResourceOptions(depends_on=self._log_groups(identifier, args))
            ),
        )

    def _secret(self, args: RelationalDatabaseArgs) -> Secret:
        connection = {
            "engine": self.engine.name,
            "host": self.instance.address,
            "port": self.instance.port,
            "dbname": args["database"],
            "username": args["username"],
            "password": self.password.result,
        }
        secret_args: SecretArgs = {
            "value": pulumi.Output.json_dumps(connection),
            "description": f"Credentials of {self._prefix}",
            "recovery_window_days": args.get("secret_recovery_days", 30),
            "rotated": "rotation" in args,
            "replicas": args.get("secret_replicas", ()),
            "deletion_protection": args.get("deletion_protection", False),
            "tags": self._tags or {},
        }
        if (key := args.get("key_arn")) is not None:
            secret_args["key_arn"] = key
        return Secret(f"{self._prefix}-secret", secret_args, self._child)

    def _rotation(self, args: RelationalDatabaseArgs) -> PasswordRotation | None:
        if "rotation" not in args:
            return None
        return PasswordRotation(
            f"{self._prefix}-rotation",
            {"engine": self.engine.name, "secret_arn": self.secret.arn, "schedule": args["rotation"]},
            pulumi.ResourceOptions(parent=self, depends_on=[self.secret.version]),
        )
