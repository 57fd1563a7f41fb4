import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from apim_infra.cluster import processes
from apim_infra.cluster.api import Api, Refused, Unreachable, reference
from apim_infra.cluster.control_plane import running
from apim_infra.cluster.tools import Tools


def config_map(namespace: str, name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def definition(plural: str, kind: str) -> dict[str, Any]:
    """Return a definition with one required field and a rule."""
    rule = {"rule": "self.size <= 3", "message": "size is at most 3"}
    spec = {
        "type": "object",
        "required": ["size"],
        "properties": {"size": {"type": "integer"}},
        "x-kubernetes-validations": [rule],
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.test.example"},
        "spec": {
            "group": "test.example",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [version],
        },
    }


@pytest.fixture
def gauges(api: Api) -> Generator[dict[str, Any]]:
    """A kind that arrives while the client is in use."""
    made = api.apply(definition("gauges", "Gauge"))
    yield made
    api.delete(made)


def gauge(namespace: str, size: object) -> dict[str, Any]:
    metadata = {"name": "one", "namespace": namespace}
    return {"apiVersion": "test.example/v1", "kind": "Gauge", "metadata": metadata, "spec": {"size": size}}


def test_what_is_applied_again_does_not_change(api: Api, namespace: str) -> None:
    first = api.apply(config_map(namespace, level="debug"))
    assert api.apply(config_map(namespace, level="debug")) == first == api.get(first)
    changed = api.apply(config_map(namespace, level="info"))
    assert changed["data"] == {"level": "info"}
    assert changed["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]


def test_a_field_that_is_left_out_is_taken_away(api: Api, namespace: str) -> None:
    api.apply(config_map(namespace, level="debug", colour="red"))
    assert api.apply(config_map(namespace, level="debug"))["data"] == {"level": "debug"}


def test_a_field_of_another_manager_is_a_conflict(api: Api, namespace: str) -> None:
    api.apply(config_map(namespace, level="debug"), manager="somebody")
    with pytest.raises(Refused) as caught:
        api.apply(config_map(namespace, level="info"))
    assert (caught.value.code, caught.value.reason) == (409, "Conflict")
    assert [(cause.path, cause.reason) for cause in caught.value.causes] == [(".data.level", "FieldManagerConflict")]
    assert "somebody" in caught.value.message
    assert api.apply(config_map(namespace, level="info"), force=True)["data"] == {"level": "info"}


def test_a_dry_run_answers_and_keeps_nothing(api: Api, namespace: str) -> None:
    assert api.apply(config_map(namespace, level="debug"), dry_run=True)["data"] == {"level": "debug"}
    assert api.create(config_map(namespace, level="debug"), dry_run=True)["metadata"]["uid"]
    assert api.find(config_map(namespace)) is None
    made = api.apply(config_map(namespace))
    api.delete(made, dry_run=True)
    assert api.find(made) == made


def test_what_is_there_is_not_created_again(api: Api, namespace: str) -> None:
    api.create(config_map(namespace, level="debug"))
    with pytest.raises(Refused) as caught:
        api.create(config_map(namespace))
    assert (caught.value.code, caught.value.reason, caught.value.missing) == (409, "AlreadyExists", False)


def test_a_refusal_carries_every_cause_with_its_path(api: Api, namespace: str) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "gateway", "namespace": namespace},
        "spec": {"type": "Anything", "ports": [{"port": 70000}]},
    }
    with pytest.raises(Refused) as caught:
        api.apply(service)
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")
    found = {(cause.path, cause.reason) for cause in caught.value.causes}
    assert {("spec.type", "FieldValueNotSupported"), ("spec.ports[0].port", "FieldValueInvalid")} <= found


def test_a_kind_that_is_not_served_is_refused_by_name(api: Api, namespace: str) -> None:
    nobody = {**config_map(namespace), "apiVersion": "nobody.example/v1"}
    with pytest.raises(Refused, match=r'no matches for kind "ConfigMap" in version "nobody\.example/v1"') as caught:
        api.apply(nobody)
    assert (caught.value.code, caught.value.reason) == (404, "KindNotServed")
    assert api.find(nobody) is None


def test_a_kind_is_known_as_soon_as_its_definition_is(api: Api, namespace: str, gauges: dict[str, Any]) -> None:
    until = threading.Event()
    for _ in range(100):
        if any(kind.name == "Gauge" for kind in api.kinds()):
            break
        until.wait(0.05)
    assert api.kind("test.example/v1", "Gauge").namespaced
    assert api.apply(gauge(namespace, 2))["spec"] == {"size": 2}
    with pytest.raises(Refused, match="size is at most 3"):
        api.apply(gauge(namespace, 4))
    assert [one["spec"]["size"] for one in api.list("test.example/v1", "Gauge", namespace=namespace)] == [2]


def test_lists_are_narrowed_by_namespace_labels_and_fields(api: Api, namespace: str) -> None:
    for name in ("one", "two"):
        labelled = config_map(namespace, name)
        labelled["metadata"]["labels"] = {"colour": "red" if name == "one" else "blue"}
        api.apply(labelled)

    def names(**narrowed: str) -> set[str]:
        return {item["metadata"]["name"] for item in api.list("v1", "ConfigMap", **narrowed)}

    assert names(namespace=namespace, labels="colour=red") == {"one"}
    assert names(namespace=namespace, fields="metadata.name=two") == {"two"}
    assert names(labels="colour in (red, blue)") == {"one", "two"}
    assert {"one", "two"} <= names(namespace=namespace)
    listed = api.list("v1", "ConfigMap", namespace=namespace, labels="colour=red")
    assert listed == [api.get(reference("v1", "ConfigMap", "one", namespace))]


def test_subresources_are_patched_apart(api: Api, namespace: str) -> None:
    selector = {"app": "gateway"}
    template = {"metadata": {"labels": selector}, "spec": {"containers": [{"name": "gateway", "image": "gateway:1"}]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "gateway", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": selector}, "template": template},
    }
    api.apply(deployment)
    assert api.patch(deployment, {"spec": {"replicas": 2}}, subresource="scale")["kind"] == "Scale"
    assert api.get(deployment)["spec"]["replicas"] == 2
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "gateway", "namespace": namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 443}]},
    }
    made = api.apply(service)
    ingress = [{"ip": "203.0.113.10", "ipMode": "VIP"}]
    shown = api.patch_status(made, {"loadBalancer": {"ingress": ingress}})
    assert shown["status"] == {"loadBalancer": {"ingress": ingress}}
    assert shown["spec"] == made["spec"]


def test_what_is_deleted_is_gone(api: Api, namespace: str) -> None:
    made = api.apply(config_map(namespace))
    api.delete(made)
    assert api.find(made) is None
    for missing in (api.get, api.delete):
        with pytest.raises(Refused) as caught:
            missing(made)
        assert caught.value.missing


def test_warnings_of_the_server_are_kept_once_with_the_object(api: Api, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "old", "namespace": namespace},
        "spec": {
            "containers": [{"name": "gateway", "image": "gateway:1", "env": [{"name": "A", "value": "1"}] * 2}],
            "serviceAccountName": "default",
        },
    }
    before = len(api.warnings)
    for _ in range(2):
        with pytest.raises(Refused):
            api.create({**pod, "spec": {**pod["spec"], "serviceAccountName": "nobody"}})
        ended = api.create(pod, dry_run=True)
        assert ended["metadata"]["name"] == "old"
    told = [one for one in api.warnings[before:] if one.name == "old"]
    assert [(one.kind, one.namespace) for one in told] == [("Pod", namespace)]
    assert 'hides previous definition of "A"' in told[0].text


def test_many_threads_share_one_client(api: Api, namespace: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: api.apply(config_map(namespace, f"of-{number}")), range(64)))
    assert len({one["metadata"]["uid"] for one in made}) == 64


@pytest.mark.slow
def test_a_server_that_is_gone_is_said_to_be_gone(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there: a client that asked it would fail
    with running(tools) as plane, Api(plane) as api:
        assert api.find(reference("v1", "Namespace", "default")) is not None
        processes.end(Path(plane.folder))
        with pytest.raises(Unreachable, match="the API server does not answer"):
            api.list("v1", "Namespace")
