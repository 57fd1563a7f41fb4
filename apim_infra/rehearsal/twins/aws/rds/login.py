"""Names and passwords of RDS instances."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, engine_facts, engine_of
from apim_infra.rehearsal.twins.aws.rds.storage import is_new
from apim_infra.rehearsal.twins.aws.service_rules import kms_key

PASSWORD = re.compile(r"""[!-~]*""")
FORBIDDEN = set('/@" ')
SHORTEST_PASSWORD = 8


def check_identifier(context: Context) -> Iterator[Problem]:
    """Check what the pattern of the name cannot say: hyphens."""
    name = str(context.value("identifier") or "")
    if "--" in name or name.endswith("-"):
        message = (
            f"The parameter DBInstanceIdentifier {name} is not a valid identifier. Identifiers must begin with a letter; must contain "
            "only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )
        yield context.problem(VALUE, message, "identifier")


def check_username(context: Context) -> Iterator[Problem]:
    """Check the name of the master user."""
    name, known = context.value("username"), engine_facts(engine_of(context))
    if name is None:
        if is_new(context):
            message = '"username": required field is not set'
            yield context.problem("CheckFailure", message, "username", "Name the master user.", "AWS provider")
        return
    if context.value("replicateSourceDb"):
        message = 'Conflicting configuration arguments: "username": conflicts with replicate_source_db'
        yield context.problem("CheckFailure", message, "username", "A replica has its source's user.", "AWS provider")
    if not known:
        return
    if str(name).lower() in known["reserved_usernames"]:
        message = f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        yield context.problem(VALUE, message, "username", "Choose another name.")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", str(name)) or len(str(name)) > known["username_longest"]:
        message = f"The parameter MasterUsername {name} is not a valid identifier"
        hint = f"Letters, digits and underscores, a letter first, at most {known['username_longest']}."
        yield context.problem(VALUE, message, "username", hint)


def check_password(context: Context) -> Iterator[Problem]:
    """Check that there is one source of the password, and its form. The password itself is never shown."""
    managed = context.value("manageMasterUserPassword", False)
    given = [key for key in ("password", "passwordWo") if context.value(key) is not None]
    if managed and given:
        message = f"Conflicting configuration arguments: 'manageMasterUserPassword' conflicts with '{given[0]}'"
        yield context.problem("CheckFailure", message, given[0], "Leave one of them out.", "AWS provider")
    if not managed and not given and is_new(context):
        message = "One of password, passwordWo and manageMasterUserPassword must be set"
        yield context.problem("CheckFailure", message, "password", "Set manageMasterUserPassword.", "AWS provider")
    if context.value("masterUserSecretKmsKeyId") is not None and not managed:
        message = "MasterUserSecretKmsKeyId can only be given when ManageMasterUserPassword is true"
        yield context.problem(COMBINATION, message, "masterUserSecretKmsKeyId", "Set manageMasterUserPassword.")
    known = engine_facts(engine_of(context))
    for key in given:
        fault = _fault(context.value(key), known["password_longest"] if known else 128)
        if fault:
            message = f"The parameter MasterUserPassword is not a valid password{fault}"
            yield context.problem(VALUE, message, key, "Choose another password.")


def _fault(password: Any, longest: int) -> str:
    """Return what is wrong with a password without showing it."""
    text = str(password)
    if len(text) < SHORTEST_PASSWORD:
        return f" because it is shorter than {SHORTEST_PASSWORD} characters."
    if len(text) > longest:
        return f" because it is longer than {longest} characters."
    if FORBIDDEN & set(text) or not PASSWORD.fullmatch(text):
        return ". Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
    return ""


def check_database_name(context: Context) -> Iterator[Problem]:
    """Check the name of the first database."""
    name, known = context.value("dbName"), engine_facts(engine_of(context))
    if name is None:
        return
    if context.value("replicateSourceDb"):
        message = 'Conflicting configuration arguments: "db_name": conflicts with replicate_source_db'
        yield context.problem(
            "CheckFailure", message, "dbName", "A replica has its source's databases.", "AWS provider"
        )
    if known and not re.fullmatch(known["database_pattern"], str(name)):
        message = f"DBName {name} must begin with a letter and contain only alphanumeric characters."
        yield context.problem(VALUE, message, "dbName", "Use letters, digits and underscores.")


LOGIN = (
    check_identifier,
    check_username,
    check_password,
    check_database_name,
    kms_key("masterUserSecretKmsKeyId", "KMSKeyNotAccessibleFault"),
)
