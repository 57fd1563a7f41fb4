"""What clusters send to Azure Monitor: workspaces, collection endpoints, rules and their associations."""

import re
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.context import Context, short_location
from apim_infra.rehearsal.twins.azure.table import Reference
from apim_infra.rehearsal.twins.cloud.values import is_mapping, listed

WORKSPACE = "azure-native:operationalinsights:Workspace"
ACCOUNT = "azure-native:monitor:AzureMonitorWorkspace"
ENDPOINT = "azure-native:monitor:DataCollectionEndpoint"
RULE = "azure-native:monitor:DataCollectionRule"
ASSOCIATION = "azure-native:monitor:DataCollectionRuleAssociation"
GRAFANA = "azure-native:dashboard:Grafana"

RETENTION = {"pergb2018": (30, 730), "free": (7, 7), "standalone": (30, 730), "lacluster": (30, 730)}
"""Days that each price tier keeps logs."""
LIMITS = "Azure Monitor, data retention (2026); Azure's answer in public deployment notes (2026)"
NAMES = "Azure REST API specifications, dataCollectionEndpoints 2022-06-01 and workspaces 2023-09-01"
INVALID = "Data collection rule is invalid"
PAYLOAD = "Azure Monitor, structure of a data collection rule (2026); code from recorded answers in the tests of Azure Service Operator (2024)"
OWN_ENDPOINT = "configurationAccessEndpoint"


def _retention(context: Context) -> Iterator[Problem]:
    days, sku = context.value("retentionInDays"), str(context.value("sku.name", "PerGB2018"))
    low, high = RETENTION.get(sku.lower(), (7, 730))
    if isinstance(days, int | float) and not low <= days <= high:
        yield context.problem(
            "InvalidParameter",
            "'RetentionInDays' property doesn't match the SKU limits",
            "retentionInDays",
            f"{sku} keeps logs for {low} to {high} days",
            LIMITS,
        )
    quota = context.value("workspaceCapping.dailyQuotaGb")
    if isinstance(quota, int | float) and quota != -1 and quota <= 0:
        yield context.warning(
            "InvalidParameter",
            f"A daily cap of {quota:g} GB lets nothing in.",
            "workspaceCapping.dailyQuotaGb",
            "give more than 0, or -1 for no cap",
            "own knowledge",
        )


def _workspace_name(context: Context) -> Iterator[Problem]:
    if context.name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]", context.name):
        yield context.problem(
            "InvalidResourceName",
            f"The name '{context.name}' must have 4 to 63 letters, digits and hyphens, and no hyphen at its ends.",
            context.row.name_input,
            source=NAMES,
        )


def _endpoint_name(context: Context) -> Iterator[Problem]:
    if context.name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{1,42}[A-Za-z0-9]", context.name):
        yield context.warning(
            "InvalidResourceName",
            f"The name '{context.name}' must have 3 to 44 letters, digits and hyphens, and no hyphen at its ends.",
            context.row.name_input,
            "shorten it",
            "own knowledge: the portal and public templates cut names at 44 characters",
        )


def _grafana_name(context: Context) -> Iterator[Problem]:
    if context.name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,21}[A-Za-z0-9]", context.name):
        yield context.problem(
            "InvalidResourceName",
            f"The name '{context.name}' must have 2 to 23 letters, digits and hyphens, begin with a letter and not end with a hyphen.",
            "workspaceName",
            "shorten it",
            "Azure Managed Grafana, create a workspace (2026): 2 to 23 characters",
        )


def _flows(context: Context) -> Iterator[Problem]:
    flows = context.at("dataFlows[*]")
    if not flows:
        yield context.problem("InvalidPayload", f"{INVALID}: it has no data flow.", "dataFlows", source=PAYLOAD)
    known = {
        entry.get("name")
        for group in _values(context.inputs.get("destinations"))
        for entry in listed(group)
        if is_mapping(entry)
    }
    for path, flow in flows:
        for destination in listed(flow.get("destinations")):
            if isinstance(destination, str) and destination not in known:
                yield context.problem(
                    "InvalidPayload",
                    f"{INVALID}: destination '{destination}' is not one of those that it defines.",
                    f"{path}.destinations",
                    f"use {', '.join(sorted(map(str, known))) or 'a destination that is defined'}",
                    PAYLOAD,
                )


def _streams(context: Context) -> Iterator[Problem]:
    sources = {
        stream
        for group in _values(context.inputs.get("dataSources"))
        for entry in listed(group)
        if is_mapping(entry)
        for stream in listed(entry.get("streams"))
    }
    declared = set(context.inputs.get("streamDeclarations") or ())
    for path, flow in context.at("dataFlows[*]"):
        for stream in listed(flow.get("streams")):
            if sources and isinstance(stream, str) and stream not in sources | declared:
                yield context.problem(
                    "InvalidPayload",
                    f"{INVALID}: no data source has the stream '{stream}'.",
                    f"{path}.streams",
                    f"use {', '.join(sorted(map(str, sources)))}",
                    PAYLOAD,
                )


def _values(group: Any) -> list[Any]:
    return list(group.values()) if is_mapping(group) else []


def _same_region(context: Context) -> Iterator[Problem]:
    places = [
        ("dataCollectionEndpointId", context.value("dataCollectionEndpointId")),
        *context.at("destinations.logAnalytics[*].workspaceResourceId"),
        *context.at("destinations.monitoringAccounts[*].accountResourceId"),
    ]
    for path, arm_id in places:
        found = context.find(arm_id)
        there = short_location(found.outputs.get("location")) if found and not found.assumed else ""
        if there and there != context.location:
            yield context.problem(
                "InvalidPayload",
                f"{INVALID}: '{arm_id}' is in {there}, the rule in {context.location}.",
                path,
                "use one region for rule, endpoint and destination",
                "Azure Monitor, structure of a data collection rule (2026): a rule is in the region of its destination",
            )


def _associated(context: Context) -> Iterator[Problem]:
    rule, endpoint = context.inputs.get("dataCollectionRuleId"), context.inputs.get("dataCollectionEndpointId")
    if bool(rule) == bool(endpoint):
        yield context.problem(
            "InvalidPayload",
            "An association names a data collection rule or a data collection endpoint, one of the two.",
            "dataCollectionRuleId",
            source="Azure Monitor REST API, Data Collection Rule Associations 2022-06-01",
        )
    if endpoint and context.name != OWN_ENDPOINT:
        yield context.problem(
            "InvalidPayload",
            f"The association of an endpoint must be called {OWN_ENDPOINT}, not '{context.name}'.",
            "associationName",
            f"call it {OWN_ENDPOINT}",
            "Azure Monitor REST API, Data Collection Rule Associations 2022-06-01",
        )
    if rule and context.name == OWN_ENDPOINT:
        yield context.problem(
            "InvalidPayload",
            f"{OWN_ENDPOINT} is the name of an endpoint's association.",
            "associationName",
            source="Azure Monitor REST API, Data Collection Rule Associations 2022-06-01",
        )


RULES = {
    WORKSPACE: (_retention, _workspace_name),
    ACCOUNT: (_workspace_name,),
    ENDPOINT: (_endpoint_name,),
    RULE: (_flows, _streams, _same_region),
    ASSOCIATION: (_associated,),
    GRAFANA: (_grafana_name,),
}
REFERENCES = {
    RULE: (
        Reference("dataCollectionEndpointId", ENDPOINT),
        Reference("destinations.logAnalytics[*].workspaceResourceId", WORKSPACE),
        Reference("destinations.monitoringAccounts[*].accountResourceId", ACCOUNT),
    ),
    ASSOCIATION: (Reference("dataCollectionRuleId", RULE), Reference("dataCollectionEndpointId", ENDPOINT)),
    GRAFANA: (
        Reference(
            "properties.grafanaIntegrations.azureMonitorWorkspaceIntegrations[*].azureMonitorWorkspaceResourceId",
            ACCOUNT,
        ),
    ),
}
OPEN_ENUMS = {
    RULE: {"dataSources.extensions.streams", "dataFlows.streams", "dataSources.prometheusForwarder.streams"},
}
