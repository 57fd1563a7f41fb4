"""What holds of every Kubernetes component: tokens, names, parents, waiting, and use from other languages."""

from typing import Any

import components_kubernetes_samples as samples
import pulumi
import pytest
from components_kubernetes_samples import component, recorded
from pulumi.provider.experimental.analyzer import Analyzer

from components.kubernetes.alert_rules import AlertRules
from components.kubernetes.apim_release import ApimRelease
from components.kubernetes.autoscaler import ClusterAutoscaler
from components.kubernetes.azure_metrics import AzureMetrics
from components.kubernetes.cassandra_client import CassandraClient
from components.kubernetes.cassandra_store import InClusterCassandra
from components.kubernetes.certificates import Certificates
from components.kubernetes.dashboards import Dashboards
from components.kubernetes.external_secrets import ExternalSecrets
from components.kubernetes.file_share import FileShare
from components.kubernetes.gateway import Gateway
from components.kubernetes.gateway_shares import GatewayShares
from components.kubernetes.ingress import Ingress
from components.kubernetes.kibana import Kibana
from components.kubernetes.kured import Kured
from components.kubernetes.load_balancer_controller import LoadBalancerController
from components.kubernetes.logging import Logging, MetricsExporter
from components.kubernetes.mesh import Mesh
from components.kubernetes.monitoring import Monitoring
from components.kubernetes.namespace import Namespace
from components.kubernetes.network_policies import NetworkPolicies
from components.kubernetes.private_certificates import PrivateCertificates
from components.kubernetes.program import Program
from components.kubernetes.pushgateway import Pushgateway
from components.kubernetes.reloader import Reloader
from components.kubernetes.service_account import ServiceAccount
from components.kubernetes.sidecar import ServiceWithGateway
from components.kubernetes.storage_class import StorageClass
from components.kubernetes.store_operators import StoreOperators
from components.kubernetes.stores import InClusterMariadb, InClusterPostgresql, InClusterValkey

STORE = {
    "namespace": "apim",
    "store": "tenants",
    "placement": samples.PLACEMENT,
    "size": {"cpu_millicores": 500, "memory_mib": 256},
    "storage_gib": 10,
}
FLOW = {
    "name": "one",
    "source": {"namespace": "apim"},
    "destination": {"cidrs": ["10.0.0.0/16"]},
    "ports": [{"port": 443}],
    "reason": "test",
}
RULES = {
    "namespace": "monitoring",
    "stack": "apim-test",
    "gateway_namespaces": ["user-namespace"],
    "platform_namespaces": ["apim"],
    "facts": ["logs"],
}
METRICS = {"region": "eu-west-1", "log_group": "metrics", "prometheus": "prometheus.monitoring.svc"}
CASSANDRA_CLIENT = {
    "namespace": "microservices",
    "hosts": "10.0.0.8",
    "port": 9042,
    "datacenter": "eu-west-1",
    "authority": "PEM",
    "metrics": {"namespace": "monitoring", "targets": ["10.0.0.8:7070"]},
}
PROGRAM = {
    "program": "console",
    "namespace": "apim",
    "placement": samples.PLACEMENT,
    "image": "registry.example.com/console:1.0",
    "ports": [{"name": "console", "port": 8090}],
    "requests": {"cpu_millicores": 500, "memory_mib": 512},
    "limits": {"cpu_millicores": 500, "memory_mib": 512},
    "replicas": 2,
}
FILE_SHARE = {
    "namespace": "apim",
    "claim": "events",
    "source": {
        "account_name": "apimfiles",
        "share_name": "events",
        "resource_group_name": "apim",
        "size_gib": 100,
        "protocol": "smb",
        "account_key": samples.PASSWORD,
    },
}
EVERY: dict[str, tuple[Any, Any]] = {
    "AlertRules": (AlertRules, RULES),
    "Dashboards": (Dashboards, RULES),
    "Kured": (Kured, {}),
    "Kibana": (Kibana, {"namespace": "logging", "placement": samples.PLACEMENT}),
    "MetricsExporter": (
        MetricsExporter,
        {"namespace": "logging", "placement": samples.PLACEMENT, "sink": METRICS},
    ),
    "ApimRelease": (ApimRelease, samples.APIM_RELEASE),
    "Certificates": (Certificates, samples.CERTIFICATES),
    "PrivateCertificates": (PrivateCertificates, samples.PRIVATE_CERTIFICATES),
    "ClusterAutoscaler": (ClusterAutoscaler, samples.AUTOSCALER),
    "ExternalSecrets": (ExternalSecrets, samples.EXTERNAL_SECRETS),
    "FileShare": (FileShare, FILE_SHARE),
    "Gateway": (Gateway, {**samples.GATEWAY, "database_password": samples.PASSWORD}),
    "GatewayShares": (GatewayShares, samples.GATEWAY_SHARES),
    "ServiceWithGateway": (ServiceWithGateway, samples.SIDECAR),
    "CassandraClient": (CassandraClient, CASSANDRA_CLIENT),
    "InClusterCassandra": (
        InClusterCassandra,
        {**STORE, "version": "4.1", "keyspaces": ["apim"], "replication_factor": 1},
    ),
    "InClusterMariadb": (InClusterMariadb, {**STORE, "version": "11.8"}),
    "InClusterPostgresql": (InClusterPostgresql, {**STORE, "version": "17"}),
    "InClusterValkey": (InClusterValkey, {**STORE, "version": "8.1"}),
    "Ingress": (Ingress, samples.INGRESS),
    "LoadBalancerController": (LoadBalancerController, samples.LOAD_BALANCER_CONTROLLER),
    "Logging": (Logging, samples.LOGGING),
    "Mesh": (Mesh, samples.MESH),
    "Monitoring": (Monitoring, samples.MONITORING),
    "Namespace": (Namespace, samples.NAMESPACE),
    "NetworkPolicies": (NetworkPolicies, {"flows": [FLOW]}),
    "Program": (Program, PROGRAM),
    "Reloader": (Reloader, samples.RELOADER),
    "Pushgateway": (Pushgateway, samples.PUSHGATEWAY),
    "AzureMetrics": (AzureMetrics, samples.AZURE_METRICS),
    "StorageClass": (
        StorageClass,
        {"storage_class": "gp3", "provisioner": "ebs.csi.aws.com", "parameters": {"type": "gp3"}},
    ),
    "StoreOperators": (
        StoreOperators,
        {"namespace": "platform-system", "placement": samples.PLACEMENT, "postgresql": True, "mariadb": True},
    ),
    "ServiceAccount": (ServiceAccount, {"namespace": "apim", "account": "bff"}),
}


@pytest.mark.parametrize("name", EVERY)
def test_tokens_names_and_parents(name: str):
    resources = component(*EVERY[name]).graph.resources
    (root,) = [resource for resource in resources if resource.type == f"apim:kubernetes:{name}"]
    assert root.name == "sample"
    children = [r for r in resources if not r.type.startswith("pulumi:") and r is not root]
    assert children
    assert {child.parent for child in children} == {root.urn}
    assert all(child.name.startswith("sample-") for child in children)


@pytest.mark.parametrize("name", EVERY)
def test_objects_have_names_of_their_own(name: str):
    """Without a name of its own an object gets a made-up one, which nothing else can refer to."""
    for resource in component(*EVERY[name]).graph.custom():
        if resource.type.startswith("kubernetes:"):
            named = resource.inputs.get("metadata", resource.inputs)
            assert named.get("name"), resource.name


@pytest.mark.parametrize("name", EVERY)
def test_children_wait_for_what_their_component_waits_for(name: str):
    kind, args = EVERY[name]

    def program() -> None:
        first = ServiceAccount("first", {"namespace": "apim", "account": "first"})
        kind("sample", args, pulumi.ResourceOptions(depends_on=[first.service_account]))

    recording = recorded(program)
    first = recording.named("first-service-account").urn
    by_urn = {resource.urn: resource for resource in recording.graph.resources}

    def waits(urn: str) -> bool:
        return urn == first or any(waits(other) for other in by_urn[urn].dependencies)

    children = [
        r for r in recording.graph.custom() if r.name.startswith("sample-") and r.type.startswith("kubernetes:")
    ]
    assert children
    assert [child.name for child in children if not waits(child.urn)] == []


def test_other_languages_can_use_every_component():
    found = Analyzer("apim").analyze([kind for kind, _ in EVERY.values()])["component_definitions"]
    assert found.keys() == EVERY.keys()
    for name, definition in found.items():
        assert definition.inputs, name
        assert all(each.description for each in definition.inputs.values()), name
