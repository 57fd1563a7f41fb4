"""Rows of Systems Manager's parameter store. Values are never shown."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import given, kms_key, located
from apim_infra.rehearsal.twins.aws.table import Name, Quota, ResourceType

SOURCE = "Systems Manager API model, botocore 1.44.5"
INVALID = "ValidationException"
VALUES = ("value", "insecureValue", "valueWo")
SIZES = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
LEVELS = 15


def _name(context: Context) -> Iterator[Problem]:
    name = context.name
    if "/" in name and not name.startswith("/"):
        message = "Parameter name must be a fully qualified name."
        yield context.problem(INVALID, message, "name", "Begin it with a slash.")
    if re.match(r"/aws[^/]*/", name, re.IGNORECASE):
        message = f"No access to reserved parameter name: {name}."
        yield context.problem("AccessDeniedException", message, "name", "Choose another hierarchy.")
    elif re.match(r"/?(aws|ssm)", name, re.IGNORECASE):
        message = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
        yield context.problem(INVALID, message, "name", "Choose another name.")
    if len(name.strip("/").split("/")) > LEVELS:
        message = f"A hierarchy has at most {LEVELS} levels"
        yield context.problem("HierarchyLevelLimitExceededException", message, "name")


def _value(context: Context) -> Iterator[Problem]:
    values = given(context, *VALUES)
    if len(values) != 1:
        message = f"exactly one of `{','.join(VALUES)}` must be specified"
        yield context.problem("CheckFailure", message, "value", "Set value.", "AWS provider")
    kind, tier = context.value("type"), str(context.value("tier", "Standard"))
    if kind == "SecureString" and "insecureValue" in values:
        message = "insecureValue cannot be used with the type SecureString"
        yield context.problem("CheckFailure", message, "insecureValue", "Use value.", "AWS provider")
    for key, value in [found for name in values for found in located(context, name)]:
        size = len(str(value).encode())
        if size > SIZES.get(tier, SIZES["Standard"]):
            message = f"{tier} tier parameters support a maximum parameter value of {SIZES[tier]} characters."
            yield context.problem(INVALID, message, key, "Use the tier Advanced, or keep the value elsewhere.")
        if size == 0:
            yield context.problem(INVALID, "A parameter value has at least one character", key)
        yield from _pattern(context, key, str(value))


def _pattern(context: Context, key: str, value: str) -> Iterator[Problem]:
    pattern = context.value("allowedPattern")
    if pattern is None:
        return
    try:
        fits = re.search(str(pattern), value) is not None
    except re.error:
        message = f"The pattern '{pattern}' is no regular expression"
        yield context.problem("InvalidAllowedPatternException", message, "allowedPattern")
        return
    if not fits:
        message = "Parameter value, cannot be matched against the allowed pattern"
        yield context.problem("ParameterPatternMismatchException", message, key)


def _outputs(context: Context) -> Mapping[str, Any]:
    prefix = "parameter" if context.name.startswith("/") else "parameter/"
    return {
        "arn": f"arn:aws:ssm:{context.region}:{context.account}:{prefix}{context.name}",
        "version": int(context.outputs.get("version") or 0) + 1,
        "tier": context.value("tier", "Standard"),
        "dataType": context.value("dataType", "text"),
        "hasValueWo": bool(given(context, "valueWo")),
    }


PARAMETER = ResourceType(
    token="aws:ssm/parameter:Parameter",  # noqa: S106  a type token, no secret
    kind="parameter",
    identifier="{name}",
    name=Name(
        "name",
        pattern=r"[a-zA-Z0-9_.\-/]+",
        longest=1011,
        code=INVALID,
        taken_code="ParameterAlreadyExists",
    ),
    create_only=frozenset({"name"}),
    enums={
        "type": ("String", "StringList", "SecureString"),
        "tier": ("Standard", "Advanced", "Intelligent-Tiering"),
        "dataType": ("text", "aws:ec2:image", "aws:ssm:integration"),
    },
    value_code=INVALID,
    rules=(_name, _value, kms_key("keyId", "InvalidKeyId", "Invalid KeyId {value}")),
    outputs=_outputs,
    secret_outputs=frozenset({"value", "valueWo"}),
    quota=Quota(10000, ("region",), "ParameterLimitExceeded"),
    source=SOURCE,
)

ROWS = (PARAMETER,)
