"""The description of what a cloud has already: its form, and what a world takes of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_infra.rehearsal.existing import ExistingResource, existing_file, furnish, read_existing
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import Instance
from apim_infra.rehearsal.twins.aws.twin import AwsTwin
from apim_infra.settings.violations import SettingsError

VPC = "aws:ec2/vpc:Vpc"
ID = "vpc-0a1b2c3d4e5f60718"
PROVIDER = Instance("urn:pulumi:t::p::pulumi:providers:aws::a", "1", {"region": "eu-west-1"})


def described(folder: Path, content: Any) -> Path:
    path = folder / "Existing.test.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def refused(folder: Path, content: Any) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read_existing(described(folder, content))
    return [violation.path for violation in error.value.violations]


def test_a_description_is_read_with_the_regions_of_its_resources(tmp_path: Path) -> None:
    resources = [
        {"type": VPC, "id": ID, "properties": {"cidrBlock": "10.0.0.0/16"}},
        {"type": VPC, "id": ID, "region": "x"},
    ]
    found = read_existing(described(tmp_path, {"region": "eu-west-1", "resources": resources}))
    assert [(resource.region, dict(resource.properties)) for resource in found] == [
        ("eu-west-1", {"cidrBlock": "10.0.0.0/16"}),
        ("x", {}),
    ]


def test_it_belongs_to_the_stack_file_beside_it(tmp_path: Path) -> None:
    assert existing_file(tmp_path / "Pulumi.test.yaml", "test") is None
    path = described(tmp_path, {})
    assert existing_file(tmp_path / "Pulumi.test.yaml", "test") == path
    assert existing_file(tmp_path / "Pulumi.other.yaml", "other") is None


def test_everything_wrong_with_its_form_is_told_at_once(tmp_path: Path) -> None:
    entries: list[Any] = [
        {"id": ID},
        {"type": VPC, "id": 3},
        {"type": VPC, "id": ID, "name": "x", "properties": []},
        "vpc",
    ]
    places = refused(tmp_path, {"resources": entries, "account": "1"})
    name = "Existing.test.yaml: "
    assert places == [
        f"{name}region",
        f"{name}account",
        f"{name}resources[0].type",
        f"{name}resources[1].id",
        f"{name}resources[2].properties",
        f"{name}resources[2].name",
        f"{name}resources[3]",
    ]
    assert refused(tmp_path, {"region": "eu-west-1"}) == [f"{name}resources"]


def test_data_sources_show_what_is_described() -> None:
    twins = packages()
    properties = {"cidrBlock": "10.9.0.0/16", "enableDnsSupport": True}
    furnish((ExistingResource(VPC, ID, "eu-west-1", properties, "here"),), twins)
    twin = twins["aws"]
    found = twin.invoke("aws:ec2/getVpc:getVpc", {"id": ID}, PROVIDER)
    assert (found["cidrBlock"], found["enableDnsSupport"]) == ("10.9.0.0/16", True)
    assert twin.leftovers() == ()


def test_wrong_descriptions_are_all_told() -> None:
    wrong = (
        ExistingResource("aws:ec2/vpc:Vpcs", ID, "eu-west-1", {}, "a"),
        ExistingResource(VPC, "vpc-x", "eu-west-1", {"cidr": "10.0.0.0/16"}, "b"),
        ExistingResource(VPC, ID, "eu-west-9", {}, "c"),
        ExistingResource("gcp:compute/network:Network", "n", "x", {}, "d"),
    )
    with pytest.raises(SettingsError) as error:
        furnish(wrong, packages())
    assert [violation.path for violation in error.value.violations] == [
        "a.type",
        "b.properties.cidr",
        "b.id",
        "c.region (eu-west-9)",
        "d.type",
    ]


def test_what_is_wrong_is_not_put_into_the_world() -> None:
    twin = AwsTwin()
    assert twin.furnish(VPC, ID, "eu-west-1", {"cidr": "10.0.0.0/16"})
    assert not twin.world.things
