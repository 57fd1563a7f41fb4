"""The ways in on Azure, from the settings: what each option adds, removes and changes of them, and nothing more."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from program_support import ROOT, environment_of, of_type, record_stack

from apim_infra.platform.azure_edge import (
    build_application_gateway,
    build_dns,
    build_load_balancers,
    ingress_services,
)
from apim_infra.platform.azure_foundation import build_foundation
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import record
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
GATEWAY = "azure-native:network:ApplicationGateway"
ADDRESS = "azure-native:network:PublicIPAddress"
POLICY = "azure-native:network:WebApplicationFirewallPolicy"
RECORD, PRIVATE_RECORD = "azure-native:dns:RecordSet", "azure-native:privatedns:PrivateRecordSet"
PLACE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/company/providers"
BROUGHT = (
    "ingress.application_gateway.certificate_secret_id=https://company-vault.vault.azure.net/secrets/hosts",
    f"ingress.application_gateway.certificate_vault_id={PLACE}/Microsoft.KeyVault/vaults/company-vault",
)
PRIVATE_GROUP = 'gateway_groups=[{"name":"default","exposure":"private"}]'
PLAIN = "ingress.application_gateway.firewall=false"
FIREWALL = "ingress.application_gateway.firewall=true"


def edge(settings: StackSettings) -> Iterator[Any]:
    """Build the ways in of a stack, and what they stand on; yield what the services of the ingress say."""
    naming = Naming.of_stack(settings)
    foundation = build_foundation(settings, naming)
    for place, deployment in enumerate(deployments(settings)):
        own, names, ground = deployment.settings, naming.of(deployment), foundation.of(deployment)
        balancers = build_load_balancers(own, names, ground, place)
        gateway = build_application_gateway(own, names, ground, balancers)
        build_dns(own, names, ground, balancers, gateway)
        yield ingress_services(own, ground, balancers)


@cache
def graph(*overrides: str) -> Graph:
    settings = environment_of(STACK, *overrides, file=FILE).settings
    made = record(lambda: list(edge(settings)), stack=STACK)
    assert [f"{error.urn}: {error.message}" for error in made.errors] == []
    return made.graph


def short(urn: str) -> str:
    return re.sub(rf"^apim-{STACK}-", "", urn.rpartition("::")[2])


def custom(of: Graph) -> dict[str, Resource]:
    return {short(resource.urn): resource for resource in of.custom() if not resource.type.startswith("pulumi:")}


def change(before: Graph, after: Graph) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Return the names of what came and went, and the inputs that differ of what stayed."""
    old, new = custom(before), custom(after)
    differ = {
        name: {
            key
            for key in {*old[name].inputs, *new[name].inputs}
            if old[name].inputs.get(key) != new[name].inputs.get(key)
        }
        for name in old.keys() & new.keys()
        if old[name].inputs != new[name].inputs
    }
    return new.keys() - old.keys(), old.keys() - new.keys(), differ


def gateway_of(of: Graph) -> dict[str, Any]:
    (resource,) = of_type(of, GATEWAY)
    return resource.inputs


ENTRY = {
    "entry-gateway",
    "entry-address",
    "entry-address-diagnostics",
    "entry-diagnostics",
    "entry-certificate-identity",
    "entry-certificate-vault",
    "entry-certificate-right",
}
MADE = {
    f"entry-certificate-{part}" for part in ("authority-key", "authority", "key", "request", "certificate", "secret")
}


def test_an_application_gateway_takes_the_place_of_the_public_address() -> None:
    came, went, differ = change(graph(), graph(PLAIN, *BROUGHT))
    own = {name for name in came if not name.startswith(("network-", "security-"))}
    assert own == ENTRY
    assert went == {"public-address", "public-address-diagnostics"}
    hosts = ("api", "developers")
    moved = {f"dns-public-{host}" for host in hosts} | {f"dns-private-{host}" for host in hosts}
    assert moved <= differ.keys()
    assert {name for name in differ if not name.startswith("security-")} == moved


def test_its_subnet_and_rules_come_with_it() -> None:
    came, _, _ = change(graph(), graph(PLAIN, *BROUGHT))
    assert any("entry" in name for name in came if name.startswith("network-"))
    assert any("entry" in name for name in came if name.startswith("security-"))


def test_hosts_lead_to_the_gateway_and_the_gateway_to_the_nodes() -> None:
    found = graph(PLAIN, *BROUGHT)
    entry = custom(found)["entry-address"]
    assert {record.inputs["targetResource"]["id"] for record in of_type(found, RECORD)} == {entry.id}
    (pool,) = gateway_of(found)["backendAddressPools"]
    (nodes,) = (each for name, each in custom(found).items() if name == "network-nodes")
    assert pool["backendAddresses"] == [{"ipAddress": "10.0.127.253"}]
    assert nodes.inputs["addressPrefix"] == "10.0.0.0/17"


def test_without_a_certificate_one_is_made_in_the_vault() -> None:
    came, went, differ = change(graph(PLAIN, *BROUGHT), graph(PLAIN))
    assert (came, went) == (MADE, {"entry-certificate-vault"})
    assert differ == {"entry-gateway": {"sslCertificates"}, "entry-certificate-right": {"scope", "roleAssignmentName"}}


def test_a_firewall_adds_its_policy_and_changes_the_tier() -> None:
    came, went, differ = change(graph(PLAIN, *BROUGHT), graph(FIREWALL, *BROUGHT))
    assert (came, went) == ({"firewall-policy"}, set())
    assert differ == {"entry-gateway": {"sku", "firewallPolicy"}}
    (policy,) = of_type(graph(FIREWALL, *BROUGHT), POLICY)
    assert policy.inputs["policySettings"]["mode"] == "Prevention"


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("firewall_mode=detection", {"firewall-policy": {"policySettings"}}),
        ("http2=true", {"entry-gateway": {"enableHttp2"}}),
        ("capacity=3", {"entry-gateway": {"sku"}}),
        ("max_capacity=5", {"entry-gateway": {"sku", "autoscaleConfiguration"}}),
    ],
)
def test_each_setting_of_the_gateway_changes_its_own_part(setting: str, changed: dict[str, set[str]]) -> None:
    before, after = graph(FIREWALL, *BROUGHT), graph(FIREWALL, *BROUGHT, f"ingress.application_gateway.{setting}")
    assert change(before, after) == (set(), set(), changed)


def test_another_host_moves_no_rule_of_the_others() -> None:
    found = graph(PLAIN, *BROUGHT)
    renamed = graph(PLAIN, *BROUGHT, "ingress.public.hosts.developers=portal")
    rules = [
        {rule["name"]: rule["priority"] for rule in gateway_of(each)["requestRoutingRules"]}
        for each in (found, renamed)
    ]
    api = {name: priority for name, priority in rules[0].items() if name.startswith("api-")}
    assert api.items() <= rules[1].items()
    assert {name for name in rules[1] if name.startswith("portal-")} == {
        f"portal-apim-example-com-{port}" for port in ("http", "https")
    }


def test_users_of_the_portal_stay_with_a_backend_and_callers_of_apis_do_not() -> None:
    settings = gateway_of(graph(PLAIN, *BROUGHT))["backendHttpSettingsCollection"]
    affinity = {each["hostName"].partition(".")[0]: each["cookieBasedAffinity"] for each in settings}
    assert affinity == {"api": "Disabled", "developers": "Enabled"}


def test_the_gateway_waits_for_the_rules_of_its_subnet_so_that_it_goes_before_them() -> None:
    found = graph(PLAIN, *BROUGHT)
    (gateway,) = of_type(found, GATEWAY)
    by_urn = {resource.urn: resource for resource in found.resources}
    groups = {name for name in map(short, gateway.dependencies) if name.startswith("security-")}
    assert "security-entry" in groups
    assert by_urn.keys() >= set(gateway.dependencies)


def test_without_public_hosts_nothing_faces_the_internet() -> None:
    came, went, _ = change(graph(PRIVATE_GROUP), graph(PRIVATE_GROUP, "ingress.public.enabled=false"))
    assert came == set()
    assert {name for name in went if not name.startswith("security-")} == {
        "public-address",
        "public-address-diagnostics",
        "dns-public",
        "dns-public-developers",
        "dns-private-developers",
    }


def test_zones_that_are_brought_along_are_not_made() -> None:
    zones = (
        f"ingress.dns.public_zone_id={PLACE}/Microsoft.Network/dnsZones/apim.example.com",
        f"ingress.dns.private_zone_id={PLACE}/Microsoft.Network/privateDnsZones/apim.example.com",
    )
    came, went, differ = change(graph(), graph(*zones))
    assert went == {"dns-private-link"}
    assert came == set()
    moved = {resource.inputs["resourceGroupName"] for resource in of_type(graph(*zones), RECORD)}
    assert moved == {"company"}
    assert {name.partition("-")[0] for name in differ} == {"dns"}


def test_protection_holds_the_address_that_clients_know() -> None:
    found = graph("deletion_protection=true")
    (address,) = (resource for resource in of_type(found, ADDRESS) if short(resource.urn) == "public-address")
    assert address.protect


@pytest.mark.slow
def test_services_in_the_cluster_ask_for_the_addresses() -> None:
    def services(*overrides: str) -> dict[str, Any]:
        recording = record_stack(STACK, *overrides, file=FILE)
        assert [f"{error.urn}: {error.message}" for error in recording.errors] == []
        found = {
            resource.inputs["metadata"]["name"]: resource.inputs["spec"]["provider"]["kubernetes"]["envoyService"]
            for resource in recording.graph.custom()
            if resource.inputs.get("kind") == "EnvoyProxy"
        }
        policies = {
            resource.inputs["metadata"]["name"]: resource.inputs["spec"].get("clientIPDetection")
            for resource in recording.graph.custom()
            if resource.inputs.get("kind") == "ClientTrafficPolicy"
        }
        assert policies["internal-clients"] is None
        return {**found, "detection": policies["public-clients"]}

    key = "service.beta.kubernetes.io/azure-load-balancer"
    plain = services()
    assert {each["type"] for name, each in plain.items() if name != "detection"} == {"LoadBalancer"}
    assert plain["ingress-internal"]["annotations"][f"{key}-ipv4"] == "10.0.127.254"
    assert plain["ingress-public"]["annotations"][f"{key}-internal"] == "false"
    assert plain["ingress-public"]["loadBalancerSourceRanges"] == ["0.0.0.0/0"]
    assert plain["detection"] is None
    behind = services(PLAIN, *BROUGHT)
    assert behind["ingress-internal"] == plain["ingress-internal"]
    assert behind["ingress-public"]["annotations"][f"{key}-ipv4"] == "10.0.127.253"
    assert behind["ingress-public"]["loadBalancerSourceRanges"] == ["10.0.128.0/24"]
    assert behind["detection"] == {"xForwardedFor": {"numTrustedHops": 1}}
