"""Policies of Backup vaults: schedules, retention, and the tags that bind the two."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.dataprotection import INVALID, INVALID_SEEN, POLICY, kinds
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

INTERVAL = re.compile(r"R/(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))/(P\S+)")
DURATION = re.compile(r"P(\d+)([DWMY])")
DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}
MANIFESTS = "manifests of the Azure CLI's data-protection extension (2026)"
REST = "Azure Backup REST API, Backup Policies 2025-01-01"


def _rules(context: Context, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = context.at("properties.policyRules[*]")
    return [(path, rule) for path, rule in found if is_mapping(rule) and rule.get("objectType") == kind]


def _row(context: Context) -> Mapping[str, Any] | None:
    types = context.get("properties.datasourceTypes[*]")
    return kinds().get(str(types[0]).lower()) if types else None


def _one_source(context: Context) -> Iterator[Problem]:
    types = context.get("properties.datasourceTypes[*]")
    if len(types) != 1:
        yield context.problem(
            INVALID,
            f"A policy is for one kind of data source, not for {len(types)}.",
            "properties.datasourceTypes",
            source=INVALID_SEEN,
        )


def _schedules(context: Context) -> Iterator[Problem]:
    row = _row(context)
    for path, rule in _rules(context, "AzureBackupRule"):
        trigger = rule.get("trigger")
        schedule = trigger.get("schedule") if is_mapping(trigger) else None
        for text in listed(schedule.get("repeatingTimeIntervals") if is_mapping(schedule) else None):
            found = INTERVAL.fullmatch(str(text))
            place = f"{path}.trigger.schedule.repeatingTimeIntervals"
            if found is None:
                yield context.problem(
                    INVALID,
                    f"'{text}' is no repeating interval.",
                    place,
                    "write R/2026-01-04T05:00:00+00:00/P1D",
                    REST,
                )
            elif row is not None and found[2] not in row["intervals"]:
                yield context.problem(
                    INVALID,
                    f"Backups of this kind are taken every {', '.join(row['intervals'])}, not every {found[2]}.",
                    place,
                    f"use one of {', '.join(row['intervals'])}",
                    MANIFESTS,
                )
        parameters, store = rule.get("backupParameters"), rule.get("dataStore")
        backup = parameters.get("backupType") if is_mapping(parameters) else None
        if row is not None and backup is not None and backup != row["backup"]:
            yield context.problem(
                INVALID,
                f"Backups of this kind are {row['backup']}, not {backup}.",
                f"{path}.backupParameters.backupType",
                source=MANIFESTS,
            )
        lands = store.get("dataStoreType") if is_mapping(store) else None
        if row is not None and lands is not None and lands not in row["stores"]:
            yield context.problem(
                INVALID,
                f"Backups of this kind do not land in {lands}.",
                f"{path}.dataStore.dataStoreType",
                f"use {' or '.join(row['stores'])}",
                MANIFESTS,
            )


def _retention(context: Context) -> Iterator[Problem]:
    row, rules = _row(context), _rules(context, "AzureRetentionRule")
    if not any(rule.get("isDefault") for _, rule in rules):
        yield context.problem(
            INVALID,
            "A policy has a default retention rule.",
            "properties.policyRules",
            "add a rule of objectType AzureRetentionRule with isDefault",
            REST,
        )
    for path, rule in rules:
        for index, cycle in enumerate(listed(rule.get("lifecycles"))):
            if not is_mapping(cycle):
                continue
            after, store = cycle.get("deleteAfter"), cycle.get("sourceDataStore")
            text = str(after.get("duration")) if is_mapping(after) else ""
            found, place = DURATION.fullmatch(text), f"{path}.lifecycles[{index}].deleteAfter.duration"
            if found is None:
                yield context.problem(INVALID, f"'{text}' is no duration.", place, "write P35D for 35 days", REST)
                continue
            days = int(found[1]) * DAYS[found[2]]
            most = row["most_days"].get(store.get("dataStoreType")) if row and is_mapping(store) else None
            if days < 1 or (most is not None and days > most):
                yield context.problem(
                    INVALID,
                    f"Backups are kept there for 1 to {most or 'more'} days, not for {days}.",
                    place,
                    source="Azure Backup, support matrices of disks, AKS, blobs and PostgreSQL flexible servers (2026)",
                )


def _tags(context: Context) -> Iterator[Problem]:
    names = {str(rule.get("name")) for _, rule in _rules(context, "AzureRetentionRule")}
    for path, rule in _rules(context, "AzureBackupRule"):
        trigger = rule.get("trigger")
        criteria = listed(trigger.get("taggingCriteria") if is_mapping(trigger) else None)
        for index, criterion in enumerate(criteria):
            tag = criterion.get("tagInfo") if is_mapping(criterion) else None
            name = tag.get("tagName") if is_mapping(tag) else None
            if isinstance(name, str) and names and name not in names:
                yield context.problem(
                    INVALID,
                    f"No retention rule is called '{name}'.",
                    f"{path}.trigger.taggingCriteria[{index}].tagInfo.tagName",
                    f"use {', '.join(sorted(names))}",
                    REST,
                )


RULES = {POLICY: (_one_source, _schedules, _retention, _tags)}
