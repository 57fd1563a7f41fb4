"""Instances, key pairs and placement groups."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import instance_types
from apim_infra.rehearsal.twins.aws.checks import compiled
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import network
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.interfaces import (
    PRIMARY,
    check_primary,
    primary_interface,
    subnet_of_instance,
)
from apim_infra.rehearsal.twins.aws.ec2.launch_templates import IMAGE, MOST_USER_DATA, check_metadata, launch_problems
from apim_infra.rehearsal.twins.aws.ec2.network import API, zone_of
from apim_infra.rehearsal.twins.aws.ec2.security_groups import group_reference
from apim_infra.rehearsal.twins.aws.ec2.volumes import disk_problems, key_reference
from apim_infra.rehearsal.twins.aws.regions import zones_of
from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType

PUBLIC_KEY = r"(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=]+( .*)?|-----BEGIN.*"


def _image(context: Context) -> Iterator[Problem]:
    template = context.inputs.get("launchTemplate")
    if not context.inputs.get("ami") and not template:
        yield context.problem(
            "MissingParameter", "The request must contain the parameter ImageId", "ami", "set ami or launchTemplate"
        )
    if not context.inputs.get("instanceType") and not template:
        yield context.problem(
            "MissingParameter",
            "The request must contain the parameter InstanceType",
            "instanceType",
            "set instanceType",
        )
    for image in context.get("ami"):
        if not compiled(IMAGE).fullmatch(image):
            yield context.problem(
                "InvalidAMIID.Malformed",
                f'Invalid id: "{image}" (expecting "ami-...")',
                "ami",
                "give the id of an image",
            )
    offered = instance_types(context.region)
    for kind in context.get("instanceType"):
        if offered and kind not in offered:
            message = (
                f"The requested configuration is currently not supported: instance type '{kind}' in {context.region}"
            )
            yield context.problem(
                "InvalidParameterValue",
                f"Invalid value '{kind}' for InstanceType. {message}",
                "instanceType",
                "choose a type of the region",
            )


def _template(context: Context) -> Iterator[Problem]:
    for value, by in ((context.value("launchTemplate.id"), "id"), (context.value("launchTemplate.name"), "name")):
        if value is None:
            continue
        there = context.find(tokens.LAUNCH_TEMPLATE, value, by)
        if there is None:
            message = f"The specified launch template, with template ID {value}, does not exist."
            code = "InvalidLaunchTemplateId.NotFound" if by == "id" else "InvalidLaunchTemplateName.NotFoundException"
            yield context.problem(code, message, f"launchTemplate.{by}", "name a launch template that exists")
        else:
            yield from launch_problems(context, there.inputs, context.region)


def _network(context: Context) -> Iterator[Problem]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    zone = context.value("availabilityZone")
    if zone and zone not in zones_of(context.region):
        message = f"Invalid availability zone: [{zone}]"
        yield context.problem(
            "InvalidParameterValue",
            message,
            "availabilityZone",
            f"use one of {', '.join(sorted(zones_of(context.region)))}",
        )
    elif subnet and zone and zone_of(subnet) != zone:
        message = f"The availability zone '{zone}' and the subnet '{subnet.id}' are inconsistent"
        yield context.problem(
            "InvalidParameterValue", message, "availabilityZone", f"leave it out: the subnet is in {zone_of(subnet)}"
        )
    for group in context.get("vpcSecurityGroupIds[*]"):
        there = context.find(tokens.SECURITY_GROUP, group)
        if subnet and there and there["vpcId"] != subnet["vpcId"]:
            message = f"Security group {group} and subnet {subnet.id} belong to different networks."
            yield context.problem(
                "InvalidParameter", message, "vpcSecurityGroupIds", f"use groups of {subnet['vpcId']}"
            )
    for address in context.get("privateIp"):
        yield from _address(context, str(address), str(subnet["cidrBlock"]) if subnet else None)


def _address(context: Context, address: str, subnet: str | None) -> Iterator[Problem]:
    try:
        parsed = ip_address(address)
    except ValueError:
        yield context.problem(
            "InvalidParameterValue",
            f"Value ({address}) for parameter address is invalid.",
            "privateIp",
            "write an IPv4 address",
        )
        return
    inside = network(subnet) if subnet else None
    if inside is not None and parsed not in inside:
        message = f"Address {address} does not fall within the subnet's address range"
        yield context.problem("InvalidParameterValue", message, "privateIp", f"choose one of {inside}")
    for kind in (tokens.INSTANCE, tokens.NETWORK_INTERFACE):
        for other in context.all(kind, subnetId=context.value("subnetId"), privateIp=address):
            yield context.problem(
                "InvalidIPAddress.InUse", f"Address {address} is in use.", "privateIp", f"{other.id} has it"
            )


def _user_data(context: Context) -> Iterator[Problem]:
    for data in context.get("userData"):
        if len(str(data).encode()) > MOST_USER_DATA:
            message = f"User data is limited to {MOST_USER_DATA} bytes"
            yield context.problem("InvalidParameterValue", message, "userData", "fetch the rest at start")


def _disks(context: Context) -> Iterator[Problem]:
    for path in ("rootBlockDevice", "ebsBlockDevices[*]"):
        for i, disk in enumerate(context.get(path)):
            at = f"{path.replace('[*]', f'[{i}]')}."
            yield from disk_problems(context, {"volumeType": "gp3", **disk}, at, ("volumeType", "volumeSize"))


def _terminable(context: Context) -> Iterator[Problem]:
    if context.inputs.get("disableApiTermination"):
        message = f"The instance '{context.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
        yield context.problem(
            "OperationNotPermitted", message, "disableApiTermination", "set disableApiTermination to false first"
        )


def _outputs(context: Context) -> Mapping[str, Any]:
    subnet, interface = subnet_of_instance(context), primary_interface(context)
    host = interface["privateIp"] if interface else None
    found = network(str(subnet["cidrBlock"])) if subnet else None
    if host is None and found is not None and found.num_addresses > 16:
        host = str(found[4 + int(context.hexadecimal(4, "address"), 16) % (found.num_addresses - 5)])
    address = context.inputs.get("privateIp") or host or "10.0.0.10"
    zones = sorted(zones_of(context.region))
    return {
        "instanceState": "running",
        "privateIp": address,
        "privateDns": f"ip-{str(address).replace('.', '-')}.{context.region}.compute.internal",
        "publicIp": "",
        "publicDns": "",
        "availabilityZone": zone_of(subnet)
        if subnet
        else context.inputs.get("availabilityZone", zones[0] if zones else ""),
        "subnetId": subnet.id if subnet else context.inputs.get("subnetId", ""),
        "primaryNetworkInterfaceId": interface.id if interface else f"eni-{context.hexadecimal(17, 'interface')}",
        "vpcSecurityGroupIds": (
            interface["securityGroups"] or [] if interface else context.inputs.get("vpcSecurityGroupIds", [])
        ),
    }


def _partitions(context: Context) -> Iterator[Problem]:
    count, strategy = context.value("partitionCount"), context.value("strategy")
    if count is not None and strategy != "partition":
        yield context.problem(
            "InvalidParameterCombination",
            "partitionCount is only valid for strategy partition",
            "partitionCount",
            "leave it out",
        )
    if context.value("spreadLevel") is not None and strategy != "spread":
        yield context.problem(
            "InvalidParameterCombination",
            "spreadLevel is only valid for strategy spread",
            "spreadLevel",
            "leave it out",
        )


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.INSTANCE,
        kind="instance",
        identifier="i-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:instance/{id}",
        references=(
            in_subnet(),
            group_reference("vpcSecurityGroupIds[*]", holds=True),
            Reference(
                "keyName",
                tokens.KEY_PAIR,
                "InvalidKeyPair.NotFound",
                by="keyName",
                message="The key pair '{value}' does not exist",
            ),
            Reference(
                "iamInstanceProfile",
                tokens.INSTANCE_PROFILE,
                "InvalidParameterValue",
                by="name|arn",
                message="Value ({value}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
                same_region=False,
            ),
            Reference(
                "placementGroup",
                tokens.PLACEMENT_GROUP,
                "InvalidPlacementGroup.Unknown",
                by="name",
                message="The Placement Group '{value}' is unknown.",
                holds=True,
                held_code="InvalidPlacementGroup.InUse",
            ),
            Reference(
                PRIMARY,
                tokens.NETWORK_INTERFACE,
                "InvalidNetworkInterfaceID.NotFound",
                message="The networkInterface ID '{value}' does not exist",
                holds=True,
                held_code="OperationNotPermitted",
            ),
            key_reference("rootBlockDevice.kmsKeyId"),
            key_reference("ebsBlockDevices[*].kmsKeyId"),
        ),
        create_only=frozenset(
            {
                "ami",
                "subnetId",
                "availabilityZone",
                "keyName",
                "privateIp",
                "placementGroup",
                "primaryNetworkInterface",
                "securityGroups",
                "tenancy",
            }
        ),
        enums={"instanceInitiatedShutdownBehavior": ("stop", "terminate"), "tenancy": ("default", "dedicated", "host")},
        rules=(_image, _template, _network, check_primary, _disks, _user_data, check_metadata),
        delete_rules=(_terminable,),
        outputs=_outputs,
        protections={"disableApiTermination": False},
        not_verified=("whether the image of an instance exists",),
        failure=Problem(
            "InsufficientInstanceCapacity",
            "We currently do not have sufficient capacity of the instance type in the Availability Zone you requested.",
            hint="use another type or zone, or try again later",
            source=API,
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.KEY_PAIR,
        kind="key pair",
        identifier="{keyName}",
        arn="arn:aws:ec2:{region}:{account}:key-pair/{keyName}",
        name=Name("keyName", longest=255, taken_code="InvalidKeyPair.Duplicate", code="InvalidParameterValue"),
        create_only=frozenset({"keyName", "publicKey"}),
        patterns={"publicKey": PUBLIC_KEY},
        value_code="InvalidKey.Format",
        outputs=lambda context: {
            "keyPairId": f"key-{context.hexadecimal(17, 'key')}",
            "keyType": "rsa",
            "fingerprint": context.hexadecimal(32, "fingerprint"),
        },
        source=API,
    ),
    ResourceType(
        token=tokens.PLACEMENT_GROUP,
        kind="placement group",
        identifier="{name}",
        arn="arn:aws:ec2:{region}:{account}:placement-group/{name}",
        name=Name("name", longest=255, taken_code="InvalidPlacementGroup.Duplicate", code="InvalidParameterValue"),
        create_only=frozenset({"name", "strategy", "partitionCount", "spreadLevel"}),
        enums={"strategy": ("cluster", "spread", "partition"), "spreadLevel": ("host", "rack")},
        ranges={"partitionCount": (1, 7)},
        rules=(_partitions,),
        outputs=lambda context: {"placementGroupId": f"pg-{context.hexadecimal(17, 'group')}"},
        source=API,
    ),
    ResourceType(
        token=tokens.METADATA_DEFAULTS,
        kind="instance metadata defaults",
        identifier="{region}",
        enums={
            "httpTokens": ("no-preference", "optional", "required"),
            "httpEndpoint": ("no-preference", "enabled", "disabled"),
        },
        source=API,
    ),
)
