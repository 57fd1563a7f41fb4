"""A Kubernetes cluster on AWS that is brought along: the platform's add-ons, node role and pools join it."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.addons import BootstrapAddons
from components.aws.kubeconfig import kubeconfig
from components.aws.node_pool import NodeRole
from components.aws.tags import Tags
from components.outputs import ClusterOutputs


class ExistingClusterArgs(TypedDict):
    """Arguments of `ExistingCluster`."""

    cluster_name: str
    """Name of the cluster."""
    node_security_group_id: pulumi.Input[str]
    """Security group of nodes and pods, an output of the cluster."""
    present_addons: NotRequired[Sequence[str]]
    """Add-ons that the cluster has already, by name; none by default."""
    session_manager: NotRequired[bool]
    """Whether operators reach nodes through Systems Manager, without SSH and open ports; default true."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class ExistingCluster(pulumi.ComponentResource):
    """An EKS cluster that others made, with the outputs of `Cluster`; it is read, never changed or deleted.

    Its access entries, logs, endpoint and encryption stay as they are. The deploying role must be one of its administrators.
    """

    name: pulumi.Output[str]
    """Name of the cluster."""
    endpoint: pulumi.Output[str]
    """Address of the Kubernetes API."""
    version: pulumi.Output[str]
    """Kubernetes minor version."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig (JSON, which is YAML too) that asks `aws eks get-token` for a token; holds no credential."""
    security_group_id: pulumi.Output[str]
    """Security group of nodes and pods."""
    node_role_arn: pulumi.Output[str]
    """Role that the nodes of every pool share."""

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ExistingCluster", name, {**args}, opts)
        child, tags = pulumi.ResourceOptions(parent=self), args.get("tags", {})
        self.cluster = aws.eks.Cluster.get(f"{name}-cluster", args["cluster_name"], child)
        self.bootstrap_addons = BootstrapAddons(
            f"{name}-addons",
            {"cluster_name": self.cluster.name, "present": args.get("present_addons", ()), "tags": tags},
            child,
        )
        self.node_role = NodeRole(
            f"{name}-nodes",
            {
                "session_manager": args.get("session_manager", True),
                # Whether a pod network that is there already has a role of its own cannot be asked.
                "pod_network": "vpc-cni" in args.get("present_addons", ()),
                "tags": tags,
            },
            child,
        )
        self.node_role_arn = self.node_role.arn
        self.name = self.cluster.name
        self.endpoint = self.cluster.endpoint
        self.version = self.cluster.version
        authority = self.cluster.certificate_authority.data
        self.kubeconfig = kubeconfig(self.name, self.endpoint, authority, self.cluster.region)
        self.security_group_id = pulumi.Output.from_input(args["node_security_group_id"])
        self.outputs = ClusterOutputs(
            name=self.name,
            endpoint=self.endpoint,
            kubeconfig=self.kubeconfig,
            version=self.version,
            security_group_id=self.security_group_id,
        )
        self.register_outputs(
            {
                "name": self.name,
                "endpoint": self.endpoint,
                "version": self.version,
                "kubeconfig": self.kubeconfig,
                "security_group_id": self.security_group_id,
                "node_role_arn": self.node_role_arn,
            }
        )
