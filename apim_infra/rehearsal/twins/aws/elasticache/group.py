"""The row of replication groups."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elasticache import engines, topology
from apim_infra.rehearsal.twins.aws.elasticache.engines import COMBINATION, SOURCE, VALUE, engine_of, version_of
from apim_infra.rehearsal.twins.aws.rds.lifetime import windows
from apim_infra.rehearsal.twins.aws.service_rules import kms_key, located
from apim_infra.rehearsal.twins.aws.table import Name, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.templates import ALPHABETS, text_of

DESTINATIONS = {"cloudwatch-logs": tokens.LOG_GROUP, "kinesis-firehose": tokens.DELIVERY_STREAM}


def _hyphens(context: Context) -> Iterator[Problem]:
    name = str(context.value("replicationGroupId") or "")
    if "--" in name or name.endswith("-"):
        message = (
            f"The parameter ReplicationGroupIdentifier {name} is not a valid identifier: it must not end with a hyphen "
            "or contain two consecutive hyphens"
        )
        yield context.problem(VALUE, message, "replicationGroupId")


def _transit(context: Context) -> Iterator[Problem]:
    """Check what needs encryption in transit. Tokens are never shown."""
    encrypted = context.value("transitEncryptionEnabled", False)
    token = next((key for key in ("authToken", "authTokenWo") if context.value(key) is not None), None)
    if token and not encrypted:
        message = "The AUTH token is only allowed when encryption-in-transit is enabled."
        yield context.problem(COMBINATION, message, token, "Set transitEncryptionEnabled.")
    if token and context.value("userGroupIds"):
        message = "Conflicting configuration arguments: 'authToken' conflicts with 'userGroupIds'"
        yield context.problem("CheckFailure", message, "userGroupIds", "Leave one of them out.", "AWS provider")
    if context.value("userGroupIds") and not encrypted:
        message = (
            "User group based access control requires encryption-in-transit to be enabled on the replication group."
        )
        yield context.problem(COMBINATION, message, "userGroupIds", "Set transitEncryptionEnabled.")
    if context.value("transitEncryptionMode") is not None and not encrypted:
        message = "TransitEncryptionMode can only be set when TransitEncryptionEnabled is true"
        yield context.problem(COMBINATION, message, "transitEncryptionMode", "Set transitEncryptionEnabled.")
    if len(context.get("userGroupIds[*]")) > 1:
        message = "A replication group takes one user group"
        yield context.problem(VALUE, message, "userGroupIds", "Give one.", "own knowledge")


def _token(context: Context) -> Iterator[Problem]:
    rules = facts("elasticache")["auth_token"]
    low, high = rules["length"]
    allowed = re.compile(rf"[A-Za-z0-9{re.escape(rules['special'])}]+")
    for key in ("authToken", "authTokenWo"):
        token = context.value(key)
        if token is not None and (not low <= len(str(token)) <= high or not allowed.fullmatch(str(token))):
            message = f"Invalid AuthToken provided: {low} to {high} printable characters, of the special ones only {rules['special']}"
            yield context.problem(VALUE, message, key, "Choose another token.", rules["source"])


def _rest(context: Context) -> Iterator[Problem]:
    """Check encryption at rest."""
    default = engine_of(context) == "valkey"
    if context.value("kmsKeyId") is not None and not context.value("atRestEncryptionEnabled", default):
        message = "KmsKeyId can only be given when AtRestEncryptionEnabled is true"
        yield context.problem(COMBINATION, message, "kmsKeyId", "Set atRestEncryptionEnabled.")


def _users(context: Context) -> Iterator[Problem]:
    for place, name in located(context, "userGroupIds[*]"):
        group = context.find(tokens.CACHE_USER_GROUP, name, "userGroupId")
        if group and str(group["engine"]).lower() == "valkey" and engine_of(context) == "redis":
            message = f"The user group {name} of engine valkey cannot be used with engine redis"
            yield context.problem(COMBINATION, message, place, "Use a group of engine redis.", "own knowledge")


def _logs(context: Context) -> Iterator[Problem]:
    for place, configuration in located(context, "logDeliveryConfigurations[*]"):
        token = DESTINATIONS.get(configuration.get("destinationType"))
        name = configuration.get("destination")
        if token and context.find(token, name, "name") is None:
            message = f"The log delivery destination {name} does not exist"
            yield context.problem(VALUE, message, f"{place}.destination", "Create it first.")


def _snapshots(context: Context) -> Iterator[Problem]:
    # An hour, twice as long as with RDS (public deployment logs; ElastiCache user guide, backup window).
    yield from windows(context, "snapshotWindow", "maintenanceWindow", shortest=60, backups="snapshot")
    family = str(context.value("nodeType", "")).split(".")[1:2]
    tables = facts("elasticache")
    if context.value("dataTieringEnabled") and family and family[0] not in tables["data_tiering_families"]:
        message = f"Data tiering is not supported for the node type {context.value('nodeType')}"
        yield context.problem(COMBINATION, message, "dataTieringEnabled", "Use a node type of the family r6gd.")


def _durability(context: Context) -> Iterator[Problem]:
    value = context.value("durability")
    if value in ("sync", "async"):
        new_enough = engine_of(context) == "valkey" and version_of(context).split(".", maxsplit=1)[0].isdigit()
        if not new_enough or int(version_of(context).split(".", maxsplit=1)[0]) < 9 or not topology.clustered(context):
            message = f"Durability {value} requires Valkey 9.0 or later with cluster mode enabled"
            yield context.problem(COMBINATION, message, "durability", "Leave it out.", "ElastiCache user guide, 2026")


def short_region(region: str) -> str:
    """Return a region as endpoints abbreviate it: `euc1` of eu-central-1, `apse2` of ap-southeast-2."""
    area, where, number = region.rsplit("-", maxsplit=2)
    points = re.findall("north|south|east|west|central", where)
    return f"{area.replace('-', '')}{''.join(point[0] for point in points)}{number}"


def _outputs(context: Context) -> Mapping[str, Any]:
    name, on = context.name, topology.clustered(context)
    suffix = text_of(ALPHABETS["hex"], 6, f"{context.seed}/{context.account}/{context.region}/cache")
    zone = short_region(context.region)
    tls = "master" if context.value("transitEncryptionEnabled", False) else ""
    endpoint = (
        f"{tls}.{name}.{suffix}.{zone}.cache.amazonaws.com"
        if tls
        else f"{name}.{suffix}.ng.0001.{zone}.cache.amazonaws.com"
    )
    replica = endpoint.replace("master.", "replica.", 1) if tls else endpoint.replace(name, f"{name}-ro", 1)
    count = topology.shards(context) if on else 1
    each = topology.members(context)
    nodes = [
        f"{name}-{shard:04d}-{node:03d}" if on else f"{name}-{node:03d}"
        for shard in range(1, count + 1)
        for node in range(1, each + 1)
    ]
    engine = engine_of(context)
    family = facts("elasticache")["families"].get(engine, {}).get(version_of(context), "")
    return {
        "engine": engine,
        "engineVersion": context.value("engineVersion", version_of(context)),
        "engineVersionActual": f"{version_of(context)}.0",
        "clusterEnabled": on,
        "clusterMode": context.value("clusterMode", "enabled" if on else "disabled"),
        "configurationEndpointAddress": f"clustercfg.{name}.{suffix}.{zone}.cache.amazonaws.com" if on else "",
        "primaryEndpointAddress": "" if on else endpoint,
        "readerEndpointAddress": "" if on else replica,
        "memberClusters": nodes,
        "numCacheClusters": len(nodes),
        "numNodeGroups": count,
        "replicasPerNodeGroup": each - 1,
        "port": context.value("port", facts("elasticache")["port"]),
        "atRestEncryptionEnabled": context.value("atRestEncryptionEnabled", engine == "valkey"),
        "transitEncryptionEnabled": context.value("transitEncryptionEnabled", False),
        "parameterGroupName": context.value("parameterGroupName", f"default.{family}{'.cluster.on' if on else ''}"),
        "maintenanceWindow": context.value("maintenanceWindow", "sun:05:00-sun:06:00"),
        "snapshotWindow": context.value("snapshotWindow", "03:00-04:00"),
        "subnetGroupName": context.value("subnetGroupName", "default"),
    }


CACHE = ResourceType(
    token=tokens.CACHE,
    kind="replication group",
    identifier="{replicationGroupId}",
    arn="arn:aws:elasticache:{region}:{account}:replicationgroup:{replicationGroupId}",
    name=Name(
        "replicationGroupId",
        pattern=r"[A-Za-z][A-Za-z0-9-]*",
        longest=40,
        code=VALUE,
        taken_code="ReplicationGroupAlreadyExists",
    ),
    references=(
        Reference(
            "subnetGroupName",
            tokens.CACHE_SUBNET_GROUP,
            "CacheSubnetGroupNotFoundFault",
            by="name",
            message="Cache Subnet Group {value} does not exist.",
            holds=True,
            held_code="CacheSubnetGroupInUse",
            allow="default",
        ),
        Reference(
            "securityGroupIds[*]",
            tokens.SECURITY_GROUP,
            VALUE,
            message="Some security groups are not valid: {value}",
            holds=True,
        ),
        Reference(
            "parameterGroupName",
            tokens.CACHE_PARAMETER_GROUP,
            "CacheParameterGroupNotFound",
            by="name",
            message="CacheParameterGroup {value} not found.",
            holds=True,
            held_code="InvalidCacheParameterGroupState",
            allow=r"default\..*",
        ),
        Reference(
            "userGroupIds[*]",
            tokens.CACHE_USER_GROUP,
            "UserGroupNotFound",
            by="userGroupId",
            message="User group {value} not found.",
            holds=True,
            held_code="InvalidUserGroupState",
        ),
        Reference(
            "notificationTopicArn",
            tokens.TOPIC,
            VALUE,
            by="arn",
            message="The SNS topic {value} does not exist",
        ),
    ),
    create_only=frozenset({"replicationGroupId"}),
    defaults={"autoMinorVersionUpgrade": True},
    enums={
        "clusterMode": ("enabled", "disabled", "compatible"),
        "transitEncryptionMode": ("preferred", "required"),
        "authTokenUpdateStrategy": ("SET", "ROTATE", "DELETE"),
        "networkType": ("ipv4", "ipv6", "dual_stack"),
        "ipDiscovery": ("ipv4", "ipv6"),
        "durability": ("default", "async", "sync", "disabled"),
        "logDeliveryConfigurations[*].destinationType": ("cloudwatch-logs", "kinesis-firehose"),
        "logDeliveryConfigurations[*].logFormat": ("text", "json"),
        "logDeliveryConfigurations[*].logType": ("slow-log", "engine-log"),
    },
    ranges={
        "snapshotRetentionLimit": (0, facts("elasticache")["snapshot_retention_most"]),
        "replicasPerNodeGroup": (0, facts("elasticache")["replicas_most"]),
        "numCacheClusters": (1, facts("elasticache")["nodes_longest"]),
    },
    value_code=VALUE,
    missing_code=VALUE,
    cloudformation="AWS::ElastiCache::ReplicationGroup",
    renamed={"nodeGroupConfigurations": "", "logDeliveryConfigurations": ""},
    rules=(
        _hyphens,
        engines.check_version,
        engines.check_node_type,
        engines.check_parameter_group,
        topology.check_numbers,
        topology.check_failover,
        topology.check_zones,
        topology.check_security_groups,
        _transit,
        _token,
        _rest,
        _users,
        _logs,
        _snapshots,
        _durability,
        kms_key(
            "kmsKeyId", VALUE, "The KMS key {value} does not exist, is not enabled or you have no permission to use it"
        ),
    ),
    outputs=_outputs,
    secret_outputs=frozenset({"authToken", "authTokenWo"}),
    failure=Problem(
        "InsufficientCacheClusterCapacity",
        "The requested cache node type is not available in the specified Availability Zone",
        "nodeType",
        "Use another node type or other zones.",
        SOURCE,
    ),
    source=SOURCE,
)
