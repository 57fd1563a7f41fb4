"""Settings of add-ons that a platform can do without."""

from pydantic import Field

from apim_infra.settings.base import Settings
from apim_infra.settings.times import Cron


class ClusterCopies(Settings):
    """Copies of the cluster's objects and of the volumes of its pods, taken by Velero."""

    schedule: Cron = "0 2 * * *"
    """When copies are taken, as a cron expression in UTC."""
    retention_days: int = Field(default=30, ge=1, le=3650)
    """How long a copy is kept, in days."""


class AddOnSettings(Settings):
    """Add-ons beside those that the platform needs, each switched on by itself."""

    external_dns: bool = False
    """Whether names that services in the microservices' namespace ask for are published in the public zone (external-dns)."""
    velero: ClusterCopies | None = None
    """Copies of the cluster's objects and volumes in a bucket of the stack (AWS; on Azure the cluster's own backup does it: `backup.enabled`)."""
