"""Keys of customers in Key Vault: what a resource needs to be encrypted with one, and the parts of a key's names."""

import re
from dataclasses import dataclass
from typing import TypedDict

import pulumi

VAULT_DOMAIN = "vault.azure.net"
"""Domain of vaults in the public cloud of Azure."""

_RESOURCE_ID = re.compile(
    r"(?P<vault>/subscriptions/(?P<subscription>[^/]+)/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/(?P<name>[^/]+))"
    r"/keys/(?P<key>[0-9A-Za-z-]{1,127})(/versions/(?P<version>[0-9a-f]{32}))?",
    re.IGNORECASE,
)


class CustomerKeyArgs(TypedDict):
    """A key of the customer, and who uses it."""

    key_id: pulumi.Input[str]
    """Address of the key with its version: `https://{vault}.vault.azure.net/keys/{key}/{version}`."""
    identity_id: pulumi.Input[str]
    """User-assigned identity that may use the key; the resource takes it on."""


@dataclass(frozen=True, slots=True)
class ExistingKey:
    """A key that is brought along, by its resource id."""

    subscription_id: str
    vault_id: str
    scope: str
    """Resource id without a version: where rights to use the key are given."""
    address: str
    """Address of the key, with the version where the resource id has one."""
    version: str | None

    @classmethod
    def of(cls, resource_id: str) -> "ExistingKey | None":
        """Return the key of a resource id, `.../vaults/{vault}/keys/{key}[/versions/{version}]`; None for any other text."""
        match = _RESOURCE_ID.fullmatch(resource_id)
        if match is None:
            return None
        version: str | None = match["version"]
        key = f"https://{match['name'].lower()}.{VAULT_DOMAIN}/keys/{match['key']}"
        return cls(
            match["subscription"],
            match["vault"],
            f"{match['vault']}/keys/{match['key']}",
            f"{key}/{version}" if version else key,
            version,
        )


def vault_uri(address: str) -> str:
    """Return the address of the vault of a key: `https://{vault}.vault.azure.net/`."""
    return f"{address.partition('/keys/')[0]}/"


def key_name(address: str) -> str:
    """Return the name of a key, without vault and version."""
    return address.partition("/keys/")[2].partition("/")[0]
