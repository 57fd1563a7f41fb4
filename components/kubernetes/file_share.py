"""A file share of Azure that many pods read and write: volume, claim, and for SMB the secret that the nodes mount it with."""

from base64 import b64encode
from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse

DRIVER = "file.csi.azure.com"
"""Driver of Azure Files, which AKS brings along."""

SMB_OPTIONS = ("dir_mode=0770", "file_mode=0660", "mfsymlinks", "cache=strict", "nosharesock", "actimeo=30")
"""How SMB shares are mounted: for the group of the pod, which the driver adds from its `fsGroup` (Azure Files driver, parameters, 2026)."""

NFS_OPTIONS = ("nconnect=4", "noresvport", "actimeo=30")
"""How NFS shares are mounted (Azure Files documentation, performance of NFS shares, 2026)."""


class FileShareSource(TypedDict):
    """A share as the cloud has it."""

    account_name: pulumi.Input[str]
    """Storage account."""
    share_name: pulumi.Input[str]
    """Share in it."""
    resource_group_name: pulumi.Input[str]
    """Resource group of the account."""
    size_gib: int
    """Size of the share, in GiB."""
    protocol: str
    """`smb` or `nfs`; both are encrypted on their way."""
    account_key: NotRequired[pulumi.Input[str]]
    """Key of the account, a secret, with which nodes mount an SMB share; not for NFS."""


class FileShareArgs(TypedDict):
    """Inputs of a file share in the cluster."""

    namespace: str
    """Namespace of the pods that mount it."""
    claim: str
    """Name of the volume claim."""
    source: FileShareSource
    """The share."""


def _problems(source: FileShareSource) -> Iterator[tuple[str, str]]:
    if source["protocol"] not in {"smb", "nfs"}:
        yield "source.protocol", f"'{source['protocol']}' is no protocol of a share: smb or nfs"
    elif (source["protocol"] == "smb") != ("account_key" in source):
        yield "source.account_key", "an SMB share is mounted with the key of its account, an NFS share with none"


class FileShare(pulumi.ComponentResource):
    """A volume that is bound to one claim, outlives it, and can be mounted by many pods at once. Children: `secret` (SMB), `volume`, `claim`."""

    claim_name: pulumi.Output[str]
    """Name of the claim, known once it is made."""

    def __init__(self, name: str, args: FileShareArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:FileShare", name, {}, opts)
        source = args["source"]
        refuse(name, _problems(source))
        self.secret = self._secret(name, args, opts)
        size = f"{source['size_gib']}Gi"
        self.volume = k8s.core.v1.PersistentVolume(
            f"{name}-volume",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                # Volumes have no namespace: the claim's goes into the name.
                name=f"{args['namespace']}-{args['claim']}",
                annotations={"pv.kubernetes.io/provisioned-by": DRIVER},
            ),
            spec=k8s.core.v1.PersistentVolumeSpecArgs(
                capacity={"storage": size},
                access_modes=["ReadWriteMany"],
                persistent_volume_reclaim_policy="Retain",
                storage_class_name="",
                claim_ref=k8s.core.v1.ObjectReferenceArgs(
                    api_version="v1",
                    kind="PersistentVolumeClaim",
                    name=args["claim"],
                    namespace=args["namespace"],
                ),
                mount_options=list(SMB_OPTIONS if source["protocol"] == "smb" else NFS_OPTIONS),
                csi=self._driver(args),
            ),
            opts=after(self, opts),
        )
        self.claim = k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["claim"], namespace=args["namespace"]),
            spec=k8s.core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadWriteMany"],
                storage_class_name="",
                volume_name=self.volume.metadata.apply(lambda metadata: metadata.name or ""),
                resources=k8s.core.v1.VolumeResourceRequirementsArgs(requests={"storage": size}),
            ),
            opts=after(self, opts),
        )
        self.claim_name = self.claim.metadata.apply(lambda metadata: metadata.name or "")
        self.register_outputs({"claimName": self.claim_name})

    def _secret(self, name: str, args: FileShareArgs, opts: pulumi.ResourceOptions | None) -> k8s.core.v1.Secret | None:
        source = args["source"]
        if "account_key" not in source:
            return None
        return k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{args['claim']}-share", namespace=args["namespace"]),
            # Encoded, because a secret's texts are hidden wherever else they stand, and the account's name is no secret.
            data={
                "azurestorageaccountname": pulumi.Output.from_input(source["account_name"]).apply(_encoded),
                "azurestorageaccountkey": pulumi.Output.secret(source["account_key"]).apply(_encoded),
            },
            opts=after(self, opts),
        )

    def _driver(self, args: FileShareArgs) -> k8s.core.v1.CSIPersistentVolumeSourceArgs:
        source = args["source"]
        attributes: dict[str, pulumi.Input[str]] = {
            "resourceGroup": source["resource_group_name"],
            "storageAccount": source["account_name"],
            "shareName": source["share_name"],
            "protocol": source["protocol"],
        }
        if source["protocol"] == "nfs":
            attributes["encryptInTransit"] = "true"
        return k8s.core.v1.CSIPersistentVolumeSourceArgs(
            driver=DRIVER,
            # The driver wants it to differ from that of every other volume of the cluster.
            volume_handle=pulumi.Output.format(
                "{0}#{1}#{2}", source["resource_group_name"], source["account_name"], source["share_name"]
            ),
            volume_attributes=attributes,
            node_stage_secret_ref=(
                None
                if self.secret is None
                else k8s.core.v1.SecretReferenceArgs(name=f"{args['claim']}-share", namespace=args["namespace"])
            ),
        )


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
