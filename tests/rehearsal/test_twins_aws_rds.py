"""RDS: clean requests pass, and their outputs are what programs read."""

import re

import pytest
from aws_cases.case import Scene, Step
from aws_cases.rds_given import DATABASE, NETWORK
from aws_cases.service_given import changed, role, without
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import RejectedError
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.rds.engines import families, full_version, is_offered, major_of
from apim_infra.rehearsal.twins.aws.rds.lifetime import DAY, DAYS, WEEK, daily, weekly

GROUP = Step(tokens.SECURITY_GROUP, "group", {"vpcId": "${vpc.id}", "name": "databases"})
PARAMETERS = Step(
    tokens.DATABASE_PARAMETER_GROUP,
    "parameters",
    {
        "name": "mariadb",
        "family": "mariadb11.8",
        "parameters": [
            {"name": "require_secure_transport", "value": "1"},
            {"name": "lower_case_table_names", "value": "1", "applyMethod": "pending-reboot"},
        ],
    },
)
KEY = Step(tokens.KEY, "key", {"description": "databases"})
MONITORING = role("monitoring", "monitoring.rds.amazonaws.com")
FULL = changed(
    DATABASE,
    multiAz=True,
    kmsKeyId="${key.arn}",
    parameterGroupName="${parameters.name}",
    vpcSecurityGroupIds=["${group.id}"],
    maxAllocatedStorage=500,
    backupWindow="02:00-02:45",
    maintenanceWindow="sun:03:00-sun:04:00",
    monitoringInterval=60,
    monitoringRoleArn="${monitoring.arn}",
    performanceInsightsEnabled=True,
    enabledCloudwatchLogsExports=["error", "slowquery"],
    deletionProtection=False,
    caCertIdentifier="rds-ca-rsa2048-g1",
)


def scene_of(*steps: Step) -> Scene:
    scene = Scene()
    for step in steps:
        assert scene.create(step).warnings == (), step.name
    return scene


def test_an_instance_answers_with_its_endpoint() -> None:
    scene = scene_of(*NETWORK, GROUP, KEY, PARAMETERS, MONITORING, FULL)
    made = scene.made["database"][1]
    outputs = made.outputs
    assert re.fullmatch(r"db-[A-Z0-9]{26}", made.id)
    assert outputs["resourceId"] == made.id
    assert outputs["arn"] == "arn:aws:rds:eu-central-1:111122223333:db:database"
    assert re.fullmatch(r"database\.c[0-9a-f]{11}\.eu-central-1\.rds\.amazonaws\.com", outputs["address"])
    assert outputs["endpoint"] == f"{outputs['address']}:3306"
    assert (outputs["port"], outputs["status"], outputs["engineVersion"]) == (3306, "available", "11.8")
    assert outputs["engineVersionActual"].startswith("11.8.")
    assert outputs["masterUserSecrets"] == []
    assert outputs["licenseModel"] == "general-public-license"
    assert {"password", "passwordWo"} <= made.secret_outputs


def test_instances_of_an_account_and_region_share_the_middle_of_their_names() -> None:
    scene = scene_of(*NETWORK, DATABASE, Step(tokens.DATABASE, "second", {**DATABASE.inputs, "identifier": "second"}))
    ends = {scene.look_up(name, "address").split(".", 1)[1] for name in ("database", "second")}
    assert len(ends) == 1


def test_a_managed_password_is_a_secret_that_can_be_named() -> None:
    scene = scene_of(*NETWORK, without(changed(DATABASE, manageMasterUserPassword=True), "password"))
    arn = scene.look_up("database", "masterUserSecrets.0.secretArn")
    assert ":secret:rds!db-" in arn
    policy = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}]}'
    scene.create(Step("aws:secretsmanager/secretPolicy:SecretPolicy", "policy", {"secretArn": arn, "policy": policy}))
    scene.delete("policy")
    scene.delete("database")
    assert scene.twin.world.find(tokens.SECRET, arn, "arn") is None


def test_a_replica_takes_after_its_source() -> None:
    replica = {
        "identifier": "replica",
        "replicateSourceDb": "${database.identifier}",
        "instanceClass": "db.m7g.large",
        "skipFinalSnapshot": True,
    }
    scene = scene_of(*NETWORK, DATABASE, Step(tokens.DATABASE, "replica", replica))
    for key in ("engine", "engineVersion", "port", "username", "allocatedStorage", "storageEncrypted"):
        assert scene.look_up("replica", key) == scene.look_up("database", key)


def test_backups_go_to_another_region_with_its_own_key() -> None:
    scene = scene_of(
        *NETWORK,
        DATABASE,
        Step(tokens.KEY, "far", {"region": "eu-west-1"}),
        Step(
            "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
            "copy",
            {"sourceDbInstanceArn": "${database.arn}", "kmsKeyId": "${far.arn}", "region": "eu-west-1"},
        ),
    )
    assert scene.made["copy"][1].id.startswith("arn:aws:rds:eu-west-1:111122223333:auto-backup:ab-")


def test_a_last_snapshot_stays_and_is_no_leftover() -> None:
    kept = changed(DATABASE, skipFinalSnapshot=False, finalSnapshotIdentifier="last")
    scene = scene_of(*NETWORK, kept)
    for name in reversed(list(scene.made)):
        scene.delete(name)
    assert scene.twin.leftovers() == ()
    again = scene_of(*NETWORK, kept)
    again.twin.world.restore(scene.twin.world.snapshot())
    for step in (*NETWORK, kept):
        again.create(step)
    with pytest.raises(RejectedError, match="already exists"):
        again.delete("database")


def test_groups_snapshots_and_events_pass() -> None:
    scene = scene_of(
        *NETWORK,
        DATABASE,
        Step(
            tokens.DATABASE_OPTION_GROUP,
            "options",
            {"name": "audit", "engineName": "mariadb", "majorEngineVersion": "11.8"},
        ),
        Step(
            tokens.DATABASE_SNAPSHOT,
            "snapshot",
            {"dbInstanceIdentifier": "database", "dbSnapshotIdentifier": "before-upgrade"},
        ),
        Step(tokens.TOPIC, "topic", {"name": "events"}),
        Step(
            "aws:rds/eventSubscription:EventSubscription",
            "events",
            {
                "name": "events",
                "snsTopic": "${topic.arn}",
                "sourceType": "db-instance",
                "sourceIds": ["${database.identifier}"],
                "eventCategories": ["failover", "low storage"],
            },
        ),
    )
    assert scene.look_up("snapshot", "dbSnapshotArn").endswith(":snapshot:before-upgrade")
    assert scene.look_up("snapshot", "engine") == "mariadb"
    assert scene.look_up("subnets", "vpcId") == scene.made["vpc"][1].id
    assert scene.look_up("events", "customerAwsId") == "111122223333"


def test_gp3_from_400_gib_takes_iops() -> None:
    scene_of(*NETWORK, changed(DATABASE, allocatedStorage=400, iops=12000, storageThroughput=500))


def test_passwords_never_show() -> None:
    scene = scene_of(*NETWORK)
    with pytest.raises(RejectedError) as refused:
        scene.create(changed(DATABASE, password="hunter/2"))
    assert "hunter/2" not in str(refused.value)
    assert all("hunter/2" not in f"{problem}" for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("engine", "version", "offered"),
    [
        ("mariadb", "11.8", True),
        ("mariadb", "11.8.9", True),
        ("mariadb", "10.5", False),
        ("mariadb", "11", False),
        ("postgres", "17", True),
        ("postgres", "17.11", True),
        ("postgres", "17.99", False),
        ("postgres", "9.6", False),
        ("oracle-se2", "19", False),
    ],
)
def test_versions_offered(engine: str, version: str, offered: bool) -> None:
    assert is_offered(engine, version) is offered


@pytest.mark.parametrize("family", families())
def test_every_family_has_a_version_that_runs(family: str) -> None:
    engine = family.rstrip("0123456789.")
    major = family.removeprefix(engine)
    assert major_of(engine, full_version(engine, major)) == major


@given(st.integers(0, DAY - 1), st.integers(30, DAY - 1))
def test_daily_windows_are_read_back(start: int, length: int) -> None:
    end = (start + length) % DAY
    assert daily(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}") == (start, length)


@given(st.integers(0, WEEK - 1), st.integers(30, DAY))
def test_weekly_windows_are_read_back(start: int, length: int) -> None:
    def written(minute: int) -> str:
        day, rest = divmod(minute % WEEK, DAY)
        return f"{DAYS[day]}:{rest // 60:02}:{rest % 60:02}"

    assert weekly(f"{written(start)}-{written(start + length)}") == (start, length)
