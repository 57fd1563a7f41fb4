"""What Azure Monitor refuses of alerts, rules of managed Prometheus, and action groups."""

from azure_cases.case import Case, Step
from azure_cases.given import CLUSTER, STORAGE, VAULT
from azure_cases.monitor import ACCOUNT

ALERTS = "Azure Monitor alerts"
SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"

GROUP = Step(
    "monitor:ActionGroup",
    "group",
    {
        "actionGroupName": "people",
        "location": "global",
        "groupShortName": "apim",
        "enabled": True,
        "emailReceivers": [{"name": "ops", "emailAddress": "ops@example.com"}],
    },
)
CONDITION = {
    "criterionType": "StaticThresholdCriterion",
    "name": "availability",
    "metricNamespace": "Microsoft.KeyVault/vaults",
    "metricName": "Availability",
    "operator": "LessThan",
    "threshold": 90,
    "timeAggregation": "Average",
}
ALERT = Step(
    "monitor:MetricAlert",
    "alert",
    {
        "ruleName": "vault",
        "location": "global",
        "enabled": True,
        "severity": 1,
        "scopes": ["${vault.id}"],
        "targetResourceType": "Microsoft.KeyVault/vaults",
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {
            "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [CONDITION],
        },
        "actions": [{"actionGroupId": "${group.id}"}],
    },
)
HEALTH = Step(
    "monitor:ActivityLogAlert",
    "health",
    {
        "activityLogAlertName": "health",
        "location": "global",
        "scopes": [SUBSCRIPTION],
        "condition": {"allOf": [{"field": "category", "equals": "ServiceHealth"}]},
        "actions": {"actionGroups": [{"actionGroupId": "${group.id}"}]},
    },
)
RULES = Step(
    "alertsmanagement:PrometheusRuleGroup",
    "rules",
    {
        "ruleGroupName": "platform",
        "scopes": ["${metrics.id}"],
        "interval": "PT1M",
        "rules": [{"alert": "Down", "expression": "up == 0", "for": "PT10M", "severity": 2}],
    },
)
ALERTED = (VAULT, GROUP)

CASES = (
    Case(
        ALERTS, "severity outside of 0 to 4", ALERT.but(severity=5), "BadRequest", ALERT, given=ALERTED, path="severity"
    ),
    Case(
        ALERTS,
        "window that there is none of",
        ALERT.but(windowSize="PT10M"),
        "BadRequest",
        ALERT,
        given=ALERTED,
        path="windowSize",
    ),
    Case(
        ALERTS,
        "window shorter than the evaluation frequency",
        ALERT.but(windowSize="PT5M", evaluationFrequency="PT15M"),
        "BadRequest",
        ALERT,
        given=ALERTED,
        path="windowSize",
    ),
    Case(
        ALERTS,
        "alert without conditions",
        ALERT.but(criteria__allOf=[]),
        "BadRequest",
        ALERT,
        given=ALERTED,
        path="criteria.allOf",
    ),
    Case(
        ALERTS,
        "metric of another type of resource",
        ALERT.but(criteria__allOf=[{**CONDITION, "metricNamespace": "Microsoft.Storage/storageAccounts"}]),
        "BadRequest",
        ALERT,
        given=ALERTED,
        path="criteria.allOf[0].metricNamespace",
    ),
    Case(
        ALERTS,
        "two resources with criteria of a single one",
        ALERT.but(scopes=["${vault.id}", "${account.id}"]),
        "BadRequest",
        ALERT,
        given=(*ALERTED, STORAGE),
        path="scopes",
    ),
    Case(
        ALERTS,
        "alert in a region",
        ALERT.but(location="westeurope"),
        "LocationNotAvailableForResourceType",
        ALERT,
        given=ALERTED,
    ),
    Case(
        ALERTS,
        "something else where an action group belongs",
        ALERT.but(actions=[{"actionGroupId": "${vault.id}"}]),
        "BadRequest",
        ALERT,
        given=ALERTED,
        path="actions[0].actionGroupId",
    ),
    Case(
        ALERTS,
        "short name of more than 12 characters",
        GROUP.but(groupShortName="api-management"),
        "BadRequest",
        GROUP,
        path="groupShortName",
    ),
    Case(
        ALERTS,
        "two receivers of one name",
        GROUP.but(
            emailReceivers=[
                {"name": "ops", "emailAddress": "a@example.com"},
                {"name": "ops", "emailAddress": "b@example.com"},
            ]
        ),
        "BadRequest",
        GROUP,
    ),
    Case(
        ALERTS,
        "alert of the activity log without a category",
        HEALTH.but(condition={"allOf": [{"field": "level", "equals": "Error"}]}),
        "BadRequest",
        HEALTH,
        given=(GROUP,),
        path="condition.allOf",
    ),
    Case(
        ALERTS,
        "alert of the activity log in another region",
        HEALTH.but(location="francecentral"),
        "BadRequest",
        HEALTH,
        given=(GROUP,),
        path="location",
    ),
    Case(
        ALERTS,
        "rule that records and alerts",
        RULES.but(rules=[{"alert": "Down", "record": "down", "expression": "up == 0"}]),
        "BadRequest",
        RULES,
        given=(ACCOUNT,),
        path="rules[0].alert",
    ),
    Case(
        ALERTS,
        "duration in Prometheus' own words",
        RULES.but(rules=[{"alert": "Down", "expression": "up == 0", "for": "10m"}]),
        "BadRequest",
        RULES,
        given=(ACCOUNT,),
        path="rules[0].for",
    ),
    Case(
        ALERTS,
        "rule group without a workspace",
        RULES.but(scopes=["${cluster.id}"]),
        "BadRequest",
        RULES,
        given=(ACCOUNT, CLUSTER),
        path="scopes",
    ),
    Case(
        ALERTS,
        "rule group of more than 20 rules",
        RULES.but(rules=[{"record": f"series{n}", "expression": "1"} for n in range(21)]),
        "BadRequest",
        RULES,
        given=(ACCOUNT,),
        path="rules",
    ),
)
