"""The ways in on Azure: fixed addresses of load balancers, zones that are brought along, and the Application Gateway."""

from ipaddress import IPv4Network
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.planning.entry_addresses import load_balancer_address
from apim_infra.planning.entry_rules import OWN_AUTHORITY, entry_notices, entry_violations
from apim_infra.planning.validation import violations
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings

GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/names/providers"
PUBLIC = f"{GROUP}/Microsoft.Network/dnsZones/example.com"
PRIVATE = f"{GROUP}/Microsoft.Network/privateDnsZones/example.com"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/company-vault"
SECRET = "https://company-vault.vault.azure.net/secrets/hosts"
BROUGHT = {"certificate_secret_id": SECRET, "certificate_vault_id": VAULT}


def stack(**ingress: Any) -> StackSettings:
    given_values = {
        "cloud": "azure",
        "region": "westeurope",
        "company_domain": "example.com",
        "tier": "dev",
        "ingress": ingress,
    }
    return load_settings(given_values).settings


def found(**ingress: Any) -> list[str]:
    return [violation.path for violation in entry_violations(stack(**ingress))]


def test_what_is_right_breaks_no_rule() -> None:
    zones = {"public_zone_id": PUBLIC, "private_zone_id": PRIVATE}
    assert found(application_gateway={**BROUGHT, "max_capacity": 5}, dns=zones) == []
    assert found() == []


@pytest.mark.parametrize(
    "zone_id",
    ["Z0123456789", PRIVATE, f"{GROUP}/Microsoft.Network/dnsZones/other.com", PUBLIC.removeprefix("/subscriptions")],
)
def test_a_public_zone_is_named_by_its_resource_id_and_is_of_the_domain(zone_id: str) -> None:
    assert found(dns={"public_zone_id": zone_id}) == ["ingress.dns.public_zone_id"]


def test_a_private_zone_is_no_public_one() -> None:
    assert found(dns={"private_zone_id": PUBLIC}) == ["ingress.dns.private_zone_id"]
    assert found(dns={"private_zone_id": PRIVATE.replace("privateDnsZones", "privatednszones")}) == []


def test_a_gateway_needs_public_hosts() -> None:
    assert "ingress.application_gateway" in found(application_gateway=BROUGHT, public={"enabled": False})


def test_a_mode_of_no_firewall_is_refused() -> None:
    gateway = {**BROUGHT, "firewall": False, "firewall_mode": "detection"}
    assert found(application_gateway=gateway) == ["ingress.application_gateway.firewall_mode"]
    assert found(application_gateway={**gateway, "firewall": True}) == []


@pytest.mark.parametrize(
    "secret",
    [
        "https://company-vault.vault.azure.net/certificates/hosts",
        "company-vault/hosts",
        "https://company-vault.vault.azure.net/secrets/",
    ],
)
def test_a_certificate_is_named_as_a_secret(secret: str) -> None:
    gateway = {**BROUGHT, "certificate_secret_id": secret}
    assert found(application_gateway=gateway) == ["ingress.application_gateway.certificate_secret_id"]


def test_secret_and_vault_belong_together() -> None:
    path = "ingress.application_gateway.certificate_vault_id"
    assert found(application_gateway={**BROUGHT, "certificate_vault_id": VAULT.replace("company", "other")}) == [path]
    assert found(application_gateway={**BROUGHT, "certificate_vault_id": "company-vault"}) == [path]


def test_another_cloud_has_other_ids() -> None:
    given_values = {
        "cloud": "aws",
        "region": "eu-west-1",
        "company_domain": "example.com",
        "tier": "dev",
        "ingress": {"dns": {"public_zone_id": "Z0123456789"}},
    }
    assert list(entry_violations(load_settings(given_values).settings)) == []


def test_every_rule_is_held_with_the_others() -> None:
    assert "ingress.dns.public_zone_id" in [each.path for each in violations(stack(dns={"public_zone_id": "Z1"}))]


def test_a_certificate_of_an_authority_of_its_own_is_warned_of() -> None:
    assert [each.rule for each in entry_notices(stack(application_gateway={}))] == [OWN_AUTHORITY]
    assert list(entry_notices(stack(application_gateway=BROUGHT))) == []
    assert list(entry_notices(stack())) == []


@given(st.integers(16, 27), st.integers(0, 2**32 - 1))
def test_each_load_balancer_has_a_usable_address_of_its_own(prefix: int, start: int) -> None:
    nodes = IPv4Network((start & ~(2 ** (32 - prefix) - 1), prefix))
    addresses = [
        load_balancer_address(nodes, deployment, kind) for deployment, kind in product((0, 1), ("internal", "public"))
    ]
    assert len(set(addresses)) == len(addresses)
    assert set(addresses) <= set(nodes)
    reserved = [nodes[place] for place in (0, 1, 2, 3, -1)]
    assert not set(addresses) & set(reserved)


def test_a_subnet_too_small_for_them_is_told() -> None:
    with pytest.raises(ValueError, match="has no address"):
        load_balancer_address(IPv4Network("10.0.0.0/29"), 1, "public")
