"""Add-ons: pinned charts, taken back when they fail, each pod with a size and a place, and no secret among the values."""

import json
from collections.abc import Iterator
from typing import Any

import components_kubernetes_samples as samples
import pulumi
import pytest
from components_kubernetes_samples import PASSWORD, PLACEMENT, component, spec, values

from apim_infra.settings.environment import Cloud, Tier
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import addons
from components.kubernetes.autoscaler import ClusterAutoscaler
from components.kubernetes.certificates import Certificates
from components.kubernetes.data import load
from components.kubernetes.external_secrets import ExternalSecrets
from components.kubernetes.helm_release import ADDONS, pinned
from components.kubernetes.ingress import Ingress
from components.kubernetes.load_balancer_controller import LoadBalancerController
from components.kubernetes.logging import Logging
from components.kubernetes.monitoring import Monitoring
from components.kubernetes.private_certificates import PrivateCertificates
from components.kubernetes.pushgateway import Pushgateway
from components.kubernetes.reloader import Reloader

EVERY: dict[str, tuple[Any, Any]] = {
    "load balancer controller": (LoadBalancerController, samples.LOAD_BALANCER_CONTROLLER),
    "autoscaler": (ClusterAutoscaler, samples.AUTOSCALER),
    "external secrets": (ExternalSecrets, samples.EXTERNAL_SECRETS),
    "reloader": (Reloader, samples.RELOADER),
    "prometheus-pushgateway": (Pushgateway, samples.PUSHGATEWAY),
    "certificates": (Certificates, samples.CERTIFICATES),
    "monitoring": (Monitoring, samples.MONITORING),
    "logging": (Logging, samples.LOGGING),
    "ingress": (Ingress, samples.INGRESS),
}
RELEASE = "kubernetes:helm.sh/v3:Release"


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside of a value."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def size(containers: dict[str, Any], *names: str) -> tuple[int, int]:
    rows = [containers[name] for name in names]
    return sum(row["cpu_millicores"] for row in rows), sum(row["memory_mib"] for row in rows)


@pytest.mark.parametrize("name", EVERY)
def test_releases_are_pinned_and_all_or_nothing(name: str):
    releases = component(*EVERY[name]).of_type(RELEASE)
    assert releases
    for release in releases:
        inputs = release.inputs
        assert inputs["version"] == load(ADDONS)["addons"][inputs["name"]]["version"]
        assert inputs["atomic"] is inputs["cleanupOnFail"] is inputs["waitForJobs"] is True
        assert inputs["skipAwait"] is inputs["createNamespace"] is False
        assert inputs["timeout"] > 0
        assert inputs["chart"].startswith("oci://") != ("repositoryOpts" in inputs)


@pytest.mark.parametrize("name", EVERY)
def test_every_pod_of_the_values_is_on_its_pool(name: str):
    for release in component(*EVERY[name]).of_type(RELEASE):
        selectors = [each["nodeSelector"] for each in walk(release.inputs["values"]) if "nodeSelector" in each]
        daemon = release.inputs["name"] == "fluent-bit"
        assert (not selectors) if daemon else selectors
        assert all(each == {"apim.io/pool": "management"} for each in selectors)
        tolerations = [each["tolerations"] for each in walk(release.inputs["values"]) if "tolerations" in each]
        own = [{"key": "apim.io/pool", "operator": "Equal", "value": "management", "effect": "NoSchedule"}]
        everywhere = [{"operator": "Exists"}]
        assert all(each in (own, everywhere) for each in tolerations)
        if daemon:
            assert tolerations == [everywhere]


@pytest.mark.parametrize("name", EVERY)
def test_requests_equal_limits_everywhere(name: str):
    found = [
        each["resources"]
        for resource in component(*EVERY[name]).graph.custom()
        for each in walk(resource.inputs)
        if "limits" in each.get("resources", {})
    ]
    assert found
    assert all(resources["requests"] == resources["limits"] for resources in found)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_asks_for_a_load_balancer_or_a_node_port(name: str):
    text = json.dumps([release.inputs["values"] for release in component(*EVERY[name]).of_type(RELEASE)])
    assert "LoadBalancer" not in text
    assert "NodePort" not in text


def test_every_row_of_the_data_says_where_it_comes_from():
    rows = load(ADDONS)["addons"].values()
    assert all({"chart", "version", "app", "licence", "source", "date", "containers"} <= row.keys() for row in rows)
    assert all(row["version"] != "latest" for row in rows)
    with pytest.raises(KeyError):
        pinned("unknown")


def test_sizes_are_those_that_quotas_and_pools_are_planned_with():
    planned = {
        addon.name: (addon.cpu_millicores, addon.memory_mib)
        for addon in addons(
            StackSettings(cloud=Cloud.AWS, region="eu-central-1", company_domain="example.com", tier=Tier.DEV)
        )
    }
    rows = {name: row["containers"] for name, row in load(ADDONS)["addons"].items()}
    stack, envoy, certificates = rows["kube-prometheus-stack"], rows["envoy-gateway"], rows["cert-manager"]
    asked = {
        "envoy-gateway": size(envoy, "controller"),
        "envoy-gateway-certgen": size(envoy, "certgen"),
        "envoy-proxy": size(envoy, "proxy", "shutdown-manager"),
        "aws-load-balancer-controller": size(rows["aws-load-balancer-controller"], "controller"),
        "cluster-autoscaler": size(rows["cluster-autoscaler"], "controller"),
        "cert-manager": size(certificates, "controller"),
        "cert-manager-webhook": size(certificates, "webhook"),
        "cert-manager-cainjector": size(certificates, "cainjector"),
        "cert-manager-startupapicheck": size(certificates, "startupapicheck"),
        "prometheus-operator": size(stack, "operator"),
        "prometheus-admission": size(stack, "admission-job"),
        "prometheus": size(stack, "prometheus", "config-reloader"),
        "alertmanager": size(stack, "alertmanager", "config-reloader"),
        "node-exporter": size(stack, "node-exporter"),
        "kube-state-metrics": size(stack, "kube-state-metrics"),
        # Two sidecars: dashboards and data sources.
        "grafana": size(stack, "grafana", "grafana-sidecar", "grafana-sidecar"),
        "elastic-operator": size(rows["eck-operator"], "operator"),
        "elasticsearch": size(rows["eck-operator"], "elasticsearch"),
        "log-retention": size({"curl": load(ADDONS)["images"]["curl"]["size"]}, "curl"),
        "fluent-bit": size(rows["fluent-bit"], "collector"),
    }
    assert asked == {name: planned[name] for name in asked}


def test_the_load_balancer_controller_makes_no_load_balancer():
    made = values(
        component(LoadBalancerController, samples.LOAD_BALANCER_CONTROLLER, service_account="lbc"), "sample-release"
    )
    assert (made["clusterName"], made["vpcId"], made["region"]) == ("apim-dev", "vpc-0123456789abcdef0", "eu-central-1")
    assert made["serviceAccount"]["name"] == "lbc"
    assert made["createIngressClassResource"] is made["enableServiceMutatorWebhook"] is False
    assert set(made["controllerConfig"]["featureGates"].values()) == {False}


def test_one_replica_has_no_disruption_budget():
    one = values(component(LoadBalancerController, samples.LOAD_BALANCER_CONTROLLER, replicas=1), "sample-release")
    assert (one["replicaCount"], one["podDisruptionBudget"]) == (1, {})
    certificates = values(component(Certificates, samples.CERTIFICATES, replicas=1), "sample-release")
    parts = [certificates, certificates["webhook"], certificates["cainjector"]]
    assert [(part["replicaCount"], part["podDisruptionBudget"]["enabled"]) for part in parts] == [(1, False)] * 3


def test_the_autoscaler_finds_node_groups_by_the_clusters_name():
    made = values(component(ClusterAutoscaler, samples.AUTOSCALER), "sample-release")
    assert made["autoDiscovery"] == {"clusterName": "apim-dev"}
    assert "image" not in made
    tagged = values(component(ClusterAutoscaler, samples.AUTOSCALER, image_tag="v1.34.1"), "sample-release")
    assert tagged["image"] == {"tag": "v1.34.1"}


def test_the_autoscaler_keeps_the_zones_even_and_stops_at_the_sum_of_the_pools():
    plain = values(component(ClusterAutoscaler, samples.AUTOSCALER), "sample-release")["extraArgs"]
    bounded = component(ClusterAutoscaler, samples.AUTOSCALER, balancing_label="apim.io/pool", maximum_nodes=17)
    own = {"balancing-label": "apim.io/pool", "max-nodes-total": 17}
    assert values(bounded, "sample-release")["extraArgs"] == {**plain, **own}
    assert plain["balance-similar-node-groups"] is True
    assert plain.keys().isdisjoint(own)


def test_certificates_are_proven_in_the_zone_given():
    recording = component(Certificates, samples.CERTIFICATES)
    acme = spec(recording, "sample-issuer")["acme"]
    assert acme["solvers"] == [{"dns01": {"route53": {"region": "eu-central-1", "hostedZoneID": "Z0123456789"}}}]
    assert acme["email"] == "platform@example.com"
    certificate = spec(recording, "sample-internal-tls")
    assert certificate["dnsNames"] == ["apim-admin.example.com"]
    assert certificate["issuerRef"]["name"] == recording.named("sample-issuer").inputs["metadata"]["name"]
    staging = component(Certificates, samples.CERTIFICATES, acme_server="https://acme.example.com", email=None)
    acme = spec(staging, "sample-issuer")["acme"]
    assert acme["server"] == "https://acme.example.com"
    assert "email" not in acme


def test_a_second_authority_signs_with_a_key_of_its_own():
    recording = component(PrivateCertificates, samples.PRIVATE_CERTIFICATES)
    authority = spec(recording, "sample-authority")
    assert (authority["isCA"], authority["secretName"]) == (True, "apim-dev-private")
    issuer = recording.named("sample-issuer").inputs
    assert (issuer["metadata"]["name"], issuer["spec"]) == (
        "apim-dev-private",
        {"ca": {"secretName": "apim-dev-private"}},
    )
    assert spec(recording, "sample-private-internal-tls")["issuerRef"]["name"] == "apim-dev-private"
    none = [{"namespace": "ingress", "secret": "private-internal-tls", "hosts": list[str]()}]
    with pytest.raises(pulumi.InputPropertiesError, match="a certificate needs a host"):
        component(PrivateCertificates, samples.PRIVATE_CERTIFICATES, certificates=none)


@pytest.mark.parametrize("change", [{"route53": None}, {"private_authority": True}])
def test_exactly_one_issuer_is_needed(change: dict[str, Any]):
    with pytest.raises(pulumi.InputPropertiesError, match="exactly one of route53, azure_dns and private_authority"):
        component(Certificates, samples.CERTIFICATES, **change)


def test_metrics_are_kept_as_long_and_as_much_as_asked():
    made = values(component(Monitoring, samples.MONITORING, storage_class="gp3"), "sample-release")
    prometheus = made["prometheus"]["prometheusSpec"]
    claim = prometheus["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert prometheus["retention"] == "15d"
    assert prometheus["retentionSize"] == "42GiB"
    assert claim["resources"]["requests"]["storage"] == "50Gi"
    assert claim["storageClassName"] == "gp3"
    assert (
        made["alertmanager"]["alertmanagerSpec"]["storage"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "gp3"
    )
    assert "gp3" not in json.dumps(values(component(Monitoring, samples.MONITORING), "sample-release"))


def test_alerts_go_nowhere_by_default():
    recording = component(Monitoring, samples.MONITORING)
    config = values(recording, "sample-release")["alertmanager"]["config"]
    assert config["route"]["receiver"] == "null"
    assert [receiver["name"] for receiver in config["receivers"]] == ["null"]
    assert not [resource for resource in recording.graph.resources if resource.name == "sample-receivers"]


def alerted() -> Any:
    smtp = {"host": "smtp.example.com", "sender": "apim@example.com", "username": "apim", "password": PASSWORD}
    return {"slack_webhook": f"https://hooks.example.com/{PASSWORD}", "email": ["ops@example.com"], "smtp": smtp}


def test_alerts_go_to_slack_and_mail_and_secrets_stay_out_of_the_values():
    recording = component(Monitoring, samples.MONITORING, alerts=alerted())
    stack = values(recording, "sample-release")["alertmanager"]
    (notify,) = [each for each in stack["config"]["receivers"] if each["name"] == stack["config"]["route"]["receiver"]]
    assert notify["email_configs"][0]["to"] == "ops@example.com"
    folder = f"/etc/alertmanager/secrets/{stack['alertmanagerSpec']['secrets'][0]}"
    assert notify["slack_configs"][0]["api_url_file"] == f"{folder}/slack-webhook"
    assert stack["config"]["global"]["smtp_auth_password_file"] == f"{folder}/smtp-password"
    assert stack["config"]["global"]["smtp_smarthost"] == "smtp.example.com:587"
    secret = recording.named("sample-receivers").inputs
    assert secret["metadata"]["name"] == stack["alertmanagerSpec"]["secrets"][0]
    assert secret["stringData"] == samples.SECRET
    assert PASSWORD not in json.dumps(recording.graph.to_json())


@pytest.mark.parametrize(
    ("alerts", "message"),
    [
        ({"email": ["ops@example.com"]}, "alerts.email: addresses need alerts.smtp"),
        ({"smtp": {"host": "h", "sender": "s", "username": "u"}}, "username and password go together"),
    ],
)
def test_alerts_that_cannot_be_sent_are_refused(alerts: Any, message: str):
    with pytest.raises(pulumi.InputPropertiesError, match=message):
        component(Monitoring, samples.MONITORING, alerts=alerts)


def test_grafana_has_a_random_password_or_is_not_there():
    recording = component(Monitoring, samples.MONITORING)
    assert recording.named("sample-grafana-admin").inputs["stringData"] == samples.SECRET
    assert recording.named("sample-grafana-password").urn in recording.named("sample-grafana-admin").dependencies
    without = component(Monitoring, samples.MONITORING, grafana=False)
    assert values(without, "sample-release")["grafana"] == {"enabled": False}
    assert not [resource for resource in without.graph.resources if "grafana" in resource.name]


def test_logs_are_kept_as_long_and_as_much_as_asked():
    recording = component(Logging, samples.LOGGING, nodes=3, storage_class="gp3")
    (nodes,) = spec(recording, "sample-elasticsearch")["nodeSets"]
    claim = nodes["volumeClaimTemplates"][0]["spec"]
    assert nodes["count"] == 3
    assert (claim["resources"]["requests"]["storage"], claim["storageClassName"]) == ("100Gi", "gp3")
    job = recording.named("sample-retention").inputs
    assert '"data_retention":"30d"' in job["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    other = component(Logging, samples.LOGGING, retention_days=7).named("sample-retention").inputs
    assert other["metadata"]["name"] != job["metadata"]["name"]


def test_the_retention_job_is_restricted_and_shows_no_password():
    pod = spec(component(Logging, samples.LOGGING), "sample-retention")["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["nodeSelector"] == {"apim.io/pool": PLACEMENT["pool"]}
    assert [each["name"] for each in container["env"] if "valueFrom" in each] == ["PASSWORD"]


def test_the_collector_may_only_add_records():
    asked = samples.unwrapped(Logging, samples.LOGGING)
    user = asked["sample-writer"]["stringData"]
    ((name, role),) = json.loads(asked["sample-roles"]["stringData"]["roles.yml"]).items()
    assert user["roles"] == name
    assert role == {
        "cluster": ["monitor"],
        "indices": [{"names": ["logs-apim-cluster"], "privileges": ["auto_configure", "create_doc"]}],
    }
    outputs = asked["sample-collector"]["values"]["config"]["outputs"]
    assert "Index logs-apim-cluster" in outputs
    assert user["password"] not in json.dumps(asked["sample-collector"])
    auth = asked["sample-elasticsearch"]["spec"]["auth"]
    assert auth["roles"] == [{"secretName": asked["sample-roles"]["metadata"]["name"]}]
    assert auth["fileRealm"] == [{"secretName": asked["sample-writer"]["metadata"]["name"]}]


def test_the_analysis_manager_gets_the_gateways_records_when_asked():
    plain = values(component(Logging, samples.LOGGING), "sample-collector")["config"]["outputs"]
    assert "Name http" not in plain
    analysis = {"host": "analysis-manager.apim.svc", "gateway_namespace": "user-namespace"}
    outputs = values(component(Logging, samples.LOGGING, analysis=[analysis]), "sample-collector")["config"]["outputs"]
    assert outputs.startswith(plain)
    assert "Host analysis-manager.apim.svc" in outputs
    assert "_user-namespace_" in outputs


def test_two_nodes_cannot_keep_logs():
    with pytest.raises(pulumi.InputPropertiesError, match="two nodes cannot elect"):
        component(Logging, samples.LOGGING, nodes=2)
