"""Wrong requests for EKS add-ons, access, pod identities, Fargate and identity providers."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.eks_given import (
    BEFORE_CLUSTER,
    BEFORE_NODES,
    CLUSTER,
    CLUSTER_ROLE,
    GATEWAY,
    IN_USE,
    INVALID,
    LINKS,
    MISSING_ROLE,
    NODE_ROLE,
    NODES,
    NOT_FOUND,
    WITH_CLUSTER,
)
from aws_cases.service_given import changed, role, without

ADDON = "aws:eks/addon:Addon"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ACCESS_POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
IDENTITY_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
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


def addon(wrong: str, code: str = INVALID, given: tuple[Step, ...] = WITH_CLUSTER, **inputs: Any) -> Case:
    """Make a case of a wrong add-on."""
    return Case(
        "EKS",
        wrong,
        Step(ADDON, "addon", {"clusterName": "${cluster.name}", "addonName": "vpc-cni", **inputs}),
        code,
        given,
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

CASES = ACCESS
