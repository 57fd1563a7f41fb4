"""Engines of RDS: versions, instance classes, parameter families, log types."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import SOURCE as CATALOGUE
from apim_infra.rehearsal.twins.aws.catalogue import database_classes, database_versions, facts, newest, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import before, located
from apim_infra.rehearsal.twins.cloud.world import Thing

VALUE = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"


def find_instance(context: Context, reference: Any) -> Thing | None:
    """Return the instance that an identifier means in the region, or an ARN anywhere."""
    text = str(reference)
    if text.startswith("arn:"):
        return context.find(tokens.DATABASE, text, "arn", anywhere=True)
    return context.find(tokens.DATABASE, text, "identifier")


def source_of(context: Context) -> Thing | None:
    """Return the instance that a replica follows."""
    reference = context.value("replicateSourceDb")
    return find_instance(context, reference) if reference else None


def engine_of(context: Context) -> str:
    """Return the engine: the input, or that of the source of a replica."""
    source = source_of(context)
    return str(context.value("engine") or (source["engine"] if source else "") or "")


def engine_facts(engine: str) -> dict[str, Any] | None:
    """Return what is known of an engine, None for one whose rules are not known here."""
    return facts("rds")["engines"].get(engine)


def major_of(engine: str, version: str) -> str:
    """Return the major version: the first number of PostgreSQL, the first two of MariaDB and MySQL."""
    return ".".join(version.split(".")[: 1 if engine == "postgres" else 2])


def version_of(context: Context) -> str:
    """Return the engine version as requested, that of the source of a replica, or the default."""
    source = source_of(context)
    given = context.value("engineVersion") or (source["engineVersion"] if source else None)
    return str(given or (engine_facts(engine_of(context)) or {}).get("default", ""))


def full_version(engine: str, version: str) -> str:
    """Return the version that runs: the newest minor of a major."""
    major = major_of(engine, version)
    if version != major:
        return version
    return (
        newest(frozenset(v for v in database_versions(engine) if v != major and major_of(engine, v) == major))
        or version
    )


def is_offered(engine: str, version: str) -> bool:
    """Tell whether an engine version, major or full, can be created."""
    known = engine_facts(engine)
    if known is None:
        return version in database_versions(engine)
    major = major_of(engine, version)
    return major in known["majors"] and (version == major or version in database_versions(engine))


def check_engine(context: Context) -> Iterator[Problem]:
    """Check engine, version and their upgrade."""
    engine, version = engine_of(context), context.value("engineVersion")
    if not engine:
        return
    if not database_versions(engine) or engine.startswith("aurora"):
        hint = "Use mariadb, mysql or postgres; Aurora instances belong to an aws.rds.Cluster."
        yield context.problem(VALUE, f"Invalid DB engine: {engine}", "engine", hint, CATALOGUE)
    elif version is not None and not is_offered(engine, str(version)):
        majors = (engine_facts(engine) or {}).get("majors", ())
        message = f"Cannot find version {version} for {engine}"
        hint = f"Give a major version: {', '.join(majors)}." if majors else "Give a version that RDS offers."
        yield context.problem(COMBINATION, message, "engineVersion", hint, CATALOGUE)
    else:
        yield from _upgrade(context, engine)


def _upgrade(context: Context, engine: str) -> Iterator[Problem]:
    last = next(iter(before(context, "engineVersion")), None)
    if last is None or context.value("engineVersion") is None:
        return
    old, new = version_key(full_version(engine, str(last))), version_key(full_version(engine, version_of(context)))
    if new < old:
        message = f"Cannot upgrade {engine} from {last} to {version_of(context)}"
        yield context.problem(COMBINATION, message, "engineVersion", "A version cannot go back.")
        return
    next_major = major_of(engine, str(last)) != major_of(engine, version_of(context))
    if next_major and not context.value("allowMajorVersionUpgrade", False):
        message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        yield context.problem(COMBINATION, message, "allowMajorVersionUpgrade", "Set it to true.")


def check_class(context: Context) -> Iterator[Problem]:
    """Check that the engine runs on the class in the region."""
    name, engine = str(context.value("instanceClass", "")), engine_of(context)
    offered = database_classes(context.region, engine)
    if not name.startswith("db."):
        message = f"Invalid DB Instance class: {name}"
        yield context.problem(VALUE, message, "instanceClass", "A class begins with 'db.'.", CATALOGUE)
    elif offered and name not in offered:
        message = (
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine={engine}, EngineVersion={version_of(context)}"
        )
        hint = f"Use a class that {engine} has in {context.region}."
        yield context.problem(COMBINATION, message, "instanceClass", hint, CATALOGUE)
    small = (engine_facts(engine) or {}).get("no_performance_insights", ())
    if context.value("performanceInsightsEnabled", False) and name.startswith(tuple(small)):
        message = "Performance Insights not supported for this configuration."
        hint = "Use a larger class, or leave performanceInsightsEnabled out."
        yield context.problem(COMBINATION, message, "performanceInsightsEnabled", hint, "own knowledge")


def family_of(engine: str, version: str) -> str:
    """Return the parameter group family of an engine version, such as `mariadb11.8`."""
    return f"{engine}{major_of(engine, version)}"


def families() -> list[str]:
    """Return every parameter group family of the engines known here."""
    return [f"{engine}{major}" for engine, known in facts("rds")["engines"].items() for major in known["majors"]]


def check_parameter_group(context: Context) -> Iterator[Problem]:
    """Check that the parameter group exists and is of the engine version's family."""
    name, engine = context.value("parameterGroupName"), engine_of(context)
    if name is None or engine_facts(engine) is None:
        return
    expected = family_of(engine, version_of(context))
    if str(name).startswith("default."):
        family = str(name).removeprefix("default.")
    else:
        group = context.find(tokens.DATABASE_PARAMETER_GROUP, name, "name")
        if group is None:
            message = f"DBParameterGroup not found: {name}"
            yield context.problem("DBParameterGroupNotFound", message, "parameterGroupName", "Name one that exists.")
            return
        family = str(group["family"] or expected)
    if family != expected:
        message = (
            f"The parameter group {name} with DBParameterGroupFamily {family} cannot be used for this instance. "
            f"Please use a parameter group with DBParameterGroupFamily {expected}"
        )
        yield context.problem(COMBINATION, message, "parameterGroupName", f"Use the family {expected}.")


def check_option_group(context: Context) -> Iterator[Problem]:
    """Check that the option group exists and is of the engine and its major version."""
    name = context.value("optionGroupName")
    if name is None or str(name).startswith("default:"):
        return
    group = context.find(tokens.DATABASE_OPTION_GROUP, name, "name")
    engine, version = engine_of(context), version_of(context)
    if group is None:
        message = f"Specified OptionGroupName: {name} not found."
        yield context.problem("OptionGroupNotFoundFault", message, "optionGroupName", "Name one that exists.")
    elif (group["engineName"], group["majorEngineVersion"]) != (engine, major_of(engine, version)):
        message = f"The option group {name} is not for {engine} {major_of(engine, version)}"
        yield context.problem(COMBINATION, message, "optionGroupName", "Use an option group of the same engine.")


def check_logs(context: Context) -> Iterator[Problem]:
    """Check the log types against those of the engine."""
    engine = engine_of(context)
    known = engine_facts(engine)
    for place, log in located(context, "enabledCloudwatchLogsExports[*]"):
        if known and log not in known["logs"]:
            message = f"You cannot use the log types '{log}' with engine version {engine} {version_of(context)}."
            yield context.problem(COMBINATION, message, place, f"Use {', '.join(known['logs'])}.")


def check_license(context: Context) -> Iterator[Problem]:
    """Check that the license is the engine's."""
    known, given = engine_facts(engine_of(context)), context.value("licenseModel")
    if known and given is not None and given != known["license"]:
        message = f"Invalid license model '{given}' for engine '{engine_of(context)}'. Valid license models are: {known['license']}."
        yield context.problem(COMBINATION, message, "licenseModel", "Leave it out.", "own knowledge")
