"""The Pushgateway, and what agents of managed Prometheus are told to measure."""

import json
from typing import Any

import components_kubernetes_samples as samples
import pulumi_kubernetes as k8s
import yaml

from apim_infra.rehearsal.testing import Recording, record
from components.kubernetes.azure_metrics import NAMESPACE, SCRAPES, SETTINGS, AzureMetrics
from components.kubernetes.pushgateway import Pushgateway

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def recorded(component: Any, args: Any) -> Recording:
    recording = record(lambda: component("sample", args))
    assert recording.errors == []
    return recording


def maps(recording: Recording) -> dict[str, dict[str, str]]:
    found = [each.inputs for each in recording.of_type(CONFIG_MAP)]
    assert {each["metadata"]["namespace"] for each in found} == {NAMESPACE}
    return {each["metadata"]["name"]: each["data"] for each in found}


def test_agents_measure_the_ports_of_the_platform() -> None:
    data = maps(recorded(AzureMetrics, samples.AZURE_METRICS))[SCRAPES]
    assert list(data) == ["prometheus-config"]
    (job,) = yaml.safe_load(data["prometheus-config"])["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("gateways", "/metrics")
    assert job["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"names": ["gateways"]}}]
    kept = [each["regex"] for each in job["relabel_configs"] if each.get("action") == "keep"]
    assert kept == ["8100"]


def test_agents_keep_every_series_of_the_cluster() -> None:
    settings = maps(recorded(AzureMetrics, samples.AZURE_METRICS))[SETTINGS]
    assert settings["default-targets-metrics-keep-list"] == "minimalingestionprofile = false"


def test_prometheus_asks_the_pushgateway_and_keeps_the_jobs_own_labels() -> None:
    def program() -> None:
        space = k8s.core.v1.Namespace("monitoring", metadata=k8s.meta.v1.ObjectMetaArgs(name="monitoring"))
        Pushgateway("sample", {**samples.PUSHGATEWAY, "namespace": space.metadata.name})

    (release,) = record(program).of_type("kubernetes:helm.sh/v3:Release")
    values = release.inputs["values"]
    assert values["serviceMonitor"] == {"enabled": True, "namespace": "monitoring", "honorLabels": True}
    assert values["replicaCount"] == 1
    assert json.dumps(values["containerSecurityContext"]).count("true") == 2
