"""The control plane's release: its values are what the chart takes, and passwords reach pods by secrets alone."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import (
    APIM_RELEASE,
    GATEWAY,
    PASSWORD,
    SECRET,
    WORKLOADS,
    component,
    credentials,
    recorded,
    secret,
    unwrapped,
    values,
)
from jsonschema import Draft7Validator

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.apim_release import CHART, SECRETS, ApimRelease
from components.kubernetes.gateway import Gateway


def with_stores(**change: Any) -> Recording:
    def program() -> None:
        store = {"name": "tenant-manager", "credentials": {**credentials(), **change}, "workloads": ["gateway-manager"]}
        args: Any = {**APIM_RELEASE, "stores": [store]}
        ApimRelease("sample", args)

    return recorded(program)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"storage_class": "gp3", "priority_class": "platform", "image_pull_secrets": ["registry"]},
        {"workloads": [{**WORKLOADS[0], "max_replicas": 5, "image": "registry.example.com/own/name", "tag": "2.0.0"}]},
        {"workloads": [{**WORKLOADS[0], "replicas": 0}]},
        {"workloads": [{**WORKLOADS[1], "shared_storage_class": "efs"}]},
        {"workloads": [{**WORKLOADS[0], "environment": {"LOG_LEVEL": "debug"}}]},
    ],
    ids=str,
)
def test_values_satisfy_the_charts_schema(change: dict[str, Any]):
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    made = values(component(ApimRelease, APIM_RELEASE, **change), "sample-release")
    assert [error.message for error in Draft7Validator(schema).iter_errors(made)] == []


def test_values_with_stores_satisfy_the_charts_schema():
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    made = values(with_stores(), "sample-release")
    assert [error.message for error in Draft7Validator(schema).iter_errors(made)] == []


def test_the_release_is_the_projects_own_chart_or_the_one_given():
    release = component(ApimRelease, APIM_RELEASE).named("sample-release").inputs
    assert Path(release["chart"]).resolve() == CHART
    assert not Path(release["chart"]).is_absolute()
    assert (CHART / "Chart.yaml").is_file()
    assert "version" not in release
    assert release["atomic"] is True
    assert (
        component(ApimRelease, APIM_RELEASE, chart_path="/elsewhere").named("sample-release").inputs["chart"]
        == "/elsewhere"
    )


def test_sizes_replicas_and_places_are_those_given():
    made = values(component(ApimRelease, APIM_RELEASE), "sample-release")
    manager, portal = made["workloads"]["gateway-manager"], made["workloads"]["developer-portal-backend"]
    assert manager["resources"] == {"cpu": "500m", "memory": "768Mi"}
    assert (manager["replicas"], portal["replicas"]) == (2, 1)
    assert (manager["storage"]["sizeGi"], portal["storage"]["sizeGi"]) == (0, 20)
    assert made["nodeSelector"] == {"apim.io/pool": "management"}
    assert made["image"] == {"registry": "registry.example.com/apim", "tag": "1.4.2", "pullSecrets": []}
    assert "autoscaling" not in manager


def test_an_upper_bound_makes_an_autoscaler():
    made = values(
        component(ApimRelease, APIM_RELEASE, workloads=[{**WORKLOADS[0], "max_replicas": 5}]), "sample-release"
    )
    assert made["workloads"]["gateway-manager"]["autoscaling"] == {"enabled": True, "maxReplicas": 5}


def test_no_replicas_leave_a_workload_out():
    made = values(component(ApimRelease, APIM_RELEASE, workloads=[{**WORKLOADS[0], "replicas": 0}]), "sample-release")
    assert made["workloads"] == {
        "gateway-manager": {"enabled": False, "replicas": 1, "resources": {"cpu": "500m", "memory": "768Mi"}}
    }


def test_a_store_reaches_its_workloads_and_no_other():
    recording = with_stores()
    workloads = values(recording, "sample-release")["workloads"]
    assert workloads["gateway-manager"]["secretRefs"] == ["apim-tenant-manager"]
    assert workloads["gateway-manager"]["environment"] == {
        "TENANT_MANAGER_HOST": "db.example.internal",
        "TENANT_MANAGER_PORT": "5432",
        "TENANT_MANAGER_DATABASE": "kong",
        "TENANT_MANAGER_USERNAME": "kong",
    }
    assert workloads["developer-portal-backend"]["secretRefs"] == []
    assert workloads["developer-portal-backend"]["environment"] == {}
    kept = recording.named("sample-tenant-manager").inputs
    assert kept["metadata"] == {"name": "apim-tenant-manager", "namespace": "apim"}
    assert kept["stringData"] == SECRET
    assert recording.named("sample-tenant-manager").urn in recording.named("sample-release").dependencies
    assert PASSWORD not in json.dumps(recording.graph.to_json())


def test_a_new_password_rolls_the_pods_and_tells_nothing():
    def annotation(recording: Recording) -> str:
        annotations = values(recording, "sample-release")["workloads"]["gateway-manager"]["podAnnotations"]
        return annotations[SECRETS]

    assert annotation(with_stores()) == annotation(with_stores())
    other = recorded(_rotated)
    assert annotation(other) != annotation(with_stores())
    assert len(annotation(other)) == 16


def _rotated() -> None:
    store = {
        "name": "tenant-manager",
        "credentials": {**credentials(), "password": secret("another-password")},
        "workloads": ["gateway-manager"],
    }
    args: Any = {**APIM_RELEASE, "stores": [store]}
    ApimRelease("sample", args)


def test_a_gateway_is_kongs_pinned_chart_or_the_one_given():
    release = component(Gateway, GATEWAY).named("sample-release").inputs
    assert (release["chart"], release["repositoryOpts"]["repo"]) == ("kong", "https://charts.konghq.com")
    assert release["name"] == "gateway-default"
    assert release["values"] == {"replicaCount": 2}
    other = component(
        Gateway, GATEWAY, chart={"chart": "oci://registry.example.com/kong", "version": "1.2.3"}, timeout_seconds=60
    )
    release = other.named("sample-release").inputs
    assert (release["chart"], release["version"], release["timeout"]) == (
        "oci://registry.example.com/kong",
        "1.2.3",
        60,
    )
    assert "repositoryOpts" not in release


def test_the_gateways_password_is_in_a_secret_before_the_release():
    args = {**GATEWAY, "database_password": PASSWORD, "secrets": {"kong-license": {"license": PASSWORD}}}
    recording = component(Gateway, args)
    release = recording.named("sample-release")
    for name in ("sample-database", "sample-kong-license"):
        assert recording.named(name).inputs["stringData"] == SECRET
        assert recording.named(name).urn in release.dependencies
    assert PASSWORD not in json.dumps(recording.graph.to_json())
    asked = unwrapped(Gateway, args)
    assert asked["sample-database"]["metadata"]["name"] == "gateway-default-database"
    assert asked["sample-database"]["stringData"] == {"password": PASSWORD}
    named = unwrapped(Gateway, {**args, "database_secret": "own"})
    assert named["sample-database"]["metadata"]["name"] == "own"


PLUGINS: Any = {
    "admin_url": "https://gateway-default-admin.user-namespace.svc:8444",
    "plugins": [{"id": "8f6a9b2e-0000-4000-8000-000000000001", "name": "prometheus", "config": {"per_consumer": True}}],
    "job_labels": {"apim.io/role": "gateway"},
}


def test_plugins_are_set_once_the_gateway_is_up():
    recording = component(Gateway, {**GATEWAY, **PLUGINS})
    job = recording.named("sample-plugins")
    template = job.inputs["spec"]["template"]
    assert recording.named("sample-release").urn in job.dependencies
    assert template["metadata"]["labels"]["apim.io/role"] == "gateway"
    script = template["spec"]["containers"][0]["command"][-1]
    assert f"{PLUGINS['admin_url']}/plugins/{PLUGINS['plugins'][0]['id']}" in script
    assert '{"name":"prometheus","config":{"per_consumer":true}}' in script
    assert job.inputs["metadata"]["namespace"] == "user-namespace"
    elsewhere = component(Gateway, {**GATEWAY, **PLUGINS}, job_namespace="apim")
    assert elsewhere.named("sample-plugins").inputs["metadata"]["namespace"] == "apim"


def test_other_plugins_make_another_job():
    names = {
        component(Gateway, {**GATEWAY, **PLUGINS, "plugins": plugins})
        .named("sample-plugins")
        .inputs["metadata"]["name"]
        for plugins in (PLUGINS["plugins"], [{**PLUGINS["plugins"][0], "name": "zipkin"}])
    }
    assert len(names) == 2
    assert not [r for r in component(Gateway, GATEWAY).graph.resources if r.name == "sample-plugins"]


def test_what_cannot_work_is_refused_all_at_once():
    with pytest.raises(pulumi.InputPropertiesError) as error:
        component(Gateway, {**GATEWAY, "plugins": PLUGINS["plugins"], "release": "g" * 47})
    assert "admin_url" in str(error.value)
    assert "46 characters" in str(error.value)
    with pytest.raises(pulumi.InputPropertiesError, match="53 characters"):
        component(Gateway, {**GATEWAY, "release": "g" * 54})
    longest = component(Gateway, {**GATEWAY, **PLUGINS, "release": "g" * 46}).named("sample-plugins").inputs
    assert len(longest["metadata"]["name"]) == 63
