"""What cases of EKS start from."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step
from aws_cases.given import SECOND_SUBNET, SUBNET, VPC
from aws_cases.service_given import attached, role

INVALID = "InvalidParameterException"
IN_USE = "ResourceInUseException"
NOT_FOUND = "ResourceNotFoundException"
MISSING_ROLE = "arn:aws:iam::111122223333:role/missing"
GATEWAY = Step(tokens.INTERNET_GATEWAY, "gateway", {"vpcId": "${vpc.id}"})
PRIVATE_TABLE = Step(
    tokens.ROUTE_TABLE,
    "private",
    {"vpcId": "${vpc.id}", "routes": [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "${nat.id}"}]},
)
ADDRESS = Step(tokens.ELASTIC_IP, "address", {"domain": "vpc"})
NAT = Step(tokens.NAT_GATEWAY, "nat", {"subnetId": "${subnet.id}", "allocationId": "${address.id}"})
LINKS = tuple(
    Step(
        tokens.ROUTE_TABLE_ASSOCIATION, f"{name}_link", {"subnetId": f"${{{name}.id}}", "routeTableId": "${private.id}"}
    )
    for name in ("subnet", "second")
)
NETWORK = (VPC, SUBNET, SECOND_SUBNET, GATEWAY, ADDRESS, NAT, PRIVATE_TABLE, *LINKS)
CLUSTER_ROLE = role("cluster_role", "eks.amazonaws.com")
NODE_ROLE = role("node_role", "ec2.amazonaws.com")
NODE_POLICIES = attached(
    NODE_ROLE, "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"
)
CLUSTER = Step(
    tokens.CLUSTER,
    "cluster",
    {
        "name": "cluster",
        "version": "1.35",
        "roleArn": "${cluster_role.arn}",
        "vpcConfig": {"subnetIds": ["${subnet.id}", "${second.id}"], "endpointPrivateAccess": True},
        "accessConfig": {"authenticationMode": "API"},
    },
)
BEFORE_CLUSTER = (*NETWORK, CLUSTER_ROLE)
WITH_CLUSTER = (*BEFORE_CLUSTER, CLUSTER)
NODES = Step(
    tokens.NODE_GROUP,
    "nodes",
    {
        "clusterName": "${cluster.name}",
        "nodeGroupName": "nodes",
        "nodeRoleArn": "${node_role.arn}",
        "subnetIds": ["${subnet.id}", "${second.id}"],
        "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
        "instanceTypes": ["m7i.large"],
    },
)
BEFORE_NODES = (*WITH_CLUSTER, NODE_ROLE, *NODE_POLICIES)
