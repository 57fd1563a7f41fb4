"""Address ranges as AWS reads them."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.cloud.world import Thing, World

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """Return an address range with its host bits dropped, None for text that is none (a prefix length is needed)."""
    if "/" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def has_host_bits(text: str) -> bool:
    """Tell whether a range does not begin on its own boundary."""
    found = network(text)
    return found is not None and str(found.network_address) != text.split("/", maxsplit=1)[0]


def check_range(
    context: Context, path: str, code: str = "InvalidParameterValue", version: int = 4
) -> Iterator[Problem]:
    """Yield a problem when the value at a path is no range, or not on its own boundary (which the provider refuses)."""
    for text in context.get(path):
        yield from range_problems(context, str(text), path, code, version)


def range_problems(
    context: Context, text: str, path: str, code: str = "InvalidParameterValue", version: int = 4
) -> Iterator[Problem]:
    """Yield a problem when a text is no range of the version, or not on its own boundary."""
    found = network(text)
    if found is None or found.version != version:
        yield context.problem(
            code,
            f"Value ({text}) for parameter {path} is invalid. This is not a valid CIDR block.",
            path,
            "write 10.0.0.0/24",
        )
    elif has_host_bits(text):
        message = f"'{path}' expected to contain a valid network address, '{text}' is not; did you mean '{found}'?"
        yield context.problem(
            "CheckFailure",
            message,
            path,
            f"write {found}",
            "check of the AWS provider (network address), own knowledge",
        )


def networks_of(world: World, vpc: Thing) -> list[Network]:
    """Return the IPv4 ranges of a VPC: its own and the associated ones."""
    texts = [vpc["cidrBlock"], *(thing["cidrBlock"] for thing in world.matching(tokens.VPC_RANGE, vpc.id, "vpcId"))]
    return [
        found for text in texts if isinstance(text, str) and text != UNKNOWN and (found := network(text)) is not None
    ]


def overlaps(first: Network, second: Network) -> bool:
    """Tell whether two ranges share an address."""
    if isinstance(first, IPv4Network) and isinstance(second, IPv4Network):
        return first.overlaps(second)
    return isinstance(first, IPv6Network) and isinstance(second, IPv6Network) and first.overlaps(second)


def inside(inner: Network, outer: Network) -> bool:
    """Tell whether a range lies within another."""
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)
