"""Firewalls of services: ranges that may be let in, and subnets that can be."""

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at

SUBNET = "azure-native:network:Subnet"
PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""Ranges of private networks (RFC 1918)."""


def private_or_wrong(text: object, smallest: int = 32) -> str:
    """Return what is wrong with a range of a firewall, "" for nothing; `smallest` is the longest prefix that a range may have."""
    try:
        range_ = IPv4Network(str(text))
    except (AddressValueError, NetmaskValueError, ValueError):
        return "it is no IPv4 address or range on its boundary"
    if any(range_.subnet_of(private) for private in PRIVATE):
        return "private addresses are never seen by a public endpoint"
    if "/" in str(text) and range_.prefixlen > smallest:
        return f"a range is /{smallest} or larger: write single addresses without a prefix"
    return ""


def without_service_endpoint(context: Context, subnet_id: object, service: str) -> bool:
    """Tell whether a subnet of this stack lacks the service endpoint that a firewall knows it by."""
    subnet = context.find(subnet_id)
    if subnet is None or subnet.assumed or subnet.type != SUBNET:
        return False
    offered = [str(value).lower() for _, value in values_at(subnet.inputs, "serviceEndpoints[*].service")]
    return service.lower() not in offered and f"{service.lower()}.global" not in offered
