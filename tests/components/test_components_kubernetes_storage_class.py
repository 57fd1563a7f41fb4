"""The class of volumes: encrypted, in the pod's zone, and the default one unless told otherwise."""

from typing import Any

import pytest
from components_kubernetes_samples import component

from components.kubernetes.storage_class import EBS, StorageClass, encrypted_gp3

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
