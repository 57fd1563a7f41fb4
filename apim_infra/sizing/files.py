"""Size of the file share that the gateways write their events to."""

from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

SMALLEST_GIB, LARGEST_GIB = 100, 102400
"""Sizes of a share on premium storage, in GiB (Azure Files documentation, scalability targets of premium shares, 2026)."""

SPARE_GB = 1
"""What a share holds beside what the gateways write, in GB (Axway's reference architecture for Azure, shared storage)."""


def events_gb(disk_gb_per_replica: int, replicas: int) -> int:
    """Return what all gateways may write together, in GB: each its own, and what is spare; 13 for 1 GB and 12 gateways."""
    return disk_gb_per_replica * replicas + SPARE_GB


def most_gateways(settings: StackSettings) -> int:
    """Return how many gateways there can be: all groups at their maximum."""
    return sum(group.replicas.max for group in settings.gateway_groups)


def share_gib(settings: StackSettings) -> int:
    """Return the size of the share, in GiB: what the gateways need, and at least what Azure sells; 0 without a share.

    GB are taken for GiB, which are a little larger: the share is never too small.
    """
    files = settings.stores.files
    if files.mode is StoreMode.NONE:
        return 0
    return max(SMALLEST_GIB, events_gb(files.disk_gb_per_replica, most_gateways(settings)))
