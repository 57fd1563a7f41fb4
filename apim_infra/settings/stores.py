"""Settings of the persistent stores."""

from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import Settings


class StoreMode(StrEnum):
    """Where a store runs."""

    MANAGED = "managed"
    IN_CLUSTER = "in-cluster"
    NONE = "none"


class Store(Settings):
    """What every store has."""

    mode: StoreMode = StoreMode.MANAGED
    """`managed` by the cloud, `in-cluster` by an operator (development), or `none`."""
    multi_zone: bool = False
    """Whether a standby in another zone takes over by itself."""
    backup_retention_days: int = Field(default=7, ge=0, le=35)
    """How long automatic backups are kept, in days; 0 switches them off."""
    deletion_protection: bool = False
    """Whether the store refuses to be deleted, in the cloud and in Pulumi."""
    final_snapshot: bool = False
    """Whether a snapshot is taken when the store is deleted."""


class RelationalStore(Store):
    """A relational database."""

    version: str
    """Engine version: the major, to which minor upgrades are applied by themselves."""
    size: str = "db.t4g.medium"
    """Instance class from the sizing catalogue of the cloud."""
    storage_gb: int = Field(default=20, ge=20, le=65536)
    """Allocated storage, in GB."""
    max_storage_gb: int = Field(default=100, ge=20, le=65536)
    """Storage autoscaling stops here, in GB."""
    replicas: int = Field(default=0, ge=0, le=5)
    """Number of read replicas."""


class RedisStore(Store):
    """An in-memory store for tokens and sessions (Valkey)."""

    version: str = "8.1"
    """Engine version, major and minor."""
    size: str = "cache.t4g.small"
    """Node type from the sizing catalogue of the cloud."""
    replicas: int = Field(default=1, ge=0, le=5)
    """Number of replicas beside the primary."""


class CassandraStore(Store):
    """A Cassandra ring for products that need one."""

    mode: StoreMode = StoreMode.NONE
    """`managed` by the cloud, `in-cluster` by an operator (development), or `none`."""
    version: str = "4.1"
    """Cassandra version, major and minor."""
    nodes: int = Field(default=3, ge=3, le=12)
    """Number of nodes, spread over the zones."""
    size: str = "m7i.xlarge"
    """Instance type or VM size of a node."""
    storage_gb: int = Field(default=50, ge=20, le=16384)
    """Data disk of each node, in GB."""


class StoresSettings(Settings):
    """The stores of the platform."""

    mariadb: RelationalStore = RelationalStore(version="11.8", replicas=1)
    """APIM database, master and replicas (control plane)."""
    postgresql: RelationalStore = RelationalStore(version="17")
    """Tenant manager's database (control plane)."""
    gateway_postgresql: RelationalStore = RelationalStore(version="17")
    """Gateway's database."""
    redis: RedisStore = RedisStore()
    """Tokens and sessions."""
    cassandra: CassandraStore = CassandraStore()
    """Key-value store for products that need one."""
