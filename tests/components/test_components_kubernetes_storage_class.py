"""The class of volumes: encrypted, in the pod's zone, and the default one unless told otherwise."""

from typing import Any

import pytest
from components_kubernetes_samples import component

from components.kubernetes.storage_class import AZURE_DISK, EBS, StorageClass, encrypted_disk, encrypted_gp3

ARGS: Any = {
    "storage_class": "gp3",
    "provisioner": EBS,
    "parameters": encrypted_gp3("arn:aws:kms:eu-central-1:1:key/k"),
}
DEFAULT = "storageclass.kubernetes.io/is-default-class"


def made(**change: Any) -> Any:
    return component(StorageClass, ARGS, **change).named("sample-class").inputs


def test_volumes_are_encrypted_and_follow_their_pod_and_grow():
    inputs = made()
    assert inputs["parameters"]["encrypted"] == "true"
    assert inputs["parameters"]["kmsKeyId"].startswith("arn:aws:kms:")
    assert inputs["volumeBindingMode"] == "WaitForFirstConsumer"
    assert inputs["allowVolumeExpansion"] is True
    assert "kmsKeyId" not in encrypted_gp3()


@pytest.mark.parametrize("default", [True, False])
def test_it_is_the_default_unless_told_otherwise(default: bool):
    annotations = made(default=None if default else False)["metadata"].get("annotations", {})
    assert (annotations.get(DEFAULT) == "true") is default


@pytest.mark.parametrize("keep", [True, False])
def test_volumes_go_with_their_claim_unless_kept(keep: bool):
    assert made(keep_volumes=keep or None)["reclaimPolicy"] == ("Retain" if keep else "Delete")


def test_disks_of_azure_are_kept_in_three_zones_and_reached_by_nodes_alone():
    disk_set = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/diskEncryptionSets/disks"
    inputs = made(provisioner=AZURE_DISK, parameters=encrypted_disk(disk_set))
    assert inputs["provisioner"] == "disk.csi.azure.com"
    assert inputs["parameters"] == {
        "skuName": "Premium_ZRS",
        "fsType": "ext4",
        "cachingMode": "ReadOnly",
        "networkAccessPolicy": "DenyAll",
        "publicNetworkAccess": "Disabled",
        "diskEncryptionSetID": disk_set,
    }
    assert "diskEncryptionSetID" not in encrypted_disk()


def test_newer_disks_of_azure_have_no_cache():
    assert encrypted_disk(sku="PremiumV2_LRS")["cachingMode"] == "None"
