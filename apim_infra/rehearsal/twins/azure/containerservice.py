"""AKS: what the resource provider refuses in the description of a cluster: versions, networks, who reaches the API, identities and their rights.

Pools are in `containerservice_pools.py`, what Azure makes of a cluster is in `clusters.py`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Network
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import data_file, is_list, is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
SUBNET = "azure-native:network:Subnet"
NETWORK = "azure-native:network:VirtualNetwork"

LISTED = "Error codes of the AKS resource provider, in a public repository of Microsoft (2022)"
OVERLAY = "AKS documentation, Azure CNI Overlay (2026-08)"
CILIUM = "AKS documentation, Azure CNI powered by Cilium (2026-08); answers of AKS in public issues (2023, 2025)"
NAT = "AKS documentation, egress outbound type (2026-08)"
PRIVATE = "AKS documentation, private clusters (2026-08)"
OWN = "own knowledge, 2026-11-21"


@lru_cache(maxsize=1)
def facts() -> Mapping[str, Any]:
    """Return the data of `containerservice.yaml`."""
    return data_file("apim_infra.rehearsal.twins.azure", "containerservice.yaml")


def network_of(text: Any) -> IPv4Network | None:
    """Return a range, None for what is none or not known."""
    try:
        return IPv4Network(text) if isinstance(text, str) and text != UNKNOWN else None
    except ValueError:
        return None


def minor_of(version: Any) -> str:
    """Return the minor version of a Kubernetes version: `1.35` of `1.35.4`."""
    return ".".join(str(version).split(".")[:2])


def number(value: Any) -> int | None:
    """Return a number that may have come as a float; None for none."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def profiles(inputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the pools that the description of a cluster holds."""
    given = inputs.get("agentPoolProfiles")
    return [profile for profile in given if is_mapping(profile)] if is_list(given) else []


def _version(context: Context) -> Iterator[Problem]:
    version = context.value("kubernetesVersion")
    if version is None:
        return
    minor, known = minor_of(version), facts()
    extended = str(context.value("supportPlan", "")) == "AKSLongTermSupport"
    if extended and str(context.value("sku.tier", "Free")) != "Premium":
        yield context.problem(
            "BadRequest",
            "The support plan AKSLongTermSupport is available in the tier Premium only.",
            "sku.tier",
            "set the tier to Premium",
            "AKS documentation, long-term support (2026-08); code: " + OWN,
        )
    allowed: list[str] = [*known["versions"], *(known["long_term_versions"] if extended else ())]
    if minor not in allowed:
        message = f"Managed cluster {context.name} is on version {version} which is not supported in this region."
        if minor in known["long_term_versions"]:
            message = f"Managed cluster {context.name} is on version {version}, which is only available for Long-Term Support (LTS)."
        yield context.problem(
            "K8sVersionNotSupported",
            message,
            "kubernetesVersion",
            f"use {', '.join(known['versions'])}",
            "AKS documentation, supported versions (2026-08); code: answers of AKS in public issues (2024 to 2026)",
        )
    before = (context.old or {}).get("kubernetesVersion")
    if before and _order(version) < _order(before):
        yield context.problem(
            "InvalidClusterVersion",
            f"Managed cluster {context.name} cannot go back from {before} to {version}.",
            "kubernetesVersion",
            "leave the version, which an upgrade may have moved, to Azure with ignore_changes",
            LISTED,
        )
    if before and int(minor.split(".")[1]) > int(minor_of(before).split(".")[1]) + 1:
        yield context.problem(
            "InvalidClusterVersion",
            f"Upgrading Kubernetes version {before} to {version} is not allowed: minor versions cannot be skipped.",
            "kubernetesVersion",
            "upgrade one minor version at a time",
            "AKS documentation, upgrade a cluster (2026-08); code: " + LISTED,
        )


def _order(version: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(version).split(".") if part.isdigit())


def _ranges(context: Context) -> Iterator[Problem]:
    """Yield what is wrong between the ranges of services, pods, DNS and the network."""
    path = "networkProfile"
    services, pods = (network_of(context.value(f"{path}.{name}")) for name in ("serviceCidr", "podCidr"))
    if services is not None:
        if services.prefixlen <= facts()["service_prefix_above"]:
            yield context.problem(
                "InvalidParameter",
                f"The service CIDR {services} must be smaller than /12.",
                f"{path}.serviceCidr",
                "use a /16",
                f"{OVERLAY}; code: {OWN}",
            )
        yield from _dns(context, services)
    if services is not None and pods is not None and pods.overlaps(services):
        yield context.problem(
            "PodCidrOverlapServiceCidr",
            f"Specified pod CIDR {pods} overlaps with service CIDR {services}.",
            f"{path}.podCidr",
            "move one of the two",
            f"{OVERLAY}; code: {LISTED}",
        )
    for name, range_ in (("serviceCidr", services), ("podCidr", pods)):
        yield from _taken(context, f"{path}.{name}", name, range_)
    yield from _room(context, pods)


def _dns(context: Context, services: IPv4Network) -> Iterator[Problem]:
    path = "networkProfile.dnsServiceIP"
    address = network_of(context.value(path))
    source = "AKS documentation, error DnsServiceIpOutOfServiceCidr and bring your own CNI (2026-08)"
    if address is None:
        return
    if not address.subnet_of(services):
        message = f"DNS service IP {address.network_address} is out of service CIDR {services}."
        yield context.problem("DnsServiceIpOutOfServiceCidr", message, path, f"use {services[10]}", source)
    elif address.network_address == services[1]:
        message = f"DNS service IP {address.network_address} is that of the Kubernetes API."
        yield context.problem("DnsServiceIpConflicting", message, path, f"use {services[10]}", f"{source}; {LISTED}")


def _taken(context: Context, path: str, name: str, range_: IPv4Network | None) -> Iterator[Problem]:
    """Yield a range that AKS keeps for itself, or that subnets of the network have."""
    if range_ is None:
        return
    for reserved in map(IPv4Network, facts()["reserved_ranges"]):
        if range_.overlaps(reserved):
            yield context.problem(
                "InvalidParameter",
                f"The {name} {range_} overlaps {reserved}, which AKS clusters may not use.",
                path,
                "use another private range",
                f"AKS documentation, configure kubenet (2026-08); code: {OWN}",
            )
    for subnet in _subnets_beside(context):
        found = network_of(subnet.inputs.get("addressPrefix"))
        if found is not None and found.overlaps(range_):
            code = (
                "ServiceCidrOverlapExistingSubnetsCidr"
                if name == "serviceCidr"
                else "PodCidrOverlapExistingSubnetsCidr"
            )
            kind = "service" if name == "serviceCidr" else "pod"
            yield context.problem(
                code,
                f"The specified {kind} CIDR {range_} is conflicted with an existing subnet CIDR {found}.",
                path,
                "use a range outside of the network",
                f"AKS documentation, error ServiceCidrOverlapExistingSubnetsCidr (2026-08); {LISTED}",
            )
            return


def _subnets_beside(context: Context) -> Iterator[Thing]:
    """Iterate over the subnets of the networks in which the pools of a cluster stand."""
    for network in {ids.parent_of(str(subnet)) for subnet in context.get("agentPoolProfiles[*].vnetSubnetID")}:
        yield from context.inside(SUBNET, network)


def _room(context: Context, pods: IPv4Network | None) -> Iterator[Problem]:
    """Yield a pod range that is too small for the pools of the cluster."""
    if pods is None or str(context.value("networkProfile.networkPluginMode", "")) != "overlay":
        return
    nodes = sum(number(pool.get("maxCount")) or number(pool.get("count")) or 0 for pool in profiles(context.inputs))
    nodes += sum(number(pool.inputs.get("maxCount")) or 0 for pool in context.inside(POOL))
    held = 2 ** (facts()["node_pod_prefix"] - pods.prefixlen) if pods.prefixlen <= facts()["node_pod_prefix"] else 0
    if nodes > held:
        yield context.problem(
            "InsufficientPodCidr",
            f"The pod CIDR {pods} has room for {held} nodes, each of which takes a /24; there may be {nodes}.",
            "networkProfile.podCidr",
            "use a larger range, such as a /16",
            f"{OVERLAY}; code: {LISTED}",
        )


def _policy(context: Context) -> Iterator[Problem]:
    """Yield what does not go together between plug-in, data plane and engine of network policies."""
    path = "networkProfile"
    plugin, plane, policy = (
        context.value(f"{path}.{name}") for name in ("networkPlugin", "networkDataplane", "networkPolicy")
    )
    if plane == "cilium" and plugin not in (None, "azure"):
        message = f"Network dataplane cilium requires network plugin azure, not {plugin}."
        yield context.problem("BadRequest", message, f"{path}.networkPlugin", "use azure", f"{CILIUM}; code: {OWN}")
    if plane == "cilium" and policy not in (None, "cilium"):
        message = "Cilium dataplane requires network policy cilium."
        yield context.problem("BadRequest", message, f"{path}.networkPolicy", "use cilium", CILIUM)
    if policy == "cilium" and plane != "cilium":
        message = "Network Policy cilium requires NetworkDataplane cilium"
        yield context.problem(
            "NetworkPolicyNotSupported", message, f"{path}.networkPolicy", "set networkDataplane to cilium", CILIUM
        )
    if policy == "azure":
        message = "Azure network policies on Linux end on 2028-09-30."
        hint = "use cilium, or calico"
        yield context.warning(
            "NetworkPolicyRetired", message, f"{path}.networkPolicy", hint, "AKS release notes (2026-07)"
        )
    if plugin == "kubenet":
        message = "Network plugin kubenet ends on 2028-03-31."
        hint = "use azure with networkPluginMode overlay"
        yield context.warning(
            "NetworkPluginRetired", message, f"{path}.networkPlugin", hint, "AKS release notes (2026-07)"
        )


def _outbound(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with the way out."""
    kind, sku = context.value("networkProfile.outboundType"), context.value("networkProfile.loadBalancerSku")
    if str(sku).lower() == "basic":
        yield context.problem(
            "InvalidLoadBalancerSku",
            "Basic load balancers are retired: a cluster must have a standard one.",
            "networkProfile.loadBalancerSku",
            "use standard",
            f"AKS release notes (2026-07); code: {LISTED}",
        )
    ports = number(context.value("networkProfile.loadBalancerProfile.allocatedOutboundPorts"))
    if ports is not None and (ports % 8 or not 0 <= ports <= 64000):
        yield context.problem(
            "InvalidLoadBalancerProfileAllocatedOutboundPorts",
            f"Load balancer profile allocated ports {ports} is not in the range 0 to 64000 and a multiple of 8.",
            "networkProfile.loadBalancerProfile.allocatedOutboundPorts",
            source="AKS documentation, error InvalidLoadBalancerProfileAllocatedOutboundPorts (2026-08)",
        )
    subnet_ids = [
        (place, id_) for place, id_ in context.at("agentPoolProfiles[*].vnetSubnetID") if isinstance(id_, str)
    ]
    pools = profiles(context.inputs)
    if kind == "userAssignedNATGateway" and pools and not any(pool.get("vnetSubnetID") for pool in pools):
        message = "Outbound type userAssignedNATGateway needs a subnet of your own."
        code = "UserAssignedNATGatewayWithManagedVNetNotAllowed"
        yield context.problem(code, message, "networkProfile.outboundType", "give vnetSubnetID", f"{NAT}; {LISTED}")
    wants = {"userAssignedNATGateway": "natGateway", "userDefinedRouting": "routeTable"}.get(str(kind))
    codes = {
        "natGateway": "SubnetNotAssociatedWithNATGateway",
        "routeTable": "ExistingRouteTableNotAssociatedWithSubnet",
    }
    for place, subnet_id in subnet_ids if wants else ():
        subnet = context.find(subnet_id)
        if subnet is not None and not subnet.assumed and wants is not None and not subnet.inputs.get(wants):
            word = "a NAT gateway" if wants == "natGateway" else "a route table"
            message = f"The subnet {subnet_id} is not associated with {word}, which outbound type {kind} needs."
            yield context.problem(
                codes[wants], message, place, f"associate {word} with the subnet first", f"{NAT}; {LISTED}"
            )


def _reached(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with who reaches the Kubernetes API."""
    path = "apiServerAccessProfile"
    private, ranges = context.value(f"{path}.enablePrivateCluster"), context.value(f"{path}.authorizedIPRanges")
    if private and is_list(ranges) and ranges:
        yield context.problem(
            "InvalidParameter",
            "Private cluster cannot be enabled with AuthorizedIPRanges.",
            f"{path}.authorizedIPRanges",
            "name ranges of a public API, or make it private",
            f"{PRIVATE}; answer of AKS in a public issue (2021)",
        )
    most = facts()["authorized_ranges"]
    if is_list(ranges) and len(ranges) > most:
        message = f"{len(ranges)} authorized IP ranges are more than the {most} that a cluster can have."
        source = f"AKS documentation, API server authorized IP ranges (2026-08); code: {OWN}"
        yield context.problem("InvalidParameter", message, f"{path}.authorizedIPRanges", source=source)
    zone = context.value(f"{path}.privateDNSZone")
    if zone == "none" and context.value(f"{path}.enablePrivateClusterPublicFQDN") is False:
        message = "privateDNSZone none needs the public FQDN: otherwise nothing has the name of the API."
        code = "NonePrivateDNSZonePublicFQDNDisabledError"
        yield context.problem(code, message, f"{path}.privateDNSZone", source=f"{PRIVATE}; code: {LISTED}")
    if isinstance(zone, str) and ids.looks_like_id(zone):
        name = ids.name_of(zone)
        suffix = f"{context.location}.azmk8s.io"
        if not (name == f"privatelink.{suffix}" or name.endswith((f".privatelink.{suffix}", f".private.{suffix}"))):
            message = f"The private DNS zone {name} must be called privatelink.{suffix}, or end so."
            code = "InvalidPrivateDNSZoneResourceID"
            yield context.problem(code, message, f"{path}.privateDNSZone", source=f"{PRIVATE}; code: {LISTED}")
    yield from _api_subnet(context, context.value(f"{path}.subnetId"))


def _api_subnet(context: Context, subnet_id: Any) -> Iterator[Problem]:
    subnet = context.find(subnet_id)
    if subnet is None or subnet.assumed:
        return
    source = f"AKS documentation, API server VNet integration (2026-08); code: {LISTED}"
    path, code = "apiServerAccessProfile.subnetId", "ApiserverSubnetConfigError"
    if "microsoft.containerservice/managedclusters" not in _delegations(subnet):
        message = f"The API server subnet {subnet_id} is not delegated to Microsoft.ContainerService/managedClusters."
        yield context.problem(code, message, path, "delegate it", source)
    range_ = network_of(subnet.inputs.get("addressPrefix"))
    if range_ is not None and range_.prefixlen > 28:
        message = f"The API server subnet {range_} must be a /28 at least."
        yield context.problem(code, message, path, "use a larger subnet", source)


def _delegations(subnet: Thing) -> set[str]:
    given = subnet.inputs.get("delegations")
    return {str(each.get("serviceName")).lower() for each in given if is_mapping(each)} if is_list(given) else set()


RULES = {CLUSTER: (_version, _ranges, _policy, _outbound, _reached)}
REFERENCES = {
    CLUSTER: (
        Reference("agentPoolProfiles[*].vnetSubnetID", SUBNET, missing_code="SubnetNotFound", source=LISTED),
        Reference("apiServerAccessProfile.subnetId", SUBNET, missing_code="SubnetNotFound", source=LISTED),
    ),
    POOL: (Reference("vnetSubnetID", SUBNET, missing_code="SubnetNotFound", source=LISTED),),
}
