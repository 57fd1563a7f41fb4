"""A platform in what others have made: nothing of it is made, changed or deleted, and it is held to what the platform needs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, STACK_FILES, Apim, Rehearsed

pytestmark = pytest.mark.slow

STACK = "aws-bring-your-own"
DESCRIPTION = ROOT / "examples" / STACK / f"Existing.{STACK}.yaml"


@pytest.fixture
def example(rehearsed: Callable[[str], Rehearsed]) -> Rehearsed:
    return rehearsed(STACK)


def test_nothing_of_what_is_brought_along_is_made(example: Rehearsed) -> None:
    made = {resource.type for resource in example.graph.resources if resource.custom and not resource.external}
    brought = {
        "aws:ec2/vpc:Vpc",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:route53/zone:Zone",
        "aws:eks/cluster:Cluster",
    }
    assert not made & brought
    keys = [resource.name for resource in example.graph.resources if resource.type == "aws:kms/key:Key"]
    assert keys == [f"apim-{STACK}-keys-cluster"]


def test_pools_and_missing_addons_join_the_cluster(example: Rehearsed) -> None:
    addons = {r.inputs["addonName"] for r in example.graph.resources if r.type == "aws:eks/addon:Addon"}
    assert addons == {"aws-ebs-csi-driver", "metrics-server"}
    groups = [r for r in example.graph.resources if r.type == "aws:eks/nodeGroup:NodeGroup"]
    assert {group.inputs["clusterName"] for group in groups} == {"company"}
    assert {subnet for group in groups for subnet in group.inputs["subnetIds"]} == {
        f"subnet-0b10000000000000{zone}" for zone in "abc"
    }


def test_what_is_in_the_cluster_is_taken_out_by_the_stack_itself(example: Rehearsed) -> None:
    inside = [resource for resource in example.graph.resources if resource.type.startswith("kubernetes:")]
    assert inside
    assert not [resource.name for resource in inside if resource.deleted_with]


def test_stores_use_the_key_that_is_brought_along(example: Rehearsed) -> None:
    keys = {
        r.inputs["kmsKeyId"]
        for r in example.graph.resources
        if r.type == "aws:rds/instance:Instance" and "kmsKeyId" in r.inputs
    }
    assert keys == {"arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"}


def described(folder: Path, *changes: tuple[str, str]) -> Path:
    text = DESCRIPTION.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "existing.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_that_does_not_fit_is_told_at_once_and_nothing_is_made(apim: Apim, tmp_path: Path) -> None:
    description = described(
        tmp_path,
        ("enableDnsHostnames: true", "enableDnsHostnames: false"),
        ("cidrBlock: 10.40.64.0/20", "cidrBlock: 10.40.64.0/26"),
        ("name: example.com, vpcs: []", "name: other.com, vpcs: []"),
        ('version: "1.35"', 'version: "1.34"'),
        ("keyUsage: ENCRYPT_DECRYPT", "keyUsage: SIGN_VERIFY"),
    )
    ran = apim("rehearse", STACK, "--file", STACK_FILES[STACK], "--existing", description, "--json")
    assert ran.code == 1
    (finding,) = [finding for finding in ran.json["findings"] if finding["severity"] == "error"]
    for part in (
        "network.existing.id = vpc-0a1b2c3d4e5f60718: must have DNS hostnames on",
        "network.existing.private_subnet_ids[0] = subnet-0b10000000000000a: has 59 free addresses",
        "encryption.stores_key_arn",
        "ingress.dns.public_zone_id",
        "cluster.version = 1.35: must be the version of company (1.34)",
    ):
        assert part in finding["message"]
    assert ran.json["steps"]["deploy"] == {"create": 2}


def test_an_addon_that_the_cluster_lacks_is_refused(apim: Apim, tmp_path: Path) -> None:
    description = described(
        tmp_path, ("clusterName: company, addonName: coredns", "clusterName: other, addonName: coredns")
    )
    ran = apim("rehearse", STACK, "--file", STACK_FILES[STACK], "--existing", description)
    assert ran.code == 1
    assert "No addon: coredns found in cluster: company" in ran.out


def test_a_wrong_description_is_bad_configuration(apim: Apim, tmp_path: Path) -> None:
    description = described(tmp_path, ("enableDnsHostnames", "dnsHostnames"))
    ran = apim("rehearse", STACK, "--file", STACK_FILES[STACK], "--existing", description)
    assert ran.code == 2
    assert "resources[0].properties.dnsHostnames" in ran.out + ran.err


def test_without_a_description_nothing_is_known_of_the_cluster(apim: Apim, tmp_path: Path) -> None:
    alone = tmp_path / STACK_FILES[STACK].name
    alone.write_bytes(STACK_FILES[STACK].read_bytes())
    ran = apim("rehearse", STACK, "--file", alone)
    assert ran.code == 1
    assert "cluster.existing.name = company: shows no security group" in ran.out
    assert "describe the cluster in Existing.<stack>.yaml" in ran.out


def test_without_a_description_a_network_is_taken_to_exist(apim: Apim, tmp_path: Path) -> None:
    alone = tmp_path / STACK_FILES[STACK].name
    alone.write_text(_without_cluster(STACK_FILES[STACK].read_text(encoding="utf-8")), encoding="utf-8")
    ran = apim("rehearse", STACK, "--file", alone, "--json")
    assert ran.code == 0, ran.json["findings"]


def _without_cluster(text: str) -> str:
    before, _, rest = text.partition("  apim:cluster:")
    return before + rest[rest.index("  apim:ingress:") :]
