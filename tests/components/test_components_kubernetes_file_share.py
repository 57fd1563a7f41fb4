"""A file share of Azure in the cluster: one volume, one claim, many pods, and a key that is never seen."""

import re
from base64 import b64decode, b64encode
from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import PASSWORD, SECRET, component, spec, unwrapped

from components.kubernetes.file_share import FileShare

SMB: dict[str, Any] = {
    "account_name": "apimfiles",
    "share_name": "events",
    "resource_group_name": "apim",
    "size_gib": 100,
    "protocol": "smb",
    "account_key": PASSWORD,
}
NFS: dict[str, Any] = {**{key: value for key, value in SMB.items() if key != "account_key"}, "protocol": "nfs"}


def share(source: dict[str, Any]) -> dict[str, Any]:
    return {"namespace": "apim", "claim": "events", "source": source}


def test_many_pods_may_write_to_a_volume_that_outlives_its_claim() -> None:
    recording = component(FileShare, share(SMB))
    volume, claim = spec(recording, "sample-volume"), spec(recording, "sample-claim")
    assert volume["accessModes"] == claim["accessModes"] == ["ReadWriteMany"]
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["capacity"] == claim["resources"]["requests"] == {"storage": "100Gi"}
    assert recording.named("sample").outputs["claimName"] == "events"


def test_volume_and_claim_are_bound_to_each_other_and_to_no_class() -> None:
    recording = component(FileShare, share(SMB))
    volume, claim = spec(recording, "sample-volume"), spec(recording, "sample-claim")
    assert claim["volumeName"] == recording.named("sample-volume").inputs["metadata"]["name"] == "apim-events"
    assert (volume["claimRef"]["namespace"], volume["claimRef"]["name"]) == ("apim", "events")
    assert volume["storageClassName"] == claim["storageClassName"] == ""


def test_an_smb_share_is_mounted_with_the_accounts_key_which_nobody_sees() -> None:
    recording = component(FileShare, share(SMB))
    driver = spec(recording, "sample-volume")["csi"]
    secret = recording.named("sample-secret").inputs
    assert (driver["driver"], driver["volumeHandle"]) == ("file.csi.azure.com", "apim#apimfiles#events")
    assert driver["nodeStageSecretRef"] == {"name": secret["metadata"]["name"], "namespace": "apim"}
    assert secret["data"] == SECRET
    seen = str(recording.graph.to_json())
    assert PASSWORD not in seen
    assert b64encode(PASSWORD.encode()).decode() not in seen
    asked = unwrapped(FileShare, share(SMB))["sample-secret"]["data"]
    found = {key: b64decode(value).decode() for key, value in asked.items()}
    assert found == {"azurestorageaccountname": "apimfiles", "azurestorageaccountkey": PASSWORD}


def test_an_nfs_share_is_mounted_without_a_key_and_encrypted_on_its_way() -> None:
    recording = component(FileShare, share(NFS))
    volume = spec(recording, "sample-volume")
    assert volume["csi"]["volumeAttributes"]["protocol"] == "nfs"
    assert volume["csi"]["volumeAttributes"]["encryptInTransit"] == "true"
    assert "nodeStageSecretRef" not in volume["csi"]
    assert "noresvport" in volume["mountOptions"]
    assert not [resource for resource in recording.graph.resources if resource.name == "sample-secret"]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({**SMB, "protocol": "ftp"}, "source.protocol"),
        ({**NFS, "protocol": "smb"}, "source.account_key"),
        ({**SMB, "protocol": "nfs"}, "source.account_key"),
    ],
)
def test_a_share_that_cannot_be_mounted_is_refused(source: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        component(FileShare, share(source))
