"""Every custom resource of the components is one that its published schema takes."""

from typing import Any

import components_kubernetes_samples as samples
import crd_schemas
import pytest

from apim_infra.rehearsal.graph import Resource
from components.kubernetes.certificates import Certificates
from components.kubernetes.external_secrets import ExternalSecrets
from components.kubernetes.ingress import Ingress
from components.kubernetes.private_certificates import PrivateCertificates

AZURE_DNS = {
    "subscription_id": "00000000-0000-0000-0000-000000000000",
    "resource_group": "apim",
    "zone": "example.com",
    "identity_client_id": "11111111-1111-1111-1111-111111111111",
}
GATEWAY = samples.INGRESS["gateways"][0]
LOAD_BALANCER = {"annotations": {"a": "b"}, "source_cidrs": ["10.0.0.0/8"], "trusted_hops": 1}
PROGRAMS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "ingress": (Ingress, samples.INGRESS, {}),
    "ingress, one replica": (Ingress, samples.INGRESS, {"replicas": 1, "minimum_tls": "1.3"}),
    "ingress, autoscaled": (Ingress, samples.INGRESS, {"max_replicas": 6}),
    "ingress, measured": (Ingress, samples.INGRESS, {"metrics": True}),
    "ingress, by the cloud's own load balancer": (
        Ingress,
        samples.INGRESS,
        {"gateways": [{**GATEWAY, "load_balancer": LOAD_BALANCER}]},
    ),
    "ingress, sources": (
        Ingress,
        samples.INGRESS,
        {"gateways": [{**GATEWAY, "source_cidrs": ["10.0.0.0/8"], "proxy_protocol": True}]},
    ),
    "external secrets": (ExternalSecrets, samples.EXTERNAL_SECRETS, {}),
    "certificates, Route 53": (Certificates, samples.CERTIFICATES, {}),
    "certificates, Azure DNS": (Certificates, samples.CERTIFICATES, {"route53": None, "azure_dns": AZURE_DNS}),
    "certificates of another authority": (PrivateCertificates, samples.PRIVATE_CERTIFICATES, {}),
    "certificates, private authority": (
        Certificates,
        samples.CERTIFICATES,
        {"route53": None, "private_authority": True},
    ),
}
needs_schemas = pytest.mark.skipif(
    not crd_schemas.available(),
    reason=f"the published schemas are not at {crd_schemas.FOLDER}: custom resources not verified",
)


def custom_resources(name: str) -> list[Resource]:
    kind, args, changes = PROGRAMS[name]
    graph = samples.component(kind, args, **changes).graph
    found = [resource for resource in graph.custom() if not resource.type.startswith(("pulumi:", "kubernetes:helm"))]
    return [resource for resource in found if resource.inputs.get("spec") and "." in resource.inputs["apiVersion"]]


@needs_schemas
@pytest.mark.parametrize("name", PROGRAMS)
def test_custom_resources_satisfy_their_schemas(name: str):
    resources = custom_resources(name)
    assert resources
    assert {resource.name: crd_schemas.violations(resource.inputs) for resource in resources} == {
        resource.name: [] for resource in resources
    }


@needs_schemas
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_schemas_would_notice(name: str):
    for resource in custom_resources(name):
        assert crd_schemas.violations({**resource.inputs, "spec": {**resource.inputs["spec"], "misspelt": 1}})


def test_elasticsearch_has_no_published_schema_here():
    """Its licence keeps it from lying beside the repository: its kind is the only one that is not verified."""
    if crd_schemas.available():
        assert ("elasticsearch.k8s.elastic.co/v1", "Elasticsearch") not in crd_schemas.schemas()
