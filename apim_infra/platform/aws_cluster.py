"""EKS and its node pools, from the settings."""

import pulumi

from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.placement import node_selector
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.cluster import Pool
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import PREFIX_DELEGATION, node_size
from apim_infra.sizing.pools import zone_maximum, zone_minimums
from components.aws.addons import ClusterAddons
from components.aws.cluster import Cluster
from components.aws.existing_cluster import ExistingCluster
from components.aws.node_pool import NodePool, ZoneNodesArgs

CONTROL_PLANE_ZONES = 2
"""Zones of the interfaces of EKS' control plane, the fewest that it takes. Its subnets stay in the zones that it was created with for ever (EKS user
guide, updating the VPC configuration, 2026-11): were they in all zones, none could be added later. Nodes are in all zones."""

AnyCluster = Cluster | ExistingCluster
"""A cluster that is built, or one that is brought along."""


def build_cluster(
    settings: StackSettings, naming: Naming, foundation: Foundation
) -> tuple[AnyCluster, list[pulumi.Resource]]:
    """Build the cluster with its pools and add-ons; return it with what pods need before they can run."""
    wanted = settings.cluster
    cluster = _cluster(settings, naming, foundation)
    joined = pulumi.ResourceOptions.merge(
        foundation.options, pulumi.ResourceOptions(depends_on=[cluster, *foundation.ways_out])
    )
    pools = [
        NodePool(
            naming.name(name),
            {
                "cluster_name": cluster.name,
                "version": wanted.version,
                "pool": name,
                "role_arn": cluster.node_role_arn,
                "zones": _zones(settings, pool, foundation),
                "security_group_ids": [foundation.security_group_ids["nodes"]],
                "instance_types": [pool.size],
                "architecture": node_size(settings.cloud, pool.size).architecture,
                "capacity": str(pool.capacity),
                "disk_gb": pool.disk_gb,
                "labels": pool.labels,
                "taints": [
                    {"key": taint.key, "value": taint.value, "effect": str(taint.effect)} for taint in pool.taints
                ],
                "key_arn": foundation.keys.cluster_key_arn,
                "tags": naming.tags,
            },
            joined,
        )
        for name, pool in (
            ("management", wanted.pools.management),
            ("user", wanted.pools.user),
            ("monitoring", wanted.pools.monitoring),
        )
    ]
    management = wanted.pools.management
    addons = ClusterAddons(
        naming.name("addons"),
        {
            "cluster_name": cluster.name,
            "tolerations": [
                {"key": taint.key, "value": taint.value, "effect": str(taint.effect)} for taint in management.taints
            ],
            "node_selector": node_selector("management"),
            "present": wanted.existing.addons if wanted.existing else [],
            "key_arn": foundation.keys.cluster_key_arn,
            "tags": naming.tags,
        },
        pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[*pools])),
    )
    return cluster, [*pools, addons]


def _zones(settings: StackSettings, pool: Pool, foundation: Foundation) -> list[ZoneNodesArgs]:
    """Return the nodes of a pool in each zone, in the order in which zones are taken into use."""
    zones = plan_addresses(settings).zones
    maximum = zone_maximum(pool, len(zones))
    return [
        {"zone": zone, "subnet_id": subnet_id, "minimum": minimum, "maximum": maximum}
        for zone, subnet_id, minimum in zip(
            zones, foundation.private_subnet_ids, zone_minimums(pool, len(zones)), strict=True
        )
    ]


def _cluster(settings: StackSettings, naming: Naming, foundation: Foundation) -> AnyCluster:
    """Build the cluster, or join the one that is brought along."""
    wanted = settings.cluster
    if wanted.existing is not None:
        return ExistingCluster(
            naming.prefix,
            {
                "cluster_name": wanted.existing.name,
                "node_security_group_id": foundation.security_group_ids["nodes"],
                "present_addons": wanted.existing.addons,
                "tags": naming.tags,
            },
            foundation.options,
        )
    return Cluster(
        naming.prefix,
        {
            "version": wanted.version,
            "subnet_ids": list(foundation.private_subnet_ids)[:CONTROL_PLANE_ZONES],
            "security_group_ids": [foundation.security_group_ids["cluster"]],
            "node_security_group_id": foundation.security_group_ids["nodes"],
            "service_cidr": settings.network.service_cidr,
            "public_endpoint": wanted.api_endpoint.public,
            "public_endpoint_cidrs": wanted.api_endpoint.allowed_cidrs,
            "administrators": wanted.administrators,
            "prefix_delegation": PREFIX_DELEGATION,
            "key_arn": foundation.keys.cluster_key_arn,
            "log_key_arn": foundation.keys.logs_key_arn,
            "log_retention_days": wanted.log_retention_days,
            "deletion_protection": settings.deletion_protection,
            "tags": naming.tags,
        },
        foundation.options,
    )
