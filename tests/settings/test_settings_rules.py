from typing import Any

import pytest

from apim_infra.settings.load import load_settings
from apim_infra.settings.violations import SettingsError

MINIMAL = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
EXISTING = {"id": "vpc-1", "private_subnet_ids": ["a", "b"], "data_subnet_ids": ["c", "d"]}


@pytest.mark.parametrize(
    ("setting", "value", "path", "rule"),
    [
        ("company_domain", "example", "company_domain", "domain"),
        ("company_domain", "Example.com", "company_domain", "domain"),
        ("company_domain", "-a.example.com", "company_domain", "domain"),
        ("company_domain", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 63}.com", "company_domain", "domain"),
        ("region", "EU West", "region", "region"),
        ("gateway.image_tag", "latest", "gateway.image_tag", "latest"),
        ("gateway.image_tag", "a b", "gateway.image_tag", "image tag"),
        ("gateway.namespace", "User", "gateway.namespace", "DNS label"),
        ("cluster.version", "1.35.2", "cluster.version", "major and minor"),
        ("cluster.administrators", ["root"], "cluster.administrators[0]", "ARN"),
        ("cluster.api_endpoint", {"public": True}, "cluster.api_endpoint.allowed_cidrs", "must name who"),
        (
            "cluster.api_endpoint",
            {"public": True, "allowed_cidrs": ["0.0.0.0/0"]},
            "cluster.api_endpoint.allowed_cidrs",
            "must not be everything",
        ),
        ("cluster.log_retention_days", 100, "cluster.log_retention_days", "retention period that aws offers"),
        ("network.flow_logs.retention_days", 31, "network.flow_logs.retention_days", "retention period"),
        ("cluster.pools.user.labels", {"-x": "y"}, "cluster.pools.user.labels.-x", "label key"),
        ("cluster.pools.user.labels", {"x": "y z"}, "cluster.pools.user.labels.x", "label value"),
        (
            "cluster.pools.user.labels",
            {"apim.io/pool": "x"},
            'cluster.pools.user.labels["apim.io/pool"]',
            "platform's own label",
        ),
        ("ingress.internal.hosts.auth", "a.b", "ingress.internal.hosts.auth", "DNS label"),
        ("ingress.internal.hosts.auth", "api", "ingress.public.hosts.api", "must differ from internal.hosts.auth"),
        ("ingress.public.source_cidrs", [], "ingress.public.source_cidrs", "must name who"),
        ("ingress.public.source_cidrs", ["10.0.0.1/8"], "ingress.public.source_cidrs[0]", "boundary"),
        ("observability.alerts.email", ["nobody"], "observability.alerts.email[0]", "e-mail"),
        ("gateway_groups", [], "gateway_groups", "at least one group"),
        ("gateway_groups", [{"name": "A"}], "gateway_groups[0].name", "DNS label"),
        ("gateway_groups", [{"mode": "shared"}], "gateway_groups[0].name", "required"),
        ("gateway_groups", [{"name": "a", "apis": ["x"]}], "gateway_groups[0].apis[0]", "starts with"),
        (
            "gateway_groups",
            [{"name": "a"}, {"name": "a", "apis": ["/x"]}],
            "gateway_groups[1].name",
            "must differ from gateway_groups[0].name",
        ),
        ("gateway_groups", [{"name": "a"}, {"name": "b"}], "gateway_groups[1].apis[0]", "routed already"),
        ("stores.redis", {"multi_zone": True, "replicas": 0}, "stores.redis.replicas", "at least 1"),
        (
            "stores.mariadb",
            {"replicas": 1, "backup_retention_days": 0},
            "stores.mariadb.backup_retention_days",
            "at least 1 when there are replicas",
        ),
        ("recovery.region", "eu-west-1", "recovery.region", "must differ from region"),
        ("sizing.workload_replicas", {"bff": 0}, "sizing.workload_replicas.bff", "at least 1"),
        ("tags", {"aws:x": "y"}, 'tags["aws:x"]', "tag key"),
        ("tags", {"x": "y" * 257}, "tags.x", "tag value"),
        ("tags", {f"t{number}": "x" for number in range(41)}, "tags", "more than 40"),
        ("network.existing", {**EXISTING, "data_subnet_ids": ["c"]}, "network.existing.data_subnet_ids", "per zone"),
        (
            "network.existing",
            {**EXISTING, "private_subnet_ids": ["a", "a"]},
            "network.existing.private_subnet_ids",
            "per zone",
        ),
        (
            "network.existing",
            {**EXISTING, "public_subnet_ids": ["a"]},
            "network.existing.public_subnet_ids",
            "per zone",
        ),
        ("network.existing", {"private_subnet_ids": [], "data_subnet_ids": []}, "network.existing.id", "required"),
    ],
)
def test_a_broken_rule_names_its_setting(setting: str, value: object, path: str, rule: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(MINIMAL, {setting: value})
    (violation,) = [found for found in caught.value.violations if found.path == path]
    assert rule in violation.rule
    assert violation.fix


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("network.existing", EXISTING),
        ("gateway_groups", [{"name": "a"}, {"name": "b", "exposure": "private"}]),
        ("cluster.api_endpoint", {"public": True, "allowed_cidrs": ["203.0.113.0/24"]}),
        ("cluster.pools.user.taints", [{"key": "example.com/x", "value": 7, "effect": "NoExecute"}]),
        ("gateway.image_tag", "3.9.1"),
        ("stores.postgresql.version", 18),
        ("tags", {"cost centre": 4711}),
        ("cluster.administrators", ["11111111-2222-3333-4444-555555555555"]),
    ],
)
def test_what_holds_is_accepted(setting: str, value: Any) -> None:
    assert load_settings(MINIMAL, {setting: value})


def test_two_broken_rules_of_one_group_are_both_named() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            MINIMAL,
            {
                "stores.mariadb.storage_gb": 200,
                "stores.mariadb.replicas": 1,
                "stores.mariadb.backup_retention_days": 0,
            },
        )
    assert {violation.path for violation in caught.value.violations} == {
        "stores.mariadb.storage_gb",
        "stores.mariadb.backup_retention_days",
    }
