"""Databases, in-memory store, secrets, buckets and images on AWS."""

import json
from typing import Any

import pulumi
import pytest
from components_aws_samples import (
    Stack,
    added,
    changes,
    keys,
    kinds,
    log_bucket,
    redis,
    registry,
    relational,
    run,
    secret,
)

INSTANCE = "aws:rds/instance:Instance"
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
SUFFIX = "random:index/randomId:RandomId"
HIDDEN = {"secret": True}


@pytest.mark.parametrize(
    ("engine", "version", "family", "parameter", "port"),
    [
        ("mariadb", "11.8", "mariadb11.8", ("require_secure_transport", "1"), 3306),
        ("mariadb", "11.4.8", "mariadb11.4", ("require_secure_transport", "1"), 3306),
        ("postgres", "17", "postgres17", ("rds.force_ssl", "1"), 5432),
        ("postgres", "16.10", "postgres16", ("rds.force_ssl", "1"), 5432),
    ],
)
def test_each_engine_accepts_tls_only(
    engine: str, version: str, family: str, parameter: tuple[str, str], port: int
) -> None:
    recording = run(lambda: relational(engine=engine, version=version))
    (group,) = recording.of_type("aws:rds/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == family
    assert parameter in {(entry["name"], entry["value"]) for entry in group.inputs["parameters"]}
    assert recording.named("apim-mariadb-instance").inputs["port"] == port


def test_a_database_is_private_encrypted_and_backed_up() -> None:
    inputs = run(relational).of_type(INSTANCE)[0].inputs
    assert inputs["publiclyAccessible"] is False
    assert inputs["storageEncrypted"] is True
    assert inputs["backupRetentionPeriod"] == 7
    assert inputs["copyTagsToSnapshot"] is True
    assert inputs["storageType"] == "gp3"


def test_only_postgresql_has_extended_support_to_decline() -> None:
    assert "engineLifecycleSupport" not in run(relational).of_type(INSTANCE)[0].inputs
    postgres = run(lambda: relational(engine="postgres", version="17")).of_type(INSTANCE)[0]
    assert postgres.inputs["engineLifecycleSupport"] == "open-source-rds-extended-support-disabled"


def test_password_and_secret_are_secrets() -> None:
    def program() -> None:
        database = relational()
        pulumi.export("password", database.endpoint["password"])
        pulumi.export("host", database.endpoint["host"])

    recording = run(program)
    assert recording.of_type(INSTANCE)[0].inputs["password"] == HIDDEN
    (version,) = recording.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    assert version.inputs["secretString"] == HIDDEN
    assert recording.exports["password"] == HIDDEN
    assert recording.exports["host"] == recording.of_type(INSTANCE)[0].outputs["address"]


def test_logs_come_to_groups_made_before_the_instance() -> None:
    recording = run(relational)
    groups = {group.inputs["name"]: group.urn for group in recording.of_type(LOG_GROUP)}
    assert groups.keys() == {
        "/aws/rds/instance/apim-mariadb/error",
        "/aws/rds/instance/apim-mariadb/slowquery",
    }
    assert set(groups.values()) <= set(recording.of_type(INSTANCE)[0].dependencies)
    assert added(recording, run(lambda: relational(logs=False))) == {LOG_GROUP: -2}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"replicas": 1}, {INSTANCE: 1, LOG_GROUP: 2}),
        ({"replicas": 2}, {INSTANCE: 2, LOG_GROUP: 4}),
        ({"final_snapshot": False}, {SUFFIX: -1}),
        (
            {"monitoring_seconds": 60},
            {"aws:iam/role:Role": 1, "aws:iam/rolePolicyAttachment:RolePolicyAttachment": 1},
        ),
        ({"multi_zone": True}, {}),
        ({"performance_insights": True}, {}),
        ({"deletion_protection": True}, {}),
    ],
)
def test_each_option_of_a_database_adds_what_it_says(options: dict[str, Any], expected: dict[str, int]) -> None:
    assert added(run(relational), run(lambda: relational(**options))) == expected


def test_a_replica_takes_engine_and_credentials_from_its_source() -> None:
    def program() -> None:
        pulumi.export("reader", relational(replicas=1).endpoint.get("reader_host"))

    recording = run(program)
    replica, primary = recording.named("apim-mariadb-replica-1"), recording.named("apim-mariadb-instance")
    assert replica.inputs["replicateSourceDb"] == primary.outputs["identifier"]
    assert replica.inputs.keys() & {"engine", "username", "password", "allocatedStorage", "dbName"} == set()
    assert recording.exports["reader"] == replica.outputs["address"]


def test_deletion_protection_holds_in_aws_and_in_pulumi() -> None:
    recording = run(lambda: relational(deletion_protection=True, replicas=1))
    for instance in recording.of_type(INSTANCE):
        assert instance.protect
        assert instance.inputs["deletionProtection"] is True
    assert recording.of_type("aws:secretsmanager/secret:Secret")[0].protect
    assert recording.of_type("random:index/randomPassword:RandomPassword")[0].protect
    assert not any(resource.protect for resource in run(relational).graph.resources)


def test_a_restore_source_of_an_existing_database_is_ignored() -> None:
    stack = Stack()
    stack.run(relational)
    assert changes(stack.run(lambda: relational(restore={"snapshot": "apim-mariadb-final-1"}))) == {}


def test_a_store_key_reaches_storage_and_secret() -> None:
    recording = run(lambda: relational(key_arn=keys().stores_key_arn))
    key = recording.named("keys-stores").outputs["arn"]
    assert recording.of_type(INSTANCE)[0].inputs["kmsKeyId"] == key
    assert recording.of_type("aws:secretsmanager/secret:Secret")[0].inputs["kmsKeyId"] == key


def test_redis_takes_tls_and_a_password_only() -> None:
    inputs = run(redis).of_type(GROUP)[0].inputs
    assert inputs["transitEncryptionEnabled"] is True
    assert inputs["atRestEncryptionEnabled"] is True
    assert inputs["authToken"] == HIDDEN
    assert inputs["engine"] == "valkey"


@pytest.mark.parametrize(("replicas", "nodes", "failover"), [(0, 1, False), (1, 2, True), (3, 4, True)])
def test_replicas_of_redis_take_over_by_themselves(replicas: int, nodes: int, failover: bool) -> None:
    inputs = run(lambda: redis(replicas=replicas)).of_type(GROUP)[0].inputs
    assert inputs["numCacheClusters"] == nodes
    assert inputs["automaticFailoverEnabled"] is failover
    assert inputs["multiAzEnabled"] is failover


@pytest.mark.parametrize(("version", "family"), [("7.2", "valkey7"), ("8.1", "valkey8"), ("9.0", "valkey9")])
def test_redis_keeps_sessions_when_memory_is_full(version: str, family: str) -> None:
    (group,) = run(lambda: redis(version=version)).of_type("aws:elasticache/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == family
    assert group.inputs["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]


@pytest.mark.parametrize(
    ("options", "expected"), [({"logs": True}, {LOG_GROUP: 2}), ({"final_snapshot": False}, {SUFFIX: -1})]
)
def test_each_option_of_redis_adds_what_it_says(options: dict[str, Any], expected: dict[str, int]) -> None:
    assert added(run(redis), run(lambda: redis(**options))) == expected


def test_a_snapshot_given_to_existing_redis_is_ignored() -> None:
    stack = Stack()
    stack.run(redis)
    assert changes(stack.run(lambda: redis(restore_snapshot="apim-redis-final-1"))) == {}


def test_a_secret_is_named_by_the_provider_and_can_be_copied() -> None:
    recording = run(lambda: secret(replicas=[{"region": "eu-central-1"}], recovery_window_days=0))
    (resource,) = recording.of_type("aws:secretsmanager/secret:Secret")
    assert "name" not in resource.inputs
    assert resource.inputs["replicas"] == [{"region": "eu-central-1"}]
    assert resource.inputs["recoveryWindowInDays"] == 0


def test_a_log_bucket_is_private_versioned_and_reached_over_tls_only() -> None:
    recording = run(log_bucket)
    (block,) = recording.of_type("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert [value for value in block.inputs.values() if isinstance(value, bool)] == [True] * 4
    (policy,) = recording.of_type("aws:s3/bucketPolicy:BucketPolicy")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert block.urn in policy.dependencies


def test_a_log_bucket_is_encrypted_with_the_key_it_is_given() -> None:
    def default(recording: Any) -> dict[str, Any]:
        (encryption,) = recording.of_type(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        )
        return encryption.inputs["rules"][0]["applyServerSideEncryptionByDefault"]

    assert default(run(log_bucket)) == {"sseAlgorithm": "AES256"}
    with_key = run(lambda: log_bucket(key_arn=keys().logs_key_arn))
    assert default(with_key) == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": with_key.named("keys-logs").outputs["arn"],
    }


def test_old_logs_become_cheaper_and_are_forgotten() -> None:
    def rule(**options: Any) -> dict[str, Any]:
        recording = run(lambda: log_bucket(**options))
        return recording.of_type("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")[0].inputs["rules"][
            0
        ]

    assert rule(retention_days=90)["expiration"] == {"days": 90}
    assert rule()["transitions"] == [{"days": 30, "storageClass": "STANDARD_IA"}]
    assert "transitions" not in rule(infrequent_access_days=0)


def test_images_keep_their_tags_and_a_rollback_finds_them() -> None:
    recording = run(registry)
    repositories = recording.of_type("aws:ecr/repository:Repository")
    assert {repository.inputs["name"] for repository in repositories} == {"apim/gateway", "apim/portal"}
    assert {repository.inputs["imageTagMutability"] for repository in repositories} == {"IMMUTABLE"}
    assert all(repository.inputs["imageScanningConfiguration"]["scanOnPush"] for repository in repositories)
    policy = recording.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")[0]
    untagged, newest = json.loads(policy.inputs["policy"])["rules"]
    assert untagged["selection"]["tagStatus"] == "untagged"
    assert newest["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}


def test_each_key_is_rotated_and_has_an_alias() -> None:
    recording = run(keys)
    assert kinds(recording) == {"aws:kms/key:Key": 3, "aws:kms/alias:Alias": 3}
    assert all(key.inputs["enableKeyRotation"] for key in recording.of_type("aws:kms/key:Key"))


def test_a_key_is_open_to_the_services_of_its_purpose_only() -> None:
    recording = run(keys)
    statements = {
        name: {
            statement["Sid"] for statement in json.loads(recording.named(f"keys-{name}").inputs["policy"])["Statement"]
        }
        for name in ("cluster", "stores", "logs")
    }
    assert statements == {
        "cluster": {"AccountPolicies", "NodeDisks"},
        "stores": {"AccountPolicies"},
        "logs": {"AccountPolicies", "LogGroups"},
    }


@pytest.mark.parametrize(
    ("program", "path", "words"),
    [
        (lambda: relational(identifier="Apim"), "identifier", "lower-case"),
        (lambda: relational(identifier="a--b"), "identifier", "single hyphens"),
        (lambda: relational(identifier="a" * 60, replicas=1), "identifier", "at most 53"),
        (lambda: relational(engine="oracle-se2"), "engine", "mariadb, mysql, postgres"),
        (lambda: relational(subnet_ids=["subnet-1"]), "subnet_ids", "two zones"),
        (lambda: relational(backup_retention_days=36), "backup_retention_days", "0 to 35"),
        (lambda: relational(backup_retention_days=0, replicas=1), "replicas", "backup_retention_days"),
        (lambda: relational(restore={"snapshot": "a", "automated_backups": "b"}), "restore", "one source"),
        (lambda: redis(identifier="a" * 41), "identifier", "at most 40"),
        (lambda: redis(replicas=6), "replicas", "0 to 5"),
        (lambda: redis(replicas=0, multi_zone=True), "multi_zone", "1 or more"),
        (lambda: redis(subnet_ids=["subnet-1"]), "subnet_ids", "two or more"),
        (lambda: registry(repositories=["a", "a"]), "repositories", "once"),
        (lambda: registry(kept_images=0), "kept_images", "1 or more"),
    ],
)
def test_wrong_arguments_are_refused_with_path_and_fix(program: Any, path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(program)
    assert [problem["property_path"] for problem in error.value.errors or []] == [path]
    assert words in error.value.message
