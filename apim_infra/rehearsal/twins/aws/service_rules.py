"""Rules that several services share: keys, roles, documents, subnets.

Each factory takes the property path and the code with which the service answers, and returns a `Rule` for a row.
"""

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.table import Rule
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

CREATED_AT = "2026-01-01T00:00:00Z"
"""Time of creation of everything: outputs do not depend on the clock."""
POLICY_VERSIONS = ("2012-10-17", "2008-10-17")
KEY_PROBLEM = "The KMS key '{value}' does not exist, is not enabled or cannot be used"
ATTACHING = (
    (tokens.ROLE_POLICY_ATTACHMENT, "role", "policyArn"),
    ("aws:iam/policyAttachment:PolicyAttachment", "roles", "policyArn"),
    ("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "roleName", "policyArns"),
)
"""Types that attach managed policies to roles, their input with the role and their input with the policy."""


def located(context: Context, path: str) -> list[tuple[str, Any]]:
    """Return every known value at a path with its concrete path, `[*]` filled in; nothing for what is not set."""
    return [(place, value) for place, value in values_at(context.inputs, path) if value != UNKNOWN]


def nested(document: Any, path: str, default: Any = None) -> Any:
    """Return the first value at a path of inputs or outputs, or the default."""
    return next((value for _, value in values_at(document, path)), default)


def before(context: Context, path: str) -> list[Any]:
    """Return what was set at a path in the last deployment; empty at creation."""
    return [value for _, value in values_at(context.old or {}, path)]


def given(context: Context, *names: str) -> list[str]:
    """Return the names of the top-level inputs that are set, whether their values are known yet or not."""
    return [name for name in names if context.inputs.get(name) is not None]


def texts(value: Any) -> list[str]:
    """Return one string or a list of strings as a list; anything else is left out."""
    if isinstance(value, str):
        return [value]
    return [item for item in cast("list[Any]", value) if isinstance(item, str)] if isinstance(value, list) else []


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return one object or a list of objects as a list; whatever is no object is left out."""
    if isinstance(value, Mapping):
        return [dict(cast("Mapping[str, Any]", value))]
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def parsed(value: Any) -> Any:
    """Return a document that is either JSON text or already an object. Raises ValueError when it is no JSON."""
    return json.loads(value) if isinstance(value, str) else value


def json_object(path: str, code: str, message: str, hint: str = "Write it with json.dumps.") -> Rule:
    """Make a rule: the value is a JSON object."""

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            try:
                valid = isinstance(parsed(value), Mapping)
            except ValueError:
                valid = False
            if not valid:
                yield context.problem(code, message, place, hint)

    return rule


def policy_faults(document: Any, *, principal: bool) -> list[str]:
    """Return what is wrong with a policy document, in a few words each. `principal`: whether each statement needs one."""
    if not isinstance(document, Mapping):
        return ["it is no JSON object"]
    policy = cast("Mapping[str, Any]", document)
    faults: list[str] = []
    if "Version" in policy and policy["Version"] not in POLICY_VERSIONS:
        faults.append(f"Version '{policy['Version']}' is not one of {', '.join(POLICY_VERSIONS)}")
    statements = mappings(policy.get("Statement"))
    if not statements:
        faults.append("it has no Statement")
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            faults.append("a statement's Effect is neither Allow nor Deny")
        if "Action" not in statement and "NotAction" not in statement:
            faults.append("a statement has no Action")
        if principal and "Principal" not in statement and "NotPrincipal" not in statement:
            faults.append("a statement of a resource policy has no Principal")
    return faults


def resource_policy(path: str, code: str, message: str = "The policy is malformed: {fault}", source: str = "") -> Rule:
    """Make a rule: the value is a policy document for a resource (every statement names a principal)."""

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            try:
                faults = policy_faults(parsed(value), principal=True)
            except ValueError:
                faults = ["it is no JSON"]
            for fault in faults:
                yield context.problem(code, message.format(fault=fault), place, "Correct the document.", source)

    return rule


def policy_actions(document: Any) -> list[str]:
    """Return the actions that a policy document names; none of one that cannot be read."""
    try:
        policy = mappings(parsed(document))
    except ValueError:
        return []
    statements = mappings(policy[0].get("Statement")) if policy else []
    return [action for statement in statements for action in texts(statement.get("Action"))]


def find_key(context: Context, value: str, region: str) -> Thing | None:
    """Return the KMS key that an id, an ARN, an alias or the ARN of an alias means in a region."""
    name = value.rsplit(":", maxsplit=1)[-1]
    if value.startswith("arn:") and f":{region}:" not in value:
        return None
    if name.startswith("alias/"):
        alias = context.world.find(tokens.KEY_ALIAS, name, "name", region)
        target = alias.inputs.get("targetKeyId") if alias else None
        return find_key(context, str(target), region) if target else None
    key_id = name.removeprefix("key/")
    for token in (tokens.KEY, tokens.REPLICA_KEY, "aws:kms/externalKey:ExternalKey"):
        key = context.world.find(token, key_id, "id|keyId", region)
        if key:
            return key
    return None


def is_service_key(value: str) -> bool:
    """Tell whether a value names a key that AWS keeps for a service (`alias/aws/rds`), which always exists."""
    return bool(re.search(r"(?:^|:)alias/aws/", value))


def key_problem(context: Context, value: str, region: str, message: str = KEY_PROBLEM) -> tuple[str, str] | None:
    """Return message and hint when a key cannot be used in a region, None when it can."""
    key = find_key(context, value, region)
    text = message.format(value=value)
    owner = re.match(rf"arn:[\w-]+:kms:{region}:(\d+):", value)
    if key is None and owner and owner[1] != context.account:
        return None  # a key of another account is out of sight here
    if key is None:
        return text, f"Use a key of {region}: KMS keys are regional (a multi-region key needs its replica there)."
    specification = key.inputs.get("customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if specification != "SYMMETRIC_DEFAULT" or (key.inputs.get("keyUsage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        return f"{text} (key spec {specification})", "Use a symmetric key for encryption."
    if key.inputs.get("isEnabled") is False or key.inputs.get("enabled") is False:
        return f"{text} (it is disabled)", "Enable the key."
    return None


def kms_key(path: str, code: str, message: str = KEY_PROBLEM, *, source: str = "", late: bool = False) -> Rule:
    """Make a rule: the value names an enabled symmetric key of the resource's region, or one of AWS's own.

    `late`: the service takes the request and fails when the key is first used, so that the rule warns.
    """

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            if isinstance(value, str) and value and not is_service_key(value):
                problem = key_problem(context, value, context.region, message)
                if problem:
                    make = context.warning if late else context.problem
                    yield make(code, problem[0], place, problem[1], source)

    return rule


def key_documents(context: Context, key: Thing) -> list[Any]:
    """Return the policies of a key that the program set, in itself or beside it; none when AWS's default policy holds."""
    documents = [key.inputs.get("policy")]
    documents += [
        separate.inputs.get("policy")
        for separate in context.world.all(tokens.KEY_POLICY, context.region)
        if separate.inputs.get("keyId") in (key.id, key["keyId"], key["arn"])
    ]
    return [document for document in documents if document]


def grants(document: Any, service: str) -> bool:
    """Tell whether a policy has an allowing statement for a service principal or for everyone."""
    try:
        policy = mappings(parsed(document))
    except ValueError:
        return False
    for statement in mappings(policy[0].get("Statement")) if policy else ():
        principal = statement.get("Principal")
        named = mappings(principal)[0].get("Service") if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and {service, "*"} & set(texts(named)):
            return True
    return False


def is_public(document: Any) -> bool:
    """Tell whether a policy allows something to everyone without a condition."""
    try:
        policy = mappings(parsed(document))
    except ValueError:
        return False
    for statement in mappings(policy[0].get("Statement")) if policy else ():
        principal = statement.get("Principal")
        named = mappings(principal)[0].get("AWS") if isinstance(principal, Mapping) else principal
        if statement.get("Effect") == "Allow" and "*" in texts(named) and not statement.get("Condition"):
            return True
    return False


def find_role(context: Context, arn: Any) -> Thing | None:
    """Return the IAM role of an ARN."""
    return context.find(tokens.ROLE, arn, "arn", anywhere=True)


def role_exists(
    path: str, code: str, service: str = "", *, missing: str = "The role '{value}' does not exist", trust: str = ""
) -> Rule:
    """Make a rule: the value is the ARN of an existing role which, where `service` is given, trusts that service."""
    text = trust or "The role '{value}' cannot be assumed by {service}"

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            role = find_role(context, value)
            if role is None:
                if "/aws-service-role/" not in str(value):
                    hint = "Give the ARN of a role that exists."
                    yield context.problem(code, missing.format(value=value), place, hint)
            elif service and not role.assumed and not grants(role.inputs.get("assumeRolePolicy"), service):
                hint = f"Let the trust policy of the role allow the principal {service}."
                yield context.problem(code, text.format(value=value, service=service), place, hint)

    return rule


def seen(path: str, token: str, code: str, kind: str, service: str = "") -> Rule:
    """Make a rule that warns of an ARN (of a service) of the own account and region which no resource of the stack has."""

    def rule(context: Context) -> Iterator[Problem]:
        for place, value in located(context, path):
            own = f"{service}:{context.region}:{context.account}:" in str(value)
            if own and context.find(token, value, "arn") is None:
                message = f"The {kind} {value} is not part of the stack; whether it exists is not known here"
                yield context.warning(code, message, place, f"Make sure that the {kind} exists.")

    return rule


def attached_policies(context: Context, role: Thing) -> list[str]:
    """Return the ARNs of the managed policies of a role, however they were attached."""
    names = {role["name"], role.id, role["arn"]}
    arns = texts(role.inputs.get("managedPolicyArns"))
    for token, role_input, policy_input in ATTACHING:
        for attachment in context.world.all(token):
            if names & set(texts(attachment.inputs.get(role_input))):
                arns += texts(attachment.inputs.get(policy_input))
    return arns


def has_inline_policies(context: Context, role: Thing) -> bool:
    """Tell whether a role carries inline policies."""
    names = {role["name"], role.id}
    separate = any(policy.inputs.get("role") in names for policy in context.world.all(tokens.ROLE_POLICY))
    return separate or bool(role.inputs.get("inlinePolicies"))


def subnets(context: Context, ids: Iterable[Any]) -> list[Thing]:
    """Return the subnets of the resource's region that exist among some ids."""
    return [thing for thing in (context.find(tokens.SUBNET, identifier) for identifier in ids) if thing]


def zones(things: Iterable[Thing]) -> list[str]:
    """Return the availability zones of subnets, one for each; a subnet brought along stands for a zone of its own."""
    return [str(thing["availabilityZone"] or f"that of {thing.id}") for thing in things]


def known(things: Iterable[Thing]) -> bool:
    """Tell whether the zones of all subnets are known: none was brought along by its id alone."""
    return all(thing["availabilityZone"] for thing in things)


def vpcs(things: Iterable[Thing]) -> list[str]:
    """Return the different VPCs of subnets or security groups, in order, those that are known."""
    return list(dict.fromkeys(str(thing["vpcId"]) for thing in things if thing["vpcId"]))


def strange_to(thing: Thing | None, expected: Sequence[Any]) -> bool:
    """Tell whether a subnet or security group is known to be in another VPC than one of those expected."""
    return thing is not None and bool(thing["vpcId"]) and bool(expected) and thing["vpcId"] not in expected


def free_addresses(subnet: Thing) -> int:
    """Return how many addresses a subnet has: its size without the five that AWS keeps (EC2 API model)."""
    length = str(subnet["cidrBlock"] or "").rsplit("/", maxsplit=1)[-1]
    return 2 ** (32 - int(length)) - 5 if length.isdigit() else 0


def groups_in_vpc(path: str, code: str, vpc: str, message: str) -> Rule:
    """Make a rule: security groups belong to one VPC. `vpc` is the path of subnet ids or of a VPC id."""

    def rule(context: Context) -> Iterator[Problem]:
        given = context.get(vpc)
        things = subnets(context, given)
        expected = vpcs(things) if things else [str(value) for value in given]
        for place, identifier in located(context, path):
            group = context.find(tokens.SECURITY_GROUP, identifier)
            if strange_to(group, expected):
                hint = f"Give a security group of {expected[0]}."
                yield context.problem(code, message.format(value=identifier), place, hint)

    return rule


def unique_by(keys: tuple[str, ...], code: str, message: str) -> Rule:
    """Make a rule: no other resource of the type and region has the same values of some top-level inputs, the last of them set."""

    def rule(context: Context) -> Iterator[Problem]:
        own = {key: context.value(key) for key in keys}
        if own[keys[-1]] is not None and next(context.all(context.row.token, **own), None):
            yield context.problem(code, message.format(**own), keys[-1], "Remove one of the two.")

    return rule


def repeated(values: Sequence[Any]) -> list[Any]:
    """Return the hashable values that occur more than once, each once."""
    seen: set[Hashable] = set()
    twice: dict[Hashable, None] = {}
    for value in values:
        if isinstance(value, Hashable):
            if value in seen:
                twice[value] = None
            seen.add(value)
    return list(twice)
