"""Metrics and alerts: kube-prometheus-stack with its volumes, and receivers on Slack and by e-mail."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from components.common import after, refuse
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.monitoring_values import (
    GRAFANA_SECRET,
    RECEIVERS_SECRET,
    SLACK_KEY,
    SMTP_KEY,
    Receivers,
    stack_values,
)
from components.kubernetes.pods import Placement

ADDON = "kube-prometheus-stack"
PROMETHEUS = f"{ADDON}-prometheus"
"""Name of Prometheus' service, port 9090."""


class SmtpRelay(TypedDict):
    """The mail relay through which alerts are sent."""

    host: pulumi.Input[str]
    """Name of the relay."""
    port: NotRequired[int]
    """Port of the relay; 587 by default."""
    sender: pulumi.Input[str]
    """Address that alerts come from."""
    username: NotRequired[pulumi.Input[str]]
    """User on the relay; none by default."""
    password: NotRequired[pulumi.Input[str]]
    """Password of the user, a secret; needed with `username`."""


class AlertReceivers(TypedDict):
    """Where alerts go; none by default."""

    slack_webhook: NotRequired[pulumi.Input[str]]
    """Slack webhook, a secret."""
    slack_channel: NotRequired[str]
    """Slack channel; `#alerts` by default."""
    email: NotRequired[list[str]]
    """Addresses; they need `smtp`."""
    smtp: NotRequired[SmtpRelay]
    """The mail relay."""


class MonitoringArgs(TypedDict):
    """Inputs of metrics and alerts."""

    namespace: pulumi.Input[str]
    """Namespace of the stack; its node exporter needs Pod Security `privileged`."""
    placement: Placement
    """Pool on which all but the node exporter run."""
    retention_days: int
    """How long metrics are kept, in days."""
    storage_gib: int
    """Volume of each Prometheus replica, in GiB."""
    storage_class: NotRequired[str]
    """Storage class of the volumes; the cluster's default one when absent."""
    replicas: NotRequired[int]
    """Replicas of Prometheus and of Alertmanager; 1 by default."""
    alerts: NotRequired[AlertReceivers]
    """Where alerts go; they are only kept in Alertmanager by default."""
    grafana: NotRequired[bool]
    """Whether dashboards are installed; true by default. The administrator's password is random, in the secret `grafana-admin`."""


class Monitoring(pulumi.ComponentResource):
    """Prometheus, Alertmanager, Grafana, node exporter and kube-state-metrics.

    Children: `release`, `receivers` (secret with the Slack webhook and the relay's password, None where there are none),
    `grafana_admin` (secret, None without Grafana).
    """

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Monitoring", name, {}, opts)
        alerts = args.get("alerts", AlertReceivers())
        refuse(name, _problems(alerts))
        self.receivers = self._receivers(name, args["namespace"], alerts, opts)
        self.grafana_admin: k8s.core.v1.Secret | None = None
        if args.get("grafana", True):
            self.grafana_password = random.RandomPassword(
                f"{name}-grafana-password",
                length=32,
                special=False,
                opts=after(self, opts),
            )
            self.grafana_admin = k8s.core.v1.Secret(
                f"{name}-grafana-admin",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=GRAFANA_SECRET, namespace=args["namespace"]),
                string_data={"admin-user": "admin", "admin-password": self.grafana_password.result},
                opts=after(self, opts),
            )
        values = stack_values(
            args["placement"],
            retention_days=args["retention_days"],
            storage_gib=args["storage_gib"],
            storage_class=args.get("storage_class"),
            replicas=args.get("replicas", 1),
            receivers=_plain(alerts),
            grafana=args.get("grafana", True),
            size=lambda container: sized(ADDON, container),
        )
        secrets = [secret for secret in (self.receivers, self.grafana_admin) if secret]
        self.release = helm_release(
            f"{name}-release",
            ADDON,
            pinned(ADDON),
            args["namespace"],
            values,
            opts=after(self, opts, *secrets),
        )
        self.register_outputs({})

    def _receivers(
        self,
        name: str,
        namespace: pulumi.Input[str],
        alerts: AlertReceivers,
        opts: pulumi.ResourceOptions | None,
    ) -> k8s.core.v1.Secret | None:
        data: dict[str, pulumi.Input[str]] = {}
        if "slack_webhook" in alerts:
            data[SLACK_KEY] = pulumi.Output.secret(alerts["slack_webhook"])
        password = alerts.get("smtp", {}).get("password")
        if password is not None:
            data[SMTP_KEY] = pulumi.Output.secret(password)
        if not data:
            return None
        return k8s.core.v1.Secret(
            f"{name}-receivers",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=RECEIVERS_SECRET, namespace=namespace),
            string_data=data,
            opts=after(self, opts),
        )


def _problems(alerts: AlertReceivers) -> Iterator[tuple[str, str]]:
    if alerts.get("email") and "smtp" not in alerts:
        yield "alerts.email", "addresses need alerts.smtp, the relay through which the mail is sent"
    smtp = alerts.get("smtp", {})
    if ("username" in smtp) != ("password" in smtp):
        yield "alerts.smtp", "username and password go together: give both or neither"


def _plain(alerts: AlertReceivers) -> Receivers:
    """Return what the configuration says about the receivers, without a secret."""
    smtp = alerts.get("smtp")
    relay: dict[str, Any] = {}
    if smtp:
        relay = {
            "smtp_smarthost": pulumi.Output.concat(smtp["host"], ":", str(smtp.get("port", 587))),
            "smtp_from": smtp["sender"],
            "smtp_require_tls": True,
        }
        if "username" in smtp:
            relay["smtp_auth_username"] = smtp["username"]
    return Receivers(
        slack_channel=alerts.get("slack_channel", "#alerts") if "slack_webhook" in alerts else "",
        email=list(alerts.get("email", [])),
        relay=relay,
        password="password" in alerts.get("smtp", {}),
    )
