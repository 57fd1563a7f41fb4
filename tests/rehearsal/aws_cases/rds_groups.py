"""Wrong requests for replicas, copies and groups of RDS."""

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import GROUP, KEY, OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC
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
    SUBNETS,
    VALUE,
    database,
    deleted,
    moto_database,
)
from aws_cases.service_given import changed, named, without

REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
SUBSCRIPTION = "aws:rds/eventSubscription:EventSubscription"
POSTGRES = changed(DATABASE, engine="postgres", engineVersion="17")
COPY = Step(REPLICATION, "copy", {"sourceDbInstanceArn": "${database.arn}", "region": "eu-west-1"})
TOPIC = Step(tokens.TOPIC, "topic", {"name": "topic"})
EVENTS = Step(SUBSCRIPTION, "events", {"name": "events", "snsTopic": "${topic.arn}", "sourceType": "db-instance"})
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

CASES = (*REPLICAS, *PLACES)
