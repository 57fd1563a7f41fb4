"""Relational databases of the platform on Azure: flexible servers of MySQL and of PostgreSQL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure
import pulumi_random as random

from components.azure.customer_key import CustomerKeyArgs
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.engines import ENGINES
from components.azure.flexible_server import (
    DelegatedSubnetArgs,
    RestoreArgs,
    Server,
    ServerSpec,
    make_database,
    make_parameter,
    make_server,
)
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.secrets import Secret, SecretArgs
from components.azure.tags import Tags
from components.common import refuse
from components.outputs import Endpoint

BURSTABLE = "Burstable"
"""Tier that can have neither a standby nor replicas (Azure Database for MySQL, service tiers; Azure Database for PostgreSQL, read replicas)."""

LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
"""Name of an administrator."""

RESERVED_LOGINS = ("azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public")
"""Names that no administrator may have (azurerm provider, validation of both engines' administrators, 2026)."""

LONGEST_RETENTION_DAYS = 35
"""How long backups are kept at most, in days (both services' pages on backup and restore, 2024-11)."""


class RelationalDatabaseArgs(TypedDict):
    """Arguments of `RelationalDatabase`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of every resource."""
    location: pulumi.Input[str]
    """Region of every resource."""
    engine: str
    """`mysql` or `postgres`."""
    version: str
    """Engine version: the major (`8.4`, `17`), to which minor upgrades are applied by themselves."""
    size: pulumi.Input[str]
    """Compute size, such as `Standard_D4ads_v5`."""
    tier: str
    """Tier of the size: `Burstable`, `GeneralPurpose` or `MemoryOptimized`."""
    database: str
    """Name of the database that is made."""
    username: str
    """Name of the administrator."""
    parameters: NotRequired[Mapping[str, str]]
    """Server parameters beside the engine's own, which they may replace; none by default."""
    vault_name: pulumi.Input[str]
    """Key Vault that keeps the credentials."""
    vault: NotRequired[azure.keyvault.Vault]
    """The vault as a resource of this stack: the credentials then go with it."""
    server_name: NotRequired[pulumi.Input[str]]
    """Name of the server, unique in Azure, 3 to 63 lower-case letters, digits and hyphens; made by Pulumi by default. A fixed name keeps a change that would
    replace the server from leaving the data behind: Azure refuses the second server of the name."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Where the server's private endpoint stands; this or `delegated_subnet`, fixed at creation."""
    delegated_subnet: NotRequired[DelegatedSubnetArgs]
    """Subnet in which the server itself stands; this or `private_endpoint`, fixed at creation."""
    zones: NotRequired[Sequence[str]]
    """Availability zones: the first is the primary's, the second its standby's, and replicas follow; Azure chooses by default."""
    storage_gb: NotRequired[int]
    """Storage, in GiB: of MySQL 20 to 16384, of PostgreSQL a power of two from 32; default 32. Never less than before."""
    storage_auto_grow: NotRequired[bool]
    """Whether storage grows by itself when it is nearly full, without a limit; default true. A MySQL server with a standby must."""
    iops: NotRequired[pulumi.Input[int]]
    """Input and output operations a second of a MySQL server; as many as it asks for by default. PostgreSQL has those of its storage."""
    multi_zone: NotRequired[bool]
    """Whether a standby in another zone takes over by itself; default false. MySQL: fixed at creation."""
    replicas: NotRequired[int]
    """Number of read replicas, at most 5; default 0."""
    backup_retention_days: NotRequired[int]
    """How long automatic backups are kept, at most 35 days, at least 1 (MySQL) or 7 (PostgreSQL); default 7."""
    geo_redundant_backup: NotRequired[bool]
    """Whether backups are kept in the paired region too; default false; fixed at creation."""
    maintenance_window: NotRequired[str]
    """When changes that need a restart are made, an hour in UTC (`sun:03:30-sun:04:30`); Azure chooses by default. PostgreSQL alone: MySQL refuses to be
    made with one."""
    deletion_protection: NotRequired[bool]
    """Whether the database refuses to be deleted, in Azure (by a lock) and in Pulumi; default false."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where logs and metrics go; nowhere by default."""
    restore: NotRequired[RestoreArgs]
    """What the database is restored from; a new one by default."""
    customer_key: NotRequired[CustomerKeyArgs]
    """Key of storage and backups, and the identity that uses it; Azure's own key by default (storage is encrypted in any case); read at creation only and
    ignored afterwards. Not together with `geo_redundant_backup`, which would need a key of the paired region beside it."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: RelationalDatabaseArgs) -> Iterator[tuple[str, str]]:
    if args["engine"] not in ENGINES:
        yield "engine", f"'{args['engine']}' is no engine of this component: one of {', '.join(ENGINES)}"
        return
    if not LOGIN.fullmatch(args["username"]) or args["username"].lower() in RESERVED_LOGINS:
        yield (
            "username",
            f"'{args['username']}' is no name of an administrator: at most 32 letters, digits and underscores, a letter first, and none of "
            f"{', '.join(RESERVED_LOGINS)}",
        )
    if ("private_endpoint" in args) == ("delegated_subnet" in args):
        yield "private_endpoint", "give either this or delegated_subnet: a server has one way in"
    yield from _storage_problems(args)
    yield from _standby_problems(args)
    yield from _restore_problems(args)


def _storage_problems(args: RelationalDatabaseArgs) -> Iterator[tuple[str, str]]:
    engine, size = ENGINES[args["engine"]], args.get("storage_gb", 32)
    if engine.storage_sizes_gb and size not in engine.storage_sizes_gb:
        yield "storage_gb", f"{size} GiB: one of {', '.join(map(str, engine.storage_sizes_gb))}"
    elif not engine.storage_sizes_gb and not 20 <= size <= 16384:
        yield "storage_gb", f"{size} GiB: 20 to 16384 are allowed"
    retention = args.get("backup_retention_days", 7)
    if not engine.shortest_retention_days <= retention <= LONGEST_RETENTION_DAYS:
        yield (
            "backup_retention_days",
            f"{retention} days: {engine.shortest_retention_days} to {LONGEST_RETENTION_DAYS} are allowed",
        )
    if "maintenance_window" in args and not engine.window_at_creation:
        yield "maintenance_window", f"a server of {engine.name} cannot be made with one: leave it out"
    if args.get("iops") is not None and engine.name != "mysql":
        yield "iops", "PostgreSQL has those of its storage: leave it out"


def _standby_problems(args: RelationalDatabaseArgs) -> Iterator[tuple[str, str]]:
    standby, replicas = args.get("multi_zone", False), args.get("replicas", 0)
    if standby and args["tier"] == BURSTABLE:
        yield "multi_zone", f"tier {BURSTABLE} has no standby: choose a larger tier, or set it to false"
    if standby and "zones" in args and len(set(args["zones"])) < 2:
        yield "zones", "a standby needs a zone of its own: give two or more"
    if standby and args["engine"] == "mysql" and not args.get("storage_auto_grow", True):
        yield "storage_auto_grow", "storage of a MySQL server with a standby always grows: set it to true"
    if not 0 <= replicas <= 5:
        yield "replicas", f"{replicas} replicas: 0 to 5 are allowed"
    if replicas and args["tier"] == BURSTABLE:
        yield "replicas", f"tier {BURSTABLE} has no replicas: choose a larger tier, or set it to 0"


def _restore_problems(args: RelationalDatabaseArgs) -> Iterator[tuple[str, str]]:
    restore = args.get("restore")
    if restore is not None and "point_in_time" not in restore:
        asked = args["engine"] == "postgres" or restore.get("same_region", False)
        if asked:
            yield "restore.point_in_time", "name the moment that is restored, in UTC"
    if "customer_key" in args and args.get("geo_redundant_backup", False):
        yield "customer_key", "geo-redundant backups are encrypted with Azure's own key: leave it out"


class RelationalDatabase(pulumi.ComponentResource):
    """A private flexible server that accepts TLS only, with its password in Key Vault, and read replicas.

    A changed restore source does nothing to an existing database. Azure makes one change of a server at a time, so parameters, database, endpoint and
    replicas are made one after another. A failover swaps the zones of primary and standby, which is no reason to change them back.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    endpoint: Endpoint
    """Where the database is reached, and its credentials."""

    def __init__(self, name: str, args: RelationalDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:RelationalDatabase", name, _recorded(args), opts)
        refuse(name, _problems(args))
        self._prefix, self._tags = name, args.get("tags")
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None)
        self.engine = ENGINES[args["engine"]]

        # Letters and digits only: such a password needs no quoting in any connection string. One of each kind: Azure asks for three kinds.
        self.password = random.RandomPassword(
            f"{name}-password", length=40, special=False, min_lower=1, min_upper=1, min_numeric=1, opts=self._protected
        )
        password = args.get("restore", {}).get("password")
        self._current = self.password.result if password is None else pulumi.Output.secret(password)
        spec = self._spec(args)
        self.server = self._server(f"{name}-server", spec)
        self._busy: list[pulumi.Resource] = [self.server]
        self.parameters = self._parameters(spec)
        self.database = make_database(
            self.engine, f"{name}-database", args["database"], self.server, spec=spec, opts=self._next(self._protected)
        )
        self._busy.append(self.database)
        self._connect(f"{name}-endpoint", self.server, args)
        self.replicas = [self._replica(number, spec, args) for number in range(1, args.get("replicas", 0) + 1)]
        self.locked = {name: self.server.id} if args.get("deletion_protection") else {}
        self.secret = self._secret(args)
        self.endpoint = Endpoint(
            host=self.server.fully_qualified_domain_name,
            port=pulumi.Output.from_input(self.engine.port),
            database=args["database"],
            username=pulumi.Output.from_input(args["username"]),
            secret_id=self.secret.id,
            password=self._current,
        )
        if self.replicas:
            self.endpoint["reader_host"] = self.replicas[0].fully_qualified_domain_name
        self.register_outputs({"endpoint": self.endpoint})

    def _next(self, options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """Return options of a resource that waits for the last change of the server."""
        return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=self._busy[-1:]))

    def _spec(self, args: RelationalDatabaseArgs) -> ServerSpec:
        zones = list(args.get("zones", ()))
        restore = args.get("restore")
        spec = ServerSpec(
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            size=args["size"],
            tier=args["tier"],
            tags=self._tags,
            server_name=args.get("server_name"),
            version=self.engine.api_version(args["version"]),
            login=args["username"],
            password=self._current,
            storage_gb=args.get("storage_gb", 32),
            auto_grow=args.get("storage_auto_grow", True),
            iops=args.get("iops"),
            zone=zones[0] if zones else None,
            standby_zone=zones[1] if len(zones) > 1 else None,
            multi_zone=args.get("multi_zone", False),
            retention_days=args.get("backup_retention_days", 7),
            geo_redundant=args.get("geo_redundant_backup", False),
            window=args.get("maintenance_window"),
            subnet=args.get("delegated_subnet"),
            customer_key=args.get("customer_key"),
            parameters={**self.engine.parameters, **args.get("parameters", {})},
        )
        if restore is None:
            return spec
        return replace(
            spec,
            create_mode="PointInTimeRestore" if restore.get("same_region", False) else "GeoRestore",
            source_id=restore["source_server_id"],
            point_in_time=restore.get("point_in_time"),
        )

    def _server(self, name: str, spec: ServerSpec) -> Server:
        ignored = [
            *("createMode", "sourceServerResourceId", "restorePointInTime", "pointInTimeUTC"),
            *("availabilityZone", "highAvailability.standbyAvailabilityZone"),
            *("dataEncryption", "identity"),
        ]
        options = pulumi.ResourceOptions.merge(self._protected, pulumi.ResourceOptions(ignore_changes=ignored))
        return make_server(self.engine, name, spec, options)

    def _parameters(self, spec: ServerSpec) -> dict[str, pulumi.Resource]:
        made: dict[str, pulumi.Resource] = {}
        for parameter, value in spec.parameters.items():
            name = f"{self._prefix}-{parameter.replace('_', '-')}"
            options = self._next(self._child)
            made[parameter] = make_parameter(
                self.engine, name, (parameter, value), self.server, spec=spec, opts=options
            )
            self._busy.append(made[parameter])
        return made

    def _connect(self, name: str, server: Server, args: RelationalDatabaseArgs) -> None:
        """Make the private endpoint of a server, if it has one, and send its logs and metrics."""
        if "private_endpoint" in args:
            endpoint = private_endpoint(
                name,
                resource_group_name=args["resource_group_name"],
                location=args["location"],
                resource_id=server.id,
                group_id=self.engine.group_id,
                args=args["private_endpoint"],
                tags=self._tags,
                opts=self._next(self._child),
            )
            self._busy.append(endpoint)
        if "diagnostics" in args:
            diagnose(name.removesuffix("-endpoint"), server.id, args["diagnostics"], opts=self._child)

    def _replica(self, number: int, spec: ServerSpec, args: RelationalDatabaseArgs) -> Server:
        """Make a read replica; version, storage, parameters and credentials are those of its source."""
        name, zones = f"{self._prefix}-replica-{number}", list(args.get("zones", ()))
        server_name = args.get("server_name")
        copy = ServerSpec(
            resource_group_name=spec.resource_group_name,
            location=spec.location,
            size=spec.size,
            tier=spec.tier,
            tags=self._tags,
            server_name=None if server_name is None else pulumi.Output.concat(server_name, f"-replica-{number}"),
            zone=zones[number % len(zones)] if zones else None,
            subnet=spec.subnet,
            customer_key=spec.customer_key,
            create_mode="Replica",
            source_id=self.server.id,
        )
        options = pulumi.ResourceOptions.merge(
            self._next(self._protected), pulumi.ResourceOptions(ignore_changes=["availabilityZone"])
        )
        replica = make_server(self.engine, name, copy, options)
        self._busy.append(replica)
        self._connect(f"{name}-endpoint", replica, args)
        return replica

    def _secret(self, args: RelationalDatabaseArgs) -> Secret:
        connection = {
            "engine": self.engine.name,
            "host": self.server.fully_qualified_domain_name,
            "port": self.engine.port,
            "dbname": args["database"],
            "username": args["username"],
            "password": self._current,
        }
        secret_args: SecretArgs = {
            "resource_group_name": args["resource_group_name"],
            "vault_name": args["vault_name"],
            "value": pulumi.Output.json_dumps(connection),
            "description": f"Credentials of {self._prefix}",
            "deletion_protection": args.get("deletion_protection", False),
            "tags": self._tags or {},
        }
        if "vault" in args:
            secret_args["vault"] = args["vault"]
        return Secret(f"{self._prefix}-secret", secret_args, self._child)


def _recorded(args: RelationalDatabaseArgs) -> dict[str, object]:
    """Return the arguments as the component records them: without a password, and without a resource, which is no value."""
    restore = {key: value for key, value in args.get("restore", {}).items() if key != "password"}
    recorded = {key: value for key, value in args.items() if key != "vault"}
    return {**recorded, "restore": restore} if "restore" in args else recorded
