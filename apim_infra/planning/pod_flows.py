"""Flows of pods, from which network policies are made: the matrix with namespaces, labels and address ranges at its ends."""

from dataclasses import replace

from apim_infra.planning.addresses import AddressPlan, plan_addresses
from apim_infra.planning.aks_ends import CLUSTER_NAMESPACE, aks_end
from apim_infra.planning.flows import (
    OWN_ROLES,
    RANGE_ROLES,
    STORE_ROLES,
    Role,
    is_pod_role,
    network_ranges,
    own,
    own_flows,
)
from apim_infra.planning.group_flows import by_group
from apim_infra.planning.pod_ends import PodEnd, PodFlow, PodPort
from apim_infra.products.profile import ROLE_LABEL, profile
from apim_infra.products.registry import pod_labels
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.namespaces import (
    INGRESS_NAMESPACE,
    LOGGING_NAMESPACE,
    MESH_NAMESPACE,
    MONITORING_NAMESPACE,
    PLATFORM_NAMESPACE,
)

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
"""Private and link-local ranges (RFC 1918, RFC 3927): what `0.0.0.0/0` must not mean where the internet is meant."""

POD_IDENTITY_RANGE = "169.254.170.23/32"
"""Address of the EKS Pod Identity agent on every node (EKS user guide, 2024-12); it answers on port 80."""


def pod_flows(settings: StackSettings) -> tuple[PodFlow, ...]:
    """Return the flows with pods at one end or both, grouped by their ends, in the order of the matrix.

    Those that tell one gateway group from another follow `group_flows`. Names of cluster DNS are left out, since every
    namespace allows them by itself. The cluster's own namespace is not closed; its pods are named by the nodes' ranges,
    and on AKS, where they have none of them, by their namespace.
    Raises what `flows` and `plan_addresses` raise.
    """
    plan = plan_addresses(settings)
    ports: dict[str, list[PodPort]] = {}
    reasons: dict[str, list[str]] = {}
    ends: dict[str, tuple[PodEnd, PodEnd]] = {}
    owners: dict[str, Deployment] = {}
    for deployment, flow in own_flows(settings):
        names_only = flow.destination is Role.DNS and flow.port_from == 53
        closed = any(_closed(deployment.settings, role) for role in (flow.source, flow.destination))
        if flow.port_from is None or flow.port_to is None or names_only or not closed:
            continue
        apart = len(deployments(settings)) > 1 and bool({flow.source, flow.destination} & OWN_ROLES)
        source = _end(deployment, plan, flow.source, apart=apart, source=True)
        destination = _end(deployment, plan, flow.destination, apart=apart, source=False)
        name = f"{source.role}-to-{destination.role}"
        ends[name], owners[name] = (source, destination), deployment
        ports.setdefault(name, []).append(PodPort(flow.protocol, flow.port_from, flow.port_to))
        if flow.reason not in reasons.setdefault(name, []):
            reasons[name].append(flow.reason)
    found = (
        PodFlow(
            name=name,
            source=source,
            destination=destination,
            ports=tuple(dict.fromkeys(ports[name])),
            reason="; ".join(reasons[name]),
        )
        for name, (source, destination) in ends.items()
    )
    return tuple(part for flow in found for part in by_group(owners[flow.name], flow))


def namespace_of(settings: StackSettings, role: Role) -> str | None:
    """Return the namespace of a role's pods in one deployment; None for places of the network and for the cluster's own services."""
    if not _closed(settings, role):
        return None
    gateway = settings.gateway.namespace
    # A product's own programs live beside its gateways.
    control_plane = settings.control_plane.namespace if profile(settings.product).control_plane else gateway
    return {
        Role.CONTROL_PLANE: control_plane,
        Role.MARIADB: control_plane,
        Role.POSTGRESQL: control_plane,
        Role.GATEWAY: gateway,
        Role.GATEWAY_POSTGRESQL: gateway,
        Role.REDIS: gateway,
        Role.CASSANDRA: gateway,
        Role.MICROSERVICES: settings.gateway.microservices_namespace,
        Role.SIDECAR: settings.gateway.microservices_namespace,
        Role.INGRESS_CONTROLLER: INGRESS_NAMESPACE,
        Role.PLATFORM: PLATFORM_NAMESPACE,
        Role.MONITORING: MONITORING_NAMESPACE,
        Role.LOGGING: LOGGING_NAMESPACE,
        Role.MESH: MESH_NAMESPACE,
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
    known = tuple(str(subnet) for subnet in subnets) if plan.private else (settings.network.cidr,)
    return (*known, *_service_addresses(settings, role))


def _service_addresses(settings: StackSettings, role: Role) -> tuple[str, ...]:
    """Return the service range for the Kubernetes API: some network plugins judge a packet before its service is resolved."""
    return (settings.network.service_cidr,) if role is Role.CLUSTER else ()


def _closed(settings: StackSettings, role: Role) -> bool:
    """Tell whether the role's pods live in a namespace of the platform's, which denies by default."""
    return role is not Role.DNS and is_pod_role(settings, role)


def _end(deployment: Deployment, plan: AddressPlan, role: Role, *, apart: bool, source: bool) -> PodEnd:
    settings = deployment.settings
    namespace = namespace_of(settings, role)
    if namespace is None:
        own_plan = replace(plan, data=plan.private_data) if deployment.prefix else plan
        return _place(deployment, own_plan, role, source=source)
    if apart and role is Role.INGRESS_CONTROLLER:
        # Deployments share the ingress' namespace, and each has proxies of its own in it.
        return PodEnd(deployment.own(role), namespace, ((ROLE_LABEL, deployment.own(role)),), ())
    name = own(deployment, role)
    if chosen := pod_labels(settings).get(role.value):
        return PodEnd(name, namespace, (), (), one_of=(chosen,))
    return PodEnd(name, namespace, _labels(settings, role, namespace), ())


def _place(deployment: Deployment, plan: AddressPlan, role: Role, *, source: bool) -> PodEnd:
    """Return an end that is a place of the network, or the cluster's own services."""
    settings, name = deployment.settings, own(deployment, role)
    found = aks_end(settings, plan, role, source=source) if settings.cloud is Cloud.AZURE else None
    if found is None:
        return PodEnd(name, None, (), ranges(settings, role, plan), PRIVATE_RANGES if role is Role.INTERNET else ())
    if not found.ranges:
        return PodEnd(name, CLUSTER_NAMESPACE, (), (), open=True)
    return PodEnd(name, None, (), found.ranges, PRIVATE_RANGES if found.public else (), nodes=found.nodes)


def _labels(settings: StackSettings, role: Role, namespace: str) -> tuple[tuple[str, str], ...]:
    """Return the label that tells a role's pods from others where its namespace is shared; none where it is not."""
    if role is Role.SIDECAR:
        return ((ROLE_LABEL, role.value),)
    stores = settings.stores
    shared = {
        settings.control_plane.namespace: (stores.mariadb, stores.postgresql),
        settings.gateway.namespace: (stores.gateway_postgresql, stores.redis, stores.cassandra),
    }
    programs = namespace == settings.gateway.namespace and not profile(settings.product).control_plane
    if programs or any(store.mode is StoreMode.IN_CLUSTER for store in shared.get(namespace, ())):
        return ((ROLE_LABEL, role.value),)
    return ()
