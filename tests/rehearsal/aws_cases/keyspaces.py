"""Amazon Keyspaces."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step

INVALID = "ValidationException"
KEYSPACE = Step(tokens.KEYSPACE, "keyspace", {"name": "apim"})
SCHEMA: Mapping[str, Any] = {
    "columns": [{"name": "id", "type": "uuid"}, {"name": "at", "type": "timestamp"}, {"name": "text", "type": "text"}],
    "partitionKeys": [{"name": "id"}],
    "clusteringKeys": [{"name": "at", "orderBy": "DESC"}],
}
TABLE = Step(
    tokens.KEYSPACES_TABLE,
    "table",
    {"keyspaceName": "${keyspace.name}", "tableName": "events", "schemaDefinition": SCHEMA},
)


def keyspace(**inputs: object) -> Step:
    return Step(tokens.KEYSPACE, "wrong", {"name": "wrong", **inputs})


def table(name: str = "wrong", **inputs: object) -> Step:
    return Step(tokens.KEYSPACES_TABLE, name, {**TABLE.inputs, **inputs})


def schema(**parts: object) -> dict[str, object]:
    return {**SCHEMA, **parts}


def refused(wrong: str, request: Step, path: str = "", code: str = INVALID, **more: Any) -> Case:
    given = more.pop("given", (KEYSPACE,) if request.token == tokens.KEYSPACES_TABLE else ())
    return Case("Keyspaces", wrong, request, code, given=given, path=path, **more)


DEFINITION = "schemaDefinition"
CASES: tuple[Case, ...] = (
    refused("keyspace whose name has a hyphen", keyspace(name="apim-prd"), "name"),
    refused("keyspace whose name begins with an underscore", keyspace(name="_apim"), "name"),
    refused("keyspace of the system", keyspace(name="system_auth"), "name"),
    refused("second keyspace of a name", keyspace(name="apim"), "name", "ConflictException", given=(KEYSPACE,)),
    refused(
        "unknown way to replicate a keyspace",
        keyspace(replicationSpecification={"replicationStrategy": "SimpleStrategy"}),
        "replicationSpecification.replicationStrategy",
    ),
    refused(
        "regions of a keyspace in one region",
        keyspace(replicationSpecification={"replicationStrategy": "SINGLE_REGION", "regionLists": ["eu-west-1"]}),
        "replicationSpecification.regionLists",
    ),
    refused(
        "keyspace in several regions that names one",
        keyspace(replicationSpecification={"replicationStrategy": "MULTI_REGION", "regionLists": ["eu-central-1"]}),
    ),
    refused(
        "keyspace in several regions without its own",
        keyspace(
            replicationSpecification={"replicationStrategy": "MULTI_REGION", "regionLists": ["eu-west-1", "eu-west-2"]}
        ),
        "replicationSpecification.regionLists",
    ),
    refused(
        "deletion of a keyspace with tables",
        KEYSPACE,
        code="ConflictException",
        given=(KEYSPACE, TABLE),
        operation="delete",
    ),
    refused(
        "table in a keyspace that does not exist",
        table(keyspaceName="none"),
        "keyspaceName",
        "ResourceNotFoundException",
    ),
    refused("second table of a name", table(), "tableName", "ConflictException", given=(KEYSPACE, TABLE)),
    refused("table whose name has a hyphen", table(tableName="my-events"), "tableName"),
    refused(
        "partition key that is no column",
        table(schemaDefinition=schema(partitionKeys=[{"name": "key"}])),
        "schemaDefinition.partitionKeys[0].name",
    ),
    refused("table without a partition key", table(schemaDefinition=schema(partitionKeys=[]))),
    refused(
        "clustering key that is no column",
        table(schemaDefinition=schema(clusteringKeys=[{"name": "when", "orderBy": "ASC"}])),
        "schemaDefinition.clusteringKeys[0].name",
    ),
    refused(
        "column in both keys",
        table(schemaDefinition=schema(clusteringKeys=[{"name": "id", "orderBy": "ASC"}])),
        "schemaDefinition.clusteringKeys",
    ),
    refused(
        "unknown order of a clustering key",
        table(schemaDefinition=schema(clusteringKeys=[{"name": "at", "orderBy": "DOWN"}])),
    ),
    refused(
        "static column without a clustering key",
        table(schemaDefinition=schema(clusteringKeys=[], staticColumns=[{"name": "text"}])),
        "schemaDefinition.staticColumns",
    ),
    refused(
        "column defined twice",
        table(schemaDefinition=schema(columns=[*SCHEMA["columns"], {"name": "id", "type": "text"}])),
        "schemaDefinition.columns",
    ),
    refused(
        "column of an unknown type",
        table(schemaDefinition=schema(columns=[*SCHEMA["columns"], {"name": "more", "type": "string"}])),
        "schemaDefinition.columns[3].type",
    ),
    refused(
        "counters beside other columns",
        table(schemaDefinition=schema(columns=[*SCHEMA["columns"], {"name": "hits", "type": "counter"}])),
    ),
    refused(
        "provisioned table without capacity units",
        table(capacitySpecification={"throughputMode": "PROVISIONED"}),
        "capacitySpecification",
    ),
    refused(
        "capacity units of a table paid by request",
        table(capacitySpecification={"throughputMode": "PAY_PER_REQUEST", "readCapacityUnits": 5}),
        "capacitySpecification.readCapacityUnits",
    ),
    refused(
        "unknown state of point-in-time recovery",
        table(pointInTimeRecovery={"status": "ON"}),
        "pointInTimeRecovery.status",
    ),
    refused(
        "customer managed key that is not named",
        table(encryptionSpecification={"type": "CUSTOMER_MANAGED_KMS_KEY"}),
        "encryptionSpecification.kmsKeyIdentifier",
    ),
    refused(
        "table with a key that does not exist",
        table(
            encryptionSpecification={
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kmsKeyIdentifier": "arn:aws:kms:eu-central-1:111122223333:key/11111111-1111-4111-a111-111111111111",
            }
        ),
        "encryptionSpecification.kmsKeyIdentifier",
    ),
    refused("rows that live longer than 20 years", table(defaultTimeToLive=700_000_000), "defaultTimeToLive"),
    refused(
        "column dropped from a table",
        table("table", schemaDefinition=schema(columns=SCHEMA["columns"][:2])),
        "schemaDefinition.columns",
        given=(KEYSPACE, TABLE),
        operation="update",
    ),
)
