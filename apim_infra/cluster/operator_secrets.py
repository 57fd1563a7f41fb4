"""Secrets that operators write: certificates of cert-manager, and values of external-secrets."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apim_infra.cluster.operator_data import Object, name_of, namespace_of, part
from apim_infra.cluster.stand_in_objects import Manifest, secret

_DAYS = 90
"""Validity of a stand-in's certificate; nobody checks it."""


def certificate(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the secret of a Certificate: a key and a certificate signed by itself, and stand-ins of keystores."""
    del others
    spec = part(custom, "spec")
    names = [str(name) for name in spec.get("dnsNames") or ()]
    key, signed = _signed(str(spec.get("commonName") or (names[0] if names else name_of(custom))), tuple(names))
    values = {"tls.key": key, "tls.crt": signed, "ca.crt": signed}
    for keystore, files in (
        ("pkcs12", ("keystore.p12", "truststore.p12")),
        ("jks", ("keystore.jks", "truststore.jks")),
    ):
        if part(spec, "keystores", keystore).get("create"):
            values |= dict.fromkeys(files, "stand-in")
    made = secret(str(spec["secretName"]), namespace_of(custom), (), kind="kubernetes.io/tls")
    made["stringData"] = values
    for field in ("labels", "annotations"):
        if part(spec, "secretTemplate", field):
            made["metadata"][field] = dict(part(spec, "secretTemplate", field))
    yield made


def issuer(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the secret with the account key of an ACME issuer, in its own namespace or that of cert-manager."""
    del others
    reference = part(custom, "spec", "acme", "privateKeySecretRef")
    if reference and custom["kind"] == "Issuer":
        yield secret(str(reference["name"]), namespace_of(custom), ("tls.key",))


def external_secret(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the secret of an ExternalSecret; nothing where it only writes into one that is there."""
    del others
    spec = part(custom, "spec")
    target = part(spec, "target")
    if target.get("creationPolicy", "Owner") not in {"Owner", "Orphan"}:
        return
    keys = [str(row["secretKey"]) for row in cast(list[Object], spec.get("data") or ())]
    template = part(target, "template")
    kind = str(template.get("type") or "Opaque")
    keys += [key for key in part(template, "data") if key not in keys]
    yield secret(str(target.get("name") or name_of(custom)), namespace_of(custom), tuple(keys), kind=kind)


@cache
def _signed(common_name: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Return a private key and a certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=_DAYS))
    )
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
