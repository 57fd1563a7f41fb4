"""Settings of logs, metrics and alerts."""

from collections.abc import Iterable

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import Domain, Email
from apim_infra.settings.exporters import Exporters
from apim_infra.settings.secret import SecretSetting


class Logs(Settings):
    """Collected logs."""

    enabled: bool = True
    """Whether Fluent Bit collects logs."""
    retention_days: int = Field(default=30, ge=1, le=3653)
    """How long logs are kept, in days."""
    storage_gb: int = Field(default=50, ge=10, le=16384)
    """Volume of the log store, in GB; grows with traffic."""
    archive: bool = False
    """Whether the gateways' logs are kept in the cloud's log storage too, by a key of its own (Azure)."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold an archive to logs that are collected."""
        if self.archive and not self.enabled:
            yield BrokenRule("archive", "has nothing to keep where no logs are collected", "set enabled to true")


class Metrics(Settings):
    """Collected metrics."""

    enabled: bool = True
    """Whether Prometheus collects metrics."""
    retention_days: int = Field(default=15, ge=1, le=365)
    """How long metrics are kept, in days."""
    storage_gb: int = Field(default=50, ge=10, le=16384)
    """Volume of the metrics store, in GB; grows with traffic."""
    pushgateway: bool = False
    """Whether jobs that end before they can be measured may push metrics, to the Pushgateway in the cluster."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the Pushgateway to a Prometheus that asks it."""
        if self.pushgateway and not self.enabled:
            yield BrokenRule(
                "pushgateway", "has nobody who asks it without metrics", "set it to false, or enabled to true"
            )


class SmtpRelay(Settings):
    """The mail relay through which alerts are sent, over TLS."""

    host: Domain
    """Name of the relay."""
    sender: Email
    """Address that alerts come from."""
    username: str | None = None
    """User on the relay; none when it knows the platform by its address."""
    password: SecretSetting | None = None
    """Password of the user; a secret."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold user and password together."""
        if (self.username is None) != (self.password is None):
            missing = "password" if self.password is None else "username"
            yield BrokenRule(missing, "must be set with the other of username and password", "set both, or neither")


class SlackChannel(Settings):
    """A Slack channel that the cloud itself writes to; the workspace must have admitted the cloud's chat application once."""

    workspace_id: Text
    """Identifier of the workspace, such as `T0123ABCD`."""
    channel_id: Text
    """Identifier of the channel, such as `C0123ABCD`."""


class Alerts(Settings):
    """Where alerts go."""

    email: list[Email] = Field(default=[])
    """Addresses that receive alerts; they need `smtp`."""
    smtp: SmtpRelay | None = None
    """The mail relay, reached on port 587."""
    slack_webhook: SecretSetting | None = None
    """Slack webhook that receives alerts of the cluster; a secret."""
    slack_channel: SlackChannel | None = None
    """Slack channel that receives alarms of the cloud."""
    cloud_alarms: bool = False
    """Whether the cloud watches stores, load balancers and front end, and sends alarms to `email` and `slack_channel`."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold addresses to a relay that sends to them."""
        if self.email and self.smtp is None:
            yield BrokenRule("smtp", "is needed for alerts by e-mail", "name the relay: {host: ..., sender: ...}")


class ObservabilitySettings(Settings):
    """Logs, metrics and alerts."""

    logs: Logs = Logs()
    """Collected logs."""
    metrics: Metrics = Metrics()
    """Collected metrics."""
    alerts: Alerts = Alerts()
    """Where alerts go."""
    exporters: Exporters = Exporters()
    """Where logs and metrics of requests go beside the platform's own observability."""
    dashboards: bool = False
    """Whether there are dashboards of the platform's own, in the cloud and in Grafana, and a view on the logs (Kibana)."""
