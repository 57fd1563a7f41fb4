"""Network security groups: priorities, ports, address prefixes, and the rules that a bastion's group must have."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network_subnets import BASTION_SUBNET, SUBNET, generic, network_of
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping

GROUP = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"

FIRST, LAST = 100, 4096
LONGEST_DESCRIPTION = 140
ANY = "*"
HIGHEST_PORT = 65535

CODES = "error texts of public deployments, 2024"
OVERVIEW = "azure-docs, virtual-network/network-security-groups-overview (2023); the code is own knowledge"
API = "Microsoft.Network API 2024-05-01, security rules"
BASTION_PAGE = "azure-docs, bastion/bastion-nsg (2020); code in public deployments, 2024"

TAG = re.compile(r"[A-Za-z]\w*(\.\w+)*")
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")

MANDATED = (
    ("inbound", "GatewayManager", 443),
    ("outbound", "AzureCloud", 443),
    ("outbound", "VirtualNetwork", 22),
    ("outbound", "VirtualNetwork", 3389),
)
"""What the group of a bastion must let through: direction, other end, port."""


def _own(context: Context) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rules of a group, or the one rule that is a resource of its own, with the path before their fields."""
    if context.row.token == RULE:
        yield "", context.inputs
        return
    for path, rule in context.at("securityRules[*]"):
        if is_mapping(rule):
            yield f"{path}.", rule


def _priorities(context: Context) -> Iterator[Problem]:
    taken = _others(context)
    for path, rule in _own(context):
        given = rule.get("priority")
        if given == UNKNOWN:
            continue
        if not isinstance(given, int | float) or not FIRST <= given <= LAST:
            yield context.problem(
                "SecurityRuleInvalidPriority",
                f"Security rule has invalid Priority. Value provided: {given} Allowed range {FIRST}-{LAST}.",
                f"{path}priority",
                f"give it a number from {FIRST} to {LAST}",
                CODES,
            )
            continue
        key = (str(rule.get("direction", "")).lower(), int(given))
        other = taken.get(key)
        if other is not None:
            yield context.problem(
                "SecurityRuleConflict",
                f"Security rule {_name(context, rule)} conflicts with rule {other}. Rules cannot have the same Priority and Direction.",
                f"{path}priority",
                "give each rule of one direction its own priority",
                CODES,
            )
        taken[key] = _name(context, rule)


def _others(context: Context) -> dict[tuple[str, int], str]:
    """Return direction and priority of the other rules of the group to their names: those inside of it, and those of their own."""
    group = context.parent() if context.row.token == RULE else None
    inside = [rule for _, rule in values_at(group.inputs, "securityRules[*]")] if group and not group.assumed else []
    beside = context.siblings(RULE) if context.row.token == RULE else context.inside(RULE)
    rules = [*inside, *(thing.inputs for thing in beside)]
    return {
        (str(rule.get("direction", "")).lower(), int(rule["priority"])): str(
            rule.get("name") or rule.get("securityRuleName")
        )
        for rule in rules
        if isinstance(rule.get("priority"), int | float)
    }


def _name(context: Context, rule: Mapping[str, Any]) -> str:
    return str(rule.get("name") or rule.get("securityRuleName") or context.name)


def _names(context: Context) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, rule in _own(context):
        name = _name(context, rule)
        if name in seen:
            yield context.problem(
                "DuplicateResourceName",
                f"Resource {context.id} has two child resources with the same name ({name}).",
                f"{path}name",
                "give each rule a name of its own",
                CODES,
            )
        seen.add(name)


def _fields(context: Context) -> Iterator[Problem]:
    """Check ports and addresses of each rule, and that each is said once."""
    for path, rule in _own(context):
        for end in ("source", "destination"):
            yield from _said_once(context, path, rule, f"{end}PortRange", f"{end}PortRanges")
            yield from _said_once(context, path, rule, f"{end}AddressPrefix", f"{end}AddressPrefixes")
            for place, text in _texts(path, rule, f"{end}PortRange"):
                yield from _port(context, place, text)
            for place, text in _texts(path, rule, f"{end}AddressPrefix"):
                yield from _prefix(context, place, text)
        description = rule.get("description")
        if isinstance(description, str) and description != UNKNOWN and len(description) > LONGEST_DESCRIPTION:
            message = f"The description of {_name(context, rule)} has {len(description)} characters, {LONGEST_DESCRIPTION} are allowed."
            yield generic(context, message, f"{path}description", "shorten it", API)


def _said_once(context: Context, path: str, rule: Mapping[str, Any], one: str, several: str) -> Iterator[Problem]:
    groups = f"{one.removesuffix('AddressPrefix')}ApplicationSecurityGroups" if one.endswith("Prefix") else ""
    given = [name for name in (one, several, groups) if name and rule.get(name)]
    if len(given) > 1:
        message = f"{_name(context, rule)} has both {' and '.join(given)}: one of them is allowed."
        yield generic(context, message, f"{path}{given[1]}", f"leave {given[1]} out", API)
    if not given:
        message = f"{_name(context, rule)} names neither {one} nor {several}."
        yield generic(context, message, f"{path}{one}", "write * for all", API)


def _texts(path: str, rule: Mapping[str, Any], one: str) -> Iterator[tuple[str, str]]:
    plural = f"{one}es" if one.endswith("Prefix") else f"{one}s"
    for place, text in (*values_at(rule, one), *values_at(rule, f"{plural}[*]")):
        if isinstance(text, str) and text != UNKNOWN:
            yield f"{path}{place}", text


def _port(context: Context, place: str, text: str) -> Iterator[Problem]:
    if text == ANY:
        return
    first, dash, last = text.partition("-")
    numbers = [int(part) for part in ((first, last) if dash else (first,)) if part.isdigit()]
    if len(numbers) == 1 + bool(dash) and numbers == sorted(numbers) and numbers[-1] <= HIGHEST_PORT:
        return
    yield context.problem(
        "SecurityRuleInvalidPortRange",
        f"Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR integer range with '-' delimiter. "
        f"Valid range 0-{HIGHEST_PORT}.",
        place,
        "write a port, a range such as 1024-2048, or *",
        OVERVIEW,
    )


def _prefix(context: Context, place: str, text: str) -> Iterator[Problem]:
    if place.endswith("]") and "/" not in text and not ADDRESS.fullmatch(text):
        yield context.warning(
            "SecurityRuleParameterContainsUnsupportedValue",
            f"Security rule parameter {place} contains an unsupported value '{text}': a list takes address ranges alone.",
            place,
            "make a rule of its own for it",
            "own knowledge",
        )
    network = network_of(text)
    if text == ANY or str(network) == text or TAG.fullmatch(text) or network_of(f"{text}/32") is not None:
        return
    hint = f"write {network}" if network is not None else "write a range such as 10.0.0.0/24, a service tag, or *"
    yield context.problem(
        "SecurityRuleInvalidAddressPrefix",
        f"Security rule has invalid Address prefix. Value provided: {text}.",
        place,
        hint,
        OVERVIEW,
    )


def _bastion_group(context: Context) -> Iterator[Problem]:
    """Check a group that is, or gets, that of a bastion's subnet."""
    if context.row.token == SUBNET:
        group = context.find(context.value("networkSecurityGroup.id"))
        if context.name == BASTION_SUBNET and group is not None and not group.assumed:
            yield from _mandated(context, group.inputs, group.id, "networkSecurityGroup")
        return
    for subnet in context.all(SUBNET):
        named = next((str(value) for _, value in values_at(subnet.inputs, "networkSecurityGroup.id")), "")
        if ids.name_of(subnet.id) == BASTION_SUBNET and ids.key(named) == ids.key(context.id):
            yield from _mandated(context, context.inputs, context.id, "securityRules")


def _mandated(context: Context, group: Mapping[str, Any], group_id: str, path: str) -> Iterator[Problem]:
    rules: list[Mapping[str, Any]] = [rule for _, rule in values_at(group, "securityRules[*]") if is_mapping(rule)]
    rules += [thing.inputs for thing in context.inside(RULE, group_id)]
    for direction, other, port in MANDATED:
        if not _lets_through(rules, direction, other, port):
            way = "from" if direction == "inbound" else "to"
            yield context.problem(
                "NetworkSecurityGroupNotCompliantForAzureBastionSubnet",
                f"Network security group {group_id} does not have necessary rules for Azure Bastion Subnet {BASTION_SUBNET}: "
                f"{direction} {port} {way} {other} is missing.",
                path,
                f"allow {direction} tcp {port} {way} {other}",
                BASTION_PAGE,
            )


def _lets_through(rules: list[Mapping[str, Any]], direction: str, other: str, port: int) -> bool:
    """Tell whether the first rule for a tag and port allows it."""
    end = "sourceAddressPrefix" if direction == "inbound" else "destinationAddressPrefix"
    judging = [
        rule
        for rule in rules
        if str(rule.get("direction", "")).lower() == direction
        and str(rule.get("protocol", ANY)).lower() in (ANY, "tcp")
        and _names_end(rule, end, other)
        and _names_port(rule, port)
    ]
    judging.sort(key=lambda rule: float(rule.get("priority") or LAST))
    return bool(judging) and str(judging[0].get("access", "")).lower() == "allow"


def _names_end(rule: Mapping[str, Any], end: str, other: str) -> bool:
    return any(text.lower() in (ANY, other.lower()) for _, text in _texts("", rule, end))


def _names_port(rule: Mapping[str, Any], port: int) -> bool:
    for _, text in _texts("", rule, "destinationPortRange"):
        first, _, last = text.partition("-")
        if text == ANY or (first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first)):
            return True
    return False


RULES = {
    GROUP: (_priorities, _names, _fields, _bastion_group),
    RULE: (_priorities, _fields),
    SUBNET: (_bastion_group,),
}
