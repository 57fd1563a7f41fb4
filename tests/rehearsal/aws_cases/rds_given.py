"""What cases of RDS start from."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import SECOND_SUBNET, SUBNET, VPC, Aws
from aws_cases.service_given import changed

VALUE = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"
PROVIDER = "CheckFailure"
NO_KEY = "KMSKeyNotAccessibleFault"
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
SNAPSHOT = Step(
    tokens.DATABASE_SNAPSHOT,
    "snapshot",
    {"dbInstanceIdentifier": "${database.identifier}", "dbSnapshotIdentifier": "snapshot"},
)


def database(wrong: str, code: str, given: tuple[Step, ...] = NETWORK, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong instance."""
    return Case("RDS", wrong, changed(DATABASE, **inputs), code, given, moto=moto)


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
