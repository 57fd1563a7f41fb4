"""Settings of the gateway product Tyk: how it is deployed, its licences, its organisations, and where its analytics go."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import DnsLabel, Domain, Email, RoutePath
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.secret import SecretSetting


class TykPattern(StrEnum):
    """How Tyk is deployed (Tyk, APIM architectural and deployment patterns)."""

    MINIMAL = "minimal"
    HIGH_AVAILABILITY = "high-availability"
    CONTROL_PLANE = "control-plane"
    DATA_PLANE = "data-plane"
    HYBRID = "hybrid"
    CLOUD = "cloud"


class TykSink(StrEnum):
    """Where a pump sends analytics."""

    MONGO = "mongo"
    KAFKA = "kafka"
    STATSD = "statsd"
    CSV = "csv"
    DATADOG = "datadog"
    ELASTICSEARCH = "elasticsearch"
    SPLUNK = "splunk"
    LOGZIO = "logzio"
    PROMETHEUS = "prometheus"
    POSTGRESQL = "postgresql"


class TykLicences(Settings):
    """Licences of the vendor; gateways need none."""

    dashboard: SecretSetting | None = None
    """Licence of the dashboard; a secret."""
    mdcb: SecretSetting | None = None
    """Licence of MDCB, by which data planes elsewhere are managed; a secret."""
    portal: SecretSetting | None = None
    """Licence of the developer portal; a secret."""


class TykOrganisation(Settings):
    """One organisation: its own space in the dashboard, its own portal, its own administrator."""

    name: DnsLabel = Field(max_length=20)
    """Name of the organisation, unique: lower-case letters, digits and hyphens, at most 20."""
    administrator: Email
    """Address of its first administrator, unique, whose password is made and kept in secret `tyk-administrator-<name>`."""
    portal_host: DnsLabel | None = None
    """Label of its portal's host under the company domain; no portal when absent."""
    portal_public: bool = True
    """Whether its portal is on the public load balancer too, where there is one."""


class TykRemote(Settings):
    """The control plane elsewhere that manages the gateways of a data plane."""

    address: Domain
    """Name of its MDCB; for pattern `hybrid`, that of the vendor's."""
    port: int = Field(default=443, ge=1, le=65535)
    """Port of its MDCB."""
    inside: bool = False
    """Whether its address is inside (`ingress.internal.source_cidrs`), reached by a peering or a VPN, not on the internet."""
    organisation_id: Text = Field(pattern=r"^[0-9a-f]{24}$")
    """Id of the organisation whose APIs are served: 24 hexadecimal digits (output `tyk` of a stack that is a control plane)."""
    key: SecretSetting
    """API key of a user of that organisation; a secret."""
    group: DnsLabel | None = None
    """Name of this data plane among those of the organisation, by which its gateways share their keys; the region when absent."""
    certificate_authority: Text | None = None
    """Certificates, in PEM, of the authority that signed the address' certificate, where no public one did."""


class TykMdcb(Settings):
    """How data planes elsewhere reach a control plane: TLS on port 443, ended by MDCB itself."""

    host: DnsLabel = "mdcb"
    """Label of its host under the company domain."""
    exposure: Exposure = Exposure.PRIVATE
    """Load balancer that leads to it; whose ranges of clients (`source_cidrs`) must name the data planes."""
    replicas: int = Field(default=2, ge=1, le=10)
    """Number of its pods."""


class TykPump(Settings):
    """Analytics of all or of one organisation, sent to a sink of its team's choice."""

    name: DnsLabel = Field(max_length=30)
    """Name of the pump, unique, such as that of the team."""
    sink: TykSink
    """Where it sends to."""
    organisation: DnsLabel | None = None
    """Organisation whose analytics it gets, one of `organisations`; all when absent."""
    apis: list[Text] = Field(default=[])
    """Ids of the APIs whose analytics it gets; all when empty."""
    address: Domain | None = None
    """Name of the sink."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port of the sink; the sink's usual one when absent."""
    inside: bool = False
    """Whether the sink is inside (`ingress.internal.source_cidrs`), not on the internet."""
    settings: dict[str, Text] = Field(default={})
    """What else the sink needs, such as `topic` of Kafka; docs/tyk.md names what each knows."""
    secret: SecretSetting | None = None
    """Password, token or connection string of the sink; a secret."""


class TykUpstream(Settings):
    """A service behind gateways that the vendor hosts."""

    host: DnsLabel
    """Label of the host under the company domain at which the vendor's gateways call it."""
    path: RoutePath = "/"
    """Prefix of the paths that lead to it."""
    service: DnsLabel
    """Kubernetes service that is made for it in the namespace of the services (`gateway.microservices_namespace`), unique; its pods carry the label
    `app.kubernetes.io/name` with this name."""
    port: int = Field(default=8080, ge=1024, le=65535)
    """Port of the service and of its pods."""


class TykCloud(Settings):
    """Gateways that the vendor hosts: what is left to this platform is the connection to the services behind them."""

    address: Domain
    """Name of the vendor's gateways, which the host of the APIs (`ingress.public.hosts.api`) stands for."""
    upstreams: list[TykUpstream] = Field(min_length=1)
    """Services that the vendor's gateways call."""


class TykSettings(Settings):
    """The gateway product Tyk."""

    pattern: TykPattern = TykPattern.HIGH_AVAILABILITY
    """How it is deployed: `minimal` (gateways and Redis), `high-availability` (with dashboard, pump and PostgreSQL), `control-plane` (the same with MDCB for
    data planes elsewhere), `data-plane` (gateways with a Redis of their own under a control plane elsewhere), `hybrid` (the same under one that the vendor
    hosts), or `cloud` (the vendor hosts the gateways too)."""
    licences: TykLicences = TykLicences()
    """Licences of the vendor."""
    dashboard_host: DnsLabel = "dashboard"
    """Label of the dashboard's host under the company domain, on the internal load balancer."""
    dashboard_replicas: int = Field(default=2, ge=1, le=10)
    """Number of the dashboard's pods."""
    portal_replicas: int = Field(default=1, ge=1, le=10)
    """Number of the pods of each portal."""
    organisations: list[TykOrganisation] = Field(default=[])
    """Organisations of the dashboard; patterns with a dashboard need one at least."""
    mdcb: TykMdcb = TykMdcb()
    """How data planes reach this control plane, for pattern `control-plane`."""
    remote: TykRemote | None = None
    """The control plane elsewhere, for patterns `data-plane` and `hybrid`."""
    synchroniser: bool = True
    """Whether data planes hold every key before it is first used, so that they know all of them while the control plane is away."""
    pump_replicas: int = Field(default=1, ge=1, le=10)
    """Number of the pods that send analytics."""
    pumps: list[TykPump] = Field(default=[], max_length=20)
    """Where analytics go beside the metrics and the dashboard."""
    database_authority: Text | None = None
    """Certificates, in PEM, by which the certificate of PostgreSQL is verified (on AWS the bundle of RDS); those of the images when absent."""
    cloud: TykCloud | None = None
    """What the vendor's gateways reach, for pattern `cloud`."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold organisations, hosts and pumps apart, and pumps to organisations that there are."""
        for field, values in {
            "name": [each.name for each in self.organisations],
            "administrator": [each.administrator for each in self.organisations],
            "portal_host": [each.portal_host for each in self.organisations],
        }.items():
            for position, value in enumerate(values):
                if value is not None and value in values[:position]:
                    yield BrokenRule(
                        f"organisations[{position}].{field}",
                        f"must differ from organisations[{values.index(value)}].{field}",
                        "give each organisation its own",
                    )
        names = [pump.name for pump in self.pumps]
        known = {organisation.name for organisation in self.organisations}
        for position, pump in enumerate(self.pumps):
            if pump.name in names[:position]:
                yield BrokenRule(
                    f"pumps[{position}].name",
                    f"must differ from pumps[{names.index(pump.name)}].name",
                    "give each pump its own",
                )
            if pump.organisation is not None and pump.organisation not in known:
                yield BrokenRule(
                    f"pumps[{position}].organisation",
                    "must be the name of one of organisations",
                    f"use {', '.join(sorted(known))}" if known else "add the organisation, or leave it out",
                )
