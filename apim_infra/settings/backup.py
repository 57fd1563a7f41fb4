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
    """Whether there are vault, plan and selection: of the databases, of volumes, and of the log bucket."""
    retention_days: int = Field(default=35, ge=1, le=36500)
    """How long recovery points are kept, in days."""
    copy_retention_days: int = Field(default=35, ge=1, le=36500)
    """How long their copies in the recovery region are kept, in days."""
    vault_lock: VaultLock = VaultLock.NONE
    """`governance` (administrators with the right to can take the lock off), `compliance` (nobody can ever, not the account's root and not the cloud,
    once the grace days are over: the vault and what is in it stay, and are paid for, until the last recovery point has reached its age), or `none`. A lock
    also refuses recovery points that would be kept for fewer days than `retention_days`, so `compliance` fixes that number's least for ever."""
    lock_grace_days: int = Field(default=7, ge=3, le=36500)
    """How long a lock of mode `compliance` can still be taken off, in days; afterwards never."""
