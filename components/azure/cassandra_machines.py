"""What all nodes of a Cassandra ring on Azure have in common, and how their machines are set up."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.azure.cassandra_configuration import disk_controller, facts
from components.azure.tags import Tags

compute = azure.compute


@dataclass(frozen=True, slots=True)
class RingSettings:
    """What all nodes of a ring have in common."""

    name: str
    """Name of the ring, the first part of its resources' names."""
    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    subscription_id: pulumi.Input[str]
    version: str
    size: pulumi.Input[str]
    architecture: str
    image_id: pulumi.Input[str] | None
    """Image with everything in it; None for Ubuntu, onto which packages are installed."""
    datacenter: str
    subnet_id: pulumi.Input[str]
    storage_gb: pulumi.Input[int]
    performance_tier: pulumi.Input[str] | None
    shared_secret_url: pulumi.Output[str]
    ssh_public_key: pulumi.Output[str]
    entra_login: bool
    administrators: Sequence[str]
    disk_encryption_set_id: pulumi.Input[str] | None
    encryption_at_host: bool
    snapshot_container_id: pulumi.Input[str] | None
    """Container to which the nodes write their snapshots; None for no snapshots."""
    protected: bool
    backup_tags: Tags
    tags: Tags


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node stands."""

    part: str
    """Part of its resources' names: zone and number within the zone."""
    zone: str
    address: str


def system_profile(ring: RingSettings, name: str, custom_data: pulumi.Output[str]) -> azure.compute.OSProfileArgs:
    """Return who logs in, and what the machine does when it boots."""
    administrator = str(facts()["administrator"])
    key = compute.SshPublicKeyArgs(path=f"/home/{administrator}/.ssh/authorized_keys", key_data=ring.ssh_public_key)
    return compute.OSProfileArgs(
        computer_name=name,
        admin_username=administrator,
        custom_data=custom_data.apply(lambda text: base64.b64encode(text.encode()).decode()),
        linux_configuration=compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            ssh=compute.SshConfigurationArgs(public_keys=[key]),
            provision_vm_agent=True,
            patch_settings=compute.LinuxPatchSettingsArgs(
                patch_mode=compute.LinuxVMGuestPatchMode.IMAGE_DEFAULT,
                assessment_mode=compute.LinuxPatchAssessmentMode.AUTOMATIC_BY_PLATFORM,
            ),
        ),
    )


def storage_profile(ring: RingSettings, disk_id: pulumi.Input[str]) -> azure.compute.StorageProfileArgs:
    """Return the image, the disk that goes with the machine, and the one that stays."""
    image, key = facts()["image"], ring.disk_encryption_set_id
    reference = (
        compute.ImageReferenceArgs(**image, sku=facts()["image_skus"][ring.architecture])
        if ring.image_id is None
        else compute.ImageReferenceArgs(id=ring.image_id)
    )
    return compute.StorageProfileArgs(
        image_reference=reference,
        disk_controller_type=pulumi.Output.from_input(ring.size).apply(disk_controller),
        os_disk=compute.OSDiskArgs(
            create_option=compute.DiskCreateOptionTypes.FROM_IMAGE,
            caching=compute.CachingTypes.READ_WRITE,
            delete_option=compute.DiskDeleteOptionTypes.DELETE,
            disk_size_gb=facts()["root_disk_gb"],
            managed_disk=compute.ManagedDiskParametersArgs(
                storage_account_type=compute.StorageAccountTypes.PREMIUM_LRS,
                disk_encryption_set=None if key is None else compute.DiskEncryptionSetParametersArgs(id=key),
            ),
        ),
        data_disks=[
            compute.DataDiskArgs(
                lun=0,
                create_option=compute.DiskCreateOptionTypes.ATTACH,
                # Cassandra keeps its own caches, and the log of commits must be on the disk.
                caching=compute.CachingTypes.NONE,
                delete_option=compute.DiskDeleteOptionTypes.DETACH,
                managed_disk=compute.ManagedDiskParametersArgs(id=disk_id),
            )
        ],
    )
