"""AKS, its node pools and the identities of pods, from the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from apim_infra.planning.existing_azure import AksFacts, aks_problems, cluster_id
from apim_infra.planning.regions import region
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_monitoring import ClusterMonitoring
from apim_infra.platform.naming import Naming
from apim_infra.settings.cluster import NodeImageChannel, UpgradeChannel
from apim_infra.settings.environment import Tier
from apim_infra.settings.network import NatMode
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from apim_infra.settings.windows import minutes_of_window
from apim_infra.sizing.capacity import pool_settings
from apim_infra.sizing.catalogue import node_size
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.azure.cluster import Cluster
from components.azure.cluster_args import ClusterArgs
from components.azure.existing_cluster import ExistingCluster
from components.azure.maintenance import DAYS, LONGEST_HOURS, Maintenance, MaintenanceArgs, WindowArgs
from components.azure.node_pool import NodePool, NodePoolArgs, NodesArgs
from components.azure.workload_identity import CLIENT_ID, WorkloadIdentity
from components.kubernetes.storage_class import AZURE_DISK, StorageClassArgs, encrypted_disk

AnyCluster = Cluster | ExistingCluster
"""A cluster that is built, or one that is brought along."""

SYSTEM_DISK_GB = 64
"""Disk of the nodes of the cluster's own services, in GB."""

CERTIFICATES = "cert-manager"
"""Service account of the certificate manager."""

NAMES = "external-dns"
"""Service account of what publishes names."""


@dataclass(frozen=True, slots=True)
class WorkloadIdentities:
    """Identities of pods, by the name of their service account."""

    identities: Mapping[str, WorkloadIdentity]

    @property
    def resources(self) -> list[pulumi.Resource]:
        """What pods need before they call Azure."""
        return list(self.identities.values())

    @property
    def client_ids(self) -> Mapping[str, pulumi.Output[str]]:
        """Client id of each identity."""
        return {account: identity.client_id for account, identity in self.identities.items()}

    @property
    def annotations(self) -> Mapping[str, Mapping[str, pulumi.Output[str]]]:
        """Annotations of each service account."""
        return {account: {CLIENT_ID: client_id} for account, client_id in self.client_ids.items()}


def build_cluster(
    settings: StackSettings, naming: Naming, foundation: Foundation, monitoring: ClusterMonitoring
) -> tuple[AnyCluster, list[pulumi.Resource]]:
    """Build the cluster with its pools; return it with what pods need before they can run."""
    cluster = _cluster(settings, naming, foundation, monitoring)
    joined = pulumi.ResourceOptions.merge(
        foundation.options, pulumi.ResourceOptions(depends_on=[cluster, *foundation.ways_out])
    )
    built = [NodePool(naming.name(name), _pool(settings, naming, foundation, cluster, name), joined) for name in POOLS]
    return cluster, [*built]


def build_workload_identities(
    settings: StackSettings,
    naming: Naming,
    foundation: Foundation,
    cluster: AnyCluster,
    public_zone_id: pulumi.Output[str] | None,
) -> WorkloadIdentities:
    """Give each controller that calls Azure an identity of its own."""
    if public_zone_id is None:
        return WorkloadIdentities({})
    accounts = {"certificates": CERTIFICATES}
    if settings.addons.external_dns:
        accounts["names"] = NAMES
    return WorkloadIdentities(
        {
            account: WorkloadIdentity(
                naming.name(f"{purpose}-identity"),
                {
                    "resource_group_name": foundation.resource_group_name,
                    "location": foundation.location,
                    "subscription_id": foundation.subscription_id,
                    "issuer_url": cluster.issuer_url,
                    "namespace": PLATFORM_NAMESPACE,
                    "service_account": account,
                    "grants": {"names": {"role": "DNS Zone Contributor", "scope": public_zone_id}},
                    "tags": naming.tags,
                },
                foundation.options,
            )
            for purpose, account in accounts.items()
        }
    )


def volumes(settings: StackSettings, foundation: Foundation) -> StorageClassArgs:
    """Return the storage class of the volumes of pods: disks that are kept in three zones, so that a pod that moves finds its volume."""
    premium = all(node_size(settings.cloud, pool_settings(settings, name).size).premium for name in POOLS)
    return {
        "storage_class": "zone-redundant",
        "provisioner": AZURE_DISK,
        "parameters": encrypted_disk(
            foundation.keys.disk_encryption_set_id, "Premium_ZRS" if premium else "StandardSSD_ZRS"
        ),
    }


def _pool(
    settings: StackSettings, naming: Naming, foundation: Foundation, cluster: AnyCluster, name: PoolName
) -> NodePoolArgs:
    pool = pool_settings(settings, name)
    nodes = _nodes(settings, foundation, pool.size, pool.disk_gb)
    nodes["minimum"], nodes["maximum"] = pool.min, pool.max
    nodes["maximum_surge"] = pool.max_surge
    nodes["drain_timeout_minutes"] = pool.drain_timeout_minutes
    nodes["soak_minutes"] = pool.soak_minutes
    args: NodePoolArgs = {
        "resource_group_name": cluster.resource_group_name,
        "cluster_name": cluster.name,
        "version": settings.cluster.version,
        "pool": name,
        "nodes": nodes,
        "capacity": str(pool.capacity),
        "labels": pool.labels,
        "taints": [{"key": taint.key, "value": taint.value, "effect": str(taint.effect)} for taint in pool.taints],
        "follows_upgrades": settings.cluster.upgrades.channel is UpgradeChannel.STABLE,
        "tags": naming.tags,
    }
    if pool.name is not None:
        args["pool_name"] = pool.name
    return args


def _nodes(settings: StackSettings, foundation: Foundation, size: str, disk_gb: int) -> NodesArgs:
    """Return two nodes in the stack's zones: with a local disk where the size has one that is large enough, and with what else the size can do."""
    known = node_size(settings.cloud, size)
    return {
        "subnet_id": foundation.subnet_ids["nodes"],
        "zones": foundation.zones,
        "size": size,
        "minimum": 2,
        "maximum": 2,
        "disk_gb": disk_gb,
        "disk_type": "Ephemeral" if known.ephemeral_disk_gb >= disk_gb else "Managed",
        "trusted_launch": known.premium,
        "encryption_at_host": known.premium,
    }


def _system_nodes(settings: StackSettings, foundation: Foundation) -> NodesArgs:
    pool = settings.cluster.system_pool
    nodes = _nodes(settings, foundation, pool.size, SYSTEM_DISK_GB)
    nodes["minimum"], nodes["maximum"] = pool.min, pool.max
    # In all zones from the start: a cluster keeps the zones of its first pool for ever.
    nodes["zones"] = region(settings.cloud, settings.region).zones
    return nodes


def _cluster(
    settings: StackSettings, naming: Naming, foundation: Foundation, monitoring: ClusterMonitoring
) -> AnyCluster:
    """Build the cluster with its windows, or join the one that is brought along."""
    if settings.cluster.existing is not None:
        return _existing(settings, naming, foundation)
    cluster = Cluster(naming.prefix, _arguments(settings, naming, foundation, monitoring), foundation.options)
    windows: MaintenanceArgs = {
        "resource_group_name": cluster.resource_group_name,
        "cluster_name": cluster.name,
    }
    upgrades = settings.cluster.upgrades
    if upgrades.channel is not UpgradeChannel.NONE:
        windows["cluster"] = _window(upgrades.window)
    if upgrades.node_channel is not NodeImageChannel.NONE:
        windows["nodes"] = _window(upgrades.node_window)
    Maintenance(naming.name("maintenance"), windows, foundation.options)
    return cluster


def _arguments(
    settings: StackSettings, naming: Naming, foundation: Foundation, monitoring: ClusterMonitoring
) -> ClusterArgs:
    wanted, keys = settings.cluster, foundation.keys
    args: ClusterArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "subscription_id": foundation.subscription_id,
        "tenant_id": foundation.tenant_id,
        "version": wanted.version,
        "network_id": foundation.network_id,
        "system_pool": _system_nodes(settings, foundation),
        "pod_cidr": wanted.networking.pod_cidr,
        "service_cidr": settings.network.service_cidr,
        "network_policy": str(wanted.networking.policy),
        "outbound_type": _outbound_type(settings),
        "public_endpoint": wanted.api_endpoint.public,
        "public_endpoint_cidrs": wanted.api_endpoint.allowed_cidrs,
        "administrators": wanted.administrators,
        "tier": _tier(settings),
        "long_term_support": wanted.long_term_support,
        "upgrade_channel": str(wanted.upgrades.channel),
        "node_channel": _node_channel(settings),
        "image_cleaner_hours": wanted.image_cleaner_hours or 0,
        "policy_addon": wanted.policy_addon,
        "managed_prometheus": monitoring.managed_prometheus,
        "diagnostics": foundation.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if monitoring.insights_workspace_id is not None:
        args["insights_workspace_id"] = monitoring.insights_workspace_id
    if wanted.defender:
        args["defender_workspace_id"] = foundation.diagnostics["workspace_id"]
    if keys.disk_encryption_set_id is not None:
        args["disk_encryption_set_id"] = keys.disk_encryption_set_id
    if wanted.secrets_encryption:
        args["secrets_key"] = {
            "key_id": keys.cluster_key_id,
            "scope": keys.cluster_key_scope,
            "vault_id": keys.cluster_vault_id,
        }
        # The vault has no public address: the API server must be in the network to reach it.
        args["api_server_subnet_id"] = foundation.subnet_ids["api_server"]
    if "nodes" in foundation.network.security_group_ids:
        args["node_security_group_id"] = foundation.network.security_group_ids["nodes"]
    return args


def _tier(settings: StackSettings) -> str:
    if settings.cluster.long_term_support:
        return "Premium"
    return "Free" if settings.tier is Tier.DEV else "Standard"


def _node_channel(settings: StackSettings) -> str:
    """Return how nodes are patched: where AKS does not, they patch themselves, and the platform reboots them."""
    channel = settings.cluster.upgrades.node_channel
    return "unmanaged" if channel is NodeImageChannel.NONE else str(channel)


def _outbound_type(settings: StackSettings) -> str:
    """Return how nodes reach the internet; the way out of a network that is brought along is not AKS' business."""
    own = settings.network.existing is None and settings.network.nat is not NatMode.NONE
    return "userAssignedNATGateway" if own else "none"


def _window(window: str) -> WindowArgs:
    """Return a window such as `sun:02:00-sun:06:00`, in whole hours."""
    day, _, start = window.partition("-")[0].partition(":")
    name = next(name for name in DAYS if name.lower().startswith(day))
    return {"day": name, "start": start, "hours": min(minutes_of_window(window) // 60, LONGEST_HOURS)}


def _existing(settings: StackSettings, naming: Naming, foundation: Foundation) -> ExistingCluster:
    """Join a cluster that is brought along, once it is what the platform needs. Raises RunError, which lists every violation."""
    found = settings.cluster.existing
    known = cluster_id(found.name) if found else None
    if known is None:
        raise pulumi.RunError("cluster.existing.name must be the resource id of a cluster")
    group, name = known
    cluster = azure.containerservice.get_managed_cluster(
        resource_group_name=group, resource_name=name, opts=pulumi.InvokeOptions(provider=foundation.ground.provider)
    )
    violations = list(aks_problems(settings, _facts(cluster)))
    if violations:
        raise pulumi.RunError(str(SettingsError(violations)))
    return ExistingCluster(
        naming.prefix,
        {"resource_group_name": group, "cluster_name": name, "tenant_id": foundation.tenant_id},
        foundation.options,
    )


def _facts(cluster: azure.containerservice.GetManagedClusterResult) -> AksFacts:
    network, issuer, access = cluster.network_profile, cluster.oidc_issuer_profile, cluster.aad_profile
    security = cluster.security_profile
    return AksFacts(
        version=cluster.kubernetes_version,
        network_plugin_mode=network.network_plugin_mode if network else None,
        network_policy=network.network_policy if network else None,
        pod_cidr=network.pod_cidr if network else None,
        service_cidr=network.service_cidr if network else None,
        issuer=issuer.enabled if issuer else None,
        workload_identity=security.workload_identity.enabled if security and security.workload_identity else None,
        azure_rbac=access.enable_azure_rbac if access else None,
        subnet_ids=tuple(_subnets(cluster)),
    )


def _subnets(cluster: azure.containerservice.GetManagedClusterResult) -> Iterator[str]:
    for pool in cluster.agent_pool_profiles or ():
        if pool.vnet_subnet_id:
            yield pool.vnet_subnet_id
