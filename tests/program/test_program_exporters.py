"""Exporters, alarms and dashboards: each adds exactly its own resources, and nothing of its secrets shows."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from program_support import ROOT, environment_of, objects, of_type, one, texts
from test_program_options import change, like

from apim_infra.platform import deploy
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.graph_file import graph_text
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import Provider
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.settings.program import to_program
from apim_infra.settings.violations import MASK

KEY = "0123456789abcdef0123456789abcdef"
ENCRYPTED = {"secure": "v1:AAAA:BBBB"}
CLOUDWATCH = "observability.exporters.cloudwatch={}"
DATADOG = f"observability.exporters.datadog={json.dumps({'api_key': ENCRYPTED})}"
FIREHOSE = "observability.exporters.firehose={}"
SEARCH = 'observability.exporters.firehose={"destination":"opensearch","opensearch":{"nodes":2}}'
ENDPOINT = {"url": "https://logs.example.com/v1", "access_key": ENCRYPTED}
HTTP = f"observability.exporters.firehose={json.dumps({'destination': 'http', 'http': ENDPOINT})}"
ALARMS = "observability.alerts.cloud_alarms=true"
SLACK = 'observability.alerts.slack_channel={"workspace_id":"T0123ABCD","channel_id":"C0123ABCD"}'
DASHBOARDS = "observability.dashboards=true"
BUCKET = {
    "aws:s3/bucket:Bucket": 1,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 1,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 1,
    "aws:s3/bucketPolicy:BucketPolicy": 1,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
    "aws:s3/bucketVersioning:BucketVersioning": 1,
}
STREAM = {
    "aws:cloudwatch/logGroup:LogGroup": 1,
    "aws:cloudwatch/logStream:LogStream": 1,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": 1,
}
IDENTITY = {
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": 1,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
}
SECRET = {"aws:secretsmanager/secret:Secret": 1, "aws:secretsmanager/secretVersion:SecretVersion": 1}
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
LOG_FLOWS = {POLICY: 2}
"""Ways of the collector to the APIs of the cloud, and to its credentials."""
METRIC_FLOWS = {POLICY: 2}
"""Way of the exporter to Prometheus, seen from both ends."""
EXPORTER = {"kubernetes:helm.sh/v3:Release": 1}


def run(*overrides: str, before: Recording | None = None, providers: Mapping[str, Provider] | None = None) -> Recording:
    """Record dev with options laid over it; those with an encrypted setting, which no command line may give, stand in its file."""
    content = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    plain: list[str] = []
    for override in overrides:
        path, _, value = override.partition("=")
        if "secure" not in value:
            plain.append(override)
            continue
        exporters = content["config"]["apim:observability"].setdefault("exporters", {})
        exporters[path.removeprefix("observability.exporters.")] = json.loads(value)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "Pulumi.dev.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        values, secret_keys = to_program(environment_of("dev", *plain, file=file).config)
    values = {key: value.replace(MASK, KEY) for key, value in values.items()}
    recording = record(deploy, stack="dev", config=values, secret_keys=secret_keys, before=before, providers=providers)
    assert recording.errors == []
    return recording


@cache
def recorded(*overrides: str) -> Graph:
    return run(*overrides).graph


def added(*overrides: str, to: tuple[str, ...] = ()) -> Counter[str]:
    """Return the types of the resources that options add; they must remove nothing."""
    before, after = recorded(*to), recorded(*to, *overrides)
    found = change(before, after)
    assert found.removed == set()
    old = {resource.urn for resource in before.resources}
    return Counter(resource.type for resource in after.custom() if resource.urn not in old)


def total(*parts: dict[str, int]) -> Counter[str]:
    """Add up types."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
    return counts


def changed(*overrides: str, to: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Return what options change of what is there, descriptions of security group rules left out."""
    found = change(recorded(*to), recorded(*to, *overrides)).changed
    return {name: keys for name, keys in found.items() if keys != {"description"}}


def values_of(graph: Graph, release: str) -> dict[str, object]:
    (found,) = [each for each in of_type(graph, "kubernetes:helm.sh/v3:Release") if each.inputs["name"] == release]
    return found.inputs["values"]


def streams(graph: Graph) -> dict[str, Resource]:
    made = of_type(graph, "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream")
    return {stream.name.removeprefix("apim-dev-export-").removesuffix("-stream"): stream for stream in made}


@pytest.mark.slow
def test_cloudwatch_adds_two_log_groups_and_the_rights_to_write_there() -> None:
    groups = {"aws:cloudwatch/logGroup:LogGroup": 2}
    expected = total(groups, IDENTITY, IDENTITY, LOG_FLOWS, METRIC_FLOWS, EXPORTER)
    assert added(CLOUDWATCH) == expected
    quotas = {"logging-quota": {"spec"}, "logging-collector": {"values"}}
    assert changed(CLOUDWATCH) == quotas
    outputs = str(values_of(recorded(CLOUDWATCH), "fluent-bit")["config"])
    assert "cloudwatch_logs" in outputs
    assert "kinesis_firehose" not in outputs


@pytest.mark.slow
def test_logs_alone_need_no_exporter_of_metrics() -> None:
    logs = "observability.exporters.cloudwatch.metrics=false"
    expected = total({"aws:cloudwatch/logGroup:LogGroup": 1}, IDENTITY, LOG_FLOWS)
    assert added(CLOUDWATCH, logs) == expected


@pytest.mark.slow
def test_datadog_adds_streams_to_its_intakes_and_a_key() -> None:
    metrics = {"aws:cloudwatch/logGroup:LogGroup": 1, "aws:cloudwatch/metricStream:MetricStream": 1}
    source = {"aws:iam/role:Role": 1, "aws:iam/rolePolicy:RolePolicy": 1}
    expected = total(
        BUCKET, STREAM, STREAM, SECRET, metrics, source, IDENTITY, IDENTITY, LOG_FLOWS, METRIC_FLOWS, EXPORTER
    )
    assert added(DATADOG) == expected
    urls = {
        name: stream.inputs["httpEndpointConfiguration"]["url"] for name, stream in streams(recorded(DATADOG)).items()
    }
    assert urls == {
        "datadog-logs": "https://aws-kinesis-http-intake.logs.datadoghq.eu/v1/input",
        "datadog-metrics": "https://awsmetrics-intake.datadoghq.eu/v1/input",
    }
    filters = one(recorded(DATADOG), "aws:cloudwatch/metricStream:MetricStream").inputs["includeFilters"]
    assert {"namespace": "apim"} in filters


@pytest.mark.slow
def test_firehose_into_a_bucket_adds_a_stream_and_the_bucket() -> None:
    assert added(FIREHOSE) == total(BUCKET, STREAM, IDENTITY, LOG_FLOWS)
    configuration = streams(recorded(FIREHOSE))["firehose"].inputs["extendedS3Configuration"]
    assert configuration["prefix"].startswith("firehose/")
    assert configuration["errorOutputPrefix"].startswith("firehose-errors/")
    rules = [
        each.inputs["rules"][0]["expiration"]["days"]
        for each in of_type(recorded(FIREHOSE), "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        if each.name.startswith("apim-dev-exports")
    ]
    assert rules == [365]


@pytest.mark.slow
def test_firehose_into_a_search_domain_adds_the_domain_in_the_data_subnets() -> None:
    network = {"aws:ec2/securityGroup:SecurityGroup": 2}
    rules = {
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 4,
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 1,
    }
    domain = {
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": 1,
        "aws:iam/serviceLinkedRole:ServiceLinkedRole": 1,
        "aws:opensearch/domain:Domain": 1,
    }
    found = added(SEARCH)
    assert found == total(BUCKET, STREAM, IDENTITY, LOG_FLOWS, network, rules, domain)
    graph = recorded(SEARCH)
    options = one(graph, "aws:opensearch/domain:Domain").inputs["vpcOptions"]
    data = {each.id for each in of_type(graph, "aws:ec2/subnet:Subnet") if "-data-" in each.name}
    assert set(options["subnetIds"]) == data
    assert len(data) == 2


@pytest.mark.slow
def test_firehose_to_an_endpoint_adds_a_stream_and_its_key() -> None:
    assert added(HTTP) == total(BUCKET, STREAM, SECRET, IDENTITY, LOG_FLOWS)
    configuration = streams(recorded(HTTP))["firehose"].inputs["httpEndpointConfiguration"]
    assert configuration["s3BackupMode"] == "FailedDataOnly"
    assert configuration["secretsManagerConfiguration"]["enabled"] is True
    assert "accessKey" not in configuration


@pytest.mark.slow
def test_the_collector_writes_to_every_exporter_with_rights_on_these_alone() -> None:
    graph = recorded(CLOUDWATCH, DATADOG, FIREHOSE)
    values = values_of(graph, "fluent-bit")
    names = {entry["name"] for entry in values["env"]}  # type: ignore[attr-defined, index] - a chart's values
    assert {"EXPORT_REGION", "EXPORT_LOG_GROUP", "EXPORT_STREAM_DATADOG", "EXPORT_STREAM_FIREHOSE"} <= names
    (rights,) = [
        json.loads(each.inputs["policy"])
        for each in of_type(graph, "aws:iam/rolePolicy:RolePolicy")
        if each.name == "apim-dev-log-exports-identity-streams"
    ]
    (statement,) = rights["Statement"]
    wanted = {stream.outputs["arn"] for name, stream in streams(graph).items() if name != "datadog-metrics"}
    assert set(statement["Resource"]) == wanted
    (association,) = [
        each
        for each in of_type(graph, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
        if "log-exports" in each.name
    ]
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("logging", "fluent-bit")


@pytest.mark.slow
@pytest.mark.parametrize("option", [DATADOG, HTTP])
def test_keys_of_exporters_stay_masked(option: str) -> None:
    graph = recorded(option)
    assert KEY not in graph_text(graph)
    assert not [place for resource in graph.resources for place, text in texts(resource.inputs) if KEY in text]


@pytest.mark.slow
def test_alarms_watch_every_part_and_tell_a_topic() -> None:
    found = added(ALARMS)
    alarms = found.pop("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert found == Counter(
        {
            "aws:sns/topic:Topic": 1,
            "aws:sns/topicPolicy:TopicPolicy": 1,
            "aws:sns/topicSubscription:TopicSubscription": 1,
        }
    )
    assert changed(ALARMS) == {"keys-logs": {"policy"}}
    graph = recorded(ALARMS)
    made = of_type(graph, "aws:cloudwatch/metricAlarm:MetricAlarm")
    assert len(made) == alarms
    namespaces = Counter(alarm.inputs["namespace"] for alarm in made)
    # Three databases with four alarms each, one node of the in-memory store with three, two target groups on each of two load balancers, one NAT gateway.
    assert namespaces == {"AWS/RDS": 12, "AWS/ElastiCache": 3, "AWS/NetworkELB": 4, "AWS/NATGateway": 1}
    topic = one(graph, "aws:sns/topic:Topic")
    assert {tuple(alarm.inputs["alarmActions"]) for alarm in made} == {(topic.outputs["arn"],)}
    assert topic.inputs["kmsMasterKeyId"].endswith(
        one_key(graph).id  # the key that the policy opens to CloudWatch
    )
    assert "cloudwatch.amazonaws.com" in one_key(graph).inputs["policy"]


def one_key(graph: Graph) -> Resource:
    (found,) = [key for key in of_type(graph, "aws:kms/key:Key") if key.name == "apim-dev-keys-logs"]
    return found


@pytest.mark.slow
def test_alarms_watch_exporters_too() -> None:
    found = added(FIREHOSE, to=(ALARMS,))
    assert found - total(BUCKET, STREAM, IDENTITY, LOG_FLOWS) == Counter({"aws:cloudwatch/metricAlarm:MetricAlarm": 1})
    alarms = {
        alarm.name: alarm for alarm in of_type(recorded(ALARMS, FIREHOSE), "aws:cloudwatch/metricAlarm:MetricAlarm")
    }
    late = alarms["apim-dev-alarms-firehose-late"].inputs
    stream = streams(recorded(ALARMS, FIREHOSE))["firehose"]
    assert late["dimensions"] == {"DeliveryStreamName": stream.outputs["name"]}


@pytest.mark.slow
def test_the_cluster_does_not_wait_for_the_search_domain() -> None:
    graph = recorded(SEARCH)
    by_urn = {resource.urn: resource for resource in graph.resources}
    domain = one(graph, "aws:opensearch/domain:Domain").urn

    def waits(urn: str) -> bool:
        return urn == domain or any(waits(other) for other in by_urn[urn].dependencies if other in by_urn)

    assert not waits(one(graph, "pulumi:providers:kubernetes").urn)


@pytest.mark.slow
def test_a_slack_channel_adds_its_configuration() -> None:
    assert added(SLACK, to=(ALARMS,)) == Counter(
        {
            "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": 1,
            "aws:iam/role:Role": 1,
            "aws:iam/rolePolicy:RolePolicy": 1,
        }
    )
    assert changed(SLACK, to=(ALARMS,)) == {}


@pytest.mark.slow
def test_dashboards_add_those_of_cloud_and_cluster_and_a_view_on_the_logs() -> None:
    assert added(DASHBOARDS) == Counter(
        {
            "aws:cloudwatch/dashboard:Dashboard": 1,
            "kubernetes:core/v1:ConfigMap": 2,
            "kubernetes:kibana.k8s.elastic.co/v1:Kibana": 1,
        }
    )
    assert changed(DASHBOARDS) == {"logging-quota": {"spec"}}
    body = json.loads(one(recorded(DASHBOARDS), "aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    titles = [widget["properties"]["markdown"] for widget in body["widgets"] if widget["type"] == "text"]
    assert titles == ["## Load balancers", "## Databases", "## In-memory store", "## Way out", "## Cluster"]


@pytest.mark.slow
def test_exported_metrics_show_on_the_dashboard_of_the_cloud() -> None:
    body = one(recorded(DASHBOARDS, CLOUDWATCH), "aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]
    assert 'Namespace=\\"apim\\"' in json.dumps(json.loads(body)["widgets"])


@pytest.mark.slow
def test_alert_rules_are_there_with_metrics_and_gone_without() -> None:
    with_metrics = recorded()
    rules = objects(with_metrics, "PrometheusRule")["monitoring/apim-platform"]
    assert {group["name"] for group in rules.inputs["spec"]["groups"]} >= {
        "apim.gateways",
        "apim.certificates",
        "apim.logs",
    }
    found = change(with_metrics, recorded("observability.metrics.enabled=false"))
    assert (
        like(
            found.removed,
            "monitoring(-.*)?",
            "alert-rules(-.*)?",
            "flows-.*",
            "security-.*",
            "ingress-.*",
        )
        == set()
    )


@pytest.mark.slow
def test_switching_everything_off_again_removes_all_of_it() -> None:
    everything = (CLOUDWATCH, DATADOG, SEARCH, ALARMS, SLACK, DASHBOARDS)
    worlds = packages()
    on = run(*everything, providers=worlds)
    off = run(before=on, providers=worlds)
    assert {each.urn for each in off.graph.resources} == {each.urn for each in recorded().resources}


@pytest.mark.slow
def test_the_front_end_feeds_datadog_and_firehose() -> None:
    front_end = ("topology=integrated-cloud",)
    filters = {"aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"}
    before, after = recorded(*front_end), recorded(*front_end, DATADOG, FIREHOSE)
    assert not {resource.type for resource in before.resources} & filters
    made = of_type(after, *filters)
    groups = Counter(each.inputs["logGroup"] for each in made)
    assert set(groups.values()) == {2}
    destinations = {each.inputs["destinationArn"] for each in made}
    assert destinations == {
        stream.outputs["arn"] for name, stream in streams(after).items() if name in ("datadog-logs", "front-end")
    }
    kinds = {
        processor["type"]
        for processor in streams(after)["front-end"].inputs["extendedS3Configuration"]["processingConfiguration"][
            "processors"
        ]
    }
    assert "Decompression" in kinds
