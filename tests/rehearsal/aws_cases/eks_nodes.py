"""Wrong requests for EKS node groups."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.eks_given import (
    BEFORE_NODES,
    CLUSTER,
    CLUSTER_ROLE,
    GATEWAY,
    IN_USE,
    INVALID,
    LINKS,
    MISSING_ROLE,
    NODE_POLICIES,
    NODE_ROLE,
    NODES,
    NOT_FOUND,
    WITH_CLUSTER,
)
from aws_cases.given import OTHER_SUBNET, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC
from aws_cases.service_given import changed

TEMPLATE = Step(tokens.LAUNCH_TEMPLATE, "template", {"name": "template"})
WITH_TEMPLATE = changed(NODES, launchTemplate={"id": "${template.id}", "version": "1"})


def nodes(wrong: str, code: str = INVALID, given: tuple[Step, ...] = BEFORE_NODES, **inputs: Any) -> Case:
    """Make a case of a wrong node group."""
    return Case("EKS", wrong, changed(NODES, **inputs), code, given)


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

CASES = NODE_GROUPS
