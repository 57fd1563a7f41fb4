"""Programs of products without a chart: how they roll out, where they run, what they wait for and how they are probed."""

from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import PLACEMENT, component, spec

from components.kubernetes.program import Program

PROGRAM: Any = {
    "program": "node-manager",
    "namespace": "apim",
    "placement": PLACEMENT,
    "image": "registry.example.com/node-manager:7.7",
    "ports": [{"name": "console", "port": 8090}, {"name": "management", "port": 8091}],
    "requests": {"cpu_millicores": 500, "memory_mib": 512},
    "limits": {"cpu_millicores": 2000, "memory_mib": 2048},
    "labels": {"apim.io/role": "control-plane"},
    "node_labels": {"agentpool": "apimpool"},
    "environment": {"EMT_HEAP_SIZE_MB": "1024"},
    "secret_environment": {"CASS_PASS": {"secret": "product-stores", "key": "cassandra"}},
    "waits_for": [
        {"name": "cassandra", "hosts": ["10.0.0.4,10.0.0.5,10.0.0.6"], "port": 9042},
        {"name": "mariadb", "hosts": ["db.example.com"], "port": 3306},
    ],
    "claim": "events",
    "certificate": "backend-tls",
}
SCALED: Any = {"autoscaling": {"minimum": 3, "maximum": 12, "cpu_percent": 75}}


def pod(**changes: Any) -> Any:
    return spec(component(Program, PROGRAM, **changes), "sample-deployment")["template"]["spec"]


def test_it_rolls_over_without_a_pod_less() -> None:
    strategy = spec(component(Program, PROGRAM), "sample-deployment")["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_it_stays_on_its_pool_and_off_the_nodes_of_its_own_pods() -> None:
    affinity = pod()["affinity"]
    (term,) = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "agentpool", "operator": "In", "values": ["apimpool"]}]
    (apart,) = affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert (apart["weight"], apart["podAffinityTerm"]["topologyKey"]) == (100, "kubernetes.io/hostname")
    zones = [each["topologyKey"] for each in pod()["topologySpreadConstraints"]]
    assert "topology.kubernetes.io/zone" in zones
    assert "nodeAffinity" not in pod(node_labels=None)["affinity"]


def test_what_it_needs_must_answer_first_in_that_order() -> None:
    first, second = pod()["initContainers"]
    assert (first["name"], second["name"]) == ("wait-for-cassandra", "wait-for-mariadb")
    assert {each["name"]: each["value"] for each in first["env"]} == {
        "HOSTS": "10.0.0.4 10.0.0.5 10.0.0.6",
        "PORT": "9042",
    }
    assert pod(waits_for=None)["initContainers"] == []


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_every_port_is_probed(probe: str) -> None:
    (container,) = pod()["containers"]
    command = container[probe]["exec"]["command"][-1]
    assert all(f"/dev/tcp/127.0.0.1/{port}" in command for port in (8090, 8091))
    (single,) = pod(ports=[{"name": "proxy", "port": 8065}])["containers"]
    assert single[probe]["tcpSocket"] == {"port": 8065}


def test_passwords_come_from_secrets_and_everything_is_restricted() -> None:
    (container,) = pod()["containers"]
    told = {each["name"]: each for each in container["env"]}
    assert told["CASS_PASS"]["valueFrom"]["secretKeyRef"] == {"name": "product-stores", "key": "cassandra"}
    assert told["EMT_HEAP_SIZE_MB"]["value"] == "1024"
    assert pod()["securityContext"]["runAsNonRoot"] is True
    for each in (container, *pod()["initContainers"]):
        assert each["securityContext"]["allowPrivilegeEscalation"] is False
        assert each["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_requests_and_limits_are_its_own() -> None:
    (container,) = pod()["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "512Mi"},
        "limits": {"cpu": "2000m", "memory": "2048Mi"},
    }


def test_the_share_and_the_certificate_are_mounted_where_there_are_any() -> None:
    mounts = {each["name"]: each["mountPath"] for each in pod()["containers"][0]["volumeMounts"]}
    assert mounts == {"temporary": "/tmp", "events": "/events", "certificate": "/certificate"}  # noqa: S108 - in a pod
    bare = pod(claim=None, certificate=None)
    assert [each["name"] for each in bare["volumes"]] == ["temporary"]


def test_replicas_are_said_by_one_alone() -> None:
    fixed = component(Program, PROGRAM, replicas=3).named("sample-deployment").inputs["spec"]
    scaled = component(Program, {**PROGRAM, **SCALED}).named("sample-deployment").inputs["spec"]
    assert fixed["replicas"] == 3
    assert "replicas" not in scaled


def test_an_autoscaler_adds_itself_and_a_disruption_budget_alone() -> None:
    def names(**changes: Any) -> set[str]:
        return {resource.name for resource in component(Program, PROGRAM, **changes).graph.custom()}

    assert names(**SCALED) - names() == {"sample-autoscaler", "sample-disruption-budget"}
    assert names() <= names(**SCALED)
    assert names(replicas=2) - names() == {"sample-disruption-budget"}
    autoscaler = spec(component(Program, PROGRAM, **SCALED), "sample-autoscaler")
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 12)
    assert autoscaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 75


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ports": []}, "ports"),
        ({"replicas": 2, **SCALED}, "replicas"),
        ({"requests": {"cpu_millicores": 3000, "memory_mib": 512}}, "requests.cpu_millicores"),
    ],
)
def test_wrong_arguments_are_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=path):
        component(Program, PROGRAM, **changes)
