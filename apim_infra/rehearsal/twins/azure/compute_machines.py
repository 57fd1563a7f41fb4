"""Virtual machines: size, zone, image and disks, interfaces, login, and what cannot be changed."""

import base64
import binascii
import re
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
    facts,
    machine_with,
    size_of,
    whole,
)
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.regions import zone_counts
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at

KEY = re.compile(r"(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=\s]+( .*)?", re.DOTALL)
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
FIXED = ("storageProfile.imageReference", "osProfile.linuxConfiguration.ssh", "storageProfile.osDisk.createOption")
"""Inputs that a machine keeps: Pulumi replaces it only when a program asks for it."""


def _size(context: Context) -> Iterator[Problem]:
    size = context.value("hardwareProfile.vmSize")
    if size is not None and size_of(size) is None:
        yield context.problem(
            "InvalidParameter",
            f"The value {size} provided for the VM size is not valid.",
            "hardwareProfile.vmSize",
            "name a size such as Standard_D4s_v5",
            "Log in hashicorp/terraform-provider-azurerm issues, 2023: code and message of an unknown size",
        )


def _zone(context: Context) -> Iterator[Problem]:
    zones = context.get("zones[*]")
    if len(zones) > 1:
        yield context.problem(
            "InvalidParameter",
            "A virtual machine stands in one availability zone.",
            "zones",
            "give one zone",
            "Virtual machine: zones, Compute REST API 2024-11-01",
        )
    known = zone_counts().get(context.location)
    for zone in zones:
        if known is not None and zone not in {str(number + 1) for number in range(known)}:
            offered = ",".join(str(number + 1) for number in range(known))
            yield context.problem(
                "InvalidAvailabilityZone",
                f"The zone(s) '{zone}' for resource 'Microsoft.Compute/virtualMachines/{context.name}' is not supported. "
                f"The supported zones for location '{context.location}' are '{offered}'",
                "zones",
                source="Azure CLI, answer to a zone that a region does not have (2024)",
            )


def _system(context: Context) -> Iterator[Problem]:
    name, data, user = (context.value(f"osProfile.{key}") for key in ("computerName", "customData", "adminUsername"))
    longest = facts()["longest_host_name"]
    if name is not None and (len(name) > longest or not HOST_NAME.fullmatch(name)):
        yield context.problem(
            "InvalidParameter",
            f"Linux host name cannot exceed {longest} characters in length or contain the following characters: "
            '` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : \' " , < > / ?.',
            "osProfile.computerName",
            source=ERRORS,
        )
    if user is not None and user.lower() in facts()["administrators"]:
        yield context.problem(
            "InvalidParameter",
            "The Admin Username specified is not allowed.",
            "osProfile.adminUsername",
            "choose another, such as azureuser",
            ERRORS,
        )
    if data is not None and not _is_custom_data(data):
        most = facts()["longest_custom_data"]
        yield context.problem(
            "InvalidParameter",
            f"Custom data in OSProfile must be in Base64 encoding and with a maximum length of {most} characters.",
            "osProfile.customData",
            "encode it, and fetch what is long from a store",
            ERRORS,
        )


def _is_custom_data(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(text) <= facts()["longest_custom_data"]


def _login(context: Context) -> Iterator[Problem]:
    profile = context.value("osProfile")
    if not isinstance(profile, Mapping) or context.value("osProfile.windowsConfiguration") is not None:
        return
    linux = "osProfile.linuxConfiguration"
    keys = context.at(f"{linux}.ssh.publicKeys[*]")
    closed = context.value(f"{linux}.disablePasswordAuthentication")
    password = "adminPassword" in profile
    if (closed and not keys) or (not closed and not password and not keys):
        yield context.problem(
            "InvalidParameter",
            "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
            linux,
            "give a public key",
            "terraform-provider-azurerm, linux_virtual_machine_resource.go, which quotes Compute (2025)",
        )
    user = context.value("osProfile.adminUsername")
    for path, key in keys:
        usual = f"/home/{user}/.ssh/authorized_keys"
        if user is not None and key.get("path", usual) not in (usual, UNKNOWN):
            yield context.problem(
                "InvalidParameter",
                f"Destination path for SSH public keys is currently limited to its default value {usual}  due to a known "
                "issue in Linux provisioning agent.",
                f"{path}.path",
                source=ERRORS,
            )
        data = key.get("keyData")
        if data != UNKNOWN and not KEY.fullmatch(str(data or "")):
            yield context.problem(
                "InvalidParameter",
                "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.",
                f"{path}.keyData",
                "give a public key in OpenSSH's form: ssh-rsa or ssh-ed25519",
                "Azure/ACS-Engine and trailofbits/algo, logs of a rejected key (2016-2023)",
            )


def _image(context: Context) -> Iterator[Problem]:
    option = context.value("storageProfile.osDisk.createOption")
    image = context.value("storageProfile.imageReference")
    if option == "Attach" and image is not None:
        yield context.problem(
            "InvalidParameter",
            "Cannot attach an existing OS disk if the VM is created from a platform or user image.",
            "storageProfile.imageReference",
            "leave one of them out",
            ERRORS,
        )
    if option == "Attach" and image is None and context.value("osProfile") is not None:
        yield context.problem(
            "InvalidParameter",
            "Parameter 'osProfile' is not allowed.",
            "osProfile",
            "leave it out: the disk has users and name already",
            "azure-docs, virtual-machines/troubleshooting-shared-images (2023)",
        )
    if option == "FromImage" and image is None:
        yield context.problem(
            "InvalidParameter",
            "Required parameter 'imageReference' is missing (null).",
            "storageProfile.imageReference",
            "name an image",
            "Storage profile: imageReference, Compute REST API 2024-11-01",
        )
    if isinstance(image, Mapping) and "id" in image and "publisher" in image:
        yield context.problem(
            "InvalidParameter",
            "An image is named by its id, or by publisher, offer, sku and version.",
            "storageProfile.imageReference",
            source="Image reference, Compute REST API 2024-11-01",
        )


def _trusted_launch(context: Context) -> Iterator[Problem]:
    kind = context.value("securityProfile.securityType")
    image: Mapping[str, Any] = context.value("storageProfile.imageReference") or {}
    old = facts()["first_generation_images"].get(image.get("publisher"), ())
    if kind == "TrustedLaunch" and any(re.fullmatch(pattern, str(image.get("sku"))) for pattern in old):
        yield context.problem(
            "BadRequest",
            "Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch Supported Gen2 "
            "OS Image.",
            "storageProfile.imageReference.sku",
            "name an image of the second generation",
            "Answers of Compute to images of the first generation, public logs (2024-2026)",
        )
    if kind is None and context.value("securityProfile.uefiSettings") is not None:
        yield context.warning(
            "BadRequest",
            "UEFI settings have no effect without a security type.",
            "securityProfile.securityType",
            "set it to TrustedLaunch",
            "Security profile: securityType, Compute REST API 2024-11-01",
        )


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
        if disk.get("createOption") == "Attach" and not disk.get("managedDisk", {}).get("id"):
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
    zones, size = context.get("zones[*]"), size_of(str(context.value("hardwareProfile.vmSize")))
    for path, disk_id in context.at(f"{DATA_DISKS}.managedDisk.id"):
        owner, disk = machine_with(context, f"{DATA_DISKS}.managedDisk.id", disk_id), context.find(disk_id)
        if owner is not None:
            yield context.problem(
                "ConflictingUserInput",
                f"Disk '{disk_id}' cannot be attached as the disk is already owned by VM '{owner.id}'.",
                path,
                "attach it to one machine, and replace a machine by deleting the old one first",
                ERRORS,
            )
        if disk is None or disk.assumed or disk.type != DISK:
            continue
        own, kind = disk.inputs.get("zones") or [], str((disk.inputs.get("sku") or {}).get("name"))
        if UNKNOWN not in (*own, *zones) and own != zones and not kind.endswith("_ZRS"):
            yield context.problem(
                "BadRequest",
                f"Disk {disk_id} cannot be attached to the VM because it is not in the same zone as the VM. "
                f"VM zone: '{','.join(zones)}'. Disk zone: '{','.join(own)}'.",
                path,
                "let disk and machine stand in one zone",
                "jenkins-infra/azure pull request 1406, log of Compute (2026-04)",
            )
        if size is not None and kind.startswith("Premium") and not size.premium:
            yield _no_premium(context, kind, disk.name, path)
        yield from _cache(context, kind, path.replace(".managedDisk.id", ".caching"))


def _cache(context: Context, kind: str, path: str) -> Iterator[Problem]:
    caching = context.value(path)
    if kind in ("PremiumV2_LRS", "UltraSSD_LRS") and caching not in (None, "None"):
        yield context.problem(
            "InvalidParameter",
            f"Storage Account type {kind} is not supported with caching type {caching}. Please use caching type None.",
            path,
            "set it to None",
            "azuredisk-csi-driver issue 1715, log of Compute (2023-02)",
        )


def _system_disk(context: Context) -> Iterator[Problem]:
    kind, size = context.value("storageProfile.osDisk.managedDisk.storageAccountType"), context.value("hardwareProfile.vmSize")
    known = size_of(str(size))
    if known is not None and str(kind).startswith("Premium") and not known.premium:
        yield _no_premium(context, str(kind), f"{context.name}_OsDisk", "storageProfile.osDisk.managedDisk.storageAccountType")


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


def _changes(context: Context) -> Iterator[Problem]:
    if context.old is None:
        return
    for path in FIXED:
        before = [value for _, value in values_at(context.old, path)]
        if before != [value for _, value in values_at(context.inputs, path)] and UNKNOWN not in before:
            word = path.partition(".")[2]
            yield context.problem(
                "PropertyChangeNotAllowed",
                f"Changing property '{word}' is not allowed.",
                path,
                "ask Pulumi to replace the machine when it changes (replace_on_changes), or to ignore the change",
                "hashicorp/terraform issue 8796 and pulumi/pulumi-azure-native issue 1117, logs of Compute (2016, 2021)",
            )


def _outputs(context: Context) -> Mapping[str, Any]:
    made: dict[str, Any] = {"vmId": context.guid("machine"), "timeCreated": "2026-01-01T00:00:00Z"}
    identity = context.inputs.get("identity")
    if isinstance(identity, Mapping) and "SystemAssigned" in str(identity.get("type")):
        made["identity"] = {**identity, "principalId": context.guid("principal"), "tenantId": context.tenant}
    return made


RULES = {
    MACHINE: (
        _size,
        _zone,
        _system,
        _login,
        _image,
        _trusted_launch,
        _data_disks,
        _attached,
        _system_disk,
        _interfaces,
        _changes,
    )
}
OUTPUTS = {MACHINE: _outputs}
REFERENCES = {
    MACHINE: (
        Reference("networkProfile.networkInterfaces[*].id", INTERFACE),
        Reference("storageProfile.dataDisks[*].managedDisk.id", DISK),
        Reference(
            "storageProfile.osDisk.managedDisk.diskEncryptionSet.id", "azure-native:compute:DiskEncryptionSet"
        ),
    )
}
NOT_VERIFIED = {
    MACHINE: (
        "whether a size is offered to the subscription in its region and zone, and within its quota of cores",
        "whether the subscription is registered for encryption at host",
        "whether the newest version of an image can be had, and what a machine does when it boots",
    )
}
