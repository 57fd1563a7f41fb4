"""Wrong requests to RDS."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, KEY, OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC, Aws
from aws_cases.service_given import changed, named, role, without

VALUE = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"
PROVIDER = "CheckFailure"
NO_KEY = "KMSKeyNotAccessibleFault"
REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
SUBSCRIPTION = "aws:rds/eventSubscription:EventSubscription"
MISSING_KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
MISSING_ROLE = "arn:aws:iam::111122223333:role/missing"

SUBNETS = Step(
    tokens.DATABASE_SUBNET_GROUP, "subnets", {"name": "subnets", "subnetIds": ["${subnet.id}", "${second.id}"]}
)
NETWORK = (VPC, SUBNET, SECOND_SUBNET, SUBNETS)
DATABASE = Step(
    tokens.DATABASE,
    "database",
    {
        "identifier": "database",
        "engine": "mariadb",
        "engineVersion": "11.8",
        "instanceClass": "db.m7g.large",
        "allocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "dbSubnetGroupName": "${subnets.name}",
        "username": "apim",
        "password": "correct-horse-battery",
        "backupRetentionPeriod": 7,
        "skipFinalSnapshot": True,
    },
)
POSTGRES = changed(DATABASE, engine="postgres", engineVersion="17")
PARAMETERS = Step(tokens.DATABASE_PARAMETER_GROUP, "parameters", {"name": "parameters", "family": "mariadb11.8"})
OPTIONS = Step(
    tokens.DATABASE_OPTION_GROUP, "options", {"name": "options", "engineName": "mariadb", "majorEngineVersion": "11.8"}
)
REPLICA = Step(
    tokens.DATABASE,
    "replica",
    {
        "identifier": "replica",
        "replicateSourceDb": "${database.identifier}",
        "instanceClass": "db.m7g.large",
        "skipFinalSnapshot": True,
    },
)
MONITORING_ROLE = role("monitoring", "monitoring.rds.amazonaws.com")
SNAPSHOT = Step(
    tokens.DATABASE_SNAPSHOT,
    "snapshot",
    {"dbInstanceIdentifier": "${database.identifier}", "dbSnapshotIdentifier": "snapshot"},
)
COPY = Step(REPLICATION, "copy", {"sourceDbInstanceArn": "${database.arn}", "region": "eu-west-1"})
TOPIC = Step(tokens.TOPIC, "topic", {"name": "topic"})
EVENTS = Step(SUBSCRIPTION, "events", {"name": "events", "snsTopic": "${topic.arn}", "sourceType": "db-instance"})


def database(wrong: str, code: str, given: tuple[Step, ...] = NETWORK, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong instance."""
    return Case("RDS", wrong, changed(DATABASE, **inputs), code, given, moto=moto)


def updated(wrong: str, code: str = COMBINATION, given: tuple[Step, ...] = (*NETWORK, DATABASE), **inputs: Any) -> Case:
    """Make a case of a wrong update of an instance."""
    return Case("RDS", wrong, changed(DATABASE, **inputs), code, given, "update")


def deleted(wrong: str, code: str, step: Step, *given: Step) -> Case:
    """Make a case of a refused deletion."""
    return Case("RDS", wrong, step, code, given, "delete")


def moto_database(aws: Aws, **inputs: Any) -> None:
    """Make an instance in moto."""
    aws("rds").create_db_instance(
        **{
            "DBInstanceIdentifier": "database",
            "Engine": "postgres",
            "DBInstanceClass": "db.m7g.large",
            "AllocatedStorage": 100,
            "MasterUsername": "apim",
            "MasterUserPassword": "correct-horse-battery",
            **inputs,
        }
    )


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
REPLICAS = (
    Case(
        "RDS",
        "replica of an instance that does not exist",
        changed(REPLICA, replicateSourceDb="missing"),
        "DBInstanceNotFound",
        NETWORK,
    ),
    Case(
        "RDS",
        "replica of an instance without backups",
        REPLICA,
        "InvalidDBInstanceState",
        (*NETWORK, changed(DATABASE, backupRetentionPeriod=0)),
    ),
    Case(
        "RDS",
        "replica of an instance whose password is managed",
        REPLICA,
        VALUE,
        (*NETWORK, changed(DATABASE, password=None, manageMasterUserPassword=True)),
    ),
    Case(
        "RDS",
        "replica with a managed password",
        changed(REPLICA, manageMasterUserPassword=True),
        VALUE,
        (*NETWORK, DATABASE),
    ),
    Case("RDS", "replica with a user of its own", changed(REPLICA, username="reader"), PROVIDER, (*NETWORK, DATABASE)),
    Case("RDS", "replica with a database of its own", changed(REPLICA, dbName="copy"), PROVIDER, (*NETWORK, DATABASE)),
    Case(
        "RDS",
        "password of a PostgreSQL replica",
        changed(REPLICA, password="correct-horse-battery"),
        COMBINATION,
        (*NETWORK, POSTGRES),
    ),
    Case(
        "RDS",
        "encrypted replica across regions without a key",
        changed(REPLICA, replicateSourceDb="${database.arn}", region="eu-west-1"),
        NO_KEY,
        (*NETWORK, DATABASE),
    ),
    Case(
        "RDS",
        "backups replicated within one region",
        changed(COPY, region="eu-central-1"),
        COMBINATION,
        (*NETWORK, DATABASE),
    ),
    Case(
        "RDS",
        "backups replicated of an instance that does not exist",
        changed(COPY, sourceDbInstanceArn="arn:aws:rds:eu-central-1:111122223333:db:missing"),
        "DBInstanceNotFound",
        (),
    ),
    Case("RDS", "encrypted backups replicated without a key", COPY, NO_KEY, (*NETWORK, DATABASE)),
    Case(
        "RDS",
        "backups replicated of an instance without any",
        COPY,
        "InvalidDBInstanceState",
        (*NETWORK, changed(DATABASE, backupRetentionPeriod=0, storageEncrypted=False)),
    ),
    Case(
        "RDS",
        "backups replicated with a key of the source's region",
        changed(COPY, kmsKeyId="${key.arn}"),
        NO_KEY,
        (*NETWORK, KEY, DATABASE),
    ),
    Case(
        "RDS",
        "snapshot of an instance that does not exist",
        changed(SNAPSHOT, dbInstanceIdentifier="missing"),
        "DBInstanceNotFound",
        (),
    ),
    Case(
        "RDS",
        "snapshot of a name that is taken",
        SNAPSHOT,
        "DBSnapshotAlreadyExists",
        (*NETWORK, DATABASE, named(SNAPSHOT, "first")),
    ),
    Case(
        "RDS",
        "events to a topic that does not exist",
        changed(EVENTS, snsTopic="arn:aws:sns:eu-central-1:111122223333:missing"),
        "SNSTopicArnNotFound",
        (),
    ),
    Case(
        "RDS",
        "events of a category that RDS lacks",
        changed(EVENTS, eventCategories=["weather"]),
        "SubscriptionCategoryNotFound",
        (TOPIC,),
    ),
    Case(
        "RDS",
        "events of an instance that does not exist",
        changed(EVENTS, sourceIds=["missing"]),
        "SourceNotFound",
        (TOPIC,),
    ),
    Case(
        "RDS",
        "events of sources without their type",
        changed(without(EVENTS, "sourceType"), sourceIds=["database"]),
        COMBINATION,
        (TOPIC,),
    ),
    Case("RDS", "events of an unknown type of source", changed(EVENTS, sourceType="db-table"), VALUE, (TOPIC,)),
)
PLACES = (
    database(
        "subnet group that does not exist",
        "DBSubnetGroupNotFoundFault",
        dbSubnetGroupName="missing",
        moto=lambda aws: moto_database(aws, DBSubnetGroupName="missing"),
    ),
    database("zone beside Multi-AZ", COMBINATION, multiAz=True, availabilityZone="eu-central-1a"),
    database("zone of another region", VALUE, availabilityZone="eu-west-1a"),
    database("zone without a subnet of the group", "InvalidVPCNetworkStateFault", availabilityZone="eu-central-1c"),
    database("security group of a database that does not exist", VALUE, vpcSecurityGroupIds=["sg-0123456789abcdef0"]),
    database(
        "security group of another VPC than the subnet group",
        COMBINATION,
        (*NETWORK, OTHER_VPC, OTHER_GROUP),
        vpcSecurityGroupIds=["${stranger.id}"],
    ),
    database(
        "public instance in a VPC without an internet gateway", "InvalidVPCNetworkStateFault", publiclyAccessible=True
    ),
    Case(
        "RDS",
        "subnet group in one zone",
        changed(SUBNETS, subnetIds=["${subnet.id}"]),
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        (VPC, SUBNET),
    ),
    Case(
        "RDS",
        "subnet group of subnets that do not exist",
        changed(SUBNETS, subnetIds=["subnet-0123456789abcdef0"]),
        "InvalidSubnet",
        (),
    ),
    Case(
        "RDS",
        "subnet group across two VPCs",
        changed(SUBNETS, subnetIds=["${second.id}", "${elsewhere.id}"]),
        "InvalidSubnet",
        (VPC, SECOND_SUBNET, OTHER_VPC, OTHER_SUBNET),
    ),
    Case(
        "RDS",
        "subnet group of a name that is taken",
        SUBNETS,
        "DBSubnetGroupAlreadyExists",
        (VPC, SUBNET, SECOND_SUBNET, named(SUBNETS, "first")),
    ),
    Case("RDS", "subnet group named default", changed(SUBNETS, name="default"), VALUE, (VPC, SUBNET, SECOND_SUBNET)),
    Case("RDS", "subnet group in capitals", changed(SUBNETS, name="Subnets"), VALUE, (VPC, SUBNET, SECOND_SUBNET)),
    Case("RDS", "parameter group of a family that RDS lacks", changed(PARAMETERS, family="mariadb11.9"), VALUE, ()),
    Case(
        "RDS",
        "parameter group of a name that is taken",
        PARAMETERS,
        "DBParameterGroupAlreadyExists",
        (named(PARAMETERS, "first"),),
    ),
    Case(
        "RDS",
        "static parameter applied at once",
        changed(
            PARAMETERS,
            family="postgres17",
            parameters=[{"name": "max_connections", "value": "500", "applyMethod": "immediate"}],
        ),
        COMBINATION,
        (),
    ),
    Case(
        "RDS",
        "parameter given twice",
        changed(PARAMETERS, parameters=[{"name": "wait_timeout", "value": value} for value in ("1", "2")]),
        COMBINATION,
        (),
    ),
    Case(
        "RDS",
        "unknown way to apply a parameter",
        changed(PARAMETERS, parameters=[{"name": "wait_timeout", "value": "1", "applyMethod": "later"}]),
        VALUE,
        (),
    ),
    Case("RDS", "option group of an engine that RDS lacks", changed(OPTIONS, engineName="cassandra"), VALUE, ()),
    Case(
        "RDS", "option group of a version that RDS lacks", changed(OPTIONS, majorEngineVersion="9.9"), COMBINATION, ()
    ),
    deleted("deletion of a subnet group in use", "InvalidDBSubnetGroupStateFault", SUBNETS, *NETWORK, DATABASE),
    deleted(
        "deletion of a parameter group in use",
        "InvalidDBParameterGroupState",
        PARAMETERS,
        *NETWORK,
        PARAMETERS,
        changed(DATABASE, parameterGroupName="${parameters.name}"),
    ),
    deleted(
        "deletion of an option group in use",
        "InvalidOptionGroupStateFault",
        OPTIONS,
        *NETWORK,
        OPTIONS,
        changed(DATABASE, optionGroupName="${options.name}"),
    ),
    deleted(
        "deletion of a security group with a database",
        "DependencyViolation",
        GROUP,
        *NETWORK,
        GROUP,
        changed(DATABASE, vpcSecurityGroupIds=["${group.id}"]),
    ),
)

CASES = (*ENGINES, *STORAGE, *LOGIN, *LIFETIME, *REPLICAS, *PLACES)
