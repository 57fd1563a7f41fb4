"""Network security groups of the platform, one per subnet, with rules from the matrix of allowed flows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.tags import Tags
from components.common import refuse

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
"""Name of a rule (Azure Resource Manager, resource name rules, Microsoft.Network/networkSecurityGroups/securityRules)."""

LONGEST_DESCRIPTION = 140
"""Longest description of a rule, in characters (Microsoft.Network API, 2024-05-01)."""

FIRST_PRIORITY, LAST_PRIORITY = 100, 4096

DIRECTIONS, ACCESSES, PROTOCOLS = ("Inbound", "Outbound"), ("Allow", "Deny"), ("Tcp", "Udp", "Icmp", "*")


class RuleArgs(TypedDict):
    """One rule of a group."""

    name: str
    """Unique in the group."""
    direction: str
    """`Inbound` or `Outbound`."""
    access: NotRequired[str]
    """`Allow` (default) or `Deny`."""
    priority: int
    """100 to 4096, unique among the group's rules of one direction; lower ones are judged first."""
    protocol: str
    """`Tcp`, `Udp`, `Icmp` or `*`."""
    ports: str
    """Port of the destination, a range such as `30000-32767`, or `*`."""
    sources: Sequence[str]
    """Address ranges; or one service tag such as `Internet`; or `*`."""
    destinations: Sequence[str]
    """As `sources`."""
    description: str
    """Why it is there, at most 140 characters."""


class SecurityGroupsArgs(TypedDict):
    """Arguments of `SecurityGroups`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the security groups."""
    location: pulumi.Input[str]
    """Region of the network."""
    groups: Mapping[str, Sequence[RuleArgs]]
    """Name of a group, such as the one of its subnet, to its rules. Azure adds its own below them, which let the whole network in and everything
    out: end with rules that deny."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where it is recorded which rules apply; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: SecurityGroupsArgs) -> Iterator[tuple[str, str]]:
    for group, rules in args["groups"].items():
        names: set[str] = set()
        priorities: set[tuple[str, int]] = set()
        for index, rule in enumerate(rules):
            path = f"groups.{group}[{index}]"
            yield from _rule_problems(path, rule)
            if rule["name"] in names:
                yield f"{path}.name", f"'{rule['name']}' is there twice: give each rule a name of its own"
            names.add(rule["name"])
            place = (rule["direction"], rule["priority"])
            if place in priorities:
                yield f"{path}.priority", f"{rule['priority']} is taken in this direction: give each rule its own"
            priorities.add(place)


def _rule_problems(path: str, rule: RuleArgs) -> Iterator[tuple[str, str]]:
    if not NAME.fullmatch(rule["name"]):
        yield f"{path}.name", "must be letters, digits and ._- with a letter or digit first, at most 80"
    for field, value, allowed in (
        ("direction", rule["direction"], DIRECTIONS),
        ("access", rule.get("access", "Allow"), ACCESSES),
        ("protocol", rule["protocol"], PROTOCOLS),
    ):
        if value not in allowed:
            yield f"{path}.{field}", f"'{value}' is none: one of {', '.join(allowed)}"
    if not FIRST_PRIORITY <= rule["priority"] <= LAST_PRIORITY:
        yield f"{path}.priority", f"must be {FIRST_PRIORITY} to {LAST_PRIORITY}"
    if len(rule["description"]) > LONGEST_DESCRIPTION:
        yield f"{path}.description", f"must have at most {LONGEST_DESCRIPTION} characters"
    for field, ends in (("sources", rule["sources"]), ("destinations", rule["destinations"])):
        if not ends:
            yield f"{path}.{field}", "must name somebody: '*' for everyone"
        elif len(ends) > 1 and any("/" not in end for end in ends):
            yield f"{path}.{field}", "a service tag or '*' stands alone: make a rule for each"


class SecurityGroups(pulumi.ComponentResource):
    """A network security group for each name, with its rules inside: a change of rules is one write, and no write waits for another."""

    ids: Mapping[str, pulumi.Output[str]]
    """Name to identifier of its group."""

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:SecurityGroups", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.groups = {
            group: azure.network.NetworkSecurityGroup(
                f"{name}-{group.replace('_', '-')}",
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                security_rules=[_rule(rule) for rule in rules],
                tags=args.get("tags"),
                opts=child,
            )
            for group, rules in args["groups"].items()
        }
        if (diagnostics := args.get("diagnostics")) is not None:
            for key, group in self.groups.items():
                # A group has logs of its rules, and no metrics.
                diagnose(f"{name}-{key.replace('_', '-')}", group.id, diagnostics, metrics=False, opts=child)
        self.ids = {key: group.id for key, group in self.groups.items()}
        self.register_outputs({"ids": self.ids})


def _rule(rule: RuleArgs) -> azure.network.SecurityRuleArgs:
    sources, destinations = list(rule["sources"]), list(rule["destinations"])
    return azure.network.SecurityRuleArgs(
        name=rule["name"],
        direction=rule["direction"],
        access=rule.get("access", "Allow"),
        priority=rule["priority"],
        protocol=rule["protocol"],
        source_port_range="*",
        destination_port_range=rule["ports"],
        # Azure takes one in the singular field, several in the plural one, and not both.
        source_address_prefix=sources[0] if len(sources) == 1 else None,
        source_address_prefixes=sources if len(sources) > 1 else None,
        destination_address_prefix=destinations[0] if len(destinations) == 1 else None,
        destination_address_prefixes=destinations if len(destinations) > 1 else None,
        description=rule["description"],
    )
