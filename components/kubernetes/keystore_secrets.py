"""A TLS secret and a keystore of the same key, by an authority of its own, for programs that take their keystore as text."""

from typing import Any, TypedDict, cast

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
import pulumi_tls as tls

from components.common import after
from components.keystore import keystore

YEAR_HOURS = 8760
AUTHORITY_HOURS = 10 * YEAR_HOURS
"""How long the authority is valid; whoever verifies is told of the next one by the same secret."""
CERTIFICATE_HOURS = 2 * YEAR_HOURS
"""How long the certificate is valid: longer than a year of pods that are never restarted."""
RENEWAL_HOURS = YEAR_HOURS
"""How long before its end the next deployment makes another one."""


class KeystoreSecretsArgs(TypedDict):
    """Arguments of `KeystoreSecrets`."""

    namespace: pulumi.Input[str]
    """Namespace of both secrets."""
    secret: str
    """Name of the TLS secret: `tls.crt`, `tls.key`, and the authority as `ca.crt`."""
    hosts: list[str]
    """Names that the certificate is for; the first one is its common name."""
    keystore_secret: str
    """Name of the secret with the keystore."""
    keystore_key: str
    """Its key with the keystore: PKCS #12 in base64, as text."""
    password_key: str
    """Its key with the keystore's password."""


class KeystoreSecrets(pulumi.ComponentResource):
    """Key, certificate and keystore. Children: `authority_key`, `authority`, `key`, `request`, `certificate`, `password`, `tls`, `keystore`."""

    def __init__(self, name: str, args: KeystoreSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:KeystoreSecrets", name, {}, opts)
        child, first = pulumi.ResourceOptions(parent=self), args["hosts"][0]
        self.authority_key = tls.PrivateKey(f"{name}-authority-key", algorithm="RSA", rsa_bits=3072, opts=child)
        self.authority = tls.SelfSignedCert(
            f"{name}-authority",
            private_key_pem=self.authority_key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name=f"{name} authority", organization="apim"),
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=AUTHORITY_HOURS,
            early_renewal_hours=3 * YEAR_HOURS,
            set_subject_key_id=True,
            opts=child,
        )
        self.key = tls.PrivateKey(f"{name}-key", algorithm="RSA", rsa_bits=2048, opts=child)
        self.request = tls.CertRequest(
            f"{name}-request",
            private_key_pem=self.key.private_key_pem,
            # A common name is at most 64 characters (X.520); clients go by the names beside it.
            subject=tls.CertRequestSubjectArgs(common_name=first[:64], organization="apim"),
            dns_names=args["hosts"],
            opts=child,
        )
        self.certificate = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=self.request.cert_request_pem,
            ca_private_key_pem=self.authority_key.private_key_pem,
            ca_cert_pem=self.authority.cert_pem,
            allowed_uses=["digital_signature", "key_encipherment", "server_auth", "client_auth"],
            validity_period_hours=CERTIFICATE_HOURS,
            early_renewal_hours=RENEWAL_HOURS,
            opts=child,
        )
        self.password = random.RandomPassword(f"{name}-password", length=32, special=False, opts=child)
        self.tls = self._secret(
            f"{name}-tls",
            args["secret"],
            {
                "tls.crt": self.certificate.cert_pem,
                "tls.key": self.key.private_key_pem,
                "ca.crt": self.authority.cert_pem,
            },
            args,
            opts,
        )
        made = pulumi.Output.all(
            self.key.private_key_pem, self.certificate.cert_pem, self.authority.cert_pem, self.password.result
        ).apply(_keystore)
        self.keystore = self._secret(
            f"{name}-keystore",
            args["keystore_secret"],
            {args["keystore_key"]: made, args["password_key"]: self.password.result},
            args,
            opts,
        )
        self.register_outputs({})

    def _secret(
        self,
        name: str,
        secret: str,
        values: dict[str, pulumi.Output[str]],
        args: KeystoreSecretsArgs,
        opts: pulumi.ResourceOptions | None,
    ) -> k8s.core.v1.Secret:
        return k8s.core.v1.Secret(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=args["namespace"]),
            type="kubernetes.io/tls" if "tls.key" in values else "Opaque",
            string_data={key: pulumi.Output.secret(value) for key, value in values.items()},
            opts=after(self, opts),
        )


def _keystore(parts: list[Any]) -> str:
    key, certificate, authority, password = cast("list[str]", parts)
    return keystore(key, certificate, authority, password)
