"""Quotas of the namespaces."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.products import profile as products
from apim_infra.products.profile import Availability, ProductUnavailableError, catalogue
from apim_infra.settings.environment import Product
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.addons import addons, maximum_nodes
from apim_infra.sizing.quota import (
    NOTHING,
    Quota,
    addon_quota,
    beside_sum,
    control_plane_quota,
    gateway_quota,
    microservices_quota,
    namespace_quotas,
    rows_sum,
    surge_sum,
)
from apim_infra.sizing.table import control_plane_deployments, sizing_table


def stack(**values: Any) -> StackSettings:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev", **values}
    return load_settings(given).settings


BASE = stack()
NAMES = [row.name for row in control_plane_deployments()]


def with_stores_inside(settings: StackSettings) -> StackSettings:
    inside = {"mode": StoreMode.IN_CLUSTER, "replicas": 0}
    mariadb = settings.stores.mariadb.model_copy(update={**inside, "replicas": 1})
    postgresql = settings.stores.postgresql.model_copy(update=inside)
    stores = settings.stores.model_copy(update={"mariadb": mariadb, "postgresql": postgresql})
    return settings.model_copy(update={"stores": stores})


def test_one_replica_of_every_row_is_the_whole_table() -> None:
    inside = with_stores_inside(stack(sizing={"replicas": 1}))
    assert rows_sum(inside, sizing_table().workloads) == Quota(4000, 5696, 40, 11)


def test_the_quota_of_the_control_plane_with_stores_inside() -> None:
    inside = with_stores_inside(stack(sizing={"replicas": 1, "surge": 1}))
    # One surge pod of each of the eight Deployments, which add to 2800 millicores and 4672 MiB.
    table_and_surge = Quota(4000 + 2800, 5696 + 4672, 40, 11 + 8)
    # Beside the table: the replica of MariaDB is as large as its primary and each of the two has an agent; a Job makes the instance of PostgreSQL.
    assert beside_sum(inside, sizing_table().workloads) == Quota(300 + 2 * 50 + 500, 256 + 2 * 64 + 256, 10, 1)
    assert control_plane_quota(inside) == table_and_surge + beside_sum(inside, sizing_table().workloads)


def test_managed_stores_are_not_in_the_quota() -> None:
    assert control_plane_quota(stack(sizing={"replicas": 1, "surge": 0})) == Quota(2800, 4672, 20, 8)


@settings(max_examples=100, deadline=None)
@given(
    replicas=st.integers(min_value=1, max_value=20),
    own=st.dictionaries(st.sampled_from(NAMES), st.integers(min_value=1, max_value=20)),
    surge=st.integers(min_value=0, max_value=10),
    inside=st.booleans(),
)
def test_the_quota_is_the_rows_at_their_replicas_and_surge(
    replicas: int, own: dict[str, int], surge: int, inside: bool
) -> None:
    policy = BASE.sizing.model_copy(update={"replicas": replicas, "workload_replicas": own, "surge": surge})
    asked = BASE.model_copy(update={"sizing": policy})
    cpu = memory = pods = storage = 0
    for row in sizing_table().workloads:
        usual = 1 if row.storage_gb else replicas
        count = own.get(row.name, usual) + surge if row.kind == "Deployment" else int(inside)
        cpu, memory, pods = cpu + count * row.cpu_millicores, memory + count * row.memory_mib, pods + count
        storage += row.storage_gb if count else 0
    settings = with_stores_inside(asked) if inside else asked
    quota = control_plane_quota(settings)
    assert quota == Quota(cpu, memory, storage, pods) + beside_sum(settings, sizing_table().workloads)
    assert quota == namespace_quotas(settings)["apim"]


def test_stateful_sets_have_no_surge() -> None:
    stores = [row for row in sizing_table().workloads if row.kind == "StatefulSet"]
    assert surge_sum(BASE, stores) == NOTHING


def test_a_deployments_pods_share_their_volume() -> None:
    assert control_plane_quota(stack(sizing={"replicas": 3})).storage_gb == 20


def test_the_quota_of_the_gateways_counts_groups_at_their_maximum_and_their_jobs() -> None:
    groups = [
        {"name": "a", "apis": ["/a"], "replicas": {"min": 1, "max": 3}, "cpu_millicores": 1000, "memory_mib": 2048},
        {"name": "b", "apis": ["/b"], "replicas": {"min": 2, "max": 5}, "cpu_millicores": 200, "memory_mib": 256},
    ]
    asked = stack(gateway_groups=groups, sizing={"surge": 2})
    jobs = Quota(250 + 50, 512 + 64, 0, 2)
    expected = Quota(5 * 1000 + 7 * 200, 5 * 2048 + 7 * 256, 0, 5 + 7) + jobs + jobs
    assert gateway_quota(asked) == expected
    inside = stack(
        gateway_groups=groups,
        sizing={"surge": 2},
        stores={"gateway_postgresql": {"mode": "in-cluster"}, "redis": {"mode": "in-cluster", "replicas": 1}},
    )
    assert gateway_quota(inside) == expected + Quota(500 + 500 + 2 * 200, 256 + 256 + 2 * 256, 10 + 2 * 10, 1 + 1 + 2)


def test_a_product_without_profile_has_no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "catalogue", lambda: {**catalogue(), Product.TYK: Availability(False, "not here")})
    products.profile.cache_clear()
    try:
        with pytest.raises(ProductUnavailableError):
            gateway_quota(BASE.model_copy(update={"product": Product.TYK}))
    finally:
        products.profile.cache_clear()


def test_namespaces_of_add_ons_hold_every_pod_and_one_more_of_each_deployment() -> None:
    for namespace in ("ingress", "monitoring", "logging", "platform-system"):
        rows = [addon for addon in addons(BASE) if addon.namespace == namespace]
        quota = addon_quota(BASE, namespace)
        surge = sum(1 for addon in rows if addon.kind == "Deployment")
        assert quota.pods == sum(addon.replicas for addon in rows) + surge
        assert quota.storage_gb == sum(addon.replicas * addon.storage_gb for addon in rows)
    collectors = next(addon for addon in addons(BASE) if addon.name == "fluent-bit")
    assert collectors.replicas == maximum_nodes(BASE)


def test_microservices_get_what_the_gateways_leave() -> None:
    more = microservices_quota(stack(cluster={"pools": {"user": {"max": 7}}}))
    less = microservices_quota(stack(cluster={"pools": {"user": {"max": 6}}}))
    assert (more.cpu_millicores - less.cpu_millicores, more.pods - less.pods) == (1600, 23)
    full = microservices_quota(stack(cluster={"pools": {"user": {"min": 1, "max": 1}}}))
    assert (full.cpu_millicores, full.memory_mib >= 0, full.storage_gb) == (0, True, 0)


def test_every_namespace_that_is_made_has_a_quota() -> None:
    assert set(namespace_quotas(BASE)) == {
        *("apim", "user-namespace", "microservices"),
        *("ingress", "platform-system", "monitoring", "logging"),
    }
