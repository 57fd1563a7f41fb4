"""Rows of CloudWatch alarms and dashboards, and of EventBridge rules."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    given,
    json_object,
    located,
    parsed,
    repeated,
    role_exists,
    seen,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.cloud.values import is_mapping

SOURCE = "CloudWatch and EventBridge API models, botocore 1.44.5"
INVALID = "ValidationError"
WEEK = 7 * 86400
DAY = 86400
ACTIONS = ("alarmActions", "okActions", "insufficientDataActions")
MOST_ACTIONS = 5
QUERY = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
STATISTIC = re.compile(
    r"p(100|\d{1,2})(\.\d{1,10})?|(tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|IQM|(TM|WM|PR|TC|TS)\([\d.%]*:[\d.%]*\)"
)
WITH_ROLE = (":states:", ":kinesis:", ":firehose:", ":ecs:", ":codebuild:", ":api-destination/")
"""Parts of the ARNs of targets that EventBridge needs a role for; SQS, SNS, Lambda and Logs have policies of their own."""
RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
CRON = re.compile(r"cron\((\S+ ){5}\S+\)")


def _measure(context: Context) -> Iterator[Problem]:
    """Check that an alarm has one measure, and all of what that measure needs."""
    single, several = bool(given(context, "metricName")), bool(given(context, "metricQueries"))
    if single and several:
        message = "Conflicting configuration arguments: 'metricName' conflicts with 'metricQueries'"
        yield context.problem("CheckFailure", message, "metricQueries", "Give one of them.", "AWS provider")
    if not given(context, "metricName", "metricQueries", "evaluationCriteria"):
        message = "An alarm needs a metric: metricName or metricQueries"
        yield context.problem(INVALID, message, "metricName", "Set metricName.")
    if single and len(given(context, "statistic", "extendedStatistic")) != 1:
        message = "Exactly one of Statistic and ExtendedStatistic must be given"
        yield context.problem(INVALID, message, "statistic", "Set statistic.")
    needed = [*(("namespace", "period") if single else ()), "comparisonOperator", "evaluationPeriods"]
    for key in needed if single or several else ():
        if not given(context, key):
            yield context.problem(INVALID, f"The parameter {key} is required for a metric", key, f"Set {key}.")
    if (single or several) and not given(context, "threshold", "thresholdMetricId"):
        yield context.problem(INVALID, "A threshold is required", "threshold", "Set threshold.")


def _periods(context: Context) -> Iterator[Problem]:
    periods, points = context.value("evaluationPeriods", 1), context.value("datapointsToAlarm")
    for place, period in [*located(context, "period"), *located(context, "metricQueries[*].metric.period")]:
        if period not in ((10, 20, 30) if place == "period" else (1, 5, 10, 20, 30)) and (period < 60 or period % 60):
            message = f"Period must be 10, 20, 30 or a multiple of 60, not {period}"
            yield context.problem(INVALID, message, place, "Use 60 or a multiple of it.")
        elif period * periods > (WEEK if period >= 3600 else DAY):
            message = f"Metrics cannot be checked across more than a day (a week for periods of an hour): {period * periods} seconds"
            yield context.problem(INVALID, message, "evaluationPeriods", "Lower evaluationPeriods.")
    if periods < 1:
        yield context.problem(INVALID, "EvaluationPeriods must be 1 or more", "evaluationPeriods")
    if points is not None and not 1 <= points <= periods:
        message = f"DatapointsToAlarm {points} must be 1 to EvaluationPeriods {periods}"
        yield context.problem(INVALID, message, "datapointsToAlarm", "Lower it.")


def _statistic(context: Context) -> Iterator[Problem]:
    for place, statistic in located(context, "extendedStatistic"):
        if not STATISTIC.fullmatch(str(statistic)):
            message = f"The value {statistic} for parameter ExtendedStatistic is not supported."
            yield context.problem(INVALID, message, place, "Write a percentile such as p99.9, or tm90, IQM, PR(100:).")


def _queries(context: Context) -> Iterator[Problem]:
    queries = located(context, "metricQueries[*]")
    for place, query in queries:
        if not QUERY.fullmatch(str(query.get("id"))):
            message = f"The id {query.get('id')} of a query must match {QUERY.pattern}"
            yield context.problem(INVALID, message, f"{place}.id", "Begin it with a small letter.")
        if (query.get("metric") is None) == (query.get("expression") is None):
            message = "An element of the metrics list has either a metric or an expression"
            yield context.problem(INVALID, message, place, "Give one of them.")
    for identifier in repeated([query.get("id") for _, query in queries]):
        yield context.problem(INVALID, f"The id {identifier} is given to two queries", "metricQueries")
    returned = [query for _, query in queries if query.get("returnData")]
    if len(queries) > 1 and len(returned) != 1:
        message = "Exactly one element of the metrics list should return data."
        yield context.problem(INVALID, message, "metricQueries", "Set returnData on one.")


def _actions(context: Context) -> Iterator[Problem]:
    for key in ACTIONS:
        if len(context.get(f"{key}[*]")) > MOST_ACTIONS:
            message = f"Value at '{key}' failed to satisfy constraint: it must have {MOST_ACTIONS} elements at most"
            yield context.problem(INVALID, message, key, "Let one topic tell the others.")
        for place, arn in located(context, f"{key}[*]"):
            parts = str(arn).split(":")
            if len(parts) < 6 or parts[0] != "arn":
                yield context.problem(INVALID, f"Invalid ARN syntax: {arn}", place, "Give an ARN.")
            elif parts[3] not in (context.region, ""):
                message = f"Invalid region {parts[3]} specified. Only {context.region} is supported."
                yield context.problem(INVALID, message, place, "Use a topic of the alarm's region.")


METRIC_ALARM = ResourceType(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",  # noqa: S106  a type token, no secret
    kind="alarm",
    identifier="{name}",
    arn="arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    name=Name("name", longest=255, code=INVALID, unique=None),
    create_only=frozenset({"name"}),
    defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    enums={
        "comparisonOperator": (
            "GreaterThanOrEqualToThreshold",
            "GreaterThanThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
            "LessThanLowerOrGreaterThanUpperThreshold",
            "LessThanLowerThreshold",
            "GreaterThanUpperThreshold",
        )
    },
    value_code=INVALID,
    cloudformation="AWS::CloudWatch::Alarm",
    renamed={"metricQueries": "", "dimensions": "", "name": "", "okActions": "OKActions"},
    rules=(
        _measure,
        _periods,
        _statistic,
        _queries,
        _actions,
        # CloudWatch accepts a topic that does not exist; the alarm then tells nobody.
        *(seen(f"{key}[*]", tokens.TOPIC, "NotFound", "SNS topic", "sns") for key in ACTIONS),
    ),
    quota=Quota(5000, ("region",), "LimitExceeded"),
    source=SOURCE,
)

DASHBOARD = ResourceType(
    token="aws:cloudwatch/dashboard:Dashboard",  # noqa: S106  a type token, no secret
    kind="dashboard",
    identifier="{dashboardName}",
    name=Name(
        "dashboardName",
        pattern=r"[A-Za-z0-9_-]+",
        longest=255,
        code="InvalidParameterInput",
        unique=None,
        automatic=False,
    ),
    create_only=frozenset({"dashboardName"}),
    value_code="InvalidParameterInput",
    rules=(json_object("dashboardBody", "InvalidParameterInput", "The dashboard body is invalid: no JSON object"),),
    outputs=lambda context: {"dashboardArn": f"arn:aws:cloudwatch::{context.account}:dashboard/{context.name}"},
    source=SOURCE,
)


def _trigger(context: Context) -> Iterator[Problem]:
    schedule = context.value("scheduleExpression")
    if not given(context, "eventPattern", "scheduleExpression"):
        message = "one of `event_pattern,schedule_expression` must be specified"
        yield context.problem("CheckFailure", message, "eventPattern", "Give a pattern or a schedule.", "AWS provider")
    if schedule is not None and not _is_schedule(str(schedule)):
        message = f"Parameter ScheduleExpression is not valid: {schedule}"
        hint = "Write rate(5 minutes) or cron(0 3 * * ? *)."
        yield context.problem("ValidationException", message, "scheduleExpression", hint)
    if schedule is not None and context.value("eventBusName", "default") != "default":
        message = "ScheduleExpression is supported only on the default event bus."
        yield context.problem("ValidationException", message, "eventBusName", "Leave eventBusName out.")


def _pattern(context: Context) -> Iterator[Problem]:
    for place, text in located(context, "eventPattern"):
        try:
            pattern = parsed(text)
        except ValueError:
            continue
        for key in _bad_fields(pattern):
            message = f'Event pattern is not valid. Reason: "{key}" must be an object or an array'
            yield context.problem(
                "InvalidEventPatternException", message, place, f'Put the value of "{key}" in a list.'
            )


def _bad_fields(pattern: Any) -> Iterator[str]:
    """Yield the fields of an event pattern that hold neither a list of values nor further fields."""
    for key, value in pattern.items() if is_mapping(pattern) else ():
        if is_mapping(value):
            yield from _bad_fields(value)
        elif not isinstance(value, list):
            yield key


def _is_schedule(text: str) -> bool:
    """Tell whether a text is a rate or cron expression."""
    rate = RATE.fullmatch(text)
    if rate:
        return int(rate[1]) > 0 and (int(rate[1]) == 1) != rate[2].endswith("s")
    if not CRON.fullmatch(text):
        return False
    days = text.removeprefix("cron(").split()
    return (days[2] == "?") != (days[4] == "?")


EVENT_RULE = ResourceType(
    token=tokens.EVENT_RULE,
    kind="rule",
    identifier="{name}",
    arn="arn:aws:events:{region}:{account}:rule/{name}",
    name=Name("name", pattern=r"[.\-_A-Za-z0-9]+", longest=64, code="ValidationException", unique=None),
    create_only=frozenset({"name", "eventBusName"}),
    value_code="ValidationException",
    cloudformation="AWS::Events::Rule",
    renamed={"eventPattern": "", "isEnabled": "", "scheduleExpression": ""},
    rules=(
        _trigger,
        _pattern,
        json_object(
            "eventPattern", "InvalidEventPatternException", "Event pattern is not valid. Reason: no JSON object"
        ),
        role_exists("roleArn", "ValidationException", "events.amazonaws.com"),
    ),
    outputs=lambda context: {"eventBusName": context.value("eventBusName", "default")},
    quota=Quota(300, ("region",), "LimitExceededException"),
    source=SOURCE,
)


def _target(context: Context) -> Iterator[Problem]:
    arn = str(context.value("arn", ""))
    if not arn.startswith("arn:"):
        message = f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        yield context.problem("ValidationException", message, "arn", "Give an ARN.")
    inputs = given(context, "input", "inputPath", "inputTransformer")
    if len(inputs) > 1:
        message = f"Only one of Input, InputPath, or InputTransformer must be provided, not {', '.join(inputs)}"
        yield context.problem("ValidationException", message, inputs[1], "Give one.")


def _target_role(context: Context) -> Iterator[Problem]:
    for _, arn in located(context, "arn"):
        if any(part in str(arn) for part in WITH_ROLE) and not given(context, "roleArn"):
            message = f"RoleArn is required for target {arn}."
            hint = "Give a role that events.amazonaws.com can assume."
            yield context.problem("ValidationException", message, "roleArn", hint)


def _target_input(context: Context) -> Iterator[Problem]:
    for place, text in located(context, "input"):
        try:
            parsed(text)
        except ValueError:
            message = "JSON syntax error in input for target"
            yield context.problem("ValidationException", message, place, "Write it with json.dumps.")


def _target_outputs(context: Context) -> Mapping[str, Any]:
    made_up = f"terraform-{context.hexadecimal(26, 'target')}"
    return {"targetId": context.value("targetId", context.outputs.get("targetId") or made_up)}


EVENT_TARGET = ResourceType(
    token="aws:cloudwatch/eventTarget:EventTarget",  # noqa: S106  a type token, no secret
    kind="target",
    identifier="{rule}-{targetId}",
    references=(
        Reference(
            "rule",
            tokens.EVENT_RULE,
            "ResourceNotFoundException",
            by="name",
            message="Rule {value} does not exist.",
            holds=True,
            held_code="ValidationException",
        ),
    ),
    create_only=frozenset({"rule", "targetId", "eventBusName"}),
    value_code="ValidationException",
    patterns={"targetId": r"[.\-_A-Za-z0-9]{1,64}"},
    ranges={"retryPolicy.maximumEventAgeInSeconds": (60, 86400), "retryPolicy.maximumRetryAttempts": (0, 185)},
    rules=(_target, _target_role, _target_input, role_exists("roleArn", "ValidationException", "events.amazonaws.com")),
    outputs=_target_outputs,
    quota=Quota(5, ("region", "rule"), "LimitExceededException"),
    source=SOURCE,
)

ROWS = (METRIC_ALARM, DASHBOARD, EVENT_RULE, EVENT_TARGET)
