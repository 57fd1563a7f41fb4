"""Wrong requests for RDS instances."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, Aws
from aws_cases.rds_given import (
    COMBINATION,
    DATABASE,
    NETWORK,
    NO_KEY,
    OPTIONS,
    PARAMETERS,
    PROVIDER,
    REPLICA,
    SNAPSHOT,
    VALUE,
    database,
    deleted,
    moto_database,
)
from aws_cases.service_given import changed, named, role, without

MISSING_KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
MISSING_ROLE = "arn:aws:iam::111122223333:role/missing"


def updated(wrong: str, code: str = COMBINATION, given: tuple[Step, ...] = (*NETWORK, DATABASE), **inputs: Any) -> Case:
    """Make a case of a wrong update of an instance."""
    return Case("RDS", wrong, changed(DATABASE, **inputs), code, given, "update")


def moto_twice(aws: Aws) -> None:
    """Make one instance twice in moto."""
    moto_database(aws)
    moto_database(aws)


def moto_protected(aws: Aws) -> None:
    """Delete a protected instance in moto."""
    moto_database(aws, DeletionProtection=True)
    aws("rds").delete_db_instance(DBInstanceIdentifier="database", SkipFinalSnapshot=True)


ENGINES = (
    database(
        "engine that RDS lacks",
        VALUE,
        engine="cassandra",
        engineVersion="4.1",
        moto=lambda aws: moto_database(aws, Engine="cassandra"),
    ),
    database("engine version that RDS lacks", COMBINATION, engineVersion="11.9"),
    database("minor version that RDS no longer creates", COMBINATION, engine="postgres", engineVersion="17.1"),
    database("class that does not exist", VALUE, instanceClass="m7g.large"),
    database("class that the engine does not run on", COMBINATION, instanceClass="db.m7g.huge"),
    database(
        "parameter group that does not exist",
        "DBParameterGroupNotFound",
        parameterGroupName="missing",
        moto=lambda aws: moto_database(aws, DBParameterGroupName="missing"),
    ),
    database(
        "parameter group of another major version",
        COMBINATION,
        (*NETWORK, changed(PARAMETERS, family="mariadb11.4")),
        parameterGroupName="${parameters.name}",
    ),
    database("default parameter group of another engine", COMBINATION, parameterGroupName="default.postgres17"),
    database("option group that does not exist", "OptionGroupNotFoundFault", optionGroupName="missing"),
    database(
        "option group of another version",
        COMBINATION,
        (*NETWORK, changed(OPTIONS, majorEngineVersion="11.4")),
        optionGroupName="${options.name}",
    ),
    database("log type that the engine lacks", COMBINATION, enabledCloudwatchLogsExports=["postgresql"]),
    database("license of another engine", COMBINATION, licenseModel="license-included"),
    database(
        "Performance Insights on a class that is too small",
        COMBINATION,
        instanceClass="db.t4g.small",
        performanceInsightsEnabled=True,
    ),
    database("certificate authority that RDS lacks", "CertificateNotFound", caCertIdentifier="company-ca"),
)
STORAGE = (
    database("storage that is too small", VALUE, allocatedStorage=5),
    database("storage that is not given", PROVIDER, allocatedStorage=None),
    database("storage type that RDS lacks", VALUE, storageType="gp9"),
    database("IOPS on gp3 below 400 GiB", COMBINATION, iops=6000),
    database("throughput on gp3 below 400 GiB", COMBINATION, storageThroughput=500),
    database("IOPS on gp2", COMBINATION, storageType="gp2", iops=3000),
    database("io2 without IOPS", COMBINATION, storageType="io2"),
    database("more IOPS than the size allows", COMBINATION, storageType="io1", iops=20000),
    database("IOPS of gp3 below their least", COMBINATION, allocatedStorage=500, iops=4000),
    database("growth to less than the size", COMBINATION, maxAllocatedStorage=50),
    database("key without encryption", COMBINATION, (*NETWORK, KEY), storageEncrypted=False, kmsKeyId="${key.arn}"),
    database("key by id where the provider wants an ARN", PROVIDER, (*NETWORK, KEY), kmsKeyId="${key.keyId}"),
    database("storage encrypted with a key that does not exist", NO_KEY, kmsKeyId=MISSING_KEY),
    database(
        "storage encrypted with a key of another region",
        NO_KEY,
        (*NETWORK, Step(tokens.KEY, "far", {"region": "eu-west-1"})),
        kmsKeyId="${far.arn}",
    ),
    updated("storage made smaller", allocatedStorage=50),
)
LOGIN = (
    database("identifier with an underscore", VALUE, identifier="apim_database"),
    database("identifier with two hyphens in a row", VALUE, identifier="apim--database"),
    database("identifier that is too long", VALUE, identifier="d" * 64),
    database(
        "identifier that is taken", "DBInstanceAlreadyExists", (*NETWORK, named(DATABASE, "first")), moto=moto_twice
    ),
    database("user name that is not given", PROVIDER, username=None),
    database("user name that the engine reserves", VALUE, engine="postgres", engineVersion="17", username="admin"),
    database("user name with a hyphen", VALUE, username="apim-admin"),
    database("password that is too short", VALUE, password="secret"),
    database("password with a forbidden character", VALUE, password="correct/horse/battery"),
    database("password beside a managed one", PROVIDER, manageMasterUserPassword=True),
    database("no password at all", PROVIDER, password=None),
    database(
        "key for a password that is not managed", COMBINATION, (*NETWORK, KEY), masterUserSecretKmsKeyId="${key.arn}"
    ),
    database("database name with a hyphen", VALUE, dbName="apim-db"),
    database("port below those allowed", VALUE, port=22),
)
LIFETIME = (
    database("backups kept for longer than five weeks", VALUE, backupRetentionPeriod=60),
    database("backup window that is none", PROVIDER, backupWindow="at night"),
    database("maintenance window without a day", PROVIDER, maintenanceWindow="04:00-05:00"),
    database("backup during maintenance", VALUE, backupWindow="03:00-04:00", maintenanceWindow="sun:03:30-sun:04:30"),
    database("backup window of ten minutes", VALUE, backupWindow="03:00-03:10"),
    database("monitoring at an odd interval", VALUE, monitoringInterval=7),
    database(
        "monitoring without a role",
        COMBINATION,
        monitoringInterval=60,
        moto=lambda aws: moto_database(aws, MonitoringInterval=60),
    ),
    database("monitoring role that does not exist", VALUE, monitoringInterval=60, monitoringRoleArn=MISSING_ROLE),
    database(
        "monitoring role for another service",
        VALUE,
        (*NETWORK, role("monitoring", "ec2.amazonaws.com")),
        monitoringInterval=60,
        monitoringRoleArn="${monitoring.arn}",
    ),
    database("retention of insights that are off", COMBINATION, performanceInsightsRetentionPeriod=31),
    database(
        "retention of insights that RDS does not offer",
        VALUE,
        performanceInsightsEnabled=True,
        performanceInsightsRetentionPeriod=30,
    ),
    database(
        "advanced insights without their retention",
        COMBINATION,
        performanceInsightsEnabled=True,
        databaseInsightsMode="advanced",
    ),
    updated("major upgrade that is not allowed", given=(*NETWORK, changed(DATABASE, engineVersion="11.4"))),
    updated("downgrade of an engine", engineVersion="11.4", allowMajorVersionUpgrade=True),
    updated("backups switched off while replicas follow", given=(*NETWORK, DATABASE, REPLICA), backupRetentionPeriod=0),
    Case(
        "RDS",
        "deletion of a protected instance",
        DATABASE,
        COMBINATION,
        (*NETWORK, changed(DATABASE, deletionProtection=True)),
        "delete",
        moto=moto_protected,
    ),
    deleted(
        "deletion without a last snapshot", COMBINATION, DATABASE, *NETWORK, without(DATABASE, "skipFinalSnapshot")
    ),
    deleted(
        "last snapshot of a name that is taken",
        "DBSnapshotAlreadyExists",
        DATABASE,
        *NETWORK,
        changed(DATABASE, skipFinalSnapshot=False, finalSnapshotIdentifier="snapshot"),
        SNAPSHOT,
    ),
)

ABROAD = "arn:aws:rds:eu-west-1:111122223333:auto-backup:ab-0123456789abcdef01234567"
RESTORES: tuple[Case, ...] = (
    database(
        "restore from what are no automated backups",
        VALUE,
        restoreToPointInTime={"sourceDbInstanceAutomatedBackupsArn": "nonsense", "useLatestRestorableTime": True},
    ),
    database(
        "restore from backups of another region",
        "DBInstanceAutomatedBackupNotFound",
        restoreToPointInTime={"sourceDbInstanceAutomatedBackupsArn": ABROAD, "useLatestRestorableTime": True},
    ),
    database(
        "restore to a time and to the latest",
        COMBINATION,
        restoreToPointInTime={
            "sourceDbInstanceAutomatedBackupsArn": ABROAD.replace("eu-west-1", "eu-central-1"),
            "restoreTime": "2026-01-01T00:00:00Z",
            "useLatestRestorableTime": True,
        },
    ),
)

CASES = (*ENGINES, *STORAGE, *LOGIN, *LIFETIME, *RESTORES)
