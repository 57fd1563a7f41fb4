"""What operators make of the platform's custom resources."""

from typing import Any

import pytest
from cryptography import x509

from apim_infra.cluster.apply import OPERATOR, PROGRAM, Applied, Ledger
from apim_infra.cluster.operators import is_known, made_by
from apim_infra.cluster.report import Origin

SIZE = {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
PLACE: dict[str, Any] = {"nodeSelector": {"apim.io/pool": "user"}, "tolerations": [{"operator": "Exists"}]}


def custom(api_version: str, kind: str, spec: dict[str, Any], name: str = "own") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "here"}, "spec": spec}


def of_kind(made: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (one,) = [each for each in made if each["kind"] == kind]
    return one


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    return workload["spec"]["template"]["spec"]


def gateway() -> dict[str, Any]:
    listeners = [{"name": "https", "port": 443, "protocol": "HTTPS"}, {"name": "http", "port": 80, "protocol": "HTTP"}]
    parameters = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "ingress"}
    spec = {"gatewayClassName": "envoy", "listeners": listeners, "infrastructure": {"parametersRef": parameters}}
    return custom("gateway.networking.k8s.io/v1", "Gateway", spec)


def proxy(**kubernetes: Any) -> dict[str, Any]:
    manager = {"name": "shutdown-manager", "resources": SIZE}
    deployment = {
        "name": "ingress",
        "container": {"resources": SIZE},
        "pod": {**PLACE, "labels": {"role": "ingress"}},
        "patch": {"value": {"spec": {"template": {"spec": {"containers": [manager]}}}}},
        **kubernetes.pop("envoyDeployment", {}),
    }
    own = {"envoyDeployment": deployment, "envoyService": {"name": "ingress", "type": "ClusterIP"}, **kubernetes}
    return custom("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", {"provider": {"kubernetes": own}}, "ingress")


def gateway_class(controller: str) -> dict[str, Any]:
    return custom("gateway.networking.k8s.io/v1", "GatewayClass", {"controllerName": controller}, "envoy")


def test_what_operators_make_is_found_by_the_resource_it_is_made_for() -> None:
    def made(name: str, owner: str, namespace: str = "here") -> dict[str, Any]:
        owners = [{"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "Gateway", "name": owner, "uid": "1"}]
        metadata = {"name": name, "namespace": namespace, "ownerReferences": owners}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}

    ledger = Ledger()
    for manifest in (made("proxy", "own"), made("other", "another"), made("away", "own", "there")):
        ledger.add(Applied(manifest, OPERATOR, Origin()))
    ledger.add(Applied(gateway(), PROGRAM, Origin()))
    assert [each.manifest["metadata"]["name"] for each in ledger.made_for(gateway())] == ["proxy"]


def test_a_gateway_gets_proxies_of_the_size_and_at_the_place_of_its_envoy_proxy() -> None:
    made = made_by(
        gateway(), [proxy(envoyPDB={"name": "ingress", "maxUnavailable": 1}, envoyDeployment={"replicas": 3})]
    )
    deployment, service = of_kind(made, "Deployment"), of_kind(made, "Service")
    assert (deployment["metadata"]["name"], deployment["spec"]["replicas"]) == ("ingress", 3)
    assert [each["resources"] for each in pod(deployment)["containers"]] == [SIZE, SIZE]
    assert pod(deployment)["nodeSelector"] == PLACE["nodeSelector"]
    assert deployment["spec"]["template"]["metadata"]["labels"]["role"] == "ingress"
    assert {port["port"]: port["targetPort"] for port in service["spec"]["ports"]} == {80: 10080, 443: 10443}
    assert service["spec"]["type"] == "ClusterIP"
    assert of_kind(made, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_a_gateway_with_an_autoscaler_leaves_the_number_of_its_proxies_to_it() -> None:
    made = made_by(gateway(), [proxy(envoyHpa={"minReplicas": 2, "maxReplicas": 5})])
    assert "replicas" not in of_kind(made, "Deployment")["spec"]
    bounds = of_kind(made, "HorizontalPodAutoscaler")["spec"]
    assert (bounds["minReplicas"], bounds["maxReplicas"]) == (2, 5)


def test_a_gateway_of_another_controller_gets_nothing() -> None:
    assert made_by(gateway(), [gateway_class("traefik.io/gateway-controller")]) == []
    assert made_by(gateway(), [gateway_class("gateway.envoyproxy.io/gatewayclass-controller")])


def test_a_certificate_becomes_a_secret_that_holds_it() -> None:
    spec = {"secretName": "tls", "dnsNames": ["api.example.com"], "keystores": {"jks": {"create": True}}}
    (secret,) = made_by(custom("cert-manager.io/v1", "Certificate", spec))
    assert (secret["metadata"]["name"], secret["type"]) == ("tls", "kubernetes.io/tls")
    assert set(secret["stringData"]) == {"tls.crt", "tls.key", "ca.crt", "keystore.jks", "truststore.jks"}
    signed = x509.load_pem_x509_certificate(secret["stringData"]["tls.crt"].encode())
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.example.com"]


@pytest.mark.parametrize(("policy", "count"), [("Owner", 1), ("Orphan", 1), ("Merge", 0), ("None", 0)])
def test_an_external_secret_is_made_where_it_owns_its_secret(policy: str, count: int) -> None:
    spec = {"target": {"name": "database", "creationPolicy": policy}, "data": [{"secretKey": "password"}]}
    made = made_by(custom("external-secrets.io/v1", "ExternalSecret", spec))
    assert [list(secret["stringData"]) for secret in made] == [["password"]] * count


def test_prometheus_runs_with_reloaders_as_large_as_its_operator_says() -> None:
    claim = {"spec": {"resources": {"requests": {"storage": "50Gi"}}}}
    spec = {"replicas": 2, "resources": SIZE, **PLACE, "storage": {"volumeClaimTemplate": claim}}
    arguments = ["--config-reloader-cpu-request=20m", "--config-reloader-memory-limit=64Mi"]
    containers = [{"name": "operator", "args": arguments}]
    operator = {
        "kind": "Deployment",
        "metadata": {"name": "o"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    stateful = of_kind(made_by(custom("monitoring.coreos.com/v1", "Prometheus", spec), [operator]), "StatefulSet")
    assert (stateful["metadata"]["name"], stateful["spec"]["replicas"]) == ("prometheus-own", 2)
    sizes = {each["name"]: each["resources"] for each in pod(stateful)["containers"]}
    assert sizes == {"prometheus": SIZE, "config-reloader": {"requests": {"cpu": "20m"}, "limits": {"memory": "64Mi"}}}
    (volume,) = stateful["spec"]["volumeClaimTemplates"]
    assert volume["spec"]["resources"]["requests"]["storage"] == "50Gi"


def test_elasticsearch_has_its_pods_its_budget_and_the_secrets_that_others_read() -> None:
    template = {"spec": {**PLACE, "containers": [{"name": "elasticsearch", "resources": SIZE}]}}
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "50Gi"}}}}
    nodes = {"name": "default", "count": 3, "podTemplate": template, "volumeClaimTemplates": [claim]}
    made = made_by(custom("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", {"nodeSets": [nodes]}))
    stateful = of_kind(made, "StatefulSet")
    assert (stateful["metadata"]["name"], stateful["spec"]["replicas"]) == ("own-es-default", 3)
    (container,) = pod(stateful)["containers"]
    assert container["resources"] == SIZE
    assert container["image"]
    assert of_kind(made, "PodDisruptionBudget")["spec"]["minAvailable"] == 2
    secrets = {each["metadata"]["name"] for each in made if each["kind"] == "Secret"}
    assert secrets == {"own-es-http-certs-public", "own-es-elastic-user"}


def test_a_lone_postgresql_with_a_budget_cannot_be_moved_and_one_of_two_can() -> None:
    def budget(instances: int, **more: Any) -> list[dict[str, Any]]:
        spec = {"instances": instances, "storage": {"size": "10Gi"}, "resources": SIZE, **more}
        made = made_by(custom("postgresql.cnpg.io/v1", "Cluster", spec))
        return [
            {key: value for key, value in each["spec"].items() if key != "selector"}
            for each in made
            if each["kind"] == "PodDisruptionBudget"
        ]

    assert budget(1) == [{"minAvailable": 1}]
    assert budget(2) == [{"maxUnavailable": 1}]
    assert budget(1, enablePDB=False) == []


def test_mariadb_with_replication_has_an_agent_beside_each_server() -> None:
    spec = {
        "replicas": 2,
        "storage": {"size": "10Gi"},
        "resources": SIZE,
        "replication": {"enabled": True, "agent": {"resources": SIZE}},
    }
    stateful = of_kind(made_by(custom("k8s.mariadb.com/v1alpha1", "MariaDB", spec)), "StatefulSet")
    assert [each["name"] for each in pod(stateful)["containers"]] == ["mariadb", "agent"]
    alone = of_kind(made_by(custom("k8s.mariadb.com/v1alpha1", "MariaDB", {**spec, "replication": {}})), "StatefulSet")
    assert [each["name"] for each in pod(alone)["containers"]] == ["mariadb"]


def test_cassandra_has_a_stateful_set_for_each_rack_and_keeps_nodes_apart_unless_told_otherwise() -> None:
    def made(**more: Any) -> list[dict[str, Any]]:
        storage = {"cassandraDataVolumeClaimSpec": {"resources": {"requests": {"storage": "10Gi"}}}}
        spec = {"clusterName": "db", "size": 3, "storageConfig": storage, "resources": SIZE, **more}
        found = made_by(custom("cassandra.datastax.com/v1beta1", "CassandraDatacenter", spec))
        return [each for each in found if each["kind"] == "StatefulSet"]

    racks = made(racks=[{"name": "a"}, {"name": "b"}])
    assert {each["metadata"]["name"]: each["spec"]["replicas"] for each in racks} == {
        "db-own-a-sts": 2,
        "db-own-b-sts": 1,
    }
    assert "podAntiAffinity" in pod(racks[0])["affinity"]
    (together,) = made(allowMultipleNodesPerWorker=True, disableSystemLoggerSidecar=True)
    assert "affinity" not in pod(together)
    assert [each["name"] for each in pod(together)["containers"]] == ["cassandra"]


def test_kinds_that_bring_no_pods_are_known_and_others_are_not() -> None:
    assert is_known(custom("gateway.networking.k8s.io/v1", "HTTPRoute", {}))
    assert made_by(custom("gateway.networking.k8s.io/v1", "HTTPRoute", {})) == []
    assert not is_known(custom("example.com/v1", "Machine", {}))
