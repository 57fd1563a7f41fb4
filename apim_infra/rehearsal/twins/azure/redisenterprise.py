"""Azure Managed Redis: a cluster and its one database (resource provider Microsoft.Cache, type redisEnterprise)."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.inquiries import Inquiry
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.paths import values_at

CLUSTER = "azure-native:redisenterprise:RedisEnterprise"
DATABASE = "azure-native:redisenterprise:Database"
ASSIGNMENT = "azure-native:redisenterprise:AccessPolicyAssignment"
VALUE = "BadRequest"
NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
SIZE = re.compile(r"\w+_[BMXA](?P<gigabytes>\d+)")
PORT = 10000
LARGEST_UNCLUSTERED = 24
"""Largest size whose data fits one shard, in its name's gigabytes: the limit is 25 GB."""
API = "Microsoft.Cache redisEnterprise, API of 2025-07-01"
AZURERM = "azurerm provider, managed_redis, 2025"
ARCHITECTURE = "Azure Managed Redis, architecture, 2025"


def _old_tier(context: Context) -> bool:
    return str(context.value("sku.name", "")).lower().startswith("enterprise")


def _name(context: Context) -> Iterator[Problem]:
    name = context.name
    if name and not (len(name) <= 60 and NAME.fullmatch(name)):
        message = f"The name '{name}' is not valid: 1 to 60 letters, digits and single hyphens, no hyphen at the ends."
        yield context.problem(VALUE, message, "clusterName", "write it like apim-redis", API)


def _size(context: Context) -> Iterator[Problem]:
    if _old_tier(context):
        message = (
            "The Enterprise tiers of Azure Cache for Redis take no new stores of new tenants and end on 2027-03-31."
        )
        hint = "choose a size of Azure Managed Redis, such as Balanced_B5"
        yield context.warning(VALUE, message, "sku.name", hint, "Azure Cache for Redis, retirement, 2026")
    elif context.value("sku.capacity") is not None:
        message = "The capacity is for the Enterprise tiers: a size of Azure Managed Redis has its own."
        yield context.problem(VALUE, message, "sku.capacity", "leave it out", API)
    if context.value("zones") is not None and not _old_tier(context):
        message = "Azure Managed Redis spreads over the zones of a region by itself."
        yield context.warning(VALUE, message, "zones", "leave it out", "reliability in Azure Managed Redis, 2025")


def _transport(context: Context) -> Iterator[Problem]:
    if context.value("minimumTlsVersion") in ("1.0", "1.1"):
        message = "TLS 1.0 and TLS 1.1 are completely obsolete: they cannot be used."
        yield context.problem(VALUE, message, "minimumTlsVersion", "write 1.2", API)


def _availability(context: Context) -> Iterator[Problem]:
    before = str((context.old or {}).get("highAvailability", "Enabled"))
    now = str(context.value("highAvailability", "Enabled"))
    if context.old is not None and UNKNOWN not in (before, now) and before != now:
        message = "High availability of a store is chosen when it is made."
        yield context.problem("PropertyChangeNotAllowed", message, "highAvailability", "make another store", AZURERM)


def _database_name(context: Context) -> Iterator[Problem]:
    if context.name and context.name != "default":
        message = f"The database name '{context.name}' is not valid: the one database of a store is called 'default'."
        yield context.problem(VALUE, message, "databaseName", "write default", AZURERM)
    if any(True for _ in context.siblings()):
        message = "A store has one database."
        yield context.problem(VALUE, message, "clusterName", "give it a store of its own", AZURERM)


def _port(context: Context) -> Iterator[Problem]:
    port = context.value("port")
    if port is not None and port != PORT:
        message = f"The database of Azure Managed Redis listens on port {PORT}."
        yield context.problem(VALUE, message, "port", f"write {PORT}, or leave it out", ARCHITECTURE)


def _clustering(context: Context) -> Iterator[Problem]:
    policy, parent = str(context.value("clusteringPolicy", "")), context.parent()
    size = SIZE.fullmatch(next((str(name) for _, name in values_at(parent.inputs, "sku.name")), "")) if parent else None
    if policy == "NoCluster" and size is not None and int(size["gigabytes"]) > LARGEST_UNCLUSTERED:
        message = "A store of more than 25 GB has several shards, and so a clustering policy."
        yield context.problem(VALUE, message, "clusteringPolicy", "write EnterpriseCluster or OSSCluster", ARCHITECTURE)
    search = "RediSearch" in context.get("modules[*].name")
    if search and (policy, context.value("evictionPolicy")) != ("EnterpriseCluster", "NoEviction"):
        message = (
            "The module RediSearch needs the clustering policy EnterpriseCluster and the eviction policy NoEviction."
        )
        yield context.problem(VALUE, message, "modules", "write both, or leave the module out", ARCHITECTURE)


def _persistence(context: Context) -> Iterator[Problem]:
    logged, written = context.value("persistence.aofEnabled"), context.value("persistence.rdbEnabled")
    if logged and written:
        message = "At most one of AOF and RDB persistence may be enabled."
        yield context.problem(VALUE, message, "persistence", "switch one of them off", API)
    for on, kind in ((logged, "aof"), (written, "rdb")):
        path = f"persistence.{kind}Frequency"
        if on and context.value(path) is None:
            message = f"{kind.upper()} persistence needs a frequency."
            yield context.problem(
                VALUE, message, path, f"name one, such as {'1s' if kind == 'aof' else '12h'}", AZURERM
            )
    if (logged or written) and context.inputs.get("geoReplication") is not None:
        message = "A geo-replicated database has no persistence."
        yield context.problem(VALUE, message, "persistence", "choose one of the two", AZURERM)


def _policy(context: Context) -> Iterator[Problem]:
    policy = context.value("accessPolicyName")
    if policy is not None and policy != "default":
        message = 'Only the "default" policy is supported.'
        yield context.problem(VALUE, message, "accessPolicyName", "write default", API)


def _keys(inquiry: Inquiry) -> Mapping[str, Any]:
    database = inquiry.thing(DATABASE)
    if not database.assumed and str(database.inputs.get("accessKeysAuthentication", "Disabled")) != "Enabled":
        raise inquiry.refuse(
            VALUE,
            "Access keys authentication is disabled for the database.",
            "databaseName",
            "write accessKeysAuthentication: Enabled, or log in with Entra ID",
        )
    return {"primaryKey": _key(database.id, "primary"), "secondaryKey": _key(database.id, "secondary")}


def _key(database: str, which: str) -> str:
    return base64.b64encode(hashlib.sha256(f"{database}/{which}".encode()).digest()).decode()


RULES = {
    CLUSTER: (_name, _size, _transport, _availability),
    DATABASE: (_database_name, _port, _clustering, _persistence),
    ASSIGNMENT: _policy,
}
REFERENCES = {
    CLUSTER: (
        Reference(
            "encryption.customerManagedKeyEncryption.keyEncryptionKeyIdentity.userAssignedIdentityResourceId",
            "azure-native:managedidentity:UserAssignedIdentity",
        ),
    )
}
ANSWERS = {"azure-native:redisenterprise:listDatabaseKeys": _keys}
