"""Snapshots, replicated backups and event subscriptions of RDS."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, find_instance
from apim_infra.rehearsal.twins.aws.rds.lifetime import NO_BACKUPS, backups_off
from apim_infra.rehearsal.twins.aws.service_rules import kms_key, located
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "RDS API model, botocore 1.44.5"
REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
SOURCE_TYPES = {
    "db-instance": (tokens.DATABASE, "identifier|id"),
    "db-parameter-group": (tokens.DATABASE_PARAMETER_GROUP, "name"),
    "db-snapshot": (tokens.DATABASE_SNAPSHOT, "dbSnapshotIdentifier"),
}


def _snapshot_outputs(context: Context) -> Mapping[str, Any]:
    source = find_instance(context, context.value("dbInstanceIdentifier"))
    copied = (
        "allocatedStorage",
        "availabilityZone",
        "engine",
        "iops",
        "kmsKeyId",
        "licenseModel",
        "optionGroupName",
        "port",
        "storageType",
    )
    outputs: dict[str, Any] = {key: source[key] for key in copied} if source else {}
    return {
        **outputs,
        "dbSnapshotArn": f"arn:aws:rds:{context.region}:{context.account}:snapshot:{context.id}",
        "engineVersion": source["engineVersionActual"] if source else "",
        "encrypted": bool(source and source["storageEncrypted"]),
        "snapshotType": "manual",
        "sourceDbSnapshotIdentifier": "",
        "sourceRegion": "",
        "status": "available",
        "vpcId": "",
    }


SNAPSHOT = ResourceType(
    token=tokens.DATABASE_SNAPSHOT,
    kind="DB snapshot",
    identifier="{dbSnapshotIdentifier}",
    name=Name(
        "dbSnapshotIdentifier",
        pattern=r"[a-zA-Z](-?[a-zA-Z0-9])*",
        longest=255,
        code=VALUE,
        taken_code="DBSnapshotAlreadyExists",
        automatic=False,
    ),
    references=(
        Reference(
            "dbInstanceIdentifier",
            tokens.DATABASE,
            "DBInstanceNotFound",
            by="identifier",
            message="DBInstance {value} not found.",
        ),
    ),
    create_only=frozenset({"dbSnapshotIdentifier", "dbInstanceIdentifier"}),
    value_code=VALUE,
    outputs=_snapshot_outputs,
    quota=Quota(facts("rds")["quotas"]["snapshots"], ("region",), "SnapshotQuotaExceeded"),
    source=SOURCE,
)


def _replicated(context: Context) -> Iterator[Problem]:
    arn, path = context.value("sourceDbInstanceArn"), "sourceDbInstanceArn"
    source = context.find(tokens.DATABASE, arn, "arn", anywhere=True)
    if source is None:
        if f":{context.account}:" in str(arn) or not str(arn).startswith("arn:aws:rds:"):
            yield context.problem("DBInstanceNotFound", f"DBInstance {arn} not found.", path, "Give an instance's ARN.")
        return
    if source.region == context.region:
        message = f"The source instance is in {context.region}, the region that its backups are to be replicated to"
        yield context.problem(COMBINATION, message, path, "Set region to the recovery region.", "own knowledge")
    if backups_off(source):
        hint = "Set backupRetentionPeriod of the source to 1 or more."
        yield context.problem("InvalidDBInstanceState", NO_BACKUPS, path, hint)
    if source["storageEncrypted"] and context.value("kmsKeyId") is None:
        message = "The automated backups of an encrypted instance need a KMS key of the region that they go to"
        yield context.problem("KMSKeyNotAccessibleFault", message, "kmsKeyId", f"Give a key of {context.region}.")


BACKUPS_REPLICATION = ResourceType(
    token=REPLICATION,
    kind="replication of automated backups",
    identifier="arn:aws:rds:{region}:{account}:auto-backup:ab-{hex26}",
    create_only=frozenset({"sourceDbInstanceArn", "kmsKeyId", "retentionPeriod"}),
    defaults={"retentionPeriod": 7},
    ranges={"retentionPeriod": (1, 35)},
    value_code=VALUE,
    rules=(_replicated, kms_key("kmsKeyId", "KMSKeyNotAccessibleFault")),
    source=SOURCE,
)


def _categories(context: Context) -> Iterator[Problem]:
    kind = context.value("sourceType")
    known: dict[str, list[str]] = facts("rds")["event_categories"]["types"]
    allowed = known.get(kind) if kind else [name for names in known.values() for name in names]
    for place, category in located(context, "eventCategories[*]"):
        if allowed is not None and category not in allowed:
            message = f"The supplied category does not exist: {category}"
            hint = f"Use {', '.join(allowed)}." if kind else "Name the sourceType too."
            yield context.problem(
                "SubscriptionCategoryNotFound", message, place, hint, facts("rds")["event_categories"]["source"]
            )


def _sources(context: Context) -> Iterator[Problem]:
    kind, given = context.value("sourceType"), located(context, "sourceIds[*]")
    if given and kind is None:
        message = "SourceType must be provided when SourceIds are"
        yield context.problem(COMBINATION, message, "sourceType", "Set sourceType.")
    if kind in SOURCE_TYPES:
        token, by = SOURCE_TYPES[kind]
        for place, identifier in given:
            if context.find(token, identifier, by) is None:
                message = f"The requested source could not be found: {identifier}"
                yield context.problem("SourceNotFound", message, place, f"Name a {kind} of this region.")


EVENT_SUBSCRIPTION = ResourceType(
    token="aws:rds/eventSubscription:EventSubscription",  # noqa: S106  a type token, no secret
    kind="event subscription",
    identifier="{name}",
    arn="arn:aws:rds:{region}:{account}:es:{name}",
    name=Name(
        "name", pattern=r"[a-zA-Z](-?[a-zA-Z0-9])*", longest=255, code=VALUE, taken_code="SubscriptionAlreadyExist"
    ),
    references=(
        Reference(
            "snsTopic",
            tokens.TOPIC,
            "SNSTopicArnNotFound",
            by="arn",
            message="The SNS topic ARN {value} does not exist.",
        ),
    ),
    create_only=frozenset({"name"}),
    in_place=frozenset({"snsTopic"}),
    defaults={"enabled": True},
    enums={
        "sourceType": (
            "db-instance",
            "db-security-group",
            "db-parameter-group",
            "db-snapshot",
            "db-cluster",
            "db-cluster-snapshot",
            "custom-engine-version",
            "db-proxy",
            "blue-green-deployment",
            "db-shard-group",
            "zero-etl",
        )
    },
    value_code=VALUE,
    cloudformation="AWS::RDS::EventSubscription",
    renamed={"snsTopic": "SnsTopicArn", "name": "SubscriptionName"},
    rules=(_categories, _sources),
    outputs=lambda context: {"customerAwsId": context.account},
    quota=Quota(facts("rds")["quotas"]["event_subscriptions"], ("region",), "EventSubscriptionQuotaExceeded"),
    source=SOURCE,
)
