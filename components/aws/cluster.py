"""The Kubernetes cluster of the platform on AWS (EKS): control plane, access, logs and the add-ons that nodes need before they join."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.addons import BootstrapAddons, BootstrapAddonsArgs
from components.aws.iam_policies import service_trust, use_key
from components.aws.kubeconfig import kubeconfig
from components.aws.node_pool import NodeRole
from components.aws.tags import Tags
from components.common import refuse
from components.outputs import ClusterOutputs

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""Every log that the control plane can write (API reference of EKS)."""

ADMINISTRATOR_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


class ClusterArgs(TypedDict):
    """Arguments of `Cluster`."""

    version: pulumi.Input[str]
    """Kubernetes minor version, such as `1.35`."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets of the control plane's interfaces, in at least two zones."""
    cluster_name: NotRequired[str]
    """Name of the cluster, at most 100 letters, digits, hyphens and underscores; the component's by default. Fixed, because its log group is made first."""
    security_group_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Security groups of the control plane's interfaces beside the one that EKS makes; none by default."""
    node_security_group_id: NotRequired[pulumi.Input[str]]
    """Security group of nodes and pods, an output of the cluster; the one that EKS makes by default."""
    service_cidr: NotRequired[pulumi.Input[str]]
    """Range of service addresses, outside the network's; fixed at creation; EKS chooses by default."""
    public_endpoint: NotRequired[bool]
    """Whether the Kubernetes API has a public address beside the private one; default false."""
    public_endpoint_cidrs: NotRequired[Sequence[pulumi.Input[str]]]
    """Ranges that may reach the public address; needed when there is one."""
    administrators: NotRequired[Sequence[str]]
    """IAM roles (ARN) that administer the cluster. Name the deploying role too: without any administrator the creator is one, otherwise it is not."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of Kubernetes secrets; AWS's own by default."""
    log_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the control plane's logs, which must allow CloudWatch Logs; CloudWatch's own by default."""
    log_types: NotRequired[Sequence[str]]
    """Logs that the control plane writes; all five by default, an empty list for none."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """How long the control plane's logs are kept, in days, one of CloudWatch's periods; default 90."""
    prefix_delegation: NotRequired[bool]
    """Whether nodes take addresses in blocks of /28, for more pods on each; subnets need whole blocks free; default false."""
    network_policies: NotRequired[bool]
    """Whether the pod network enforces network policies, which nothing else does on EKS; default true."""
    addon_versions: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Versions of the add-ons that nodes need before they join, by name; EKS's default for the Kubernetes version by default."""
    session_manager: NotRequired[bool]
    """Whether operators reach nodes through Systems Manager, without SSH and open ports; default true."""
    zonal_shift: NotRequired[pulumi.Input[bool]]
    """Whether AWS may shift traffic away from an impaired zone; default false."""
    deletion_protection: NotRequired[bool]
    """Whether the cluster refuses to be deleted, in AWS and in Pulumi; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: ClusterArgs) -> Iterator[tuple[str, str]]:
    if len(args["subnet_ids"]) < 2:
        yield "subnet_ids", "EKS needs subnets in at least two zones: give two or more"
    if args.get("public_endpoint") and not args.get("public_endpoint_cidrs"):
        yield (
            "public_endpoint_cidrs",
            "a public Kubernetes API must not be open to everyone: name the ranges that may reach it",
        )
    for log_type in args.get("log_types", LOG_TYPES):
        if log_type not in LOG_TYPES:
            yield "log_types", f"'{log_type}' is no log of the control plane: one of {', '.join(LOG_TYPES)}"
    for administrator in args.get("administrators", ()):
        if not administrator.startswith("arn:") or len(administrator.split(":", 5)) < 6:
            yield "administrators", f"'{administrator}' is no ARN: give a role as arn:aws:iam::<account>:role/<name>"


class Cluster(pulumi.ComponentResource):
    """An EKS control plane with a private endpoint, access entries instead of a config map, encrypted secrets and full logs.

    Node pools (`NodePool`) and the add-ons that need nodes (`ClusterAddons`) are components of their own and take `depends_on` this one.
    """

    name: pulumi.Output[str]
    """Name of the cluster."""
    endpoint: pulumi.Output[str]
    """Address of the Kubernetes API."""
    version: pulumi.Output[str]
    """Kubernetes minor version."""
    certificate_authority: pulumi.Output[str]
    """Certificate of the Kubernetes API's authority, base64."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig (JSON, which is YAML too) that asks `aws eks get-token` for a token; holds no credential."""
    security_group_id: pulumi.Output[str]
    """Security group of nodes and pods."""
    node_role_arn: pulumi.Output[str]
    """Role that the nodes of every pool share."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Cluster", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix = name
        self._tags = args.get("tags")
        self._child = pulumi.ResourceOptions(parent=self)
        self.log_types = list(args.get("log_types", LOG_TYPES))

        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("eks.amazonaws.com"),
            description="Role of the Kubernetes control plane",
            tags=self._tags,
            opts=self._child,
        )
        self.role_policies = self._role_policies(args)
        self.log_group = self._log_group(args)
        self.cluster = self._cluster(args)
        self.access_entries = self._access_entries(args.get("administrators", ()))
        self.bootstrap_addons = self._bootstrap_addons(args)
        self.node_role = NodeRole(
            f"{name}-nodes",
            {"session_manager": args.get("session_manager", True), "tags": self._tags or {}},
            self._child,
        )

        self.node_role_arn = self.node_role.arn
        self.name = self.cluster.name
        self.endpoint = self.cluster.endpoint
        self.version = self.cluster.version
        self.certificate_authority = self.cluster.certificate_authority.data
        self.kubeconfig = kubeconfig(self.name, self.endpoint, self.certificate_authority, self.cluster.region)
        own_group = self.cluster.vpc_config.apply(lambda config: config.cluster_security_group_id or "")
        self.security_group_id = pulumi.Output.from_input(args.get("node_security_group_id", own_group))
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
                "certificate_authority": self.certificate_authority,
                "kubeconfig": self.kubeconfig,
                "security_group_id": self.security_group_id,
                "node_role_arn": self.node_role_arn,
            }
        )

    def _role_policies(self, args: ClusterArgs) -> list[pulumi.Resource]:
        policies: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{self._prefix}-role-cluster",
                role=self.role.name,
                policy_arn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
                opts=self._child,
            )
        ]
        if (key := args.get("key_arn")) is not None:
            policies.append(
                aws.iam.RolePolicy(
                    f"{self._prefix}-role-key", role=self.role.name, policy=use_key(key), opts=self._child
                )
            )
        return policies

    def _log_group(self, args: ClusterArgs) -> aws.cloudwatch.LogGroup | None:
        """Make the log group before EKS does, which would keep logs for ever and leave the group behind."""
        if not self.log_types:
            return None
        return aws.cloudwatch.LogGroup(
            f"{self._prefix}-logs",
            name=f"/aws/eks/{args.get('cluster_name', self._prefix)}/cluster",
            retention_in_days=args.get("log_retention_days", 90),
            kms_key_id=args.get("log_key_arn"),
            tags=self._tags,
            opts=self._child,
        )

    def _cluster(self, args: ClusterArgs) -> aws.eks.Cluster:
        key, service_cidr = args.get("key_arn"), args.get("service_cidr")
        protection = args.get("deletion_protection", False)
        return aws.eks.Cluster(
            f"{self._prefix}-cluster",
            name=args.get("cluster_name", self._prefix),
            version=args["version"],
            role_arn=self.role.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=args["subnet_ids"],
                security_group_ids=args.get("security_group_ids", []),
                endpoint_private_access=True,
                endpoint_public_access=args.get("public_endpoint", False),
                public_access_cidrs=args.get("public_endpoint_cidrs") if args.get("public_endpoint") else None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API",
                bootstrap_cluster_creator_admin_permissions=not args.get("administrators"),
            ),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key), resources=["secrets"]
            )
            if key is not None
            else None,
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                ip_family="ipv4", service_ipv4_cidr=service_cidr
            )
            if service_cidr is not None
            else None,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            zonal_shift_config=aws.eks.ClusterZonalShiftConfigArgs(enabled=args.get("zonal_shift", False)),
            enabled_cluster_log_types=self.log_types,
            bootstrap_self_managed_addons=False,  # add-ons are resources here, with versions and settings
            deletion_protection=protection,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protection or None,
                depends_on=[*self.role_policies, *([self.log_group] if self.log_group else [])],
                # Read at creation only: without this the first administrator to be named would replace the cluster.
                ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"],
            ),
        )

    def _access_entries(self, administrators: Sequence[str]) -> dict[str, aws.eks.AccessEntry]:
        entries: dict[str, aws.eks.AccessEntry] = {}
        for arn in administrators:
            account, resource = arn.split(":")[4:6]
            part = f"{self._prefix}-administrator-{account}-{resource.replace('/', '-')}"
            entries[arn] = aws.eks.AccessEntry(
                part,
                cluster_name=self.cluster.name,
                principal_arn=arn,
                type="STANDARD",
                tags=self._tags,
                opts=self._child,
            )
            aws.eks.AccessPolicyAssociation(
                f"{part}-policy",
                cluster_name=self.cluster.name,
                principal_arn=entries[arn].principal_arn,
                policy_arn=ADMINISTRATOR_POLICY,
                access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                opts=self._child,
            )
        return entries

    def _bootstrap_addons(self, args: ClusterArgs) -> BootstrapAddons:
        addon_args: BootstrapAddonsArgs = {
            "cluster_name": self.cluster.name,
            "prefix_delegation": args.get("prefix_delegation", False),
            "network_policies": args.get("network_policies", True),
            "versions": args.get("addon_versions", {}),
            "tags": self._tags or {},
        }
        return BootstrapAddons(f"{self._prefix}-addons", addon_args, self._child)
