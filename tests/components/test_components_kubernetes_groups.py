"""Components of gateway groups: routes in as many objects as they take, parts of quotas, services with gateways beside them."""

from typing import Any

import components_kubernetes_samples as samples
import pulumi
import pytest
from components_kubernetes_samples import component, spec
from hypothesis import given, settings
from hypothesis import strategies as st

from components.kubernetes.gateway_shares import GatewayShares
from components.kubernetes.ingress import Ingress
from components.kubernetes.ingress_routes import MOST_MATCHES, MOST_MATCHES_OF_A_RULE, MOST_RULES, route_specs
from components.kubernetes.ingress_specs import IngressHost
from components.kubernetes.network_policies import NetworkPolicies
from components.kubernetes.sidecar import ServiceWithGateway

# -- routes ------------------------------------------------------------------------------------------------------------------------------------------


def host(paths: list[int]) -> IngressHost:
    """Return a host with a service for each number, which is how many paths lead to it."""
    return {
        "host": "api.example.com",
        "certificate": "public-tls",
        "routes": [
            {"namespace": "gateways", "service": f"s{service}", "port": 80, "path": f"/{service}/{path}"}
            for service, count in enumerate(paths)
            for path in range(count)
        ],
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 150), min_size=1, max_size=120))
def test_every_path_is_in_one_route_and_no_route_is_too_large(paths: list[int]) -> None:
    made = route_specs({"name": "public", "hosts": []}, host(paths))
    found: list[tuple[str, str]] = []
    for route in made.values():
        assert len(route["rules"]) <= MOST_RULES
        assert sum(len(rule["matches"]) for rule in route["rules"]) <= MOST_MATCHES
        for rule in route["rules"]:
            assert 0 < len(rule["matches"]) <= MOST_MATCHES_OF_A_RULE
            (backend,) = rule["backendRefs"]
            found += [(match["path"]["value"], backend["name"]) for match in rule["matches"]]
    assert sorted(found) == sorted((route.get("path", ""), route["service"]) for route in host(paths)["routes"])


def test_a_host_with_few_services_has_one_route_under_its_old_name() -> None:
    assert list(route_specs({"name": "public", "hosts": []}, host([1] * MOST_RULES))) == ["public-api-example-com"]
    more = route_specs({"name": "public", "hosts": []}, host([1] * (MOST_RULES + 1)))
    assert list(more) == ["public-api-example-com", "public-api-example-com-2"]


def test_every_route_of_a_host_has_its_policies() -> None:
    many: Any = {**host([1] * 40), "sticky": True, "cors": {"origins": ["*"], "methods": ["GET"], "headers": ["x"]}}
    made = component(Ingress, samples.INGRESS, gateways=[{"name": "public", "hosts": [many]}])
    names = {"public-api-example-com", "public-api-example-com-2", "public-api-example-com-3"}
    routes = [r for r in made.graph.custom() if r.type.endswith(":HTTPRoute")]
    assert {r.inputs["metadata"]["name"] for r in routes} == names | {"http-public"}
    for kind in ("BackendTrafficPolicy", "SecurityPolicy"):
        policies = [r.inputs["spec"] for r in made.graph.custom() if r.type.endswith(f":{kind}")]
        assert {target["name"] for policy in policies for target in policy["targetRefs"]} == names


# -- parts of quotas ---------------------------------------------------------------------------------------------------------------------------------


def test_a_class_in_two_namespaces_is_made_once() -> None:
    made = component(GatewayShares, samples.GATEWAY_SHARES)
    kinds = [resource.type.rpartition(":")[2] for resource in made.graph.custom()]
    assert (kinds.count("PriorityClass"), kinds.count("ResourceQuota")) == (1, 2)
    quota = spec(made, "sample-microservices-user-namespace-tier-1-quota")
    assert quota["hard"]["requests.cpu"] == quota["hard"]["limits.cpu"] == "2500m"


@pytest.mark.parametrize(
    ("change", "reason"), [({"priority": 5}, "not between -10 and 0"), ({"priority": -2}, "has another one already")]
)
def test_classes_that_cannot_be_are_refused(change: dict[str, Any], reason: str) -> None:
    first, second = samples.GATEWAY_SHARES["shares"]
    with pytest.raises(pulumi.InputPropertiesError, match=reason):
        component(GatewayShares, {"shares": [first, {**second, **change}]})


# -- services with gateways --------------------------------------------------------------------------------------------------------------------------


def test_the_gateway_stands_before_the_service() -> None:
    made = component(ServiceWithGateway, samples.SIDECAR)
    assert "replicas" not in spec(made, "sample-deployment")  # they are the autoscaler's
    pod = spec(made, "sample-deployment")["template"]["spec"]
    service, proxy = pod["containers"]
    assert [port["containerPort"] for port in service["ports"]] == [8080]
    assert (service["securityContext"]["runAsUser"], proxy["securityContext"]["runAsUser"]) == (1001, 1000)
    assert spec(made, "sample-service")["ports"] == [{"name": "proxy", "port": 80, "targetPort": "proxy"}]
    for container in (service, proxy):
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["readinessProbe"]
        assert container["livenessProbe"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for each in (service, proxy) for mount in each["volumeMounts"]} == volumes


def test_one_pod_has_no_disruption_budget_and_metrics_are_optional() -> None:
    kinds = {
        resource.type.rpartition(":")[2]
        for resource in component(
            ServiceWithGateway,
            samples.SIDECAR,
            autoscaling={"minimum": 1, "maximum": 2, "cpu_percent": 75},
            metrics=False,
        ).graph.custom()
        if not resource.type.startswith("pulumi:")
    }
    assert kinds == {"ConfigMap", "Deployment", "Service", "HorizontalPodAutoscaler"}
    assert spec(component(ServiceWithGateway, samples.SIDECAR), "sample-disruption-budget")["maxUnavailable"] == 1


@pytest.mark.parametrize(("surge", "unavailable"), [(0, 1), (1, 0)])
def test_it_rolls_out_within_its_surge(surge: int, unavailable: int) -> None:
    rolling = spec(component(ServiceWithGateway, samples.SIDECAR, surge=surge), "sample-deployment")["strategy"]
    assert rolling["rollingUpdate"] == {"maxSurge": surge, "maxUnavailable": unavailable}


def test_what_cannot_work_is_refused_all_at_once() -> None:
    gateway = {
        **samples.SIDECAR["gateway"],
        "probe_port": "health",
        "requests": {"cpu_millicores": 900, "memory_mib": 1},
    }
    service = {**samples.SIDECAR["service"], "port": 8000}
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        component(ServiceWithGateway, samples.SIDECAR, gateway=gateway, service=service)
    assert all(word in str(caught.value) for word in ("service.port", "probe_port", "requests.cpu_millicores"))


# -- policies at one end -----------------------------------------------------------------------------------------------------------------------------

FLOW = {
    "name": "one",
    "source": {"namespace": "a"},
    "destination": {"namespace": "b"},
    "ports": [{"port": 443}],
    "reason": "test",
}


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        ("both", {"sample-one-ingress", "sample-one-egress"}),
        ("source", {"sample-one-egress"}),
        ("destination", {"sample-one-ingress"}),
    ],
)
def test_a_flow_is_let_through_at_the_ends_that_it_names(ends: str, kept: set[str]) -> None:
    made = component(NetworkPolicies, {"flows": [{**FLOW, "ends": ends}]})
    assert {resource.name for resource in made.graph.custom() if not resource.type.startswith("pulumi:")} == kept


def test_an_end_that_is_none_is_refused() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="is no end"):
        component(NetworkPolicies, {"flows": [{**FLOW, "ends": "middle"}]})
