"""The private authority of a Cassandra ring, and the certificates that it signs."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

from components.cassandra_configuration import facts


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A private key with its certificate, as PEM."""

    certificate: pulumi.Output[str]
    """The certificate; no secret."""
    key: pulumi.Output[str]
    """Its private key, a secret."""


class CertificateAuthority:
    """An authority for one ring alone: its private key never leaves the state of the stack."""

    certificate: pulumi.Output[str]
    """Certificate of the authority, as PEM; no secret."""

    def __init__(self, name: str, parent: pulumi.Resource) -> None:
        self._name, self._child = name, pulumi.ResourceOptions(parent=parent)
        self._hours = facts()["certificates"]
        self.key = tls.PrivateKey(f"{name}-authority-key", algorithm="ECDSA", ecdsa_curve="P256", opts=self._child)
        self.root = tls.SelfSignedCert(
            f"{name}-authority",
            private_key_pem=self.key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name=f"{name} authority", organization="apim"),
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=self._hours["authority"],
            set_subject_key_id=True,
            opts=self._child,
        )
        self.certificate = self.root.cert_pem

    def sign(
        self, part: str, common_name: str, *, addresses: Sequence[str] = (), dns_names: Sequence[str] = ()
    ) -> SignedCertificate:
        """Make a key, and a certificate for both sides of a connection: nodes are servers to clients and clients of each other."""
        name = f"{self._name}-{part}"
        key = tls.PrivateKey(f"{name}-key", algorithm="ECDSA", ecdsa_curve="P256", opts=self._child)
        request = tls.CertRequest(
            f"{name}-request",
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=common_name, organization="apim"),
            ip_addresses=list(addresses),
            dns_names=list(dns_names),
            opts=self._child,
        )
        signed = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=self.key.private_key_pem,
            ca_cert_pem=self.root.cert_pem,
            allowed_uses=["digital_signature", "key_agreement", "server_auth", "client_auth"],
            validity_period_hours=self._hours["node"],
            early_renewal_hours=self._hours["renewal"],
            opts=self._child,
        )
        return SignedCertificate(signed.cert_pem, key.private_key_pem_pkcs8)
