"""Keystores (PKCS #12) for programs that take nothing else: a private key with its certificate, under a password.

The same input always gives the same file, so that it is a fit input of a resource: salts and the initial vector, which are taken by chance elsewhere,
are derived from the content and the password, and so never the same for two different contents. The key is encrypted by AES-256 in CBC mode under a key
of PBKDF2 (RFC 7292 and RFC 8018), which Java reads since 8u301 and 11.0.12 (own knowledge); the certificates, which are no secrets, are in clear.
"""

import base64
import hashlib
import hmac

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ITERATIONS = 10000
"""Rounds of both derivations: what OpenJDK writes keystores with (own knowledge, JDK 17)."""

_BLOCK = 64
"""Block of SHA-256, in bytes."""

_SEQUENCE, _SET, _OCTETS, _NULL = 0x30, 0x31, 0x04, 0x05


def keystore(key_pem: str, certificate_pem: str, authority_pem: str, password: str, alias: str = "ssl") -> str:
    """Return key, certificate and authority as PKCS #12 under a password, in base64 without line ends.

    Raises `ValueError` for anything but a private key and certificates in PEM, and for an empty password.
    """
    if not password:
        raise ValueError("a keystore needs a password")
    key = load_pem_private_key(key_pem.encode(), None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain = [x509.load_pem_x509_certificate(pem.encode()) for pem in (certificate_pem, authority_pem)]
    first, *others = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    seed = hmac.digest(password.encode(), b"".join((key, first, *others)), "sha256")
    named = _attributes(alias, chain[0].fingerprint(hashes.SHA1()))  # noqa: S303 - an identifier, as Java makes it
    certificates = [_certificate_bag(first, named), *(_certificate_bag(other, b"") for other in others)]
    safes = [_data(_sequence(*certificates)), _data(_sequence(_key_bag(_encrypted(key, password, seed), named)))]
    content = _sequence(*safes)
    return base64.b64encode(_sequence(_integer(3), _data(content), _digest(content, password, seed))).decode()


def _encrypted(key: bytes, password: str, seed: bytes) -> bytes:
    """Return a private key as EncryptedPrivateKeyInfo by PBES2."""
    salt, vector = _derived(seed, b"salt")[:16], _derived(seed, b"vector")[:16]
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=ITERATIONS)
    padder = PKCS7(128).padder()
    padded = padder.update(key) + padder.finalize()
    cipher = Cipher(algorithms.AES(kdf.derive(password.encode())), modes.CBC(vector)).encryptor()
    hmac_sha256 = _sequence(_oid("1.2.840.113549.2.9"), _element(_NULL, b""))
    pbkdf2 = _sequence(
        _oid("1.2.840.113549.1.5.12"),
        _sequence(_element(_OCTETS, salt), _integer(ITERATIONS), hmac_sha256),
    )
    aes_256_cbc = _sequence(_oid("2.16.840.1.101.3.4.1.42"), _element(_OCTETS, vector))
    pbes2 = _sequence(_oid("1.2.840.113549.1.5.13"), _sequence(pbkdf2, aes_256_cbc))
    return _sequence(pbes2, _element(_OCTETS, cipher.update(padded) + cipher.finalize()))


def _digest(content: bytes, password: str, seed: bytes) -> bytes:
    """Return the file's digest under the password (RFC 7292, appendix B: purpose 3, one block of SHA-256)."""
    salt = _derived(seed, b"digest")[:16]
    text = password.encode("utf-16-be") + b"\0\0"
    key = bytes([3]) * _BLOCK + _filled(salt) + _filled(text)
    for _ in range(ITERATIONS):
        key = hashlib.sha256(key).digest()
    sha256 = _sequence(_oid("2.16.840.1.101.3.4.2.1"), _element(_NULL, b""))
    value = _sequence(sha256, _element(_OCTETS, hmac.digest(key, content, "sha256")))
    return _sequence(value, _element(_OCTETS, salt), _integer(ITERATIONS))


def _filled(text: bytes) -> bytes:
    """Return a text repeated to whole blocks."""
    length = _BLOCK * -(-len(text) // _BLOCK)
    return (text * (length // len(text) + 1))[:length]


def _derived(seed: bytes, purpose: bytes) -> bytes:
    return hmac.digest(seed, purpose, "sha256")


def _certificate_bag(certificate: bytes, attributes: bytes) -> bytes:
    x509_certificate = _sequence(_oid("1.2.840.113549.1.9.22.1"), _element(0xA0, _element(_OCTETS, certificate)))
    return _sequence(_oid("1.2.840.113549.1.12.10.1.3"), _element(0xA0, x509_certificate), attributes)


def _key_bag(encrypted: bytes, attributes: bytes) -> bytes:
    return _sequence(_oid("1.2.840.113549.1.12.10.1.2"), _element(0xA0, encrypted), attributes)


def _attributes(alias: str, identifier: bytes) -> bytes:
    """Return the attributes by which key and certificate find each other: a name, and an identifier."""
    name = _sequence(_oid("1.2.840.113549.1.9.20"), _element(_SET, _element(0x1E, alias.encode("utf-16-be"))))
    local = _sequence(_oid("1.2.840.113549.1.9.21"), _element(_SET, _element(_OCTETS, identifier)))
    return _element(_SET, b"".join(sorted((name, local))))


def _data(content: bytes) -> bytes:
    return _sequence(_oid("1.2.840.113549.1.7.1"), _element(0xA0, _element(_OCTETS, content)))


def _sequence(*parts: bytes) -> bytes:
    return _element(_SEQUENCE, b"".join(parts))


def _element(tag: int, value: bytes) -> bytes:
    """Return one element of DER."""
    length = len(value)
    if length < 0x80:
        return bytes([tag, length]) + value
    digits = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(digits)]) + digits + value


def _integer(number: int) -> bytes:
    return _element(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _oid(name: str) -> bytes:
    first, second, *rest = (int(part) for part in name.split("."))
    encoded = bytearray([40 * first + second])
    for part in rest:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(0x80 | part & 0x7F)
        encoded += bytes(reversed(groups))
    return _element(0x06, bytes(encoded))
