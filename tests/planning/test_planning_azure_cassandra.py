"""Cassandra on Azure in the planning: what its machines must reach, their disks, keyspaces of gateway groups, and what is not built."""

from typing import Any

import pytest

from apim_infra.planning.azure_cassandra_rules import azure_cassandra_violations
from apim_infra.planning.cassandra_rules import cassandra_violations, ring_keyspaces
from apim_infra.planning.store_rules import store_violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError


def stack(mode: str = "self-managed", **values: Any) -> StackSettings:
    cassandra = {"mode": mode, **values.pop("cassandra", {})}
    given = {"cloud": "azure", "region": "westeurope", "company_domain": "example.com", "tier": "dev"}
    return load_settings({**given, "stores": {"cassandra": cassandra}, **values}).settings


def rules(settings: StackSettings) -> dict[str, str]:
    return {violation.path: violation.rule for violation in cassandra_violations(settings)}


@pytest.mark.parametrize("mode", ["none", "self-managed", "in-cluster"])
def test_each_mode_that_is_built_is_fine(mode: str):
    assert rules(stack(mode)) == {}


def test_the_managed_instance_is_refused_with_the_reason():
    found = rules(stack("managed"))
    assert found.keys() == {"stores.cassandra.mode"}
    assert "needs a subnet of its own" in found["stores.cassandra.mode"]


@pytest.mark.parametrize(
    ("cassandra", "path", "words"),
    [
        ({"nodes": 9}, "stores.cassandra.nodes", "must be 2 to 8"),
        ({"size": "Standard_D4_v3"}, "stores.cassandra.size", "must take premium disks"),
        ({"performance_tier": "P4"}, "stores.cassandra.performance_tier", "must be P6 to P50: a disk of 50 GiB has P6"),
        ({"performance_tier": "P60"}, "stores.cassandra.performance_tier", "must be P6 to P50"),
        ({"performance_tier": "P50", "storage_gb": 8000}, "stores.cassandra.performance_tier", "must be P60 to P80"),
    ],
)
def test_what_a_ring_cannot_be(cassandra: dict[str, Any], path: str, words: str):
    found = rules(stack(cassandra=cassandra))
    assert found.keys() == {path}
    assert words in found[path]


@pytest.mark.parametrize("tier", ["P6", "P30", "P50"])
def test_disks_may_have_a_tier_above_their_own(tier: str):
    assert rules(stack(cassandra={"performance_tier": tier})) == {}


def test_a_tier_that_is_none_is_refused_in_the_file():
    with pytest.raises(SettingsError, match="must be a performance tier of premium disks"):
        stack(cassandra={"performance_tier": "P31"})


def test_tiers_mean_nothing_in_the_cluster():
    assert rules(stack("in-cluster", cassandra={"performance_tier": "P30"})).keys() == {
        "stores.cassandra.performance_tier"
    }


def test_machines_reach_secrets_and_snapshots_by_endpoints():
    none: dict[str, Any] = {"network": {"interface_endpoints": []}}
    assert "must reach vault, blob: nodes of Cassandra have no other way to their secrets and snapshots" in str(
        list(azure_cassandra_violations(stack(**none)))
    )
    without = stack(**none, cassandra={"backup_retention_days": 0})
    assert "must reach vault: " in str(list(azure_cassandra_violations(without)))


def test_without_nat_a_ring_needs_an_image_and_nobody_logs_in_by_entra():
    closed: dict[str, Any] = {"network": {"nat": "none"}}
    assert rules(stack(**closed)).keys() == {"stores.cassandra.image_id", "stores.cassandra.entra_login"}
    image = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"
    assert rules(stack(**closed, cassandra={"image_id": image, "entra_login": False})) == {}


def test_version_2_2_is_refused_with_the_day_on_which_its_support_ended():
    (found,) = store_violations(stack(cassandra={"version": "2.2"}))
    assert found.path == "stores.cassandra.version"
    assert "support of 2.2 ended on 2021-07-26" in found.rule


def test_each_gateway_group_of_axway_has_a_pair_of_keyspaces():
    groups = [{"name": "internal"}, {"name": "partners-eu", "apis": ["/partners"]}]
    settings = stack(product="axway", gateway_groups=groups, cassandra={"keyspaces": []})
    assert ring_keyspaces(settings) == (
        "internal_general",
        "internal_throttling",
        "partners_eu_general",
        "partners_eu_throttling",
    )
    taken = stack(product="axway", gateway_groups=groups, cassandra={"keyspaces": ["internal-general"]})
    assert "is the name of a keyspace that axway has" in rules(taken)["stores.cassandra.keyspaces[0]"]
    assert ring_keyspaces(stack(cassandra={"keyspaces": ["apim"]})) == ("apim",)
