"""The simulated autoscaler of nodes, without a control plane: which pool gets a node, in which zone, and when it stops."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.cluster.api import Api
from apim_infra.cluster.growth import MOST_TRIES, Growth, request, suits, unschedulable
from apim_infra.cluster.mirror import Mirror, Object
from apim_infra.cluster.nodes import NodePool, node_pools
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

FULL = "0/4 nodes are available: 4 Insufficient cpu."
AZURE = {"cloud": "azure", "region": "westeurope"}


def stack(**changes: Any) -> StackSettings:
    pools = {"user": {"min": 1, "max": 5}, "management": {"min": 2, "max": 4}, "monitoring": {"min": 1, "max": 2}}
    place = {"cloud": "aws", "region": "eu-west-1", "tier": "dev", "company_domain": "example.com"}
    return load_settings({**place, "cluster": {"pools": pools}, **changes}).settings


class Cluster:
    """Objects, and the nodes that were added."""

    def __init__(self) -> None:
        self.objects: dict[str, list[Object]] = {}
        self.nodes: list[Object] = []

    def create(self, manifest: Object, *, manager: str) -> None:
        assert manager == "cloud"
        self.nodes.append(manifest)

    def all(self, kind: str, namespace: str = "") -> list[Object]:
        assert not namespace
        return self.objects.get(kind, [])

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        return next(
            (
                each
                for each in self.objects.get(kind, [])
                if (each["metadata"].get("namespace", ""), each["metadata"]["name"]) == (namespace, name)
            ),
            None,
        )

    def count(self, label: str) -> Counter[str]:
        return Counter(node["metadata"]["labels"].get(label, "") for node in self.nodes)


@pytest.fixture
def grown() -> Callable[..., tuple[Growth, Cluster]]:
    """Start the pools of a stack, with an autoscaler that runs unless it is told otherwise."""

    def make(wanted: StackSettings, *, running: int = 1) -> tuple[Growth, Cluster]:
        cluster = Cluster()
        growth = Growth(wanted, cast(Api, cluster), cast(Mirror, cluster), "1.35.4")
        growth.start()
        scaler = {"metadata": {"name": "cluster-autoscaler"}, "status": {"availableReplicas": running}}
        cluster.objects["Deployment"] = [scaler]
        return growth, cluster

    return make


def pod(name: str, *, pool: str = "user", reason: str = FULL, cpu: str = "500m", **spec: Any) -> Object:
    """Return a pod for a pool that the scheduler could not place."""
    return {
        "metadata": {"name": name, "namespace": "here", "uid": name},
        "spec": {
            "nodeSelector": {"apim.io/pool": pool},
            "tolerations": [{"key": "apim.io/pool", "value": pool, "effect": "NoSchedule"}],
            "containers": [{"name": "one", "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}}}],
            **spec,
        },
        "status": {
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": reason}]
        },
    }


def test_pools_start_at_their_minimum_and_are_filled_to_their_maximum(grown: Callable[..., Any]) -> None:
    growth, cluster = grown(stack())
    assert growth.nodes() == {"management": 2, "user": 1, "monitoring": 1}
    growth.fill()
    assert growth.nodes() == {"management": 4, "user": 5, "monitoring": 2}
    assert cluster.count("apim.io/pool") == growth.nodes()
    assert len({node["metadata"]["name"] for node in cluster.nodes}) == len(cluster.nodes)


def test_a_pod_that_fits_nowhere_gets_a_node_of_its_pool_in_the_zone_with_the_fewest(grown: Callable[..., Any]) -> None:
    growth, cluster = grown(stack())
    first = cluster.nodes[-1]
    cluster.objects["Pod"] = [pod("one")]
    growth.step()
    assert growth.nodes() == {"management": 2, "user": 2, "monitoring": 1}
    zones = Counter(
        node["metadata"]["labels"]["topology.kubernetes.io/zone"]
        for node in cluster.nodes
        if node["metadata"]["labels"]["apim.io/pool"] == "user"
    )
    assert set(zones.values()) == {1}
    assert first in cluster.nodes


@pytest.mark.parametrize(
    "waiting",
    [
        pod("one", reason="0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector."),
        pod("one", pool="absent"),
        pod("one", cpu="64"),
        pod("one", tolerations=[]),
        pod("one", nodeName="user-1"),
        {**pod("one"), "metadata": {"name": "one", "namespace": "here", "uid": "one", "deletionTimestamp": "now"}},
        {**pod("one"), "status": {}},
    ],
    ids=["reason", "pool", "size", "taint", "placed", "leaving", "new"],
)
def test_a_pod_that_a_node_would_not_help_gets_none(grown: Callable[..., Any], waiting: Object) -> None:
    growth, cluster = grown(stack())
    before = len(cluster.nodes)
    cluster.objects["Pod"] = [waiting]
    growth.step()
    assert len(cluster.nodes) == before


def test_nothing_grows_on_aws_before_the_autoscaler_runs_and_azure_needs_none(grown: Callable[..., Any]) -> None:
    for wanted, more in ((stack(), 0), (stack(**AZURE), 1)):
        growth, cluster = grown(wanted, running=0)
        before = growth.nodes()["user"]
        cluster.objects["Pod"] = [pod("one")]
        growth.step()
        assert growth.nodes()["user"] - before == more


def test_a_pod_is_given_up_after_some_nodes(grown: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_infra.cluster.growth.SETTLING_SECONDS", 0.0)
    growth, cluster = grown(stack())
    cluster.objects["Pod"] = [pod("one")]
    for _ in range(2 * MOST_TRIES):
        growth.step()
    assert growth.nodes()["user"] == 1 + MOST_TRIES


def test_the_scheduler_is_given_time_with_a_new_node(grown: Callable[..., Any]) -> None:
    growth, cluster = grown(stack())
    cluster.objects["Pod"] = [pod("one")]
    growth.step()
    cluster.objects["Pod"] = [pod("other")]
    growth.step()
    assert growth.nodes()["user"] == 2


def test_a_pod_with_a_volume_gets_a_node_in_the_zone_of_the_volume(grown: Callable[..., Any]) -> None:
    growth, cluster = grown(stack())
    zone = growth.pools["user"].zones[-1]
    terms = [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]
    claim = {"metadata": {"name": "data", "namespace": "here"}, "spec": {"volumeName": "disk"}}
    disk = {"metadata": {"name": "disk"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    cluster.objects |= {"PersistentVolumeClaim": [claim], "PersistentVolume": [disk]}
    cluster.objects["Pod"] = [pod(str(number), cpu="1500m", volumes=volumes) for number in range(2)]
    before = len(cluster.nodes)
    growth.step()
    added = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in cluster.nodes[before:]}
    assert added == {zone}


@given(cpus=st.lists(st.integers(1, 1900), max_size=40), rounds=st.integers(1, 4), azure=st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_pool_ever_has_more_nodes_than_it_may(cpus: list[int], rounds: int, azure: bool) -> None:
    cluster = Cluster()
    growth = Growth(stack(**AZURE) if azure else stack(), cast(Api, cluster), cast(Mirror, cluster), "1.35.4")
    growth.start()
    cluster.objects["Deployment"] = [{"metadata": {"name": "karpenter"}, "status": {"availableReplicas": 1}}]
    for number in range(rounds):
        cluster.objects["Pod"] = [pod(f"{number}-{place}", cpu=f"{cpu}m") for place, cpu in enumerate(cpus)]
        growth.step()
        for name, count in growth.nodes().items():
            assert sum(growth.pools[name].at_minimum()) <= count <= growth.pools[name].maximum
    assert growth.nodes()["user"] > 1 or not cpus
    assert len(cluster.nodes) == sum(growth.nodes().values())


@pytest.fixture(scope="module")
def user() -> NodePool:
    return next(pool for pool in node_pools(stack()) if pool.name == "user")


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "apim.io/pool", "value": "user"}, True),
        ({"key": "apim.io/pool", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "apim.io/pool", "value": "user", "effect": "NoExecute"}, False),
        ({"key": "apim.io/pool", "value": "monitoring"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_taints_keep_pods_away_that_do_not_tolerate_them(user: NodePool, toleration: Object, tolerated: bool) -> None:
    assert suits(pod("one", tolerations=[toleration]), user) is tolerated


def test_a_zone_that_a_pod_selects_does_not_keep_it_from_a_pool(user: NodePool) -> None:
    assert suits(pod("one", nodeSelector={"topology.kubernetes.io/zone": "elsewhere"}), user)
    assert not suits(pod("one", nodeSelector={"kubernetes.io/arch": "other"}), user)


@given(containers=st.lists(st.integers(0, 5000), max_size=5), before=st.lists(st.integers(0, 9000), max_size=3))
def test_a_pod_asks_for_its_containers_together_or_its_largest_init_container(
    containers: list[int], before: list[int]
) -> None:
    def sized(amounts: list[int]) -> list[Object]:
        return [{"resources": {"requests": {"cpu": f"{amount}m"}}} for amount in amounts]

    asked = request({"spec": {"containers": sized(containers), "initContainers": sized(before)}}, "cpu")
    assert asked == Decimal(max(sum(containers), *before, 0)) / 1000
    assert request({"spec": {"containers": [{}]}}, "memory") == 0


def test_the_schedulers_reason_is_told_of_pods_alone_that_wait() -> None:
    assert unschedulable(pod("one")) == FULL
    assert unschedulable(pod("one", nodeName="user-1")) == ""
    assert unschedulable({"metadata": {}, "spec": {}}) == ""
