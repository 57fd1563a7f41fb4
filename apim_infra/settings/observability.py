"""Settings of logs, metrics and alerts."""

from pydantic import Field

from apim_infra.settings.base import Settings
from apim_infra.settings.checks import Email
from apim_infra.settings.secret import SecretSetting


class Logs(Settings):
    """Collected logs."""

    enabled: bool = True
    """Whether Fluent Bit collects logs."""
    retention_days: int = Field(default=30, ge=1, le=3653)
    """How long logs are kept, in days."""
    storage_gb: int = Field(default=50, ge=10, le=16384)
    """Volume of the log store, in GB; grows with traffic."""


class Metrics(Settings):
    """Collected metrics."""

    enabled: bool = True
    """Whether Prometheus collects metrics."""
    retention_days: int = Field(default=15, ge=1, le=365)
    """How long metrics are kept, in days."""
    storage_gb: int = Field(default=50, ge=10, le=16384)
    """Volume of the metrics store, in GB; grows with traffic."""


class Alerts(Settings):
    """Where alerts go."""

    email: list[Email] = Field(default=[])
    """Addresses that receive alerts."""
    slack_webhook: SecretSetting | None = None
    """Slack webhook that receives alerts; a secret."""


class ObservabilitySettings(Settings):
    """Logs, metrics and alerts."""

    logs: Logs = Logs()
    """Collected logs."""
    metrics: Metrics = Metrics()
    """Collected metrics."""
    alerts: Alerts = Alerts()
    """Where alerts go."""
