"""Arguments of the Kubernetes cluster on Azure, and what is wrong with them."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import NotRequired, TypedDict

import pulumi

from components.azure.cluster_profiles import DATAPLANES, NODE_CHANNELS
from components.azure.diagnostics import DiagnosticsArgs
from components.azure.node_pool import NodesArgs, node_problems
from components.azure.tags import Tags

UPGRADE_CHANNELS = ("none", "patch", "stable", "rapid")
TIERS = ("Free", "Standard", "Premium")
OUTBOUND_TYPES = ("userAssignedNATGateway", "userDefinedRouting", "loadBalancer", "none")

MOST_RANGES = 200
"""Authorised ranges that one API server takes (AKS documentation, API server authorized IP ranges, 2026-08)."""


class SecretsKeyArgs(TypedDict):
    """The key with which Kubernetes secrets are encrypted."""

    key_id: pulumi.Input[str]
    """Identifier of the key with its version, such as `https://<vault>.vault.azure.net/keys/<name>/<version>`."""
    scope: pulumi.Input[str]
    """Resource id of the key, at which the control plane may use it."""
    vault_id: pulumi.Input[str]
    """Resource id of its vault."""
    private: NotRequired[bool]
    """Whether the vault is reached from the network alone, for which the API server needs a subnet; default true."""


class ClusterArgs(TypedDict):
    """Arguments of `Cluster`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the cluster; its machines are in one of their own, called after it."""
    location: pulumi.Input[str]
    """Region of the cluster."""
    subscription_id: pulumi.Input[str]
    """Subscription in which the roles are defined."""
    tenant_id: pulumi.Input[str]
    """Tenant whose users log in."""
    version: pulumi.Input[str]
    """Kubernetes minor version, such as `1.35`."""
    network_id: pulumi.Input[str]
    """The VNet, in which the control plane makes load balancers and, for a private API, names."""
    system_pool: NodesArgs
    """Nodes of the cluster's own services. Azure fixes their size, disk and zones with the cluster."""
    pod_cidr: str
    """Range of the pods' addresses, disjoint from the network's and the services'; each node takes a /24 of it."""
    service_cidr: str
    """Range of service addresses, smaller than /12, outside the network's; fixed at creation."""
    network_policy: NotRequired[str]
    """Who enforces network policies, `cilium` (default) or `calico`."""
    outbound_type: NotRequired[str]
    """How nodes reach the internet: `userAssignedNATGateway` (default, the NAT gateway of their subnet), `userDefinedRouting`, `loadBalancer` or `none`."""
    image_registry_id: NotRequired[pulumi.Input[str]]
    """Registry from which nodes fetch AKS' own images; needed where they reach nothing else (`none`); Microsoft's by default."""
    node_security_group_id: NotRequired[pulumi.Input[str]]
    """Network security group of the nodes' subnet, an output of the cluster; none by default."""
    public_endpoint: NotRequired[bool]
    """Whether the Kubernetes API has a public address instead of a private one; default false."""
    public_endpoint_cidrs: NotRequired[Sequence[str]]
    """Ranges that may reach the public address, 200 at most; needed when there is one."""
    private_zone_id: NotRequired[pulumi.Input[str]]
    """Private DNS zone of the API's name, `privatelink.<region>.azmk8s.io`; AKS makes one by default."""
    api_server_subnet_id: NotRequired[pulumi.Input[str]]
    """Subnet delegated to `Microsoft.ContainerService/managedClusters`, in which the API server has its addresses; outside of the network by default."""
    administrators: NotRequired[Sequence[str]]
    """Groups of Entra (object id) that administer the cluster; others are given roles of Azure."""
    tier: NotRequired[str]
    """`Free`, `Standard` (default, with a service level) or `Premium`."""
    long_term_support: NotRequired[bool]
    """Whether the version is kept after its standard support, which needs the tier `Premium`; default false."""
    upgrade_channel: NotRequired[str]
    """Upgrades that AKS makes by itself: `none`, `patch` (default), `stable` or `rapid`."""
    node_channel: NotRequired[str]
    """Patches of nodes that AKS applies by itself: `none`, `unmanaged`, `security-patch` or `node-image` (default)."""
    secrets_key: NotRequired[SecretsKeyArgs]
    """Key of Kubernetes secrets; Azure's own by default."""
    disk_encryption_set_id: NotRequired[pulumi.Input[str]]
    """Disk encryption set of the nodes' disks; fixed at creation; Azure's own key by default."""
    secrets_store: NotRequired[bool]
    """Whether pods can mount secrets of Key Vault, which are read again as they change; default true."""
    image_cleaner_hours: NotRequired[int]
    """How often unused images with known vulnerabilities are removed from nodes, in hours, 24 to 2160; default 168, 0 for never."""
    policy_addon: NotRequired[bool]
    """Whether Azure Policy judges what is admitted to the cluster; default false."""
    defender_workspace_id: NotRequired[pulumi.Input[str]]
    """Log Analytics workspace of Microsoft Defender; no Defender by default."""
    insights_workspace_id: NotRequired[pulumi.Input[str]]
    """Log Analytics workspace of the logs of containers; none by default."""
    managed_prometheus: NotRequired[bool]
    """Whether Azure Monitor collects metrics of the cluster; default false."""
    locked_nodes: NotRequired[bool]
    """Whether nobody but AKS may change what is in the resource group of the machines; default true."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where the control plane's logs and metrics go; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the cluster; default false. No lock: Azure would hold the cluster's pools by it too."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def cluster_problems(args: ClusterArgs) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the arguments of a cluster: the property and the rule that it breaks."""
    ranges = args.get("public_endpoint_cidrs", ())
    if args.get("public_endpoint") and not ranges:
        yield (
            "public_endpoint_cidrs",
            "a public Kubernetes API must not be open to everyone: name the ranges that may reach it",
        )
    if len(ranges) > MOST_RANGES:
        yield "public_endpoint_cidrs", f"{len(ranges)} ranges: an API server takes {MOST_RANGES} at most"
    yield from node_problems(args["system_pool"], "system_pool")
    for path, value, words in (
        ("network_policy", args.get("network_policy", "cilium"), tuple(DATAPLANES)),
        ("outbound_type", args.get("outbound_type", OUTBOUND_TYPES[0]), OUTBOUND_TYPES),
        ("tier", args.get("tier", "Standard"), TIERS),
        ("upgrade_channel", args.get("upgrade_channel", "patch"), UPGRADE_CHANNELS),
        ("node_channel", args.get("node_channel", "node-image"), tuple(NODE_CHANNELS)),
    ):
        if value not in words:
            yield path, f"'{value}' is none of {', '.join(words)}"
    if args.get("long_term_support") and args.get("tier", "Standard") != "Premium":
        yield "tier", "long-term support is part of the tier Premium alone: give it"
    key = args.get("secrets_key")
    if key is not None and key.get("private", True) and "api_server_subnet_id" not in args:
        yield "api_server_subnet_id", "an API server outside of the network cannot reach a private vault: give a subnet"
    if IPv4Network(args["pod_cidr"]).overlaps(IPv4Network(args["service_cidr"])):
        yield "pod_cidr", f"{args['pod_cidr']} overlaps service_cidr, {args['service_cidr']}: give disjoint ranges"
