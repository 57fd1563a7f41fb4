"""The twin of `tls`: real keys and certificates that verify, the same for one seed, wrong requests refused, secrets marked."""

import ssl
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from apim_infra.rehearsal.provider import UNKNOWN, Created, Instance, RejectedError, Request
from apim_infra.rehearsal.twins.tls import TlsTwin
from apim_infra.rehearsal.twins.tls_material import CLOCK

PROVIDER = Instance("urn:provider", "1", {})
KEY, REQUEST = "tls:index/privateKey:PrivateKey", "tls:index/certRequest:CertRequest"
SELF_SIGNED, SIGNED = "tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert"
ECDSA = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}
AUTHORITY = {
    "subject": {"commonName": "authority", "organization": "tests"},
    "allowedUses": ["cert_signing", "crl_signing"],
    "isCaCertificate": True,
    "validityPeriodHours": 87600,
}
NODE = {"allowedUses": ["digital_signature", "server_auth", "client_auth"], "validityPeriodHours": 8760}
NAMES = {"subject": {"commonName": "node-1"}, "dnsNames": ["node-1.internal"], "ipAddresses": ["10.0.0.4"]}


def request(type_: str, inputs: dict[str, object], **more: object) -> Request:
    name = str(more.pop("name", "r"))
    return Request(urn=f"urn::{type_}::{name}", type=type_, name=name, inputs=inputs, provider=PROVIDER, **more)  # type: ignore[arg-type] - fields of a request


def make(type_: str, inputs: dict[str, object], seed: int = 0, name: str = "r") -> Created:
    twin = TlsTwin(seed)
    checked = twin.check(request(type_, inputs, name=name))
    assert [problem for problem in checked.problems if not problem.warning] == []
    return twin.create(request(type_, dict(checked.inputs), name=name))


def pem(made: Created, output: str) -> str:
    return made.outputs[output]


def chain(algorithm: dict[str, object] = ECDSA) -> tuple[Created, Created]:
    """Return the certificate of an authority and one that it signed."""
    own, key = make(KEY, algorithm, name="authority"), make(KEY, algorithm, name="node")
    authority = make(SELF_SIGNED, {**AUTHORITY, "privateKeyPem": pem(own, "privateKeyPem")})
    asked = make(REQUEST, {**NAMES, "privateKeyPem": pem(key, "privateKeyPem")})
    inputs = {
        "caPrivateKeyPem": pem(own, "privateKeyPem"),
        "caCertPem": pem(authority, "certPem"),
        "certRequestPem": pem(asked, "certRequestPem"),
    }
    return authority, make(SIGNED, {**NODE, **inputs})


@pytest.mark.parametrize("algorithm", [ECDSA, {"algorithm": "RSA", "rsaBits": 1024}, {"algorithm": "ED25519"}])
def test_a_chain_is_real(algorithm: dict[str, object]):
    authority, node = (x509.load_pem_x509_certificate(pem(made, "certPem").encode()) for made in chain(algorithm))
    node.verify_directly_issued_by(authority)
    names = node.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node-1.internal"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.4")]
    uses = node.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(uses) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not node.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (node.not_valid_after_utc - node.not_valid_before_utc).total_seconds() == 8760 * 3600


def test_a_tls_library_trusts_the_chain():
    authority, node = (x509.load_pem_x509_certificate(pem(made, "certPem").encode()) for made in chain())
    verifier = verification.PolicyBuilder().store(verification.Store([authority])).time(CLOCK.replace(month=2))
    assert verifier.build_server_verifier(x509.DNSName("node-1.internal")).verify(node, []) == [node, authority]
    with pytest.raises(verification.VerificationError):
        verifier.build_server_verifier(x509.DNSName("other.internal")).verify(node, [])
    context = ssl.create_default_context(cadata=authority.public_bytes(serialization.Encoding.PEM).decode())
    assert [found["subject"][-1][0][1] for found in context.get_ca_certs()] == ["authority"]  # type: ignore[index] - the types leave out that names are nested


def test_one_seed_makes_one_key_and_another_seed_another():
    first, again, other = (make(KEY, ECDSA, seed) for seed in (0, 0, 1))
    assert (first.id, first.outputs["privateKeyPem"]) == (again.id, again.outputs["privateKeyPem"])
    assert first.outputs["privateKeyPem"] != other.outputs["privateKeyPem"]
    assert chain()[1].outputs["certPem"] == chain()[1].outputs["certPem"]


def test_two_resources_have_two_keys():
    assert make(KEY, ECDSA, name="a").id != make(KEY, ECDSA, name="b").id


@pytest.mark.parametrize("bits", [1024, 2048])
def test_an_rsa_key_has_the_bits_that_were_asked_for(bits: int):
    made = make(KEY, {"algorithm": "RSA", "rsaBits": bits})
    key = serialization.load_pem_private_key(pem(made, "privateKeyPem").encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == bits
    assert pem(made, "privateKeyPem").startswith("-----BEGIN RSA PRIVATE KEY-----")


def test_ssh_forms_are_those_of_ssh():
    made = make(KEY, ECDSA)
    assert pem(made, "publicKeyOpenssh").startswith("ecdsa-sha2-nistp256 ")
    assert pem(made, "privateKeyOpenssh").startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert pem(made, "publicKeyFingerprintSha256").startswith("SHA256:")
    assert len(pem(made, "publicKeyFingerprintMd5").split(":")) == 16
    assert pem(make(KEY, {"algorithm": "ECDSA"}), "publicKeyOpenssh") == ""  # P224, which ssh does not know


def test_private_keys_are_secret():
    assert make(KEY, ECDSA).secret_outputs == {"privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"}
    authority, node = chain()
    assert "privateKeyPem" in authority.secret_outputs
    assert "caPrivateKeyPem" in node.secret_outputs
    assert "certPem" not in authority.secret_outputs | node.secret_outputs


WRONG: list[tuple[str, dict[str, object], str, str]] = [
    (KEY, {}, "missing required property 'algorithm'", "algorithm"),
    (KEY, {"algorithm": "DSA"}, "must be one of", "algorithm"),
    (KEY, {"algorithm": "ECDSA", "ecdsaCurve": "secp256r1"}, "must be one of", "ecdsaCurve"),
    (KEY, {"algorithm": "RSA", "rsaBits": 512}, "512-bit keys are insecure", "rsaBits"),
    (KEY, {"algorithm": "RSA", "rsaBits": "many"}, "must be of type int", "rsaBits"),
    (KEY, {"algorithm": "RSA", "bits": 2048}, "unknown property 'bits'", "bits"),
    (REQUEST, {}, "Exactly one of", "privateKeyPem"),
    (REQUEST, {"privateKeyPem": "a", "privateKeyPemWo": "b"}, "Exactly one of", "privateKeyPem"),
    (REQUEST, {"privateKeyPem": "a", "ipAddresses": ["10.0.0.0/24"]}, "Invalid IP address", "ipAddresses[0]"),
    (REQUEST, {"privateKeyPem": "a", "subject": "CN=a"}, "must be of type dict", "subject"),
    (SELF_SIGNED, {**AUTHORITY, "privateKeyPem": "a", "allowedUses": ["sign"]}, "must be one of", "allowedUses[0]"),
    (SELF_SIGNED, {"privateKeyPem": "a", "allowedUses": []}, "missing required property", "validityPeriodHours"),
    (SELF_SIGNED, {**AUTHORITY, "privateKeyPem": "a", "validityPeriodHours": -1}, "at least 0", "validityPeriodHours"),
    (SELF_SIGNED, {**NODE, "privateKeyPem": "a", "maxPathLength": 1}, "authorities may follow", "maxPathLength"),
    (SIGNED, {**NODE, "caPrivateKeyPem": "a", "caCertPem": "b"}, "missing required property", "certRequestPem"),
    (SIGNED, {**NODE, "caCertPem": "b", "certRequestPem": "c"}, "Exactly one of", "caPrivateKeyPem"),
]


@pytest.mark.parametrize(("type_", "inputs", "words", "path"), WRONG)
def test_wrong_requests_are_refused(type_: str, inputs: dict[str, object], words: str, path: str):
    problems = [problem for problem in TlsTwin().check(request(type_, inputs)).problems if not problem.warning]
    assert [(problem.code, problem.path) for problem in problems] == [("CheckFailure", path)]
    assert words in problems[0].message


def test_pem_that_cannot_be_read_is_refused_without_showing_it():
    key, other = make(KEY, ECDSA, name="a"), make(KEY, ECDSA, name="b")
    authority = make(SELF_SIGNED, {**AUTHORITY, "privateKeyPem": pem(key, "privateKeyPem")})
    asked = make(REQUEST, {**NAMES, "privateKeyPem": pem(other, "privateKeyPem")})
    good = {
        "caPrivateKeyPem": pem(key, "privateKeyPem"),
        "caCertPem": pem(authority, "certPem"),
        "certRequestPem": pem(asked, "certRequestPem"),
    }
    wrong: list[tuple[str, dict[str, object], str]] = [
        (REQUEST, {**NAMES, "privateKeyPem": "hunter2"}, "private key PEM"),
        (SELF_SIGNED, {**AUTHORITY, "privateKeyPem": pem(key, "publicKeyPem")}, "private key PEM"),
        (SIGNED, {**NODE, **good, "certRequestPem": pem(authority, "certPem")}, "certificate request PEM"),
        (SIGNED, {**NODE, **good, "caCertPem": "none"}, "CA certificate PEM"),
        (SIGNED, {**NODE, **good, "caPrivateKeyPem": pem(other, "privateKeyPem")}, "doesn't match"),
    ]
    for type_, inputs, words in wrong:
        with pytest.raises(RejectedError) as error:
            make(type_, inputs)
        (problem,) = error.value.problems
        assert problem.code == "CreateFailure"
        assert words in problem.message
        assert "hunter2" not in str(error.value)


def test_an_authority_that_may_not_sign_is_warned_of():
    inputs = {**AUTHORITY, "privateKeyPem": "a", "allowedUses": ["digital_signature"], "earlyRenewalHours": 90000}
    problems = TlsTwin().check(request(SELF_SIGNED, inputs)).problems
    assert [(problem.path, problem.warning) for problem in problems] == [
        ("allowedUses", True),
        ("earlyRenewalHours", True),
    ]


def test_what_is_not_known_yet_is_not_refused():
    inputs = {**NAMES, "privateKeyPem": UNKNOWN, "ipAddresses": [UNKNOWN], "dnsNames": UNKNOWN}
    assert TlsTwin().check(request(REQUEST, inputs)).problems == ()


def test_a_change_makes_another_certificate_and_a_later_renewal_does_not():
    old = {**NODE, "earlyRenewalHours": 0}
    changed = request(SIGNED, {**old, "validityPeriodHours": 1, "earlyRenewalHours": 5}, old_inputs=old)
    found = TlsTwin().diff(changed)
    assert found.changed == ("earlyRenewalHours", "validityPeriodHours")
    assert found.replaced_by == ("validityPeriodHours",)
    kept = TlsTwin().update(request(SIGNED, {"earlyRenewalHours": 5}, id="1", old_outputs={"certPem": "kept"}))
    assert kept.outputs == {"certPem": "kept", "earlyRenewalHours": 5}


def test_the_world_is_what_was_made():
    twin = TlsTwin()
    before = twin.snapshot()
    made = twin.create(request(KEY, dict(twin.check(request(KEY, ECDSA)).inputs)))
    assert [left.id for left in twin.leftovers()] == [made.id]
    assert twin.read(request(KEY, ECDSA, id=made.id, old_outputs=made.outputs)).outputs == made.outputs
    twin.delete(request(KEY, ECDSA))
    assert twin.leftovers() == ()
    twin.restore(before)
    with pytest.raises(RejectedError, match="has no id"):
        twin.read(request(KEY, ECDSA))
    with pytest.raises(RejectedError, match="reads from outside"):
        twin.invoke("tls:index/getCertificate:getCertificate", {}, PROVIDER)
