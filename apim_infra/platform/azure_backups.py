"""Backups beside the stores' own on Azure, from the settings and what was built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from apim_infra.planning.backup_rules import BEGIN_HOUR
from apim_infra.platform.azure_cassandra import CassandraParts
from apim_infra.platform.azure_cluster import AnyCluster
from apim_infra.platform.azure_deployments import OwnParts
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_identity import FileParts
from apim_infra.platform.naming import Naming
from apim_infra.settings.stack import StackSettings
from components.azure.alarms import Alarms
from components.azure.backup_plan import BackupPlan, BackupPlanArgs
from components.azure.backup_vault import BackupVault, BackupVaultArgs
from components.azure.cluster import Cluster
from components.azure.recovery_items import Machine, Share
from components.azure.recovery_vault import RecoveryVault, RecoveryVaultArgs
from components.azure.storage import LogStorage

FILE_RETENTION_DAYS = 14
"""How long backups of shared files are kept at least, whatever the settings keep of the rest."""

CLUSTER_CONTAINER = "cluster-backups"
"""Container of the log storage for the objects of the cluster."""

LOG_CONTAINER = "logs"
"""Container of the log storage that is backed up."""


@dataclass(frozen=True, slots=True)
class BackupParts:
    """What is backed up, and watched."""

    cluster: AnyCluster
    deployments: Sequence[OwnParts]
    rings: Mapping[str, CassandraParts | None]
    """Cassandra of each deployment, by the deployment's prefix."""
    files: FileParts | None
    """Shared files; None without them."""
    logs: LogStorage
