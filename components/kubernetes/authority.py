"""The platform's own certificate authority, for a domain that no public one can see.

cert-manager makes its key in the cluster, where it stays: it is in no state and no stack file. Clients that are to trust the hosts get its certificate,
the key `tls.crt` of the secret `AUTHORITY` in cert-manager's namespace.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.custom_resource import custom_resource

API_VERSION = "cert-manager.io/v1"
AUTHORITY = "platform-authority"
"""Name of the authority's certificate and of its secret."""
ROOT = "platform-root"
"""Issuer that signs the authority itself."""
YEAR_HOURS = 8760
VALID_YEARS = 10
"""How long the authority is valid: clients have to be told of a new one."""


def platform_authority(
    name: str, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.CustomResource:
    """Make the authority, and return its certificate; `namespace` is cert-manager's, where issuers for the whole cluster look for secrets."""
    root = custom_resource(
        f"{name}-root",
        api_version=API_VERSION,
        kind="ClusterIssuer",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=ROOT),
        spec={"selfSigned": {}},
        opts=opts,
    )
    return custom_resource(
        f"{name}-authority",
        api_version=API_VERSION,
        kind="Certificate",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=AUTHORITY, namespace=namespace),
        spec={
            "isCA": True,
            "commonName": "API management platform",
            "secretName": AUTHORITY,
            "duration": f"{VALID_YEARS * YEAR_HOURS}h",
            "renewBefore": f"{YEAR_HOURS}h",
            # One key for good: a certificate renewed with it is trusted by whoever trusts the one before.
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": ROOT},
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[root])),
    )


def issuer_spec() -> dict[str, Any]:
    """Return the specification of an issuer that signs by the authority."""
    return {"ca": {"secretName": AUTHORITY}}
