"""What WSO2's charts cannot do, and settings of WSO2 beside another product: refused, with the setting and a way out."""

from typing import Any

import pytest

from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

SIZE = {"cpu_millicores": 2000, "cpu_limit_millicores": 3000, "memory_mib": 2048, "memory_limit_mib": 3072}


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "stg", **values}
    return load_settings({"product": "wso2", **given}).settings


TAINT = [{"key": "team", "value": "gateways"}]
REFUSED: dict[str, dict[str, Any]] = {
    "cluster.pools.user.taints[0]": {"cluster": {"pools": {"user": {"taints": TAINT}}}},
    "cluster.pools.management.taints[0]": {"cluster": {"pools": {"management": {"taints": TAINT}}}},
    "cluster.mesh": {"cluster": {"mesh": "istio-ambient"}},
    "stores.postgresql.mode": {"stores": {"postgresql": {"mode": "in-cluster", "version": "17"}}},
    "stores.postgresql.password_rotation_days": {"stores": {"postgresql": {"password_rotation_days": 30}}},
    "stores.redis.mode": {"stores": {"redis": {"mode": "managed"}}},
    "wso2.distributed_throttling": {"wso2": {"distributed_throttling": True}},
    "gateway_groups[0].memory_mib": {"gateway_groups": [{"name": "small", **SIZE, "memory_mib": 1024}]},
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_its_charts_cannot_do_is_refused(path: str) -> None:
    assert path in {each.path for each in violations(stack(**REFUSED[path]))}


def test_a_taint_that_is_only_a_preference_is_fine() -> None:
    taint = {"key": "team", "value": "gateways", "effect": "PreferNoSchedule"}
    assert violations(stack(cluster={"pools": {"user": {"taints": [taint]}}})) == []


@pytest.mark.parametrize(
    "setting", ["high_availability", "traffic_manager", "key_manager", "distributed_throttling", "administrator"]
)
def test_its_settings_are_refused_beside_another_product(setting: str) -> None:
    value: Any = "somebody" if setting == "administrator" else setting != "high_availability"
    settings = load_settings(
        {
            "cloud": "aws",
            "region": "eu-west-1",
            "company_domain": "example.com",
            "tier": "dev",
            "wso2": {setting: value},
        }
    ).settings
    assert [each.path for each in violations(settings)] == [f"wso2.{setting}"]
