"""Backups beside the stores' own on Azure, from the settings and what was built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi

from apim_infra.planning.backup_rules import BEGIN_HOUR
from apim_infra.platform.azure_cassandra import CassandraParts
from apim_infra.platform.azure_deployments import OwnParts
from apim_infra.platform.azure_foundation import Foundation
from apim_infra.platform.azure_identity import CLUSTER_BACKUPS
from apim_infra.platform.naming import Naming
from apim_infra.settings.environment import Tier
from apim_infra.settings.stack import StackSettings
from components.azure.alarms import Alarms
from components.azure.backup_plan import BackupPlan, BackupPlanArgs
from components.azure.backup_vault import BackupVault, BackupVaultArgs
from components.azure.cluster import Cluster
from components.azure.existing_cluster import ExistingCluster
from components.azure.files import FileShares
from components.azure.recovery_items import Machine, Share
from components.azure.recovery_vault import RecoveryVault, RecoveryVaultArgs
from components.azure.storage import LogStorage

DAILY_AT = f"{BEGIN_HOUR:02d}:00"
"""When daily backups begin, in UTC."""

LOG_CONTAINER = "logs"
"""Container of the log storage that is backed up."""


class SharedFiles(Protocol):
    """Where shared files are."""

    @property
    def storage(self) -> FileShares:
        """Account and shares."""
        ...


@dataclass(frozen=True, slots=True)
class BackupParts:
    """What is backed up, and watched."""

    cluster: Cluster | ExistingCluster
    deployments: Sequence[OwnParts]
    rings: Mapping[str, CassandraParts | None]
    """Cassandra of each deployment, by the deployment's prefix."""
    files: SharedFiles | None
    """Shared files; None without them."""
    logs: LogStorage

    def disks(self) -> dict[str, pulumi.Output[str]]:
        """Return the data disks of Cassandra by deployment, zone and number."""
        return {
            own.deployment.own(f"cassandra-{node}"): disk
            for own in self.deployments
            if (ring := self.rings[own.deployment.prefix]) is not None
            for node, disk in ring.disk_ids.items()
        }

    def machines(self) -> dict[str, Machine]:
        """Return the machines of Cassandra by deployment, zone and number."""
        return {
            own.deployment.own(f"cassandra-{node}"): Machine(id=machine, name=_last(machine))
            for own in self.deployments
            if (ring := self.rings[own.deployment.prefix]) is not None
            for node, machine in ring.machine_ids.items()
        }

    def shares(self) -> dict[str, Share]:
        """Return the shares of shared files."""
        if self.files is None:
            return {}
        storage = self.files.storage
        return {
            name: Share(account_id=storage.id, account=storage.name, share=share, ready=storage.shares[name])
            for name, share in storage.share_names.items()
        }

    def postgresql(self) -> dict[str, pulumi.Output[str]]:
        """Return the managed PostgreSQL servers; those of MySQL keep their own backups, which no vault takes."""
        return {
            own.deployment.own(name.replace("_", "-")): database.server.id
            for own in self.deployments
            for name, database in own.stores.databases.items()
            if "postgresql" in name
        }


def build_backups(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts, alarms: Alarms | None
) -> Mapping[str, pulumi.Input[object]]:
    """Build the vaults and what they back up; return what the stack exports of them.

    A cluster that is brought along is not changed, so it is not backed up. Machines are backed up whole, with copies in the paired region,
    where there is a recovery region; their data disks always are. Shared files are kept for as long as their own settings say.
    """
    if not settings.backup.enabled:
        return {}
    vault = BackupVault(naming.name("vault"), _vault_args(settings, naming, foundation, alarms), foundation.options)
    BackupPlan(naming.name("daily"), _plan_args(settings, naming, foundation, parts, vault), foundation.options)
    vaults = {"data": vault.name}
    recovered = _recovery_args(settings, naming, foundation, parts, alarms)
    if recovered.get("shares") or recovered.get("machines"):
        vaults["recovery"] = RecoveryVault(naming.name("recovery"), recovered, foundation.options).name
    return {"backup_vaults": vaults}


def _vault_args(
    settings: StackSettings, naming: Naming, foundation: Foundation, alarms: Alarms | None
) -> BackupVaultArgs:
    across = settings.recovery.region is not None
    args: BackupVaultArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "redundancy": _redundancy(settings),
        "cross_region_restore": across,
        "lock": str(settings.backup.vault_lock),
        "diagnostics": foundation.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if alarms is not None:
        args["action_group_id"] = alarms.action_group_id
    return args


def _plan_args(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts, vault: BackupVault
) -> BackupPlanArgs:
    args: BackupPlanArgs = {
        "resource_group_name": foundation.resource_group_name,
        "resource_group_id": foundation.resource_group_id,
        "subscription_id": foundation.subscription_id,
        "location": foundation.location,
        "vault_name": vault.name,
        "vault_id": vault.id,
        "vault_principal_id": vault.principal_id,
        "daily_at": DAILY_AT,
        "retention_days": settings.backup.retention_days,
        "disks": parts.disks(),
        "postgresql": parts.postgresql(),
        "blobs": {"logs": {"account_id": parts.logs.id, "containers": [LOG_CONTAINER]}},
        "tags": naming.tags,
    }
    cluster = parts.cluster
    if isinstance(cluster, Cluster):
        args["cluster"] = {
            "id": cluster.id,
            "name": cluster.name,
            "principal_id": cluster.control_plane_principal_id,
            "account_id": parts.logs.id,
            "account": parts.logs.name,
            "container": parts.logs.containers[CLUSTER_BACKUPS].name,
            "tenant_id": foundation.tenant_id,
        }
    return args


def _recovery_args(
    settings: StackSettings, naming: Naming, foundation: Foundation, parts: BackupParts, alarms: Alarms | None
) -> RecoveryVaultArgs:
    backup, across = settings.backup, settings.recovery.region is not None
    kept = settings.stores.files.backup_retention_days
    args: RecoveryVaultArgs = {
        "resource_group_name": foundation.resource_group_name,
        "location": foundation.location,
        "redundancy": "GeoRedundant",
        "cross_region_restore": across,
        "lock": str(backup.vault_lock),
        "daily_at": DAILY_AT,
        "shares": parts.shares() if backup.enabled and kept else {},
        "share_retention_days": kept or 1,
        "shares_in_vault": across,
        "machines": parts.machines() if across else {},
        "machine_retention_days": backup.retention_days,
        "diagnostics": foundation.diagnostics,
        "deletion_protection": settings.deletion_protection,
        "tags": naming.tags,
    }
    if alarms is not None:
        args["action_group_id"] = alarms.action_group_id
    return args


def _redundancy(settings: StackSettings) -> str:
    """Return where the vault keeps backups: in the paired region too where there is a recovery region, and no dearer than needed in development."""
    if settings.recovery.region is not None:
        return "GeoRedundant"
    return "LocallyRedundant" if settings.tier is Tier.DEV else "ZoneRedundant"


def _last(resource_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the name at the end of an identifier."""
    return resource_id.apply(lambda id_: id_.rpartition("/")[2])
