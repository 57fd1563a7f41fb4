"""Load balancers."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    before,
    free_addresses,
    groups_in_vpc,
    located,
    repeated,
    subnets,
    vpcs,
    zones,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "Elastic Load Balancing v2 API model, botocore 1.44.5"
INVALID = "ValidationError"
CONFIGURATION = "InvalidConfigurationRequest"
NAME = r"(?!internal-)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
GATEWAYS = ("aws:ec2/internetGateway:InternetGateway", "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment")
WAYS = {"application": "app", "network": "net", "gateway": "gwy"}


def kind_of(context: Context) -> str:
    """Return the type of a load balancer."""
    return str(context.value("loadBalancerType", "application"))


def subnet_ids(context: Context) -> list[Any]:
    """Return the subnets of a load balancer, whichever way they are given."""
    return [*context.get("subnets[*]"), *context.get("subnetMappings[*].subnetId")]


def _subnets(context: Context) -> Iterator[Problem]:
    ids = subnet_ids(context)
    things = subnets(context, ids)
    path = "subnets" if context.value("subnets") else "subnetMappings"
    if not ids:
        return
    for zone in repeated(zones(things)):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        yield context.problem(CONFIGURATION, message, path, f"Give one subnet of {zone}.")
    if kind_of(context) == "application" and len(ids) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        yield context.problem(INVALID, message, path, "Add a subnet of another zone.")
    if len(vpcs(things)) > 1:
        message = f"All subnets must belong to the same VPC: {', '.join(vpcs(things))}"
        yield context.problem(CONFIGURATION, message, path, "Give subnets of one VPC.")
    for thing in things:
        if kind_of(context) == "application" and 0 < free_addresses(thing) < 2 ** (32 - 27) - 5:
            message = f"Subnet {thing.id} is smaller than /27, the least for an application load balancer"
            guide = "Application Load Balancer user guide, subnets, 2025"
            yield context.warning("InvalidSubnet", message, path, "Use a larger subnet.", guide)


def _internet(context: Context) -> Iterator[Problem]:
    """Check that the VPC of an internet-facing load balancer has an internet gateway."""
    if context.value("internal", False) or kind_of(context) == "gateway":
        return
    things = subnets(context, subnet_ids(context))
    gateways = [thing for token in GATEWAYS for thing in context.world.all(token, context.region)]
    for vpc_id in vpcs(thing for thing in things if not thing.assumed):
        if not any(gateway.inputs.get("vpcId") == vpc_id for gateway in gateways):
            message = f"VPC {vpc_id} has no internet gateway"
            hint = "Attach an internet gateway, or set internal."
            yield context.problem("InvalidSubnet", message, "internal", hint)


def _security_groups(context: Context) -> Iterator[Problem]:
    if kind_of(context) == "gateway" and context.value("securityGroups"):
        message = "Security groups are not supported for load balancers with type 'gateway'"
        yield context.problem(CONFIGURATION, message, "securityGroups", "Leave them out.")
    changed = bool(before(context, "securityGroups[*]")) != bool(context.get("securityGroups[*]"))
    if kind_of(context) == "network" and context.old is not None and changed:
        message = "Security groups can only be set on a Network Load Balancer that was created with security groups"
        yield context.problem(CONFIGURATION, message, "securityGroups", "Replace the load balancer.")


def _addresses(context: Context) -> Iterator[Problem]:
    for place, mapping in located(context, "subnetMappings[*]"):
        fixed = mapping.get("allocationId")
        if fixed is not None and (kind_of(context) != "network" or context.value("internal", False)):
            message = "Elastic IP addresses can only be given for an internet-facing Network Load Balancer"
            yield context.problem(CONFIGURATION, message, f"{place}.allocationId", "Leave it out.")
        private = mapping.get("privateIpv4Address")
        subnet = context.find(tokens.SUBNET, mapping.get("subnetId"))
        if private is not None and subnet and not _within(private, subnet["cidrBlock"]):
            message = f"The private IPv4 address {private} is not in the range of subnet {subnet.id}"
            yield context.problem(CONFIGURATION, message, f"{place}.privateIpv4Address")


def _within(address: Any, cidr: Any) -> bool:
    try:
        return ipaddress.ip_address(str(address)) in ipaddress.ip_network(str(cidr))
    except ValueError:
        return False


def _logs(context: Context) -> Iterator[Problem]:
    """Check that the buckets of logs exist, and that a policy of theirs lets the service write."""
    for key in ("accessLogs", "connectionLogs", "healthCheckLogs"):
        name = context.value(f"{key}.bucket")
        if name is None or not context.value(f"{key}.enabled", False):
            continue
        bucket = context.find(tokens.BUCKET, name, "bucket")
        path = f"{key}.bucket"
        if bucket is None:
            message = f"S3Bucket {name} does not exist in {context.region}"
            yield context.problem(CONFIGURATION, message, path, "Name a bucket of the same region.")
        elif not bucket.assumed and not _has_policy(context, name):
            message = f"Access Denied for bucket: {name}. Please check S3bucket permission"
            hint = (
                "Give the bucket a policy that lets logdelivery.elasticloadbalancing.amazonaws.com put objects, before."
            )
            yield context.problem(CONFIGURATION, message, path, hint)


def _has_policy(context: Context, bucket: Any) -> bool:
    policies = context.world.all("aws:s3/bucketPolicy:BucketPolicy", context.region)
    return any(policy.inputs.get("bucket") == bucket for policy in policies)


def _protected(context: Context) -> Iterator[Problem]:
    if context.value("enableDeletionProtection", False):
        message = f"Load balancer '{context.id}' cannot be deleted because deletion protection is enabled"
        hint = "Set enableDeletionProtection to false in a deployment before."
        yield context.problem("OperationNotPermitted", message, "enableDeletionProtection", hint)


def _outputs(context: Context) -> Mapping[str, Any]:
    kind, digits = kind_of(context), context.hexadecimal(16, "load balancer")
    internal = context.value("internal", False)
    short = int(context.hexadecimal(8, "dns"), 16) % 10**10
    prefix = "internal-" if internal else ""
    dns = (
        f"{prefix}{context.name}-{short:010d}.{context.region}.elb.amazonaws.com"
        if kind == "application"
        else f"{context.name}-{digits}.elb.{context.region}.amazonaws.com"
    )
    zone = facts("elbv2")["hosted_zones"]["regions"].get(context.region)
    made_up = f"Z{context.hexadecimal(13, 'zone').upper()}"
    found = vpcs(subnets(context, subnet_ids(context)))
    given = subnet_ids(context)
    return {
        "arnSuffix": f"{WAYS.get(kind, 'app')}/{context.name}/{digits}",
        "dnsName": dns,
        "zoneId": zone[0 if kind == "application" else 1] if zone else made_up,
        "vpcId": found[0] if found else "",
        "internal": internal,
        "ipAddressType": context.value("ipAddressType", "ipv4"),
        "subnets": given,
        "subnetMappings": context.value("subnetMappings", [{"subnetId": identifier} for identifier in given]),
        "securityGroups": context.value("securityGroups", []),
    }


LOAD_BALANCER = ResourceType(
    token=tokens.LOAD_BALANCER,
    kind="load balancer",
    identifier="{arn}",
    arn="arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{arnSuffix}",
    name=Name(
        "name",
        pattern=NAME,
        longest=32,
        code=INVALID,
        taken_code="DuplicateLoadBalancerName",
    ),
    references=(
        Reference(
            "subnets[*]", tokens.SUBNET, "SubnetNotFound", message="The subnet ID '{value}' does not exist", holds=True
        ),
        Reference(
            "subnetMappings[*].subnetId",
            tokens.SUBNET,
            "SubnetNotFound",
            message="The subnet ID '{value}' does not exist",
            holds=True,
        ),
        Reference(
            "subnetMappings[*].allocationId",
            tokens.ELASTIC_IP,
            "AllocationIdNotFound",
            by="id|allocationId",
            message="The allocation ID '{value}' does not exist",
            holds=True,
        ),
        Reference(
            "securityGroups[*]",
            tokens.SECURITY_GROUP,
            "InvalidSecurityGroup",
            message="The security group '{value}' does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"name", "internal", "loadBalancerType", "customerOwnedIpv4Pool"}),
    exactly_one=(("subnets", "subnetMappings"),),
    defaults={"loadBalancerType": "application", "enableDeletionProtection": False},
    enums={
        "desyncMitigationMode": ("monitor", "defensive", "strictest"),
        "xffHeaderProcessingMode": ("append", "preserve", "remove"),
        "dnsRecordClientRoutingPolicy": (
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
            "any_availability_zone",
        ),
    },
    ranges={"idleTimeout": (1, 4000), "clientKeepAlive": (60, 604800)},
    value_code=INVALID,
    missing_code=INVALID,
    cloudformation="AWS::ElasticLoadBalancingV2::LoadBalancer",
    renamed={"loadBalancerType": "Type", "ipamPools": ""},
    rules=(
        _subnets,
        _internet,
        _security_groups,
        groups_in_vpc(
            "securityGroups[*]",
            CONFIGURATION,
            "subnets[*]",
            "One or more security groups are invalid: {value} is not in the VPC of the subnets",
        ),
        groups_in_vpc(
            "securityGroups[*]",
            CONFIGURATION,
            "subnetMappings[*].subnetId",
            "One or more security groups are invalid: {value} is not in the VPC of the subnets",
        ),
        _addresses,
        _logs,
    ),
    delete_rules=(_protected,),
    protections={"enableDeletionProtection": False},
    outputs=_outputs,
    quota=Quota(facts("elbv2")["quotas"]["load_balancers"], ("region", "loadBalancerType"), "TooManyLoadBalancers"),
    failure=Problem(
        "InvalidSubnet",
        "Not enough IP space available in the subnet. ELB requires at least 8 free IP addresses in each subnet.",
        "subnets",
        "Use larger subnets.",
        SOURCE,
    ),
    source=SOURCE,
)


def is_ssl_policy(name: str) -> bool:
    """Tell whether a TLS security policy exists."""
    table = facts("elbv2")["ssl_policies"]
    return name in table["names"] or any(re.fullmatch(pattern, name) for pattern in table["families"])
