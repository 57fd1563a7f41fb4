"""Settings of the cloud's backup service: a vault for everything that keeps state."""

from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import Settings


class VaultLock(StrEnum):
    """Who can delete recovery points before their time."""

    NONE = "none"
    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


class BackupSettings(Settings):
    """A backup vault with a daily plan, beside the stores' own automatic backups; copies go to `recovery.region`."""

    enabled: bool = False
    """Whether there are vault, plan and selection."""
    retention_days: int = Field(default=35, ge=1, le=36500)
    """How long recovery points are kept, in days."""
    copy_retention_days: int = Field(default=35, ge=1, le=36500)
    """How long their copies in the recovery region are kept, in days."""
    vault_lock: VaultLock = VaultLock.NONE
    """`governance` (some administrators can delete recovery points), `compliance` (nobody can), or `none`."""
    lock_grace_days: int = Field(default=7, ge=3, le=36500)
    """How long a lock of mode `compliance` can still be taken off, in days; afterwards never."""
