"""Ends of pods' flows on AKS that are not as elsewhere: pods have a range of their own there, and what reaches them comes from other places.

The API server reaches pods through a tunnel that ends in the cluster's own namespace, unless it has a subnet in the network; load balancers leave the
client's address in packets (AKS documentation, core concepts and API server VNet integration; Kubernetes, externalTrafficPolicy Local; 2026-08).
"""

from dataclasses import dataclass

from apim_infra.planning.addresses import AddressPlan
from apim_infra.planning.flows import EVERYWHERE, Role, network_ranges
from apim_infra.planning.network_ends import DELEGATED
from apim_infra.planning.subnets import API_SERVER, ENTRY
from apim_infra.settings.cluster import NetworkPolicyEngine
from apim_infra.settings.stack import StackSettings

CLUSTER_NAMESPACE = "kube-system"
"""Namespace of the cluster's own services; the platform leaves it open."""


@dataclass(frozen=True, slots=True)
class AksEnd:
    """One end of a flow: the cluster's own namespace, or addresses."""

    ranges: tuple[str, ...] = ()
    """Address ranges; none for the cluster's own namespace."""
    public: bool = False
    """Whether `0.0.0.0/0` among them means public addresses alone."""
    nodes: bool = False
    """Whether it is the nodes, which Cilium never knows by their addresses (AKS documentation, Azure CNI powered by Cilium, 2026-08)."""


def aks_end(settings: StackSettings, plan: AddressPlan, role: Role, *, source: bool) -> AksEnd | None:
    """Return an end that is another on AKS; None for one that is as elsewhere."""
    if role is Role.DNS:
        return AksEnd()
    if role is Role.CLUSTER:
        return _callers(plan) if source else _api(settings, plan)
    if role is Role.NODES:
        return AksEnd(_nodes(settings, plan), nodes=settings.cluster.networking.policy is NetworkPolicyEngine.CILIUM)
    ranges = _ranges(settings, plan, role)
    return AksEnd(ranges) if ranges else None


def _ranges(settings: StackSettings, plan: AddressPlan, role: Role) -> tuple[str, ...]:
    """Return the addresses that packets of load balancers bear, and those of what has a subnet; none of others."""
    clients = network_ranges(settings)
    ranges = {
        Role.INTERNAL_LOAD_BALANCER: clients[Role.INTERNAL],
        Role.ENDPOINTS: tuple(map(str, plan.data)),
        Role.REGISTRY: tuple(map(str, plan.data)),
        **{store: (str(plan.subnets[subnet]),) for store, subnet in DELEGATED.items() if subnet in plan.subnets},
    }
    if ENTRY not in plan.subnets:
        ranges[Role.PUBLIC_LOAD_BALANCER] = clients[Role.API_USERS]
    return ranges.get(role, ())


def _callers(plan: AddressPlan) -> AksEnd:
    """Return where the API server's calls to webhooks come from."""
    return AksEnd((str(plan.subnets[API_SERVER]),)) if API_SERVER in plan.subnets else AksEnd()


def _api(settings: StackSettings, plan: AddressPlan) -> AksEnd:
    """Return where the Kubernetes API is: its service, and behind it a subnet of its own, an endpoint among the nodes, or the internet."""
    service = settings.network.service_cidr
    if API_SERVER in plan.subnets:
        return AksEnd((str(plan.subnets[API_SERVER]), service))
    if settings.cluster.api_endpoint.public:
        return AksEnd((EVERYWHERE, service), public=True)
    return AksEnd((*_nodes(settings, plan), service))


def _nodes(settings: StackSettings, plan: AddressPlan) -> tuple[str, ...]:
    return tuple(map(str, plan.private)) or (settings.network.cidr,)
