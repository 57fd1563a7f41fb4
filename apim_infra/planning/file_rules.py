"""How large the file share of the gateways is, and what is asked of it and cannot be built."""

from collections.abc import Iterator

from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import Violation

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
    """Return the size of the share, in GiB: what the gateways need, and at least what Azure sells.

    GB are taken for GiB, which are a little larger: the share is never too small.
    """
    needed = events_gb(settings.stores.files.disk_gb_per_replica, most_gateways(settings))
    return max(SMALLEST_GIB, needed)


def file_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is asked of the file share and cannot be built."""
    files = settings.stores.files
    if files.mode is StoreMode.NONE or settings.cloud is not Cloud.AZURE:
        return
    if files.mode is not StoreMode.MANAGED:
        yield Violation(
            "stores.files.mode", files.mode.value, "must be managed or none: nothing else shares files", "use managed"
        )
    size = share_gib(settings)
    if size > LARGEST_GIB:
        yield Violation(
            "stores.files.disk_gb_per_replica",
            files.disk_gb_per_replica,
            f"asks for a share of {size} GiB with {most_gateways(settings)} gateways: {LARGEST_GIB} are the most",
            "lower it, or lower the largest number of gateways",
        )
