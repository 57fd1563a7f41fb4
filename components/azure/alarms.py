"""Alarms of the cloud: an action group with its subscribers, and a metric alert for each metric of each part that is watched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags
from components.azure.watched import Watched, alarm_data
from components.common import refuse

LONGEST_SHORT_NAME = 12
"""Longest short name of an action group, which stands in its messages (Azure Monitor documentation, action groups, 2026)."""

EVENTS: Mapping[str, str] = {
    "service-health": "Azure reports an incident, a maintenance or a retirement in this subscription",
    "resource-health": "Azure reports that a resource of the platform is degraded or not available",
}
"""Categories of the activity log that are told, by the alert's name."""


class AlarmsArgs(TypedDict):
    """Arguments of `Alarms`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the alerts."""
    resource_group_id: pulumi.Input[str]
    """Identifier of the resource group whose resources' health is watched."""
    subscription_id: pulumi.Input[str]
    """Subscription whose service health is watched."""
    watched: Sequence[Watched]
    """Parts of the platform; the thresholds of each kind are in `alarms.yaml`."""
    short_name: str
    """Name of the platform in messages, at most 12 characters."""
    email: Sequence[str]
    """Addresses that get alarms."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: AlarmsArgs) -> Iterator[tuple[str, str]]:
    if not args["email"]:
        yield "email", "alarms would tell nobody: give addresses"
    if not 1 <= len(args["short_name"]) <= LONGEST_SHORT_NAME:
        yield "short_name", f"'{args['short_name']}': must have 1 to {LONGEST_SHORT_NAME} characters"
    kinds = alarm_data()["alarms"]
    names = [(part["kind"], part["name"]) for part in args["watched"]]
    for kind in sorted({kind for kind, _ in names if kind not in kinds}):
        yield "watched", f"there are no alarms for the kind {kind}: use {', '.join(kinds)}"
    for kind, name in sorted({pair for pair in names if names.count(pair) > 1}):
        yield "watched", f"two parts of the kind {kind} are called {name}: give each its own name"


class Alarms(pulumi.ComponentResource):
    """An action group, and alerts that tell it when something goes wrong and when it is over.

    Children: `group`, an alert for each metric of each part, `service-health` and `resource-health`.
    """

    action_group_id: pulumi.Output[str]
    """Identifier of the action group."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Alarms", name, {}, opts)
        refuse(name, _problems(args))
        self._child = pulumi.ResourceOptions(parent=self)
        self.group = azure.monitor.ActionGroup(
            f"{name}-group",
            resource_group_name=args["resource_group_name"],
            # Alerts and their receivers belong to no region.
            location="global",
            group_short_name=args["short_name"],
            enabled=True,
            email_receivers=[
                azure.monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address.replace("@", "-at-"), email_address=address, use_common_alert_schema=True
                )
                for address in args["email"]
            ],
            tags=args.get("tags"),
            opts=self._child,
        )
        self.alarms = [alarm for part in args["watched"] for alarm in self._alarms(name, args, part)]
        self.events = {
            "service-health": self._event(
                name,
                args,
                "service-health",
                "ServiceHealth",
                pulumi.Output.concat("/subscriptions/", args["subscription_id"]),
            ),
            "resource-health": self._event(name, args, "resource-health", "ResourceHealth", args["resource_group_id"]),
        }
        self.action_group_id = self.group.id
        self.register_outputs({"actionGroupId": self.action_group_id})

    def _alarms(self, name: str, args: AlarmsArgs, part: Watched) -> Iterator[azure.monitor.MetricAlert]:
        data = alarm_data()
        rows: Mapping[str, Mapping[str, Any]] = data["alarms"][part["kind"]]
        for what, row in rows.items():
            threshold = _threshold(row, part.get("facts", {}))
            if threshold is None:
                continue
            yield azure.monitor.MetricAlert(
                f"{name}-{part['name']}-{what}",
                resource_group_name=args["resource_group_name"],
                location="global",
                description=f"{part['name']}: {row['why']}",
                severity=row["severity"],
                enabled=True,
                auto_mitigate=True,
                scopes=[part["resource_id"]],
                target_resource_type=data["resource_types"][part["kind"]],
                evaluation_frequency=row["every"],
                window_size=row["window"],
                criteria=azure.monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
                    odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                    all_of=[_criterion(row, data["resource_types"][part["kind"]], what, threshold)],
                ),
                actions=[azure.monitor.MetricAlertActionArgs(action_group_id=self.group.id)],
                tags=args.get("tags"),
                opts=self._child,
            )

    def _event(
        self, name: str, args: AlarmsArgs, event: str, category: str, scope: pulumi.Input[str]
    ) -> azure.monitor.ActivityLogAlert:
        return azure.monitor.ActivityLogAlert(
            f"{name}-{event}",
            resource_group_name=args["resource_group_name"],
            location="global",
            description=EVENTS[event],
            enabled=True,
            scopes=[scope],
            condition=azure.monitor.AlertRuleAllOfConditionArgs(
                all_of=[azure.monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals=category)]
            ),
            actions=azure.monitor.ActionListArgs(
                action_groups=[azure.monitor.ActionGroupArgs(action_group_id=self.group.id)]
            ),
            tags=args.get("tags"),
            opts=self._child,
        )


def _criterion(
    row: Mapping[str, Any], resource_type: str, what: str, threshold: float
) -> azure.monitor.MetricCriteriaArgs:
    return azure.monitor.MetricCriteriaArgs(
        criterion_type="StaticThresholdCriterion",
        name=what,
        metric_namespace=resource_type,
        metric_name=row["metric"],
        time_aggregation=row["aggregation"],
        operator="GreaterThan" if "above" in row else "LessThan",
        threshold=threshold,
        dimensions=[
            azure.monitor.MetricDimensionArgs(name=dimension, operator="Include", values=values)
            for dimension, values in row.get("where", {}).items()
        ],
    )


def _threshold(row: Mapping[str, Any], facts: Mapping[str, float]) -> float | None:
    """Return the threshold of an alarm; None when it is a share of something that is not known of the part."""
    limit: Any = row.get("above", row.get("below"))
    if isinstance(limit, int | float):
        return float(limit)
    known = facts.get(limit["of"])
    return None if known is None else float(round(known * limit["share"]))
