"""Add-ons of the cluster: those that nodes need before they join, and those that need nodes."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import encrypt_volumes, pod_identity_trust
from components.aws.tags import Tags
from components.common import after


class TolerationArgs(TypedDict):
    """A taint that the add-ons' pods tolerate, in Kubernetes' words."""

    key: str
    """Key of the taint."""
    value: NotRequired[str]
    """Value of the taint; any when left out."""
    effect: NotRequired[str]
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`; any when left out."""


class BootstrapAddonsArgs(TypedDict):
    """Arguments of `BootstrapAddons`."""

    cluster_name: pulumi.Input[str]
    """The cluster."""
    prefix_delegation: NotRequired[bool]
    """Whether nodes take addresses in blocks of /28, for more pods on each; subnets need whole blocks free; default false."""
    network_policies: NotRequired[bool]
    """Whether the pod network enforces network policies, which nothing else does on EKS; default true."""
    versions: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Add-on versions by add-on name; EKS's default for the Kubernetes version by default."""
    present: NotRequired[Sequence[str]]
    """Add-ons that the cluster has already and that are left alone, by name; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class BootstrapAddons(pulumi.ComponentResource):
    """Pod network, service proxy and pod identity: nodes are not ready without them, so they come before the node pools.

    The pod network has its rights from Pod Identity (its agent uses the node's own network), so that nodes need none.
    """

    def __init__(self, name: str, args: BootstrapAddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:BootstrapAddons", name, {**args}, opts)
        versions, tags = args.get("versions", {}), args.get("tags")
        network: dict[str, Any] = {"enableNetworkPolicy": str(args.get("network_policies", True)).lower()}
        if args.get("prefix_delegation", False):
            network["env"] = {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}

        present, cluster_name = args.get("present", ()), args["cluster_name"]
        self.pod_identity_agent, self.network_role, self.network, self.proxy = None, None, None, None
        if "eks-pod-identity-agent" not in present:
            self.pod_identity_agent = _addon(
                self, name, cluster_name, "eks-pod-identity-agent", versions=versions, tags=tags
            )
        if "vpc-cni" not in present:
            self.network_role = _pod_role(
                self, f"{name}-vpc-cni", "Addresses of pods", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy", tags
            )
            self.network = _addon(
                self,
                name,
                cluster_name,
                "vpc-cni",
                versions=versions,
                tags=tags,
                configuration=network,
                role=("aws-node", self.network_role),
                # Its credentials come from the agent.
                opts=after(self, None, *([self.pod_identity_agent] if self.pod_identity_agent else [])),
            )
        if "kube-proxy" not in present:
            self.proxy = _addon(self, name, cluster_name, "kube-proxy", versions=versions, tags=tags)
        self.register_outputs({})


class ClusterAddonsArgs(TypedDict):
    """Arguments of `ClusterAddons`."""

    cluster_name: pulumi.Input[str]
    """The cluster."""
    tolerations: NotRequired[Sequence[TolerationArgs]]
    """Taints that the add-ons' Deployments tolerate; needed where every pool is tainted; none by default."""
    node_selector: NotRequired[Mapping[str, str]]
    """Labels of the nodes that run the add-ons' Deployments, such as `apim.io/pool: management`; any node by default."""
    volumes: NotRequired[bool]
    """Whether volumes are made by the EBS driver; default true."""
    metrics_server: NotRequired[bool]
    """Whether the metrics that autoscalers read are collected; default true."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key with which volumes are encrypted; AWS's own by default."""
    versions: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Add-on versions by add-on name; EKS's default for the Kubernetes version by default."""
    present: NotRequired[Sequence[str]]
    """Add-ons that the cluster has already and that are left alone, by name; none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class ClusterAddons(pulumi.ComponentResource):
    """Cluster DNS, volumes and metrics: they run on nodes, so give `depends_on` the node pools."""

    def __init__(self, name: str, args: ClusterAddonsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:ClusterAddons", name, {**args}, opts)
        versions, tags = args.get("versions", {}), args.get("tags")
        placement: dict[str, Any] = {}
        if tolerations := args.get("tolerations"):
            placement["tolerations"] = [_toleration(toleration) for toleration in tolerations]
        if selector := args.get("node_selector"):
            placement["nodeSelector"] = dict(selector)
        cluster_name, child = args["cluster_name"], after(self, opts)

        present = args.get("present", ())
        self.dns = (
            _addon(
                self, name, cluster_name, "coredns", versions=versions, tags=tags, configuration=placement, opts=child
            )
            if "coredns" not in present
            else None
        )
        self.metrics_server = (
            _addon(
                self,
                name,
                cluster_name,
                "metrics-server",
                versions=versions,
                tags=tags,
                configuration=placement,
                opts=child,
            )
            if args.get("metrics_server", True) and "metrics-server" not in present
            else None
        )
        self.volumes_role, self.volumes = None, None
        if args.get("volumes", True) and "aws-ebs-csi-driver" not in present:
            self.volumes_role = _pod_role(
                self,
                f"{name}-volumes",
                "Volumes of pods",
                "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy",
                tags,
            )
            if (key := args.get("key_arn")) is not None:
                aws.iam.RolePolicy(
                    f"{name}-volumes-key",
                    role=self.volumes_role.name,
                    policy=encrypt_volumes(key),
                    opts=pulumi.ResourceOptions(parent=self),
                )
            self.volumes = _addon(
                self,
                name,
                cluster_name,
                "aws-ebs-csi-driver",
                versions=versions,
                tags=tags,
                # Its DaemonSet tolerates everything by itself; the Deployment of the controller does not.
                configuration={"controller": placement} if placement else {},
                role=("ebs-csi-controller-sa", self.volumes_role),
                opts=child,
            )
        self.register_outputs({})


def _toleration(toleration: TolerationArgs) -> dict[str, str]:
    result = {"key": toleration["key"], "operator": "Equal" if "value" in toleration else "Exists"}
    if "value" in toleration:
        result["value"] = toleration["value"]
    if "effect" in toleration:
        result["effect"] = toleration["effect"]
    return result


def _pod_role(parent: pulumi.Resource, name: str, description: str, policy_arn: str, tags: Tags | None) -> aws.iam.Role:
    """Make a role for an add-on's service account, with one of AWS's own policies."""
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-role", assume_role_policy=pod_identity_trust(), description=description, tags=tags, opts=child
    )
    aws.iam.RolePolicyAttachment(f"{name}-policy", role=role.name, policy_arn=policy_arn, opts=child)
    return role


def _addon(
    parent: pulumi.Resource,
    prefix: str,
    cluster_name: pulumi.Input[str],
    addon: str,
    *,
    versions: Mapping[str, pulumi.Input[str]],
    tags: Tags | None,
    configuration: Mapping[str, Any] | None = None,
    role: tuple[str, aws.iam.Role] | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> aws.eks.Addon:
    """Make one add-on; `role` is its service account and the role that it takes."""
    identities = (
        [aws.eks.AddonPodIdentityAssociationArgs(service_account=role[0], role_arn=role[1].arn)] if role else None
    )
    return aws.eks.Addon(
        f"{prefix}-{addon}",
        cluster_name=cluster_name,
        addon_name=addon,
        addon_version=versions.get(addon),
        configuration_values=pulumi.Output.json_dumps(configuration) if configuration else None,
        pod_identity_associations=identities,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags=tags,
        opts=opts or pulumi.ResourceOptions(parent=parent),
    )
