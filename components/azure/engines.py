"""What differs between the relational engines of the flexible servers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine of Azure's flexible servers."""

    name: str
    """`mysql` or `postgres`."""
    port: int
    """Port of the engine."""
    group_id: str
    """Part of the server that a private endpoint is made of."""
    versions: Mapping[str, str]
    """Version to the name that the API has for it, where they differ."""
    parameters: Mapping[str, str]
    """Server parameters that are set: TLS only, 1.2 or later, and statements of a second or more logged."""
    charset: str
    """Character set of the database."""
    collation: str
    """Collation of the database."""
    shortest_retention_days: int
    """How long backups are kept at least, in days."""
    storage_sizes_gb: tuple[int, ...]
    """Sizes of storage there are, in GiB; every whole size where this is empty."""
    window_at_creation: bool
    """Whether a server can be made with a maintenance window; else it takes one in a later change only."""

    def api_version(self, version: str) -> str:
        """Return what the API calls a version, such as `8.0.21` for `8.0`."""
        return self.versions.get(version, version)


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            name="mysql",
            port=3306,
            group_id="mysqlServer",
            versions={"8.0": "8.0.21"},
            parameters={
                "require_secure_transport": "ON",
                "tls_version": "TLSv1.2,TLSv1.3",
                "slow_query_log": "ON",
                "long_query_time": "1",
            },
            charset="utf8mb4",
            collation="utf8mb4_0900_ai_ci",
            shortest_retention_days=1,
            storage_sizes_gb=(),
            window_at_creation=False,
        ),
        Engine(
            name="postgres",
            port=5432,
            group_id="postgresqlServer",
            versions={},
            parameters={
                "require_secure_transport": "ON",
                "ssl_min_protocol_version": "TLSv1.2",
                "log_min_duration_statement": "1000",
            },
            charset="UTF8",
            collation="en_US.utf8",
            shortest_retention_days=7,
            storage_sizes_gb=(32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767),
            window_at_creation=True,
        ),
    )
}
"""Engine by its name (Azure Database for MySQL and for PostgreSQL: TLS, server parameters, service tiers, backup and restore, 2024-11; sizes of storage and
`8.0.21`: the azurerm provider, 2025; maintenance windows of MySQL: bicep-types-az issue 2239, 2024-07).

`tls_version` is read when the server starts: until its first restart a new server takes TLS 1.2 alone, its default.
"""
