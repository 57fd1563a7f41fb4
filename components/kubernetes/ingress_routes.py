"""Routes of a host, in as many objects as they take: a route of the Gateway API holds so many rules, and its controllers merge all of a host."""

from collections.abc import Iterator, Sequence
from typing import Any

from components.kubernetes.ingress_specs import IngressGateway, IngressHost, IngressRoute, listener_name

MOST_RULES = 16
"""Rules of an HTTPRoute (Gateway API 1.6)."""
MOST_MATCHES_OF_A_RULE = 64
"""Matches of one rule."""
MOST_MATCHES = 128
"""Matches of all rules of an HTTPRoute together."""

Rule = dict[str, Any]


def route_specs(gateway: IngressGateway, host: IngressHost) -> dict[str, dict[str, Any]]:
    """Return the routes of a host by the names of their objects, one rule for each service.

    The first is `<gateway>-<host>` with hyphens for dots, the others have a number behind. The longest path wins, whichever object it stands in.
    """
    name = f"{gateway['name']}-{listener_name(host['host'])}"
    return {
        name if number == 1 else f"{name}-{number}": {
            "parentRefs": [{"name": gateway["name"], "sectionName": listener_name(host["host"])}],
            "hostnames": [host["host"]],
            "rules": rules,
        }
        for number, rules in enumerate(_divided(_rules(host["routes"])), start=1)
    }


def _rules(routes: Sequence[IngressRoute]) -> Iterator[Rule]:
    """Yield the rules of a host in the order of its services."""
    paths: dict[tuple[str, str, int], list[str]] = {}
    for route in routes:
        paths.setdefault((route["namespace"], route["service"], route["port"]), []).append(route.get("path", "/"))
    for (namespace, service, port), prefixes in paths.items():
        for first in range(0, len(prefixes), MOST_MATCHES_OF_A_RULE):
            yield {
                "matches": [
                    {"path": {"type": "PathPrefix", "value": prefix}}
                    for prefix in prefixes[first : first + MOST_MATCHES_OF_A_RULE]
                ],
                "backendRefs": [{"kind": "Service", "namespace": namespace, "name": service, "port": port}],
            }


def _divided(rules: Iterator[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules in parts that a route can hold."""
    part: list[Rule] = []
    for rule in rules:
        matches = sum(len(each["matches"]) for each in (*part, rule))
        if part and (len(part) == MOST_RULES or matches > MOST_MATCHES):
            yield part
            part = []
        part.append(rule)
    if part:
        yield part
