"""Subnet groups, parameter groups, users and user groups of ElastiCache."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elasticache.engines import COMBINATION, SOURCE, VALUE, families
from apim_infra.rehearsal.twins.aws.service_rules import located, repeated, subnets, vpcs
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

MANAGED = "Managed by Pulumi"


def _one_vpc(context: Context) -> Iterator[Problem]:
    found = vpcs(subnets(context, context.get("subnetIds[*]")))
    if len(found) > 1:
        message = f"The specified subnets are in different VPCs: {', '.join(found)}"
        yield context.problem("InvalidSubnet", message, "subnetIds", "Give subnets of one VPC.")


SUBNET_GROUP = ResourceType(
    token=tokens.CACHE_SUBNET_GROUP,
    kind="cache subnet group",
    identifier="{name}",
    arn="arn:aws:elasticache:{region}:{account}:subnetgroup:{name}",
    name=Name(
        "name",
        pattern=r"[a-zA-Z0-9-]+",
        longest=255,
        code=VALUE,
        taken_code="CacheSubnetGroupAlreadyExists",
    ),
    references=(
        Reference(
            "subnetIds[*]",
            tokens.SUBNET,
            "InvalidSubnet",
            message="Subnet {value} does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"name"}),
    required=("subnetIds",),
    defaults={"description": MANAGED},
    value_code=VALUE,
    missing_code=VALUE,
    rules=(_one_vpc,),
    outputs=lambda context: {"vpcId": next(iter(vpcs(subnets(context, context.get("subnetIds[*]")))), "")},
    quota=Quota(facts("elasticache")["quotas"]["subnet_groups"], ("region",), "CacheSubnetGroupQuotaExceeded"),
    source=SOURCE,
)


def _family(context: Context) -> Iterator[Problem]:
    family = context.value("family")
    if family not in families():
        message = f"CacheParameterGroupFamily {family} is not a valid parameter group family."
        yield context.problem(VALUE, message, "family", f"Use one of {', '.join(families())}.")
    for name in repeated(context.get("parameters[*].name")):
        message = f"The parameter {name} is given more than once"
        yield context.problem(COMBINATION, message, "parameters", "Give each parameter once.")


PARAMETER_GROUP = ResourceType(
    token=tokens.CACHE_PARAMETER_GROUP,
    kind="cache parameter group",
    identifier="{name}",
    arn="arn:aws:elasticache:{region}:{account}:parametergroup:{name}",
    name=Name(
        "name",
        pattern=r"[a-z](-?[a-z0-9])*",
        longest=255,
        code=VALUE,
        taken_code="CacheParameterGroupAlreadyExists",
    ),
    create_only=frozenset({"name", "family", "description"}),
    defaults={"description": MANAGED},
    value_code=VALUE,
    rules=(_family,),
    quota=Quota(facts("elasticache")["quotas"]["parameter_groups"], ("region",), "CacheParameterGroupQuotaExceeded"),
    source=SOURCE,
)


def _authentication(context: Context) -> Iterator[Problem]:
    """Check that a user authenticates in one way. Passwords are never shown."""
    kind = context.value("authenticationMode.type")
    passwords = located(context, "passwords[*]") or located(context, "passwordsWo[*]")
    nested = located(context, "authenticationMode.passwords[*]")
    free = context.value("noPasswordRequired", False)
    ways = [bool(kind), bool(passwords), bool(free)]
    if sum(ways) == 0:
        message = "Either passwords, noPasswordRequired or authenticationMode must be given for a user"
        yield context.problem(VALUE, message, "authenticationMode", "Set authenticationMode.")
    elif sum(ways) > 1:
        message = "Conflicting configuration arguments: passwords, noPasswordRequired and authenticationMode"
        yield context.problem("CheckFailure", message, "authenticationMode", "Give one.", "AWS provider")
    if kind == "password" and not nested:
        message = "Passwords are required when the authentication type is password"
        yield context.problem(COMBINATION, message, "authenticationMode.passwords", "Give one or two.")
    if kind in ("iam", "no-password-required") and nested:
        message = f"Passwords are not allowed when the authentication type is {kind}"
        yield context.problem(COMBINATION, message, "authenticationMode.passwords", "Leave them out.")
    if kind == "iam" and context.value("userId") != context.value("userName"):
        message = "UserId and UserName must be the same for users with IAM authentication"
        yield context.problem(VALUE, message, "userName", "Give both the same value.")
    yield from _passwords(context, [*passwords, *nested])


def _passwords(context: Context, given: list[tuple[str, Any]]) -> Iterator[Problem]:
    rules = facts("elasticache")["passwords"]
    low, high = rules["length"]
    if len(given) > rules["most"]:
        yield context.problem(VALUE, f"A user has at most {rules['most']} passwords", given[0][0].split("[")[0])
    for place, password in given:
        if not low <= len(str(password)) <= high:
            message = f"Passwords length must be between {low}-{high} characters."
            yield context.problem(VALUE, message, place, "Choose another password.")


def _access_string(context: Context) -> Iterator[Problem]:
    text = str(context.value("accessString", ""))
    words = text.split()
    if not words or words[0] not in ("on", "off"):
        message = f"Access string must begin with on or off: '{text}'"
        yield context.problem(VALUE, message, "accessString", "Write it like 'on ~* +@all'.")
    for word in words[1:]:
        if not re.fullmatch(
            r"[~&%+\-(|)@].*|allkeys|allchannels|allcommands|nocommands|resetkeys|resetchannels|clearselectors|reset.*|db=.*",
            word,
        ):
            message = f"Access string has an unknown rule '{word}'"
            yield context.problem(VALUE, message, "accessString", "Rules begin with ~, &, %, + or -.")


def _default_user(context: Context) -> Iterator[Problem]:
    if context.value("userId") == "default":
        message = "The user id 'default' is reserved"
        yield context.problem(VALUE, message, "userId", "Choose another id; the name may be default.")


USER = ResourceType(
    token=tokens.CACHE_USER,
    kind="user",
    identifier="{userId}",
    arn="arn:aws:elasticache:{region}:{account}:user:{userId}",
    name=Name(
        "userId",
        pattern=r"[a-zA-Z](-?[a-zA-Z0-9])*",
        longest=40,
        code=VALUE,
        taken_code="UserAlreadyExists",
        automatic=False,
    ),
    create_only=frozenset({"userId", "userName"}),
    enums={
        "engine": ("redis", "valkey", "REDIS", "VALKEY"),
        "authenticationMode.type": ("password", "no-password-required", "iam"),
    },
    value_code=VALUE,
    missing_code=VALUE,
    rules=(_authentication, _access_string, _default_user),
    secret_outputs=frozenset({"passwords", "passwordsWo"}),
    quota=Quota(facts("elasticache")["quotas"]["users"], ("region",), "UserQuotaExceeded"),
    source=SOURCE,
)


def _members(context: Context) -> Iterator[Problem]:
    found = (context.find(tokens.CACHE_USER, identifier, "userId") for identifier in context.get("userIds[*]"))
    users = [user for user in found if user]
    names = [str(user["userName"]) for user in users]
    redis = str(context.value("engine", "")).lower() == "redis"
    if redis and "default" not in [*names, *context.get("userIds[*]")]:
        message = "You must add default user to a user group."
        yield context.problem("DefaultUserRequired", message, "userIds", "Add a user named default, or use valkey.")
    for name in repeated(names):
        message = f"A user group cannot have two users with the name {name}"
        yield context.problem("DuplicateUserName", message, "userIds", "Remove one of them.")
    for user in users:
        if redis and str(user["engine"]).lower() == "valkey":
            message = f"The user {user.id} of engine valkey cannot be in a group of engine redis"
            yield context.problem(VALUE, message, "userIds", "Use users of engine redis.", "own knowledge")


def _group_outputs(context: Context) -> Mapping[str, Any]:
    return {"userIds": context.value("userIds", [])}


USER_GROUP = ResourceType(
    token=tokens.CACHE_USER_GROUP,
    kind="user group",
    identifier="{userGroupId}",
    arn="arn:aws:elasticache:{region}:{account}:usergroup:{userGroupId}",
    name=Name(
        "userGroupId",
        pattern=r"[a-zA-Z](-?[a-zA-Z0-9])*",
        longest=40,
        code=VALUE,
        taken_code="UserGroupAlreadyExists",
        automatic=False,
    ),
    references=(
        Reference(
            "userIds[*]",
            tokens.CACHE_USER,
            "UserNotFound",
            by="userId",
            message="User {value} not found.",
            holds=True,
            held_code="InvalidUserState",
            allow="default",
        ),
    ),
    create_only=frozenset({"userGroupId"}),
    enums={"engine": ("redis", "valkey", "REDIS", "VALKEY")},
    value_code=VALUE,
    missing_code=VALUE,
    rules=(_members,),
    outputs=_group_outputs,
    quota=Quota(facts("elasticache")["quotas"]["user_groups"], ("region",), "UserGroupQuotaExceeded"),
    source=SOURCE,
)
