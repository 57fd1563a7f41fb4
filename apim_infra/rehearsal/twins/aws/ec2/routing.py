"""Route tables, routes and associations."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.ec2.addresses import network, networks_of, range_problems
from apim_infra.rehearsal.twins.aws.ec2.gateways import in_subnet
from apim_infra.rehearsal.twins.aws.ec2.network import API, QUOTAS, in_vpc
from apim_infra.rehearsal.twins.aws.table import Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.paths import values_at

DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
INLINE_DESTINATIONS = ("cidrBlock", "ipv6CidrBlock", "destinationPrefixListId")
TARGETS: Mapping[str, tuple[str | tuple[str, ...], str, str]] = {
    "gatewayId": (
        (tokens.INTERNET_GATEWAY, "aws:ec2/vpnGateway:VpnGateway"),
        "InvalidInternetGatewayID.NotFound",
        "The internetGateway ID '{value}' does not exist",
    ),
    "natGatewayId": (tokens.NAT_GATEWAY, "InvalidNatGatewayID.NotFound", "The natGateway ID '{value}' does not exist"),
    "egressOnlyGatewayId": (
        tokens.EGRESS_ONLY_GATEWAY,
        "InvalidGatewayID.NotFound",
        "The eigw ID '{value}' does not exist",
    ),
    "vpcEndpointId": (
        tokens.VPC_ENDPOINT,
        "InvalidVpcEndpointId.NotFound",
        "The vpcEndpoint ID '{value}' does not exist",
    ),
    "vpcPeeringConnectionId": (
        tokens.PEERING,
        "InvalidVpcPeeringConnectionID.NotFound",
        "The vpcPeeringConnection ID '{value}' does not exist",
    ),
    "transitGatewayId": (
        tokens.TRANSIT_GATEWAY,
        "InvalidTransitGatewayID.NotFound",
        "The transitGateway ID '{value}' does not exist",
    ),
    "networkInterfaceId": (
        tokens.NETWORK_INTERFACE,
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID '{value}' does not exist",
    ),
}
"""Inputs that name the target of a route, the types they name, and AWS's code and message when there is none."""
OTHER_TARGETS = ("carrierGatewayId", "coreNetworkArn", "localGatewayId", "odbNetworkArn")
BELONG_TO_NETWORK = ("gatewayId", "natGatewayId", "egressOnlyGatewayId")
ROUTES_PER_TABLE = 50
"""Routes of one table that are not propagated, by default (raised to 500 for new quotas since 2025; the older default is kept)."""


def _target_references(prefix: str) -> tuple[Reference, ...]:
    return tuple(
        Reference(f"{prefix}{path}", to, code, message=message, allow="local" if path == "gatewayId" else "")
        for path, (to, code, message) in TARGETS.items()
    )


def _in_table(path: str = "routeTableId", *, holds: bool = False) -> Reference:
    return Reference(
        path,
        tokens.ROUTE_TABLE,
        "InvalidRouteTableID.NotFound",
        message="The routeTable ID '{value}' does not exist",
        holds=holds,
    )


def _table_vpc(context: Context) -> str | None:
    table = context.find(tokens.ROUTE_TABLE, context.value("routeTableId"))
    return str(table["vpcId"]) if table and table["vpcId"] else None


def _destinations(context: Context, table: str) -> Iterator[str]:
    """Yield the destinations that a table has: stand-alone routes, inline ones and the VPC's own range."""
    for route in context.world.matching(tokens.ROUTE, table, "routeTableId"):
        if not (route.id == context.id and route.urn == context.urn):
            yield from (str(route[name]) for name in DESTINATIONS if route[name])
    there = context.find(tokens.ROUTE_TABLE, table)
    if there is None:
        return
    for path in INLINE_DESTINATIONS:
        yield from (str(value) for _, value in values_at(there.inputs, f"routes[*].{path}"))
    vpc = context.find(tokens.VPC, there["vpcId"])
    if vpc:
        yield from (str(found) for found in networks_of(context.world, vpc))


def _destination(context: Context) -> Iterator[Problem]:
    table = context.value("routeTableId")
    for path, version in (("destinationCidrBlock", 4), ("destinationIpv6CidrBlock", 6)):
        for text in context.get(path):
            yield from range_problems(context, str(text), path, version=version)
    there = list(_destinations(context, table)) if table else []
    for path in DESTINATIONS:
        for text in context.get(path):
            if str(network(str(text)) or text) in there:
                message = f"The route identified by {text} already exists."
                yield context.problem(
                    "RouteAlreadyExists",
                    message,
                    path,
                    "one route a destination: remove it here or among the table's own routes",
                )
    if len(there) > ROUTES_PER_TABLE:
        message = f"The maximum number of routes of {table} has been reached"
        yield context.problem("RouteLimitExceeded", message, "routeTableId", "ask AWS to raise the quota", QUOTAS)


def _same_network(context: Context) -> Iterator[Problem]:
    vpc = _table_vpc(context)
    for path in BELONG_TO_NETWORK:
        for value in context.get(path):
            yield from _belongs(context, str(value), path, vpc, str(context.value("routeTableId")))


def _belongs(context: Context, target: str, path: str, vpc: str | None, table: str) -> Iterator[Problem]:
    types = TARGETS[path.rsplit(".", maxsplit=1)[-1]][0]
    there = context.find(types if isinstance(types, str) else types[0], target)
    if there is None or vpc is None:
        return
    theirs = there["vpcId"]
    if path.endswith("gatewayId") and not theirs:
        attachment = context.find(tokens.INTERNET_GATEWAY_ATTACHMENT, target, "internetGatewayId")
        theirs = attachment["vpcId"] if attachment else None
    if theirs != vpc:
        message = f"route table {table} and network gateway {target} belong to different networks"
        hint = f"use a gateway of {vpc}" if theirs else f"attach {target} to {vpc} first"
        yield context.problem("InvalidParameterValue", message, path, hint)


def _inline_routes(context: Context) -> Iterator[Problem]:
    seen: set[str] = set()
    vpc = context.value("vpcId")
    for i, route in enumerate(context.get("routes[*]")):
        at = f"routes[{i}]"
        given = [name for name in INLINE_DESTINATIONS if route.get(name)]
        if len(given) != 1:
            message = f"one of {', '.join(INLINE_DESTINATIONS)} must be specified"
            yield context.problem("CheckFailure", message, at, "give each route exactly one destination")
        if not any(route.get(name) for name in (*TARGETS, *OTHER_TARGETS)):
            yield context.problem(
                "CheckFailure", f"one of {', '.join(TARGETS)} must be specified", at, "give each route one target"
            )
        for name, version in (("cidrBlock", 4), ("ipv6CidrBlock", 6)):
            if route.get(name):
                yield from range_problems(context, str(route[name]), f"{at}.{name}", version=version)
        for name in given:
            if route[name] in seen:
                message = f"The route identified by {route[name]} already exists."
                yield context.problem("RouteAlreadyExists", message, f"{at}.{name}", "one route a destination")
            seen.add(route[name])
        for name in BELONG_TO_NETWORK:
            if route.get(name) and route[name] != "local":
                yield from _belongs(context, route[name], f"{at}.{name}", vpc, context.id or context.request.name)


def _association(context: Context) -> Iterator[Problem]:
    subnet = context.find(tokens.SUBNET, context.value("subnetId"))
    table = context.value("routeTableId")
    vpc = _table_vpc(context)
    if subnet and vpc and subnet["vpcId"] != vpc:
        message = f"Route table {table} and subnet {subnet.id} belong to different networks"
        yield context.problem("InvalidParameterValue", message, "subnetId", f"use a route table of {subnet['vpcId']}")
    for path in ("subnetId", "gatewayId"):
        for value in context.get(path):
            for other in context.all(tokens.ROUTE_TABLE_ASSOCIATION, **{path: value}):
                message = f"the specified association for route table {table} conflicts with an existing association"
                yield context.problem(
                    "Resource.AlreadyAssociated",
                    message,
                    path,
                    f"{value} is associated with {other['routeTableId']} already",
                )


def _table_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "ownerId": context.account,
        "routes": context.inputs.get("routes", []),
        "propagatingVgws": context.inputs.get("propagatingVgws", []),
    }


def _default_table_outputs(context: Context) -> Mapping[str, Any]:
    table = context.find(tokens.ROUTE_TABLE, context.value("defaultRouteTableId"))
    vpc = table["vpcId"] if table else context.inputs.get("vpcId", "")
    return {"ownerId": context.account, "vpcId": vpc, "routes": context.inputs.get("routes", [])}


def _route_outputs(context: Context) -> Mapping[str, Any]:
    return {
        "origin": "CreateRoute",
        "state": "active",
        **{name: context.inputs.get(name, "") for name in ("instanceId", "instanceOwnerId")},
    }


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.ROUTE_TABLE,
        kind="routeTable",
        identifier="rtb-{hex17}",
        arn="arn:aws:ec2:{region}:{account}:route-table/{id}",
        references=(in_vpc(), *_target_references("routes[*].")),
        create_only=frozenset({"vpcId"}),
        rules=(_inline_routes,),
        outputs=_table_outputs,
        quota=Quota(200, ("vpcId",), "RouteTableLimitExceeded"),
        source=API,
    ),
    ResourceType(
        token=tokens.DEFAULT_ROUTE_TABLE,
        kind="default route table",
        identifier="{defaultRouteTableId}",
        arn="arn:aws:ec2:{region}:{account}:route-table/{id}",
        references=(_in_table("defaultRouteTableId"), *_target_references("routes[*].")),
        create_only=frozenset({"defaultRouteTableId"}),
        outputs=_default_table_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.ROUTE,
        kind="route",
        identifier="r-{routeTableId}{digits10}",
        references=(_in_table(), *_target_references("")),
        create_only=frozenset({"routeTableId", *DESTINATIONS}),
        exactly_one=(DESTINATIONS, (*TARGETS, *OTHER_TARGETS)),
        rules=(_destination, _same_network),
        outputs=_route_outputs,
        source=API,
    ),
    ResourceType(
        token=tokens.ROUTE_TABLE_ASSOCIATION,
        kind="route table association",
        identifier="rtbassoc-{hex17}",
        references=(
            _in_table(holds=True),
            in_subnet(holds=False),
            Reference(
                "gatewayId",
                (tokens.INTERNET_GATEWAY, "aws:ec2/vpnGateway:VpnGateway"),
                "InvalidGatewayID.NotFound",
                message="The gateway ID '{value}' does not exist",
            ),
        ),
        create_only=frozenset({"subnetId", "gatewayId"}),
        exactly_one=(("subnetId", "gatewayId"),),
        rules=(_association,),
        source=API,
    ),
    ResourceType(
        token=tokens.MAIN_ROUTE_TABLE_ASSOCIATION,
        kind="main route table association",
        identifier="rtbassoc-{hex17}",
        references=(_in_table(holds=True), in_vpc(holds=False)),
        create_only=frozenset({"vpcId"}),
        source=API,
    ),
)
