"""What each setting of the stores adds, changes and removes on Azure; network, keys and stores alone, to be quick."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
from program_support import ROOT, environment_of, of_type, record_stack

from apim_infra.platform.azure_foundation import build_foundation
from apim_infra.platform.azure_stores import build_stores
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings

pytestmark = pytest.mark.slow

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
AXWAY = ROOT / "examples/axway-on-azure/Pulumi.axway-on-azure.yaml"
MYSQL, POSTGRESQL = "azure-native:dbformysql:Server", "azure-native:dbforpostgresql:Server"
CLUSTER = "azure-native:redisenterprise:RedisEnterprise"
SOURCE = "/subscriptions/00000000-0000-4000-8000-000000000009/resourceGroups/lost/providers/Microsoft.DBfor"
COMPONENTS = re.compile(r"(mariadb|gateway-postgresql|postgresql|redis)(-.*)?")


def settings_of(*overrides: str, file: Path = FILE) -> StackSettings:
    return environment_of(file.parent.name, *overrides, file=file).settings


def recording_of(settings: StackSettings) -> Recording:
    """Record the stores and what they stand on."""

    def program() -> None:
        naming = Naming.of_stack(settings)
        stores = build_stores(settings, naming, build_foundation(settings, naming))
        pulumi.export("backups", stores.backups)
        pulumi.export("endpoints", {name: store["host"] for name, store in stores.endpoints.items()})
        pulumi.export("ports", {name: store["port"] for name, store in stores.endpoints.items()})

    recording = record(program, stack=STACK)
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    return recording


@cache
def stores(*overrides: str, file: Path = FILE) -> Recording:
    return recording_of(settings_of(*overrides, file=file))


def own(graph: Graph) -> dict[str, Mapping[str, Any]]:
    """Return the inputs of the stores' own resources by their names without the stack's prefix."""
    named = {resource.name.removeprefix(f"apim-{STACK}-"): resource for resource in graph.resources if resource.custom}
    return {name: resource.inputs for name, resource in named.items() if COMPONENTS.fullmatch(name)}


def changes(*overrides: str) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Return what a setting adds, what it removes, and which inputs it changes, among the stores' own resources."""
    old, new = own(stores().graph), own(stores(*overrides).graph)
    changed = {
        name: {key for key in {*old[name], *new[name]} if old[name].get(key) != new[name].get(key)}
        for name in old.keys() & new.keys()
        if old[name] != new[name]
    }
    return new.keys() - old.keys(), old.keys() - new.keys(), changed


def test_each_store_is_there_once_and_has_an_address_and_a_port() -> None:
    recording = stores()
    assert {len(of_type(recording.graph, type_)) for type_ in (POSTGRESQL, MYSQL)} == {2}
    assert recording.exports["ports"] == {
        "mariadb": 3306,
        "postgresql": 5432,
        "gateway_postgresql": 5432,
        "redis": 10000,
    }
    hosts = recording.exports["endpoints"]
    assert hosts["mariadb"].endswith(".mysql.database.azure.com")
    assert hosts["postgresql"].endswith(".postgres.database.azure.com")
    assert hosts["redis"].endswith(".westeurope.redis.azure.net")


def test_names_of_servers_are_fixed_and_their_own() -> None:
    servers = of_type(stores().graph, MYSQL, POSTGRESQL)
    names = [server.inputs["serverName"] for server in servers]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"apim-azure-standard-[a-z-]+-[0-9a-f]{6}(-replica-1)?", name) for name in names)


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("stores.mariadb.multi_zone=true", {"mariadb-server": {"highAvailability"}}),
        ("stores.mariadb.storage_gb=100", {"mariadb-server": {"storage"}}),
        ("stores.mariadb.max_storage_gb=20", {"mariadb-server": {"storage"}}),
        ("stores.mariadb.backup_retention_days=30", {"mariadb-server": {"backup"}}),
        (
            "stores.mariadb.size=Standard_D8ads_v5",
            {"mariadb-server": {"sku"}, "mariadb-replica-1": {"sku"}},
        ),
        ("stores.mariadb.version=8.0", {"mariadb-server": {"version"}}),
        ("stores.postgresql.version=18", {"postgresql-server": {"version"}}),
        ("stores.postgresql.multi_zone=true", {"postgresql-server": {"highAvailability"}}),
        ("stores.postgresql.maintenance_window=sat:05:30-sat:06:30", {"postgresql-server": {"maintenanceWindow"}}),
        ("stores.gateway_postgresql.storage_gb=64", {"gateway-postgresql-server": {"storage"}}),
        ("stores.redis.replicas=0", {"redis-cluster": {"highAvailability"}}),
        ("stores.redis.size=Balanced_B20", {"redis-cluster": {"sku"}}),
        ("stores.redis.backup_retention_days=0", {"redis-database": {"persistence"}}),
    ],
)
def test_a_setting_changes_its_own_input_alone(override: str, changed: dict[str, set[str]]) -> None:
    assert changes(override) == (set(), set(), changed)


def test_storage_grows_where_it_may_and_where_a_standby_asks_for_it() -> None:
    def grows(*overrides: str) -> str:
        return own(stores(*overrides).graph)["mariadb-server"]["storage"]["autoGrow"]

    assert grows() == "Enabled"
    assert grows("stores.mariadb.max_storage_gb=20") == "Disabled"
    assert grows("stores.mariadb.max_storage_gb=20", "stores.mariadb.multi_zone=true") == "Enabled"


def test_a_replica_less_takes_a_server_and_its_endpoint() -> None:
    added, removed, changed = changes("stores.mariadb.replicas=0")
    endpoint = {"mariadb-replica-1-endpoint", "mariadb-replica-1-endpoint-names"}
    assert (added, changed) == (set(), {})
    assert removed == {"mariadb-replica-1", "mariadb-replica-1-diagnostics", *endpoint}


def test_protection_of_a_store_protects_it_and_locks_nothing_else() -> None:
    def protected(*overrides: str) -> set[str]:
        found = stores(*overrides).graph.resources
        return {each.name.removeprefix(f"apim-{STACK}-") for each in found if each.protect and each.custom}

    assert protected() == set()
    mysql = protected("stores.mariadb.deletion_protection=true")
    assert {"mariadb-server", "mariadb-replica-1", "mariadb-database", "mariadb-password"} <= mysql
    assert all(name.startswith("mariadb-") for name in mysql)
    redis = protected("stores.redis.deletion_protection=true")
    assert redis == {"redis-cluster", "redis-database", "redis-secret-secret"}


@pytest.mark.parametrize("name", ["mariadb", "postgresql", "gateway_postgresql", "redis"])
def test_a_store_that_azure_does_not_manage_is_not_built(name: str) -> None:
    prefix = name.replace("_", "-")
    before = {each for each in own(stores().graph) if re.match(rf"{prefix}-", each)}
    added, removed, changed = changes(f"stores.{name}.mode=in-cluster")
    assert (added, changed) == (set(), {})
    assert removed == before
    assert name not in stores(f"stores.{name}.mode=in-cluster").exports["endpoints"]


def test_servers_can_stand_in_subnets_of_their_own() -> None:
    added, removed, changed = changes("network.store_access=delegated-subnet")
    assert added == set()
    assert all(re.fullmatch(r"[a-z1-9-]+-endpoint(-names)?", name) for name in removed)
    assert not any(name.startswith("redis") for name in removed)
    servers = {"mariadb-server", "mariadb-replica-1", "postgresql-server", "gateway-postgresql-server"}
    assert {name: keys for name, keys in changed.items() if name in servers} == {key: {"network"} for key in servers}
    inside = own(stores("network.store_access=delegated-subnet").graph)
    assert {inside[name]["network"]["delegatedSubnetResourceId"].rpartition("/")[2] for name in servers} == {
        "mysql",
        "postgresql",
    }


def test_a_recovery_region_makes_backups_geo_redundant_under_azures_own_key() -> None:
    added, removed, changed = changes("recovery.region=northeurope")
    servers = {"mariadb-server", "postgresql-server", "gateway-postgresql-server"}
    assert (added, removed) == (set(), set())
    keys = {"backup", "dataEncryption", "identity"}
    assert changed == {**dict.fromkeys(servers, keys), "mariadb-replica-1": {"dataEncryption", "identity"}}
    assert stores().exports["backups"] == {}
    recording = stores("recovery.region=northeurope")
    assert recording.exports["backups"] == {
        name.removesuffix("-server").replace("-", "_"): recording.named(f"apim-{STACK}-{name}").id for name in servers
    }


def test_stores_are_encrypted_with_the_platforms_key() -> None:
    graph = stores().graph
    users = {server.inputs["dataEncryption"]["primaryKeyURI"] for server in of_type(graph, MYSQL, POSTGRESQL)}
    (redis,) = of_type(graph, CLUSTER)
    users.add(redis.inputs["encryption"]["customerManagedKeyEncryption"]["keyEncryptionKeyUrl"])
    assert len(users) == 1


@pytest.mark.parametrize(
    ("source", "mode"), [({"same_region": True}, "PointInTimeRestore"), ({"same_region": False}, "GeoRestore")]
)
def test_a_server_is_restored_from_another(source: dict[str, Any], mode: str) -> None:
    restore = {
        "postgresql": {
            "automated_backups": f"{SOURCE}PostgreSQL/flexibleServers/lost",
            "time": "2026-11-21T03:00:00Z",
            "password": Encrypted("Taken-over-1"),
            **source,
        }
    }
    base = settings_of()
    recovery = type(base.recovery).model_validate({"restore": restore})
    recording = recording_of(base.model_copy(update={"recovery": recovery}))
    inputs = own(recording.graph)["postgresql-server"]
    assert inputs["createMode"] == mode
    assert inputs["sourceServerResourceId"] == f"{SOURCE}PostgreSQL/flexibleServers/lost"
    assert inputs["pointInTimeUTC"] == "2026-11-21T03:00:00Z"
    assert "Taken-over-1" not in repr(recording.graph)
    assert ("dataEncryption" in inputs) is (mode == "PointInTimeRestore")
    others = ("mariadb-server", "gateway-postgresql-server")
    assert {own(recording.graph)[name]["createMode"] for name in others} == {"Default"}


def test_the_axway_reference_has_a_mysql_server_of_four_cores_and_50_gb_behind_an_endpoint() -> None:
    settings = settings_of(file=AXWAY)
    recording = recording_of(settings)
    (server,) = of_type(recording.graph, MYSQL)
    assert server.inputs["sku"] == {"name": "Standard_D4ads_v5", "tier": "GeneralPurpose"}
    assert server.inputs["storage"]["storageSizeGB"] == 50
    assert server.inputs["network"] == {"publicNetworkAccess": "Disabled"}
    assert server.inputs["highAvailability"]["mode"] == "ZoneRedundant"
    parameters = {
        each.inputs["configurationName"]: each.inputs["value"]
        for each in of_type(recording.graph, "azure-native:dbformysql:Configuration")
    }
    assert parameters["require_secure_transport"] == "ON"
    assert set(parameters["tls_version"].split(",")) <= {"TLSv1.2", "TLSv1.3"}
    assert {resource.type for resource in recording.graph.resources}.isdisjoint({POSTGRESQL, CLUSTER})


@pytest.mark.slow
def test_stores_in_the_cluster_rehearse_clean_on_azure() -> None:
    modes = [f"stores.{name}.mode=in-cluster" for name in ("mariadb", "postgresql", "gateway_postgresql", "redis")]
    recording = record_stack(STACK, *modes, "cluster.pools.management.max=8", "cluster.pools.user.max=12", file=FILE)
    assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
    types = {resource.type for resource in recording.graph.resources}
    assert types.isdisjoint({MYSQL, POSTGRESQL, CLUSTER})
    kinds = {type_.rpartition(":")[2] for type_ in types}
    assert {"MariaDB", "Cluster"} <= kinds
