"""Rules of VPC endpoints beside those of their inputs: names that clash, kinds of addresses, and what each kind can be joined to."""

from collections.abc import Callable, Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import mappings

GUIDE = "AWS PrivateLink guide, 2025"
NAMES = {"ecr.api": "api.ecr", "ecr.dkr": "dkr.ecr"}
"""Private names of services that are not called like their endpoint (AWS PrivateLink guide; ECR user guide)."""


def _short(context: Context) -> str:
    return str(context.value("serviceName", "")).removeprefix(f"com.amazonaws.{context.region}.")


def clashing_zone(context: Context) -> Iterator[Problem]:
    """Refuse private DNS where a private zone of the network serves the name already."""
    if not context.value("privateDnsEnabled"):
        return
    short = _short(context)
    name = f"{NAMES.get(short, short)}.{context.region}.amazonaws.com"
    for zone in context.world.all(tokens.ZONE, "global"):
        networks = [vpc.get("vpcId") for vpc in mappings(zone.inputs.get("vpcs"))]
        if str(zone["name"]).rstrip(".") == name and context.value("vpcId") in networks:
            message = f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {context.value('vpcId')}"
            hint = f"Remove the zone {zone.id}, or leave privateDnsEnabled out and keep the zone."
            yield context.problem("InvalidParameter", message, "privateDnsEnabled", hint, GUIDE)


def names_of_s3(context: Context) -> Iterator[Problem]:
    """Hold private DNS for resolvers alone to S3's own condition: a gateway endpoint beside the interface endpoint."""
    only = context.value("dnsOptions.privateDnsOnlyForInboundResolverEndpoint")
    if not only or not context.value("privateDnsEnabled"):
        return
    vpc = context.value("vpcId")
    gateways = context.all(tokens.VPC_ENDPOINT, vpcId=vpc, serviceName=context.value("serviceName"))
    if not any(each["vpcEndpointType"] == "Gateway" for each in gateways):
        message = f"To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {vpc} must have a Gateway endpoint for the service."
        path = "dnsOptions.privateDnsOnlyForInboundResolverEndpoint"
        yield context.problem(
            "InvalidParameter", message, path, "Make the gateway endpoint first, or set it to false.", GUIDE
        )


def kinds_of_addresses(context: Context) -> Iterator[Problem]:
    """Hold the kind of addresses to what the subnets have, and options of names to endpoints that have names."""
    if context.inputs.get("vpcEndpointType", "Gateway") == "Gateway":
        if context.inputs.get("dnsOptions"):
            message = "DnsOptions cannot be specified for an endpoint of type Gateway"
            yield context.problem("InvalidParameter", message, "dnsOptions", "Leave it out.", GUIDE)
        return
    wanted = context.value("ipAddressType", "ipv4")
    for subnet_id in context.get("subnetIds[*]"):
        subnet = context.find(tokens.SUBNET, subnet_id)
        if wanted in ("ipv6", "dualstack") and subnet and not subnet.assumed and not subnet.inputs.get("ipv6CidrBlock"):
            message = f"The specified IP address type {wanted} is not compatible with the subnet {subnet_id}"
            yield context.problem(
                "InvalidParameter", message, "ipAddressType", "Use ipv4, or subnets with IPv6.", GUIDE
            )


def one_route_a_service(context: Context) -> Iterator[Problem]:
    """Refuse a second gateway endpoint of one service in a route table."""
    if context.inputs.get("vpcEndpointType", "Gateway") != "Gateway":
        return
    others = list(context.all(tokens.VPC_ENDPOINT, serviceName=context.value("serviceName")))
    for table in context.get("routeTableIds[*]"):
        for other in others:
            if table in (other.inputs.get("routeTableIds") or ()):
                message = (
                    f"route table {table} already has a route with destination-prefix-list-id {other['prefixListId']}"
                )
                hint = f"{other.id} is there already: one gateway endpoint of a service in a route table."
                yield context.problem("RouteAlreadyExists", message, "routeTableIds", hint, GUIDE)


def joined_to(kind: str, path: str) -> Callable[[Context], Iterator[Problem]]:
    """Make a rule: only an endpoint of this kind is joined to what the association names."""

    def rule(context: Context) -> Iterator[Problem]:
        endpoint = context.find(tokens.VPC_ENDPOINT, context.value("vpcEndpointId"))
        if endpoint and not endpoint.assumed and endpoint["vpcEndpointType"] != kind:
            message = f"{path} cannot be specified for an endpoint of type {endpoint['vpcEndpointType']}"
            yield context.problem(
                "InvalidParameter", message, "vpcEndpointId", f"Use an endpoint of type {kind}.", GUIDE
            )

    return rule
