"""Data sources that show a thing otherwise than its resource does: what programs ask of a network, keys, zones and clusters that are brought along."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.aws.lookups import Lookup, shown

LOOKED_UP: Mapping[str, frozenset[str]] = {tokens.SUBNET: frozenset({"availableIpAddressCount"})}
"""Type to what only its data source shows."""


def _subnet(inquiry: Inquiry) -> Mapping[str, Any]:
    """Answer with the free addresses too: all but the five that AWS keeps, unless a description says otherwise."""
    found = Lookup(tokens.SUBNET, (("id", "id"),), "id", "InvalidSubnetID.NotFound")(inquiry)
    cidr = found.get("cidrBlock")
    free = {"availableIpAddressCount": IPv4Network(cidr).num_addresses - 5} if cidr else {}
    return {**free, **found}


def _route_tables(inquiry: Inquiry) -> Mapping[str, Any]:
    """Find route tables of a network by the filters `association.subnet-id` and `association.main`."""
    arguments = inquiry.arguments
    filters = {str(rule.get("name")): list(rule.get("values") or ()) for rule in arguments.get("filters") or ()}
    tables = [
        table
        for table in inquiry.world.all(tokens.ROUTE_TABLE, inquiry.region)
        if arguments.get("vpcId") in (None, table["vpcId"])
    ]
    main = {vpc["mainRouteTableId"] for vpc in inquiry.world.all(tokens.VPC, inquiry.region)}
    associated: dict[Any, set[Any]] = {}
    for association in inquiry.world.all(tokens.ROUTE_TABLE_ASSOCIATION, inquiry.region):
        associated.setdefault(association["routeTableId"], set()).add(association["subnetId"])
    unknown = sorted(set(filters) - {"association.subnet-id", "association.main"})
    if unknown:
        raise inquiry.refuse(
            "InvalidParameterValue", f"The filter '{unknown[0]}' is invalid", "filters", "use association.subnet-id"
        )
    if subnets := filters.get("association.subnet-id"):
        tables = [table for table in tables if associated.get(table.id, set()).intersection(subnets)]
    if filters.get("association.main") == ["true"]:
        tables = [table for table in tables if table.id in main]
    return {**arguments, "id": inquiry.region, "ids": [table.id for table in tables]}


LISTED = {
    "accessConfig": "accessConfigs",
    "certificateAuthority": "certificateAuthorities",
    "kubernetesNetworkConfig": "kubernetesNetworkConfigs",
}
"""What a cluster shows as one object, and its data source as a list of one."""


def _cluster(inquiry: Inquiry) -> Mapping[str, Any]:
    found = Lookup(tokens.CLUSTER, (("name", "name"),), "name")(inquiry)
    return {**found, **{many: [found[one]] if found.get(one) else [] for one, many in LISTED.items()}}


def _addon(inquiry: Inquiry) -> Mapping[str, Any]:
    cluster, name = inquiry.arguments.get("clusterName"), inquiry.arguments.get("addonName")
    for addon in inquiry.world.all(tokens.ADDON, inquiry.region):
        if (addon["clusterName"], addon["addonName"]) == (cluster, name):
            return shown(addon, inquiry.arguments)
    raise inquiry.refuse(
        "ResourceNotFoundException",
        f"No addon: {name} found in cluster: {cluster}",
        "addonName",
        "add it to the cluster, or let the stack add it",
    )


def _zone(inquiry: Inquiry) -> Mapping[str, Any]:
    """Answer whether the zone is private too, where it is known: it is when networks see it."""
    found = Lookup(tokens.ZONE, (("zoneId", "zoneId"), ("name", "name")), "zoneId", "NoSuchHostedZone")(inquiry)
    known = "vpcs" in found or "comment" in found
    return {**found, "privateZone": bool(found.get("vpcs"))} if known else found


def _key(inquiry: Inquiry) -> Mapping[str, Any]:
    named = str(inquiry.arguments.get("keyId"))
    if named.startswith("arn:") and inquiry.world.find(tokens.KEY, named, "arn") is None:
        identifier = named.rpartition("/")[2]
        inquiry.assume(tokens.KEY, identifier, {"arn": named, "keyId": identifier})
    found = Lookup(tokens.KEY, (("keyId", "keyId"), ("keyId", "arn")), "keyId", "NotFoundException")(inquiry)
    names = {"isEnabled": "enabled", "customerMasterKeySpec": "keySpec"}
    return {**found, **{name: found[own] for own, name in names.items() if found.get(own) is not None}}


ANSWERS: Mapping[str, Answer] = {
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getRouteTables:getRouteTables": _route_tables,
    "aws:eks/getCluster:getCluster": _cluster,
    "aws:eks/getAddon:getAddon": _addon,
    "aws:kms/getKey:getKey": _key,
    "aws:route53/getZone:getZone": _zone,
}
