"""Passwords that change outside of Pulumi: the same secrets with the same names and keys, followed, and pods that start again."""

import json
from typing import Any

import crd_schemas
import pytest
from components_kubernetes_samples import (
    APIM_RELEASE,
    EXTERNAL_SECRETS,
    GATEWAY,
    PASSWORD,
    RELOADER,
    SECRET,
    component,
    credentials,
    recorded,
    secret,
    values,
)
from jsonschema import Draft7Validator

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.apim_release import CHART, SECRETS, ApimRelease
from components.kubernetes.external_secrets import ExternalSecrets
from components.kubernetes.gateway import Gateway
from components.kubernetes.reloader import RELOAD, Reloader

KEY = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db"
SOURCE = {"store": "secrets-manager", "key": KEY}
FOLLOWED = "kubernetes:external-secrets.io/v1:ExternalSecret"
PLAIN = "kubernetes:core/v1:Secret"


def control_plane(*sources: Any) -> Recording:
    """Record a release with one store for each source; None for one whose password does not change."""

    def program() -> None:
        stores = [
            {
                "name": f"store-{number}",
                "credentials": {**credentials(), **({"source": source} if source else {})},
                "workloads": ["gateway-manager"],
            }
            for number, source in enumerate(sources)
        ]
        args: Any = {**APIM_RELEASE, "stores": stores}
        ApimRelease("sample", args)

    return recorded(program)


def gateway(**change: Any) -> Recording:
    def program() -> None:
        args: Any = {**GATEWAY, "database_password": secret(), **change}
        Gateway("sample", args)

    return recorded(program)


def followed_gateway(source: Any) -> Recording:
    return gateway(**({"database_source": source} if source else {}))


@pytest.mark.parametrize(
    ("recording", "name", "namespace", "key"),
    [
        (control_plane, "apim-store-0", "apim", "STORE_0_PASSWORD"),
        (
            followed_gateway,
            "gateway-default-database",
            "user-namespace",
            "password",
        ),
    ],
    ids=["control plane", "gateway"],
)
def test_a_followed_secret_has_the_name_and_the_key_that_it_had(
    recording: Any, name: str, namespace: str, key: str
) -> None:
    before, after = recording(None), recording(SOURCE)
    assert before.of_type(PLAIN)[0].inputs == after.of_type(PLAIN)[0].inputs
    assert (
        after.of_type(PLAIN)[0].inputs["stringData"] == {key: SECRET}
        or after.of_type(PLAIN)[0].inputs["stringData"] == SECRET
    )
    assert after.of_type(PLAIN)[0].inputs["metadata"] == {"name": name, "namespace": namespace}
    (followed,) = after.of_type(FOLLOWED)
    spec = followed.inputs["spec"]
    assert followed.inputs["metadata"] == {"name": name, "namespace": namespace}
    assert spec["target"] == {"name": name, "creationPolicy": "Merge", "deletionPolicy": "Retain"}
    assert spec["data"] == [{"secretKey": key, "remoteRef": {"key": KEY, "property": "password"}}]
    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "secrets-manager"}
    assert after.of_type(PLAIN)[0].urn in followed.dependencies
    assert {r.name for r in after.graph.resources} - {r.name for r in before.graph.resources} == {followed.name}


def test_pods_start_again_for_passwords_that_change_outside() -> None:
    workload = values(control_plane(SOURCE, SOURCE), "sample-release")["workloads"]["gateway-manager"]
    assert workload["podAnnotations"] == {RELOAD: "apim-store-0,apim-store-1"}
    mixed = values(control_plane(SOURCE, None), "sample-release")["workloads"]["gateway-manager"]["podAnnotations"]
    assert mixed.keys() == {SECRETS, RELOAD}
    assert mixed[RELOAD] == "apim-store-0"
    assert values(control_plane(None), "sample-release")["workloads"]["gateway-manager"]["podAnnotations"].keys() == {
        SECRETS
    }


def test_values_satisfy_the_charts_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    made: Any = values(control_plane(SOURCE, None), "sample-release")
    assert [error.message for error in Draft7Validator(schema).iter_errors(made)] == []


def test_gateways_start_again_and_keep_their_own_annotations() -> None:
    assert "podAnnotations" not in values(gateway(), "sample-release")
    own = {**GATEWAY["values"], "podAnnotations": {"team": "a"}}
    made = values(gateway(database_source=SOURCE, values=own), "sample-release")
    assert made["podAnnotations"] == {"team": "a", RELOAD: "gateway-default-database"}
    assert made["replicaCount"] == 2


@pytest.mark.skipif(not crd_schemas.available(), reason="the published schemas are not there")
def test_external_secrets_satisfy_their_schema() -> None:
    found = [
        *control_plane(SOURCE).of_type(FOLLOWED),
        component(ExternalSecrets, EXTERNAL_SECRETS).named("sample-store"),
    ]
    assert [crd_schemas.violations(resource.inputs) for resource in found] == [[], []]


def test_the_store_is_open_to_the_named_namespaces_alone() -> None:
    recording = component(ExternalSecrets, EXTERNAL_SECRETS)
    store = recording.named("sample-store").inputs
    assert store["metadata"] == {"name": "secrets-manager"}
    assert store["spec"]["conditions"] == [{"namespaces": ["apim", "user-namespace"]}]
    assert store["spec"]["provider"] == {"aws": {"service": "SecretsManager", "region": "eu-central-1"}}
    assert recording.named("sample-release").urn in recording.named("sample-store").dependencies


def test_the_operator_has_no_more_than_it_needs() -> None:
    made = values(component(ExternalSecrets, EXTERNAL_SECRETS), "sample-release")
    assert made["webhook"] == made["certController"] == {"create": False}
    assert not any(made[key] for key in made if key.startswith("process"))
    assert not any(made["crds"].values())
    assert made["serviceAccount"] == {"create": True, "name": "external-secrets"}


@pytest.mark.parametrize(("replicas", "elected"), [(1, False), (2, True)])
def test_one_of_several_replicas_works(replicas: int, elected: bool) -> None:
    operator = values(component(ExternalSecrets, EXTERNAL_SECRETS, replicas=replicas), "sample-release")
    assert (operator["replicaCount"], operator["leaderElect"]) == (replicas, elected)
    assert operator["podDisruptionBudget"]["enabled"] is elected
    reloader = values(component(Reloader, RELOADER, replicas=replicas), "sample-release")["reloader"]
    assert (reloader["deployment"]["replicas"], reloader["enableHA"]) == (replicas, elected)


def test_reloader_restarts_in_the_named_namespaces_alone() -> None:
    made = values(component(Reloader, RELOADER), "sample-release")["reloader"]
    assert (made["watchGlobally"], made["namespaces"]) == (False, ["apim", "user-namespace"])
    assert made["deployment"]["securityContext"]["runAsNonRoot"] is True
    assert made["deployment"]["containerSecurityContext"]["readOnlyRootFilesystem"] is True
    assert made["readOnlyRootFileSystem"] is True


def test_no_password_is_in_clear() -> None:
    for recording in (control_plane(SOURCE), gateway(database_source=SOURCE)):
        assert PASSWORD not in json.dumps(recording.graph.to_json())
