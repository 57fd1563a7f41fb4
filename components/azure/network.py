"""The network of the platform on Azure: VNet, subnets, egress and flow logs."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.flow_logs import FlowLogs
from components.azure.tags import Tags
from components.common import refuse
from components.outputs import NetworkOutputs

NAT_MODES = ("none", "single")

EGRESS_PREFIX_LENGTHS = range(28, 32)
"""Sizes of a public prefix: 16 addresses down to 2 (Microsoft.Network API, publicIPPrefixes, 2024-05-01)."""


class SubnetArgs(TypedDict):
    """One subnet, which spans the zones."""

    cidr: str
    """Range of the subnet, inside that of the network."""
    name: NotRequired[str]
    """Name in Azure; the subnet's own by default. Some services ask for one, such as `AzureBastionSubnet`."""
    network_security_group_id: NotRequired[pulumi.Input[str]]
    """Group that judges what comes in and goes out; none by default."""
    nat: NotRequired[bool]
    """Whether machines in it leave by the NAT gateway; default false, and then they do not leave."""
    delegation: NotRequired[str]
    """Service that alone may use the subnet, such as `Microsoft.DBforMySQL/flexibleServers`; none by default."""
    judge_endpoints: NotRequired[bool]
    """Whether the security group judges what reaches private endpoints here too; default false, as Azure has it."""


class NetworkArgs(TypedDict):
    """Arguments of `Network`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the network."""
    location: pulumi.Input[str]
    """Region of the network."""
    subscription_id: NotRequired[pulumi.Input[str]]
    """Subscription; needed for flow logs, whose account's name is made from it."""
    cidr: str
    """Private IPv4 range of the network."""
    subnets: Mapping[str, SubnetArgs]
    """Subnets by name. `nodes`, `data` and `entry` are the private, data and public ones of the outputs."""
    nat: NotRequired[str]
    """Egress of the subnets that ask for it: `none`, or one gateway (`single`, the default where one asks)."""
    egress_prefix_length: NotRequired[int]
    """Size of the public prefix from which the network's egress comes, 28 (16 addresses) to 31 (2 addresses, the default); each has 64,512 ports."""
    egress_zones: NotRequired[Sequence[str]]
    """Zones of the public prefix; all of them make it survive the loss of one; no zone by default."""
    flow_logs: NotRequired[bool]
    """Whether accepted and rejected connections are recorded in a storage account; default true."""
    flow_log_retention_days: NotRequired[pulumi.Input[int]]
    """How long flow logs are kept, in days; default 30."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where metrics of the network go; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: NetworkArgs) -> Iterator[tuple[str, str]]:
    subnets, nat = args["subnets"], args.get("nat")
    asking = [name for name, subnet in subnets.items() if subnet.get("nat")]
    if nat == "per-zone":
        yield "nat", "a subnet spans the zones and has one NAT gateway, so there is none for each zone: use 'single'"
    elif nat is not None and nat not in NAT_MODES:
        yield "nat", f"'{nat}' is no egress mode: one of {', '.join(NAT_MODES)}"
    elif nat == "none" and asking:
        yield "nat", f"there is no NAT gateway for {', '.join(asking)}: use 'single', or take nat from them"
    if args.get("egress_prefix_length", 31) not in EGRESS_PREFIX_LENGTHS:
        yield "egress_prefix_length", "must be 28, 29, 30 or 31"
    if args.get("flow_logs", True) and "subscription_id" not in args:
        yield "subscription_id", "is needed for flow logs: give it, or switch flow_logs off"
    names = [subnet.get("name", key) for key, subnet in subnets.items()]
    if len(set(names)) < len(names):
        yield "subnets", f"each name may occur once, there are {', '.join(names)}"
    yield from _range_problems(args)


def _range_problems(args: NetworkArgs) -> Iterator[tuple[str, str]]:
    network = IPv4Network(args["cidr"])
    ranges = {key: IPv4Network(subnet["cidr"]) for key, subnet in args["subnets"].items()}
    for position, (key, own) in enumerate(ranges.items()):
        if not own.subnet_of(network):
            yield f"subnets.{key}.cidr", f"{own} must lie in the network ({network})"
        for other, taken in list(ranges.items())[:position]:
            if own.overlaps(taken):
                yield f"subnets.{key}.cidr", f"{own} must not overlap that of {other} ({taken})"


class Network(pulumi.ComponentResource):
    """A VNet with its subnets, written one after another, and one way out with stable addresses."""

    vnet_id: pulumi.Output[str]
    """Identifier of the VNet."""
    cidr: pulumi.Output[str]
    """Range of the VNet."""
    subnet_ids: Mapping[str, pulumi.Output[str]]
    """Name to identifier of each subnet."""
    egress_range: pulumi.Output[str] | None
    """Public range from which all egress comes, None without a way out."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Network", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix = name
        child = pulumi.ResourceOptions(parent=self)

        self.vnet = azure.network.VirtualNetwork(
            f"{name}-vnet",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args["cidr"]]),
            tags=args.get("tags"),
            # Subnets are resources of their own; the list that Azure shows here is theirs.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnets"]),
        )
        self.egress_prefix, self.nat_gateway = self._egress(args)
        self.subnets = self._subnets(args)
        self.flow_logs = self._flow_logs(args)
        if (diagnostics := args.get("diagnostics")) is not None:
            diagnose(f"{name}-vnet", self.vnet.id, diagnostics, opts=child)
            if self.egress_prefix is not None:
                diagnose(f"{name}-egress", self.egress_prefix.id, diagnostics, opts=child)

        self.vnet_id = self.vnet.id
        self.cidr = pulumi.Output.from_input(args["cidr"])
        self.subnet_ids = {key: subnet.id for key, subnet in self.subnets.items()}
        self.egress_range = self.egress_prefix.ip_prefix if self.egress_prefix else None
        self.outputs = NetworkOutputs(
            id=self.vnet_id,
            cidr=self.cidr,
            public_subnet_ids=self._ids("entry"),
            private_subnet_ids=self._ids("nodes"),
            data_subnet_ids=self._ids("data"),
        )
        self.register_outputs(
            {
                "vnet_id": self.vnet_id,
                "cidr": self.cidr,
                "subnet_ids": self.subnet_ids,
                "egress_range": self.egress_range,
            }
        )

    def _ids(self, subnet: str) -> list[pulumi.Output[str]]:
        return [self.subnet_ids[subnet]] if subnet in self.subnet_ids else []

    def _egress(self, args: NetworkArgs) -> tuple[azure.network.PublicIPPrefix | None, azure.network.NatGateway | None]:
        """Make the NAT gateway and its public prefix where a subnet asks for them."""
        if not any(subnet.get("nat") for subnet in args["subnets"].values()):
            return None, None
        child, tags = pulumi.ResourceOptions(parent=self), args.get("tags")
        prefix = azure.network.PublicIPPrefix(
            f"{self._prefix}-egress",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.network.PublicIPPrefixSkuArgs(name="Standard", tier="Regional"),
            prefix_length=args.get("egress_prefix_length", 31),
            public_ip_address_version="IPv4",
            zones=list(args.get("egress_zones", ())) or None,
            tags=tags,
            opts=child,
        )
        gateway = azure.network.NatGateway(
            f"{self._prefix}-nat",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            # Without a zone, Azure chooses one: the Standard tier is never in several.
            sku=azure.network.NatGatewaySkuArgs(name="Standard"),
            public_ip_prefixes=[azure.network.SubResourceArgs(id=prefix.id)],
            tags=tags,
            opts=child,
        )
        return prefix, gateway

    def _subnets(self, args: NetworkArgs) -> dict[str, azure.network.Subnet]:
        """Make the subnets, each after the one before: Azure takes one write to a VNet at a time."""
        subnets: dict[str, azure.network.Subnet] = {}
        for key, subnet in args["subnets"].items():
            before = list(subnets.values())[-1:]
            subnets[key] = azure.network.Subnet(
                f"{self._prefix}-{key.replace('_', '-')}",
                resource_group_name=args["resource_group_name"],
                virtual_network_name=self.vnet.name,
                subnet_name=subnet.get("name", key),
                address_prefix=subnet["cidr"],
                default_outbound_access=False,
                network_security_group=_group(subnet),
                nat_gateway=(
                    azure.network.SubResourceArgs(id=self.nat_gateway.id)
                    if self.nat_gateway and subnet.get("nat")
                    else None
                ),
                delegations=_delegations(subnet),
                private_endpoint_network_policies=(
                    "NetworkSecurityGroupEnabled" if subnet.get("judge_endpoints") else "Disabled"
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=before),
            )
        return subnets

    def _flow_logs(self, args: NetworkArgs) -> FlowLogs | None:
        if not args.get("flow_logs", True) or "subscription_id" not in args:
            return None
        return FlowLogs(
            f"{self._prefix}-flow-logs",
            {
                "resource_group_name": args["resource_group_name"],
                "location": args["location"],
                "subscription_id": args["subscription_id"],
                "network_id": self.vnet.id,
                "retention_days": args.get("flow_log_retention_days", 30),
                "tags": args.get("tags") or {},
            },
            pulumi.ResourceOptions(parent=self),
        )


def _group(subnet: SubnetArgs) -> azure.network.NetworkSecurityGroupArgs | None:
    if "network_security_group_id" not in subnet:
        return None
    return azure.network.NetworkSecurityGroupArgs(id=subnet["network_security_group_id"])


def _delegations(subnet: SubnetArgs) -> list[azure.network.DelegationArgs] | None:
    if "delegation" not in subnet:
        return None
    return [azure.network.DelegationArgs(name="service", service_name=subnet["delegation"])]
