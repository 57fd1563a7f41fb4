"""Roles and what is attached to them."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.iam.rules import (
    API,
    NAME,
    QUOTAS,
    attached_policy,
    document,
    existing_principals,
    role_named,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.templates import ALPHABETS, text_of

POLICIES_PER_ROLE = 10
"""Managed policies attached to one role, by default."""


def iam_name(longest: int, property_: str = "name") -> Name:
    """Make the naming of an IAM type: unique in the account."""
    return Name(property_, NAME, longest, "ValidationError", ("account",), "EntityAlreadyExists")


def unique_id(context: Context, prefix: str) -> str:
    """Return a unique id as IAM makes it: `AROA` and 17 letters and digits."""
    return prefix + text_of(ALPHABETS["upper"], 17, context.hexadecimal(32, prefix))


def _role_outputs(context: Context) -> Mapping[str, Any]:
    path = context.inputs.get("path", "/")
    return {
        "arn": f"arn:aws:iam::{context.account}:role{path}{context.name}",
        "uniqueId": unique_id(context, "AROA"),
        "createDate": "2026-01-01T00:00:00Z",
        "path": path,
        "maxSessionDuration": context.inputs.get("maxSessionDuration", 3600),
    }


def _too_many(context: Context) -> Iterator[Problem]:
    role = context.value("role")
    there = (
        sum(1 for _ in context.world.matching(tokens.ROLE_POLICY_ATTACHMENT, role, "role"))
        if role and context.old is None
        else 0
    )
    if there >= POLICIES_PER_ROLE:
        message = f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}"
        yield context.problem("LimitExceeded", message, "role", "join policies, or ask AWS to raise the quota", QUOTAS)


def _inline_documents(context: Context) -> Iterator[Problem]:
    yield from document("inlinePolicies[*].policy", "identity", longest=10240)(context)


def _attached(context: Context) -> Iterator[Problem]:
    """Refuse to delete a role with attached policies unless it is told to detach them."""
    if context.inputs.get("forceDetachPolicies"):
        return
    for thing in context.world.all(tokens.POLICY_ATTACHMENT):
        if context.name in (thing["roles"] or ()):
            message = "Cannot delete entity, must detach all policies first."
            yield context.problem("DeleteConflict", message, hint=f"delete {thing.urn.rsplit('::', 1)[-1]} first")


def _linked_service(context: Context) -> Iterator[Problem]:
    for other in context.all(
        tokens.SERVICE_LINKED_ROLE,
        awsServiceName=context.value("awsServiceName"),
        customSuffix=context.inputs.get("customSuffix"),
    ):
        message = f"Service role name {other['name']} has been taken in this account, please try a different suffix."
        yield context.problem(
            "InvalidInput", message, "awsServiceName", "one role a service: import the one that exists"
        )


def _linked_outputs(context: Context) -> Mapping[str, Any]:
    service = str(context.inputs.get("awsServiceName", ""))
    words = service.split(".", maxsplit=1)[0].replace("-", " ").title().replace(" ", "")
    name = f"AWSServiceRoleFor{words}"
    return {
        "name": name,
        "path": f"/aws-service-role/{service}/",
        "arn": f"arn:aws:iam::{context.account}:role/aws-service-role/{service}/{name}",
        "uniqueId": unique_id(context, "AROA"),
        "createDate": "2026-01-01T00:00:00Z",
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.ROLE,
        kind="role",
        identifier="{name}",
        name=iam_name(64),
        references=(),
        create_only=frozenset({"name", "namePrefix", "path"}),
        cloudformation="AWS::IAM::Role",
        value_code="ValidationError",
        rules=(
            document("assumeRolePolicy", "trust", longest=2048, quota="ACLSizePerRole"),
            existing_principals("assumeRolePolicy", "trust"),
            attached_policy("managedPolicyArns[*]"),
            attached_policy("permissionsBoundary"),
            _inline_documents,
        ),
        delete_rules=(_attached,),
        outputs=_role_outputs,
        quota=Quota(1000, ("account",), "LimitExceeded"),
        regional=False,
        failure=Problem(
            "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000.", hint="delete unused roles", source=QUOTAS
        ),
        source=API,
    ),
    ResourceType(
        token=tokens.ROLE_POLICY,
        kind="inline policy of a role",
        identifier="{role}:{name}",
        name=Name("name", NAME, 128, "ValidationError", None),
        references=(role_named(),),
        create_only=frozenset({"role", "name", "namePrefix"}),
        value_code="ValidationError",
        rules=(document("policy", "identity", longest=10240, quota="PolicySize"),),
        regional=False,
        source=API,
    ),
    ResourceType(
        token=tokens.ROLE_POLICY_ATTACHMENT,
        kind="policy attachment",
        identifier="{role}/{policyArn}",
        references=(
            role_named(),
            Reference(
                "policyArn",
                tokens.POLICY,
                "NoSuchEntity",
                by="arn",
                message="Policy {value} does not exist or is not attachable.",
                same_region=False,
                holds=True,
                held_code="DeleteConflict",
                allow=r".*",
            ),
        ),
        create_only=frozenset({"role", "policyArn"}),
        rules=(attached_policy("policyArn"), _too_many),
        regional=False,
        source=API,
    ),
    ResourceType(
        token=tokens.POLICY_ATTACHMENT,
        kind="policy attachment",
        identifier="{name}",
        name=Name("name", unique=None),
        references=(role_named("roles[*]"),),
        create_only=frozenset({"name", "policyArn"}),
        rules=(attached_policy("policyArn"),),
        regional=False,
        source=API,
    ),
    ResourceType(
        token=tokens.INSTANCE_PROFILE,
        kind="instance profile",
        identifier="{name}",
        arn="arn:aws:iam::{account}:instance-profile/{name}",
        name=iam_name(128),
        references=(role_named(),),
        create_only=frozenset({"name", "namePrefix", "path"}),
        cloudformation="AWS::IAM::InstanceProfile",
        value_code="ValidationError",
        outputs=lambda context: {"uniqueId": unique_id(context, "AIPA"), "createDate": "2026-01-01T00:00:00Z"},
        quota=Quota(1000, ("account",), "LimitExceeded"),
        regional=False,
        source=API,
    ),
    ResourceType(
        token=tokens.SERVICE_LINKED_ROLE,
        kind="service-linked role",
        identifier="{arn}",
        create_only=frozenset({"awsServiceName", "customSuffix"}),
        patterns={"awsServiceName": r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?"},
        value_code="InvalidInput",
        rules=(_linked_service,),
        outputs=_linked_outputs,
        regional=False,
        source=API,
    ),
)
