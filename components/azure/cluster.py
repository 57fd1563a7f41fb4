"""The Kubernetes cluster of the platform on Azure (AKS): control plane, identities, access, logs and the pool of the cluster's own services."""

import pulumi
import pulumi_azure_native as azure

from components.azure.cluster_args import OUTBOUND_TYPES, ClusterArgs, cluster_problems
from components.azure.cluster_profiles import (
    LOG_CATEGORIES,
    NODE_CHANNELS,
    addons,
    api_access,
    autoscaler,
    network_profile,
    security_profile,
    storage_drivers,
    system_pool,
)
from components.azure.diagnostics import ALL_METRICS
from components.azure.kubeconfig import kubeconfig, server
from components.azure.role_assignment import assign
from components.common import after, refuse
from components.outputs import ClusterOutputs

MOVING_CHANNELS = ("stable", "rapid")
"""Channels that leave the minor version behind, so that the program must not bring it back."""

LONGEST_DNS_PREFIX = 54
"""Longest DNS prefix of a cluster (API reference of managed clusters, 2025-09-01)."""


class Cluster(pulumi.ComponentResource):
    """An AKS cluster with a private API, users and rights of Entra alone, workload identity, an overlay network and full logs.

    Node pools (`NodePool`) are components of their own; what AKS brings along (DNS, metrics, drivers, autoscaler) runs on the system pool.
    """

    id: pulumi.Output[str]
    """Identifier of the cluster."""
    name: pulumi.Output[str]
    """Name of the cluster."""
    resource_group_name: pulumi.Output[str]
    """Its resource group."""
    endpoint: pulumi.Output[str]
    """Address of the Kubernetes API."""
    version: pulumi.Output[str]
    """Kubernetes minor version."""
    certificate_authority: pulumi.Output[str]
    """Certificate of the Kubernetes API's authority, base64."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig (JSON, which is YAML too) that asks `kubelogin` for a token; holds no credential."""
    security_group_id: pulumi.Output[str]
    """Network security group of the nodes' subnet; empty where there is none."""
    issuer_url: pulumi.Output[str]
    """Issuer of the tokens of service accounts, which workload identities trust."""
    node_resource_group: pulumi.Output[str]
    """Resource group of the machines."""
    control_plane_principal_id: pulumi.Output[str]
    """Object id of the control plane's identity."""
    kubelet_principal_id: pulumi.Output[str]
    """Object id of the nodes' identity, which pulls images."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Cluster", name, {**args}, opts)
        refuse(name, cluster_problems(args))
        self._prefix = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.identity = self._identity("control-plane", args)
        self.kubelet_identity = self._identity("kubelet", args)
        self.assignments = self._assignments(args)
        self.cluster = self._cluster(args, opts)
        self.diagnostics = self._diagnostics(args)

        self.id = self.cluster.id
        self.name = self.cluster.name
        self.resource_group_name = pulumi.Output.from_input(args["resource_group_name"])
        found = server(self.resource_group_name, self.name, pulumi.InvokeOutputOptions(parent=self))
        self.endpoint = found.apply(lambda known: known["server"])
        self.certificate_authority = found.apply(lambda known: known["certificate-authority-data"])
        self.version = pulumi.Output.from_input(args["version"])
        self.kubeconfig = kubeconfig(self.name, found, args["tenant_id"])
        self.security_group_id = pulumi.Output.from_input(args.get("node_security_group_id", ""))
        self.issuer_url = self.cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else "")
        self.node_resource_group = self.cluster.node_resource_group.apply(lambda group: group or "")
        self.control_plane_principal_id = self.identity.principal_id
        self.kubelet_principal_id = self.kubelet_identity.principal_id
        self.outputs = ClusterOutputs(
            name=self.name,
            endpoint=self.endpoint,
            kubeconfig=self.kubeconfig,
            version=self.version,
            security_group_id=self.security_group_id,
        )
        self.register_outputs(
            {
                "id": self.id,
                "name": self.name,
                "resource_group_name": self.resource_group_name,
                "endpoint": self.endpoint,
                "version": self.version,
                "certificate_authority": self.certificate_authority,
                "kubeconfig": self.kubeconfig,
                "security_group_id": self.security_group_id,
                "issuer_url": self.issuer_url,
                "node_resource_group": self.node_resource_group,
                "control_plane_principal_id": self.control_plane_principal_id,
                "kubelet_principal_id": self.kubelet_principal_id,
            }
        )

    def _identity(self, part: str, args: ClusterArgs) -> azure.managedidentity.UserAssignedIdentity:
        return azure.managedidentity.UserAssignedIdentity(
            f"{self._prefix}-{part}",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            tags=args.get("tags"),
            opts=self._child,
        )

    def _assignments(self, args: ClusterArgs) -> dict[str, azure.authorization.RoleAssignment]:
        """Give the control plane its rights before there is one: AKS refuses to make a cluster without them."""
        grants: dict[str, tuple[str, pulumi.Input[str]]] = {
            "network": ("Network Contributor", args["network_id"]),
            "nodes": ("Managed Identity Operator", self.kubelet_identity.id),
        }
        if (zone_id := args.get("private_zone_id")) is not None:
            grants["names"] = ("Private DNS Zone Contributor", zone_id)
        if (key := args.get("secrets_key")) is not None:
            grants["key"] = ("Key Vault Crypto User", key["scope"])
            if key.get("private", True):
                grants["vault"] = ("Key Vault Contributor", key["vault_id"])
        if (set_id := args.get("disk_encryption_set_id")) is not None:
            grants["disks"] = ("Reader", set_id)
        return {
            part: assign(
                f"{self._prefix}-{part}-role",
                role=role,
                principal_id=self.identity.principal_id,
                scope=scope,
                subscription_id=args["subscription_id"],
                opts=self._child,
            )
            for part, (role, scope) in grants.items()
        }

    def _cluster(self, args: ClusterArgs, opts: pulumi.ResourceOptions | None) -> azure.containerservice.ManagedCluster:
        long_term, channel = args.get("long_term_support", False), args.get("upgrade_channel", "patch")
        key, locked = args.get("secrets_key"), args.get("locked_nodes", True)
        plans, levels = azure.containerservice.KubernetesSupportPlan, azure.containerservice.RestrictionLevel
        return azure.containerservice.ManagedCluster(
            f"{self._prefix}-cluster",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            dns_prefix=self._prefix[:LONGEST_DNS_PREFIX].rstrip("-"),
            kubernetes_version=args["version"],
            sku=azure.containerservice.ManagedClusterSKUArgs(
                name=azure.containerservice.ManagedClusterSKUName.BASE, tier=args.get("tier", "Standard")
            ),
            support_plan=plans.AKS_LONG_TERM_SUPPORT if long_term else plans.KUBERNETES_OFFICIAL,
            # Of the default name, made of three others, nobody could say that it is not too long.
            node_resource_group=pulumi.Output.concat(args["resource_group_name"], "-nodes"),
            node_resource_group_profile=azure.containerservice.ManagedClusterNodeResourceGroupProfileArgs(
                restriction_level=levels.READ_ONLY if locked else levels.UNRESTRICTED
            ),
            identity=azure.containerservice.ManagedClusterIdentityArgs(
                type=azure.containerservice.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[self.identity.id],
            ),
            identity_profile={
                "kubeletidentity": azure.containerservice.UserAssignedIdentityArgs(
                    resource_id=self.kubelet_identity.id,
                    client_id=self.kubelet_identity.client_id,
                    object_id=self.kubelet_identity.principal_id,
                )
            },
            enable_rbac=True,
            aad_profile=azure.containerservice.ManagedClusterAADProfileArgs(
                managed=True,
                enable_azure_rbac=True,
                admin_group_object_ids=list(args.get("administrators", ())),
                tenant_id=args["tenant_id"],
            ),
            disable_local_accounts=True,
            oidc_issuer_profile=azure.containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            api_server_access_profile=api_access(
                public=args.get("public_endpoint", False),
                ranges=args.get("public_endpoint_cidrs", ()),
                subnet_id=args.get("api_server_subnet_id"),
                zone_id=args.get("private_zone_id"),
            ),
            network_profile=network_profile(
                policy=args.get("network_policy", "cilium"),
                pod_cidr=args["pod_cidr"],
                service_cidr=args["service_cidr"],
                outbound_type=args.get("outbound_type", OUTBOUND_TYPES[0]),
            ),
            bootstrap_profile=_bootstrap(args.get("image_registry_id")),
            agent_pool_profiles=[system_pool(args["system_pool"], args["version"])],
            auto_scaler_profile=autoscaler(),
            auto_upgrade_profile=azure.containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=channel, node_os_upgrade_channel=NODE_CHANNELS[args.get("node_channel", "node-image")]
            ),
            addon_profiles=addons(
                secrets_store=args.get("secrets_store", True),
                policy=args.get("policy_addon", False),
                insights_workspace_id=args.get("insights_workspace_id"),
            ),
            security_profile=security_profile(
                key=(key["key_id"], key["vault_id"], key.get("private", True)) if key is not None else None,
                image_cleaner_hours=args.get("image_cleaner_hours", 168),
                defender_workspace_id=args.get("defender_workspace_id"),
            ),
            azure_monitor_profile=azure.containerservice.ManagedClusterAzureMonitorProfileArgs(
                metrics=azure.containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(
                    enabled=args.get("managed_prometheus", False)
                )
            ),
            storage_profile=storage_drivers(),
            disk_encryption_set_id=args.get("disk_encryption_set_id"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(
                after(self, opts, *self.assignments.values()),
                pulumi.ResourceOptions(
                    protect=args.get("deletion_protection", False) or None,
                    # Two clusters cannot have the same resource group for their machines.
                    delete_before_replace=True,
                    ignore_changes=_moved(channel),
                ),
            ),
        )

    def _diagnostics(self, args: ClusterArgs) -> azure.monitor.DiagnosticSetting | None:
        where = args.get("diagnostics")
        if where is None:
            return None
        return azure.monitor.DiagnosticSetting(
            f"{self._prefix}-diagnostics",
            resource_uri=self.cluster.id,
            workspace_id=where["workspace_id"],
            storage_account_id=where.get("storage_account_id"),
            log_analytics_destination_type="Dedicated",  # tables of their own, which cost less than the common one
            logs=[
                azure.monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in LOG_CATEGORIES
            ],
            metrics=[azure.monitor.DiagnosticsMetricSettingsArgs(category=ALL_METRICS, enabled=True)],
            opts=self._child,
        )


def _bootstrap(registry_id: pulumi.Input[str] | None) -> azure.containerservice.ManagedClusterBootstrapProfileArgs:
    sources = azure.containerservice.ArtifactSource
    return azure.containerservice.ManagedClusterBootstrapProfileArgs(
        artifact_source=sources.DIRECT if registry_id is None else sources.CACHE, container_registry_id=registry_id
    )


def _moved(channel: str) -> list[str]:
    """Return what Azure moves and an update must not move back: the number of nodes, and the version where upgrades go past it."""
    versions = ["kubernetesVersion", "agentPoolProfiles[0].orchestratorVersion"] if channel in MOVING_CHANNELS else []
    return ["agentPoolProfiles[0].count", *versions]
