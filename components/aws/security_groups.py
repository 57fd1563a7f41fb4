"""Security groups of the platform, one per network role, with rules from the matrix of allowed flows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags, named
from components.common import refuse

DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""What EC2 takes as description of a group or rule (API reference of EC2, AuthorizeSecurityGroupIngress)."""

PROTOCOLS = ("tcp", "udp", "icmp", "all")


class FlowArgs(TypedDict):
    """One allowed flow between two network roles."""

    source: str
    """Who opens the connection: a role, or the name of a group of ranges."""
    destination: str
    """Who accepts it: a role, or the name of a group of ranges."""
    protocol: str
    """`tcp`, `udp`, `icmp` or `all`."""
    port_from: NotRequired[int]
    """First port; left out for `icmp` and `all`."""
    port_to: NotRequired[int]
    """Last port; the first one by default."""
    reason: str
    """Why the flow is allowed; becomes the description of its rules."""


class SecurityGroupsArgs(TypedDict):
    """Arguments of `SecurityGroups`."""

    vpc_id: pulumi.Input[str]
    """The network of the groups."""
    roles: Mapping[str, str]
    """Role to what it stands for; each gets a group."""
    existing: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Role to a group that is brought along: rules are added to it, and no group is made; none by default."""
    ranges: Mapping[str, Sequence[str]]
    """Name of a group of IPv4 ranges, such as `internet`, to its ranges."""
    flows: Sequence[FlowArgs]
    """The allowed flows; what is not among them is not allowed."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: SecurityGroupsArgs) -> Iterator[tuple[str, str]]:
    for role, description in args["roles"].items():
        if not DESCRIPTION.fullmatch(description):
            yield (
                f"roles.{role}",
                f"'{description}' is no description that EC2 takes: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*",
            )
    seen: set[tuple[object, ...]] = set()
    for index, flow in enumerate(args["flows"]):
        path = f"flows[{index}]"
        key = tuple(value for field, value in sorted(flow.items()) if field != "reason")
        if key in seen:
            yield path, "the same flow occurs twice, which EC2 refuses: leave one of them, with both reasons"
        seen.add(key)
        for end in (flow["source"], flow["destination"]):
            if end not in args["roles"] and end not in args["ranges"]:
                yield path, f"'{end}' is neither a role nor a group of ranges: add it to roles or ranges"
        if flow["source"] not in args["roles"] and flow["destination"] not in args["roles"]:
            yield path, f"neither '{flow['source']}' nor '{flow['destination']}' is a role: one end must have a group"
        if flow["protocol"] not in PROTOCOLS:
            yield f"{path}.protocol", f"'{flow['protocol']}' is no protocol: one of {', '.join(PROTOCOLS)}"
        elif ("port_from" in flow) != (flow["protocol"] in {"tcp", "udp"}):
            yield f"{path}.port_from", "tcp and udp need a port, icmp and all have none"
        if not DESCRIPTION.fullmatch(flow["reason"]):
            yield (
                f"{path}.reason",
                f"'{flow['reason']}' is no description that EC2 takes: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*",
            )


@dataclass(frozen=True, slots=True)
class _Rule:
    """One half of a flow, as EC2 takes it."""

    key: str
    group: str
    """Role whose group the rule belongs to."""
    cidr: str | None
    """Range of the other end, None when that is a group."""
    peer: str | None
    """Role at the other end, None when that is a range."""
    flow: FlowArgs

    @property
    def protocol(self) -> str:
        return "-1" if self.flow["protocol"] == "all" else self.flow["protocol"]

    @property
    def ports(self) -> tuple[int | None, int | None]:
        """First and last port; -1 stands for every type and code of ICMP, and all protocols together have no ports."""
        if self.flow["protocol"] == "all":
            return None, None
        first = self.flow.get("port_from", -1)
        return first, self.flow.get("port_to", first)


def _rules(args: SecurityGroupsArgs, flow: FlowArgs, end: str) -> Iterator[_Rule]:
    """Iterate over the rules of a flow at its `source` or `destination`, one for each range at the other end."""
    service = flow["protocol"]
    if "port_from" in flow:
        first, last = flow["port_from"], flow.get("port_to", flow["port_from"])
        service += f"-{first}" if first == last else f"-{first}-{last}"
    here, there, word = (
        (flow["source"], flow["destination"], "to")
        if end == "source"
        else (flow["destination"], flow["source"], "from")
    )
    if here not in args["roles"]:
        return
    if there in args["roles"]:
        yield _Rule(f"{here}-{word}-{there}-{service}", here, None, there, flow)
        return
    ranges = args["ranges"][there]
    for cidr in ranges:
        # A range names its rule where there are several, so that adding one touches no other.
        peer = there if len(ranges) == 1 else f"{there}-{cidr.replace('/', '-')}"
        yield _Rule(f"{here}-{word}-{peer}-{service}", here, cidr, None, flow)


class SecurityGroups(pulumi.ComponentResource):
    """A security group for each role, with an ingress rule at the destination and an egress rule at the source of each flow.

    Rules are resources of their own, so that groups may refer to each other and a changed flow touches its own rules only.
    """

    ids: Mapping[str, pulumi.Output[str]]
    """Role to identifier of its group."""

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:SecurityGroups", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        tags = args.get("tags")
        existing = args.get("existing", {})
        self.groups = {
            role: aws.ec2.SecurityGroup(
                f"{name}-{role}",
                vpc_id=args["vpc_id"],
                description=description,
                tags=named(tags, f"{name}-{role}"),
                opts=child,
            )
            for role, description in args["roles"].items()
            if role not in existing
        }
        self.ids = {
            role: pulumi.Output.from_input(existing[role]) if role in existing else self.groups[role].id
            for role in args["roles"]
        }
        self.ingress_rules = {
            rule.key: aws.vpc.SecurityGroupIngressRule(
                f"{name}-{rule.key}",
                security_group_id=self.ids[rule.group],
                ip_protocol=rule.protocol,
                from_port=rule.ports[0],
                to_port=rule.ports[1],
                cidr_ipv4=rule.cidr,
                referenced_security_group_id=self.ids[rule.peer] if rule.peer else None,
                description=rule.flow["reason"],
                tags=tags,
                opts=child,
            )
            for flow in args["flows"]
            for rule in _rules(args, flow, "destination")
        }
        self.egress_rules = {
            rule.key: aws.vpc.SecurityGroupEgressRule(
                f"{name}-{rule.key}",
                security_group_id=self.ids[rule.group],
                ip_protocol=rule.protocol,
                from_port=rule.ports[0],
                to_port=rule.ports[1],
                cidr_ipv4=rule.cidr,
                referenced_security_group_id=self.ids[rule.peer] if rule.peer else None,
                description=rule.flow["reason"],
                tags=tags,
                opts=child,
            )
            for flow in args["flows"]
            for rule in _rules(args, flow, "source")
        }
        self.register_outputs({"ids": self.ids})
