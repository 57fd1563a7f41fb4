"""Settings of the network: address range, zones, egress and what is brought along."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from apim_infra.settings.base import BrokenRule, Settings, Text
from apim_infra.settings.checks import Cidr, NetworkCidr, ServiceCidr


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
    """Existing public subnets: one per zone on AWS; at most one on Azure, that of an Application Gateway."""
    private_subnet_ids: list[str]
    """Existing private subnets for nodes and pods: one per zone on AWS, one on Azure."""
    data_subnet_ids: list[str]
    """Existing subnets for the stores: one per zone on AWS, one on Azure."""


class StoreAccess(StrEnum):
    """How managed databases are reached from the network."""

    PRIVATE_ENDPOINT = "private-endpoint"
    DELEGATED_SUBNET = "delegated-subnet"


class BastionMode(StrEnum):
    """What administrators enter the network by."""

    NONE = "none"
    JUMP_HOST = "jump-host"
    MANAGED = "managed"


class Bastion(Settings):
    """The way of administrators into the network."""

    mode: BastionMode = BastionMode.NONE
    """`jump-host` (a machine in a subnet of its own), `managed` (the cloud's own bastion service), or `none`."""
    source_cidrs: list[Cidr] = Field(default=[])
    """Ranges that may reach it; needed where there is one."""
    size: str = "Standard_D2s_v6"
    """Size of the jump host, a name from the sizing catalogue of the cloud."""
    ssh_public_key: Text | None = None
    """Public key of the administrators of the jump host (OpenSSH format); passwords are off."""

    def broken_rules(self) -> Iterable[BrokenRule]:
        """Hold a bastion to somebody who may reach it, and a jump host to a key."""
        if self.mode is not BastionMode.NONE and not self.source_cidrs:
            yield BrokenRule("source_cidrs", "must name who may reach the bastion", "list the ranges of your offices")
        if "0.0.0.0/0" in self.source_cidrs:
            yield BrokenRule("source_cidrs", "must not be everything (0.0.0.0/0)", "list the ranges that need it")
        if self.mode is BastionMode.JUMP_HOST and self.ssh_public_key is None:
            yield BrokenRule("ssh_public_key", "is needed by a jump host: passwords are off", "give an OpenSSH key")


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
    """Services reached by endpoints inside the network, by their short names: such as `ecr.api` on AWS; `vault`, `registry`, `blob` and `file` on Azure."""
    flow_logs: FlowLogs = FlowLogs()
    """Flow logs of the network."""
    store_access: StoreAccess = StoreAccess.PRIVATE_ENDPOINT
    """How managed databases are reached: by private endpoints in the data subnet, or in delegated subnets of their own; fixed at creation (Azure)."""
    bastion: Bastion = Bastion()
    """The way of administrators into the network (Azure)."""
    existing: ExistingNetwork | None = None
    """An existing network to use instead of building one."""
