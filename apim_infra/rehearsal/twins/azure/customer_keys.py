"""Keys of customers: what disks, storage accounts and registries need of the vault, and of the identity that uses the key."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed
from apim_infra.rehearsal.twins.cloud.world import Thing

VAULT, KEY = "azure-native:keyvault:Vault", "azure-native:keyvault:Key"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
DISKS, ACCOUNT = "azure-native:compute:DiskEncryptionSet", "azure-native:storage:StorageAccount"
REGISTRY = "azure-native:containerregistry:Registry"

USERS = frozenset(
    {
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",  # Key Vault Crypto Service Encryption User
        "12338af0-0e69-4776-bea7-57ae8d297424",  # Key Vault Crypto User
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",  # Key Vault Crypto Officer
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
    }
)
"""Built-in roles that let an identity use a key (Azure built-in roles, 2026-04)."""
BYOK = "Troubleshoot common Bring Your Own Key issues, Azure Kubernetes Service, 2023-07"
STORAGE = "Azure Storage, customer-managed keys, 2024; messages in public deployment logs"
REGISTRY_KEYS = "Azure Container Registry, customer-managed keys, 2024"
KNOWN = "own knowledge, 2026-11-21"


def _vault_of(context: Context, address: object) -> Thing | None:
    """Return the vault of this stack that a key's address is in."""
    if not isinstance(address, str):
        return None
    return next(
        (
            vault
            for vault in context.world.all(VAULT)
            for _, uri in values_at(vault.outputs, "properties.vaultUri")
            if isinstance(uri, str) and address.lower().startswith(uri.lower())
        ),
        None,
    )


def _unprotected(vault: Thing | None) -> bool:
    if vault is None or vault.assumed:
        return False
    return not any(value in (True, UNKNOWN) for _, value in values_at(vault.inputs, "properties.enablePurgeProtection"))


def _may_use(context: Context, identity_id: object, vault: Thing | None, key: str) -> bool:
    """Tell whether an identity of this stack may use a key of this stack; True where that cannot be known."""
    identity = context.find(identity_id)
    if identity is None or identity.assumed or vault is None or vault.assumed:
        return True
    if not any(value is True for _, value in values_at(vault.inputs, "properties.enableRbacAuthorization")):
        return True  # Access policies are the vault's own.
    scope = ids.key(f"{vault.id}/keys/{key}")
    for right in context.world.all(ASSIGNMENT):
        given, role = ids.key(str(right.inputs.get("scope"))), str(right.inputs.get("roleDefinitionId"))
        covers = scope == given or scope.startswith(f"{given}/")
        if covers and right.inputs.get("principalId") == identity["principalId"] and ids.name_of(role).lower() in USERS:
            return True
    return False


def _identities(inputs: Mapping[str, Any]) -> list[str]:
    identity = inputs.get("identity")
    given = identity.get("userAssignedIdentities") if is_mapping(identity) else None
    return [str(name) for name in (given if is_mapping(given) else listed(given))]


def _key_name(address: object) -> str:
    return str(address).partition("/keys/")[2].partition("/")[0]


def _disks(context: Context) -> Iterator[Problem]:
    address, path = context.value("activeKey.keyUrl"), "activeKey.keyUrl"
    if isinstance(address, str) and not address.partition("/keys/")[2].partition("/")[2]:
        message = (
            f"The key '{address}' has no version: a disk encryption set names one, even where it follows newer ones."
        )
        hint = "write the key's address with its version (keyUriWithVersion)"
        yield context.problem(
            "InvalidParameter", message, path, hint, "Disk encryption sets, Compute REST API 2024-03-02"
        )
    vault = context.find(context.value("activeKey.sourceVault.id")) or _vault_of(context, address)
    if _unprotected(vault):
        message = f"The key vault {ids.name_of(vault.id if vault else '')} has no purge protection."
        yield context.problem(
            "KeyVaultNotPurgeProtectionEnabled", message, path, "write enablePurgeProtection: true", BYOK
        )
    region = short_location(vault.inputs.get("location")) if vault else ""
    if region and context.location and region != context.location:
        message = f"The key vault is in {region}, the disk encryption set in {context.location}."
        hint = f"make the vault in {context.location}"
        yield context.problem("KeyVaultAndDiskInDifferentRegions", message, path, hint, BYOK)
    yield from _right(context, _identities(context.inputs), vault, _key_name(address), path)


def _right(context: Context, identities: list[str], vault: Thing | None, key: str, path: str) -> Iterator[Problem]:
    for identity in identities[:1]:
        if not _may_use(context, identity, vault, key):
            message = f"The identity {ids.name_of(identity)} has no role that lets it use the key {key}."
            hint = "give it Key Vault Crypto Service Encryption User on the key, and wait for that"
            yield context.warning("KeyVaultAccessForbidden", message, path, hint, KNOWN)


def _account(context: Context) -> Iterator[Problem]:
    if str(context.value("encryption.keySource", "")).lower() != "microsoft.keyvault":
        return
    address, name = (context.value(f"encryption.keyVaultProperties.{part}") for part in ("keyVaultUri", "keyName"))
    path = "encryption.keyVaultProperties"
    if path not in _set(context, path):
        yield context.problem(
            "InvalidRequestPropertyValue",
            "The key source Microsoft.Keyvault needs keyVaultProperties.",
            path,
            "name vault and key, or leave keySource out",
            STORAGE,
        )
        return
    vault = _vault_of(context, address)
    if _unprotected(vault):
        yield context.problem(
            "KeyVaultPolicyError",
            "Keyvault policy recoverable is not set",
            path,
            "write enablePurgeProtection: true",
            STORAGE,
        )
    user, assigned = (
        context.value("encryption.encryptionIdentity.encryptionUserAssignedIdentity"),
        _identities(context.inputs),
    )
    if isinstance(user, str) and ids.key(user) not in {ids.key(name) for name in assigned}:
        message = f"The identity {ids.name_of(user)} of the encryption is not among the account's own."
        hint = "name it in identity.userAssignedIdentities too"
        yield context.problem("InvalidRequestPropertyValue", message, "identity.userAssignedIdentities", hint, STORAGE)
    yield from _right(context, [user] if isinstance(user, str) else [], vault, str(name), path)


def _set(context: Context, path: str) -> list[str]:
    return [place for place, value in values_at(context.inputs, path) if value is not None]


def _registry(context: Context) -> Iterator[Problem]:
    address = context.value("encryption.keyVaultProperties.keyIdentifier")
    path = "encryption.keyVaultProperties.keyIdentifier"
    vault = _vault_of(context, address)
    if address is None:
        return
    if str(context.value("sku.name", "")).lower() != "premium":
        message = "Encryption with a key of the customer needs the SKU Premium."
        yield context.problem("EncryptionNotSupported", message, path, "write sku: {name: Premium}", REGISTRY_KEYS)
    if _unprotected(vault):
        message = f"The key vault {ids.name_of(vault.id if vault else '')} has no purge protection."
        yield context.problem("BadRequest", message, path, "write enablePurgeProtection: true", REGISTRY_KEYS)


RULES = {DISKS: (_disks,), ACCOUNT: (_account,), REGISTRY: (_registry,)}
REFERENCES = {
    DISKS: (Reference("activeKey.sourceVault.id", VAULT), Reference("identity.userAssignedIdentities[*]", IDENTITY)),
    ACCOUNT: (Reference("encryption.encryptionIdentity.encryptionUserAssignedIdentity", IDENTITY),),
}
CREATE_ONLY = {REGISTRY: {"encryption.status"}}
