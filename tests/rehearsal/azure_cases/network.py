"""What Azure refuses of networks: ranges, addresses, subnets with an owner, NAT gateways, flow logs."""

from azure_cases.case import Case, Step
from azure_cases.given import ADDRESS, CLUSTER, NAT, NETWORK, POOL, SECOND_SUBNET, SECURITY_GROUP, STORAGE, SUBNET

VNET = "Virtual network"
NIC = Step(
    "network:NetworkInterface",
    "nic",
    {
        "networkInterfaceName": "nic",
        "ipConfigurations": [
            {
                "name": "one",
                "privateIPAllocationMethod": "Static",
                "privateIPAddress": "10.0.0.10",
                "subnet": {"id": "${subnet.id}"},
            }
        ],
    },
)


def nic(name: str, address: str | None = None, subnet: str = "subnet") -> Step:
    """Return an interface in a subnet, with an address of its own or one that Azure chooses."""
    configuration = {
        "name": "one",
        "privateIPAllocationMethod": "Static" if address else "Dynamic",
        **({"privateIPAddress": address} if address else {}),
        "subnet": {"id": f"${{{subnet}.id}}"},
    }
    return Step("network:NetworkInterface", name, {"networkInterfaceName": name, "ipConfigurations": [configuration]})


def subnet(name: str, prefix: str, after: tuple[str, ...] = (), **inputs: object) -> Step:
    """Return a subnet of the network."""
    return Step(
        "network:Subnet",
        name,
        {"virtualNetworkName": "${vnet.name}", "subnetName": name, "addressPrefix": prefix, **inputs},
        after,
    )


TINY = subnet("tiny", "10.0.9.0/29")
BALANCER = Step(
    "network:LoadBalancer",
    "balancer",
    {
        "loadBalancerName": "balancer",
        "sku": {"name": "Standard"},
        "frontendIPConfigurations": [
            {
                "name": "front",
                "privateIPAllocationMethod": "Static",
                "privateIPAddress": "10.0.0.10",
                "subnet": {"id": "${subnet.id}"},
            }
        ],
    },
)
MYSQL_SUBNET = subnet(
    "mysql",
    "10.0.8.0/28",
    delegations=[{"name": "service", "serviceName": "Microsoft.DBforMySQL/flexibleServers"}],
)
MYSQL_ZONE = Step("privatedns:PrivateZone", "zone", {"privateZoneName": "apim.private.mysql.database.azure.com"})
MYSQL_LINK = Step(
    "privatedns:VirtualNetworkLink",
    "link",
    {
        "privateZoneName": "${zone.name}",
        "virtualNetworkLinkName": "vnet",
        "virtualNetwork": {"id": "${vnet.id}"},
        "registrationEnabled": False,
    },
)
MYSQL = Step(
    "dbformysql:Server",
    "server",
    {
        "serverName": "server-of-network-cases",
        "administratorLogin": "apim",
        "administratorLoginPassword": "Not-a-real-one-1",
        "version": "8.0.21",
        "sku": {"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"},
        "storage": {"storageSizeGB": 64},
        "network": {
            "delegatedSubnetResourceId": "${mysql.id}",
            "privateDnsZoneResourceId": "${zone.id}",
            "publicNetworkAccess": "Disabled",
        },
    },
    after=("link",),
)
ROUTES = Step("network:RouteTable", "routes", {"routeTableName": "routes"})
PREFIX = Step(
    "network:PublicIPPrefix",
    "prefix",
    {"publicIpPrefixName": "prefix", "sku": {"name": "Standard"}, "prefixLength": 31},
)
OTHER_NETWORK = Step(
    "network:VirtualNetwork",
    "other",
    {"virtualNetworkName": "other", "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
)
WATCHED = Step(
    "network:FlowLog",
    "flows",
    {
        "resourceGroupName": "NetworkWatcherRG",
        "networkWatcherName": "NetworkWatcher_westeurope",
        "flowLogName": "flows",
        "targetResourceId": "${vnet.id}",
        "storageId": "${account.id}",
        "enabled": True,
    },
)
NEAR = Step(
    "storage:StorageAccount",
    "near",
    {"accountName": "nearofnetworkcases", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}},
)

CASES = (
    Case(
        VNET,
        "range that is none",
        NETWORK.but(addressSpace__addressPrefixes=["10.0.0.0/33"]),
        "InvalidCIDRNotation",
        NETWORK,
        path="addressSpace.addressPrefixes[0]",
    ),
    Case(
        VNET,
        "range with bits of a host",
        NETWORK.but(addressSpace__addressPrefixes=["10.0.0.1/16"]),
        "InvalidCIDRNotation",
        NETWORK,
        path="addressSpace.addressPrefixes[0]",
    ),
    Case(
        VNET,
        "subnet with bits of a host",
        SUBNET.but(addressPrefix="10.0.0.5/24"),
        "InvalidCIDRNotation",
        SUBNET,
        (NETWORK,),
        path="addressPrefix",
    ),
    Case(
        VNET,
        "subnet outside of its network",
        SUBNET.but(addressPrefix="10.1.0.0/24"),
        "NetcfgInvalidSubnet",
        SUBNET,
        (NETWORK,),
        path="addressPrefix",
    ),
    Case(
        VNET,
        "subnet with no address left",
        SUBNET.but(addressPrefix="10.0.0.0/30"),
        "NetcfgInvalidSubnet",
        SUBNET.but(addressPrefix="10.0.0.0/29"),
        (NETWORK,),
    ),
    Case(
        VNET,
        "subnet over another",
        SECOND_SUBNET.but(addressPrefix="10.0.0.128/25"),
        "NetcfgSubnetRangesOverlap",
        SECOND_SUBNET,
        (NETWORK, SUBNET),
        path="addressPrefix",
    ),
    Case(
        VNET,
        "subnet moved over another",
        SECOND_SUBNET.but(addressPrefix="10.0.0.0/23"),
        "NetcfgSubnetRangesOverlap",
        SECOND_SUBNET.but(addressPrefix="10.0.2.0/23"),
        (NETWORK, SUBNET, SECOND_SUBNET),
        "update",
    ),
    Case(
        VNET,
        "range taken from under a subnet",
        NETWORK.but(addressSpace__addressPrefixes=["10.1.0.0/16"]),
        "InUsePrefixCannotBeDeleted",
        NETWORK.but(addressSpace__addressPrefixes=["10.0.0.0/16", "10.1.0.0/16"]),
        (NETWORK, SUBNET),
        "update",
        warning=True,
    ),
    Case(
        VNET,
        "subnet delegated to two services",
        MYSQL_SUBNET.but(
            delegations=[
                {"name": "one", "serviceName": "Microsoft.DBforMySQL/flexibleServers"},
                {"name": "two", "serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"},
            ]
        ),
        "InvalidRequestFormat",
        MYSQL_SUBNET,
        (NETWORK,),
        path="delegations",
    ),
    Case(
        VNET,
        "interface in a delegated subnet",
        nic("nic", subnet="mysql"),
        "SubnetIsDelegated",
        nic("nic", subnet="tiny"),
        (NETWORK, MYSQL_SUBNET, subnet("tiny", "10.0.9.0/29", ("mysql",))),
    ),
    Case(
        VNET,
        "delegation taken away under its server",
        MYSQL_SUBNET.but(delegations=[]),
        "SubnetMissingRequiredDelegation",
        MYSQL_SUBNET.but(defaultOutboundAccess=False),
        (NETWORK, MYSQL_SUBNET, MYSQL_ZONE, MYSQL_LINK, MYSQL),
        "update",
    ),
    Case(
        VNET,
        "security group of another region",
        SUBNET.but(networkSecurityGroup={"id": "${nsg.id}"}),
        "InvalidResourceReference",
        SUBNET,
        (NETWORK, SECURITY_GROUP.but(location="northeurope")),
        path="networkSecurityGroup.id",
    ),
    Case(
        VNET,
        "interface in another region than its network",
        NIC.but(location="northeurope"),
        "InvalidResourceReference",
        NIC,
        (NETWORK, SUBNET),
        path="ipConfigurations[0].subnet.id",
    ),
    Case(
        "Private address",
        "static address outside of the subnet",
        nic("nic", "10.0.1.10"),
        "PrivateIPAddressNotInSubnet",
        NIC,
        (NETWORK, SUBNET),
        path="ipConfigurations[0].privateIPAddress",
    ),
    Case(
        "Private address",
        "static address that Azure keeps",
        nic("nic", "10.0.0.3"),
        "PrivateIPAddressInReservedRange",
        nic("nic", "10.0.0.4"),
        (NETWORK, SUBNET),
    ),
    Case(
        "Private address",
        "static address that is the last of its subnet",
        nic("nic", "10.0.0.255"),
        "PrivateIPAddressInReservedRange",
        nic("nic", "10.0.0.254"),
        (NETWORK, SUBNET),
    ),
    Case(
        "Private address",
        "static address of another interface",
        nic("twin", "10.0.0.10"),
        "PrivateIPAddressIsAllocated",
        nic("twin", "10.0.0.11"),
        (NETWORK, SUBNET, NIC),
    ),
    Case(
        "Private address",
        "frontend with the address of an interface",
        BALANCER,
        "PrivateIPAddressIsAllocated",
        given=(NETWORK, SUBNET, NIC),
        holders=("nic",),
    ),
    Case(
        "Private address",
        "subnet that is full",
        nic("fourth", subnet="tiny"),
        "SubnetIsFull",
        given=(NETWORK, TINY, nic("first", subnet="tiny"), nic("second", subnet="tiny"), nic("third", subnet="tiny")),
        holders=("third",),
    ),
    Case(
        "Private address",
        "pool whose nodes do not fit into its subnet",
        POOL.but(vnetSubnetID="${tiny.id}", count=4),
        "SubnetIsFull",
        POOL.but(vnetSubnetID="${tiny.id}", count=3),
        (NETWORK, TINY, CLUSTER),
        path="vnetSubnetID",
    ),
    Case(
        "NAT gateway",
        "gateway for two networks",
        Step(
            "network:Subnet",
            "there",
            {
                "virtualNetworkName": "${other.name}",
                "subnetName": "there",
                "addressPrefix": "10.1.0.0/24",
                "natGateway": {"id": "${nat.id}"},
            },
        ),
        "NatGatewayCannotBeUsedBySubnetsBelongingToDifferentVirtualNetworks",
        SECOND_SUBNET.but(natGateway={"id": "${nat.id}"}),
        (NETWORK, OTHER_NETWORK, ADDRESS, NAT, SUBNET.but(natGateway={"id": "${nat.id}"})),
        path="natGateway.id",
    ),
    Case(
        "NAT gateway",
        "gateway in several zones",
        NAT.but(zones=["1", "2", "3"]),
        "InvalidRequestFormat",
        NAT.but(zones=["1"]),
        (ADDRESS,),
        path="zones",
    ),
    Case(
        "NAT gateway",
        "gateway that is in use deleted",
        NAT,
        "InUseNatGatewayCannotBeDeleted",
        None,
        (NETWORK, ADDRESS, NAT, SUBNET.but(natGateway={"id": "${nat.id}"})),
        "delete",
        holders=("subnet",),
    ),
    Case(
        "Flow logs",
        "account of another region",
        WATCHED,
        "InvalidRequestFormat",
        WATCHED.but(storageId="${near.id}"),
        (NETWORK, STORAGE.but(location="northeurope"), NEAR),
        path="storageId",
    ),
    Case(
        "Flow logs",
        "second watcher of a region",
        Step("network:NetworkWatcher", "watcher", {"networkWatcherName": "watcher"}),
        "NetworkWatcherCountLimitReached",
        Step("network:NetworkWatcher", "watcher", {"networkWatcherName": "watcher", "location": "northeurope"}),
        (NETWORK,),
        warning=True,
    ),
    Case(
        "Flow logs",
        "watcher of a region without a network",
        WATCHED.but(networkWatcherName="NetworkWatcher_northeurope"),
        "ParentResourceNotFound",
        WATCHED,
        (NETWORK, STORAGE),
    ),
    Case(
        VNET,
        "subnet that is in use deleted",
        SUBNET,
        "InUseSubnetCannotBeDeleted",
        None,
        (NETWORK, SUBNET, NIC),
        "delete",
        holders=("nic",),
    ),
    Case(
        VNET,
        "security group of a subnet deleted",
        SECURITY_GROUP,
        "InUseNetworkSecurityGroupCannotBeDeleted",
        None,
        (NETWORK, SECURITY_GROUP, SUBNET.but(networkSecurityGroup={"id": "${nsg.id}"})),
        "delete",
        holders=("subnet",),
    ),
    Case(
        VNET,
        "route table of a subnet deleted",
        ROUTES,
        "InUseRouteTableCannotBeDeleted",
        None,
        (NETWORK, ROUTES, SUBNET.but(routeTable={"id": "${routes.id}"})),
        "delete",
        holders=("subnet",),
    ),
    Case(
        "NAT gateway",
        "public prefix that is in use deleted",
        PREFIX,
        "InUsePublicIPPrefixCannotBeDeleted",
        None,
        (PREFIX, NAT.but(publicIpAddresses=None, publicIpPrefixes=[{"id": "${prefix.id}"}])),
        "delete",
        holders=("nat",),
    ),
)
