"""What the exporters' destinations take, as data, and what of it the settings use."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.exporters import FirehoseDestination, OpenSearchDomain
from apim_infra.settings.stack import StackSettings

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class DatadogIntake:
    """Where Firehose sends to in one Datadog site."""

    logs: str
    metrics: str | None = None
    """None where the site takes no metric streams."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class SearchOffer:
    """What a search domain can be made of."""

    versions: tuple[str, ...]
    families: tuple[str, ...]
    largest_gb: dict[str, int]
    """Largest volume of a node by the size of its instance, in GB."""
    most_zones: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Endpoints:
    cloudwatch: tuple[str, ...]
    metrics: tuple[str, ...]
    firehose: tuple[str, ...]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Destinations:
    """What the destinations take."""

    source: str
    date: date
    datadog: dict[str, DatadogIntake]
    """Sites of Datadog."""
    datadog_namespaces: tuple[str, ...]
    """Namespaces of CloudWatch whose metrics go to Datadog."""
    search: SearchOffer
    endpoints: _Endpoints

    __pydantic_config__ = _STRICT


@cache
def destinations() -> Destinations:
    """Return what the destinations take."""
    return packaged_data("apim_infra.planning", "export_destinations.yaml", Destinations)


def search_domain(settings: StackSettings) -> OpenSearchDomain | None:
    """Return the search domain that the settings ask for, if there is one."""
    firehose = settings.observability.exporters.firehose
    if firehose is None or firehose.destination is not FirehoseDestination.OPENSEARCH:
        return None
    return firehose.opensearch or OpenSearchDomain()


def search_zones(settings: StackSettings) -> int:
    """Return over how many zones a search domain of more than one node is spread."""
    return min(settings.network.zones, destinations().search.most_zones)


def needed_endpoints(settings: StackSettings) -> tuple[str, ...]:
    """Return the interface endpoints that the exporters need in a network without NAT, by their short names."""
    exporters, needs = settings.observability.exporters, destinations().endpoints
    needed: list[str] = []
    if exporters.cloudwatch is not None:
        needed += needs.cloudwatch
    if exporters.any_metrics:
        needed += needs.metrics
    if exporters.firehose is not None or (exporters.datadog is not None and exporters.datadog.logs):
        needed += needs.firehose
    return tuple(dict.fromkeys(needed))
