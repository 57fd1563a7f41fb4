"""Services on a network that is brought along: what is not known of it refuses nothing."""

from typing import Any

import pytest
from aws_cases.case import Scene, Step
from aws_cases.eks_given import CLUSTER, CLUSTER_ROLE, NODE_POLICIES, NODE_ROLE, NODES
from aws_cases.elasticache import CACHE
from aws_cases.elbv2_given import ALB, NLB, WEB
from aws_cases.rds_given import DATABASE
from aws_cases.service_given import changed

from apim_infra.rehearsal.twins.aws import tokens

SUBNETS = ["subnet-0aaaaaaaaaaaaaaa0", "subnet-0bbbbbbbbbbbbbbb0"]
VPC = "vpc-0ccccccccccccccc0"
GROUP = "sg-0ddddddddddddddd0"
DATABASE_SUBNETS = Step(tokens.DATABASE_SUBNET_GROUP, "subnets", {"name": "subnets", "subnetIds": SUBNETS})
CACHE_SUBNETS = Step(tokens.CACHE_SUBNET_GROUP, "subnets", {"name": "subnets", "subnetIds": SUBNETS})


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    brought: list[tuple[str, str, dict[str, Any]]] = [
        (tokens.VPC, VPC, {}),
        (tokens.SECURITY_GROUP, GROUP, {}),
        *((tokens.SUBNET, subnet, {}) for subnet in SUBNETS),
    ]
    for token, identifier, inputs in brought:
        scene.twin.assume(token, identifier, inputs, region="eu-central-1")
    return scene


def test_a_cluster_and_its_nodes(scene: Scene) -> None:
    network = {"subnetIds": SUBNETS, "securityGroupIds": [GROUP]}
    for step in (CLUSTER_ROLE, changed(CLUSTER, vpcConfig=network), NODE_ROLE, *NODE_POLICIES):
        scene.create(step)
    assert scene.create(changed(NODES, subnetIds=SUBNETS)).warnings == ()


def test_a_database(scene: Scene) -> None:
    scene.create(DATABASE_SUBNETS)
    made = scene.create(changed(DATABASE, vpcSecurityGroupIds=[GROUP], availabilityZone="eu-central-1b"))
    assert made.outputs["availabilityZone"] == "eu-central-1b"


def test_a_cache(scene: Scene) -> None:
    scene.create(CACHE_SUBNETS)
    scene.create(changed(CACHE, securityGroupIds=[GROUP], preferredCacheClusterAzs=["eu-central-1a", "eu-central-1b"]))


def test_load_balancers_and_zones(scene: Scene) -> None:
    scene.create(changed(ALB, subnets=SUBNETS, securityGroups=[GROUP]))
    scene.create(changed(NLB, subnets=SUBNETS[:1]))
    scene.create(changed(WEB, vpcId=VPC))
    made = scene.create(Step(tokens.ZONE, "private", {"name": "internal.example.com", "vpcs": [{"vpcId": VPC}]}))
    assert made.warnings == ()
