"""Databases and the in-memory store on Azure."""

from itertools import pairwise
from typing import Any

import pulumi
import pytest
from azure_stack import Stack, added
from components_azure_stores_samples import (
    MYSQL_DELEGATION,
    POSTGRESQL_DELEGATION,
    Ground,
    postgresql,
    redis,
    relational,
    restored,
    run,
)

from apim_infra.rehearsal.testing import Recording
from components.azure.engines import ENGINES
from components.azure.flexible_server import window_start

MYSQL, POSTGRESQL = "azure-native:dbformysql:Server", "azure-native:dbforpostgresql:Server"
CLUSTER, DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"
ENDPOINT, NAMES = "azure-native:network:PrivateEndpoint", "azure-native:network:PrivateDnsZoneGroup"
SETTING = "azure-native:monitor:DiagnosticSetting"
WORKSPACE = "azure-native:operationalinsights:Workspace"
KEYED = {
    "azure-native:managedidentity:UserAssignedIdentity": 1,
    "azure-native:keyvault:Key": 1,
    "azure-native:authorization:RoleAssignment": 1,
}
"""A key, an identity, and its right to use the key."""
HIDDEN = {"secret": True}
STANDBY = {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}


def server(recording: Recording) -> dict[str, Any]:
    """Return the inputs of the primary."""
    return dict(recording.named("apim-mariadb-server").inputs)


def parameters(recording: Recording) -> dict[str, str]:
    types = ("azure-native:dbformysql:Configuration", "azure-native:dbforpostgresql:Configuration")
    found = [each.inputs for type_ in types for each in recording.of_type(type_)]
    return {inputs["configurationName"]: inputs["value"] for inputs in found}


# -- databases --------------------------------------------------------------------------------------------------------------------------------


def test_mysql_takes_tls_only_and_logs_slow_queries() -> None:
    assert parameters(run(relational)) == {
        "require_secure_transport": "ON",
        "tls_version": "TLSv1.2,TLSv1.3",
        "slow_query_log": "ON",
        "long_query_time": "1",
    }


def test_postgresql_takes_tls_only_and_logs_slow_statements() -> None:
    assert parameters(run(postgresql)) == {
        "require_secure_transport": "ON",
        "ssl_min_protocol_version": "TLSv1.2",
        "log_min_duration_statement": "1000",
    }


@pytest.mark.parametrize(
    ("engine", "version", "known_as", "port", "group_id"),
    [
        ("mysql", "8.4", "8.4", 3306, "mysqlServer"),
        ("mysql", "8.0", "8.0.21", 3306, "mysqlServer"),
        ("postgres", "17", "17", 5432, "postgresqlServer"),
        ("postgres", "18", "18", 5432, "postgresqlServer"),
    ],
)
def test_each_engine_has_its_versions_port_and_endpoint(
    engine: str, version: str, known_as: str, port: int, group_id: str
) -> None:
    def program() -> None:
        pulumi.export("port", relational(engine=engine, version=version).endpoint["port"])

    recording = run(program)
    assert server(recording)["version"] == known_as
    assert recording.exports["port"] == port
    (endpoint,) = recording.of_type(ENDPOINT)
    assert endpoint.inputs["privateLinkServiceConnections"][0]["groupIds"] == [group_id]


@pytest.mark.parametrize("sample", [relational, postgresql])
def test_a_database_is_reached_by_its_private_endpoint_alone(sample: Any) -> None:
    recording = run(sample)
    assert server(recording)["network"] == {"publicNetworkAccess": "Disabled"}
    assert [len(recording.of_type(type_)) for type_ in (ENDPOINT, NAMES)] == [1, 1]


def test_the_reference_of_the_axway_topology_can_be_had() -> None:
    """A server of four cores and 50 GB that takes TLS only, behind a private endpoint."""
    inputs = server(run(lambda: relational(storage_gb=50)))
    assert inputs["sku"] == {"name": "Standard_D4ads_v5", "tier": "GeneralPurpose"}
    assert inputs["storage"]["storageSizeGB"] == 50


@pytest.mark.parametrize(
    ("sample", "delegation", "zone"),
    [
        (relational, MYSQL_DELEGATION, "privateDnsZoneResourceId"),
        (postgresql, POSTGRESQL_DELEGATION, "privateDnsZoneArmResourceId"),
    ],
)
def test_a_database_can_stand_in_a_subnet_of_its_own(sample: Any, delegation: str, zone: str) -> None:
    def inside(ground: Ground) -> dict[str, Any]:
        return {"delegated_subnet": ground.delegated(delegation), "private_endpoint": None}

    recording = run(lambda: sample(inside))
    network = server(recording)["network"]
    assert network["delegatedSubnetResourceId"].endswith("/subnets/servers")
    assert network[zone].endswith(".database.azure.com")
    assert added(run(sample), recording) == {ENDPOINT: -1, NAMES: -1, "azure-native:network:Subnet": 1}


def test_password_and_secret_are_secrets() -> None:
    def program() -> None:
        database = relational()
        pulumi.export("password", database.endpoint["password"])
        pulumi.export("host", database.endpoint["host"])
        pulumi.export("secret", database.endpoint["secret_id"])

    recording = run(program)
    assert server(recording)["administratorLoginPassword"] == HIDDEN
    (secret,) = recording.of_type("azure-native:keyvault:Secret")
    assert secret.inputs["properties"]["value"] == HIDDEN
    assert recording.exports == {
        "password": HIDDEN,
        "host": "apim-test.mysql.database.azure.com",
        "secret": secret.id,
    }


def test_the_password_is_one_that_azure_takes() -> None:
    (password,) = run(relational).of_type("random:index/randomPassword:RandomPassword")
    assert password.inputs["length"] == 40
    assert not password.inputs["special"]
    assert [password.inputs[kind] for kind in ("minLower", "minUpper", "minNumeric")] == [1, 1, 1]


def test_a_server_is_changed_by_one_at_a_time() -> None:
    """Each of its parameters, its database, its endpoint and its replicas waits for the one before."""
    recording = run(lambda: relational(replicas=1))
    order = [
        "apim-mariadb-server",
        *(f"apim-mariadb-{name.replace('_', '-')}" for name in ENGINES["mysql"].parameters),
        *(f"apim-mariadb-{part}" for part in ("database", "endpoint", "replica-1", "replica-1-endpoint")),
    ]
    for first, then in pairwise(order):
        assert recording.named(first).urn in recording.named(then).dependencies


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({"multi_zone": True}, {"highAvailability": STANDBY}),
        ({"backup_retention_days": 35}, {"backup": {"backupRetentionDays": 35, "geoRedundantBackup": "Disabled"}}),
        ({"geo_redundant_backup": True}, {"backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Enabled"}}),
        (
            {"storage_auto_grow": False},
            {"storage": {"autoGrow": "Disabled"}},
        ),
        (
            {"iops": 1000},
            {"storage": {"iops": 1000, "autoIoScaling": "Disabled"}},
        ),
        ({"zones": ["3", "1"]}, {"availabilityZone": "3"}),
        ({"size": "Standard_D8ads_v5"}, {"sku": {"name": "Standard_D8ads_v5", "tier": "GeneralPurpose"}}),
        ({"server_name": "other"}, {"serverName": "other"}),
    ],
)
def test_an_option_of_a_server_changes_its_own_inputs(options: dict[str, Any], changed: dict[str, Any]) -> None:
    before, after = run(relational), run(lambda: relational(**options))
    assert added(before, after) == {}
    known, wanted = server(before), server(after)
    if "storage" in changed:
        changed = {"storage": {**known["storage"], **changed["storage"]}}
    assert {name: value for name, value in wanted.items() if value != known.get(name)} == changed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"replicas": 1}, {MYSQL: 1, ENDPOINT: 1, NAMES: 1}),
        ({"replicas": 2}, {MYSQL: 2, ENDPOINT: 2, NAMES: 2}),
        ({"deletion_protection": True}, {}),
    ],
)
def test_each_option_of_a_database_adds_what_it_says(options: dict[str, Any], expected: dict[str, int]) -> None:
    assert added(run(relational), run(lambda: relational(**options))) == expected


def test_logs_and_metrics_of_primary_and_replica_go_to_the_workspace() -> None:
    def program() -> None:
        relational(lambda ground: {"diagnostics": ground.workspace()}, replicas=1)

    recording = run(program)
    settings = recording.of_type(SETTING)
    assert {setting.name for setting in settings} == {
        "apim-mariadb-diagnostics",
        "apim-mariadb-replica-1-diagnostics",
    }
    expected = {MYSQL: 1, ENDPOINT: 1, NAMES: 1, SETTING: 2, WORKSPACE: 1}
    assert added(run(relational), recording) == expected


def test_a_replica_takes_credentials_and_storage_from_its_source() -> None:
    def program() -> None:
        pulumi.export("reader", relational(replicas=1).endpoint.get("reader_host"))

    recording = run(program)
    replica, primary = recording.named("apim-mariadb-replica-1"), recording.named("apim-mariadb-server")
    assert replica.inputs["createMode"] == "Replica"
    assert replica.inputs["sourceServerResourceId"] == primary.id
    assert replica.inputs["sku"] == primary.inputs["sku"]
    assert replica.inputs["availabilityZone"] == "2"
    own = {"administratorLogin", "administratorLoginPassword", "storage", "backup", "version", "highAvailability"}
    assert replica.inputs.keys() & own == set()
    assert recording.exports["reader"] == "apim-test-replica-1.mysql.database.azure.com"


def test_a_database_can_have_a_key_of_the_customer() -> None:
    for sample, type_ in ((relational, MYSQL), (postgresql, POSTGRESQL)):
        recording = run(lambda sample=sample: sample(lambda ground: {"customer_key": ground.customer_key()}))
        (made,) = recording.of_type(type_)
        encryption = made.inputs["dataEncryption"]
        assert encryption["type"] == "AzureKeyVault"
        assert encryption["primaryKeyURI"].startswith("https://vault-of-test.vault.azure.net/keys/stores/")
        assert list(made.inputs["identity"]["userAssignedIdentities"]) == [encryption["primaryUserAssignedIdentityId"]]
        assert added(run(sample), recording) == KEYED


def test_a_protected_database_is_protected_and_asks_for_a_lock() -> None:
    def program() -> None:
        pulumi.export("locked", dict(relational(deletion_protection=True, replicas=1).locked))

    recording = run(program)
    for name in ("apim-mariadb-server", "apim-mariadb-replica-1", "apim-mariadb-database", "apim-mariadb-password"):
        assert recording.named(name).protect
    assert list(recording.exports["locked"].values()) == [recording.named("apim-mariadb-server").id]


@pytest.mark.parametrize(
    ("window", "start"), [("sun:03:30-sun:04:30", (0, 3, 30)), ("sat:23:00-sun:00:00", (6, 23, 0))]
)
def test_the_maintenance_window_of_postgresql_begins_when_it_says(window: str, start: tuple[int, int, int]) -> None:
    assert window_start(window) == start
    found = server(run(lambda: postgresql(maintenance_window=window)))["maintenanceWindow"]
    day, hour, minute = start
    assert found == {"customWindow": "Enabled", "dayOfWeek": day, "startHour": hour, "startMinute": minute}
    assert "maintenanceWindow" not in server(run(postgresql))


# -- restores ---------------------------------------------------------------------------------------------------------------------------------

MOMENT = "2026-11-21T03:00:00Z"
RESTORES = ("createMode", "sourceServerResourceId", "restorePointInTime", "pointInTimeUTC")


@pytest.mark.parametrize(
    ("engine", "version", "restore", "mode", "moment"),
    [
        ("mysql", "8.4", {"same_region": False}, "GeoRestore", {}),
        (
            "mysql",
            "8.4",
            {"same_region": True, "point_in_time": MOMENT},
            "PointInTimeRestore",
            {"restorePointInTime": MOMENT},
        ),
        ("postgres", "17", {"point_in_time": MOMENT}, "GeoRestore", {"pointInTimeUTC": MOMENT}),
        (
            "postgres",
            "17",
            {"same_region": True, "point_in_time": MOMENT},
            "PointInTimeRestore",
            {"pointInTimeUTC": MOMENT},
        ),
    ],
)
def test_a_database_is_restored_from_the_backups_of_another(
    engine: str, version: str, restore: dict[str, Any], mode: str, moment: dict[str, str]
) -> None:
    recording = run(lambda: restored(engine, version, **restore))
    inputs = recording.named("again-server").inputs
    assert inputs["sourceServerResourceId"] == recording.named("apim-mariadb-server").id
    assert inputs["createMode"] == mode
    assert {name: inputs[name] for name in ("restorePointInTime", "pointInTimeUTC") if name in inputs} == moment


def test_a_restore_source_that_changes_or_goes_does_nothing() -> None:
    stack = Stack()
    made = stack.run(lambda: restored("mysql", "8.4", same_region=False)).named("again-server")
    later = stack.run(lambda: restored("mysql", "8.4", same_region=True, point_in_time=MOMENT)).named("again-server")
    gone = stack.run(lambda: restored("mysql", "8.4")).named("again-server")
    for name in RESTORES:
        assert made.inputs.get(name) == later.inputs.get(name) == gone.inputs.get(name)


def test_the_password_of_the_source_is_the_one_that_is_used_and_hidden() -> None:
    recording = run(lambda: restored("mysql", "8.4", password=pulumi.Output.secret("Taken-over-1")))
    assert recording.exports["password"] == HIDDEN
    assert recording.named("again-server").inputs["administratorLoginPassword"] == HIDDEN
    assert "Taken-over-1" not in repr(recording.graph)


def test_a_key_that_comes_or_goes_does_nothing_to_an_existing_server() -> None:
    stack = Stack()
    made = stack.run(lambda: relational(lambda ground: {"customer_key": ground.customer_key()}))
    gone = stack.run(relational)
    assert server(gone)["dataEncryption"] == server(made)["dataEncryption"]


def test_a_failover_is_no_reason_to_swap_the_zones_back() -> None:
    stack = Stack()
    stack.run(lambda: relational(multi_zone=True))
    inputs = server(stack.run(lambda: relational(multi_zone=True, zones=["2", "1"])))
    assert (inputs["availabilityZone"], inputs["highAvailability"]["standbyAvailabilityZone"]) == ("1", "2")


# -- wrong arguments --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"engine": "mariadb"}, "engine"),
        ({"username": "admin"}, "username"),
        ({"username": "api-m"}, "username"),
        ({"private_endpoint": None}, "private_endpoint"),
        ({"storage_gb": 16}, "storage_gb"),
        ({"engine": "postgres", "version": "17", "storage_gb": 50}, "storage_gb"),
        ({"backup_retention_days": 0}, "backup_retention_days"),
        ({"engine": "postgres", "version": "17", "backup_retention_days": 6}, "backup_retention_days"),
        ({"maintenance_window": "sun:03:30-sun:04:30"}, "maintenance_window"),
        ({"engine": "postgres", "version": "17", "iops": 500}, "iops"),
        ({"multi_zone": True, "tier": "Burstable"}, "multi_zone"),
        ({"multi_zone": True, "zones": ["1", "1"]}, "zones"),
        ({"multi_zone": True, "storage_auto_grow": False}, "storage_auto_grow"),
        ({"replicas": 6}, "replicas"),
        ({"replicas": 1, "tier": "Burstable"}, "replicas"),
        ({"restore": {"source_server_id": "x", "same_region": True}}, "restore.point_in_time"),
        ({"geo_redundant_backup": True, "customer_key": {"key_id": "k", "identity_id": "i"}}, "customer_key"),
    ],
)
def test_wrong_arguments_of_a_database_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"{problem}: "):
        run(lambda: relational(**options))


def test_all_wrong_arguments_are_told_at_once() -> None:
    with pytest.raises(pulumi.InputPropertiesError) as refused:
        run(lambda: relational(storage_gb=1, replicas=9, username="root"))
    assert {error["property_path"] for error in refused.value.errors or ()} == {"storage_gb", "replicas", "username"}


# -- the in-memory store ----------------------------------------------------------------------------------------------------------------------


def test_redis_is_private_and_takes_tls_only() -> None:
    recording = run(redis)
    cluster, database = recording.of_type(CLUSTER)[0].inputs, recording.of_type(DATABASE)[0].inputs
    assert cluster["publicNetworkAccess"] == "Disabled"
    assert cluster["minimumTlsVersion"] == "1.2"
    assert (database["clientProtocol"], database["port"]) == ("Encrypted", 10000)
    (endpoint,) = recording.of_type(ENDPOINT)
    assert endpoint.inputs["privateLinkServiceConnections"][0]["groupIds"] == ["redisEnterprise"]


def test_tokens_do_not_vanish_and_one_address_serves_every_client() -> None:
    database = run(redis).of_type(DATABASE)[0].inputs
    assert database["evictionPolicy"] == "NoEviction"
    assert database["clusteringPolicy"] == "EnterpriseCluster"


def test_redis_names_host_port_and_a_hidden_password() -> None:
    def program() -> None:
        for name, value in redis().endpoint.items():
            pulumi.export(name, value)

    recording = run(program)
    (secret,) = recording.of_type("azure-native:keyvault:Secret")
    assert recording.exports == {
        "host": "apim-test.westeurope.redis.azure.net",
        "port": 10000,
        "database": "",
        "username": "default",
        "secret_id": secret.id,
        "password": HIDDEN,
    }
    assert secret.inputs["properties"]["value"] == HIDDEN


@pytest.mark.parametrize(
    ("options", "type_", "changed"),
    [
        ({"replicas": 0}, CLUSTER, {"highAvailability": "Disabled"}),
        ({"size": "Balanced_B10"}, CLUSTER, {"sku": {"name": "Balanced_B10"}}),
        ({"cluster_name": "other"}, CLUSTER, {"clusterName": "other"}),
        ({"clustering_policy": "OSSCluster"}, DATABASE, {"clusteringPolicy": "OSSCluster"}),
        ({"eviction_policy": "VolatileLRU"}, DATABASE, {"evictionPolicy": "VolatileLRU"}),
        (
            {"snapshot_frequency": "1h"},
            DATABASE,
            {"persistence": {"aofEnabled": False, "rdbEnabled": True, "rdbFrequency": "1h"}},
        ),
    ],
)
def test_an_option_of_redis_changes_its_own_inputs(
    options: dict[str, Any], type_: str, changed: dict[str, Any]
) -> None:
    before, after = run(redis), run(lambda: redis(**options))
    assert added(before, after) == {}
    known, wanted = before.of_type(type_)[0].inputs, after.of_type(type_)[0].inputs
    assert {name: value for name, value in wanted.items() if value != known.get(name) and name != "clusterName"} == {
        name: value for name, value in changed.items() if name != "clusterName"
    }
    if "clusterName" in changed:
        assert wanted["clusterName"] == changed["clusterName"]


def test_options_of_redis_add_a_key_and_diagnostics() -> None:
    keyed = run(lambda: redis(lambda ground: {"customer_key": ground.customer_key()}))
    assert added(run(redis), keyed) == KEYED
    encryption = keyed.of_type(CLUSTER)[0].inputs["encryption"]["customerManagedKeyEncryption"]
    assert encryption["keyEncryptionKeyUrl"].startswith("https://vault-of-test.vault.azure.net/keys/stores/")
    watched = run(lambda: redis(lambda ground: {"diagnostics": ground.workspace()}))
    assert added(run(redis), watched) == {SETTING: 2, WORKSPACE: 1}


def test_a_protected_store_is_protected_and_asks_for_a_lock() -> None:
    def program() -> None:
        pulumi.export("locked", dict(redis(deletion_protection=True).locked))

    recording = run(program)
    assert recording.of_type(CLUSTER)[0].protect
    assert recording.of_type(DATABASE)[0].protect
    assert list(recording.exports["locked"].values()) == [recording.of_type(CLUSTER)[0].id]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"size": "Enterprise_E10"}, "size"),
        ({"replicas": 2}, "replicas"),
        ({"clustering_policy": "Sharded"}, "clustering_policy"),
        ({"snapshot_frequency": "1d"}, "snapshot_frequency"),
    ],
)
def test_wrong_arguments_of_redis_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"{problem}: "):
        run(lambda: redis(**options))
