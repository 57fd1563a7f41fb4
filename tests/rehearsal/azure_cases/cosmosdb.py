"""Azure Managed Instance for Apache Cassandra: wrong requests that the Cosmos DB resource provider refuses."""

from azure_cases.case import Case, Step
from azure_cases.given import IDENTITY, NETWORK

SERVICE = "Managed Instance for Apache Cassandra"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SUBNET = Step(
    "network:Subnet",
    "subnet",
    {
        "virtualNetworkName": "${vnet.name}",
        "subnetName": "cassandra",
        "addressPrefix": "10.0.0.0/27",
        "delegations": [{"name": "cassandra", "serviceName": "Microsoft.DocumentDB/cassandraClusters"}],
    },
)
RIGHT = Step(
    "authorization:RoleAssignment",
    "right",
    {
        "scope": "${vnet.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/"
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
    },
)
AROUND = (NETWORK, SUBNET, IDENTITY, RIGHT)
CLUSTER = Step(
    "cosmosdb:CassandraCluster",
    "cluster",
    {
        "clusterName": "cluster",
        "properties": {
            "cassandraVersion": "4.1",
            "delegatedManagementSubnetId": "${subnet.id}",
            "initialCassandraAdminPassword": "long-and-secret",
            "clientCertificates": [{"pem": PEM}],
        },
    },
    after=("right",),
)
DATA_CENTER = Step(
    "cosmosdb:CassandraDataCenter",
    "datacenter",
    {
        "clusterName": "${cluster.name}",
        "dataCenterName": "westeurope",
        "properties": {
            "dataCenterLocation": "westeurope",
            "delegatedSubnetId": "${subnet.id}",
            "nodeCount": 3,
            "sku": "Standard_E8s_v5",
            "diskSku": "P30",
            "diskCapacity": 2,
            "availabilityZone": True,
        },
    },
)


def cluster(wrong: str, request: Step, code: str, path: str, *, warning: bool = False) -> Case:
    """Return a case of a cluster that is wrong in one place."""
    return Case(SERVICE, wrong, request, code, right=CLUSTER, given=AROUND, path=path, warning=warning)


def datacenter(wrong: str, request: Step, code: str, path: str, *, warning: bool = False) -> Case:
    """Return a case of a data centre that is wrong in one place."""
    return Case(SERVICE, wrong, request, code, right=DATA_CENTER, given=(*AROUND, CLUSTER), path=path, warning=warning)


CASES = (
    cluster("name with an underscore", CLUSTER.but(clusterName="my_cluster"), "BadRequest", "clusterName"),
    cluster(
        "version that is not offered",
        CLUSTER.but(properties__cassandraVersion="2.2"),
        "BadRequest",
        "properties.cassandraVersion",
    ),
    Case(
        SERVICE,
        "version before the one that is there",
        CLUSTER.but(properties__cassandraVersion="4.0"),
        "BadRequest",
        right=CLUSTER.but(properties__cassandraVersion="5.0"),
        given=(*AROUND, CLUSTER),
        operation="update",
        path="properties.cassandraVersion",
    ),
    cluster(
        "cluster without a subnet",
        CLUSTER.but(properties__delegatedManagementSubnetId=None),
        "BadRequest",
        "properties.delegatedManagementSubnetId",
    ),
    cluster(
        "network in the place of a subnet",
        CLUSTER.but(properties__delegatedManagementSubnetId="${vnet.id}"),
        "LinkedInvalidPropertyId",
        "properties.delegatedManagementSubnetId",
    ),
    Case(
        SERVICE,
        "subnet that is another service's",
        CLUSTER,
        "SubnetIsDelegated",
        right=CLUSTER.but(properties__delegatedManagementSubnetId="${own.id}"),
        given=(
            NETWORK,
            SUBNET.but(delegations=[{"name": "mysql", "serviceName": "Microsoft.DBforMySQL/flexibleServers"}]),
            Step(
                SUBNET.token, "own", {**SUBNET.inputs, "subnetName": "own", "addressPrefix": "10.0.1.0/27"}, ("subnet",)
            ),
            IDENTITY,
            RIGHT,
        ),
        path="properties.delegatedManagementSubnetId",
    ),
    Case(
        SERVICE,
        "subnet that is not delegated",
        CLUSTER,
        "SubnetMissingRequiredDelegation",
        right=CLUSTER.but(properties__delegatedManagementSubnetId="${own.id}"),
        given=(
            NETWORK,
            SUBNET.but(delegations=None),
            Step(
                SUBNET.token, "own", {**SUBNET.inputs, "subnetName": "own", "addressPrefix": "10.0.1.0/27"}, ("subnet",)
            ),
            IDENTITY,
            RIGHT,
        ),
        path="properties.delegatedManagementSubnetId",
        warning=True,
    ),
    Case(
        SERVICE,
        "service without a right to the network",
        Step(CLUSTER.token, "cluster", CLUSTER.inputs),
        "LinkedAuthorizationFailed",
        right=Step(
            CLUSTER.token,
            "cluster",
            {
                **CLUSTER.inputs,
                "properties": {**CLUSTER.inputs["properties"], "delegatedManagementSubnetId": "${own.id}"},
            },
        ),
        given=(
            Step(
                "network:VirtualNetwork",
                "other",
                {"virtualNetworkName": "other", "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
            ),
            Step(
                SUBNET.token,
                "subnet",
                {**SUBNET.inputs, "virtualNetworkName": "${other.name}", "addressPrefix": "10.1.0.0/27"},
            ),
            NETWORK,
            Step(SUBNET.token, "own", SUBNET.inputs),
            IDENTITY,
            RIGHT,
        ),
        path="properties.delegatedManagementSubnetId",
        warning=True,
    ),
    cluster(
        "password that everybody knows",
        CLUSTER.but(properties__initialCassandraAdminPassword=None),
        "BadRequest",
        "properties.initialCassandraAdminPassword",
        warning=True,
    ),
    cluster(
        "login switched off",
        CLUSTER.but(properties__authenticationMethod="None"),
        "BadRequest",
        "properties.authenticationMethod",
        warning=True,
    ),
    cluster(
        "client certificate that is none",
        CLUSTER.but(properties__clientCertificates=[{"pem": "secret"}]),
        "BadRequest",
        "properties.clientCertificates[0].pem",
    ),
    cluster(
        "backups without a pause",
        CLUSTER.but(properties__hoursBetweenBackups=0),
        "BadRequest",
        "properties.hoursBetweenBackups",
    ),
    datacenter(
        "data centre of two nodes", DATA_CENTER.but(properties__nodeCount=2), "BadRequest", "properties.nodeCount"
    ),
    datacenter(
        "nodes that are not spread evenly over the zones",
        DATA_CENTER.but(properties__nodeCount=4),
        "BadRequest",
        "properties.nodeCount",
        warning=True,
    ),
    datacenter(
        "more nodes than the subnet has addresses",
        DATA_CENTER.but(properties__nodeCount=30),
        "SubnetIsFull",
        "properties.nodeCount",
    ),
    datacenter(
        "size without premium disks", DATA_CENTER.but(properties__sku="Standard_E8_v3"), "BadRequest", "properties.sku"
    ),
    datacenter(
        "more disks than a node takes",
        DATA_CENTER.but(properties__diskCapacity=40),
        "BadRequest",
        "properties.diskCapacity",
    ),
    datacenter(
        "data centre without a region",
        DATA_CENTER.but(properties__dataCenterLocation=None),
        "BadRequest",
        "properties.dataCenterLocation",
    ),
    datacenter(
        "data centre in another region than its subnet",
        DATA_CENTER.but(properties__dataCenterLocation="northeurope"),
        "BadRequest",
        "properties.dataCenterLocation",
    ),
    datacenter(
        "data centre of a cluster that does not exist",
        DATA_CENTER.but(clusterName="nobody"),
        "ParentResourceNotFound",
        "clusterName",
    ),
)
