"""Whether what is planned fits on a pool, and what its smallest maximum is."""

import time
from typing import Any

import pytest

from apim_infra.planning.capacity_rules import capacity_findings, capacity_violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons, node_capacity
from apim_infra.sizing.capacity import (
    least_maxima,
    nodes_needed,
    outcomes,
    pool_plan,
    pool_plans,
    pool_settings,
    shortage,
    survived,
)
from apim_infra.sizing.catalogue import UnknownSizeError, allocatable, node_size
from apim_infra.sizing.planned import PlannedPods, planned_pods
from apim_infra.sizing.quota import Quota, control_plane_quota, gateway_quota
from apim_infra.sizing.scenarios import SCENARIOS


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


def test_daemon_sets_are_taken_off_every_node() -> None:
    asked = stack()
    size = node_size(asked.cloud, "m7i.large")
    daemons = [addon for addon in addons(asked) if addon.kind == "DaemonSet"]
    left, whole = node_capacity(size, asked), allocatable(size)
    assert whole.cpu_millicores - left.cpu_millicores == sum(addon.cpu_millicores for addon in daemons)
    assert whole.memory_mib - left.memory_mib == sum(addon.memory_mib for addon in daemons)
    assert whole.pods - left.pods == len(daemons)
    assert {"aws-node", "kube-proxy", "ebs-csi-node", "eks-pod-identity-agent", "fluent-bit", "node-exporter"} == {
        addon.name for addon in daemons
    }
    assert pool_plan(asked, "user").machine.left == left


def test_the_pools_hold_what_the_quotas_allow() -> None:
    asked = stack()
    own = {addon.name for addon in addons(asked)}
    quotas: dict[PoolName, Quota] = {"management": control_plane_quota(asked), "user": gateway_quota(asked)}
    for pool, quota in quotas.items():
        planned = [each for each in planned_pods(asked, pool) if each.name not in own]
        # The quota has room for one pod more of those that share a volume, too: they are replaced one by one.
        spared = [each for each in planned if each.together]
        assert sum(each.most * each.cpu_millicores for each in (*planned, *_one(spared))) == quota.cpu_millicores
        assert sum(each.most * each.memory_mib for each in (*planned, *_one(spared))) == quota.memory_mib
        assert sum(each.most for each in (*planned, *_one(spared))) == quota.pods


def _one(pods: list[PlannedPods]) -> list[PlannedPods]:
    return [PlannedPods(each.name, 1, each.cpu_millicores, each.memory_mib) for each in pods]


def test_every_add_on_has_a_pool_and_every_deployment_a_pod_more_in_an_update() -> None:
    asked = stack()
    placed = {each.name: each for pool in POOLS for each in planned_pods(asked, pool)}
    own = {addon.name: addon for addon in addons(asked) if addon.kind != "DaemonSet"}
    assert own.keys() <= placed.keys()
    for name, addon in own.items():
        assert (placed[name].surge > 0) == (addon.kind == "Deployment")


def test_proxies_follow_the_load_balancers() -> None:
    def proxies(settings: StackSettings) -> tuple[int, int]:
        (found,) = [each for each in planned_pods(settings, "user") if each.name == "envoy-proxy"]
        return found.count, found.surge

    assert proxies(stack(ingress={"replicas": 3})) == (6, 2)
    assert proxies(stack(ingress={"replicas": 3, "internal": {"enabled": False}})) == (3, 1)


def test_volumes_stay_in_their_zone_on_aws_alone() -> None:
    on_aws = {each.name for each in planned_pods(stack(), "monitoring") if each.zonal}
    on_azure = {
        each.name for each in planned_pods(stack(cloud="azure", region="westeurope"), "monitoring") if each.zonal
    }
    assert on_aws == {"prometheus", "alertmanager", "elasticsearch"}
    assert on_azure == set()


def test_pods_that_share_a_volume_stay_together_and_without_a_budget() -> None:
    planned = {each.name: each for each in planned_pods(stack(), "management")}
    portal, other = planned["developer-portal-backend"], planned["gateway-manager"]
    assert (portal.together, portal.surge, portal.budget) == (True, 0, False)
    assert (other.together, other.surge, other.budget) == (False, 1, True)


def test_a_shortage_says_how_many_nodes_would_do() -> None:
    asked = stack(cluster={"pools": {"management": {"max": 3}}})
    lack = shortage(asked, "management")
    assert lack is not None
    assert lack.needed is not None
    assert (lack.pool, lack.size, lack.maximum) == ("management", "m7i.large", 3)
    assert shortage(stack(cluster={"pools": {"management": {"max": lack.needed}}}), "management") is None
    assert shortage(stack(cluster={"pools": {"management": {"max": lack.needed - 1}}}), "management") is not None


def test_a_pod_that_no_node_can_hold_needs_a_larger_size() -> None:
    asked = stack(gateway_groups=[{"name": "default", "cpu_millicores": 4000}])
    lack = shortage(asked, "user")
    assert lack is not None
    assert (lack.needed, lack.largest.name) == (None, "gateway-default")
    (finding,) = capacity_findings(asked, outcomes(pool_plan(asked, "user"), ["steady"]))
    assert finding.fix == "choose a larger cluster.pools.user.size than m7i.large"


def test_six_gateways_of_two_cores_roll_over_with_a_node_for_the_seventh() -> None:
    """The autoscaler has room for a rolling update of 6 replicas of 2 CPU each."""
    group = {"name": "default", "replicas": {"min": 6, "max": 6}, "cpu_millicores": 2000, "memory_mib": 2048}
    pools = {"user": {"size": "m7i.xlarge", "max": 7}}
    enough = stack(gateway_groups=[group], cluster={"pools": pools}, ingress={"replicas": 1})
    assert shortage(enough, "user") is None
    lack = shortage(
        stack(
            gateway_groups=[group], cluster={"pools": {"user": {**pools["user"], "max": 6}}}, ingress={"replicas": 1}
        ),
        "user",
    )
    assert lack is not None
    assert lack.needed == 7
    whole = {case.scenario: case for case in outcomes(pool_plan(enough, "user"))}
    assert whole["rolling-update"].pods == whole["steady"].pods + 1 + 2


def test_the_smallest_maximum_holds_and_one_less_does_not() -> None:
    asked = stack(size="medium")
    for pool, least in least_maxima(asked).items():
        assert least is not None
        for maximum in (least, least - 1):
            other = stack(size="medium", cluster={"pools": {pool: {"max": maximum, "min": 1}}})
            fits = all(case.fits for case in outcomes(pool_plan(other, pool), survived(other)))
            assert fits == (maximum == least), f"{pool} with {maximum}"


def test_a_stack_survives_what_its_tier_asks() -> None:
    """`sizing.survive` decides which scenarios count."""
    assert survived(stack(tier="dev")) == ("steady", "rolling-update")
    assert survived(stack(tier="stg")) == ("steady", "rolling-update", "node-drain")
    assert survived(stack()) == SCENARIOS
    assert survived(stack(tier="dev", sizing={"survive": ["zone"]})) == ("steady", "rolling-update", "zone-lost")


def test_a_loss_that_need_not_be_survived_is_a_note() -> None:
    pools = {"monitoring": {"max": 1}}
    for survive, severity in (([], "note"), (["node"], "error")):
        asked = stack(tier="dev", cluster={"pools": pools}, sizing={"survive": survive})
        plan = pool_plan(asked, "monitoring")
        (finding,) = capacity_findings(asked, outcomes(plan, ["node-drain"]))
        assert finding.severity == severity
        # Two zones, of which each must have another node for the volumes of the one that is drained.
        assert finding.fix == "cluster.pools.monitoring.max: 4"


def test_what_is_not_in_the_data_is_refused_elsewhere() -> None:
    asked, unknown = stack(), stack(cluster={"pools": {"user": {"size": "m7.large"}}})
    with pytest.raises(UnknownSizeError):
        shortage(unknown, "user")
    assert list(capacity_violations(unknown)) == []
    assert pool_settings(asked, "user") is asked.cluster.pools.user


def test_a_hundred_groups_take_well_under_a_second() -> None:
    groups = [
        {"name": f"group-{number}", "apis": [f"/{number}"], "replicas": {"min": 1, "max": 4}} for number in range(100)
    ]
    pools = {"user": {"size": "m7i.4xlarge", "max": 40}}
    asked = stack(gateway_groups=groups, cluster={"pools": pools})
    began = time.process_time()
    plan = pool_plan(asked, "user")
    assert sum(each.count for each in plan.pods) >= 400
    assert shortage(asked, "user") is None
    assert nodes_needed(asked, plan, ["rolling-update"]) is not None
    assert time.process_time() - began < 0.9


def test_pools_without_pods_are_left_out() -> None:
    bare = stack(observability={"metrics": {"enabled": False}, "logs": {"enabled": False}, "dashboards": False})
    assert [plan.pool for plan in pool_plans(bare)] == ["management", "user"]
