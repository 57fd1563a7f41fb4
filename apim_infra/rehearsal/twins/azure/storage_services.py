"""What is in a storage account: containers, shares, how long things are kept, and rules that move and delete blobs."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping

PREFIX = "azure-native:storage"
BLOBS, CONTAINER = f"{PREFIX}:BlobServiceProperties", f"{PREFIX}:BlobContainer"
POLICY, SHARE = f"{PREFIX}:ManagementPolicy", f"{PREFIX}:FileShare"
REST = "Blob Storage REST API, error codes, 2024"
LIFECYCLE = "Azure Blob Storage, lifecycle management, 2024"
FEATURES = "Azure Storage, feature support by kind of account, 2024"
SHARES = "Azure Files, scalability targets, 2024; azurerm provider issue 4782, 2019, and crossplane provider-upjet-azure issue 869, 2024"
NFS = "Azure Files, NFS file shares, 2024"
KNOWN = "own knowledge, 2026-11-21"
LARGEST_GIB, SMALLEST_PREMIUM_GIB, SMALLEST_PROVISIONED_GIB = 102400, 100, 32
MOST_RULES, MOST_PREFIXES = 100, 10
TIERS = ("tierToCool", "tierToCold", "tierToArchive", "delete")
"""Actions on a blob, in the order in which they follow each other."""


def _of_account(context: Context, path: str) -> Any:
    """Return an input of the account; None when it is not known."""
    account = next(
        (thing for thing in context.world.all(f"{PREFIX}:StorageAccount") if _holds(thing.id, context.id)), None
    )
    if account is None or account.assumed:
        return None
    return next((value for _, value in values_at(account.inputs, path) if value != UNKNOWN), None)


def _holds(account: str, inner: str) -> bool:
    return inner.lower().startswith(f"{account.lower()}/")


def _blobs(context: Context) -> Iterator[Problem]:
    if context.value("isVersioningEnabled") is True and _of_account(context, "isHnsEnabled") is True:
        message = "Blob versioning is not supported for accounts with a hierarchical namespace."
        yield context.problem("FeatureNotSupportedForAccount", message, "isVersioningEnabled", "leave it out", FEATURES)
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        enabled, days = context.value(f"{policy}.enabled"), context.inputs.get(policy)
        if enabled is True and is_mapping(days) and days.get("days") is None:
            message = f"The value for property '{policy}.days' is missing: what is deleted is kept 1 to 365 days."
            yield context.problem("InvalidRequestPropertyValue", message, f"{policy}.days", "set days", REST)
    yield from _files_only(context, "blob services")
    yield from _restore(context)


def _restore(context: Context) -> Iterator[Problem]:
    if context.value("restorePolicy.enabled") is not True:
        return
    days, kept = context.value("restorePolicy.days", 0), context.value("deleteRetentionPolicy.days", 0)
    needs = [
        context.value("isVersioningEnabled") is True,
        context.value("changeFeed.enabled") is True,
        context.value("deleteRetentionPolicy.enabled") is True and kept > days,
    ]
    if not all(needs):
        message = (
            "Point-in-time restore needs versions, the change feed, and deleted blobs kept longer than its own days."
        )
        yield context.problem(
            "InvalidRequestPropertyValue",
            message,
            "restorePolicy",
            message,
            "Azure Blob Storage, point-in-time restore, 2024",
        )


def _files_only(context: Context, what: str) -> Iterator[Problem]:
    if str(_of_account(context, "kind")).lower() == "filestorage":
        message = f"An account of the kind FileStorage has no {what}."
        yield context.problem("FeatureNotSupportedForAccount", message, "accountName", "use StorageV2", FEATURES)


def _container(context: Context) -> Iterator[Problem]:
    yield from _files_only(context, "containers")
    access = str(context.value("publicAccess", "None")).lower()
    if access != "none" and _of_account(context, "allowBlobPublicAccess") is False:
        message = "Public access is not permitted on this storage account."
        yield context.problem("PublicAccessNotPermitted", message, "publicAccess", "write None", REST)


def _share(context: Context) -> Iterator[Problem]:
    kind, sku = str(_of_account(context, "kind")).lower(), str(_of_account(context, "sku.name")).lower()
    quota, path = context.value("shareQuota"), "shareQuota"
    known = _of_account(context, "kind") is not None
    smallest = 1
    if kind == "filestorage":
        smallest = SMALLEST_PROVISIONED_GIB if "v2_" in sku else SMALLEST_PREMIUM_GIB
    largest = 262144 if "v2_" in sku else LARGEST_GIB
    if known and isinstance(quota, int | float) and not smallest <= quota <= largest:
        message = "The value for one of the HTTP headers is not in the correct format."
        hint = f"a share of such an account has {smallest} to {largest} GiB"
        yield context.problem("InvalidHeaderValue", message, path, hint, SHARES)
    protocol = str(context.value("enabledProtocols", "SMB")).upper()
    if known and protocol == "NFS" and not (kind == "filestorage" and sku.startswith("premium")):
        message = "NFS shares are on accounts of the kind FileStorage with premium storage alone."
        yield context.problem("InvalidHeaderValue", message, "enabledProtocols", "write SMB, or use FileStorage", NFS)
    if protocol == "SMB" and context.value("rootSquash") is not None:
        message = "rootSquash is for NFS shares."
        yield context.problem("InvalidHeaderValue", message, "rootSquash", "leave it out", NFS)
    tier = context.value("accessTier")
    if known and tier is not None and (str(tier).lower() == "premium") != (kind == "filestorage"):
        message = f"The access tier {tier} is not for an account of the kind {_of_account(context, 'kind')}."
        yield context.warning("InvalidHeaderValue", message, "accessTier", "leave it out", KNOWN)


def _policy(context: Context) -> Iterator[Problem]:
    yield from _files_only(context, "lifecycle management")
    rules = context.at("policy.rules[*]")
    if len(rules) > MOST_RULES:
        message = f"The policy has {len(rules)} rules; {MOST_RULES} are the most."
        yield _refused(context, message, "policy.rules")
    seen: set[str] = set()
    for place, rule in rules:
        if not is_mapping(rule):
            continue
        name = str(rule.get("name"))
        if name in seen:
            yield _refused(context, f"The rule name '{name}' occurs twice.", f"{place}.name")
        seen.add(name)
        yield from _rule(context, place, rule)


def _rule(context: Context, place: str, rule: Mapping[str, Any]) -> Iterator[Problem]:
    actions = _actions(rule)
    if not any(actions.values()):
        yield _refused(context, "A rule has one action at least.", f"{place}.definition.actions")
    types = [value for _, value in values_at(rule, "definition.filters.blobTypes[*]")]
    tiers = sorted({name for found in actions.values() for name in found if name.startswith("tierTo")})
    if "appendBlob" in types and tiers:
        message = f"Append blobs are deleted by rules, and never moved: {', '.join(tiers)} is for block blobs."
        yield _refused(context, message, f"{place}.definition.filters.blobTypes")
    prefixes = [value for _, value in values_at(rule, "definition.filters.prefixMatch[*]")]
    if len(prefixes) > MOST_PREFIXES:
        message = f"A filter has {MOST_PREFIXES} prefixes at most, not {len(prefixes)}."
        yield _refused(context, message, f"{place}.definition.filters.prefixMatch")
    for part, found in actions.items():
        days = [found[name] for name in TIERS if name in found]
        if days != sorted(set(days)):
            message = f"Actions on {part} follow each other: to cool, to cold, to archive, then deletion."
            yield _refused(context, message, f"{place}.definition.actions.{part}")


def _actions(rule: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return each part of a rule with its actions and their days."""
    found: dict[str, dict[str, float]] = {}
    for part in ("baseBlob", "snapshot", "version"):
        held = next((value for _, value in values_at(rule, f"definition.actions.{part}")), None)
        found[part] = {}
        if is_mapping(held):
            for name in TIERS:
                days = [
                    value
                    for trigger in ("daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan")
                    for _, value in values_at(held, f"{name}.{trigger}")
                    if isinstance(value, int | float)
                ]
                if days:
                    found[part][name] = days[0]
    return found


def _refused(context: Context, message: str, path: str) -> Problem:
    return context.problem("InvalidRequestPropertyValue", message, path, message, LIFECYCLE)


RULES = {BLOBS: (_blobs,), CONTAINER: (_container,), SHARE: (_share,), POLICY: (_policy,)}
