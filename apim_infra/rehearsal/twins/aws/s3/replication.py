"""Replication of a bucket's objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.common import INVALID, REFUSED, own_bucket, setting, versioning, within
from apim_infra.rehearsal.twins.aws.service_rules import (
    attached_policies,
    find_role,
    grants,
    has_inline_policies,
    is_service_key,
    key_problem,
    located,
    repeated,
)

SWITCH = ("Enabled", "Disabled")
MOST_RULES = 1000
"""Rules of a configuration (S3 API model)."""
CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
)  # fmt: skip
"""Storage classes of copies (S3 API model, without those of Outposts, Snow and file systems)."""


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
            continue
        if bucket is not None and found.id == bucket.id:
            message = "Destination bucket cannot be the same as the source bucket."
            yield context.problem(REFUSED, message, place, "Name another bucket.")
        if bucket is not None and bucket["objectLockEnabled"] and not (found.assumed or found["objectLockEnabled"]):
            message = f"{bucket.id} has an object lock: its objects are replicated only to a bucket that has one too"
            hint = "Set objectLockEnabled of the destination."
            source = "S3 user guide, Object Lock considerations, 2026"
            yield context.warning(REFUSED, message, place, hint, source)
        if versioning(context, found) in ("Disabled", "Suspended"):
            message = f"Destination bucket must have versioning enabled: {found.id}"
            hint = "Set BucketVersioning of the destination to Enabled, and let this resource depend on it."
            yield context.problem(REFUSED, message, place, hint)


def _rules(context: Context) -> Iterator[Problem]:
    rules = located(context, "rules[*]")
    for name in repeated([rule["id"] for _, rule in rules if rule.get("id")]):
        message = f"Rule Id must be unique. Found same Id for more than one rule: {name}"
        yield context.problem(INVALID, message, "rules", "Give each rule an id of its own.")
    if len(rules) > MOST_RULES:
        message = f"A replication configuration takes at most {MOST_RULES} rules, not {len(rules)}"
        yield context.problem(REFUSED, message, "rules", "Join rules.")
    # The provider writes 0 where a rule with a filter says nothing.
    priorities = [rule.get("priority", 0) for _, rule in rules if rule.get("filter") is not None]
    for priority in repeated(priorities):
        message = f"Found duplicate priorities across different rules. Priority must be unique: {priority}"
        yield context.problem(REFUSED, message, "rules", "Give each rule a priority of its own.")
    for place, rule in rules:
        if rule.get("filter") is None:
            continue
        if rule.get("deleteMarkerReplication") is None:
            message = "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema."
            hint = "Set deleteMarkerReplication, as every rule with a filter needs it."
            yield context.problem(REFUSED, message, f"{place}.deleteMarkerReplication", hint)
        if within(rule, "deleteMarkerReplication").get("status") == "Enabled" and _by_tag(rule):
            message = "Delete marker replication is not supported if any Tag filter is specified."
            hint = "Set deleteMarkerReplication to Disabled, or filter by prefix alone."
            yield context.problem(REFUSED, message, f"{place}.deleteMarkerReplication.status", hint)
        if rule.get("prefix") is not None:
            message = "Prefix and Filter cannot both be specified in a replication rule"
            yield context.problem(REFUSED, message, f"{place}.prefix", "Put the prefix into the filter.")


def _by_tag(rule: Mapping[str, Any]) -> bool:
    return bool(within(rule, "filter", "tag") or within(rule, "filter", "and").get("tags"))


def _in_time(context: Context) -> Iterator[Problem]:
    for place, rule in located(context, "rules[*]"):
        timed = within(rule, "destination", "replicationTime").get("status") == "Enabled"
        if timed and within(rule, "destination", "metrics").get("status") != "Enabled":
            message = "ReplicationTime must be specified together with Metrics"
            yield context.problem(REFUSED, message, f"{place}.destination.metrics", "Enable both.")


def _keys(context: Context) -> Iterator[Problem]:
    """Warn of a key that is not the destination's: S3 takes the configuration, and no object arrives."""
    for place, rule in located(context, "rules[*]"):
        key = within(rule, "destination", "encryptionConfiguration").get("replicaKmsKeyId")
        bucket = context.world.find(tokens.BUCKET, within(rule, "destination").get("bucket"), "arn")
        if bucket is None or not isinstance(key, str) or key == UNKNOWN or is_service_key(key):
            continue
        found = key_problem(context, key, bucket.region)
        if found:
            at = f"{place}.destination.encryptionConfiguration.replicaKmsKeyId"
            yield context.warning("KMS.NotFoundException", found[0], at, found[1])


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


def _role(context: Context) -> Iterator[Problem]:
    """Warn of a role that S3 cannot take or that may do nothing: the configuration is accepted, and no object arrives."""
    role = find_role(context, context.value("role"))
    if role is None or role.assumed:
        return
    if not grants(role.inputs.get("assumeRolePolicy"), "s3.amazonaws.com"):
        message = f"the role {role['name']} cannot be assumed by s3.amazonaws.com"
        yield context.warning("AccessDenied", message, "role", "Let its trust policy allow that service.")
    elif not has_inline_policies(context, role) and not attached_policies(context, role):
        message = f"the role {role['name']} has no policy: S3 can copy nothing with it"
        yield context.warning(
            "AccessDenied", message, "role", "Give it its rights, and let this resource depend on them."
        )


REPLICATION = setting(
    "BucketReplicationConfig",
    "replication configuration",
    required=("rules",),
    patterns={"role": r"arn:aws[\w-]*:iam::\d{12}:role/.+"},
    enums={
        "rules[*].status": SWITCH,
        "rules[*].deleteMarkerReplication.status": SWITCH,
        "rules[*].destination.metrics.status": SWITCH,
        "rules[*].destination.metrics.eventThreshold.minutes": (15,),
        "rules[*].destination.storageClass": CLASSES,
        "rules[*].destination.replicationTime.status": SWITCH,
        "rules[*].destination.replicationTime.time.minutes": (15,),
        "rules[*].sourceSelectionCriteria.sseKmsEncryptedObjects.status": SWITCH,
    },
    rules=(_versions, _rules, _in_time, _encrypted, _keys, _role),
)
