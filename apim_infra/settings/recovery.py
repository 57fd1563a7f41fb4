"""Settings of disaster recovery: targets, and what a rebuilt stack restores from."""

from pydantic import Field

from apim_infra.settings.base import Settings, Text
from apim_infra.settings.checks import Region
from apim_infra.settings.secret import SecretSetting
from apim_infra.settings.times import RestoreTime


class RestoreSource(Settings):
    """Where one store is restored from; create-only, ignored afterwards."""

    snapshot: str | None = None
    """Snapshot or recovery point to restore from (AWS)."""
    automated_backups: str | None = None
    """Automated backups to restore from, to the latest restorable time: the replicated ones' ARN on AWS, the id of the server that they are of on Azure."""
    time: RestoreTime | None = None
    """Moment that is restored, in UTC (`2026-11-21T03:00:00Z`); for Azure: PostgreSQL needs one, and so does a source in the stack's own region."""
    same_region: bool = False
    """Whether the source stands in the stack's own region: its own backups are restored, not their geo-redundant copies (Azure)."""
    password: SecretSetting | None = None
    """Password of the source's administrator, which a restored server keeps (Azure). Without it the platform's own, new one has to be set by hand."""


class Restore(Settings):
    """Restore sources of the stores of a rebuilt platform."""

    mariadb: RestoreSource | None = None
    """Source of the APIM database."""
    postgresql: RestoreSource | None = None
    """Source of the tenant manager's database."""
    gateway_postgresql: RestoreSource | None = None
    """Source of the gateway's database."""
    redis: RestoreSource | None = None
    """Source of the in-memory store."""
    images: Text | None = None
    """Registry and path of the copied images of the control plane; its programs are pulled from there instead of the platform's own registry."""


class Copies(Settings):
    """What is copied to the recovery region beside the backups of the databases; nothing without such a region."""

    images: bool = False
    """Whether images of the control plane are copied when they are pushed. On AWS an account has one such rule in a region: switch it on in one stack."""
    logs: bool = False
    """Whether what is written to the log bucket from now on is copied."""
    secrets: bool = False
    """Whether the stores' secrets are copied."""


class RecoverySettings(Settings):
    """Recovery targets and sources."""

    region: Region | None = None
    """Region that receives copies of the backups, and in which the platform can be rebuilt; no copies when absent. Azure: the region's pair, fixed when the
    databases are made."""
    time_objective_minutes: int = Field(default=60, ge=5, le=10080)
    """Longest acceptable time to rebuild the platform, in minutes."""
    point_objective_minutes: int = Field(default=60, ge=0, le=10080)
    """Longest acceptable loss of data, in minutes."""
    copies: Copies = Copies()
    """What is copied to the recovery region beside the backups of the databases."""
    restore: Restore | None = None
    """Set on a rebuilt stack only: what its stores are restored from."""
