"""EKS: clean requests pass, and their outputs are what programs read."""

import base64
import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.eks_access import FARGATE, FARGATE_ROLE
from aws_cases.eks_given import (
    BEFORE_CLUSTER,
    BEFORE_NODES,
    CLUSTER,
    NODE_ROLE,
    NODES,
    WITH_CLUSTER,
)
from aws_cases.service_given import changed, named, role

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts, instance_types, is_arm

ADDON = "aws:eks/addon:Addon"
OVERWRITE = {"resolveConflictsOnCreate": "OVERWRITE"}
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_a_cluster_answers_with_what_kubernetes_and_iam_need() -> None:
    made = scene_of(*WITH_CLUSTER).made["cluster"][1]
    outputs = made.outputs
    assert made.id == "cluster"
    assert outputs["arn"] == "arn:aws:eks:eu-central-1:111122223333:cluster/cluster"
    assert re.fullmatch(r"https://[0-9A-F]{32}\.gr7\.eu-central-1\.eks\.amazonaws\.com", outputs["endpoint"])
    assert b"BEGIN CERTIFICATE" in base64.b64decode(outputs["certificateAuthority"]["data"])
    issuer = outputs["identities"][0]["oidcs"][0]["issuer"]
    assert re.fullmatch(r"https://oidc\.eks\.eu-central-1\.amazonaws\.com/id/[0-9A-F]{32}", issuer)
    assert outputs["status"] == "ACTIVE"
    assert outputs["vpcConfig"]["vpcId"].startswith("vpc-")
    assert outputs["vpcConfig"]["publicAccessCidrs"] == ["0.0.0.0/0"]
    assert outputs["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"
    assert outputs["tagsAll"] == {}


def test_the_clusters_own_security_group_can_be_referred_to_and_goes_with_the_cluster() -> None:
    scene = scene_of(*WITH_CLUSTER)
    group = scene.look_up("cluster", "vpcConfig.clusterSecurityGroupId")
    inputs = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/16"}
    scene.create(Step(INGRESS, "api", inputs))
    scene.delete("api")
    scene.delete("cluster")
    assert scene.twin.world.find(tokens.SECURITY_GROUP, group) is None


def test_service_range_keeps_away_from_a_vpc_in_its_usual_place() -> None:
    network = {"vpcConfig": CLUSTER.inputs["vpcConfig"]}
    vpc, subnet, second, *rest = BEFORE_CLUSTER
    moved = (
        changed(vpc, cidrBlock="172.20.0.0/16"),
        changed(subnet, cidrBlock="172.20.0.0/24"),
        changed(second, cidrBlock="172.20.1.0/24"),
    )
    scene = scene_of(*moved, *rest, changed(CLUSTER, **network))
    assert scene.look_up("cluster", "kubernetesNetworkConfig.serviceIpv4Cidr") == "10.100.0.0/16"


def test_nodes_join_and_leave() -> None:
    scene = scene_of(*BEFORE_NODES, NODES)
    outputs = scene.made["nodes"][1].outputs
    assert scene.made["nodes"][1].id == "cluster:nodes"
    assert outputs["arn"].startswith("arn:aws:eks:eu-central-1:111122223333:nodegroup/cluster/nodes/")
    assert outputs["resources"][0]["autoscalingGroups"][0]["name"].startswith("eks-nodes-")
    assert (outputs["status"], outputs["capacityType"], outputs["version"]) == ("ACTIVE", "ON_DEMAND", "1.35")
    assert outputs["amiType"] == "AL2023_x86_64_STANDARD"
    scene.update(changed(NODES, scalingConfig={"minSize": 1, "desiredSize": 3, "maxSize": 5}))
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def test_nodes_take_their_settings_from_a_launch_template() -> None:
    template = Step(tokens.LAUNCH_TEMPLATE, "template", {"name": "template", "instanceType": "m7g.large"})
    inputs = {key: value for key, value in NODES.inputs.items() if key != "instanceTypes"}
    group = Step(NODES.token, "nodes", {**inputs, "amiType": "BOTTLEROCKET_ARM_64"})
    group = changed(group, launchTemplate={"id": "${template.id}", "version": "${template.latestVersion}"})
    scene = scene_of(*BEFORE_NODES, template, group)
    assert scene.look_up("nodes", "launchTemplate.name") == "template"
    assert "diskSize" not in scene.made["nodes"][1].outputs


def test_policies_of_the_account_are_trusted_with_a_warning() -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}'
    scene = scene_of(*WITH_CLUSTER, NODE_ROLE)
    scene.create(Step(tokens.ROLE_POLICY, "own", {"role": "${node_role.name}", "policy": policy}))
    warnings = scene.create(NODES).warnings
    assert {warning.code for warning in warnings} == {"NodeCreationFailure"}


def test_an_addon_that_needs_nodes_is_warned_of_before_them() -> None:
    scene = scene_of(*WITH_CLUSTER)
    addon = Step(ADDON, "dns", {"clusterName": "${cluster.name}", "addonName": "metrics-server"})
    assert [warning.code for warning in scene.create(addon).warnings] == ["InsufficientNumberOfReplicas"]


def test_an_addon_that_eks_installs_itself_must_be_overwritten() -> None:
    scene = scene_of(*WITH_CLUSTER)
    addon = Step(ADDON, "network", {"clusterName": "${cluster.name}", "addonName": "vpc-cni"})
    assert [warning.code for warning in scene.create(addon).warnings] == ["ConfigurationConflict"]


@pytest.mark.parametrize("name", sorted(facts("eks")["addons"]["names"]))
def test_every_addon_installs_after_nodes(name: str) -> None:
    scene = scene_of(*BEFORE_NODES, NODES)
    made = scene.create(Step(ADDON, "addon", {"clusterName": "cluster", "addonName": name, **OVERWRITE}))
    assert made.id == f"cluster:{name}"
    assert made.warnings == ()
    assert re.fullmatch(r"v[\d.]+-eksbuild\.\d+", made.outputs["addonVersion"])


def test_pod_identity_access_and_fargate_pass() -> None:
    scene = scene_of(
        *WITH_CLUSTER,
        role("pods", "pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
        Step(ADDON, "agent", {"clusterName": "${cluster.name}", "addonName": "eks-pod-identity-agent"}),
        Step(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            "pod",
            {"clusterName": "cluster", "namespace": "apim", "serviceAccount": "gateway", "roleArn": "${pods.arn}"},
        ),
        Step(tokens.ACCESS_ENTRY, "entry", {"clusterName": "cluster", "principalArn": "${pods.arn}"}),
        Step(
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
            "policy",
            {
                "clusterName": "cluster",
                "principalArn": "${pods.arn}",
                "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                "accessScope": {"type": "namespace", "namespaces": ["apim"]},
            },
        ),
        FARGATE_ROLE,
        FARGATE,
    )
    assert re.fullmatch(r"a-[0-9a-f]{17}", scene.made["pod"][1].id)
    assert scene.look_up("pod", "associationId") == scene.made["pod"][1].id
    assert scene.look_up("entry", "userName") == scene.look_up("pods", "arn")
    assert scene.made["fargate"][1].id == "cluster:fargate"


def test_a_cluster_goes_up_one_version_at_a_time() -> None:
    scene = scene_of(*BEFORE_CLUSTER, changed(CLUSTER, version="1.35"))
    assert scene.update(changed(CLUSTER, version="1.36")).outputs["version"] == "1.36"
    with pytest.raises(RejectedError, match="Unsupported Kubernetes minor version update"):
        scene.update(changed(CLUSTER, version="1.34"))


def test_a_second_cluster_of_the_name_lives_in_another_region() -> None:
    scene = Scene(region="eu-west-1")
    for step in BEFORE_CLUSTER:
        moved = dict(step.inputs)
        if "availabilityZone" in moved:
            moved["availabilityZone"] = moved["availabilityZone"].replace("eu-central-1", "eu-west-1")
        scene.create(Step(step.token, step.name, moved))
    made = scene.create(named(CLUSTER, "cluster"))
    assert made.outputs["arn"].startswith("arn:aws:eks:eu-west-1:")


@pytest.mark.parametrize(
    ("name", "arm"),
    [
        ("m7g.large", True),
        ("m7i.large", False),
        ("t4g.micro", True),
        ("c7gn.xlarge", True),
        ("g5.xlarge", False),
        ("a1.medium", True),
    ],
)
def test_arm_processors_are_told_by_the_family(name: str, arm: bool) -> None:
    assert is_arm(name) is arm


def test_the_catalogue_knows_the_regions_instance_types() -> None:
    assert {"m7i.large", "m7g.large"} <= instance_types("eu-central-1")
    assert instance_types("moon-1") == frozenset()
