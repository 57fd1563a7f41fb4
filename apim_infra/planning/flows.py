"""The matrix of allowed flows: who may open a connection to whom on which port.

Security groups of the clouds (`network_flows`) and network policies of Kubernetes (module `pod_flows`) are derived from it; nobody
opens a port by hand elsewhere. Roles are of two kinds: places of the network, and groups of pods, which live on `nodes`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.flow_facts import flow_facts
from apim_infra.planning.flow_ports import KnownPorts, ports_of
from apim_infra.planning.subnets import API_SERVER, built_subnets
from apim_infra.settings.cluster import ServiceMesh
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import IngressController
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import Store, StoreMode

Protocol = Literal["tcp", "udp", "all"]

EVERYWHERE = "0.0.0.0/0"
"""Every IPv4 address."""

LONGEST_REASON = 255
"""Longest description of a security group rule, in characters (EC2 API reference)."""


class Role(StrEnum):
    """Who opens or accepts connections."""

    API_USERS = "api-users"
    """Ranges that the public load balancer admits; everywhere by default."""
    INTERNAL = "internal"
    """Ranges of administrators."""
    INTERNET = "internet"
    """Any public address, as a destination."""
    PUBLIC_LOAD_BALANCER = "public-load-balancer"
    INTERNAL_LOAD_BALANCER = "internal-load-balancer"
    VPC_LINK = "vpc-link"
    """Addresses in the network by which the cloud's own front end reaches the load balancer of API users."""
    CLUSTER = "cluster"
    """The Kubernetes API and the interfaces of its control plane."""
    NODES = "nodes"
    """Nodes, and every pod on them."""
    ENDPOINTS = "endpoints"
    """Interface endpoints of the cloud's APIs."""
    MARIADB = "mariadb"
    POSTGRESQL = "postgresql"
    GATEWAY_POSTGRESQL = "gateway-postgresql"
    REDIS = "redis"
    CASSANDRA = "cassandra"
    SECRET_ROTATION = "secret-rotation"  # noqa: S105 - the name of a role
    """The functions that change passwords of databases."""
    INGRESS_CONTROLLER = "ingress-controller"
    """Pods of the ingress: its controller and its proxies."""
    CONTROL_PLANE = "control-plane"
    """Pods of the APIM control plane."""
    GATEWAY = "gateway"
    """Pods of the gateway product, its Jobs among them."""
    MICROSERVICES = "microservices"
    """Pods of the services behind the APIs."""
    SIDECAR = "sidecar"
    """Pods in which a service and its gateway run together, in the namespace of the services."""
    PLATFORM = "platform"
    """Pods of the platform's controllers."""
    MONITORING = "monitoring"
    LOGGING = "logging"
    MESH = "mesh"
    """Pods of the service mesh itself: its control plane, and its agent and proxy on each node."""
    LOG_DELIVERY = "log-delivery"
    """Network interfaces of the cloud's delivery of exported logs."""
    LOG_SEARCH = "log-search"
    """The search domain of exported logs."""
    DNS = "dns"
    """Pods of the cluster's own services, its DNS first of all."""
    POD_IDENTITY = "pod-identity"
    """The agent on each node that hands out credentials of the cloud; reached by a link-local address."""
    ADMINISTRATORS = "administrators"
    """Ranges from which administrators enter the network."""
    JUMP_HOST = "jump-host"
    """The machine by which administrators enter the network."""
    BASTION = "bastion"
    """The cloud's own bastion service."""
    REGISTRY = "registry"
    """The platform's own container registry."""
    LOAD_BALANCER_PROBES = "load-balancer-probes"
    """Azure's load balancers, as they ask whether what is behind them works."""
    GATEWAY_MANAGER = "gateway-manager"
    """Azure's own administration of its gateways and bastions."""
    AZURE = "azure"
    """Public addresses of Azure."""
    AZURE_STORAGE = "azure-storage"
    """Public addresses of Azure Storage."""
    ENTRA = "entra"
    """Public addresses of Microsoft Entra ID."""
    VIRTUAL_NETWORK = "virtual-network"
    """Everything in the network."""
    EXTERNAL_DATABASE = "external-database"
    """Ranges of a database that is brought along."""
    EXTERNAL_GRID = "external-data-grid"
    """Ranges of a data grid that is brought along."""


STORE_ROLES = (Role.MARIADB, Role.POSTGRESQL, Role.GATEWAY_POSTGRESQL, Role.REDIS, Role.CASSANDRA)
"""Roles of the stores: places of the network when managed, groups of pods when they run in the cluster."""

RANGE_ROLES = (
    Role.API_USERS,
    Role.INTERNAL,
    Role.INTERNET,
    Role.ADMINISTRATORS,
    Role.EXTERNAL_DATABASE,
    Role.EXTERNAL_GRID,
)
"""Roles that are address ranges and have no security group."""

POD_ROLES = (
    Role.INGRESS_CONTROLLER,
    Role.CONTROL_PLANE,
    Role.GATEWAY,
    Role.MICROSERVICES,
    Role.SIDECAR,
    Role.PLATFORM,
    Role.MONITORING,
    Role.LOGGING,
    Role.MESH,
    Role.DNS,
)
"""Roles that are always groups of pods."""

OWN_ROLES = frozenset(
    {
        Role.API_USERS,
        Role.INTERNAL,
        Role.PUBLIC_LOAD_BALANCER,
        Role.INTERNAL_LOAD_BALANCER,
        Role.SECRET_ROTATION,
        Role.CONTROL_PLANE,
        Role.GATEWAY,
        Role.MICROSERVICES,
        Role.SIDECAR,
        *STORE_ROLES,
    }
)
"""Roles that each deployment has for itself; all others are the platform's, which deployments share."""

_EVERY_POD = "every-pod"


@dataclass(frozen=True, slots=True)
class Flow:
    """One allowed flow."""

    source: Role
    destination: Role
    protocol: Protocol
    """`all` has no ports."""
    port_from: int | None
    """First port of the destination; None when the protocol is `all`."""
    port_to: int | None
    """Last port, the same as the first for a single one."""
    reason: str
    """Why it is allowed; fit for the description of a security group rule."""


@dataclass(frozen=True, slots=True)
class NetworkFlow:
    """One allowed flow between places of the network."""

    source: str
    """A role, with the prefix of its deployment where it belongs to one, such as `private-internal-load-balancer`."""
    destination: str
    protocol: Protocol
    port_from: int | None
    port_to: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Row:
    source: Role | Literal["every-pod"]
    destination: Role
    protocol: Protocol
    ports: tuple[int | str, ...]
    reason: str
    when: tuple[str, ...] = ()

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Matrix:
    source: str
    date: date
    ingress_ports: dict[IngressController, dict[str, int]]
    redis_ports: dict[Cloud | Literal["in-cluster"], int]
    flows: tuple[_Row, ...]

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def known_ports(self) -> KnownPorts:
        """Ports that depend on controller and cloud."""
        return KnownPorts(self.ingress_ports, self.redis_ports)


@cache
def _matrix() -> _Matrix:
    return packaged_data("apim_infra.planning", "flows.yaml", _Matrix)


def flows(settings: StackSettings) -> tuple[Flow, ...]:
    """Return every allowed flow between the roles that the settings build, in the order of the matrix.

    Raises `ProductUnavailableError` when the product is not built yet, since its ports are unknown.
    """
    known = flow_facts(settings)
    return tuple(flow for row in _matrix().flows if known.issuperset(row.when) for flow in _expanded(settings, row))


def own_flows(settings: StackSettings) -> Iterator[tuple[Deployment, Flow]]:
    """Yield the flows of every deployment: all of the first one's, and of another what concerns it and not the platform that they share."""
    for deployment in deployments(settings):
        for flow in flows(deployment.settings):
            if not deployment.prefix or {flow.source, flow.destination} & (OWN_ROLES - {Role.INTERNAL}):
                yield deployment, flow


def network_flows(settings: StackSettings) -> tuple[NetworkFlow, ...]:
    """Return the flows between places of the network, from which security groups are made; each flow once.

    Groups of pods become `nodes`. What never leaves a node is left out. Reasons of flows that fall together are joined.
    """
    merged: dict[tuple[str, str, Protocol, int | None, int | None], NetworkFlow] = {}
    for deployment, flow in own_flows(settings):
        if Role.POD_IDENTITY in (flow.source, flow.destination):
            continue
        source, destination = _place(deployment, flow.source), _place(deployment, flow.destination)
        if source == destination == Role.NODES and flow.protocol != "all":
            continue
        if flow.destination is not destination and _by_way_of_nodes(settings, flow.source):
            continue
        key = (source, destination, flow.protocol, flow.port_from, flow.port_to)
        known = merged.get(key)
        reason = _joined(known.reason, flow.reason) if known else flow.reason
        merged[key] = NetworkFlow(source, destination, flow.protocol, flow.port_from, flow.port_to, reason)
    return tuple(merged.values())


def _by_way_of_nodes(settings: StackSettings, source: Role) -> bool:
    """Tell whether a place reaches pods from a node, so that its packets need no rule beside those of the nodes.

    On Azure load balancers pass packets on to nodes as they came, and the Kubernetes API uses the tunnel that its agents on nodes hold open, unless it
    has a subnet in the network (AKS documentation, outbound rules and API server VNet integration, 2026).
    """
    if settings.cloud is not Cloud.AZURE:
        return False
    if source is Role.CLUSTER:
        return API_SERVER not in built_subnets(settings)
    return source in (Role.PUBLIC_LOAD_BALANCER, Role.INTERNAL_LOAD_BALANCER)


def network_roles(settings: StackSettings) -> tuple[str, ...]:
    """Return the places of the network that get a security group: those that occur in a flow and are no address ranges."""
    used = {role for flow in network_flows(settings) for role in (flow.source, flow.destination)}
    known = (own(deployment, role) for deployment in deployments(settings) for role in Role if role not in RANGE_ROLES)
    return tuple(dict.fromkeys(role for role in known if role in used))


def own(deployment: Deployment, role: Role) -> str:
    """Return the name of a role, which says whose it is where it belongs to one deployment, such as `private-mariadb`."""
    return deployment.own(role) if role in OWN_ROLES else role


def network_ranges(settings: StackSettings) -> dict[str, tuple[str, ...]]:
    """Return the address ranges of the roles that have no security group."""
    ranges: dict[str, tuple[str, ...]] = {}
    for deployment in deployments(settings):
        ingress = deployment.settings.ingress
        ranges[own(deployment, Role.API_USERS)] = tuple(ingress.public.source_cidrs)
        ranges[own(deployment, Role.INTERNAL)] = tuple(ingress.internal.source_cidrs)
    if settings.cloud is Cloud.AZURE:
        ranges[Role.ADMINISTRATORS] = tuple(settings.network.bastion.source_cidrs)
    layer7 = settings.layer7
    if layer7.external_database is not None:
        ranges[Role.EXTERNAL_DATABASE] = tuple(layer7.external_database.cidrs)
    if layer7.external_data_grid is not None:
        ranges[Role.EXTERNAL_GRID] = tuple(layer7.external_data_grid.cidrs)
    return {**ranges, Role.INTERNET: (EVERYWHERE,)}


def ingress_port(settings: StackSettings, name: Literal["https", "http", "metrics"]) -> int:
    """Return a port on which the pods of the ingress listen."""
    return _matrix().ingress_ports[settings.ingress.controller][name]


def is_pod_role(settings: StackSettings, role: str) -> bool:
    """Tell whether the role is a group of pods under the settings of one deployment."""
    return role in POD_ROLES or (role in STORE_ROLES and _store(settings, role).mode is StoreMode.IN_CLUSTER)


def _place(deployment: Deployment, role: Role) -> str:
    return Role.NODES if is_pod_role(deployment.settings, role) else own(deployment, role)


def _store(settings: StackSettings, role: str) -> Store:
    stores = settings.stores
    named: dict[str, Store] = {
        Role.MARIADB: stores.mariadb,
        Role.POSTGRESQL: stores.postgresql,
        Role.GATEWAY_POSTGRESQL: stores.gateway_postgresql,
        Role.REDIS: stores.redis,
        Role.CASSANDRA: stores.cassandra,
    }
    return named[role]


def _expanded(settings: StackSettings, row: _Row) -> Iterator[Flow]:
    """Return the flows of one row: one for each port and each role that the row's source stands for."""
    meshed = settings.cluster.mesh is not ServiceMesh.NONE
    # Sidecars are among the pods of the services' namespace.
    left_out = {Role.DNS, Role.SIDECAR} if meshed else {Role.DNS, Role.SIDECAR, Role.MESH}
    sources: Iterable[Role] = [role for role in POD_ROLES if role not in left_out]
    if row.source != _EVERY_POD:
        sources = [Role(row.source)]
    for source in sources:
        if row.protocol == "all":
            yield Flow(source, row.destination, row.protocol, None, None, row.reason)
        for first, last in (port for name in row.ports for port in ports_of(settings, name, _matrix().known_ports)):
            yield Flow(source, row.destination, row.protocol, first, last, row.reason)


def _joined(one: str, other: str) -> str:
    """Return both reasons, or the first alone when both are too long or the same."""
    both = f"{one}; {other}"
    return one if other in one.split("; ") or len(both) > LONGEST_REASON else both
