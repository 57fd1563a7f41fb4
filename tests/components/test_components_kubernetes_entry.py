"""The ingress where the cluster makes its load balancers, keeps users with pods, and speaks TLS to services."""

from copy import deepcopy
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from components_kubernetes_samples import CERTIFICATES, INGRESS, component, spec, values

from apim_infra.rehearsal.testing import Recording, record
from components.kubernetes.certificates import Certificates
from components.kubernetes.ingress import Ingress

BALANCER: dict[str, Any] = {
    "annotations": {"service.beta.kubernetes.io/azure-load-balancer-ipv4": "10.0.1.254"},
    "source_cidrs": ["10.0.0.0/8"],
}
SOLVER = {
    "subscription_id": "00000000-0000-0000-0000-000000000000",
    "resource_group": "apim",
    "zone": "example.com",
    "identity_client_id": "11111111-1111-1111-1111-111111111111",
}


def ingress(**internal: Any) -> Recording:
    """Record the ingress with changes of its internal gateway."""
    gateways = deepcopy(INGRESS["gateways"])
    gateways[0] |= internal
    return component(Ingress, INGRESS, gateways=gateways)


def hosts(**first: Any) -> list[Any]:
    """Return the hosts of the internal gateway with changes of the first."""
    changed = deepcopy(INGRESS["gateways"][0]["hosts"])
    changed[0] |= first
    return changed


def names(recording: Recording, kind: str) -> list[str]:
    return [resource.name for resource in recording.graph.custom() if resource.inputs.get("kind") == kind]


def service(recording: Recording, gateway: str) -> Any:
    return spec(recording, f"sample-{gateway}-proxy")["provider"]["kubernetes"]["envoyService"]


def test_a_service_asks_for_its_load_balancer_and_sees_clients() -> None:
    recording = ingress(load_balancer=BALANCER)
    assert service(recording, "internal") == {
        "name": "ingress-internal",
        "type": "LoadBalancer",
        "annotations": BALANCER["annotations"],
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "externalTrafficPolicy": "Local",
    }


def test_without_one_a_service_stays_inside() -> None:
    assert service(ingress(), "internal") == {"name": "ingress-internal", "type": "ClusterIP", "annotations": {}}


@pytest.mark.parametrize("hops", [0, 1])
def test_clients_are_known_by_what_our_own_proxies_add(hops: int) -> None:
    policy = spec(ingress(load_balancer={**BALANCER, "trusted_hops": hops}), "sample-internal-clients")
    assert policy.get("clientIPDetection") == ({"xForwardedFor": {"numTrustedHops": 1}} if hops else None)


def test_a_cookie_keeps_users_with_a_pod_where_it_is_asked_for() -> None:
    recording = ingress(hosts=hosts(sticky=True))
    (name,) = names(recording, "BackendTrafficPolicy")
    policy = spec(recording, name)
    route = policy["targetRefs"][0]["name"]
    assert spec(recording, f"sample-{route}")["hostnames"] == [INGRESS["gateways"][0]["hosts"][0]["host"]]
    balancing = policy["loadBalancer"]
    assert (balancing["type"], balancing["consistentHash"]["type"]) == ("ConsistentHash", "Cookie")
    assert balancing["consistentHash"]["cookie"]["ttl"] == "0s"
    assert names(ingress(), "BackendTrafficPolicy") == []


def test_services_that_speak_tls_are_verified_once_each() -> None:
    route = INGRESS["gateways"][0]["hosts"][0]["routes"][0]
    routes = [{**route, "tls_secret": "backend"}, {**route, "path": "/more", "tls_secret": "backend"}]
    recording = ingress(hosts=hosts(routes=routes))
    (name,) = names(recording, "BackendTLSPolicy")
    policy = recording.named(name).inputs
    assert policy["metadata"]["namespace"] == route["namespace"]
    assert policy["spec"] == {
        "targetRefs": [{"group": "", "kind": "Service", "name": route["service"]}],
        "validation": {
            "hostname": f"{route['service']}.{route['namespace']}.svc",
            "caCertificateRefs": [{"group": "", "kind": "Secret", "name": "backend"}],
        },
    }
    assert names(ingress(), "BackendTLSPolicy") == []


def test_proofs_in_azure_dns_are_looked_for_in_public_by_the_identity_of_the_pods() -> None:
    given = values(component(Certificates, CERTIFICATES, route53=None, azure_dns=SOLVER), "sample-release")
    assert given["dns01RecursiveNameserversOnly"] is True
    assert all(resolver.startswith("https://") for resolver in given["dns01RecursiveNameservers"].split(","))
    assert given["podLabels"] == {"azure.workload.identity/use": "true"}
    assert given["serviceAccount"]["annotations"] == {"azure.workload.identity/client-id": SOLVER["identity_client_id"]}
    plain = values(component(Certificates, CERTIFICATES), "sample-release")
    assert {"dns01RecursiveNameserversOnly", "dns01RecursiveNameservers"}.isdisjoint(plain)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            {"load_balancer": {**BALANCER, "source_cidrs": ["everyone"]}},
            "spec.provider.kubernetes.envoyService.loadBalancerSourceRanges[0]",
        ),
        (
            {"load_balancer": {**BALANCER, "trusted_hops": -1}},
            "spec.clientIPDetection.xForwardedFor.numTrustedHops",
        ),
    ],
)
def test_what_the_cluster_would_refuse_is_found(change: dict[str, Any], path: str) -> None:
    gateways = deepcopy(INGRESS["gateways"])
    gateways[0] |= change

    def program() -> None:
        inside = k8s.core.v1.Namespace("inside", metadata={"name": INGRESS["namespace"]})
        args: Any = {**deepcopy(INGRESS), "gateways": gateways}
        Ingress("sample", args, pulumi.ResourceOptions(depends_on=[inside]))

    assert any(path in error.message for error in record(program).errors)
