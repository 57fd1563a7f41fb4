"""What clients reach on Azure: load balancers' addresses, the Application Gateway with its firewall and certificate, and DNS."""

import base64
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pulumi
import pytest
from azure_stack import Stack, changes, kinds, run
from components_azure_edge_samples import (
    HOSTS,
    Around,
    certificate,
    dns,
    gateway,
    internal_load_balancer,
    load_balancer,
    web_firewall,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.azure.application_gateway import ApplicationGateway
from components.azure.load_balancer import LoadBalancer
from components.azure.pkcs12 import bundle

GATEWAY = "azure-native:network:ApplicationGateway"
ADDRESS = "azure-native:network:PublicIPAddress"
POLICY = "azure-native:network:WebApplicationFirewallPolicy"
SECRET = "azure-native:keyvault:Secret"
ZONE, RECORD = "azure-native:dns:Zone", "azure-native:dns:RecordSet"
PRIVATE_ZONE, PRIVATE_RECORD = "azure-native:privatedns:PrivateZone", "azure-native:privatedns:PrivateRecordSet"
LINK = "azure-native:privatedns:VirtualNetworkLink"
ANNOTATION = "service.beta.kubernetes.io/azure-"


@cache
def sample(program: Callable[[], object]) -> Recording:
    """Record a program as it is, once for all tests."""
    return run(program)


def only(recording: Recording, type_: str) -> Resource:
    (resource,) = recording.of_type(type_)
    return resource


def difference(before: Recording, after: Recording) -> dict[str, int]:
    counts = Counter(kinds(after))
    counts.subtract(kinds(before))
    return {kind: count for kind, count in counts.items() if count}


def refused(program: Any) -> str:
    with pytest.raises(pulumi.InputPropertiesError) as error:
        run(program)
    return str(error.value)


# -- load balancers --------------------------------------------------------------------------------------------------------------------------


def test_a_public_address_is_static_and_in_every_zone() -> None:
    address = only(sample(load_balancer), ADDRESS).inputs
    assert address["sku"]["name"] == "Standard"
    assert address["publicIPAllocationMethod"] == "Static"
    assert address["zones"] == ["1", "2", "3"]


def test_a_service_names_the_address_and_its_group() -> None:
    recording = sample(load_balancer)
    made = only(recording, ADDRESS)
    outputs = recording.named("public").outputs
    assert outputs["annotations"] == {
        f"{ANNOTATION}load-balancer-internal": "false",
        f"{ANNOTATION}pip-name": made.outputs["name"],
        f"{ANNOTATION}load-balancer-resource-group": recording.named("group").outputs["name"],
    }
    assert outputs["address"] == made.outputs["ipAddress"]
    assert outputs["address_id"] == made.id


def test_an_internal_load_balancer_is_words_alone() -> None:
    recording = sample(internal_load_balancer)
    assert kinds(recording) == {"azure-native:resources:ResourceGroup": 1}
    assert recording.named("internal").outputs["annotations"] == {
        f"{ANNOTATION}load-balancer-internal": "true",
        f"{ANNOTATION}load-balancer-internal-subnet": "nodes",
        f"{ANNOTATION}load-balancer-ipv4": "10.0.1.254",
    }


def test_a_protected_address_is_to_be_locked_too() -> None:
    locked: dict[str, LoadBalancer | ApplicationGateway] = {}
    balancer = run(lambda: locked.update(plain=load_balancer(deletion_protection=True)))
    entry = run(lambda: locked.update(entry=gateway(deletion_protection=True)))
    assert only(balancer, ADDRESS).protect
    assert only(entry, ADDRESS).protect
    assert only(entry, GATEWAY).protect
    assert {name: list(made.locked) for name, made in locked.items()} == {"plain": ["public"], "entry": ["gateway"]}


def test_addresses_are_of_one_kind() -> None:
    assert "address" in refused(lambda: load_balancer(address="10.0.1.254"))
    assert "zones" in refused(lambda: internal_load_balancer(zones=("1",)))
    assert "subnet_name" in refused(lambda: load_balancer(internal=True, zones=("1",)))


# -- the gateway -----------------------------------------------------------------------------------------------------------------------------


def parts(recording: Recording, kind: str) -> dict[str, Any]:
    return {part["name"]: part for part in only(recording, GATEWAY).inputs[kind]}


def end(reference: Any) -> str:
    return str(reference["id"]).rpartition("/")[2]


def test_the_preset_of_the_reference_is_a_fixed_standard_gateway() -> None:
    inputs = only(sample(gateway), GATEWAY).inputs
    assert inputs["sku"] == {"name": "Standard_v2", "tier": "Standard_v2", "capacity": 2}
    assert "autoscaleConfiguration" not in inputs
    assert inputs["enableHttp2"] is False
    assert inputs["zones"] == ["1", "2", "3"]
    assert inputs["sslPolicy"] == {"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101"}


def test_each_host_has_a_listener_by_its_name_and_a_redirect_to_it() -> None:
    recording = sample(gateway)
    listeners, rules = parts(recording, "httpListeners"), parts(recording, "requestRoutingRules")
    redirects = parts(recording, "redirectConfigurations")
    for host in HOSTS:
        label = host.replace(".", "-")
        secure, plain = listeners[f"{label}-https"], listeners[f"{label}-http"]
        assert (secure["protocol"], secure["hostNames"], end(secure["frontendPort"])) == ("Https", [host], "https")
        assert secure["requireServerNameIndication"] is True
        assert end(secure["sslCertificate"]) == "hosts"
        assert (plain["protocol"], plain["hostNames"], end(plain["frontendPort"])) == ("Http", [host], "http")
        assert end(rules[f"{label}-http"]["redirectConfiguration"]) == label
        assert "backendAddressPool" not in rules[f"{label}-http"]
        assert end(redirects[label]["targetListener"]) == f"{label}-https"
        assert redirects[label]["redirectType"] == "Permanent"
        assert redirects[label]["includePath"] is redirects[label]["includeQueryString"] is True


def test_every_rule_has_a_number_of_its_own_that_a_further_host_does_not_move() -> None:
    def numbers(*hosts: str) -> dict[str, int]:
        sites = [{"host": host, "certificate": "hosts"} for host in hosts]
        return {
            name: rule["priority"]
            for name, rule in parts(run(lambda: gateway(sites=sites)), "requestRoutingRules").items()
        }

    before, after = numbers(*HOSTS), numbers(*HOSTS, "more.example.com")
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)
    assert all(1 <= number <= 20000 for number in after.values())


def test_backends_are_spoken_to_by_https_under_the_hosts_own_name() -> None:
    recording = sample(gateway)
    settings, probes = parts(recording, "backendHttpSettingsCollection"), parts(recording, "probes")
    for host in HOSTS:
        setting, probe = settings[host.replace(".", "-")], probes[host.replace(".", "-")]
        assert (setting["protocol"], setting["port"], setting["hostName"]) == ("Https", 443, host)
        assert (probe["protocol"], probe["pickHostNameFromBackendHttpSettings"]) == ("Https", True)
    (pool,) = parts(recording, "backendAddressPools").values()
    assert pool["backendAddresses"] == [{"ipAddress": "10.0.1.254"}]


def test_cookies_bind_users_of_interfaces_and_not_callers_of_apis() -> None:
    settings = parts(sample(gateway), "backendHttpSettingsCollection")
    affinity = {name: setting["cookieBasedAffinity"] for name, setting in settings.items()}
    assert affinity == {"api-example-com": "Disabled", "developers-example-com": "Enabled"}


def test_own_authorities_are_trusted_where_they_are_given() -> None:
    recording = run(lambda: gateway(trusted_roots={"platform": "MIIB"}))
    assert parts(recording, "trustedRootCertificates")["platform"]["data"] == "MIIB"
    for setting in parts(recording, "backendHttpSettingsCollection").values():
        assert [end(each) for each in setting["trustedRootCertificates"]] == ["platform"]
    assert "trustedRootCertificates" not in only(sample(gateway), GATEWAY).inputs


def test_the_clients_address_goes_on_without_its_port() -> None:
    recording = sample(gateway)
    (rewriting,) = parts(recording, "rewriteRuleSets").values()
    (header,) = rewriting["rewriteRules"][0]["actionSet"]["requestHeaderConfigurations"]
    assert header == {"headerName": "X-Forwarded-For", "headerValue": "{var_add_x_forwarded_for_proxy}"}
    forwarding = [rule for rule in parts(recording, "requestRoutingRules").values() if "backendAddressPool" in rule]
    assert {end(rule["rewriteRuleSet"]) for rule in forwarding} == {rewriting["name"]}


def test_a_gateway_that_scales_has_bounds_and_no_capacity() -> None:
    inputs = only(run(lambda: gateway(max_capacity=5)), GATEWAY).inputs
    assert inputs["autoscaleConfiguration"] == {"minCapacity": 2, "maxCapacity": 5}
    assert "capacity" not in inputs["sku"]


def test_a_firewall_changes_the_tier_and_adds_a_policy() -> None:
    recording = run(lambda: gateway(firewall=True))
    assert only(recording, GATEWAY).inputs["sku"]["tier"] == "WAF_v2"
    assert only(recording, GATEWAY).inputs["firewallPolicy"]["id"] == only(recording, POLICY).id
    assert difference(sample(gateway), recording) == {POLICY: 1}


def test_the_gateway_goes_before_its_rules_and_its_right() -> None:
    recording = sample(gateway)
    needed = only(recording, GATEWAY).dependencies
    assert {recording.named("entry-rules").urn, recording.named("certificate-right").urn} <= set(needed)


def test_a_gateway_is_changed_in_place() -> None:
    stack = Stack()
    stack.run(gateway)
    done = changes(stack.run(lambda: gateway(max_capacity=5, http2=True)))
    assert done == {"gateway-gateway": "update", "certificate-vault": "read"}


def test_wrong_arguments_are_told_together() -> None:
    told = refused(
        lambda: gateway(
            sites=[{"host": HOSTS[0], "certificate": "none"}] * 2,
            backend_addresses=[],
            max_capacity=1,
            firewall_policy_id="x",
        )
    )
    for path in ("sites:", f"sites.{HOSTS[0]}.certificate", "backend_addresses", "max_capacity", "firewall_policy_id"):
        assert path in told


# -- its firewall ----------------------------------------------------------------------------------------------------------------------------


def test_a_firewall_blocks_and_its_log_has_no_credentials() -> None:
    inputs = only(sample(web_firewall), POLICY).inputs
    settings = inputs["policySettings"]
    assert (settings["state"], settings["mode"], settings["requestBodyCheck"]) == ("Enabled", "Prevention", True)
    assert {rule["selector"] for rule in settings["logScrubbing"]["scrubbingRules"]} == {
        "authorization",
        "cookie",
        "x-api-key",
    }
    kept = {(each["ruleSetType"], each["ruleSetVersion"]) for each in inputs["managedRules"]["managedRuleSets"]}
    assert kept == {("Microsoft_DefaultRuleSet", "2.1"), ("Microsoft_BotManagerRuleSet", "1.1")}
    assert inputs["customRules"] == []


def test_matches_can_be_told_alone() -> None:
    assert only(run(lambda: web_firewall(count_only=True)), POLICY).inputs["policySettings"]["mode"] == "Detection"


def test_own_rules_come_in_the_order_of_what_is_cheap_to_tell() -> None:
    wishes = {"rate_limit": 2000, "blocked_countries": ["AQ"], "blocked_cidrs": ["192.0.2.0/24"]}
    rules = only(run(lambda: web_firewall(**wishes)), POLICY).inputs["customRules"]
    assert [rule["name"] for rule in sorted(rules, key=lambda rule: rule["priority"])] == [
        "BlockedRanges",
        "BlockedCountries",
        "RateLimit",
    ]
    limit = rules[2]
    assert (limit["ruleType"], limit["rateLimitThreshold"], limit["rateLimitDuration"]) == (
        "RateLimitRule",
        2000,
        "FiveMins",
    )
    assert {rule["action"] for rule in rules} == {"Block"}


def test_rules_of_a_firewall_have_versions_and_occur_once() -> None:
    assert "names no version" in refused(lambda: web_firewall(managed_rules=["Microsoft_DefaultRuleSet"]))
    assert "occurs twice" in refused(lambda: web_firewall(blocked_countries=["AQ", "AQ"]))


# -- its certificate -------------------------------------------------------------------------------------------------------------------------


def test_a_certificate_of_an_own_authority_lies_in_the_vault_as_the_gateway_reads_it() -> None:
    recording = run(lambda: certificate(Around()))
    secret = only(recording, SECRET)
    assert secret.inputs["properties"]["contentType"] == "application/x-pkcs12"
    assert recording.named("certificate").outputs["secret_id"] == secret.outputs["properties"]["secretUri"]
    assignment = only(recording, "azure-native:authorization:RoleAssignment").inputs
    assert assignment["scope"] == recording.named("vault").id
    assert assignment["principalId"] == recording.named("certificate-identity").outputs["principalId"]
    assert assignment["roleDefinitionId"].endswith("4633458b-17de-408a-b874-0445c86b69e6")


def test_the_key_is_in_no_graph() -> None:
    recording = run(lambda: certificate(Around()))
    assert "BEGIN" not in str(only(recording, SECRET).inputs)
    assert only(recording, SECRET).inputs["properties"]["value"] == {"secret": True}


def test_a_certificate_that_is_brought_along_adds_an_identity_and_its_right() -> None:
    url = "https://vault-of-the-edge.vault.azure.net/secrets/hosts"
    recording = run(lambda: certificate(Around(), secret_id=url, hosts=None, vault_name=None))
    assert recording.named("certificate").outputs["secret_id"] == url
    made = kinds(run(lambda: certificate(Around()))) - kinds(recording)
    assert set(made) == {SECRET, *(kind for kind in made if kind.startswith("tls:"))}
    assert "secret_id" in refused(lambda: certificate(Around(), secret_id=url))


def test_nothing_changes_the_second_time() -> None:
    stack = Stack()
    stack.run(gateway)
    assert changes(stack.run(gateway)) == {"certificate-vault": "read"}


def test_a_bundle_is_the_same_each_time_and_opens_without_a_password() -> None:
    key, certificate_pem, authority = _material()
    text = bundle(key, certificate_pem, authority)
    assert text == bundle(key, certificate_pem, authority)
    private, opened, others = pkcs12.load_key_and_certificates(base64.b64decode(text), None)
    expected = x509.load_pem_x509_certificate(certificate_pem.encode())
    assert opened == expected
    assert private is not None
    assert private.public_key() == expected.public_key()
    assert others == [x509.load_pem_x509_certificate(authority.encode())]


def test_a_changed_bundle_does_not_open() -> None:
    text = bytearray(base64.b64decode(bundle(*_material())))
    text[100] ^= 1
    with pytest.raises(ValueError, match=r"."):
        pkcs12.load_key_and_certificates(bytes(text), None)


@cache
def _material() -> tuple[str, str, str]:
    """Return a key, a certificate for it, and the authority that signed it."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    authority = _signed("authority", authority_key.public_key(), "authority", authority_key)
    made = _signed(HOSTS[0], key.public_key(), "authority", authority_key)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return text, made, authority


def _signed(name: str, public_key: Any, issuer: str, issuer_key: ec.EllipticCurvePrivateKey) -> str:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(issuer_key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


# -- DNS -------------------------------------------------------------------------------------------------------------------------------------


def test_the_private_zone_knows_the_public_hosts_too() -> None:
    recording = sample(dns)
    names = {
        type_: {record.inputs["relativeRecordSetName"] for record in recording.of_type(type_)}
        for type_ in (RECORD, PRIVATE_RECORD)
    }
    assert names == {RECORD: {"api"}, PRIVATE_RECORD: {"api", "apim-admin"}}


def test_a_public_record_follows_its_address() -> None:
    recording = sample(dns)
    record = only(recording, RECORD).inputs
    assert record["targetResource"]["id"] == only(recording, ADDRESS).id
    assert "aRecords" not in record
    inside = {
        each.inputs["relativeRecordSetName"]: each.inputs["aRecords"] for each in recording.of_type(PRIVATE_RECORD)
    }
    assert inside == {
        "api": [{"ipv4Address": only(recording, ADDRESS).outputs["ipAddress"]}],
        "apim-admin": [{"ipv4Address": "10.0.1.254"}],
    }


def test_a_private_zone_is_linked_and_registers_no_machines() -> None:
    recording = sample(dns)
    link = only(recording, LINK).inputs
    assert link["virtualNetwork"]["id"] == recording.named("vnet").id
    assert link["registrationEnabled"] is False


def test_a_platform_without_public_access_has_no_public_zone() -> None:
    assert difference(sample(dns), run(lambda: dns(public=False, public_hosts=[]))) == {
        ZONE: -1,
        RECORD: -1,
        PRIVATE_RECORD: -1,
    }


def test_zones_that_are_brought_along_get_records_alone() -> None:
    place = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/names/providers/Microsoft.Network"
    brought = {
        "public_zone_id": f"{place}/dnsZones/example.com",
        "private_zone_id": f"{place}/privateDnsZones/example.com",
        "network_id": None,
    }
    recording = run(lambda: dns(**brought))
    assert {each.inputs["resourceGroupName"] for each in recording.of_type(RECORD)} == {"names"}
    assert {each.inputs["resourceGroupName"] for each in recording.of_type(PRIVATE_RECORD)} == {"names"}
    assert recording.of_type(LINK) == []
    assert recording.of_type(ZONE)[0].external
    assert "name_servers" not in recording.named("dns").outputs


def test_a_protected_zone_is_protected() -> None:
    recording = run(lambda: dns(deletion_protection=True))
    assert only(recording, ZONE).protect
    assert only(recording, PRIVATE_ZONE).protect


def test_wrong_arguments_of_dns_are_told_together() -> None:
    told = refused(lambda: dns(public=False, network_id=None, private_hosts=[{"host": "a", "target": "10.0.0.4"}] * 2))
    assert "network_id" in told
    assert "public_hosts" in told
    assert "private_hosts" in told
    assert "public_zone_id" in refused(lambda: dns(public_zone_id="example.com"))
