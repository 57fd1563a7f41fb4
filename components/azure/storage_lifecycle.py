"""How long what is in the containers of a storage account stays, and when it moves to cheaper storage."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

OLD_VERSION_DAYS = 30
"""How long versions that were overwritten or deleted are kept, in days."""

SHORTEST_COOL_DAYS = 30
"""How long a blob stays in cheaper storage at least: one that is deleted earlier is paid to the end (Azure Blob Storage documentation, access tiers)."""

DIAGNOSTICS = "insights-"
"""What the names of containers begin with that Azure makes for diagnostic settings and flow logs."""


class ContainerArgs(TypedDict):
    """One container of a storage account."""

    retention_days: NotRequired[int]
    """How long a blob is kept after it was last written, in days; for ever when absent."""
    infrequent_access_days: NotRequired[int]
    """When a blob moves to cheaper storage, in days; 0, the default, for never."""


def container_problems(name: str, args: ContainerArgs) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a container."""
    kept, cheaper = args.get("retention_days"), args.get("infrequent_access_days", 0)
    if kept is not None and kept < 1:
        yield f"containers.{name}.retention_days", "must be 1 or more"
    if cheaper < 0:
        yield f"containers.{name}.infrequent_access_days", "must be 1 or more, or 0 for never"
    if kept is not None and cheaper and kept < cheaper + SHORTEST_COOL_DAYS:
        rule = (
            f"must be {cheaper + SHORTEST_COOL_DAYS} or more: what moves to cheaper storage is paid there for 30 days"
        )
        yield f"containers.{name}.retention_days", f"{rule}; or set infrequent_access_days to 0"


def lifecycle(
    name: str,
    resource_group_name: pulumi.Input[str],
    account_name: pulumi.Input[str],
    containers: Mapping[str, ContainerArgs],
    opts: pulumi.ResourceOptions,
) -> azure.storage.ManagementPolicy:
    """Make the rules of an account: each container's own, and for every container that old versions go.

    What Azure writes for diagnostic settings and flow logs, in containers that it makes itself, is kept as long as the container `logs`.
    """
    rules = [_old_versions()]
    for container, args in containers.items():
        prefixes = [f"{container}/", *([DIAGNOSTICS] if container == "logs" else [])]
        cheaper, kept = args.get("infrequent_access_days", 0), args.get("retention_days")
        if cheaper:
            rules.append(_rule(f"{container}-cheaper", prefixes, ["blockBlob"], cool=cheaper))
        if kept is not None:
            # Logs that are appended to cannot be moved, but they can be deleted.
            rules.append(_rule(f"{container}-forget", prefixes, ["blockBlob", "appendBlob"], delete=kept))
    return azure.storage.ManagementPolicy(
        name,
        management_policy_name="default",
        account_name=account_name,
        resource_group_name=resource_group_name,
        policy=azure.storage.ManagementPolicySchemaArgs(rules=rules),
        opts=opts,
    )


def _after(days: int) -> azure.storage.DateAfterModificationArgs:
    return azure.storage.DateAfterModificationArgs(days_after_modification_greater_than=days)


def _rule(
    name: str, prefixes: list[str], types: list[str], cool: int | None = None, delete: int | None = None
) -> azure.storage.ManagementPolicyRuleArgs:
    return azure.storage.ManagementPolicyRuleArgs(
        name=name,
        enabled=True,
        type=azure.storage.RuleType.LIFECYCLE,
        definition=azure.storage.ManagementPolicyDefinitionArgs(
            filters=azure.storage.ManagementPolicyFilterArgs(blob_types=types, prefix_match=prefixes),
            actions=azure.storage.ManagementPolicyActionArgs(
                base_blob=azure.storage.ManagementPolicyBaseBlobArgs(
                    tier_to_cool=None if cool is None else _after(cool),
                    delete=None if delete is None else _after(delete),
                )
            ),
        ),
    )


def _old_versions() -> azure.storage.ManagementPolicyRuleArgs:
    old = azure.storage.DateAfterCreationArgs(days_after_creation_greater_than=OLD_VERSION_DAYS)
    return azure.storage.ManagementPolicyRuleArgs(
        name="old-versions",
        enabled=True,
        type=azure.storage.RuleType.LIFECYCLE,
        definition=azure.storage.ManagementPolicyDefinitionArgs(
            filters=azure.storage.ManagementPolicyFilterArgs(blob_types=["blockBlob"]),
            actions=azure.storage.ManagementPolicyActionArgs(
                version=azure.storage.ManagementPolicyVersionArgs(delete=old),
                snapshot=azure.storage.ManagementPolicySnapShotArgs(delete=old),
            ),
        ),
    )
