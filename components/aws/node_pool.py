"""Nodes of the cluster: the role that they share, and managed pools of equal nodes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import service_trust
from components.aws.tags import Tags, named
from components.common import after, refuse

POOL_LABEL = "apim.io/pool"
"""Label by which workloads choose their pool."""

TAINT_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}
"""Kubernetes' words for the effect of a taint, and EKS's."""

IMAGES = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}
"""Processor architecture to EKS's Amazon Linux 2023 image (API reference of EKS)."""

CAPACITY_TYPES = {"on-demand": "ON_DEMAND", "spot": "SPOT"}
"""How nodes are bought, and EKS's word for it."""


class NodeRoleArgs(TypedDict):
    """Arguments of `NodeRole`."""

    session_manager: NotRequired[bool]
    """Whether operators reach nodes through Systems Manager, without SSH and open ports; default true."""
    pod_network: NotRequired[bool]
    """Whether the pod network has its rights from the nodes instead of a role of its own; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


class NodeRole(pulumi.ComponentResource):
    """The role of nodes: join the cluster and pull images, nothing of what pods may do."""

    arn: pulumi.Output[str]
    """ARN of the role."""

    def __init__(self, name: str, args: NodeRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:NodeRole", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=service_trust("ec2.amazonaws.com"),
            description="Role of the Kubernetes nodes",
            tags=args.get("tags"),
            opts=child,
        )
        policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]
        if args.get("session_manager", True):
            policies.append("AmazonSSMManagedInstanceCore")
        if args.get("pod_network", False):
            policies.append("AmazonEKS_CNI_Policy")
        self.attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=self.role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=child
            )
            for policy in policies
        ]
        self.arn = self.role.arn
        self.register_outputs({"arn": self.arn})


class TaintArgs(TypedDict):
    """A mark on nodes that keeps other pods away, in Kubernetes' words."""

    key: str
    """Key of the taint."""
    value: NotRequired[str]
    """Value of the taint; empty by default."""
    effect: str
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`."""


class ZoneNodesArgs(TypedDict):
    """The nodes of a pool in one zone."""

    zone: str
    """Name of the zone, by which its node group is named."""
    subnet_id: pulumi.Input[str]
    """Subnet of the nodes."""
    minimum: pulumi.Input[int]
    """Smallest number of nodes, and the number at creation. AWS refuses to raise it above the number that runs: let the group grow first."""
    maximum: pulumi.Input[int]
    """Largest number of nodes; the autoscaler moves between the two."""


class NodePoolArgs(TypedDict):
    """Arguments of `NodePool`."""

    cluster_name: pulumi.Input[str]
    """The cluster that the nodes join."""
    version: pulumi.Input[str]
    """Kubernetes minor version of the nodes, that of the cluster or up to three below."""
    pool: str
    """Name of the pool; the label `apim.io/pool` of its nodes."""
    role_arn: pulumi.Input[str]
    """Role of the nodes, see `NodeRole`."""
    zones: Sequence[ZoneNodesArgs]
    """The zones in which the pool has nodes, each with a node group of its own."""
    security_group_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Security groups of the nodes in place of the cluster's own; the cluster's own by default."""
    instance_types: Sequence[str]
    """Instance types of the nodes; several of one shape for spot capacity."""
    architecture: NotRequired[str]
    """Processor architecture of the instance types, `x86_64` or `arm64`; default `x86_64`."""
    capacity: NotRequired[str]
    """How the nodes are bought, `on-demand` or `spot`; default `on-demand`."""
    disk_gb: NotRequired[pulumi.Input[int]]
    """Size of each node's disk, in GiB; default 50."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the nodes beside `apim.io/pool`."""
    taints: NotRequired[Sequence[TaintArgs]]
    """Taints of the nodes; none by default."""
    maximum_unavailable_percent: NotRequired[pulumi.Input[int]]
    """Nodes that an update may take away at a time in each zone, in per cent of the zone's nodes; default 33."""
    node_repair: NotRequired[pulumi.Input[bool]]
    """Whether EKS replaces nodes that stay unhealthy; default true."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the disks, which must allow the account's autoscaling; AWS's own by default."""
    tags: NotRequired[Tags]
    """Tags of every resource, and of the instances, disks and interfaces that AWS makes of them."""


def _problems(args: NodePoolArgs) -> Iterator[tuple[str, str]]:
    for path, value, words in (
        ("architecture", args.get("architecture", "x86_64"), IMAGES),
        ("capacity", args.get("capacity", "on-demand"), CAPACITY_TYPES),
        *((f"taints[{i}].effect", taint["effect"], TAINT_EFFECTS) for i, taint in enumerate(args.get("taints", ()))),
    ):
        if value not in words:
            yield path, f"'{value}' is none of {', '.join(words)}"
    if not args["instance_types"]:
        yield "instance_types", "a pool needs at least one instance type"
    names = [zone["zone"] for zone in args["zones"]]
    if not names or len(set(names)) < len(names):
        yield "zones", "a pool needs at least one zone, and each of them once"
    if POOL_LABEL in args.get("labels", {}):
        yield "labels", f"the label {POOL_LABEL} is the pool's own: leave it out"


class NodePool(pulumi.ComponentResource):
    """Managed node groups, one for each zone, from one launch template with encrypted disks and session-bound instance metadata.

    EKS cannot move a node group to other subnets: with a group for each zone another zone replaces nothing, and the autoscaler can add a node
    where a volume is. Groups are named automatically: a change that AWS cannot make in place builds the new group before the old one is drained.
    Give `depends_on` the cluster, so that nodes find their pod network.
    """

    node_group_names: pulumi.Output[Sequence[str]]
    """Names of the node groups, in the order of the zones."""

    def __init__(self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:NodePool", name, {**args}, opts)
        refuse(name, _problems(args))
        self.launch_template = self._launch_template(name, args)
        child = pulumi.ResourceOptions.merge(
            after(self, opts),
            # The autoscaler moves the number of nodes; an update must not move it back.
            pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"]),
        )
        self.node_groups = {zone["zone"]: self._node_group(name, args, zone, child) for zone in args["zones"]}
        self.node_group_names = pulumi.Output.all(*(group.node_group_name for group in self.node_groups.values()))
        self.register_outputs({"node_group_names": self.node_group_names})

    def _node_group(
        self, name: str, args: NodePoolArgs, zone: ZoneNodesArgs, opts: pulumi.ResourceOptions
    ) -> aws.eks.NodeGroup:
        return aws.eks.NodeGroup(
            f"{name}-{zone['zone']}",
            cluster_name=args["cluster_name"],
            version=args["version"],
            node_role_arn=args["role_arn"],
            subnet_ids=[zone["subnet_id"]],
            instance_types=args["instance_types"],
            ami_type=IMAGES[args.get("architecture", "x86_64")],
            capacity_type=CAPACITY_TYPES[args.get("capacity", "on-demand")],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=self.launch_template.id,
                version=self.launch_template.latest_version.apply(str),
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=zone["minimum"], max_size=zone["maximum"], desired_size=zone["minimum"]
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(
                max_unavailable_percentage=args.get("maximum_unavailable_percent", 33)
            ),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=args.get("node_repair", True)),
            labels={**args.get("labels", {}), POOL_LABEL: args["pool"]},
            taints=[
                aws.eks.NodeGroupTaintArgs(
                    key=taint["key"], value=taint.get("value", ""), effect=TAINT_EFFECTS[taint["effect"]]
                )
                for taint in args.get("taints", ())
            ],
            tags=named(args.get("tags"), name),
            opts=opts,
        )

    def _launch_template(self, name: str, args: NodePoolArgs) -> aws.ec2.LaunchTemplate:
        tags = named(args.get("tags"), name)
        return aws.ec2.LaunchTemplate(
            f"{name}-template",
            description=f"Nodes of the pool {args['pool']}",
            update_default_version=True,
            vpc_security_group_ids=args.get("security_group_ids"),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,  # pods have their own roles and cannot reach the node's
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3",
                        volume_size=args.get("disk_gb", 50),
                        encrypted="true",
                        kms_key_id=args.get("key_arn"),
                        delete_on_termination="true",
                    ),
                )
            ],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
