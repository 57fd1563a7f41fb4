"""Sizes of machines, and what they leave to pods."""

import gzip
import json
from importlib import resources
from typing import Any

import pytest

from apim_infra.settings.environment import Cloud
from apim_infra.sizing.catalogue import (
    SizeKind,
    UnknownSizeError,
    allocatable,
    max_pods,
    node_addresses,
    node_size,
    require_size,
    size_names,
    update_nodes_per_zone,
)


@pytest.fixture(scope="module")
def ec2() -> dict[str, Any]:
    packed = resources.files("moto.ec2").joinpath("resources/instance_types.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))


@pytest.fixture(scope="module")
def rds() -> set[str]:
    path = "data/schemas/extensions/aws_rds_dbinstance/dbinstanceclass_enum.json"
    region = json.loads(resources.files("cfnlint").joinpath(path).read_text(encoding="utf-8"))["eu-west-1"]
    offered: dict[str, set[str]] = {"mariadb": set(), "postgres": set()}
    for rule in region["allOf"]:
        engine = rule["if"]["properties"].get("Engine", {}).get("const")
        if engine in offered:
            offered[engine] |= set(rule["then"]["properties"]["DBInstanceClass"]["enum"])
    return offered["mariadb"] & offered["postgres"]


def test_aws_nodes_are_as_ec2_describes_them(ec2: dict[str, Any]) -> None:
    names = size_names(Cloud.AWS, "nodes")
    assert len(names) > 80
    for name in names:
        size, described = node_size(Cloud.AWS, name), ec2[name]
        assert size.vcpu == described["VCpuInfo"]["DefaultVCpus"]
        assert size.memory_mib == described["MemoryInfo"]["SizeInMiB"]
        assert size.interfaces == described["NetworkInfo"]["MaximumNetworkInterfaces"]
        assert size.addresses == described["NetworkInfo"]["Ipv4AddressesPerInterface"]
        assert [size.architecture] == described["ProcessorInfo"]["SupportedArchitectures"]
        assert size.current == described["CurrentGeneration"]


def test_aws_databases_and_caches_are_offered(rds: set[str]) -> None:
    assert set(size_names(Cloud.AWS, "databases")) <= rds
    path = "data/schemas/extensions/aws_elasticache_cachecluster/cachenodetype_enum.json"
    caches = json.loads(resources.files("cfnlint").joinpath(path).read_text(encoding="utf-8"))["eu-west-1"]["enum"]
    assert set(size_names(Cloud.AWS, "caches")) <= set(caches)


@pytest.mark.parametrize(
    ("name", "pods", "addresses"),
    # EKS: interfaces x (addresses - 1) + 2, at most 110 up to 30 vCPU; one warm interface beside those in use.
    [
        ("m7i.large", 29, 30),
        ("t3.medium", 17, 18),
        ("m7i.xlarge", 58, 60),
        ("m7i.4xlarge", 110, 150),
        ("m7i.8xlarge", 234, 240),
    ],
)
def test_pods_and_addresses_of_an_eks_node(name: str, pods: int, addresses: int) -> None:
    size = node_size(Cloud.AWS, name)
    assert (max_pods(size), node_addresses(size)) == (pods, addresses)


def test_what_the_kubelet_of_eks_leaves() -> None:
    node = allocatable(node_size(Cloud.AWS, "m7i.large"))
    # 60 + 10 millicores; 255 + 11 x 29 MiB, and 100 MiB for eviction, of the memory that the hypervisor leaves (92.5 %).
    assert node.cpu_millicores == 2000 - 70
    assert node.memory_mib == 7577 - (255 + 11 * 29) - 100
    assert node.pods == 29
    # 60 + 10 + 2 x 5 + 4 x 2.5
    assert allocatable(node_size(Cloud.AWS, "m7i.2xlarge")).cpu_millicores == 8000 - 90


def test_what_the_kubelet_of_aks_leaves() -> None:
    reserved = {
        vcpu: vcpu * 1000 - allocatable(node_size(Cloud.AZURE, f"Standard_D{vcpu}s_v5")).cpu_millicores
        for vcpu in (2, 4, 8, 16)
    }
    assert reserved == {2: 100, 4: 140, 8: 180, 16: 260}
    node = node_size(Cloud.AZURE, "Standard_D2s_v5")
    visible = int(8192 * 0.925)
    assert allocatable(node).memory_mib == visible - visible // 4 - 100
    assert node_addresses(node) == 1


@pytest.mark.parametrize("cloud", list(Cloud))
def test_every_node_leaves_something(cloud: Cloud) -> None:
    for name in size_names(cloud, "nodes"):
        size = node_size(cloud, name)
        node = allocatable(size)
        assert 0 < node.cpu_millicores < size.vcpu * 1000
        assert 0 < node.memory_mib < size.memory_mib
        assert node.pods >= 10
    # A pool of Azure says by itself how it grows.
    assert (update_nodes_per_zone(cloud) >= 1) is (cloud is Cloud.AWS)


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("nodes", "m7i.larg", "m7i.large"),
        ("databases", "db.m7g.lrge", "db.m7g.large"),
        ("caches", "cache.t4g.smal", "cache.t4g.small"),
    ],
)
def test_an_unknown_size_names_the_nearest(kind: SizeKind, name: str, nearest: str) -> None:
    with pytest.raises(UnknownSizeError, match="has no size") as caught:
        require_size(Cloud.AWS, kind, name)
    assert nearest in caught.value.nearest
    require_size(Cloud.AWS, kind, nearest)


def test_sizes_named_in_the_description_of_axway_stay_selectable() -> None:
    assert {"Standard_DS3_v2", "Standard_D2_v3", "Standard_D4s_v3"} <= set(size_names(Cloud.AZURE, "nodes"))
