from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.environment import Cloud, Size, Tier
from apim_infra.settings.layers import Merged, Origin, default_tree, leaves_of, size_tree, tier_tree
from apim_infra.settings.load import load_settings
from apim_infra.settings.translate import value_at

KEYS = st.sampled_from(["a", "b", "c", "d.e"])
SCALARS = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "text"])
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS | st.lists(SCALARS, max_size=3),
        lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2),
        max_leaves=8,
    ),
    max_size=4,
)
MINIMAL = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}


def laid(*layers: dict[str, Any]) -> Merged:
    merged = Merged()
    for origin, layer in zip(Origin, layers, strict=False):
        merged.lay(layer, origin)
    return merged


@given(st.lists(TREES, min_size=1, max_size=5))
def test_every_leaf_has_one_origin_and_its_value_is_that_layers(layers: list[dict[str, Any]]) -> None:
    merged = laid(*layers)
    leaves = {leaf for leaf in leaves_of(merged.tree) if leaf}
    assert set(merged.origins) == leaves
    by_origin = dict(zip(Origin, layers, strict=False))
    for leaf, origin in merged.origins.items():
        assert value_at(by_origin[origin], leaf) == value_at(merged.tree, leaf)


@given(TREES, TREES)
def test_the_upper_layer_wins_at_each_of_its_leaves(below: dict[str, Any], above: dict[str, Any]) -> None:
    merged = laid(below, above)
    for leaf in leaves_of(above):
        if leaf and value_at(above, leaf) != {}:
            assert value_at(merged.tree, leaf) == value_at(above, leaf)
            assert merged.origins[leaf] is Origin.TIER


@given(TREES, TREES, TREES)
def test_merging_leaves_the_layers_alone_and_is_associative_in_its_result(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    copies = [repr(first), repr(second), repr(third)]
    merged = laid(first, second, third)
    again = laid(laid(first, second).tree, third)
    assert merged.tree == again.tree
    merged.tree.clear()
    assert [repr(first), repr(second), repr(third)] == copies


@given(TREES, st.lists(KEYS, min_size=1, max_size=4).map(tuple), SCALARS)
def test_putting_a_value_sets_it_and_its_origin_or_changes_nothing(
    tree: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    merged = laid(tree)
    try:
        merged.put(path, value, Origin.SET)
    except LookupError:
        assert not all(isinstance(value_at(tree, path[:length]), dict | None) for length in range(1, len(path)))
        return
    assert value_at(merged.tree, path) == value
    assert merged.origins[path] is Origin.SET
    assert set(merged.origins) == set(leaves_of(merged.tree))


def test_lists_replace_as_a_whole() -> None:
    merged = laid({"list": [1, 2, 3]}, {"list": [9]})
    assert merged.tree == {"list": [9]}
    assert merged.origins == {("list", 0): Origin.TIER}


def test_each_layer_wins_over_the_one_before() -> None:
    file = {**MINIMAL, "tier": "prd", "size": "large"}
    resolved = load_settings(file)
    assert resolved.settings.network.cidr == "10.0.0.0/16"
    assert resolved.origins["network.cidr"] is Origin.DEFAULT
    assert resolved.origins["network.nat"] is Origin.TIER
    assert resolved.origins["cluster.pools.user.size"] is Origin.SIZE
    file["cluster"] = {"pools": {"user": {"size": "m7i.8xlarge"}}}
    file["network"] = {"nat": "single"}
    resolved = load_settings(file, ["network.nat=none"])
    assert resolved.settings.network.nat == "none"
    assert resolved.origins["network.nat"] is Origin.SET
    assert resolved.settings.cluster.pools.user.size == "m7i.8xlarge"
    assert resolved.origins["cluster.pools.user.size"] is Origin.FILE
    assert resolved.origins["cluster.pools.user.max"] is Origin.SIZE


def test_the_command_line_chooses_the_tier_and_size_that_are_laid() -> None:
    resolved = load_settings(MINIMAL, ["tier=prd", "size=large"])
    assert resolved.settings.stores.mariadb.multi_zone
    assert resolved.settings.cluster.pools.user.size == "m7i.2xlarge"
    assert resolved.origins["tier"] is Origin.SET


def test_a_default_inside_a_given_list_item_keeps_the_origin_default() -> None:
    resolved = load_settings({**MINIMAL, "gateway_groups": [{"name": "one"}]})
    assert resolved.origins["gateway_groups[0].name"] is Origin.FILE
    assert resolved.origins["gateway_groups[0].replicas.min"] is Origin.DEFAULT


def test_one_item_of_a_list_can_be_set() -> None:
    resolved = load_settings(MINIMAL, ["gateway_groups[0].replicas.max=9"])
    assert resolved.settings.gateway_groups[0].replicas.max == 9
    assert resolved.origins["gateway_groups[0].replicas.max"] is Origin.SET
    assert resolved.origins["gateway_groups[0].name"] is Origin.SIZE


def test_every_leaf_of_the_settings_has_an_origin() -> None:
    resolved = load_settings(MINIMAL)
    assert {"network.existing", "tags", "observability.alerts.slack_webhook"} <= resolved.origins.keys()


@pytest.mark.parametrize("cloud", Cloud)
@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("tier", Tier)
def test_every_tier_and_size_makes_valid_settings(tier: Tier, size: Size, cloud: Cloud) -> None:
    settings = load_settings({**MINIMAL, "tier": str(tier), "size": str(size), "cloud": str(cloud)}).settings
    assert settings.tier is tier
    assert settings.size is size


@pytest.mark.parametrize("tree", [*map(tier_tree, Tier), *(size_tree(size, cloud) for size in Size for cloud in Cloud)])
def test_layers_name_only_settings_that_exist(tree: dict[str, Any]) -> None:
    known = default_tree()
    for leaf in leaves_of(tree):
        place = next((position for position, segment in enumerate(leaf) if isinstance(segment, int)), len(leaf))
        parent = value_at(known, leaf[: place - 1])
        assert leaf[place - 1] in parent


def test_production_is_protected_and_development_is_cheap() -> None:
    production = load_settings({**MINIMAL, "tier": "prd"}).settings
    development = load_settings(MINIMAL).settings
    for name in ("mariadb", "postgresql", "gateway_postgresql", "redis"):
        store, cheap = getattr(production.stores, name), getattr(development.stores, name)
        assert (store.multi_zone, store.deletion_protection, store.final_snapshot) == (True, True, True)
        assert store.backup_retention_days >= 30
        assert not cheap.multi_zone
        assert not cheap.deletion_protection
    assert (production.network.nat, development.network.nat) == ("per-zone", "single")
    assert production.sizing.replicas >= 2
    for pool in ("management", "user", "monitoring"):
        (taint,) = getattr(production.cluster.pools, pool).taints
        assert (taint.key, taint.value, taint.effect) == ("apim.io/pool", pool, "NoSchedule")
