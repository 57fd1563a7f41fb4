"""Object storage: a private account, and the one for logs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.customer_key import CustomerKeyArgs, key_name, vault_uri
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.storage_lifecycle import ContainerArgs, container_problems, lifecycle
from components.azure.tags import Tags
from components.common import refuse

LONGEST_NAME = 24
"""Longest name of a storage account (Azure Resource Manager, resource name rules, Microsoft.Storage/storageAccounts)."""

SOFT_DELETE_DAYS = 14
"""How long deleted blobs and containers can be brought back by default, in days."""


def network_rules(
    allowed_ranges: Sequence[str], subnet_ids: Sequence[pulumi.Input[str]]
) -> azure.storage.NetworkRuleSetArgs:
    """Return the firewall of an account: closed but for trusted services, these public ranges, and these subnets (with a service endpoint)."""
    allow = azure.storage.Action.ALLOW
    return azure.storage.NetworkRuleSetArgs(
        default_action=azure.storage.DefaultAction.DENY,
        # Diagnostic settings, flow logs and backups write as trusted services.
        bypass=azure.storage.Bypass.AZURE_SERVICES,
        ip_rules=[azure.storage.IPRuleArgs(i_p_address_or_range=range_, action=allow) for range_ in allowed_ranges],
        virtual_network_rules=[
            azure.storage.VirtualNetworkRuleArgs(virtual_network_resource_id=subnet, action=allow)
            for subnet in subnet_ids
        ],
    )


def encryption(key: CustomerKeyArgs | None) -> azure.storage.EncryptionArgs | None:
    """Return the encryption of an account with a key of the customer, in its newest version; None for Azure's own key."""
    if key is None:
        return None
    address = pulumi.Output.from_input(key["key_id"])
    return azure.storage.EncryptionArgs(
        key_source=azure.storage.KeySource.MICROSOFT_KEYVAULT,
        key_vault_properties=azure.storage.KeyVaultPropertiesArgs(
            key_vault_uri=address.apply(vault_uri), key_name=address.apply(key_name)
        ),
        encryption_identity=azure.storage.EncryptionIdentityArgs(encryption_user_assigned_identity=key["identity_id"]),
        services=azure.storage.EncryptionServicesArgs(
            blob=azure.storage.EncryptionServiceArgs(enabled=True, key_type=azure.storage.KeyType.ACCOUNT),
            file=azure.storage.EncryptionServiceArgs(enabled=True, key_type=azure.storage.KeyType.ACCOUNT),
        ),
    )


def identity(key: CustomerKeyArgs | None) -> azure.storage.IdentityArgs | None:
    """Return the identity that an account takes on to use a key of the customer."""
    if key is None:
        return None
    return azure.storage.IdentityArgs(
        type=azure.storage.IdentityType.USER_ASSIGNED, user_assigned_identities=[key["identity_id"]]
    )


class LogStorageArgs(TypedDict):
    """Arguments of `LogStorage`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the account."""
    location: pulumi.Input[str]
    """Region of the account."""
    subscription_id: pulumi.Input[str]
    """Subscription of the account."""
    retention_days: NotRequired[int]
    """How long logs are kept, in days; default 365."""
    infrequent_access_days: NotRequired[int]
    """When logs move to cheaper storage, in days; 0 for never; default 30."""
    containers: NotRequired[Mapping[str, ContainerArgs]]
    """Containers beside `logs`, each with a lifetime of its own: name to arguments; none by default."""
    multi_zone: NotRequired[bool]
    """Whether each blob is kept in three zones (ZRS), or in one (LRS); default true."""
    geo_redundant: NotRequired[bool]
    """Whether a copy is kept in the paired region, which can be read when this one is lost; default false."""
    soft_delete_days: NotRequired[int]
    """How long deleted blobs and containers can be brought back, 1 to 365 days; default 14."""
    key: NotRequired[CustomerKeyArgs]
    """Key of the customer; Azure's own by default."""
    allowed_ranges: NotRequired[Sequence[str]]
    """Public ranges that reach the account, outside of its own region; none by default. Not together with `private_endpoint`."""
    allowed_subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Subnets that reach the account by a service endpoint of storage; none by default. Not together with `private_endpoint`."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Where the blobs are reached in the network; the public address is then closed."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Workspace that records who reads and writes; an account does not keep the records of itself. Nowhere by default."""
    shared_key: NotRequired[bool]
    """Whether writers that know no identities may log in with a key of the account; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete the account; default false."""
    keep: NotRequired[bool]
    """Whether the account outlives the stack; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: LogStorageArgs) -> Iterator[tuple[str, str]]:
    if not 1 <= args.get("soft_delete_days", SOFT_DELETE_DAYS) <= 365:
        yield "soft_delete_days", "must be 1 to 365"
    if "private_endpoint" in args:
        for path in ("allowed_ranges", "allowed_subnet_ids"):
            if args.get(path):
                yield path, "have no effect where the public address is closed: leave them or private_endpoint out"
    if "logs" in args.get("containers", {}):
        yield "containers", "'logs' is there already: set retention_days and infrequent_access_days for it"
    for name, container in _containers(args).items():
        yield from container_problems(name, container)


def _containers(args: LogStorageArgs) -> Mapping[str, ContainerArgs]:
    logs: ContainerArgs = {
        "retention_days": args.get("retention_days", 365),
        "infrequent_access_days": args.get("infrequent_access_days", 30),
    }
    return {"logs": logs, **args.get("containers", {})}


class LogStorage(pulumi.ComponentResource):
    """A private, versioned, encrypted account that is reached over TLS 1.2 or later and forgets old logs; by identities unless a shared key is asked for."""

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the account."""
    name: pulumi.Output[str]
    """Name of the account."""
    blob_endpoint: pulumi.Output[str]
    """Address of its blobs."""
    container_ids: Mapping[str, pulumi.Output[str]]
    """Container to its resource id: where an identity is given rights to it alone."""
    account_key: pulumi.Output[str] | None
    """Key of the account, a secret; None unless `shared_key` is on."""

    def __init__(self, name: str, args: LogStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:LogStorage", name, {**args}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self, retain_on_delete=args.get("keep") or None)
        self.account = self._account(name, args)
        self.id, self.name = self.account.id, self.account.name
        self.blob_endpoint = self.account.primary_endpoints.apply(lambda endpoints: endpoints.blob)
        self.service = self._service(name, args)
        containers = _containers(args)
        self.containers = {
            container: azure.storage.BlobContainer(
                f"{name}-{container}",
                container_name=container,
                account_name=self.account.name,
                resource_group_name=args["resource_group_name"],
                public_access=azure.storage.PublicAccess.NONE,
                opts=self._child,
            )
            for container in containers
        }
        self.container_ids = {container: resource.id for container, resource in self.containers.items()}
        self.lifecycle = lifecycle(
            f"{name}-lifecycle",
            args["resource_group_name"],
            self.account.name,
            containers,
            # Rules for old versions need versions.
            pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[self.service])),
        )
        self.account_key = self._key(args) if args.get("shared_key") else None
        self.endpoint = self._endpoint(name, args)
        self.diagnostics = self._diagnostics(name, args)
        self.locked = {name: self.id} if args.get("deletion_protection") else {}
        self.register_outputs(
            {
                "id": self.id,
                "name": self.name,
                "blob_endpoint": self.blob_endpoint,
                "container_ids": self.container_ids,
            }
        )

    def _account(self, name: str, args: LogStorageArgs) -> azure.storage.StorageAccount:
        closed, key = "private_endpoint" in args, args.get("key")
        access = azure.storage.PublicNetworkAccess
        return azure.storage.StorageAccount(
            f"{name}-account",
            account_name=unique_name(name, args["subscription_id"], LONGEST_NAME, ""),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            kind=azure.storage.Kind.STORAGE_V2,
            sku=azure.storage.SkuArgs(name=_redundancy(args.get("multi_zone", True), args.get("geo_redundant", False))),
            access_tier=azure.storage.AccessTier.HOT,
            allow_blob_public_access=False,
            allow_shared_key_access=args.get("shared_key", False),
            allow_cross_tenant_replication=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            public_network_access=access.DISABLED if closed else access.ENABLED,
            network_rule_set=network_rules(args.get("allowed_ranges", ()), args.get("allowed_subnet_ids", ())),
            encryption=encryption(key),
            identity=identity(key),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(
                self._child, pulumi.ResourceOptions(protect=args.get("deletion_protection") or None)
            ),
        )

    def _key(self, args: LogStorageArgs) -> pulumi.Output[str]:
        found = azure.storage.list_storage_account_keys_output(
            account_name=self.account.name,
            resource_group_name=args["resource_group_name"],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return pulumi.Output.secret(found.apply(lambda result: result.keys[0].value))

    def _service(self, name: str, args: LogStorageArgs) -> azure.storage.BlobServiceProperties:
        deleted = azure.storage.DeleteRetentionPolicyArgs(
            enabled=True, days=args.get("soft_delete_days", SOFT_DELETE_DAYS)
        )
        return azure.storage.BlobServiceProperties(
            f"{name}-blobs",
            blob_services_name="default",
            account_name=self.account.name,
            resource_group_name=args["resource_group_name"],
            is_versioning_enabled=True,
            delete_retention_policy=deleted,
            container_delete_retention_policy=deleted,
            opts=self._child,
        )

    def _endpoint(self, name: str, args: LogStorageArgs) -> azure.network.PrivateEndpoint | None:
        if "private_endpoint" not in args:
            return None
        return private_endpoint(
            f"{name}-endpoint",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            resource_id=self.id,
            group_id="blob",
            args=args["private_endpoint"],
            tags=args.get("tags"),
            opts=self._child,
        )

    def _diagnostics(self, name: str, args: LogStorageArgs) -> azure.monitor.DiagnosticSetting | None:
        if "diagnostics" not in args:
            return None
        workspace: DiagnosticsArgs = {"workspace_id": args["diagnostics"]["workspace_id"]}
        blobs = pulumi.Output.concat(self.id, "/blobServices/default")
        return diagnose(f"{name}-blobs", blobs, workspace, opts=self._child)


def _redundancy(multi_zone: bool, geo_redundant: bool) -> azure.storage.SkuName:
    names = azure.storage.SkuName
    if geo_redundant:
        return names.STANDARD_RAGZRS if multi_zone else names.STANDARD_RAGRS
    return names.STANDARD_ZRS if multi_zone else names.STANDARD_LRS
