"""When AKS may upgrade a cluster and its nodes by itself."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.common import refuse

CLUSTER, NODES = "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"
"""Names that AKS gives a meaning: when the cluster is upgraded, and when its nodes' images are (AKS documentation, planned maintenance, 2026-08)."""

SHORTEST_HOURS, LONGEST_HOURS = 4, 24
"""Length of a window, in hours: less than four is too little for an upgrade (AKS documentation, planned maintenance, 2026-08)."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Days as Azure spells them."""


class WindowArgs(TypedDict):
    """A window of every week, in UTC."""

    day: str
    """Day on which it opens, such as `Sunday`."""
    start: str
    """Time at which it opens, such as `02:00`."""
    hours: int
    """How long it is open, 4 to 24."""


class MaintenanceArgs(TypedDict):
    """Arguments of `Maintenance`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the cluster."""
    cluster_name: pulumi.Input[str]
    """The cluster."""
    cluster: NotRequired[WindowArgs]
    """When the cluster's version is upgraded; any time by default."""
    nodes: NotRequired[WindowArgs]
    """When the nodes' images are; any time by default."""


def _problems(args: MaintenanceArgs) -> Iterator[tuple[str, str]]:
    for path in ("cluster", "nodes"):
        window = args.get(path)
        if window is None:
            continue
        if window["day"] not in DAYS:
            yield f"{path}.day", f"'{window['day']}' is none of {', '.join(DAYS)}"
        if not SHORTEST_HOURS <= window["hours"] <= LONGEST_HOURS:
            yield f"{path}.hours", f"{window['hours']} hours: {SHORTEST_HOURS} to {LONGEST_HOURS} are allowed"


class Maintenance(pulumi.ComponentResource):
    """Weekly windows of the upgrades that AKS makes by itself. Children: a configuration for each window, in `configurations`."""

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Maintenance", name, {**args}, opts)
        refuse(name, _problems(args))
        windows = {"cluster": (CLUSTER, args.get("cluster")), "nodes": (NODES, args.get("nodes"))}
        self.configurations = {
            part: self._configuration(f"{name}-{part}", args, meaning, window)
            for part, (meaning, window) in windows.items()
            if window is not None
        }
        self.register_outputs({})

    def _configuration(
        self, name: str, args: MaintenanceArgs, meaning: str, window: WindowArgs
    ) -> azure.containerservice.MaintenanceConfiguration:
        return azure.containerservice.MaintenanceConfiguration(
            name,
            resource_group_name=args["resource_group_name"],
            resource_name_=args["cluster_name"],
            config_name=meaning,
            maintenance_window=azure.containerservice.MaintenanceWindowArgs(
                schedule=azure.containerservice.ScheduleArgs(
                    weekly=azure.containerservice.WeeklyScheduleArgs(day_of_week=window["day"], interval_weeks=1)
                ),
                start_time=window["start"],
                duration_hours=window["hours"],
                utc_offset="+00:00",
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
