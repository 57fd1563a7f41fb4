"""Wrong requests for EKS clusters."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.eks_given import (
    BEFORE_CLUSTER,
    BEFORE_NODES,
    CLUSTER,
    CLUSTER_ROLE,
    IN_USE,
    INVALID,
    MISSING_ROLE,
    NODE_ROLE,
    NODES,
    WITH_CLUSTER,
)
from aws_cases.given import (
    GROUP,
    KEY,
    OTHER_GROUP,
    OTHER_SUBNET,
    OTHER_VPC,
    SUBNET,
    Aws,
    make_role,
    make_subnet,
    make_vpc,
)
from aws_cases.service_given import changed


def cluster(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BEFORE_CLUSTER, **inputs: Any) -> Case:
    """Make a case of a wrong cluster."""
    return Case("EKS", wrong, changed(CLUSTER, **inputs), code, given)


def network(**values: Any) -> Mapping[str, Any]:
    """Return the cluster's network settings, some changed."""
    return {**CLUSTER.inputs["vpcConfig"], **values}


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
    aws("eks").create_cluster(name="cluster", roleArn="arn:aws:iam::123456789012:role/role", resourcesVpcConfig=network)


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

CASES = CLUSTERS
