"""The cluster on AWS: access, logs, encryption, add-ons in the right order, node pools."""

import base64
import json
from typing import Any

import pulumi
import pytest
import yaml
from components_aws_samples import (
    ACCOUNT,
    REGION,
    Stack,
    added,
    bare_network,
    changes,
    cluster,
    cluster_addons,
    keys,
    node_pool,
    pod_identity,
    run,
)

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.aws.iam_policies import use_key
from components.aws.node_pool import NodePool
from components.outputs import ClusterOutputs, NetworkOutputs

CLUSTER = "aws:eks/cluster:Cluster"
ADDON = "aws:eks/addon:Addon"
ENTRY = "aws:eks/accessEntry:AccessEntry"
ENTRY_POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:role/platform/administrators"


def only(recording: Recording, type_: str) -> Resource:
    (resource,) = recording.of_type(type_)
    return resource


def encrypted_cluster() -> None:
    made = keys()
    cluster(key_arn=made.cluster_key_arn, log_key_arn=made.logs_key_arn)


def test_the_api_is_private_unless_ranges_are_named() -> None:
    private = only(run(cluster), CLUSTER).inputs["vpcConfig"]
    assert private["endpointPrivateAccess"] is True
    assert private["endpointPublicAccess"] is False
    public = only(run(lambda: cluster(public_endpoint=True, public_endpoint_cidrs=["192.0.2.0/24"])), CLUSTER)
    assert public.inputs["vpcConfig"]["endpointPublicAccess"] is True
    assert public.inputs["vpcConfig"]["publicAccessCidrs"] == ["192.0.2.0/24"]


def test_the_control_plane_writes_all_logs_to_a_group_made_before_it() -> None:
    recording = run(cluster)
    resource = only(recording, CLUSTER)
    assert len(resource.inputs["enabledClusterLogTypes"]) == 5
    group = only(recording, LOG_GROUP)
    assert group.inputs["name"] == f"/aws/eks/{resource.inputs['name']}/cluster"
    assert group.inputs["retentionInDays"] == 90
    assert group.urn in resource.dependencies


def test_logs_can_be_switched_off() -> None:
    assert added(run(cluster), run(lambda: cluster(log_types=[]))) == {LOG_GROUP: -1}


def test_keys_encrypt_secrets_and_logs() -> None:
    recording = run(encrypted_cluster)
    resource = only(recording, CLUSTER)
    key = recording.named("keys-cluster").outputs["arn"]
    assert resource.inputs["encryptionConfig"] == {"provider": {"keyArn": key}, "resources": ["secrets"]}
    assert only(recording, LOG_GROUP).inputs["kmsKeyId"] == recording.named("keys-logs").outputs["arn"]
    assert recording.named("apim-role-key").urn in resource.dependencies


def test_without_administrators_the_creator_is_one() -> None:
    recording = run(cluster)
    access = only(recording, CLUSTER).inputs["accessConfig"]
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}
    assert recording.of_type(ENTRY) == []


def test_each_administrator_has_an_entry_and_the_creator_none() -> None:
    with_administrator = run(lambda: cluster(administrators=[ADMINISTRATOR]))
    assert added(run(cluster), with_administrator) == {ENTRY: 1, ENTRY_POLICY: 1}
    access = only(with_administrator, CLUSTER).inputs["accessConfig"]
    assert access["bootstrapClusterCreatorAdminPermissions"] is False


def test_the_first_administrator_does_not_replace_the_cluster() -> None:
    stack = Stack()
    stack.run(cluster)
    assert set(changes(stack.run(lambda: cluster(administrators=[ADMINISTRATOR]))).values()) == {"create"}


def test_deletion_protection_is_set_in_aws_and_in_pulumi() -> None:
    assert only(run(cluster), CLUSTER).protect is False
    protected = only(run(lambda: cluster(deletion_protection=True)), CLUSTER)
    assert protected.protect is True
    assert protected.inputs["deletionProtection"] is True


def test_the_kubeconfig_asks_for_a_token_and_holds_none() -> None:
    def program() -> None:
        pulumi.export("kubeconfig", cluster().kubeconfig)

    recording = run(program)
    resource = only(recording, CLUSTER)
    config = yaml.safe_load(recording.exports["kubeconfig"])
    (entry,) = config["clusters"]
    assert entry["cluster"]["server"] == resource.outputs["endpoint"]
    assert base64.b64decode(entry["cluster"]["certificate-authority-data"])
    (user,) = config["users"]
    assert user["user"].keys() == {"exec"}
    assert user["user"]["exec"]["command"] == "aws"
    assert user["user"]["exec"]["args"][-4:-2] == ["--region", REGION]
    assert config["current-context"] == resource.inputs["name"]


def test_extended_support_and_self_managed_addons_are_declined() -> None:
    inputs = only(run(cluster), CLUSTER).inputs
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert inputs["bootstrapSelfManagedAddons"] is False


def test_what_nodes_need_comes_before_them_and_what_needs_nodes_after() -> None:
    recording = run(cluster_addons)
    nodes = only(recording, NODE_GROUP)
    addons = {resource.inputs["addonName"]: resource for resource in recording.of_type(ADDON)}
    before = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}
    assert addons.keys() == before | {"coredns", "aws-ebs-csi-driver", "metrics-server"}
    assert {addons[name].urn for name in before} <= set(nodes.dependencies)
    assert all(nodes.urn in addon.dependencies for name, addon in addons.items() if name not in before)
    roles_of_nodes = {r.urn for r in recording.of_type(ATTACHMENT) if r.name.startswith("apim-nodes-")}
    assert roles_of_nodes <= set(nodes.dependencies)


def test_nodes_wait_for_their_way_out() -> None:
    recording = run(lambda: node_pool(count=2))
    for group, zone in zip(recording.of_type(NODE_GROUP), ("eu-west-1a", "eu-west-1b"), strict=True):
        assert recording.named(f"net-private-{zone}-nat").urn in group.dependencies


@pytest.mark.parametrize(
    ("option", "gone"),
    [({"metrics_server": False}, {ADDON: -1}), ({"volumes": False}, {ADDON: -1, ROLE: -1, ATTACHMENT: -1})],
)
def test_each_addon_can_be_switched_off(option: dict[str, Any], gone: dict[str, int]) -> None:
    assert added(run(cluster_addons), run(lambda: cluster_addons(**option))) == gone


def test_addons_follow_their_pool() -> None:
    def program() -> None:
        cluster_addons(
            tolerations=[{"key": "apim.io/pool", "value": "management", "effect": "NoSchedule"}],
            node_selector={"apim.io/pool": "management"},
        )

    recording = run(program)
    tolerations = [{"key": "apim.io/pool", "operator": "Equal", "value": "management", "effect": "NoSchedule"}]
    expected = {"tolerations": tolerations, "nodeSelector": {"apim.io/pool": "management"}}
    values = {
        resource.inputs["addonName"]: json.loads(resource.inputs["configurationValues"])
        for resource in recording.of_type(ADDON)
        if "configurationValues" in resource.inputs
    }
    assert values["coredns"] == values["metrics-server"] == expected
    assert values["aws-ebs-csi-driver"] == {"controller": expected}


def test_the_pod_network_enforces_policies_and_takes_prefixes_when_told() -> None:
    def configuration(**options: Any) -> dict[str, Any]:
        recording = run(lambda: cluster(**options))
        return json.loads(recording.named("apim-addons-vpc-cni").inputs["configurationValues"])

    assert configuration() == {"enableNetworkPolicy": "true"}
    assert configuration(network_policies=False) == {"enableNetworkPolicy": "false"}
    assert configuration(prefix_delegation=True)["env"] == {
        "ENABLE_PREFIX_DELEGATION": "true",
        "WARM_PREFIX_TARGET": "1",
    }


def test_volumes_with_a_key_of_their_own_need_rights_on_it() -> None:
    assert added(run(cluster_addons), run(lambda: cluster_addons(key_arn=keys().cluster_key_arn))) == {
        ROLE_POLICY: 1,
        "aws:kms/key:Key": 3,
        "aws:kms/alias:Alias": 3,
    }


def test_nodes_have_session_bound_metadata_and_encrypted_disks() -> None:
    template = only(run(lambda: node_pool(disk_gb=80)), TEMPLATE).inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (disk,) = template["blockDeviceMappings"]
    assert disk["ebs"] == {"volumeType": "gp3", "volumeSize": 80, "encrypted": "true", "deleteOnTermination": "true"}
    assert {spec["resourceType"] for spec in template["tagSpecifications"]} == {
        "instance",
        "volume",
        "network-interface",
    }


def test_a_pool_is_labelled_tainted_and_named_by_the_provider() -> None:
    def program() -> NodePool:
        return node_pool(
            labels={"team": "api"},
            taints=[{"key": "apim.io/pool", "value": "management", "effect": "NoSchedule"}],
            architecture="arm64",
            instance_types=["m7g.large"],
            capacity="spot",
        )

    recording = run(program)
    group = only(recording, NODE_GROUP)
    assert group.inputs["labels"] == {"team": "api", "apim.io/pool": "management"}
    assert group.inputs["taints"] == [{"key": "apim.io/pool", "value": "management", "effect": "NO_SCHEDULE"}]
    assert group.inputs["amiType"] == "AL2023_ARM_64_STANDARD"
    assert group.inputs["capacityType"] == "SPOT"
    assert (
        "nodeGroupName" not in group.inputs
    )  # named by the provider, so that the next one can be made before this one goes
    assert group.inputs["launchTemplate"]["version"] == str(only(recording, TEMPLATE).outputs["latestVersion"])


def test_the_autoscalers_count_survives_an_update_of_the_bounds() -> None:
    stack = Stack()
    stack.run(node_pool)
    second = stack.run(lambda: node_pool(minimum=1, maximum=6))
    assert changes(second) == {"management-eu-west-1a": "update"}
    assert only(second, NODE_GROUP).inputs["scalingConfig"] == {"minSize": 1, "maxSize": 6, "desiredSize": 2}


def test_a_zone_more_is_a_node_group_more() -> None:
    stack = Stack()
    stack.run(node_pool)
    second = stack.run(lambda: node_pool(count=2, minimum=1))
    assert changes(second) == {"management-eu-west-1a": "update", "management-eu-west-1b": "create"}
    groups = second.of_type(NODE_GROUP)
    subnets = {subnet.id: subnet.inputs["availabilityZone"] for subnet in second.of_type("aws:ec2/subnet:Subnet")}
    assert [[subnets[id_] for id_ in group.inputs["subnetIds"]] for group in groups] == [["eu-west-1a"], ["eu-west-1b"]]
    assert len({group.inputs["launchTemplate"]["id"] for group in groups}) == 1


def test_another_instance_type_builds_the_new_pool_first() -> None:
    stack = Stack()
    stack.run(node_pool)
    steps = stack.run(lambda: node_pool(instance_types=["m7i.xlarge"])).steps
    of_group = [str(step.operation) for step in steps if step.urn.endswith("::management-eu-west-1a")]
    assert of_group == ["replace", "delete"]


def test_what_other_components_need_is_the_same_as_on_the_other_cloud() -> None:
    seen: list[set[str]] = []
    run(lambda: seen.append(set(cluster().outputs)))
    run(lambda: seen.append(set(bare_network().outputs)))
    assert seen == [set(ClusterOutputs.__annotations__), set(NetworkOutputs.__annotations__)]


def test_pod_rights_are_bound_to_one_service_account() -> None:
    def program() -> None:
        pod_identity(
            policies={"logs": use_key("arn:aws:kms:eu-west-1:111122223333:key/1")},
            managed_policy_arns=["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"],
        )

    plain, full = run(pod_identity), run(program)
    assert added(plain, full) == {ROLE_POLICY: 1, ATTACHMENT: 1}
    association = only(full, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("apim", "fluent-bit")
    trust = json.loads(full.named("fluent-bit-role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(trust["Action"]) == {"sts:AssumeRole", "sts:TagSession"}


@pytest.mark.parametrize(
    ("program", "path", "words"),
    [
        (lambda: cluster(subnet_ids=["subnet-1"]), "subnet_ids", "two zones"),
        (lambda: cluster(public_endpoint=True), "public_endpoint_cidrs", "name the ranges"),
        (lambda: cluster(log_types=["kubelet"]), "log_types", "controllerManager"),
        (lambda: cluster(administrators=["admins"]), "administrators", "arn:aws:iam::<account>:role/<name>"),
        (lambda: node_pool(architecture="riscv"), "architecture", "x86_64, arm64"),
        (lambda: node_pool(capacity="reserved"), "capacity", "on-demand, spot"),
        (lambda: node_pool(instance_types=[]), "instance_types", "at least one"),
        (lambda: node_pool(count=0), "zones", "at least one"),
        (lambda: node_pool(zones=[{"zone": "a", "subnet_id": "s", "minimum": 1, "maximum": 1}] * 2), "zones", "once"),
        (lambda: node_pool(labels={"apim.io/pool": "x"}), "labels", "leave it out"),
        (lambda: node_pool(taints=[{"key": "a", "effect": "NO_SCHEDULE"}]), "taints[0].effect", "NoSchedule"),
    ],
)
def test_wrong_arguments_are_refused_with_path_and_fix(program: Any, path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(program)
    assert [problem["property_path"] for problem in error.value.errors or []] == [path]
    assert words in error.value.message
