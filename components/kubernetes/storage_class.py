"""A storage class for volumes of pods: encrypted, made in the pod's zone, and able to grow.

EKS brings no default one; of several that are marked, as with the one of AKS, Kubernetes takes the newest (documentation, storage classes, from 1.26).
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after

EBS = "ebs.csi.aws.com"
AZURE_DISK = "disk.csi.azure.com"


class StorageClassArgs(TypedDict):
    """Inputs of a storage class."""

    storage_class: str
    """Name of the class, such as `gp3`."""
    provisioner: str
    """Driver that makes the volumes: `ebs.csi.aws.com` or `disk.csi.azure.com`."""
    parameters: dict[str, pulumi.Input[str]]
    """What the driver is told, as `encrypted_gp3` (AWS) or `encrypted_disk` (Azure) makes it."""
    default: NotRequired[bool]
    """Whether claims without a class get this one; true by default."""
    keep_volumes: NotRequired[bool]
    """Whether a volume outlives its claim; false by default."""


class StorageClass(pulumi.ComponentResource):
    """A storage class. Children: `storage_class`."""

    class_name: pulumi.Output[str]
    """Name of the class, known once it is made."""

    def __init__(self, name: str, args: StorageClassArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:StorageClass", name, {}, opts)
        default = args.get("default", True)
        self.storage_class = k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=args["storage_class"],
                annotations={"storageclass.kubernetes.io/is-default-class": "true"} if default else None,
            ),
            provisioner=args["provisioner"],
            parameters=args["parameters"],
            reclaim_policy="Retain" if args.get("keep_volumes", False) else "Delete",
            allow_volume_expansion=True,
            # A volume that is made before its pod is placed may lie in a zone where the pod cannot run.
            volume_binding_mode="WaitForFirstConsumer",
            opts=after(self, opts),
        )
        self.class_name = self.storage_class.metadata.apply(lambda metadata: metadata.name or "")
        self.register_outputs({"className": self.class_name})


def encrypted_gp3(
    key: pulumi.Input[str] | None = None, tags: Mapping[str, pulumi.Input[str]] | None = None
) -> dict[str, pulumi.Input[str]]:
    """Return the parameters of encrypted gp3 volumes on AWS, by the key with the ARN `key`, or the account's own key, and with `tags`.

    Kubernetes lets nobody change the parameters of a class: choose tags that stay (EBS CSI driver, volume tagging, 2026).
    """
    parameters: dict[str, pulumi.Input[str]] = {"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"}
    if key is not None:
        parameters["kmsKeyId"] = key
    for number, (name, value) in enumerate((tags or {}).items(), 1):
        parameters[f"tagSpecification_{number}"] = pulumi.Output.format("{0}={1}", name, value)
    return parameters


def encrypted_disk(
    disk_encryption_set_id: pulumi.Input[str] | None = None, sku: str = "Premium_ZRS"
) -> dict[str, pulumi.Input[str]]:
    """Return the parameters of disks on Azure, encrypted by the key of a disk encryption set, or by Azure's own.

    `sku` is the kind of the disks, such as `Premium_ZRS`, which is kept in three zones, or `PremiumV2_LRS`, in the pod's zone alone. Nobody but the nodes
    reads them (Azure Disks CSI driver, storage class parameters, 2026-08).
    """
    parameters: dict[str, pulumi.Input[str]] = {
        "skuName": sku,
        "fsType": "ext4",
        # Newer disks have no cache of the host.
        "cachingMode": "None" if sku == "PremiumV2_LRS" else "ReadOnly",
        "networkAccessPolicy": "DenyAll",
        "publicNetworkAccess": "Disabled",
    }
    if disk_encryption_set_id is not None:
        parameters["diskEncryptionSetID"] = disk_encryption_set_id
    return parameters
