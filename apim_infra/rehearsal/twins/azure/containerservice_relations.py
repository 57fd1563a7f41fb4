"""AKS: what the resource provider refuses between pools, their subnet and their cluster."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.containerservice import (
    CLUSTER,
    LISTED,
    OWN,
    POOL,
    facts,
    minor_of,
    network_of,
    number,
    profiles,
)
from apim_infra.rehearsal.twins.azure.containerservice_pools import SYSTEM
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping


def _delegated(context: Context) -> Iterator[Problem]:
    """Yield subnets of nodes that another service has, and that are too small."""
    path = "agentPoolProfiles[*].vnetSubnetID" if context.row.token == CLUSTER else "vnetSubnetID"
    for place, subnet_id in context.at(path):
        subnet = context.find(subnet_id)
        if subnet is None or subnet.assumed:
            continue
        delegations = subnet.inputs.get("delegations")
        if is_list(delegations) and delegations:
            message = f"The subnet {subnet_id} is delegated to another service and cannot be used for nodes."
            source = "AKS documentation, error SubnetIsDelegated (2026-08)"
            yield context.problem("SubnetIsDelegated", message, place, "use another subnet", source)
        range_ = network_of(subnet.inputs.get("addressPrefix"))
        nodes = _nodes_in(context, str(subnet_id))
        if range_ is not None and nodes > _free(range_):
            message = f"Pre-allocated IPs {nodes} exceeds IPs available {_free(range_)} in Subnet Cidr {range_}."
            hint = "use a larger subnet, or fewer nodes"
            source = f"AKS documentation, error InsufficientSubnetSize (2026-08); {LISTED}"
            yield context.problem("InsufficientSubnetSize", message, place, hint, source)


def _nodes_in(context: Context, subnet_id: str) -> int:
    """Return how many nodes stand in a subnet at the least: those of this request and of pools that are there."""
    own = profiles(context.inputs) if context.row.token == CLUSTER else [context.inputs]
    there = [pool.inputs for pool in context.all(POOL)]
    return sum(
        number(pool.get("count")) or 0
        for pool in (*own, *there)
        if isinstance(pool.get("vnetSubnetID"), str) and ids.key(str(pool.get("vnetSubnetID"))) == ids.key(subnet_id)
    )


def _free(range_: IPv4Network) -> int:
    return range_.num_addresses - 5  # what Azure keeps of each subnet


def _one_system_pool(context: Context) -> Iterator[Problem]:
    pools = profiles(context.inputs)
    if pools and not any(pool.get("mode") == "System" for pool in pools):
        message = "Must define at least one system pool."
        source = f"{SYSTEM}; answer of AKS in a public issue (2020)"
        yield context.problem("MustDefineAtLeastOneSystemPool", message, "agentPoolProfiles", "set mode System", source)
    if not pools and context.old is None:
        message = "Must define at least one agent pool."
        yield context.problem("InvalidParameter", message, "agentPoolProfiles", source=f"{SYSTEM}; code: {OWN}")


def _version(context: Context) -> Iterator[Problem]:
    """Yield a pool whose version does not go with that of its cluster."""
    cluster, version = context.parent(), context.value("orchestratorVersion")
    if cluster is None or cluster.assumed or not version:
        return
    own, its = (minor_of(given).partition(".")[2] for given in (version, cluster.inputs.get("kubernetesVersion")))
    behind = int(its) - int(own) if its.isdigit() and own.isdigit() else 0
    if behind < 0 or behind > facts()["minor_skew"]:
        message = f"Node pool version {version} and control plane version {cluster.inputs.get('kubernetesVersion')} are incompatible."
        hint = "use the version of the cluster"
        source = "AKS documentation, error NodePoolMcVersionIncompatible (2026-08)"
        yield context.problem("NodePoolMcVersionIncompatible", message, "orchestratorVersion", hint, source)


def _unlike_network(context: Context) -> Iterator[Problem]:
    """Yield a pool of Windows in a cluster whose data plane is for Linux alone."""
    cluster = context.parent()
    network = cluster.inputs.get("networkProfile") if cluster else None
    if is_mapping(network) and network.get("networkDataplane") == "cilium" and context.value("osType") == "Windows":
        message = "Cilium dataplane is not supported for Windows node pools."
        source = f"AKS documentation, Azure CNI powered by Cilium (2026-08); code: {OWN}"
        yield context.problem("BadRequest", message, "osType", "use Linux", source)


def _last_system_pool(context: Context) -> Iterator[Problem]:
    cluster = context.parent()
    if cluster is None or cluster.assumed or context.inputs.get("mode") != "System":
        return
    others = [*profiles(cluster.inputs), *(pool.inputs for pool in context.siblings())]
    if not any(pool.get("mode") == "System" for pool in others):
        message = "There has to be at least one system agent pool."
        source = f"{SYSTEM}; answer of AKS in a public issue (2020); code: {OWN}"
        yield context.problem("BadRequest", message, "mode", "make another system pool first", source)


RULES = {
    CLUSTER: (_one_system_pool, _delegated),
    POOL: (_delegated, _version, _unlike_network),
}
DELETE_RULES = {POOL: _last_system_pool}
