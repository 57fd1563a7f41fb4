"""Wrong requests to flexible servers of PostgreSQL."""

from azure_cases.case import Case, Step

SERVICE = "Database for PostgreSQL"
SERVER = Step(
    "dbforpostgresql:Server",
    "server",
    {
        "serverName": "server-of-cases",
        "sku": {"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"},
        "version": "17",
        "administratorLogin": "tenant_manager",
        "administratorLoginPassword": "Aa1aaaaaaaaaaaaa",
        "availabilityZone": "1",
        "storage": {"storageSizeGB": 64, "autoGrow": "Enabled"},
        "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Enabled"},
        "highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"},
        "network": {"publicNetworkAccess": "Disabled"},
        "maintenanceWindow": {"customWindow": "Enabled", "dayOfWeek": 0, "startHour": 3, "startMinute": 30},
    },
)
RESTORED = Step(
    "dbforpostgresql:Server",
    "restored",
    {
        "serverName": "restored",
        "location": "northeurope",
        "sku": {"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"},
        "createMode": "GeoRestore",
        "sourceServerResourceId": "${server.id}",
        "pointInTimeUTC": "2026-11-21T03:00:00Z",
        "network": {"publicNetworkAccess": "Disabled"},
    },
)
PARAMETER = Step(
    "dbforpostgresql:Configuration",
    "parameter",
    {"serverName": "${server.name}", "configurationName": "ssl_min_protocol_version", "value": "TLSv1.2"},
)
DATABASE = Step(
    "dbforpostgresql:Database",
    "database",
    {"serverName": "${server.name}", "databaseName": "kong", "charset": "UTF8"},
)


def _case(wrong: str, request: Step, code: str = "InvalidParameterValue", **more: object) -> Case:
    return Case(SERVICE, wrong, request, code, **{"right": SERVER, **more})  # type: ignore[arg-type]  # fields of a case


def _replica(number: int) -> Step:
    inputs = {**RESTORED.inputs, "serverName": f"replica-{number}", "createMode": "Replica", "location": "westeurope"}
    return Step(RESTORED.token, f"replica{number}", inputs)


CASES = (
    _case(
        "name of the administrator that begins with pg_", SERVER.but(administratorLogin="pg_kong"), "BlockedUserName"
    ),
    _case("backups for six days", SERVER.but(backup__backupRetentionDays=6), path="backup.backupRetentionDays"),
    _case("storage of 50 GiB", SERVER.but(storage__storageSizeGB=50), path="storage.storageSizeGB"),
    _case("less storage than before", SERVER.but(storage__storageSizeGB=32), operation="update", given=(SERVER,)),
    _case(
        "backups without their copies in the paired region after creation",
        SERVER.but(backup__geoRedundantBackup="Disabled", highAvailability__mode="Disabled"),
        "PropertyChangeNotAllowed",
        operation="update",
        given=(SERVER.but(highAvailability__mode="Disabled"),),
        right=SERVER,
    ),
    _case("version that there is not", SERVER.but(version="9.6"), path="version"),
    _case("older version than before", SERVER.but(version="16"), operation="update", given=(SERVER,)),
    _case("window on the eighth day", SERVER.but(maintenanceWindow__dayOfWeek=7), path="maintenanceWindow.dayOfWeek"),
    _case("window at 24 o'clock", SERVER.but(maintenanceWindow__startHour=24), path="maintenanceWindow.startHour"),
    _case("standby in the zone of its primary", SERVER.but(highAvailability__standbyAvailabilityZone="1")),
    _case(
        "geo-restore without a moment",
        RESTORED.but(pointInTimeUTC=None),
        "MissingRequiredParameter",
        given=(SERVER,),
        right=RESTORED,
        path="pointInTimeUTC",
    ),
    _case(
        "restore from a server of MySQL",
        RESTORED.but(
            sourceServerResourceId="/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforMySQL/flexibleServers/s"
        ),
        "LinkedInvalidPropertyId",
        given=(SERVER,),
        right=RESTORED,
    ),
    _case(
        "sixth replica",
        _replica(6),
        given=(SERVER, *map(_replica, range(1, 6))),
        right=RESTORED,
        path="sourceServerResourceId",
    ),
    _case("TLS 1.1", PARAMETER.but(value="TLSv1.1"), given=(SERVER,), right=PARAMETER, path="value"),
    _case(
        "database and parameter at the same time",
        DATABASE,
        "ServerIsBusy",
        given=(SERVER, PARAMETER),
        right=Step(DATABASE.token, "database", DATABASE.inputs, after=("parameter",)),
    ),
)
