"""What the machinery refuses for every type: shapes, enumerations, locations, ids, parents, references, names, locks, order."""

from azure_cases.case import Case, Step
from azure_cases.given import (
    ADDRESS,
    CLUSTER,
    IDENTITY,
    LINK,
    NAT,
    NETWORK,
    POOL,
    SECOND_SUBNET,
    SECURITY_GROUP,
    STORAGE,
    SUBNET,
    VAULT,
    WORKSPACE,
    ZONE,
)

ARM = "Resource Manager"
NONE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/group/providers"
LOCK = Step(
    "authorization:ManagementLockByScope",
    "lock",
    {"lockName": "lock", "level": "CanNotDelete", "scope": "${account.id}"},
)
DIAGNOSTICS = Step(
    "monitor:DiagnosticSetting",
    "diagnostics",
    {
        "name": "all",
        "resourceUri": "${vault.id}",
        "workspaceId": "${workspace.id}",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
    },
)
ROLE = Step(
    "authorization:RoleAssignment",
    "role",
    {
        "scope": "${vault.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization"
        "/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6",
    },
)
BALANCER = Step(
    "network:LoadBalancer",
    "balancer",
    {
        "loadBalancerName": "balancer",
        "sku": {"name": "Standard"},
        "frontendIPConfigurations": [{"name": "front", "publicIPAddress": {"id": "${address.id}"}}],
        "backendAddressPools": [{"name": "pool"}],
        "loadBalancingRules": [
            {
                "name": "https",
                "protocol": "Tcp",
                "frontendPort": 443,
                "backendPort": 443,
                "frontendIPConfiguration": {
                    "id": f"{NONE}/Microsoft.Network/loadBalancers/balancer/frontendIPConfigurations/front"
                },
                "backendAddressPool": {
                    "id": f"{NONE}/Microsoft.Network/loadBalancers/balancer/backendAddressPools/pool"
                },
            }
        ],
    },
)

CASES = (
    Case(
        ARM,
        "input that no such resource has",
        NETWORK.but(addressPrefixes=["10.0.0.0/16"]),
        "CheckFailure",
        NETWORK,
        path="addressPrefixes",
    ),
    Case(
        ARM,
        "misspelt input of a nested object",
        NETWORK.but(addressSpace={"prefixes": ["10.0.0.0/16"]}),
        "CheckFailure",
        NETWORK,
    ),
    Case(ARM, "required input left out", STORAGE.but(kind=None), "CheckFailure", STORAGE, path="kind"),
    Case(
        ARM,
        "object in the place of a list",
        NETWORK.but(addressSpace={"addressPrefixes": {"a": "b"}}),
        "CheckFailure",
        NETWORK,
    ),
    Case(
        ARM,
        "value outside of an enumeration",
        ADDRESS.but(publicIPAllocationMethod="Fixed"),
        "InvalidRequestFormat",
        ADDRESS,
        path="publicIPAllocationMethod",
    ),
    Case(
        ARM,
        "value outside of an enumeration of a nested object",
        CLUSTER.but(networkProfile={"networkPlugin": "calico"}),
        "InvalidParameter",
        CLUSTER.but(networkProfile={"networkPlugin": "azure"}),
    ),
    Case(
        ARM,
        "region that Azure does not have",
        NETWORK.but(location="westeurop"),
        "LocationNotAvailableForResourceType",
        NETWORK.but(location="West Europe"),
    ),
    Case(
        ARM,
        "private DNS zone in a region",
        ZONE.but(location="westeurope"),
        "LocationNotAvailableForResourceType",
        ZONE,
    ),
    Case(
        ARM,
        "resource group that does not exist",
        NETWORK.but(resourceGroupName="nobody"),
        "ResourceGroupNotFound",
        NETWORK,
    ),
    Case(
        ARM,
        "parent that does not exist",
        SUBNET.but(virtualNetworkName="other"),
        "ParentResourceNotFound",
        SUBNET,
        given=(NETWORK,),
        path="virtualNetworkName",
    ),
    Case(
        ARM,
        "id of a resource that does not exist",
        SUBNET.but(natGateway={"id": f"{NONE}/Microsoft.Network/natGateways/other"}),
        "InvalidResourceReference",
        SUBNET.but(natGateway={"id": "${nat.id}"}),
        given=(NETWORK, ADDRESS, NAT),
        path="natGateway.id",
    ),
    Case(
        ARM,
        "name in the place of an id",
        SUBNET.but(natGateway={"id": "nat"}),
        "LinkedInvalidPropertyId",
        SUBNET.but(natGateway={"id": "${nat.id}"}),
        given=(NETWORK, ADDRESS, NAT),
    ),
    Case(
        ARM,
        "id that lacks its type",
        SUBNET.but(natGateway={"id": f"{NONE}/Microsoft.Network/nat"}),
        "LinkedInvalidPropertyId",
        SUBNET,
        given=(NETWORK,),
    ),
    Case(
        ARM,
        "part of the resource itself that it does not describe",
        BALANCER.but(frontendIPConfigurations=[{"name": "back", "publicIPAddress": {"id": "${address.id}"}}]),
        "InvalidResourceReference",
        BALANCER,
        given=(ADDRESS,),
    ),
    Case(
        ARM,
        "destination of diagnostics that does not exist",
        DIAGNOSTICS.but(workspaceId=f"{NONE}/Microsoft.OperationalInsights/workspaces/other"),
        "ResourceNotFound",
        DIAGNOSTICS,
        given=(VAULT, WORKSPACE),
    ),
    Case(
        ARM,
        "scope that does not exist",
        ROLE.but(scope=f"{NONE}/Microsoft.KeyVault/vaults/other"),
        "ResourceNotFound",
        ROLE,
        given=(VAULT, IDENTITY),
    ),
    Case(
        ARM,
        "role that does not exist",
        ROLE.but(
            roleDefinitionId="/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69ff"
        ),
        "RoleDefinitionDoesNotExist",
        ROLE,
        given=(VAULT, IDENTITY),
    ),
    Case(
        ARM,
        "second resource of the same name",
        Step("network:NetworkSecurityGroup", "again", {"networkSecurityGroupName": "NSG"}),
        "ResourceAlreadyExists",
        SECURITY_GROUP.but(networkSecurityGroupName="other"),
        given=(SECURITY_GROUP,),
    ),
    Case(
        ARM,
        "change of what only creation sets",
        ADDRESS.but(sku={"name": "Basic"}),
        "PropertyChangeNotAllowed",
        ADDRESS.but(tags={"a": "b"}),
        given=(ADDRESS,),
        operation="update",
        path="sku.name",
    ),
    Case(
        ARM,
        "move to another region",
        NETWORK.but(location="northeurope"),
        "InvalidResourceLocation",
        NETWORK.but(tags={"a": "b"}),
        given=(NETWORK,),
        operation="update",
    ),
    Case(
        ARM,
        "deletion of what a lock protects",
        STORAGE,
        "ScopeLocked",
        given=(STORAGE, LOCK),
        operation="delete",
        holders=("lock",),
    ),
    Case(
        ARM,
        "deletion of a group with something locked inside",
        Step("resources:ResourceGroup", "group"),
        "ScopeLocked",
        given=(STORAGE, LOCK),
        operation="delete",
        holders=("lock",),
    ),
    Case(
        ARM,
        "change under a lock that only lets read",
        STORAGE.but(tags={"a": "b"}),
        "ScopeLocked",
        STORAGE,
        given=(STORAGE, LOCK.but(level="ReadOnly")),
        operation="update",
        holders=("lock",),
    ),
    Case(
        ARM,
        "network with two subnets written at the same time",
        Step("network:Subnet", "third", {**SECOND_SUBNET.inputs, "subnetName": "third"}),
        "AnotherOperationInProgress",
        SECOND_SUBNET,
        given=(NETWORK, SUBNET),
    ),
    Case(
        ARM,
        "deletion of a private zone with a link",
        ZONE,
        "CannotDeleteResource",
        given=(NETWORK, ZONE, LINK),
        operation="delete",
        holders=("link",),
    ),
    Case(
        ARM,
        "deletion of an address that is in use",
        ADDRESS,
        "PublicIPAddressCannotBeDeleted",
        given=(ADDRESS, NAT),
        operation="delete",
        holders=("nat",),
    ),
    Case(
        ARM,
        "name of a storage account that somebody has",
        Step("storage:StorageAccount", "again", {**STORAGE.inputs, "resourceGroupName": "other"}),
        "StorageAccountAlreadyTaken",
        Step(
            "storage:StorageAccount",
            "again",
            {**STORAGE.inputs, "resourceGroupName": "other", "accountName": "anotheraccount"},
        ),
        given=(
            STORAGE,
            Step("resources:ResourceGroup", "other", {"resourceGroupName": "other", "location": "westeurope"}),
        ),
    ),
    Case(
        ARM,
        "pool of a cluster that does not exist",
        POOL.but(resourceName="other"),
        "ParentResourceNotFound",
        POOL,
        given=(CLUSTER,),
    ),
    Case(
        ARM,
        "service properties under another name than default",
        Step("storage:BlobServiceProperties", "blobs", {"accountName": "${account.name}", "blobServicesName": "blobs"}),
        "InvalidResourceName",
        Step("storage:BlobServiceProperties", "blobs", {"accountName": "${account.name}"}),
        given=(STORAGE,),
    ),
)
