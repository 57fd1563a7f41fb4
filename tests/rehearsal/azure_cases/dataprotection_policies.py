"""What Azure Backup refuses of the policies of Backup vaults."""

from typing import Any

from azure_cases.case import Case, Step
from azure_cases.dataprotection import BACKUP, CODE, POLICY, RETENTION, SERVICE, STORE, TRIGGER, VAULT


def of(*rules: dict[str, Any], sources: tuple[str, ...] = ("Microsoft.Compute/disks",)) -> Step:
    """Return a policy with other rules."""
    return POLICY.but(properties__policyRules=list(rules), properties__datasourceTypes=list(sources))


def scheduled(interval: str) -> dict[str, Any]:
    """Return a backup rule with another schedule."""
    return {**BACKUP, "trigger": {**TRIGGER, "schedule": {"repeatingTimeIntervals": [interval]}}}


def kept(duration: str) -> dict[str, Any]:
    """Return a retention rule with another duration."""
    after = {"duration": duration, "objectType": "AbsoluteDeleteOption"}
    return {**RETENTION, "lifecycles": [{"deleteAfter": after, "sourceDataStore": STORE}]}


CASES = (
    Case(
        SERVICE,
        "policy for two kinds of data source",
        of(BACKUP, RETENTION, sources=("Microsoft.Compute/disks", "Microsoft.DBforPostgreSQL/flexibleServers")),
        CODE,
        POLICY,
        given=(VAULT,),
        path="properties.datasourceTypes",
    ),
    Case(
        SERVICE,
        "schedule that is no repeating interval",
        of(scheduled("every day at five"), RETENTION),
        CODE,
        POLICY,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "disks backed up once a week",
        of(scheduled("R/2026-01-04T05:00:00+00:00/P1W"), RETENTION),
        CODE,
        POLICY,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "whole backups of disks",
        of({**BACKUP, "backupParameters": {"backupType": "Full", "objectType": "AzureBackupParams"}}, RETENTION),
        CODE,
        POLICY,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "backups of disks that land in the archive",
        of({**BACKUP, "dataStore": {"dataStoreType": "ArchiveStore", "objectType": "DataStoreInfoBase"}}, RETENTION),
        CODE,
        POLICY,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "policy without a default retention",
        of(BACKUP, {**RETENTION, "isDefault": False}),
        CODE,
        POLICY,
        given=(VAULT,),
        path="properties.policyRules",
    ),
    Case(SERVICE, "retention that is no duration", of(BACKUP, kept("35 days")), CODE, POLICY, given=(VAULT,)),
    Case(SERVICE, "snapshots kept for longer than a year", of(BACKUP, kept("P400D")), CODE, POLICY, given=(VAULT,)),
    Case(
        SERVICE,
        "backups tagged with a retention that there is none of",
        of(
            {
                **BACKUP,
                "trigger": {
                    **TRIGGER,
                    "taggingCriteria": [{"isDefault": True, "taggingPriority": 99, "tagInfo": {"tagName": "Daily"}}],
                },
            },
            RETENTION,
        ),
        CODE,
        POLICY,
        given=(VAULT,),
    ),
)
