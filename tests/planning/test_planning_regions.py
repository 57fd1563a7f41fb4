"""Regions and zones."""

import pytest
from cfnlint.helpers import AVAILABILITY_ZONES

from apim_infra.planning.regions import UnknownRegionError, region, region_names
from apim_infra.settings.environment import Cloud


@pytest.mark.parametrize("cloud", list(Cloud))
def test_every_region_has_two_zones_or_more_and_a_cluster_can_use_two(cloud: Cloud) -> None:
    for name in region_names(cloud):
        found = region(cloud, name)
        assert len(set(found.zones)) == len(found.zones) >= 2
        assert 2 <= found.cluster_zones <= len(found.zones)


def test_aws_zones_are_known_to_cloudformation() -> None:
    for name in region_names(Cloud.AWS):
        assert set(region(Cloud.AWS, name).zones) <= set(AVAILABILITY_ZONES[name])


def test_every_commercial_region_is_there() -> None:
    other_partitions = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")
    commercial = {name for name in AVAILABILITY_ZONES if not name.startswith(other_partitions)}
    assert set(region_names(Cloud.AWS)) == commercial


def test_a_cluster_leaves_out_the_zone_that_eks_refuses() -> None:
    virginia = region(Cloud.AWS, "us-east-1")
    assert (len(virginia.zones), virginia.cluster_zones, virginia.zones[-1]) == (6, 5, "us-east-1e")


def test_an_unknown_region_names_the_nearest() -> None:
    with pytest.raises(UnknownRegionError) as caught:
        region(Cloud.AWS, "eu-wst-1")
    assert caught.value.nearest[0] == "eu-west-1"
    with pytest.raises(UnknownRegionError):
        region(Cloud.AZURE, "eu-west-1")
