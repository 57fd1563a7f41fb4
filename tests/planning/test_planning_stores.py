"""Rules of the stores: insights, rotation, and versions whose support ends."""

from typing import Any

import pytest

from apim_infra.findings import Severity
from apim_infra.planning.flows import Role, network_flows, network_roles
from apim_infra.planning.notices import SUPPORT_ENDS, notices
from apim_infra.planning.store_rules import store_violations
from apim_infra.planning.versions import Engine, support_ending_soon, supported_versions
from apim_infra.settings.cluster import ClusterSettings
from apim_infra.settings.environment import Cloud
from apim_infra.settings.load import load_settings
from apim_infra.settings.rotation import rotated_stores
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoresSettings
from apim_infra.sizing.addons import addons
from apim_infra.sizing.catalogue import can_have_insights, size_names


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev", **values}
    return load_settings(given).settings


def paths(settings: StackSettings) -> list[str]:
    return [violation.path for violation in store_violations(settings)]


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        ("kubernetes", ClusterSettings().version),
        ("mariadb", StoresSettings().mariadb.version),
        ("postgresql", StoresSettings().postgresql.version),
        ("postgresql", StoresSettings().gateway_postgresql.version),
        ("redis", StoresSettings().redis.version),
    ],
)
def test_a_default_is_supported_and_not_about_to_end(engine: Engine, version: str) -> None:
    assert version in supported_versions(Cloud.AWS, engine)
    assert support_ending_soon(Cloud.AWS, engine, version) is None


@pytest.mark.parametrize(
    ("stores", "warned"),
    [
        ({}, []),
        ({"mariadb": {"version": "10.6"}}, ["stores.mariadb.version"]),
        ({"mariadb": {"version": "10.6.24"}}, ["stores.mariadb.version"]),
        ({"postgresql": {"version": "14"}, "gateway_postgresql": {"version": "14"}},
         ["stores.postgresql.version", "stores.gateway_postgresql.version"]),
        ({"gateway_postgresql": {"version": "14", "mode": "none"}}, []),
        ({"postgresql": {"version": "15"}}, []),
    ],
)  # fmt: skip
def test_support_that_ends_soon_is_warned_of(stores: dict[str, Any], warned: list[str]) -> None:
    found = notices(stack(stores=stores))
    assert [finding.message.partition(" = ")[0] for finding in found] == warned
    assert all((finding.rule, finding.severity) == (SUPPORT_ENDS, Severity.WARNING) for finding in found)
    assert paths(stack(stores=stores)) == []


def test_support_that_is_over_is_refused_and_not_warned_of_too() -> None:
    over = stack(stores={"postgresql": {"version": "13"}})
    assert paths(over) == ["stores.postgresql.version"]
    assert notices(over) == []


def test_a_warning_says_until_when_and_what_is_newer() -> None:
    (finding,) = notices(stack(stores={"mariadb": {"version": "10.6"}}))
    assert "2026-12-31" in finding.message
    assert supported_versions(Cloud.AWS, "mariadb")[-1] in finding.fix


@pytest.mark.parametrize(("size", "refused"), [("db.t4g.small", True), ("db.t3.micro", True), ("db.t4g.medium", False)])
def test_mariadb_has_insights_on_larger_sizes_only(size: str, refused: bool) -> None:
    wanted = {"size": size, "performance_insights": True}
    assert paths(stack(stores={"mariadb": wanted})) == (["stores.mariadb.performance_insights"] if refused else [])
    assert paths(stack(stores={"postgresql": wanted})) == []


def test_every_size_without_insights_is_one_of_the_catalogue() -> None:
    lacking = [size for size in size_names(Cloud.AWS, "databases") if not can_have_insights(Cloud.AWS, "mariadb", size)]
    assert lacking == ["db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"]


def test_rotation_needs_a_way_to_the_secrets() -> None:
    wanted = {"stores": {"mariadb": {"password_rotation_days": 30}}}
    path = ["stores.mariadb.password_rotation_days"]
    assert paths(stack(**wanted)) == []
    assert paths(stack(**wanted, network={"nat": "none", "interface_endpoints": ["sts"]})) == path
    assert paths(stack(**wanted, network={"nat": "none", "interface_endpoints": ["secretsmanager"]})) == []


def test_passwords_of_stores_in_the_cluster_do_not_rotate() -> None:
    stores = {"mariadb": {"mode": "in-cluster", "password_rotation_days": 30}}
    assert "stores.mariadb.password_rotation_days" in paths(stack(stores=stores))
    assert rotated_stores(stack(stores=stores)) == {}


def test_production_rotates_every_password() -> None:
    assert rotated_stores(stack(tier="prd")) == {"mariadb": 30, "postgresql": 30, "gateway_postgresql": 30}
    assert rotated_stores(stack(tier="prd", cloud="azure", region="westeurope")) == {}
    assert rotated_stores(stack(tier="prd", stores={"mariadb": {"password_rotation_days": None}})).keys() == {
        "postgresql",
        "gateway_postgresql",
    }


@pytest.mark.parametrize("store", ["mariadb", "postgresql", "gateway_postgresql"])
def test_a_function_reaches_its_database_and_the_secrets_alone(store: str) -> None:
    settings = stack(stores={store: {"password_rotation_days": 30}})
    own = [flow for flow in network_flows(settings) if Role.SECRET_ROTATION in (flow.source, flow.destination)]
    ports = {"mariadb": 3306}.get(store, 5432)
    assert {(flow.source, flow.destination, flow.port_from) for flow in own} == {
        (Role.SECRET_ROTATION, Role(store.replace("_", "-")), ports),
        (Role.SECRET_ROTATION, Role.INTERNET, 443),
    }


def test_without_rotation_there_is_nothing_of_it() -> None:
    quiet, rotated = stack(), stack(stores={"postgresql": {"password_rotation_days": 30}})
    assert Role.SECRET_ROTATION not in network_roles(quiet)
    assert Role.SECRET_ROTATION in network_roles(rotated)
    new = {addon.name for addon in addons(rotated)} - {addon.name for addon in addons(quiet)}
    assert new == {"external-secrets", "reloader"}


def test_endpoints_are_another_way_to_the_secrets() -> None:
    settings = stack(
        stores={"mariadb": {"password_rotation_days": 30}},
        network={"nat": "none", "interface_endpoints": ["secretsmanager"]},
    )
    destinations = {f.destination for f in network_flows(settings) if f.source is Role.SECRET_ROTATION}
    assert destinations == {Role.MARIADB, Role.ENDPOINTS}
