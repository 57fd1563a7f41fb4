"""Azure Managed Instance for Apache Cassandra: clusters in a delegated subnet, and their data centres."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.compute import block, size_of, whole
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_list

CLUSTER = "azure-native:cosmosdb:CassandraCluster"
DATA_CENTER = "azure-native:cosmosdb:CassandraDataCenter"
SUBNET = "azure-native:network:Subnet"
ROLE = "azure-native:authorization:RoleAssignment"
DELEGATION = "microsoft.documentdb/cassandraclusters"
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
VERSIONS = ("3.11", "4.0", "4.1", "5.0")
FEWEST_NODES = 3
RESERVED = 5
"""Addresses that Azure keeps of each subnet."""
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,98}[a-zA-Z0-9]")
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----\s*", re.DOTALL)

REST = "Cosmos DB resource provider, cassandraClusters and dataCenters, 2025-10-15"
QUICKSTART = "azure-docs, managed-instance-apache-cassandra/create-cluster-cli (2024); the code is own knowledge"
CMDLETS = "Az.CosmosDB, New-AzManagedCassandraDataCenter (2021): three nodes at least"


def _name(context: Context) -> Iterator[Problem]:
    name = context.value(context.row.name_input)
    if name is not None and not NAME.fullmatch(name):
        yield context.problem(
            "BadRequest",
            f"The name '{name}' must have 2 to 100 letters, digits and hyphens, and begin and end with a letter or digit.",
            context.row.name_input,
            source=REST,
        )


def _version(context: Context) -> Iterator[Problem]:
    version = context.value("properties.cassandraVersion")
    if version is not None and str(version) not in VERSIONS:
        yield context.problem(
            "BadRequest",
            f"Cassandra version '{version}' is not supported. Supported versions are {', '.join(VERSIONS)}.",
            "properties.cassandraVersion",
            f"use {VERSIONS[-2]}",
            "az managed-cassandra cluster create, --cassandra-version (2025)",
        )
    before = block((context.old or {}).get("properties")).get("cassandraVersion")
    if before is not None and version is not None and _order(str(version)) < _order(str(before)):
        yield context.problem(
            "BadRequest",
            f"Cassandra cannot go back from {before} to {version}.",
            "properties.cassandraVersion",
            "make another cluster and move the data",
            REST,
        )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _management_subnet(context: Context) -> Iterator[Problem]:
    properties = block(context.inputs.get("properties"))
    if "delegatedManagementSubnetId" not in properties:
        yield context.problem(
            "BadRequest",
            "The property 'delegatedManagementSubnetId' is required.",
            "properties.delegatedManagementSubnetId",
            "name the subnet in which the service manages the nodes",
            REST,
        )
        return
    yield from _subnet(context, "properties.delegatedManagementSubnetId")
    yield from _right(context, properties["delegatedManagementSubnetId"])


def _subnet(context: Context, path: str) -> Iterator[Problem]:
    subnet = context.find(context.value(path))
    if subnet is None or subnet.assumed or subnet.type != SUBNET:
        return
    services = {str(name).lower() for _, name in values_at(subnet.inputs, "delegations[*].serviceName")}
    if services - {DELEGATION}:
        yield context.problem(
            "SubnetIsDelegated",
            f"Subnet {subnet.id} is delegated to {', '.join(sorted(services))} and cannot be used by {DELEGATION}.",
            path,
            "give the nodes a subnet of their own",
            "azure-docs, virtual-network/subnet-delegation-overview (2024); code of AKS for the same",
        )
    elif DELEGATION not in services:
        yield context.warning(
            "SubnetMissingRequiredDelegation",
            f"Subnet {subnet.id} is not delegated to Microsoft.DocumentDB/cassandraClusters.",
            path,
            "delegate it",
            QUICKSTART,
        )


def _right(context: Context, subnet_id: Any) -> Iterator[Problem]:
    if not isinstance(subnet_id, str) or not ids.looks_like_id(subnet_id):
        return
    above = {ids.key(place) for place in (subnet_id, *ids.ancestors(subnet_id))}
    given = (
        role
        for role in context.all(ROLE)
        if str(role.inputs.get("roleDefinitionId")).lower().endswith(NETWORK_CONTRIBUTOR)
        and ids.key(str(role.inputs.get("scope"))) in above
    )
    if next(given, None) is None:
        yield context.warning(
            "LinkedAuthorizationFailed",
            "Azure Cosmos DB has no right to put machines into the network of the subnet.",
            "properties.delegatedManagementSubnetId",
            "give its service principal the role Network Contributor for the network, before the cluster is made",
            QUICKSTART,
        )


def _login(context: Context) -> Iterator[Problem]:
    properties = block(context.inputs.get("properties"))
    method = context.value("properties.authenticationMethod", "Cassandra")
    if context.old is None and method == "Cassandra" and "initialCassandraAdminPassword" not in properties:
        yield context.warning(
            "BadRequest",
            "Without initialCassandraAdminPassword the password of the administrator is 'cassandra'.",
            "properties.initialCassandraAdminPassword",
            "set a password",
            "azure-cli-extensions, cosmosdb-preview, parameters of cassandra-managed-instance (2021)",
        )
    if method == "None":
        yield context.warning(
            "BadRequest",
            "Anybody who reaches the nodes may use them: authentication is off.",
            "properties.authenticationMethod",
            "leave it out",
            REST,
        )
    for path, certificate in context.at("properties.clientCertificates[*].pem"):
        if not CERTIFICATE.fullmatch(str(certificate)):
            yield context.problem(
                "BadRequest",
                "The client certificate is not a PEM certificate.",
                path,
                "give a certificate as PEM",
                REST,
            )


def _backups(context: Context) -> Iterator[Problem]:
    hours = whole(context.value("properties.hoursBetweenBackups"))
    if hours is not None and hours < 1:
        yield context.problem(
            "BadRequest",
            f"The value '{hours}' of 'hoursBetweenBackups' must be 1 or more.",
            "properties.hoursBetweenBackups",
            "leave it out: the service has schedules of its own",
            REST,
        )


def _nodes(context: Context) -> Iterator[Problem]:
    count, path = whole(context.value("properties.nodeCount")), "properties.nodeCount"
    if count is None:
        return
    if count < FEWEST_NODES:
        yield context.problem(
            "BadRequest", f"A data center must have {FEWEST_NODES} nodes or more, not {count}.", path, source=CMDLETS
        )
    elif context.value("properties.availabilityZone") and count % FEWEST_NODES:
        yield context.warning(
            "BadRequest",
            f"{count} nodes are not spread evenly over three zones.",
            path,
            "give a multiple of three",
            "azure-docs, managed-instance-apache-cassandra/resilient-applications (2024)",
        )
    subnet = context.find(context.value("properties.delegatedSubnetId"))
    room = None if subnet is None or subnet.assumed else _room(subnet.inputs.get("addressPrefix"))
    if room is not None and count > room:
        yield context.problem(
            "SubnetIsFull",
            f"Subnet {ids.name_of(str(context.value('properties.delegatedSubnetId')))} does not have enough capacity for {count} "
            f"IP addresses: it has {room}.",
            path,
            "take a larger subnet, or fewer nodes",
        )


def _room(prefix: Any) -> int | None:
    return IPv4Network(prefix).num_addresses - RESERVED if isinstance(prefix, str) and prefix != UNKNOWN else None


def _machines(context: Context) -> Iterator[Problem]:
    size, disks = context.value("properties.sku"), whole(context.value("properties.diskCapacity"))
    known = None if size is None else size_of(str(size))
    if size is not None and (known is None or not known.premium):
        yield context.problem(
            "BadRequest",
            f"The SKU '{size}' is not supported for data centers.",
            "properties.sku",
            "name a size with premium disks, such as Standard_E8s_v5",
            REST,
        )
    most = known.data_disks if known else None
    if disks is not None and (disks < 1 or (most is not None and disks > most)):
        yield context.problem(
            "BadRequest",
            f"The value '{disks}' of 'diskCapacity' must be 1 to {most or 'what the size takes'}.",
            "properties.diskCapacity",
            source=REST,
        )


def _place(context: Context) -> Iterator[Problem]:
    location, path = context.value("properties.dataCenterLocation"), "properties.dataCenterLocation"
    properties = block(context.inputs.get("properties"))
    for name in ("dataCenterLocation", "delegatedSubnetId"):
        if name not in properties:
            yield context.problem(
                "BadRequest", f"The property '{name}' is required.", f"properties.{name}", "set it", REST
            )
    subnet_id = properties.get("delegatedSubnetId")
    network = context.find(ids.parent_of(subnet_id)) if isinstance(subnet_id, str) else None
    there = short_location(network.inputs.get("location")) if network is not None and not network.assumed else ""
    if location is not None and there and short_location(location) != there:
        yield context.problem(
            "BadRequest",
            f"The subnet must be in the same region as the data center: '{there}' is not '{short_location(location)}'.",
            path,
            "let both be in one region",
            REST,
        )
    yield from _subnet(context, "properties.delegatedSubnetId")


def _seeds(context: Context) -> Mapping[str, Any]:
    """Return the properties with what the service adds: addresses of the first nodes."""
    given = block(context.inputs.get("properties"))
    subnet = context.find(given.get("delegatedSubnetId"))
    prefix = subnet.inputs.get("addressPrefix") if subnet is not None else None
    first = IPv4Network(prefix) if isinstance(prefix, str) else IPv4Network("10.0.0.0/27")
    seeds = [{"ipAddress": str(first[4 + number])} for number in range(FEWEST_NODES)]
    return {"properties": {**given, "seedNodes": seeds, "provisioningState": "Succeeded"}}


def _cluster_outputs(context: Context) -> Mapping[str, Any]:
    given = {
        name: value
        for name, value in block(context.inputs.get("properties")).items()
        if name != "initialCassandraAdminPassword"  # "Returns null on GET."
    }
    certificates = given.get("externalGossipCertificates")
    added = {
        "gossipCertificates": certificates if is_list(certificates) else [],
        "privateLinkResourceId": "",
        "seedNodes": [],
        "provisioningState": "Succeeded",
    }
    return {"properties": {**given, **added}}


RULES = {
    CLUSTER: (_name, _version, _management_subnet, _login, _backups),
    DATA_CENTER: (_name, _nodes, _machines, _place),
}
OUTPUTS = {CLUSTER: _cluster_outputs, DATA_CENTER: _seeds}
REFERENCES = {
    CLUSTER: (Reference("properties.delegatedManagementSubnetId", SUBNET),),
    DATA_CENTER: (Reference("properties.delegatedSubnetId", SUBNET),),
}
NOT_VERIFIED = {
    CLUSTER: (
        "whether nodes reach what the service asks for outside of the network",
        "whether the principal that has rights to the network is that of Azure Cosmos DB",
    )
}
