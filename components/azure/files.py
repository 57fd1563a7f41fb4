"""File shares that many pods write to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.customer_key import CustomerKeyArgs
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.storage import LONGEST_NAME, encryption, identity, network_rules
from components.azure.tags import Tags
from components.common import refuse

SMALLEST_GIB, LARGEST_GIB = 100, 102400
"""Sizes of a share on premium storage, in GiB (Azure Files documentation, scalability targets of premium shares, 2026)."""

SOFT_DELETE_DAYS = 14
"""How long a deleted share can be brought back by default, in days."""


class FileSharesArgs(TypedDict):
    """Arguments of `FileShares`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the account."""
    location: pulumi.Input[str]
    """Region of the account."""
    subscription_id: pulumi.Input[str]
    """Subscription of the account."""
    shares: Mapping[str, int]
    """Share to its size, 100 to 102400 GiB, which is what is paid."""
    protocol: NotRequired[str]
    """How shares are mounted: `smb` with the account's key, or `nfs` by whoever the network lets through; default `smb`. Fixed at creation."""
    multi_zone: NotRequired[bool]
    """Whether each file is kept in three zones (ZRS), or in one (LRS); default true."""
    soft_delete_days: NotRequired[int]
    """How long a deleted share can be brought back, 1 to 365 days; default 14."""
    key: NotRequired[CustomerKeyArgs]
    """Key of the customer; Azure's own by default."""
    allowed_subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Subnets that reach the account by a service endpoint of storage; none by default. Not together with `private_endpoint`."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Where the shares are reached in the network; the public address is then closed."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Workspace that records who reads and writes; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete account and shares; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: FileSharesArgs) -> Iterator[tuple[str, str]]:
    for name, size in args["shares"].items():
        if not SMALLEST_GIB <= size <= LARGEST_GIB:
            yield f"shares.{name}", f"{size} GiB: must be {SMALLEST_GIB} to {LARGEST_GIB}"
    if args.get("protocol", "smb") not in {"smb", "nfs"}:
        yield "protocol", f"'{args.get('protocol')}' is no protocol of a share: smb or nfs"
    if not 1 <= args.get("soft_delete_days", SOFT_DELETE_DAYS) <= 365:
        yield "soft_delete_days", "must be 1 to 365"
    if "private_endpoint" in args and args.get("allowed_subnet_ids"):
        yield (
            "allowed_subnet_ids",
            "have no effect where the public address is closed: leave them or private_endpoint out",
        )


class FileShares(pulumi.ComponentResource):
    """A premium account with file shares, reached in the network alone, encrypted on the way and at rest.

    SMB is held to version 3.1.1 with AES-256, NFS to a tunnel over TLS: secure transfer stays on for both.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the account."""
    name: pulumi.Output[str]
    """Name of the account."""
    share_names: Mapping[str, pulumi.Output[str]]
    """Share to its name in Azure, known once it is made."""
    account_key: pulumi.Output[str] | None
    """Key with which nodes mount SMB shares, a secret; None for NFS, where the account takes no key."""

    def __init__(self, name: str, args: FileSharesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:FileShares", name, {**args}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)
        smb = args.get("protocol", "smb") == "smb"
        self.account = self._account(name, args, smb)
        self.id, self.name = self.account.id, self.account.name
        self.service = self._service(name, args, smb)
        protocols = azure.storage.EnabledProtocols
        self.shares = {
            share: azure.storage.FileShare(
                f"{name}-{share}",
                share_name=share,
                account_name=self.account.name,
                resource_group_name=args["resource_group_name"],
                share_quota=size,
                access_tier=azure.storage.ShareAccessTier.PREMIUM,
                enabled_protocols=protocols.SMB if smb else protocols.NFS,
                # Deleted shares are kept from the first one on.
                opts=pulumi.ResourceOptions.merge(self._protected, pulumi.ResourceOptions(depends_on=[self.service])),
            )
            for share, size in args["shares"].items()
        }
        self.share_names = {share: resource.name for share, resource in self.shares.items()}
        self.account_key = self._key(args) if smb else None
        self.endpoint = self._endpoint(name, args)
        self.diagnostics = self._diagnostics(name, args)
        self.locked = {name: self.id} if args.get("deletion_protection") else {}
        self.register_outputs(
            {"id": self.id, "name": self.name, "share_names": self.share_names, "account_key": self.account_key}
        )

    def _account(self, name: str, args: FileSharesArgs, smb: bool) -> azure.storage.StorageAccount:
        access, skus = azure.storage.PublicNetworkAccess, azure.storage.SkuName
        key = args.get("key")
        return azure.storage.StorageAccount(
            f"{name}-account",
            account_name=unique_name(name, args["subscription_id"], LONGEST_NAME, ""),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind=azure.storage.Kind.FILE_STORAGE,
            sku=azure.storage.SkuArgs(name=skus.PREMIUM_ZRS if args.get("multi_zone", True) else skus.PREMIUM_LRS),
            allow_blob_public_access=False,
            # Nodes mount SMB shares with the account's key.
            allow_shared_key_access=smb,
            allow_cross_tenant_replication=False,
            enable_https_traffic_only=True,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            public_network_access=access.DISABLED if "private_endpoint" in args else access.ENABLED,
            network_rule_set=network_rules((), args.get("allowed_subnet_ids", ())),
            encryption=encryption(key),
            identity=identity(key),
            tags=args.get("tags"),
            opts=self._protected,
        )

    def _service(self, name: str, args: FileSharesArgs, smb: bool) -> azure.storage.FileServiceProperties:
        strict = azure.storage.SmbSettingArgs(
            versions="SMB3.1.1;",
            channel_encryption="AES-256-GCM;",
            # The key of the account is shown by NTLMv2.
            authentication_methods="NTLMv2;",
            kerberos_ticket_encryption="AES-256;",
        )
        return azure.storage.FileServiceProperties(
            f"{name}-service",
            file_services_name="default",
            account_name=self.account.name,
            resource_group_name=args["resource_group_name"],
            protocol_settings=azure.storage.ProtocolSettingsArgs(smb=strict) if smb else None,
            share_delete_retention_policy=azure.storage.DeleteRetentionPolicyArgs(
                enabled=True, days=args.get("soft_delete_days", SOFT_DELETE_DAYS)
            ),
            opts=self._child,
        )

    def _key(self, args: FileSharesArgs) -> pulumi.Output[str]:
        found = azure.storage.list_storage_account_keys_output(
            account_name=self.account.name,
            resource_group_name=args["resource_group_name"],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return pulumi.Output.secret(found.apply(lambda result: result.keys[0].value))

    def _endpoint(self, name: str, args: FileSharesArgs) -> azure.network.PrivateEndpoint | None:
        if "private_endpoint" not in args:
            return None
        return private_endpoint(
            f"{name}-endpoint",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            resource_id=self.id,
            group_id="file",
            args=args["private_endpoint"],
            tags=args.get("tags"),
            opts=self._child,
        )

    def _diagnostics(self, name: str, args: FileSharesArgs) -> azure.monitor.DiagnosticSetting | None:
        if "diagnostics" not in args:
            return None
        files = pulumi.Output.concat(self.id, "/fileServices/default")
        return diagnose(f"{name}-files", files, args["diagnostics"], opts=self._child)
