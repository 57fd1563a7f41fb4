"""Backups and copies in the recovery region: what each option adds to a platform that runs, and that it takes nothing away."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from program_support import environment_of, of_type, production, record_stack

from apim_infra.platform.aws import deploy_aws
from apim_infra.platform.configuration import read_settings
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.state import Operation
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.program import to_program

pytestmark = pytest.mark.slow

REGION = "recovery.region=eu-central-1"
PLAN = {"daily-role", "daily-backups", "daily-buckets", "daily-plan", "daily-selection"}
VAULT = {"vault-vault", "vault-policy"}
COPIES = {"copies-vault", "copies-policy"}
TAGGED = {"mariadb-instance", "postgresql-instance", "gateway-postgresql-instance", "logs-bucket"}
"""What a plan is told by tags to back up, beside the volumes of pods, which carry their tags always."""
IMAGES = {"registry-copies-template", "registry-copies-rules"}
LOGS = {
    "recovery-keys-logs",
    *(
        f"logs-copy-{part}"
        for part in ("bucket", "private", "ownership", "versions", "encryption", "policy", "lifecycle")
    ),
    *(f"logs-replication-{part}" for part in ("role", "rights", "rules")),
}
SECRETS = {f"{store}-secret-secret" for store in ("mariadb", "postgresql", "gateway-postgresql", "redis")}


def lower_half() -> None:
    """Build what stands on AWS; nothing in the cluster depends on backups, its storage class apart."""
    settings = read_settings()
    deploy_aws(settings, Naming.of_stack(settings))


class Platform:
    """A running platform, its lower half, whose settings change."""

    def __init__(self, *first: str) -> None:
        self._worlds = packages()
        self.last = self._deploy(None, first)

    def change(self, *overrides: str) -> Mapping[str, set[str]]:
        """Deploy it with other settings; return the names of the custom resources that each operation was done to."""
        self.last = self._deploy(self.last, overrides)
        prefix = f"apim-{self.last.graph.stack}-"
        custom = {resource.urn for resource in self.last.graph.custom()}
        gone = {Operation.DELETE, Operation.REPLACE}
        done: dict[str, set[str]] = {}
        for step in self.last.steps:
            if step.operation is not Operation.SAME and (step.urn in custom or step.operation in gone):
                name = step.urn.rpartition("::")[2].removeprefix(prefix)
                if "apim:aws:" not in step.urn.rsplit("::", 2)[1].rpartition("$")[2]:
                    done.setdefault(str(step.operation), set()).add(name)
        return done

    def _deploy(self, before: Recording | None, overrides: Sequence[str]) -> Recording:
        values, secret_keys = to_program(environment_of("dev", *overrides).config)
        recording = record(
            lower_half, stack="dev", config=values, secret_keys=secret_keys, before=before, providers=self._worlds
        )
        assert recording.errors == []
        return recording


def test_a_plan_comes_to_a_running_platform_and_goes_again() -> None:
    platform = Platform()
    assert platform.change("backup.enabled=true") == {"create": VAULT | PLAN, "update": TAGGED}
    # A locked vault is no longer emptied when it is deleted.
    locked = platform.change("backup.enabled=true", "backup.vault_lock=governance")
    assert locked == {"create": {"vault-lock"}, "update": {"vault-vault"}}
    longer = platform.change("backup.enabled=true", "backup.vault_lock=governance", "backup.retention_days=60")
    assert longer == {"replace": {"vault-lock"}, "update": {"daily-plan"}}
    unlocked = platform.change("backup.enabled=true", "backup.retention_days=60")
    assert unlocked == {"delete": {"vault-lock"}, "update": {"vault-vault"}}
    assert platform.change() == {"delete": VAULT | PLAN, "update": TAGGED}


def test_each_copy_comes_to_a_running_platform_and_goes_again() -> None:
    platform = Platform(REGION)
    images, logs, secrets = (f"recovery.copies.{name}=true" for name in ("images", "logs", "secrets"))
    assert platform.change(REGION, images) == {"create": IMAGES}
    assert platform.change(REGION, images, logs) == {"create": LOGS}
    assert platform.change(REGION, images, logs, secrets) == {"update": SECRETS}
    assert platform.change(REGION) == {"delete": IMAGES | LOGS, "update": SECRETS}


def test_with_a_recovery_region_the_plan_copies_to_a_vault_there() -> None:
    platform = Platform("backup.enabled=true")
    done = platform.change("backup.enabled=true", REGION)
    assert done["update"] == {"daily-plan"}
    assert done["create"] == {
        "recovery-keys-stores", "backups-mariadb", "backups-postgresql", "backups-gateway_postgresql", *COPIES,
    }  # fmt: skip
    assert done.keys() == {"create", "update"}


def test_a_lock_of_production_can_be_made_final_in_place_of_the_other() -> None:
    compliance = record_stack("prd", "backup.vault_lock=compliance", "backup.lock_grace_days=30")
    assert compliance.errors == []
    locks = {r.name: r.inputs for r in of_type(compliance.graph, LOCK)}
    assert {name: inputs.get("changeableForDays") for name, inputs in locks.items()} == {
        "apim-prd-vault-lock": 30,
        "apim-prd-copies-lock": 30,
    }
    assert all("changeableForDays" not in r.inputs for r in of_type(production().graph, LOCK))


# -- production ------------------------------------------------------------------------------------------------------------------------------

LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"


@pytest.fixture(scope="module")
def graph() -> Graph:
    assert production().errors == []
    return production().graph


def named(graph: Graph, name: str) -> Resource:
    (resource,) = (resource for resource in graph.resources if resource.name == f"apim-prd-{name}")
    return resource


def test_both_vaults_of_production_are_locked_and_guarded_and_stay(graph: Graph) -> None:
    stays = {state.name for state in production().deployment.recorded.values() if state.retain_on_delete}
    for name, region in (("vault", "eu-central-1"), ("copies", "eu-west-1")):
        vault = named(graph, f"{name}-vault")
        assert f":backup:{region}:" in vault.outputs["arn"]
        assert f":kms:{region}:" in vault.inputs["kmsKeyArn"]
        assert vault.protect
        assert vault.inputs["forceDestroy"] is False
        assert named(graph, f"{name}-lock").inputs["minRetentionDays"] == 35
        assert {f"apim-prd-{name}-{part}" for part in ("vault", "policy")} <= stays


def test_the_plan_selects_what_its_stack_has_tagged_and_nothing_of_another_stack(graph: Graph) -> None:
    (selection,) = of_type(graph, "aws:backup/selection:Selection")
    (condition,) = selection.inputs["conditions"]
    wanted = {item["key"].removeprefix("aws:ResourceTag/"): item["value"] for item in condition["stringEquals"]}
    assert wanted == {"apim:stack": "prd", "apim:backup": "daily"}

    def selected(tags: Any) -> bool:
        return isinstance(tags, Mapping) and wanted.items() <= tags.items()

    chosen = {resource.name for resource in graph.custom() if selected(resource.inputs.get("tags"))}
    assert {f"apim-prd-{name}" for name in TAGGED} <= chosen
    # A read replica holds what its primary holds, and a copy what was copied.
    assert not {name for name in chosen if "replica" in name or "copy" in name}
    (class_,) = of_type(graph, "kubernetes:storage.k8s.io/v1:StorageClass")
    parameters = class_.inputs["parameters"]
    tags = dict(parameters[key].split("=", 1) for key in parameters if key.startswith("tagSpecification_"))
    assert selected(tags)


def test_the_secrets_of_production_are_copied_under_a_key_of_the_other_region(graph: Graph) -> None:
    secrets = [
        s for s in of_type(graph, "aws:secretsmanager/secret:Secret") if s.name.removeprefix("apim-prd-") in SECRETS
    ]
    assert len(secrets) == len(SECRETS)
    key = named(graph, "recovery-keys-stores").outputs["arn"]
    assert ":kms:eu-west-1:" in key
    assert [secret.inputs["replicas"] for secret in secrets] == [[{"region": "eu-west-1", "kmsKeyId": key}]] * len(
        secrets
    )


def test_nothing_is_copied_before_it_can_be_read_there(graph: Graph) -> None:
    """The rules of replication wait for the versions of both buckets, and the copies for the keys of their region."""
    rules = named(graph, "logs-replication-rules")
    assert {named(graph, f"{name}-versions").urn for name in ("logs", "logs-copy")} <= set(rules.dependencies)
    assert ":kms:eu-west-1:" in json.dumps(rules.inputs["rules"])


def test_the_exports_say_where_everything_is(graph: Graph) -> None:
    assert set(graph.exports["backup_vaults"]) == {"eu-central-1", "eu-west-1"}
    assert graph.exports["image_copies"].endswith(".dkr.ecr.eu-west-1.amazonaws.com/apim-prd")
    assert graph.exports["log_bucket_copy"] == named(graph, "logs-copy-bucket").outputs["bucket"]


def test_whoever_hears_of_alarms_hears_of_backups_that_fail() -> None:
    options = ("backup.enabled=true", REGION)
    platform = Platform(*options)
    channel = 'observability.alerts={"cloud_alarms":true,"email":["on-call@example.com"]}'
    done = platform.change(*options, channel)
    assert "vault-notifications" in done["create"]
    assert {name for name in done["create"] if not name.startswith("alarms-")} == {"vault-notifications"}
    (notifications,) = of_type(platform.last.graph, "aws:backup/vaultNotifications:VaultNotifications")
    (topic,) = [t for t in of_type(platform.last.graph, "aws:sns/topic:Topic") if t.name.endswith("alarms-topic")]
    assert notifications.inputs["snsTopicArn"] == topic.outputs["arn"]
    assert any(urn.endswith("alarms-topic-policy") for urn in notifications.dependencies)
    assert [finding.rule for finding in platform.last.findings if finding.urn == notifications.urn] == []
