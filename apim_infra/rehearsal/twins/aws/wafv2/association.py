"""What a web ACL protects, and where it writes its log."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located
from apim_infra.rehearsal.twins.aws.table import Reference, ResourceType
from apim_infra.rehearsal.twins.aws.wafv2.common import (
    ASSOCIATION,
    GUIDE,
    HELD,
    LOGGING,
    MISSING,
    SOURCE,
    WEB_ACL,
    invalid,
)
from apim_infra.rehearsal.twins.aws.wafv2.common import INVALID as INVALID_CODE

PREFIX = "aws-waf-logs-"
"""Beginning of the name of whatever the firewall writes its log to."""
STAGE = "aws:apigateway/stage:Stage"
PROTECTED = (
    (r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d+:loadbalancer/app/.+", tokens.LOAD_BALANCER),
    (r"arn:[\w-]+:apigateway:[\w-]+::/restapis/[\w-]+/stages/[\w-]+", STAGE),
    (r"arn:[\w-]+:appsync:[\w-]+:\d+:apis/.+", ""),
    (r"arn:[\w-]+:cognito-idp:[\w-]+:\d+:userpool/.+", ""),
    (r"arn:[\w-]+:apprunner:[\w-]+:\d+:service/.+", ""),
    (r"arn:[\w-]+:ec2:[\w-]+:\d+:verified-access-instance/.+", ""),
    (r"arn:[\w-]+:amplify:[\w-]+:\d+:apps/.+", ""),
)
"""Forms of the ARNs that can be protected in a region (API model), each with its type where the table has it."""
DESTINATIONS = (
    (r"arn:[\w-]+:logs:[\w-]+:\d+:log-group:(?P<name>[^:]+)(:\*)?", tokens.LOG_GROUP),
    (r"arn:[\w-]+:firehose:[\w-]+:\d+:deliverystream/(?P<name>.+)", tokens.DELIVERY_STREAM),
    (r"arn:[\w-]+:s3:::(?P<name>[^/]+).*", tokens.BUCKET),
)


def _resource(context: Context) -> Iterator[Problem]:
    for place, value in located(context, "resourceArn"):
        arn = str(value)
        token = next((token for form, token in PROTECTED if re.fullmatch(form, arn)), None)
        if token is None:
            reason = "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."
            hint = "A web ACL protects load balancers of the type application and stages of REST APIs, no HTTP APIs and no network load balancers."
            yield invalid(context, reason, "RESOURCE_ARN", place, hint)
        elif f":{context.region}:" not in arn:
            reason = "The resource and the web ACL must be in the same region."
            yield invalid(context, reason, "RESOURCE_ARN", place, f"Use a resource of {context.region}.")
        elif token and context.find(token, arn, "arn") is None:
            message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
            yield context.problem("WAFNonexistentItemException", message, place, "Take the arn output of the resource.")
        other = next(context.all(ASSOCIATION, resourceArn=value), None)
        if other is not None:
            message = f"AWS WAF couldn't perform the operation because {arn} already has a web ACL: {other.inputs.get('webAclArn')}"
            hint = "A resource has one web ACL; the second would take the place of the first without a word."
            yield context.problem(HELD, message, place, hint, GUIDE)


def _scope(context: Context) -> Iterator[Problem]:
    acl = context.find(WEB_ACL, context.value("webAclArn"), "arn")
    if acl is not None and acl.inputs.get("scope") == "CLOUDFRONT":
        reason = "The scope is not valid: a web ACL for CloudFront is named in the distribution."
        yield invalid(context, reason, "WEB_ACL", "webAclArn", "Use a web ACL of scope REGIONAL.")


ASSOCIATION_ROW = ResourceType(
    token=ASSOCIATION,
    kind="web ACL association",
    identifier="{webAclArn},{resourceArn}",
    references=(
        Reference(
            "webAclArn",
            WEB_ACL,
            MISSING,
            by="arn",
            message="AWS WAF couldn't perform the operation because your resource doesn't exist.",
            holds=True,
            held_code=HELD,
        ),
    ),
    create_only=frozenset({"webAclArn", "resourceArn"}),
    value_code=INVALID_CODE,
    rules=(_resource, _scope),
    failure=Problem(
        "WAFUnavailableEntityException",
        "AWS WAF couldn't retrieve a resource that you specified for this operation. If you've just created it, you might need to wait a few minutes.",
        "resourceArn",
        "Run again: what exists already is kept.",
        SOURCE,
    ),
    source=SOURCE,
)


def _destinations(context: Context) -> Iterator[Problem]:
    given = located(context, "logDestinationConfigs[*]")
    if len(given) > 1:
        reason = "You can associate one logging destination with a web ACL."
        yield invalid(context, reason, "LOG_DESTINATION", "logDestinationConfigs", "Name one.")
    for place, value in given:
        forms = ((re.fullmatch(form, str(value)), token) for form, token in DESTINATIONS)
        match, token = next(((found, token) for found, token in forms if found), (None, ""))
        if match is None:
            reason = "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."
            yield invalid(context, reason, "LOG_DESTINATION", place, "Give a log group, a delivery stream or a bucket.")
        elif not match["name"].startswith(PREFIX):
            reason = f"The name of the log destination must begin with {PREFIX}"
            yield invalid(context, reason, "LOG_DESTINATION", place, f"Name it {PREFIX}{match['name']}.")
        elif context.find(token, match["name"], "name|bucket") is None:
            message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
            yield context.problem(MISSING, message, place, "Make the destination first.")


def _fields(context: Context) -> Iterator[Problem]:
    for place, field in located(context, "redactedFields[*]"):
        if len([name for name, value in field.items() if value is not None]) != 1:
            reason = "Exactly one field to match is needed"
            yield invalid(context, reason, "FIELD_TO_MATCH", place, "Write one entry for each field.")
    for place, filters in located(context, "loggingFilter.filters"):
        if not filters:
            yield invalid(context, "A logging filter needs filters", "LOGGING_FILTER", place, "Give one or more.")


def _one_each(context: Context) -> Iterator[Problem]:
    arn = context.value("resourceArn")
    if arn is not None and next(context.all(LOGGING, resourceArn=arn), None):
        message = f"AWS WAF couldn't perform the operation because {arn} has a logging configuration already"
        hint = "A web ACL has one; the second would take the place of the first."
        yield context.problem("WAFDuplicateItemException", message, "resourceArn", hint, GUIDE)


LOGGING_ROW = ResourceType(
    token=LOGGING,
    kind="logging configuration",
    identifier="{resourceArn}",
    references=(
        Reference(
            "resourceArn",
            WEB_ACL,
            MISSING,
            by="arn",
            message="AWS WAF couldn't perform the operation because your resource doesn't exist.",
        ),
    ),
    create_only=frozenset({"resourceArn"}),
    enums={"loggingFilter.defaultBehavior": ("KEEP", "DROP")},
    value_code=INVALID_CODE,
    missing_code=INVALID_CODE,
    rules=(_destinations, _fields, _one_each),
    source=SOURCE,
)

ROWS = (ASSOCIATION_ROW, LOGGING_ROW)
