"""Truststores that API Gateway would refuse, and those that would tell a secret."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.planning.truststore_rules import MOST_BYTES, MOST_CERTIFICATES, truststore_problems

GOOD = (Path(__file__).parents[1] / "program/authorities.pem").read_bytes()
KEY = ec.generate_private_key(ec.SECP256R1())
WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505  what the rules refuse
SECRET = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def certificate(key: Key, algorithm: hashes.HashAlgorithm | None) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example clients")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(key, algorithm)  # type: ignore[arg-type]  # no algorithm for Ed25519
    )
    return made.public_bytes(serialization.Encoding.PEM)


def rules(content: bytes) -> list[str]:
    return [problem.rule for problem in truststore_problems(content)]


@pytest.mark.parametrize("content", [GOOD, GOOD * 3, b"Example authority\n" + GOOD, certificate(KEY, hashes.SHA384())])
def test_certificates_in_pem_are_taken(content: bytes) -> None:
    assert rules(content) == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "must hold certificates in PEM"),
        (b"\xff\xfe", "must hold certificates in PEM"),
        (GOOD + SECRET, "must not hold a private key"),
        (GOOD * (MOST_CERTIFICATES + 1), "must hold 1000 certificates"),
        (GOOD + b"#" * MOST_BYTES, "in 1048576 bytes"),
        (GOOD + GOOD.replace(b"MII", b"AAA"), "that cannot be read, number 2"),
        (GOOD.replace(b"\n", b"\n!", 2), "that cannot be read, number 1"),
        (certificate(ed25519.Ed25519PrivateKey.generate(), None), "whose key API Gateway does not take, number 1"),
        (certificate(WEAK, hashes.SHA256()), "whose key API Gateway does not take"),
        ("# Behörde\n".encode() + GOOD, "must be plain text in ASCII"),
    ],
)
def test_other_truststores_are_refused(content: bytes, rule: str) -> None:
    assert len([each for each in rules(content) if rule in each]) == 1


def test_no_problem_repeats_a_secret() -> None:
    body = SECRET.decode().splitlines()[1]
    assert all(body not in problem.rule + problem.fix for problem in truststore_problems(GOOD + SECRET))


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_is_told_and_raises_nothing(noise: bytes) -> None:
    assert rules(noise)
    block = b"-----BEGIN CERTIFICATE-----\n" + noise + b"\n-----END CERTIFICATE-----\n"
    assert rules(block)
