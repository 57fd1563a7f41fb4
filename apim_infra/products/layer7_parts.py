"""What runs beside the gateways of Layer7, as data, and which gateways form a cluster with one database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.products.profile import ContainerSize, Profile
from apim_infra.settings.gateway import GatewayGroup, GroupDatabase
from apim_infra.settings.layer7 import DataGrid, Layer7Settings, ListenPort
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

_STRICT = ConfigDict(extra="forbid")

LICENSE = "layer7-license"
"""Secret with the licence, key `license`."""

KEYSTORE = "layer7-keystore"
"""Secret with the key that gateways show to the ingress, `SSG_SSL_KEY` and `SSG_SSL_KEY_PASS`."""

ADMINISTRATOR = "layer7-database-administrator"
"""Secret with the password of the database server's administrator."""

TOKEN_SERVICE = "layer7-token-service"  # noqa: S105 - name of a secret
"""Secret with the credentials of the OAuth Toolkit's database."""

SERVER = "mysql"
"""MySQL beside the gateways, for tests."""

TOKEN_DATABASE, TOKEN_USER = "otk_db", "otk_db_owner"
"""Database and user of the OAuth Toolkit."""


@dataclass(frozen=True, slots=True)
class PartImage:
    """An image by its parts, as the chart takes it."""

    registry: str
    repository: str
    tag: str

    __pydantic_config__ = _STRICT

    @property
    def reference(self) -> str:
        """The whole reference."""
        return f"{self.registry}/{self.repository}:{self.tag}"

    def values(self) -> dict[str, Any]:
        """Return it as values of the chart."""
        return {
            "registry": self.registry,
            "repository": self.repository,
            "tag": self.tag,
            "pullPolicy": "IfNotPresent",
        }


@dataclass(frozen=True, slots=True)
class _Images:
    pm_tagger: PartImage
    token_service: PartImage
    data_grid: PartImage
    metrics: PartImage
    database: PartImage

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Shutdown:
    period_seconds: int
    timeout_seconds: int
    grace_seconds: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Startup:
    period_seconds: int
    failures: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Database:
    charset: str
    collation: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Parts:
    """What the chart leaves open, and what runs beside it."""

    source: str
    date: date
    images: _Images
    heap_percent: int
    pm_tagger: ContainerSize
    database_server: ContainerSize
    shutdown: _Shutdown
    startup: _Startup
    database: _Database
    grid_properties: dict[str, dict[str, str]]
    properties: dict[str, str]
    java_arguments: tuple[str, ...]

    __pydantic_config__ = _STRICT


@cache
def parts() -> Parts:
    """Return the data."""
    return packaged_data("apim_infra.products", "layer7_parts.yaml", Parts)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Gateways with one configuration: they share a database, its policies, and what they keep in memory."""

    name: str
    """Name of the group whose own it is; empty for the cluster of all other groups."""
    groups: tuple[GatewayGroup, ...]

    @property
    def database(self) -> str:
        """Name of its database."""
        return f"ssg_{self.name}".replace("-", "_") if self.name else "ssg"

    @property
    def user(self) -> str:
        """User that owns its database; no word that is found elsewhere, since whatever is in a secret is hidden wherever it shows."""
        return f"{self.database}_owner"

    def part(self, name: str) -> str:
        """Return the name of a part of its own, such as `data-grid-orders`."""
        return f"{name}-{self.name}" if self.name else name


def clusters(settings: StackSettings) -> tuple[Cluster, ...]:
    """Return the clusters of gateways of one deployment: that of the groups that share, then those of groups with a database of their own."""
    shared = tuple(group for group in settings.gateway_groups if group.database is GroupDatabase.SHARED)
    own = (group for group in settings.gateway_groups if group.database is GroupDatabase.OWN)
    first = (Cluster("", shared),) if shared else ()
    return (*first, *(Cluster(group.name, (group,)) for group in own))


def has_server(settings: StackSettings) -> bool:
    """Tell whether MySQL itself runs beside the gateways, for tests."""
    return settings.layer7.external_database is None and settings.stores.mariadb.mode is StoreMode.IN_CLUSTER


def has_grid(settings: StackSettings) -> bool:
    """Tell whether a data grid runs beside the gateways."""
    return settings.layer7.data_grid is DataGrid.IN_CLUSTER


def has_token_service(settings: StackSettings, group: GatewayGroup) -> bool:
    """Tell whether the OAuth Toolkit is installed on a group's gateways: those of the first group."""
    return settings.layer7.token_service and group.name == settings.gateway_groups[0].name


def heap_mib(group: GatewayGroup) -> int:
    """Return the largest heap of a group's gateways, well below their memory limit."""
    return group.most_memory_mib * parts().heap_percent // 100


def listen_ports(layer7: Layer7Settings, groups: Sequence[GatewayGroup], group: GatewayGroup) -> tuple[ListenPort, ...]:
    """Return the ports beside that of the APIs on which a group's gateways listen."""
    return tuple(port for port in layer7.ports if (port.group or groups[0].name) == group.name)


def hosts_of_certificate(product: Profile, settings: StackSettings) -> tuple[str, ...]:
    """Return the names by which gateways are called inside of the cluster."""
    services = [product.service_name(group.name) for group in settings.gateway_groups]
    services += [product.admin_service_name(group.name) for group in settings.gateway_groups]
    return tuple(f"{service}.{settings.gateway.namespace}.svc" for service in services)
