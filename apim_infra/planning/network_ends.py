"""Where the roles of the matrix are on Azure: in a subnet of the network, behind ranges, or behind a service tag of Azure."""

from collections.abc import Mapping
from dataclasses import dataclass

from apim_infra.planning.addresses import AddressPlan
from apim_infra.planning.flows import EVERYWHERE, Role, network_ranges, own
from apim_infra.planning.subnets import (
    API_SERVER,
    BASTION,
    CASSANDRA,
    DATA,
    ENTRY,
    JUMP,
    MYSQL,
    NODES,
    POSTGRESQL,
    PRIVATE_DATA,
    REGISTRY_ENDPOINT,
)
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings

ANY = "*"
"""Every address, in the words of Azure."""

INTERNET_TAG = "Internet"
"""Service tag of every address outside of the network."""

DELEGATED: Mapping[Role, str] = {
    Role.MARIADB: MYSQL,
    Role.POSTGRESQL: POSTGRESQL,
    Role.GATEWAY_POSTGRESQL: POSTGRESQL,
    Role.CASSANDRA: CASSANDRA,
}
"""Subnets of stores of the cloud that are not reached by private endpoints."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a flow."""

    name: str
    """A subnet, or a role of ranges or of a service tag."""
    prefixes: tuple[str, ...]
    """Address ranges, one service tag, or `*`."""
    subnet: str | None = None
    """Its subnet; None outside of the network."""
    arrives_at: tuple[str, ...] = ()
    """Addresses that packets to it bear, where those are not its own."""


def network_ends(settings: StackSettings, plan: AddressPlan, tags: Mapping[str, str]) -> Mapping[str, End]:
    """Return where each role of the network is that the settings build; `tags` are the service tags by role.

    A store that is reached by a private endpoint is where the endpoint is. Load balancers have no place of their own but the Application Gateway:
    their frontends are addresses of the nodes' subnet or public ones, and packets reach nodes with them.
    """
    ends = {role: End(role, (tag,)) for role, tag in tags.items()}
    for role, ranges in network_ranges(settings).items():
        everything = INTERNET_TAG if role == Role.API_USERS else ANY
        ends[role] = End(role, (everything,) if EVERYWHERE in ranges else ranges)
    ends[Role.INTERNET] = End(Role.INTERNET, (INTERNET_TAG,))

    def at(subnet: str) -> End:
        return End(subnet, (str(plan.subnets[subnet]),), subnet)

    built = plan.subnets
    ends[Role.NODES] = nodes = at(NODES)
    ends[Role.ENDPOINTS] = at(DATA)
    # The private endpoint of the Kubernetes API stands among the nodes; a public one is an address of the internet.
    ends[Role.CLUSTER] = ends[Role.INTERNET] if settings.cluster.api_endpoint.public else nodes
    if API_SERVER in built:
        ends[Role.CLUSTER] = at(API_SERVER)
    if REGISTRY_ENDPOINT in settings.network.interface_endpoints:
        ends[Role.REGISTRY] = at(DATA)
    frontends = End(NODES, nodes.prefixes, NODES, arrives_at=(ANY,))
    ends[Role.PUBLIC_LOAD_BALANCER] = at(ENTRY) if ENTRY in built else frontends
    for role, subnet in ((Role.JUMP_HOST, JUMP), (Role.BASTION, BASTION)):
        if subnet in built:
            ends[role] = at(subnet)
    for deployment in deployments(settings):
        data = at(PRIVATE_DATA if deployment.prefix else DATA)
        ends[own(deployment, Role.INTERNAL_LOAD_BALANCER)] = nodes
        ends[own(deployment, Role.REDIS)] = ends[own(deployment, Role.CASSANDRA)] = data
        for role, subnet in DELEGATED.items():
            ends[own(deployment, role)] = at(subnet) if subnet in built else data
    return ends
