"""Values of kube-prometheus-stack: sizes, volumes, places, and Alertmanager's routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from components.kubernetes.pods import EVERY_NODE_PRIORITY, Placement, restricted_container, scheduling

GRAFANA_SECRET = "grafana-admin"  # noqa: S105 - name of a secret
RECEIVERS_SECRET = "alertmanager-receivers"  # noqa: S105 - name of a secret
SLACK_KEY = "slack-webhook"
SMTP_KEY = "smtp-password"

Sizes = Callable[[str], dict[str, dict[str, str]]]
"""Gives requests and limits of a container by its name."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """Where alerts go, without any secret."""

    slack_channel: str
    """Empty when alerts do not go to Slack."""
    email: list[str]
    relay: dict[str, Any]
    """Alertmanager's global settings of the mail relay."""
    password: bool
    """Whether the relay asks for one."""


def stack_values(
    placement: Placement,
    *,
    retention_days: int,
    storage_gib: int,
    storage_class: str | None,
    replicas: int,
    receivers: Receivers,
    grafana: bool,
    size: Sizes,
) -> dict[str, Any]:
    """Return the values of the whole stack."""
    place = scheduling(placement)
    pod_disruption_budget = {"enabled": replicas > 1, "minAvailable": 1}
    return {
        "crds": {"enabled": True},
        # The control plane is the cloud's: these parts of it cannot be scraped.
        "kubeControllerManager": {"enabled": False},
        "kubeEtcd": {"enabled": False},
        "kubeScheduler": {"enabled": False},
        "kubeProxy": {"enabled": False},
        "prometheusOperator": _operator(place, size),
        "prometheus": {
            "podDisruptionBudget": pod_disruption_budget,
            "prometheusSpec": {
                **place,
                "replicas": replicas,
                "retention": f"{retention_days}d",
                # Compaction needs room beside the blocks: stop at 85 % of the volume.
                "retentionSize": f"{storage_gib * 85 // 100}GiB",
                "resources": size("prometheus"),
                "storageSpec": {"volumeClaimTemplate": _claim(storage_gib, storage_class)},
                **{
                    f"{kind}SelectorNilUsesHelmValues": False
                    for kind in ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")
                },
            },
        },
        "alertmanager": {
            "podDisruptionBudget": pod_disruption_budget,
            "config": _alertmanager(receivers),
            "alertmanagerSpec": {
                **place,
                "replicas": replicas,
                "resources": size("alertmanager"),
                "storage": {"volumeClaimTemplate": _claim(ALERTMANAGER_GIB, storage_class)},
                "secrets": [RECEIVERS_SECRET] if receivers.slack_channel or receivers.password else [],
            },
        },
        "grafana": _grafana(place, size) if grafana else {"enabled": False},
        "kube-state-metrics": {**place, "resources": size("kube-state-metrics")},
        "prometheus-node-exporter": {
            "resources": size("node-exporter"),
            "containerSecurityContext": {
                "readOnlyRootFilesystem": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
            # It measures every node, whatever its pool, and however full: what gives way is placed on another node.
            "tolerations": [{"operator": "Exists"}],
            "priorityClassName": EVERY_NODE_PRIORITY,
        },
    }


ALERTMANAGER_GIB = 2
"""Volume of silences and notifications sent, in GiB (own knowledge: a few MiB in use, the smallest sensible disk)."""


def _operator(place: dict[str, Any], size: Sizes) -> dict[str, Any]:
    return {
        **place,
        "resources": size("operator"),
        "prometheusConfigReloader": {"resources": size("config-reloader")},
        "admissionWebhooks": {"patch": {**place, "resources": size("admission-job")}},
    }


def _claim(storage_gib: int, storage_class: str | None) -> dict[str, Any]:
    kind = {"storageClassName": storage_class} if storage_class else {}
    return {
        "spec": {
            **kind,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{storage_gib}Gi"}},
        }
    }


def _grafana(place: dict[str, Any], size: Sizes) -> dict[str, Any]:
    return {
        "enabled": True,
        **place,
        "resources": size("grafana"),
        "admin": {
            "existingSecret": GRAFANA_SECRET,
            "userKey": "admin-user",
            "passwordKey": "admin-password",
        },
        "sidecar": {"resources": size("grafana-sidecar")},
        "initChownData": {"enabled": False},
        "testFramework": {"enabled": False},
        "containerSecurityContext": restricted_container(),
        "service": {"type": "ClusterIP"},
    }


def _alertmanager(receivers: Receivers) -> dict[str, Any]:
    """Return Alertmanager's configuration; secrets are read from files, so that they are in no release value."""
    path = f"/etc/alertmanager/secrets/{RECEIVERS_SECRET}"
    notify: dict[str, Any] = {"name": "notify"}
    if receivers.slack_channel:
        notify["slack_configs"] = [
            {"api_url_file": f"{path}/{SLACK_KEY}", "channel": receivers.slack_channel, "send_resolved": True}
        ]
    if receivers.email:
        notify["email_configs"] = [{"to": address, "send_resolved": True} for address in receivers.email]
    relay = dict(receivers.relay)
    if receivers.password:
        relay["smtp_auth_password_file"] = f"{path}/{SMTP_KEY}"
    anywhere = len(notify) > 1
    return {
        "global": {"resolve_timeout": "5m", **relay},
        "route": {
            "group_by": ["namespace", "alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "receiver": "notify" if anywhere else "null",
            "routes": [{"receiver": "null", "matchers": ['alertname =~ "Watchdog|InfoInhibitor"']}],
        },
        "receivers": [{"name": "null"}, *([notify] if anywhere else [])],
    }
