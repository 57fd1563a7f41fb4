"""Flows of pods, from which network policies are made: the matrix with namespaces, labels and address ranges at its ends."""

from dataclasses import dataclass

from apim_infra.planning.addresses import AddressPlan, plan_addresses
from apim_infra.planning.flows import RANGE_ROLES, STORE_ROLES, Role, flows, is_pod_role, network_ranges
from apim_infra.products.profile import ROLE_LABEL
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.namespaces import (
    CONTROL_PLANE_NAMESPACE,
    INGRESS_NAMESPACE,
    LOGGING_NAMESPACE,
    MICROSERVICES_NAMESPACE,
    MONITORING_NAMESPACE,
    PLATFORM_NAMESPACE,
)

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
"""Private and link-local ranges (RFC 1918, RFC 3927): what `0.0.0.0/0` must not mean where the internet is meant."""

POD_IDENTITY_RANGE = "169.254.170.23/32"
"""Address of the EKS Pod Identity agent on every node (EKS user guide, 2024-12); it answers on port 80."""


@dataclass(frozen=True, slots=True)
class PodEnd:
    """One end of a flow: pods of a namespace, or addresses."""

    role: Role
    namespace: str | None
    """Namespace of the pods; None for addresses."""
    labels: tuple[tuple[str, str], ...]
    """Labels of the pods as key and value; empty for every pod of the namespace."""
    ranges: tuple[str, ...]
    """Address ranges of an end that is no group of pods in a namespace of the platform's."""
    except_ranges: tuple[str, ...] = ()
    """Parts of the ranges that are not meant (`except` of a network policy's address block)."""


@dataclass(frozen=True, slots=True)
class PodPort:
    """A port of the destination's containers."""

    protocol: str
    """`tcp` or `udp`."""
    port_from: int
    port_to: int


@dataclass(frozen=True, slots=True)
class PodFlow:
    """Everything that one role may do to another."""

    name: str
    """Name of the flow, unique: `<source>-to-<destination>`."""
    source: PodEnd
    destination: PodEnd
    ports: tuple[PodPort, ...]
    """Never empty: no ports would mean all ports."""
    reason: str


def pod_flows(settings: StackSettings) -> tuple[PodFlow, ...]:
    """Return the flows with pods at one end or both, grouped by their ends, in the order of the matrix.

    Names of cluster DNS are left out, since every namespace allows them by itself. The cluster's own namespace is not
    closed; its pods are named by the nodes' ranges. Raises what `flows` and `plan_addresses` raise.
    """
    plan = plan_addresses(settings)
    ports: dict[tuple[Role, Role], list[PodPort]] = {}
    reasons: dict[tuple[Role, Role], list[str]] = {}
    for flow in flows(settings):
        ends = (flow.source, flow.destination)
        names_only = flow.destination is Role.DNS and flow.port_from == 53
        if (
            flow.port_from is None
            or flow.port_to is None
            or names_only
            or not any(_closed(settings, end) for end in ends)
        ):
            continue
        ports.setdefault(ends, []).append(PodPort(flow.protocol, flow.port_from, flow.port_to))
        if flow.reason not in reasons.setdefault(ends, []):
            reasons[ends].append(flow.reason)
    return tuple(
        PodFlow(
            name=f"{source}-to-{destination}",
            source=_end(settings, plan, source),
            destination=_end(settings, plan, destination),
            ports=tuple(dict.fromkeys(ports[source, destination])),
            reason="; ".join(reasons[source, destination]),
        )
        for source, destination in ports
    )


def namespace_of(settings: StackSettings, role: Role) -> str | None:
    """Return the namespace of a role's pods; None for places of the network and for the cluster's own services."""
    if not _closed(settings, role):
        return None
    gateway = settings.gateway.namespace
    return {
        Role.CONTROL_PLANE: CONTROL_PLANE_NAMESPACE,
        Role.MARIADB: CONTROL_PLANE_NAMESPACE,
        Role.POSTGRESQL: CONTROL_PLANE_NAMESPACE,
        Role.GATEWAY: gateway,
        Role.GATEWAY_POSTGRESQL: gateway,
        Role.REDIS: gateway,
        Role.CASSANDRA: gateway,
        Role.MICROSERVICES: MICROSERVICES_NAMESPACE,
        Role.INGRESS_CONTROLLER: INGRESS_NAMESPACE,
        Role.PLATFORM: PLATFORM_NAMESPACE,
        Role.MONITORING: MONITORING_NAMESPACE,
        Role.LOGGING: LOGGING_NAMESPACE,
    }[role]


def ranges(settings: StackSettings, role: Role, plan: AddressPlan | None = None) -> tuple[str, ...]:
    """Return the address ranges behind a role: subnets where the platform knows them, the whole network where it does not."""
    if role in RANGE_ROLES:
        return network_ranges(settings)[role]
    if role is Role.POD_IDENTITY:
        return (POD_IDENTITY_RANGE,)
    plan = plan or plan_addresses(settings)
    subnets = plan.private
    if role is Role.PUBLIC_LOAD_BALANCER:
        subnets = plan.public
    elif role in STORE_ROLES and not is_pod_role(settings, role):
        subnets = plan.data
    own = tuple(str(subnet) for subnet in subnets) if plan.private else (settings.network.cidr,)
    return (*own, *_service_addresses(settings, role))


def _service_addresses(settings: StackSettings, role: Role) -> tuple[str, ...]:
    """Return the service range for the Kubernetes API: some network plugins judge a packet before its service is resolved."""
    return (settings.network.service_cidr,) if role is Role.CLUSTER else ()


def _closed(settings: StackSettings, role: Role) -> bool:
    """Tell whether the role's pods live in a namespace of the platform's, which denies by default."""
    return role is not Role.DNS and is_pod_role(settings, role)


def _end(settings: StackSettings, plan: AddressPlan, role: Role) -> PodEnd:
    namespace = namespace_of(settings, role)
    if namespace is None:
        excepted = PRIVATE_RANGES if role is Role.INTERNET else ()
        return PodEnd(role, None, (), ranges(settings, role, plan), excepted)
    return PodEnd(role, namespace, _labels(settings, role, namespace), ())


def _labels(settings: StackSettings, role: Role, namespace: str) -> tuple[tuple[str, str], ...]:
    """Return the label that tells a role's pods from others where its namespace is shared; none where it is not."""
    stores = settings.stores
    shared = {
        CONTROL_PLANE_NAMESPACE: (stores.mariadb, stores.postgresql),
        settings.gateway.namespace: (stores.gateway_postgresql, stores.redis, stores.cassandra),
    }
    if any(store.mode is StoreMode.IN_CLUSTER for store in shared.get(namespace, ())):
        return ((ROLE_LABEL, role.value),)
    return ()
