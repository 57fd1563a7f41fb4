"""The address plan."""

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_infra.planning.addresses import AddressPlan, AddressPlanError, address_needs, plan_addresses
from apim_infra.planning.regions import Region, region, region_names
from apim_infra.settings.environment import Cloud
from apim_infra.settings.load import load_settings
from apim_infra.settings.network import ExistingNetwork
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode

BASE = load_settings(
    {"cloud": "aws", "region": "eu-west-1", "company_domain": "example.com", "tier": "prd", "size": "small"}
).settings
RESERVED = 5


def stack(cidr: str, zones: int, name: str = "eu-west-1", maximum: int = 6) -> StackSettings:
    pools = BASE.cluster.pools
    smaller = {
        pool: getattr(pools, pool).model_copy(update={"max": maximum}) for pool in ("management", "user", "monitoring")
    }
    cluster = BASE.cluster.model_copy(update={"pools": pools.model_copy(update=smaller)})
    network = BASE.network.model_copy(update={"cidr": cidr, "zones": zones})
    return BASE.model_copy(update={"region": name, "network": network, "cluster": cluster})


def subnets(plan: AddressPlan) -> list[IPv4Network]:
    return [*plan.public, *plan.private, *plan.data]


places = st.sampled_from(region_names(Cloud.AWS)).map(lambda name: region(Cloud.AWS, name))
prefixes = st.integers(min_value=16, max_value=24)


@st.composite
def stacks(draw: st.DrawFn) -> StackSettings:
    place = draw(places)
    prefix = draw(prefixes)
    start = int(IPv4Network("10.0.0.0/8").network_address)
    step = draw(st.integers(min_value=0, max_value=2 ** (prefix - 8) - 1))
    network = IPv4Network((start + step * 2 ** (32 - prefix), prefix))
    zones = draw(st.integers(min_value=2, max_value=place.cluster_zones))
    return stack(str(network), zones, place.name, draw(st.integers(min_value=1, max_value=40)))


@settings(max_examples=150, deadline=None)
@given(stacks())
def test_subnets_lie_in_the_network_and_never_overlap(asked: StackSettings) -> None:
    try:
        plan = plan_addresses(asked)
    except AddressPlanError:
        return
    network = IPv4Network(asked.network.cidr)
    assert plan.reserved is not None
    ranges = [*subnets(plan), plan.reserved]
    assert all(part.subnet_of(network) for part in ranges)
    assert not any(one.overlaps(other) for position, one in enumerate(ranges) for other in ranges[position + 1 :])
    assert len(plan.zones) == len(plan.public) == len(plan.private) == len(plan.data) == asked.network.zones


@settings(max_examples=150, deadline=None)
@given(stacks())
def test_every_subnet_holds_what_is_counted(asked: StackSettings) -> None:
    try:
        plan = plan_addresses(asked)
    except AddressPlanError:
        return
    needs = address_needs(asked)
    for tier, need in ((plan.public, needs.public), (plan.private, needs.private), (plan.data, needs.data)):
        assert all(subnet.num_addresses - RESERVED >= need and subnet.prefixlen <= 28 for subnet in tier)


@settings(max_examples=150, deadline=None)
@given(stacks())
def test_the_smallest_range_that_is_named_fits_and_the_next_one_does_not(asked: StackSettings) -> None:
    network = IPv4Network(asked.network.cidr)
    try:
        plan_addresses(asked)
    except AddressPlanError as error:
        smallest = error.smallest_prefix
        if smallest is None:
            assert refused(asked, network.supernet(new_prefix=16))
        else:
            assert smallest < network.prefixlen
            assert not refused(asked, network.supernet(new_prefix=smallest))
            assert refused(asked, network.supernet(new_prefix=smallest + 1))


def refused(asked: StackSettings, network: IPv4Network) -> bool:
    wider = asked.model_copy(update={"network": asked.network.model_copy(update={"cidr": str(network)})})
    try:
        plan_addresses(wider)
    except AddressPlanError:
        return True
    return False


@settings(max_examples=100, deadline=None)
@given(places, st.integers(min_value=16, max_value=19))
def test_another_zone_moves_no_subnet(place: Region, prefix: int) -> None:
    plans = [
        plan_addresses(stack(f"10.0.0.0/{prefix}", zones, place.name, maximum=2))
        for zones in range(2, place.cluster_zones + 1)
    ]
    for fewer, more in pairwise(plans):
        assert more.public[: len(fewer.public)] == fewer.public
        assert more.private[: len(fewer.private)] == fewer.private
        assert more.data[: len(fewer.data)] == fewer.data
        assert (more.zones[: len(fewer.zones)], more.reserved) == (fewer.zones, fewer.reserved)


def test_the_layout_of_a_usual_network() -> None:
    plan = plan_addresses(stack("10.0.0.0/16", 3))
    assert plan.zones == ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    assert [str(subnet) for subnet in plan.private] == ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"]
    assert [str(subnet) for subnet in plan.public] == ["10.0.128.0/21", "10.0.136.0/21", "10.0.144.0/21"]
    assert [str(subnet) for subnet in plan.data] == ["10.0.160.0/21", "10.0.168.0/21", "10.0.176.0/21"]
    assert str(plan.reserved) == "10.0.192.0/18"


def test_addresses_are_counted_one_by_one() -> None:
    asked = stack("10.0.0.0/16", 3, maximum=6)
    # Three pools of m7i.large (3 interfaces of 10 addresses): 6 nodes over two zones, and 2 more during an update.
    nodes = 3 * (3 + 2) * 30
    needs = address_needs(asked)
    # Interfaces of the cluster, a load balancer, and the functions that change passwords.
    assert needs.private == nodes + 16 + 8 + 1
    assert needs.public == 8 + 1
    # Two instances of each database, one replica of MariaDB, three nodes of the in-memory store; each with a replacement.
    assert needs.data == 2 * (3 + 2 + 2 + 3)
    endpoints = asked.network.model_copy(update={"interface_endpoints": ["ecr.api", "sts"]})
    assert address_needs(asked.model_copy(update={"network": endpoints})).private == needs.private + 2


def test_stores_that_are_not_managed_take_no_addresses() -> None:
    none = {
        name: getattr(BASE.stores, name).model_copy(update={"mode": StoreMode.NONE})
        for name in ("mariadb", "postgresql", "gateway_postgresql", "redis")
    }
    assert address_needs(BASE.model_copy(update={"stores": BASE.stores.model_copy(update=none)})).data == 0


def test_an_existing_network_brings_its_own_subnets() -> None:
    existing = ExistingNetwork(
        id="vpc-1",
        private_subnet_ids=["a", "b", "c"],
        data_subnet_ids=["d", "e", "f"],
        public_subnet_ids=["g", "h", "i"],
    )
    asked = stack("10.0.0.0/24", 3)
    plan = plan_addresses(asked.model_copy(update={"network": asked.network.model_copy(update={"existing": existing})}))
    assert plan.zones == ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    assert (subnets(plan), plan.reserved) == ([], None)


def test_the_error_says_what_is_missing() -> None:
    with pytest.raises(AddressPlanError, match=r"10\.0\.0\.0/24 is too small: .* /20 is the smallest that fits"):
        plan_addresses(stack("10.0.0.0/24", 3))
    with pytest.raises(AddressPlanError, match="no allowed network would fit") as caught:
        plan_addresses(stack("10.0.0.0/16", 2, maximum=450))
    assert caught.value.smallest_prefix is None
