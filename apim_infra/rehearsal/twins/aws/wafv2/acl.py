"""Web ACLs: their rules, in order, and what the rules may do."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import UNKNOWN, Problem
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import located, repeated
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.wafv2.capacity import capacity_of, managed_groups, table
from apim_infra.rehearsal.twins.aws.wafv2.common import (
    DESCRIPTION,
    DUPLICATE,
    GUIDE,
    HELD,
    INVALID,
    IP_SET,
    LIMIT,
    METRIC,
    NAME,
    RESERVED_METRICS,
    SCOPES,
    SOURCE,
    arn_of,
    invalid,
    scope,
)
from apim_infra.rehearsal.twins.aws.wafv2.common import WEB_ACL as TOKEN
from apim_infra.rehearsal.twins.cloud.values import is_mapping

GROUPS = ("managedRuleGroupStatement", "ruleGroupReferenceStatement")
"""Statements that refer to a group, whose rules have actions of their own."""
ACTIONS = ("allow", "block", "count", "captcha", "challenge", "monetize")
LEAST_RATE, MOST_RATE = 10, 2_000_000_000
WINDOWS = (60, 120, 300, 600)
"""Windows of a rate limit, in seconds."""
NEED_CONFIGURATION = ("AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet")
"""Groups that must be told where logins and new accounts are (API model)."""
COUNTRY = re.compile(r"[A-Z]{2}")


def _rules(context: Context) -> list[tuple[str, Mapping[str, Any]]]:
    return [(place, rule) for place, rule in located(context, "rules[*]") if is_mapping(rule)]


def _kinds(rule: Mapping[str, Any]) -> list[str]:
    statement = rule.get("statement")
    return [kind for kind, given in statement.items() if given is not None] if is_mapping(statement) else []


def _order(context: Context) -> Iterator[Problem]:
    rules = [rule for _, rule in _rules(context)]
    for priority in repeated([rule.get("priority") for rule in rules]):
        if priority != UNKNOWN:
            reason = "Your statement has multiple rules with the same priority"
            hint = f"Give each rule a priority of its own: {priority} occurs twice."
            yield invalid(context, reason, "RULE", "rules", hint)
    for name in repeated([rule.get("name") for rule in rules]):
        if name != UNKNOWN:
            message = f"AWS WAF couldn't perform the operation because two rules have the name {name}"
            yield context.problem(DUPLICATE, message, "rules", "Give each rule a name of its own.")


def _names(context: Context) -> Iterator[Problem]:
    for place, rule in _rules(context):
        if rule.get("name") != UNKNOWN and not re.fullmatch(NAME, str(rule.get("name"))):
            reason = "The parameter contains formatting that is not valid."
            yield invalid(
                context, reason, "RULE_NAME", f"{place}.name", "Use letters, digits, hyphens and underscores."
            )
    for path in ("visibilityConfig.metricName", "rules[*].visibilityConfig.metricName"):
        for place, name in located(context, path):
            if not re.fullmatch(METRIC, str(name)) or name in RESERVED_METRICS:
                reason = f"The metric name {name} is not valid or reserved."
                hint = "Use letters, digits, hyphens and underscores, and none of the firewall's own names."
                yield invalid(context, reason, "METRIC_NAME", place, hint)


def _actions(context: Context) -> Iterator[Problem]:
    if len([key for key in ("allow", "block") if context.inputs.get("defaultAction", {}).get(key) is not None]) != 1:
        reason = "You must specify exactly one default action"
        yield invalid(context, reason, "DEFAULT_ACTION", "defaultAction", "Set allow or block.")
    for place, rule in _rules(context):
        kinds = _kinds(rule)
        if len(kinds) != 1:
            reason = "A reference in your rule statement is not valid: exactly one statement is needed"
            yield invalid(
                context, reason, "STATEMENT", f"{place}.statement", "Nest several in andStatement or orStatement."
            )
            continue
        group = kinds[0] in GROUPS
        own, other = ("overrideAction", "action") if group else ("action", "overrideAction")
        if rule.get(own) is None or rule.get(other) is not None:
            reason = (
                "Your rule has the wrong action: a rule group takes an override action, any other statement an action"
            )
            yield invalid(context, reason, "RULE_ACTION", f"{place}.{own}", f"Set {own}, and leave {other} out.")
        action = rule.get("action")
        if is_mapping(action) and not group and len([a for a in ACTIONS if action.get(a) is not None]) != 1:
            reason = "You must specify exactly one action"
            yield invalid(context, reason, "RULE_ACTION", f"{place}.action", "Set one of allow, block and count.")


def _statements(context: Context) -> Iterator[Problem]:
    for place, rule in _rules(context):
        statement = rule.get("statement")
        if not is_mapping(statement):
            continue
        group = statement.get("managedRuleGroupStatement")
        if is_mapping(group) and group.get("vendorName") == "AWS" and group.get("name") not in managed_groups():
            at = f"{place}.statement.managedRuleGroupStatement.name"
            message = f"AWS WAF couldn't perform the operation because the rule group {group.get('name')} doesn't exist"
            yield context.problem(
                "WAFNonexistentItemException", message, at, f"Known: {', '.join(managed_groups())}.", GUIDE
            )
        if is_mapping(group) and group.get("name") in NEED_CONFIGURATION and not group.get("managedRuleGroupConfigs"):
            at = f"{place}.statement.managedRuleGroupStatement.managedRuleGroupConfigs"
            reason = f"The managed rule group {group.get('name')} needs a configuration"
            yield invalid(context, reason, "MANAGED_RULE_GROUP_CONFIG", at, "Give the pages that it watches.")
        rate = statement.get("rateBasedStatement")
        if is_mapping(rate):
            yield from _rate(context, f"{place}.statement.rateBasedStatement", rate)
        countries = statement.get("geoMatchStatement")
        if is_mapping(countries):
            yield from _countries(context, f"{place}.statement.geoMatchStatement.countryCodes", countries)


def _rate(context: Context, place: str, rate: Mapping[str, Any]) -> Iterator[Problem]:
    limit = rate.get("limit")
    if isinstance(limit, int | float) and not LEAST_RATE <= limit <= MOST_RATE:
        reason = "The parameter contains formatting that is not valid."
        hint = f"Use {LEAST_RATE} to {MOST_RATE} requests."
        yield invalid(context, reason, "RATE_LIMIT", f"{place}.limit", hint)
    window = rate.get("evaluationWindowSec")
    if isinstance(window, int | float) and window not in WINDOWS:
        reason = "The parameter contains formatting that is not valid."
        hint = f"Use one of {', '.join(map(str, WINDOWS))} seconds."
        yield invalid(context, reason, "RATE_BASED_STATEMENT", f"{place}.evaluationWindowSec", hint)
    kind = rate.get("aggregateKeyType", "IP")
    if kind == "FORWARDED_IP" and rate.get("forwardedIpConfig") is None:
        reason = "A forwarded IP configuration is needed for the aggregate key type FORWARDED_IP"
        yield invalid(context, reason, "FORWARDED_IP_CONFIG", f"{place}.forwardedIpConfig", "Give the header.")
    if kind == "CONSTANT" and rate.get("scopeDownStatement") is None:
        reason = "A scope-down statement is needed for the aggregate key type CONSTANT"
        yield invalid(context, reason, "RATE_BASED_STATEMENT", f"{place}.scopeDownStatement", "Give one, or use IP.")


def _countries(context: Context, place: str, countries: Mapping[str, Any]) -> Iterator[Problem]:
    codes: Any = countries.get("countryCodes")
    if codes == UNKNOWN:
        return
    if not codes:
        reason = "The parameter contains formatting that is not valid."
        yield invalid(context, reason, "GEO_MATCH_STATEMENT", place, "Name one country or more.")
    for code in codes or ():
        if code != UNKNOWN and not COUNTRY.fullmatch(str(code)):
            reason = f"The country code {code} is not valid."
            yield invalid(context, reason, "GEO_MATCH_STATEMENT", place, "Use two capital letters of ISO 3166.")


def _capacity(context: Context) -> Iterator[Problem]:
    most = table()["most"]["web_acl"]
    needed = capacity_of(context.inputs.get("rules"))
    if needed > most:
        message = (
            f"AWS WAF couldn't save your changes: the rules need {needed} capacity units, a web ACL may have {most}"
        )
        yield context.problem(LIMIT, message, "rules", "Leave out a group of rules.", GUIDE)


WEB_ACL = ResourceType(
    token=TOKEN,
    kind="web ACL",
    identifier="{uuid}",
    name=Name("name", pattern=NAME, longest=128, code=INVALID, unique=("region", "scope"), taken_code=DUPLICATE),
    references=(
        Reference(
            "rules[*].statement.ipSetReferenceStatement.arn",
            IP_SET,
            INVALID,
            by="arn",
            message="Error reason: A reference in your rule statement is not valid., field: RULE, parameter: Statement",
            holds=True,
            held_code=HELD,
        ),
    ),
    create_only=frozenset({"name", "scope"}),
    conflicts=(("rules", "ruleJson"),),
    enums={
        "scope": SCOPES,
        "rules[*].statement.rateBasedStatement.aggregateKeyType": ("IP", "FORWARDED_IP", "CUSTOM_KEYS", "CONSTANT"),
    },
    patterns={"description": DESCRIPTION},
    ranges={"rules[*].priority": (0, 2147483647)},
    value_code=INVALID,
    missing_code=INVALID,
    rules=(scope, _order, _names, _actions, _statements, _capacity),
    outputs=lambda context: {
        "arn": arn_of(context, "webacl"),
        "capacity": capacity_of(context.inputs.get("rules")),
        "lockToken": context.hexadecimal(32, "lock"),
        "applicationIntegrationUrl": "",
    },
    quota=Quota(100, ("region", "scope"), LIMIT),
    source=SOURCE,
)
