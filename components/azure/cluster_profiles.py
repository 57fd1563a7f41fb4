"""Parts of the description of an AKS cluster, in Azure's own words."""

from collections.abc import Sequence
from ipaddress import IPv4Network

import pulumi
import pulumi_azure_native as azure

from components.azure.node_pool import NodesArgs, shared, upgrade_settings

SYSTEM_POOL = "system"
SYSTEM_TAINT = "CriticalAddonsOnly=true:NoSchedule"
"""Taint that keeps all pods but those of the cluster's own services away (AKS documentation, system node pools, 2026-08)."""

DNS_POSITION = 10
"""Which address of the service range is the cluster DNS; the first is the Kubernetes API's (AKS documentation, Azure CNI Overlay, 2026-08)."""

DATAPLANES = {"cilium": "cilium", "calico": "azure"}
"""Who enforces network policies, and what moves the packets (AKS documentation, Azure CNI powered by Cilium, 2026-08)."""

NODE_CHANNELS = {
    "none": "None",
    "unmanaged": "Unmanaged",
    "security-patch": "SecurityPatch",
    "node-image": "NodeImage",
}
"""Which patches of nodes AKS applies, and its own word for it."""

LOG_CATEGORIES = (
    "kube-apiserver",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
    "csi-azuredisk-controller",
    "csi-azurefile-controller",
    "csi-snapshot-controller",
)
"""Logs of the control plane: all of them but `kube-audit`, which adds every read to `kube-audit-admin` (AKS documentation, monitoring reference, 2026)."""

ROTATION_INTERVAL = "2m"
"""How often mounted secrets are read again (AKS documentation, Secrets Store CSI driver; its default)."""


def network_profile(
    *, policy: str, pod_cidr: str, service_cidr: str, outbound_type: str
) -> azure.containerservice.ContainerServiceNetworkProfileArgs:
    """Return the network of pods: an overlay, whose addresses are none of the network's."""
    return azure.containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin=azure.containerservice.NetworkPlugin.AZURE,
        network_plugin_mode=azure.containerservice.NetworkPluginMode.OVERLAY,
        network_dataplane=DATAPLANES[policy],
        network_policy=policy,
        pod_cidr=pod_cidr,
        service_cidr=service_cidr,
        dns_service_ip=str(IPv4Network(service_cidr)[DNS_POSITION]),
        load_balancer_sku=azure.containerservice.LoadBalancerSku.STANDARD,
        outbound_type=outbound_type,
    )


def system_pool(
    nodes: NodesArgs, version: pulumi.Input[str]
) -> azure.containerservice.ManagedClusterAgentPoolProfileArgs:
    """Return the pool of the cluster's own services, without which AKS makes no cluster."""
    return azure.containerservice.ManagedClusterAgentPoolProfileArgs(
        name=SYSTEM_POOL,
        mode=azure.containerservice.AgentPoolMode.SYSTEM,
        orchestrator_version=version,
        node_taints=[SYSTEM_TAINT],
        upgrade_settings=upgrade_settings(nodes),
        **shared(nodes),
    )


def api_access(
    *,
    public: bool,
    ranges: Sequence[pulumi.Input[str]],
    subnet_id: pulumi.Input[str] | None,
    zone_id: pulumi.Input[str] | None,
) -> azure.containerservice.ManagedClusterAPIServerAccessProfileArgs:
    """Return who reaches the Kubernetes API: named ranges, or the network alone."""
    return azure.containerservice.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=not public,
        # The name stays known everywhere, the address behind it is private: a pipeline in the network needs no DNS of its own.
        enable_private_cluster_public_fqdn=None if public else zone_id is None,
        private_dns_zone=None if public else (zone_id if zone_id is not None else "system"),
        authorized_ip_ranges=list(ranges) if public else None,
        enable_vnet_integration=True if subnet_id is not None else None,
        subnet_id=subnet_id,
        disable_run_command=True,
    )


def addons(
    *, secrets_store: bool, policy: bool, insights_workspace_id: pulumi.Input[str] | None
) -> dict[str, azure.containerservice.ManagedClusterAddonProfileArgs]:
    """Return the add-ons by AKS' own names; those that are off are said to be off, so that switching one off removes it."""
    insights = insights_workspace_id is not None
    return {
        "azureKeyvaultSecretsProvider": azure.containerservice.ManagedClusterAddonProfileArgs(
            enabled=secrets_store,
            config={"enableSecretRotation": "true", "rotationPollInterval": ROTATION_INTERVAL}
            if secrets_store
            else None,
        ),
        "azurepolicy": azure.containerservice.ManagedClusterAddonProfileArgs(enabled=policy),
        "omsagent": azure.containerservice.ManagedClusterAddonProfileArgs(
            enabled=insights,
            config={"logAnalyticsWorkspaceResourceID": insights_workspace_id, "useAADAuth": "true"}
            if insights_workspace_id is not None
            else None,
        ),
    }


def security_profile(
    *,
    key: tuple[pulumi.Input[str], pulumi.Input[str], bool] | None,
    image_cleaner_hours: int,
    defender_workspace_id: pulumi.Input[str] | None,
) -> azure.containerservice.ManagedClusterSecurityProfileArgs:
    """Return workload identity and what is opted into. `key` is the key of Kubernetes secrets with its version, its vault, and whether the vault is private."""
    vault_access = azure.containerservice.KeyVaultNetworkAccessTypes
    kms = None
    if key is not None:
        key_id, vault_id, private = key
        kms = azure.containerservice.AzureKeyVaultKmsArgs(
            enabled=True,
            key_id=key_id,
            key_vault_network_access=vault_access.PRIVATE if private else vault_access.PUBLIC,
            key_vault_resource_id=vault_id if private else None,
        )
    defender = None
    if defender_workspace_id is not None:
        defender = azure.containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=defender_workspace_id,
            security_monitoring=azure.containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(
                enabled=True
            ),
        )
    return azure.containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=azure.containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        image_cleaner=azure.containerservice.ManagedClusterSecurityProfileImageCleanerArgs(
            enabled=image_cleaner_hours > 0, interval_hours=image_cleaner_hours or None
        ),
        azure_key_vault_kms=kms,
        defender=defender,
    )


def autoscaler() -> azure.containerservice.ManagedClusterPropertiesAutoScalerProfileArgs:
    """Return how the autoscaler of AKS chooses nodes."""
    return azure.containerservice.ManagedClusterPropertiesAutoScalerProfileArgs(
        expander=azure.containerservice.Expander.LEAST_WASTE,
        # Pods with an emptyDir for /tmp must not hold a node for ever.
        skip_nodes_with_local_storage="false",
        skip_nodes_with_system_pods="false",
    )


def storage_drivers() -> azure.containerservice.ManagedClusterStorageProfileArgs:
    """Return the drivers of volumes: disks and file shares, with snapshots."""
    return azure.containerservice.ManagedClusterStorageProfileArgs(
        disk_csi_driver=azure.containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
        file_csi_driver=azure.containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=True),
        snapshot_controller=azure.containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(enabled=True),
    )
