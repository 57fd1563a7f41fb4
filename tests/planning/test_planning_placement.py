"""Namespaces, pools and hosts."""

from typing import Any

from apim_infra.planning.placement import (
    LoadBalancerName,
    host_names,
    hosts,
    namespaces,
    node_selector,
    tolerations,
)
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.quota import namespace_quotas
from apim_infra.sizing.table import control_plane_deployments


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


def test_the_six_hosts_and_who_answers() -> None:
    answers: dict[tuple[LoadBalancerName, str, str], tuple[str, str]] = {
        (host.load_balancer, host.fqdn, host.path): (host.namespace, host.service) for host in hosts(stack())
    }
    assert answers == {
        ("internal", "apim-admin.example.com", "/"): ("apim", "bff"),
        ("internal", "tenant-admin.example.com", "/"): ("apim", "tenant-manager-console"),
        ("internal", "developers-admin.example.com", "/"): ("apim", "developer-portal-frontend"),
        ("internal", "developers-admin.example.com", "/api"): ("apim", "developer-portal-backend"),
        ("internal", "auth-admin.example.com", "/"): ("apim", "tenant-manager"),
        ("public", "api.example.com", "/"): ("user-namespace", "gateway-default-proxy"),
        ("public", "developers.example.com", "/"): ("apim", "developer-portal-frontend"),
        ("public", "developers.example.com", "/api"): ("apim", "developer-portal-backend"),
    }
    assert len({*host_names(stack(), "internal"), *host_names(stack(), "public")}) == 6


def test_services_of_the_control_plane_are_in_the_sizing_table() -> None:
    rows = {row.name for row in control_plane_deployments()}
    assert {host.service for host in hosts(stack()) if host.namespace == "apim"} <= rows


def test_groups_are_routed_by_path_on_the_load_balancer_of_their_exposure() -> None:
    groups = [
        {"name": "open", "apis": ["/a", "/b"]},
        {"name": "closed", "apis": ["/c"], "exposure": "private"},
    ]
    routes = [host for host in hosts(stack(gateway_groups=groups)) if host.name == "api"]
    assert [(host.load_balancer, host.path, host.service) for host in routes] == [
        ("internal", "/c", "gateway-closed-proxy"),
        ("public", "/a", "gateway-open-proxy"),
        ("public", "/b", "gateway-open-proxy"),
    ]
    assert {host.fqdn for host in routes} == {"api.example.com"}


def test_hosts_of_a_load_balancer_that_is_not_built_are_not_routed() -> None:
    private = stack(ingress={"public": {"enabled": False}}, gateway_groups=[{"name": "default", "exposure": "private"}])
    assert {host.load_balancer for host in hosts(private)} == {"internal"}
    public = stack(ingress={"internal": {"enabled": False}})
    assert host_names(public, "internal") == ()


def test_host_labels_are_settings() -> None:
    renamed = stack(ingress={"internal": {"hosts": {"console": "console"}}}, company_domain="corp.example.org")
    assert "console.corp.example.org" in host_names(renamed, "internal")


def test_every_namespace_has_its_pool_and_quota() -> None:
    asked = stack(gateway={"namespace": "gateways"})
    planned = {namespace.name: namespace for namespace in namespaces(asked)}
    assert {name: namespace.quota for name, namespace in planned.items()} == namespace_quotas(asked)
    assert {name: namespace.pool for name, namespace in planned.items()} == {
        "apim": "management",
        "gateways": "user",
        "ingress": "user",
        "logging": "monitoring",
        "microservices": "user",
        "monitoring": "monitoring",
        "platform-system": "management",
    }
    open_to_nodes = {name for name, namespace in planned.items() if namespace.pod_security == "privileged"}
    assert open_to_nodes == {"logging", "monitoring"}


def test_without_logs_and_metrics_their_namespaces_are_not_made() -> None:
    quiet = stack(observability={"logs": {"enabled": False}, "metrics": {"enabled": False}})
    assert {"logging", "monitoring"}.isdisjoint(namespace.name for namespace in namespaces(quiet))


def test_pods_of_a_pool_tolerate_its_taints() -> None:
    pools = {"user": {"taints": [{"key": "only", "effect": "NoExecute"}]}}
    asked = stack(cluster={"pools": pools})
    assert [each.to_json() for each in tolerations(asked, "user")] == [
        {"key": "only", "operator": "Exists", "effect": "NoExecute"}
    ]
    assert [each.to_json() for each in tolerations(asked, "management")] == [
        {"key": "apim.io/pool", "operator": "Equal", "value": "management", "effect": "NoSchedule"}
    ]
    assert node_selector("user") == {"apim.io/pool": "user"}
