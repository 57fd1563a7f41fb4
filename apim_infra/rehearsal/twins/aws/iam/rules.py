"""Rules that several IAM types, and services with policies of their own, share."""

import re
from collections.abc import Iterator
from functools import lru_cache

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.documents import SOURCE, principals_of, read_document
from apim_infra.rehearsal.twins.aws.table import Reference, Rule
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import text_file

API = "IAM API reference, 2026"
NAME = r"[\w+=,.@-]+"
QUOTAS = "IAM user guide, quotas, 2026"
IAM_ENTITY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(role|user)/(?:.*/)?([\w+=,.@-]+)")


@lru_cache(maxsize=1)
def managed_policies() -> frozenset[str]:
    """Return the ARNs of the policies that AWS manages."""
    lines = text_file("apim_infra.rehearsal.twins.aws.iam", "managed_policies.txt").splitlines()
    return frozenset(f"arn:aws:iam::aws:policy/{line}" for line in lines if line and not line.startswith("#"))


def document(
    path: str,
    kind: str,
    code: str = "MalformedPolicyDocument",
    longest: int = 0,
    *,
    quota: str = "PolicySize",
    exceeded: str = "LimitExceeded",
) -> Rule:
    """Make a rule: the value is a policy document of a kind, and not longer than the service takes (white space not counted)."""

    def rule(context: Context) -> Iterator[Problem]:
        for at, text in values_at(context.inputs, path):
            if text == UNKNOWN:
                continue
            for fault in read_document(str(text), kind).faults:
                yield context.problem(
                    code,
                    f"This policy contains invalid Json or breaks its grammar: {fault}",
                    at,
                    "correct the document",
                    SOURCE,
                )
            size = len(re.sub(r"\s", "", str(text)))
            if longest and size > longest:
                message = f"Cannot exceed quota for {quota}: {longest}"
                yield context.problem(exceeded, message, at, f"it has {size} characters: split it", QUOTAS)

    return rule


def existing_principals(path: str, kind: str, code: str = "MalformedPolicyDocument") -> Rule:
    """Make a rule: roles and users of the own account that a document names as principals exist."""

    def rule(context: Context) -> Iterator[Problem]:
        for at, text in values_at(context.inputs, path):
            for principal in principals_of(read_document(str(text), kind)):
                found = IAM_ENTITY.fullmatch(principal)
                if not found or found[1] != context.account or "/aws-service-role/" in principal or found[2] == "user":
                    continue
                if context.world.find(tokens.ROLE, principal, "arn") is None:
                    message = f'Invalid principal in policy: "AWS":"{principal}"'
                    yield context.problem(code, message, at, "create the role first: use its arn output", API)

    return rule


def attached_policy(path: str) -> Rule:
    """Make a rule: the policies at a path exist, made by the program or managed by AWS."""

    def rule(context: Context) -> Iterator[Problem]:
        for at, arn in values_at(context.inputs, path):
            if arn == UNKNOWN or arn in managed_policies() or context.world.find(tokens.POLICY, arn, "arn"):
                continue
            if not re.fullmatch(r"arn:aws[\w-]*:iam::(aws|\d{12}):policy/.+", str(arn)):
                yield context.problem("ValidationError", f"ARN {arn} is not valid.", at, "give the ARN of a policy")
                continue
            message = f"Policy {arn} does not exist or is not attachable."
            yield context.problem("NoSuchEntity", message, at, "look the name up in the list of AWS managed policies")

    return rule


def role_named(path: str = "role", *, holds: bool = True) -> Reference:
    """Make the reference of an input that names a role; the role cannot be deleted before."""
    return Reference(
        path,
        tokens.ROLE,
        "NoSuchEntity",
        by="name",
        message="The role with name {value} cannot be found.",
        same_region=False,
        holds=holds,
        held_code="DeleteConflict",
    )
