"""Shards, replicas, failover and zones of replication groups."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.elasticache.engines import COMBINATION, VALUE
from apim_infra.rehearsal.twins.aws.service_rules import before, known, located, strange_to, subnets, zones


def clustered(context: Context) -> bool:
    """Tell whether cluster mode is on: by its setting, its parameter group or more than one shard."""
    group = str(context.value("parameterGroupName", ""))
    found = context.find(tokens.CACHE_PARAMETER_GROUP, group, "name")
    parameters: list[dict[str, Any]] = found.inputs.get("parameters", []) if found else []
    switched = any(p.get("name") == "cluster-enabled" and p.get("value") == "yes" for p in parameters)
    return (
        context.value("clusterMode") == "enabled"
        or group.endswith(".cluster.on")
        or switched
        or (context.value("numNodeGroups") or 1) > 1
    )


def shards(context: Context) -> int:
    """Return the number of shards."""
    return int(context.value("numNodeGroups") or len(context.get("nodeGroupConfigurations[*]")) or 1)


def members(context: Context) -> int:
    """Return the number of nodes of one shard."""
    if context.value("replicasPerNodeGroup") is not None:
        return int(context.value("replicasPerNodeGroup")) + 1
    if context.value("numCacheClusters") is not None:
        return int(context.value("numCacheClusters"))
    return 1


def check_numbers(context: Context) -> Iterator[Problem]:
    """Check that shards and replicas are given in one way, and how many there may be."""
    table = facts("elasticache")
    if context.value("numCacheClusters") is not None:
        for key in ("numNodeGroups", "replicasPerNodeGroup"):
            if context.value(key) is not None:
                message = f"Conflicting configuration arguments: 'numCacheClusters' conflicts with '{key}'"
                hint = "Give numCacheClusters without cluster mode, numNodeGroups and replicasPerNodeGroup with it."
                yield context.problem("CheckFailure", message, key, hint, "AWS provider")
    if shards(context) > table["shards_most"]:
        message = f"A replication group has at most {table['shards_most']} shards"
        yield context.problem("NodeGroupsPerReplicationGroupQuotaExceeded", message, "numNodeGroups")
    last_nodes = next(iter(before(context, "numCacheClusters")), None)
    if last_nodes and context.value("automaticFailoverEnabled", False) and members(context) < 2 <= last_nodes:
        message = "Must have at least 1 replica when cluster mode is disabled with auto failover enabled."
        yield context.problem(VALUE, message, "numCacheClusters", "Keep two nodes, or switch failover off first.")


def check_failover(context: Context) -> Iterator[Problem]:
    """Check failover and zones against the number of nodes."""
    failover, many_zones = context.value("automaticFailoverEnabled", False), context.value("multiAzEnabled", False)
    secondary = context.value("globalReplicationGroupId") is not None
    if failover and not clustered(context) and members(context) < 2 and context.old is None and not secondary:
        message = "When using automatic failover, there must be at least 2 cache clusters in the replication group."
        yield context.problem(COMBINATION, message, "numCacheClusters", "Set numCacheClusters to 2 or more.")
    if clustered(context) and not failover and not secondary:
        message = "Redis with cluster mode enabled cannot be created with auto failover turned off."
        if context.old is not None:
            message = "Turning off automatic failover for replication group with cluster mode enabled is not supported."
        yield context.problem(COMBINATION, message, "automaticFailoverEnabled", "Set automaticFailoverEnabled.")
    if many_zones and not failover:
        message = "Automatic failover must be enabled when Multi-AZ is enabled"
        yield context.problem(COMBINATION, message, "multiAzEnabled", "Set automaticFailoverEnabled.")
    if many_zones and members(context) < 2:
        message = "Multi-AZ needs at least one replica in each shard"
        yield context.problem(COMBINATION, message, "multiAzEnabled", "Add a replica.")


def check_zones(context: Context) -> Iterator[Problem]:
    """Check preferred zones, and that a Multi-AZ group has subnets in two zones."""
    group = context.find(tokens.CACHE_SUBNET_GROUP, context.value("subnetGroupName"), "name")
    things = subnets(context, group.inputs.get("subnetIds", ())) if group else []
    covered = set(zones(things)) if known(things) else set[str]()
    preferred = located(context, "preferredCacheClusterAzs[*]")
    for place, zone in preferred:
        if not str(zone).startswith(context.region) or (covered and zone not in covered):
            message = f"The availability zone {zone} is not one of the subnet group's: {', '.join(sorted(covered))}"
            yield context.problem(VALUE, message, place, "Name zones that the subnet group covers.")
    wanted = context.value("numCacheClusters")
    if preferred and wanted is not None and len(preferred) != wanted:
        message = f"{len(preferred)} preferred availability zones are given for {wanted} cache clusters"
        yield context.problem(COMBINATION, message, "preferredCacheClusterAzs", "Give one zone for each node.")
    if context.value("multiAzEnabled", False) and covered and len(covered) < 2:
        message = f"Multi-AZ needs a subnet group in two availability zones or more, not in {', '.join(covered)}"
        yield context.problem(VALUE, message, "subnetGroupName", "Add subnets of other zones.", "own knowledge")


def check_security_groups(context: Context) -> Iterator[Problem]:
    """Check that security groups are of the subnet group's VPC."""
    group = context.find(tokens.CACHE_SUBNET_GROUP, context.value("subnetGroupName"), "name")
    for place, identifier in located(context, "securityGroupIds[*]"):
        thing = context.find(tokens.SECURITY_GROUP, identifier)
        if group and strange_to(thing, [group["vpcId"]] if group["vpcId"] else []):
            message = f"The security group {identifier} is not in the VPC of the subnet group, {group['vpcId']}"
            yield context.problem(COMBINATION, message, place, f"Use a security group of {group['vpcId']}.")
