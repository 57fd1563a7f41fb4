"""Locks of Azure, which hold for every caller and not for Pulumi alone."""

import pulumi
import pulumi_azure_native as azure

LONGEST = 90
"""Longest name of a lock. Source: Azure resource manager, resource name rules, Microsoft.Authorization/locks (2026-11-21)."""


def lock(
    name: str, scope: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
) -> azure.authorization.ManagementLockByScope:
    """Lock a resource, by its id, against deletion by anyone; reading and changing it stay allowed.

    The lock is a child of what it protects in all but name: delete it first (Pulumi does, because the lock depends on the scope).
    """
    return azure.authorization.ManagementLockByScope(
        name,
        lock_name=name[:LONGEST],
        level=azure.authorization.LockLevel.CAN_NOT_DELETE,
        scope=scope,
        notes="Holds state: take the lock away before the resource is deleted.",
        opts=opts,
    )
