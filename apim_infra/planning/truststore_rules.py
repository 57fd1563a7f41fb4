"""Rules of the truststore: the file of certificate authorities whose clients the front end admits."""

import re
from collections.abc import Iterator
from pathlib import Path

from apim_infra.planning.openapi import Problem
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

MOST_CERTIFICATES = 1000
MOST_BYTES = 1024 * 1024
LEAST_RSA_BITS = 2048
WEAK_HASHES = frozenset({"md5", "sha1"})
"""What API Gateway takes: up to 1,000 certificates in 1 MB, signed with SHA-256 or better, RSA keys of 2,048 bits or more, or ECDSA keys (API
Gateway developer guide, mutual TLS for REST APIs, 2026; own reading)."""

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_PATH = "edge.mutual_tls.truststore"


def truststore_violations(settings: StackSettings, directory: Path) -> Iterator[Violation]:
    """Yield what is wrong with the truststore of the settings; `directory` is the project's own."""
    mutual_tls = settings.edge.mutual_tls
    if mutual_tls is None:
        return
    root = directory.resolve()
    file = (root / mutual_tls.truststore).resolve()
    if not file.is_relative_to(root):
        yield Violation(_PATH, mutual_tls.truststore, "must lie inside the project", "copy it beside the stack file")
        return
    try:
        content = file.read_bytes()
    except OSError as error:
        yield Violation(_PATH, mutual_tls.truststore, f"cannot be read: {error.strerror}", "name a file that exists")
        return
    for problem in truststore_problems(content):
        yield Violation(_PATH, mutual_tls.truststore, problem.rule, problem.fix)


def truststore_problems(content: bytes) -> Iterator[Problem]:
    """Yield what is wrong with the bytes of a truststore; no message repeats any of them."""
    text = content.decode("ascii", errors="replace")
    if "PRIVATE KEY-----" in text:
        yield Problem("must not hold a private key", "remove it: only certificates are trusted; and make a new one")
    if not content.isascii():
        yield Problem("must be plain text in ASCII", "remove signs with accents, such as those of an authority's name")
    blocks = _BLOCK.findall(text)
    if not blocks:
        yield Problem("must hold certificates in PEM", "write `-----BEGIN CERTIFICATE-----` and so on")
    if len(blocks) > MOST_CERTIFICATES or len(content) > MOST_BYTES:
        yield Problem(
            f"must hold {MOST_CERTIFICATES} certificates in {MOST_BYTES} bytes at most",
            "leave out authorities that issue no certificates of clients",
        )
        return
    for position, block in enumerate(blocks, start=1):
        yield from _certificate(position, block)


def _certificate(position: int, block: str) -> Iterator[Problem]:
    # Read only where there is a truststore: the library takes a while to load.
    from cryptography import x509  # noqa: PLC0415  # loaded only where there is a truststore
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415  # as above

    try:
        certificate = x509.load_pem_x509_certificate(block.encode())
        key = certificate.public_key()
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        yield Problem(f"has a certificate that cannot be read, number {position}", "export it anew, in PEM")
        return
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS
    ):
        yield Problem(
            f"has a certificate whose key API Gateway does not take, number {position}",
            f"use RSA keys of {LEAST_RSA_BITS} bits or more, or ECDSA keys",
        )
    if algorithm is not None and algorithm.name in WEAK_HASHES:
        yield Problem(
            f"has a certificate signed with {algorithm.name}, number {position}", "sign it with SHA-256 or better"
        )
