"""Size of the file share that the gateways write their events to."""

from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

SMALLEST_SHARE_GB = 100
"""Smallest provisioned size of a premium share, in GiB (Azure Files documentation, provisioned v1 model, 2026)."""

SPARE_GB = 1
"""What the share holds beside the gateways' own parts, in GB (reference architecture of an externally managed topology, Axway 2020)."""


def events_gb(settings: StackSettings) -> int:
    """Return what the gateways may write together, in GB: each its part, every group at its maximum, and one GB more."""
    most = sum(group.replicas.max for group in settings.gateway_groups)
    return settings.stores.files.disk_gb_per_replica * most + SPARE_GB


def share_size_gb(settings: StackSettings) -> int:
    """Return the size of the share, in GiB: what the gateways may write, and never less than the cloud provisions; 0 without a share."""
    if settings.stores.files.mode is StoreMode.NONE:
        return 0
    return max(SMALLEST_SHARE_GB, events_gb(settings))
