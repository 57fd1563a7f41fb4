"""Wrong requests to EKS."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import (
    GROUP,
    KEY,
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SECOND_SUBNET,
    SUBNET,
    VPC,
    Aws,
    make_role,
    make_subnet,
    make_vpc,
)
from aws_cases.service_given import attached, changed, role, without

INVALID = "InvalidParameterException"
IN_USE = "ResourceInUseException"
NOT_FOUND = "ResourceNotFoundException"
ADDON = "aws:eks/addon:Addon"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ACCESS_POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
IDENTITY_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
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
TEMPLATE = Step(tokens.LAUNCH_TEMPLATE, "template", {"name": "template"})
WITH_TEMPLATE = changed(NODES, launchTemplate={"id": "${template.id}", "version": "1"})
POD_ROLE = role("pod_role", "pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")
POD = Step(
    ASSOCIATION,
    "pod",
    {"clusterName": "${cluster.name}", "namespace": "apim", "serviceAccount": "gateway", "roleArn": "${pod_role.arn}"},
)
ENTRY = Step(
    tokens.ACCESS_ENTRY,
    "entry",
    {"clusterName": "${cluster.name}", "principalArn": "arn:aws:iam::444455556666:role/operators"},
)
ENTRY_POLICY = Step(
    ACCESS_POLICY,
    "entry_policy",
    {
        "clusterName": "${cluster.name}",
        "principalArn": "arn:aws:iam::444455556666:role/operators",
        "policyArn": ADMIN,
        "accessScope": {"type": "cluster"},
    },
)
FARGATE_ROLE = role("fargate_role", "eks-fargate-pods.amazonaws.com")
FARGATE = Step(
    tokens.FARGATE_PROFILE,
    "fargate",
    {
        "clusterName": "${cluster.name}",
        "fargateProfileName": "fargate",
        "podExecutionRoleArn": "${fargate_role.arn}",
        "subnetIds": ["${subnet.id}"],
        "selectors": [{"namespace": "jobs"}],
    },
)
PROVIDER = Step(
    IDENTITY_PROVIDER,
    "provider",
    {
        "clusterName": "${cluster.name}",
        "oidc": {
            "clientId": "kubernetes",
            "identityProviderConfigName": "company",
            "issuerUrl": "https://id.example.com",
        },
    },
)


def cluster(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BEFORE_CLUSTER, **inputs: Any) -> Case:
    """Make a case of a wrong cluster."""
    return Case("EKS", wrong, changed(CLUSTER, **inputs), code, given)


def network(**values: Any) -> Mapping[str, Any]:
    """Return the cluster's network settings, some changed."""
    return {**CLUSTER.inputs["vpcConfig"], **values}


def nodes(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BEFORE_NODES, **inputs: Any) -> Case:
    """Make a case of a wrong node group."""
    return Case("EKS", wrong, changed(NODES, **inputs), code, given)


def addon(wrong: str, code: str = INVALID, given: tuple[Step, ...] = WITH_CLUSTER, **inputs: Any) -> Case:
    """Make a case of a wrong add-on."""
    return Case(
        "EKS",
        wrong,
        Step(ADDON, "addon", {"clusterName": "${cluster.name}", "addonName": "vpc-cni", **inputs}),
        code,
        given,
    )


def updated(wrong: str, given: tuple[Step, ...] = WITH_CLUSTER, **inputs: Any) -> Case:
    """Make a case of a wrong update of a cluster."""
    return Case("EKS", wrong, changed(CLUSTER, **inputs), INVALID, given, "update")


def moto_cluster(aws: Aws, name: str = "cluster") -> None:
    """Make a cluster in moto."""
    subnet = make_subnet(aws, make_vpc(aws))
    make_role(aws)
    aws("eks").create_cluster(
        name=name, roleArn="arn:aws:iam::123456789012:role/role", resourcesVpcConfig={"subnetIds": [subnet]}
    )


def twice(aws: Aws) -> None:
    """Make one cluster twice in moto."""
    moto_cluster(aws)
    network = {"subnetIds": ["subnet-1"]}
    aws("eks").create_cluster(
        name="cluster", roleArn="arn:aws:iam::123456789012:role/role", resourcesVpcConfig=network
    )


def moto_nodes(aws: Aws, **more: Any) -> None:
    """Make a cluster and a node group in moto."""
    moto_cluster(aws)
    aws("eks").create_nodegroup(
        clusterName="cluster",
        nodegroupName="nodes",
        subnets=["subnet-1"],
        nodeRole="arn:aws:iam::123456789012:role/role",
        **more,
    )


def delete_with_nodes(aws: Aws) -> None:
    """Delete a cluster with nodes in moto."""
    moto_nodes(aws)
    aws("eks").delete_cluster(name="cluster")


CLUSTERS = (
    cluster("cluster in one zone", vpcConfig=network(subnetIds=["${subnet.id}"])),
    cluster(
        "cluster on a subnet that does not exist",
        vpcConfig=network(subnetIds=["${subnet.id}", "subnet-0123456789abcdef0"]),
    ),
    cluster(
        "cluster across two VPCs",
        given=(*BEFORE_CLUSTER, OTHER_VPC, OTHER_SUBNET),
        vpcConfig=network(subnetIds=["${second.id}", "${elsewhere.id}"]),
    ),
    cluster(
        "cluster with a security group that does not exist",
        vpcConfig=network(securityGroupIds=["sg-0123456789abcdef0"]),
    ),
    cluster(
        "cluster with a security group of another VPC",
        given=(*BEFORE_CLUSTER, OTHER_VPC, OTHER_GROUP),
        vpcConfig=network(securityGroupIds=["${stranger.id}"]),
    ),
    cluster("cluster without any endpoint", vpcConfig=network(endpointPrivateAccess=False, endpointPublicAccess=False)),
    cluster("public access from a private range", vpcConfig=network(publicAccessCidrs=["10.0.0.0/8"])),
    cluster("public access from something that is no range", vpcConfig=network(publicAccessCidrs=["everywhere"])),
    cluster("Kubernetes version that EKS lacks", version="1.19"),
    cluster(
        "version in extended support under the upgrade policy STANDARD",
        version="1.32",
        upgradePolicy={"supportType": "STANDARD"},
    ),
    cluster("cluster role that does not exist", roleArn=MISSING_ROLE),
    cluster("cluster role that does not trust EKS", given=(*BEFORE_CLUSTER, NODE_ROLE), roleArn="${node_role.arn}"),
    cluster("service range within the VPC", kubernetesNetworkConfig={"serviceIpv4Cidr": "10.0.128.0/20"}),
    cluster("service range that is not private", kubernetesNetworkConfig={"serviceIpv4Cidr": "8.8.0.0/16"}),
    cluster("service range that is too small", kubernetesNetworkConfig={"serviceIpv4Cidr": "172.20.0.0/26"}),
    cluster("unknown kind of control-plane log", enabledClusterLogTypes=["api", "kubelet"]),
    cluster("unknown authentication mode", accessConfig={"authenticationMode": "TOKENS"}),
    cluster("name of a cluster with spaces", name="my cluster"),
    cluster(
        "secrets encrypted with a key that does not exist",
        encryptionConfig={
            "resources": ["secrets"],
            "provider": {"keyArn": "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"},
        },
    ),
    cluster(
        "secrets encrypted with a key of another region",
        given=(*BEFORE_CLUSTER, Step(tokens.KEY, "far", {"region": "eu-west-1"})),
        encryptionConfig={"resources": ["secrets"], "provider": {"keyArn": "${far.arn}"}},
    ),
    cluster(
        "secrets encrypted with an asymmetric key",
        given=(
            *BEFORE_CLUSTER,
            Step(tokens.KEY, "pair", {"customerMasterKeySpec": "RSA_2048", "keyUsage": "ENCRYPT_DECRYPT"}),
        ),
        encryptionConfig={"resources": ["secrets"], "provider": {"keyArn": "${pair.arn}"}},
    ),
    cluster(
        "envelope encryption of something else than secrets",
        given=(*BEFORE_CLUSTER, KEY),
        encryptionConfig={"resources": ["configmaps"], "provider": {"keyArn": "${key.arn}"}},
    ),
    cluster(
        "Auto Mode switched on by half",
        bootstrapSelfManagedAddons=False,
        computeConfig={"enabled": True},
        storageConfig={"blockStorage": {"enabled": False}},
    ),
    Case(
        "EKS",
        "cluster of a name that is taken",
        changed(CLUSTER, name="cluster"),
        IN_USE,
        (*BEFORE_CLUSTER, Step(CLUSTER.token, "first", CLUSTER.inputs)),
        moto=twice,
    ),
    cluster(
        "cluster in a zone without EKS",
        "UnsupportedAvailabilityZoneException",
        given=(
            Step(tokens.VPC, "vpc", {"cidrBlock": "10.0.0.0/16", "region": "us-east-1"}),
            *(
                Step(
                    tokens.SUBNET,
                    name,
                    {"vpcId": "${vpc.id}", "cidrBlock": cidr, "availabilityZone": zone, "region": "us-east-1"},
                )
                for name, cidr, zone in (
                    ("subnet", "10.0.0.0/24", "us-east-1a"),
                    ("second", "10.0.1.0/24", "us-east-1e"),
                )
            ),
            CLUSTER_ROLE,
        ),
        region="us-east-1",
    ),
    updated("upgrade over two minor versions", (*BEFORE_CLUSTER, changed(CLUSTER, version="1.33")), version="1.35"),
    updated("downgrade of the control plane", version="1.34"),
    updated("back from access entries to the config map", accessConfig={"authenticationMode": "CONFIG_MAP"}),
    updated(
        "subnets of a cluster moved to other zones",
        (
            *WITH_CLUSTER,
            Step(
                tokens.SUBNET,
                "third",
                {"vpcId": "${vpc.id}", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-central-1c"},
            ),
        ),
        vpcConfig=network(subnetIds=["${subnet.id}", "${third.id}"]),
    ),
    Case(
        "EKS",
        "deletion of a cluster with nodes",
        CLUSTER,
        IN_USE,
        (*BEFORE_NODES, NODES),
        "delete",
        moto=delete_with_nodes,
    ),
    Case(
        "EKS",
        "deletion of a protected cluster",
        CLUSTER,
        "InvalidRequestException",
        (*BEFORE_CLUSTER, changed(CLUSTER, deletionProtection=True)),
        "delete",
    ),
    Case("EKS", "deletion of a subnet with a cluster", SUBNET, "DependencyViolation", WITH_CLUSTER, "delete"),
    Case(
        "EKS",
        "deletion of a cluster's security group",
        GROUP,
        "DependencyViolation",
        (*BEFORE_CLUSTER, GROUP, changed(CLUSTER, vpcConfig=network(securityGroupIds=["${group.id}"]))),
        "delete",
    ),
)

NODE_GROUPS = (
    nodes("fewest nodes above most", scalingConfig={"minSize": 4, "desiredSize": 4, "maxSize": 3}),
    nodes("wanted nodes below fewest", scalingConfig={"minSize": 2, "desiredSize": 1, "maxSize": 3}),
    nodes("wanted nodes above most", scalingConfig={"minSize": 1, "desiredSize": 5, "maxSize": 3}),
    nodes("instance type that the region lacks", instanceTypes=["m7i.huge"]),
    nodes("ARM instance type with an x86 image", instanceTypes=["m7g.large"], amiType="AL2023_x86_64_STANDARD"),
    nodes("ARM image with an x86 instance type", amiType="BOTTLEROCKET_ARM_64"),
    nodes("unknown image type", amiType="UBUNTU_x86_64"),
    nodes("unknown capacity type", capacityType="CHEAP"),
    nodes("Amazon Linux 2 on a version without it", amiType="AL2_x86_64"),
    nodes("nodes newer than their cluster", version="1.36"),
    nodes("nodes of a cluster that does not exist", NOT_FOUND, clusterName="missing"),
    nodes("node role that does not exist", nodeRoleArn=MISSING_ROLE),
    nodes("node role that does not trust EC2", nodeRoleArn="${cluster_role.arn}"),
    nodes("nodes on a subnet that does not exist", subnetIds=["subnet-0123456789abcdef0"]),
    nodes("nodes in another VPC", given=(*BEFORE_NODES, OTHER_VPC, OTHER_SUBNET), subnetIds=["${elsewhere.id}"]),
    nodes("taint with an unknown effect", taints=[{"key": "pool", "value": "user", "effect": "NO_RUN"}]),
    nodes(
        "one taint twice",
        taints=[{"key": "pool", "value": value, "effect": "NO_SCHEDULE"} for value in ("user", "management")],
    ),
    nodes("label in Kubernetes' own domain", labels={"kubernetes.io/role": "user"}),
    nodes("label with a space", labels={"pool": "user pool"}),
    nodes(
        "both ways to say how many nodes may be away",
        updateConfig={"maxUnavailable": 1, "maxUnavailablePercentage": 30},
    ),
    nodes(
        "node group of a name that is taken", IN_USE, given=(*BEFORE_NODES, Step(NODES.token, "first", NODES.inputs))
    ),
    Case(
        "EKS",
        "disk size beside a launch template",
        changed(WITH_TEMPLATE, diskSize=50),
        INVALID,
        (*BEFORE_NODES, TEMPLATE),
    ),
    Case(
        "EKS",
        "launch template that does not exist",
        changed(WITH_TEMPLATE, launchTemplate={"id": "lt-0123456789abcdef0", "version": "1"}),
        INVALID,
        BEFORE_NODES,
    ),
    Case(
        "EKS",
        "version that the launch template lacks",
        changed(WITH_TEMPLATE, launchTemplate={"id": "${template.id}", "version": "7"}),
        INVALID,
        (*BEFORE_NODES, TEMPLATE),
    ),
    Case(
        "EKS",
        "launch template by id and by name",
        changed(WITH_TEMPLATE, launchTemplate={"id": "${template.id}", "name": "template", "version": "1"}),
        INVALID,
        (*BEFORE_NODES, TEMPLATE),
    ),
    Case(
        "EKS",
        "instance types here and in the launch template",
        WITH_TEMPLATE,
        INVALID,
        (*BEFORE_NODES, changed(TEMPLATE, instanceType="m7i.large")),
    ),
    Case(
        "EKS",
        "image type beside the image of a launch template",
        changed(WITH_TEMPLATE, amiType="AL2023_x86_64_STANDARD"),
        INVALID,
        (*BEFORE_NODES, changed(TEMPLATE, imageId="ami-0123456789abcdef0")),
    ),
    nodes("node role without the policies of nodes", "NodeCreationFailure", given=(*WITH_CLUSTER, NODE_ROLE)),
    nodes(
        "nodes without a way to AWS's endpoints",
        "NodeCreationFailure",
        given=(VPC, SUBNET, SECOND_SUBNET, CLUSTER_ROLE, CLUSTER, NODE_ROLE, *NODE_POLICIES),
    ),
    nodes(
        "nodes on public subnets that give no address",
        "Ec2SubnetInvalidConfiguration",
        given=(
            VPC,
            SUBNET,
            SECOND_SUBNET,
            GATEWAY,
            Step(
                tokens.ROUTE_TABLE,
                "private",
                {"vpcId": "${vpc.id}", "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "${gateway.id}"}]},
            ),
            *LINKS,
            CLUSTER_ROLE,
            CLUSTER,
            NODE_ROLE,
            *NODE_POLICIES,
        ),
    ),
    nodes(
        "nodes in a VPC whose names do not resolve",
        "NodeCreationFailure",
        given=(changed(VPC, enableDnsHostnames=False), *BEFORE_NODES[1:]),
    ),
    Case("EKS", "deletion of a subnet with nodes", SUBNET, "DependencyViolation", (*BEFORE_NODES, NODES), "delete"),
)

ACCESS = (
    addon("add-on that EKS does not offer", addonName="ingress-nginx"),
    addon("add-on version of another form", addonVersion="1.18.1"),
    addon("kube-proxy newer than the cluster", addonName="kube-proxy", addonVersion="v1.36.0-eksbuild.2"),
    addon("add-on of a cluster that does not exist", NOT_FOUND, clusterName="missing"),
    addon(
        "add-on twice",
        IN_USE,
        given=(*WITH_CLUSTER, Step(ADDON, "first", {"clusterName": "${cluster.name}", "addonName": "vpc-cni"})),
    ),
    addon("add-on settings that are no JSON", configurationValues="replicas: 2"),
    addon("unknown way to resolve conflicts", resolveConflictsOnCreate="PRESERVE"),
    addon("add-on role that does not exist", serviceAccountRoleArn=MISSING_ROLE),
    addon(
        "add-on role that does not trust Pod Identity",
        given=(*WITH_CLUSTER, NODE_ROLE),
        podIdentityAssociations=[{"roleArn": "${node_role.arn}", "serviceAccount": "aws-node"}],
    ),
    Case(
        "EKS",
        "pod identity of a cluster that does not exist",
        changed(POD, clusterName="missing"),
        NOT_FOUND,
        (POD_ROLE,),
    ),
    Case("EKS", "pod identity twice", Step(POD.token, "again", POD.inputs), IN_USE, (*WITH_CLUSTER, POD_ROLE, POD)),
    Case("EKS", "pod identity role that does not exist", changed(POD, roleArn=MISSING_ROLE), INVALID, WITH_CLUSTER),
    Case(
        "EKS",
        "pod identity role that trusts another service",
        changed(POD, roleArn="${node_role.arn}"),
        INVALID,
        (*WITH_CLUSTER, NODE_ROLE),
    ),
    Case(
        "EKS",
        "pod identity role that may not tag sessions",
        POD,
        INVALID,
        (*WITH_CLUSTER, role("pod_role", "pods.eks.amazonaws.com", "sts:AssumeRole")),
    ),
    Case("EKS", "access entry twice", Step(ENTRY.token, "again", ENTRY.inputs), IN_USE, (*WITH_CLUSTER, ENTRY)),
    Case(
        "EKS",
        "access entry for the role of nodes, which has one",
        changed(ENTRY, principalArn="${node_role.arn}"),
        IN_USE,
        (*BEFORE_NODES, NODES),
    ),
    Case(
        "EKS",
        "access entry for something that is no principal",
        changed(ENTRY, principalArn="operators"),
        INVALID,
        WITH_CLUSTER,
    ),
    Case(
        "EKS",
        "access entry into the group of masters",
        changed(ENTRY, kubernetesGroups=["system:masters"]),
        INVALID,
        WITH_CLUSTER,
    ),
    Case(
        "EKS",
        "groups on an access entry of nodes",
        changed(ENTRY, type="EC2_LINUX", kubernetesGroups=["nodes"]),
        INVALID,
        WITH_CLUSTER,
    ),
    Case(
        "EKS",
        "access entry on a cluster with the config map alone",
        ENTRY,
        "InvalidRequestException",
        (*BEFORE_CLUSTER, without(CLUSTER, "accessConfig")),
    ),
    Case(
        "EKS",
        "access policy that EKS lacks",
        changed(ENTRY_POLICY, policyArn="arn:aws:eks::aws:cluster-access-policy/Root"),
        INVALID,
        (*WITH_CLUSTER, ENTRY),
    ),
    Case(
        "EKS",
        "access policy of IAM",
        changed(ENTRY_POLICY, policyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        INVALID,
        (*WITH_CLUSTER, ENTRY),
    ),
    Case("EKS", "access policy without an access entry", ENTRY_POLICY, NOT_FOUND, WITH_CLUSTER),
    Case(
        "EKS",
        "access to namespaces without their names",
        changed(ENTRY_POLICY, accessScope={"type": "namespace"}),
        INVALID,
        (*WITH_CLUSTER, ENTRY),
    ),
    Case(
        "EKS",
        "access to the cluster with names of namespaces",
        changed(ENTRY_POLICY, accessScope={"type": "cluster", "namespaces": ["apim"]}),
        INVALID,
        (*WITH_CLUSTER, ENTRY),
    ),
    Case(
        "EKS",
        "Fargate on a public subnet",
        FARGATE,
        INVALID,
        (
            *BEFORE_CLUSTER[:3],
            GATEWAY,
            Step(
                tokens.ROUTE_TABLE,
                "private",
                {"vpcId": "${vpc.id}", "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "${gateway.id}"}]},
            ),
            *LINKS,
            CLUSTER_ROLE,
            CLUSTER,
            FARGATE_ROLE,
        ),
    ),
    Case(
        "EKS",
        "Fargate role that does not trust Fargate",
        changed(FARGATE, podExecutionRoleArn="${cluster_role.arn}"),
        INVALID,
        WITH_CLUSTER,
    ),
    Case(
        "EKS", "deletion of a cluster with Fargate", CLUSTER, IN_USE, (*WITH_CLUSTER, FARGATE_ROLE, FARGATE), "delete"
    ),
    Case(
        "EKS",
        "second identity provider of a cluster",
        Step(PROVIDER.token, "again", PROVIDER.inputs),
        IN_USE,
        (*WITH_CLUSTER, PROVIDER),
    ),
    Case(
        "EKS",
        "identity provider without encryption",
        changed(PROVIDER, oidc={**PROVIDER.inputs["oidc"], "issuerUrl": "http://id.example.com"}),
        INVALID,
        WITH_CLUSTER,
    ),
)

CASES = (*CLUSTERS, *NODE_GROUPS, *ACCESS)
