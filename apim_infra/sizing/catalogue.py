"""Sizes that a cloud offers, as data, and what a node of a size leaves to the platform's pods."""

import math
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Literal

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.settings.environment import Cloud

SizeKind = Literal["nodes", "databases", "caches"]
"""What a size is for: nodes of the cluster, relational databases, or the in-memory store."""

PREFIX_DELEGATION = False
"""Whether nodes of AWS hand out addresses from /28 prefixes: the address plan and the pod limits count single addresses."""

_HOST_NETWORK_PODS = 2
"""Pods of each EKS node that use the node's own address (network plugin and kube-proxy): the `+ 2` of the pod limit."""


@dataclass(frozen=True, slots=True)
class NodeSize:
    """One instance type or VM size."""

    cloud: Cloud
    name: str
    vcpu: int
    memory_mib: int
    """Nominal memory, in MiB."""
    interfaces: int
    """Largest number of network interfaces; 1 where pods take no address of the network."""
    addresses: int
    """IPv4 addresses of each interface; 1 where pods take no address of the network."""
    architecture: Literal["x86_64", "arm64"]
    current: bool
    """Whether the cloud counts it among its current generations."""
    ephemeral_disk_gb: int
    """Azure: largest disk of the operating system that its local storage holds, in GB; 0 for none, and on AWS."""
    premium: bool
    """Azure: whether it takes premium disks, boots signed software alone and encrypts at the host; sizes without an `s` in their name do not."""


@dataclass(frozen=True, slots=True)
class NodeCapacity:
    """What pods can have of a node."""

    cpu_millicores: int
    memory_mib: int
    pods: int


class UnknownSizeError(LookupError):
    """The catalogue of the cloud lacks the size."""

    def __init__(self, cloud: Cloud, kind: SizeKind, name: str) -> None:
        self.nearest = tuple(get_close_matches(name, size_names(cloud, kind), n=3, cutoff=0.4))
        """Sizes with the most similar names, the most similar first; may be empty."""
        super().__init__(f"the {cloud} catalogue has no size {name!r} for {kind}")


_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Node:
    vcpu: int
    memory_mib: int
    architecture: Literal["x86_64", "arm64"]
    current: bool
    interfaces: int = 1
    addresses: int = 1
    ephemeral_disk_gb: int = 0
    premium: bool = True

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Nodes:
    source: str
    date: date
    sizes: dict[str, _Node]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Names:
    source: str
    date: date
    sizes: frozenset[str]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Insights:
    source: str
    date: date
    engines: dict[str, frozenset[str]]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Databases:
    source: str
    date: date
    sizes: frozenset[str] = frozenset()
    without_insights: _Insights | None = None
    tiers: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Tier to its sizes, where a cloud has tiers; they are sizes too."""
    standby_tiers: frozenset[str] = frozenset()
    """Tiers that can have a standby and replicas."""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Catalogue:
    nodes: _Nodes
    databases: _Databases
    caches: _Names

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Step:
    cores: int
    millicores: float

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class _Reservations:
    source: str
    date: date
    memory_overhead_percent: float
    memory_base_mib: int
    memory_per_pod_mib: int
    memory_eviction_mib: int
    cpu_steps: tuple[_Step, ...]
    pods_small: int
    pods_large: int
    large_from_vcpu: int
    pod_addresses: Literal["interfaces", "overlay"]
    update_nodes_per_zone: int = 0

    __pydantic_config__ = _STRICT


@cache
def _catalogue() -> dict[Cloud, _Catalogue]:
    return packaged_data("apim_infra.sizing", "catalogue.yaml", dict[Cloud, _Catalogue])


@cache
def _reservations() -> dict[Cloud, _Reservations]:
    return packaged_data("apim_infra.sizing", "nodes.yaml", dict[Cloud, _Reservations])


def size_names(cloud: Cloud, kind: SizeKind) -> tuple[str, ...]:
    """Return the names of all sizes of one kind, sorted."""
    catalogue = _catalogue()[cloud]
    databases = catalogue.databases.sizes.union(*catalogue.databases.tiers.values())
    names = {"nodes": catalogue.nodes.sizes, "databases": databases, "caches": catalogue.caches.sizes}
    return tuple(sorted(names[kind]))


def require_size(cloud: Cloud, kind: SizeKind, name: str) -> None:
    """Raise `UnknownSizeError` when the cloud has no such size of this kind."""
    if name not in size_names(cloud, kind):
        raise UnknownSizeError(cloud, kind, name)


def can_have_insights(cloud: Cloud, engine: str, size: str) -> bool:
    """Tell whether the load of queries can be recorded on a size of a database; `engine` is `mariadb`, `mysql` or `postgresql`."""
    lacking = _catalogue()[cloud].databases.without_insights
    return lacking is None or size not in lacking.engines.get(engine, ())


def database_tier(cloud: Cloud, size: str) -> str:
    """Return the tier of a size of a database, or raise `UnknownSizeError` where the cloud has no such size or no tiers."""
    tiers = _catalogue()[cloud].databases.tiers
    tier = next((tier for tier, sizes in tiers.items() if size in sizes), None)
    if tier is None:
        raise UnknownSizeError(cloud, "databases", size)
    return tier


def can_have_standby(cloud: Cloud, size: str) -> bool:
    """Tell whether a database of a size can have a standby in another zone, and replicas; a size that the catalogue lacks can."""
    databases = _catalogue()[cloud].databases
    tier = next((tier for tier, sizes in databases.tiers.items() if size in sizes), None)
    return tier is None or tier in databases.standby_tiers


def node_size(cloud: Cloud, name: str) -> NodeSize:
    """Return one instance type or VM size, or raise `UnknownSizeError`."""
    found = _catalogue()[cloud].nodes.sizes.get(name)
    if found is None:
        raise UnknownSizeError(cloud, "nodes", name)
    return NodeSize(
        cloud=cloud,
        name=name,
        vcpu=found.vcpu,
        memory_mib=found.memory_mib,
        interfaces=found.interfaces,
        addresses=found.addresses,
        architecture=found.architecture,
        current=found.current,
        ephemeral_disk_gb=found.ephemeral_disk_gb,
        premium=found.premium,
    )


def max_pods(size: NodeSize) -> int:
    """Return how many pods a node of the size runs.

    On AWS without prefix delegation: one address of each interface is the interface's own, and two pods of each node
    need none. Prefix delegation would allow more pods, but takes whole /28 blocks and fails on fragmented subnets.
    """
    table = _reservations()[size.cloud]
    limit = table.pods_large if size.vcpu >= table.large_from_vcpu else table.pods_small
    if table.pod_addresses == "overlay":
        return limit
    return min(limit, size.interfaces * (size.addresses - 1) + _HOST_NETWORK_PODS)


def node_addresses(size: NodeSize) -> int:
    """Return the most addresses of the network that one node takes.

    On AWS the network plugin fills whole interfaces and keeps a warm one in reserve (its default, WARM_ENI_TARGET=1).
    """
    if _reservations()[size.cloud].pod_addresses == "overlay":
        return 1
    pods_with_address = max_pods(size) - _HOST_NETWORK_PODS
    filled = math.ceil(pods_with_address / (size.addresses - 1))
    return min(size.interfaces, filled + 1) * size.addresses


def update_nodes_per_zone(cloud: Cloud) -> int:
    """Return by how many nodes a pool may grow in each zone while the cloud replaces its nodes; 0 on Azure, where each pool has a surge of its own."""
    return _reservations()[cloud].update_nodes_per_zone


def allocatable(size: NodeSize) -> NodeCapacity:
    """Return what the scheduler may place on a node: its size less what hypervisor, kubelet and eviction keep."""
    table = _reservations()[size.cloud]
    pods = max_pods(size)
    visible = int(size.memory_mib * (1 - table.memory_overhead_percent / 100))
    kept = table.memory_base_mib + table.memory_per_pod_mib * pods
    if size.cloud is Cloud.AZURE:
        kept = min(kept, visible // 4)
    return NodeCapacity(
        cpu_millicores=size.vcpu * 1000 - _reserved_cpu(table.cpu_steps, size.vcpu),
        memory_mib=visible - kept - table.memory_eviction_mib,
        pods=pods,
    )


def _reserved_cpu(steps: tuple[_Step, ...], vcpu: int) -> int:
    """Return the millicores that the kubelet keeps of so many cores, rounded up."""
    reserved, left = 0.0, vcpu
    for step in steps:
        cores = min(left, step.cores) if step.cores else left
        reserved += cores * step.millicores
        left -= cores
    return math.ceil(reserved)
