"""Vaults, plans and copies in another region: what each option adds, and what is refused."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from components_aws_samples import (
    RECOVERY_REGION,
    REGION,
    Stack,
    added,
    backup_plan,
    backup_vault,
    bucket_replication,
    changes,
    keys,
    kinds,
    log_bucket,
    recovery_keys,
    redis,
    registry_replication,
    relational,
    run,
    state_bucket,
)

from components.aws.backup import RecoveryKeys
from components.aws.backup_plan import BackupPlan
from components.aws.backup_vault import BackupVault
from components.aws.storage import LogBucket
from components.kubernetes.storage_class import encrypted_gp3

VAULT = "aws:backup/vault:Vault"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
SECRET = "aws:secretsmanager/secret:Secret"


def retained(program: Any) -> set[str]:
    """Return the names of what outlives its stack."""
    return {state.name for state in run(program).deployment.recorded.values() if state.retain_on_delete}


# -- vaults ----------------------------------------------------------------------------------------------------------------------------------


def test_nobody_deletes_what_is_in_a_vault_but_the_service_itself() -> None:
    (policy,) = run(backup_vault).of_type("aws:backup/vaultPolicy:VaultPolicy")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"} <= set(statement["Action"])
    assert statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"].endswith(
        ":role/aws-service-role/backup.amazonaws.com/*"
    )
    assert statement["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ("none", None),
        ("governance", {"minRetentionDays": 35}),
        ("compliance", {"minRetentionDays": 35, "changeableForDays": 9}),
    ],
)
def test_a_lock_is_added_alone_and_days_of_grace_make_it_final(lock: str, expected: dict[str, int] | None) -> None:
    plain = run(backup_vault)
    locked = run(lambda: backup_vault(lock=lock, lock_grace_days=9, minimum_retention_days=35))
    assert added(plain, locked) == ({} if expected is None else {LOCK: 1})
    found = [resource.inputs for resource in locked.of_type(LOCK)]
    expected_inputs = (
        [] if expected is None else [{**expected, "backupVaultName": plain.of_type(VAULT)[0].outputs["name"]}]
    )
    assert [{k: v for k, v in inputs.items() if k != "region"} for inputs in found] == expected_inputs


def test_another_lock_takes_the_place_of_the_old_one_which_goes_first() -> None:
    """Made first, the new one would be taken along by the deletion of the old one: a vault has one lock."""
    stack = Stack()
    stack.run(lambda: backup_vault(lock="governance", minimum_retention_days=7))
    after = stack.run(lambda: backup_vault(lock="governance", minimum_retention_days=14))
    order = [str(step.operation) for step in after.steps if step.urn.endswith("::vault-lock")]
    assert order == ["replace"]  # one that is made first is followed by a deletion
    assert changes(after) == {"vault-lock": "replace"}


def test_a_vault_hears_of_failures_only_when_somebody_listens() -> None:
    def with_topic() -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "backup.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": "*",
                }
            ],
        }
        topic = aws.sns.Topic("operations", policy=json.dumps(policy))
        backup_vault(topic_arn=topic.arn)

    heard = run(with_topic)
    assert added(run(backup_vault), heard) == {
        "aws:backup/vaultNotifications:VaultNotifications": 1,
        "aws:sns/topic:Topic": 1,
    }
    (notifications,) = heard.of_type("aws:backup/vaultNotifications:VaultNotifications")
    assert all(event.endswith(("FAILED", "EXPIRED")) for event in notifications.inputs["backupVaultEvents"])


def test_what_is_to_be_kept_outlives_the_stack_with_its_protection() -> None:
    """A lock is not kept: a grace that is used must not end with a lock that nobody can take off."""
    locked = {"lock": "governance", "keep": True}
    assert retained(lambda: backup_vault(**locked)) == {"vault-vault", "vault-policy"}
    assert retained(lambda: backup_vault(lock="governance")) == set()
    assert retained(lambda: recovery_keys(keep=True)) == {"recovery-stores", "recovery-logs"}
    kept = retained(lambda: LogBucket("copy", {"region": RECOVERY_REGION, "keep": True}))
    assert kept == {
        "copy-bucket", "copy-private", "copy-ownership", "copy-versions", "copy-encryption", "copy-policy", "copy-lifecycle",
    }  # fmt: skip


# -- plans -----------------------------------------------------------------------------------------------------------------------------------


def test_a_plan_selects_by_all_its_tags_and_by_types_that_need_no_opt_in() -> None:
    (selection,) = run(backup_plan).of_type(SELECTION)
    (condition,) = selection.inputs["conditions"]
    assert condition["stringEquals"] == [
        {"key": "aws:ResourceTag/apim:stack", "value": "test"},
        {"key": "aws:ResourceTag/apim:backup", "value": "daily"},
    ]
    assert "selectionTags" not in selection.inputs
    assert "*" not in selection.inputs["resources"]


def test_a_plan_keeps_what_it_backs_up_and_begins_when_databases_can() -> None:
    (plan,) = run(backup_plan).of_type(PLAN)
    (rule,) = plan.inputs["rules"]
    assert rule["lifecycle"] == {"deleteAfter": 35}
    assert rule["schedule"] == "cron(0 5 ? * * *)"
    assert "copyActions" not in rule
    assert "enableContinuousBackup" not in rule
    rights = {
        a.inputs["policyArn"] for a in run(backup_plan).of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert rights == {
        "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
        "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
    }


def test_copies_go_to_the_other_vault_with_a_life_of_their_own() -> None:
    def copied() -> None:
        key = recovery_keys().key_arns["stores"]
        far = BackupVault("far", {"region": RECOVERY_REGION, "key_arn": key, "account_id": "111122223333"})
        vault = BackupVault("near", {"key_arn": "alias/aws/backup", "account_id": "111122223333"})
        BackupPlan(
            "copied",
            {
                "vault_name": vault.name,
                "account_id": "111122223333",
                "selected_by": {"apim:backup": "daily"},
                "copy_vault_arn": far.arn,
                "copy_retention_days": 90,
            },
        )

    recording = run(copied)
    (rule,) = recording.of_type(PLAN)[0].inputs["rules"]
    (copy,) = rule["copyActions"]
    far = recording.named("far-vault")
    assert copy == {"destinationVaultArn": far.outputs["arn"], "lifecycle": {"deleteAfter": 90}}
    assert f":{RECOVERY_REGION}:" in far.outputs["arn"]
    assert f":{RECOVERY_REGION}:" in far.inputs["kmsKeyArn"]


# -- buckets, images, secrets ----------------------------------------------------------------------------------------------------------------


def test_objects_are_copied_under_the_key_of_their_new_region_by_a_role_that_may_do_just_that() -> None:
    def program() -> None:
        primary = keys(multi_region=True)
        copies = RecoveryKeys(
            "far", {"recovery_region": RECOVERY_REGION, "primary_key_arns": {"logs": primary.logs_key_arn}}
        )
        bucket_replication(key_arn=primary.logs_key_arn, copy_key_arn=copies.key_arns["logs"])

    recording = run(program)
    (configuration,) = recording.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    (rule,) = configuration.inputs["rules"]
    key = recording.named("far-logs").outputs["arn"]
    assert rule["destination"]["encryptionConfiguration"] == {"replicaKmsKeyId": key}
    assert rule["deleteMarkerReplication"] == {"status": "Disabled"}
    (policy,) = recording.of_type("aws:iam/rolePolicy:RolePolicy")
    statements = {tuple(s["Action"]): s for s in json.loads(policy.inputs["policy"])["Statement"]}
    assert all("*" not in action for actions in statements for action in actions)
    assert statements[("kms:Encrypt",)]["Resource"] == key
    assert statements[("kms:Encrypt",)]["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{RECOVERY_REGION}.amazonaws.com"}
    }
    assert statements[("kms:Decrypt",)]["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    }
    waits_for = set(configuration.dependencies)
    versions = {r.urn for r in recording.of_type("aws:s3/bucketVersioning:BucketVersioning")}
    assert len(versions) == 2
    assert versions <= waits_for


def test_replication_without_keys_names_none() -> None:
    recording = run(bucket_replication)
    (rule,) = recording.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig")[0].inputs["rules"]
    assert "sourceSelectionCriteria" not in rule
    assert "encryptionConfiguration" not in rule["destination"]
    (policy,) = recording.of_type("aws:iam/rolePolicy:RolePolicy")
    assert "kms:" not in policy.inputs["policy"]


def test_only_the_platform_s_images_are_copied_and_their_tags_cannot_be_moved_there_either() -> None:
    recording = run(registry_replication)
    (configuration,) = recording.of_type("aws:ecr/replicationConfiguration:ReplicationConfiguration")
    (rule,) = configuration.inputs["replicationConfiguration"]["rules"]
    assert rule["repositoryFilters"] == [{"filter": "apim/", "filterType": "PREFIX_MATCH"}]
    assert [end["region"] for end in rule["destinations"]] == [RECOVERY_REGION]
    (template,) = recording.of_type("aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate")
    assert (template.inputs["region"], template.inputs["imageTagMutability"]) == (RECOVERY_REGION, "IMMUTABLE")
    assert template.urn in configuration.dependencies


@pytest.mark.parametrize("store", [relational, redis])
def test_a_store_s_secret_is_copied_in_place(store: Any) -> None:
    """Copies come and go without a new secret."""
    stack = Stack()
    plain = stack.run(store)
    copied = stack.run(lambda: store(secret_replicas=[{"region": RECOVERY_REGION}]))
    again = stack.run(store)
    assert [s.inputs.get("replicas") for s in copied.of_type(SECRET)] == [[{"region": RECOVERY_REGION}]]
    names = {secret.name for secret in plain.of_type(SECRET)}
    assert {k: v for k, v in changes(copied).items() if k in names} == dict.fromkeys(names, "update")
    assert set(changes(copied)) == set(changes(again)) == names


def test_a_plan_s_tags_are_on_the_primary_alone() -> None:
    recording = run(lambda: relational(replicas=1, backup_tags={"apim:backup": "daily"}))
    tagged = [r.name for r in recording.of_type("aws:rds/instance:Instance") if "apim:backup" in r.inputs["tags"]]
    assert tagged == ["apim-mariadb-instance"]


def test_volumes_carry_the_tags_of_their_class() -> None:
    recording = run(lambda: pulumi.export("class", encrypted_gp3(None, {"apim:stack": "prd", "apim:backup": "daily"})))
    assert recording.exports["class"] == {
        "type": "gp3",
        "encrypted": "true",
        "csi.storage.k8s.io/fstype": "ext4",
        "tagSpecification_1": "apim:stack=prd",
        "tagSpecification_2": "apim:backup=daily",
    }


# -- the state of Pulumi ---------------------------------------------------------------------------------------------------------------------


def test_the_state_is_locked_versioned_encrypted_and_copied_with_everything_that_guards_it() -> None:
    recording = run(state_bucket)
    both = {"state-bucket": REGION, "state-copy": RECOVERY_REGION}
    for name, region in both.items():
        bucket = recording.named(name)
        assert (bucket.inputs["region"], bucket.inputs["objectLockEnabled"]) == (region, True)
        assert bucket.protect
        lock = recording.named(f"{name}-lock").inputs["rule"]["defaultRetention"]
        assert lock == {"mode": "GOVERNANCE", "days": 30}
        sids = [s["Sid"] for s in json.loads(recording.named(f"{name}-policy").inputs["policy"])["Statement"]]
        assert sids == ["TlsOnly", "NobodyBypassesTheLock"]
    (key,), (replica,) = recording.of_type("aws:kms/key:Key"), recording.of_type("aws:kms/replicaKey:ReplicaKey")
    assert key.inputs["multiRegion"] is True
    assert replica.inputs["primaryKeyArn"] == key.outputs["arn"]
    aliases = recording.of_type("aws:kms/alias:Alias")
    assert {(alias.inputs["name"], alias.inputs["region"]) for alias in aliases} == {
        ("alias/state", REGION),
        ("alias/state", RECOVERY_REGION),
    }
    (rule,) = recording.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig")[0].inputs["rules"]
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}
    assert "s3:GetObjectRetention" in recording.of_type("aws:iam/rolePolicy:RolePolicy")[0].inputs["policy"]


def test_who_runs_pulumi_may_not_touch_the_history() -> None:
    (policy,) = run(state_bucket).of_type("aws:iam/policy:Policy")
    actions = {action for s in json.loads(policy.inputs["policy"])["Statement"] for action in s["Action"]}
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:Decrypt"} <= actions
    assert not {action for action in actions if "Version" in action or "*" in action or "Bypass" in action}


def test_without_a_lock_there_is_none_and_nothing_reads_it() -> None:
    before, after = run(state_bucket), run(lambda: state_bucket(lock_days=0))
    assert added(before, after) == {"aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": -2}
    assert "GetObjectRetention" not in after.of_type("aws:iam/rolePolicy:RolePolicy")[0].inputs["policy"]


def test_a_bucket_in_another_region_has_all_its_settings_there() -> None:
    recording = run(lambda: LogBucket("copy", {"region": RECOVERY_REGION}))
    assert set(kinds(recording)) == set(kinds(run(log_bucket)))
    assert {r.inputs["region"] for r in recording.graph.custom() if r.type.startswith("aws:s3/")} == {RECOVERY_REGION}


@pytest.mark.parametrize(
    ("program", "path", "words"),
    [
        (lambda: backup_vault(lock="forever"), "lock", "none, governance, compliance"),
        (lambda: backup_vault(lock="compliance", lock_grace_days=2), "lock_grace_days", "3 or more"),
        (lambda: backup_vault(minimum_retention_days=0), "minimum_retention_days", "1 or more"),
        (
            lambda: backup_vault(minimum_retention_days=30, maximum_retention_days=7),
            "maximum_retention_days",
            "30 or more",
        ),
        (lambda: backup_plan(retention_days=0), "retention_days", "1 to 36500"),
        (lambda: backup_plan(copy_retention_days=36501), "copy_retention_days", "1 to 36500"),
        (lambda: backup_plan(start_window_minutes=30), "start_window_minutes", "60 or more"),
        (
            lambda: backup_plan(start_window_minutes=60, completion_window_minutes=119),
            "completion_window_minutes",
            "120 or more",
        ),
        (lambda: backup_plan(selected_by={}), "selected_by", "everything of the account"),
        (lambda: bucket_replication(key_arn="arn:aws:kms:::key/a"), "copy_key_arn", "both sides"),
        (lambda: state_bucket(copy_region=REGION), "copy_region", "another one"),
        (lambda: state_bucket(lock_days=-1), "lock_days", "0 or more"),
        (lambda: state_bucket(lock_days=90, version_days=30), "version_days", "90 or more"),
    ],
)
def test_wrong_arguments_are_refused_with_path_and_fix(program: Any, path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(program)
    assert [problem["property_path"] for problem in error.value.errors or []] == [path]
    assert words in error.value.message
