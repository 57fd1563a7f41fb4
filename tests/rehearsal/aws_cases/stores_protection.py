"""Wrong requests around the protection of stores: windows, insights, rotation of passwords and the functions that do it."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.elasticache import CACHE
from aws_cases.elasticache import NETWORK as CACHE_NETWORK
from aws_cases.given import GROUP, KEY, OTHER_GROUP, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC
from aws_cases.rds_given import COMBINATION, DATABASE, NETWORK, NO_KEY, PROVIDER, VALUE, database
from aws_cases.secretsmanager import INVALID, SECRET, rotation
from aws_cases.service_given import changed, named

REPOSITORY = "Serverless Application Repository"
BAD = "BadRequestException"
FUNCTION = "InvalidParameterValueException"
PUBLISHER = "arn:aws:serverlessrepo:us-east-1:297356227824:applications"
APPLICATION = "aws:serverlessrepository/cloudFormationStack:CloudFormationStack"
PARAMETERS = {
    "endpoint": "https://secretsmanager.eu-central-1.amazonaws.com",
    "functionName": "rotation",
    "vpcSubnetIds": "${subnet.id},${second.id}",
    "vpcSecurityGroupIds": "${group.id}",
}
STACK = Step(
    APPLICATION,
    "stack",
    {
        "name": "rotation",
        "applicationId": f"{PUBLISHER}/SecretsManagerRDSMariaDBRotationSingleUser",
        "semanticVersion": "1.1.618",
        "capabilities": ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
        "parameters": PARAMETERS,
    },
)
PLACE = (VPC, SUBNET, SECOND_SUBNET, GROUP)
SECOND_KEY = named(KEY, "newer")


def application(wrong: str, code: str = BAD, path: str = "", given: tuple[Step, ...] = PLACE, **inputs: Any) -> Case:
    """Make a case of a wrong stack of an application."""
    return Case(REPOSITORY, wrong, changed(STACK, **inputs), code, given, path=path)


def parameters(wrong: str, code: str, path: str, given: tuple[Step, ...] = PLACE, **values: Any) -> Case:
    """Make a case of a stack with wrong parameters; None leaves one out."""
    merged = {key: value for key, value in {**PARAMETERS, **values}.items() if value is not None}
    return application(wrong, code, path, given, parameters=merged)


def cache(wrong: str, code: str, path: str, **inputs: Any) -> Case:
    """Make a case of a wrong replication group."""
    return Case("ElastiCache", wrong, changed(CACHE, **inputs), code, CACHE_NETWORK, path=path)


def scheduled(wrong: str, code: str, path: str, **rules: Any) -> Case:
    """Make a case of a wrong rotation, whose function exists."""
    wanted = rotation(rotationLambdaArn="${stack.outputs.RotationLambdaARN}", rotationRules=rules)
    return Case("Secrets Manager", wrong, wanted, code, (*PLACE, STACK, SECRET), path=path)


WINDOWS = (
    database(
        "backup over midnight that meets maintenance",
        VALUE,
        backupWindow="23:30-00:30",
        maintenanceWindow="mon:00:00-mon:00:30",
    ),
    database("maintenance of twenty minutes", VALUE, maintenanceWindow="sun:03:00-sun:03:20"),
    cache("snapshot window of half an hour", VALUE, "snapshotWindow", snapshotWindow="03:00-03:30"),
    cache("maintenance window of half an hour", VALUE, "maintenanceWindow", maintenanceWindow="sun:03:00-sun:03:30"),
    cache(
        "snapshot while maintenance goes on over two days",
        VALUE,
        "snapshotWindow",
        snapshotWindow="00:30-01:30",
        maintenanceWindow="sun:23:30-mon:01:00",
    ),
    cache("snapshot window with a day", PROVIDER, "snapshotWindow", snapshotWindow="sun:03:00-sun:04:00"),
)

INSIGHTS = (
    database(
        "insights on a class too small for MariaDB",
        COMBINATION,
        instanceClass="db.t4g.small",
        performanceInsightsEnabled=True,
    ),
    database(
        "insights encrypted with a key of another region",
        NO_KEY,
        (*NETWORK, Step(tokens.KEY, "far", {"region": "eu-west-1"})),
        performanceInsightsEnabled=True,
        performanceInsightsKmsKeyId="${far.arn}",
    ),
    database("key of insights that are off", COMBINATION, (*NETWORK, KEY), performanceInsightsKmsKeyId="${key.arn}"),
    Case(
        "RDS",
        "another key for insights that have one",
        changed(DATABASE, performanceInsightsEnabled=True, performanceInsightsKmsKeyId="${newer.arn}"),
        COMBINATION,
        (
            *NETWORK,
            KEY,
            SECOND_KEY,
            changed(DATABASE, performanceInsightsEnabled=True, performanceInsightsKmsKeyId="${key.arn}"),
        ),
        "update",
        path="performanceInsightsKmsKeyId",
    ),
)

APPLICATIONS = (
    application("application by its name alone", path="applicationId", applicationId="SecretsManagerRotation"),
    application(
        "application that AWS does not publish",
        "NotFoundException",
        "applicationId",
        applicationId=f"{PUBLISHER}/SecretsManagerRDSCassandraRotationSingleUser",
    ),
    application(
        "application of AWS in another region",
        "NotFoundException",
        "applicationId",
        applicationId=PUBLISHER.replace("us-east-1", "eu-central-1") + "/SecretsManagerRDSMariaDBRotationSingleUser",
    ),
    application("version that is none", path="semanticVersion", semanticVersion="latest"),
    application("role without its capability", path="capabilities", capabilities=["CAPABILITY_RESOURCE_POLICY"]),
    application("permission without its capability", path="capabilities", capabilities=["CAPABILITY_NAMED_IAM"]),
    application("no capabilities at all", path="capabilities", capabilities=None),
    application(
        "capability that does not exist",
        path="capabilities[2]",
        capabilities=["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY", "CAPABILITY_LAMBDA"],
    ),
    application("stack name with an underscore", "ValidationError", "name", name="password_rotation"),
    application(
        "stack of a name that is taken",
        "AlreadyExistsException",
        "name",
        (*PLACE, named(STACK, "first", parameters={**PARAMETERS, "functionName": "first"})),
    ),
    parameters("no address of Secrets Manager", BAD, "parameters", endpoint=None),
    parameters("parameter that the application lacks", BAD, "parameters.lambdaName", lambdaName="rotation"),
    parameters(
        "function name of 65 characters", "ValidationException", "parameters.functionName", functionName="f" * 65
    ),
    parameters(
        "function of a name that is taken",
        "ResourceConflictException",
        "parameters.functionName",
        (*PLACE, named(STACK, "first", name="first")),
    ),
    parameters(
        "subnets without a security group", FUNCTION, "parameters.vpcSecurityGroupIds", vpcSecurityGroupIds=None
    ),
    parameters("security group without subnets", FUNCTION, "parameters.vpcSubnetIds", vpcSubnetIds=None),
    parameters(
        "subnet that does not exist", FUNCTION, "parameters.vpcSubnetIds", vpcSubnetIds="subnet-0123456789abcdef0"
    ),
    parameters(
        "security group that does not exist",
        FUNCTION,
        "parameters.vpcSecurityGroupIds",
        vpcSecurityGroupIds="sg-0123456789abcdef0",
    ),
    parameters(
        "one of two security groups that does not exist",
        FUNCTION,
        "parameters.vpcSecurityGroupIds",
        vpcSecurityGroupIds="${group.id},sg-0123456789abcdef0",
    ),
    parameters(
        "security group of another network",
        FUNCTION,
        "parameters.vpcSecurityGroupIds",
        (*PLACE, OTHER_VPC, OTHER_GROUP),
        vpcSecurityGroupIds="${stranger.id}",
    ),
    Case(
        REPOSITORY,
        "deletion of the security group of a function",
        GROUP,
        "DependencyViolation",
        (*PLACE, STACK),
        "delete",
    ),
)

ROTATIONS = (
    scheduled("rotation after 0 days", INVALID, "rotationRules.automaticallyAfterDays", automaticallyAfterDays=0),
    scheduled("rotation without days and schedule", PROVIDER, "rotationRules", duration="3h"),
    scheduled(
        "rotation every three hours", INVALID, "rotationRules.scheduleExpression", scheduleExpression="rate(3 hours)"
    ),
    scheduled("schedule that is none", INVALID, "rotationRules.scheduleExpression", scheduleExpression="monthly"),
    scheduled(
        "window of rotation in minutes", INVALID, "rotationRules.duration", automaticallyAfterDays=30, duration="90m"
    ),
)

CASES = (*WINDOWS, *INSIGHTS, *APPLICATIONS, *ROTATIONS)
