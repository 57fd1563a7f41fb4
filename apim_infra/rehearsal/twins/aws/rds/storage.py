"""Storage of RDS instances: type, size, throughput."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, engine_of
from apim_infra.rehearsal.twins.aws.service_rules import before

LIMIT = "400 GiB rule: error text in public deployment logs; RDS user guide, storage types, 2025"


def storage_type(context: Context) -> str:
    """Return the storage type: the input, io1 where IOPS are asked for, gp3 else (RDS API model)."""
    return str(context.value("storageType") or ("io1" if context.value("iops") else "gp3"))


def is_new(context: Context) -> bool:
    """Tell whether the storage is new: not that of a source, a snapshot or a backup."""
    inherited = ("replicateSourceDb", "snapshotIdentifier", "restoreToPointInTime", "s3Import")
    return not any(context.value(key) for key in inherited)


def check_size(context: Context) -> Iterator[Problem]:
    """Check size and its growth."""
    size, most = context.value("allocatedStorage"), context.value("maxAllocatedStorage")
    kind = storage_type(context)
    limits = facts("rds")["storage"]["types"].get(kind)
    if size is None and is_new(context):
        message = '"allocated_storage": required field is not set'
        yield context.problem("CheckFailure", message, "allocatedStorage", "Give a size in GiB.", "AWS provider")
    if limits and size is not None and not limits["smallest"] <= size <= limits["largest"]:
        message = f"Invalid storage size for engine name {engine_of(context)} and storage type {kind}: {size}"
        hint = f"Give {limits['smallest']} to {limits['largest']} GiB."
        yield context.problem(VALUE, message, "allocatedStorage", hint, facts("rds")["storage"]["source"])
    last = next(iter(before(context, "allocatedStorage")), None)
    if size is not None and last is not None and size < last:
        message = f"Requested storage size ({size}) cannot be less than the current storage size ({last})"
        yield context.problem(COMBINATION, message, "allocatedStorage", "Storage cannot shrink.")
    if most and size is not None and most <= size:
        message = f"Max storage size ({most}) must be greater than the storage size ({size})"
        yield context.problem(COMBINATION, message, "maxAllocatedStorage", "Raise it, or set 0 to switch growth off.")


def check_performance(context: Context) -> Iterator[Problem]:
    """Check IOPS and throughput against type and size."""
    kind, size = storage_type(context), context.value("allocatedStorage", 0)
    iops, throughput = context.value("iops"), context.value("storageThroughput")
    limits: dict[str, Any] = facts("rds")["storage"]["types"].get(kind, {})
    if throughput and kind != "gp3":
        message = f"You can't specify storage throughput for storage type {kind}"
        yield context.problem(COMBINATION, message, "storageThroughput", "Leave it out, or use gp3.")
    if kind == "gp3" and (iops or throughput) and is_new(context) and size < limits["free_choice_from"]:
        message = (
            f"You can't specify IOPS or storage throughput for engine {engine_of(context)} "
            f"and a storage size less than {limits['free_choice_from']}."
        )
        path = "iops" if iops else "storageThroughput"
        hint = "Leave iops and storageThroughput out, or take 400 GiB or more."
        yield context.problem(COMBINATION, message, path, hint, LIMIT)
        return
    if kind in ("gp2", "standard") and iops:
        message = f"You can't specify IOPS for storage type {kind}"
        yield context.problem(COMBINATION, message, "iops", "Leave it out, or use gp3, io1 or io2.")
    if kind in ("io1", "io2") and not iops and is_new(context):
        message = f"You must specify IOPS for storage type {kind}"
        yield context.problem(COMBINATION, message, "iops", "Give iops.")
    for path, value in (("iops", iops), ("throughput", throughput)):
        if value and path in limits and not limits[path][0] <= value <= limits[path][1]:
            message = f"Invalid {path} value {value} for storage type {kind}: valid range is {limits[path]}"
            place = "iops" if path == "iops" else "storageThroughput"
            yield context.problem(COMBINATION, message, place, source=facts("rds")["storage"]["source"])
    if iops and size and "ratio" in limits and iops > limits["ratio"] * size:
        message = f"The IOPS to GiB ratio {iops / size:.0f} is too large for {kind}; it may be {limits['ratio']}"
        yield context.problem(COMBINATION, message, "iops", "Lower iops or take more storage.")


def check_encryption(context: Context) -> Iterator[Problem]:
    """Check that a key goes with encryption, and is named by ARN as the provider wants it."""
    key = context.value("kmsKeyId")
    if key is None:
        return
    if not str(key).startswith("arn:"):
        message = f'"kms_key_id" ({key}) is an invalid ARN: arn: invalid prefix'
        yield context.problem("CheckFailure", message, "kmsKeyId", "Give the key's ARN.", "AWS provider")
    if is_new(context) and not context.value("storageEncrypted", False):
        message = "KmsKeyId can only be given when StorageEncrypted is true"
        yield context.problem(COMBINATION, message, "storageEncrypted", "Set storageEncrypted.")
