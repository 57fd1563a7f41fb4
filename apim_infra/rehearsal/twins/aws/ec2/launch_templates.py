"""Launch templates."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import instance_types
from apim_infra.rehearsal.twins.aws.checks import compiled
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.network import API
from apim_infra.rehearsal.twins.aws.ec2.volumes import DEVICE, disk_problems
from apim_infra.rehearsal.twins.aws.table import Name, Quota, ResourceType
from apim_infra.rehearsal.twins.cloud.paths import values_at

METADATA = {
    "httpEndpoint": ("enabled", "disabled"),
    "httpTokens": ("optional", "required"),
    "httpProtocolIpv6": ("enabled", "disabled"),
}
"""Allowed values of metadata options (EC2 API reference, InstanceMetadataOptions)."""
HOPS = (1, 64)
IMAGE = r"ami-[0-9a-f]{8}|ami-[0-9a-f]{17}|resolve:ssm:.+"
MOST_USER_DATA = 16384
"""Bytes of user data before encoding."""
NAMED: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("vpcSecurityGroupIds[*]", (tokens.SECURITY_GROUP,), "id", "InvalidGroup.NotFound"),
    ("networkInterfaces[*].securityGroups[*]", (tokens.SECURITY_GROUP,), "id", "InvalidGroup.NotFound"),
    ("networkInterfaces[*].subnetId", (tokens.SUBNET,), "id", "InvalidSubnetID.NotFound"),
    (
        "blockDeviceMappings[*].ebs.kmsKeyId",
        (tokens.KEY, tokens.REPLICA_KEY, tokens.KEY_ALIAS),
        "arn|keyId|name",
        "InvalidKmsKeyId.NotFound",
    ),
    ("iamInstanceProfile.arn", (tokens.INSTANCE_PROFILE,), "arn", "InvalidIamInstanceProfileArn.NotFound"),
    ("iamInstanceProfile.name", (tokens.INSTANCE_PROFILE,), "name", "InvalidParameterValue"),
    ("keyName", (tokens.KEY_PAIR,), "keyName", "InvalidKeyPair.NotFound"),
)
"""Inputs of a template that name other things, what they name, by which output, and the code of a launch that finds none."""


def check_metadata(context: Context, path: str = "metadataOptions") -> Iterator[Problem]:
    """Yield what is wrong with instance metadata options."""
    for options in context.get(path):
        for name, allowed in METADATA.items():
            value = options.get(name)
            if value not in (None, UNKNOWN, *allowed):
                message = f"Value ({value}) for parameter MetadataOptions.{name} is invalid. Valid values: {', '.join(allowed)}"
                yield context.problem("InvalidParameterValue", message, f"{path}.{name}", f"use {' or '.join(allowed)}")
        hops = options.get("httpPutResponseHopLimit")
        if isinstance(hops, int) and not HOPS[0] <= hops <= HOPS[1]:
            message = f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between {HOPS[0]} and {HOPS[1]}"
            yield context.problem(
                "InvalidParameterValue",
                message,
                f"{path}.httpPutResponseHopLimit",
                "use 1, or 2 for pods that need metadata",
            )


def launch_problems(context: Context, template: Mapping[str, Any], region: str) -> Iterator[Problem]:
    """Yield why a launch from a template would fail: things that it names and that do not exist, an instance type that the region lacks.

    AWS takes such a template and refuses the launch; node groups and instances that use it ask here.
    """
    for path, of, by, code in NAMED:
        for at, value in values_at(template, path):
            text = str(value)
            if value == UNKNOWN or text.rsplit(":", maxsplit=1)[-1].startswith("alias/aws/"):
                continue
            where = None if tokens.INSTANCE_PROFILE in of else region
            if not any(context.world.find(token, value, by, where) for token in of):
                yield context.problem(
                    code,
                    f"{at} of the launch template names '{text}', which does not exist in {region}",
                    at,
                    "name what exists",
                )
    for at, device in values_at(template, "blockDeviceMappings[*].deviceName"):
        if device != UNKNOWN and not compiled(DEVICE).fullmatch(str(device)):
            message = f"Invalid device name {device}"
            yield context.problem("InvalidBlockDeviceMapping", message, at, "use /dev/xvda for the root disk of Linux")
    kind = template.get("instanceType")
    if kind not in (None, UNKNOWN) and instance_types(region) and kind not in instance_types(region):
        message = f"The instance type '{kind}' is not offered in {region}"
        yield context.problem("InvalidParameterValue", message, "instanceType", "choose a type of the region")


def _warned(context: Context) -> Iterator[Problem]:
    """AWS answers the creation of a template that cannot be launched with a warning."""
    for problem in launch_problems(context, context.inputs, context.region):
        yield replace(problem, warning=True)


def _disks(context: Context) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, mapping in enumerate(context.get("blockDeviceMappings[*]")):
        at = f"blockDeviceMappings[{i}]."
        disk: dict[str, Any] = mapping.get("ebs") or {}
        yield from disk_problems(context, {"volumeType": "gp3", **disk}, f"{at}ebs.", ("volumeType", "volumeSize"))
        if disk.get("kmsKeyId") and str(disk.get("encrypted", "true")).lower() == "false":
            message = "The parameter KmsKeyId requires the parameter Encrypted to be set."
            yield context.problem("InvalidParameterDependency", message, f"{at}ebs.encrypted", "set encrypted to true")
        device = mapping.get("deviceName")
        if device in seen:
            message = f"The device '{device}' is used in more than one block-device mapping"
            yield context.problem("InvalidBlockDeviceMapping", message, f"{at}deviceName", "map a device once")
        seen.add(device)


def _parameters(context: Context) -> Iterator[Problem]:
    for image in context.get("imageId"):
        if not compiled(IMAGE).fullmatch(image):
            yield context.problem(
                "InvalidAMIID.Malformed",
                f'Invalid id: "{image}" (expecting "ami-...")',
                "imageId",
                "give the id of an image",
            )
    if context.inputs.get("networkInterfaces") and context.inputs.get("vpcSecurityGroupIds"):
        message = "Network interfaces and an instance-level security groups may not be specified on the same request"
        yield context.problem(
            "InvalidParameterCombination", message, "vpcSecurityGroupIds", "name the groups in networkInterfaces"
        )
    for data in context.get("userData"):
        try:
            size = len(base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            yield context.problem(
                "InvalidUserData.Malformed",
                "Invalid BASE64 encoding of user data.",
                "userData",
                "encode it with base64",
            )
            continue
        if size > MOST_USER_DATA:
            message = f"User data is limited to {MOST_USER_DATA} bytes"
            yield context.problem(
                "InvalidParameterValue", message, "userData", "shorten it, or fetch the rest at start"
            )


def _outputs(context: Context) -> Mapping[str, Any]:
    before = context.outputs.get("latestVersion", 0) if context.old is not None else 0
    version = int(before) + 1
    default = (
        version
        if context.inputs.get("updateDefaultVersion") or version == 1
        else context.outputs.get("defaultVersion", 1)
    )
    return {"latestVersion": version, "defaultVersion": context.inputs.get("defaultVersion", default)}


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.LAUNCH_TEMPLATE,
        kind="launch template",
        identifier="lt-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:launch-template/{id}",
        name=Name(
            "name",
            r"[a-zA-Z0-9().\-/_]{3,128}",
            128,
            "InvalidLaunchTemplateName.MalformedException",
            ("region",),
            "InvalidLaunchTemplateName.AlreadyExistsException",
        ),
        create_only=frozenset({"name", "namePrefix"}),
        conflicts=(
            ("defaultVersion", "updateDefaultVersion"),
            ("instanceType", "instanceRequirements"),
            ("securityGroupNames", "vpcSecurityGroupIds"),
        ),
        cloudformation="AWS::EC2::LaunchTemplate",
        rules=(check_metadata, _disks, _parameters, _warned),
        outputs=_outputs,
        quota=Quota(5000, ("region",), "LaunchTemplateLimitExceeded"),
        source=API,
    ),
)
