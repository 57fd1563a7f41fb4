"""Alert rules, dashboards, Kibana, and logs and metrics that leave the cluster."""

import json
import re
from typing import Any

import components_kubernetes_samples as samples
import crd_schemas
import pytest
from components_kubernetes_samples import component, spec

from apim_infra.rehearsal.testing import Recording
from components.kubernetes.alert_rules import AlertRules
from components.kubernetes.dashboards import Dashboards
from components.kubernetes.data import load
from components.kubernetes.kibana import Kibana
from components.kubernetes.logging import Logging, MetricsExporter

RULES: Any = {
    "namespace": "monitoring",
    "stack": "apim-test",
    "gateway_namespaces": ["gateways", "gateways-private"],
    "platform_namespaces": ["apim", "logging"],
    "facts": ["envoy-gateway", "kong", "logs"],
}
BARE: Any = {**RULES, "facts": []}
SINK: Any = {
    "region": "eu-west-1",
    "gateway_namespaces": ["gateways", "gateways-private"],
    "log_group": "access",
    "streams": {"datadog": "to-datadog", "front-end": "to-bucket"},
}
EXPORTER: Any = {
    "namespace": "logging",
    "placement": samples.PLACEMENT,
    "sink": {"region": "eu-west-1", "log_group": "metrics", "prometheus": "prometheus.monitoring.svc"},
}


def values(recording: Recording, name: str) -> Any:
    return recording.named(name).inputs["values"]


def rules(args: Any = RULES) -> list[dict[str, Any]]:
    groups = spec(component(AlertRules, args), "sample-rules")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions(args: Any = RULES) -> list[str]:
    """Return every expression of rules and dashboards."""
    made = component(Dashboards, args)
    boards = [json.loads(text) for each in made.graph.custom() for text in each.inputs.get("data", {}).values()]
    shown = [line["expr"] for board in boards for panel in board["panels"] for line in panel["targets"]]
    return [rule["expr"] for rule in rules(args)] + shown


def test_alerts_say_what_is_wrong_and_how_bad_it_is() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({alert["alert"] for alert in alerts}) == len(alerts)
    for alert in alerts:
        assert alert["labels"]["severity"] in ("critical", "warning")
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["description"]
        assert re.fullmatch(r"\d+[mh]", alert["for"])


@pytest.mark.parametrize("topic", ["gateways", "stores", "certificates", "volumes", "logs"])
def test_every_topic_has_alerts(topic: str) -> None:
    groups = {group["name"]: group["rules"] for group in spec(component(AlertRules, RULES), "sample-rules")["groups"]}
    assert groups[f"apim.{topic}"]


def test_series_of_a_stack_can_be_told_apart() -> None:
    assert {rule["labels"]["stack"] for rule in rules()} == {"apim-test"}


@pytest.mark.parametrize("args", [RULES, BARE])
def test_expressions_name_the_namespaces_and_close_what_they_open(args: Any) -> None:
    for text in expressions(args):
        assert not re.search(r"\b(GATEWAYS|PLATFORM)\b", text), text
        assert all(text.count(one) == text.count(other) for one, other in ("()", "[]", "{}")), text
        assert text.count('"') % 2 == 0, text
    assert any('namespace=~"gateways|gateways-private"' in text for text in expressions(args))


@pytest.mark.parametrize("args", [RULES, BARE])
def test_recorded_series_that_are_read_are_recorded(args: Any) -> None:
    recorded = {rule["record"] for rule in rules(args) if "record" in rule}
    read = {name for text in expressions(args) for name in re.findall(r"\bapim_\w+", text)}
    assert read <= recorded


@pytest.mark.parametrize(("fact", "marks"), [("kong", "kong_"), ("envoy-gateway", "envoy_"), ("logs", "fluentbit_")])
def test_rules_of_what_is_not_there_are_left_out(fact: str, marks: str) -> None:
    without = {**RULES, "facts": [other for other in RULES["facts"] if other != fact]}
    assert any(marks in text for text in expressions())
    assert not any(marks in text for text in expressions(without))


def test_what_no_chart_measures_is_measured() -> None:
    made = component(AlertRules, RULES)
    monitors = {r.name: r.inputs["spec"] for r in made.graph.custom() if r.type.endswith(":PodMonitor")}
    assert set(monitors) == {"sample-cert-manager", "sample-fluent-bit"}
    assert monitors["sample-fluent-bit"]["namespaceSelector"] == {"matchNames": ["logging"]}
    bare = [r.name for r in component(AlertRules, BARE).graph.custom() if r.type.endswith(":PodMonitor")]
    assert bare == ["sample-cert-manager"]


def test_dashboards_are_loaded_by_their_label_and_have_no_panel_over_another() -> None:
    made = [r for r in component(Dashboards, RULES).graph.custom() if r.type.endswith(":ConfigMap")]
    assert len(made) == len(load("dashboards.yaml")["dashboards"])
    for resource in made:
        assert resource.inputs["metadata"]["labels"] == {"grafana_dashboard": "1"}
        (board,) = [json.loads(text) for text in resource.inputs["data"].values()]
        assert board["panels"]
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        assert len(places) == len(set(places))
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_kibana_is_as_old_as_its_elasticsearch() -> None:
    kibana = spec(component(Kibana, {"namespace": "logging", "placement": samples.PLACEMENT}), "sample-kibana")
    search = spec(component(Logging, samples.LOGGING), "sample-elasticsearch")
    assert kibana["version"] == search["version"]
    assert kibana["elasticsearchRef"] == {"name": "logs"}
    (container,) = kibana["podTemplate"]["spec"]["containers"]
    assert container["resources"]["requests"] == container["resources"]["limits"]


def test_logs_go_to_the_cloud_only_where_that_is_asked_for() -> None:
    plain = values(component(Logging, samples.LOGGING), "sample-collector")
    assert "Name cloudwatch_logs" not in plain["config"]["outputs"]
    assert "Name kinesis_firehose" not in plain["config"]["outputs"]
    sent = values(component(Logging, samples.LOGGING, cloud=SINK), "sample-collector")
    assert sent["config"]["outputs"].startswith(plain["config"]["outputs"])
    assert sent["env"][: len(plain["env"])] == plain["env"]
    added = {entry["name"]: entry["value"] for entry in sent["env"][len(plain["env"]) :]}
    assert added == {
        "EXPORT_REGION": "eu-west-1",
        "EXPORT_LOG_GROUP": "access",
        "EXPORT_STREAM_DATADOG": "to-datadog",
        "EXPORT_STREAM_FRONT_END": "to-bucket",
    }


def test_outputs_to_the_cloud_take_the_gateways_records_alone() -> None:
    text = values(component(Logging, samples.LOGGING, cloud=SINK), "sample-collector")["config"]["outputs"]
    blocks = [block for block in text.split("[OUTPUT]") if "${EXPORT_REGION}" in block]
    assert len(blocks) == 3
    for block in blocks:
        (pattern,) = re.findall(r"Match_Regex (\S+)", block)
        assert re.match(pattern, "kube.var.log.containers.gateway-7f9_gateways_proxy-0123.log")
        assert re.match(pattern, "kube.var.log.containers.gateway-7f9_gateways-private_proxy-0123.log")
        assert not re.match(pattern, "kube.var.log.containers.bff-7f9_apim_bff-0123.log")
        assert not re.match(pattern, "kube.var.log.containers.gateways_other_proxy-0123.log")


@pytest.mark.parametrize(("part", "output"), [("log_group", "cloudwatch_logs"), ("streams", "kinesis_firehose")])
def test_a_place_in_the_cloud_can_be_left_out(part: str, output: str) -> None:
    sink = {key: value for key, value in SINK.items() if key != part}
    text = values(component(Logging, samples.LOGGING, cloud=sink), "sample-collector")["config"]["outputs"]
    assert f"Name {output}" not in text


def test_one_exporter_takes_the_recorded_series_alone() -> None:
    made = values(component(MetricsExporter, EXPORTER), "sample-exporter")
    assert (made["kind"], made["replicaCount"]) == ("Deployment", 1)
    assert made["serviceAccount"] == {"create": True, "name": "metrics-exporter"}
    assert "match%5B%5D=%7B__name__%3D~%22apim_.%2B%22%7D" in made["config"]["inputs"]
    assert "Log_Format json/emf" in made["config"]["outputs"]
    assert {entry["name"]: entry["value"] for entry in made["env"]} == {
        "EXPORT_REGION": "eu-west-1",
        "EXPORT_METRICS_GROUP": "metrics",
    }
    recorded = [row["record"] for row in load("alert_rules.yaml")["records"]]
    assert all(re.fullmatch(r"apim_.+", name) for name in recorded)


@pytest.mark.parametrize(
    ("kind", "args"),
    [(AlertRules, RULES), (Kibana, {"namespace": "logging", "placement": samples.PLACEMENT})],
)
def test_custom_resources_are_as_their_schemas_want_them(kind: Any, args: Any) -> None:
    if not crd_schemas.available():
        pytest.skip("the published schemas of the kinds are not there")
    checked = 0
    for resource in component(kind, args).graph.custom():
        inputs = resource.inputs
        if (inputs.get("apiVersion"), inputs.get("kind")) in crd_schemas.schemas():
            assert crd_schemas.violations(inputs) == []
            checked += 1
    if not checked:
        pytest.skip("the published schemas of these kinds are not there")
