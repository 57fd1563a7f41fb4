"""Rules of security groups in one form, whatever resource they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem, Properties
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import network, range_problems
from apim_infra.rehearsal.twins.aws.ec2.network import API, QUOTAS

PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "-1": "-1", "all": "-1"}
WITH_PORTS = ("6", "17")
WITHOUT_PORTS = ("-1",)
RULES_PER_GROUP = 60
"""Rules of one group, one direction and one address family, by default."""
RULE_TOKENS = {tokens.INGRESS_RULE: "ingress", tokens.EGRESS_RULE: "egress"}


@dataclass(frozen=True, slots=True)
class Permission:
    """One permitted peer: what EC2 counts as one rule and compares for duplicates."""

    direction: str
    protocol: str
    """Number of the protocol, `-1` for all."""
    first: int
    last: int
    peer: str
    """CIDR, prefix list or security group."""

    @property
    def family(self) -> str:
        """What the quota counts together: IPv4 and IPv6 each with groups and lists."""
        return "ipv6" if ":" in self.peer else "ipv4"


def protocol_number(value: Any) -> str | None:
    """Return a protocol's number, None for one that EC2 does not know."""
    text = str(value).lower()
    if text in PROTOCOLS:
        return PROTOCOLS[text]
    return text if text.isdigit() and int(text) <= 255 else None


def _permission(direction: str, protocol: Any, ports: tuple[Any, Any], peer: str) -> Permission:
    number = protocol_number(protocol) or str(protocol)
    first, last = (
        (-1, -1) if number in WITHOUT_PORTS else tuple(port if isinstance(port, int) else -1 for port in ports)
    )
    found = network(peer)
    return Permission(direction, number, first, last, str(found) if found else peer)


def of_rule(direction: str, rule: Properties) -> list[Permission]:
    """Return the permission of a stand-alone ingress or egress rule."""
    peers = [
        rule[name] for name in ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId") if rule.get(name)
    ]
    return [
        _permission(direction, rule.get("ipProtocol"), (rule.get("fromPort"), rule.get("toPort")), peer)
        for peer in peers
        if peer != UNKNOWN
    ]


def of_older_rule(rule: Properties) -> list[Permission]:
    """Return the permissions of a `SecurityGroupRule`: one a peer."""
    peers = [*(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ()), *(rule.get("prefixListIds") or ())]
    peers += [rule["sourceSecurityGroupId"]] if rule.get("sourceSecurityGroupId") else []
    peers += [rule["securityGroupId"]] if rule.get("self") else []
    ports = (rule.get("fromPort"), rule.get("toPort"))
    return [_permission(str(rule.get("type")), rule.get("protocol"), ports, peer) for peer in peers if peer != UNKNOWN]


def of_inline(direction: str, rule: Mapping[str, Any], group: str) -> list[Permission]:
    """Return the permissions of one inline rule of a group."""
    peers = [*(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ()), *(rule.get("prefixListIds") or ())]
    peers += [*(rule.get("securityGroups") or ()), *([group] if rule.get("self") else ())]
    ports = (rule.get("fromPort"), rule.get("toPort"))
    return [_permission(direction, rule.get("protocol"), ports, peer) for peer in peers if peer != UNKNOWN]


def of_group(context: Context, group: str) -> Iterator[Permission]:
    """Yield the permissions that a group has, those of the resource of this request left out."""
    for token, direction in RULE_TOKENS.items():
        for thing in context.world.matching(token, group, "securityGroupId", context.region):
            if not (thing.id == context.id and thing.urn == context.urn):
                yield from of_rule(direction, thing.inputs)
    for thing in context.world.matching(tokens.SECURITY_GROUP_RULE, group, "securityGroupId", context.region):
        if not (thing.id == context.id and thing.urn == context.urn):
            yield from of_older_rule(thing.inputs)
    there = context.find(tokens.SECURITY_GROUP, group)
    if there and there.id != context.id:
        for direction in ("ingress", "egress"):
            for rule in there.inputs.get(direction) or ():
                yield from of_inline(direction, rule, group)


def check_additions(context: Context, group: str, added: list[Permission], path: str) -> Iterator[Problem]:
    """Yield a problem for every permission that the group has already, and when it would have too many."""
    there = list(of_group(context, group))
    known = set(there)
    for permission in added:
        if permission in known:
            verb = "ALLOW"
            message = (
                f'the specified rule "peer: {permission.peer}, {permission.protocol}, from port: {permission.first}, '
                f'to port: {permission.last}, {verb}" already exists'
            )
            yield context.problem(
                "InvalidPermission.Duplicate",
                message,
                path,
                "keep one of the two rules (a description does not make them differ)",
            )
        known.add(permission)
    for direction, family in sorted({(permission.direction, permission.family) for permission in added}):
        count = sum(
            permission.direction == direction and permission.family == family for permission in (*there, *added)
        )
        if count > RULES_PER_GROUP:
            message = "The maximum number of rules per security group has been reached."
            yield context.problem(
                "RulesPerSecurityGroupLimitExceeded", message, path, "use a prefix list or several groups", QUOTAS
            )


def check_ports(
    context: Context, protocol: Any, ports: tuple[Any, Any], at: str, names: tuple[str, str, str]
) -> Iterator[Problem]:
    """Yield what is wrong with protocol and ports. `names` are the inputs of protocol, first and last port; `at` a prefix of their paths."""
    if UNKNOWN in (protocol, *ports):
        return
    number = protocol_number(protocol)
    if number is None:
        message = f"Invalid value '{protocol}' for IP protocol. Unknown protocol."
        yield context.problem(
            "InvalidParameterValue", message, at + names[0], "use tcp, udp, icmp, icmpv6, -1 or a number up to 255", API
        )
        return
    first, last = ports
    if number in WITH_PORTS and (first is None or last is None):
        message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        yield context.problem("InvalidParameterValue", message, at + names[1], f"set {names[1]} and {names[2]}", API)
        return
    if number in WITHOUT_PORTS:
        if any(port not in (None, 0, -1) for port in ports):
            message = f"{names[1]} and {names[2]} must not be set for all protocols (-1): they would have no effect"
            yield context.problem(
                "CheckFailure", message, at + names[1], f"leave {names[1]} and {names[2]} out, or name a protocol", API
            )
        return
    for name, port in zip(names[1:], ports, strict=True):
        low, high = (-1, 255) if number in ("1", "58") else (0, 65535)
        if isinstance(port, int) and not low <= port <= high:
            message = f"Invalid value '{port}' for portRange. Must be between {low} and {high}"
            yield context.problem(
                "InvalidParameterValue", message, at + name, f"use a port between {low} and {high}", API
            )
    if number in WITH_PORTS and isinstance(first, int) and isinstance(last, int) and first > last:
        message = f"Invalid {str(protocol).upper()} port range ({first}:{last})"
        yield context.problem(
            "InvalidParameterValue", message, at + names[1], f"{names[1]} must not be above {names[2]}", API
        )


def check_peers(
    context: Context, group: str | None, peers: list[tuple[str, str]], ranges: list[tuple[str, str, int]]
) -> Iterator[Problem]:
    """Yield what is wrong with ranges (path, text, version) and with groups (path, id) that must be in the group's own network."""
    for path, text, version in ranges:
        if text != UNKNOWN:
            yield from range_problems(context, text, path, version=version)
    own = context.find(tokens.SECURITY_GROUP, group) if group else None
    for path, peer in peers:
        there = context.find(tokens.SECURITY_GROUP, peer)
        if (
            there
            and own
            and there["vpcId"] != own["vpcId"]
            and not _peered(context, str(own["vpcId"]), str(there["vpcId"]))
        ):
            message = "You have specified two resources that belong to different networks."
            yield context.problem(
                "InvalidGroup.NotFound", message, path, f"use a group of {own['vpcId']}, or peer the two VPCs"
            )


def _peered(context: Context, first: str, second: str) -> bool:
    return any(
        {peering["vpcId"], peering["peerVpcId"]} == {first, second} for peering in context.world.all(tokens.PEERING)
    )
