"""Locks of Azure, which hold for every caller and not for Pulumi alone."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_azure_native as azure

from components.common import after

LONGEST = 90
"""Longest name of a lock. Source: Azure resource manager, resource name rules, Microsoft.Authorization/locks (2026-11-21)."""


class LocksArgs(TypedDict):
    """Arguments of `Locks`."""

    scopes: Mapping[str, pulumi.Input[str]]
    """Name of a resource to its id; the attribute `locked` of each component has what it wants to be held."""


class Locks(pulumi.ComponentResource):
    """Locks against deletion by anyone; reading and changing stay allowed.

    A lock holds for everything below its resource too: secrets of a vault, roles and diagnostics of a server. So locks are made last and taken off
    first: put everything else into `depends_on`.
    """

    def __init__(self, name: str, args: LocksArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Locks", name, {}, opts)
        self.locks: dict[str, azure.authorization.ManagementLockByScope] = {}
        # The first one waits for everything, and the others for it: each for everything would be as many dependencies as there are resources.
        waiting = after(self, opts)
        for part, scope in args["scopes"].items():
            self.locks[part] = self._lock(f"{name}-{part}", scope, waiting)
            if len(self.locks) == 1:
                waiting = pulumi.ResourceOptions(parent=self, depends_on=[self.locks[part]])
        self.register_outputs({})

    def _lock(
        self, name: str, scope: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> azure.authorization.ManagementLockByScope:
        return azure.authorization.ManagementLockByScope(
            name,
            lock_name=name[:LONGEST],
            level=azure.authorization.LockLevel.CAN_NOT_DELETE,
            scope=scope,
            notes="Holds state: take the lock away before the resource is deleted.",
            opts=opts,
        )
