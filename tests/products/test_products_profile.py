"""Profiles and combinations."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from apim_infra.products import combinations
from apim_infra.products import profile as products
from apim_infra.products.combinations import product_violations
from apim_infra.products.profile import (
    Availability,
    Chart,
    Need,
    ProductUnavailableError,
    available_products,
    available_topologies,
    catalogue,
    profile,
)
from apim_infra.settings.environment import Cloud, Product, Topology
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", **values}
    return load_settings(given).settings


def test_every_product_is_known_and_says_whether_it_is_built() -> None:
    assert set(catalogue()) == set(Product)
    for product, state in catalogue().items():
        if state.available:
            assert profile(product).product is product
        else:
            with pytest.raises(ProductUnavailableError, match=state.reason):
                profile(product)


def test_what_is_built_for_the_standard_topology() -> None:
    assert available_products() == tuple(sorted(Product))
    assert available_topologies()[0] is Topology.STANDARD


def test_kong_is_built_for_private_topologies() -> None:
    assert {Topology.INTERNAL_DEVELOPMENT, Topology.DEV_ONLY_INTERNAL} <= set(available_topologies())


def test_the_profile_of_kong() -> None:
    kong = profile(Product.KONG)
    assert kong.chart == Chart("kong", "https://charts.konghq.com", "3.4.1")
    assert kong.stores["gateway_postgresql"] is Need.REQUIRED
    assert (kong.port("proxy"), kong.port("admin-tls"), kong.port("status")) == (8000, 8444, 8100)
    assert kong.service_name("default") == "gateway-default-proxy"
    assert kong.admin_service_name("default") == "gateway-default-admin"
    with pytest.raises(KeyError):
        kong.port("admin")


def test_gateways_are_administered_inside_of_the_cluster_by_tls() -> None:
    kong = profile(Product.KONG)
    assert kong.admin_url("default", "user-namespace") == "https://gateway-default-admin.user-namespace.svc:8444"


def test_metrics_are_on_for_every_api() -> None:
    plugins = {plugin.name: plugin.id for plugin in profile(Product.KONG).plugins}
    assert UUID(plugins["prometheus"]).version == 5


def test_the_longest_name_made_from_a_group_fits_into_kubernetes() -> None:
    kong = profile(Product.KONG)
    assert len(f"{kong.release('a' * kong.longest_group_name)}-post-upgrade-migrations") <= 63


def test_every_product_is_installed_on_both_clouds() -> None:
    for product in available_products():
        assert profile(product).clouds == (Cloud.AWS, Cloud.AZURE), product


def test_a_cloud_that_a_product_is_not_installed_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = replace(profile(Product.AXWAY), clouds=(Cloud.AZURE,))
    monkeypatch.setattr(combinations, "profile", lambda _product: elsewhere)
    found = list(product_violations(stack(product="axway")))
    assert [(each.path, each.value, each.fix) for each in found if each.path == "cloud"] == [
        ("cloud", "aws", "use azure")
    ]


def test_tags_that_have_no_effect_are_refused() -> None:
    found = list(product_violations(stack(gateway_groups=[{"name": "default", "tags": ["tier-1"]}])))
    assert [each.path for each in found] == ["gateway_groups[0].tags"]


def test_a_clean_stack_has_nothing_to_refuse() -> None:
    assert list(product_violations(stack())) == []


def test_a_product_that_is_not_built_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "catalogue", lambda: {**catalogue(), Product.LAYER7: Availability(False, "not here")})
    products.profile.cache_clear()
    try:
        found = list(product_violations(stack(product="layer7", stores={"cassandra": {"mode": "managed"}})))
    finally:
        products.profile.cache_clear()
    assert [(each.path, each.value) for each in found] == [("product", "layer7")]


def test_a_group_may_break_several_rules() -> None:
    groups = [{"name": "a"}, {"name": "b" * 40, "tags": ["mobile"], "apis": ["/b"], "exposure": "private"}]
    found = product_violations(stack(gateway_groups=groups, ingress={"internal": {"enabled": False}}))
    assert {each.path for each in found} == {
        "gateway_groups[1].name",
        "gateway_groups[1].tags",
        "gateway_groups[1].exposure",
    }
