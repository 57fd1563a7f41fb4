"""Settings of the Layer7 API Gateway."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from apim_infra.settings.base import BrokenRule, Settings, refusal
from apim_infra.settings.checks import Cidr, DnsLabel, Domain
from apim_infra.settings.gateway import Exposure
from apim_infra.settings.secret import SecretSetting

MOST_PORTS = 10
"""Ports beside that of the APIs; a choice: every port is a listener of a load balancer."""


def _identifier(value: str) -> str:
    if not value.replace("_", "").isalnum() or not value[0].isalpha() or len(value) > 32:
        raise refusal(
            "must be a name of a database: a letter, then letters, digits and `_`, at most 32", "write it like ssg"
        )
    return value


DatabaseName = Annotated[str, Field(min_length=1), AfterValidator(_identifier)]
"""Name of a database or of its user, fit for MySQL without quoting."""


class DataGrid(StrEnum):
    """Where gateways share data in memory: counters, keys, and what their policies keep."""

    EMBEDDED = "embedded"
    """In the gateways themselves, one grid for each cluster of gateways."""
    IN_CLUSTER = "in-cluster"
    """In a Hazelcast of its own beside the gateways."""
    EXTERNAL = "external"
    """In a Hazelcast that is brought along."""


class ServiceMetrics(StrEnum):
    """Where gateways send their service metrics."""

    NONE = "none"
    INFLUXDB = "influxdb"
    """To an InfluxDB beside them, shown in Grafana."""


class ExternalDatabase(Settings):
    """A MySQL server that is brought along, with an empty database and its user."""

    host: Domain
    """Name of the server."""
    cidrs: list[Cidr] = Field(min_length=1)
    """Ranges in which the server is: the only ones to which gateways may open connections to it."""
    port: int = Field(default=3306, ge=1, le=65535)
    """Port of the server."""
    name: DatabaseName = "ssg"
    """Database of the gateways, in which they make their tables by themselves."""
    username: DatabaseName = "gateway"
    """User that owns the database."""
    password: SecretSetting
    """Password of the user; a secret."""


class ExternalGrid(Settings):
    """A Hazelcast that is brought along, of version 4 or 5."""

    host: Domain
    """Name of a member, or of what leads to the members."""
    cidrs: list[Cidr] = Field(min_length=1)
    """Ranges in which the members are: the only ones to which gateways may open connections to them."""
    port: int = Field(default=5701, ge=1, le=65535)
    """Port of the members."""


class ListenPort(Settings):
    """A port of the gateways beside that of the APIs, for what is no HTTP; the gateways' own configuration says what listens there."""

    name: DnsLabel = Field(max_length=15)
    """Name of the port: lower-case letters, digits and hyphens, at most 15 (names of container ports)."""
    port: int = Field(ge=1024, le=65535)
    """TCP port, of the gateways and of the load balancer."""
    exposure: Exposure = Exposure.PRIVATE
    """Load balancer that leads to it, whose clients (`source_cidrs`) may reach it."""
    group: DnsLabel | None = None
    """Gateway group that takes what comes; the first one when absent."""


class Layer7Settings(Settings):
    """The Layer7 API Gateway's own settings; for product `layer7` alone."""

    accept_license: bool = False
    """Whether the terms of the vendor's licence are accepted; the gateways do not start otherwise."""
    license: SecretSetting | None = None
    """The licence, an XML document; a secret."""
    external_database: ExternalDatabase | None = None
    """MySQL server that is brought along; the store `mariadb`, as MySQL, when absent."""
    data_grid: DataGrid = DataGrid.EMBEDDED
    """Where gateways share data in memory."""
    data_grid_members: int = Field(default=3, ge=2, le=9)
    """Members of the grid, for `data_grid: in-cluster`; each datum is on two of them."""
    external_data_grid: ExternalGrid | None = None
    """The Hazelcast that is brought along, for `data_grid: external`."""
    metrics: ServiceMetrics = ServiceMetrics.NONE
    """Where gateways send their service metrics. Logs and audits go to the platform's log store in any case, never into the gateways' database."""
    metrics_storage_gb: int = Field(default=20, ge=1, le=1000)
    """Volume of InfluxDB, in GB."""
    metrics_retention_days: int = Field(default=30, ge=1, le=365)
    """How long InfluxDB keeps service metrics, in days."""
    token_service: bool = False
    """Whether the vendor's OAuth Toolkit is installed on the gateways of the first group, with a database of its own."""
    ports: list[ListenPort] = Field(default=[], max_length=MOST_PORTS)
    """Ports beside that of the APIs."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the grid to what it needs, and ports to different names and numbers."""
        external = self.data_grid is DataGrid.EXTERNAL
        if external and self.external_data_grid is None:
            yield BrokenRule("external_data_grid", "must be given for data_grid external", "name its host and cidrs")
        if not external and self.external_data_grid is not None:
            yield BrokenRule(
                "external_data_grid", "is for data_grid external", "set data_grid to external, or leave it out"
            )
        names, numbers = [port.name for port in self.ports], [port.port for port in self.ports]
        for position, port in enumerate(self.ports):
            if names.index(port.name) < position:
                yield BrokenRule(f"ports[{position}].name", "must differ from those before it", "choose another name")
            if numbers.index(port.port) < position:
                yield BrokenRule(f"ports[{position}].port", "must differ from those before it", "choose another port")
