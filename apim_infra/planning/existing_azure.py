"""What the platform needs of a cluster that is brought along on Azure, held to what Azure says of it.

A fact that is None is not known, as in a rehearsal without a description, and breaks no rule.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

_CLUSTER = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/Microsoft\.ContainerService/managedClusters/([^/]+)",
    re.IGNORECASE,
)
NAME = "cluster.existing.name"


@dataclass(frozen=True, slots=True)
class AksFacts:
    """What is known of a cluster."""

    version: str | None
    """Kubernetes version, with or without its patch."""
    network_plugin_mode: str | None
    network_policy: str | None
    pod_cidr: str | None
    service_cidr: str | None
    issuer: bool | None
    """Whether it issues tokens that others can check."""
    workload_identity: bool | None
    azure_rbac: bool | None
    """Whether roles of Azure hold in it."""
    subnet_ids: tuple[str, ...]
    """Subnets of its pools."""


def cluster_id(name: str) -> tuple[str, str] | None:
    """Return resource group and name of a cluster by its resource id; None for what is none."""
    found = _CLUSTER.fullmatch(name)
    return (found[1], found[2]) if found else None


def aks_problems(settings: StackSettings, cluster: AksFacts) -> Iterator[Violation]:
    """Yield what a cluster that is brought along lacks."""
    existing = settings.cluster.existing
    if existing is None:
        return
    yield from _ranges(settings, existing.name, cluster)
    version = ".".join(cluster.version.split(".")[:2]) if cluster.version else None
    if version not in (None, settings.cluster.version):
        yield Violation(
            "cluster.version",
            settings.cluster.version,
            f"must be the version of {existing.name} ({version})",
            f'set cluster.version to "{version}"',
        )
    for missing, needs, fix in (
        (cluster.issuer is False, "issue tokens that Entra can check: pods have their rights by them", "oidc-issuer"),
        (
            cluster.workload_identity is False,
            "have workload identity: pods have their rights by it",
            "workload-identity",
        ),
        (cluster.azure_rbac is False, "take roles of Azure: the pipeline is given one", "azure-rbac"),
    ):
        if missing:
            yield Violation(NAME, existing.name, f"must {needs}", f"az aks update --enable-{fix}")
    network = settings.network.existing
    if network is not None:
        outside = [subnet for subnet in cluster.subnet_ids if not _within(subnet, network.id)]
        if outside:
            yield Violation(
                NAME,
                existing.name,
                f"must lie in {network.id}; its nodes lie in {outside[0]}",
                "set network.existing.id to the network of the cluster",
            )


def _ranges(settings: StackSettings, name: str, cluster: AksFacts) -> Iterator[Violation]:
    if cluster.network_plugin_mode not in (None, "overlay"):
        yield Violation(
            NAME,
            name,
            f"must have an overlay network: rules are made for pods with a range of their own; it has {cluster.network_plugin_mode}",
            "upgrade it with az aks update --network-plugin-mode overlay",
        )
    wanted = settings.cluster.networking
    for path, value, found in (
        ("cluster.networking.policy", str(wanted.policy), cluster.network_policy),
        ("cluster.networking.pod_cidr", wanted.pod_cidr, cluster.pod_cidr),
        ("network.service_cidr", settings.network.service_cidr, cluster.service_cidr),
    ):
        if found not in (None, value):
            yield Violation(path, value, f"must be that of {name} ({found})", f"set {path} to {found}")


def _within(arm_id: str, network_id: str) -> bool:
    return arm_id.lower().startswith(f"{network_id.lower().rstrip('/')}/")
