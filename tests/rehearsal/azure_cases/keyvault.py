"""Wrong requests to Key Vault, and for what is encrypted with keys in it."""

from azure_cases.case import Case, Step
from azure_cases.given import IDENTITY, NETWORK, STORAGE, SUBNET, VAULT

KEY_VAULT, CUSTOMER_KEYS = "Key Vault", "Customer-managed keys"

PROTECTED = VAULT.but(properties__enablePurgeProtection=True)
KEY = Step(
    "keyvault:Key",
    "key",
    {"vaultName": "${vault.name}", "keyName": "key", "properties": {"kty": "RSA", "keySize": 3072}},
)
SECRET = Step(
    "keyvault:Secret",
    "secret",
    {"vaultName": "${vault.name}", "secretName": "secret", "properties": {"value": "of cases"}},
)
ROTATED = KEY.but(
    properties__rotationPolicy={
        "lifetimeActions": [{"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P365D"}}]
    }
)
RIGHT = Step(
    "authorization:RoleAssignment",
    "right",
    {
        "roleAssignmentName": "6d2b1f1e-6a3c-4d8e-9a55-000000000001",
        "scope": "${key.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": (
            "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/"
            "e147488a-f6f5-4113-8e2d-b22465e65bf6"
        ),
    },
)
DISKS = Step(
    "compute:DiskEncryptionSet",
    "disks",
    {
        "diskEncryptionSetName": "disks",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]},
        "activeKey": {"keyUrl": "${key.keyUriWithVersion}", "sourceVault": {"id": "${vault.id}"}},
    },
    after=("right",),
)
ENCRYPTED = STORAGE.but(
    identity={"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]},
    encryption={
        "keySource": "Microsoft.Keyvault",
        "keyVaultProperties": {"keyVaultUri": "https://vault-of-cases.vault.azure.net/", "keyName": "key"},
        "encryptionIdentity": {"encryptionUserAssignedIdentity": "${identity.id}"},
    },
)
WITH_SUBNET = VAULT.but(
    properties__networkAcls={"defaultAction": "Deny", "virtualNetworkRules": [{"id": "${subnet.id}"}]}
)
USED = (PROTECTED, IDENTITY, KEY, RIGHT)
UNPROTECTED = (VAULT, IDENTITY, KEY, RIGHT)


def rotated(trigger: dict[str, str], kind: str = "rotate", **attributes: str) -> Step:
    """Return the key with another rotation policy."""
    policy = {"lifetimeActions": [{"action": {"type": kind}, "trigger": trigger}], "attributes": attributes}
    return KEY.but(properties__rotationPolicy=policy)


CASES = (
    Case(
        KEY_VAULT,
        "name with two hyphens in a row",
        VAULT.but(vaultName="my--vault"),
        "VaultNameNotValid",
        VAULT,
        path="vaultName",
    ),
    Case(
        KEY_VAULT,
        "name that begins with a digit",
        VAULT.but(vaultName="1vault"),
        "VaultNameNotValid",
        VAULT,
        path="vaultName",
    ),
    Case(
        KEY_VAULT,
        "purge protection switched off",
        PROTECTED.but(properties__enablePurgeProtection=False),
        "BadRequest",
        PROTECTED,
        path="properties.enablePurgeProtection",
    ),
    Case(
        KEY_VAULT,
        "soft deletion switched off",
        VAULT.but(properties__enableSoftDelete=False),
        "BadRequest",
        VAULT,
        path="properties.enableSoftDelete",
    ),
    Case(
        KEY_VAULT,
        "deleted things kept for three days",
        VAULT.but(properties__softDeleteRetentionInDays=3),
        "BadRequest",
        VAULT.but(properties__softDeleteRetentionInDays=7),
        path="properties.softDeleteRetentionInDays",
    ),
    Case(
        KEY_VAULT,
        "another retention of what is deleted",
        VAULT.but(properties__softDeleteRetentionInDays=30),
        "BadRequest",
        VAULT.but(tags={"a": "b"}),
        given=(VAULT.but(properties__softDeleteRetentionInDays=90),),
        operation="update",
        path="properties.softDeleteRetentionInDays",
    ),
    Case(
        KEY_VAULT,
        "private address in the firewall",
        VAULT.but(properties__networkAcls={"ipRules": [{"value": "10.1.0.0/24"}]}),
        "BadRequest",
        VAULT.but(properties__networkAcls={"ipRules": [{"value": "198.51.100.0/24"}]}),
        path="properties.networkAcls.ipRules[0].value",
    ),
    Case(
        KEY_VAULT,
        "subnet without a service endpoint in the firewall",
        WITH_SUBNET,
        "SubnetsHaveNoServiceEndpointsConfigured",
        VAULT,
        given=(NETWORK, SUBNET),
        path="properties.networkAcls.virtualNetworkRules[0].id",
    ),
    Case(
        KEY_VAULT,
        "RSA key of 1024 bits",
        KEY.but(properties__keySize=1024),
        "BadParameter",
        KEY,
        given=(VAULT,),
        path="properties.keySize",
    ),
    Case(
        KEY_VAULT,
        "key on a curve with a size",
        KEY.but(properties={"kty": "EC", "keySize": 3072}),
        "BadParameter",
        KEY.but(properties={"kty": "EC", "curveName": "P-256"}),
        given=(VAULT,),
        path="properties.keySize",
    ),
    Case(
        KEY_VAULT,
        "RSA key with a curve",
        KEY.but(properties__curveName="P-256"),
        "BadParameter",
        KEY,
        given=(VAULT,),
        path="properties.curveName",
    ),
    Case(
        KEY_VAULT,
        "hardware key in a standard vault",
        KEY.but(properties__kty="RSA-HSM"),
        "BadParameter",
        KEY,
        given=(VAULT,),
        path="properties.kty",
    ),
    Case(
        KEY_VAULT,
        "keys that expire after two weeks",
        rotated({"timeAfterCreate": "P7D"}, expiryTime="P14D"),
        "BadParameter",
        rotated({"timeAfterCreate": "P7D"}, expiryTime="P28D"),
        given=(VAULT,),
    ),
    Case(
        KEY_VAULT,
        "rotation before an expiry that there is not",
        rotated({"timeBeforeExpiry": "P30D"}),
        "BadParameter",
        rotated({"timeBeforeExpiry": "P30D"}, expiryTime="P1Y"),
        given=(VAULT,),
    ),
    Case(
        KEY_VAULT,
        "notice after creation",
        rotated({"timeAfterCreate": "P30D"}, "notify", expiryTime="P1Y"),
        "BadParameter",
        rotated({"timeBeforeExpiry": "P30D"}, "notify", expiryTime="P1Y"),
        given=(VAULT,),
    ),
    Case(
        KEY_VAULT,
        "rotation with a period in words",
        rotated({"timeAfterCreate": "1 year"}),
        "BadParameter",
        ROTATED,
        given=(VAULT,),
    ),
    Case(
        KEY_VAULT,
        "change of a key's rotation",
        rotated({"timeAfterCreate": "P30D"}),
        "KeyNotUpdated",
        ROTATED.but(tags={"a": "b"}),
        given=(VAULT, ROTATED),
        operation="update",
        warning=True,
    ),
    Case(
        KEY_VAULT,
        "secret that is too large",
        SECRET.but(properties__value="x" * 25601),
        "BadParameter",
        SECRET,
        given=(VAULT,),
        path="properties.value",
    ),
    Case(
        KEY_VAULT,
        "secret with a long content type",
        SECRET.but(properties__contentType="x" * 256),
        "BadParameter",
        SECRET,
        given=(VAULT,),
        path="properties.contentType",
    ),
    Case(
        CUSTOMER_KEYS,
        "disks with a key of a vault without purge protection",
        DISKS,
        "KeyVaultNotPurgeProtectionEnabled",
        DISKS.but(activeKey={"keyUrl": "https://elsewhere.vault.azure.net/keys/key/0123"}),
        given=UNPROTECTED,
    ),
    Case(
        CUSTOMER_KEYS,
        "disks with a key of a vault in another region",
        DISKS.but(location="northeurope"),
        "KeyVaultAndDiskInDifferentRegions",
        DISKS,
        given=USED,
    ),
    Case(
        CUSTOMER_KEYS,
        "disks with a key without its version",
        DISKS.but(activeKey__keyUrl="${key.keyUri}"),
        "InvalidParameter",
        DISKS,
        given=USED,
        path="activeKey.keyUrl",
    ),
    Case(
        CUSTOMER_KEYS,
        "disks with a key that their identity may not use",
        Step(DISKS.token, DISKS.name, DISKS.inputs),
        "KeyVaultAccessForbidden",
        Step(DISKS.token, DISKS.name, {**DISKS.inputs, "identity": {"type": "SystemAssigned"}}),
        given=(PROTECTED, IDENTITY, KEY),
        warning=True,
    ),
    Case(
        CUSTOMER_KEYS,
        "storage with a key of a vault without purge protection",
        ENCRYPTED,
        "KeyVaultPolicyError",
        STORAGE,
        given=UNPROTECTED,
    ),
    Case(
        CUSTOMER_KEYS,
        "storage with a key of a vault, and no vault",
        ENCRYPTED.but(encryption={"keySource": "Microsoft.Keyvault"}),
        "InvalidRequestPropertyValue",
        ENCRYPTED,
        given=USED,
        path="encryption.keyVaultProperties",
    ),
    Case(
        CUSTOMER_KEYS,
        "storage encrypted by an identity that it does not have",
        ENCRYPTED.but(identity={"type": "SystemAssigned"}),
        "InvalidRequestPropertyValue",
        ENCRYPTED,
        given=USED,
        path="identity.userAssignedIdentities",
    ),
)
