"""Where copies of the cluster are kept on AWS, from the settings."""

import pulumi

from apim_infra.platform.aws_cluster import AnyCluster
from apim_infra.platform.aws_foundation import Foundation
from apim_infra.platform.cloud import ClusterCopyStore
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Tier
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.aws.iam_policies import cluster_copies
from components.aws.pod_identity import PodIdentity
from components.aws.storage import LogBucket

GRACE_DAYS = 30
"""How much longer than a copy its files are kept: Velero deletes them with the copy, the bucket what it has forgotten."""


def build_cluster_copies(
    settings: StackSettings, naming: Naming, foundation: Foundation, cluster: AnyCluster
) -> tuple[ClusterCopyStore | None, list[pulumi.Resource]]:
    """Build the bucket and the rights of what writes to it; return them with what pods need before they run."""
    wanted = settings.addons.velero
    if wanted is None:
        return None, []
    bucket = LogBucket(
        naming.name("cluster-copies"),
        {
            "retention_days": wanted.retention_days + GRACE_DAYS,
            "infrequent_access_days": 0,
            "key_arn": foundation.keys.logs_key_arn,
            "empty_on_delete": settings.tier is Tier.DEV,
            "tags": naming.tags,
        },
        foundation.options,
    )
    rights = cluster_copies(bucket.arn, foundation.keys.logs_key_arn, foundation.keys.cluster_key_arn)
    identity = PodIdentity(
        naming.name("velero-identity"),
        {
            "cluster_name": cluster.name,
            "namespace": PLATFORM_NAMESPACE,
            "service_account": "velero",
            "policies": {"rights": rights},
            "tags": naming.tags,
        },
        pulumi.ResourceOptions.merge(foundation.options, pulumi.ResourceOptions(depends_on=[cluster])),
    )
    return ClusterCopyStore(bucket.name, foundation.keys.logs_key_arn), [identity]
