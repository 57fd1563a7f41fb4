"""Settings of the network: address range, zones, egress and what is brought along."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings
from apim_infra.settings.checks import NetworkCidr, ServiceCidr


class NatMode(StrEnum):
    """How private subnets reach the internet."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "per-zone"


class FlowLogs(Settings):
    """Records of accepted and rejected connections."""

    enabled: bool = True
    """Whether flow logs are written."""
    retention_days: int = Field(default=30, ge=1, le=3653)
    """How long flow logs are kept, in days."""


class ExistingNetwork(Settings):
    """A network that is brought along instead of built."""

    id: str
    """Identifier of the existing VPC or VNet."""
    public_subnet_ids: list[str] = Field(default=[])
    """Existing public subnets, one per zone."""
    private_subnet_ids: list[str]
    """Existing private subnets for nodes and pods, one per zone."""
    data_subnet_ids: list[str]
    """Existing subnets for the stores, one per zone."""


class NetworkSettings(Settings):
    """Address range, zones and egress of the platform's own network."""

    cidr: NetworkCidr = "10.0.0.0/16"
    """Private IPv4 range of the network, /16 to /24, on its own boundary."""
    zones: Annotated[int, Field(ge=2, le=6)] = 3
    """Number of availability zones in use; subnets are laid out for the largest count, so raising it moves none."""
    service_cidr: ServiceCidr = "172.20.0.0/16"
    """Range of Kubernetes service addresses; must not overlap `cidr`."""
    nat: NatMode = NatMode.SINGLE
    """Egress of private subnets: `none`, one NAT gateway for all zones (`single`), or one per zone (`per-zone`)."""
    gateway_endpoints: list[str] = Field(default=["s3"])
    """Services reached by gateway endpoints (free of charge)."""
    interface_endpoints: list[str] = Field(default=[])
    """Services reached by interface endpoints inside the network, by their short names such as `ecr.api`."""
    flow_logs: FlowLogs = FlowLogs()
    """Flow logs of the network."""
    existing: ExistingNetwork | None = None
    """An existing network to use instead of building one."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold an existing network to one subnet of each kind per zone."""
        if self.existing is None:
            return
        kinds = {
            "public_subnet_ids": self.existing.public_subnet_ids,
            "private_subnet_ids": self.existing.private_subnet_ids,
            "data_subnet_ids": self.existing.data_subnet_ids,
        }
        for name, subnets in kinds.items():
            if name == "public_subnet_ids" and not subnets:
                continue
            if len(set(subnets)) != self.zones or len(subnets) != self.zones:
                yield BrokenRule(
                    f"existing.{name}",
                    f"must name one subnet per zone, {self.zones} different ones",
                    "name the subnets zone by zone, or change network.zones",
                )
