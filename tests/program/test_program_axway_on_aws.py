"""The externally managed topology of Axway on AWS: what the reference asks for in the cluster, by the tests of Azure where they apply, and its stores."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Rehearsed
from program_support import objects, of_type, one
from test_program_axway import (
    NAMESPACE,
    pods,
    test_x16_all_of_it_is_in_one_namespace,
    test_x17_sizes_and_heaps,
    test_x18_probes_and_the_order_of_start,
)

from apim_infra.rehearsal.graph import Graph

__all__ = [
    "test_x16_all_of_it_is_in_one_namespace",
    "test_x17_sizes_and_heaps",
    "test_x18_probes_and_the_order_of_start",
]

pytestmark = pytest.mark.slow
PREFIX = "apim-axway-on-aws-"
PROGRAMS = {"node-manager", "api-manager", "traffic-default"}


@pytest.fixture(scope="module")
def graph(rehearsed: Callable[[str], Rehearsed]) -> Graph:
    found = rehearsed("axway-on-aws")
    assert found.code == 0, found.report
    return found.graph


def routes(graph: Graph) -> list[dict[str, Any]]:
    return [each.inputs["spec"] for each in objects(graph, "HTTPRoute").values()]


def test_x8_cassandra_on_three_machines_over_three_zones(graph: Graph) -> None:
    machines = [each for each in of_type(graph, "aws:ec2/instance:Instance") if "cassandra" in each.name]
    assert len(machines) == 3
    assert len({machine.name.partition("cassandra-")[2].rpartition("-")[0] for machine in machines}) == 3


def test_x9_metrics_are_kept_in_mysql_with_four_cores_and_fifty_gigabytes(graph: Graph) -> None:
    database = one(graph, "aws:rds/instance:Instance").inputs
    assert (database["engine"], database["engineVersion"], database["allocatedStorage"]) == ("mysql", "8.4", 50)
    assert (database["instanceClass"], database["multiAz"]) == ("db.m7g.xlarge", True)
    parameters = one(graph, "aws:rds/parameterGroup:ParameterGroup").inputs
    assert parameters["family"] == "mysql8.4"
    assert {"name": "require_secure_transport", "value": "1", "applyMethod": "pending-reboot"} in parameters[
        "parameters"
    ]


def test_x13_images_come_from_the_stacks_own_registry(graph: Graph) -> None:
    images = {container["image"] for pod in pods(graph).values() for container in pod["containers"]}
    assert {image.rpartition("/")[2].partition(":")[0] for image in images} == {
        "gateway",
        "node-manager",
        "api-manager",
    }
    assert all(".dkr.ecr.eu-west-1.amazonaws.com/" in image for image in images)


def test_x19_pods_choose_their_pool_and_keep_apart(graph: Graph) -> None:
    for name, pod in pods(graph).items():
        assert pod["nodeSelector"] == {"apim.io/pool": "user"}, name
        (apart,) = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        assert apart["weight"] == 100
        assert "topology.kubernetes.io/zone" in [each["topologyKey"] for each in pod["topologySpreadConstraints"]]


def test_x20_autoscaler_and_rolling_update(graph: Graph) -> None:
    scaled = objects(graph, "HorizontalPodAutoscaler")[f"{NAMESPACE}/traffic-default"].inputs["spec"]
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (3, 12)
    assert scaled["metrics"][0]["resource"]["target"]["averageUtilization"] == 75
    rolling = objects(graph, "Deployment")[f"{NAMESPACE}/traffic-default"].inputs["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 1, "maxUnavailable": 0}


def test_x21_hosts_tls_and_affinity(graph: Graph) -> None:
    hosts = {host for route in routes(graph) for host in route.get("hostnames", ())}
    assert hosts == {f"{label}.apim.example.com" for label in ("anm", "api-manager", "api")}
    assert '"minVersion": "1.2"' in json.dumps([each.inputs for each in objects(graph, "ClientTrafficPolicy").values()])
    verified = {
        target["name"]
        for each in objects(graph, "BackendTLSPolicy").values()
        for target in each.inputs["spec"]["targetRefs"]
    }
    assert verified == PROGRAMS
    sticky = [
        target["name"]
        for each in objects(graph, "BackendTrafficPolicy").values()
        if "Cookie" in json.dumps(each.inputs["spec"])
        for target in each.inputs["spec"]["targetRefs"]
    ]
    assert len(sticky) == 2
    assert all("anm" in name or "api-manager" in name for name in sticky)


def test_x22_passwords_are_in_secrets_manager_and_in_the_cluster(graph: Graph) -> None:
    kept = {each.name.removeprefix(PREFIX) for each in of_type(graph, "aws:secretsmanager/secret:Secret")}
    assert {name.partition("-")[0] for name in kept} >= {"mariadb", "cassandra"}
    assert f"{NAMESPACE}/product-stores" in objects(graph, "Secret")


def test_x23_a_rollback_finds_the_images_that_it_needs(graph: Graph) -> None:
    """Images are pinned by their tags, which cannot be pushed again."""
    repositories = [each.inputs for each in of_type(graph, "aws:ecr/repository:Repository")]
    assert {each["imageTagMutability"] for each in repositories} == {"IMMUTABLE"}


def test_x24_metrics_logs_and_alerts(graph: Graph) -> None:
    charts = {str(each.inputs.get("name", "")) for each in of_type(graph, "kubernetes:helm.sh/v3:Release")}
    for part in ("prometheus", "pushgateway", "fluent-bit"):
        assert any(part in name for name in charts), part
    assert objects(graph, "PrometheusRule")
