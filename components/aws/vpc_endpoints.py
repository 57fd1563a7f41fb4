"""Endpoints inside the network for AWS's own services."""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags, named
from components.common import refuse


class VpcEndpointsArgs(TypedDict):
    """Arguments of `VpcEndpoints`."""

    region: pulumi.Input[str]
    """Region of the services."""
    vpc_id: pulumi.Input[str]
    """The network."""
    vpc_cidr: pulumi.Input[str]
    """Range of the network."""
    subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Subnets of interface endpoints, one per zone."""
    route_table_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Route tables that gateway endpoints are added to."""
    gateway_services: NotRequired[Sequence[str]]
    """Services reached by gateway endpoints (`s3`, `dynamodb`); none by default."""
    interface_services: NotRequired[Sequence[str]]
    """Services reached by interface endpoints, by their short names such as `ecr.api`; none by default."""
    security_group_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """Security groups of interface endpoints; one that lets the network's own range in by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: VpcEndpointsArgs) -> Iterator[tuple[str, str]]:
    if args.get("interface_services") and not args.get("subnet_ids"):
        yield "subnet_ids", "interface endpoints stand in subnets: give one per zone"
    if args.get("gateway_services") and not args.get("route_table_ids"):
        yield "route_table_ids", "gateway endpoints are routes: give the route tables that they are added to"


class VpcEndpoints(pulumi.ComponentResource):
    """Gateway endpoints on route tables, and interface endpoints with private DNS behind a security group."""

    def __init__(self, name: str, args: VpcEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:VpcEndpoints", name, {**args}, opts)
        refuse(name, _problems(args))
        tags = args.get("tags")
        child = pulumi.ResourceOptions(parent=self)
        interface_services = args.get("interface_services", ())

        self.gateways = {
            service: aws.ec2.VpcEndpoint(
                f"{name}-{service}",
                vpc_id=args["vpc_id"],
                service_name=pulumi.Output.format("com.amazonaws.{0}.{1}", args["region"], service),
                vpc_endpoint_type="Gateway",
                route_table_ids=args.get("route_table_ids"),
                tags=named(tags, f"{name}-{service}"),
                opts=child,
            )
            for service in args.get("gateway_services", ())
        }
        groups = args.get("security_group_ids")
        self.security_group = self._security_group(name, args) if interface_services and groups is None else None
        self.interfaces = {
            service: aws.ec2.VpcEndpoint(
                f"{name}-{service}",
                vpc_id=args["vpc_id"],
                service_name=pulumi.Output.format("com.amazonaws.{0}.{1}", args["region"], service),
                vpc_endpoint_type="Interface",
                subnet_ids=args.get("subnet_ids"),
                security_group_ids=[self.security_group.id] if self.security_group else groups,
                private_dns_enabled=True,
                tags=named(tags, f"{name}-{service}"),
                # Only one endpoint of a network may hold a service's private DNS name.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            for service in interface_services
        }
        self.register_outputs({"security_group_id": self.security_group.id if self.security_group else None})

    def _security_group(self, name: str, args: VpcEndpointsArgs) -> aws.ec2.SecurityGroup:
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args["vpc_id"],
            description="Interface endpoints of AWS services",
            tags=named(args.get("tags"), name),
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-https",
            security_group_id=group.id,
            cidr_ipv4=args["vpc_cidr"],
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="AWS services from inside the network",
            tags=args.get("tags"),
            opts=child,
        )
        return group
