"""Key Vault: protection that cannot be taken back, its firewall, and what keys and secrets may be."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.firewalls import private_or_wrong, without_service_endpoint
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping

VAULT, KEY, SECRET = "azure-native:keyvault:Vault", "azure-native:keyvault:Key", "azure-native:keyvault:Secret"
LOGS = "Messages of Azure in public deployment logs, 2024 to 2026"
ERRORS = "Azure Key Vault, common error codes, 2023"
SOFT_DELETE = "Azure Key Vault, soft delete, 2024"
KEYS = "Azure Key Vault, about keys, 2024"
ROTATION = "Azure Key Vault, key rotation, 2024"
CREATION = "Keys - Create If Not Exist, Key Vault REST API, 2024"
SECRETS = "Azure Key Vault, about secrets, 2024"
FIREWALL = "Azure Key Vault, network security, 2024"

RSA_BITS = (2048, 3072, 4096)
LARGEST_SECRET = 25600
"""Largest value of a secret, in bytes."""
LONGEST_CONTENT_TYPE = 255
SHORTEST_EXPIRY_DAYS = 28
DURATION = re.compile(
    r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"
)
"""Duration of ISO 8601."""
DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}


def _protection(context: Context) -> Iterator[Problem]:
    if context.value("properties.enablePurgeProtection") is False:
        yield context.problem(
            "BadRequest",
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
            "properties.enablePurgeProtection",
            "write true, or leave it out",
            LOGS,
        )
    if context.value("properties.enableSoftDelete") is False:
        yield context.problem(
            "BadRequest",
            'The property "enableSoftDelete" cannot be set to false: every vault keeps what is deleted.',
            "properties.enableSoftDelete",
            "leave it out",
            LOGS,
        )


def _retention(context: Context) -> Iterator[Problem]:
    path = "properties.softDeleteRetentionInDays"
    days = context.value(path)
    if not isinstance(days, int | float):
        return
    if not 7 <= days <= 90:
        message = f"Invalid value found at {path}: {int(days)}. It must be 7 to 90."
        yield context.problem("BadRequest", message, path, "write 7 to 90", SOFT_DELETE)
    before = next((value for _, value in values_at(context.old or {}, path)), 90)
    if context.old is not None and before not in (UNKNOWN, days):
        message = 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.'
        yield context.problem("BadRequest", message, path, f"leave it at {int(before)}", LOGS)


def _firewall(context: Context) -> Iterator[Problem]:
    for path, text in context.at("properties.networkAcls.ipRules[*].value"):
        fault = private_or_wrong(text)
        if fault:
            message = f"IP rule '{text}' is invalid: {fault}."
            yield context.problem("BadRequest", message, path, "write a public address or range", FIREWALL)
    for path, subnet in context.at("properties.networkAcls.virtualNetworkRules[*].id"):
        if without_service_endpoint(context, subnet, "Microsoft.KeyVault"):
            message = (
                f"Subnets {ids.name_of(subnet)} of virtual network {ids.parent_of(subnet)} do not have ServiceEndpoints for "
                "Microsoft.KeyVault resources configured."
            )
            hint = "give the subnet the service endpoint Microsoft.KeyVault first, or use a private endpoint"
            yield context.problem("SubnetsHaveNoServiceEndpointsConfigured", message, path, hint, LOGS)


def _kind(context: Context) -> Iterator[Problem]:
    kind = str(context.value("properties.kty") or "RSA")
    bits, curve = context.value("properties.keySize"), context.value("properties.curveName")
    if kind.startswith("RSA") and bits is not None and bits not in RSA_BITS:
        message = f"Key size {int(bits)} is not supported: {', '.join(map(str, RSA_BITS))} are."
        yield context.problem("BadParameter", message, "properties.keySize", "write 2048, 3072 or 4096", KEYS)
    if kind.startswith("EC") and bits is not None:
        message = "A key on an elliptic curve has no size of its own."
        yield context.problem("BadParameter", message, "properties.keySize", "write curveName instead", KEYS)
    if kind.startswith("RSA") and curve is not None:
        yield context.problem("BadParameter", "An RSA key has no curve.", "properties.curveName", "leave it out", KEYS)
    vault = context.parent()
    sku = next((value for _, value in values_at(vault.inputs, "properties.sku.name")), None) if vault else None
    if kind.endswith("-HSM") and isinstance(sku, str) and sku.lower() != "premium":
        message = f"Keys in hardware need a vault of the price tier Premium; {ids.name_of(vault.id if vault else '')} is {sku}."
        yield context.problem("BadParameter", message, "properties.kty", "write RSA or EC, or a Premium vault", KEYS)


def _unchanged(context: Context) -> Iterator[Problem]:
    """Warn of a change of a key that ARM takes and does not make."""
    before = next((value for _, value in values_at(context.old or {}, "properties")), None)
    now = context.inputs.get("properties")
    if not is_mapping(before) or not is_mapping(now):
        return
    for name in ("keyOps", "rotationPolicy", "attributes"):
        if before.get(name) != now.get(name):
            message = f"The key exists: ARM returns it as it is, and does not change its {name}."
            hint = "change it in the vault, or make a key of another name"
            yield context.warning("KeyNotUpdated", message, f"properties.{name}", hint, CREATION)


def _rotation(context: Context) -> Iterator[Problem]:
    policy = "properties.rotationPolicy"
    expiry = context.value(f"{policy}.attributes.expiryTime")
    expiry_days = days_of(expiry)
    if expiry is not None and (expiry_days is None or expiry_days < SHORTEST_EXPIRY_DAYS):
        message = f"The expiry time '{expiry}' is invalid: at least {SHORTEST_EXPIRY_DAYS} days, as P90D."
        yield context.problem(
            "BadParameter", message, f"{policy}.attributes.expiryTime", "write P28D or more", ROTATION
        )
    for path, action in context.at(f"{policy}.lifetimeActions[*]"):
        kind = next((str(value).lower() for _, value in values_at(action, "action.type")), "")
        after, before = (
            next((value for _, value in values_at(action, f"trigger.{name}")), None)
            for name in ("timeAfterCreate", "timeBeforeExpiry")
        )
        fault = _trigger_fault(kind, after, before, expiry)
        if fault:
            yield context.problem("BadParameter", f"Rotation policy: {fault}.", f"{path}.trigger", fault, ROTATION)


def _trigger_fault(kind: str, after: object, before: object, expiry: object) -> str:
    if (after is None) == (before is None):
        return "an action has one trigger, timeAfterCreate or timeBeforeExpiry"
    if before is not None and expiry is None:
        return "timeBeforeExpiry needs attributes.expiryTime"
    if kind == "notify" and after is not None:
        return "the action notify takes timeBeforeExpiry alone"
    wrong = [text for text in (after, before) if text not in (None, UNKNOWN) and days_of(text) is None]
    return f"'{wrong[0]}' is no duration: write it like P90D" if wrong else ""


def days_of(duration: object) -> int | None:
    """Return the days of a duration of ISO 8601; None for what is none."""
    match = DURATION.fullmatch(duration) if isinstance(duration, str) and len(duration) > 1 else None
    return sum(DAYS[unit] * int(number) for unit, number in match.groupdict().items() if number) if match else None


def _secret(context: Context) -> Iterator[Problem]:
    value, kind = context.value("properties.value"), context.value("properties.contentType")
    if isinstance(value, str) and len(value.encode()) > LARGEST_SECRET:
        message = f"The secret has {len(value.encode())} bytes; {LARGEST_SECRET} are the most."
        yield context.problem("BadParameter", message, "properties.value", "keep less in one secret", SECRETS)
    if isinstance(kind, str) and len(kind) > LONGEST_CONTENT_TYPE:
        message = f"The content type has {len(kind)} characters; {LONGEST_CONTENT_TYPE} are the most."
        yield context.problem("BadParameter", message, "properties.contentType", "shorten it", SECRETS)


RULES = {VAULT: (_protection, _retention, _firewall), KEY: (_kind, _rotation, _unchanged), SECRET: (_secret,)}
REFERENCES = {
    VAULT: (Reference("properties.networkAcls.virtualNetworkRules[*].id", "azure-native:network:Subnet", "BadRequest"),)
}
CREATE_ONLY = {
    # ARM makes keys and never changes them: whatever a key is, another one is a new key (Key Vault resource provider, keys, 2024).
    KEY: {"properties.kty", "properties.keySize", "properties.curveName"}
}
