"""Managed disks: wrong requests that Azure's resource provider refuses."""

from azure_cases.case import Case, Step
from azure_cases.compute_given import AROUND, DISK, MACHINE

DISKS = "Managed disks"
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


def disk(wrong: str, request: Step, code: str, path: str, *, warning: bool = False) -> Case:
    """Return a case of a disk that is wrong in one place."""
    return Case(DISKS, wrong, request, code, right=DISK, path=path, warning=warning)


CASES = (
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
)
