"""The whole stack file: one model tree for one environment."""

from apim_infra.settings.base import Settings
from apim_infra.settings.cluster import ClusterSettings
from apim_infra.settings.environment import Cloud, Product, Size, Tier, Topology
from apim_infra.settings.gateway import GatewayGroup, GatewaySettings
from apim_infra.settings.ingress import IngressSettings
from apim_infra.settings.network import NetworkSettings
from apim_infra.settings.observability import ObservabilitySettings
from apim_infra.settings.recovery import RecoverySettings
from apim_infra.settings.sizing import SizingSettings
from apim_infra.settings.stores import StoresSettings


class StackSettings(Settings):
    """One environment of the platform: every key of `Pulumi.<stack>.yaml` in the project's namespace."""

    cloud: Cloud
    """The cloud."""
    region: str
    """Region of the platform, in the cloud's own spelling."""
    company_domain: str
    """Domain under which every host of the platform lives."""
    tier: Tier
    """What the environment is for."""
    topology: Topology = Topology.STANDARD
    """How traffic reaches the platform."""
    size: Size = Size.SMALL
    """How much traffic it carries."""
    product: Product = Product.KONG
    """The gateway product."""
    network: NetworkSettings = NetworkSettings()
    """Address range, zones and egress."""
    cluster: ClusterSettings = ClusterSettings()
    """Kubernetes version, access and node pools."""
    stores: StoresSettings = StoresSettings()
    """Databases, in-memory store and key-value store."""
    ingress: IngressSettings = IngressSettings()
    """Load balancers, hosts and DNS."""
    sizing: SizingSettings = SizingSettings()
    """Replica policy of the control plane."""
    gateway: GatewaySettings = GatewaySettings()
    """The gateway product's own settings."""
    gateway_groups: list[GatewayGroup] = [GatewayGroup(name="default")]
    """Gateways and the APIs that they serve."""
    observability: ObservabilitySettings = ObservabilitySettings()
    """Logs, metrics and alerts."""
    recovery: RecoverySettings = RecoverySettings()
    """Recovery targets and sources."""
    tags: dict[str, str] = {}
    """Tags of every resource beside the platform's own."""
