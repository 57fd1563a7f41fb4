"""Replication of a bucket's objects."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import INVALID, REFUSED, own_bucket, setting, versioning, within
from apim_infra.rehearsal.twins.aws.service_rules import located, repeated

SWITCH = ("Enabled", "Disabled")


def _versions(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    if bucket is not None and versioning(context, bucket) in ("Disabled", "Suspended"):
        message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        hint = "Set BucketVersioning to Enabled, and let this resource depend on it."
        yield context.problem(REFUSED, message, "bucket", hint)
    for place, arn in located(context, "rules[*].destination.bucket"):
        found = context.world.find(tokens.BUCKET, arn, "arn")
        if found is None:
            yield context.problem(
                REFUSED, f"Destination bucket must exist: {arn}", place, "Give a bucket's arn output."
            )
        elif versioning(context, found) in ("Disabled", "Suspended"):
            message = f"Destination bucket must have versioning enabled: {found.id}"
            hint = "Set BucketVersioning of the destination to Enabled, and let this resource depend on it."
            yield context.problem(REFUSED, message, place, hint)


def _rules(context: Context) -> Iterator[Problem]:
    rules = located(context, "rules[*]")
    for name in repeated([rule["id"] for _, rule in rules if rule.get("id")]):
        message = f"Rule Id must be unique. Found same Id for more than one rule: {name}"
        yield context.problem(INVALID, message, "rules", "Give each rule an id of its own.")
    for priority in repeated([rule["priority"] for _, rule in rules if rule.get("priority") is not None]):
        message = f"Found duplicate priorities across different rules. Priority must be unique: {priority}"
        yield context.problem(REFUSED, message, "rules", "Give each rule a priority of its own.")
    for place, rule in rules:
        if rule.get("filter") is None:
            continue
        if rule.get("deleteMarkerReplication") is None:
            message = "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema."
            hint = "Set deleteMarkerReplication, as every rule with a filter needs it."
            yield context.problem(REFUSED, message, f"{place}.deleteMarkerReplication", hint)
        if rule.get("prefix") is not None:
            message = "Prefix and Filter cannot both be specified in a replication rule"
            yield context.problem(REFUSED, message, f"{place}.prefix", "Put the prefix into the filter.")


def _encrypted(context: Context) -> Iterator[Problem]:
    for place, rule in located(context, "rules[*]"):
        selected = within(rule, "sourceSelectionCriteria", "sseKmsEncryptedObjects").get("status")
        configured = within(rule, "destination", "encryptionConfiguration")
        if selected == "Enabled" and not configured:
            message = "EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present"
            hint = "Set destination.encryptionConfiguration.replicaKmsKeyId to a key of the destination's region."
            yield context.problem(REFUSED, message, f"{place}.destination", hint)
        if configured and selected != "Enabled":
            message = "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present"
            hint = "Set sourceSelectionCriteria.sseKmsEncryptedObjects.status to Enabled."
            yield context.problem(REFUSED, message, f"{place}.sourceSelectionCriteria", hint)


REPLICATION = setting(
    "BucketReplicationConfig",
    "replication configuration",
    required=("rules",),
    patterns={"role": r"arn:aws[\w-]*:iam::\d{12}:role/.+"},
    enums={
        "rules[*].status": SWITCH,
        "rules[*].deleteMarkerReplication.status": SWITCH,
        "rules[*].destination.metrics.status": SWITCH,
        "rules[*].destination.replicationTime.status": SWITCH,
        "rules[*].destination.replicationTime.time.minutes": (15,),
        "rules[*].sourceSelectionCriteria.sseKmsEncryptedObjects.status": SWITCH,
    },
    rules=(_versions, _rules, _encrypted),
)
