"""Container registries: what the price tiers have, how long images stay, and copies in other regions."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.firewalls import private_or_wrong
from apim_infra.rehearsal.twins.cloud.paths import values_at

REGISTRY = "azure-native:containerregistry:Registry"
REPLICATION = "azure-native:containerregistry:Replication"
TIERS = "Azure Container Registry, service tiers, 2025; messages in public deployment logs, 2022 to 2026"
RETENTION = "Azure Container Registry, retention policy for untagged manifests, 2025"
SOFT_DELETE = "Azure Container Registry, soft delete policy, 2025"
EXPORT = "Azure Container Registry, disable export of artifacts, 2025"
PRIVATE = "Azure Container Registry, private link, 2025"
COPIES = "azure-rest-api-specs issue 10233, 2020"
ON = "enabled"


def _tier(context: Context) -> str:
    return str(context.value("sku.name", "")).lower()


def _premium(context: Context) -> Iterator[Problem]:
    sku = context.value("sku.name")
    if sku is None or _tier(context) == "premium":
        return
    if str(context.value("publicNetworkAccess", "")).lower() == "disabled":
        message = f"Disabling public network access is not supported for the SKU {sku}."
        code = "DisablingPublicNetworkAccessNotSupported"
        yield context.problem(code, message, "publicNetworkAccess", "write sku: {name: Premium}", TIERS)
    closed = str(context.value("networkRuleSet.defaultAction", "")).lower() == "deny"
    if closed or context.get("networkRuleSet.ipRules[*]"):
        message = f"The requested feature network rule is not supported for the SKU {sku}."
        yield context.problem("NetworkRuleNotSupported", message, "networkRuleSet", "write sku: {name: Premium}", TIERS)
    if str(context.value("policies.retentionPolicy.status", "")).lower() == ON:
        message = f"The retention policy is not supported for the SKU {sku}."
        yield context.problem(
            "PolicyNotSupported", message, "policies.retentionPolicy", "write sku: {name: Premium}", RETENTION
        )
    if context.value("dataEndpointEnabled") is True:
        message = f"The requested feature data endpoint rule is not supported for the SKU {sku}."
        yield context.problem("DataEndpointNotSupported", message, "dataEndpointEnabled", "leave it out", TIERS)
    if context.value("anonymousPullEnabled") is True and _tier(context) == "basic":
        message = "Anonymous pull is not supported for the SKU Basic."
        yield context.problem("AnonymousPullNotSupported", message, "anonymousPullEnabled", "leave it out", TIERS)


def _keeping(context: Context) -> Iterator[Problem]:
    path = "policies.retentionPolicy.days"
    days = context.value(path)
    if isinstance(days, int | float) and not 0 <= days <= 365:
        message = f"The retention of untagged manifests is 0 to 365 days, not {int(days)}."
        yield context.problem("InvalidParameter", message, path, "write 0 to 365", RETENTION)
    path = "policies.softDeletePolicy.retentionDays"
    days = context.value(path)
    if isinstance(days, int | float) and not 1 <= days <= 90:
        message = f"Deleted artifacts are kept 1 to 90 days, not {int(days)}."
        yield context.problem("InvalidParameter", message, path, "write 1 to 90", SOFT_DELETE)
    retention, soft = (
        str(context.value(f"policies.{policy}.status", "")).lower() == ON
        for policy in ("retentionPolicy", "softDeletePolicy")
    )
    if retention and soft:
        message = "The retention policy and the soft delete policy cannot both be enabled."
        yield context.problem("InvalidParameter", message, "policies.softDeletePolicy", "disable one", SOFT_DELETE)
    if soft and context.old is not None and any(True for _ in context.inside(REPLICATION)):
        message = "The soft delete policy does not support a registry with copies in other regions."
        yield context.problem("InvalidParameter", message, "policies.softDeletePolicy", "disable it", SOFT_DELETE)


def _export(context: Context) -> Iterator[Problem]:
    disabled = str(context.value("policies.exportPolicy.status", "")).lower() == "disabled"
    if disabled and str(context.value("publicNetworkAccess", "Enabled")).lower() != "disabled":
        message = "The export policy can be disabled only where public network access is."
        hint = "write publicNetworkAccess: Disabled, or leave exports enabled"
        yield context.problem("InvalidParameter", message, "policies.exportPolicy.status", hint, EXPORT)


def _firewall(context: Context) -> Iterator[Problem]:
    for path, text in context.at("networkRuleSet.ipRules[*].iPAddressOrRange"):
        fault = private_or_wrong(text)
        if fault:
            message = f"The IP rule '{text}' is invalid: {fault}."
            yield context.problem("InvalidParameter", message, path, "write a public address or range", PRIVATE)


def _replication(context: Context) -> Iterator[Problem]:
    registry = context.parent()
    if registry is None or registry.assumed:
        return
    inputs = registry.inputs
    sku = next((value for _, value in values_at(inputs, "sku.name")), None)
    if isinstance(sku, str) and sku.lower() != "premium":
        message = f"Copies in other regions are not supported for the SKU {sku}."
        yield context.problem("ReplicationNotSupported", message, "registryName", "write sku: {name: Premium}", TIERS)
    if any(str(value).lower() == ON for _, value in values_at(inputs, "policies.softDeletePolicy.status")):
        message = "A registry whose soft delete policy is enabled takes no copies in other regions."
        yield context.problem("InvalidParameter", message, "registryName", "disable the policy", SOFT_DELETE)
    home = short_location(inputs.get("location"))
    if home and home == context.location:
        message = (
            f"The registry {ids.name_of(registry.id)} is in {home} itself: Azure takes the request and makes no copy."
        )
        yield context.warning("InvalidParameter", message, "location", "name another region", COPIES)


RULES = {REGISTRY: (_premium, _keeping, _export, _firewall), REPLICATION: (_replication,)}
