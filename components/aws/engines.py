"""What differs between the relational engines on RDS."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine of RDS."""

    name: str
    """RDS's name of the engine."""
    port: int
    """Port of the engine."""
    family: str
    """Template of the family of parameter groups."""
    version_parts: int
    """How many parts of a version make its major."""
    parameters: Mapping[str, str]
    """Parameters that differ from RDS's defaults: TLS only, and statements of a second or more logged."""
    logs: tuple[str, ...]
    """Logs that RDS sends to CloudWatch."""
    lifecycle: str | None
    """What happens at the end of standard support; None where RDS has no (paid) extended support to decline."""
    rotation: str
    """AWS's application in the Serverless Application Repository whose function changes the password."""

    def family_of(self, version: str) -> str:
        """Return the family of parameter groups of a version, such as `postgres17` for `17.5`."""
        return self.family.format(".".join(version.split(".")[: self.version_parts]))


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            name="mariadb",
            port=3306,
            family="mariadb{0}",
            version_parts=2,
            parameters={
                "require_secure_transport": "1",
                "slow_query_log": "1",
                "long_query_time": "1",
                "log_output": "FILE",
            },
            logs=("error", "slowquery"),
            lifecycle=None,
            rotation="SecretsManagerRDSMariaDBRotationSingleUser",
        ),
        Engine(
            name="mysql",
            port=3306,
            family="mysql{0}",
            version_parts=2,
            parameters={
                "require_secure_transport": "1",
                "slow_query_log": "1",
                "long_query_time": "1",
                "log_output": "FILE",
            },
            logs=("error", "slowquery"),
            lifecycle="open-source-rds-extended-support-disabled",
            rotation="SecretsManagerRDSMySQLRotationSingleUser",
        ),
        Engine(
            name="postgres",
            port=5432,
            family="postgres{0}",
            version_parts=1,
            parameters={
                "rds.force_ssl": "1",
                "ssl_min_protocol_version": "TLSv1.2",
                "log_min_duration_statement": "1000",
            },
            logs=("postgresql", "upgrade"),
            lifecycle="open-source-rds-extended-support-disabled",
            rotation="SecretsManagerRDSPostgreSQLRotationSingleUser",
        ),
    )
}
"""Engine by RDS's name (RDS User Guide: parameters of MariaDB, MySQL and PostgreSQL, log exports, Extended Support; own knowledge, 2026-11).

TLS 1.2 is the least: of PostgreSQL by its parameter, of MariaDB and MySQL by their own default. ElastiCache has no parameter for it and takes no less since
2025-05 (AWS, What's New, 2024-05-08).
"""

ROTATION_PUBLISHER = "arn:aws:serverlessrepo:us-east-1:297356227824:applications"
"""Where AWS publishes its rotation functions, for every region (Secrets Manager User Guide, rotation function templates, 2026)."""

ROTATION_VERSION = "1.1.618"
"""Version of the applications that AWS CDK 2.248.0 deploys."""
