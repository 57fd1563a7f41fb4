"""Where packets from a subnet go: its route table's default route."""

from collections.abc import Iterator
from typing import Any, Literal

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import mappings
from apim_infra.rehearsal.twins.cloud.world import Thing

WayOut = Literal["internet gateway", "other", "none"]
"""Target of the default route: `other` is a NAT gateway, a transit gateway, a firewall or what else may lead out."""

MAIN_ASSOCIATION = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
DEFAULT_TABLE = "aws:ec2/defaultRouteTable:DefaultRouteTable"
EVERYWHERE = "0.0.0.0/0"


def way_out(context: Context, subnet: Thing) -> WayOut:
    """Return where a subnet's default route leads. A subnet brought along (not made by the program) counts as `other`."""
    if subnet.assumed:
        return "other"
    targets = [route for route in _routes(context, _table(context, subnet)) if _is_default(route)]
    if not targets:
        return "none"
    return (
        "internet gateway" if any(str(route.get("gatewayId", "")).startswith("igw-") for route in targets) else "other"
    )


def _table(context: Context, subnet: Thing) -> Any:
    """Return the id of the route table that holds for a subnet."""
    for association in context.world.all(tokens.ROUTE_TABLE_ASSOCIATION, context.region):
        if association.inputs.get("subnetId") == subnet.id:
            return association.inputs.get("routeTableId")
    for association in context.world.all(MAIN_ASSOCIATION, context.region):
        if association.inputs.get("vpcId") == subnet["vpcId"]:
            return association.inputs.get("routeTableId")
    vpc = context.find(tokens.VPC, subnet["vpcId"])
    return (vpc["mainRouteTableId"] or vpc["defaultRouteTableId"]) if vpc else None


def _routes(context: Context, table: Any) -> Iterator[dict[str, Any]]:
    """Iterate over the routes of a table, those beside it and those within it."""
    for route in context.world.all(tokens.ROUTE, context.region):
        if route.inputs.get("routeTableId") == table:
            yield dict(route.inputs)
    for token, key in ((tokens.ROUTE_TABLE, "id"), (DEFAULT_TABLE, "defaultRouteTableId")):
        for thing in context.world.all(token, context.region):
            if thing[key] == table:
                yield from mappings(thing.inputs.get("routes"))


def _is_default(route: dict[str, Any]) -> bool:
    return EVERYWHERE in (route.get("destinationCidrBlock"), route.get("cidrBlock"))
