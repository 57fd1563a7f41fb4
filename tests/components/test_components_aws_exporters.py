"""Exporters, alarms and dashboard on AWS."""

import json
from typing import Any

import pulumi
import pytest
from components_aws_samples import (
    ACCOUNT,
    added,
    alarms,
    dashboard,
    export_cloudwatch,
    export_datadog,
    export_domain,
    export_stream,
    export_subscription,
    keys,
    log_bucket,
    run,
    watched,
)

from components.aws.alarms import Alarms
from components.aws.export_stream import ExportStream
from components.aws.watched import alarm_data, database

STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
DOMAIN = "aws:opensearch/domain:Domain"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def statements(document: Any) -> list[dict[str, Any]]:
    return json.loads(document)["Statement"]


def actions(document: Any) -> set[str]:
    return {action for statement in statements(document) for action in statement["Action"]}


def test_records_lie_by_hour_and_errors_apart() -> None:
    configuration = run(export_stream).of_type(STREAM)[0].inputs["extendedS3Configuration"]
    assert configuration["prefix"] == "logs/!{timestamp:yyyy/MM/dd/HH}/"
    assert configuration["errorOutputPrefix"].startswith("logs-errors/!{firehose:error-output-type}/")
    assert configuration["compressionFormat"] == "GZIP"
    assert configuration["cloudwatchLoggingOptions"]["enabled"] is True


def test_a_stream_may_write_below_its_own_prefixes_alone() -> None:
    recording = run(export_stream)
    rights = recording.named("stream-rights").inputs["policy"]
    (write,) = [each for each in statements(rights) if "s3:PutObject" in each["Action"]]
    arn = recording.of_type("aws:s3/bucket:Bucket")[0].outputs["arn"]
    assert write["Resource"] == [f"{arn}/logs/*", f"{arn}/logs-errors/*"]
    assert not any(action.endswith("*") or action.startswith("s3:Delete") for action in actions(rights))
    trust = recording.named("stream-role").inputs["assumeRolePolicy"]
    assert statements(trust)[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_a_stream_is_encrypted_with_a_key_of_the_platform() -> None:
    def keyed() -> ExportStream:
        own = keys().logs_key_arn
        args: Any = {
            "account_id": ACCOUNT,
            "bucket": {"arn": log_bucket(key_arn=own).arn, "prefix": "logs", "key_arn": own},
            "key_arn": own,
        }
        return ExportStream("stream", args)

    recording = run(keyed)
    stream = recording.of_type(STREAM)[0].inputs
    assert stream["serverSideEncryption"]["keyType"] == "CUSTOMER_MANAGED_CMK"
    assert "kms:GenerateDataKey" in actions(recording.named("stream-rights").inputs["policy"])
    assert recording.named("stream-errors").inputs["kmsKeyId"] == stream["serverSideEncryption"]["keyArn"]
    assert run(export_stream).of_type(STREAM)[0].inputs["serverSideEncryption"]["keyType"] == "AWS_OWNED_CMK"


def test_packed_batches_are_unpacked_on_their_way_to_the_bucket() -> None:
    def kinds(**options: Any) -> list[str]:
        configuration = run(lambda: export_stream(**options)).of_type(STREAM)[0].inputs["extendedS3Configuration"]
        return [processor["type"] for processor in configuration["processingConfiguration"]["processors"]]

    assert kinds() == ["AppendDelimiterToRecord"]
    assert kinds(packed=True) == ["Decompression", "CloudWatchLogProcessing", "AppendDelimiterToRecord"]


def test_an_endpoint_gets_its_key_from_the_secret_and_errors_go_to_the_bucket() -> None:
    inputs = run(export_datadog).named("datadog-logs-stream").inputs["httpEndpointConfiguration"]
    assert inputs["s3BackupMode"] == "FailedDataOnly"
    assert inputs["s3Configuration"]["prefix"].startswith("datadog/logs-errors/")
    assert inputs["secretsManagerConfiguration"]["secretArn"]
    assert inputs["requestConfiguration"] == {"contentEncoding": "GZIP"}
    rights = run(export_datadog).named("datadog-logs-rights").inputs["policy"]
    (read,) = [each for each in statements(rights) if "secretsmanager:GetSecretValue" in each["Action"]]
    assert read["Resource"] == inputs["secretsManagerConfiguration"]["secretArn"]


def test_a_stream_into_a_domain_stands_in_its_network() -> None:
    def searching() -> object:
        domain = export_domain()
        bucket = log_bucket()
        args: Any = {
            "account_id": ACCOUNT,
            "bucket": {"arn": bucket.arn, "prefix": "logs"},
            "search": {
                "domain_arn": domain.arn,
                "index": "access",
                "subnet_ids": domain.domain.vpc_options.apply(lambda options: options.subnet_ids if options else []),
                "security_group_ids": domain.domain.vpc_options.apply(
                    lambda options: options.security_group_ids if options else []
                ),
            },
        }
        return ExportStream("stream", args)

    recording = run(searching)
    configuration = recording.named("stream-stream").inputs["opensearchConfiguration"]
    assert configuration["indexRotationPeriod"] == "OneDay"
    assert configuration["s3BackupMode"] == "FailedDocumentsOnly"
    assert configuration["vpcConfig"]["subnetIds"]
    assert "es:ESHttpDelete" not in actions(recording.named("stream-rights").inputs["policy"])


@pytest.mark.parametrize(
    ("options", "path"),
    [
        (
            {
                "http": {"url": "https://logs.example.com", "name": "logs"},
                "search": {"domain_arn": "arn", "index": "a", "subnet_ids": [], "security_group_ids": []},
            },
            "search",
        ),
        (
            {"packed": True, "search": {"domain_arn": "arn", "index": "a", "subnet_ids": [], "security_group_ids": []}},
            "packed",
        ),
    ],
)
def test_a_stream_with_wrong_arguments_is_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"stream: {path}:"):
        run(lambda: export_stream(**options))


def test_a_domain_is_closed_and_encrypted() -> None:
    inputs = run(export_domain).of_type(DOMAIN)[0].inputs
    assert inputs["encryptAtRest"]["enabled"] is True
    assert inputs["nodeToNodeEncryption"]["enabled"] is True
    assert inputs["domainEndpointOptions"]["enforceHttps"] is True
    assert inputs["clusterConfig"]["zoneAwarenessConfig"] == {"availabilityZoneCount": 2}
    (statement,) = statements(inputs["accessPolicies"])
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Resource"].endswith(":domain/apim-logs/*")


def test_a_domain_of_one_node_stands_in_one_subnet() -> None:
    inputs = run(lambda: export_domain(nodes=1)).of_type(DOMAIN)[0].inputs
    assert len(inputs["vpcOptions"]["subnetIds"]) == 1
    assert inputs["clusterConfig"]["zoneAwarenessEnabled"] is False


def test_many_nodes_have_dedicated_masters() -> None:
    inputs = run(lambda: export_domain(nodes=10)).of_type(DOMAIN)[0].inputs
    assert inputs["clusterConfig"]["dedicatedMasterCount"] == 3


def test_the_service_role_can_be_left_out() -> None:
    found = added(run(lambda: export_domain(service_role=False)), run(export_domain))
    assert found == {"aws:iam/serviceLinkedRole:ServiceLinkedRole": 1}


@pytest.mark.parametrize(("options", "path"), [({"nodes": 3}, "nodes"), ({"domain_name": "l" * 29}, "domain_name")])
def test_a_domain_with_wrong_arguments_is_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"search: {path}:"):
        run(lambda: export_domain(**options))


@pytest.mark.parametrize("off", ["logs", "metrics"])
def test_a_log_group_can_be_left_out(off: str) -> None:
    options = {off: False}
    assert added(run(lambda: export_cloudwatch(**options)), run(export_cloudwatch)) == {LOG_GROUP: 1}


def test_an_export_of_nothing_is_refused() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="cloudwatch: logs:"):
        run(lambda: export_cloudwatch(logs=False, metrics=False))


def test_metrics_go_to_datadog_by_a_metric_stream_of_named_namespaces() -> None:
    recording = run(export_datadog)
    (stream,) = recording.of_type("aws:cloudwatch/metricStream:MetricStream")
    assert stream.inputs["includeFilters"] == [{"namespace": "AWS/RDS"}]
    assert stream.inputs["firehoseArn"] == recording.named("datadog-metrics-stream").outputs["arn"]


def test_a_log_group_feeds_a_stream_with_a_role_for_this_stream_alone() -> None:
    recording = run(export_subscription)
    (found,) = recording.of_type("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter")
    arn = recording.of_type(STREAM)[0].outputs["arn"]
    assert found.inputs["destinationArn"] == arn
    (statement,) = statements(recording.named("subscription-rights").inputs["policy"])
    assert statement["Resource"] == arn


def test_each_metric_of_each_part_has_an_alarm() -> None:
    recording = run(alarms)
    made = {alarm.name: alarm.inputs for alarm in recording.of_type(ALARM)}
    rows = alarm_data()["alarms"]
    parts = {
        "orders": "database",
        "orders-replica-1": "replica",
        "redis-001": "cache",
        "redis-002": "cache",
        "public-https": "target",
        "nat-a": "nat",
        "front-end": "http-api",
    }
    assert set(made) == {f"alarms-{part}-{what}" for part, kind in parts.items() for what in rows[kind]}
    # A tenth of 100 GB, four fifths of what MariaDB admits with 16 GiB.
    assert made["alarms-orders-storage"]["threshold"] == round(0.1 * 100 * 1024**3)
    assert made["alarms-orders-connections"]["threshold"] == round(0.8 * (16 * 1024**3 // 12582880))
    assert made["alarms-orders-storage"]["comparisonOperator"] == "LessThanThreshold"
    assert made["alarms-front-end-latency"]["extendedStatistic"] == "p90"
    assert "statistic" not in made["alarms-front-end-latency"]
    topic = recording.of_type("aws:sns/topic:Topic")[0].outputs["arn"]
    assert all(inputs["alarmActions"] == inputs["okActions"] == [topic] for inputs in made.values())


def test_alarms_on_what_is_not_known_are_left_out() -> None:
    parts = database("orders", "orders", engine="postgres", storage_gb=100, memory_mib=None)
    names = {alarm.name for alarm in run(lambda: alarms(watched=parts)).of_type(ALARM)}
    assert names == {"alarms-orders-cpu", "alarms-orders-storage"}


def test_the_topic_is_encrypted_and_takes_alarms_of_the_account_alone() -> None:
    recording = run(alarms)
    assert recording.of_type("aws:sns/topic:Topic")[0].inputs["kmsMasterKeyId"]
    allowed, denied = statements(recording.named("alarms-topic-policy").inputs["policy"])
    assert "cloudwatch.amazonaws.com" in allowed["Principal"]["Service"]
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert denied["Effect"] == "Deny"


def alarms_without(part: str, **options: Any) -> Alarms:
    """Make the sample's alarms without one argument."""
    args: Any = {
        "account_id": ACCOUNT,
        "watched": watched(),
        "email": ["ops@example.com"],
        "slack": {"workspace_id": "T0123ABCD", "channel_id": "C0123ABCD"},
        "key_arn": keys(alarms=True).logs_key_arn,
        **options,
    }
    del args[part]
    return Alarms("alarms", args)


def test_slack_and_mail_can_be_left_out() -> None:
    without_slack = added(run(lambda: alarms_without("slack")), run(alarms))
    assert without_slack == {
        "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": 1,
        "aws:iam/role:Role": 1,
        "aws:iam/rolePolicy:RolePolicy": 1,
    }
    assert added(run(lambda: alarms(email=[])), run(alarms)) == {"aws:sns/topicSubscription:TopicSubscription": 1}


def test_nobody_in_slack_may_change_anything() -> None:
    (channel,) = run(alarms).of_type("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration")
    assert channel.inputs["guardrailPolicyArns"] == ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
    allowed = actions(run(alarms).named("alarms-slack-rights").inputs["policy"])
    assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in allowed)


def test_alarms_without_anybody_who_is_told_are_refused() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="alarms: email:"):
        run(lambda: alarms_without("slack", email=[]))


def test_two_parts_of_one_name_are_refused() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="alarms: watched:"):
        run(lambda: alarms(watched=[*watched(), watched()[0]]))


def test_the_dashboard_has_a_row_for_each_kind_of_part_and_no_widget_over_another() -> None:
    body = json.loads(run(dashboard).of_type("aws:cloudwatch/dashboard:Dashboard")[0].inputs["dashboardBody"])
    titles = [widget["properties"]["markdown"][3:] for widget in body["widgets"] if widget["type"] == "text"]
    assert titles == [
        "Front end",
        "Load balancers",
        "Databases",
        "Read replicas",
        "In-memory store",
        "Way out",
        "Cluster",
    ]
    cells = [
        (x, y)
        for widget in body["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    graphs = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
    assert all(graph["region"] == "eu-west-1" and graph["metrics"] for graph in graphs)


def test_exported_series_have_a_row_of_their_own() -> None:
    options = {"gateway_namespace": "apim", "gateway_metrics": {"apim_calls": "Calls"}}
    body = run(lambda: dashboard(**options)).of_type("aws:cloudwatch/dashboard:Dashboard")[0].inputs["dashboardBody"]
    first = next(widget for widget in json.loads(body)["widgets"] if widget["type"] == "metric")
    assert first["properties"]["metrics"] == [
        [{"expression": "SEARCH('Namespace=\"apim\" MetricName=\"apim_calls\"', 'Average', 60)"}]
    ]
