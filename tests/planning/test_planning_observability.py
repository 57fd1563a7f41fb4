"""Rules of exporters, alarms and dashboards: one broken setting, one violation that names path, value, rule and fix."""

from dataclasses import dataclass
from typing import Any

import pytest

from apim_infra.planning.export_destinations import destinations, needed_endpoints
from apim_infra.planning.flows import Role, flows, network_roles
from apim_infra.planning.observability_rules import observability_violations
from apim_infra.planning.validation import violations
from apim_infra.settings.exporters import OpenSearchDomain
from apim_infra.settings.load import load_settings
from apim_infra.settings.secret import Encrypted
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons

KEY = Encrypted("key")
RELAY = {"host": "smtp.example.com", "sender": "apim@example.com"}
MAIL = {"email": ["ops@example.com"], "smtp": RELAY}
CHANNEL = {"workspace_id": "T0123ABCD", "channel_id": "C0123ABCD"}
ENDPOINTS = ["autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "logs", "sts"]


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "stg", **values}
    return load_settings(given).settings


def observed(**values: Any) -> dict[str, Any]:
    return {"observability": values}


def exported(**values: Any) -> dict[str, Any]:
    return observed(exporters=values)


def searched(**values: Any) -> dict[str, Any]:
    return exported(firehose={"destination": "opensearch", "opensearch": values})


def closed(*endpoints: str, **exporters: Any) -> dict[str, Any]:
    network = {"nat": "none", "interface_endpoints": [*ENDPOINTS, *endpoints]}
    return {"network": network, **exported(**exporters)}


@dataclass(frozen=True)
class Case:
    path: str
    value: str | int | bool | None
    rule: str
    fix: str
    values: dict[str, Any]


OFF = {"enabled": False}
CASES = {
    "exporter of nothing": Case(
        "observability.exporters.cloudwatch",
        "cloudwatch",
        "has no effect",
        "switch one of them on",
        exported(cloudwatch={"logs": False, "metrics": False}),
    ),
    "export of logs that are not collected": Case(
        "observability.exporters.cloudwatch.logs",
        True,
        "needs collected logs",
        "observability.logs.enabled",
        observed(logs=OFF, exporters={"cloudwatch": {}}),
    ),
    "export of metrics that are not collected": Case(
        "observability.exporters.datadog.metrics",
        True,
        "needs collected metrics",
        "observability.metrics.enabled",
        observed(metrics=OFF, exporters={"datadog": {"api_key": KEY}}),
    ),
    "delivery of logs that are not collected": Case(
        "observability.exporters.firehose",
        "s3",
        "needs collected logs",
        "observability.logs.enabled",
        observed(logs=OFF, exporters={"firehose": {}}),
    ),
    "retention that CloudWatch does not offer": Case(
        "observability.exporters.cloudwatch.retention_days",
        100,
        "retention period that aws offers",
        "use 120",
        exported(cloudwatch={"retention_days": 100}),
    ),
    "unknown site of Datadog": Case(
        "observability.exporters.datadog.site",
        "datadoghq.uk",
        "must be a site of Datadog",
        "datadoghq.eu",
        exported(datadog={"api_key": KEY, "site": "datadoghq.uk"}),
    ),
    "metrics to a site that takes none": Case(
        "observability.exporters.datadog.metrics",
        True,
        "takes no metric streams",
        "use another site",
        exported(datadog={"api_key": KEY, "site": "us3.datadoghq.com"}),
    ),
    "requests that are too large for an endpoint": Case(
        "observability.exporters.firehose.buffer_mb",
        100,
        "must be at most 64",
        "use 64 or less",
        exported(firehose={"destination": "http", "http": {"url": "https://logs.example.com"}, "buffer_mb": 100}),
    ),
    "size of another service": Case(
        "observability.exporters.firehose.opensearch.size",
        "r7g.large",
        "must be an instance type of OpenSearch Service",
        "r7g.large.search",
        searched(size="r7g.large"),
    ),
    "volume that is too large for its node": Case(
        "observability.exporters.firehose.opensearch.storage_gb",
        2000,
        "must be at most 1024",
        "lower it",
        searched(storage_gb=2000),
    ),
    "version that is not supported": Case(
        "observability.exporters.firehose.opensearch.version",
        "1.3",
        "must be an OpenSearch version",
        "2.19",
        searched(version="1.3"),
    ),
    "nodes that cannot be spread evenly": Case(
        "observability.exporters.firehose.opensearch.nodes",
        3,
        "must be 1 or a multiple of the zones",
        "use 4",
        {**searched(nodes=3), "network": {"zones": 2}},
    ),
    "Datadog from a network without NAT": Case(
        "observability.exporters.datadog",
        "datadoghq.eu",
        "sends records to the internet",
        "network.nat",
        closed("kinesis-firehose", datadog={"api_key": KEY}),
    ),
    "endpoint on the internet from a network without NAT": Case(
        "observability.exporters.firehose.destination",
        "http",
        "sends records to the internet",
        "network.nat",
        closed("kinesis-firehose", firehose={"destination": "http", "http": {"url": "https://logs.example.com"}}),
    ),
    "delivery without NAT and endpoint": Case(
        "network.interface_endpoints",
        ", ".join(ENDPOINTS),
        "must reach kinesis-firehose",
        "add kinesis-firehose",
        closed(firehose={}),
    ),
    "alarms that tell nobody": Case(
        "observability.alerts.cloud_alarms",
        True,
        "needs somebody who is told",
        "slack_channel",
        observed(alerts={"cloud_alarms": True}),
    ),
    "channel without alarms": Case(
        "observability.alerts.slack_channel",
        "C0123ABCD",
        "has no effect without cloud_alarms",
        "slack_webhook",
        observed(alerts={"slack_channel": CHANNEL}),
    ),
    "channel by its name": Case(
        "observability.alerts.slack_channel.channel_id",
        "#alarms",
        "must be an identifier of Slack",
        "C0123ABCD",
        observed(alerts={"cloud_alarms": True, "slack_channel": {**CHANNEL, "channel_id": "#alarms"}}),
    ),
    "workspace by its name": Case(
        "observability.alerts.slack_channel.workspace_id",
        "example",
        "must be an identifier of Slack",
        "T0123ABCD",
        observed(alerts={"cloud_alarms": True, "slack_channel": {**CHANNEL, "workspace_id": "example"}}),
    ),
    "dashboards of nothing": Case(
        "observability.dashboards",
        True,
        "needs metrics or logs",
        "observability.metrics.enabled",
        observed(dashboards=True, logs=OFF, metrics=OFF),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_broken_setting_is_one_violation(name: str) -> None:
    case = CASES[name]
    (found,) = observability_violations(stack(**case.values))
    assert (found.path, found.value) == (case.path, case.value)
    assert case.rule in found.rule
    assert case.fix in found.fix


@pytest.mark.parametrize(
    "values",
    [
        {},
        exported(cloudwatch={}, datadog={"api_key": KEY}, firehose={}),
        exported(firehose={"destination": "opensearch"}),
        {**searched(nodes=2), "network": {"zones": 2}},
        searched(nodes=1, size="t3.small.search", storage_gb=100),
        observed(alerts={**MAIL, "cloud_alarms": True}),
        observed(alerts={"cloud_alarms": True, "slack_channel": CHANNEL}),
        observed(dashboards=True, metrics=OFF),
        closed(cloudwatch={}),
        closed("kinesis-firehose", firehose={}),
    ],
)
def test_what_fits_together_is_taken(values: dict[str, Any]) -> None:
    assert list(observability_violations(stack(**values))) == []


def test_the_rules_are_among_all_rules() -> None:
    case = CASES["dashboards of nothing"]
    assert case.path in {violation.path for violation in violations(stack(**case.values))}


AZURE = {"cloud": "azure", "region": "westeurope"}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("observability.exporters.cloudwatch", exported(cloudwatch={})),
        ("observability.exporters.datadog", exported(datadog={"api_key": KEY})),
        ("observability.exporters.firehose", exported(firehose={})),
        (
            "observability.alerts.slack_channel",
            observed(alerts={**MAIL, "cloud_alarms": True, "slack_channel": CHANNEL}),
        ),
    ],
)
def test_what_is_built_on_aws_alone_is_refused_elsewhere(path: str, values: dict[str, Any]) -> None:
    found = [each for each in violations(stack(**AZURE, **values)) if each.path.startswith(path)]
    assert found
    assert all("is for aws" in each.rule for each in found)


@pytest.mark.parametrize(
    ("path", "rule", "values"),
    [
        ("observability.alerts.cloud_alarms", "somebody who is told", observed(alerts={"cloud_alarms": True})),
        (
            "observability.exporters.azure_monitor",
            "has no effect",
            exported(azure_monitor={"logs": False, "metrics": False, "grafana": False}),
        ),
        (
            "observability.exporters.azure_monitor",
            "without NAT",
            {**exported(azure_monitor={}), "network": {"nat": "none"}},
        ),
        ("observability.dashboards", "metrics or logs", observed(dashboards=True, metrics=OFF, logs=OFF)),
    ],
)
def test_what_azure_cannot_do_is_refused(path: str, rule: str, values: dict[str, Any]) -> None:
    (found,) = observability_violations(stack(**AZURE, **values))
    assert found.path == path
    assert rule in found.rule
    assert found.fix


@pytest.mark.parametrize(
    "values",
    [
        {},
        exported(azure_monitor={}),
        observed(alerts={**MAIL, "cloud_alarms": True}),
        observed(metrics={"pushgateway": True}),
    ],
)
def test_what_azure_can_do_is_taken(values: dict[str, Any]) -> None:
    assert list(observability_violations(stack(**AZURE, **values))) == []


def test_an_exporter_needs_the_endpoints_of_what_it_calls() -> None:
    assert needed_endpoints(stack()) == ()
    assert needed_endpoints(stack(**exported(cloudwatch={}))) == ("logs",)
    assert needed_endpoints(stack(**exported(firehose={}))) == ("kinesis-firehose",)
    assert needed_endpoints(stack(**exported(datadog={"api_key": KEY}))) == ("logs", "kinesis-firehose")


def test_the_default_domain_is_one_that_is_offered() -> None:
    offer, domain = destinations().search, OpenSearchDomain()
    assert domain.version == offer.versions[0]
    assert domain.size.split(".")[0] in offer.families


def test_the_collector_reaches_the_cloud_only_where_it_exports() -> None:
    def ends(**values: Any) -> set[Role]:
        return {flow.destination for flow in flows(stack(**values)) if flow.source is Role.LOGGING}

    plain = ends()
    assert plain.isdisjoint({Role.INTERNET, Role.POD_IDENTITY, Role.MONITORING})
    assert ends(**exported(firehose={})) - plain == {Role.INTERNET, Role.POD_IDENTITY}
    assert ends(**exported(cloudwatch={})) - plain == {Role.INTERNET, Role.POD_IDENTITY, Role.MONITORING}


def test_a_search_domain_is_reached_by_the_delivery_and_by_administrators() -> None:
    values = {**searched(nodes=2), "network": {"zones": 2}}
    assert set(network_roles(stack(**values))) - set(network_roles(stack())) == {Role.LOG_DELIVERY, Role.LOG_SEARCH}
    sources = {flow.source for flow in flows(stack(**values)) if flow.destination is Role.LOG_SEARCH}
    assert sources == {Role.LOG_DELIVERY, Role.INTERNAL}


def test_pods_of_exporters_and_dashboards_are_planned_for() -> None:
    def named(**values: Any) -> set[str]:
        return {addon.name for addon in addons(stack(**values))}

    assert named(**exported(cloudwatch={})) - named() == {"metrics-exporter"}
    assert named(**exported(firehose={})) == named()
    assert named(**observed(dashboards=True)) - named() == {"kibana"}
    assert "kibana" not in named(**observed(dashboards=True, logs=OFF))
