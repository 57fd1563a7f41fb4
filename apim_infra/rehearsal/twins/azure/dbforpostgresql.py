"""Flexible servers of PostgreSQL."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.flexible_server_relations import child_rules, server_rules
from apim_infra.rehearsal.twins.azure.flexible_servers import (
    Service,
    invalid,
    whole,
)
from apim_infra.rehearsal.twins.azure.table import Reference

SERVER = "azure-native:dbforpostgresql:Server"
CONFIGURATION = "azure-native:dbforpostgresql:Configuration"
PROTOCOLS = ("tlsv1.2", "tlsv1.3")

SERVICE = Service(
    token=SERVER,
    engine="PostgreSQL",
    versions=("11", "12", "13", "14", "15", "16", "17", "18"),
    retention=(7, 35),
    storage=(32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767),
    replicas=5,
    delegation="Microsoft.DBforPostgreSQL/flexibleServers",
    zone_suffix="postgres.database.azure.com",
    zone_input="privateDnsZoneArmResourceId",
    moment="pointInTimeUTC",
    moment_always=True,
    geo_fixed=True,
    children=(
        CONFIGURATION,
        "azure-native:dbforpostgresql:Database",
        "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
    ),
)


def _window(context: Context) -> Iterator[Problem]:
    bounds = {"dayOfWeek": 6, "startHour": 23, "startMinute": 59}
    for name, largest in bounds.items():
        path = f"maintenanceWindow.{name}"
        value = whole(context, path)
        if value is not None and not 0 <= value <= largest:
            yield invalid(context, path, f"0 to {largest}.", "", "azurerm provider, maintenance window, 2025")


def _protocol(context: Context) -> Iterator[Problem]:
    value = str(context.value("value", "")).lower()
    if context.name.lower() == "ssl_min_protocol_version" and value not in PROTOCOLS:
        message = "TLSv1.2 or TLSv1.3."
        yield invalid(context, "value", message, "", "Azure Database for PostgreSQL, connectivity with TLS, 2024")


_children = child_rules(SERVICE)
RULES = {**_children, SERVER: (*server_rules(SERVICE), _window), CONFIGURATION: (*_children[CONFIGURATION], _protocol)}
REFERENCES = {
    SERVER: (
        Reference("sourceServerResourceId", SERVER, elsewhere=True),
        Reference("network.delegatedSubnetResourceId", "azure-native:network:Subnet"),
        Reference("network.privateDnsZoneArmResourceId", "azure-native:privatedns:PrivateZone"),
        Reference("dataEncryption.primaryUserAssignedIdentityId", "azure-native:managedidentity:UserAssignedIdentity"),
    )
}
