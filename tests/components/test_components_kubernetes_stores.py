"""Stores in the cluster: sized and placed like everything else, reached at the endpoint that they report."""

import json
from typing import Any

import crd_schemas
import pulumi
import pytest
from components_kubernetes_samples import PLACEMENT, SECRET, component, recorded, spec, unwrapped, values

from components.kubernetes.data import load
from components.kubernetes.store_operators import StoreOperators
from components.kubernetes.stores import STORES, InClusterMariadb, InClusterPostgresql, InClusterValkey

STORE: Any = {
    "namespace": "apim",
    "store": "tenants",
    "version": "17",
    "placement": PLACEMENT,
    "size": {"cpu_millicores": 500, "memory_mib": 256},
    "storage_gib": 10,
    "labels": {"apim.io/role": "postgresql"},
}
MARIADB: Any = {**STORE, "version": "11.8"}
VALKEY: Any = {**STORE, "version": "8.1"}
KINDS: dict[str, tuple[Any, Any, str, int]] = {
    "postgresql": (InClusterPostgresql, STORE, "tenants-rw.apim.svc", 5432),
    "mariadb": (InClusterMariadb, MARIADB, "tenants.apim.svc", 3306),
    "valkey": (InClusterValkey, VALKEY, "tenants.apim.svc", 6379),
}
SIZE = {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}


def endpoint(kind: Any, args: Any) -> dict[str, Any]:
    def program() -> None:
        for key, value in kind("sample", args).endpoint.items():
            pulumi.export(key, value)

    return recorded(program).exports


@pytest.mark.parametrize("name", KINDS)
def test_the_endpoint_is_where_the_store_is(name: str):
    kind, args, host, port = KINDS[name]
    found = endpoint(kind, args)
    assert (found["host"], found["port"]) == (host, port)
    assert found["password"] == SECRET
    asked = unwrapped(kind, args)
    assert asked["sample-secret"]["metadata"]["name"] == found["secret_id"]


def test_with_replicas_writes_go_to_the_primary():
    assert endpoint(InClusterMariadb, {**MARIADB, "replicas": 1})["host"] == "tenants-primary.apim.svc"
    assert endpoint(InClusterPostgresql, {**STORE, "replicas": 1})["host"] == "tenants-rw.apim.svc"


def test_owner_and_database_are_those_given():
    found = endpoint(InClusterPostgresql, {**STORE, "database": "kong_db", "username": "owner"})
    assert (found["database"], found["username"]) == ("kong_db", "owner")
    asked = unwrapped(InClusterPostgresql, {**STORE, "database": "kong_db", "username": "owner"})
    init = asked["sample-cluster"]["spec"]["bootstrap"]["initdb"]
    assert init == {"database": "kong_db", "owner": "owner", "secret": {"name": "tenants-owner"}}
    assert asked["sample-secret"]["stringData"]["username"] == "owner"
    mariadb = unwrapped(InClusterMariadb, {**MARIADB, "database": "apim_db", "username": "apim_owner"})[
        "sample-mariadb"
    ]
    assert (mariadb["spec"]["database"], mariadb["spec"]["username"]) == ("apim_db", "apim_owner")


@pytest.mark.parametrize("replicas", [0, 1, 2])
def test_replicas_are_pods_beside_the_primary(replicas: int):
    postgresql = spec(component(InClusterPostgresql, STORE, replicas=replicas), "sample-cluster")
    mariadb = spec(component(InClusterMariadb, MARIADB, replicas=replicas), "sample-mariadb")
    valkey = values(component(InClusterValkey, VALKEY, replicas=replicas), "sample-release")
    assert (postgresql["instances"], mariadb["replicas"]) == (1 + replicas, 1 + replicas)
    assert postgresql["enablePDB"] is (replicas > 0)
    assert ("replication" in mariadb) is ("podDisruptionBudget" in mariadb) is (replicas > 0)
    assert valkey.get("replica", {}).get("replicas", 0) == replicas


@pytest.mark.parametrize("replicas", [0, 1])
def test_size_volume_and_place_are_those_given(replicas: int):
    change = {"replicas": replicas, "storage_class": "gp3"}
    postgresql = spec(component(InClusterPostgresql, STORE, **change), "sample-cluster")
    mariadb = spec(component(InClusterMariadb, MARIADB, **change), "sample-mariadb")
    valkey = values(component(InClusterValkey, VALKEY, **change), "sample-release")
    assert postgresql["resources"] == mariadb["resources"] == valkey["resources"] == SIZE
    assert postgresql["storage"] == {"size": "10Gi", "storageClass": "gp3"}
    assert mariadb["storage"] == {"size": "10Gi", "storageClassName": "gp3"}
    volume = valkey["replica"]["persistence"] if replicas else valkey["dataStorage"]
    assert "10Gi" in volume.values()
    assert "gp3" in volume.values()
    for place in (postgresql["affinity"], mariadb, valkey):
        assert place["nodeSelector"] == {"apim.io/pool": "management"}
        assert place["tolerations"][0]["value"] == "management"
    labels = {"apim.io/role": "postgresql"}
    assert (
        postgresql["inheritedMetadata"]["labels"] == mariadb["podMetadata"]["labels"] == valkey["podLabels"] == labels
    )


def test_valkey_lets_nobody_in_without_a_password():
    made = unwrapped(InClusterValkey, VALKEY)
    auth = made["sample-release"]["values"]["auth"]
    assert auth["enabled"] is True
    assert auth["usersExistingSecret"] == made["sample-secret"]["metadata"]["name"]
    assert made["sample-secret"]["stringData"].keys() == auth["aclUsers"].keys() == {"default"}
    assert len(made["sample-secret"]["stringData"]["default"]) == 32


@pytest.mark.parametrize("name", KINDS)
def test_images_are_pinned(name: str):
    for image in load(STORES)[name].values():
        assert "latest" not in image
        assert any(character.isdigit() for character in image)
    kind, args, *_ = KINDS[name]
    with pytest.raises(pulumi.InputPropertiesError, match=r"'0.1' has no image in the cluster: one of .*40 characters"):
        component(kind, {**args, "version": "0.1", "store": "s" * 41})


@pytest.mark.skipif(not crd_schemas.available(), reason=f"the published schemas are not at {crd_schemas.FOLDER}")
@pytest.mark.parametrize("replicas", [0, 1])
@pytest.mark.parametrize(("name", "resource"), [("postgresql", "sample-cluster"), ("mariadb", "sample-mariadb")])
def test_custom_resources_satisfy_their_schemas(name: str, resource: str, replicas: int):
    kind, args, *_ = KINDS[name]
    made = component(kind, args, replicas=replicas, storage_class="gp3").named(resource).inputs
    assert crd_schemas.violations(made) == []
    assert crd_schemas.violations({**made, "spec": {**made["spec"], "misspelt": 1}})


@pytest.mark.parametrize(
    ("wanted", "releases"),
    [
        ({}, set[str]()),
        ({"postgresql": True}, {"cloudnative-pg"}),
        ({"mariadb": True}, {"mariadb-operator", "mariadb-operator-crds"}),
    ],
)
def test_only_operators_that_are_asked_for_are_installed(wanted: dict[str, bool], releases: set[str]):
    recording = component(StoreOperators, {"namespace": "platform-system", "placement": PLACEMENT, **wanted})
    made = {resource.inputs["name"]: resource for resource in recording.of_type("kubernetes:helm.sh/v3:Release")}
    assert made.keys() == releases
    if "mariadb" in wanted:
        assert made["mariadb-operator-crds"].urn in made["mariadb-operator"].dependencies
        parts = made["mariadb-operator"].inputs["values"]
        assert all(part["securityContext"]["capabilities"] == {"drop": ["ALL"]} for part in (parts, parts["webhook"]))


@pytest.mark.parametrize("name", KINDS)
def test_no_password_shows(name: str):
    kind, args, *_ = KINDS[name]
    password = unwrapped(kind, args)["sample-secret"]["stringData"]
    text = json.dumps(component(kind, args).graph.to_json())
    assert not [value for key, value in password.items() if "password" in key and value in text]
