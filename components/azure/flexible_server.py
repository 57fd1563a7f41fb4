"""Flexible servers of MySQL and of PostgreSQL: two modules of the SDK with the same thoughts behind slightly different names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.customer_key import CustomerKeyArgs
from components.azure.engines import Engine
from components.azure.tags import Tags

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""Days of the week as maintenance windows count them, from 0."""

Server = azure.dbformysql.Server | azure.dbforpostgresql.Server
"""A flexible server of either engine."""


class DelegatedSubnetArgs(TypedDict):
    """The subnet and the zone of a server that stands in the network itself."""

    subnet_id: pulumi.Input[str]
    """Subnet that is delegated to the engine's servers, and to nothing else."""
    zone_id: pulumi.Input[str]
    """Private DNS zone of the servers' names, linked to the network."""


class RestoreArgs(TypedDict):
    """What a server is made from instead of nothing; read at creation only and ignored afterwards."""

    source_server_id: pulumi.Input[str]
    """Server whose backups are restored."""
    point_in_time: NotRequired[str]
    """Moment that is restored, in UTC (`2026-11-21T03:00:00Z`). PostgreSQL needs one always, MySQL only within the server's own region."""
    same_region: NotRequired[bool]
    """Whether the server stands in this region: its own backups are restored, else the geo-redundant ones; default false."""
    password: NotRequired[pulumi.Input[str]]
    """Password of the server's administrator, which the restored server keeps; a new one by default, which Azure then does not know yet."""


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A flexible server, whatever its engine."""

    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    size: pulumi.Input[str]
    tier: pulumi.Input[str]
    tags: Tags | None
    server_name: pulumi.Input[str] | None = None
    version: str | None = None
    login: pulumi.Input[str] | None = None
    password: pulumi.Input[str] | None = None
    storage_gb: pulumi.Input[int] | None = None
    auto_grow: bool = True
    iops: pulumi.Input[int] | None = None
    zone: str | None = None
    standby_zone: str | None = None
    multi_zone: bool = False
    retention_days: int | None = None
    geo_redundant: bool = False
    window: str | None = None
    subnet: DelegatedSubnetArgs | None = None
    customer_key: CustomerKeyArgs | None = None
    create_mode: str = "Default"
    source_id: pulumi.Input[str] | None = None
    point_in_time: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def window_start(window: str) -> tuple[int, int, int]:
    """Return day of the week (Sunday is 0), hour and minute at which a weekly window (`sun:03:30-sun:04:30`) begins."""
    day, hour, minute = window.partition("-")[0].split(":")
    return DAYS.index(day), int(hour), int(minute)


def make_server(engine: Engine, name: str, spec: ServerSpec, opts: pulumi.ResourceOptions) -> Server:
    """Make a server of the engine."""
    return _mysql(name, spec, opts) if engine.name == "mysql" else _postgresql(name, spec, opts)


def make_database(
    engine: Engine, name: str, database: str, server: Server, *, spec: ServerSpec, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Make a database on a server."""
    module = azure.dbformysql if engine.name == "mysql" else azure.dbforpostgresql
    return module.Database(
        name,
        resource_group_name=spec.resource_group_name,
        server_name=server.name,
        database_name=database,
        charset=engine.charset,
        collation=engine.collation,
        opts=opts,
    )


def make_parameter(
    engine: Engine,
    name: str,
    parameter: tuple[str, str],
    server: Server,
    *,
    spec: ServerSpec,
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """Set a parameter, a pair of name and value, of a server."""
    module = azure.dbformysql if engine.name == "mysql" else azure.dbforpostgresql
    return module.Configuration(
        name,
        resource_group_name=spec.resource_group_name,
        server_name=server.name,
        configuration_name=parameter[0],
        value=parameter[1],
        source="user-override",
        opts=opts,
    )


def _state(on: bool) -> str:
    return "Enabled" if on else "Disabled"


def _mysql(name: str, spec: ServerSpec, opts: pulumi.ResourceOptions) -> azure.dbformysql.Server:
    module, key = azure.dbformysql, spec.customer_key
    arguments = module.ServerArgs(
        resource_group_name=spec.resource_group_name,
        location=spec.location,
        server_name=spec.server_name,
        sku=module.MySQLServerSkuArgs(name=spec.size, tier=spec.tier),
        version=spec.version,
        administrator_login=spec.login,
        administrator_login_password=spec.password,
        availability_zone=spec.zone,
        create_mode=spec.create_mode,
        source_server_resource_id=spec.source_id,
        restore_point_in_time=spec.point_in_time,
        network=module.NetworkArgs(public_network_access="Disabled"),
        tags=spec.tags,
    )
    if spec.subnet is not None:
        arguments.network = module.NetworkArgs(
            delegated_subnet_resource_id=spec.subnet["subnet_id"],
            private_dns_zone_resource_id=spec.subnet["zone_id"],
            public_network_access="Disabled",
        )
    if spec.storage_gb is not None:
        arguments.storage = module.StorageArgs(
            storage_size_gb=spec.storage_gb,
            auto_grow=_state(spec.auto_grow),
            iops=spec.iops,
            auto_io_scaling=_state(spec.iops is None),
        )
    if spec.retention_days is not None:
        arguments.backup = module.BackupArgs(
            backup_retention_days=spec.retention_days, geo_redundant_backup=_state(spec.geo_redundant)
        )
        arguments.high_availability = module.HighAvailabilityArgs(
            mode="ZoneRedundant" if spec.multi_zone else "Disabled",
            standby_availability_zone=spec.standby_zone if spec.multi_zone else None,
        )
    if key is not None:
        arguments.identity = module.MySQLServerIdentityArgs(
            type="UserAssigned", user_assigned_identities=[key["identity_id"]]
        )
        arguments.data_encryption = module.DataEncryptionArgs(
            type=module.DataEncryptionType.AZURE_KEY_VAULT,
            primary_key_uri=key["key_id"],
            primary_user_assigned_identity_id=key["identity_id"],
        )
    return module.Server(name, arguments, opts)


def _postgresql(name: str, spec: ServerSpec, opts: pulumi.ResourceOptions) -> azure.dbforpostgresql.Server:
    module, key = azure.dbforpostgresql, spec.customer_key
    arguments = module.ServerArgs(
        resource_group_name=spec.resource_group_name,
        location=spec.location,
        server_name=spec.server_name,
        sku=module.SkuArgs(name=spec.size, tier=spec.tier),
        version=spec.version,
        administrator_login=spec.login,
        administrator_login_password=spec.password,
        availability_zone=spec.zone,
        create_mode=spec.create_mode,
        source_server_resource_id=spec.source_id,
        point_in_time_utc=spec.point_in_time,
        network=module.NetworkArgs(public_network_access="Disabled"),
        tags=spec.tags,
    )
    if spec.subnet is not None:
        arguments.network = module.NetworkArgs(
            delegated_subnet_resource_id=spec.subnet["subnet_id"],
            private_dns_zone_arm_resource_id=spec.subnet["zone_id"],
            public_network_access="Disabled",
        )
    if spec.storage_gb is not None:
        arguments.storage = module.StorageArgs(storage_size_gb=spec.storage_gb, auto_grow=_state(spec.auto_grow))
    if spec.retention_days is not None:
        arguments.backup = module.BackupArgs(
            backup_retention_days=spec.retention_days, geo_redundant_backup=_state(spec.geo_redundant)
        )
        arguments.high_availability = module.HighAvailabilityArgs(
            mode="ZoneRedundant" if spec.multi_zone else "Disabled",
            standby_availability_zone=spec.standby_zone if spec.multi_zone else None,
        )
    if spec.window is not None:
        day, hour, minute = window_start(spec.window)
        arguments.maintenance_window = module.MaintenanceWindowArgs(
            custom_window="Enabled", day_of_week=day, start_hour=hour, start_minute=minute
        )
    if key is not None:
        arguments.identity = module.UserAssignedIdentityArgs(
            type="UserAssigned",
            user_assigned_identities=pulumi.Output.from_input(key["identity_id"]).apply(
                lambda identity: {identity: module.UserIdentityArgs()}
            ),
        )
        arguments.data_encryption = module.DataEncryptionArgs(
            type="AzureKeyVault",
            primary_key_uri=key["key_id"],
            primary_user_assigned_identity_id=key["identity_id"],
        )
    return module.Server(name, arguments, opts)
