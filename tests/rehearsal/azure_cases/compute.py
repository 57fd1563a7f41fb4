"""Virtual machines: wrong requests that Azure Compute refuses."""

import base64

from azure_cases.case import Case, Step
from azure_cases.given import NETWORK, SUBNET

MACHINES, DISKS, EXTENSIONS = "Virtual machines", "Managed disks", "Virtual machine extensions"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmd0cTmhKkYF1mHm1J0bWq6YyoM9bV0fFQm8cS9yE9z"

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
CARD = Step(
    "network:NetworkInterface",
    "card",
    {
        "networkInterfaceName": "card",
        "ipConfigurations": [
            {
                "name": "node",
                "subnet": {"id": "${subnet.id}"},
                "privateIPAllocationMethod": "Static",
                "privateIPAddress": "10.0.0.30",
            }
        ],
    },
)
SECOND_CARD = Step(
    "network:NetworkInterface",
    "second",
    {
        "networkInterfaceName": "second",
        "ipConfigurations": [
            {"name": "node", "subnet": {"id": "${subnet.id}"}, "privateIPAllocationMethod": "Dynamic"}
        ],
    },
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
DISK = Step(
    "compute:Disk",
    "disk",
    {
        "diskName": "disk",
        "zones": ["1"],
        "sku": {"name": "Premium_LRS"},
        "creationData": {"createOption": "Empty"},
        "diskSizeGB": 50,
    },
)
MACHINE = Step(
    "compute:VirtualMachine",
    "machine",
    {
        "vmName": "machine",
        "zones": ["1"],
        "hardwareProfile": {"vmSize": "Standard_D4s_v3"},
        "osProfile": {
            "computerName": "machine",
            "adminUsername": "azureuser",
            "customData": base64.b64encode(b"#!/bin/bash").decode(),
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]},
            },
        },
        "storageProfile": {
            "imageReference": {
                "publisher": "Canonical",
                "offer": "0001-com-ubuntu-server-jammy",
                "sku": "22_04-lts-gen2",
                "version": "latest",
            },
            "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
            "dataDisks": [{"lun": 0, "createOption": "Attach", "caching": "None", "managedDisk": {"id": "${disk.id}"}}],
        },
        "networkProfile": {"networkInterfaces": [{"id": "${card.id}", "primary": True}]},
        "securityProfile": {
            "securityType": "TrustedLaunch",
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        },
        "identity": {"type": "SystemAssigned"},
    },
)
SECOND_MACHINE = Step(
    MACHINE.token,
    "second_machine",
    MACHINE.but(
        vmName="second-machine",
        osProfile__computerName="second-machine",
        storageProfile__dataDisks=None,
        networkProfile__networkInterfaces=[{"id": "${second.id}", "primary": True}],
    ).inputs,
)
ENCRYPTION_SET = Step(
    "compute:DiskEncryptionSet",
    "set",
    {
        "diskEncryptionSetName": "set",
        "encryptionType": "EncryptionAtRestWithCustomerKey",
        "identity": {"type": "SystemAssigned"},
        "activeKey": {"keyUrl": "https://vault-elsewhere.vault.azure.net/keys/disks/0123456789abcdef0123456789abcdef"},
    },
)
SET_HERE = {**ENCRYPTION_SET.inputs, "diskEncryptionSetName": "here"}
ENCRYPTED = DISK.but(encryption={"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": "${set.id}"})
AROUND = (NETWORK, SUBNET, CARD, DISK)
EXTENSION = Step(
    "compute:VirtualMachineExtension",
    "extension",
    {
        "vmName": "${machine.name}",
        "vmExtensionName": "login",
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADSSHLoginForLinux",
        "typeHandlerVersion": "1.0",
    },
)
COMMAND = Step(
    "compute:VirtualMachineRunCommandByVirtualMachine",
    "command",
    {
        "vmName": "${machine.name}",
        "runCommandName": "ready",
        "source": {"script": "exit 0"},
        "timeoutInSeconds": 3600,
    },
)


def machine(wrong: str, request: Step, code: str, path: str = "", *more: Step, warning: bool = False) -> Case:
    """Return a case of a machine that is wrong in one place."""
    return Case(MACHINES, wrong, request, code, right=MACHINE, given=(*AROUND, *more), path=path, warning=warning)


def disk(wrong: str, request: Step, code: str, path: str, *, warning: bool = False) -> Case:
    """Return a case of a disk that is wrong in one place."""
    return Case(DISKS, wrong, request, code, right=DISK, path=path, warning=warning)


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
        DISKS,
        "deletion of a disk that a machine has",
        DISK,
        "OperationNotAllowed",
        given=(*AROUND, MACHINE),
        operation="delete",
        holders=("machine",),
    ),
    disk("empty disk without a size", DISK.but(diskSizeGB=None), "InvalidParameter", "diskSizeGB"),
    disk("size that no disk has", DISK.but(diskSizeGB=40000), "InvalidParameter", "diskSizeGB"),
    Case(
        DISKS,
        "disk that becomes smaller",
        DISK.but(diskSizeGB=40),
        "BadRequest",
        right=DISK.but(diskSizeGB=100),
        given=(DISK,),
        operation="update",
        path="diskSizeGB",
    ),
    disk("performance tier below that of the size", DISK.but(tier="P4"), "InvalidParameter", "tier"),
    disk("performance tier above all that the size may have", DISK.but(tier="P60"), "InvalidParameter", "tier"),
    disk("performance tier that there is none of", DISK.but(tier="P31"), "InvalidParameter", "tier"),
    disk(
        "performance tier of a standard disk",
        DISK.but(sku__name="StandardSSD_LRS", tier="P30"),
        "InvalidParameter",
        "tier",
    ),
    disk("zone that the region does not have (disk)", DISK.but(zones=["7"]), "InvalidAvailabilityZone", "zones"),
    disk("disk in two zones", DISK.but(zones=["1", "2"]), "BadRequest", "zones"),
    disk("zone of a zone-redundant disk", DISK.but(sku__name="Premium_ZRS"), "BadRequest", "zones"),
    disk(
        "disk of Premium SSD v2 without a zone",
        DISK.but(sku__name="PremiumV2_LRS", zones=None),
        "InvalidParameter",
        "zones",
        warning=True,
    ),
    disk(
        "copy of nothing",
        DISK.but(creationData__createOption="Copy"),
        "InvalidParameter",
        "creationData.sourceResourceId",
    ),
    disk(
        "customer's key without a disk encryption set",
        DISK.but(encryption={"type": "EncryptionAtRestWithCustomerKey"}),
        "InvalidParameter",
        "encryption.diskEncryptionSetId",
    ),
    Case(
        DISKS,
        "disk encryption set of another region",
        ENCRYPTED,
        "InvalidParameter",
        right=ENCRYPTED.but(encryption__diskEncryptionSetId="${here.id}"),
        given=(ENCRYPTION_SET.but(location="northeurope"), Step(ENCRYPTION_SET.token, "here", SET_HERE)),
        path="encryption.diskEncryptionSetId",
        warning=True,
    ),
    disk("bursting on demand of a small disk", DISK.but(burstingEnabled=True), "InvalidParameter", "burstingEnabled"),
    disk(
        "operations a second of a premium disk",
        DISK.but(diskIOPSReadWrite=5000),
        "InvalidParameter",
        "diskIOPSReadWrite",
    ),
    disk(
        "private access without a disk access",
        DISK.but(networkAccessPolicy="AllowPrivate"),
        "InvalidParameter",
        "diskAccessId",
    ),
    Case(
        EXTENSIONS,
        "second extension of one type",
        Step(EXTENSION.token, "again", {**EXTENSION.inputs, "vmExtensionName": "again"}),
        "BadRequest",
        right=Step(
            EXTENSION.token,
            "again",
            {
                **EXTENSION.inputs,
                "vmExtensionName": "again",
                "publisher": "Microsoft.Azure.Monitor",
                "type": "AzureMonitorLinuxAgent",
            },
        ),
        given=(*AROUND, MACHINE, EXTENSION),
        path="type",
    ),
    Case(
        EXTENSIONS,
        "version of an extension with a third number",
        EXTENSION.but(typeHandlerVersion="1.0.2"),
        "ArtifactVersionNotFound",
        right=EXTENSION,
        given=(*AROUND, MACHINE),
        path="typeHandlerVersion",
    ),
    Case(
        EXTENSIONS,
        "extension of a machine that takes none",
        EXTENSION.but(vmName="${second_machine.name}"),
        "OperationNotAllowed",
        right=EXTENSION,
        given=(*AROUND, MACHINE, SECOND_CARD, SECOND_MACHINE.but(osProfile__allowExtensionOperations=False)),
        path="vmName",
    ),
    Case(
        EXTENSIONS,
        "login by Entra without a system-assigned identity",
        EXTENSION.but(vmName="${second_machine.name}"),
        "VMExtensionProvisioningError",
        right=EXTENSION,
        given=(*AROUND, MACHINE, SECOND_CARD, SECOND_MACHINE.but(identity=None)),
        path="vmName",
    ),
    Case(
        EXTENSIONS,
        "extension in another region than its machine",
        EXTENSION.but(location="northeurope"),
        "InvalidParameter",
        right=EXTENSION,
        given=(*AROUND, MACHINE),
        path="location",
    ),
    Case(
        EXTENSIONS,
        "run command with two sources",
        COMMAND.but(source__commandId="RunShellScript"),
        "InvalidParameter",
        right=COMMAND,
        given=(*AROUND, MACHINE),
        path="source",
    ),
    Case(
        EXTENSIONS,
        "run command that may take two hours",
        COMMAND.but(timeoutInSeconds=7200),
        "InvalidParameter",
        right=COMMAND,
        given=(*AROUND, MACHINE),
        path="timeoutInSeconds",
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
