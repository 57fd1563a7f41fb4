"""Wrong requests to flexible servers of MySQL."""

from azure_cases.case import Case, Step
from azure_cases.given import LINK, NETWORK, SECOND_SUBNET, SUBNET, ZONE

SERVICE = "Database for MySQL"
SERVER = Step(
    "dbformysql:Server",
    "server",
    {
        "serverName": "server-of-cases",
        "sku": {"name": "Standard_D4ads_v5", "tier": "GeneralPurpose"},
        "version": "8.4",
        "administratorLogin": "apim",
        "administratorLoginPassword": "Aa1aaaaaaaaaaaaa",
        "availabilityZone": "1",
        "storage": {"storageSizeGB": 50, "autoGrow": "Enabled"},
        "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Enabled"},
        "highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"},
        "network": {"publicNetworkAccess": "Disabled"},
    },
)
ALONE = SERVER.but(highAvailability__mode="Disabled")
SMALL = ALONE.but(sku={"name": "Standard_B2ms", "tier": "Burstable"})
COPY = Step(
    "dbformysql:Server",
    "copy",
    {
        "serverName": "copy-of-cases",
        "sku": {"name": "Standard_D4ads_v5", "tier": "GeneralPurpose"},
        "createMode": "Replica",
        "sourceServerResourceId": "${server.id}",
        "network": {"publicNetworkAccess": "Disabled"},
    },
)
RESTORED = COPY.but(createMode="GeoRestore", location="northeurope")
PARAMETER = Step(
    "dbformysql:Configuration",
    "parameter",
    {"serverName": "${server.name}", "configurationName": "require_secure_transport", "value": "ON"},
)
OTHER_PARAMETER = Step(
    "dbformysql:Configuration",
    "other",
    {"serverName": "${server.name}", "configurationName": "tls_version", "value": "TLSv1.2,TLSv1.3"},
    after=("parameter",),
)
MYSQL_ZONE = ZONE.but(privateZoneName="privatelink.mysql.database.azure.com")
DELEGATED = SECOND_SUBNET.but(delegations=[{"name": "servers", "serviceName": "Microsoft.DBforMySQL/flexibleServers"}])
INJECTED = SERVER.but(
    network={
        "delegatedSubnetResourceId": "${second.id}",
        "privateDnsZoneResourceId": "${zone.id}",
        "publicNetworkAccess": "Disabled",
    }
)
IN_NETWORK = (NETWORK, SUBNET, DELEGATED, MYSQL_ZONE, LINK)
LINKED = Step(INJECTED.token, INJECTED.name, INJECTED.inputs, after=("link",))
ENDPOINT = Step(
    "network:PrivateEndpoint",
    "endpoint",
    {
        "privateEndpointName": "endpoint",
        "subnet": {"id": "${subnet.id}"},
        "privateLinkServiceConnections": [
            {"name": "mysqlServer", "privateLinkServiceId": "${server.id}", "groupIds": ["mysqlServer"]}
        ],
    },
)


def _case(wrong: str, request: Step, code: str = "InvalidParameterValue", **more: object) -> Case:
    return Case(SERVICE, wrong, request, code, **{"right": SERVER, **more})  # type: ignore[arg-type]  # fields of a case


CASES = (
    _case("name with an upper-case letter", SERVER.but(serverName="Server"), "InvalidServerName", path="serverName"),
    _case("name of two letters", SERVER.but(serverName="db"), "InvalidServerName", path="serverName"),
    _case("reserved name of the administrator", SERVER.but(administratorLogin="Admin"), "BlockedUserName"),
    _case("name of the administrator with a hyphen", SERVER.but(administratorLogin="api-m"), "InvalidUserName"),
    _case("password of seven characters", SERVER.but(administratorLoginPassword="Aa1aaaa"), "PasswordTooShort"),
    _case("password of 129 characters", SERVER.but(administratorLoginPassword="Aa1" * 43), "PasswordTooLong"),
    _case("password of lower-case letters", SERVER.but(administratorLoginPassword="a" * 20), "PasswordNotComplex"),
    _case("no administrator", SERVER.but(administratorLogin=None), "MissingRequiredParameter"),
    _case("tier that is not the size's", SERVER.but(sku__tier="MemoryOptimized"), path="sku.tier"),
    _case("size that there is not", SERVER.but(sku__name="Standard_F4s_v2"), path="sku.name"),
    _case(
        "standby of a burstable server",
        SMALL.but(highAvailability__mode="ZoneRedundant"),
        right=SMALL,
        path="highAvailability.mode",
    ),
    _case("standby in the zone of its primary", SERVER.but(highAvailability__standbyAvailabilityZone="1")),
    _case("standby and storage that does not grow", SERVER.but(storage__autoGrow="Disabled"), path="storage.autoGrow"),
    _case(
        "standby in another zone after creation",
        SERVER,
        "PropertyChangeNotAllowed",
        operation="update",
        given=(ALONE,),
        right=ALONE,
    ),
    _case("storage of 10 GiB", SERVER.but(storage__storageSizeGB=10), path="storage.storageSizeGB"),
    _case("less storage than before", SERVER.but(storage__storageSizeGB=40), operation="update", given=(SERVER,)),
    _case("200 operations a second", SERVER.but(storage__iops=200), path="storage.iops"),
    _case("backups for 36 days", SERVER.but(backup__backupRetentionDays=36), path="backup.backupRetentionDays"),
    _case("no backups", SERVER.but(backup__backupRetentionDays=0), path="backup.backupRetentionDays"),
    _case(
        "other redundancy of the backups of a server with a standby",
        SERVER.but(backup__geoRedundantBackup="Disabled"),
        "PropertyChangeNotAllowed",
        operation="update",
        given=(SERVER,),
    ),
    _case("version that there is not", SERVER.but(version="8.1"), path="version"),
    _case("older version than before", SERVER.but(version="8.0.21"), operation="update", given=(SERVER,)),
    _case(
        "maintenance window at creation", SERVER.but(maintenanceWindow={"customWindow": "Enabled"}), "ServerNotExist"
    ),
    _case(
        "maintenance window of a burstable server",
        SMALL.but(maintenanceWindow={"customWindow": "Enabled"}),
        "ChangeCmwNotSupportedForBurstableSkuServer",
        right=SMALL,
    ),
    _case(
        "replica without a source",
        COPY.but(sourceServerResourceId=None),
        "MissingRequiredParameter",
        given=(SERVER,),
        right=COPY,
    ),
    _case(
        "replica of nothing",
        COPY.but(sourceServerResourceId="${server.id}x"),
        "ResourceNotFound",
        given=(SERVER,),
        right=COPY,
    ),
    _case(
        "replica of a burstable server",
        COPY,
        given=(SMALL,),
        right=COPY.but(createMode="GeoRestore"),
        path="sourceServerResourceId",
    ),
    _case(
        "burstable replica",
        COPY.but(sku={"name": "Standard_B2ms", "tier": "Burstable"}),
        given=(SERVER,),
        right=COPY,
        path="sku.tier",
    ),
    _case(
        "replica of a replica",
        Step(COPY.token, "third", {**COPY.inputs, "serverName": "third", "sourceServerResourceId": "${copy.id}"}),
        given=(SERVER, COPY),
        right=Step(COPY.token, "third", {**COPY.inputs, "serverName": "third"}, after=("copy",)),
    ),
    _case(
        "geo-restore without geo-redundant backups",
        RESTORED,
        given=(SERVER.but(backup__geoRedundantBackup="Disabled"),),
        right=SERVER.but(serverName="another"),
    ),
    _case(
        "point in time of another region",
        RESTORED.but(createMode="PointInTimeRestore", restorePointInTime="2026-11-21T03:00:00Z"),
        given=(SERVER,),
        right=RESTORED,
    ),
    _case(
        "restore to a point in time without the time",
        RESTORED.but(createMode="PointInTimeRestore", location="westeurope"),
        "MissingRequiredParameter",
        given=(SERVER,),
        right=RESTORED,
        path="restorePointInTime",
    ),
    _case(
        "standby of a restored server",
        RESTORED.but(highAvailability={"mode": "ZoneRedundant"}),
        "HighAvailabilityNotRestored",
        given=(SERVER,),
        right=RESTORED,
        warning=True,
    ),
    _case("subnet that is not delegated", INJECTED, given=(NETWORK, SUBNET, SECOND_SUBNET, MYSQL_ZONE, LINK)),
    _case(
        "subnet without a zone",
        LINKED.but(network__privateDnsZoneResourceId=None),
        "EmptyPrivateDnsZoneArmResourceId",
        given=IN_NETWORK,
        right=LINKED,
    ),
    _case(
        "zone with another name",
        LINKED,
        "PrivateDnsZoneNameNotValid",
        given=(NETWORK, SUBNET, DELEGATED, ZONE, LINK),
        right=SERVER,
    ),
    _case("zone that is not linked", INJECTED, given=(NETWORK, SUBNET, DELEGATED, MYSQL_ZONE)),
    _case(
        "delegated subnet and public access",
        LINKED.but(network__publicNetworkAccess="Enabled"),
        "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
        given=IN_NETWORK,
        right=LINKED,
    ),
    _case(
        "server that leaves its network",
        LINKED.but(network={"publicNetworkAccess": "Disabled"}),
        "PropertyChangeNotAllowed",
        operation="update",
        given=(*IN_NETWORK, LINKED),
        right=LINKED,
    ),
    Case(
        SERVICE,
        "server whose private endpoint is left",
        SERVER,
        "OperationNotAllowed",
        given=(NETWORK, SUBNET, SERVER, ENDPOINT),
        operation="delete",
        holders=("endpoint",),
    ),
    _case("TLS 1.1", OTHER_PARAMETER.but(value="TLSv1.1,TLSv1.2"), given=(SERVER, PARAMETER), right=OTHER_PARAMETER),
    _case(
        "two parameters at the same time",
        Step(OTHER_PARAMETER.token, "other", OTHER_PARAMETER.inputs),
        "ServerIsBusy",
        given=(SERVER, PARAMETER),
        right=OTHER_PARAMETER,
    ),
)
