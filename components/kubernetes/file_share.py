"""A file share of the cloud that many pods write to, as a volume of a namespace."""

from typing import NotRequired, TypedDict

import pulumi


class FileShareSource(TypedDict):
    """A file share that there is in the cloud."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the storage account."""
    account_name: pulumi.Input[str]
    """Storage account of the share."""
    share_name: pulumi.Input[str]
    """Name of the share."""
    size_gib: pulumi.Input[int]
    """Size of the share, in GiB."""
    protocol: str
    """`smb` or `nfs`."""
    account_key: NotRequired[pulumi.Input[str]]
    """Key of the account, a secret; for SMB alone."""
