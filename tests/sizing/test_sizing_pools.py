"""How pools are spread over the zones."""

from hypothesis import given
from hypothesis import strategies as st

from apim_infra.settings.cluster import Pool
from apim_infra.settings.load import load_settings
from apim_infra.sizing.pools import most_nodes, zone_maximum, zone_minimums

zones = st.integers(min_value=2, max_value=6)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    most = draw(st.integers(min_value=1, max_value=450))
    return Pool(size="m7i.large", min=draw(st.integers(min_value=0, max_value=most)), max=most)


@given(pools(), zones)
def test_the_minimum_is_kept_and_dealt_out_evenly(pool: Pool, count: int) -> None:
    shares = zone_minimums(pool, count)
    assert sum(shares) == pool.min
    assert max(shares) - min(shares) <= 1
    assert list(shares) == sorted(shares, reverse=True)


@given(pools(), zones)
def test_the_zones_that_are_left_hold_the_maximum_and_not_wildly_more(pool: Pool, count: int) -> None:
    left = (count - 1) * zone_maximum(pool, count)
    assert pool.max <= left < pool.max + count - 1


@given(pools(), zones)
def test_each_zone_can_have_its_minimum(pool: Pool, count: int) -> None:
    assert max(zone_minimums(pool, count)) <= zone_maximum(pool, count)


@given(pools(), st.integers(min_value=2, max_value=5))
def test_a_zone_more_asks_no_zone_for_more_nodes(pool: Pool, count: int) -> None:
    fewer, more = zone_minimums(pool, count), zone_minimums(pool, count + 1)
    assert all(after <= before for before, after in zip(fewer, more, strict=False))
    assert zone_maximum(pool, count + 1) <= zone_maximum(pool, count)


def test_three_zones() -> None:
    pool = Pool(size="m7i.large", min=4, max=9)
    assert (zone_minimums(pool, 3), zone_maximum(pool, 3)) == ((2, 1, 1), 5)
    assert (zone_minimums(pool, 2), zone_maximum(pool, 2)) == ((2, 2), 9)


def test_all_pools_together_stop_at_the_sum_of_their_maxima() -> None:
    given = {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "dev"}
    maxima = {name: {"max": count} for name, count in (("management", 20), ("user", 7), ("monitoring", 4))}
    assert most_nodes(load_settings({**given, "cluster": {"pools": maxima}}).settings) == 31
