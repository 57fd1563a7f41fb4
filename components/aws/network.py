"""The network of the platform on AWS: VPC, subnets, egress, endpoints and flow logs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.flow_logs import FlowLogs, FlowLogsArgs
from components.aws.tags import Tags, named
from components.aws.vpc_endpoints import VpcEndpoints
from components.common import refuse
from components.outputs import NetworkOutputs

NAT_MODES = ("none", "single", "per-zone")


class SubnetArgs(TypedDict):
    """One subnet."""

    zone: str
    """Availability zone by name, such as `eu-west-1a`; names the subnet, so that adding a zone moves no other."""
    cidr: pulumi.Input[str]
    """Range of the subnet, inside that of the network."""


class NetworkArgs(TypedDict):
    """Arguments of `Network`."""

    region: pulumi.Input[str]
    """Region of the network; endpoints are named after it."""
    cidr: pulumi.Input[str]
    """Private IPv4 range of the network, /16 to /28."""
    public_subnets: NotRequired[Sequence[SubnetArgs]]
    """Subnets with a route to the internet, one per zone, for internet-facing load balancers and NAT; none by default, and then no internet gateway."""
    private_subnets: Sequence[SubnetArgs]
    """Subnets of nodes and pods, one per zone."""
    data_subnets: Sequence[SubnetArgs]
    """Subnets of the stores, one per zone; they have no route to the internet unless `data_egress` is on."""
    data_egress: NotRequired[bool]
    """Whether the data subnets have a route to the NAT gateway, for stores that install their own packages; default false."""
    private_data_subnets: NotRequired[Sequence[SubnetArgs]]
    """Subnets of the stores of a second, private deployment, one per zone, with the routes of `data_subnets`; none by default."""
    nat: NotRequired[str]
    """Egress of private subnets: `none`, one gateway for all zones (`single`, the default where there are public subnets), or `per-zone`."""
    gateway_endpoints: NotRequired[Sequence[str]]
    """Services reached by gateway endpoints (`s3`, `dynamodb`), free of charge; default `s3`."""
    interface_endpoints: NotRequired[Sequence[str]]
    """Services reached by interface endpoints in the private subnets, by their short names such as `ecr.api`; none by default. Where a security
    group made elsewhere must guard them, make them with `VpcEndpoints` instead."""
    flow_logs: NotRequired[bool]
    """Whether accepted and rejected connections are recorded in CloudWatch; default true."""
    flow_log_retention_days: NotRequired[pulumi.Input[int]]
    """How long flow logs are kept, in days, one of CloudWatch's periods; default 30."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the flow logs, which must allow CloudWatch Logs; CloudWatch's own key by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: NetworkArgs) -> Iterator[tuple[str, str]]:
    public = {subnet["zone"] for subnet in args.get("public_subnets", ())}
    private = {subnet["zone"] for subnet in args["private_subnets"]}
    nat = args.get("nat")
    if nat is not None and nat not in NAT_MODES:
        yield "nat", f"'{nat}' is no egress mode: one of {', '.join(NAT_MODES)}"
    elif args.get("data_egress") and nat == "none":
        yield "data_egress", "there is no NAT gateway that it could lead to: use nat 'single' or 'per-zone'"
    elif nat == "single" and not public:
        yield "nat", "a NAT gateway stands in a public subnet: give public_subnets, or nat 'none'"
    elif nat == "per-zone" and private - public:
        missing = ", ".join(sorted(private - public))
        yield "nat", f"'per-zone' needs a public subnet in every zone; missing in {missing}: add them, or use 'single'"
    for kind, subnets in (
        ("public_subnets", args.get("public_subnets", ())),
        ("private_subnets", args["private_subnets"]),
        ("data_subnets", args["data_subnets"]),
        ("private_data_subnets", args.get("private_data_subnets", ())),
    ):
        zones = [subnet["zone"] for subnet in subnets]
        if len(set(zones)) < len(zones):
            yield kind, f"a zone may occur once, there are {', '.join(zones)}: give one subnet per zone"


class Network(pulumi.ComponentResource):
    """A VPC with public, private and data subnets over the zones, one route table for each duty, and its egress."""

    vpc_id: pulumi.Output[str]
    """Identifier of the VPC."""
    cidr: pulumi.Output[str]
    """Range of the VPC."""
    public_subnet_ids: Sequence[pulumi.Output[str]]
    """Public subnets, in the order of the arguments."""
    private_subnet_ids: Sequence[pulumi.Output[str]]
    """Private subnets, in the order of the arguments."""
    data_subnet_ids: Sequence[pulumi.Output[str]]
    """Data subnets, in the order of the arguments."""
    private_data_subnet_ids: Sequence[pulumi.Output[str]]
    """Subnets of the private deployment's stores, in the order of the arguments."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Network", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix = name
        self._tags = args.get("tags")
        self._child = pulumi.ResourceOptions(parent=self)
        self.associations: dict[str, aws.ec2.RouteTableAssociation] = {}
        self.routes: dict[str, aws.ec2.Route] = {}

        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args["cidr"],
            enable_dns_support=True,
            enable_dns_hostnames=True,  # the cluster's private endpoint and private DNS of endpoints need both
            tags=named(self._tags, name),
            opts=self._child,
        )
        # Adopted without rules, so that what forgets to name a security group can reach nothing.
        self.default_security_group = aws.ec2.DefaultSecurityGroup(
            f"{name}-default-group", vpc_id=self.vpc.id, tags=named(self._tags, f"{name}-unused"), opts=self._child
        )
        self.public_subnets = self._subnets("public", args.get("public_subnets", ()), {"kubernetes.io/role/elb": "1"})
        self.private_subnets = self._subnets(
            "private", args["private_subnets"], {"kubernetes.io/role/internal-elb": "1"}
        )
        self.data_subnets = self._subnets("data", args["data_subnets"], {})
        self.private_data_subnets = self._subnets("private-data", args.get("private_data_subnets", ()), {})

        self.internet_gateway, self.public_route_table = self._public_routing()
        self.private_route_tables = self._private_route_tables()
        self.data_route_table = self._route_table("data", self.data_subnets)
        self._associate("private-data", self.data_route_table, self.private_data_subnets)
        self.elastic_ips, self.nat_gateways = self._egress(args.get("nat", "single" if self.public_subnets else "none"))
        if args.get("data_egress") and self.nat_gateways:
            self.routes["data"] = aws.ec2.Route(
                f"{name}-data-nat",
                route_table_id=self.data_route_table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=next(iter(self.nat_gateways.values())).id,
                opts=self._child,
            )
        self.endpoints = self._endpoints(args)
        self.flow_logs = self._flow_logs(args)

        self.vpc_id = self.vpc.id
        self.cidr = self.vpc.cidr_block
        self.public_subnet_ids = [self._routed("public", zone, "public") for zone in self.public_subnets]
        self.private_subnet_ids = [self._routed("private", zone, zone) for zone in self.private_subnets]
        self.data_subnet_ids = [
            self._routed("data", zone, "data") if "data" in self.routes else subnet.id
            for zone, subnet in self.data_subnets.items()
        ]
        self.private_data_subnet_ids = [subnet.id for subnet in self.private_data_subnets.values()]
        self.outputs = NetworkOutputs(
            id=self.vpc_id,
            cidr=self.cidr,
            public_subnet_ids=list(self.public_subnet_ids),
            private_subnet_ids=list(self.private_subnet_ids),
            data_subnet_ids=list(self.data_subnet_ids),
        )
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "cidr": self.cidr,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "data_subnet_ids": self.data_subnet_ids,
                "private_data_subnet_ids": self.private_data_subnet_ids,
            }
        )

    def _subnets(self, kind: str, subnets: Sequence[SubnetArgs], role: Tags) -> dict[str, aws.ec2.Subnet]:
        return {
            subnet["zone"]: aws.ec2.Subnet(
                f"{self._prefix}-{kind}-{subnet['zone']}",
                vpc_id=self.vpc.id,
                cidr_block=subnet["cidr"],
                availability_zone=subnet["zone"],
                map_public_ip_on_launch=False,  # load balancers and NAT bring their own; no machine stands here
                tags={**named(self._tags, f"{self._prefix}-{kind}-{subnet['zone']}"), **role},
                opts=self._child,
            )
            for subnet in subnets
        }

    def _route_table(self, part: str, subnets: Mapping[str, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        """Make one route table for subnets of several zones."""
        table = aws.ec2.RouteTable(
            f"{self._prefix}-routes-{part}",
            vpc_id=self.vpc.id,
            tags=named(self._tags, f"{self._prefix}-{part}"),
            opts=self._child,
        )
        self._associate(part.split("-", 1)[0], table, subnets)
        return table

    def _associate(self, kind: str, table: aws.ec2.RouteTable, subnets: Mapping[str, aws.ec2.Subnet]) -> None:
        for zone, subnet in subnets.items():
            self.associations[f"{kind}-{zone}"] = aws.ec2.RouteTableAssociation(
                f"{self._prefix}-{kind}-{zone}-association",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child,
            )

    def _routed(self, kind: str, zone: str, route: str) -> pulumi.Output[str]:
        """Return a subnet's id that is known once its way out is there, so that what stands in it comes later and goes earlier."""
        tiers = {"public": self.public_subnets, "private": self.private_subnets, "data": self.data_subnets}
        subnet = tiers[kind][zone]
        way = [self.routes[route].id] if route in self.routes else []
        return pulumi.Output.all(subnet.id, self.associations[f"{kind}-{zone}"].id, *way).apply(lambda ids: ids[0])

    def _public_routing(self) -> tuple[aws.ec2.InternetGateway | None, aws.ec2.RouteTable | None]:
        if not self.public_subnets:
            return None, None
        gateway = aws.ec2.InternetGateway(
            f"{self._prefix}-internet", vpc_id=self.vpc.id, tags=named(self._tags, self._prefix), opts=self._child
        )
        table = self._route_table("public", self.public_subnets)
        self.routes["public"] = aws.ec2.Route(
            f"{self._prefix}-public-internet",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child,
        )
        return gateway, table

    def _private_route_tables(self) -> dict[str, aws.ec2.RouteTable]:
        """One table a zone in every mode, so that going from one NAT gateway to one per zone changes routes only."""
        return {
            zone: self._route_table(f"private-{zone}", {zone: subnet}) for zone, subnet in self.private_subnets.items()
        }

    def _egress(self, mode: str) -> tuple[dict[str, aws.ec2.Eip], dict[str, aws.ec2.NatGateway]]:
        zones = {"none": [], "single": list(self.public_subnets)[:1], "per-zone": list(self.private_subnets)}[mode]
        addresses: dict[str, aws.ec2.Eip] = {}
        gateways: dict[str, aws.ec2.NatGateway] = {}
        for zone in zones:
            part = f"{self._prefix}-nat-{zone}"
            addresses[zone] = aws.ec2.Eip(
                f"{part}-address", domain="vpc", tags=named(self._tags, part), opts=self._child
            )
            gateways[zone] = aws.ec2.NatGateway(
                part,
                allocation_id=addresses[zone].allocation_id,
                subnet_id=self.public_subnets[zone].id,
                tags=named(self._tags, part),
                # A NAT gateway works only once its VPC has an internet gateway, which no input of it names.
                opts=pulumi.ResourceOptions(parent=self, depends_on=self.internet_gateway),
            )
        if gateways:
            for zone, table in self.private_route_tables.items():
                self.routes[zone] = aws.ec2.Route(
                    f"{self._prefix}-private-{zone}-nat",
                    route_table_id=table.id,
                    destination_cidr_block="0.0.0.0/0",
                    nat_gateway_id=gateways.get(zone, next(iter(gateways.values()))).id,
                    opts=self._child,
                )
        return addresses, gateways

    def _endpoints(self, args: NetworkArgs) -> VpcEndpoints:
        return VpcEndpoints(
            f"{self._prefix}-endpoints",
            {
                "region": args["region"],
                "vpc_id": self.vpc.id,
                "vpc_cidr": self.vpc.cidr_block,
                "subnet_ids": [subnet.id for subnet in self.private_subnets.values()],
                "route_table_ids": [
                    *(table.id for table in self.private_route_tables.values()),
                    self.data_route_table.id,
                ],
                "gateway_services": args.get("gateway_endpoints", ("s3",)),
                "interface_services": args.get("interface_endpoints", ()),
                "tags": self._tags or {},
            },
            self._child,
        )

    def _flow_logs(self, args: NetworkArgs) -> FlowLogs | None:
        if not args.get("flow_logs", True):
            return None
        flow_log_args: FlowLogsArgs = {
            "vpc_id": self.vpc.id,
            "account_id": self.vpc.owner_id,
            "retention_days": args.get("flow_log_retention_days", 30),
            "tags": self._tags or {},
        }
        if (key := args.get("key_arn")) is not None:
            flow_log_args["key_arn"] = key
        return FlowLogs(f"{self._prefix}-flow-logs", flow_log_args, self._child)
