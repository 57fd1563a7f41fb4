"""Wrong requests to CloudWatch and EventBridge."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.given import ROLE, Aws
from aws_cases.service_given import changed, without

ALARM = "ValidationError"
EVENTS = "ValidationException"
PATTERN = "InvalidEventPatternException"
PROVIDER = "CheckFailure"
ELSEWHERE = "arn:aws:sns:eu-west-1:111122223333:topic"
MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:nightly"

TOPIC = Step(tokens.TOPIC, "topic", {"name": "alarms"})
CPU = Step(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "cpu",
    {
        "name": "cpu",
        "namespace": "AWS/RDS",
        "metricName": "CPUUtilization",
        "statistic": "Average",
        "period": 300,
        "evaluationPeriods": 3,
        "threshold": 80,
        "comparisonOperator": "GreaterThanThreshold",
        "alarmActions": ["${topic.arn}"],
    },
)
RULE = Step(tokens.EVENT_RULE, "rule", {"name": "nightly", "scheduleExpression": "rate(1 day)"})
TARGET = Step(
    "aws:cloudwatch/eventTarget:EventTarget",
    "target",
    {"rule": "${rule.name}", "arn": "${topic.arn}", "targetId": "topic"},
)
BARE = json.dumps({"source": "aws.rds"})
MOTO_TARGETS = [{"Id": "topic", "Arn": ELSEWHERE}]
QUERIES = [
    {"id": "errors", "metric": {"metricName": "5XXError", "namespace": "AWS/ApiGateway", "period": 60, "stat": "Sum"}},
    {"id": "rate", "expression": "errors / 60", "returnData": True},
]


def alarm(wrong: str, code: str = ALARM, **inputs: Any) -> Case:
    """Make a case of a wrong alarm."""
    return Case("CloudWatch", wrong, changed(CPU, **inputs), code, (TOPIC,))


def query_alarm(wrong: str, *queries: dict[str, Any]) -> Case:
    """Make a case of an alarm on wrong queries."""
    return Case(
        "CloudWatch",
        wrong,
        changed(without(CPU, "namespace", "metricName", "statistic", "period"), metricQueries=queries),
        ALARM,
        (TOPIC,),
        path="metricQueries",
    )


def target(wrong: str, path: str = "", code: str = EVENTS, given: tuple[Step, ...] = (), **inputs: Any) -> Case:
    """Make a case of a wrong target."""
    return Case("EventBridge", wrong, changed(TARGET, **inputs), code, (TOPIC, RULE, *given), path=path)


def _delete_rule(aws: Aws) -> None:
    aws("events").put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    aws("events").put_targets(Rule="nightly", Targets=MOTO_TARGETS)
    aws("events").delete_rule(Name="nightly")


def _other_bus(aws: Aws) -> None:
    aws("events").create_event_bus(Name="apim")
    aws("events").put_rule(Name="nightly", EventBusName="apim", ScheduleExpression="rate(1 day)")


ALARM_AND_RULE_CASES = (
    alarm("alarm every seven seconds", period=7),
    alarm("alarm over more than a day", evaluationPeriods=500),
    alarm("alarm on more points than it looks at", datapointsToAlarm=5),
    alarm("unknown comparison", comparisonOperator="Above"),
    alarm("unknown statistic", statistic="Median"),
    alarm("two statistics", extendedStatistic="p90"),
    alarm("alarm without a threshold", threshold=None),
    alarm("alarm without a metric", metricName=None),
    alarm("metric without its namespace", namespace=None),
    alarm("unknown treatment of missing data", treatMissingData="alarm"),
    alarm("alarm to a topic of another region", alarmActions=[ELSEWHERE]),
    alarm("alarm to something that is no ARN", alarmActions=["operations"]),
    alarm("percentile above 100", extendedStatistic="p101", statistic=None),
    alarm("more than five actions", alarmActions=["${topic.arn}"] * 6),
    alarm("hourly alarm over more than a week", period=3600, evaluationPeriods=200),
    alarm("metric and queries at once", PROVIDER, metricQueries=[{"id": "a", "expression": "b", "returnData": True}]),
    Case(
        "CloudWatch",
        "dashboard that is no JSON",
        Step("aws:cloudwatch/dashboard:Dashboard", "board", {"dashboardName": "board", "dashboardBody": "widgets"}),
        "InvalidParameterInput",
        moto=lambda aws: aws("cloudwatch").put_dashboard(DashboardName="board", DashboardBody="widgets"),
    ),
    Case(
        "CloudWatch",
        "name of a dashboard with a space",
        Step("aws:cloudwatch/dashboard:Dashboard", "board", {"dashboardName": "my board", "dashboardBody": "{}"}),
        "InvalidParameterInput",
    ),
    Case("EventBridge", "schedule of another form", changed(RULE, scheduleExpression="every day"), EVENTS),
    Case("EventBridge", "rate in the wrong number", changed(RULE, scheduleExpression="rate(1 days)"), EVENTS),
    Case(
        "EventBridge", "schedule with both kinds of days", changed(RULE, scheduleExpression="cron(0 3 * * * *)"), EVENTS
    ),
    Case("EventBridge", "rule without a trigger", without(RULE, "scheduleExpression"), PROVIDER),
    Case(
        "EventBridge",
        "pattern that is no JSON",
        changed(without(RULE, "scheduleExpression"), eventPattern="source"),
        "InvalidEventPatternException",
        moto=lambda aws: aws("events").put_rule(Name="nightly", EventPattern="source"),
    ),
    Case("EventBridge", "name of a rule with a slash", changed(RULE, name="apim/nightly"), EVENTS),
    Case(
        "EventBridge",
        "target of a rule that does not exist",
        changed(TARGET, rule="missing"),
        "ResourceNotFoundException",
        (TOPIC,),
        moto=lambda aws: aws("events").put_targets(Rule="missing", Targets=MOTO_TARGETS),
    ),
    Case("EventBridge", "target that is no ARN", changed(TARGET, arn="topic"), EVENTS, (RULE, TOPIC)),
    Case(
        "EventBridge",
        "deletion of a rule with targets",
        RULE,
        EVENTS,
        (TOPIC, RULE, TARGET),
        "delete",
        moto=_delete_rule,
    ),
)
QUERY_AND_TARGET_CASES = (
    query_alarm("queries of one id", *QUERIES, {"id": "rate", "expression": "errors"}),
    query_alarm("two queries with data", {**QUERIES[0], "returnData": True}, QUERIES[1]),
    Case(
        "CloudWatch",
        "query that begins with a capital",
        changed(
            without(CPU, "namespace", "metricName", "statistic", "period"),
            metricQueries=[{**QUERIES[0], "id": "Errors", "returnData": True}],
        ),
        ALARM,
        (TOPIC,),
        path="metricQueries[0].id",
    ),
    Case(
        "CloudWatch",
        "query of nothing",
        changed(
            without(CPU, "namespace", "metricName", "statistic", "period"),
            metricQueries=[{"id": "errors", "returnData": True}],
        ),
        ALARM,
        (TOPIC,),
        path="metricQueries[0]",
    ),
    Case(
        "EventBridge",
        "pattern with a bare value",
        changed(without(RULE, "scheduleExpression"), eventPattern=BARE),
        PATTERN,
        path="eventPattern",
        moto=lambda aws: aws("events").put_rule(Name="nightly", EventPattern=BARE),
    ),
    Case(
        "EventBridge",
        "pattern with a bare value inside",
        changed(without(RULE, "scheduleExpression"), eventPattern=json.dumps({"detail": {"state": "failed"}})),
        PATTERN,
        path="eventPattern",
    ),
    Case(
        "EventBridge",
        "schedule on another bus",
        changed(RULE, eventBusName="apim"),
        EVENTS,
        path="eventBusName",
        moto=_other_bus,
    ),
    Case("EventBridge", "unknown state of a rule", changed(RULE, state="ON"), EVENTS, path="state"),
    Case(
        "EventBridge",
        "role that EventBridge cannot assume",
        changed(RULE, roleArn="${role.arn}"),
        EVENTS,
        (ROLE,),
        path="roleArn",
    ),
    target("state machine without a role", "roleArn", arn=MACHINE),
    target("target input that is no JSON", "input", input="{"),
    target("target with an input and a path", "inputPath", input="{}", inputPath="$.detail"),
    target("target id with a space", "targetId", targetId="the topic"),
    target(
        "retries for more than a day",
        "retryPolicy.maximumEventAgeInSeconds",
        retryPolicy={"maximumEventAgeInSeconds": 100000},
    ),
    Case(
        "EventBridge",
        "sixth target of a rule",
        TARGET,
        "LimitExceededException",
        (TOPIC, RULE, *(Step(TARGET.token, f"target{n}", {**TARGET.inputs, "targetId": f"t{n}"}) for n in range(5))),
    ),
)

CASES = (*ALARM_AND_RULE_CASES, *QUERY_AND_TARGET_CASES)
