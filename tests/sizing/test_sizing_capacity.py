"""Whether what is planned fits on a pool."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.products.profile import ProductUnavailableError
from apim_infra.settings.environment import Product
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons, node_capacity
from apim_infra.sizing.capacity import PlannedPods, nodes_needed, planned_pods, pool_settings, shortage
from apim_infra.sizing.catalogue import NodeCapacity, UnknownSizeError, allocatable, node_size
from apim_infra.sizing.quota import control_plane_quota, gateway_quota


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


pods_lists = st.lists(
    st.builds(
        PlannedPods,
        name=st.just("pods"),
        count=st.integers(min_value=1, max_value=8),
        cpu_millicores=st.integers(min_value=0, max_value=1600),
        memory_mib=st.integers(min_value=0, max_value=6500),
    ),
    max_size=12,
)
NODE = NodeCapacity(cpu_millicores=1600, memory_mib=6500, pods=20)


@settings(max_examples=200, deadline=None)
@given(pods_lists)
def test_enough_nodes_and_not_wildly_more(pods: list[PlannedPods]) -> None:
    needed = nodes_needed(pods, NODE)
    cpu = sum(each.count * each.cpu_millicores for each in pods)
    memory = sum(each.count * each.memory_mib for each in pods)
    count = sum(each.count for each in pods)
    floor = max(math.ceil(cpu / 1600), math.ceil(memory / 6500), math.ceil(count / 20))
    assert needed is not None
    assert floor <= needed <= count


def test_a_pod_that_fits_on_no_node() -> None:
    assert nodes_needed([PlannedPods("large", 1, 1601, 1)], NODE) is None
    assert nodes_needed([PlannedPods("large", 1, 1, 6501)], NODE) is None
    assert nodes_needed([PlannedPods("any", 1, 1, 1)], NodeCapacity(0, 0, 0)) is None
    assert nodes_needed([], NODE) == 0


def test_the_number_of_pods_of_a_node_counts() -> None:
    assert nodes_needed([PlannedPods("tiny", 41, 0, 0)], NODE) == 3


def test_largest_first_packs_what_smallest_first_would_not() -> None:
    pods = [PlannedPods("small", 2, 600, 1), PlannedPods("large", 2, 1000, 1)]
    assert nodes_needed(pods, NODE) == 2


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


def test_the_pools_hold_what_the_quotas_allow() -> None:
    asked = stack()
    own = {addon.name for addon in addons(asked)}
    for pool, quota in (("management", control_plane_quota(asked)), ("user", gateway_quota(asked))):
        planned = [each for each in planned_pods(asked, pool) if each.name not in own]
        assert sum(each.count * each.cpu_millicores for each in planned) == quota.cpu_millicores
        assert sum(each.count * each.memory_mib for each in planned) == quota.memory_mib
        assert sum(each.count for each in planned) == quota.pods


def test_every_add_on_has_a_pool() -> None:
    asked = stack()
    placed = [each.name for pool in ("management", "user", "monitoring") for each in planned_pods(asked, pool)]
    assert {addon.name for addon in addons(asked) if addon.kind != "DaemonSet"} <= set(placed)


def test_proxies_follow_the_load_balancers() -> None:
    def proxies(settings: StackSettings) -> int:
        return sum(each.count for each in planned_pods(settings, "user") if each.name == "envoy-proxy")

    assert proxies(stack(ingress={"replicas": 3})) == 6
    assert proxies(stack(ingress={"replicas": 3, "internal": {"enabled": False}})) == 3


def test_a_shortage_says_how_many_nodes_would_do() -> None:
    asked = stack(cluster={"pools": {"management": {"max": 3}}})
    lack = shortage(asked, "management")
    assert lack is not None
    assert lack.needed is not None
    assert (lack.pool, lack.size, lack.maximum) == ("management", "m7i.large", 3)
    assert shortage(stack(cluster={"pools": {"management": {"max": lack.needed}}}), "management") is None
    assert shortage(stack(cluster={"pools": {"management": {"max": lack.needed - 1}}}), "management") is not None


def test_what_is_not_in_the_data_is_an_error() -> None:
    asked = stack()
    with pytest.raises(UnknownSizeError):
        shortage(stack(cluster={"pools": {"user": {"size": "m7.large"}}}), "user")
    with pytest.raises(ProductUnavailableError):
        planned_pods(asked.model_copy(update={"product": Product.TYK}), "user")
    assert pool_settings(asked, "user") is asked.cluster.pools.user
