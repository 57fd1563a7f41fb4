"""Certificates of an Application Gateway: kept in a vault, and read by an identity of the gateway's own."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure
import pulumi_tls as tls

from components.azure.pkcs12 import bundle
from components.azure.role_assignment import assign
from components.azure.tags import Tags
from components.common import refuse

CONTENT_TYPE = "application/x-pkcs12"
"""How a vault says that a secret is a certificate with its key."""
HOURS_OF_AUTHORITY = 10 * 365 * 24
HOURS_OF_CERTIFICATE = 365 * 24
"""Below the 398 days that browsers accept."""
EARLY_HOURS = 60 * 24
"""How long before its end a certificate is renewed, by the first deployment after that."""
LONGEST_COMMON_NAME = 64
"""Characters of a common name (X.520); longer hosts stand in the list of names alone."""


class GatewayCertificateArgs(TypedDict):
    """Arguments of `GatewayCertificate`. Exactly one of `secret_id` and `hosts`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the identity, and of the vault that a certificate made here is kept in."""
    location: pulumi.Input[str]
    """Region of the identity."""
    subscription_id: pulumi.Input[str]
    """Subscription of gateway and vault; a gateway reads vaults of its own subscription alone."""
    vault_id: pulumi.Input[str]
    """Resource id of the vault. It gives rights by roles, and lets trusted services of Azure in, which the gateway is."""
    secret_id: NotRequired[pulumi.Input[str]]
    """Secret with a certificate that is brought along (its URL), in PKCS #12; without a version, a renewed one is taken up by itself."""
    hosts: NotRequired[Sequence[str]]
    """Hosts of a certificate that is made here, by an authority of its own, which clients must be told to trust."""
    vault_name: NotRequired[pulumi.Input[str]]
    """Name of the vault, for a certificate that is made here."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: GatewayCertificateArgs) -> Iterator[tuple[str, str]]:
    if ("secret_id" in args) == ("hosts" in args):
        yield "secret_id", "give either secret_id of a certificate, or hosts of one to make"
    if "hosts" in args and not args["hosts"]:
        yield "hosts", "a certificate needs a host: give one at least"
    if "hosts" in args and "vault_name" not in args:
        yield "vault_name", "a certificate that is made here is kept in a vault: give its name"


class GatewayCertificate(pulumi.ComponentResource):
    """An identity that may read one vault's secrets, and the certificate that it reads: brought along, or made here.

    A certificate that is made here is renewed by deployments alone. Its secret has a name that changes with it, so that the gateway takes it up.
    """

    identity_id: pulumi.Output[str]
    """The identity, for the gateway."""
    secret_id: pulumi.Output[str]
    """URL of the secret that holds the certificate."""
    authority_pem: pulumi.Output[str] | None
    """Certificate of the authority that clients must trust; None for a certificate that is brought along."""

    def __init__(self, name: str, args: GatewayCertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:GatewayCertificate", name, {}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        self.identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            tags=args.get("tags"),
            opts=child,
        )
        self.right = assign(
            f"{name}-right",
            role="Key Vault Secrets User",
            principal_id=self.identity.principal_id,
            scope=self._vault_id(name, args),
            subscription_id=args["subscription_id"],
            opts=child,
        )
        self.identity_id = self.identity.id
        self.authority_pem = None
        if "secret_id" in args:
            self.secret_id = pulumi.Output.from_input(args["secret_id"])
        else:
            self.secret_id = self._made(name, args)
        self.register_outputs(
            {"identity_id": self.identity_id, "secret_id": self.secret_id, "authority_pem": self.authority_pem}
        )

    def _vault_id(self, name: str, args: GatewayCertificateArgs) -> pulumi.Input[str]:
        """Return the vault's id. One that is brought along is read, so that a wrong id is refused before anything is made of it."""
        if "secret_id" not in args:
            return args["vault_id"]
        return azure.keyvault.Vault.get(f"{name}-vault", args["vault_id"], pulumi.ResourceOptions(parent=self)).id

    def _made(self, name: str, args: GatewayCertificateArgs) -> pulumi.Output[str]:
        """Make an authority and a certificate, and keep the certificate with its key in the vault; return the secret's URL."""
        child = pulumi.ResourceOptions(parent=self)
        authority_key = tls.PrivateKey(f"{name}-authority-key", algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        authority = tls.SelfSignedCert(
            f"{name}-authority",
            private_key_pem=authority_key.private_key_pem,
            is_ca_certificate=True,
            subject=tls.SelfSignedCertSubjectArgs(common_name=name[:LONGEST_COMMON_NAME]),
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=HOURS_OF_AUTHORITY,
            opts=child,
        )
        hosts = list(args.get("hosts", ()))
        key = tls.PrivateKey(f"{name}-key", algorithm="RSA", rsa_bits=2048, opts=child)
        request = tls.CertRequest(
            f"{name}-request",
            private_key_pem=key.private_key_pem,
            dns_names=hosts,
            subject=tls.CertRequestSubjectArgs(
                common_name=next((host for host in hosts if len(host) <= LONGEST_COMMON_NAME), name)
            ),
            opts=child,
        )
        certificate = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=authority_key.private_key_pem,
            ca_cert_pem=authority.cert_pem,
            allowed_uses=["digital_signature", "key_encipherment", "server_auth"],
            validity_period_hours=HOURS_OF_CERTIFICATE,
            early_renewal_hours=EARLY_HOURS,
            opts=child,
        )
        self.authority_pem = authority.cert_pem
        parts = pulumi.Output.all(key.private_key_pem, certificate.cert_pem, authority.cert_pem)
        self.secret = azure.keyvault.Secret(
            f"{name}-secret",
            resource_group_name=args["resource_group_name"],
            vault_name=args.get("vault_name", ""),
            secret_name=certificate.cert_pem.apply(lambda pem: _secret_name(name, pem)),
            properties=azure.keyvault.SecretPropertiesArgs(
                value=pulumi.Output.secret(parts.apply(lambda each: bundle(*each))), content_type=CONTENT_TYPE
            ),
            tags=args.get("tags"),
            opts=child,
        )
        return self.secret.properties.apply(lambda properties: properties.secret_uri or "")


def _secret_name(name: str, certificate_pem: str) -> str:
    """Return a name that the secret of another certificate does not have."""
    return f"{name}-{hashlib.sha256(certificate_pem.encode()).hexdigest()[:8]}"
