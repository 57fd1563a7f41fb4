"""What is asked of the file share of the gateways and cannot be built."""

from collections.abc import Iterator

from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import ShareProtocol, StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.sizing.files import LARGEST_GIB, most_gateways, share_gib


def file_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is asked of the file share and cannot be built."""
    files = settings.stores.files
    if files.mode is StoreMode.NONE or settings.cloud is not Cloud.AZURE:
        return
    if files.mode is not StoreMode.MANAGED:
        yield Violation(
            "stores.files.mode", files.mode.value, "must be managed or none: nothing else shares files", "use managed"
        )
    if files.protocol is ShareProtocol.NFS and files.backup_retention_days and settings.backup.enabled:
        yield Violation(
            "stores.files.backup_retention_days",
            files.backup_retention_days,
            "must be 0 with protocol nfs: Azure Backup takes shares of SMB alone",
            "set it to 0, or use protocol smb",
        )
    size = share_gib(settings)
    if size > LARGEST_GIB:
        yield Violation(
            "stores.files.disk_gb_per_replica",
            files.disk_gb_per_replica,
            f"asks for a share of {size} GiB with {most_gateways(settings)} gateways: {LARGEST_GIB} are the most",
            "lower it, or lower the largest number of gateways",
        )
