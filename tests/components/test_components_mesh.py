"""The service mesh: Istio's charts, strict mutual TLS, and the ports that the matrix allows."""

from typing import Any

import components_kubernetes_samples as samples
from components_kubernetes_samples import component

from components.kubernetes.mesh import Mesh

RELEASE = "kubernetes:helm.sh/v3:Release"


def mesh(**changes: Any) -> Any:
    return component(Mesh, {**samples.MESH, **changes})


def releases(recording: Any) -> dict[str, Any]:
    return {release.inputs["name"]: release.inputs for release in recording.of_type(RELEASE)}


def test_all_charts_have_one_version_and_the_ambient_profile() -> None:
    found = releases(mesh())
    assert set(found) == {"istio-base", "istiod", "istio-cni", "ztunnel"}
    assert len({inputs["version"] for inputs in found.values()}) == 1
    assert {inputs["values"].get("profile") for name, inputs in found.items() if name != "istio-base"} == {"ambient"}


def test_agent_and_proxy_run_on_every_node_with_a_size() -> None:
    found = releases(mesh())
    for name in ("istio-cni", "ztunnel"):
        values = found[name]["values"]
        assert values["tolerations"] == [{"operator": "Exists"}]
        assert values["resources"]["requests"] == values["resources"]["limits"]


def test_its_control_plane_stays_on_its_pool() -> None:
    values = releases(mesh())["istiod"]["values"]
    assert values["nodeSelector"]
    assert (values["replicaCount"], values["autoscaleEnabled"]) == (2, False)
    assert values["global"]["defaultPodDisruptionBudget"] == {"enabled": True}
    single = releases(mesh(replicas=1))["istiod"]["values"]
    assert single["global"]["defaultPodDisruptionBudget"] == {"enabled": False}


def test_strict_namespaces_take_mutual_tls_alone() -> None:
    strict = mesh().of_type("kubernetes:security.istio.io/v1:PeerAuthentication")
    assert {each.inputs["metadata"]["namespace"]: each.inputs["spec"] for each in strict} == {
        "apim": {"mtls": {"mode": "STRICT"}},
        "gateways": {"mtls": {"mode": "STRICT"}},
    }


def test_rules_name_callers_ports_and_the_pods_that_they_are_about() -> None:
    rules = mesh().of_type("kubernetes:security.istio.io/v1:AuthorizationPolicy")
    by_name = {rule.inputs["metadata"]["name"]: rule.inputs["spec"] for rule in rules}
    assert "selector" not in by_name["ingress-to-gateway"]
    assert by_name["gateway-to-store"]["selector"] == {"matchLabels": {"apim.io/role": "redis"}}
    (rule,) = by_name["ingress-to-gateway"]["rules"]
    assert rule == {
        "from": [{"source": {"namespaces": ["ingress"]}}],
        "to": [{"operation": {"ports": ["8000"]}}],
    }
