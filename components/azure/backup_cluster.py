"""The backup of a cluster: its objects into a blob container, its volumes as snapshots."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.backup_policies import PlanGround, Source, instance, snapshot_store, vault_roles

EXTENSION = "microsoft.dataprotection.kubernetes"
"""The extension that takes and restores backups inside the cluster (Azure Backup documentation, AKS, 2026)."""
NAMESPACE = "dataprotection-microsoft"
"""Namespace in which it runs, and no other (Azure Backup documentation, AKS, 2026)."""
OPERATOR = "Microsoft.DataProtection/backupVaults/backup-operator"
"""Role in the cluster that the vault gets by trusted access."""


class ClusterBackup(TypedDict):
    """A cluster that is backed up."""

    id: pulumi.Input[str]
    """Identifier of the cluster."""
    name: pulumi.Input[str]
    """Its name."""
    principal_id: pulumi.Input[str]
    """Identity of its control plane, which writes the snapshots."""
    account_id: pulumi.Input[str]
    """Storage account that holds the cluster's objects."""
    account: pulumi.Input[str]
    """Its name."""
    container: pulumi.Input[str]
    """Container in it."""
    tenant_id: pulumi.Input[str]
    """Tenant of the subscription."""
    needs: NotRequired[list[pulumi.Resource]]
    """What must be there before pods run in the cluster, such as node pools; nothing by default."""


@dataclass(frozen=True, slots=True)
class ProtectedCluster:
    """What was made for a cluster."""

    extension: azure.kubernetesconfiguration.Extension
    binding: azure.containerservice.TrustedAccessRoleBinding
    instance: azure.dataprotection.BackupInstance


def protect_cluster(
    name: str,
    ground: PlanGround,
    cluster: ClusterBackup,
    policy: azure.dataprotection.BackupPolicy,
    *,
    vault_id: pulumi.Input[str],
    snapshots: azure.resources.ResourceGroup,
) -> ProtectedCluster:
    """Install the extension, let the vault into the cluster, give everybody their roles, and back the cluster up."""
    extension = _extension(name, ground, cluster)
    binding = azure.containerservice.TrustedAccessRoleBinding(
        f"{name}-access",
        resource_group_name=ground.resource_group_name,
        resource_name_=cluster["name"],
        trusted_access_role_binding_name="backups",
        roles=[OPERATOR],
        source_resource_id=vault_id,
        opts=ground.options,
    )
    source = Source("cluster", cluster["id"])
    extension_identity = extension.aks_assigned_identity.apply(lambda given: given.principal_id if given else "")
    roles = [
        *vault_roles(name, source, ground),
        ground.role(f"{name}-vault-reads-snapshots", "Reader", snapshots.id),
        ground.role(f"{name}-cluster-writes-snapshots", "Contributor", snapshots.id, cluster["principal_id"]),
        ground.role(
            f"{name}-extension-writes-objects",
            "Storage Blob Data Contributor",
            cluster["account_id"],
            extension_identity,
        ),
    ]
    made = instance(
        name,
        source,
        ground,
        policy,
        needs=[extension, binding, *roles],
        parameters=azure.dataprotection.PolicyParametersArgs(
            data_store_parameters_list=snapshot_store(snapshots.id),
            backup_datasource_parameters_list=[
                azure.dataprotection.KubernetesClusterBackupDatasourceParametersArgs(
                    object_type="KubernetesClusterBackupDatasourceParameters",
                    include_cluster_scope_resources=True,
                    snapshot_volumes=True,
                )
            ],
        ),
    )
    return ProtectedCluster(extension, binding, made)


def _extension(name: str, ground: PlanGround, cluster: ClusterBackup) -> azure.kubernetesconfiguration.Extension:
    storage = "configuration.backupStorageLocation"
    return azure.kubernetesconfiguration.Extension(
        f"{name}-extension",
        resource_group_name=ground.resource_group_name,
        cluster_rp="Microsoft.ContainerService",
        cluster_resource_name="managedClusters",
        cluster_name=cluster["name"],
        extension_name="azure-aks-backup",
        extension_type=EXTENSION,
        auto_upgrade_minor_version=True,
        release_train="stable",
        scope=azure.kubernetesconfiguration.ScopeArgs(
            cluster=azure.kubernetesconfiguration.ScopeClusterArgs(release_namespace=NAMESPACE)
        ),
        configuration_settings={
            f"{storage}.bucket": cluster["container"],
            f"{storage}.config.storageAccount": cluster["account"],
            f"{storage}.config.resourceGroup": ground.resource_group_name,
            f"{storage}.config.subscriptionId": ground.subscription_id,
            # With the identity of the extension: the account hands out no keys.
            f"{storage}.config.useAAD": "true",
            f"{storage}.config.storageAccountURI": pulumi.Output.concat(
                "https://", cluster["account"], ".blob.core.windows.net/"
            ),
            "credentials.tenantId": cluster["tenant_id"],
        },
        opts=pulumi.ResourceOptions.merge(
            ground.options, pulumi.ResourceOptions(depends_on=list(cluster.get("needs", ())))
        ),
    )
