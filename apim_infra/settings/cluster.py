"""Settings of the Kubernetes cluster and its three node pools."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.checks import (
    Administrator,
    Cidr,
    LabelKey,
    LabelValue,
    MinorVersion,
    PoolName,
    ServiceCidr,
    Surge,
)
from apim_infra.settings.times import MaintenanceWindow
from apim_infra.settings.windows import minutes_of_window


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it, in Kubernetes' words."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Taint(Settings):
    """A mark on nodes that keeps other pods away."""

    key: LabelKey
    """Key of the taint."""
    value: LabelValue = ""
    """Value of the taint."""
    effect: TaintEffect = TaintEffect.NO_SCHEDULE
    """Effect on pods that do not tolerate it."""


POOL_LABEL = "apim.io/pool"
"""Label of every node, and key of every pool taint; its value is the name of the pool."""


class CapacityType(StrEnum):
    """How nodes are bought."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class Pool(Settings):
    """Equal nodes, spread over the zones."""

    size: str
    """Instance type or VM size of the nodes, a name from the sizing catalogue of the cloud."""
    min: int = Field(ge=0, le=450)
    """Smallest number of nodes, of all zones together."""
    max: int = Field(ge=1, le=450)
    """Number of nodes that pods may count on, also while a zone is lost: a zone may have `max` divided by one zone fewer than there are, and the
    autoscaler stops when all pools together have as many nodes as their `max` add to."""
    disk_gb: int = Field(default=50, ge=20, le=16384)
    """Size of each node's encrypted disk, in GB."""
    capacity: CapacityType = CapacityType.ON_DEMAND
    """How the nodes are bought."""
    labels: dict[LabelKey, LabelValue] = Field(default={})
    """Labels beside the platform's own `apim.io/pool`."""
    taints: list[Taint] = Field(default=[])
    """Taints of the nodes; the platform's own pods tolerate those of their pool."""

    name: PoolName | None = None
    """Name of the pool in the cloud, at most twelve lower-case letters and digits; made from the pool's own when absent (Azure)."""
    max_surge: Surge = "33%"
    """Nodes that an upgrade adds before it drains others: a number, or a share of the pool (Azure)."""
    drain_timeout_minutes: int = Field(default=30, ge=1, le=1440)
    """How long an upgrade waits for pods to leave a node, in minutes (Azure)."""
    soak_minutes: int = Field(default=0, ge=0, le=30)
    """How long an upgrade waits after each node, in minutes (Azure)."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the bounds of the autoscaler in order, and the platform's own label to the platform."""
        if self.min > self.max:
            yield BrokenRule("min", f"must not be above max ({self.max})", f"lower min or raise max to {self.min}")
        if POOL_LABEL in self.labels:
            yield BrokenRule(f'labels["{POOL_LABEL}"]', "is the platform's own label", "remove it or rename it")


def _pool_taint(pool: str) -> list[Taint]:
    return [Taint(key=POOL_LABEL, value=pool)]


class Pools(Settings):
    """The three pools of the platform."""

    management: Pool = Pool(size="m7i.large", min=2, max=8)
    """Nodes of the control plane (namespace `apim`); untainted unless asked, for the cluster's add-ons run here."""
    user: Pool = Pool(size="m7i.large", min=2, max=6, taints=_pool_taint("user"))
    """Nodes of the gateways and microservices."""
    monitoring: Pool = Pool(size="m7i.large", min=1, max=3, taints=_pool_taint("monitoring"))
    """Nodes of logging and monitoring."""


class ApiEndpoint(Settings):
    """Who reaches the Kubernetes API."""

    public: bool = False
    """Whether the API has a public address beside the private one."""
    allowed_cidrs: list[Cidr] = Field(default=[])
    """Public ranges that may reach a public API; must not be empty, nor everything, when `public`."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Keep a public API from being open to everyone."""
        if self.public and not self.allowed_cidrs:
            yield BrokenRule(
                "allowed_cidrs", "must name who may reach a public API", "list the ranges of your offices and pipelines"
            )
        if self.public and "0.0.0.0/0" in self.allowed_cidrs:
            yield BrokenRule("allowed_cidrs", "must not be everything (0.0.0.0/0)", "list the ranges that need it")


class ExistingCluster(Settings):
    """A cluster that is brought along instead of built; the platform's node pools join it."""

    name: str
    """Name of the existing cluster; on Azure its resource id."""
    addons: list[str] = Field(default=["vpc-cni", "kube-proxy", "coredns"])
    """Add-ons that the cluster has already, by the cloud's own names; the platform installs the others. AKS brings its own: none are named there."""


class ServiceMesh(StrEnum):
    """A service mesh between the pods."""

    NONE = "none"
    ISTIO_AMBIENT = "istio-ambient"


class NetworkPolicyEngine(StrEnum):
    """Who enforces network policies."""

    CILIUM = "cilium"
    CALICO = "calico"


class ClusterNetworking(Settings):
    """Network of the pods (Azure)."""

    policy: NetworkPolicyEngine = NetworkPolicyEngine.CILIUM
    """Who enforces network policies, on an overlay network either way."""
    pod_cidr: ServiceCidr = "10.244.0.0/16"
    """Range of the pods' addresses; must not overlap the network's nor that of the services."""


class UpgradeChannel(StrEnum):
    """Which versions of Kubernetes the cloud upgrades the cluster to by itself."""

    NONE = "none"
    PATCH = "patch"
    STABLE = "stable"


class NodeImageChannel(StrEnum):
    """Which patches of nodes' operating systems the cloud applies by itself."""

    NONE = "none"
    NODE_IMAGE = "node-image"
    SECURITY_PATCH = "security-patch"


SHORTEST_UPGRADE_WINDOW = 240
"""Shortest maintenance window of automatic upgrades, in minutes (AKS documentation, planned maintenance, 2026)."""


class Upgrades(Settings):
    """Upgrades that the cloud makes by itself (Azure)."""

    channel: UpgradeChannel = UpgradeChannel.PATCH
    """Upgrades of Kubernetes: `patch` releases of the version, the `stable` minor version before the newest, or `none`."""
    window: MaintenanceWindow = "sun:02:00-sun:06:00"
    """When the cluster is upgraded, at least four hours."""
    node_channel: NodeImageChannel = NodeImageChannel.NODE_IMAGE
    """Patches of nodes: whole images, security patches alone, or `none`; then nodes reboot themselves after patches (kured)."""
    node_window: MaintenanceWindow = "sat:02:00-sat:06:00"
    """When nodes are patched, at least four hours."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the windows to the length that the cloud asks for."""
        for name, window in (("window", self.window), ("node_window", self.node_window)):
            if minutes_of_window(window) < SHORTEST_UPGRADE_WINDOW:
                yield BrokenRule(name, "must be at least four hours long", "end it later, such as sun:02:00-sun:06:00")


class SystemPool(Settings):
    """Nodes of the cluster's own services, which take no other pods (Azure)."""

    size: str = "Standard_D4s_v6"
    """VM size, at least four cores (AKS documentation, system node pools)."""
    min: int = Field(default=2, ge=2, le=100)
    """Smallest number of nodes."""
    max: int = Field(default=3, ge=2, le=100)
    """Largest number of nodes."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold the bounds of the autoscaler in order."""
        if self.min > self.max:
            yield BrokenRule("min", f"must not be above max ({self.max})", f"lower min or raise max to {self.min}")


class ClusterSettings(Settings):
    """Kubernetes version, access and node pools."""

    version: MinorVersion = "1.35"
    """Kubernetes minor version; one that the cloud still supports."""
    api_endpoint: ApiEndpoint = ApiEndpoint()
    """Exposure of the Kubernetes API."""
    administrators: list[Administrator] = Field(default=[])
    """Roles (ARN) or groups (object id) that administer the cluster."""
    log_retention_days: int = Field(default=90, ge=1, le=3653)
    """How long control-plane audit logs are kept, in days."""
    pools: Pools = Pools()
    """The three node pools."""
    mesh: ServiceMesh = ServiceMesh.NONE
    """Service mesh between gateways, control plane and services."""
    system_pool: SystemPool = SystemPool()
    """Nodes of the cluster's own services, which take no other pods (Azure; elsewhere they run on the pool `management`)."""
    networking: ClusterNetworking = ClusterNetworking()
    """Network of the pods (Azure)."""
    upgrades: Upgrades = Upgrades()
    """Upgrades that the cloud makes by itself (Azure)."""
    long_term_support: bool = False
    """Whether the version is kept after its standard support, at a price (Azure)."""
    secrets_encryption: bool = False
    """Whether Kubernetes secrets are encrypted with a key of the platform's own (Azure; on AWS they always are)."""
    image_cleaner_hours: int | None = Field(default=168, ge=24, le=2160)
    """How often unused images with known vulnerabilities are removed from nodes, in hours; never when absent (Azure)."""
    policy_addon: bool = False
    """Whether Azure Policy judges what is admitted to the cluster (Azure)."""
    defender: bool = False
    """Whether Microsoft Defender watches the cluster, at a price (Azure)."""
    existing: ExistingCluster | None = None
    """An existing cluster to use instead of building one."""
