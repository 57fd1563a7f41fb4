"""Which products may use the cloud's managed service in place of Apache Cassandra, and what that service cannot do, as data."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Product

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether a product may use the managed service."""

    allowed: bool
    reason: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ManagedCassandra:
    """The managed service, as far as it is not Apache Cassandra."""

    source: str
    date: date
    service: str
    """Name of the service."""
    limits: tuple[str, ...]
    """What it cannot do."""
    products: dict[Product, Fitness]

    __pydantic_config__ = _STRICT


@cache
def managed_cassandra() -> ManagedCassandra:
    """Return what is known of the managed service."""
    return packaged_data("apim_infra.products", "managed_cassandra.yaml", ManagedCassandra)
