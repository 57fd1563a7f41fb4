"""How large the share of the gateways is, and what is refused of files, endpoints and keys on Azure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.planning.file_rules import file_violations
from apim_infra.planning.service_rules import Service, has_endpoint, service_violations
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.files import LARGEST_GIB, SMALLEST_GIB, events_gb, most_gateways, share_gib

KEY = "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/security/providers/Microsoft.KeyVault/vaults/company/keys/ours"
VERSION = "/versions/0123456789abcdef0123456789abcdef"
EVERY = [str(service) for service in Service]


def stack(cloud: str = "azure", **groups: Any) -> StackSettings:
    usual: dict[str, Any] = {
        "region": "westeurope" if cloud == "azure" else "eu-west-1",
        "network": {"interface_endpoints": EVERY},
    }
    return StackSettings.model_validate(
        {"cloud": cloud, "company_domain": "example.com", "tier": "stg", **usual, **groups}
    )


def files(replicas: tuple[int, ...] = (12,), **values: Any) -> StackSettings:
    groups = [
        {"name": f"group-{number}", "apis": [f"/{number}"], "replicas": {"min": 1, "max": most}}
        for number, most in enumerate(replicas)
    ]
    return stack(stores={"files": {"mode": "managed", **values}}, gateway_groups=groups)


def test_the_share_of_the_reference() -> None:
    assert events_gb(1, 12) == 13
    assert share_gib(files()) == 100


@given(st.integers(1, 1024), st.lists(st.integers(1, 100), min_size=1, max_size=4))
def test_a_share_holds_what_all_gateways_may_write_and_is_one_that_azure_sells(each: int, most: list[int]) -> None:
    settings = files(tuple(most), disk_gb_per_replica=each)
    assert most_gateways(settings) == sum(most)
    assert share_gib(settings) == max(SMALLEST_GIB, each * sum(most) + 1)
    refused = {violation.path for violation in file_violations(settings)}
    assert ("stores.files.disk_gb_per_replica" in refused) == (each * sum(most) + 1 > LARGEST_GIB)


def test_files_in_another_mode_are_refused() -> None:
    for mode in ("in-cluster", "self-managed"):
        (violation,) = file_violations(stack(stores={"files": {"mode": mode}}))
        assert (violation.path, violation.value) == ("stores.files.mode", mode)


def test_backups_of_nfs_shares_are_refused_where_there_are_backups() -> None:
    nfs: dict[str, Any] = {"mode": "managed", "protocol": "nfs"}
    (violation,) = file_violations(stack(stores={"files": nfs}, backup={"enabled": True}))
    assert violation.path == "stores.files.backup_retention_days"
    without = {**nfs, "backup_retention_days": 0}
    assert list(file_violations(stack(stores={"files": without}, backup={"enabled": True}))) == []
    assert list(file_violations(stack(stores={"files": nfs}, backup={"enabled": False}))) == []
    smb = {**nfs, "protocol": "smb"}
    assert list(file_violations(stack(stores={"files": smb}, backup={"enabled": True}))) == []


def test_nothing_is_said_of_files_that_are_not_asked_for_or_are_on_aws() -> None:
    assert list(file_violations(stack(stores={"files": {"mode": "none"}}))) == []
    assert list(file_violations(stack("aws", stores={"files": {"mode": "in-cluster"}}))) == []


@pytest.mark.parametrize(
    ("groups", "missing"),
    [
        ({}, "registry"),
        ({"cluster": {"secrets_encryption": True}}, "vault"),
        ({"stores": {"files": {"mode": "managed"}}}, "file"),
    ],
)
def test_an_endpoint_that_the_stack_cannot_be_without_is_asked_for(groups: dict[str, Any], missing: str) -> None:
    endpoints = [name for name in EVERY if name != missing]
    (violation,) = service_violations(stack(**groups, network={"interface_endpoints": endpoints}))
    assert violation.path == "network.interface_endpoints"
    assert violation.fix == f"add {missing}"
    assert list(service_violations(stack(**groups))) == []


def test_a_service_has_an_endpoint_where_it_is_named() -> None:
    settings = stack(network={"interface_endpoints": ["vault", "registry"]})
    assert [service for service in Service if has_endpoint(settings, service)] == [Service.VAULT, Service.REGISTRY]


@pytest.mark.parametrize("name", ["cluster_key_arn", "stores_key_arn", "logs_key_arn"])
@pytest.mark.parametrize(
    "value", ["arn:aws:kms:eu-west-1:111122223333:key/a", "https://company.vault.azure.net/keys/ours", f"{KEY}/extra"]
)
def test_a_key_is_named_by_its_resource_id(name: str, value: str) -> None:
    (violation,) = service_violations(stack(encryption={name: value}))
    assert (violation.path, violation.value) == (f"encryption.{name}", value)


def test_the_clusters_key_has_a_version_and_others_may() -> None:
    (violation,) = service_violations(stack(encryption={"cluster_key_arn": KEY}))
    assert violation.path == "encryption.cluster_key_arn"
    right = {"cluster_key_arn": KEY + VERSION, "stores_key_arn": KEY, "logs_key_arn": KEY + VERSION}
    assert list(service_violations(stack(encryption=right))) == []
    assert list(service_violations(stack("aws", encryption={"cluster_key_arn": "arn:aws:kms:a:b:key/c"}))) == []


@pytest.mark.parametrize(
    ("region", "recovery", "refused"),
    [("westeurope", "northeurope", False), ("westeurope", "francecentral", True), ("italynorth", "westeurope", True)],
)
def test_logs_are_copied_to_the_paired_region_alone(region: str, recovery: str, refused: bool) -> None:
    settings = stack(region=region, recovery={"region": recovery, "copies": {"logs": True}})
    assert [violation.path for violation in service_violations(settings)] == ["recovery.copies.logs"] * refused
    images = stack(region=region, recovery={"region": recovery, "copies": {"images": True}})
    assert list(service_violations(images)) == []


@pytest.mark.parametrize(
    ("cidr", "refused"),
    [("198.51.100.0/24", False), ("10.1.0.0/16", True), ("0.0.0.0/0", True), ("172.0.0.0/8", True)],
)
def test_machines_of_pipelines_are_named_by_public_addresses(cidr: str, refused: bool) -> None:
    found = list(service_violations(stack(pipelines={"source_cidrs": ["203.0.113.0/24", cidr]})))
    assert [violation.path for violation in found] == ["pipelines.source_cidrs[1]"] * refused
