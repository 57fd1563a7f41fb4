"""Network and keys of the platform on Azure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

import pulumi

from apim_infra.platform.azure_ground import Ground, build_ground
from apim_infra.platform.azure_identity import build_encryption
from apim_infra.platform.azure_network import NetworkParts, build_network
from apim_infra.platform.naming import Naming
from apim_infra.settings.deployments import Deployment
from apim_infra.settings.stack import StackSettings
from components.azure.diagnostics import DiagnosticsArgs
from components.azure.encryption import EncryptionKeys
from components.azure.private_endpoint import PrivateEndpointArgs


@dataclass(frozen=True, slots=True)
class Foundation:
    """What everything else on Azure stands on."""

    ground: Ground
    network: NetworkParts
    keys: EncryptionKeys
    zones: tuple[str, ...]
    """Availability zones in use."""
    data_subnet: str = "data"
    """Name of the subnet of the stores: that of the deployment."""

    def of(self, deployment: Deployment) -> "Foundation":
        """Return what a deployment stands on: its own subnet for stores."""
        return replace(self, data_subnet="private_data") if deployment.prefix else self

    @property
    def options(self) -> pulumi.ResourceOptions:
        """Options of a component on Azure: its children use the stack's own provider."""
        return self.ground.options

    @property
    def resource_group_name(self) -> pulumi.Output[str]:
        """The one resource group of the stack."""
        return self.ground.resource_group_name

    @property
    def resource_group_id(self) -> pulumi.Output[str]:
        """Its identifier."""
        return self.ground.resource_group_id

    @property
    def location(self) -> str:
        """Region of the stack."""
        return self.ground.location

    @property
    def subscription_id(self) -> pulumi.Output[str]:
        """Subscription of the stack."""
        return self.ground.subscription_id

    @property
    def tenant_id(self) -> pulumi.Output[str]:
        """Tenant of the subscription."""
        return self.ground.tenant_id

    @property
    def diagnostics(self) -> DiagnosticsArgs:
        """Where logs and metrics of every resource go."""
        return self.ground.diagnostics

    @property
    def network_id(self) -> pulumi.Output[str]:
        """The VNet."""
        return self.network.network_id

    @property
    def subnet_ids(self) -> Mapping[str, pulumi.Output[str]]:
        """Planned subnet to its identifier; `data` is that of the deployment."""
        return {**self.network.subnet_ids, "data": self.network.subnet_ids[self.data_subnet]}

    @property
    def subnets(self) -> Mapping[str, IPv4Network]:
        """Planned subnet to its range; `data` is that of the deployment; empty for a network that is brought along."""
        ranges = self.network.subnets
        return {**ranges, "data": ranges[self.data_subnet]} if ranges else ranges

    @property
    def ways_out(self) -> Sequence[pulumi.Resource]:
        """What machines need before they can reach what they fetch: NAT, rules, endpoints."""
        return self.network.ways_out

    def private_endpoint(self, service: str) -> PrivateEndpointArgs:
        """Return where the private endpoint of a service (`mysql`, `vault`, ...) stands: in the deployment's data subnet."""
        zone = self.network.private_zone_ids.get(service)
        return {"subnet_id": self.subnet_ids["data"], "zone_ids": [] if zone is None else [zone]}


def build_foundation(settings: StackSettings, naming: Naming) -> Foundation:
    """Build resource group, log workspace, network and keys."""
    ground = build_ground(settings, naming)
    network = build_network(settings, naming, ground)
    keys = build_encryption(settings, naming, ground, network)
    return Foundation(ground, network, keys, network.zones)
