"""Certificates with their keys in the one format (PKCS #12, also PFX) that Application Gateway takes from a vault."""

import base64
import hashlib
import hmac

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12

_ITERATIONS, _BLOCK, _DIGEST, _SALT = 2048, 64, 32, 8
"""Rounds of the derivation, block and length of SHA-256, and length of the salt, in bytes; as `cryptography` writes files without a password."""
_END = _DIGEST + 2 + _SALT + 4
"""From the first byte of the digest to the end of the file: digest, header and value of the salt, and the rounds as a DER integer."""


def bundle(key_pem: str, certificate_pem: str, authority_pem: str) -> str:
    """Return key, certificate and authority as PKCS #12 without a password, in base64.

    The same input always gives the same text, so that it is a fit input of a resource: the salt, which files with a password need by chance, is
    taken from the content. The vault keeps the key; the file itself protects nothing. Raises `ValueError` for anything but an RSA key and certificates.
    """
    key = load_pem_private_key(key_pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the key must be an RSA key")  # noqa: TRY004 - a wrong text, not a wrong type
    file = bytearray(
        pkcs12.serialize_key_and_certificates(
            b"gateway",
            key,
            x509.load_pem_x509_certificate(certificate_pem.encode()),
            [x509.load_pem_x509_certificate(authority_pem.encode())],
            NoEncryption(),
        )
    )
    content, digest_at, salt_at = _content(file), len(file) - _END, len(file) - _SALT - 4
    if bytes(file[digest_at : digest_at + _DIGEST]) != _mac(content, bytes(file[salt_at : salt_at + _SALT])):
        raise ValueError("this version of cryptography writes PKCS #12 in another way")
    salt = hashlib.sha256(content).digest()[:_SALT]
    file[salt_at : salt_at + _SALT] = salt
    file[digest_at : digest_at + _DIGEST] = _mac(content, salt)
    return base64.b64encode(file).decode()


def _content(file: bytearray) -> bytes:
    """Return what the digest is of: the octets inside of the second element of the file."""
    inside, _ = _element(file, 0)  # the file
    _, safe = _element(file, inside)  # behind its version
    inside, _ = _element(file, safe)  # the content's kind and value
    _, value = _element(file, inside)  # behind the kind
    inside, _ = _element(file, value)  # tag [0]
    first, end = _element(file, inside)
    return bytes(file[first:end])


def _element(file: bytearray, at: int) -> tuple[int, int]:
    """Return where the value of a DER element begins and where it ends."""
    length = file[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    digits = length & 0x7F
    first = at + 2 + digits
    return first, first + int.from_bytes(file[at + 2 : first])


def _mac(content: bytes, salt: bytes) -> bytes:
    """Return the digest of the content under the empty password (RFC 7292, appendix B: purpose 3, one block of SHA-256)."""
    key = bytes([3]) * _BLOCK + salt * (_BLOCK // _SALT) + bytes(_BLOCK)
    for _ in range(_ITERATIONS):
        key = hashlib.sha256(key).digest()
    return hmac.digest(key, content, "sha256")
