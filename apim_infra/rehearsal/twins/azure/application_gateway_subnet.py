"""The subnet of an Application Gateway: it is the gateway's alone, large enough, and open to the service that manages gateways."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.application_gateway import LOGS
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.network_subnets import (
    BALANCER,
    CLUSTER,
    ENDPOINT,
    GATEWAY,
    INTERFACE,
    POOL,
    RESERVED,
    SUBNET,
    gateway_instances,
    places_of,
    ranges_of,
    residents,
)
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed
from apim_infra.rehearsal.twins.cloud.world import Thing

GROUP = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"
INFRASTRUCTURE = "azure-docs, application-gateway/configuration-infrastructure (2021), and logs of Microsoft.Network in public reports"
BLOCKED = "ApplicationGatewaySubnetInboundTrafficBlockedByNetworkSecurityGroup"
DELEGATE = "microsoft.network/applicationgateways"
"""Service to which the subnet of a gateway may be delegated: that of gateways without public addresses must be."""
MANAGERS = frozenset({"*", "any", "internet", "gatewaymanager", "0.0.0.0/0"})
FIRST_PORT, LAST_PORT = 65200, 65535


def _exclusive(context: Context) -> Iterator[Problem]:
    for path, subnet in places_of(context):
        for other in residents(context, subnet):
            if other.thing.type != GATEWAY:
                yield context.problem(
                    "ApplicationGatewaySubnetCannotHaveOtherResources",
                    f"Subnet {subnet.id} cannot be used for application gateway {context.id} since subnet has other resources: "
                    f"{other.thing.id}.",
                    path,
                    "give the gateway a subnet of its own",
                    LOGS,
                )
                break


def _delegated(context: Context) -> Iterator[Problem]:
    for path, subnet in places_of(context):
        services = [str(service) for _, service in values_at(subnet.inputs, "delegations[*].serviceName")]
        if any(service.lower() != DELEGATE for service in services):
            yield context.problem(
                "ApplicationGatewaySubnetCannotHaveDelegations",
                f"Subnet {ids.name_of(subnet.id)} cannot have delegations configured: {', '.join(services)}.",
                path,
                "give the gateway a subnet that no other service has",
                INFRASTRUCTURE,
            )


def _large_enough(context: Context) -> Iterator[Problem]:
    """Hold instances and private frontends of all gateways of a subnet to its addresses."""
    private = len(context.get("frontendIPConfigurations[*].subnet.id"))
    for path, subnet in places_of(context):
        others = sum(each.addresses for each in residents(context, subnet) if each.thing.type == GATEWAY)
        needed = others + gateway_instances(context.inputs) + private
        room = sum(network.num_addresses for network in ranges_of(subnet)) - RESERVED
        if ranges_of(subnet) and needed > room:
            yield context.problem(
                "SubnetIsFull",
                f"Subnet {ids.name_of(subnet.id)} with address prefix {ranges_of(subnet)[0]} does not have enough capacity for "
                f"{needed} addresses.",
                path,
                f"{room} are free: Azure has {RESERVED} of each subnet; take a /24",
                INFRASTRUCTURE,
            )


def _reachable(context: Context) -> Iterator[Problem]:
    for path, subnet in places_of(context):
        group_id = _group_of(subnet.inputs)
        group = context.find(group_id) if group_id else None
        if group is not None and not group.assumed and not admits(_rules(context, group)):
            yield _blocked(context, group.id, path, f"gateway {context.id}")


def _group_of(subnet: Mapping[str, Any]) -> str:
    group = subnet.get("networkSecurityGroup")
    return str(group.get("id") or "") if is_mapping(group) else ""


def _rules(context: Context, group: Thing, without: str = "") -> list[Mapping[str, Any]]:
    """Return the rules of a group, those that are resources of their own too; `without` is one that goes."""
    apart = (each for each in context.world.all(RULE) if ids.key(each.id).startswith(f"{ids.key(group.id)}/"))
    inline = [each for each in listed(group.inputs.get("securityRules")) if is_mapping(each)]
    return [*inline, *(each.inputs for each in apart if ids.key(each.id) != ids.key(without))]


def admits(rules: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the first inbound rule that speaks of the managing service lets it in; without one, everything from outside is denied."""
    inbound = [rule for rule in rules if rule.get("direction") == "Inbound" and _for_managers(rule)]
    for rule in sorted(inbound, key=lambda rule: float(rule.get("priority") or 0)):
        if rule.get("access") == "Allow" and _covers(rule):
            return True
        if rule.get("access") == "Deny" and _touches(rule):
            return False
    return False


def _for_managers(rule: Mapping[str, Any]) -> bool:
    sources = [rule.get("sourceAddressPrefix"), *listed(rule.get("sourceAddressPrefixes"))]
    tcp = str(rule.get("protocol", "*")).lower() in ("*", "tcp")
    return tcp and any(str(source).lower() in MANAGERS for source in sources)


def _ranges(rule: Mapping[str, Any]) -> Sequence[tuple[int, int]]:
    given = [rule.get("destinationPortRange"), *listed(rule.get("destinationPortRanges"))]
    ranges: list[tuple[int, int]] = []
    for text in (str(each) for each in given if each is not None):
        first, _, last = text.partition("-")
        if text == "*":
            ranges.append((0, 65535))
        elif first.isdigit() and (last or first).isdigit():
            ranges.append((int(first), int(last or first)))
    return ranges


def _covers(rule: Mapping[str, Any]) -> bool:
    return any(first <= FIRST_PORT and last >= LAST_PORT for first, last in _ranges(rule))


def _touches(rule: Mapping[str, Any]) -> bool:
    return any(first <= LAST_PORT and last >= FIRST_PORT for first, last in _ranges(rule))


def _blocked(context: Context, group_id: str, path: str, who: str) -> Problem:
    return context.problem(
        BLOCKED,
        f"Network security group {group_id} blocks incoming internet traffic on ports {FIRST_PORT} - {LAST_PORT} to {who}.",
        path,
        f"allow GatewayManager to {FIRST_PORT}-{LAST_PORT}, as long as there is a gateway",
        INFRASTRUCTURE,
    )


def _gateways_behind(context: Context, group_id: str) -> Iterator[Thing]:
    """Yield the gateways in subnets with a security group."""
    for subnet in context.world.all(SUBNET):
        if ids.key(_group_of(subnet.inputs)) == ids.key(group_id):
            yield from (each for each in context.world.naming(subnet.id) if each.type == GATEWAY)


def _rule_goes(context: Context) -> Iterator[Problem]:
    """Refuse to delete the rule that lets the managing service in while there is a gateway."""
    group = context.parent()
    if group is None or group.assumed or admits(_rules(context, group, context.id)):
        return
    for gateway in _gateways_behind(context, group.id):
        yield _blocked(context, group.id, "", f"gateway {gateway.id}")


def _group_changes(context: Context) -> Iterator[Problem]:
    """Refuse rules of a group that shut the managing service out while there is a gateway."""
    group = context.find(context.id)
    if group is None:
        return
    apart = [each.inputs for each in context.inside(RULE)]
    inline = [each for each in listed(context.inputs.get("securityRules")) if is_mapping(each)]
    if not admits([*inline, *apart]):
        for gateway in _gateways_behind(context, context.id):
            yield _blocked(context, context.id, "securityRules", f"gateway {gateway.id}")


def _not_among_gateways(context: Context) -> Iterator[Problem]:
    """Refuse anything else in the subnet of a gateway."""
    for path, subnet in places_of(context):
        if any(each.thing.type == GATEWAY for each in residents(context, subnet)):
            yield context.problem(
                "ApplicationGatewaySubnetCannotBeUsedByOtherResources",
                f"Subnet {subnet.id} is used by an application gateway and cannot be used by {context.id}.",
                path,
                "take another subnet",
                "Public notes of a course on Azure (2024), and list of checks of template-building-blocks (2018)",
            )


RULES = {
    GATEWAY: (_exclusive, _delegated, _large_enough, _reachable),
    GROUP: (_group_changes,),
    **dict.fromkeys((INTERFACE, ENDPOINT, BALANCER, CLUSTER, POOL), (_not_among_gateways,)),
}
DELETE_RULES = {RULE: (_rule_goes,)}
