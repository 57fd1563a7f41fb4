"""Security groups, their rules, and prefix lists."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2 import permissions
from apim_infra.rehearsal.twins.aws.ec2.addresses import range_problems
from apim_infra.rehearsal.twins.aws.ec2.network import API, in_vpc
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.paths import values_at

GROUP_TEXT = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
"""Characters of group names and descriptions (EC2 API reference, CreateSecurityGroup)."""
AWS_PREFIX_LIST = r"pl-[0-9a-f]{8}"
"""Form of the lists that AWS keeps (S3, CloudFront); own ones have 17 digits."""
STAND_ALONE = ("ipProtocol", "fromPort", "toPort")
OLDER = ("protocol", "fromPort", "toPort")


def group_reference(path: str, *, holds: bool = False, code: str = "InvalidGroup.NotFound") -> Reference:
    """Make the reference of an input that names a security group."""
    return Reference(
        path, tokens.SECURITY_GROUP, code, message="The security group '{value}' does not exist", holds=holds
    )


def _group_name(context: Context) -> Iterator[Problem]:
    for path, name in (("name", context.name), ("namePrefix", context.value("namePrefix", ""))):
        if name.lower().startswith("sg-"):
            message = f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
            yield context.problem("InvalidParameterValue", message, path, "begin the name with other letters")
            return
    if context.name == "default":
        message = "Cannot use reserved security group name: default"
        yield context.problem(
            "InvalidParameterValue", message, "name", "choose another name, or adopt it as DefaultSecurityGroup"
        )


def _inline_rules(context: Context) -> Iterator[Problem]:
    """Check inline rules in the same way as stand-alone ones."""
    for direction in ("ingress", "egress"):
        seen: set[permissions.Permission] = set()
        for i, rule in enumerate(context.get(f"{direction}[*]")):
            at = f"{direction}[{i}]."
            yield from permissions.check_ports(
                context, rule.get("protocol"), (rule.get("fromPort"), rule.get("toPort")), at, OLDER
            )
            ranges = [(f"{at}cidrBlocks", text, 4) for text in rule.get("cidrBlocks") or ()]
            ranges += [(f"{at}ipv6CidrBlocks", text, 6) for text in rule.get("ipv6CidrBlocks") or ()]
            yield from permissions.check_peers(context, None, [], ranges)
            for permission in permissions.of_inline(direction, rule, context.id or "self"):
                if permission in seen:
                    message = f"The same permission must not appear multiple times: {permission.peer}"
                    yield context.problem("InvalidParameterValue", message, at.rstrip("."), "keep one of the two rules")
                seen.add(permission)
        if len(seen) > permissions.RULES_PER_GROUP:
            message = "The maximum number of rules per security group has been reached."
            yield context.problem(
                "RulesPerSecurityGroupLimitExceeded", message, direction, "use a prefix list or several groups"
            )


def _group_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "ownerId": context.account,
        "vpcId": context.inputs.get("vpcId") or f"vpc-{context.hexadecimal(17, 'default-vpc')}",
        "description": context.inputs.get("description", "Managed by Pulumi"),
        "ingress": context.inputs.get("ingress", []),
        "egress": context.inputs.get("egress", []),
    }


def _referenced_by_others(context: Context) -> Iterator[Problem]:
    """Refuse to delete a group that a rule of another group names; rules of its own go with it."""
    users = [
        thing
        for token, path in (
            (tokens.INGRESS_RULE, "referencedSecurityGroupId"),
            (tokens.EGRESS_RULE, "referencedSecurityGroupId"),
            (tokens.SECURITY_GROUP_RULE, "sourceSecurityGroupId"),
        )
        for thing in context.world.matching(token, context.id, path, context.region)
        if thing["securityGroupId"] != context.id
    ]
    users += [
        group
        for group in context.all(tokens.SECURITY_GROUP)
        if any(
            context.id in [value for _, value in values_at(group.inputs, f"{side}[*].securityGroups[*]")]
            for side in ("ingress", "egress")
        )
    ]
    if users:
        message = f"resource {context.id} has a dependent object: {users[0].id}"
        hint = f"delete {users[0].urn.rsplit('::', 1)[-1]} first, or set revokeRulesOnDelete"
        yield context.problem("DependencyViolation", message, hint=hint)


def _rule(context: Context) -> Iterator[Problem]:
    inputs = context.inputs
    direction = permissions.RULE_TOKENS[context.row.token]
    yield from permissions.check_ports(
        context, inputs.get("ipProtocol"), (inputs.get("fromPort"), inputs.get("toPort")), "", STAND_ALONE
    )
    group = context.value("securityGroupId")
    ranges = [
        (path, str(inputs[path]), version) for path, version in (("cidrIpv4", 4), ("cidrIpv6", 6)) if inputs.get(path)
    ]
    peers = [("referencedSecurityGroupId", str(value)) for value in context.get("referencedSecurityGroupId")]
    yield from permissions.check_peers(context, group, peers, ranges)
    if group:
        yield from permissions.check_additions(
            context, group, permissions.of_rule(direction, inputs), "securityGroupId"
        )


def _rule_outputs(context: Context) -> Mapping[str, Any]:
    return {"securityGroupRuleId": context.id}


def _older_rule(context: Context) -> Iterator[Problem]:
    inputs = context.inputs
    yield from permissions.check_ports(
        context, inputs.get("protocol"), (inputs.get("fromPort"), inputs.get("toPort")), "", OLDER
    )
    group = context.value("securityGroupId")
    ranges = [("cidrBlocks", str(text), 4) for text in context.get("cidrBlocks[*]")]
    ranges += [("ipv6CidrBlocks", str(text), 6) for text in context.get("ipv6CidrBlocks[*]")]
    peers = [("sourceSecurityGroupId", str(value)) for value in context.get("sourceSecurityGroupId")]
    yield from permissions.check_peers(context, group, peers, ranges)
    if not any(
        inputs.get(name) for name in ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "sourceSecurityGroupId", "self")
    ):
        message = "One of ['cidr_blocks', 'ipv6_cidr_blocks', 'self', 'source_security_group_id', 'prefix_list_ids'] must be set"
        yield context.problem("CheckFailure", message, "cidrBlocks", "name a source or destination")
    if group:
        yield from permissions.check_additions(context, group, permissions.of_older_rule(inputs), "securityGroupId")


def _default_group_outputs(context: Context) -> Mapping[str, Any]:
    vpc = context.find(tokens.VPC, context.value("vpcId"))
    return {
        "name": "default",
        "description": "default VPC security group",
        "ownerId": context.account,
        "groupId": vpc["defaultSecurityGroupId"] if vpc else f"sg-{context.hexadecimal(17, 'default')}",
        "arn": f"arn:aws:ec2:{context.region}:{context.account}:security-group/{vpc['defaultSecurityGroupId'] if vpc else ''}",
    }


def _entries(context: Context) -> Iterator[Problem]:
    version = 6 if context.value("addressFamily") == "IPv6" else 4
    entries = context.get("entries[*]")
    for i, entry in enumerate(entries):
        yield from range_problems(context, str(entry.get("cidr")), f"entries[{i}].cidr", version=version)
    most = context.value("maxEntries")
    if isinstance(most, int) and len(entries) > most:
        message = f"The request contains {len(entries)} entries, more than the maximum of {most}"
        yield context.problem(
            "PrefixListMaxEntriesExceeded",
            message,
            "entries",
            "raise maxEntries (it counts against the quota of rules)",
        )


RULE_REFERENCES = (
    group_reference("securityGroupId"),
    group_reference("referencedSecurityGroupId"),
    Reference(
        "prefixListId",
        tokens.PREFIX_LIST,
        "InvalidPrefixListID.NotFound",
        message="The prefix list ID '{value}' does not exist",
        holds=True,
        held_code="ResourceInUse",
        allow=AWS_PREFIX_LIST,
    ),
)


def _stand_alone(token: str, kind: str, cloudformation: str) -> ResourceType:
    return ResourceType(
        token=token,
        kind=kind,
        identifier="sgr-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
        references=RULE_REFERENCES,
        create_only=frozenset({"securityGroupId"}),
        exactly_one=(("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"),),
        patterns={"description": r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"},
        cloudformation=cloudformation,
        # CloudFormation replaces rules; the provider modifies them in place.
        in_place=frozenset(
            {"ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}
        ),
        renamed=dict.fromkeys(
            ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId", "securityGroupId"), ""
        ),
        rules=(_rule,),
        outputs=_rule_outputs,
        source=API,
    )


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.SECURITY_GROUP,
        kind="security group",
        identifier="sg-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:security-group/{id}",
        name=Name("name", GROUP_TEXT, 255, "InvalidParameterValue", ("vpcId", "region"), "InvalidGroup.Duplicate"),
        references=(
            in_vpc(),
            group_reference("ingress[*].securityGroups[*]"),
            group_reference("egress[*].securityGroups[*]"),
        ),
        create_only=frozenset({"vpcId", "name", "namePrefix", "description"}),
        patterns={"description": GROUP_TEXT},
        rules=(_group_name, _inline_rules),
        delete_rules=(_referenced_by_others,),
        outputs=_group_outputs,
        quota=Quota(2500, ("region",), "SecurityGroupLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.DEFAULT_SECURITY_GROUP,
        kind="default security group",
        identifier="{groupId}",
        references=(in_vpc(holds=False),),
        create_only=frozenset({"vpcId"}),
        rules=(_inline_rules,),
        outputs=_default_group_outputs,
        source=API,
    ),
    _stand_alone(tokens.INGRESS_RULE, "security group ingress rule", "AWS::EC2::SecurityGroupIngress"),
    _stand_alone(tokens.EGRESS_RULE, "security group egress rule", "AWS::EC2::SecurityGroupEgress"),
    ResourceType(
        token=tokens.SECURITY_GROUP_RULE,
        kind="security group rule",
        identifier="sgrule-{digits10}",
        references=(
            group_reference("securityGroupId"),
            group_reference("sourceSecurityGroupId"),
            Reference("prefixListIds[*]", tokens.PREFIX_LIST, "InvalidPrefixListID.NotFound", allow=AWS_PREFIX_LIST),
        ),
        create_only=frozenset(
            {
                "securityGroupId",
                "type",
                "protocol",
                "fromPort",
                "toPort",
                "cidrBlocks",
                "ipv6CidrBlocks",
                "prefixListIds",
                "self",
                "sourceSecurityGroupId",
            }
        ),
        enums={"type": ("ingress", "egress")},
        conflicts=(("cidrBlocks", "sourceSecurityGroupId"), ("cidrBlocks", "self"), ("self", "sourceSecurityGroupId")),
        rules=(_older_rule,),
        outputs=_rule_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.PREFIX_LIST,
        kind="prefix list",
        identifier="pl-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:prefix-list/{id}",
        name=Name("name", longest=255, unique=None),
        create_only=frozenset({"addressFamily"}),
        enums={"addressFamily": ("IPv4", "IPv6")},
        ranges={"maxEntries": (1, 1000)},
        rules=(_entries,),
        outputs=lambda context: {"ownerId": context.account, "version": 1},
        source=API,
    ),
)
