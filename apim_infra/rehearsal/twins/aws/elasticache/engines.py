"""Engines of ElastiCache: versions, node types, parameter families."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import SOURCE as CATALOGUE
from apim_infra.rehearsal.twins.aws.catalogue import cache_node_types, cache_versions, facts, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import before

SOURCE = "ElastiCache API model, botocore 1.44.5"
VALUE = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"


def engine_of(context: Context) -> str:
    """Return the engine; the API takes redis where none is given."""
    return str(context.value("engine", "redis"))


def version_of(context: Context) -> str:
    """Return the engine version, the default where none is given; `6.x` and `7.x` mean the newest of their major."""
    engine = engine_of(context)
    given = str(context.value("engineVersion") or facts("elasticache")["defaults"].get(engine, ""))
    if given.endswith(".x"):
        same = [
            version for version in cache_versions(engine) if version.split(".")[0] == given.split(".", maxsplit=1)[0]
        ]
        return max(same, key=version_key, default=given)
    return given


def families() -> list[str]:
    """Return every parameter group family."""
    table = facts("elasticache")
    current = {family for versions in table["families"].values() for family in versions.values()}
    return sorted({*current, *table["other_families"]})


def check_version(context: Context) -> Iterator[Problem]:
    """Check engine and version, and that the version does not go back."""
    engine, given = engine_of(context), context.value("engineVersion")
    known = cache_versions(engine)
    if engine not in ("redis", "valkey"):
        message = f"Replication group does not support the engine {engine}"
        yield context.problem(VALUE, message, "engine", "Use valkey or redis.")
    elif given is not None and version_of(context) not in known:
        message = f"The engine version {given} of {engine} is not supported"
        offered = sorted(known, key=version_key)
        hint = f"Give a minor version without a patch level: {', '.join(offered)}."
        yield context.problem(VALUE, message, "engineVersion", hint, CATALOGUE)
    elif given is not None:
        yield from _downgrade(context, engine)


def _downgrade(context: Context, engine: str) -> Iterator[Problem]:
    last = next(iter(before(context, "engineVersion")), None)
    same_engine = next(iter(before(context, "engine")), engine) == engine
    if last and same_engine and version_key(version_of(context)) < version_key(str(last).replace(".x", "")):
        message = f"Cannot downgrade the engine from {last} to {version_of(context)}"
        yield context.problem(COMBINATION, message, "engineVersion", "A version cannot go back.", "own knowledge")


def check_node_type(context: Context) -> Iterator[Problem]:
    """Check that the region has the node type."""
    name = context.value("nodeType")
    offered = cache_node_types(context.region)
    if name is None:
        if context.value("globalReplicationGroupId") is None:
            message = "The parameter CacheNodeType must be provided"
            yield context.problem(VALUE, message, "nodeType", "Give a node type such as cache.t4g.small.")
    elif offered and name not in offered:
        message = f"The cache node type {name} is not available in {context.region}"
        hint = "A node type begins with 'cache.'." if not str(name).startswith("cache.") else "Use another node type."
        yield context.problem(VALUE, message, "nodeType", hint, CATALOGUE)


def check_parameter_group(context: Context) -> Iterator[Problem]:
    """Check that the parameter group exists and is of the engine version's family."""
    name, engine, version = context.value("parameterGroupName"), engine_of(context), version_of(context)
    expected = facts("elasticache")["families"].get(engine, {}).get(version)
    if name is None or expected is None:
        return
    if str(name).startswith("default."):
        family = str(name).removeprefix("default.").removesuffix(".cluster.on")
    else:
        group = context.find(tokens.CACHE_PARAMETER_GROUP, name, "name")
        if group is None:
            message = f"CacheParameterGroup {name} not found."
            yield context.problem("CacheParameterGroupNotFound", message, "parameterGroupName", "Name one that exists.")
            return
        family = str(group["family"] or expected)
    if family != expected:
        message = f"Expected a parameter group of family {expected} but found one of family {family}"
        yield context.problem(COMBINATION, message, "parameterGroupName", f"Use the family {expected}.")
