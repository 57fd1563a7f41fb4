"""Addresses of keys: a key that a service shall encrypt with is in its vault, in the version that is named."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.world import texts
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

VAULT, KEY = "azure-native:keyvault:Vault", "azure-native:keyvault:Key"
ADDRESS = re.compile(r"https://([^./]+)\.vault\.azure\.net/keys/([^/]+)(/[^/]+)?/?", re.IGNORECASE)
HOST = re.compile(r"https://([^./]+)\.vault\.azure\.net/?", re.IGNORECASE)
PROPERTIES = "encryption.keyVaultProperties"
SOURCE = "Key Vault REST API, error codes, 2024"


def _vault(context: Context, name: str) -> Thing | None:
    """Return the vault of a name, if a program made it: what is in others cannot be known."""
    made = (vault for vault in context.world.all(VAULT) if not vault.assumed)
    return next((vault for vault in made if str(vault["name"]).lower() == name.lower()), None)


def _missing(context: Context, vault_name: str, key: str, version: str, path: str) -> Iterator[Problem]:
    vault = _vault(context, vault_name)
    if vault is None:
        return
    thing = context.find(f"{vault.id}/keys/{key}")
    newest = str(thing["keyUriWithVersion"]).rpartition("/")[2] if thing else ""
    if thing is None or (version and version.lower() != newest.lower() and not thing.assumed):
        message = f"A key with (name/id) {key}{'/' + version if version else ''} was not found in this key vault."
        yield context.problem("KeyNotFound", message, path, "take the address from the output of the key", SOURCE)


def check_addresses(context: Context) -> Iterator[Problem]:
    """Yield addresses of keys that are not in the vault that they name."""
    if context.row.namespace == "Microsoft.KeyVault":
        return
    for path, text in texts(context.inputs):
        found = ADDRESS.fullmatch(text)
        if found:
            yield from _missing(context, found[1], found[2], (found[3] or "").strip("/"), path)
    for path, properties in values_at(context.inputs, PROPERTIES):
        yield from _by_name(context, path, properties)


def _by_name(context: Context, path: str, properties: Any) -> Iterator[Problem]:
    """Check a key that is told by the address of its vault and by its name."""
    if not is_mapping(properties) or not isinstance(properties.get("keyVaultUri"), str):
        return
    address, name = properties["keyVaultUri"], properties.get("keyName")
    found = HOST.fullmatch(address)
    if found is None:
        message = f"The key vault URI '{address}' is invalid: it would look like https://<vault>.vault.azure.net/."
        hint = "take the address from the output of the vault"
        yield context.problem("InvalidRequestPropertyValue", message, f"{path}.keyVaultUri", hint, SOURCE)
    elif isinstance(name, str) and name and not ids.looks_like_id(name):
        yield from _missing(context, found[1], name, str(properties.get("keyVersion") or ""), f"{path}.keyName")


RULES = {"*": (check_addresses,)}
