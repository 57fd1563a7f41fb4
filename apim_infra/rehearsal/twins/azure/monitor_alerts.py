"""Alerts: metric alerts, alerts of the activity log, rules of managed Prometheus, and the action groups that they tell."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

METRIC_ALERT = "azure-native:monitor:MetricAlert"
ACTION_GROUP = "azure-native:monitor:ActionGroup"
ACTIVITY_ALERT = "azure-native:monitor:ActivityLogAlert"
RULE_GROUP = "azure-native:alertsmanagement:PrometheusRuleGroup"
PROCESSING = "azure-native:alertsmanagement:AlertProcessingRuleByName"
ACCOUNT = "azure-native:monitor:AzureMonitorWorkspace"

MINUTES = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "PT12H": 720, "P1D": 1440}
"""Windows of metric alerts, in minutes."""
FREQUENCIES = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")
"""How often a metric alert is evaluated."""
SHORT_NAME = 12
MOST_CRITERIA, MOST_RULES = 5, 20
REST = "Azure Monitor REST API, Metric Alerts 2018-03-01"
GROUPS = "Azure Monitor REST API, Action Groups 2023-01-01: groupShortName has 12 characters at most"
PROMETHEUS = "Azure Monitor, Prometheus rule groups (2026)"
DURATION = re.compile(r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?")


def _severity(context: Context) -> Iterator[Problem]:
    severity = context.value("severity")
    if isinstance(severity, int | float) and not 0 <= severity <= 4:
        yield context.problem(
            "BadRequest",
            f"The severity {severity:g} is out of range: 0 (critical) to 4 (verbose).",
            "severity",
            source=REST,
        )


def _windows(context: Context) -> Iterator[Problem]:
    window, every = context.value("windowSize"), context.value("evaluationFrequency")
    if window is not None and window not in MINUTES:
        yield context.problem(
            "BadRequest", f"The window size '{window}' is none of {', '.join(MINUTES)}.", "windowSize", source=REST
        )
    if every is not None and every not in FREQUENCIES:
        yield context.problem(
            "BadRequest",
            f"The evaluation frequency '{every}' is none of {', '.join(FREQUENCIES)}.",
            "evaluationFrequency",
            source=REST,
        )
    if window in MINUTES and every in FREQUENCIES and MINUTES[window] < MINUTES[every]:
        yield context.problem(
            "BadRequest",
            f"The window size {window} must not be shorter than the evaluation frequency {every}.",
            "windowSize",
            f"use {every} or more",
            REST,
        )


def _criteria(context: Context) -> Iterator[Problem]:
    conditions = context.at("criteria.allOf[*]")
    if "criteria" in context.inputs and not conditions:
        yield context.problem("BadRequest", "The criteria have no condition.", "criteria.allOf", source=REST)
    if len(conditions) > MOST_CRITERIA:
        yield context.problem(
            "BadRequest",
            f"{len(conditions)} conditions: an alert has {MOST_CRITERIA} at most.",
            "criteria.allOf",
            source="Azure Monitor, service limits (2026)",
        )
    names = [condition.get("name") for _, condition in conditions if is_mapping(condition)]
    for path, condition in conditions:
        if names.count(condition.get("name")) > 1:
            yield context.warning(
                "BadRequest",
                f"Two conditions are called '{condition.get('name')}'.",
                f"{path}.name",
                source="own knowledge",
            )
        namespace = str(condition.get("metricNamespace") or "")
        scopes = [ids.type_of(scope) for scope in context.get("scopes[*]") if ids.looks_like_id(scope)]
        if namespace.lower().startswith("microsoft.") and scopes and namespace.lower() != scopes[0].lower():
            yield context.problem(
                "BadRequest",
                f"The metric namespace '{namespace}' is not one of the resource, which is of type {scopes[0]}.",
                f"{path}.metricNamespace",
                f"use {scopes[0]}",
                "Azure Monitor, troubleshooting of metric alerts: the metric must be one of the target (2026)",
            )


def _scopes(context: Context) -> Iterator[Problem]:
    if not context.inputs.get("scopes"):
        yield context.problem(
            "BadRequest", "An alert must name what it watches: scopes is empty.", "scopes", source=REST
        )
    scopes = [scope for scope in context.get("scopes[*]") if ids.looks_like_id(scope)]
    single = str(context.value("criteria.odataType", "")).endswith("SingleResourceMultipleMetricCriteria")
    if single and len(scopes) > 1:
        yield context.problem(
            "BadRequest",
            f"{len(scopes)} scopes: criteria of a single resource take one.",
            "scopes",
            "use MultipleResourceMultipleMetricCriteria",
            REST,
        )
    wanted = context.value("targetResourceType")
    for index, scope in enumerate(scopes):
        if wanted and "/providers/" in scope and ids.type_of(scope).lower() != str(wanted).lower():
            yield context.problem(
                "BadRequest",
                f"The scope is of type {ids.type_of(scope)}, not of the target type {wanted}.",
                f"scopes[{index}]",
                source=REST,
            )


def _group(context: Context) -> Iterator[Problem]:
    short = context.value("groupShortName")
    if short is not None and not 1 <= len(str(short)) <= SHORT_NAME:
        yield context.problem(
            "BadRequest",
            f"The short name '{short}' must have 1 to {SHORT_NAME} characters.",
            "groupShortName",
            "shorten it",
            GROUPS,
        )
    receivers = [
        name for kind in context.inputs if kind.endswith("Receivers") for name in context.get(f"{kind}[*].name")
    ]
    for name in sorted({name for name in receivers if receivers.count(name) > 1}):
        yield context.problem(
            "BadRequest",
            f"Two receivers are called '{name}': names are unique in an action group.",
            "emailReceivers",
            source="Azure Monitor REST API, Action Groups 2023-01-01: names must be unique across all receivers",
        )


def _activity(context: Context) -> Iterator[Problem]:
    if context.location not in ("global", "westeurope", "northeurope"):
        yield context.problem(
            "BadRequest",
            f"An alert of the activity log is in global, westeurope or northeurope, not in '{context.location}'.",
            "location",
            "write global",
            "Azure Monitor REST API, Activity Log Alerts 2020-10-01",
        )
    fields = context.get("condition.allOf[*].field")
    if "condition" in context.inputs and "category" not in fields:
        yield context.problem(
            "BadRequest",
            "The condition must say which category of the activity log is meant.",
            "condition.allOf",
            "add {field: category, equals: ServiceHealth}",
            "Azure Monitor REST API, Activity Log Alerts 2020-10-01: one of the conditions must be of the field category",
        )


def _rules(context: Context) -> Iterator[Problem]:
    rules = context.at("rules[*]")
    if not 1 <= len(rules) <= MOST_RULES:
        yield context.problem(
            "BadRequest", f"{len(rules)} rules: a group has 1 to {MOST_RULES}.", "rules", "split the group", PROMETHEUS
        )
    for path, rule in rules:
        if not is_mapping(rule):
            continue
        if bool(rule.get("alert")) == bool(rule.get("record")):
            yield context.problem(
                "BadRequest",
                "A rule either records a series or raises an alert: name one of record and alert.",
                f"{path}.alert",
                source=PROMETHEUS,
            )
        waits = rule.get("for")
        if isinstance(waits, str) and not DURATION.fullmatch(waits):
            yield context.problem(
                "BadRequest",
                f"'{waits}' is no duration of ISO 8601.",
                f"{path}.for",
                "write PT10M for ten minutes",
                PROMETHEUS,
            )
        if rule.get("record") and any(rule.get(field) for field in ("actions", "severity", "annotations")):
            yield context.problem(
                "BadRequest",
                "Actions, severity and annotations are of alert rules alone.",
                path,
                source=PROMETHEUS,
            )
    interval = context.value("interval")
    if isinstance(interval, str) and interval not in {f"PT{minutes}M" for minutes in range(1, 16)}:
        yield context.problem(
            "BadRequest", f"The interval '{interval}' is not PT1M to PT15M.", "interval", source=PROMETHEUS
        )


def _rule_scopes(context: Context) -> Iterator[Problem]:
    scopes = [scope for scope in listed(context.inputs.get("scopes")) if ids.looks_like_id(scope)]
    if scopes and not any(ids.type_of(scope).lower() == "microsoft.monitor/accounts" for scope in scopes):
        yield context.problem(
            "BadRequest",
            "The scopes name no workspace of Azure Monitor.",
            "scopes",
            "name the workspace first, then the cluster",
            PROMETHEUS,
        )


RULES = {
    METRIC_ALERT: (_severity, _windows, _criteria, _scopes),
    ACTION_GROUP: (_group,),
    ACTIVITY_ALERT: (_activity,),
    RULE_GROUP: (_rules, _rule_scopes),
}
REFERENCES = {
    METRIC_ALERT: (Reference("actions[*].actionGroupId", ACTION_GROUP),),
    ACTIVITY_ALERT: (Reference("actions.actionGroups[*].actionGroupId", ACTION_GROUP),),
    RULE_GROUP: (Reference("rules[*].actions[*].actionGroupId", ACTION_GROUP),),
    PROCESSING: (Reference("properties.actions[*].actionGroupIds[*]", ACTION_GROUP),),
}
