"""Rows of Amazon Keyspaces (for Apache Cassandra)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.regions import zones_of
from apim_infra.rehearsal.twins.aws.service_rules import before, kms_key, located, repeated
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "Keyspaces API model, botocore 1.44.5; Keyspaces developer guide, functional differences and quotas, 2026"
INVALID = "ValidationException"
CONFLICT = "ConflictException"
NAME = r"[a-zA-Z0-9][a-zA-Z0-9_]{1,47}"
SYSTEM = re.compile(r"system(_.*)?", re.IGNORECASE)
"""Keyspaces that the service keeps for itself."""
COLUMN = r"[a-z0-9_]{1,48}"
TYPES = (
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "counter",
    "date",
    "decimal",
    "double",
    "float",
    "inet",
    "int",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "uuid",
    "varchar",
    "varint",
)
COLLECTIONS = re.compile(r"(frozen|list|map|set|tuple)<.+>")
LONGEST_LIFE = 630_720_000
"""Seconds of the longest time to live, 20 years."""
REGIONS = (2, 17)
"""Fewest and most regions of a keyspace that is replicated to others."""


def _keyspace(context: Context) -> Iterator[Problem]:
    if SYSTEM.fullmatch(context.name):
        message = f"Keyspace name {context.name} is reserved"
        yield context.problem(INVALID, message, "name", "choose a name that does not begin with system")
    regions = context.get("replicationSpecification.regionLists[*]")
    strategy = context.value("replicationSpecification.replicationStrategy", "SINGLE_REGION")
    path = "replicationSpecification.regionLists"
    if strategy == "SINGLE_REGION" and regions:
        message = "The region list can only be given for the replication strategy MULTI_REGION"
        yield context.problem(INVALID, message, path, "leave it out, or set MULTI_REGION")
    if strategy == "MULTI_REGION":
        if not REGIONS[0] <= len(regions) <= REGIONS[1]:
            message = f"A multi-Region keyspace has {REGIONS[0]} to {REGIONS[1]} Regions, not {len(regions)}"
            yield context.problem(INVALID, message, path, "name this region and at least one other")
        elif context.region not in regions:
            message = f"The region list must include the current Region {context.region}"
            yield context.problem(INVALID, message, path, f"add {context.region}")
    for index, region in enumerate(regions):
        if not zones_of(str(region)):
            yield context.problem(INVALID, f"Region {region} is not supported", f"{path}[{index}]", "name a region")


def _names(context: Context, part: str) -> list[str]:
    return [str(name) for name in context.get(f"schemaDefinition.{part}[*].name")]


def _schema(context: Context) -> Iterator[Problem]:
    columns, keys = _names(context, "columns"), _names(context, "partitionKeys")
    clustering, static = _names(context, "clusteringKeys"), _names(context, "staticColumns")
    for name in repeated(columns):
        message = f"Multiple definition of identifier {name}"
        yield context.problem(INVALID, message, "schemaDefinition.columns", "name each column once")
    if not keys:
        message = "No PRIMARY KEY specified: a table has at least one partition key"
        yield context.problem(INVALID, message, "schemaDefinition.partitionKeys", "name the columns of the key")
    for part, names in (("partitionKeys", keys), ("clusteringKeys", clustering), ("staticColumns", static)):
        for index, name in enumerate(names):
            if name not in columns:
                message = f"Unknown definition {name} referenced in {part}"
                yield context.problem(
                    INVALID, message, f"schemaDefinition.{part}[{index}].name", "add it to the columns"
                )
    for name in sorted({*keys} & {*clustering}):
        message = f"Column {name} is in the partition key and in the clustering key"
        yield context.problem(INVALID, message, "schemaDefinition.clusteringKeys", "keep it in one of them")
    if static and not clustering:
        message = "Static columns are only useful (and thus allowed) if the table has at least one clustering column"
        yield context.problem(INVALID, message, "schemaDefinition.staticColumns", "add a clustering key")
    for name in sorted({*static} & {*keys, *clustering}):
        message = f"Static column {name} cannot be part of the PRIMARY KEY"
        yield context.problem(INVALID, message, "schemaDefinition.staticColumns", "leave it out")


def _types(context: Context) -> Iterator[Problem]:
    counters = [kind for kind in context.get("schemaDefinition.columns[*].type") if kind == "counter"]
    for path, kind in located(context, "schemaDefinition.columns[*].type"):
        if kind not in TYPES and not COLLECTIONS.fullmatch(str(kind)):
            yield context.problem(INVALID, f"Unknown type {kind}", path, f"use one of {', '.join(TYPES)}")
    others = len(context.get("schemaDefinition.columns[*].type")) - len(counters)
    keys = {*_names(context, "partitionKeys"), *_names(context, "clusteringKeys")}
    if counters and others > len(keys):
        message = "Cannot mix counter and non counter columns in the same table"
        yield context.problem(INVALID, message, "schemaDefinition.columns", "keep counters in a table of their own")


def _capacity(context: Context) -> Iterator[Problem]:
    mode = context.value("capacitySpecification.throughputMode", "PAY_PER_REQUEST")
    units = [
        name
        for name in ("readCapacityUnits", "writeCapacityUnits")
        if context.value(f"capacitySpecification.{name}") is not None
    ]
    path = "capacitySpecification"
    if mode == "PROVISIONED" and len(units) < 2:
        message = "'PROVISIONED' throughput mode requires 'read_capacity_units' and 'write_capacity_units' to be set using 'capacity_mode' option"
        yield context.problem(INVALID, message, path, "set both, or use PAY_PER_REQUEST")
    if mode == "PAY_PER_REQUEST" and units:
        message = "Read and write capacity units cannot be set in the throughput mode PAY_PER_REQUEST"
        yield context.problem(INVALID, message, f"{path}.{units[0]}", "leave them out, or use PROVISIONED")


def _options(context: Context) -> Iterator[Problem]:
    kind, key = context.value("encryptionSpecification.type"), "encryptionSpecification.kmsKeyIdentifier"
    named = bool(located(context, key)) or key.rsplit(".", 1)[1] in (
        context.inputs.get("encryptionSpecification") or {}
    )
    if kind == "CUSTOMER_MANAGED_KMS_KEY" and not named:
        message = "A customer managed key needs the identifier of the KMS key"
        yield context.problem(INVALID, message, key, "give the key's ARN")
    if kind == "AWS_OWNED_KMS_KEY" and named:
        message = "The identifier of a KMS key cannot be given for an AWS owned key"
        yield context.problem(INVALID, message, key, "use CUSTOMER_MANAGED_KMS_KEY, or leave the key out")
    if context.value("defaultTimeToLive") and context.value("ttl.status") not in ("ENABLED", None):
        yield context.problem(INVALID, "Time to Live must be enabled", "ttl.status", "set ENABLED")
    for name in ("ttl", "clientSideTimestamps"):
        if before(context, f"{name}.status") == ["ENABLED"] and context.value(f"{name}.status") != "ENABLED":
            message = f"{name} cannot be disabled for a table once it is enabled"
            yield context.problem(INVALID, message, f"{name}.status", "leave it ENABLED")


def _grown(context: Context) -> Iterator[Problem]:
    """Columns are added in place; nothing else of a schema changes without a new table."""
    old = {
        (column.get("name"), column.get("type"))
        for columns in before(context, "schemaDefinition.columns")
        for column in columns
    }
    new = {(column.get("name"), column.get("type")) for column in context.get("schemaDefinition.columns[*]")}
    if gone := sorted(str(name) for name, _ in old - new):
        message = f"Columns cannot be dropped, renamed or retyped: {', '.join(gone)}"
        yield context.problem(INVALID, message, "schemaDefinition.columns", "keep them and add others")


def _table_outputs(context: Context) -> Mapping[str, Any]:
    keyspace, table = context.inputs.get("keyspaceName"), context.inputs.get("tableName")
    return {"arn": f"arn:aws:cassandra:{context.region}:{context.account}:/keyspace/{keyspace}/table/{table}"}


ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        token=tokens.KEYSPACE,
        kind="keyspace",
        identifier="{name}",
        arn="arn:aws:cassandra:{region}:{account}:/keyspace/{name}/",
        name=Name("name", NAME, 48, INVALID, ("region",), CONFLICT),
        create_only=frozenset({"name", "replicationSpecification"}),
        enums={"replicationSpecification.replicationStrategy": ("SINGLE_REGION", "MULTI_REGION")},
        value_code=INVALID,
        missing_code=INVALID,
        cloudformation="AWS::Cassandra::Keyspace",
        renamed={"name": "KeyspaceName"},
        rules=(_keyspace,),
        quota=Quota(256, ("region",), "ServiceQuotaExceededException"),
        source=SOURCE,
    ),
    ResourceType(
        token=tokens.KEYSPACES_TABLE,
        kind="table",
        identifier="{keyspaceName}/{tableName}",
        name=Name("tableName", NAME, 48, INVALID, ("keyspaceName",), CONFLICT, automatic=False),
        references=(
            Reference(
                "keyspaceName",
                tokens.KEYSPACE,
                "ResourceNotFoundException",
                by="name",
                message="The keyspace '{value}' does not exist",
                holds=True,
                held_code=CONFLICT,
            ),
        ),
        create_only=frozenset(
            {
                "keyspaceName",
                "tableName",
                "comment",
                "schemaDefinition.partitionKeys",
                "schemaDefinition.clusteringKeys",
                "schemaDefinition.staticColumns",
            }
        ),
        in_place=frozenset({"schemaDefinition", "schemaDefinition.columns"}),
        enums={
            "capacitySpecification.throughputMode": ("PAY_PER_REQUEST", "PROVISIONED"),
            "encryptionSpecification.type": ("AWS_OWNED_KMS_KEY", "CUSTOMER_MANAGED_KMS_KEY"),
            "pointInTimeRecovery.status": ("ENABLED", "DISABLED"),
            "schemaDefinition.clusteringKeys[*].orderBy": ("ASC", "DESC"),
        },
        patterns={
            "schemaDefinition.columns[*].name": COLUMN,
            "schemaDefinition.partitionKeys[*].name": COLUMN,
            "schemaDefinition.clusteringKeys[*].name": COLUMN,
        },
        ranges={
            "defaultTimeToLive": (0, LONGEST_LIFE),
            "capacitySpecification.readCapacityUnits": (1, 40000),
            "capacitySpecification.writeCapacityUnits": (1, 40000),
        },
        value_code=INVALID,
        missing_code=INVALID,
        rules=(
            _schema,
            _types,
            _capacity,
            _options,
            _grown,
            kms_key("encryptionSpecification.kmsKeyIdentifier", INVALID),
        ),
        outputs=_table_outputs,
        quota=Quota(256, ("region",), "ServiceQuotaExceededException"),
        source=SOURCE,
    ),
)
