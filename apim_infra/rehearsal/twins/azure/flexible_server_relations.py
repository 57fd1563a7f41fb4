"""Where a flexible server stands and what it is made from: networks, restores, replicas, and what is written to it one at a time."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.flexible_servers import (
    BACKUPS,
    BURSTABLE,
    BUSY,
    CHANGE,
    REPLICA,
    RESTORES,
    Service,
    administrator,
    backups,
    before,
    invalid,
    lower,
    names,
    required,
    said,
    size,
    standby,
    storage,
    version,
)
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

NETWORKS = "Azure Database, networking with a virtual network, 2021 and 2024"
SUBNET = "network.delegatedSubnetResourceId"


def source(context: Context, service: Service) -> Iterator[Problem]:
    """Check the server that another is made from."""
    mode, found = lower(context, "createMode"), context.find(context.value("sourceServerResourceId"))
    if context.old is not None or found is None or found.assumed:
        return
    path = "sourceServerResourceId"
    if mode == REPLICA:
        yield from _replica(context, service, found)
    same = str(found["location"]).lower() == context.location
    if mode == RESTORES[0] and not same:
        message = "a point in time is restored in the region of the source server."
        yield invalid(context, path, message, "use create mode GeoRestore", BACKUPS)
    geo = said(found.inputs, "backup.geoRedundantBackup")
    if mode == RESTORES[1] and geo != "enabled":
        message = "the source server has no geo-redundant backups."
        yield invalid(context, path, message, "restore a point in time in its own region", BACKUPS)
    injected = _injected(found.inputs)
    if mode in RESTORES and injected != _injected(context.inputs):
        message = "a restore stays with the access of its source: in a virtual network, or not."
        yield invalid(context, "network", message, "give the server the same kind of access", BACKUPS)


def _injected(inputs: Mapping[str, Any]) -> bool:
    return bool(before(inputs, SUBNET))


def _replica(context: Context, service: Service, found: Thing) -> Iterator[Problem]:
    page, path = "Azure Database, read replicas, 2024-06", "sourceServerResourceId"
    if said(found.inputs, "sku.tier") == BURSTABLE:
        message = "Read replicas are not supported for servers of the Burstable tier."
        yield invalid(context, path, message, "give the source another tier", page)
    if lower(context, "sku.tier") == BURSTABLE:
        yield invalid(
            context, "sku.tier", "A read replica is not of the Burstable tier.", "give it that of its source", page
        )
    if said(found.inputs, "createMode") == REPLICA:
        yield invalid(context, path, "A read replica has no replicas of its own.", "name the primary", page)
    others = [
        thing
        for thing in context.all(service.token)
        if ids.key(said(thing.inputs, "sourceServerResourceId")) == ids.key(found.id)
        and said(thing.inputs, "createMode") == REPLICA
    ]
    if len(others) >= service.replicas:
        message = f"A server has {service.replicas} read replicas at most."
        yield invalid(context, path, message, "leave replicas out", page)
    if ids.group_of(found.id).lower() != ids.group_of(context.id).lower():
        message = "A read replica is made in the resource group of its source."
        yield invalid(context, "resourceGroupName", message, "name that resource group", page)


def in_network(context: Context, service: Service) -> Iterator[Problem]:
    """Check a server in a delegated subnet, and that a server stays where it was made."""
    subnet_id, zone_id = context.value(SUBNET), context.value(f"network.{service.zone_input}")
    if context.old is not None and said(context.old, SUBNET) != str(subnet_id or "").lower():
        message = "The network of a server is fixed when it is made."
        yield context.problem(CHANGE, message, SUBNET, "make another server", NETWORKS)
    if not subnet_id:
        return
    if lower(context, "network.publicNetworkAccess") == "enabled":
        message = (
            "Conflicting configuration is detected between Public Network Access and Virtual Network arguments. "
            "Public Network Access is not supported along with Virtual Network feature."
        )
        code = "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration"
        yield context.problem(
            code, message, "network.publicNetworkAccess", "write Disabled", "azurerm provider issue 24586, 2024"
        )
    if not zone_id and context.inputs.get("createMode") not in ("Replica",):
        message = (
            "The private dns zone arm resource id is empty, which is required for new servers with a delegated subnet."
        )
        path = f"network.{service.zone_input}"
        yield context.problem(
            "EmptyPrivateDnsZoneArmResourceId", message, path, f"name a zone ending in {service.zone_suffix}", NETWORKS
        )
    yield from _subnet(context, service, context.find(subnet_id))
    yield from _zone(context, service, str(subnet_id), context.find(zone_id))


def _subnet(context: Context, service: Service, subnet: Thing | None) -> Iterator[Problem]:
    if subnet is None or subnet.assumed:
        return
    names = {str(name).lower() for _, name in values_at(subnet.inputs, "delegations[*].serviceName")}
    if service.delegation.lower() not in names:
        message = f"the subnet must be delegated to {service.delegation}."
        yield invalid(context, SUBNET, message, f"delegate it to {service.delegation}", NETWORKS)


def _zone(context: Context, service: Service, subnet_id: str, zone: Thing | None) -> Iterator[Problem]:
    if zone is None or zone.assumed:
        return
    path, name = f"network.{service.zone_input}", ids.name_of(zone.id)
    if not name.lower().endswith(service.zone_suffix):
        message = f"The private DNS zone name '{name}' is not valid: it must end in {service.zone_suffix}."
        yield context.problem("PrivateDnsZoneNameNotValid", message, path, "", "azurerm provider issue 24549, 2024")
    network = ids.parent_of(subnet_id)
    links = context.inside("azure-native:privatedns:VirtualNetworkLink", zone.id)
    linked = {ids.key(said(link.inputs, "virtualNetwork.id")) for link in links}
    if ids.key(network) not in linked:
        message = f"the private DNS zone must be linked to the virtual network {ids.name_of(network)}."
        yield invalid(context, path, message, "link it, and let the server wait for the link", NETWORKS)


def one_at_a_time(context: Context, service: Service) -> Iterator[Problem]:
    """Check that nothing else is written to the same server at the same time."""
    if context.request.needs is None or context.old is not None:
        return
    world = context.world
    for token in service.children:
        for other in context.siblings(token):
            known = not other.assumed and other.urn in world.needs and other.urn != context.urn
            if known and not (world.reaches(context.urn, other.urn) or world.reaches(other.urn, context.urn)):
                yield context.problem(
                    BUSY,
                    f"Cannot complete operation while server '{ids.name_of(ids.parent_of(context.id))}' is busy processing another "
                    f"operation: '{context.name}' and '{ids.name_of(other.id)}' are written at the same time. Try again later.",
                    hint=f"let it depend on '{other.urn.rsplit('::', 1)[-1]}'",
                    source="azurerm provider, lock on the server of a configuration, 2025; code as public logs show it",
                )
                return


def held_by_endpoint(context: Context) -> Iterator[Problem]:
    """Check that no private endpoint is left when a server is deleted."""
    for thing in context.world.naming(context.id):
        if thing.type == "azure-native:network:PrivateEndpoint" and not thing.assumed:
            message = (
                f"The private endpoint {ids.name_of(thing.id)} is connected to the server: it must be deleted before."
            )
            hint = "let the endpoint depend on the server, so that it goes first"
            yield context.problem(
                "OperationNotAllowed", message, "", hint, "Azure Database for MySQL, private link, 2023-05"
            )
            return


def server_rules(service: Service) -> tuple[Any, ...]:
    """Return the rules of a server."""

    def of_service(context: Context) -> Iterator[Problem]:
        for rule in (storage, backups, version, required, source, in_network):
            yield from rule(context, service)

    return (names, administrator, size, standby, of_service)


def child_rules(service: Service) -> Mapping[str, tuple[Any, ...]]:
    """Return the rule of everything that is written to a server one at a time, by type."""

    def rule(context: Context) -> Iterator[Problem]:
        yield from one_at_a_time(context, service)

    return dict.fromkeys(service.children, (rule,))
