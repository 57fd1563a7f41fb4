"""Add-ons: what is counted is what the components ask for."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.addons import AddOn, addons, load_balancers, maximum_nodes

COMPONENTS = Path(__file__).parents[2] / "components" / "kubernetes" / "addons.yaml"

CONTAINERS = {
    "aws-load-balancer-controller": ("aws-load-balancer-controller", ["controller"]),
    "cluster-autoscaler": ("cluster-autoscaler", ["controller"]),
    "cert-manager": ("cert-manager", ["controller"]),
    "cert-manager-webhook": ("cert-manager", ["webhook"]),
    "cert-manager-cainjector": ("cert-manager", ["cainjector"]),
    "cert-manager-startupapicheck": ("cert-manager", ["startupapicheck"]),
    "external-secrets": ("external-secrets", ["controller"]),
    "reloader": ("reloader", ["controller"]),
    "prometheus-pushgateway": ("prometheus-pushgateway", ["pushgateway"]),
    "envoy-gateway": ("envoy-gateway", ["controller"]),
    "envoy-gateway-certgen": ("envoy-gateway", ["certgen"]),
    "envoy-proxy": ("envoy-gateway", ["proxy", "shutdown-manager"]),
    "prometheus-operator": ("kube-prometheus-stack", ["operator"]),
    "prometheus-admission": ("kube-prometheus-stack", ["admission-job"]),
    "prometheus": ("kube-prometheus-stack", ["prometheus", "config-reloader"]),
    "alertmanager": ("kube-prometheus-stack", ["alertmanager", "config-reloader"]),
    "kube-state-metrics": ("kube-prometheus-stack", ["kube-state-metrics"]),
    "node-exporter": ("kube-prometheus-stack", ["node-exporter"]),
    "grafana": ("kube-prometheus-stack", ["grafana", "grafana-sidecar", "grafana-sidecar"]),
    "elastic-operator": ("eck-operator", ["operator"]),
    "elasticsearch": ("eck-operator", ["elasticsearch"]),
    "fluent-bit": ("fluent-bit", ["collector"]),
    "kibana": ("eck-operator", ["kibana"]),
    "metrics-exporter": ("fluent-bit", ["metrics-exporter"]),
    "cloudnative-pg": ("cloudnative-pg", ["operator"]),
    "mariadb-operator": ("mariadb-operator", ["operator"]),
    "mariadb-operator-webhook": ("mariadb-operator", ["webhook"]),
    "mariadb-operator-certificates": ("mariadb-operator", ["certificates"]),
    "cass-operator": ("cass-operator", ["operator"]),
    "istiod": ("istiod", ["control-plane"]),
    "istio-cni-node": ("istio-cni", ["agent"]),
    "ztunnel": ("ztunnel", ["proxy"]),
    "kured": ("kured", ["daemon"]),
    "external-dns": ("external-dns", ["controller"]),
    "velero": ("velero", ["server"]),
    "velero-upgrade-crds": ("velero", ["definitions"]),
    "traefik": ("traefik", ["proxy"]),
}
"""Chart and containers of each add-on in the components' own data."""


MESH = {"mesh": "istio-ambient"}
UNPATCHED = {"node_channel": "none"}


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


def aks(**cluster: Any) -> StackSettings:
    return stack(cloud="azure", region="westeurope", cluster=cluster)


def by_name(settings: StackSettings) -> dict[str, AddOn]:
    return {addon.name: addon for addon in addons(settings)}


@pytest.mark.parametrize("name", CONTAINERS)
def test_pods_are_counted_as_the_components_size_them(name: str) -> None:
    chart, containers = CONTAINERS[name]
    sizes = yaml.safe_load(COMPONENTS.read_text(encoding="utf-8"))["addons"][chart]["containers"]
    inside = {engine: {"mode": "in-cluster"} for engine in ("mariadb", "postgresql", "cassandra")}
    observed = {"dashboards": True, "exporters": {"cloudwatch": {}}, "metrics": {"pushgateway": True}}
    asked = stack(addons={"external_dns": True, "velero": {}}, ingress={"controller": "traefik"})
    stacks = (
        stack(observability=observed),
        stack(tier="dev", stores=inside, cluster=MESH),
        aks(upgrades=UNPATCHED),
        asked,
    )
    addon = {name: addon for settings in stacks for name, addon in by_name(settings).items()}[name]
    assert addon.cpu_millicores == sum(sizes[container]["cpu_millicores"] for container in containers)
    assert addon.memory_mib == sum(sizes[container]["memory_mib"] for container in containers)


OF_VALKEY = {"valkey"}
"""Its container is an init container of a store, within the store's own size."""


def test_every_chart_of_the_components_is_counted() -> None:
    charts = yaml.safe_load(COMPONENTS.read_text(encoding="utf-8"))["addons"]
    counted = {chart for chart, _ in CONTAINERS.values()}
    assert {name for name, chart in charts.items() if chart["containers"]} - OF_VALKEY <= counted


def test_features_that_are_off_bring_no_pods() -> None:
    quiet = by_name(stack(observability={"logs": {"enabled": False}, "metrics": {"enabled": False}}))
    assert {"prometheus", "elasticsearch", "fluent-bit", "node-exporter"}.isdisjoint(quiet)
    assert "cert-manager" in quiet


def test_each_cloud_brings_its_own() -> None:
    aws, azure = by_name(stack()), by_name(stack(cloud="azure", region="westeurope"))
    assert "aws-node" in aws
    assert "aws-node" not in azure
    assert "azure-cns" in azure


def test_volumes_follow_the_settings() -> None:
    asked = by_name(stack(observability={"logs": {"storage_gb": 77}, "metrics": {"storage_gb": 33}}))
    assert (asked["elasticsearch"].storage_gb, asked["prometheus"].storage_gb) == (77, 33)


def test_a_daemon_set_has_a_pod_on_every_node_while_nodes_are_replaced() -> None:
    pools = {name: {"min": 1, "max": count} for name, count in (("management", 8), ("user", 5), ("monitoring", 2))}
    asked = stack(cluster={"pools": pools}, network={"zones": 3})
    assert maximum_nodes(asked) == (8 + 6) + (5 + 6) + (2 + 6)
    assert by_name(asked)["kube-proxy"].replicas == maximum_nodes(asked)


def test_load_balancers_are_those_that_are_built() -> None:
    assert load_balancers(stack()) == 2
    assert load_balancers(stack(ingress={"internal": {"enabled": False}})) == 1


def test_on_azure_pools_grow_by_their_own_surge_and_the_system_pool_has_every_daemon_set_too() -> None:
    pools = {
        "management": {"min": 1, "max": 8, "max_surge": "50%"},
        "user": {"min": 1, "max": 5, "max_surge": "2"},
        "monitoring": {"min": 1, "max": 2},
    }
    asked = aks(pools=pools, system_pool={"min": 2, "max": 4})
    assert maximum_nodes(asked) == (8 + 4) + (5 + 2) + (2 + 1) + (4 + 2)
    assert by_name(asked)["fluent-bit"].replicas == maximum_nodes(asked)


@pytest.mark.parametrize(
    ("cluster", "name"),
    [
        ({}, "cilium"),
        ({"networking": {"policy": "calico"}}, "calico-node"),
        ({"networking": {"policy": "calico"}}, "azure-kube-proxy"),
        ({"defender": True}, "microsoft-defender"),
        ({"upgrades": UNPATCHED}, "kured"),
    ],
)
def test_what_aks_puts_on_every_node_follows_the_settings(cluster: dict[str, Any], name: str) -> None:
    assert name in by_name(aks(**cluster))
    everywhere = set(by_name(aks(networking={"policy": "calico"}))) & set(by_name(aks()))
    assert name not in everywhere


def test_aks_brings_its_own_metrics_and_names_which_take_no_room_of_the_pools() -> None:
    assert {"coredns", "metrics-server", "cluster-autoscaler", "kube-proxy"}.isdisjoint(by_name(aks()))
