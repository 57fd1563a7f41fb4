"""Disks and network interfaces of virtual machines: what can be attached to which, and to one machine only."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.compute import (
    DATA_DISKS,
    DISK,
    ERRORS,
    INTERFACE,
    MACHINE,
    NETWORK_CARDS,
    block,
    machine_with,
    size_of,
    whole,
)
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at

UNCACHED = ("PremiumV2_LRS", "UltraSSD_LRS")


def _data_disks(context: Context) -> Iterator[Problem]:
    seen: set[int] = set()
    disks = context.at(DATA_DISKS)
    for path, disk in disks:
        lun = whole(disk.get("lun"))
        if lun is not None and lun in seen:
            yield context.problem(
                "InvalidParameter", f"A disk at LUN {lun} already exists.", f"{path}.lun", "number them", ERRORS
            )
        seen |= {lun} if lun is not None else set()
        if disk.get("createOption") == "Attach" and not block(disk.get("managedDisk")).get("id"):
            yield context.problem(
                "InvalidParameter",
                "Required parameter 'dataDisk.managedDisk.id' is missing (null).",
                f"{path}.managedDisk.id",
                "name the disk that is attached",
                "Data disk: createOption, Compute REST API 2024-11-01",
            )
    size = size_of(str(context.value("hardwareProfile.vmSize")))
    most = size.data_disks if size else None
    if most is not None and len(disks) > most:
        yield context.problem(
            "OperationNotAllowed",
            f"The maximum number of data disks allowed to be attached to a VM of this size is {most}.",
            "storageProfile.dataDisks",
            "take a larger size",
            ERRORS,
        )


def _attached(context: Context) -> Iterator[Problem]:
    """Yield what keeps the disks that are attached from this machine."""
    for path, entry in context.at(DATA_DISKS):
        disk_id = block(entry.get("managedDisk")).get("id")
        if not isinstance(disk_id, str) or not ids.looks_like_id(disk_id):
            continue
        owner, disk = machine_with(context, f"{DATA_DISKS}.managedDisk.id", disk_id), context.find(disk_id)
        if owner is not None:
            yield context.problem(
                "ConflictingUserInput",
                f"Disk '{disk_id}' cannot be attached as the disk is already owned by VM '{owner.id}'.",
                f"{path}.managedDisk.id",
                "attach it to one machine, and replace a machine by deleting the old one first",
                ERRORS,
            )
        if disk is not None and not disk.assumed and disk.type == DISK:
            yield from _fits(context, path, entry, disk.id, disk.inputs)


def _fits(
    context: Context, path: str, entry: Mapping[str, Any], disk_id: str, disk: Mapping[str, Any]
) -> Iterator[Problem]:
    zones, size = context.get("zones[*]"), size_of(str(context.value("hardwareProfile.vmSize")))
    own: list[str] = list(disk.get("zones") or ())
    kind, caching = str(block(disk.get("sku")).get("name")), entry.get("caching")
    if UNKNOWN not in (*own, *zones) and own != zones and not kind.endswith("_ZRS"):
        yield context.problem(
            "BadRequest",
            f"Disk {disk_id} cannot be attached to the VM because it is not in the same zone as the VM. "
            f"VM zone: '{','.join(zones)}'. Disk zone: '{','.join(own)}'.",
            f"{path}.managedDisk.id",
            "let disk and machine stand in one zone",
            "jenkins-infra/azure pull request 1406, log of Compute (2026-04)",
        )
    if size is not None and kind.startswith("Premium") and not size.premium:
        yield _no_premium(context, kind, ids.name_of(disk_id), f"{path}.managedDisk.id")
    if kind in UNCACHED and caching not in (None, "None", UNKNOWN):
        yield context.problem(
            "InvalidParameter",
            f"Storage Account type {kind} is not supported with caching type {caching}. Please use caching type None.",
            f"{path}.caching",
            "set it to None",
            "azuredisk-csi-driver issue 1715, log of Compute (2023-02)",
        )


def _system_disk(context: Context) -> Iterator[Problem]:
    kind, size = (
        context.value("storageProfile.osDisk.managedDisk.storageAccountType"),
        context.value("hardwareProfile.vmSize"),
    )
    known = size_of(str(size))
    if known is not None and str(kind).startswith("Premium") and not known.premium:
        yield _no_premium(
            context, str(kind), f"{context.name}_OsDisk", "storageProfile.osDisk.managedDisk.storageAccountType"
        )


def _no_premium(context: Context, kind: str, disk: str, path: str) -> Problem:
    return context.problem(
        "InvalidParameter",
        f"Requested operation cannot be performed because the VM size {context.value('hardwareProfile.vmSize')} does not support "
        f"the storage account type {kind} of disk '{disk}'. Consider updating the VM to a size that supports Premium storage.",
        path,
        "take a size with an s among its letters",
        "google/cloud-forensics-utils issue 488, log of Compute (2023-09)",
    )


def _interfaces(context: Context) -> Iterator[Problem]:
    cards = context.at("networkProfile.networkInterfaces[*]")
    if not cards and context.value("networkProfile.networkInterfaceConfigurations") is None:
        yield context.problem(
            "InvalidParameter",
            "Required parameter 'networkProfile.networkInterfaces' is missing (null).",
            "networkProfile",
            "give a network interface",
            "Network profile, Compute REST API 2024-11-01",
        )
    if len(cards) > 1 and sum(bool(card.get("primary")) for _, card in cards) != 1:
        yield context.problem(
            "InvalidParameter",
            "Exactly one network interface of a virtual machine is primary.",
            "networkProfile.networkInterfaces",
            "mark one of them",
            "Network interface reference: primary, Compute REST API 2024-11-01",
        )
    networks: set[str] = set()
    for path, card_id in context.at(NETWORK_CARDS):
        yield from _interface(context, path, card_id, networks)
    if len(networks) > 1:
        yield context.problem(
            "SubnetsNotInSameVnet",
            f"All network interfaces of a VM must be in the same virtual network: {', '.join(sorted(networks))}.",
            "networkProfile.networkInterfaces",
        )


def _interface(context: Context, path: str, card_id: str, networks: set[str]) -> Iterator[Problem]:
    owner, card = machine_with(context, NETWORK_CARDS, card_id), context.find(card_id)
    if owner is not None:
        yield context.problem(
            "NicInUse",
            f"Network Interface {card_id} is used by existing VM {owner.id}.",
            path,
            "give each machine its own, and replace a machine by deleting the old one first",
            "hashicorp/terraform issue 18127, log of Network (2018)",
        )
    if card is None or card.assumed or card.type != INTERFACE:
        return
    if context.location and short_location(card.inputs.get("location")) not in ("", context.location):
        yield context.problem(
            "InvalidResourceReference",
            f"Resource {card_id} referenced by resource {context.id} was not found. Please make sure that the referenced resource "
            "exists, and that both resources are in the same region.",
            path,
        )
    for _, subnet in values_at(card.inputs, "ipConfigurations[*].subnet.id"):
        if isinstance(subnet, str) and ids.looks_like_id(subnet):
            networks.add(ids.key(ids.parent_of(subnet)))


RULES = {MACHINE: (_data_disks, _attached, _system_disk, _interfaces)}
REFERENCES = {
    MACHINE: (
        Reference(NETWORK_CARDS, INTERFACE),
        Reference(f"{DATA_DISKS}.managedDisk.id", DISK),
        Reference("storageProfile.osDisk.managedDisk.diskEncryptionSet.id", "azure-native:compute:DiskEncryptionSet"),
    )
}
