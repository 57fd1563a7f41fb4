"""Cassandra in the cluster, and what programs and monitoring are told of one outside of it."""

import json
from pathlib import Path
from typing import Any

import crd_schemas
import pulumi
import pytest
import yaml
from components_kubernetes_samples import PLACEMENT, SECRET, component, recorded, spec, unwrapped

from apim_infra.planning.availability import what_is_built
from components.kubernetes.cassandra_client import CassandraClient
from components.kubernetes.cassandra_store import InClusterCassandra
from components.kubernetes.data import load
from components.kubernetes.store_operators import StoreOperators
from components.kubernetes.store_parts import STORES
from components.kubernetes.stores import InClusterMariadb, InClusterValkey

STORE: Any = {
    "namespace": "user-namespace",
    "store": "cassandra",
    "version": "4.1",
    "placement": PLACEMENT,
    "size": {"cpu_millicores": 500, "memory_mib": 2048},
    "storage_gib": 20,
    "replicas": 2,
    "labels": {"apim.io/role": "cassandra"},
    "keyspaces": ["apim"],
    "replication_factor": 3,
    "username": "programs",
}
CLIENT: Any = {
    "namespace": "microservices",
    "hosts": "10.0.0.8,10.0.1.8",
    "port": 9042,
    "datacenter": "eu-west-1",
    "username": "apim",
    "password": "s3cret",
    "authority": "AUTHORITY",
    "certificate": "CERTIFICATE",
    "key": "KEY",
}
METRICS = {"namespace": "monitoring", "targets": ["10.0.0.8:7070"]}


def test_nodes_are_sized_labelled_placed_and_restricted():
    found = spec(component(InClusterCassandra, STORE, storage_class="gp3"), "sample-datacenter")
    assert (found["size"], found["serverVersion"]) == (3, load(STORES)["cassandra"]["4.1"])
    assert found["resources"]["limits"] == {"cpu": "500m", "memory": "2048Mi"}
    claim = found["storageConfig"]["cassandraDataVolumeClaimSpec"]
    assert (claim["resources"]["requests"]["storage"], claim["storageClassName"]) == ("20Gi", "gp3")
    assert found["additionalLabels"] == {"apim.io/role": "cassandra"}
    assert found["nodeSelector"] == {"apim.io/pool": "management"}
    pod = found["podTemplateSpec"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in (*pod["containers"], *pod["initContainers"]):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert found["config"]["jvm-server-options"]["max_heap_size"] == "512m"


@pytest.mark.parametrize(("nodes", "copies"), [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_keyspaces_have_no_more_copies_than_there_are_nodes(nodes: int, copies: int):
    job = component(InClusterCassandra, STORE, replicas=nodes - 1).named("sample-keyspaces").inputs
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert f'"replication_factor":{copies}' in container["command"][-1]
    assert '"keyspace_name":"apim"' in container["command"][-1]
    assert "cassandra-cassandra-service.user-namespace.svc:8080" in container["command"][-1]


def test_another_keyspace_is_another_job_and_none_is_no_job():
    one, two = (component(InClusterCassandra, STORE, keyspaces=names) for names in (["a"], ["a", "b"]))
    names = {made.named("sample-keyspaces").inputs["metadata"]["name"] for made in (one, two)}
    assert len(names) == 2
    assert component(InClusterCassandra, STORE, keyspaces=[]).of_type("kubernetes:batch/v1:Job") == []


def test_the_endpoint_is_that_of_the_data_centre():
    def program() -> None:
        for key, value in InClusterCassandra("sample", STORE).endpoint.items():
            pulumi.export(key, value)

    found = recorded(program).exports
    assert (found["host"], found["port"]) == ("cassandra-cassandra-service.user-namespace.svc", 9042)
    assert found["password"] == SECRET
    made = unwrapped(InClusterCassandra, STORE)
    assert made["sample-secret"]["metadata"]["name"] == found["secret_id"]
    assert made["sample-datacenter"]["spec"]["users"] == [{"secretName": found["secret_id"], "superuser": True}]


@pytest.mark.skipif(not crd_schemas.available(), reason=f"the published schemas are not at {crd_schemas.FOLDER}")
@pytest.mark.parametrize("version", ["4.0", "4.1", "5.0"])
def test_the_data_centre_satisfies_its_schema(version: str):
    made = component(InClusterCassandra, STORE, version=version).named("sample-datacenter").inputs
    # The operator takes its configuration as an object, which the published schema calls bytes.
    plain = {**made, "spec": {key: value for key, value in made["spec"].items() if key != "config"}}
    assert crd_schemas.violations(plain) == []
    assert crd_schemas.violations({**plain, "spec": {**plain["spec"], "size": "three"}})


def test_versions_in_the_cluster_are_those_that_the_planning_knows():
    images = {name: tuple(versions) for name, versions in load(STORES).items() if isinstance(versions, dict)}
    images["redis"] = images.pop("valkey")
    planned = dict(what_is_built().in_cluster_versions)
    # MySQL is no operator's: a product that asks for it brings its image along.
    assert planned.pop("mysql")
    assert images == planned


def test_the_operator_serves_every_namespace_and_runs_restricted():
    made = component(StoreOperators, {"namespace": "platform-system", "placement": PLACEMENT, "cassandra": True})
    (release,) = made.of_type("kubernetes:helm.sh/v3:Release")
    given = release.inputs["values"]
    assert release.inputs["name"] == "cass-operator"
    assert given["global"] == {"clusterScoped": True}
    assert given["securityContext"]["allowPrivilegeEscalation"] is False


def test_other_stores_keep_to_the_restricted_standard_too():
    args: Any = {**STORE, "store": "sample"}
    mariadb = spec(component(InClusterMariadb, {**args, "version": "11.8"}), "sample-mariadb")
    assert mariadb["podSecurityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert mariadb["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    valkey = component(InClusterValkey, {**args, "version": "8.1"}).named("sample-release").inputs["values"]
    assert valkey["podSecurityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert valkey["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_programs_find_everything_in_a_config_map_and_a_secret():
    made = unwrapped(CassandraClient, CLIENT)
    for name in ("sample-settings", "sample-secret"):
        metadata = made[name]["metadata"]
        assert (metadata["name"], metadata["namespace"]) == ("cassandra-client", "microservices")
    assert made["sample-settings"]["data"] == {
        "hosts": "10.0.0.8,10.0.1.8",
        "port": "9042",
        "datacenter": "eu-west-1",
        "username": "apim",
        "ca.crt": "AUTHORITY",
    }
    assert made["sample-secret"]["stringData"] == {"password": "s3cret", "tls.crt": "CERTIFICATE", "tls.key": "KEY"}


def test_without_a_login_there_is_none_in_the_secret():
    bare = {key: CLIENT[key] for key in ("namespace", "hosts", "port", "datacenter")}
    made = unwrapped(CassandraClient, bare)
    assert made["sample-settings"]["data"].keys() == {"hosts", "port", "datacenter"}
    assert "sample-secret" not in made


def test_metrics_are_read_by_tls_and_only_when_asked_for():
    made = component(CassandraClient, CLIENT, metrics=METRICS)
    scrape = spec(made, "sample-metrics")
    assert scrape["scheme"] == "HTTPS"
    assert scrape["staticConfigs"][0]["targets"] == ["10.0.0.8:7070"]
    trusted = made.named("sample-authority").inputs
    assert trusted["metadata"]["name"] == scrape["tlsConfig"]["ca"]["configMap"]["name"]
    assert "insecureSkipVerify" not in json.dumps(scrape)
    assert not [
        resource for resource in component(CassandraClient, CLIENT).graph.resources if "metrics" in resource.name
    ]


@pytest.mark.skipif(not crd_schemas.available(), reason=f"the published schemas are not at {crd_schemas.FOLDER}")
def test_the_scrape_configuration_satisfies_its_schema():
    if ("monitoring.coreos.com/v1alpha1", "ScrapeConfig") not in crd_schemas.schemas():
        pytest.skip("the published schemas have no ScrapeConfig")
    made = component(CassandraClient, CLIENT, metrics=METRICS).named("sample-metrics").inputs
    assert crd_schemas.violations(made) == []


def test_the_chart_is_pinned():
    text = (Path(__file__).parents[2] / "components" / "kubernetes" / "addons.yaml").read_text("utf-8")
    chart = yaml.safe_load(text)["addons"]["cass-operator"]
    assert chart["version"].count(".") == 2
