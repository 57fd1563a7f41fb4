"""Names, words and forms of values that Azure refuses by themselves."""

from azure_cases.case import Case, Step
from azure_cases.given import (
    CLUSTER,
    IDENTITY,
    NETWORK,
    POOL,
    SECURITY_GROUP,
    STORAGE,
    SUBNET,
    VAULT,
    WORKSPACE,
    ZONE,
)

NAMES = "Names"
FORMS = "Values"
GROUP = Step("resources:ResourceGroup", "other", {"resourceGroupName": "other", "location": "westeurope"})
MACHINE_KEY = Step("compute:SshPublicKey", "key", {"sshPublicKeyName": "key"})
SHARE = Step("storage:FileShare", "share", {"accountName": "${account.name}", "shareName": "shared-files"})
RECORD = Step(
    "privatedns:PrivateRecordSet",
    "record",
    {
        "privateZoneName": "${zone.name}",
        "relativeRecordSetName": "api",
        "recordType": "A",
        "ttl": 300,
        "aRecords": [{"ipv4Address": "10.0.0.4"}],
    },
)
KEY = Step("keyvault:Key", "key", {"vaultName": "${vault.name}", "keyName": "stores", "properties": {"kty": "RSA"}})
PROTECTED_VAULT = VAULT.but(properties__enablePurgeProtection=True, properties__enableSoftDelete=True)
RIGHT = Step(
    "authorization:RoleAssignment",
    "right",
    {
        "scope": "${key.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6",
    },
)
DISKS = Step(
    "compute:DiskEncryptionSet",
    "disks",
    {
        "diskEncryptionSetName": "disks",
        "activeKey": {"keyUrl": "${key.keyUriWithVersion}", "sourceVault": {"id": "${vault.id}"}},
        "encryptionType": "EncryptionAtRestWithCustomerKey",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]},
    },
    after=("right",),
)
KEYS = (PROTECTED_VAULT, IDENTITY, KEY, RIGHT)
NIGHTLY = Step(
    "containerservice:MaintenanceConfiguration",
    "nightly",
    {
        "resourceName": "${cluster.name}",
        "configName": "aksManagedAutoUpgradeSchedule",
        "maintenanceWindow": {
            "durationHours": 6,
            "startTime": "02:00",
            "utcOffset": "+00:00",
            "schedule": {"weekly": {"dayOfWeek": "Sunday", "intervalWeeks": 1}},
        },
    },
)

CASES = (
    Case(
        NAMES,
        "resource group that ends with a dot",
        GROUP.but(resourceGroupName="group."),
        "InvalidResourceGroup",
        GROUP,
    ),
    Case(
        NAMES, "resource group of 91 characters", GROUP.but(resourceGroupName="g" * 91), "InvalidResourceGroup", GROUP
    ),
    Case(NAMES, "network of one letter", NETWORK.but(virtualNetworkName="v"), "InvalidResourceName", NETWORK),
    Case(
        NAMES, "subnet with a space", SUBNET.but(subnetName="my nodes"), "InvalidResourceName", SUBNET, given=(NETWORK,)
    ),
    Case(
        NAMES,
        "security group that ends with a hyphen",
        SECURITY_GROUP.but(networkSecurityGroupName="nsg-"),
        "InvalidResourceName",
        SECURITY_GROUP,
    ),
    Case(
        NAMES,
        "network resource of 81 characters",
        SECURITY_GROUP.but(networkSecurityGroupName="n" * 81),
        "InvalidResourceName",
        SECURITY_GROUP,
    ),
    Case(
        NAMES,
        "part of a network resource with a space",
        NETWORK.but(subnets=[{"name": "my nodes", "addressPrefix": "10.0.0.0/24"}]),
        "InvalidResourceName",
        NETWORK.but(subnets=[{"name": "nodes", "addressPrefix": "10.0.0.0/24"}]),
    ),
    Case(NAMES, "SSH key with a slash", MACHINE_KEY.but(sshPublicKeyName="a/b"), "InvalidParameter", MACHINE_KEY),
    Case(NAMES, "storage account with capitals", STORAGE.but(accountName="MyAccount"), "AccountNameInvalid", STORAGE),
    Case(NAMES, "storage account with a hyphen", STORAGE.but(accountName="my-account"), "AccountNameInvalid", STORAGE),
    Case(NAMES, "storage account of 25 characters", STORAGE.but(accountName="a" * 25), "AccountNameInvalid", STORAGE),
    Case(
        NAMES,
        "share with two hyphens in a row",
        SHARE.but(shareName="my--files"),
        "InvalidResourceName",
        SHARE,
        given=(STORAGE,),
    ),
    Case(NAMES, "identity of two characters", IDENTITY.but(resourceName="id"), "InvalidResourceName", IDENTITY),
    Case(NAMES, "workspace of three characters", WORKSPACE.but(workspaceName="log"), "InvalidResourceName", WORKSPACE),
    Case(
        NAMES,
        "role assignment that is no GUID",
        RIGHT.but(roleAssignmentName="mine"),
        "InvalidRoleAssignmentId",
        RIGHT,
        given=(PROTECTED_VAULT, IDENTITY, KEY),
    ),
    Case(
        FORMS,
        "taint without an effect",
        POOL.but(nodeTaints=["pool=user"]),
        "InvalidParameter",
        POOL.but(nodeTaints=["pool=user:NoSchedule"]),
        given=(CLUSTER,),
    ),
    Case(
        FORMS,
        "version that is none",
        POOL.but(orchestratorVersion="latest"),
        "InvalidParameter",
        POOL,
        given=(CLUSTER,),
        path="orchestratorVersion",
    ),
    Case(
        FORMS,
        "time of day that is none",
        NIGHTLY.but(maintenanceWindow__startTime="2 am"),
        "InvalidParameter",
        NIGHTLY,
        given=(CLUSTER,),
        path="maintenanceWindow.startTime",
    ),
    Case(
        FORMS,
        "maintenance window without its length",
        NIGHTLY.but(maintenanceWindow__durationHours=None),
        "InvalidParameter",
        NIGHTLY,
        given=(CLUSTER,),
    ),
    Case(
        FORMS,
        "tenant that is no GUID",
        VAULT.but(properties__tenantId="contoso"),
        "BadRequest",
        VAULT,
        path="properties.tenantId",
    ),
    Case(
        FORMS,
        "word that a vault does not know",
        VAULT.but(properties__publicNetworkAccess="off"),
        "BadRequest",
        VAULT.but(properties__publicNetworkAccess="disabled"),
        path="properties.publicNetworkAccess",
    ),
    Case(
        FORMS,
        "address with a number above 255",
        RECORD.but(aRecords=[{"ipv4Address": "10.0.0.256"}]),
        "InvalidRequestFormat",
        RECORD,
        given=(ZONE,),
    ),
    Case(
        FORMS,
        "number above its range",
        CLUSTER.but(agentPoolProfiles=[{**CLUSTER.inputs["agentPoolProfiles"][0], "osDiskSizeGB": 4096}]),
        "InvalidParameter",
        CLUSTER,
    ),
    Case(
        FORMS,
        "address of a key that its vault does not have",
        DISKS.but(
            activeKey__keyUrl="https://vault-of-cases.vault.azure.net/keys/other/0123456789abcdef0123456789abcdef"
        ),
        "KeyNotFound",
        DISKS,
        given=KEYS,
    ),
    Case(
        FORMS,
        "version of a key that its vault does not have",
        DISKS.but(
            activeKey__keyUrl="https://vault-of-cases.vault.azure.net/keys/stores/0123456789abcdef0123456789abcdef"
        ),
        "KeyNotFound",
        DISKS,
        given=KEYS,
        path="activeKey.keyUrl",
    ),
)
