"""The Log Analytics workspace that every resource of the stack sends its logs and metrics to."""

from collections.abc import Iterator, Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.tags import Tags
from components.common import refuse

SHORTEST_RETENTION_DAYS, LONGEST_RETENTION_DAYS = 30, 730
"""Interactive retention that the price tier PerGB2018 takes, in days (Azure Monitor documentation, data retention, 2026)."""


class LogAnalyticsArgs(TypedDict):
    """Arguments of `LogAnalytics`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the workspace."""
    location: pulumi.Input[str]
    """Region of the workspace."""
    retention_days: NotRequired[int]
    """How long logs are kept, 30 to 730 days; default 30."""
    daily_cap_gb: NotRequired[float]
    """Logs taken in a day, in GB, after which the workspace takes no more until the next; no bound by default: what is cut off is lost."""
    public_ingestion: NotRequired[bool]
    """Whether logs are taken from public addresses too, with a token of the tenant; without it a private link scope is needed. Default true."""
    public_query: NotRequired[bool]
    """Whether logs are read from public addresses too, with a token of the tenant. Default true."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete the workspace; default false."""
    tags: NotRequired[Tags]
    """Tags of the workspace."""


def _problems(args: LogAnalyticsArgs) -> Iterator[tuple[str, str]]:
    days = args.get("retention_days", SHORTEST_RETENTION_DAYS)
    if not SHORTEST_RETENTION_DAYS <= days <= LONGEST_RETENTION_DAYS:
        yield "retention_days", f"{days} days: {SHORTEST_RETENTION_DAYS} to {LONGEST_RETENTION_DAYS} are allowed"
    if args.get("daily_cap_gb", 1) <= 0:
        yield "daily_cap_gb", f"{args.get('daily_cap_gb')} GB: give more than 0, or leave it out for no bound"


class LogAnalytics(pulumi.ComponentResource):
    """A workspace that is paid by the gigabyte and read with identities of the tenant alone, and records who reads it.

    Children: `workspace` and its own `diagnostics`.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the workspace."""
    name: pulumi.Output[str]
    """Name of the workspace."""
    diagnostics: DiagnosticsArgs
    """What other resources are given to send their logs and metrics here."""

    def __init__(self, name: str, args: LogAnalyticsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:LogAnalytics", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        protected = args.get("deletion_protection", False)
        self.workspace = azure.operationalinsights.Workspace(
            f"{name}-workspace",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=args.get("retention_days", SHORTEST_RETENTION_DAYS),
            workspace_capping=(
                azure.operationalinsights.WorkspaceCappingArgs(daily_quota_gb=args["daily_cap_gb"])
                if "daily_cap_gb" in args
                else None
            ),
            public_network_access_for_ingestion=_access(args.get("public_ingestion", True)),
            public_network_access_for_query=_access(args.get("public_query", True)),
            features=azure.operationalinsights.WorkspaceFeaturesArgs(
                # Agents and readers show a token of the tenant; the workspace's own keys open nothing.
                disable_local_auth=True,
                enable_log_access_using_only_resource_permissions=True,
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=protected or None),
        )
        self.id = self.workspace.id
        self.name = self.workspace.name
        self.diagnostics = {"workspace_id": self.id}
        self.setting = diagnose(f"{name}-workspace", self.id, self.diagnostics, opts=child)
        self.locked = {name: self.id} if protected else {}
        self.register_outputs({"id": self.id, "name": self.name})


def _access(public: bool) -> str:
    return "Enabled" if public else "Disabled"
