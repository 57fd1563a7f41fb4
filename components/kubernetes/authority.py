"""Certificate authorities of the platform's own, for domains that no public one can see.

cert-manager makes its key in the cluster, where it stays: it is in no state and no stack file. Clients that are to trust the hosts get its certificate,
the key `tls.crt` of the secret of the authority's name in cert-manager's namespace.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.custom_resource import custom_resource

API_VERSION = "cert-manager.io/v1"
AUTHORITY = "platform-authority"
"""Name of the platform's authority: of its certificate and of its secret."""
ROOT = "platform-root"
"""Issuer that signs the authority itself."""
YEAR_HOURS = 8760
VALID_YEARS = 10
"""How long the authority is valid: clients have to be told of a new one."""


def certificate_authority(
    name: str,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    *,
    authority: str = AUTHORITY,
    root: str = ROOT,
) -> k8s.apiextensions.CustomResource:
    """Make an authority, and return its certificate; `namespace` is cert-manager's, where issuers for the whole cluster look for secrets."""
    signer = custom_resource(
        f"{name}-root",
        api_version=API_VERSION,
        kind="ClusterIssuer",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=root),
        spec={"selfSigned": {}},
        opts=opts,
    )
    return custom_resource(
        f"{name}-authority",
        api_version=API_VERSION,
        kind="Certificate",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=authority, namespace=namespace),
        spec={
            "isCA": True,
            "commonName": f"API management platform, {authority}",
            "secretName": authority,
            "duration": f"{VALID_YEARS * YEAR_HOURS}h",
            "renewBefore": f"{YEAR_HOURS}h",
            # One key for good: a certificate renewed with it is trusted by whoever trusts the one before.
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": root},
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[signer])),
    )


def issuer_spec(authority: str = AUTHORITY) -> dict[str, Any]:
    """Return the specification of an issuer that signs by an authority."""
    return {"ca": {"secretName": authority}}
