"""Programs with what watches and backs up on Azure, small enough to read, and what they need around them."""

from collections.abc import Callable
from typing import Any

import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, TENANT

from components.azure.alarms import Alarms
from components.azure.backup_plan import BackupPlan
from components.azure.backup_vault import BackupVault
from components.azure.dashboard import Grafana
from components.azure.export_azure_monitor import AzureMonitorExport
from components.azure.log_analytics import LogAnalytics
from components.azure.monitor_workspace import MetricRule, MetricRules, MonitorWorkspace
from components.azure.recovery_vault import RecoveryVault
from components.azure.watched import watched


class Ground:
    """A resource group, and what components have in common."""

    def __init__(self) -> None:
        self.group = azure.resources.ResourceGroup("group", location=LOCATION)
        self.place: dict[str, Any] = {"resource_group_name": self.group.name, "location": LOCATION}
        self.common: Any = {**self.place, "tags": TAGS}

    @property
    def whole(self) -> dict[str, Any]:
        """What components need that give roles."""
        return {**self.common, "resource_group_id": self.group.id, "subscription_id": SUBSCRIPTION}

    def vault(self) -> azure.keyvault.Vault:
        return azure.keyvault.Vault(
            "keys",
            vault_name="keys-of-test",
            properties=azure.keyvault.VaultPropertiesArgs(
                sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
                tenant_id=TENANT,
                enable_rbac_authorization=True,
            ),
            **self.place,
        )

    def cluster(self) -> azure.containerservice.ManagedCluster:
        return azure.containerservice.ManagedCluster(
            "cluster",
            dns_prefix="cluster",
            identity=azure.containerservice.ManagedClusterIdentityArgs(
                type=azure.containerservice.ResourceIdentityType.SYSTEM_ASSIGNED
            ),
            agent_pool_profiles=[
                azure.containerservice.ManagedClusterAgentPoolProfileArgs(
                    name="system", mode="System", count=3, vm_size="Standard_D4ds_v5", os_type="Linux", max_pods=60
                )
            ],
            **self.place,
        )

    def account(self) -> azure.storage.StorageAccount:
        return azure.storage.StorageAccount(
            "account",
            account_name="accountoftest",
            kind="StorageV2",
            sku=azure.storage.SkuArgs(name="Standard_ZRS"),
            **self.place,
        )

    def container(self, account: azure.storage.StorageAccount, name: str) -> azure.storage.BlobContainer:
        return azure.storage.BlobContainer(
            name, container_name=name, account_name=account.name, resource_group_name=self.group.name
        )


def log_analytics(**more: Any) -> Callable[[], object]:
    def program() -> None:
        args: Any = {**Ground().common, **more}
        LogAnalytics("apim-logs", args)

    return program


def alarms(**more: Any) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        parts = [watched("keys", "vault", ground.vault().id)]
        args: Any = {**ground.whole, "watched": parts, "short_name": "apim", "email": ["ops@example.com"], **more}
        del args["location"]
        Alarms("apim-alarms", args)

    return program


def export(*, logs: bool = True, metrics: bool = True) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        args: Any = {**ground.common, "subscription_id": SUBSCRIPTION, "cluster_id": ground.cluster().id}
        if logs:
            args["log_workspace_id"] = LogAnalytics("apim-logs", ground.common).id
        if metrics:
            args["metric_workspace_id"] = MonitorWorkspace("apim-metrics", ground.common).id
        AzureMonitorExport("apim-export", args)

    return program


def rules(*rows: MetricRule, **more: Any) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        cluster, workspace = ground.cluster(), MonitorWorkspace("apim-metrics", ground.common)
        args: Any = {
            **ground.common,
            "workspace_id": workspace.id,
            "cluster_id": cluster.id,
            "cluster_name": cluster.name,
            "groups": {"platform": rows},
            **more,
        }
        MetricRules("apim-rules", args)

    return program


def grafana(**more: Any) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        workspace = MonitorWorkspace("apim-metrics", ground.common)
        args: Any = {**ground.whole, "workspaces": {"metrics": workspace.id}, **more}
        Grafana("apim-grafana", args)

    return program


def backup_vault(**more: Any) -> Callable[[], object]:
    def program() -> None:
        args: Any = {**Ground().common, **more}
        BackupVault("apim-vault", args)

    return program


def plan(*, disks: int = 0, cluster: bool = False, blobs: bool = True, **more: Any) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        vault = BackupVault("apim-vault", ground.common)
        account = ground.account()
        args: Any = {
            **ground.whole,
            "vault_name": vault.name,
            "vault_id": vault.id,
            "vault_principal_id": vault.principal_id,
            **more,
        }
        if blobs:
            args["blobs"] = {"logs": {"account_id": account.id, "containers": [ground.container(account, "logs").name]}}
        args["disks"] = {
            f"disk-{number}": azure.compute.Disk(
                f"disk-{number}",
                disk_size_gb=64,
                sku=azure.compute.DiskSkuArgs(name="Premium_LRS"),
                zones=["1"],
                creation_data=azure.compute.CreationDataArgs(create_option="Empty"),
                **ground.place,
            ).id
            for number in range(disks)
        }
        if cluster:
            made = ground.cluster()
            args["cluster"] = {
                "id": made.id,
                "name": made.name,
                "principal_id": made.identity.apply(lambda identity: identity.principal_id if identity else ""),
                "account_id": account.id,
                "account": account.name,
                "container": ground.container(account, "cluster").name,
                "tenant_id": TENANT,
            }
        BackupPlan("apim-daily", args)

    return program


def recovery_vault(*, shares: bool = True, **more: Any) -> Callable[[], object]:
    def program() -> None:
        ground = Ground()
        args: Any = {**ground.common, **more}
        if shares:
            account = azure.storage.StorageAccount(
                "files",
                account_name="filesoftest",
                kind="FileStorage",
                sku=azure.storage.SkuArgs(name="Premium_ZRS"),
                **ground.place,
            )
            share = azure.storage.FileShare(
                "events",
                share_name="events",
                share_quota=100,
                account_name=account.name,
                resource_group_name=ground.group.name,
            )
            args["shares"] = {
                "events": {"account_id": account.id, "account": account.name, "share": share.name, "ready": share}
            }
        RecoveryVault("apim-recovery", args)

    return program
