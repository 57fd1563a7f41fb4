"""A Kubernetes cluster on Azure that is brought along: the platform's pools join it."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.kubeconfig import kubeconfig, server
from components.outputs import ClusterOutputs


class ExistingClusterArgs(TypedDict):
    """Arguments of `ExistingCluster`."""

    resource_group_name: str
    """Resource group of the cluster."""
    cluster_name: str
    """Name of the cluster."""
    tenant_id: pulumi.Input[str]
    """Tenant whose users log in."""
    node_security_group_id: NotRequired[pulumi.Input[str]]
    """Network security group of the nodes' subnet, an output of the cluster; none by default."""


class ExistingCluster(pulumi.ComponentResource):
    """An AKS cluster that others made, with the outputs of `Cluster`; it is read, never changed or deleted.

    Its network, access, logs, add-ons and upgrades stay as they are. The deploying identity must be one of its administrators, and its control plane
    must be Network Contributor of the network.
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
    """Kubernetes version."""
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

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:ExistingCluster", name, {**args}, opts)
        options = pulumi.InvokeOutputOptions(parent=self)
        group, cluster_name = args["resource_group_name"], args["cluster_name"]
        cluster = azure.containerservice.get_managed_cluster_output(
            resource_group_name=group, resource_name=cluster_name, opts=options
        )
        self.id = cluster.id
        self.name = cluster.name
        self.resource_group_name = pulumi.Output.from_input(group)
        found = server(group, cluster_name, options)
        self.endpoint = found.apply(lambda known: known["server"])
        self.certificate_authority = found.apply(lambda known: known["certificate-authority-data"])
        self.version = cluster.kubernetes_version.apply(lambda version: version or "")
        self.kubeconfig = kubeconfig(self.name, found, args["tenant_id"])
        self.security_group_id = pulumi.Output.from_input(args.get("node_security_group_id", ""))
        self.issuer_url = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else "")
        self.node_resource_group = cluster.node_resource_group.apply(lambda known: known or "")
        self.control_plane_principal_id = cluster.identity.apply(_control_plane)
        self.kubelet_principal_id = cluster.identity_profile.apply(_kubelet)
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


def _control_plane(identity: azure.containerservice.outputs.ManagedClusterIdentityResponse | None) -> str:
    """Return the object id of a user-assigned identity, or of the cluster's own."""
    if identity is None:
        return ""
    assigned = list((identity.user_assigned_identities or {}).values())
    return assigned[0].principal_id if assigned else identity.principal_id


def _kubelet(
    profile: dict[str, azure.containerservice.outputs.UserAssignedIdentityManagedClusterResponse] | None,
) -> str:
    kubelet = (profile or {}).get("kubeletidentity")
    return (kubelet.object_id if kubelet else None) or ""
