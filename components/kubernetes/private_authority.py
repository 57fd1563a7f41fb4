"""A certificate authority of the platform's own, for hosts of a domain that no public authority can see."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.custom_resource import custom_resource

API_VERSION = "cert-manager.io/v1"
AUTHORITY = "platform-authority"
"""Name of the authority's certificate and of the secret with its key, in cert-manager's namespace, where issuers for the whole cluster look."""

DURATION = "87600h"
"""Ten years: whoever trusts an authority has to be told of a new one."""


def private_authority(
    name: str, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions, authority: str = AUTHORITY
) -> k8s.apiextensions.CustomResource:
    """Make an authority that signs itself; return its certificate, after which `issuer_spec` can sign with its key.

    Clients trust it by `tls.crt` of its secret. The key never leaves the cluster.
    """
    root = custom_resource(
        f"{name}-authority-root",
        api_version=API_VERSION,
        kind="ClusterIssuer",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{authority}-root"),
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
            "commonName": authority,
            "secretName": authority,
            "duration": DURATION,
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": f"{authority}-root"},
            "privateKey": {"algorithm": "ECDSA", "size": 256},
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[root])),
    )


def issuer_spec(authority: str = AUTHORITY) -> dict[str, Any]:
    """Return the spec of an issuer that signs with the authority's key."""
    return {"ca": {"secretName": authority}}
