"""Key vault and encryption keys of the platform on Azure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random

from components.azure.customer_key import CustomerKeyArgs, ExistingKey
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.role_assignment import assign
from components.azure.tags import Tags
from components.common import refuse

PURPOSES: Mapping[str, str] = {
    "cluster": "Kubernetes secrets, node disks and volumes",
    "stores": "Databases, file shares, their backups and secrets",
    "logs": "Log storage",
}
"""What each key is for: a compromised or withdrawn key touches one of them only."""

KEY_BITS = 3072
"""Length of the RSA keys; what encrypts with them takes 2048, 3072 and 4096 bits."""

LONGEST_NAME = 24
"""Longest name of a vault (Azure Resource Manager, resource name rules, Microsoft.KeyVault/vaults)."""


class EncryptionKeysArgs(TypedDict):
    """Arguments of `EncryptionKeys`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the vault."""
    location: pulumi.Input[str]
    """Region of the vault."""
    subscription_id: pulumi.Input[str]
    """Subscription of the vault."""
    tenant_id: pulumi.Input[str]
    """Tenant whose identities use the vault."""
    existing: NotRequired[Mapping[str, str]]
    """Keys that are brought along: purpose (`cluster`, `stores`, `logs`) to resource id, `.../vaults/{vault}/keys/{key}` and for `cluster` also
    `/versions/{version}`; none by default. Their vaults use roles, protect against purging, and let trusted services of Azure in."""
    hardware: NotRequired[bool]
    """Whether keys are made in hardware security modules (price tier Premium); fixed at creation; default false."""
    rotation_days: NotRequired[int]
    """Period of rotation, 28 days or more; read when the keys are made, and left alone by Azure afterwards; default 365."""
    deletion_window_days: NotRequired[int]
    """How long a deleted vault, key or secret can be brought back, 7 to 90 days, fixed at creation; nobody can shorten it. Default 90."""
    disk_encryption: NotRequired[bool]
    """Whether a disk encryption set is made for disks of nodes, machines and volumes; default true."""
    allowed_ranges: NotRequired[Sequence[str]]
    """Public ranges that reach the vault, besides trusted services of Azure; none by default. Not together with `private_endpoint`."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Where the vault is reached in the network; its public address is then closed."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where the vault's audit log goes; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete vault and keys, and a lock the vault; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: EncryptionKeysArgs) -> Iterator[tuple[str, str]]:
    existing = args.get("existing", {})
    for purpose in sorted(set(existing) - set(PURPOSES)):
        yield "existing", f"'{purpose}' is no purpose of a key: one of {', '.join(PURPOSES)}"
    for purpose, key in existing.items():
        yield from _key_problems(purpose, key)
    if not 7 <= args.get("deletion_window_days", 90) <= 90:
        yield "deletion_window_days", "must be 7 to 90 days"
    if args.get("rotation_days", 365) < 28:
        yield "rotation_days", "must be 28 days or more"
    if "private_endpoint" in args and args.get("allowed_ranges"):
        yield "allowed_ranges", "have no effect where the public address is closed: leave them or private_endpoint out"


def _key_problems(purpose: str, resource_id: str) -> Iterator[tuple[str, str]]:
    key = ExistingKey.of(resource_id)
    if key is None:
        yield f"existing.{purpose}", "must be the resource id of a key: /subscriptions/.../vaults/{vault}/keys/{key}"
    elif purpose == "cluster" and key.version is None:
        yield f"existing.{purpose}", "must name a version (/versions/{version}): disks are encrypted with a version"


class EncryptionKeys(pulumi.ComponentResource):
    """A vault with one rotated key for each purpose, and an identity for each that may use that key alone.

    The vault goes by roles, not by access policies, and keeps what is deleted: its name stays taken meanwhile, so each vault has a name of its own.
    Keys and secrets are not deleted one by one when their vault goes: that is a request to the vault itself, which a closed one does not take.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    vault_id: pulumi.Output[str]
    """Identifier of the vault."""
    vault_name: pulumi.Output[str]
    """Name of the vault."""
    vault_uri: pulumi.Output[str]
    """Address of the vault: `https://{name}.vault.azure.net/`."""
    cluster_key_id: pulumi.Output[str]
    """Key of Kubernetes secrets, node disks and volumes: address with its version."""
    stores_key_id: pulumi.Output[str]
    """Key of databases, file shares, their backups and secrets: address with its version."""
    logs_key_id: pulumi.Output[str]
    """Key of log storage: address with its version."""
    cluster_key_scope: pulumi.Output[str]
    """Resource id of the cluster's key: where the cluster's identity is given rights to use it."""
    stores_identity_id: pulumi.Output[str]
    """User-assigned identity that may use the key of the stores; a store that is encrypted with it takes the identity on."""
    logs_identity_id: pulumi.Output[str]
    """User-assigned identity that may use the key of logs."""
    cluster_vault_id: pulumi.Output[str]
    """Vault of the cluster's key: another than `vault_id` where that key is brought along."""
    disk_encryption_set_id: pulumi.Output[str] | None
    """Disk encryption set with the cluster's key; None where there is none."""

    def __init__(self, name: str, args: EncryptionKeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:EncryptionKeys", name, {**args}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self)
        self.vault = self._vault(name, args)
        self.vault_id, self.vault_name = self.vault.id, self.vault.name
        self.vault_uri = self.vault.properties.apply(lambda properties: properties.vault_uri or "")
        existing = {
            purpose: key
            for purpose, id_ in args.get("existing", {}).items()
            if (key := ExistingKey.of(id_)) is not None
        }
        self.keys = {purpose: self._key(name, purpose, args) for purpose in PURPOSES if purpose not in existing}
        ids = {
            **{purpose: key.key_uri_with_version for purpose, key in self.keys.items()},
            **{purpose: pulumi.Output.from_input(key.address) for purpose, key in existing.items()},
        }
        scopes = {
            **{purpose: key.id for purpose, key in self.keys.items()},
            **{purpose: pulumi.Output.from_input(key.scope) for purpose, key in existing.items()},
        }
        self.identities = {
            purpose: azure.managedidentity.UserAssignedIdentity(
                f"{name}-{purpose}-user",
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                tags=args.get("tags"),
                opts=self._child,
            )
            for purpose in PURPOSES
        }
        self.rights = {
            purpose: assign(
                f"{name}-{purpose}-use",
                role="Key Vault Crypto Service Encryption User",
                principal_id=self.identities[purpose].principal_id,
                scope=scopes[purpose],
                subscription_id=(existing[purpose].subscription_id if purpose in existing else args["subscription_id"]),
                opts=self._child,
            )
            for purpose in PURPOSES
        }
        self.cluster_key_id, self.stores_key_id, self.logs_key_id = ids["cluster"], ids["stores"], ids["logs"]
        self.cluster_key_scope = scopes["cluster"]
        self.cluster_vault_id = (
            pulumi.Output.from_input(existing["cluster"].vault_id) if "cluster" in existing else self.vault.id
        )
        self.stores_identity_id, self.logs_identity_id = self._user("stores"), self._user("logs")
        self.disk_encryption_set = self._disks(name, args) if args.get("disk_encryption", True) else None
        self.disk_encryption_set_id = self.disk_encryption_set.id if self.disk_encryption_set else None
        self.register_outputs(
            {
                "vault_id": self.vault_id,
                "vault_name": self.vault_name,
                "vault_uri": self.vault_uri,
                "cluster_key_id": self.cluster_key_id,
                "stores_key_id": self.stores_key_id,
                "logs_key_id": self.logs_key_id,
                "cluster_key_scope": self.cluster_key_scope,
                "cluster_vault_id": self.cluster_vault_id,
                "stores_identity_id": self.stores_identity_id,
                "logs_identity_id": self.logs_identity_id,
                "disk_encryption_set_id": self.disk_encryption_set_id,
            }
        )

    @property
    def stores_key(self) -> CustomerKeyArgs:
        """What a store is given to be encrypted with the key of the stores."""
        return {"key_id": self.stores_key_id, "identity_id": self.stores_identity_id}

    @property
    def logs_key(self) -> CustomerKeyArgs:
        """What log storage is given to be encrypted with the key of logs."""
        return {"key_id": self.logs_key_id, "identity_id": self.logs_identity_id}

    def _user(self, purpose: str) -> pulumi.Output[str]:
        """Return the identity that uses a key, known once it may."""
        return pulumi.Output.all(self.identities[purpose].id, self.rights[purpose].id).apply(lambda ids: str(ids[0]))

    def _vault(self, name: str, args: EncryptionKeysArgs) -> azure.keyvault.Vault:
        protected = args.get("deletion_protection", False)
        closed = "private_endpoint" in args
        digits = random.RandomId(f"{name}-vault-digits", byte_length=4, opts=self._child)
        # A vault that was deleted keeps its name, and this stack may be built again meanwhile.
        unique = pulumi.Output.format("{0}/{1}", args["subscription_id"], digits.hex)
        vault = azure.keyvault.Vault(
            f"{name}-vault",
            vault_name=unique_name(name, unique, LONGEST_NAME),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            properties=azure.keyvault.VaultPropertiesArgs(
                tenant_id=args["tenant_id"],
                sku=azure.keyvault.SkuArgs(
                    family=azure.keyvault.SkuFamily.A,
                    name=azure.keyvault.SkuName.PREMIUM if args.get("hardware") else azure.keyvault.SkuName.STANDARD,
                ),
                enable_rbac_authorization=True,
                enable_purge_protection=True,
                soft_delete_retention_in_days=args.get("deletion_window_days", 90),
                public_network_access="disabled" if closed else "enabled",
                network_acls=azure.keyvault.NetworkRuleSetArgs(
                    default_action=azure.keyvault.NetworkRuleAction.DENY,
                    # Disks, storage accounts and databases reach their keys as trusted services.
                    bypass=azure.keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
                    ip_rules=[azure.keyvault.IPRuleArgs(value=range_) for range_ in args.get("allowed_ranges", ())],
                ),
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=protected or None),
        )
        self.locked = {name: vault.id} if protected else {}
        self.diagnostics = (
            diagnose(f"{name}-vault", vault.id, args["diagnostics"], opts=self._child)
            if "diagnostics" in args
            else None
        )
        self.endpoint = (
            private_endpoint(
                f"{name}-vault-endpoint",
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                resource_id=vault.id,
                group_id="vault",
                args=args["private_endpoint"],
                tags=args.get("tags"),
                opts=self._child,
            )
            if "private_endpoint" in args
            else None
        )
        return vault

    def _key(self, name: str, purpose: str, args: EncryptionKeysArgs) -> azure.keyvault.Key:
        rotate = azure.keyvault.LifetimeActionArgs(
            action=azure.keyvault.ActionArgs(type=azure.keyvault.KeyRotationPolicyActionType.ROTATE),
            # Versions do not expire: what is encrypted with an old one could no longer be read.
            trigger=azure.keyvault.TriggerArgs(time_after_create=f"P{args.get('rotation_days', 365)}D"),
        )
        types = azure.keyvault.JsonWebKeyType
        return azure.keyvault.Key(
            f"{name}-{purpose}",
            resource_group_name=args["resource_group_name"],
            vault_name=self.vault.name,
            key_name=purpose,
            properties=azure.keyvault.KeyPropertiesArgs(
                kty=types.RS_A_HSM if args.get("hardware") else types.RSA,
                key_size=KEY_BITS,
                # The cluster encrypts its secrets itself; everything else wraps keys of its own.
                key_ops=["encrypt", "decrypt", "wrapKey", "unwrapKey"]
                if purpose == "cluster"
                else ["wrapKey", "unwrapKey"],
                rotation_policy=azure.keyvault.RotationPolicyArgs(lifetime_actions=[rotate]),
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.get("deletion_protection") or None, deleted_with=self.vault
            ),
        )

    def _disks(self, name: str, args: EncryptionKeysArgs) -> azure.compute.DiskEncryptionSet:
        return azure.compute.DiskEncryptionSet(
            f"{name}-disks",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            encryption_type=azure.compute.DiskEncryptionSetType.ENCRYPTION_AT_REST_WITH_CUSTOMER_KEY,
            identity=azure.compute.EncryptionSetIdentityArgs(
                type=azure.compute.DiskEncryptionSetIdentityType.USER_ASSIGNED,
                user_assigned_identities=[self._user("cluster")],
            ),
            active_key=azure.compute.KeyForDiskEncryptionSetArgs(
                key_url=self.cluster_key_id, source_vault=azure.compute.SourceVaultArgs(id=self.cluster_vault_id)
            ),
            rotation_to_latest_key_version_enabled=True,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
        )
