"""VPCs and subnets."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import (
    check_range,
    has_host_bits,
    inside,
    network,
    networks_of,
    overlaps,
)
from apim_infra.rehearsal.twins.aws.regions import zones_of
from apim_infra.rehearsal.twins.aws.table import Companion, Quota, Reference, ResourceType, Rule
from apim_infra.rehearsal.twins.cloud.world import Thing

QUOTAS = "Amazon VPC user guide, quotas, 2026"
API = "EC2 API reference, 2026; texts as seen in public deployment logs"
MOST_RANGES = 5
"""IPv4 ranges of a VPC, its own included, by default."""
RESTRICTED_WITH = {
    "10.0.0.0/8": ("172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"),
    "172.16.0.0/12": ("10.0.0.0/8", "192.168.0.0/16", "198.19.0.0/16"),
    "192.168.0.0/16": ("10.0.0.0/8", "172.16.0.0/12", "198.19.0.0/16"),
}
"""Ranges that cannot be added to a VPC whose own range lies in the first (VPC user guide, CIDR block association restrictions)."""


def in_vpc(code: str = "InvalidVpcID.NotFound", *, holds: bool = True, path: str = "vpcId") -> Reference:
    """Make the reference of an input that names a VPC."""
    return Reference(path, tokens.VPC, code, message="The vpc ID '{value}' does not exist", holds=holds)


def size_between(path: str, code: str, low: int = 16, high: int = 28) -> Rule:
    """Make a rule: the range at a path is a range of an allowed size."""

    def rule(context: Context) -> Iterator[Problem]:
        yield from check_range(context, path)
        for text in context.get(path):
            found = network(str(text))
            if found is not None and not low <= found.prefixlen <= high:
                yield context.problem(
                    code, f"The CIDR '{text}' is invalid.", path, f"use a range between /{low} and /{high}"
                )

    return rule


def _vpc_outputs(context: Context) -> Mapping[str, Any]:
    inputs = context.inputs
    table = f"rtb-{context.hexadecimal(17, f'{context.id}/route-table')}"
    ipv6 = inputs.get("ipv6CidrBlock") or (
        f"2600:1f18:{context.hexadecimal(4, 'ipv6')}:{context.hexadecimal(2, 'ipv6-2')}00::/56"
        if inputs.get("assignGeneratedIpv6CidrBlock")
        else ""
    )
    return {
        "ownerId": context.account,
        "defaultSecurityGroupId": f"sg-{context.hexadecimal(17, f'{context.id}/security-group')}",
        "defaultRouteTableId": table,
        "mainRouteTableId": table,
        "defaultNetworkAclId": f"acl-{context.hexadecimal(17, f'{context.id}/network-acl')}",
        "dhcpOptionsId": f"dopt-{context.hexadecimal(17, 'dhcp-options')}",
        "enableDnsSupport": inputs.get("enableDnsSupport", True),
        "enableDnsHostnames": inputs.get("enableDnsHostnames", False),
        "enableNetworkAddressUsageMetrics": inputs.get("enableNetworkAddressUsageMetrics", False),
        "instanceTenancy": inputs.get("instanceTenancy", "default"),
        "ipv6CidrBlock": ipv6,
        "ipv6AssociationId": f"vpc-cidr-assoc-{context.hexadecimal(17, 'ipv6-association')}" if ipv6 else "",
    }


def _vpc_companions(context: Context) -> Iterator[Companion]:
    outputs = context.outputs
    arn = f"arn:aws:ec2:{context.region}:{context.account}"
    group = outputs["defaultSecurityGroupId"]
    yield Companion(
        tokens.SECURITY_GROUP,
        group,
        {"vpcId": context.id, "name": "default", "arn": f"{arn}:security-group/{group}", "default": True},
    )
    yield Companion(tokens.ROUTE_TABLE, outputs["defaultRouteTableId"], {"vpcId": context.id, "main": True})
    yield Companion(tokens.NETWORK_ACL, outputs["defaultNetworkAclId"], {"vpcId": context.id, "default": True})


def _vpc_needs_range(context: Context) -> Iterator[Problem]:
    if not context.inputs.get("cidrBlock") and not context.inputs.get("ipv4IpamPoolId"):
        yield context.problem(
            "MissingParameter",
            "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
            "cidrBlock",
            "set cidrBlock",
        )


def _dns_hostnames_need_support(context: Context) -> Iterator[Problem]:
    if context.inputs.get("enableDnsHostnames") and context.inputs.get("enableDnsSupport") is False:
        yield context.problem(
            "InvalidParameterValue",
            "DNS hostnames cannot be enabled while DNS support is disabled.",
            "enableDnsHostnames",
            "leave enableDnsSupport at true",
        )


def _added_range(context: Context) -> Iterator[Problem]:
    vpc = context.find(tokens.VPC, context.value("vpcId"))
    found = network(str(context.value("cidrBlock", "")))
    if vpc is None or found is None:
        return
    there = networks_of(context.world, vpc)
    others = [other for other in there if context.old is None or other != found]
    for other in others:
        if overlaps(found, other):
            message = f"The CIDR '{found}' conflicts with another CIDR of the VPC, {other}"
            yield context.problem(
                "InvalidVpc.Range", message, "cidrBlock", "choose a range that overlaps none of the VPC"
            )
    if len(others) >= MOST_RANGES:
        message = f"This network '{vpc.id}' has met its maximum number of allowed CIDRs: {MOST_RANGES}"
        yield context.problem("CidrLimitExceeded", message, "vpcId", "ask AWS to raise the quota", QUOTAS)
    own = there[0] if there else None
    for base, restricted in RESTRICTED_WITH.items():
        if own and inside(own, ip_network(base)) and any(overlaps(found, ip_network(text)) for text in restricted):
            message = f"The CIDR '{found}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR"
            yield context.problem(
                "InvalidVpc.Range", message, "cidrBlock", "use 100.64.0.0/10 or the VPC's own private range"
            )


def _range_in_use(context: Context) -> Iterator[Problem]:
    own = network(str(context.inputs.get("cidrBlock")))
    for subnet in context.all(tokens.SUBNET, vpcId=context.inputs.get("vpcId")):
        found = network(str(subnet["cidrBlock"]))
        if own and found and inside(found, own):
            message = f"The vpc CIDR block {own} has dependencies and cannot be disassociated: subnet {subnet.id}"
            yield context.problem("DependencyViolation", message, hint="delete the subnets of the range first")
            return


def _subnet_range(context: Context) -> Iterator[Problem]:
    """Refuse a subnet outside of its VPC's ranges, and one that overlaps another."""
    text = context.value("cidrBlock")
    if text is None:
        if not (
            context.inputs.get("ipv4IpamPoolId") or context.inputs.get("ipv6Native") or context.inputs.get("cidrBlock")
        ):
            yield context.problem(
                "MissingParameter",
                "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
                "cidrBlock",
                "set cidrBlock",
            )
        return
    found = network(str(text))
    vpc = context.find(tokens.VPC, context.value("vpcId"))
    if found is None or vpc is None or has_host_bits(str(text)):
        return
    ranges = networks_of(context.world, vpc)
    if ranges and not any(inside(found, outer) for outer in ranges):
        listed = ", ".join(map(str, ranges))
        yield context.problem(
            "InvalidSubnet.Range", f"The CIDR '{text}' is invalid.", "cidrBlock", f"choose a range inside {listed}"
        )
    for other in context.world.matching(tokens.SUBNET, vpc.id, "vpcId"):
        theirs = network(str(other["cidrBlock"]))
        if other.id != context.id and isinstance(theirs, IPv4Network) and overlaps(found, theirs):
            message = f"The CIDR '{text}' conflicts with another subnet"
            hint = f"it overlaps {theirs} of {other.id}" + (
                " (the subnet that this one replaces: give it another range or delete it first)"
                if other.urn == context.urn
                else ""
            )
            yield context.problem("InvalidSubnet.Conflict", message, "cidrBlock", hint)
            break


def _subnet_zone(context: Context) -> Iterator[Problem]:
    zones = zones_of(context.region)
    for path, known in (("availabilityZone", list(zones)), ("availabilityZoneId", list(zones.values()))):
        for value in context.get(path):
            if value not in known:
                message = f"Value ({value}) for parameter {path} is invalid. Subnets can currently only be created in: {', '.join(sorted(known))}."
                yield context.problem("InvalidParameterValue", message, path, f"use one of {', '.join(sorted(known))}")


def _subnet_public_hostname(context: Context) -> Iterator[Problem]:
    for text in context.get("ipv6CidrBlock"):
        found = network(str(text))
        if found is None or found.version != 6 or found.prefixlen != 64:
            yield context.problem(
                "InvalidParameterValue",
                f"invalid value for parameter ipv6CidrBlock: {text}",
                "ipv6CidrBlock",
                "use a /64",
            )


def _subnet_outputs(context: Context) -> Mapping[str, Any]:
    zones = zones_of(context.region)
    zone_id = context.inputs.get("availabilityZoneId")
    named = next((name for name, id_ in zones.items() if id_ == zone_id), None)
    zone = context.inputs.get("availabilityZone") or named or min(zones, default=f"{context.region}a")
    return {
        "availabilityZone": zone,
        "availabilityZoneId": zones.get(zone, ""),
        "ownerId": context.account,
        "mapPublicIpOnLaunch": context.inputs.get("mapPublicIpOnLaunch", False),
        "assignIpv6AddressOnCreation": context.inputs.get("assignIpv6AddressOnCreation", False),
        "enableDns64": context.inputs.get("enableDns64", False),
        "privateDnsHostnameTypeOnLaunch": context.inputs.get("privateDnsHostnameTypeOnLaunch", "ip-name"),
    }


def zone_of(subnet: Thing) -> str:
    """Return the availability zone of a subnet."""
    return str(subnet["availabilityZone"] or "")


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.VPC,
        kind="vpc",
        identifier="vpc-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:vpc/{id}",
        create_only=frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}),
        conflicts=(("cidrBlock", "ipv4NetmaskLength"), ("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId")),
        cloudformation="AWS::EC2::VPC",
        rules=(_vpc_needs_range, size_between("cidrBlock", "InvalidVpc.Range"), _dns_hostnames_need_support),
        outputs=_vpc_outputs,
        companions=_vpc_companions,
        quota=Quota(5, ("region",), "VpcLimitExceeded"),
        failure=Problem(
            "VpcLimitExceeded",
            "The maximum number of VPCs has been reached.",
            hint="delete unused VPCs, or ask AWS for more",
            source=QUOTAS,
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.VPC_RANGE,
        kind="vpc CIDR block association",
        identifier="vpc-cidr-assoc-{hex17}",
        references=(in_vpc(),),
        create_only=frozenset({"vpcId", "cidrBlock"}),
        required=("cidrBlock",),
        cloudformation="AWS::EC2::VPCCidrBlock",
        rules=(size_between("cidrBlock", "InvalidVpc.Range"), _added_range),
        delete_rules=(_range_in_use,),
        source=API,
    ),
    ResourceType(
        token=tokens.SUBNET,
        kind="subnet",
        identifier="subnet-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:subnet/{id}",
        references=(in_vpc(),),
        conflicts=(("availabilityZone", "availabilityZoneId"), ("cidrBlock", "ipv4IpamPoolId")),
        enums={"privateDnsHostnameTypeOnLaunch": ("ip-name", "resource-name")},
        cloudformation="AWS::EC2::Subnet",
        in_place=frozenset({"ipv6Native"}),
        rules=(size_between("cidrBlock", "InvalidSubnet.Range"), _subnet_range, _subnet_zone, _subnet_public_hostname),
        outputs=_subnet_outputs,
        quota=Quota(200, ("vpcId",), "SubnetLimitExceeded"),
        source=API,
    ),
)
