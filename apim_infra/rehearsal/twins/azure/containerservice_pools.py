"""AKS: what the resource provider refuses of pools, those in the description of a cluster and those of their own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.compute import size_of
from apim_infra.rehearsal.twins.azure.containerservice import (
    CLUSTER,
    LISTED,
    OWN,
    POOL,
    facts,
    number,
    profiles,
)
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.regions import zone_counts
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping

SYSTEM = "AKS documentation, system node pools (2026-08)"
SCALING = "Answers of AKS in public issues (2022, 2025)"
RESIZE = "AKS documentation, resize node pools (2026-08); answer of AKS in a public issue (2026-06)"
STORAGE = "AKS documentation, storage concepts (2026-08)"
NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
WINDOWS_NAME = re.compile(r"[a-z][a-z0-9]{0,5}")
FIXED = {
    "vmSize": "PropertyChangeNotAllowed",
    "osDiskType": "CannotChangeOSDiskType",
    "osDiskSizeGB": "PropertyChangeNotAllowed",
    "maxPods": "PropertyChangeNotAllowed",
    "availabilityZones": "PropertyChangeNotAllowed",
    "vnetSubnetID": "PropertyChangeNotAllowed",
    "enableEncryptionAtHost": "PropertyChangeNotAllowed",
    "scaleSetPriority": "PropertyChangeNotAllowed",
}
"""Properties that a pool keeps for ever, and the code that refuses a change."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool of a request, wherever it stands."""

    name: str
    at: str
    """What goes before a property of it in a path."""
    inputs: Mapping[str, Any]
    before: Mapping[str, Any] | None
    """Its inputs of the last deployment; None for a new one."""

    def get(self, name: str) -> Any:
        """Return a known input, None for what is not set or not known."""
        value = self.inputs.get(name)
        return None if value == UNKNOWN else value

    @property
    def system(self) -> bool:
        """Whether it takes the cluster's own services."""
        return self.get("mode") == "System"


def _of_cluster(context: Context) -> Iterator[Pool]:
    before = {str(old.get("name")): old for old in profiles(context.old or {})}
    for index, inputs in enumerate(profiles(context.inputs)):
        name = str(inputs.get("name"))
        yield Pool(name, f"agentPoolProfiles[{index}].", inputs, before.get(name))


def _alone(context: Context) -> Iterator[Pool]:
    yield Pool(str(context.value("agentPoolName", context.name)), "", context.inputs, context.old)


def _checked(context: Context, pools: Iterator[Pool]) -> Iterator[Problem]:
    for pool in pools:
        for rule in (_name, _mode, _numbers, _pods, _zones, _size, _disk, _system, _spot, _upgrades, _labels, _fixed):
            yield from rule(context, pool)


def _name(context: Context, pool: Pool) -> Iterator[Problem]:
    form, words = (WINDOWS_NAME, "six") if pool.get("osType") == "Windows" else (NAME, "twelve")
    if not form.fullmatch(pool.name):
        yield context.problem(
            "InvalidParameter",
            f"The value of parameter agentPoolProfile.name is invalid: '{pool.name}' must be a lower-case letter and then letters and "
            f"digits, {words} at most.",
            f"{pool.at}name" if pool.at else "agentPoolName",
            source=SYSTEM,
        )


def _mode(context: Context, pool: Pool) -> Iterator[Problem]:
    if pool.inputs.get("mode") is None and not pool.at:
        message = f"The mode of the agent pool {pool.name} is missing."
        yield context.problem("InvalidParameter", message, "mode", "say System or User", f"{SYSTEM}; code: {OWN}")
    retired = facts()["retired_os"].get(str(pool.get("osSKU")))
    if retired:
        message = f"The OS SKU {pool.get('osSKU')} is no longer supported: {retired}."
        source = f"AKS documentation, retirements (2026-08); code: {LISTED}"
        yield context.problem("InvalidOSSKU", message, f"{pool.at}osSKU", "use Ubuntu or AzureLinux", source)


def _numbers(context: Context, pool: Pool) -> Iterator[Problem]:
    count, least, most = (number(pool.get(name)) for name in ("count", "minCount", "maxCount"))
    scaled = bool(pool.get("enableAutoScaling"))
    if count is None and pool.inputs.get("count") is None:
        message = "Required parameter properties.count is missing (null)."
        yield context.problem("InvalidParameter", message, f"{pool.at}count", "give the number at creation", SCALING)
    if scaled and (pool.inputs.get("minCount") is None or pool.inputs.get("maxCount") is None):
        message = f"Agent pool {pool.name} scales by itself: minCount and maxCount are needed."
        yield context.problem("InvalidParameter", message, f"{pool.at}minCount", source=f"{SCALING}; code: {OWN}")
    if not scaled and (least is not None or most is not None):
        message = f"Agent pool {pool.name} has minCount or maxCount without enableAutoScaling."
        yield context.problem("InvalidParameter", message, f"{pool.at}enableAutoScaling", source=f"code: {OWN}")
    if least is not None and most is not None and least > most:
        message = f"agentPoolProfile.minCount was {least}. It must be less than or equal to maxCount:{most}."
        yield context.problem("InvalidParameter", message, f"{pool.at}minCount", source=SCALING)
    if scaled and pool.before is None and None not in (count, least, most) and not least <= count <= most:  # type: ignore[operator]  # None is excluded
        message = f"agentPoolProfile.count was {count}. It must be greater or equal to minCount:{least} and less than or equal to maxCount:{most}."
        yield context.problem("InvalidParameter", message, f"{pool.at}count", source=SCALING)


def _pods(context: Context, pool: Pool) -> Iterator[Problem]:
    pods, bounds = number(pool.get("maxPods")), facts()["pods"]
    if pods is None:
        return
    least = bounds["least_system"] if pool.system else bounds["least"]
    source = f"AKS documentation, maximum pods per node and system node pools (2026-08); code: {LISTED}"
    if pods < least:
        message = f"Agent pool {pool.name}: maxPods {pods} is insufficient, {least} are needed."
        yield context.problem("InsufficientMaxPods", message, f"{pool.at}maxPods", f"use {least} or more", source)
    if pods > bounds["most"]:
        message = f"Agent pool {pool.name}: maxPods {pods} exceeds the limit of {bounds['most']}."
        yield context.problem("MaxPodsLimitExceeded", message, f"{pool.at}maxPods", "use 250 or fewer", source)


def _zones(context: Context, pool: Pool) -> Iterator[Problem]:
    zones = pool.get("availabilityZones")
    if not is_list(zones):
        return
    location = context.location or _location_of_cluster(context)
    there = zone_counts().get(location)
    path = f"{pool.at}availabilityZones"
    for zone in zones:
        if not str(zone).isdigit():
            message = f"The availability zone {zone} must be a number, such as 1."
            source = f"AKS documentation, availability zones (2026-08); code: {LISTED}"
            yield context.problem("InvalidAvailabilityZoneFormat", message, path, "name zones 1, 2, 3", source)
        elif there is not None and not 1 <= int(zone) <= there:
            message = (
                f"Preflight validation check failed. Availability zone {zone} is not supported in region {location}."
            )
            source = "AKS documentation, error AvailabilityZoneNotSupported (2026-08)"
            yield context.problem(
                "AvailabilityZoneNotSupported", message, path, f"{location} has {there} zones", source
            )


def _location_of_cluster(context: Context) -> str:
    parent = context.parent()
    return str(parent.inputs.get("location") or "").replace(" ", "").lower() if parent else ""


def _size(context: Context, pool: Pool) -> Iterator[Problem]:
    name = pool.get("vmSize")
    size = size_of(str(name)) if name else None
    if name and size is None:
        message = f"The VM size of AgentPoolProfile:{pool.name} is not allowed in your subscription in location '{context.location}': {name}."
        yield context.problem("VMSizeNotSupported", message, f"{pool.at}vmSize", "use a size of Azure", LISTED)
    if size is None or not pool.system:
        return
    known, least = facts()["numbered_cores"], facts()["system"]
    numbered = f"{size.series}{size.letters.upper()}" == known["series"] and size.version == known["version"]
    cores = known["cores"].get(size.number, size.number) if numbered else size.number
    if cores < least["cores"] or size.series in least["refused_series"]:
        message = f"System node pool must use VM sku with more than 2 cores and 4GB memory. Nodepool name: {pool.name}."
        source = f"{SYSTEM}; code: answers of AKS in public issues (2020)"
        yield context.problem(
            "SystemPoolSkuTooLow", message, f"{pool.at}vmSize", "use a size of four cores, not of series B", source
        )


def _disk(context: Context, pool: Pool) -> Iterator[Problem]:
    gib, kind, size = number(pool.get("osDiskSizeGB")), pool.get("osDiskType"), size_of(str(pool.get("vmSize")))
    if gib is not None and 0 < gib < facts()["smallest_disk_gib"]:
        message = (
            f"The OS disk of agent pool {pool.name} must have {facts()['smallest_disk_gib']} GB at least, not {gib}."
        )
        yield context.problem("InvalidParameter", message, f"{pool.at}osDiskSizeGB", source=f"{STORAGE}; code: {OWN}")
    if kind == "Ephemeral" and size is not None:
        version = int(size.version.removeprefix("v") or 0)
        if version >= facts()["local_disk_from_version"] and facts()["local_disk_letter"] not in size.letters:
            message = f"VM size {pool.get('vmSize')} does not support an ephemeral OS disk: it has neither cache nor local disk."
            hint = "use a size with a d among its letters, or a managed disk"
            yield context.problem(
                "VMSizeDoesNotSupportEphemeralOS", message, f"{pool.at}osDiskType", hint, f"{STORAGE}; code: {LISTED}"
            )
    if pool.get("enableEncryptionAtHost") and size is not None and not size.premium:
        message = f"VM size {pool.get('vmSize')} does not support encryption at host."
        source = f"AKS documentation, host-based encryption (2026-08); code: {LISTED}"
        path = f"{pool.at}enableEncryptionAtHost"
        yield context.problem(
            "VMSizeDoesNotSupportEncryptionAtHost", message, path, "use a size with an s among its letters", source
        )


def _system(context: Context, pool: Pool) -> Iterator[Problem]:
    if not pool.system:
        return
    if pool.get("osType") == "Windows":
        message = f"System node pool {pool.name} must be Linux."
        yield context.problem("SystemPoolMustBeLinux", message, f"{pool.at}osType", source=f"{SYSTEM}; code: {LISTED}")
    if str(pool.get("scaleSetPriority")) == "Spot":
        message = f"System node pool {pool.name} must be regular, not spot."
        yield context.problem(
            "SystemPoolMustBeRegular", message, f"{pool.at}scaleSetPriority", source=f"{SYSTEM}; code: {LISTED}"
        )
    least = number(pool.get("minCount"))
    if least is not None and least < 1:
        message = "The value of parameter agentPoolProfile.minCount is invalid: a system pool has a node at least."
        yield context.problem("InvalidParameter", message, f"{pool.at}minCount", source=SCALING)
    nodes = least if least is not None else number(pool.get("count"))
    if nodes == 1:
        message = f"System node pool {pool.name} has one node: with it the cluster's own services are gone."
        yield context.warning(
            "SystemPoolTooSmall", message, f"{pool.at}count", "use two, or three over the zones", SYSTEM
        )


def _spot(context: Context, pool: Pool) -> Iterator[Problem]:
    spot = str(pool.get("scaleSetPriority")) == "Spot"
    source = "AKS documentation, spot node pools (2026-08); code: " + OWN
    for name in () if spot else ("scaleSetEvictionPolicy", "spotMaxPrice"):
        if pool.get(name) is not None:
            message = f"{name} cannot be set unless scaleSetPriority is Spot."
            yield context.problem("InvalidParameter", message, f"{pool.at}{name}", "leave it out", source)
    surge = pool.get("upgradeSettings")
    if spot and is_mapping(surge) and surge.get("maxSurge"):
        message = f"Spot pool {pool.name} cannot have maxSurge: it gets no nodes more for upgrades."
        yield context.problem("InvalidParameter", message, f"{pool.at}upgradeSettings.maxSurge", "leave it out", source)


def _upgrades(context: Context, pool: Pool) -> Iterator[Problem]:
    settings = pool.get("upgradeSettings")
    if not is_mapping(settings):
        return
    source = f"AKS documentation, rolling upgrades of node pools (2026-08); code: {OWN}"
    surge = settings.get("maxSurge")
    if isinstance(surge, str) and surge != UNKNOWN and not re.fullmatch(r"\d+|(100|[1-9]?\d)%", surge):
        message = f"maxSurge '{surge}' must be a number or a share up to 100%."
        yield context.problem("InvalidParameter", message, f"{pool.at}upgradeSettings.maxSurge", "write 33%", source)
    for name, bounds in (("drainTimeoutInMinutes", "drain_minutes"), ("nodeSoakDurationInMinutes", "soak_minutes")):
        value, (least, most) = number(settings.get(name)), facts()[bounds]
        if value is not None and not least <= value <= most:
            message = f"{name} {value} must be {least} to {most}."
            yield context.problem("InvalidParameter", message, f"{pool.at}upgradeSettings.{name}", source=source)


def _labels(context: Context, pool: Pool) -> Iterator[Problem]:
    labels = pool.get("nodeLabels")
    for label in labels if is_mapping(labels) else ():
        if str(label).startswith(tuple(facts()["reserved_labels"])):
            message = f"The label {label} has a prefix that AKS keeps for itself."
            source = f"AKS documentation, use labels (2026-08); code: {LISTED}"
            yield context.problem(
                "NodeLabelKeyNotAllowed", message, f"{pool.at}nodeLabels", "use a prefix of your own", source
            )


def _fixed(context: Context, pool: Pool) -> Iterator[Problem]:
    if pool.before is None:
        return
    for name, code in FIXED.items():
        old, new = pool.before.get(name), pool.get(name)
        if old is not None and new is not None and old != new and not _same(old, new):
            message = f'Changing property "agentPoolProfile.{name}" is not allowed.'
            hint = "make another pool and delete this one"
            yield context.problem(code, message, f"{pool.at}{name}", hint, f"{RESIZE}; {LISTED}")


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, str) and isinstance(new, str):
        return ids.key(old) == ids.key(new)
    return is_list(old) and is_list(new) and sorted(map(str, old)) == sorted(map(str, new))


def _pools_of_cluster(context: Context) -> Iterator[Problem]:
    yield from _checked(context, _of_cluster(context))


def _pool_alone(context: Context) -> Iterator[Problem]:
    yield from _checked(context, _alone(context))


RULES = {CLUSTER: _pools_of_cluster, POOL: _pool_alone}
