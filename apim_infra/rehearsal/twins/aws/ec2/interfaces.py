"""Network interfaces that live apart from instances, with addresses of their own."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import check_range, inside, network
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.network import API, zone_of
from apim_infra.rehearsal.twins.aws.ec2.security_groups import group_reference
from apim_infra.rehearsal.twins.aws.service_rules import located, nested
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

PRIMARY = "primaryNetworkInterface.networkInterfaceId"
"""Input of an instance that brings its first interface along."""
WITHOUT_PRIMARY = ("subnetId", "vpcSecurityGroupIds", "securityGroups", "privateIp", "associatePublicIpAddress")
"""Inputs of an instance that its first interface says already."""


def primary_interface(context: Context) -> Thing | None:
    """Return the interface that an instance brings along, if there is one."""
    return context.find(tokens.NETWORK_INTERFACE, context.value(PRIMARY))


def subnet_of_instance(context: Context) -> Thing | None:
    """Return the subnet of an instance: its own input, or that of the interface that it brings along."""
    interface = primary_interface(context)
    return context.find(tokens.SUBNET, interface["subnetId"] if interface else context.value("subnetId"))


def check_primary(context: Context) -> Iterator[Problem]:
    """Yield what is wrong with the interface that an instance brings along."""
    if context.inputs.get("primaryNetworkInterface") is None:
        return
    for name in WITHOUT_PRIMARY:
        if context.inputs.get(name) is not None:
            message = f'"primary_network_interface": conflicts with {name}'
            yield context.problem("CheckFailure", message, name, "say it of the interface", "AWS provider")
    interface = primary_interface(context)
    if interface is not None:
        yield from _free(context, interface, PRIMARY)


def _free(context: Context, interface: Thing, path: str) -> Iterator[Problem]:
    """Yield a problem when another instance has an interface."""
    users = [
        *(holder.id for holder in context.all(tokens.INSTANCE) if _primary_of(holder) == interface.id),
        *(
            holder["instanceId"]
            for holder in context.all(tokens.NETWORK_INTERFACE_ATTACHMENT)
            if holder["networkInterfaceId"] == interface.id
        ),
    ]
    for user in users:
        message = f"Interface: [{interface.id}] in use."
        yield context.problem("InvalidNetworkInterface.InUse", message, path, f"{user} has it: delete it first")


def _primary_of(instance: Thing) -> Any:
    return nested(instance.inputs, PRIMARY)


def _addresses(context: Context) -> list[tuple[str, str]]:
    found = [*located(context, "privateIps[*]"), *located(context, "privateIpLists[*]"), *located(context, "privateIp")]
    return [(path, str(address)) for path, address in found]


def _check_addresses(context: Context) -> Iterator[Problem]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    taken = {
        str(address): other.id
        for other in context.all(tokens.NETWORK_INTERFACE, subnetId=context.value("subnetId"))
        for address in other["privateIps"] or ()
    }
    taken.update(
        {
            str(other["privateIp"]): other.id
            for other in context.all(tokens.INSTANCE, subnetId=context.value("subnetId"))
            if _primary_of(other) is None
        }
    )
    for path, address in _addresses(context):
        try:
            parsed = ip_address(address)
        except ValueError:
            message = f"invalid value for {path}: {address} is no IPv4 address"
            yield context.problem("CheckFailure", message, path, "write an IPv4 address", "AWS provider")
            continue
        around = network(str(subnet["cidrBlock"])) if subnet else None
        if around is not None and parsed not in around:
            message = f"Address {address} does not fall within the subnet's address range"
            yield context.problem("InvalidParameterValue", message, path, f"choose one of {around}")
        elif around is not None and parsed in (*(around[number] for number in range(4)), around[-1]):
            message = f"Address {address} is in subnet's reserved address range"
            yield context.problem(
                "InvalidParameterValue", message, path, f"AWS keeps the first four and the last of {around}"
            )
        elif address in taken and (context.old or {}).get("privateIps") != context.inputs.get("privateIps"):
            message = f"Address {address} is in use."
            yield context.problem("InvalidIPAddress.InUse", message, path, f"{taken[address]} has it")


def _groups(context: Context) -> Iterator[Problem]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    for group in context.get("securityGroups[*]"):
        there = context.find(tokens.SECURITY_GROUP, group)
        if subnet and there and there["vpcId"] != subnet["vpcId"]:
            message = f"Security group {group} and subnet {subnet.id} belong to different networks."
            yield context.problem("InvalidParameter", message, "securityGroups", f"use groups of {subnet['vpcId']}")


def _attachment(context: Context) -> Iterator[Problem]:
    interface = context.find(tokens.NETWORK_INTERFACE, context.value("networkInterfaceId"))
    instance = context.find(tokens.INSTANCE, context.value("instanceId"))
    if interface is not None:
        yield from _free(context, interface, "networkInterfaceId")
    subnet = context.find(tokens.SUBNET, interface["subnetId"]) if interface else None
    if subnet and instance and zone_of(subnet) != instance["availabilityZone"]:
        message = "You may not attach a network interface to an instance if they are not in the same availability zone"
        yield context.problem("InvalidParameterCombination", message, "networkInterfaceId", "use one zone for both")
    index = context.value("deviceIndex")
    others = context.all(tokens.NETWORK_INTERFACE_ATTACHMENT, instanceId=context.value("instanceId"))
    if instance and index is not None and (index == 0 or index in {other["deviceIndex"] for other in others}):
        message = f"Instance '{instance.id}' already has an interface attached at device index '{index}'."
        yield context.problem("InvalidParameterValue", message, "deviceIndex", "use the next index")


def _reservation(context: Context) -> Iterator[Problem]:
    yield from check_range(context, "cidrBlock")
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    inner, outer = (
        network(str(of)) if of else None for of in (context.value("cidrBlock"), subnet and subnet["cidrBlock"])
    )
    if inner is not None and outer is not None and not inside(inner, outer):
        message = f"The CIDR {inner} is not within the range of the subnet"
        yield context.problem("InvalidParameterValue", message, "cidrBlock", f"choose one of {outer}")


def _outputs(context: Context) -> Mapping[str, Any]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    given = [address for _, address in _addresses(context)]
    if not given:
        found = network(str(subnet["cidrBlock"])) if subnet else None
        free = found.num_addresses - 5 if found else 0
        given = (
            [str(found[4 + int(context.hexadecimal(4, "address"), 16) % free])] if found and free > 0 else ["10.0.0.10"]
        )
    return {
        "privateIp": given[0],
        "privateIps": given,
        "privateDnsName": f"ip-{given[0].replace('.', '-')}.{context.region}.compute.internal",
        "macAddress": ":".join(["0a", *(context.hexadecimal(10, "mac")[at : at + 2] for at in range(0, 10, 2))]),
        "ownerId": context.account,
        "vpcId": subnet["vpcId"] if subnet else "",
        "interfaceType": context.inputs.get("interfaceType", "interface"),
        "sourceDestCheck": context.inputs.get("sourceDestCheck", True),
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.NETWORK_INTERFACE,
        kind="network interface",
        identifier="eni-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:network-interface/{id}",
        references=(in_subnet(), group_reference("securityGroups[*]", holds=True)),
        create_only=frozenset({"subnetId", "interfaceType"}),
        in_place=frozenset({"privateIp", "privateIps"}),
        conflicts=(("privateIps", "privateIpLists"), ("privateIps", "privateIpsCount")),
        rules=(_check_addresses, _groups),
        outputs=_outputs,
        quota=Quota(5000, ("region",), "NetworkInterfaceLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.NETWORK_INTERFACE_ATTACHMENT,
        kind="attachment of a network interface",
        identifier="eni-attach-{hex17}",
        references=(
            Reference(
                "networkInterfaceId",
                tokens.NETWORK_INTERFACE,
                "InvalidNetworkInterfaceID.NotFound",
                message="The networkInterface ID '{value}' does not exist",
                holds=True,
                held_code="InvalidNetworkInterface.InUse",
            ),
            Reference(
                "instanceId",
                tokens.INSTANCE,
                "InvalidInstanceID.NotFound",
                message="The instance ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"networkInterfaceId", "instanceId", "deviceIndex", "networkCardIndex"}),
        rules=(_attachment,),
        outputs=lambda context: {"attachmentId": context.id, "status": "attached"},
        source=API,
    ),
    ResourceType(
        token="aws:ec2/subnetCidrReservation:SubnetCidrReservation",  # noqa: S106  a type token, no secret
        kind="reservation of addresses",
        identifier="scr-{hex17}",
        references=(in_subnet(),),
        create_only=frozenset({"cidrBlock", "reservationType", "subnetId", "description"}),
        enums={"reservationType": ("explicit", "prefix")},
        rules=(_reservation,),
        outputs=lambda context: {"ownerId": context.account},
        source=API,
    ),
)
