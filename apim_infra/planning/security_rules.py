"""Rules of Azure's network security groups, one group for each subnet, made from the matrix of allowed flows.

Each flow gives a rule out at the subnet of its source and a rule in at that of its destination; everything else is denied, also inside of a subnet.
A rule's priority depends on the other end and on the port alone (`security_rules.yaml`): another flow, deployment or range moves no rule.

Packets keep the client's address through a load balancer, and with floating IP, as AKS uses it, the frontend's address and port too. Rules for what
enters by a load balancer therefore name the clients and the ports of the frontend; a public frontend's own address is only known once it is there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from ipaddress import IPv4Network, collapse_addresses

from pydantic import ConfigDict

from apim_infra.packaged import packaged_data
from apim_infra.planning.addresses import plan_addresses
from apim_infra.planning.flows import NetworkFlow, network_flows
from apim_infra.planning.network_ends import ANY, End, network_ends
from apim_infra.planning.subnets import API_SERVER, NODES
from apim_infra.settings.stack import StackSettings


@dataclass(frozen=True, slots=True)
class SecurityRule:
    """One rule of a network security group, in the words of Azure."""

    name: str
    """Unique in its group, such as `in-from-nodes-tcp-3306`."""
    direction: str
    """`Inbound` or `Outbound`."""
    access: str
    """`Allow` or `Deny`."""
    priority: int
    """100 to 4096; lower ones are judged first."""
    protocol: str
    """`Tcp`, `Udp` or `*`."""
    ports: str
    """Port of the destination, a range such as `30000-32767`, or `*`."""
    sources: tuple[str, ...]
    """Address ranges; one service tag; or `*`."""
    destinations: tuple[str, ...]
    """As `sources`."""
    description: str
    """Why it is there, at most 140 characters."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    source: str
    date: date
    longest_description: int
    first_priority: int
    last_priority: int
    block: int
    ports: int
    others: tuple[str, ...]
    tags: dict[str, str]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A rule without its number."""

    direction: str
    other: str
    protocol: str
    first_port: int
    """First port; 0 where every port is meant."""
    ports: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    reasons: tuple[str, ...]


@cache
def _numbers() -> _Numbers:
    return packaged_data("apim_infra.planning", "security_rules.yaml", _Numbers)


def security_rules(settings: StackSettings) -> Mapping[str, tuple[SecurityRule, ...]]:
    """Return the rules of each subnet's group, what comes in first, by priority; empty for a network that is brought along: its subnets keep their own.

    Raises what `network_flows` and `plan_addresses` raise.
    """
    plan = plan_addresses(settings)
    if not plan.subnets:
        return {}
    ends = network_ends(settings, plan, _numbers().tags)
    drafts: dict[str, list[_Draft]] = {subnet: [] for subnet in plan.subnets}
    for flow in network_flows(settings):
        source, destination = _with_pods(settings, flow, ends[flow.source], ends[flow.destination])
        if source.subnet == destination.subnet == NODES and flow.protocol != "all":
            continue  # among nodes everything is open: what pods may do, network policies say
        for direction, here, there in (("Outbound", source, destination), ("Inbound", destination, source)):
            if here.subnet is not None:
                drafts[here.subnet].append(_draft(flow, direction, there.name, source, destination))
    return {subnet: (*_numbered(_joined(found)), *_denials()) for subnet, found in drafts.items()}


def _with_pods(settings: StackSettings, flow: NetworkFlow, source: End, destination: End) -> tuple[End, End]:
    """Add the pods' range where both ends are nodes: pods of an overlay reach each other by their own addresses, which the group judges too."""
    pods = settings.cluster.networking.pod_cidr
    if source.subnet == API_SERVER and destination.subnet == NODES:  # webhooks are pods
        return source, replace(destination, prefixes=(*destination.prefixes, pods))
    if flow.protocol != "all" or not source.subnet == destination.subnet == NODES:
        return source, destination
    both = [replace(end, prefixes=(*end.prefixes, pods)) for end in (source, destination)]
    return both[0], both[1]


def _draft(flow: NetworkFlow, direction: str, other: str, source: End, destination: End) -> _Draft:
    first, last = flow.port_from, flow.port_to
    ports = ANY if first is None else str(first) if first == last else f"{first}-{last}"
    return _Draft(
        direction,
        other,
        ANY if flow.protocol == "all" else flow.protocol.capitalize(),
        first or 0,
        ports,
        source.prefixes,
        destination.arrives_at or destination.prefixes,
        tuple(flow.reason.split("; ")),
    )


def _joined(drafts: Iterable[_Draft]) -> Iterator[_Draft]:
    """Join the rules that have direction, other end and ports in common."""
    found: dict[tuple[str, str, str, str], _Draft] = {}
    for draft in drafts:
        key = (draft.direction, draft.other, draft.protocol, draft.ports)
        known = found.get(key, draft)
        found[key] = replace(
            draft,
            sources=_prefixes((*known.sources, *draft.sources)),
            destinations=_prefixes((*known.destinations, *draft.destinations)),
            reasons=tuple(dict.fromkeys((*known.reasons, *draft.reasons))),
        )
    yield from found.values()


def _prefixes(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return each range once: Azure refuses one that lies in another of the same rule. `*` and service tags stand alone."""
    given = tuple(dict.fromkeys(prefixes))
    if ANY in given:
        return (ANY,)
    if any("/" not in prefix for prefix in given):
        return given
    return tuple(str(network) for network in collapse_addresses(map(IPv4Network, given)))


def _numbered(drafts: Iterable[_Draft]) -> Iterator[SecurityRule]:
    """Give each rule its priority: the block of the other end, and in it the place of its first port, or the next free one."""
    numbers = _numbers()
    taken: set[tuple[str, int]] = set()
    rules: list[SecurityRule] = []
    for draft in sorted(drafts, key=lambda draft: (draft.other, draft.first_port, draft.protocol, draft.ports)):
        start = numbers.first_priority + numbers.others.index(draft.other) * numbers.block
        place = 0 if draft.first_port == 0 else 1 + draft.first_port % numbers.ports
        while (draft.direction, start + place) in taken:
            place = (place + 1) % numbers.block
        taken.add((draft.direction, start + place))
        rules.append(_rule(draft, start + place))
    yield from sorted(rules, key=lambda rule: (rule.direction, rule.priority))


def _rule(draft: _Draft, priority: int) -> SecurityRule:
    way = "in-from" if draft.direction == "Inbound" else "out-to"
    what = "all" if draft.protocol == ANY else f"{draft.protocol.lower()}-{draft.ports}"
    return SecurityRule(
        name=f"{way}-{draft.other.replace('_', '-')}-{what}",
        direction=draft.direction,
        access="Allow",
        priority=priority,
        protocol=draft.protocol,
        ports=draft.ports,
        sources=draft.sources,
        destinations=draft.destinations,
        description=_described(draft.reasons),
    )


def _denials() -> Iterator[SecurityRule]:
    """Yield the last rules: Azure's own would let the whole network in, and everything out."""
    for direction, name in (("Inbound", "in-denied"), ("Outbound", "out-denied")):
        yield SecurityRule(
            name, direction, "Deny", _numbers().last_priority, ANY, ANY, (ANY,), (ANY,), "everything else is denied"
        )


def _described(reasons: Iterable[str]) -> str:
    """Return as many of the reasons as a description holds, the first one at least."""
    text = ""
    for reason in reasons:
        longer = f"{text}; {reason}" if text else reason
        if len(longer) <= _numbers().longest_description or not text:
            text = longer
    return text
