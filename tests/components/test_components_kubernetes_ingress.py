"""Ingress: TLS ends there, HTTP is only redirected, and each host leads where its routes say."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import INGRESS, PLACEMENT, component, spec, values

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.ingress import Ingress


def kinds(recording: Recording, kind: str) -> list[Any]:
    return [resource.inputs for resource in recording.graph.custom() if resource.inputs.get("kind") == kind]


def changed(path: int, **change: Any) -> Any:
    gateways = deepcopy(INGRESS["gateways"])
    gateways[path] |= change
    return gateways


def test_each_host_ends_tls_with_its_own_certificate_and_version():
    recording = component(Ingress, INGRESS)
    for gateway in INGRESS["gateways"]:
        listeners = spec(recording, f"sample-{gateway['name']}-gateway")["listeners"]
        https = {each["hostname"]: each for each in listeners if each["protocol"] == "HTTPS"}
        assert https.keys() == {host["host"] for host in gateway["hosts"]}
        for host in gateway["hosts"]:
            tls = https[host["host"]]["tls"]
            assert tls == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": host["certificate"]}]}
        assert len({each["name"] for each in listeners}) == len(listeners)
        policy = spec(recording, f"sample-{gateway['name']}-clients")
        assert policy["tls"]["minVersion"] == "1.2"
        assert policy["targetRefs"][0]["name"] == gateway["name"]


def test_http_is_only_redirected():
    recording = component(Ingress, INGRESS)
    for gateway in ("internal", "public"):
        listeners = spec(recording, f"sample-{gateway}-gateway")["listeners"]
        (http,) = [each for each in listeners if each["protocol"] == "HTTP"]
        on_http = [
            route
            for route in kinds(recording, "HTTPRoute")
            if route["spec"]["parentRefs"][0] == {"name": gateway, "sectionName": http["name"]}
        ]
        (route,) = on_http
        (rule,) = route["spec"]["rules"]
        assert rule.keys() == {"filters"}
        assert rule["filters"][0]["requestRedirect"] == {"scheme": "https", "port": 443, "statusCode": 301}


def test_routes_lead_to_their_services_and_every_other_namespace_gives_leave():
    recording = component(Ingress, INGRESS)
    route = spec(recording, "sample-internal-developers-admin-example-com")
    assert route["hostnames"] == ["developers-admin.example.com"]
    assert {
        (match["path"]["value"], backend["name"])
        for rule in route["rules"]
        for match in rule["matches"]
        for backend in rule["backendRefs"]
    } == {("/", "developer-portal-frontend"), ("/api", "developer-portal-backend")}
    (rule,) = spec(recording, "sample-public-api-example-com")["rules"]
    assert [match["path"]["value"] for match in rule["matches"]] == ["/orders", "/users"]
    granted = {
        (grant["metadata"]["namespace"], target["name"])
        for grant in kinds(recording, "ReferenceGrant")
        for target in grant["spec"]["to"]
        if grant["spec"]["from"][0]["namespace"] == "ingress"
    }
    backends = {
        (backend["namespace"], backend["name"])
        for route in kinds(recording, "HTTPRoute")
        for rule in route["spec"]["rules"]
        for backend in rule.get("backendRefs", [])
    }
    assert granted == backends


def test_one_host_on_two_gateways_and_one_service_name_in_two_namespaces():
    gateways = deepcopy(INGRESS["gateways"])
    for gateway, namespace in zip(gateways, ("apim", "other"), strict=True):
        gateway["hosts"][0] |= {
            "host": "api.example.com",
            "routes": [{"namespace": namespace, "service": "same", "port": 80}],
        }
    recording = component(Ingress, INGRESS, gateways=gateways)
    routes = [r for r in kinds(recording, "HTTPRoute") if r["spec"].get("hostnames") == ["api.example.com"]]
    assert {route["spec"]["parentRefs"][0]["name"] for route in routes} == {"internal", "public"}
    grants = [
        g["metadata"]["namespace"]
        for g in kinds(recording, "ReferenceGrant")
        if g["metadata"]["name"] == "ingress-same"
    ]
    assert sorted(grants) == ["apim", "other"]


def test_services_in_the_gateways_own_namespace_need_no_leave():
    gateways = deepcopy(INGRESS["gateways"])
    for gateway in gateways:
        for host in gateway["hosts"]:
            for route in host["routes"]:
                route["namespace"] = "ingress"
    assert not kinds(component(Ingress, INGRESS, gateways=gateways), "ReferenceGrant")


def test_target_groups_get_the_pods_of_their_gateway():
    recording = component(Ingress, INGRESS)
    proxies = spec(recording, "sample-internal-proxy")["provider"]["kubernetes"]
    bindings = kinds(recording, "TargetGroupBinding")
    assert [(b["spec"]["serviceRef"], b["spec"]["targetType"]) for b in bindings] == [
        ({"name": proxies["envoyService"]["name"], "port": port}, "ip") for port in (443, 80)
    ]
    assert {b["spec"]["targetGroupARN"] for b in bindings} == {
        target["arn"] for target in INGRESS["gateways"][0]["target_groups"]
    }


def test_proxies_have_a_fixed_cluster_ip_service_and_sizes_and_a_place():
    recording = component(Ingress, INGRESS, controller_placement={"pool": "other"})
    for gateway in ("internal", "public"):
        proxies = spec(recording, f"sample-{gateway}-proxy")["provider"]["kubernetes"]
        deployment = proxies["envoyDeployment"]
        assert proxies["envoyService"]["type"] == "ClusterIP"
        assert proxies["envoyService"]["name"] == f"ingress-{gateway}"
        assert deployment["pod"]["nodeSelector"] == {"apim.io/pool": "management"}
        assert deployment["pod"]["tolerations"][0]["value"] == PLACEMENT["taints"][0]["value"]
        assert deployment["replicas"] == 2
        (shutdown,) = deployment["patch"]["value"]["spec"]["template"]["spec"]["containers"]
        for container in (deployment["container"], shutdown):
            assert container["resources"]["requests"] == container["resources"]["limits"]
    controller = values(recording, "sample-release")
    assert controller["deployment"]["pod"]["nodeSelector"] == {"apim.io/pool": "other"}
    assert controller["certgen"]["job"]["nodeSelector"] == {"apim.io/pool": "other"}


def test_replicas_make_disruption_budgets_and_autoscalers():
    def proxies(**change: Any) -> Any:
        return spec(component(Ingress, INGRESS, **change), "sample-public-proxy")["provider"]["kubernetes"]

    assert "envoyPDB" not in proxies(replicas=1)
    assert proxies(replicas=2)["envoyPDB"]["maxUnavailable"] == 1
    assert "envoyHpa" not in proxies(replicas=2, max_replicas=2)
    scaled = proxies(replicas=2, max_replicas=5)
    assert (scaled["envoyHpa"]["minReplicas"], scaled["envoyHpa"]["maxReplicas"]) == (2, 5)
    assert "replicas" not in scaled["envoyDeployment"]


def test_sources_are_closed_to_everybody_else_when_given():
    assert not kinds(component(Ingress, INGRESS), "SecurityPolicy")
    recording = component(Ingress, INGRESS, gateways=changed(0, source_cidrs=["10.0.0.0/8"], proxy_protocol=True))
    (policy,) = kinds(recording, "SecurityPolicy")
    authorization = policy["spec"]["authorization"]
    assert authorization["defaultAction"] == "Deny"
    assert authorization["rules"][0]["principal"]["clientCIDRs"] == ["10.0.0.0/8"]
    assert spec(recording, "sample-internal-clients")["proxyProtocol"] == {"optional": False}
    assert "proxyProtocol" not in spec(recording, "sample-public-clients")


def test_cross_origin_requests_are_answered_for_the_host_that_says_so_and_its_sources_stay_closed():
    cors = {
        "origins": ["https://shop.example.com"],
        "methods": ["GET"],
        "headers": ["authorization"],
        "credentials": True,
    }
    hosts = [INGRESS["gateways"][0]["hosts"][0] | {"cors": cors}, *INGRESS["gateways"][0]["hosts"][1:]]
    for sources in ([], ["10.0.0.0/8"]):
        recording = component(Ingress, INGRESS, gateways=changed(0, hosts=hosts, source_cidrs=sources))
        policies = {policy["metadata"]["name"]: policy["spec"] for policy in kinds(recording, "SecurityPolicy")}
        (name,) = policies.keys() - {"internal-sources"}
        (target,) = policies[name]["targetRefs"]
        assert (target["kind"], f"{target['name']}-cors") == ("HTTPRoute", name)
        assert policies[name]["cors"]["allowOrigins"] == cors["origins"]
        assert (policies[name]["cors"]["allowCredentials"], policies[name]["cors"]["maxAge"]) == (True, "3600s")
        # A policy of a route takes the place of its gateway's.
        assert policies[name].get("authorization") == policies.get("internal-sources", {}).get("authorization")


def test_proxies_are_measured_when_asked():
    assert not kinds(component(Ingress, INGRESS), "PodMonitor")
    recording = component(Ingress, INGRESS, metrics=True)
    (monitor,) = kinds(recording, "PodMonitor")
    (wanted,) = monitor["spec"]["selector"]["matchExpressions"]
    pod = spec(recording, "sample-public-proxy")["provider"]["kubernetes"]["envoyDeployment"]["pod"]
    assert wanted["key"] in pod["labels"]
    assert monitor["spec"]["podTargetLabels"] == [wanted["key"]]


def test_custom_resources_wait_for_the_chart_that_brings_their_kinds():
    recording = component(Ingress, INGRESS)
    release = recording.named("sample-release").urn
    custom = [r for r in recording.graph.custom() if r.inputs.get("kind")]
    assert custom
    assert all(release in resource.dependencies for resource in custom)


def test_a_change_to_one_host_touches_its_gateway_and_its_route_alone():
    gateways = deepcopy(INGRESS["gateways"])
    gateways[0]["hosts"][0]["host"] = "console.example.com"
    before = {r.name: r.inputs for r in component(Ingress, INGRESS).graph.custom()}
    after = {r.name: r.inputs for r in component(Ingress, INGRESS, gateways=gateways).graph.custom()}
    different = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert different == {
        "sample-internal-gateway",
        "sample-internal-apim-admin-example-com",
        "sample-internal-console-example-com",
    }


def test_what_cannot_work_is_refused_all_at_once():
    gateways = changed(0, hosts=[{**INGRESS["gateways"][0]["hosts"][0], "routes": []}])
    gateways[1]["hosts"] = []
    gateways.append(deepcopy(INGRESS["gateways"][0]))
    with pytest.raises(pulumi.InputPropertiesError) as error:
        component(Ingress, INGRESS, gateways=gateways)
    message = str(error.value)
    for part in ("each name may occur once", "a host without routes", "1 to 63 hosts, not 0"):
        assert part in message
