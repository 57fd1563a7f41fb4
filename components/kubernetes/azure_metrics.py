"""What the agents of managed Prometheus on AKS measure beside the cluster itself: the platform's own pods."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after

NAMESPACE = "kube-system"
"""Namespace of the agents, in which they look for their configuration (Azure Monitor documentation, custom scrape configuration, 2026)."""

SCRAPES, SETTINGS = "ama-metrics-prometheus-config", "ama-metrics-settings-configmap"
"""Names that the agents look for (Azure Monitor documentation, custom scrape configuration, 2026)."""


class Scrape(TypedDict):
    """Pods that are measured."""

    job: str
    """Name of the job, a label of every series."""
    namespaces: Sequence[str]
    """Namespaces of the pods."""
    port: int
    """Port of the containers."""
    path: str
    """Path of the metrics."""


class AzureMetricsArgs(TypedDict):
    """Inputs of the agents' configuration."""

    scrapes: Sequence[Scrape]
    """What is measured, every 30 seconds."""


class AzureMetrics(pulumi.ComponentResource):
    """Configuration of the agents: what they measure, and that of the cluster's own series they keep all, since alert rules read more than the usual ones.

    Children: `scrapes` and `settings`.
    """

    def __init__(self, name: str, args: AzureMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:AzureMetrics", name, {**args}, opts)
        jobs = [_job(scrape) for scrape in args["scrapes"]]
        # JSON is YAML too.
        self.scrapes = self._map(
            f"{name}-scrapes", SCRAPES, {"prometheus-config": json.dumps({"scrape_configs": jobs})}, opts
        )
        self.settings = self._map(
            f"{name}-settings",
            SETTINGS,
            {
                "schema-version": "v1",
                "config-version": "ver1",
                "default-targets-metrics-keep-list": "minimalingestionprofile = false",
            },
            opts,
        )
        self.register_outputs({})

    def _map(
        self, name: str, called: str, data: dict[str, str], opts: pulumi.ResourceOptions | None
    ) -> k8s.core.v1.ConfigMap:
        return k8s.core.v1.ConfigMap(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=called, namespace=NAMESPACE),
            data=data,
            opts=after(self, opts),
        )


def _job(scrape: Scrape) -> dict[str, Any]:
    source = "__meta_kubernetes_pod"
    return {
        "job_name": scrape["job"],
        "scrape_interval": "30s",
        "metrics_path": scrape["path"],
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": list(scrape["namespaces"])}}],
        "relabel_configs": [
            {
                "source_labels": [f"{source}_container_port_number"],
                "action": "keep",
                "regex": str(scrape["port"]),
            },
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": [f"{source}_name"], "target_label": "pod"},
        ],
    }
