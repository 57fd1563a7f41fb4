"""Wrong requests to ElastiCache."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import KEY, OTHER_GROUP, OTHER_SUBNET, OTHER_VPC, SECOND_SUBNET, SUBNET, VPC, Aws
from aws_cases.service_given import changed, named, without

VALUE = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"
PROVIDER = "CheckFailure"

SUBNETS = Step(tokens.CACHE_SUBNET_GROUP, "subnets", {"name": "subnets", "subnetIds": ["${subnet.id}", "${second.id}"]})
NETWORK = (VPC, SUBNET, SECOND_SUBNET, SUBNETS)
CACHE = Step(
    tokens.CACHE,
    "cache",
    {
        "replicationGroupId": "cache",
        "description": "sessions",
        "engine": "valkey",
        "engineVersion": "8.1",
        "nodeType": "cache.m7g.large",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "transitEncryptionEnabled": True,
        "subnetGroupName": "${subnets.name}",
    },
)
PARAMETERS = Step(tokens.CACHE_PARAMETER_GROUP, "parameters", {"name": "parameters", "family": "valkey8"})
USER = Step(
    tokens.CACHE_USER,
    "user",
    {
        "userId": "gateway",
        "userName": "gateway",
        "engine": "valkey",
        "accessString": "on ~* +@all",
        "authenticationMode": {"type": "iam"},
    },
)
USERS = Step(
    tokens.CACHE_USER_GROUP, "users", {"userGroupId": "users", "engine": "valkey", "userIds": ["${user.userId}"]}
)
TOKEN = "a-token-of-thirty-two-characters"


def cache(wrong: str, code: str, given: tuple[Step, ...] = NETWORK, moto: Any = None, **inputs: Any) -> Case:
    """Make a case of a wrong replication group."""
    return Case("ElastiCache", wrong, changed(CACHE, **inputs), code, given, moto=moto)


def user(wrong: str, code: str = VALUE, given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong user."""
    return Case("ElastiCache", wrong, changed(USER, **inputs), code, given)


def moto_twice(aws: Aws) -> None:
    """Make one replication group twice in moto."""
    for _ in range(2):
        aws("elasticache").create_replication_group(ReplicationGroupId="cache", ReplicationGroupDescription="sessions")


def moto_user(aws: Aws) -> None:
    """Make a user with a short password in moto."""
    aws("elasticache").create_user(
        UserId="u", UserName="u", Engine="redis", AccessString="on ~* +@all", Passwords=["short"]
    )


GROUPS = (
    cache("failover with one node", COMBINATION, numCacheClusters=1, multiAzEnabled=False),
    cache("several zones without failover", COMBINATION, automaticFailoverEnabled=False),
    cache(
        "cluster mode without failover",
        COMBINATION,
        numCacheClusters=None,
        numNodeGroups=2,
        replicasPerNodeGroup=1,
        automaticFailoverEnabled=False,
        multiAzEnabled=False,
    ),
    cache("nodes counted in two ways", PROVIDER, numNodeGroups=2),
    cache("more nodes than a shard may have", VALUE, numCacheClusters=9),
    cache("more replicas than a shard may have", VALUE, numCacheClusters=None, numNodeGroups=1, replicasPerNodeGroup=9),
    cache("node type that does not exist", VALUE, nodeType="cache.huge"),
    cache("node type without its prefix", VALUE, nodeType="m7g.large"),
    cache("engine that a replication group cannot have", VALUE, engine="memcached", engineVersion="1.6.22"),
    cache("engine version with a patch level", VALUE, engineVersion="8.1.2"),
    cache("subnet group of a cache that does not exist", "CacheSubnetGroupNotFoundFault", subnetGroupName="missing"),
    cache("security group of a cache that does not exist", VALUE, securityGroupIds=["sg-0123456789abcdef0"]),
    cache(
        "security group of another VPC than the cache",
        COMBINATION,
        (*NETWORK, OTHER_VPC, OTHER_GROUP),
        securityGroupIds=["${stranger.id}"],
    ),
    cache(
        "parameter group of a cache that does not exist", "CacheParameterGroupNotFound", parameterGroupName="missing"
    ),
    cache(
        "parameter group of another family",
        COMBINATION,
        (*NETWORK, changed(PARAMETERS, family="redis7")),
        parameterGroupName="${parameters.name}",
    ),
    cache("default parameter group of another version", COMBINATION, parameterGroupName="default.valkey7"),
    cache("token without encryption in transit", COMBINATION, transitEncryptionEnabled=False, authToken=TOKEN),
    cache("token that is too short", VALUE, authToken="token"),
    cache("token with a forbidden character", VALUE, authToken=f"{TOKEN}@"),
    cache(
        "token beside user groups",
        PROVIDER,
        (*NETWORK, USER, USERS),
        authToken=TOKEN,
        userGroupIds=["${users.userGroupId}"],
    ),
    cache("user group that does not exist", "UserGroupNotFound", userGroupIds=["missing"]),
    cache(
        "user groups without encryption in transit",
        COMBINATION,
        (*NETWORK, USER, USERS),
        transitEncryptionEnabled=False,
        userGroupIds=["${users.userGroupId}"],
    ),
    cache(
        "mode of an encryption in transit that is off",
        COMBINATION,
        transitEncryptionEnabled=False,
        transitEncryptionMode="required",
    ),
    cache(
        "cache encrypted with a key that does not exist",
        VALUE,
        kmsKeyId="arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    ),
    cache(
        "key of an encryption at rest that is off",
        COMBINATION,
        (*NETWORK, KEY),
        atRestEncryptionEnabled=False,
        kmsKeyId="${key.arn}",
    ),
    cache("identifier of more than 40 characters", VALUE, replicationGroupId="c" * 41),
    cache("identifier that ends in a hyphen", VALUE, replicationGroupId="cache-"),
    cache(
        "replication group of a name that is taken",
        "ReplicationGroupAlreadyExists",
        (*NETWORK, named(CACHE, "first")),
        moto=moto_twice,
    ),
    cache("snapshots kept for longer than five weeks", VALUE, snapshotRetentionLimit=60),
    cache("snapshot during maintenance", VALUE, snapshotWindow="03:00-04:00", maintenanceWindow="sun:03:30-sun:04:30"),
    cache("preferred zone without a subnet", VALUE, preferredCacheClusterAzs=["eu-central-1a", "eu-central-1c"]),
    cache("fewer preferred zones than nodes", COMBINATION, preferredCacheClusterAzs=["eu-central-1a"]),
    cache("data tiering on nodes without disks", COMBINATION, dataTieringEnabled=True),
    cache("durability before Valkey 9", COMBINATION, durability="sync"),
    cache(
        "logs to a log group that does not exist",
        VALUE,
        logDeliveryConfigurations=[
            {"destination": "missing", "destinationType": "cloudwatch-logs", "logFormat": "json", "logType": "slow-log"}
        ],
    ),
    cache(
        "logs in an unknown format",
        VALUE,
        logDeliveryConfigurations=[
            {"destination": "logs", "destinationType": "cloudwatch-logs", "logFormat": "xml", "logType": "slow-log"}
        ],
    ),
    Case(
        "ElastiCache",
        "last replica removed under failover",
        changed(CACHE, numCacheClusters=1, multiAzEnabled=False),
        VALUE,
        (*NETWORK, CACHE),
        "update",
    ),
    Case(
        "ElastiCache",
        "downgrade of a cache",
        changed(CACHE, engineVersion="7.2"),
        COMBINATION,
        (*NETWORK, CACHE),
        "update",
    ),
    Case(
        "ElastiCache",
        "deletion of a subnet group with a cache",
        SUBNETS,
        "CacheSubnetGroupInUse",
        (*NETWORK, CACHE),
        "delete",
    ),
    Case(
        "ElastiCache",
        "deletion of a parameter group with a cache",
        PARAMETERS,
        "InvalidCacheParameterGroupState",
        (*NETWORK, PARAMETERS, changed(CACHE, parameterGroupName="${parameters.name}")),
        "delete",
    ),
)
OTHERS = (
    Case(
        "ElastiCache",
        "cache subnet group of subnets that do not exist",
        changed(SUBNETS, subnetIds=["subnet-0123456789abcdef0"]),
        "InvalidSubnet",
        (),
    ),
    Case(
        "ElastiCache",
        "cache subnet group across two VPCs",
        changed(SUBNETS, subnetIds=["${second.id}", "${elsewhere.id}"]),
        "InvalidSubnet",
        (VPC, SECOND_SUBNET, OTHER_VPC, OTHER_SUBNET),
    ),
    Case(
        "ElastiCache",
        "cache subnet group of a name that is taken",
        SUBNETS,
        "CacheSubnetGroupAlreadyExists",
        (VPC, SUBNET, SECOND_SUBNET, named(SUBNETS, "first")),
    ),
    Case(
        "ElastiCache",
        "parameter group of a family that ElastiCache lacks",
        changed(PARAMETERS, family="valkey12"),
        VALUE,
    ),
    Case(
        "ElastiCache",
        "cache parameter group of a name that is taken",
        PARAMETERS,
        "CacheParameterGroupAlreadyExists",
        (named(PARAMETERS, "first"),),
    ),
    Case(
        "ElastiCache",
        "cache parameter given twice",
        changed(PARAMETERS, parameters=[{"name": "timeout", "value": v} for v in ("1", "2")]),
        COMBINATION,
    ),
    user("user whose id and name differ under IAM", userName="other"),
    user("user without a way to authenticate", authenticationMode=None),
    user("user with two ways to authenticate", PROVIDER, noPasswordRequired=True),
    user("password of a user that is too short", authenticationMode={"type": "password", "passwords": ["short"]}),
    user("password user without a password", COMBINATION, authenticationMode={"type": "password"}),
    user(
        "password of a user under IAM",
        COMBINATION,
        authenticationMode={"type": "iam", "passwords": ["correct-horse-battery"]},
    ),
    user("access string without a switch", accessString="~* +@all"),
    user("access string with an unknown rule", accessString="on everything"),
    user("user of an unknown engine", engine="memcached"),
    user("user of an id that is taken", "UserAlreadyExists", (named(USER, "first"),)),
    Case(
        "ElastiCache", "user group with a user that does not exist", changed(USERS, userIds=["missing"]), "UserNotFound"
    ),
    Case(
        "ElastiCache",
        "Redis user group without a default user",
        changed(USERS, engine="redis"),
        "DefaultUserRequired",
        (changed(USER, engine="redis"),),
    ),
    Case(
        "ElastiCache",
        "user group with two users of one name",
        changed(USERS, userIds=["${user.userId}", "${twin.userId}"]),
        "DuplicateUserName",
        (
            changed(USER, authenticationMode={"type": "no-password-required"}),
            named(USER, "twin", userId="twin", authenticationMode={"type": "no-password-required"}),
        ),
    ),
    Case(
        "ElastiCache",
        "user group of an id that is taken",
        USERS,
        "UserGroupAlreadyExists",
        (USER, named(USERS, "first")),
    ),
    Case("ElastiCache", "deletion of a user in a group", USER, "InvalidUserState", (USER, USERS), "delete"),
    Case(
        "ElastiCache",
        "password of a user that is too short, in the old way",
        changed(without(USER, "authenticationMode"), passwords=["short"]),
        VALUE,
        moto=moto_user,
    ),
)

CASES = (*GROUPS, *OTHERS)
