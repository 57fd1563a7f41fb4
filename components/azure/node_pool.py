"""Nodes of the cluster: pools of equal nodes that span the zones, and what every pool of AKS has in common."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags
from components.common import after, refuse

POOL_LABEL = "apim.io/pool"
"""Label by which workloads choose their pool."""

CAPACITY_TYPES = {"on-demand": "Regular", "spot": "Spot"}
"""How nodes are bought, and Azure's word for it."""

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
OS_SKUS = ("Ubuntu", "AzureLinux")
"""Images of nodes that are kept up to date; others of AKS are for Windows or retired (AKS documentation, 2026-08)."""

DISK_TYPES = ("Managed", "Ephemeral")

LONGEST_NAME = 12
"""Longest name of a pool of Linux nodes (AKS documentation, system node pools, 2026-08)."""
DIGITS = 4
"""Hexadecimal digits of the digest in a pool's own name."""

MOST_PODS = 110
"""Pods of a node. AKS takes up to 250 on an overlay network and keeps 20 MB of memory for each that there may be (AKS documentation, node resource
reservations, 2026-06)."""


FIXED = [
    "availabilityZones",
    "enableEncryptionAtHost",
    "maxPods",
    "osDiskSizeGB",
    "osDiskType",
    "osSKU",
    "scaleSetPriority",
    "vmSize",
    "vnetSubnetID",
]
"""What Azure refuses to change of a pool, which then is built anew (AKS documentation, resize and create node pools, 2026-08)."""


class TaintArgs(TypedDict):
    """A mark on nodes that keeps other pods away, in Kubernetes' words."""

    key: str
    """Key of the taint."""
    value: NotRequired[str]
    """Value of the taint; empty by default."""
    effect: str
    """`NoSchedule`, `PreferNoSchedule` or `NoExecute`."""


class NodesArgs(TypedDict):
    """What the nodes of every pool are, those of the cluster's own services too."""

    subnet_id: pulumi.Input[str]
    """Subnet of the nodes, which is not delegated; it spans the zones."""
    zones: Sequence[str]
    """Zones in which the pool has nodes, such as `1`; fixed when the pool is made."""
    size: str
    """VM size of the nodes."""
    minimum: int
    """Smallest number of nodes, of all zones together, and the number at creation."""
    maximum: int
    """Largest number of nodes; the autoscaler of AKS moves between the two."""
    os_sku: NotRequired[str]
    """Operating system, `Ubuntu` (default) or `AzureLinux`."""
    disk_gb: NotRequired[int]
    """Size of each node's disk, in GB; default 64."""
    disk_type: NotRequired[str]
    """`Managed` (default), or `Ephemeral` where the size has a local disk as large: quicker, and gone with the node."""
    maximum_pods: NotRequired[int]
    """Largest number of pods of a node, 30 to 250; default 110."""
    trusted_launch: NotRequired[bool]
    """Whether nodes boot signed software alone and have a virtual TPM; needs a size of the second generation; default true."""
    encryption_at_host: NotRequired[bool]
    """Whether caches and temporary disks are encrypted too; the subscription must have `Microsoft.Compute/EncryptionAtHost`; default true."""
    maximum_surge: NotRequired[str]
    """Nodes that an upgrade adds before it drains others: a number, or a share in per cent; default `33%` (AKS documentation, node surge)."""
    drain_timeout_minutes: NotRequired[int]
    """How long an upgrade waits for pods to leave a node, in minutes, 1 to 1440; default 30."""
    soak_minutes: NotRequired[int]
    """How long an upgrade waits after each node, in minutes, 0 to 30; default 0."""


class NodePoolArgs(TypedDict):
    """Arguments of `NodePool`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the cluster."""
    cluster_name: pulumi.Input[str]
    """The cluster that the nodes join."""
    version: pulumi.Input[str]
    """Kubernetes minor version of the nodes, that of the cluster or up to two below."""
    pool: str
    """Name of the pool; the label `apim.io/pool` of its nodes."""
    nodes: NodesArgs
    """What its nodes are."""
    pool_name: NotRequired[str]
    """Name in Azure and label `agentpool` of the nodes: a lower-case letter, then letters and digits, twelve at most. A pool with a name of its own is deleted
    before it is built anew; by default the name is made from `pool` and what cannot be changed, so that the new pool comes first."""
    capacity: NotRequired[str]
    """How the nodes are bought, `on-demand` or `spot`; default `on-demand`."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the nodes beside `apim.io/pool`."""
    taints: NotRequired[Sequence[TaintArgs]]
    """Taints of the nodes; none by default. AKS adds its own to spot nodes."""
    follows_upgrades: NotRequired[bool]
    """Whether AKS moves the version by itself, so that the program leaves it alone; default false."""
    tags: NotRequired[Tags]
    """Tags of the pool, and of the machines, disks and interfaces that Azure makes of it."""


def node_problems(args: NodesArgs, path: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the nodes of a pool, below `path`."""
    for name, value, words in (
        ("os_sku", args.get("os_sku", OS_SKUS[0]), OS_SKUS),
        ("disk_type", args.get("disk_type", DISK_TYPES[0]), DISK_TYPES),
    ):
        if value not in words:
            yield f"{path}.{name}", f"'{value}' is none of {', '.join(words)}"
    zones = args["zones"]
    if not zones or len(set(zones)) < len(zones):
        yield f"{path}.zones", "a pool needs at least one zone, and each of them once"
    if args["minimum"] > args["maximum"]:
        yield f"{path}.minimum", f"{args['minimum']} nodes are more than the largest number, {args['maximum']}"


def _problems(args: NodePoolArgs) -> Iterator[tuple[str, str]]:
    yield from node_problems(args["nodes"], "nodes")
    if args.get("capacity", "on-demand") not in CAPACITY_TYPES:
        yield "capacity", f"'{args.get('capacity')}' is none of {', '.join(CAPACITY_TYPES)}"
    for position, taint in enumerate(args.get("taints", ())):
        if taint["effect"] not in TAINT_EFFECTS:
            yield f"taints[{position}].effect", f"'{taint['effect']}' is none of {', '.join(TAINT_EFFECTS)}"
    name = args.get("pool_name")
    if name is not None and not (name.isascii() and name.isalnum() and name.islower() and len(name) <= LONGEST_NAME):
        yield "pool_name", f"'{name}' must be {LONGEST_NAME} lower-case letters and digits at most"
    if POOL_LABEL in args.get("labels", {}):
        yield "labels", f"the label {POOL_LABEL} is the pool's own: leave it out"


def pool_name(args: NodePoolArgs) -> str:
    """Return the name of a pool that has none of its own: as much of `pool` as fits, and a digest of what Azure does not change in place."""
    nodes = args["nodes"]
    fixed = [
        list(nodes["zones"]),
        nodes["size"],
        nodes.get("os_sku", OS_SKUS[0]),
        nodes.get("disk_gb", 64),
        nodes.get("disk_type", DISK_TYPES[0]),
        nodes.get("maximum_pods", MOST_PODS),
        nodes.get("encryption_at_host", True),
        args.get("capacity", "on-demand"),
    ]
    digest = hashlib.sha256(json.dumps(fixed).encode()).hexdigest()[:DIGITS]
    return f"{args['pool'].replace('-', '')[: LONGEST_NAME - DIGITS]}{digest}"


def shared(args: NodesArgs) -> dict[str, Any]:
    """Return what a pool inside of the cluster's description and a pool of its own say in the same words."""
    launch = args.get("trusted_launch", True)
    return {
        "type": azure.containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        "vm_size": args["size"],
        "os_type": azure.containerservice.OSType.LINUX,
        "os_sku": args.get("os_sku", OS_SKUS[0]),
        "os_disk_size_gb": args.get("disk_gb", 64),
        "os_disk_type": args.get("disk_type", DISK_TYPES[0]),
        "vnet_subnet_id": args["subnet_id"],
        "availability_zones": args["zones"],
        "enable_auto_scaling": True,
        "count": args["minimum"],
        "min_count": args["minimum"],
        "max_count": args["maximum"],
        "max_pods": args.get("maximum_pods", MOST_PODS),
        "enable_encryption_at_host": args.get("encryption_at_host", True),
        "security_profile": azure.containerservice.AgentPoolSecurityProfileArgs(
            enable_secure_boot=launch, enable_vtpm=launch
        ),
    }


def upgrade_settings(args: NodesArgs) -> azure.containerservice.AgentPoolUpgradeSettingsArgs:
    """Return how a pool is upgraded."""
    return azure.containerservice.AgentPoolUpgradeSettingsArgs(
        max_surge=args.get("maximum_surge", "33%"),
        drain_timeout_in_minutes=args.get("drain_timeout_minutes", 30),
        node_soak_duration_in_minutes=args.get("soak_minutes", 0),
    )


class NodePool(pulumi.ComponentResource):
    """A pool of AKS that spans the zones, scaled by the cluster's own autoscaler, on nodes with trusted launch and encryption at the host.

    Give `depends_on` what nodes need before they can reach the cluster and the cloud's APIs.
    """

    name: pulumi.Output[str]
    """Name of the pool in Azure; the label `agentpool` of its nodes."""

    def __init__(self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:NodePool", name, {**args}, opts)
        refuse(name, _problems(args))
        spot = args.get("capacity", "on-demand") == "spot"
        self.pool = azure.containerservice.AgentPool(
            f"{name}-nodes",
            resource_group_name=args["resource_group_name"],
            resource_name_=args["cluster_name"],
            agent_pool_name=args.get("pool_name", pool_name(args)),
            orchestrator_version=args["version"],
            mode=azure.containerservice.AgentPoolMode.USER,
            **shared(args["nodes"]),
            scale_set_priority=CAPACITY_TYPES[args.get("capacity", "on-demand")],
            scale_set_eviction_policy=azure.containerservice.ScaleSetEvictionPolicy.DELETE if spot else None,
            spot_max_price=-1 if spot else None,  # up to what a node costs on demand
            node_labels={**args.get("labels", {}), POOL_LABEL: args["pool"]},
            node_taints=[
                f"{taint['key']}={taint.get('value', '')}:{taint['effect']}" for taint in args.get("taints", ())
            ],
            upgrade_settings=None if spot else upgrade_settings(args["nodes"]),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(
                after(self, opts),
                pulumi.ResourceOptions(
                    # The autoscaler moves the number of nodes; an update must not move it back.
                    ignore_changes=["count", *(["orchestratorVersion"] if args.get("follows_upgrades") else [])],
                    replace_on_changes=FIXED,
                    # Two pools of one name cannot be there at the same time.
                    delete_before_replace="pool_name" in args,
                ),
            ),
        )
        self.name = self.pool.name
        self.register_outputs({"name": self.name})
