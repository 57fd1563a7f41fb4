"""The row of stacks made from the Serverless Application Repository; of its applications, AWS's rotation functions are known."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts, version_key
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located, strange_to, subnets, vpcs
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.values import is_mapping

SOURCE = "Serverless Application Repository API model, botocore 1.44.5"
LAMBDA = "Lambda API model, botocore 1.44.5"
INVALID = "BadRequestException"
"""The only code of the service for a wrong parameter."""
FUNCTION_INVALID = "InvalidParameterValueException"
GROUP_MISSING = "The security group '{}' does not exist"
APPLICATION = re.compile(
    r"arn:aws[a-z-]*:serverlessrepo:(?P<region>[a-z0-9-]+):(?P<publisher>\d{12}):applications/(?P<name>[A-Za-z0-9-]+)"
)
FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")


def _publisher(context: Context) -> tuple[Mapping[str, Any], str] | None:
    """Return what is known of the application's publisher, and the application's name."""
    match = APPLICATION.fullmatch(str(context.value("applicationId", "")))
    known = facts("serverlessrepository")["publishers"].get(match["publisher"]) if match else None
    return (known, match["name"]) if match and known else None


def _application(context: Context) -> Iterator[Problem]:
    given = context.value("applicationId")
    if given is None:
        return
    match = APPLICATION.fullmatch(str(given))
    if match is None:
        message = f"The application id '{given}' is not valid"
        hint = "Give the ARN of an application: arn:aws:serverlessrepo:<region>:<publisher>:applications/<name>."
        yield context.problem(INVALID, message, "applicationId", hint)
        return
    publisher = _publisher(context)
    if publisher is None:
        return
    known, name = publisher
    names: list[str] = list(known["engines"])
    nearest = get_close_matches(name, names, n=1, cutoff=0.0)[0]
    if match["region"] != known["region"] or name not in known["engines"]:
        message = f"The application {given} does not exist"
        hint = f"Did you mean arn:aws:serverlessrepo:{known['region']}:{match['publisher']}:applications/{nearest}?"
        yield context.problem("NotFoundException", message, "applicationId", hint)


def _version(context: Context) -> Iterator[Problem]:
    version, publisher = context.value("semanticVersion"), _publisher(context)
    if version is None:
        return
    if not VERSION.fullmatch(str(version)):
        message = f"The semantic version '{version}' is not valid"
        yield context.problem(INVALID, message, "semanticVersion", "Give a version such as 1.1.618.")
    elif publisher and version_key(str(version)) > version_key(publisher[0]["newest"]):
        message = f"The application {publisher[1]} has no version {version} that is known here"
        hint = f"The newest known one is {publisher[0]['newest']}."
        yield context.warning("NotFoundException", message, "semanticVersion", hint)


def _capabilities(context: Context) -> Iterator[Problem]:
    table, publisher = facts("serverlessrepository"), _publisher(context)
    given = {str(capability) for capability in context.get("capabilities[*]")}
    for place, capability in located(context, "capabilities[*]"):
        if capability not in table["capabilities"]:
            message = f"The capability {capability} is not valid"
            yield context.problem(INVALID, message, place, f"Use {', '.join(table['capabilities'])}.")
    needed = publisher[0]["needs"] if publisher else ()
    if "CAPABILITY_NAMED_IAM" in given:
        given.add("CAPABILITY_IAM")
    missing = [capability for capability in needed if capability not in given]
    if missing:
        message = f"Required capabilities [{', '.join(missing)}] were not provided."
        yield context.problem(INVALID, message, "capabilities", f"Add {', '.join(missing)}.", "public deployment logs")


def _parameters(context: Context) -> Iterator[Problem]:
    publisher = _publisher(context)
    if publisher is None:
        return
    known, given = publisher[0], _given(context)
    missing = [name for name in known["required"] if given.get(name) is None]
    strange = [name for name in given if name not in known["parameters"]]
    if missing:
        message = f"Parameters: [{', '.join(missing)}] must have values"
        yield context.problem(INVALID, message, "parameters", f"Give {', '.join(missing)}.")
    if strange:
        message = f"Parameters: [{', '.join(strange)}] do not exist in the template"
        yield context.problem(INVALID, message, f"parameters.{strange[0]}", f"Use {', '.join(known['parameters'])}.")


def _function(context: Context) -> Iterator[Problem]:
    """Check the function that the stack makes: its name, and that it asks Secrets Manager in its own region."""
    name, endpoint = context.value("parameters.functionName"), context.value("parameters.endpoint")
    if name is not None and not FUNCTION_NAME.fullmatch(str(name)):
        message = (
            f"Value '{name}' at 'functionName' failed to satisfy constraint: [a-zA-Z0-9-_]+, 64 characters at most"
        )
        yield context.problem("ValidationException", message, "parameters.functionName", "Shorten it.", LAMBDA)
    elif name is not None and context.old is None and context.find(tokens.FUNCTION, _arn(context), "arn"):
        message = f"Function already exist: {name}"
        hint = "Choose another name."
        yield context.problem("ResourceConflictException", message, "parameters.functionName", hint, LAMBDA)
    if _publisher(context) and endpoint is not None and f".{context.region}." not in str(endpoint):
        message = f"The function would ask {endpoint}, which knows no secret of {context.region}"
        hint = f"Use https://secretsmanager.{context.region}.amazonaws.com."
        yield context.warning("ResourceNotFoundException", message, "parameters.endpoint", hint)


def _network(context: Context) -> Iterator[Problem]:
    """Check subnets and security groups of the function: lists with commas."""
    ids, groups = _listed(context, "vpcSubnetIds"), _listed(context, "vpcSecurityGroupIds")
    for name, other in (("vpcSecurityGroupIds", ids), ("vpcSubnetIds", groups)):
        if other and _absent(context, name):
            message = "Subnets and security groups of a function go together"
            yield context.problem(FUNCTION_INVALID, message, f"parameters.{name}", f"Give {name} too.", LAMBDA)
    for token, values, path, what in (
        (tokens.SUBNET, ids, "vpcSubnetIds", "The subnet ID '{}' does not exist"),
        # A single one is a reference of the row.
        (tokens.SECURITY_GROUP, groups if len(groups) > 1 else [], "vpcSecurityGroupIds", GROUP_MISSING),
    ):
        for value in values:
            if context.find(token, value) is None:
                yield context.problem(FUNCTION_INVALID, what.format(value), f"parameters.{path}", source=LAMBDA)
    expected = vpcs(subnets(context, ids))
    for group in groups:
        if strange_to(context.find(tokens.SECURITY_GROUP, group), expected):
            message = f"The security group {group} is not in the VPC of the subnets, {expected[0]}"
            yield context.problem(FUNCTION_INVALID, message, "parameters.vpcSecurityGroupIds", source=LAMBDA)


def _listed(context: Context, name: str) -> list[str]:
    return [part for part in str(context.value(f"parameters.{name}") or "").split(",") if part]


def _absent(context: Context, name: str) -> bool:
    """Tell whether a parameter is not given, rather than not known yet."""
    return _given(context).get(name) in (None, "")


def _given(context: Context) -> Mapping[str, Any]:
    parameters = context.inputs.get("parameters")
    return parameters if is_mapping(parameters) else {}


def _arn(context: Context) -> str:
    return f"arn:aws:lambda:{context.region}:{context.account}:function:{context.value('parameters.functionName')}"


def _outputs(context: Context) -> Mapping[str, Any]:
    return {"outputs": {"RotationLambdaARN": _arn(context)} if _publisher(context) else {}}


def _companions(context: Context) -> Iterator[Companion]:
    """Name the function, and the log group that Lambda makes where the program made none."""
    publisher = _publisher(context)
    if publisher is None:
        return
    name, arn = str(context.value("parameters.functionName")), _arn(context)
    rotates = publisher[0]["engines"].get(publisher[1], "")
    yield Companion(tokens.FUNCTION, arn, {"arn": arn, "name": name, "functionName": name, "rotates": rotates})
    group = f"/aws/lambda/{name}"
    if context.find(tokens.LOG_GROUP, group, "name") is None:
        log_arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}"
        yield Companion(tokens.LOG_GROUP, group, {"arn": log_arn, "name": group})


APPLICATION_STACK = ResourceType(
    token="aws:serverlessrepository/cloudFormationStack:CloudFormationStack",  # noqa: S106  a type token, no secret
    kind="serverless application stack",
    identifier="arn:aws:cloudformation:{region}:{account}:stack/serverlessrepo-{name}/{uuid}",
    name=Name(
        "name",
        pattern=r"[A-Za-z][A-Za-z0-9-]*",
        longest=128 - len("serverlessrepo-"),
        code="ValidationError",
        taken_code="AlreadyExistsException",
    ),
    references=(
        # A list with commas names several; a single group, as the platform gives it, is held.
        Reference(
            "parameters.vpcSecurityGroupIds",
            tokens.SECURITY_GROUP,
            FUNCTION_INVALID,
            message=GROUP_MISSING.replace("{}", "{value}"),
            holds=True,
            allow=".*,.*",
        ),
    ),
    create_only=frozenset({"name", "applicationId"}),
    value_code=INVALID,
    rules=(
        _application,
        _version,
        _capabilities,
        _parameters,
        _function,
        _network,
    ),
    outputs=_outputs,
    companions=_companions,
    source=SOURCE,
)

ROWS = (APPLICATION_STACK,)
