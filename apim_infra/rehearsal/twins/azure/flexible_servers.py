"""What flexible servers of MySQL and of PostgreSQL have in common: names, administrators, sizes, standbys, storage, backups, versions.

Codes of passwords, names and values are those of the service's own page on errors; where no source shows the code of a documented rule, it is
`InvalidParameterValue` for a value and `PropertyChangeNotAllowed` for a change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at

VALUE, CHANGE, MISSING, BUSY = (
    "InvalidParameterValue",
    "PropertyChangeNotAllowed",
    "MissingRequiredParameter",
    "ServerIsBusy",
)
SERVER_NAME = re.compile(r"[a-z0-9](-?[a-z0-9])*")
LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
BLOCKED = ("azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public")
SKU = re.compile(r"Standard_(?P<series>[BDE])C?\d+[a-z]*(_v\d)?")
SERIES = {"B": "Burstable", "D": "GeneralPurpose", "E": "MemoryOptimized"}
BURSTABLE, STANDBY, REPLICA = "burstable", "zoneredundant", "replica"
RESTORES = ("pointintimerestore", "georestore")
UPDATES = "update"
ERRORS = "Azure Database, troubleshoot errors of the Azure CLI, 2024-06"
TIERS = "Azure Database for MySQL, service tiers, 2024-11"
BACKUPS = "Azure Database, backup and restore, 2024"
CODE = "azurerm provider, flexible servers, 2025"


@dataclass(frozen=True, slots=True)
class Service:
    """What differs between the two services."""

    token: str
    """Type token of the server."""
    engine: str
    """Name for messages."""
    versions: tuple[str, ...]
    """Versions that a new server can have, oldest first."""
    retention: tuple[int, int]
    """Shortest and longest time that backups are kept, in days."""
    storage: tuple[int, ...]
    """Sizes of storage in GiB; two of them are the smallest and the largest of any whole size."""
    replicas: int
    """Most read replicas."""
    delegation: str
    zone_suffix: str
    zone_input: str
    """Input of `network` that names the private DNS zone."""
    moment: str
    """Input that names the moment of a restore."""
    moment_always: bool
    """Whether a geo-restore needs one too."""
    geo_fixed: bool
    """Whether geo-redundancy of backups can be asked for at creation alone, whatever the server."""
    children: tuple[str, ...] = field(default=())
    """Types that are written to a server one at a time."""


def lower(context: Context, path: str, default: str = "") -> str:
    """Return a known text in lower case."""
    return str(context.value(path, default)).lower()


def whole(context: Context, path: str) -> int | None:
    """Return a known whole number; None for what is not set, unknown or of another kind."""
    value = context.value(path)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def before(inputs: Mapping[str, Any] | None, path: str) -> Any:
    """Return a known value at a path of other inputs, such as those of the last deployment; None for none."""
    return next((value for _, value in values_at(inputs or {}, path) if value != UNKNOWN), None)


def said(inputs: Mapping[str, Any] | None, path: str) -> str:
    """Return a known text at a path of other inputs in lower case."""
    return str(before(inputs, path) or "").lower()


def invalid(context: Context, path: str, message: str, hint: str, source: str) -> Problem:
    """Return the problem of a value that the service does not take."""
    name = path.rpartition(".")[2]
    text = f"Invalid value given for parameter {name[:1].upper()}{name[1:]}. Specify a valid parameter value: {message}"
    return context.problem(VALUE, text, path, hint, source)


def names(context: Context) -> Iterator[Problem]:
    """Check the server's name."""
    name = context.name
    if name and not (3 <= len(name) <= 63 and SERVER_NAME.fullmatch(name)):
        message = f"The server name '{name}' is not valid: 3 to 63 lower-case letters, digits and hyphens, no hyphen at the ends."
        yield context.problem("InvalidServerName", message, "serverName", "write it like apim-mariadb", ERRORS)


def administrator(context: Context) -> Iterator[Problem]:
    """Check login and password."""
    login, password = context.value("administratorLogin"), context.value("administratorLoginPassword")
    if isinstance(login, str) and (login.lower() in BLOCKED or login.lower().startswith("pg_")):
        message = f"The admin user name can't be {', '.join(BLOCKED)}. It can't start with pg_."
        yield context.problem("BlockedUserName", message, "administratorLogin", "choose another name", ERRORS)
    elif isinstance(login, str) and not (LOGIN.fullmatch(login) and len(login) <= 63):
        message = f"The admin user name '{login}' is not valid."
        yield context.problem(
            "InvalidUserName", message, "administratorLogin", "use letters, digits and underscores", ERRORS
        )
    if isinstance(password, str) and password != UNKNOWN:
        yield from _password(context, password)


def _password(context: Context, password: str) -> Iterator[Problem]:
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9]"))
    rule = "It must contain between 8 and 128 characters, from three of upper-case and lower-case letters, digits and others."
    code = (
        "PasswordTooShort"
        if len(password) < 8
        else "PasswordTooLong"
        if len(password) > 128
        else "PasswordNotComplex"
        if kinds < 3
        else ""
    )
    if code:
        yield context.problem(
            code, f"The provided password is not good enough. {rule}", "administratorLoginPassword", "", ERRORS
        )


def size(context: Context) -> Iterator[Problem]:
    """Check that the name and the tier of the size belong together."""
    name, tier = context.value("sku.name"), context.value("sku.tier")
    found = SKU.fullmatch(name) if isinstance(name, str) else None
    if isinstance(name, str) and found is None:
        yield invalid(context, "sku.name", f"'{name}' is no size.", "name a size such as Standard_D4ads_v5", TIERS)
    elif found is not None and isinstance(tier, str) and SERIES[found["series"]].lower() != tier.lower():
        message = f"'{name}' is a size of tier {SERIES[found['series']]}."
        yield invalid(context, "sku.tier", message, f"write {SERIES[found['series']]}", TIERS)


def standby(context: Context) -> Iterator[Problem]:
    """Check high availability against tier and zones."""
    mode, zone = lower(context, "highAvailability.mode"), context.value("availabilityZone")
    if mode in ("", "disabled"):
        return
    if lower(context, "sku.tier") == BURSTABLE:
        message = "High availability is not supported for the Burstable tier."
        yield invalid(context, "highAvailability.mode", message, "choose GeneralPurpose or MemoryOptimized", TIERS)
    if mode == STANDBY and zone is not None and zone == context.value("highAvailability.standbyAvailabilityZone"):
        message = "The standby of a zone-redundant server stands in another zone than its primary."
        path = "highAvailability.standbyAvailabilityZone"
        yield invalid(
            context, path, message, "name another zone", "Azure Database for MySQL, high availability, 2024-11"
        )
    if lower(context, "createMode") in (*RESTORES, REPLICA) and context.old is None:
        yield context.warning(
            "HighAvailabilityNotRestored",
            "A server that is restored or replicated comes without its standby, whatever is asked for.",
            "highAvailability.mode",
            "look for the standby once the server is there, and switch high availability on where it is missing",
            BACKUPS,
        )


def storage(context: Context, service: Service) -> Iterator[Problem]:
    """Check the size of storage, and that it never shrinks."""
    wanted, path = whole(context, "storage.storageSizeGB"), "storage.storageSizeGB"
    if wanted is None:
        return
    known = service.storage
    if len(known) == 2 and not known[0] <= wanted <= known[1]:
        yield invalid(context, path, f"{known[0]} to {known[1]} GiB.", "", TIERS)
    elif len(known) > 2 and wanted not in known:
        yield invalid(context, path, f"one of {', '.join(map(str, known))} GiB.", "", CODE)
    had = before(context.old, path)
    if had is not None and wanted < had:
        yield invalid(
            context, path, f"storage has {had:g} GiB and cannot be scaled down.", f"ask for {had:g} or more", TIERS
        )


def backups(context: Context, service: Service) -> Iterator[Problem]:
    """Check how long backups are kept, and that their redundancy stays as it was made."""
    days, (shortest, longest) = whole(context, "backup.backupRetentionDays"), service.retention
    if days is not None and not shortest <= days <= longest:
        path = "backup.backupRetentionDays"
        yield invalid(context, path, f"{shortest} to {longest} days.", "", BACKUPS)
    path = "backup.geoRedundantBackup"
    had, now = said(context.old, path), lower(context, path)
    zonal = said(context.old, "highAvailability.mode") == STANDBY
    if context.old is not None and had and now and had != now and (service.geo_fixed or zonal):
        message = "Geo-redundant backup can be configured only at the time of server creation."
        hint = "put it back; a server with the other redundancy is restored from this one's backups"
        yield context.problem(CHANGE, message, "backup.geoRedundantBackup", hint, BACKUPS)


def version(context: Context, service: Service) -> Iterator[Problem]:
    """Check the version of a new server, and that it never goes down."""
    wanted = context.value("version")
    if not isinstance(wanted, str):
        return
    if context.old is None and wanted not in service.versions:
        message = f"{service.engine} has {', '.join(service.versions)}."
        yield invalid(
            context,
            "version",
            message,
            f"use {service.versions[-1]}",
            "version support policies of both services, 2025",
        )
    had = before(context.old, "version")
    if isinstance(had, str) and _order(wanted) < _order(had):
        message = f"the server has version {had} and cannot go back."
        yield invalid(context, "version", message, "restore a backup of the older version instead", CODE)


def _order(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def required(context: Context, service: Service) -> Iterator[Problem]:
    """Check what each way of making a server asks for."""
    mode = lower(context, "createMode", "default")
    if context.old is not None or mode == UPDATES:
        return
    if mode in ("default", "create"):
        needed = ["administratorLogin", "administratorLoginPassword", "sku"]
    else:
        needed = ["sourceServerResourceId"]
        if mode == RESTORES[0] or (mode == RESTORES[1] and service.moment_always):
            needed.append(service.moment)
    for name in needed:
        if context.inputs.get(name) is None:
            message = f"The required parameter '{name}' is missing for create mode '{context.value('createMode', 'Default')}'."
            yield context.problem(MISSING, message, name, f"give {name}", CODE)
