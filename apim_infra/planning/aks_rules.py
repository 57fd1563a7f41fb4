"""Rules of AKS between the cluster, its networks and its pools."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from apim_infra.findings import Finding, Severity
from apim_infra.planning.existing_azure import cluster_id
from apim_infra.settings.cluster import CapacityType, ExistingCluster, Pool
from apim_infra.settings.environment import Cloud
from apim_infra.settings.network import NatMode
from apim_infra.settings.pools import POOLS
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation
from apim_infra.sizing.capacity import pool_settings
from apim_infra.sizing.catalogue import UnknownSizeError, node_size

RESERVED = tuple(map(IPv4Network, ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")))
"""Ranges that AKS keeps for itself (AKS documentation, kubenet and Azure CNI prerequisites, 2026-08)."""

NODE_PREFIX = 24
"""Range of the pods of one node on an overlay network (AKS documentation, Azure CNI Overlay, 2026-08)."""

LARGEST_SERVICE_PREFIX = 12
"""Range of services must be smaller than this (AKS documentation, Azure CNI Overlay, 2026-08)."""

MOST_RANGES = 200
"""Ranges that may reach a public API server (AKS documentation, API server authorized IP ranges, 2026-08)."""

SYSTEM_CORES, SYSTEM_MEMORY_MIB = 4, 4096
"""Least size of nodes of the cluster's own services (AKS documentation, system node pools, 2026-08)."""

SMALLEST_DISK_GB = 30
"""Smallest disk of a node (API reference of agent pools, 2025-09-01)."""


NO_ADMINISTRATORS = "no-administrators"
"""Name of the rule that warns of a cluster that nobody administers."""


def aks_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what AKS would refuse, and what the platform does not build there."""
    yield from _networks(settings)
    yield from _access(settings)
    yield from _system_pool(settings)
    yield from _pools(settings)
    existing = settings.cluster.existing
    if existing is not None:
        yield from _existing(settings, existing)
    if settings.network.nat is NatMode.NONE and settings.network.existing is None:
        yield Violation(
            "network.nat",
            str(settings.network.nat),
            "leaves nodes without the images that AKS fetches from Microsoft's registry",
            "set network.nat to single; nothing in the network gets a public address by it",
        )


def _networks(settings: StackSettings) -> Iterator[Violation]:
    pods, services = IPv4Network(settings.cluster.networking.pod_cidr), IPv4Network(settings.network.service_cidr)
    network = IPv4Network(settings.network.cidr)
    pods_path, services_path = "cluster.networking.pod_cidr", "network.service_cidr"
    for path, range_ in ((pods_path, pods), (services_path, services), ("network.cidr", network)):
        taken = next((reserved for reserved in RESERVED if range_.overlaps(reserved)), None)
        if taken is not None:
            yield Violation(path, str(range_), f"must not overlap {taken}, which AKS keeps for itself", "move it")
    for other_path, other in (("network.cidr", network), (services_path, services)):
        if pods.overlaps(other):
            yield Violation(pods_path, str(pods), f"must not overlap {other_path} ({other})", "move one of the two")
    if services.prefixlen <= LARGEST_SERVICE_PREFIX:
        yield Violation(services_path, str(services), "must be smaller than /12", "use a /16")
    nodes = _most_nodes(settings)
    held = 2 ** max(NODE_PREFIX - pods.prefixlen, 0) if pods.prefixlen <= NODE_PREFIX else 0
    if held < nodes:
        yield Violation(
            pods_path,
            str(pods),
            f"holds {held} nodes, each of which takes a /{NODE_PREFIX} for its pods; there may be {nodes}",
            "use a larger range, such as a /16, or lower the max of the pools",
        )


def _most_nodes(settings: StackSettings) -> int:
    return settings.cluster.system_pool.max + sum(pool_settings(settings, pool).max for pool in POOLS)


def _access(settings: StackSettings) -> Iterator[Violation]:
    endpoint = settings.cluster.api_endpoint
    if len(endpoint.allowed_cidrs) > MOST_RANGES:
        yield Violation(
            "cluster.api_endpoint.allowed_cidrs",
            len(endpoint.allowed_cidrs),
            f"must be {MOST_RANGES} ranges at most",
            "join ranges that lie beside each other",
        )
    for position, administrator in enumerate(settings.cluster.administrators):
        if administrator.startswith("arn:"):
            yield Violation(
                f"cluster.administrators[{position}]",
                administrator,
                "must be a group of Entra, by its object id",
                "write it like 11111111-2222-3333-4444-555555555555",
            )


def _system_pool(settings: StackSettings) -> Iterator[Violation]:
    path, size = "cluster.system_pool.size", settings.cluster.system_pool.size
    try:
        known = node_size(settings.cloud, size)
    except UnknownSizeError as error:
        near = f"did you mean {' or '.join(error.nearest)}?" if error.nearest else "see the catalogue"
        yield Violation(path, size, "must be a size in the azure catalogue", near)
        return
    if known.vcpu < SYSTEM_CORES or known.memory_mib < SYSTEM_MEMORY_MIB:
        yield Violation(
            path,
            size,
            f"must have {SYSTEM_CORES} cores and {SYSTEM_MEMORY_MIB // 1024} GiB at least",
            "use a larger size",
        )
    if size.startswith("Standard_B"):
        yield Violation(path, size, "must not be of series B, which AKS refuses for its own services", "use series D")


def _pools(settings: StackSettings) -> Iterator[Violation]:
    taken: dict[str, str] = {"system": "cluster.system_pool"}
    for name in POOLS:
        pool, path = pool_settings(settings, name), f"cluster.pools.{name}"
        if pool.name is not None and pool.name in taken:
            yield Violation(
                f"{path}.name", pool.name, f"must differ from that of {taken[pool.name]}", "give another name"
            )
        if pool.name is not None:
            taken.setdefault(pool.name, path)
        yield from _pool(path, pool)


def _pool(path: str, pool: Pool) -> Iterator[Violation]:
    if pool.disk_gb < SMALLEST_DISK_GB:
        yield Violation(f"{path}.disk_gb", pool.disk_gb, f"must be {SMALLEST_DISK_GB} at least", "use 50")
    if pool.capacity is CapacityType.SPOT:
        unused = {"max_surge": "33%", "drain_timeout_minutes": 30, "soak_minutes": 0}
        for name, usual in unused.items():
            if getattr(pool, name) != usual:
                yield Violation(
                    f"{path}.{name}",
                    getattr(pool, name),
                    "has no effect on spot nodes, which are not surged",
                    "leave it out",
                )
    for label in pool.labels:
        if label.partition("/")[0].endswith(("kubernetes.azure.com", "kubernetes.io", "k8s.io")):
            yield Violation(f'{path}.labels["{label}"]', label, "is a label of the cluster itself", "use another name")


def _existing(settings: StackSettings, existing: ExistingCluster) -> Iterator[Violation]:
    if cluster_id(existing.name) is None:
        yield Violation(
            "cluster.existing.name",
            existing.name,
            "must be the resource id of a cluster",
            "write /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ContainerService/managedClusters/<name>",
        )
    if existing.addons and existing.addons != ExistingCluster(name=existing.name).addons:
        yield Violation(
            "cluster.existing.addons",
            ", ".join(existing.addons),
            "is for aws: AKS brings its add-ons along by itself",
            "leave it out",
        )
    for name, value, usual in (
        ("secrets_encryption", settings.cluster.secrets_encryption, False),
        ("policy_addon", settings.cluster.policy_addon, False),
        ("defender", settings.cluster.defender, False),
        ("long_term_support", settings.cluster.long_term_support, False),
    ):
        if value != usual:
            yield Violation(
                f"cluster.{name}",
                str(value).lower(),
                "cannot be set of a cluster that is brought along, which is never changed",
                f"set cluster.{name} to {str(usual).lower()}",
            )


def administrator_notices(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning where nobody is named who administers a cluster on Azure: its own accounts are off, and who deploys it has no rights in it."""
    own = settings.cloud is Cloud.AZURE and settings.cluster.existing is None
    if own and not settings.cluster.administrators and settings.pipelines.run is None:
        yield Finding(
            Severity.WARNING,
            NO_ADMINISTRATORS,
            "cluster.administrators is empty, and so is pipelines.run: only the identity of the pipelines has rights in the cluster, "
            "and nobody can be that identity",
            fix="name a group of Entra by its object id in cluster.administrators, or the pipeline in pipelines.run",
        )
