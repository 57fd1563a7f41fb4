"""What AWS sells where: instance types, database and cache classes, engine versions.

The lists are data that the package cfn-lint ships (gathered from AWS's own price and describe calls). They are read
straight from its files, because importing cfn-lint takes half a second.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from apim_infra.rehearsal.twins.cloud.values import data_file

SOURCE = "cfn-lint 1.58 extension data, 2026-10-20"


def _extension(name: str) -> Any:
    """Read one of cfn-lint's extension files. Raises FileNotFoundError when the package has another layout."""
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        message = "the package cfn-lint is not installed"
        raise FileNotFoundError(message)
    return json.loads((Path(spec.origin).parent / "data/schemas/extensions" / name).read_text())


def _enumeration(name: str, region: str) -> frozenset[str]:
    """Return the values that a file of the form region -> enum lists; empty for a region that it lacks."""
    return frozenset(_extension(name).get(region, {}).get("enum", ()))


@lru_cache(maxsize=8)
def instance_types(region: str) -> frozenset[str]:
    """Return the EC2 instance types of a region; empty when the region is not listed."""
    return _enumeration("aws_ec2_instance/instancetype_enum.json", region)


@lru_cache(maxsize=8)
def cache_node_types(region: str) -> frozenset[str]:
    """Return the ElastiCache node types of a region; empty when the region is not listed."""
    return _enumeration("aws_elasticache_cachecluster/cachenodetype_enum.json", region)


@lru_cache(maxsize=8)
def search_instance_types(region: str) -> frozenset[str]:
    """Return the OpenSearch instance types of a region; empty when the region is not listed."""
    return _enumeration("aws_opensearchservice_domain/clusterconfig_instancetype_enum.json", region)


def _conditions(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield engine and consequence of every `if Engine is ... then ...` of a file."""
    for branch in document.get("allOf", ()):
        engine = branch["if"]["properties"].get("Engine", {}).get("const")
        if engine:
            yield engine, branch


@lru_cache(maxsize=4)
def _database_classes(region: str) -> dict[str, frozenset[str]]:
    """Return the RDS instance classes of a region by engine, whatever the licence."""
    classes: dict[str, frozenset[str]] = {}
    document = _extension("aws_rds_dbinstance/dbinstanceclass_enum.json").get(region, {})
    for engine, branch in _conditions(document):
        found = branch["then"]["properties"]["DBInstanceClass"].get("enum", ())
        classes[engine] = classes.get(engine, frozenset()) | frozenset(found)
    return classes


def database_classes(region: str, engine: str) -> frozenset[str]:
    """Return the RDS instance classes of an engine in a region; empty when region or engine are not listed."""
    return _database_classes(region).get(engine, frozenset())


@lru_cache(maxsize=1)
def _database_versions() -> dict[str, frozenset[str]]:
    """Return the engine versions of RDS that can still be created, by engine."""
    listed: dict[str, frozenset[str]] = {}
    for engine, branch in _conditions(_extension("aws_rds_dbinstance/engine_version.json")):
        listed[engine] = frozenset(branch["then"]["properties"]["EngineVersion"]["enum"])
    for engine, branch in _conditions(_extension("aws_rds_dbinstance/engine_version_deprecated.json")):
        gone = frozenset(branch["if"]["properties"]["EngineVersion"]["enum"])
        # The bare number of a major version is a request for its newest minor and outlives every minor of the list.
        listed[engine] = listed.get(engine, frozenset()) - gone
    return listed


def database_versions(engine: str) -> frozenset[str]:
    """Return the full versions of an RDS engine that can be created; empty for an unknown engine."""
    return _database_versions().get(engine, frozenset())


@lru_cache(maxsize=1)
def _cache_versions() -> dict[str, frozenset[str]]:
    return {
        engine: frozenset(branch["then"]["properties"]["EngineVersion"]["enum"])
        for engine, branch in _conditions(_extension("aws_elasticache_cachecluster/engine_version.json"))
    }


def cache_versions(engine: str) -> frozenset[str]:
    """Return the versions of an ElastiCache engine; empty for an unknown engine."""
    return _cache_versions().get(engine, frozenset())


def newest(versions: frozenset[str]) -> str:
    """Return the highest of dotted version numbers, an empty string of none."""
    return max(versions, key=version_key, default="")


def version_key(version: str) -> tuple[int, ...]:
    """Return a key that sorts dotted version numbers as numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def is_arm(instance_type: str) -> bool:
    """Tell whether an instance type has an ARM processor (Graviton: a `g` behind the generation, or a1)."""
    family = instance_type.removeprefix("cache.").removeprefix("db.").split(".", maxsplit=1)[0]
    return family == "a1" or bool(re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)?\d+g[a-z0-9]*(?:-[a-z0-9]+)*", family))


@lru_cache(maxsize=16)
def facts(service: str) -> Any:
    """Return the data file of a service, `<service>.yaml` beside this module."""
    return data_file("apim_infra.rehearsal.twins.aws", f"{service}.yaml")
