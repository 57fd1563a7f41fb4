"""Managed disks: size and tier, zone, encryption, and what a change may be."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.compute import DISK, block, facts, whole
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.regions import zone_counts
from apim_infra.rehearsal.twins.azure.table import Reference

TYPES = "azure-docs, virtual-machines/disks-types (2025)"
REST = "Disks, Compute REST API 2024-03-02"
DISK_SET = "azure-native:compute:DiskEncryptionSet"
DISK_ACCESS = "azure-native:compute:DiskAccess"
SOURCES = {
    "Copy": "sourceResourceId",
    "CopyStart": "sourceResourceId",
    "Restore": "sourceResourceId",
    "Import": "sourceUri",
}
"""How a disk is made to what it is made from."""


def _kind(context: Context) -> str:
    return str(context.value("sku.name", "Standard_LRS"))


def _size(context: Context) -> Iterator[Problem]:
    size, option, kind = whole(context.value("diskSizeGB")), context.value("creationData.createOption"), _kind(context)
    if size is None and option == "Empty" and "diskSizeGB" not in context.inputs:
        yield context.problem(
            "InvalidParameter",
            "Required parameter 'disk.diskSizeGb' is missing (null).",
            "diskSizeGB",
            "say how large the empty disk is",
            "Log of Compute in a public report of Azure Terrafy (2022)",
        )
    smallest, largest = facts()["disk_sizes_gib"].get(kind, (1, 65536))
    if size is not None and not smallest <= size <= largest:
        yield context.problem(
            "InvalidParameter",
            f"The value '{size}' of parameter 'disk.diskSizeGb' is out of range: a disk of {kind} has {smallest} to {largest} GiB.",
            "diskSizeGB",
            source=TYPES,
        )
    before = whole((context.old or {}).get("diskSizeGB"))
    if size is not None and before is not None and size < before:
        yield context.problem(
            "BadRequest",
            "Disks or snapshot cannot be resized down.",
            "diskSizeGB",
            f"leave it at {before} or more, or make a smaller disk and copy the data",
            "Log of Compute in a public script (2017), and azure-docs, virtual-machines/linux/expand-disks (2024): shrinking is not supported",
        )


def _tier(context: Context) -> Iterator[Problem]:
    tier, size, kind = context.value("tier"), whole(context.value("diskSizeGB")), _kind(context)
    if tier is None:
        return
    tiers, highest = facts()["tiers_gib"], facts()["highest_tier"]
    why = ""
    if not kind.startswith("Premium_"):
        why = f"a disk of {kind} has no performance tier that can be chosen"
    elif tier not in tiers:
        why = f"one of {', '.join(tiers)}"
    elif size is not None:
        own = next((name for name, gib in tiers.items() if size <= gib), "P80")
        order = list(tiers)
        if order.index(tier) < order.index(own):
            why = f"the tier of {size} GiB is {own}, and none below it can be chosen"
        elif size <= highest["gib"] and order.index(tier) > order.index(highest["tier"]):
            why = f"a disk of {size} GiB has {highest['tier']} at most"
    if why:
        yield context.problem(
            "InvalidParameter",
            f"The value '{tier}' of parameter 'disk.tier' is not allowed: {why}.",
            "tier",
            source="azure-docs, virtual-machines/disks-change-performance (2024)",
        )


def _zone(context: Context) -> Iterator[Problem]:
    zones, kind, known = context.get("zones[*]"), _kind(context), zone_counts().get(context.location)
    offered = {str(number + 1) for number in range(known or 0)}
    if zones and known is not None and not set(zones) <= offered:
        yield context.problem(
            "InvalidAvailabilityZone",
            f"The zone(s) '{','.join(zones)}' for resource 'Microsoft.Compute/disks/{context.name}' is not supported. The supported "
            f"zones for location '{context.location}' are '{','.join(sorted(offered))}'",
            "zones",
            source="Azure CLI, answer to a zone that a region does not have (2024)",
        )
    if len(zones) > 1 or (zones and kind.endswith("_ZRS")):
        yield context.problem(
            "BadRequest",
            f"A disk of {kind} cannot stand in zones {', '.join(zones)}: a local disk has one, a zone-redundant one names none.",
            "zones",
            source="azure-docs, virtual-machines/disks-redundancy (2023)",
        )
    if kind == "PremiumV2_LRS" and known and not zones:
        yield context.warning(
            "InvalidParameter",
            "In a region with availability zones a disk of PremiumV2_LRS needs a zone, and is attached to machines of that zone alone.",
            "zones",
            "name the machine's zone",
            "azure-docs, virtual-machines/disks-deploy-premium-v2 (2024); the code is own knowledge",
        )


def _source(context: Context) -> Iterator[Problem]:
    option = context.value("creationData.createOption")
    wanted = SOURCES.get(str(option))
    if wanted is not None and wanted not in block(context.value("creationData")):
        yield context.problem(
            "InvalidParameter",
            f"Required parameter 'disk.creationData.{wanted}' is missing (null).",
            f"creationData.{wanted}",
            "say what the disk is made from",
            REST,
        )


def _encryption(context: Context) -> Iterator[Problem]:
    kind, key = context.value("encryption.type"), block(context.value("encryption")).get("diskEncryptionSetId")
    customer = "Customer" in str(kind)
    if kind is not None and customer != (key is not None):
        yield context.problem(
            "InvalidParameter",
            f"Encryption of type {kind} {'needs' if customer else 'has no'} disk encryption set.",
            "encryption.diskEncryptionSetId",
            "let type and disk encryption set agree",
            REST,
        )


def _key_place(context: Context) -> Iterator[Problem]:
    key = context.find(block(context.value("encryption")).get("diskEncryptionSetId"))
    there = short_location(key.inputs.get("location")) if key is not None and not key.assumed else ""
    if there and context.location and there != context.location:
        yield context.warning(
            "InvalidParameter",
            f"Disk encryption set and disk must be in one region: '{there}' is not '{context.location}'.",
            "encryption.diskEncryptionSetId",
            "make a disk encryption set in the disk's region",
            "azure-docs, virtual-machines/disk-encryption (2024): keys, sets and disks are in one region; the code is own knowledge",
        )


def _performance(context: Context) -> Iterator[Problem]:
    kind, size = _kind(context), whole(context.value("diskSizeGB"))
    least = facts()["bursting_above_gib"]
    if context.value("burstingEnabled") and (not kind.startswith("Premium_") or (size is not None and size <= least)):
        yield context.problem(
            "InvalidParameter",
            f"Bursting on demand is for premium disks above {least} GiB.",
            "burstingEnabled",
            "leave it out: smaller premium disks burst by credits",
            TYPES,
        )
    for path in ("diskIOPSReadWrite", "diskMBpsReadWrite"):
        if context.value(path) is not None and kind not in ("PremiumV2_LRS", "UltraSSD_LRS"):
            yield context.problem(
                "InvalidParameter",
                f"Parameter 'disk.{path}' is not allowed: it is only settable for UltraSSD_LRS and PremiumV2_LRS disks.",
                path,
                "choose a tier, or another type of disk",
                REST,
            )
    if context.value("networkAccessPolicy") == "AllowPrivate" and "diskAccessId" not in context.inputs:
        yield context.problem(
            "InvalidParameter",
            "Required parameter 'disk.diskAccessId' is missing (null).",
            "diskAccessId",
            "name a disk access, or set networkAccessPolicy to DenyAll",
            REST,
        )


RULES = {DISK: (_size, _tier, _zone, _source, _encryption, _key_place, _performance)}
REFERENCES = {
    DISK: (
        Reference("encryption.diskEncryptionSetId", DISK_SET),
        Reference("diskAccessId", DISK_ACCESS),
    )
}
