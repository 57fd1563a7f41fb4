"""Internet, NAT and egress-only gateways, elastic addresses, peering."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.network import API, QUOTAS, in_vpc, zone_of
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing, World

NATS_PER_ZONE = 5
"""NAT gateways of one availability zone, by default."""
ADDRESSES_PER_REGION = 5
"""Elastic addresses of one region, by default."""


def in_subnet(path: str = "subnetId", *, holds: bool = True, code: str = "InvalidSubnetID.NotFound") -> Reference:
    """Make the reference of an input that names a subnet."""
    return Reference(path, tokens.SUBNET, code, message="The subnet ID '{value}' does not exist", holds=holds)


def gateway_of(world: World, vpc: str) -> Thing | None:
    """Return the internet gateway that is attached to a VPC."""
    attached = world.find(tokens.INTERNET_GATEWAY, vpc, "vpcId")
    if attached:
        return attached
    attachment = world.find(tokens.INTERNET_GATEWAY_ATTACHMENT, vpc, "vpcId")
    return world.find(tokens.INTERNET_GATEWAY, attachment["internetGatewayId"]) if attachment else None


def _one_gateway(context: Context) -> Iterator[Problem]:
    for vpc in context.get("vpcId"):
        there = gateway_of(context.world, vpc)
        if there and there.id != context.id:
            message = f"Network {vpc} already has an internet gateway attached"
            yield context.problem(
                "InvalidParameterValue", message, "vpcId", f"use {there.id}, a VPC has one internet gateway"
            )


def _attached_once(context: Context) -> Iterator[Problem]:
    for gateway in context.get("internetGatewayId"):
        there = context.find(tokens.INTERNET_GATEWAY, gateway)
        if there and there["vpcId"]:
            message = f"resource {gateway} is already attached to network {there['vpcId']}"
            yield context.problem(
                "Resource.AlreadyAssociated",
                message,
                "internetGatewayId",
                "leave vpcId of the gateway out, or the attachment",
            )


def _mapped_addresses(context: Context) -> Iterator[Problem]:
    """Refuse to detach a gateway while something in its VPC has a public address."""
    vpc = context.inputs.get("vpcId")
    if not vpc:
        return
    subnets = {subnet.id for subnet in context.world.matching(tokens.SUBNET, vpc, "vpcId")}
    for nat in context.all(tokens.NAT_GATEWAY):
        if nat["subnetId"] in subnets and nat["connectivityType"] != "private":
            message = f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
            yield context.problem(
                "DependencyViolation",
                message,
                hint=f"delete the NAT gateway {nat.id} first: let it depend on the internet gateway",
            )
            return


def _gateway_outputs(context: Context) -> Mapping[str, Any]:
    return {"ownerId": context.account, "vpcId": context.inputs.get("vpcId", "")}


def _address_outputs(context: Context) -> Mapping[str, Any]:
    # 203.0.113.0/24 and 198.51.100.0/24 are kept for documentation (RFC 5737): no rehearsal names a real host.
    number = int(context.hexadecimal(4, "address"), 16)
    address = f"{'203.0.113' if number % 2 else '198.51.100'}.{number // 2 % 254 + 1}"
    return {
        "allocationId": context.id,
        "publicIp": context.inputs.get("address", address),
        "publicDns": f"ec2-{address.replace('.', '-')}.{context.region}.compute.amazonaws.com",
        "domain": context.inputs.get("domain", "vpc"),
        "publicIpv4Pool": context.inputs.get("publicIpv4Pool", "amazon"),
    }


def _nat_arguments(context: Context) -> Iterator[Problem]:
    inputs = context.inputs
    public = inputs.get("connectivityType", "public") == "public"
    if inputs.get("availabilityMode") == "regional":
        yield from _regional_nat(context)
        return
    if not inputs.get("subnetId"):
        yield context.problem(
            "MissingParameter", "The request must contain the parameter SubnetId", "subnetId", "set subnetId"
        )
    if public and not inputs.get("allocationId"):
        message = "The request must contain the parameter AllocationId for a public NAT gateway"
        yield context.problem(
            "MissingParameter",
            message,
            "allocationId",
            "set allocationId to an elastic address, or connectivityType to private",
        )
    if not public and inputs.get("allocationId"):
        message = "AllocationId cannot be used with a private NAT gateway"
        yield context.problem("InvalidParameter", message, "allocationId", "leave allocationId out")


def _regional_nat(context: Context) -> Iterator[Problem]:
    if not context.inputs.get("vpcId"):
        yield context.problem(
            "MissingParameter",
            "The request must contain the parameter VpcId for a regional NAT gateway",
            "vpcId",
            "set vpcId",
        )
    for path in ("subnetId", "allocationId"):
        if context.inputs.get(path):
            message = f"'{path}' is not allowed for a NAT gateway with availability mode regional"
            yield context.problem("CheckFailure", message, path, f"leave {path} out")


def _nat_address(context: Context) -> Iterator[Problem]:
    for path in ("allocationId", "secondaryAllocationIds[*]"):
        for allocation in context.get(path):
            user = next((nat for nat in context.all(tokens.NAT_GATEWAY) if _uses(nat, allocation)), None)
            address = context.find(tokens.ELASTIC_IP, allocation)
            holder = user.id if user else (address["instance"] if address else None)
            if holder:
                message = f"Elastic IP address [{allocation}] is already associated with {holder}"
                yield context.problem(
                    "Resource.AlreadyAssociated", message, path, "give every NAT gateway its own elastic address"
                )


def _uses(nat: Thing, allocation: str) -> bool:
    return nat["allocationId"] == allocation or allocation in (nat["secondaryAllocationIds"] or ())


def _nat_network(context: Context) -> Iterator[Problem]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    vpc = str(subnet["vpcId"]) if subnet else context.value("vpcId")
    if vpc and context.inputs.get("connectivityType", "public") == "public" and gateway_of(context.world, vpc) is None:
        there = context.find(tokens.VPC, vpc)
        if there is not None and not there.assumed:
            message = f"Network {vpc} has no Internet gateway attached"
            yield context.problem(
                "Gateway.NotAttached",
                message,
                "subnetId",
                "attach an internet gateway first: make the NAT gateway depend on it",
            )
    if subnet:
        zone = zone_of(subnet)
        there = 0
        for nat in context.all(tokens.NAT_GATEWAY):
            other = context.find(tokens.SUBNET, nat["subnetId"])
            there += other is not None and zone_of(other) == zone
        if there >= NATS_PER_ZONE:
            message = f"Performing this operation would exceed the limit of {NATS_PER_ZONE} NAT gateways"
            yield context.problem(
                "NatGatewayLimitExceeded", message, "subnetId", "ask AWS to raise the quota (L-FE5A380F)", QUOTAS
            )


def _nat_outputs(context: Context) -> Mapping[str, Any]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    address = context.find(tokens.ELASTIC_IP, context.value("allocationId"))
    return {
        "connectivityType": context.inputs.get("connectivityType", "public"),
        "availabilityMode": context.inputs.get("availabilityMode", "zonal"),
        "vpcId": subnet["vpcId"] if subnet else context.inputs.get("vpcId", ""),
        "publicIp": address["publicIp"] if address else "",
        "networkInterfaceId": f"eni-{context.hexadecimal(17, 'interface')}",
        "associationId": f"eipassoc-{context.hexadecimal(17, 'association')}",
        "state": "available",
    }


def _peers(context: Context) -> Iterator[Problem]:
    peer_region = context.inputs.get("peerRegion")
    if context.inputs.get("autoAccept") and peer_region and peer_region != context.region:
        yield context.problem(
            "CheckFailure",
            "`peerRegion` cannot be set whilst `autoAccept` is `true`",
            "autoAccept",
            "accept with a VpcPeeringConnectionAccepter",
        )
    if context.value("vpcId") and context.value("vpcId") == context.value("peerVpcId"):
        message = "The source VPC and the peer VPC are the same"
        yield context.problem("InvalidParameterValue", message, "peerVpcId", "peer two different VPCs")
    for other in context.all(
        tokens.PEERING, vpcId=context.inputs.get("vpcId"), peerVpcId=context.inputs.get("peerVpcId")
    ):
        yield context.problem(
            "VpcPeeringConnectionAlreadyExists",
            f"A peering connection {other.id} between the VPCs already exists",
            "peerVpcId",
            f"use {other.id}",
        )


def _peering_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "acceptStatus": "active" if context.inputs.get("autoAccept") else "pending-acceptance",
        "peerOwnerId": context.inputs.get("peerOwnerId", context.account),
        "peerRegion": context.inputs.get("peerRegion", context.region),
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.INTERNET_GATEWAY,
        kind="internetGateway",
        identifier="igw-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:internet-gateway/{id}",
        references=(in_vpc(),),
        rules=(_one_gateway,),
        delete_rules=(_mapped_addresses,),
        outputs=_gateway_outputs,
        quota=Quota(5, ("region",), "InternetGatewayLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.INTERNET_GATEWAY_ATTACHMENT,
        kind="internet gateway attachment",
        identifier="{internetGatewayId}:{vpcId}",
        references=(
            in_vpc(),
            Reference(
                "internetGatewayId",
                tokens.INTERNET_GATEWAY,
                "InvalidInternetGatewayID.NotFound",
                message="The internetGateway ID '{value}' does not exist",
                holds=True,
            ),
        ),
        create_only=frozenset({"internetGatewayId", "vpcId"}),
        rules=(_one_gateway, _attached_once),
        delete_rules=(_mapped_addresses,),
        source=API,
    ),
    ResourceType(
        token=tokens.EGRESS_ONLY_GATEWAY,
        kind="egress-only internet gateway",
        identifier="eigw-{hex17}",
        references=(in_vpc(),),
        create_only=frozenset({"vpcId"}),
        quota=Quota(5, ("region",), "EgressOnlyInternetGatewayLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.ELASTIC_IP,
        kind="elastic address",
        identifier="eipalloc-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:elastic-ip/{id}",
        references=(
            Reference(
                "instance",
                tokens.INSTANCE,
                "InvalidInstanceID.NotFound",
                message="The instance ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"domain", "publicIpv4Pool", "address", "networkBorderGroup"}),
        enums={"domain": ("vpc", "standard")},
        outputs=_address_outputs,
        quota=Quota(ADDRESSES_PER_REGION, ("region",), "AddressLimitExceeded"),
        failure=Problem(
            "AddressLimitExceeded",
            "The maximum number of addresses has been reached.",
            hint="release unused addresses, use one NAT gateway for all zones, or ask AWS for more",
            source=QUOTAS,
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.NAT_GATEWAY,
        kind="NAT gateway",
        identifier="nat-{hex17}",
        references=(
            in_subnet(),
            in_vpc(),
            Reference(
                "allocationId",
                tokens.ELASTIC_IP,
                "InvalidAllocationID.NotFound",
                message="The allocation ID '{value}' does not exist",
                holds=True,
                held_code="InvalidIPAddress.InUse",
            ),
            Reference(
                "secondaryAllocationIds[*]",
                tokens.ELASTIC_IP,
                "InvalidAllocationID.NotFound",
                message="The allocation ID '{value}' does not exist",
                holds=True,
                held_code="InvalidIPAddress.InUse",
            ),
        ),
        create_only=frozenset(
            {"subnetId", "allocationId", "connectivityType", "privateIp", "availabilityMode", "vpcId"}
        ),
        enums={"connectivityType": ("public", "private"), "availabilityMode": ("zonal", "regional")},
        cloudformation="AWS::EC2::NatGateway",
        rules=(_nat_arguments, _nat_address, _nat_network),
        outputs=_nat_outputs,
        failure=Problem(
            "NatGatewayLimitExceeded",
            f"Performing this operation would exceed the limit of {NATS_PER_ZONE} NAT gateways",
            hint="delete unused NAT gateways, or ask AWS to raise the quota (L-FE5A380F)",
            source=QUOTAS,
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.PEERING,
        kind="vpcPeeringConnection",
        identifier="pcx-{hex17}",
        references=(
            in_vpc(),
            Reference(
                "peerVpcId",
                tokens.VPC,
                "InvalidVpcID.NotFound",
                message="The vpc ID '{value}' does not exist",
                same_region=False,
                holds=True,
            ),
        ),
        create_only=frozenset({"vpcId", "peerVpcId", "peerOwnerId", "peerRegion"}),
        rules=(_peers,),
        outputs=_peering_outputs,
        source=API,
    ),
)
