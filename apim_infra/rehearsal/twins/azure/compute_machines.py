"""Virtual machines: size, zone, image, login, and what cannot be changed; their disks and interfaces are in `compute_attachments`."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure.compute import ERRORS, MACHINE, block, facts, size_of
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.regions import zone_counts
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


def _controller(context: Context) -> Iterator[Problem]:
    size = size_of(str(context.value("hardwareProfile.vmSize")))
    before = size_of(str(block((context.old or {}).get("hardwareProfile")).get("vmSize")))
    said = context.value("storageProfile.diskControllerType", before.controller if before else None)
    if size is not None and said is not None and size.controller == "NVMe" and said != "NVMe":
        name = context.value("hardwareProfile.vmSize")
        yield context.problem(
            "InvalidParameter",
            f"The VM size '{name}' cannot boot with OS image or disk. Please check that disk controller types supported by the OS image "
            f"or disk is one of the supported disk controller types for the VM size '{name}'.",
            "hardwareProfile.vmSize",
            "set storageProfile.diskControllerType to NVMe, and replace a machine that has another",
            "Answers of Compute to a Standard_D8s_v6, public logs (2025)",
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
            "` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
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
                "Logs of a rejected key in public reports (2016), and the troubleshooting page of Algo VPN",
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
    image = block(context.value("storageProfile.imageReference"))
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
    return {"vmId": context.guid("machine")}


RULES = {MACHINE: (_size, _controller, _zone, _system, _login, _image, _trusted_launch, _changes)}
# The enumeration of the SDK ends with the sizes of 2018; what a size is called is judged by `_size`.
OPEN_ENUMS = {MACHINE: {"hardwareProfile.vmSize"}}
OUTPUTS = {MACHINE: _outputs}
NOT_VERIFIED = {
    MACHINE: (
        "whether a size is offered to the subscription in its region and zone, and within its quota of cores",
        "whether the subscription is registered for encryption at host",
        "whether the newest version of an image can be had, and what a machine does when it boots",
    )
}
