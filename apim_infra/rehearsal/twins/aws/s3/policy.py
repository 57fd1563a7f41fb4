"""Bucket policies, and when one makes a bucket public."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.documents import read_document, strings
from apim_infra.rehearsal.twins.aws.iam.rules import document, existing_principals
from apim_infra.rehearsal.twins.aws.s3.common import blocked, own_bucket, setting, within
from apim_infra.rehearsal.twins.aws.table import Rule

MALFORMED = "MalformedPolicy"
FIXED_OPERATORS = re.compile(r"(?:ForAnyValue:)?(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like)|IpAddress)")
SOURCE = "S3 user guide, blocking public access: the meaning of public, 2026"


def is_public(statement: Mapping[str, Any]) -> bool:
    """Tell whether S3 calls a statement public: it allows everyone, and no condition with fixed values restricts it."""
    principal = statement.get("Principal")
    named = strings(within(principal).get("AWS")) or strings(principal)
    if statement.get("Effect") != "Allow" or "*" not in named:
        return False
    restricting = facts("s3")["restricting_keys"]
    for operator, block in within(statement, "Condition").items():
        for key, values in within(block).items():
            fixed = FIXED_OPERATORS.fullmatch(operator) and key.lower() in restricting
            if fixed and not any(_is_wide(key, value) for value in strings(values)):
                return False
    return True


def _is_wide(key: str, value: str) -> bool:
    """Tell whether a value of a condition stands for so many that the statement stays public."""
    if key.lower() == "aws:sourceip":
        length = value.rsplit("/", maxsplit=1)[-1]
        return "/" in value and int(length or 0) < (32 if ":" in value else 8)
    return value in ("*", "") or (key.lower() != "aws:userid" and value.startswith("*"))


def _statements(context: Context) -> Iterator[Mapping[str, Any]]:
    for text in context.get("policy"):
        found = read_document(str(text), "resource")
        if not found.faults:
            yield from found.statements


def _resources(context: Context) -> Iterator[Problem]:
    """Every resource of a bucket's policy is that bucket or in it."""
    name = context.name or context.value("bucket")
    for statement in _statements(context):
        given = strings(statement.get("Resource", statement.get("NotResource")))
        if not given:
            message = "Missing required field Resource"
            yield context.problem(MALFORMED, message, "policy", f"Name arn:aws:s3:::{name} and what is in it.")
        for resource in given:
            pattern = resource.removeprefix("arn:aws:s3:::").split("/", maxsplit=1)[0]
            if resource != "*" and not (resource.startswith("arn:aws:s3:::") and fnmatchcase(str(name), pattern)):
                message = f"Policy has invalid resource: {resource}"
                yield context.problem(
                    MALFORMED, message, "policy", f"Name arn:aws:s3:::{name} or arn:aws:s3:::{name}/*."
                )


def _actions(context: Context) -> Iterator[Problem]:
    """Actions are of S3, and each has a resource that it applies to."""
    actions = facts("s3")["actions"]
    for statement in _statements(context):
        given = [action.split(":", maxsplit=1) for action in strings(statement.get("Action")) if action != "*"]
        for action in given:
            if action[0].lower() not in ("s3", "*"):
                message = f"Policy has invalid action: {':'.join(action)}"
                yield context.problem(MALFORMED, message, "policy", "A bucket policy has actions of S3 only.")
        names = {action[-1] for action in given}
        resources = strings(statement.get("Resource"))
        in_bucket = ["/" in resource or resource.endswith("*") for resource in resources]
        only_objects = names and names <= set(actions["object"])
        only_bucket = names and names <= set(actions["bucket"])
        if resources and ((only_objects and not any(in_bucket)) or (only_bucket and _all_objects(resources))):
            message = "Action does not apply to any resource(s) in statement"
            hint = "Actions on objects need the bucket's ARN with /* behind it, those on the bucket the bare ARN."
            yield context.problem(MALFORMED, message, "policy", hint)


def _all_objects(resources: list[str]) -> bool:
    return all("/" in resource for resource in resources)


def _public(context: Context) -> Iterator[Problem]:
    bucket = own_bucket(context)
    if bucket is None or not blocked(context, bucket, "blockPublicPolicy"):
        return
    if any(is_public(statement) for statement in _statements(context)):
        message = (
            f'User is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket.id}" because '
            "public policies are blocked by the BlockPublicPolicy block public access setting"
        )
        hint = (
            "Restrict the principal or add a condition; for a bucket that is meant to be public, set blockPublicPolicy "
            "to false in a BucketPublicAccessBlock first (new buckets block public policies)."
        )
        yield context.problem("AccessDenied", message, "policy", hint, SOURCE)


def policy_rules() -> tuple[Rule, ...]:
    """Return the rules of a bucket policy at the path `policy`, without the block of public access."""
    return (
        document("policy", "resource", MALFORMED),
        existing_principals("policy", "resource", MALFORMED),
        _resources,
        _actions,
    )


POLICY = setting("BucketPolicy", "bucket policy", rules=(*policy_rules(), _public))
