"""The whole stack file: one model tree for one environment."""

from collections.abc import Iterable

from pydantic import Field

from apim_infra.settings.addons import AddOnSettings
from apim_infra.settings.backup import BackupSettings
from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.checks import Domain, Region, TagKey, TagValue
from apim_infra.settings.cluster import ClusterSettings
from apim_infra.settings.control_plane import ControlPlaneSettings
from apim_infra.settings.edge import EdgeSettings
from apim_infra.settings.encryption import EncryptionSettings
from apim_infra.settings.environment import Cloud, Product, Size, Tier, Topology
from apim_infra.settings.gateway import GatewayGroup, GatewaySettings, group_rules
from apim_infra.settings.images import ImageSettings
from apim_infra.settings.ingress import IngressSettings
from apim_infra.settings.layer7 import Layer7Settings
from apim_infra.settings.limits import limits
from apim_infra.settings.network import NetworkSettings
from apim_infra.settings.observability import ObservabilitySettings
from apim_infra.settings.pipelines import PipelineSettings
from apim_infra.settings.private_deployment import PrivateDeployment
from apim_infra.settings.recovery import RecoverySettings
from apim_infra.settings.sizing import SizingSettings
from apim_infra.settings.stores import StoresSettings
from apim_infra.settings.tyk import TykPattern, TykSettings
from apim_infra.settings.wso2 import Wso2Settings


class StackSettings(Settings):
    """One environment of the platform: every key of `Pulumi.<stack>.yaml` in the project's namespace."""

    cloud: Cloud
    """The cloud."""
    region: Region
    """Region of the platform, in the cloud's own spelling."""
    company_domain: Domain
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
    edge: EdgeSettings = EdgeSettings()
    """The cloud's own front end, in the topology `integrated-cloud`."""
    control_plane: ControlPlaneSettings = ControlPlaneSettings()
    """The programs of the control plane."""
    sizing: SizingSettings = SizingSettings()
    """Replica policy of the control plane."""
    gateway: GatewaySettings = GatewaySettings()
    """The gateway product's own settings."""
    gateway_groups: list[GatewayGroup] = Field(default=[GatewayGroup(name="default")])
    """Gateways and the APIs that they serve."""
    tyk: TykSettings = TykSettings()
    """The gateway product Tyk, for `product: tyk`."""
    wso2: Wso2Settings = Wso2Settings()
    """The gateway product WSO2 API Manager, for `product: wso2`."""
    layer7: Layer7Settings = Layer7Settings()
    """The Layer7 API Gateway's own settings."""
    private_deployment: PrivateDeployment | None = None
    """A second, private APIM deployment beside the first one; none when absent."""
    images: ImageSettings = ImageSettings()
    """Where nodes pull images from."""
    addons: AddOnSettings = AddOnSettings()
    """Add-ons beside those that the platform needs."""
    observability: ObservabilitySettings = ObservabilitySettings()
    """Logs, metrics and alerts."""
    recovery: RecoverySettings = RecoverySettings()
    """Recovery targets and sources."""
    backup: BackupSettings = BackupSettings()
    """The cloud's backup service."""
    encryption: EncryptionSettings = EncryptionSettings()
    """Keys that are brought along."""
    pipelines: PipelineSettings = PipelineSettings()
    """Identities of the pipelines that build images and run the platform (Azure)."""
    deletion_protection: bool = False
    """Whether cluster, keys, load balancers and zones refuse to be deleted, in the cloud where it can and in Pulumi; stores say so themselves."""
    tags: dict[TagKey, TagValue] = Field(default={})
    """Tags of every resource beside the platform's own."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold groups to different names and routes, and the recovery region to be another one."""
        vendor_runs_gateways = self.product is Product.TYK and self.tyk.pattern is TykPattern.CLOUD
        if self.gateway_groups or not vendor_runs_gateways:
            yield from group_rules(self.gateway_groups)
        if self.recovery.region == self.region:
            yield BrokenRule(
                "recovery.region", f"must differ from region ({self.region})", "name another region of the same cloud"
            )
        maximum = limits().maximum_tags
        if len(self.tags) > maximum:
            yield BrokenRule("tags", f"must not be more than {maximum}", "remove some tags")
        yield from self._retention_rules()
        yield from self._existing_network_rules()

    def _retention_rules(self) -> Iterable[BrokenRule]:
        allowed = limits().log_retention_days.get(self.cloud)
        kept = {
            "network.flow_logs.retention_days": self.network.flow_logs.retention_days,
            "cluster.log_retention_days": self.cluster.log_retention_days,
        }
        for path, days in kept.items():
            if allowed is not None and days not in allowed:
                longer = next(period for period in allowed if period > days)
                yield BrokenRule(path, f"must be a retention period that {self.cloud} offers", f"use {longer}")
        for path, (low, high) in limits().log_retention_bounds.get(self.cloud, {}).items():
            if not low <= kept[path] <= high:
                yield BrokenRule(
                    path, f"must be {low} to {high} on {self.cloud}", f"use {min(max(kept[path], low), high)}"
                )

    def _existing_network_rules(self) -> Iterable[BrokenRule]:
        """Hold an existing network to the subnets of its cloud: one of each kind per zone on AWS; on Azure subnets span the zones."""
        existing = self.network.existing
        if existing is None:
            return
        per_zone = self.cloud is Cloud.AWS
        wanted = self.network.zones if per_zone else 1
        rule = f"must name one subnet per zone, {wanted} different ones" if per_zone else "must name one subnet"
        fix = "name the subnets zone by zone, or change network.zones" if per_zone else "name it alone"
        kinds = {
            "public_subnet_ids": existing.public_subnet_ids,
            "private_subnet_ids": existing.private_subnet_ids,
            "data_subnet_ids": existing.data_subnet_ids,
        }
        for name, subnets in kinds.items():
            if name == "public_subnet_ids" and not subnets:
                continue
            if len(set(subnets)) != wanted or len(subnets) != wanted:
                yield BrokenRule(f"network.existing.{name}", rule, fix)
