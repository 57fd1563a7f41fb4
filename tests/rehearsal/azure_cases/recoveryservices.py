"""What Azure Backup refuses of Recovery Services vaults, their policies and what they protect."""

from azure_cases.case import Case, Step
from azure_cases.dataprotection import DISK

SERVICE = "Recovery Services vault"
TIMES = ["2026-01-01T05:00:00Z"]
KEPT = {
    "retentionPolicyType": "LongTermRetentionPolicy",
    "dailySchedule": {"retentionTimes": TIMES, "retentionDuration": {"count": 14, "durationType": "Days"}},
}

VAULT = Step(
    "recoveryservices:Vault",
    "recovery",
    {
        "vaultName": "recovery",
        "sku": {"name": "RS0", "tier": "Standard"},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "publicNetworkAccess": "Enabled",
            "redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Enabled"},
            "securitySettings": {
                "immutabilitySettings": {"state": "Unlocked"},
                "softDeleteSettings": {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 14},
            },
        },
    },
)
FILES = Step(
    "recoveryservices:ProtectionPolicy",
    "files",
    {
        "vaultName": "${recovery.name}",
        "policyName": "files",
        "properties": {
            "backupManagementType": "AzureStorage",
            "workLoadType": "AzureFileShare",
            "timeZone": "UTC",
            "schedulePolicy": {
                "schedulePolicyType": "SimpleSchedulePolicy",
                "scheduleRunFrequency": "Daily",
                "scheduleRunTimes": TIMES,
            },
            "retentionPolicy": KEPT,
        },
    },
)
MACHINES = Step(
    "recoveryservices:ProtectionPolicy",
    "machines",
    {
        "vaultName": "${recovery.name}",
        "policyName": "machines",
        "properties": {
            "backupManagementType": "AzureIaasVM",
            "policyType": "V2",
            "timeZone": "UTC",
            "instantRpRetentionRangeInDays": 2,
            "schedulePolicy": {
                "schedulePolicyType": "SimpleSchedulePolicyV2",
                "scheduleRunFrequency": "Daily",
                "dailySchedule": {"scheduleRunTimes": TIMES},
            },
            "retentionPolicy": KEPT,
        },
    },
)
ACCOUNT = Step(
    "storage:StorageAccount",
    "spool",
    {"accountName": "filesofcases", "kind": "FileStorage", "sku": {"name": "Premium_ZRS"}},
)
SHARE = Step(
    "storage:FileShare",
    "share",
    {"accountName": "${spool.name}", "shareName": "events", "shareQuota": 100, "enabledProtocols": "SMB"},
)
CONTAINER = Step(
    "recoveryservices:ProtectionContainer",
    "container",
    {
        "vaultName": "${recovery.name}",
        "fabricName": "Azure",
        "containerName": "StorageContainer;Storage;group;filesofcases",
        "properties": {
            "containerType": "StorageContainer",
            "backupManagementType": "AzureStorage",
            "sourceResourceId": "${spool.id}",
        },
    },
)
ITEM = Step(
    "recoveryservices:ProtectedItem",
    "item",
    {
        "vaultName": "${recovery.name}",
        "fabricName": "Azure",
        "containerName": "${container.name}",
        "protectedItemName": "AzureFileShare;events",
        "properties": {
            "protectedItemType": "AzureFileShareProtectedItem",
            "sourceResourceId": "${spool.id}",
            "policyId": "${files.id}",
        },
    },
    after=("share",),
)
REGISTERED = (VAULT, FILES, ACCOUNT, SHARE, CONTAINER)
OTHER_VAULT = Step("recoveryservices:Vault", "others", {**VAULT.inputs, "vaultName": "others"})
FOREIGN = Step(
    "recoveryservices:ProtectionPolicy",
    "foreign",
    {**FILES.inputs, "vaultName": "${others.name}", "policyName": "foreign"},
)
LOCKED = VAULT.but(properties__securitySettings__immutabilitySettings={"state": "Locked"})
NFS = Step("storage:FileShare", "nfs", {**SHARE.inputs, "shareName": "linux", "enabledProtocols": "NFS"})
STATE = "properties.securitySettings.softDeleteSettings.softDeleteState"
ACROSS = "properties.redundancySettings.crossRegionRestore"
COUNT = "properties.retentionPolicy.dailySchedule.retentionDuration.count"
POLICY_ID = "properties.policyId"
CODE, POLICY_CODE = "BMSUserErrorInvalidInput", "BMSUserErrorInvalidPolicyInput"


def keeping(step: Step, count: int) -> Step:
    """Return a policy that keeps backups for another number of days."""
    daily = {"retentionTimes": TIMES, "retentionDuration": {"count": count, "durationType": "Days"}}
    return step.but(properties__retentionPolicy={**KEPT, "dailySchedule": daily})


CASES = (
    Case(
        SERVICE,
        "soft delete switched off",
        VAULT.but(properties__securitySettings__softDeleteSettings={"softDeleteState": "Disabled"}),
        "BMSUserErrorSoftDeleteStateNotSetToAlwaysON",
        VAULT,
        path=STATE,
    ),
    Case(
        SERVICE,
        "deleted backups kept for a week",
        VAULT.but(
            properties__securitySettings__softDeleteSettings={
                "softDeleteState": "AlwaysON",
                "softDeleteRetentionPeriodInDays": 7,
            }
        ),
        CODE,
        VAULT,
    ),
    Case(
        SERVICE,
        "restore across regions from a vault of one region",
        VAULT.but(
            properties__redundancySettings={
                "standardTierStorageRedundancy": "ZoneRedundant",
                "crossRegionRestore": "Enabled",
            }
        ),
        CODE,
        VAULT,
        path=ACROSS,
    ),
    Case(
        SERVICE,
        "restore across regions switched off",
        VAULT.but(
            properties__redundancySettings={
                "standardTierStorageRedundancy": "GeoRedundant",
                "crossRegionRestore": "Disabled",
            }
        ),
        CODE,
        VAULT.but(tags={"a": "b"}),
        given=(VAULT,),
        operation="update",
        path=ACROSS,
    ),
    Case(
        SERVICE,
        "redundancy changed under a backup",
        VAULT.but(
            properties__redundancySettings={
                "standardTierStorageRedundancy": "LocallyRedundant",
                "crossRegionRestore": "Enabled",
            }
        ),
        CODE,
        VAULT.but(tags={"a": "b"}),
        given=(*REGISTERED, ITEM),
        operation="update",
    ),
    Case(
        SERVICE,
        "locked immutability switched off",
        LOCKED.but(properties__securitySettings__immutabilitySettings={"state": "Disabled"}),
        CODE,
        LOCKED.but(tags={"a": "b"}),
        given=(LOCKED,),
        operation="update",
    ),
    Case(
        SERVICE,
        "deletion of a vault with backups",
        VAULT,
        "ServiceResourceNotEmptyWithContainerDetails",
        given=(*REGISTERED, ITEM),
        operation="delete",
        holders=("item", "container", "files"),
    ),
    Case(
        SERVICE,
        "schedule at ten past five",
        FILES.but(
            properties__schedulePolicy={
                "schedulePolicyType": "SimpleSchedulePolicy",
                "scheduleRunFrequency": "Daily",
                "scheduleRunTimes": ["2026-01-01T05:10:00Z"],
            }
        ),
        POLICY_CODE,
        FILES,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "retention at another time than the schedule",
        FILES.but(
            properties__retentionPolicy={
                **KEPT,
                "dailySchedule": {
                    "retentionTimes": ["2026-01-01T06:00:00Z"],
                    "retentionDuration": {"count": 14, "durationType": "Days"},
                },
            }
        ),
        POLICY_CODE,
        FILES,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "shares kept for longer than 200 days",
        keeping(FILES, 365),
        POLICY_CODE,
        FILES,
        given=(VAULT,),
        path=COUNT,
    ),
    Case(
        SERVICE, "machines kept for three days", keeping(MACHINES, 3), POLICY_CODE, MACHINES, given=(VAULT,), path=COUNT
    ),
    Case(
        SERVICE,
        "snapshots kept as long as the backups",
        MACHINES.but(properties__instantRpRetentionRangeInDays=14),
        "BMSUserErrorInstantRPRetentionExceedsVaultedRetention",
        MACHINES,
        given=(VAULT,),
        path="properties.instantRpRetentionRangeInDays",
    ),
    Case(
        SERVICE,
        "schedule of the other version of a policy",
        MACHINES.but(properties__policyType="V1"),
        POLICY_CODE,
        MACHINES,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "snapshots alone and copies in the vault at once",
        FILES.but(properties__vaultRetentionPolicy={"snapshotRetentionInDays": 5, "vaultRetention": KEPT}),
        POLICY_CODE,
        FILES,
        given=(VAULT,),
    ),
    Case(
        SERVICE,
        "share that does not exist",
        ITEM.but(protectedItemName="AzureFileShare;other"),
        "FileShareNotFound",
        ITEM,
        given=REGISTERED,
        path="protectedItemName",
    ),
    Case(
        SERVICE,
        "share of NFS",
        ITEM.but(protectedItemName="AzureFileShare;linux"),
        CODE,
        ITEM,
        given=(*REGISTERED, NFS),
        path="protectedItemName",
    ),
    Case(
        SERVICE,
        "policy of another vault",
        ITEM.but(properties__policyId="${foreign.id}"),
        CODE,
        ITEM,
        given=(*REGISTERED, OTHER_VAULT, FOREIGN),
        path=POLICY_ID,
    ),
    Case(
        SERVICE,
        "policy of machines for a share",
        ITEM.but(properties__policyId="${machines.id}"),
        CODE,
        ITEM,
        given=(*REGISTERED, MACHINES),
        path=POLICY_ID,
    ),
    Case(
        SERVICE,
        "something else that is protected",
        ITEM.but(properties__sourceResourceId="${disk.id}"),
        CODE,
        ITEM,
        given=(*REGISTERED, DISK),
        path="properties.sourceResourceId",
    ),
    Case(
        SERVICE,
        "deletion of a policy that is in use",
        FILES,
        "BMSUserErrorPolicyInUse",
        given=(*REGISTERED, ITEM),
        operation="delete",
        holders=("item",),
    ),
)
