"""Wrong requests around backups and their copies in another region, beside those of `registry_backup` and `s3_copies`."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY
from aws_cases.registry_backup import (
    BACKUP,
    BACKUP_ROLE,
    DAILY,
    ECR,
    LOCK,
    PLAN,
    REPLICATION,
    SELECTION,
    VAULT,
    plan,
)
from aws_cases.registry_given import NOT_FOUND
from aws_cases.s3_given import BUCKET, TARGET, VERSIONS, replication, setting, versions
from aws_cases.service_given import changed, named, policy_for

ABROAD = named(VAULT, "abroad", region="eu-west-1")
TOPIC = Step(tokens.TOPIC, "topic", {"name": "backups", "policy": policy_for("backup.amazonaws.com", "sns:Publish")})
TOPIC_ABROAD = changed(TOPIC, region="eu-west-1")
NOTIFICATIONS = Step(
    "aws:backup/vaultNotifications:VaultNotifications",
    "notifications",
    {"backupVaultName": "${vault.name}", "snsTopicArn": "${topic.arn}", "backupVaultEvents": ["BACKUP_JOB_FAILED"]},
)
POLICY = Step("aws:backup/vaultPolicy:VaultPolicy", "policy", {"backupVaultName": "${vault.name}"})
HERE = {"region": "eu-west-1", "registryId": "111122223333"}
BOTH = (BUCKET, TARGET, VERSIONS, versions(TARGET))


def lock(wrong: str, path: str, **inputs: Any) -> Case:
    """Make a case of a wrong lock."""
    return Case("Backup", wrong, changed(LOCK, **inputs), BACKUP, (VAULT,), path=path)


def selection(wrong: str, path: str, **inputs: Any) -> Case:
    """Make a case of a wrong selection."""
    return Case("Backup", wrong, changed(SELECTION, **inputs), BACKUP, (VAULT, PLAN, BACKUP_ROLE), path=path)


def copies(wrong: str, path: str, *rules: dict[str, Any]) -> Case:
    """Make a case of a wrong replication of images."""
    return Case("ECR", wrong, changed(REPLICATION, replicationConfiguration={"rules": list(rules)}), ECR, (), path=path)


def bucket_copies(wrong: str, path: str, code: str = "InvalidRequest", **rule: Any) -> Case:
    """Make a case of a wrong replication of objects."""
    return Case("S3", wrong, replication(**rule), code, BOTH, path=path)


VAULTS = (
    lock("lock whose least retention is no day", "minRetentionDays", minRetentionDays=0),
    lock("lock whose least retention is more than a hundred years", "minRetentionDays", minRetentionDays=36501),
    lock("lock whose most retention is more than a hundred years", "maxRetentionDays", maxRetentionDays=40000),
    lock("lock that could be changed for more than a hundred years", "changeableForDays", changeableForDays=36501),
    Case("Backup", "lock of a vault of another region", LOCK, NOT_FOUND, (changed(VAULT, region="eu-west-1"),)),
    Case(
        "Backup",
        "vault with a key of another region",
        changed(VAULT, region="eu-west-1", kmsKeyArn="${key.arn}"),
        BACKUP,
        (KEY,),
        path="kmsKeyArn",
    ),
    Case(
        "Backup",
        "vault with a key for signatures",
        changed(VAULT, kmsKeyArn="${key.arn}"),
        BACKUP,
        (changed(KEY, customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY"),),
        path="kmsKeyArn",
    ),
    Case("Backup", "name of a vault of one character", changed(VAULT, name="v"), BACKUP, path="name"),
    Case("Backup", "name of a vault of 51 characters", changed(VAULT, name="v" * 51), BACKUP, path="name"),
    Case(
        "Backup", "policy of a vault that is no JSON", changed(POLICY, policy="deny"), BACKUP, (VAULT,), path="policy"
    ),
    Case(
        "Backup",
        "policy of a vault without a principal",
        changed(POLICY, policy=json.dumps({"Statement": [{"Effect": "Deny", "Action": "backup:DeleteRecoveryPoint"}]})),
        BACKUP,
        (VAULT,),
        path="policy",
    ),
    Case(
        "Backup",
        "policy of a vault that does not exist",
        changed(POLICY, backupVaultName="missing", policy=policy_for("backup.amazonaws.com", "backup:*")),
        NOT_FOUND,
    ),
    Case(
        "Backup",
        "notifications of an unknown event",
        changed(NOTIFICATIONS, backupVaultEvents=["BACKUP_JOB_LATE"]),
        BACKUP,
        (VAULT, TOPIC),
        path="backupVaultEvents[0]",
    ),
    Case(
        "Backup",
        "notifications to a topic of another region",
        NOTIFICATIONS,
        BACKUP,
        (VAULT, TOPIC_ABROAD),
        path="snsTopicArn",
    ),
)
PLANS = (
    plan("schedule that runs on every day of the month and of the week", schedule="cron(0 3 * * * *)"),
    plan("schedule at the hour 25", schedule="cron(0 25 ? * * *)"),
    plan("schedule of five fields", schedule="cron(0 3 ? * *)"),
    plan("schedule in a time zone that does not exist", scheduleExpressionTimezone="Europe/Atlantis"),
    plan("recovery points deleted after no day", lifecycle={"deleteAfter": 0}),
    plan(
        "continuous backups moved to cold storage",
        enableContinuousBackup=True,
        lifecycle={"coldStorageAfter": 5, "deleteAfter": 30},
    ),
    plan("completion window of more than a hundred years", completionWindow=52_560_001),
    plan("copy into the vault of the rule itself", copyActions=[{"destinationVaultArn": "${vault.arn}"}]),
    Case(
        "Backup",
        "plan into a vault of another region",
        changed(PLAN, rules=[{**DAILY, "targetVaultName": "${abroad.name}"}]),
        BACKUP,
        (ABROAD,),
        path="rules[0].targetVaultName",
    ),
    Case(
        "Backup",
        "copies deleted too early after cold storage",
        changed(
            PLAN,
            rules=[
                {
                    **DAILY,
                    "copyActions": [
                        {
                            "destinationVaultArn": "${abroad.arn}",
                            "lifecycle": {"coldStorageAfter": 30, "deleteAfter": 119},
                        }
                    ],
                }
            ],
        ),
        BACKUP,
        (VAULT, ABROAD),
        path="rules[0].copyActions[0].lifecycle.deleteAfter",
    ),
    selection(
        "selection by a condition on no tag of the resource",
        "conditions[0].stringEquals[0].key",
        conditions=[{"stringEquals": [{"key": "backup", "value": "daily"}]}],
    ),
    selection(
        "selection of more than 30 ARNs with wildcards",
        "resources",
        resources=[f"arn:aws:rds:*:*:db:apim-{number}-*" for number in range(31)],
    ),
    selection(
        "selection of more than 500 ARNs",
        "resources",
        resources=[f"arn:aws:ec2:eu-central-1:111122223333:volume/vol-{number:017x}" for number in range(501)],
    ),
    selection(
        "selection by tags with an unknown operator",
        "selectionTags[0].type",
        selectionTags=[{"type": "STRINGLIKE", "key": "backup", "value": "daily"}],
    ),
)
IMAGES = (
    copies("more than 25 rules of replication", "replicationConfiguration.rules", *({"destinations": [HERE]},) * 26),
    copies(
        "more than 100 filters of one rule of replication",
        "replicationConfiguration.rules[0].repositoryFilters",
        {
            "destinations": [HERE],
            "repositoryFilters": [{"filter": f"apim-{n}", "filterType": "PREFIX_MATCH"} for n in range(101)],
        },
    ),
    copies(
        "more than 100 destinations of one rule of replication",
        "replicationConfiguration.rules[0].destinations",
        {"destinations": [{"region": "eu-west-1", "registryId": f"{n:012d}"} for n in range(101)]},
    ),
    copies(
        "images replicated twice into one registry",
        "replicationConfiguration.rules[0].destinations",
        {"destinations": [HERE, HERE]},
    ),
    copies(
        "images replicated to an account of eleven digits",
        "replicationConfiguration.rules[0].destinations[0].registryId",
        {"destinations": [{"region": "eu-west-1", "registryId": "11112222333"}]},
    ),
    copies(
        "replication of repositories by a prefix in capitals",
        "replicationConfiguration.rules[0].repositoryFilters[0].filter",
        {"destinations": [HERE], "repositoryFilters": [{"filter": "APIM/", "filterType": "PREFIX_MATCH"}]},
    ),
    copies(
        "replication of repositories by a wildcard",
        "replicationConfiguration.rules[0].repositoryFilters[0].filterType",
        {"destinations": [HERE], "repositoryFilters": [{"filter": "apim", "filterType": "WILDCARD"}]},
    ),
    Case(
        "ECR",
        "template of repositories with a lifecycle of no images",
        Step(
            "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
            "template",
            {"prefix": "apim", "appliedFors": ["REPLICATION"], "lifecyclePolicy": json.dumps({"rules": []})},
        ),
        ECR,
        path="lifecyclePolicy",
    ),
)
OBJECTS = (
    bucket_copies(
        "replication of a bucket into itself", "rules[0].destination.bucket", destination={"bucket": "${bucket.arn}"}
    ),
    bucket_copies(
        "replication of deletions by a tag",
        "rules[0].deleteMarkerReplication.status",
        filter={"tag": {"key": "kept", "value": "yes"}},
        deleteMarkerReplication={"status": "Enabled"},
    ),
    bucket_copies(
        "replication in time without metrics",
        "rules[0].destination.metrics",
        destination={
            "bucket": "${target.arn}",
            "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
        },
    ),
    bucket_copies(
        "replication into an unknown storage class",
        "rules[0].destination.storageClass",
        "MalformedXML",
        destination={"bucket": "${target.arn}", "storageClass": "COLD"},
    ),
    bucket_copies("replication with an unknown status", "rules[0].status", "MalformedXML", status="On"),
    Case(
        "S3",
        "two rules of replication with filters and without priorities",
        setting(
            "BucketReplicationConfig",
            role="arn:aws:iam::111122223333:role/replicator",
            rules=[
                {
                    "id": name,
                    "status": "Enabled",
                    "filter": {"prefix": name},
                    "deleteMarkerReplication": {"status": "Disabled"},
                    "destination": {"bucket": "${target.arn}"},
                }
                for name in ("alb/", "flow/")
            ],
        ),
        "InvalidRequest",
        BOTH,
        path="rules",
    ),
    Case(
        "S3",
        "replication by something that is no role",
        changed(replication(), role="replicator"),
        "MalformedXML",
        BOTH,
        path="role",
    ),
)
CASES = (*VAULTS, *PLANS, *IMAGES, *OBJECTS)
