"""Traefik as the ingress: the same gateways and routes, with the ports and values that it needs, and nothing that it cannot do."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import INGRESS, component, spec, values

from components.kubernetes.ingress import Ingress
from components.kubernetes.traefik import TraefikIngress


def plain() -> dict[str, Any]:
    """Return the sample without what only the other controller does."""
    args = deepcopy(INGRESS)
    for gateway in args["gateways"]:
        for host in gateway["hosts"]:
            host.pop("sticky", None)
            host.pop("cors", None)
    return args


def test_routes_grants_and_bindings_are_those_of_the_other_controller() -> None:
    def made(kind: Any) -> dict[tuple[str, str], Any]:
        recording = component(kind, plain())
        shared = {"HTTPRoute", "ReferenceGrant", "BackendTLSPolicy", "TargetGroupBinding"}
        return {
            (resource.inputs["kind"], resource.name): resource.inputs["spec"]
            for resource in recording.graph.custom()
            if resource.inputs.get("kind") in shared
        }

    assert made(TraefikIngress) == made(Ingress)
    assert any(kind == "HTTPRoute" for kind, _ in made(TraefikIngress))


def test_listeners_name_the_ports_on_which_its_pods_listen() -> None:
    recording = component(TraefikIngress, plain())
    for gateway in INGRESS["gateways"]:
        made = spec(recording, f"sample-{gateway['name']}-gateway")
        assert {listener["port"] for listener in made["listeners"]} == {8443, 8000}
        assert made["gatewayClassName"] == f"traefik-{gateway['name']}"
        ports = values(recording, f"sample-{gateway['name']}-release")["ports"]
        assert (ports["websecure"]["port"], ports["websecure"]["exposedPort"]) == (8443, 443)


def test_each_gateway_has_a_traefik_that_serves_its_class_alone() -> None:
    recording = component(TraefikIngress, plain())
    (resource,) = [each for each in recording.graph.custom() if each.name == "sample-public-class"]
    assert resource.inputs["metadata"]["labels"] == {"apim.io/ingress": "public"}
    gateway_api = values(recording, "sample-public-release")["providers"]["kubernetesGateway"]
    assert gateway_api["labelSelector"] == "apim.io/ingress=public"


def test_nothing_is_told_home_and_no_dashboard_is_served() -> None:
    made = values(component(TraefikIngress, plain()), "sample-public-release")
    assert made["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}
    assert made["api"] == {"dashboard": False}
    assert made["providers"]["kubernetesCRD"] == {"enabled": False}


def test_tls_and_client_ranges_come_by_its_file() -> None:
    args = plain()
    args["gateways"][0]["source_cidrs"] = ["10.0.0.0/8"]
    name = args["gateways"][0]["name"]
    made = values(component(TraefikIngress, args, minimum_tls="1.3"), f"sample-{name}-release")
    content = made["providers"]["file"]["content"]
    assert content["tls"]["options"]["default"]["minVersion"] == "VersionTLS13"
    assert content["http"]["middlewares"]["clients"]["ipAllowList"]["sourceRange"] == ["10.0.0.0/8"]
    assert made["ports"]["websecure"]["http"]["middlewares"] == ["clients@file"]


def test_replicas_bring_a_budget_and_a_larger_bound_an_autoscaler() -> None:
    fixed = values(component(TraefikIngress, plain(), replicas=1), "sample-public-release")
    assert (fixed["podDisruptionBudget"], fixed["autoscaling"]) == ({"enabled": False}, {"enabled": False})
    scaled = values(component(TraefikIngress, plain(), replicas=2, max_replicas=4), "sample-public-release")
    assert scaled["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert (scaled["autoscaling"]["minReplicas"], scaled["autoscaling"]["maxReplicas"]) == (2, 4)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sticky": True}, "sticky"),
        ({"cors": {"origins": ["*"], "methods": ["GET"], "headers": []}}, "cors"),
        ({"passthrough": True}, "passthrough"),
    ],
)
def test_what_it_cannot_do_is_refused(more: dict[str, Any], field: str) -> None:
    args = plain()
    args["gateways"][0]["hosts"][0] |= more
    with pytest.raises(pulumi.InputPropertiesError, match=rf"{field}: Traefik .* use Envoy Gateway"):
        component(TraefikIngress, args)
