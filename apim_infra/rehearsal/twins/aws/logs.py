"""Rows of CloudWatch Logs."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    find_key,
    find_role,
    given,
    grants,
    key_documents,
    located,
    mappings,
    parsed,
    resource_policy,
    role_exists,
    seen,
    texts,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "CloudWatch Logs API model, botocore 1.44.5"
INVALID = "InvalidParameterException"
SERVICES = ("logs.{region}.amazonaws.com", "logs.amazonaws.com")
RETENTION = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
DESTINATIONS = {
    ":firehose:": tokens.DELIVERY_STREAM,
    ":lambda:": tokens.FUNCTION,
    ":kinesis:": "aws:kinesis/stream:Stream",
}
"""What a subscription filter delivers to, by a part of its ARN."""


def _name(context: Context) -> Iterator[Problem]:
    if context.name.lower().startswith("aws/"):
        message = "Log groups starting with AWS/ are reserved for AWS."
        yield context.problem(INVALID, message, "name", "Begin the name with a slash, or choose another.")


def _retention(context: Context) -> Iterator[Problem]:
    days = context.value("retentionInDays", 0)
    if days and days not in RETENTION:
        message = f"Invalid retention value {days}. Valid values are: {list(RETENTION)}"
        yield context.problem(INVALID, message, "retentionInDays", "Use one of them, or 0 for ever.")


def _key(context: Context) -> Iterator[Problem]:
    """Check that the key lets the service encrypt for this log group: a key's default policy does not."""
    value = context.value("kmsKeyId")
    if value is None:
        return
    if not str(value).startswith("arn:"):
        message = f"Value '{value}' at 'kmsKeyId' failed to satisfy constraint: it is no ARN"
        yield context.problem(INVALID, message, "kmsKeyId", "Give the arn output of the key.")
        return
    arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{context.name}"
    key = find_key(context, str(value), context.region)
    if key is None or not (key.assumed or _lets_logs(context, key, arn)):
        message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        hint = (
            f"Let the key policy allow the service principal logs.{context.region}.amazonaws.com to Encrypt*, Decrypt*, "
            "ReEncrypt*, GenerateDataKey* and Describe*, before."
        )
        yield context.problem("AccessDeniedException", message, "kmsKeyId", hint, "public deployment logs")


def _lets_logs(context: Context, key: Thing, arn: str) -> bool:
    """Tell whether a statement of a key policy lets the service use the key for a log group."""
    services = [service.format(region=context.region) for service in SERVICES]
    for document in key_documents(context, key):
        try:
            policy = mappings(parsed(document))
        except ValueError:
            continue
        for statement in mappings(policy[0].get("Statement")) if policy else ():
            allowed = any(grants({"Statement": [statement]}, service) for service in services)
            if allowed and _context_fits(statement, arn):
                return True
    return False


def _context_fits(statement: dict[str, Any], arn: str) -> bool:
    """Tell whether the condition on the encryption context, where there is one, admits a log group's ARN."""
    for condition in mappings(statement.get("Condition")):
        for operator in condition.values():
            for test in mappings(operator):
                patterns = texts(test.get("kms:EncryptionContext:aws:logs:arn"))
                if patterns and not any(fnmatchcase(arn, pattern) for pattern in patterns):
                    return False
    return True


def _protected(context: Context) -> Iterator[Problem]:
    if context.value("deletionProtectionEnabled", False):
        message = f"The log group {context.id} cannot be deleted because deletion protection is enabled"
        yield context.problem("ValidationException", message, "deletionProtectionEnabled", "Switch it off before.")


LOG_GROUP = ResourceType(
    token=tokens.LOG_GROUP,
    kind="log group",
    identifier="{name}",
    arn="arn:aws:logs:{region}:{account}:log-group:{name}",
    name=Name(
        "name",
        pattern=r"[.\-_/#A-Za-z0-9]+",
        longest=512,
        code=INVALID,
        taken_code="ResourceAlreadyExistsException",
    ),
    create_only=frozenset({"name", "logGroupClass"}),
    defaults={"retentionInDays": 0, "skipDestroy": False},
    enums={"logGroupClass": ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")},
    value_code=INVALID,
    rules=(_name, _retention, _key),
    delete_rules=(_protected,),
    protections={"deletionProtectionEnabled": False},
    outputs=lambda context: {"logGroupClass": context.value("logGroupClass", "STANDARD")},
    source=SOURCE,
)

RESOURCE_POLICY = ResourceType(
    token="aws:cloudwatch/logResourcePolicy:LogResourcePolicy",  # noqa: S106  a type token, no secret
    kind="resource policy",
    identifier="{policyName}",
    name=Name("policyName", unique=None),
    create_only=frozenset({"policyName", "resourceArn"}),
    value_code=INVALID,
    rules=(resource_policy("policyDocument", INVALID, "Resource policy is malformed: {fault}"),),
    outputs=lambda context: {"policyScope": "ACCOUNT", "revisionId": context.hexadecimal(16, "revision")},
    quota=Quota(10, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _of_group(path: str) -> Reference:
    return Reference(
        path,
        tokens.LOG_GROUP,
        "ResourceNotFoundException",
        by="name",
        message="The specified log group does not exist: {value}",
    )


def _destination(context: Context) -> Iterator[Problem]:
    """Check that the filter delivers to something of its region, with a role where that is due."""
    for place, arn in located(context, "destinationArn"):
        token = next((token for part, token in DESTINATIONS.items() if part in str(arn)), None)
        if token is None and ":logs:" not in str(arn):
            message = f"Could not deliver to {arn}: it is no Lambda function, stream or delivery stream"
            yield context.problem(INVALID, message, place, "Give the ARN of one of these.")
        elif f":{context.region}:" not in str(arn):
            message = "Could not deliver test message to specified destination. Check if the destination is valid."
            yield context.problem(INVALID, message, place, f"Use a destination in {context.region}: {arn} is not.")
        elif token:
            yield from seen("destinationArn", token, INVALID, "destination")(context)
        has_role = bool(given(context, "roleArn"))
        if token and token != tokens.FUNCTION and not has_role:
            message = "Role ARN is required when creating a subscription filter against a Kinesis stream or Firehose"
            yield context.problem(INVALID, message, "roleArn", "Give a role that logs.amazonaws.com can assume.")
        if token == tokens.FUNCTION and has_role:
            message = "destinationArn for vendor lambda cannot be used with roleArn"
            yield context.problem(INVALID, message, "roleArn", "Leave it out: the function's own policy counts.")


def _role(context: Context) -> Iterator[Problem]:
    """Check that Logs can assume the role, by either of its names."""
    for place, arn in located(context, "roleArn"):
        found = find_role(context, arn)
        if found is None or found.assumed:
            continue
        services = [service.format(region=context.region) for service in SERVICES]
        if not any(grants(found.inputs.get("assumeRolePolicy"), service) for service in services):
            message = "Could not deliver test message to specified destination. Check if the destination is valid."
            hint = f"Let the trust policy of {arn} allow the principal {services[0]}."
            yield context.problem(INVALID, message, place, hint)


SUBSCRIPTION_FILTER = ResourceType(
    token="aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",  # noqa: S106  a type token, no secret
    kind="subscription filter",
    identifier="cwlsf-{digits10}",
    name=Name("name", pattern=r"[^:*]+", longest=512, code=INVALID, unique=None),
    references=(_of_group("logGroup"),),
    create_only=frozenset({"name", "logGroup"}),
    patterns={"filterPattern": r"(?s).{0,1024}"},
    enums={"distribution": ("Random", "ByLogStream")},
    value_code=INVALID,
    rules=(_destination, role_exists("roleArn", INVALID), _role),
    quota=Quota(2, ("region", "logGroup"), "LimitExceededException"),
    source=SOURCE,
)


def _metric(context: Context) -> Iterator[Problem]:
    for place, transformation in located(context, "metricTransformation"):
        if transformation.get("defaultValue") is not None and transformation.get("dimensions"):
            message = "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
            yield context.problem(INVALID, message, place, "Leave one of them out.")


METRIC_FILTER = ResourceType(
    token="aws:cloudwatch/logMetricFilter:LogMetricFilter",  # noqa: S106  a type token, no secret
    kind="metric filter",
    identifier="{name}",
    name=Name("name", pattern=r"[^:*]+", longest=512, code=INVALID, unique=None),
    references=(_of_group("logGroupName"),),
    create_only=frozenset({"name", "logGroupName"}),
    value_code=INVALID,
    rules=(_metric,),
    quota=Quota(100, ("region", "logGroupName"), "LimitExceededException"),
    source=SOURCE,
)


def _stream_outputs(context: Context) -> Mapping[str, Any]:
    group = context.value("logGroupName")
    arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}:log-stream:{context.name}"
    return {"arn": arn}


LOG_STREAM = ResourceType(
    token="aws:cloudwatch/logStream:LogStream",  # noqa: S106  a type token, no secret
    kind="log stream",
    identifier="{name}",
    name=Name(
        "name",
        pattern=r"[^:*]+",
        longest=512,
        code=INVALID,
        unique=("region", "logGroupName"),
        taken_code="ResourceAlreadyExistsException",
    ),
    references=(_of_group("logGroupName"),),
    create_only=frozenset({"name", "logGroupName"}),
    value_code=INVALID,
    outputs=_stream_outputs,
    source=SOURCE,
)

ROWS = (LOG_GROUP, RESOURCE_POLICY, SUBSCRIPTION_FILTER, METRIC_FILTER, LOG_STREAM)
