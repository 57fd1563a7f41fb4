"""ElastiCache: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.elasticache import CACHE, NETWORK, USER, USERS
from aws_cases.service_given import changed, without

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import cache_versions, facts
from apim_infra.rehearsal.twins.aws.elasticache.group import short_region


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_a_group_without_cluster_mode_has_a_primary_and_a_reader() -> None:
    outputs = scene_of(*NETWORK, CACHE).made["cache"][1].outputs
    assert re.fullmatch(r"master\.cache\.[0-9a-f]{6}\.euc1\.cache\.amazonaws\.com", outputs["primaryEndpointAddress"])
    assert outputs["readerEndpointAddress"].startswith("replica.cache.")
    assert outputs["memberClusters"] == ["cache-001", "cache-002"]
    assert (outputs["port"], outputs["clusterEnabled"]) == (6379, False)
    assert outputs["arn"] == "arn:aws:elasticache:eu-central-1:111122223333:replicationgroup:cache"
    assert outputs["atRestEncryptionEnabled"] is True
    assert outputs["parameterGroupName"] == "default.valkey8"


def test_a_group_with_cluster_mode_has_a_configuration_endpoint() -> None:
    sharded = changed(without(CACHE, "numCacheClusters"), numNodeGroups=2, replicasPerNodeGroup=1)
    outputs = scene_of(*NETWORK, sharded).made["cache"][1].outputs
    assert outputs["configurationEndpointAddress"].startswith("clustercfg.cache.")
    assert outputs["primaryEndpointAddress"] == ""
    assert outputs["memberClusters"] == ["cache-0001-001", "cache-0001-002", "cache-0002-001", "cache-0002-002"]
    assert outputs["parameterGroupName"] == "default.valkey8.cluster.on"


def test_users_groups_and_parameters_pass_and_go() -> None:
    parameters = Step(
        tokens.CACHE_PARAMETER_GROUP,
        "parameters",
        {"name": "valkey", "family": "valkey8", "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]},
    )
    group = Step(tokens.SECURITY_GROUP, "group", {"vpcId": "${vpc.id}", "name": "caches"})
    full = changed(
        CACHE,
        parameterGroupName="${parameters.name}",
        userGroupIds=["${users.userGroupId}"],
        securityGroupIds=["${group.id}"],
        snapshotRetentionLimit=7,
        snapshotWindow="02:00-03:00",
        maintenanceWindow="sun:04:00-sun:05:00",
        preferredCacheClusterAzs=["eu-central-1a", "eu-central-1b"],
    )
    scene = scene_of(*NETWORK, parameters, group, USER, USERS, full)
    scene.update(changed(full, numCacheClusters=3, preferredCacheClusterAzs=None))
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()


def test_one_small_node_without_failover_passes() -> None:
    small = without(CACHE, "automaticFailoverEnabled", "multiAzEnabled")
    scene_of(*NETWORK, changed(small, numCacheClusters=1, nodeType="cache.t4g.micro"))


def test_a_token_is_never_shown() -> None:
    made = scene_of(*NETWORK, changed(CACHE, authToken="a-token-of-thirty-two-characters")).made["cache"][1]
    assert "authToken" in made.secret_outputs


@pytest.mark.parametrize("engine", ["valkey", "redis"])
def test_every_version_has_a_parameter_family(engine: str) -> None:
    assert set(facts("elasticache")["families"][engine]) == set(cache_versions(engine))


@pytest.mark.parametrize(
    ("region", "short"),
    [("eu-central-1", "euc1"), ("us-east-1", "use1"), ("ap-southeast-2", "apse2"), ("us-gov-west-1", "usgovw1")],
)
def test_regions_are_abbreviated_as_in_endpoints(region: str, short: str) -> None:
    assert short_region(region) == short
