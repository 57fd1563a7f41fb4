"""What Azure Backup refuses of Backup vaults, their policies and instances."""

from azure_cases.case import Case, Step

SERVICE = "Backup vault"
ROLES = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions"
STORE = {"dataStoreType": "OperationalStore", "objectType": "DataStoreInfoBase"}
TRIGGER = {
    "objectType": "ScheduleBasedTriggerContext",
    "schedule": {"repeatingTimeIntervals": ["R/2026-01-04T05:00:00+00:00/P1D"], "timeZone": "UTC"},
    "taggingCriteria": [{"isDefault": True, "taggingPriority": 99, "tagInfo": {"tagName": "Default"}}],
}
BACKUP = {
    "name": "Backup",
    "objectType": "AzureBackupRule",
    "backupParameters": {"backupType": "Incremental", "objectType": "AzureBackupParams"},
    "dataStore": STORE,
    "trigger": TRIGGER,
}
RETENTION = {
    "name": "Default",
    "objectType": "AzureRetentionRule",
    "isDefault": True,
    "lifecycles": [
        {"deleteAfter": {"duration": "P35D", "objectType": "AbsoluteDeleteOption"}, "sourceDataStore": STORE}
    ],
}

VAULT = Step(
    "dataprotection:BackupVault",
    "backups",
    {
        "vaultName": "backups",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": "ZoneRedundant"}],
            "securitySettings": {
                "immutabilitySettings": {"state": "Unlocked"},
                "softDeleteSettings": {"state": "On", "retentionDurationInDays": 14},
            },
        },
    },
)
POLICY = Step(
    "dataprotection:BackupPolicy",
    "policy",
    {
        "vaultName": "${backups.name}",
        "backupPolicyName": "disks",
        "properties": {
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "objectType": "BackupPolicy",
            "policyRules": [BACKUP, RETENTION],
        },
    },
)
DISK = Step(
    "compute:Disk",
    "disk",
    {
        "diskName": "disk",
        "diskSizeGB": 64,
        "sku": {"name": "Premium_LRS"},
        "zones": ["1"],
        "creationData": {"createOption": "Empty"},
    },
)
SNAPSHOTS = Step("resources:ResourceGroup", "snapshots", {"resourceGroupName": "snapshots", "location": "westeurope"})
READER = Step(
    "authorization:RoleAssignment",
    "reader",
    {
        "scope": "${disk.id}",
        "principalId": "${backups.identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{ROLES}/3e5e47e6-65f7-47ef-90b5-e5dd4d455f24",
    },
)
WRITER = Step(
    "authorization:RoleAssignment",
    "writer",
    {
        "scope": "${snapshots.id}",
        "principalId": "${backups.identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{ROLES}/7efff54f-a5b4-42b5-a1c5-5411624893ce",
    },
)
INSTANCE = Step(
    "dataprotection:BackupInstance",
    "instance",
    {
        "vaultName": "${backups.name}",
        "backupInstanceName": "disk",
        "properties": {
            "objectType": "BackupInstance",
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": "Microsoft.Compute/disks",
                "resourceID": "${disk.id}",
                "resourceType": "Microsoft.Compute/disks",
            },
            "policyInfo": {
                "policyId": "${policy.id}",
                "policyParameters": {
                    "dataStoreParametersList": [
                        {
                            "objectType": "AzureOperationalStoreParameters",
                            "dataStoreType": "OperationalStore",
                            "resourceGroupId": "${snapshots.id}",
                        }
                    ]
                },
            },
        },
    },
    after=("reader", "writer"),
)
PROTECTED = (VAULT, POLICY, DISK, SNAPSHOTS, READER, WRITER)


OTHER_VAULT = Step("dataprotection:BackupVault", "others", {**VAULT.inputs, "vaultName": "others"})
OTHER_POLICY = Step(
    "dataprotection:BackupPolicy",
    "foreign",
    {**POLICY.inputs, "vaultName": "${others.name}", "backupPolicyName": "foreign"},
)
BLOB_POLICY = Step(
    "dataprotection:BackupPolicy",
    "blobs",
    {
        **POLICY.inputs,
        "backupPolicyName": "blobs",
        "properties": {
            "datasourceTypes": ["Microsoft.Storage/storageAccounts/blobServices"],
            "objectType": "BackupPolicy",
            "policyRules": [RETENTION],
        },
    },
)
LOCKED = VAULT.but(properties__securitySettings__immutabilitySettings={"state": "Locked"})
FAR = VAULT.but(
    properties__storageSettings=[{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
    properties__featureSettings={"crossRegionRestoreSettings": {"state": "Enabled"}},
)
UNREAD_DISK = Step("compute:Disk", "unread", {**DISK.inputs, "diskName": "unread"})
UNREAD = INSTANCE.but(properties__dataSourceInfo__resourceID="${unread.id}")
NORTH = (
    Step("dataprotection:BackupVault", "north", {**VAULT.inputs, "vaultName": "north", "location": "northeurope"}),
    Step(
        "dataprotection:BackupPolicy",
        "northern",
        {**POLICY.inputs, "vaultName": "${north.name}", "backupPolicyName": "north"},
    ),
    Step("compute:Disk", "icy", {**DISK.inputs, "diskName": "icy", "location": "northeurope"}),
    *(
        Step(
            "authorization:RoleAssignment",
            f"{step.name}-{scope}",
            {**step.inputs, "scope": f"${{{scope}.id}}", "principalId": "${north.identity.principalId}"},
        )
        for step, scope in ((READER, "icy"), (READER, "disk"), (WRITER, "snapshots"))
    ),
)
ABROAD = INSTANCE.but(
    vaultName="${north.name}",
    properties__policyInfo__policyId="${northern.id}",
    properties__dataSourceInfo__resourceID="${icy.id}",
)
IMMUTABILITY = "properties.securitySettings.immutabilitySettings.state"
ACROSS = "properties.featureSettings.crossRegionRestoreSettings.state"
POLICY_ID = "properties.policyInfo.policyId"
CODE = "BMSUserErrorInvalidInput"
MISSING = "UserErrorMissingRequiredPermissions"

CASES = (
    Case(
        SERVICE,
        "vault that does not say how redundant it is",
        VAULT.but(properties__storageSettings=[]),
        CODE,
        VAULT,
        path="properties.storageSettings",
    ),
    Case(
        SERVICE,
        "restore across regions from a vault of one region",
        FAR.but(properties__storageSettings=[{"datastoreType": "VaultStore", "type": "ZoneRedundant"}]),
        CODE,
        FAR,
        path=ACROSS,
    ),
    Case(
        SERVICE,
        "deleted backups kept for a week",
        VAULT.but(properties__securitySettings__softDeleteSettings={"state": "On", "retentionDurationInDays": 7}),
        CODE,
        VAULT,
    ),
    Case(
        SERVICE,
        "redundancy of a vault changed",
        VAULT.but(properties__storageSettings=[{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]),
        CODE,
        VAULT.but(tags={"a": "b"}),
        given=(VAULT,),
        operation="update",
        path="properties.storageSettings",
    ),
    Case(
        SERVICE,
        "locked immutability switched off",
        LOCKED.but(properties__securitySettings__immutabilitySettings={"state": "Unlocked"}),
        CODE,
        LOCKED.but(tags={"a": "b"}),
        given=(LOCKED,),
        operation="update",
        path=IMMUTABILITY,
    ),
    Case(
        SERVICE,
        "restore across regions switched off",
        FAR.but(properties__featureSettings={"crossRegionRestoreSettings": {"state": "Disabled"}}),
        CODE,
        FAR.but(tags={"a": "b"}),
        given=(FAR,),
        operation="update",
        path=ACROSS,
    ),
    Case(
        SERVICE,
        "deletion of a vault with backups",
        VAULT,
        "UserErrorCannotDeleteVaultWithBackupInstances",
        given=(*PROTECTED, INSTANCE),
        operation="delete",
        holders=("instance", "reader", "writer", "policy"),
    ),
    Case(
        SERVICE, "vault that may do nothing with the disk", UNREAD, MISSING, INSTANCE, given=(*PROTECTED, UNREAD_DISK)
    ),
    Case(
        SERVICE,
        "policy of another vault",
        INSTANCE.but(properties__policyInfo__policyId="${foreign.id}"),
        CODE,
        INSTANCE,
        given=(*PROTECTED, OTHER_VAULT, OTHER_POLICY),
        path=POLICY_ID,
    ),
    Case(
        SERVICE,
        "policy of another kind of data source",
        INSTANCE.but(properties__policyInfo__policyId="${blobs.id}"),
        CODE,
        INSTANCE,
        given=(*PROTECTED, BLOB_POLICY),
        path=POLICY_ID,
    ),
    Case(
        SERVICE,
        "something else where a policy belongs",
        INSTANCE.but(properties__policyInfo__policyId="${disk.id}"),
        CODE,
        INSTANCE,
        given=PROTECTED,
        path=POLICY_ID,
    ),
    Case(
        SERVICE,
        "snapshots without a place",
        INSTANCE.but(properties__policyInfo__policyParameters={}),
        CODE,
        INSTANCE,
        given=PROTECTED,
    ),
    Case(
        SERVICE,
        "disk of another region",
        ABROAD.but(properties__dataSourceInfo__resourceID="${disk.id}"),
        CODE,
        ABROAD,
        given=(*PROTECTED, *NORTH),
    ),
)
