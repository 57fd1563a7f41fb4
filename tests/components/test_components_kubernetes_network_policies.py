"""Allow policies say what a flow says, and nothing more."""

from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import recorded, spec

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.network_policies import REASON, NetworkPolicies, PodFlow

TO_STORE: PodFlow = {
    "name": "control-plane-to-mariadb",
    "source": {"namespace": "apim", "labels": {"apim.io/role": "control-plane"}},
    "destination": {"cidrs": ["10.0.48.0/24", "10.0.49.0/24"]},
    "ports": [{"port": 3306}],
    "reason": "APIM database",
}
BETWEEN_PODS: PodFlow = {
    "name": "ingress-to-gateway",
    "source": {"namespace": "ingress"},
    "destination": {"namespace": "user-namespace", "labels": {"apim.io/role": "gateway"}},
    "ports": [{"port": 8000}, {"port": 5000, "end_port": 5010, "protocol": "udp"}],
    "reason": "API calls",
}
FROM_OUTSIDE: PodFlow = {
    "name": "cluster-to-platform",
    "source": {"cidrs": ["10.0.0.0/16"]},
    "destination": {"namespace": "platform-system"},
    "ports": [{"port": 9443}],
    "reason": "webhooks",
}


def policies(*flows: Any) -> Recording:
    return recorded(lambda: NetworkPolicies("sample", {"flows": list(flows)}))


def names(recording: Recording) -> set[str]:
    return {resource.name for resource in recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")}


@pytest.mark.parametrize(
    ("flow", "ends"),
    [(TO_STORE, {"egress"}), (BETWEEN_PODS, {"ingress", "egress"}), (FROM_OUTSIDE, {"ingress"})],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_each_end_that_is_a_pod_gets_one_policy(flow: PodFlow, ends: set[str]):
    assert names(policies(flow)) == {f"sample-{flow['name']}-{end}" for end in ends}


def test_a_policy_stands_at_its_end_and_names_the_other():
    recording = policies(BETWEEN_PODS)
    into = recording.named("sample-ingress-to-gateway-ingress").inputs
    assert into["metadata"]["namespace"] == "user-namespace"
    assert into["metadata"]["annotations"] == {REASON: "API calls"}
    assert into["spec"]["podSelector"] == {"matchLabels": {"apim.io/role": "gateway"}}
    assert into["spec"]["policyTypes"] == ["Ingress"]
    (rule,) = into["spec"]["ingress"]
    # One peer with both selectors: two peers would mean either of them.
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}]
    assert rule["ports"] == [
        {"port": 8000, "protocol": "TCP"},
        {"port": 5000, "endPort": 5010, "protocol": "UDP"},
    ]
    out = recording.named("sample-ingress-to-gateway-egress").inputs
    assert out["metadata"]["namespace"] == "ingress"
    assert out["spec"]["podSelector"] == {}
    (rule,) = out["spec"]["egress"]
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "user-namespace"}},
            "podSelector": {"matchLabels": {"apim.io/role": "gateway"}},
        }
    ]


def test_ranges_become_blocks_with_the_exceptions_that_lie_in_them():
    flow: PodFlow = {
        **TO_STORE,
        "destination": {"cidrs": ["0.0.0.0/0", "192.0.2.0/24"], "except_cidrs": ["10.0.0.0/8", "192.0.2.0/28"]},
    }
    (rule,) = spec(policies(flow), "sample-control-plane-to-mariadb-egress")["egress"]
    assert rule["to"] == [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.0.2.0/28"]}},
        {"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.0/28"]}},
    ]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no ports": ({"ports": []}, "ports: an empty list would allow every port"),
    "both ends at once": ({"source": {"namespace": "a", "cidrs": ["10.0.0.0/8"]}}, "source: it is either pods"),
    "no end": ({"destination": {}}, "destination: it is either pods"),
    "no ranges": ({"destination": {"cidrs": []}}, "cidrs: an empty list would allow every address"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_flow_that_would_allow_too_much_is_refused(name: str):
    change, message = WRONG[name]
    with pytest.raises(pulumi.InputPropertiesError, match=message):
        policies({**TO_STORE, **change})


def test_two_flows_of_one_name_are_refused_together_with_everything_else():
    with pytest.raises(pulumi.InputPropertiesError) as error:
        policies(TO_STORE, {**TO_STORE, "ports": []})
    message = str(error.value)
    assert "each name may occur once" in message
    assert "empty list" in message


@pytest.mark.parametrize("flows", [[TO_STORE, BETWEEN_PODS], [BETWEEN_PODS, FROM_OUTSIDE], [FROM_OUTSIDE, TO_STORE]])
def test_policies_of_a_flow_do_not_depend_on_other_flows(flows: list[PodFlow]):
    together = {resource.name: resource.inputs for resource in policies(*flows).graph.custom()}
    for flow in flows:
        alone = {resource.name: resource.inputs for resource in policies(flow).graph.custom()}
        assert alone.items() <= together.items()


TO_NODES: PodFlow = {
    "name": "monitoring-to-nodes",
    "source": {"namespace": "monitoring"},
    "destination": {"cidrs": ["10.0.0.0/20"]},
    "ports": [{"port": 9100}, {"port": 10250, "end_port": 10255}],
    "reason": "metrics of nodes",
}


def test_an_open_namespace_gets_no_policy() -> None:
    tunnel: Any = {**FROM_OUTSIDE, "source": {"namespace": "kube-system", "open": True}}
    assert names(policies(tunnel)) == {"sample-cluster-to-platform-ingress"}
    (rule,) = spec(policies(tunnel), "sample-cluster-to-platform-ingress")["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]
    back: Any = {**TO_NODES, "destination": {"namespace": "kube-system", "open": True}}
    assert names(policies(back)) == {"sample-monitoring-to-nodes-egress"}


def test_cilium_is_told_of_nodes_in_its_own_words() -> None:
    nodes: Any = {**TO_NODES, "destination": {"cidrs": ["10.0.0.0/20"], "cilium_nodes": True}}
    recording = policies(nodes)
    assert names(recording) == set()
    made = recording.named("sample-monitoring-to-nodes-egress")
    assert made.type == "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
    assert made.inputs["metadata"]["namespace"] == "monitoring"
    assert made.inputs["metadata"]["annotations"] == {REASON: "metrics of nodes"}
    (rule,) = made.inputs["spec"]["egress"]
    assert rule["toEntities"] == ["host", "remote-node"]
    (ports,) = rule["toPorts"]
    assert ports["ports"] == [
        {"port": "9100", "protocol": "TCP"},
        {"port": "10250", "protocol": "TCP", "endPort": 10255},
    ]
    assert names(policies(TO_NODES)) == {"sample-monitoring-to-nodes-egress"}
