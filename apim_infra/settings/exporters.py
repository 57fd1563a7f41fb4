"""Settings of exporters: where the logs and metrics of requests go beside the platform's own observability."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import Domain, HttpsUrl
from apim_infra.settings.secret import SecretSetting


class CloudWatchExport(Settings):
    """Logs and metrics in CloudWatch."""

    logs: bool = True
    """Whether the gateways' access logs go there."""
    metrics: bool = True
    """Whether the gateways' metrics go there."""
    retention_days: int = Field(default=90, ge=1, le=3653)
    """How long logs are kept, in days."""


class DatadogExport(Settings):
    """Logs and metrics in Datadog, by Firehose to Datadog's own intake."""

    site: Domain = "datadoghq.eu"
    """Datadog site of the account."""
    api_key: SecretSetting
    """API key; a secret."""
    logs: bool = True
    """Whether the gateways' access logs go there."""
    metrics: bool = True
    """Whether the gateways' metrics go there."""


class FirehoseDestination(StrEnum):
    """Where a delivery stream leads."""

    S3 = "s3"
    OPENSEARCH = "opensearch"
    HTTP = "http"


class OpenSearchDomain(Settings):
    """An OpenSearch domain in the data subnets, made for the export."""

    size: str = "r7g.large.search"
    """Instance type of a data node."""
    nodes: int = Field(default=3, ge=1, le=80)
    """Data nodes, spread over the zones."""
    storage_gb: int = Field(default=100, ge=10, le=16384)
    """Volume of each data node, in GB."""
    version: Text = "2.19"
    """OpenSearch version."""
    service_role: bool = True
    """Whether the service-linked role of OpenSearch Service is made; an account has one at most, so false where it has it already."""


class HttpEndpoint(Settings):
    """An HTTPS endpoint that takes records from Firehose."""

    url: HttpsUrl
    """Address of the endpoint."""
    access_key: SecretSetting | None = None
    """Key that is sent along; a secret."""


class FirehoseExport(Settings):
    """Access logs by Firehose to a store of yours."""

    destination: FirehoseDestination = FirehoseDestination.S3
    """`s3`, `opensearch` or `http`."""
    opensearch: OpenSearchDomain | None = None
    """The domain, for the destination `opensearch`; the logs of the cloud's own front end, which Firehose cannot put there, go to the bucket."""
    http: HttpEndpoint | None = None
    """The endpoint, for the destination `http`."""
    buffer_seconds: int = Field(default=60, ge=0, le=900)
    """Records are sent on at the latest after this time, in seconds."""
    buffer_mb: int = Field(default=5, ge=1, le=100)
    """Records are sent on at the latest with this size, in MB."""
    retention_days: int = Field(default=365, ge=1, le=3653)
    """How long records, and those that could not be delivered, are kept in the bucket, in days."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold each destination to its own group of settings."""
        groups = {FirehoseDestination.OPENSEARCH: self.opensearch, FirehoseDestination.HTTP: self.http}
        for destination, group in groups.items():
            if group is not None and self.destination is not destination:
                yield BrokenRule(
                    str(destination),
                    f"has no effect when destination is {self.destination}",
                    f"remove it, or set destination to {destination}",
                )
        if self.destination is FirehoseDestination.HTTP and self.http is None:
            yield BrokenRule("http", "is needed for destination http", "name the endpoint: {url: https://...}")


class AzureMonitorExport(Settings):
    """Logs and metrics in Azure Monitor."""

    logs: bool = True
    """Whether the logs of containers go there."""
    metrics: bool = True
    """Whether the metrics of the cluster go there (managed Prometheus)."""
    grafana: bool = True
    """Whether a managed Grafana shows the metrics."""
    retention_days: int = Field(default=90, ge=30, le=730)
    """How long logs are kept, in days."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold Grafana to metrics that it can show."""
        if self.grafana and not self.metrics:
            yield BrokenRule("grafana", "has nothing to show without metrics", "set it to false, or metrics to true")


class Exporters(Settings):
    """Where logs and metrics of requests go beside the platform's own observability; each is off when absent."""

    cloudwatch: CloudWatchExport | None = None
    """CloudWatch."""
    datadog: DatadogExport | None = None
    """Datadog."""
    firehose: FirehoseExport | None = None
    """A store of yours, by Firehose."""
    azure_monitor: AzureMonitorExport | None = None
    """Azure Monitor."""

    @property
    def any_logs(self) -> bool:
        """Whether the gateways' logs leave the cluster."""
        return self.firehose is not None or any(each.logs for each in (self.cloudwatch, self.datadog) if each)

    @property
    def any_metrics(self) -> bool:
        """Whether the gateways' metrics go to CloudWatch, from where Datadog takes them too."""
        return any(each.metrics for each in (self.cloudwatch, self.datadog) if each)
