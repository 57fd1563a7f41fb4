"""A machine with its card and its disk, which the cases of machines, disks and extensions begin with."""

import base64

from azure_cases.case import Step
from azure_cases.given import NETWORK, SUBNET

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmd0cTmhKkYF1mHm1J0bWq6YyoM9bV0fFQm8cS9yE9z"
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
AROUND = (NETWORK, SUBNET, CARD, DISK)
