"""Data of Tyk: charts, images and sizes of what runs beside its gateways, and the sinks of its pumps."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.products.profile import Chart, ContainerSize, Image
from apim_infra.settings.tyk import TykSink

_STRICT = ConfigDict(extra="forbid")

ImageName = Literal[
    "gateway",
    "enterprise-gateway",
    "dashboard",
    "mdcb",
    "portal",
    "pump",
    "setup",
    "postgresql-client",
    "http-client",
]


@dataclass(frozen=True, slots=True)
class RemoteTimes:
    """How gateways speak to a control plane elsewhere."""

    call_timeout: int
    """Seconds after which a call is given up."""
    ping_timeout: int
    """Seconds after which the control plane counts as away."""
    key_sync_interval: int
    """Seconds between two questions for keys that have changed."""
    connections: int
    """Connections that each gateway holds."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class TykReleases:
    """What runs beside the gateways."""

    source: str
    date: date
    repository: str
    """Repository of the charts."""
    version: str
    """Version of the charts, which are released together."""
    images: dict[ImageName, Image]
    pump: ContainerSize
    job: ContainerSize
    """What a Job may use: that of `components/kubernetes/script_job.py`."""
    dashboard_surge: int
    """Pods more than its number while the dashboard rolls out."""
    analytics_seconds: int
    """How long analytics wait in Redis for a pump."""
    remote: RemoteTimes

    __pydantic_config__ = _STRICT

    def chart(self, name: str) -> Chart:
        """Return one of the charts by its name, such as `tyk-pump`."""
        return Chart(name=name, repository=self.repository, version=self.version)


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink of pumps."""

    type: str
    """Type of the pump."""
    address: Literal["required", "none"]
    """Whether the settings name an address."""
    fixed: dict[str, str]
    """Variable to what it is always told, with `{address}`, `{port}` and `{folder}` in it."""
    settings: dict[str, str]
    """Key of the settings to the variable."""
    required: tuple[str, ...] = ()
    """Keys that must be there."""
    secret: str | None = None
    """Variable that gets the secret; None for a sink without one."""
    secret_required: bool = False
    """Whether it does nothing without a secret."""
    protocol: Literal["tcp", "udp"] | None = None
    """None for a sink that opens no connection of its own."""
    port: int | None = None
    """Port that it is usually reached on."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Sinks:
    source: str
    date: date
    sinks: dict[TykSink, Sink] = field(default_factory=dict[TykSink, Sink])

    __pydantic_config__ = _STRICT


@cache
def releases() -> TykReleases:
    """Return what runs beside the gateways."""
    return packaged_data("apim_infra.products", "tyk_releases.yaml", TykReleases)


@cache
def sinks() -> dict[TykSink, Sink]:
    """Return every sink that pumps can send to."""
    return packaged_data("apim_infra.products", "tyk_sinks.yaml", _Sinks).sinks
