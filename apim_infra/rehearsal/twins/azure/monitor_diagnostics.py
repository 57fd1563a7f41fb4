"""Diagnostic settings: where they go, what a resource has to send, and how many it can have."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import data_file, is_mapping, listed

SETTING = "azure-native:monitor:DiagnosticSetting"
WORKSPACE = "azure-native:operationalinsights:Workspace"
STORAGE = "azure-native:storage:StorageAccount"

GROUPS = ("allLogs", "audit")
"""Category groups that there are (Azure Monitor, diagnostic settings, 2026)."""

MOST_SETTINGS = 5
"""Settings of one resource (Azure Monitor, diagnostic settings, 2026)."""

SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
SUPPORTED = "Azure Monitor, supported log categories by resource type (2024-09); Azure's answer in public deployment notes (2026)"
ANSWERS_SEEN = "Azure's answer in public deployment notes (2026)"


@lru_cache(maxsize=1)
def diagnostics_by_type() -> Mapping[str, tuple[str, ...]]:
    """Return what each resource type sends, `logs` and `metrics`; the type in lower case."""
    table = data_file("apim_infra.rehearsal.twins.azure", "diagnostics.yaml")
    return {name.lower(): tuple(what) for name, what in table["types"].items()}


def _entries(context: Context, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return path and value of every entry of a setting that is switched on."""
    return [
        (f"{kind}[{index}]", entry)
        for index, entry in enumerate(listed(context.inputs.get(kind)))
        if is_mapping(entry) and entry.get("enabled") is not False
    ]


def _destination(context: Context) -> Iterator[Problem]:
    if not any(context.inputs.get(sink) for sink in SINKS):
        yield context.problem(
            "BadRequest",
            "At least one data sink needs to be specified.",
            "workspaceId",
            "name a workspace or a storage account",
            ANSWERS_SEEN,
        )
    if not _entries(context, "logs") and not _entries(context, "metrics"):
        yield context.warning(
            "BadRequest",
            "The setting sends neither logs nor metrics.",
            "logs",
            "switch a category or a category group on",
            "own knowledge",
        )


def _categories(context: Context) -> Iterator[Problem]:
    sent = diagnostics_by_type().get(ids.type_of(str(context.value("resourceUri", ""))).lower())
    for path, entry in _entries(context, "logs"):
        group, category = entry.get("categoryGroup"), entry.get("category")
        if group and category:
            yield context.warning(
                "BadRequest",
                "A log setting has a category or a category group, not both.",
                f"{path}.category",
                source="own knowledge",
            )
        known = () if sent is not None and "logs" not in sent else GROUPS
        if group and group not in known and (sent is not None or group not in GROUPS):
            yield context.problem(
                "BadRequest",
                f"CategoryGroup: '{group}' is not supported, supported ones are: '{','.join(known)}'",
                f"{path}.categoryGroup",
                "leave the logs out" if not known else f"use {' or '.join(known)}",
                SUPPORTED,
            )
        if category and sent is not None and "logs" not in sent:
            yield context.problem(
                "BadRequest", f"Category '{category}' is not supported", f"{path}.category", source=SUPPORTED
            )
    for path, entry in _entries(context, "metrics"):
        if sent is not None and "metrics" not in sent:
            yield context.problem(
                "BadRequest",
                f"Metric category '{entry.get('category')}' is not supported",
                f"{path}.category",
                "leave the metrics out",
                SUPPORTED,
            )


def _retention(context: Context) -> Iterator[Problem]:
    for kind in ("logs", "metrics"):
        for path, entry in _entries(context, kind):
            kept = entry.get("retentionPolicy")
            if is_mapping(kept) and kept.get("enabled"):
                yield context.problem(
                    "BadRequest",
                    "Diagnostic settings does not support retention for new diagnostic settings.",
                    f"{path}.retentionPolicy",
                    "set how long logs are kept at the workspace",
                    ANSWERS_SEEN,
                )


def _others(context: Context) -> Iterator[Problem]:
    others = list(context.siblings())
    if len(others) >= MOST_SETTINGS:
        yield context.problem(
            "BadRequest",
            f"The limit of {MOST_SETTINGS} diagnostic settings was reached.",
            "resourceUri",
            "send more by one of the settings that there are",
            "Azure's answer in public deployment notes (Mission Landing Zone, 2024)",
        )
    for other in others:
        for sink in SINKS:
            name = context.inputs.get(sink)
            if not name or ids.key(str(name)) != ids.key(str(other.inputs.get(sink) or "-")):
                continue
            for kind in ("logs", "metrics"):
                again = {_category(entry) for _, entry in _entries(context, kind)} & {
                    _category(entry) for entry in listed(other.inputs.get(kind)) if is_mapping(entry)
                }
                if again:
                    yield context.problem(
                        "Conflict",
                        f"Data sink '{name}' is already used in diagnostic setting '{other['name']}' for category "
                        f"'{sorted(again)[0]}'. Data sinks can't be reused in different settings on the same category for the same resource.",
                        sink,
                        "leave one of the two settings out",
                        "Azure Monitor, troubleshooting of diagnostic settings; Azure's answer in public reports (2023)",
                    )


def _category(entry: Mapping[str, Any]) -> str:
    return str(entry.get("categoryGroup") or entry.get("category"))


def _region(context: Context) -> Iterator[Problem]:
    source, account = context.find(context.value("resourceUri")), context.find(context.value("storageAccountId"))
    if source is None or account is None or account.assumed:
        return
    here, there = (short_location(thing.outputs.get("location")) for thing in (source, account))
    if here and there and here not in (there, "global"):
        yield context.warning(
            "BadRequest",
            f"Resource '{source.id}' is in region '{here}' and resource '{account.id}' is in region '{there}'.",
            "storageAccountId",
            "use a storage account of the resource's own region",
            "Azure Monitor, diagnostic settings, destination limitations (2026); code by own knowledge",
        )


RULES = {SETTING: (_destination, _categories, _retention, _others, _region)}
REFERENCES = {
    SETTING: (
        Reference("workspaceId", WORKSPACE),
        Reference("storageAccountId", STORAGE),
    )
}
