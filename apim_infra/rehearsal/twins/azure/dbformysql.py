"""Flexible servers of MySQL."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.flexible_server_relations import child_rules, held_by_endpoint, server_rules
from apim_infra.rehearsal.twins.azure.flexible_servers import (
    BURSTABLE,
    CHANGE,
    STANDBY,
    Service,
    invalid,
    lower,
    said,
    whole,
)
from apim_infra.rehearsal.twins.azure.table import Reference

SERVER = "azure-native:dbformysql:Server"
CONFIGURATION = "azure-native:dbformysql:Configuration"
HIGH_AVAILABILITY = "Azure Database for MySQL, high availability, 2024-11"
OLD_PROTOCOLS = ("tlsv1", "tlsv1.0", "tlsv1.1")
IOPS = (360, 80000)
"""Operations a second that can be asked for: the fewest by the azurerm provider, the most by the largest size of the service's tiers."""

SERVICE = Service(
    token=SERVER,
    engine="MySQL",
    versions=("5.7", "8.0.21", "8.4"),
    retention=(1, 35),
    storage=(20, 32768),
    replicas=10,
    delegation="Microsoft.DBforMySQL/flexibleServers",
    zone_suffix="mysql.database.azure.com",
    zone_input="privateDnsZoneResourceId",
    moment="restorePointInTime",
    moment_always=False,
    geo_fixed=False,
    children=(
        CONFIGURATION,
        "azure-native:dbformysql:Database",
        "azure-native:dbformysql:AzureADAdministrator",
    ),
)


def _window(context: Context) -> Iterator[Problem]:
    if context.inputs.get("maintenanceWindow") is None:
        return
    if lower(context, "sku.tier") == BURSTABLE:
        yield context.problem(
            "ChangeCmwNotSupportedForBurstableSkuServer",
            "A custom maintenance window is not supported for servers of the Burstable tier.",
            "maintenanceWindow",
            "leave it out, or choose another tier",
            "crossplane provider-upjet-azure issue 933, 2025-02",
        )
    elif context.old is None:
        yield context.problem(
            "ServerNotExist",
            f"The server '{context.name}' does not exist or in unexpected status.",
            "maintenanceWindow",
            "make the server without a window, which it takes in a later change only",
            "bicep-types-az issue 2239, 2024-07; azurerm provider, creation of a server, 2025",
        )


def _standby(context: Context) -> Iterator[Problem]:
    mode, before = lower(context, "highAvailability.mode"), said(context.old, "highAvailability.mode")
    later = context.old is not None and lower(context, "sku.tier") != "memoryoptimized"
    if later and mode == STANDBY and before != STANDBY:
        message = "Zone-redundant high availability can be configured only when the server is created."
        hint = "restore the server's backups into one with a standby"
        yield context.problem(CHANGE, message, "highAvailability.mode", hint, HIGH_AVAILABILITY)
    if mode not in ("", "disabled") and lower(context, "storage.autoGrow") == "disabled":
        message = "storage of a server with high availability grows by itself."
        yield invalid(context, "storage.autoGrow", message, "write Enabled", HIGH_AVAILABILITY)


def _speed(context: Context) -> Iterator[Problem]:
    wanted, (fewest, most) = whole(context, "storage.iops"), IOPS
    if wanted is not None and not fewest <= wanted <= most:
        yield invalid(context, "storage.iops", f"{fewest} to {most}.", "", "azurerm provider and service tiers, 2025")


def _protocols(context: Context) -> Iterator[Problem]:
    if context.name.lower() != "tls_version":
        return
    if any(part.strip().lower() in OLD_PROTOCOLS for part in str(context.value("value", "")).split(",")):
        message = "TLS 1.0 and 1.1 are gone."
        source = "Azure Database for MySQL, encrypted connections, 2024-11"
        yield invalid(context, "value", message, "write TLSv1.2, TLSv1.3 or both", source)


_children = child_rules(SERVICE)
RULES = {
    **_children,
    SERVER: (*server_rules(SERVICE), _window, _standby, _speed),
    CONFIGURATION: (*_children[CONFIGURATION], _protocols),
}
DELETE_RULES = {SERVER: held_by_endpoint}
REFERENCES = {
    SERVER: (
        Reference("sourceServerResourceId", SERVER, elsewhere=True),
        Reference("network.delegatedSubnetResourceId", "azure-native:network:Subnet"),
        Reference("network.privateDnsZoneResourceId", "azure-native:privatedns:PrivateZone"),
        Reference("dataEncryption.primaryUserAssignedIdentityId", "azure-native:managedidentity:UserAssignedIdentity"),
    )
}
# The enumeration of the SDK's API version ends at 8.0; azurerm makes servers of 8.4 with an older one yet (its pull request 31099, 2025-11).
OPEN_ENUMS = {SERVER: {"version"}}
