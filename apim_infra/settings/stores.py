"""Settings of the persistent stores."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.checks import DiskTier, DnsLabel, EngineVersion, MinorVersion, ObjectId
from apim_infra.settings.times import DailyWindow, MaintenanceWindow
from apim_infra.settings.windows import window_rules

MONITORING_SECONDS = (0, 1, 5, 10, 15, 30, 60)
"""Intervals of metrics of the operating system (RDS API reference, MonitoringInterval)."""


class StoreMode(StrEnum):
    """Where a store runs."""

    MANAGED = "managed"
    SELF_MANAGED = "self-managed"
    IN_CLUSTER = "in-cluster"
    NONE = "none"


class Store(Settings):
    """What every store has."""

    mode: StoreMode = StoreMode.MANAGED
    """`managed` by the cloud, `in-cluster` by an operator (development), or `none`."""
    multi_zone: bool = False
    """Whether a standby in another zone takes over by itself."""
    backup_retention_days: int = Field(default=7, ge=0, le=35)
    """How long automatic backups are kept, in days; 0 switches them off. Azure: 1 or more for MySQL, 7 for PostgreSQL; Redis keeps the newest."""
    deletion_protection: bool = False
    """Whether the store refuses to be deleted, in the cloud and in Pulumi."""
    final_snapshot: bool = False
    """Whether a snapshot is taken when the store is deleted (AWS)."""


class RelationalStore(Store):
    """A relational database."""

    version: EngineVersion
    """Engine version: the major, to which minor upgrades are applied by themselves."""
    size: str = "db.t4g.medium"
    """Instance class or compute size from the sizing catalogue of the cloud."""
    storage_gb: int = Field(default=20, ge=20, le=65536)
    """Allocated storage, in GB. Azure: a power of two from 32 for PostgreSQL, and never less than before."""
    max_storage_gb: int = Field(default=100, ge=20, le=65536)
    """Storage autoscaling stops here, in GB. Azure has no limit: storage grows by itself wherever this is above `storage_gb`."""
    replicas: int = Field(default=0, ge=0, le=5)
    """Number of read replicas."""
    backup_window: DailyWindow = "02:00-03:00"
    """When automatic backups are taken (AWS); must not touch the maintenance window."""
    maintenance_window: MaintenanceWindow = "sun:03:30-sun:04:30"
    """When changes that need a restart are made. Azure: an hour, for PostgreSQL alone."""
    performance_insights: bool = False
    """Whether the load of queries is recorded (AWS); the smallest sizes cannot."""
    monitoring_seconds: int = Field(default=0, ge=0, le=60)
    """Interval of metrics of the operating system, in seconds: 0 for none, 1, 5, 10, 15, 30 or 60 (AWS)."""
    password_rotation_days: int | None = Field(default=None, ge=1, le=1000)
    """The password is changed by itself after this time, in days; never when absent (AWS)."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold storage bounds in order, and replicas to the backups that they are made from."""
        if self.storage_gb > self.max_storage_gb:
            yield BrokenRule(
                "storage_gb",
                f"must not be above max_storage_gb ({self.max_storage_gb})",
                f"lower storage_gb or raise max_storage_gb to {self.storage_gb}",
            )
        if self.replicas > 0 and self.backup_retention_days == 0:
            yield BrokenRule(
                "backup_retention_days",
                f"must be at least 1 when there are replicas ({self.replicas}): they are made from backups",
                "keep backups for a day or more, or set replicas to 0",
            )
        if self.monitoring_seconds not in MONITORING_SECONDS:
            yield BrokenRule(
                "monitoring_seconds",
                f"must be one of {', '.join(map(str, MONITORING_SECONDS))}",
                "use 60, or 0 for no metrics of the operating system",
            )
        yield from window_rules(
            ("backup_window", self.backup_window),
            ("maintenance_window", self.maintenance_window),
            # RDS API reference, PreferredBackupWindow and PreferredMaintenanceWindow.
            shortest_minutes=30,
            backups=self.backup_retention_days > 0,
        )


class DatabaseEngine(StrEnum):
    """Engines that speak MySQL's protocol."""

    MARIADB = "mariadb"
    MYSQL = "mysql"


class MariadbStore(RelationalStore):
    """A relational database of MariaDB, or of MySQL for a product that takes no other."""

    engine: DatabaseEngine = DatabaseEngine.MARIADB
    """`mariadb`, or `mysql` where the product asks for MySQL itself. Azure has MySQL alone, whatever stands here."""


class RedisStore(Store):
    """An in-memory store for tokens and sessions: Valkey; Redis where Azure manages it."""

    version: MinorVersion = "8.1"
    """Engine version, major and minor; Azure has one, 7.4."""
    size: str = "cache.t4g.small"
    """Node type from the sizing catalogue of the cloud."""
    replicas: int = Field(default=1, ge=0, le=5)
    """Number of replicas beside the primary; Azure: 0 or 1, fixed at creation, in another zone where the region has zones."""
    snapshot_window: DailyWindow = "03:00-04:00"
    """When automatic snapshots are taken (AWS); must not touch the maintenance window."""
    maintenance_window: MaintenanceWindow = "sun:04:30-sun:05:30"
    """When changes that need a restart are made (AWS)."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold a standby in another zone to a replica that can be it."""
        if self.multi_zone and self.replicas == 0:
            yield BrokenRule(
                "replicas", "must be at least 1 when multi_zone is on", "add a replica or switch multi_zone off"
            )
        yield from window_rules(
            ("snapshot_window", self.snapshot_window),
            ("maintenance_window", self.maintenance_window),
            # Twice that of the databases (ElastiCache user guide, backup window and maintenance window).
            shortest_minutes=60,
            backups=self.backup_retention_days > 0,
        )


class CassandraStore(Store):
    """A Cassandra ring for products and services that need one."""

    mode: StoreMode = StoreMode.NONE
    """`self-managed` on machines of its own, `managed` by the cloud, `in-cluster` by an operator (development), or `none`. The cloud encrypts and backs up
    what it manages by rules of its own (Azure: each day, for two days)."""
    version: MinorVersion = "4.1"
    """Cassandra version, major and minor; the managed service of AWS has its own."""
    nodes: int = Field(default=3, ge=3, le=12)
    """Number of nodes, spread over the zones."""
    size: str = "m7i.xlarge"
    """Instance type or VM size of a node."""
    storage_gb: int = Field(default=50, ge=20, le=16384)
    """Data disk of each node, in GB. Azure, mode `managed`: whole disks of 1024 GB, as many as hold it."""
    replication_factor: int = Field(default=3, ge=1, le=3)
    """Copies of each row."""
    keyspaces: list[DnsLabel] = Field(default=["apim"])
    """Keyspaces that are made; hyphens become underscores. Azure, mode `managed`: output `cassandra_keyspaces` has the statements that make them."""
    service_accounts: list[DnsLabel] = Field(default=["cassandra-client"])
    """Service accounts of namespace `microservices` whose pods may use the managed service of AWS; only for mode `managed`."""
    performance_tier: DiskTier | None = None
    """Azure: performance tier of the data disks above that of their size, such as `P30` for throughput; that of their size when absent."""
    entra_login: bool = True
    """Azure: whether people with a role in Entra log in to the machines by ssh; otherwise only the ring's key opens them."""
    service_principal_id: ObjectId | None = None
    """Azure, for mode `managed` alone: object id that your tenant gives Azure's own application Azure Cosmos DB, which puts nodes into the network
    (`az ad sp show --id a232010e-820c-4083-83bb-3ace5fc29d0b --query id`)."""
    image_id: str | None = None
    """Machine image with Cassandra installed; the cloud's newest Linux with Cassandra's own packages when absent, which needs a way out."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold copies to the nodes that there are for them."""
        if self.replication_factor > self.nodes:
            yield BrokenRule("replication_factor", f"must not be above nodes ({self.nodes})", "lower it, or add nodes")
        if len(set(self.keyspaces)) < len(self.keyspaces):
            yield BrokenRule("keyspaces", "must differ from each other", "remove the one that is there twice")


class ShareProtocol(StrEnum):
    """How pods mount a shared file store."""

    SMB = "smb"
    NFS = "nfs"


class FileStore(Settings):
    """A file share that many pods write to, for events of the gateways (Azure)."""

    mode: StoreMode = StoreMode.NONE
    """`managed` by the cloud, or `none`."""
    protocol: ShareProtocol = ShareProtocol.SMB
    """How pods mount it."""
    disk_gb_per_replica: int = Field(default=1, ge=1, le=1024)
    """What each gateway may write, in GB; the share holds it for all gateways at their maximum, and one GB more."""
    multi_zone: bool = True
    """Whether it survives the loss of a zone."""
    backup_retention_days: int = Field(default=14, ge=0, le=200)
    """How long daily backups are kept, in days; 0 switches them off."""
    deletion_protection: bool = False
    """Whether it refuses to be deleted, in the cloud and in Pulumi."""


class StoresSettings(Settings):
    """The stores of the platform."""

    mariadb: MariadbStore = MariadbStore(version="11.8", replicas=1)
    """APIM database, master and replicas (control plane). Azure has no MariaDB any more: there it is MySQL, with MySQL's versions."""
    postgresql: RelationalStore = RelationalStore(version="17")
    """Tenant manager's database (control plane)."""
    gateway_postgresql: RelationalStore = RelationalStore(version="17")
    """Gateway's database."""
    redis: RedisStore = RedisStore()
    """Tokens and sessions."""
    cassandra: CassandraStore = CassandraStore()
    """Key-value store for products that need one."""
    files: FileStore = FileStore()
    """File share of the gateways."""
