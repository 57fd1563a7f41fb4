"""A namespace is closed until opened."""

from typing import Any

import pytest
from components_kubernetes_samples import NAMESPACE, component, recorded, spec

from components.kubernetes.namespace import Namespace
from components.kubernetes.service_account import ServiceAccount

NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def test_it_has_quota_limits_and_policies_in_itself():
    recording = component(Namespace, NAMESPACE)
    types = [resource.type.rpartition(":")[2] for resource in recording.graph.custom() if ":" in resource.parent]
    assert {"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy"} <= set(types)
    inside = [r for r in recording.graph.custom() if r.inputs.get("metadata", {}).get("namespace")]
    assert {r.inputs["metadata"]["namespace"] for r in inside} == {"apim"}
    namespace = recording.named("sample-namespace")
    assert all(namespace.urn in r.dependencies for r in inside)


def test_the_quota_counts_requests_and_limits():
    hard = spec(component(Namespace, NAMESPACE), "sample-quota")["hard"]
    assert hard["requests.cpu"] == hard["limits.cpu"] == "6800m"
    assert hard["requests.memory"] == hard["limits.memory"] == "9216Mi"
    assert (hard["requests.storage"], hard["pods"]) == ("20Gi", "16")
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("0", "0")


def test_limits_and_load_balancers_of_the_quota_can_differ():
    quota = {**NAMESPACE["quota"], "limit_cpu_millicores": 8000, "limit_memory_mib": 10000, "load_balancers": 2}
    hard = spec(component(Namespace, NAMESPACE, quota=quota), "sample-quota")["hard"]
    assert (hard["requests.cpu"], hard["limits.cpu"], hard["limits.memory"]) == ("6800m", "8000m", "10000Mi")
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("2", "4")


def test_containers_without_a_size_get_one():
    (limit,) = spec(component(Namespace, NAMESPACE), "sample-limit-range")["limits"]
    assert limit["type"] == "Container"
    assert limit["defaultRequest"].keys() == limit["default"].keys() == {"cpu", "memory"}
    size = {"cpu_millicores": 10, "memory_mib": 20}
    changed = component(Namespace, NAMESPACE, container_request=size, container_limit=size)
    (limit,) = spec(changed, "sample-limit-range")["limits"]
    assert limit["default"] == limit["defaultRequest"] == {"cpu": "10m", "memory": "20Mi"}


@pytest.mark.parametrize("level", ["restricted", "baseline", "privileged"])
def test_pod_security_is_enforced_at_the_level_given(level: str):
    given = None if level == "restricted" else level
    labels = component(Namespace, NAMESPACE, pod_security=given, labels={"team": "apim"}).named("sample-namespace")
    assert labels.inputs["metadata"]["labels"] == {
        "team": "apim",
        **{f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")},
    }


def test_labels_cannot_weaken_pod_security():
    label = {"pod-security.kubernetes.io/enforce": "privileged"}
    namespace = component(Namespace, NAMESPACE, labels=label).named("sample-namespace")
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nothing_goes_in_or_out_but_names():
    recording = component(Namespace, NAMESPACE)
    deny = spec(recording, "sample-default-deny")
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    dns = spec(recording, "sample-allow-dns")
    assert dns["podSelector"] == {}
    assert dns["policyTypes"] == ["Egress"]
    (rule,) = dns["egress"]
    assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {(53, "UDP"), (53, "TCP")}
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert peer["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert len(recording.of_type(NETWORK_POLICY)) == 2


def test_a_service_account_gives_no_token_unless_asked():
    args: Any = {"namespace": "apim", "account": "bff", "annotations": {"a/b": "c"}, "image_pull_secrets": ["registry"]}
    account = recorded(lambda: ServiceAccount("sample", args)).named("sample-service-account")
    assert account.inputs["automountServiceAccountToken"] is False
    assert account.inputs["metadata"] == {"name": "bff", "namespace": "apim", "annotations": {"a/b": "c"}}
    assert account.inputs["imagePullSecrets"] == [{"name": "registry"}]
    with_token = recorded(lambda: ServiceAccount("sample", {**args, "mount_token": True}))
    assert with_token.named("sample-service-account").inputs["automountServiceAccountToken"] is True
