"""Certificates of one deployment's hosts by an authority of its own, beside those that another authority signs."""

from typing import TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.authority import API_VERSION, certificate_authority, issuer_spec
from components.kubernetes.certificates import HostCertificate, certificate_spec, without_hosts
from components.kubernetes.custom_resource import custom_resource


class PrivateCertificatesArgs(TypedDict):
    """Inputs of a private authority's certificates."""

    authority: str
    """Name of the authority, of its issuer, and of the secret with its key: lower-case letters, digits and hyphens."""
    namespace: pulumi.Input[str]
    """Namespace of cert-manager."""
    certificates: list[HostCertificate]
    """The certificates that it signs."""


class PrivateCertificates(pulumi.ComponentResource):
    """An authority, its issuer for the whole cluster, and its certificates; put cert-manager (`Certificates`) into `depends_on`."""

    def __init__(self, name: str, args: PrivateCertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:PrivateCertificates", name, {}, opts)
        refuse(name, without_hosts(args["certificates"]))
        issuer = args["authority"]
        self.authority = certificate_authority(
            name, args["namespace"], after(self, opts), authority=issuer, root=f"{issuer}-root"
        )
        self.issuer = custom_resource(
            f"{name}-issuer",
            api_version=API_VERSION,
            kind="ClusterIssuer",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=issuer),
            spec=issuer_spec(issuer),
            opts=after(self, opts, self.authority),
        )
        self.certificates = [
            custom_resource(
                f"{name}-{certificate['secret']}",
                api_version=API_VERSION,
                kind="Certificate",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=certificate["secret"], namespace=certificate["namespace"]),
                spec=certificate_spec(certificate, issuer),
                opts=after(self, opts, self.issuer),
            )
            for certificate in args["certificates"]
        ]
        self.register_outputs({})
