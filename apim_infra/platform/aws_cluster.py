"""EKS and its node pools, from the settings."""

import pulumi

from apim_infra.planning.placement import node_selector
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.catalogue import PREFIX_DELEGATION, node_size
from components.aws.addons import ClusterAddons
from components.aws.cluster import Cluster
from components.aws.node_pool import NodePool

CONTROL_PLANE_ZONES = 2
"""Zones of the interfaces of EKS' control plane, the fewest that it takes. Its subnets stay in the zones that it was created with for ever (EKS user
guide, updating the VPC configuration, 2026-11): were they in all zones, none could be added later. Nodes are in all zones."""


def build_cluster(
    settings: StackSettings, naming: Naming, foundation: Foundation
) -> tuple[Cluster, list[pulumi.Resource]]:
    """Build the cluster with its pools and add-ons; return it with what pods need before they can run."""
    wanted = settings.cluster
    cluster = Cluster(
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
                "subnet_ids": list(foundation.private_subnet_ids),
                "security_group_ids": [foundation.security_group_ids["nodes"]],
                "instance_types": [pool.size],
                "architecture": node_size(settings.cloud, pool.size).architecture,
                "capacity": str(pool.capacity),
                "minimum": pool.min,
                "maximum": pool.max,
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
            "key_arn": foundation.keys.cluster_key_arn,
            "tags": naming.tags,
        },
        pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[*pools])),
    )
    return cluster, [*pools, addons]
