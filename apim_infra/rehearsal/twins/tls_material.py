"""Keys and certificates of the twin of `tls`: real PEM that any TLS library reads, the same in every rehearsal with one seed.

Nothing here is fit for use: whoever knows seed and URN knows every private key. Randomness is replaced by a stream that the seed decides,
signatures are deterministic (RFC 6979 for ECDSA; PKCS #1 v1.5 and Ed25519 by nature), and the clock stands at `CLOCK`.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apim_infra.rehearsal.twins.chance import Chance

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
"""Private keys that the provider makes."""

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
"""When certificates of a rehearsal begin to be valid."""

CURVES: Mapping[str, Callable[[], ec.EllipticCurve]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}
PUBLIC_EXPONENT = 65537
WITNESSES = 24
"""Rounds of Miller and Rabin's test; a composite number passes with a probability below 4 to the power of minus 24."""

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "cert_signing",
    "crl_signing",
    "encipher_only",
    "decipher_only",
)
EXTENDED: Mapping[str, x509.ObjectIdentifier] = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "ipsec_end_system": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec_tunnel": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "microsoft_server_gated_crypto": x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape_server_gated_crypto": x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
    "microsoft_commercial_code_signing": x509.ObjectIdentifier("1.3.6.1.4.1.311.2.1.22"),
    "microsoft_kernel_code_signing": x509.ObjectIdentifier("1.3.6.1.4.1.311.61.1.1"),
}
_SUBJECT = (
    ("country", NameOID.COUNTRY_NAME),
    ("organization", NameOID.ORGANIZATION_NAME),
    ("organizationalUnit", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("locality", NameOID.LOCALITY_NAME),
    ("province", NameOID.STATE_OR_PROVINCE_NAME),
    ("streetAddresses", NameOID.STREET_ADDRESS),
    ("postalCode", NameOID.POSTAL_CODE),
    ("commonName", NameOID.COMMON_NAME),
    ("emailAddress", NameOID.EMAIL_ADDRESS),
    ("serialNumber", NameOID.SERIAL_NUMBER),
)


@lru_cache(maxsize=256)
def private_key(algorithm: str, curve: str, bits: int, key: str) -> PrivateKey:
    """Return the private key that belongs to a text; `curve` counts for ECDSA, `bits` for RSA."""
    chance = Chance("tls", key)
    if algorithm == "ED25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(chance.draw(32))
    if algorithm == "ECDSA":
        chosen = CURVES[curve]()
        return ec.derive_private_key(1 + int.from_bytes(chance.draw(64), "big") % (1 << (chosen.key_size - 1)), chosen)
    return _rsa(chance, bits)


def _rsa(chance: Chance, bits: int) -> rsa.RSAPrivateKey:
    while True:
        p, q = _prime(chance, bits - bits // 2), _prime(chance, bits // 2)
        if p != q and (p * q).bit_length() == bits:
            break
    d = rsa.rsa_recover_private_exponent(PUBLIC_EXPONENT, p, q)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    public = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _prime(chance: Chance, bits: int) -> int:
    """Return a prime number with its two highest bits set, that RSA's public exponent does not divide less one."""
    while True:
        number = int.from_bytes(chance.draw(bits // 8 + 1), "big") >> (8 * (bits // 8 + 1) - bits)
        number |= 1 | 3 << (bits - 2)
        if number % PUBLIC_EXPONENT != 1 and _is_prime(number, chance):
            return number


def _is_prime(number: int, chance: Chance) -> bool:
    if any(number % small == 0 for small in _small_primes()):
        return False
    shift = ((number - 1) & (1 - number)).bit_length() - 1
    odd = (number - 1) >> shift
    for _ in range(WITNESSES):
        power = pow(2 + chance.below(1 << 64), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(shift - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


@lru_cache(maxsize=1)
def _small_primes() -> tuple[int, ...]:
    return tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


def load_private_key(pem: str) -> PrivateKey:
    """Return a private key from PEM; raises ValueError when there is none of a kind that the provider knows."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("the key is of another kind")  # noqa: TRY004  callers tell every wrong PEM alike
    return key


def algorithm_of(key: PrivateKey) -> str:
    """Return the provider's word for a key's algorithm."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "ECDSA" if isinstance(key, ec.EllipticCurvePrivateKey) else "ED25519"


def key_outputs(key: PrivateKey) -> dict[str, str]:
    """Return what the provider shows of a private key."""
    public = key.public_key()
    pem, ssh = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.OpenSSH
    # OpenSSH knows no P224.
    known = not (isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp224r1")
    line = public.public_bytes(serialization.Encoding.OpenSSH, ssh).decode() if known else ""
    blob = base64.b64decode(line.split()[1]) if line else b""
    md5, sha256 = hashlib.md5(blob, usedforsecurity=False).digest(), hashlib.sha256(blob).digest()
    return {
        "privateKeyPem": _pem(key, serialization.PrivateFormat.TraditionalOpenSSL),
        "privateKeyPemPkcs8": _pem(key, serialization.PrivateFormat.PKCS8),
        "privateKeyOpenssh": _pem(key, serialization.PrivateFormat.OpenSSH) if known else "",
        "publicKeyPem": public.public_bytes(serialization.Encoding.PEM, pem).decode(),
        "publicKeyOpenssh": f"{line}\n" if line else "",
        "publicKeyFingerprintMd5": ":".join(f"{byte:02x}" for byte in md5) if line else "",
        "publicKeyFingerprintSha256": f"SHA256:{base64.b64encode(sha256).decode().rstrip('=')}" if line else "",
    }


def key_id(key: PrivateKey) -> str:
    """Return the id of a private key's resource: a digest of its public half."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha1(public, usedforsecurity=False).hexdigest()


def request_pem(key: PrivateKey, inputs: Mapping[str, Any]) -> str:
    """Return a signing request for a key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(inputs))
    if names := alternative_names(inputs):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(key, _digest(key), ecdsa_deterministic=_deterministic(key))
    return made.public_bytes(serialization.Encoding.PEM).decode()


def alternative_names(inputs: Mapping[str, Any]) -> list[x509.GeneralName]:
    """Return the names of inputs `dnsNames`, `ipAddresses` and `uris`; raises ValueError for an address that is none."""
    return [
        *(x509.DNSName(name) for name in inputs.get("dnsNames") or ()),
        *(x509.IPAddress(ip_address(address)) for address in inputs.get("ipAddresses") or ()),
        *(x509.UniformResourceIdentifier(uri) for uri in inputs.get("uris") or ()),
    ]


def self_signed(key: PrivateKey, inputs: Mapping[str, Any], serial: int) -> x509.Certificate:
    """Return a certificate that a key signs for itself."""
    name = _name(inputs)
    names = alternative_names(inputs)
    return _certificate(
        inputs, serial, subject=name, issuer=name, public=key.public_key(), signer=key, names=names, authority=None
    )


def signed(
    request: x509.CertificateSigningRequest,
    authority: x509.Certificate,
    authority_key: PrivateKey,
    inputs: Mapping[str, Any],
    serial: int,
) -> x509.Certificate:
    """Return the certificate that an authority signs for a request."""
    try:
        asked = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names: Sequence[x509.GeneralName] = list(asked)
    except x509.ExtensionNotFound:
        names = []
    public = request.public_key()
    return _certificate(
        inputs,
        serial,
        subject=request.subject,
        issuer=authority.subject,
        public=public,
        signer=authority_key,
        names=names,
        authority=authority,
    )


def valid_until(inputs: Mapping[str, Any]) -> datetime:
    """Return when a certificate of these inputs ends."""
    return CLOCK + timedelta(hours=int(inputs["validityPeriodHours"]))


def _certificate(
    inputs: Mapping[str, Any],
    serial: int,
    *,
    subject: x509.Name,
    issuer: x509.Name,
    public: Any,
    signer: PrivateKey,
    names: Sequence[x509.GeneralName],
    authority: x509.Certificate | None,
) -> x509.Certificate:
    is_authority = bool(inputs.get("isCaCertificate"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(CLOCK)
        .not_valid_after(valid_until(inputs))
        .add_extension(x509.BasicConstraints(is_authority, inputs.get("maxPathLength") if is_authority else None), True)
    )
    for extension, critical in _usages(inputs["allowedUses"]):
        builder = builder.add_extension(extension, critical)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if is_authority or inputs.get("setSubjectKeyId"):
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    if authority is not None or inputs.get("setAuthorityKeyId"):
        of: Any = authority.public_key() if authority is not None else signer.public_key()
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(of), critical=False)
    return builder.sign(signer, _digest(signer), ecdsa_deterministic=_deterministic(signer))


def _usages(uses: Sequence[str]) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    plain = {usage: usage in uses for usage in USAGES}
    if any(plain.values()):
        agreement = plain["key_agreement"]
        usage = x509.KeyUsage(
            plain["digital_signature"],
            plain["content_commitment"],
            plain["key_encipherment"],
            plain["data_encipherment"],
            agreement,
            plain["cert_signing"],
            plain["crl_signing"],
            agreement and plain["encipher_only"],
            agreement and plain["decipher_only"],
        )
        found.append((usage, True))
    if extended := [EXTENDED[use] for use in uses if use in EXTENDED]:
        found.append((x509.ExtendedKeyUsage(extended), False))
    return found


def _name(inputs: Mapping[str, Any]) -> x509.Name:
    subject: Mapping[str, Any] = inputs.get("subject") or {}
    parts: list[x509.NameAttribute[str]] = []
    for key, oid in _SUBJECT:
        value: Any = subject.get(key) or []
        texts = cast("list[str]", value) if isinstance(value, list) else [str(value)]
        parts += [x509.NameAttribute(oid, text, _validate=False) for text in texts]
    return x509.Name(parts)


def _digest(key: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _deterministic(key: PrivateKey) -> bool | None:
    return True if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _pem(key: PrivateKey, form: serialization.PrivateFormat) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey) and form is serialization.PrivateFormat.TraditionalOpenSSL:
        form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
