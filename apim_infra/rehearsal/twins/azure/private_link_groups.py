"""Private endpoints of vaults, registries and storage accounts: which part of the resource is meant, and in which zone its names are."""

from collections.abc import Iterator, Mapping

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.values import is_mapping

ENDPOINT, GROUP = "azure-native:network:PrivateEndpoint", "azure-native:network:PrivateDnsZoneGroup"
SOURCE = "Azure Private Link, private-link resources and DNS zones, 2024"
TIERS = "Azure Container Registry, private link, 2025"
_STORAGE = ("blob", "file", "queue", "table", "web", "dfs")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "azure-native:keyvault:Vault": ("vault",),
    "azure-native:containerregistry:Registry": ("registry",),
    "azure-native:storage:StorageAccount": (*_STORAGE, *(f"{part}_secondary" for part in _STORAGE)),
}
"""Type of resource to its parts."""
ZONES: Mapping[str, str] = {
    "vault": "privatelink.vaultcore.azure.net",
    "registry": "privatelink.azurecr.io",
    **{part: f"privatelink.{part}.core.windows.net" for part in _STORAGE},
    "mysqlServer": "privatelink.mysql.database.azure.com",
    "postgresqlServer": "privatelink.postgres.database.azure.com",
    "redisEnterprise": "privatelink.redis.azure.net",
}
"""Part to the private zone of its names."""


def _part(context: Context) -> Iterator[Problem]:
    for place, connection in context.at("privateLinkServiceConnections[*]"):
        target = context.find(connection.get("privateLinkServiceId")) if is_mapping(connection) else None
        groups = GROUPS.get(target.type) if target else None
        if target is None or groups is None:
            continue
        named = [str(value) for _, value in values_at(connection, "groupIds[*]") if value != UNKNOWN]
        wrong = [name for name in named if name not in groups]
        path = f"{place}.groupIds"
        if wrong:
            message = f"The group id '{wrong[0]}' is none of {ids.type_of(target.id)}: {', '.join(groups)}."
            yield context.problem("BadRequest", message, path, f"write {groups[0]}", SOURCE)
        elif len(named) != 1:
            message = f"A private endpoint is of one part of {ids.name_of(target.id)}, not {len(named)}."
            yield context.problem("BadRequest", message, path, f"write one of {', '.join(groups)}", SOURCE)
        yield from _kind(context, target.inputs, path, named)


def _kind(context: Context, inputs: Mapping[str, object], path: str, named: list[str]) -> Iterator[Problem]:
    sku = next((str(value).lower() for _, value in values_at(inputs, "sku.name")), "")
    if named == ["registry"] and sku in ("basic", "standard"):
        message = f"Private endpoints are not supported for the SKU {sku.capitalize()} of a registry."
        yield context.problem("PrivateEndpointNotSupported", message, path, "write sku: {name: Premium}", TIERS)
    if str(inputs.get("kind")).lower() == "filestorage" and named and not named[0].startswith("file"):
        message = f"An account of the kind FileStorage has no part {named[0]}."
        yield context.problem("BadRequest", message, path, "write file", SOURCE)


def _zone(context: Context) -> Iterator[Problem]:
    """Warn of an endpoint whose names are kept in the zone of another service: they are written, and nobody finds them."""
    endpoint = context.parent()
    if endpoint is None:
        return
    parts = [str(value) for _, value in values_at(endpoint.inputs, "privateLinkServiceConnections[*].groupIds[*]")]
    wanted = {ZONES[part.removesuffix("_secondary")] for part in parts if part.removesuffix("_secondary") in ZONES}
    for path, zone in context.at("privateDnsZoneConfigs[*].privateDnsZoneId"):
        name = ids.name_of(str(zone)).lower()
        if wanted and name in set(ZONES.values()) and name not in wanted:
            message = f"The names of {', '.join(parts)} are looked for in {', '.join(sorted(wanted))}, not in {name}."
            yield context.warning("InvalidPrivateDnsZone", message, path, f"name {sorted(wanted)[0]}", SOURCE)


RULES = {ENDPOINT: (_part,), GROUP: (_zone,)}
