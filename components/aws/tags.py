"""Tags of AWS resources."""

from collections.abc import Mapping

import pulumi

Tags = Mapping[str, pulumi.Input[str]]
"""Tags by key."""


def named(tags: Tags | None, name: str) -> dict[str, pulumi.Input[str]]:
    """Return `tags` with the tag `Name`, which the console shows for resources that have no name of their own."""
    return {**(tags or {}), "Name": name}


BACKUP_TAG = "apim:backup"
"""Key of the tag by which a `BackupPlan` selects."""

DAILY_BACKUP: Tags = {BACKUP_TAG: "daily"}
"""Tag of what a daily plan backs up, beside the stack's own tags, by which one stack's plan leaves the others alone."""
