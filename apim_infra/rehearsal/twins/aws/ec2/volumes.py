"""Block storage: volumes, their attachments, and the disks of launch templates and instances."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.network import API
from apim_infra.rehearsal.twins.aws.regions import zones_of
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType

SIZES = {
    "gp2": (1, 16384),
    "gp3": (1, 65536),
    "io1": (4, 16384),
    "io2": (4, 65536),
    "st1": (125, 16384),
    "sc1": (125, 16384),
    "standard": (1, 1024),
}
"""GiB by volume type (EBS user guide; gp3 grew to 64 TiB, 80,000 IOPS and 2,000 MiB/s in September 2025)."""
OPERATIONS = {"gp3": (3000, 80000, 500), "io1": (100, 64000, 50), "io2": (100, 256000, 1000)}
"""Lowest and highest IOPS, and IOPS per GiB."""
THROUGHPUT = (125, 2000)
"""MiB/s of gp3; at most a quarter of the IOPS."""
DEVICE = r"/dev/(sd[a-z]\d{0,2}|xvd[a-z]{1,2}\d{0,2}|hd[a-z]\d{0,2})|xvd[a-z]{1,2}"
"""Device names that EC2 takes (EC2 user guide, device names)."""
KEY_REFERENCE_CODE = "InvalidKmsKeyId.NotFound"


def disk_problems(context: Context, disk: Mapping[str, Any], at: str, names: tuple[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with type, size, IOPS and throughput of a disk; `names` are its inputs of type and size."""
    kind = disk.get(names[0], "gp2")
    size, operations, throughput = disk.get(names[1]), disk.get("iops"), disk.get("throughput")
    if kind == UNKNOWN or UNKNOWN in (size, operations, throughput):
        return
    if kind not in SIZES:
        message = f"Value ({kind}) for parameter {names[0]} is invalid. Valid values: {', '.join(SIZES)}"
        yield context.problem("InvalidParameterValue", message, at + names[0], "use gp3")
        return
    low, high = SIZES[kind]
    if isinstance(size, int) and not low <= size <= high:
        message = f"Volume of {size}GiB is {'too small' if size < low else 'too large'} for volume type {kind}; it must be {low}GiB to {high}GiB"
        yield context.problem("InvalidParameterValue", message, at + names[1], f"use {low} to {high}")
    yield from _operations(context, kind, size, operations, at)
    if throughput is None:
        return
    if kind != "gp3":
        yield context.problem(
            "InvalidParameterCombination",
            f"The parameter Throughput is not supported for {kind} volumes",
            f"{at}throughput",
            "use gp3",
        )
    elif not THROUGHPUT[0] <= throughput <= THROUGHPUT[1] or throughput > (operations or 3000) / 4:
        message = f"Volume throughput of {throughput} is not within {THROUGHPUT[0]} to {THROUGHPUT[1]} MiB/s and a quarter of the IOPS"
        yield context.problem("InvalidParameterValue", message, f"{at}throughput", "lower it, or raise iops")


def _operations(context: Context, kind: str, size: Any, operations: Any, at: str) -> Iterator[Problem]:
    if operations in (None, 0):
        if kind in ("io1", "io2"):
            message = f"The request must contain the parameter iops for volume type {kind}"
            yield context.problem("MissingParameter", message, f"{at}iops", "set iops, or use gp3")
        return
    if kind not in OPERATIONS:
        message = f"The parameter iops is not supported for {kind} volumes."
        yield context.problem("InvalidParameterCombination", message, f"{at}iops", "leave iops out, or use gp3")
        return
    low, high, ratio = OPERATIONS[kind]
    if not low <= operations <= high:
        message = f"Volume iops of {operations} is {'too low' if operations < low else 'too high'}; it must be {low} to {high} for {kind}"
        yield context.problem("InvalidParameterValue", message, f"{at}iops", f"use {low} to {high}")
    elif isinstance(size, int) and operations > max(size * ratio, low):
        message = f"Iops to volume size ratio of {operations / size:.0f} is too high; maximum is {ratio}"
        yield context.problem("InvalidParameterValue", message, f"{at}iops", f"use at most {ratio} IOPS a GiB")


def key_reference(path: str) -> Reference:
    """Make the reference of a disk's key: an ARN, a key id or an alias."""
    return Reference(
        path,
        (tokens.KEY, tokens.REPLICA_KEY, tokens.KEY_ALIAS),
        KEY_REFERENCE_CODE,
        by="arn|keyId|name",
        message="The KMS key '{value}' does not exist in this region",
        allow=r"(arn:aws[\w-]*:kms:.*:)?alias/aws/.*",
    )


def _volume(context: Context) -> Iterator[Problem]:
    zone = context.value("availabilityZone")
    if zone and zone not in zones_of(context.region):
        message = f"The zone '{zone}' does not exist."
        yield context.problem(
            "InvalidZone.NotFound",
            message,
            "availabilityZone",
            f"use one of {', '.join(sorted(zones_of(context.region)))}",
        )
    if not context.inputs.get("size") and not context.inputs.get("snapshotId"):
        message = "The request must contain the parameter size or snapshotId"
        yield context.problem("MissingParameter", message, "size", "set size")
    if context.inputs.get("kmsKeyId") and context.inputs.get("encrypted") is False:
        message = "The parameter KmsKeyId requires the parameter Encrypted to be set."
        yield context.problem("InvalidParameterDependency", message, "encrypted", "set encrypted to true")
    old_size = (context.old or {}).get("size")
    size = context.value("size")
    if isinstance(old_size, int) and isinstance(size, int) and size < old_size:
        message = f"New size cannot be smaller than existing size ({old_size} GiB)"
        yield context.problem("InvalidParameterValue", message, "size", "volumes only grow")
    yield from disk_problems(context, context.inputs, "", ("type", "size"))


def _attachment(context: Context) -> Iterator[Problem]:
    volume = context.find(tokens.VOLUME, context.value("volumeId"))
    instance = context.find(tokens.INSTANCE, context.value("instanceId"))
    if volume and instance and volume["availabilityZone"] != instance["availabilityZone"]:
        message = f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'"
        yield context.problem(
            "InvalidVolume.ZoneMismatch", message, "volumeId", f"use {instance['availabilityZone']} for both"
        )
    for other in context.all(tokens.VOLUME_ATTACHMENT):
        if volume and other["volumeId"] == volume.id and not volume["multiAttachEnabled"]:
            yield context.problem(
                "VolumeInUse",
                f"{volume.id} is already attached to an instance",
                "volumeId",
                f"{other['instanceId']} has it",
            )
        elif instance and other["instanceId"] == instance.id and other["deviceName"] == context.value("deviceName"):
            message = f"Invalid value '{other['deviceName']}' for unixDevice. Attachment point {other['deviceName']} is already in use"
            yield context.problem("InvalidParameterValue", message, "deviceName", "use another device name")


def _volume_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "size": context.inputs.get("size", 8),
        "type": context.inputs.get("type", "gp2"),
        "iops": context.inputs.get("iops", 3000),
        "encrypted": context.inputs.get("encrypted", bool(context.inputs.get("kmsKeyId"))),
        "createTime": "2026-01-01T00:00:00Z",
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.VOLUME,
        kind="volume",
        identifier="vol-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:volume/{id}",
        references=(
            key_reference("kmsKeyId"),
            Reference("snapshotId", tokens.VOLUME_SNAPSHOT, "InvalidSnapshot.NotFound", allow=r"snap-[0-9a-f]{17}"),
        ),
        create_only=frozenset(
            {"availabilityZone", "encrypted", "kmsKeyId", "snapshotId", "outpostArn", "multiAttachEnabled"}
        ),
        rules=(_volume,),
        outputs=_volume_outputs,
        quota=Quota(5000, ("region",), "VolumeLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.VOLUME_ATTACHMENT,
        kind="volume attachment",
        identifier="vai-{digits10}",
        references=(
            Reference(
                "volumeId",
                tokens.VOLUME,
                "InvalidVolume.NotFound",
                message="The volume '{value}' does not exist.",
                holds=True,
                held_code="VolumeInUse",
            ),
            Reference(
                "instanceId",
                tokens.INSTANCE,
                "InvalidInstanceID.NotFound",
                message="The instance ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"volumeId", "instanceId", "deviceName"}),
        patterns={"deviceName": DEVICE},
        rules=(_attachment,),
        source=API,
    ),
    ResourceType(
        token=tokens.VOLUME_SNAPSHOT,
        kind="snapshot",
        identifier="snap-{hex17}",
        arn="arn:aws:ec2:{region}::snapshot/{id}",
        references=(
            Reference(
                "volumeId", tokens.VOLUME, "InvalidVolume.NotFound", message="The volume '{value}' does not exist."
            ),
        ),
        create_only=frozenset({"volumeId", "description"}),
        outputs=lambda context: {"ownerId": context.account, "volumeSize": 8, "encrypted": False},
        source=API,
    ),
    ResourceType(
        token=tokens.ENCRYPTION_BY_DEFAULT,
        kind="default encryption",
        identifier="terraform-{digits14}",
        defaults={"enabled": True},
        source=API,
    ),
    ResourceType(
        token=tokens.DEFAULT_VOLUME_KEY,
        kind="default key of volumes",
        identifier="{keyArn}",
        references=(
            Reference(
                "keyArn",
                (tokens.KEY, tokens.REPLICA_KEY),
                KEY_REFERENCE_CODE,
                by="arn",
                message="The KMS key '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"keyArn"}),
        source=API,
    ),
)
