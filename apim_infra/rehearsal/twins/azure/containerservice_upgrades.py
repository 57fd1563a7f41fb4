"""AKS: what the resource provider refuses of maintenance windows."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.containerservice import OWN, facts, number
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.values import is_mapping

MAINTENANCE = "azure-native:containerservice:MaintenanceConfiguration"
PLANNED = "AKS documentation, planned maintenance (2026-08)"
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
DEFAULT = "default"


def _meaning(context: Context) -> Iterator[Problem]:
    names = facts()["configurations"]
    if context.name not in names:
        message = f"Only {', '.join(names)} are allowed configNames for maintenance configuration."
        source = f"{PLANNED}; answer of AKS in a public issue (2025-11)"
        yield context.problem("InvalidParameter", message, "configName", f"use {names[1]} or {names[2]}", source)


def _window(context: Context) -> Iterator[Problem]:
    if context.inputs.get("maintenanceWindow") is None:
        if context.name != DEFAULT:
            message = f"The maintenance configuration {context.name} needs a maintenanceWindow."
            yield context.problem("InvalidParameter", message, "maintenanceWindow", source=f"{PLANNED}; code: {OWN}")
        return
    path = "maintenanceWindow"
    hours, (least, most) = number(context.value(f"{path}.durationHours")), facts()["window_hours"]
    if hours is not None and not least <= hours <= most:
        message = f"The duration of a maintenance window must be {least} to {most} hours, not {hours}."
        source = f"{PLANNED}; code: {OWN}"
        yield context.problem("InvalidParameter", message, f"{path}.durationHours", f"use {least} or more", source)
    for name, form, words in (("startTime", TIME, "HH:mm, such as 02:00"), ("utcOffset", OFFSET, "+/-HH:mm")):
        value = context.value(f"{path}.{name}")
        if isinstance(value, str) and not form.fullmatch(value):
            message = f"{name} '{value}' must be {words}."
            source = f"REST reference of maintenance configurations, 2025-09-01; code: {OWN}"
            yield context.problem("InvalidParameter", message, f"{path}.{name}", source=source)
    yield from _schedule(context)


def _schedule(context: Context) -> Iterator[Problem]:
    path = "maintenanceWindow.schedule"
    schedule = context.value(path)
    kinds = [name for name, value in schedule.items() if value is not None] if is_mapping(schedule) else []
    if len(kinds) != 1:
        message = f"A schedule has exactly one kind, not {', '.join(kinds) or 'none'}."
        yield context.problem("InvalidParameter", message, path, source=f"{PLANNED}; code: {OWN}")
    elif context.name == DEFAULT and kinds != ["weekly"]:
        message = "Only weekly schedule is supported for control plane upgrade maintenance configuration: default."
        source = f"{PLANNED}; answer of AKS in a public issue (2025-06)"
        yield context.problem("InvalidParameter", message, path, "use weekly", source)


def _without_upgrades(context: Context) -> Iterator[Problem]:
    """Yield a window for upgrades that nothing makes."""
    cluster = context.parent()
    channels = cluster.inputs.get("autoUpgradeProfile") if cluster and not cluster.assumed else None
    if not is_mapping(channels):
        return
    wanted = {
        "aksManagedAutoUpgradeSchedule": "upgradeChannel",
        "aksManagedNodeOSUpgradeSchedule": "nodeOSUpgradeChannel",
    }
    channel = wanted.get(context.name)
    if channel and str(channels.get(channel)).lower() in ("none", "unmanaged"):
        message = f"The window has no effect: {channel} of the cluster is {channels.get(channel)}."
        yield context.warning("MaintenanceWithoutUpgrades", message, "configName", "leave it out", PLANNED)


RULES = {MAINTENANCE: (_meaning, _window, _without_upgrades)}
