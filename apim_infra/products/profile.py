"""What the platform must know of a gateway product: stores, chart, image, ports and the shape of its pods."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud, Product, Topology
from apim_infra.settings.gateway import GroupMode
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stores import DatabaseEngine

_STRICT = ConfigDict(extra="forbid")

ROLE_LABEL = "apim.io/role"
"""Label of a pod that names its role in the matrix of allowed flows."""

GROUP_LABEL = "apim.io/gateway-group"
"""Label of a gateway's pods that names their group."""

EXPOSURE_LABEL = "apim.io/exposure"
"""Label of a gateway's pods that names the load balancer which leads to their group."""

BACKEND_CERTIFICATE = "backend-tls"
"""TLS secret, in the gateways' namespace, that gateways and programs show to the ingress; its `ca.crt` is the authority that signed it."""

StoreName = Literal["gateway_postgresql", "redis", "cassandra"]
"""Stores of the gateway, by their names in the settings; the others belong to the control plane."""


GroupOption = Literal["tier", "quota_share", "image_tag", "image-digest", "port", "database"]
"""What a product can do for a single gateway group, by the setting's name; `image-digest` is an `image_tag` that is a digest."""


class Need(StrEnum):
    """What a product makes of a store."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Chart:
    """A pinned Helm chart."""

    name: str
    repository: str
    version: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Image:
    """A container image; the tag can be set by `gateway.image_tag`."""

    repository: str
    tag: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Port:
    """A port on which the gateway's containers listen."""

    name: str
    port: int
    protocol: Literal["tcp", "udp"]
    exposure: Literal["ingress", "control-plane", "monitoring"]
    """Who may reach it."""
    purpose: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class GatewayService:
    """A Kubernetes service of a gateway group."""

    suffix: str
    """What follows the release's name in the service's name."""
    port: int
    """Port of the service, not of the container."""
    prefix: str | None = None
    """What stands in the service's name in place of the release's prefix; the same by default."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ContainerSize:
    """Request and limit of a container."""

    cpu_millicores: int
    memory_mib: int

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class JobShape:
    """A Job that runs beside the gateways of a group while its release is installed or upgraded."""

    name: str
    cpu_millicores: int
    memory_mib: int

    __pydantic_config__ = _STRICT


StartName = Literal["cassandra", "mariadb", "node-manager"]
"""What a program waits for before it starts: a store by its name in the settings, or another program."""


@dataclass(frozen=True, slots=True)
class GatewayProgram:
    """What pods of the gateways are told where no chart makes them; their group says how large they are."""

    heap_mib: int
    """Largest heap of the Java machine, below the memory limit."""
    waits_for: tuple[StartName, ...]
    """What must answer before a gateway starts, in this order."""
    mounts_files: bool
    """Whether the file share is mounted, where there is one."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the product beside its gateways, such as its console."""

    name: str
    """Name of its Deployment and service."""
    image: str
    """Name of its image in the platform's registry; empty where a chart names it."""
    host: str
    """Label of its host under the company domain; empty for a program that has none."""
    replicas: int
    requests: ContainerSize
    limits: ContainerSize
    heap_mib: int
    """Largest heap of the Java machine, below the memory limit."""
    ports: tuple[Port, ...]
    """Its ports; the host leads to the first."""
    waits_for: tuple[StartName, ...]
    """What must answer before it starts, in this order."""
    sticky: bool
    """Whether a user stays with one pod (a cookie says with which)."""
    pool: PoolName = "user"
    """Pool on which it runs."""
    public: bool = False
    """Whether its host is on the public load balancer too, where there is one, as that of a portal for API users."""
    public_paths: tuple[str, ...] = ("/",)
    """Prefixes of the paths that the public load balancer routes to it; everything by default."""
    service: str = ""
    """Name of its service where a chart makes it; its own name when empty."""
    passthrough: bool = False
    """Whether it ends TLS itself, under the name of its host, with the certificate in secret `<name>-tls`; the ingress ends it otherwise."""

    __pydantic_config__ = _STRICT

    @property
    def service_name(self) -> str:
        """Name of its service."""
        return self.service or self.name


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that is on for every API of a group."""

    id: str
    """A fixed UUID, so that setting it again changes nothing."""
    name: str
    config: dict[str, str | int | float | bool]
    """Its configuration; the plugin's own defaults where empty."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Profile:
    """One gateway product."""

    source: str
    date: date
    product: Product
    image: Image
    clouds: tuple[Cloud, ...]
    """Clouds on which the platform installs it."""
    topologies: tuple[Topology, ...]
    """Topologies in which the platform installs it."""
    group_modes: tuple[GroupMode, ...]
    """Ways in which its gateway groups may share gateways."""
    groups_choose_by_tags: bool
    """Whether the gateways of a group load the APIs that carry its tags."""
    stores: dict[StoreName, Need]
    release_prefix: str
    """What precedes the group's name in the names of its release, Deployment and services."""
    longest_group_name: int
    """Length that the chart's longest derived name leaves to the group's, in characters."""
    service: GatewayService
    """Service that the ingress routes to."""
    admin_service: GatewayService
    """Service that the control plane administers the gateways by."""
    ports: tuple[Port, ...]
    jobs: tuple[JobShape, ...]
    """Jobs of one group that may run beside its gateways."""
    plugins: tuple[Plugin, ...]
    """Plugins that are set by the administration API once the gateways are up."""
    init_container: ContainerSize
    """Size of an init container that does not do the gateway's own work."""
    service_stores: tuple[StoreName, ...] = ()
    """Stores that the gateways themselves do not use: they are for the services behind them."""
    chart: Chart | None = None
    """The product's own chart; None where it has none in public, and the platform makes its pods from `gateway_program` and `programs`."""
    control_plane: bool = True
    """Whether the platform's own control plane manages its gateways; False for a product that has programs of its own for that."""
    gateway_program: GatewayProgram | None = None
    """What pods of the gateways are told where no chart makes them."""
    programs: tuple[Program, ...] = ()
    """The product's own programs beside its gateways, in the gateways' namespace."""
    program_stores: tuple[Literal["mariadb", "postgresql", "cassandra"], ...] = ()
    """Stores, by their names in the settings, that the product's own programs and gateways use."""
    database_switches: tuple[str, ...] = ()
    """Parameters of the relational store that are on, whatever the engine's default."""
    database_engines: tuple[DatabaseEngine, ...] = tuple(DatabaseEngine)
    """Engines that the product takes for its relational store."""
    brings_database: bool = False
    """Whether the product's own plan brings the relational store where that runs in the cluster, for tests."""
    keyspaces_per_group: tuple[str, ...] = ()
    """Kinds of keyspaces that each gateway group has for itself; none for a product that does not keep its state in Cassandra."""
    backend_tls: bool = False
    """Whether gateways and programs speak TLS to the ingress."""
    modes_refused: dict[GroupMode, str] = field(default_factory=dict[GroupMode, str])
    """Why a mode of groups makes no sense for it, where there is more to say than that it is not there."""
    group_options: tuple[GroupOption, ...] = ()
    """What it can do for a single gateway group; whatever it does not name is refused."""
    groups_apart: bool = False
    """Whether its gateways' pods carry the labels of `group_labels`, by which network policies tell one group from another."""

    __pydantic_config__ = _STRICT

    def port(self, name: str) -> int:
        """Return the number of a container port by its name; raises KeyError when the product has no such port."""
        return {port.name: port.port for port in self.ports}[name]

    def program_port(self, name: str) -> int:
        """Return the number of a port of the product's own programs, by `<program>.<port>`; raises KeyError when there is no such port."""
        return {f"{program.name}.{port.name}": port.port for program in self.programs for port in program.ports}[name]

    def release(self, group: str) -> str:
        """Return the name of a group's Helm release, which its Deployment and service account share."""
        return f"{self.release_prefix}{group}"

    def keyspaces(self, group: str) -> tuple[str, ...]:
        """Return the keyspaces that a group has for itself, one of each kind; hyphens become underscores, since names of keyspaces have none."""
        return tuple(f"{group}_{kind}".replace("-", "_") for kind in self.keyspaces_per_group)

    def service_name(self, group: str) -> str:
        """Return the name of the service of a group's gateways."""
        return self._service_name(self.service, group)

    def job(self, name: str) -> JobShape:
        """Return a Job's shape by its name; raises KeyError when the product has no such Job."""
        return {job.name: job for job in self.jobs}[name]

    def admin_url(self, group: str, namespace: str) -> str:
        """Return the address, inside of the cluster, by which a group's gateways are administered."""
        return f"https://{self.admin_service_name(group)}.{namespace}.svc:{self.admin_service.port}"

    def admin_service_name(self, group: str) -> str:
        """Return the name of the service by which a group's gateways are administered."""
        return self._service_name(self.admin_service, group)

    def _service_name(self, service: GatewayService, group: str) -> str:
        prefix = self.release_prefix if service.prefix is None else service.prefix
        return f"{prefix}{group}{service.suffix}"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the platform installs a product yet."""

    available: bool
    reason: str
    """Why not; empty when it is available."""

    __pydantic_config__ = _STRICT


class ProductUnavailableError(LookupError):
    """The platform knows the product but does not install it yet."""

    def __init__(self, product: Product, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{product} is not available: {reason}")


@cache
def catalogue() -> dict[Product, Availability]:
    """Return every product that the platform knows, and whether it installs it."""
    return packaged_data("apim_infra.products", "catalogue.yaml", dict[Product, Availability])


def available_products() -> tuple[Product, ...]:
    """Return the products that the platform installs, sorted."""
    return tuple(sorted(product for product, state in catalogue().items() if state.available))


def available_topologies() -> tuple[Topology, ...]:
    """Return the topologies in which at least one available product is installed, in the order of the settings."""
    built = {topology for product in available_products() for topology in profile(product).topologies}
    return tuple(topology for topology in Topology if topology in built)


@cache
def profile(product: Product) -> Profile:
    """Return the profile of a product, or raise `ProductUnavailableError`."""
    state = catalogue()[product]
    if not state.available:
        raise ProductUnavailableError(product, state.reason)
    return packaged_data("apim_infra.products", f"{product}.yaml", Profile)


def has_control_plane(product: Product) -> bool:
    """Tell whether the platform's own control plane manages the product's gateways; taken to be so for a product that is not built yet."""
    return not catalogue()[product].available or profile(product).control_plane
