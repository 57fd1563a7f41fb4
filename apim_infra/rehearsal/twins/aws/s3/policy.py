"""Policies and lifecycles of buckets."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.s3.bucket import SOURCE, of_bucket
from apim_infra.rehearsal.twins.aws.s3.settings import PUBLIC_ACCESS, one_for_a_bucket, setting_of
from apim_infra.rehearsal.twins.aws.service_rules import (
    find_role,
    is_public,
    located,
    mappings,
    parsed,
    repeated,
    resource_policy,
    texts,
)
from apim_infra.rehearsal.twins.aws.table import ResourceType

MALFORMED = "MalformedPolicy"
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
CLASSES = ("GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
ACTIONS = (
    "expiration",
    "noncurrentVersionExpiration",
    "abortIncompleteMultipartUpload",
    "transitions",
    "noncurrentVersionTransitions",
)


def _statements(context: Context) -> list[dict[str, Any]]:
    try:
        document = mappings(parsed(context.value("policy", "{}")))
    except ValueError:
        return []
    return mappings(document[0].get("Statement")) if document else []


def _resources(context: Context) -> Iterator[Problem]:
    """Check that a policy speaks of its own bucket, of S3's actions and of principals that exist."""
    own = f"arn:aws:s3:::{context.value('bucket')}"
    for statement in _statements(context):
        for resource in texts(statement.get("Resource")):
            if resource != own and not resource.startswith(f"{own}/") and resource not in ("*", f"{own}*"):
                message = f"Policy has invalid resource: {resource}"
                yield context.problem(MALFORMED, message, "policy", f"Use {own} and {own}/*.")
        for action in texts(statement.get("Action")):
            if action != "*" and not action.startswith(("s3:", "s3-object-lambda:")):
                message = f"Policy has invalid action: {action}"
                yield context.problem(MALFORMED, message, "policy", "Use actions of S3.")
        for principal in mappings(statement.get("Principal")):
            yield from _principals(context, texts(principal.get("AWS")))


def _principals(context: Context, arns: list[str]) -> Iterator[Problem]:
    for arn in arns:
        own_role = arn.startswith(f"arn:aws:iam::{context.account}:role/")
        if own_role and "*" not in arn and "/aws-" not in arn and find_role(context, arn) is None:
            message = f"Invalid principal in policy: {arn}"
            yield context.problem(MALFORMED, message, "policy", "Name a role that exists.")


def _public(context: Context) -> Iterator[Problem]:
    """Refuse a public policy: new buckets block public policies until told otherwise."""
    block = setting_of(context, PUBLIC_ACCESS, context.value("bucket"))
    blocked = block is None or block.inputs.get("blockPublicPolicy")
    if blocked and is_public(context.value("policy")):
        message = (
            "Access Denied: public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
        )
        hint = "Name principals, or add a condition that restricts the statement."
        yield context.problem("AccessDenied", message, "policy", hint)


BUCKET_POLICY = ResourceType(
    token="aws:s3/bucketPolicy:BucketPolicy",  # noqa: S106  a type token, no secret
    kind="bucket policy",
    identifier="{bucket}",
    references=(of_bucket(),),
    create_only=frozenset({"bucket"}),
    value_code=MALFORMED,
    rules=(one_for_a_bucket, resource_policy("policy", MALFORMED), _resources, _public),
    source=SOURCE,
)


def _rules(context: Context) -> Iterator[Problem]:
    for identifier in repeated(context.get("rules[*].id")):
        message = f"Rule ID must be unique. Found same ID for more than one rule: {identifier}"
        yield context.problem("InvalidArgument", message, "rules", "Give each rule its own id.")
    for place, rule in located(context, "rules[*]"):
        if not any(rule.get(action) for action in ACTIONS):
            message = "At least one action needs to be specified in a rule"
            yield context.problem("InvalidRequest", message, place, "Add an expiration or a transition.")
        yield from _transitions(context, place, rule)


def _transitions(context: Context, place: str, rule: dict[str, Any]) -> Iterator[Problem]:
    """Check the days of transitions, and that expiration comes after them."""
    transitions = mappings(rule.get("transitions"))
    for index, transition in enumerate(transitions):
        days, storage = transition.get("days"), transition.get("storageClass")
        if storage in INFREQUENT and days is not None and days < 30:
            message = f"'Days' in Transition action must be greater than or equal to 30 for storageClass '{storage}'"
            yield context.problem("InvalidArgument", message, f"{place}.transitions[{index}].days", "Set 30 or more.")
    expiration = mappings(rule.get("expiration"))
    last = max((t["days"] for t in transitions if t.get("days") is not None), default=0)
    days = expiration[0].get("days") if expiration else None
    if days is not None and days < 1:
        message = "'Days' for Expiration action must be a positive integer"
        yield context.problem("InvalidArgument", message, f"{place}.expiration.days", "Set 1 or more.")
    elif days is not None and transitions and days <= last:
        message = (
            f"'Days' in the Expiration action ({days}) must be greater than 'Days' in the Transition action ({last})"
        )
        yield context.problem("InvalidArgument", message, f"{place}.expiration.days", "Expire later.")


LIFECYCLE = ResourceType(
    token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",  # noqa: S106  a type token, no secret
    kind="lifecycle configuration",
    identifier="{bucket}",
    references=(of_bucket(),),
    create_only=frozenset({"bucket", "expectedBucketOwner"}),
    enums={
        "rules[*].status": ("Enabled", "Disabled"),
        "rules[*].transitions[*].storageClass": CLASSES,
        "rules[*].noncurrentVersionTransitions[*].storageClass": CLASSES,
        "transitionDefaultMinimumObjectSize": ("all_storage_classes_128K", "varies_by_storage_class"),
    },
    value_code="MalformedXML",
    missing_code="MalformedXML",
    rules=(one_for_a_bucket, _rules),
    source=SOURCE,
)
