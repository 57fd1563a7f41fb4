"""What several cases start from."""

from azure_cases.case import Step

NETWORK = Step(
    "network:VirtualNetwork",
    "vnet",
    {"virtualNetworkName": "vnet", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
)
SUBNET = Step(
    "network:Subnet",
    "subnet",
    {
        "virtualNetworkName": "${vnet.name}",
        "subnetName": "nodes",
        "addressPrefix": "10.0.0.0/24",
        "privateEndpointNetworkPolicies": "Disabled",
    },
)
SECOND_SUBNET = Step(
    "network:Subnet",
    "second",
    {
        "virtualNetworkName": "${vnet.name}",
        "subnetName": "data",
        "addressPrefix": "10.0.1.0/24",
        "privateEndpointNetworkPolicies": "Disabled",
    },
    after=("subnet",),
)
SECURITY_GROUP = Step("network:NetworkSecurityGroup", "nsg", {"networkSecurityGroupName": "nsg"})
ADDRESS = Step(
    "network:PublicIPAddress",
    "address",
    {"publicIpAddressName": "address", "sku": {"name": "Standard"}, "publicIPAllocationMethod": "Static"},
)
NAT = Step(
    "network:NatGateway",
    "nat",
    {"natGatewayName": "nat", "sku": {"name": "Standard"}, "publicIpAddresses": [{"id": "${address.id}"}]},
)
IDENTITY = Step("managedidentity:UserAssignedIdentity", "identity", {"resourceName": "identity"})
WORKSPACE = Step(
    "operationalinsights:Workspace", "workspace", {"workspaceName": "workspace", "sku": {"name": "PerGB2018"}}
)
STORAGE = Step(
    "storage:StorageAccount",
    "account",
    {"accountName": "accountofcases", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}},
)
VAULT = Step(
    "keyvault:Vault",
    "vault",
    {
        "vaultName": "vault-of-cases",
        "properties": {
            "sku": {"family": "A", "name": "standard"},
            "tenantId": "00000000-0000-4000-8000-000000000002",
            "enableRbacAuthorization": True,
        },
    },
)
ZONE = Step("privatedns:PrivateZone", "zone", {"privateZoneName": "privatelink.vaultcore.azure.net"})
LINK = Step(
    "privatedns:VirtualNetworkLink",
    "link",
    {
        "privateZoneName": "${zone.name}",
        "virtualNetworkLinkName": "vnet",
        "virtualNetwork": {"id": "${vnet.id}"},
        "registrationEnabled": False,
    },
)
CLUSTER = Step(
    "containerservice:ManagedCluster",
    "cluster",
    {
        "resourceName": "cluster",
        "dnsPrefix": "cluster",
        "kubernetesVersion": "1.36",
        "identity": {"type": "SystemAssigned"},
        "agentPoolProfiles": [
            {
                "name": "system",
                "mode": "System",
                "count": 3,
                "vmSize": "Standard_D4ds_v5",
                "osType": "Linux",
                "maxPods": 60,
            }
        ],
        "oidcIssuerProfile": {"enabled": True},
    },
)
POOL = Step(
    "containerservice:AgentPool",
    "pool",
    {
        "resourceName": "${cluster.name}",
        "agentPoolName": "user",
        "mode": "User",
        "count": 3,
        "vmSize": "Standard_D4ds_v5",
        "osType": "Linux",
    },
)
