"""Virtual machines: wrong requests that Azure Compute refuses."""

from azure_cases.case import Case, Step
from azure_cases.compute_given import AROUND, CARD, DISK, KEY, MACHINE, SECOND_CARD, SECOND_MACHINE
from azure_cases.given import NETWORK, SUBNET

MACHINES = "Virtual machines"
SECOND_NETWORK = Step(
    "network:VirtualNetwork",
    "other",
    {"virtualNetworkName": "other", "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
)
SUBNET_ELSEWHERE = Step(
    "network:Subnet",
    "elsewhere",
    {"virtualNetworkName": "${other.name}", "subnetName": "nodes", "addressPrefix": "10.1.0.0/24"},
)
CARD_ELSEWHERE = Step(
    "network:NetworkInterface",
    "away",
    {
        "networkInterfaceName": "away",
        "ipConfigurations": [
            {"name": "node", "subnet": {"id": "${elsewhere.id}"}, "privateIPAllocationMethod": "Dynamic"}
        ],
    },
)


def machine(wrong: str, request: Step, code: str, path: str = "", *more: Step, warning: bool = False) -> Case:
    """Return a case of a machine that is wrong in one place."""
    return Case(MACHINES, wrong, request, code, right=MACHINE, given=(*AROUND, *more), path=path, warning=warning)


def attached(**changes: object) -> list[dict[str, object]]:
    """Return the machine's data disk with other properties."""
    return [{**MACHINE.inputs["storageProfile"]["dataDisks"][0], **changes}]


CASES = (
    machine(
        "size that there is none of",
        MACHINE.but(hardwareProfile__vmSize="Standard_Q4s_v3"),
        "InvalidParameter",
        "hardwareProfile.vmSize",
    ),
    machine(
        "SCSI at a size that has NVMe alone",
        MACHINE.but(hardwareProfile__vmSize="Standard_D4s_v6", storageProfile__diskControllerType="SCSI"),
        "InvalidParameter",
        "hardwareProfile.vmSize",
    ),
    Case(
        MACHINES,
        "machine that becomes one with another disk controller",
        MACHINE.but(hardwareProfile__vmSize="Standard_D4s_v6"),
        "InvalidParameter",
        right=MACHINE.but(hardwareProfile__vmSize="Standard_D8s_v3"),
        given=(*AROUND, MACHINE),
        operation="update",
        path="hardwareProfile.vmSize",
    ),
    machine("machine in two zones", MACHINE.but(zones=["1", "2"]), "InvalidParameter", "zones"),
    machine("zone that the region does not have", MACHINE.but(zones=["4"]), "InvalidAvailabilityZone", "zones"),
    machine(
        "host name with an underscore",
        MACHINE.but(osProfile__computerName="my_machine"),
        "InvalidParameter",
        "osProfile.computerName",
    ),
    machine(
        "host name that is too long",
        MACHINE.but(osProfile__computerName="m" * 65),
        "InvalidParameter",
        "osProfile.computerName",
    ),
    machine(
        "administrator whose name is reserved",
        MACHINE.but(osProfile__adminUsername="admin"),
        "InvalidParameter",
        "osProfile.adminUsername",
    ),
    machine(
        "custom data that is not encoded",
        MACHINE.but(osProfile__customData="#!/bin/bash"),
        "InvalidParameter",
        "osProfile.customData",
    ),
    machine(
        "custom data that is too long",
        MACHINE.but(osProfile__customData="QUJD" * 22000),
        "InvalidParameter",
        "osProfile.customData",
    ),
    machine(
        "passwords off and no key",
        MACHINE.but(osProfile__linuxConfiguration__ssh=None),
        "InvalidParameter",
        "osProfile.linuxConfiguration",
    ),
    machine(
        "key in another folder",
        MACHINE.but(
            osProfile__linuxConfiguration__ssh={"publicKeys": [{"path": "/root/.ssh/authorized_keys", "keyData": KEY}]}
        ),
        "InvalidParameter",
    ),
    machine(
        "key in another form than OpenSSH's",
        MACHINE.but(
            osProfile__linuxConfiguration__ssh={
                "publicKeys": [
                    {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "-----BEGIN PUBLIC KEY-----"}
                ]
            }
        ),
        "InvalidParameter",
    ),
    machine(
        "system disk that is attached, of an image",
        MACHINE.but(storageProfile__osDisk__createOption="Attach"),
        "InvalidParameter",
        "storageProfile.imageReference",
    ),
    machine(
        "users on a system disk that is attached",
        MACHINE.but(storageProfile__osDisk__createOption="Attach", storageProfile__imageReference=None),
        "InvalidParameter",
        "osProfile",
    ),
    machine(
        "system disk of no image",
        MACHINE.but(storageProfile__imageReference=None),
        "InvalidParameter",
        "storageProfile.imageReference",
    ),
    machine(
        "image named twice",
        MACHINE.but(storageProfile__imageReference__id="${disk.id}"),
        "InvalidParameter",
        "storageProfile.imageReference",
    ),
    machine(
        "trusted launch of an image of the first generation",
        MACHINE.but(storageProfile__imageReference__sku="22_04-lts"),
        "BadRequest",
        "storageProfile.imageReference.sku",
    ),
    machine(
        "secure boot without a security type",
        MACHINE.but(securityProfile__securityType=None),
        "BadRequest",
        "securityProfile.securityType",
        warning=True,
    ),
    machine(
        "two data disks with one number",
        MACHINE.but(storageProfile__dataDisks=[*attached(), {"lun": 0, "createOption": "Empty", "diskSizeGB": 10}]),
        "InvalidParameter",
        "storageProfile.dataDisks[1].lun",
    ),
    machine(
        "attachment of no disk",
        MACHINE.but(storageProfile__dataDisks=attached(managedDisk={"storageAccountType": "Premium_LRS"})),
        "InvalidParameter",
        "storageProfile.dataDisks[0].managedDisk.id",
    ),
    machine(
        "more data disks than the size takes",
        MACHINE.but(
            storageProfile__dataDisks=[
                {"lun": lun, "createOption": "Empty", "diskSizeGB": 10, "name": f"data-{lun}"} for lun in range(9)
            ]
        ),
        "OperationNotAllowed",
        "storageProfile.dataDisks",
    ),
    machine(
        "disk of another zone",
        MACHINE.but(zones=["2"]),
        "BadRequest",
        "storageProfile.dataDisks[0].managedDisk.id",
    ),
    machine(
        "premium disk at a size without premium storage",
        MACHINE.but(
            hardwareProfile__vmSize="Standard_D4_v3",
            storageProfile__osDisk__managedDisk__storageAccountType="Standard_LRS",
        ),
        "InvalidParameter",
        "storageProfile.dataDisks[0].managedDisk.id",
    ),
    machine(
        "premium system disk at a size without premium storage",
        MACHINE.but(hardwareProfile__vmSize="Standard_D4_v3", storageProfile__dataDisks=None),
        "InvalidParameter",
        "storageProfile.osDisk.managedDisk.storageAccountType",
    ),
    Case(
        MACHINES,
        "cached disk of Premium SSD v2",
        MACHINE.but(storageProfile__dataDisks=attached(caching="ReadOnly")),
        "InvalidParameter",
        right=MACHINE,
        given=(NETWORK, SUBNET, CARD, DISK.but(sku__name="PremiumV2_LRS")),
        path="storageProfile.dataDisks[0].caching",
    ),
    Case(
        MACHINES,
        "disk that another machine has",
        Step(
            MACHINE.token,
            "second_machine",
            {**SECOND_MACHINE.inputs, "storageProfile": MACHINE.inputs["storageProfile"]},
        ),
        "ConflictingUserInput",
        right=SECOND_MACHINE,
        given=(*AROUND, SECOND_CARD, MACHINE),
        path="storageProfile.dataDisks[0].managedDisk.id",
    ),
    Case(
        MACHINES,
        "network interface that another machine has",
        Step(
            MACHINE.token,
            "second_machine",
            {**SECOND_MACHINE.inputs, "networkProfile": MACHINE.inputs["networkProfile"]},
        ),
        "NicInUse",
        right=SECOND_MACHINE,
        given=(*AROUND, SECOND_CARD, MACHINE),
        path="networkProfile.networkInterfaces[0].id",
    ),
    machine(
        "machine without a network interface", MACHINE.but(networkProfile=None), "InvalidParameter", "networkProfile"
    ),
    machine(
        "two network interfaces, none of them primary",
        MACHINE.but(networkProfile__networkInterfaces=[{"id": "${card.id}"}, {"id": "${second.id}"}]),
        "InvalidParameter",
        "networkProfile.networkInterfaces",
        SECOND_CARD,
    ),
    machine(
        "network interfaces in two networks",
        MACHINE.but(networkProfile__networkInterfaces=[{"id": "${card.id}", "primary": True}, {"id": "${away.id}"}]),
        "SubnetsNotInSameVnet",
        "networkProfile.networkInterfaces",
        SECOND_NETWORK,
        SUBNET_ELSEWHERE,
        CARD_ELSEWHERE,
    ),
    machine(
        "disk in the place of a network interface",
        MACHINE.but(networkProfile__networkInterfaces=[{"id": "${disk.id}", "primary": True}]),
        "LinkedInvalidPropertyId",
        "networkProfile.networkInterfaces[0].id",
    ),
    Case(
        MACHINES,
        "another image of a machine that is there",
        MACHINE.but(storageProfile__imageReference__sku="22_04-lts-arm64"),
        "PropertyChangeNotAllowed",
        right=MACHINE,
        given=(*AROUND, MACHINE),
        operation="update",
        path="storageProfile.imageReference",
    ),
    Case(
        MACHINES,
        "deletion of a network interface that a machine has",
        CARD,
        "NicInUse",
        given=(*AROUND, MACHINE),
        operation="delete",
        holders=("machine",),
    ),
    Case(
        MACHINES,
        "public key that is none",
        Step("compute:SshPublicKey", "key", {"sshPublicKeyName": "key", "publicKey": "secret"}),
        "InvalidParameter",
        right=Step("compute:SshPublicKey", "key", {"sshPublicKeyName": "key", "publicKey": KEY}),
        path="publicKey",
    ),
)
