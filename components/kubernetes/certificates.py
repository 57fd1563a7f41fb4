"""Certificates of the hosts: cert-manager, an issuer for the whole cluster, and one certificate for each list of hosts."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.authority import API_VERSION, certificate_authority, issuer_spec
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import AZURE_IDENTITY, Placement, scheduling

ADDON = "cert-manager"
ISSUER = "platform"
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LASTING_HOURS = 43800
"""Five years, half of what their authority is valid for: for programs that read a certificate once, when they start."""
PUBLIC_RESOLVERS = "https://1.1.1.1/dns-query,https://8.8.8.8/dns-query"
"""Public resolvers by HTTPS. In an Azure network whose private zone has the domain's own name, nothing else answers from the public zone, where proofs are."""


class Route53Solver(TypedDict):
    """A Route 53 zone in which cert-manager proves that the domain is ours; the rights come by EKS Pod Identity."""

    region: pulumi.Input[str]
    """Region of the AWS API."""
    zone_id: pulumi.Input[str]
    """Public hosted zone of the domain."""


class AzureDnsSolver(TypedDict):
    """An Azure DNS zone in which cert-manager proves that the domain is ours; the rights come by workload identity."""

    subscription_id: pulumi.Input[str]
    """Subscription of the zone."""
    resource_group: pulumi.Input[str]
    """Resource group of the zone."""
    zone: pulumi.Input[str]
    """Name of the public zone."""
    identity_client_id: pulumi.Input[str]
    """Client id of the managed identity that may change the zone."""


class KeystorePassword(TypedDict):
    """Where the password of Java keystores is."""

    secret: str
    """Name of the Kubernetes secret, in the certificate's namespace."""
    key: str
    """Key in it."""


class HostCertificate(TypedDict):
    """One certificate and the secret that it is kept in."""

    namespace: pulumi.Input[str]
    """Namespace of the secret: that of the gateway which ends TLS."""
    secret: str
    """Name of the secret, also of the certificate."""
    hosts: list[str]
    """Fully qualified host names, at least one."""
    keystores: NotRequired[KeystorePassword]
    """Password of the Java keystores `keystore.jks` and `truststore.jks` in the secret; neither is there by default."""
    rsa: NotRequired[bool]
    """Whether the key is RSA of 2048 bits; elliptic (P-256) by default."""
    lasting: NotRequired[bool]
    """Whether it is valid for `LASTING_HOURS` and keeps its key when it is renewed; 90 days and a new key each time by default."""


class CertificatesArgs(TypedDict):
    """Inputs of cert-manager and its certificates. Exactly one of `route53`, `azure_dns` and `private_authority`."""

    namespace: pulumi.Input[str]
    """Namespace of cert-manager."""
    placement: Placement
    """Pool on which it runs."""
    certificates: list[HostCertificate]
    """The certificates."""
    route53: NotRequired[Route53Solver]
    """Certificates from an ACME authority, proven in Route 53."""
    azure_dns: NotRequired[AzureDnsSolver]
    """Certificates from an ACME authority, proven in Azure DNS."""
    private_authority: NotRequired[bool]
    """Certificates from an authority of the platform's own, for a domain that no public one can see; false by default."""
    email: NotRequired[pulumi.Input[str]]
    """Address that the authority warns before a certificate ends; none by default."""
    acme_server: NotRequired[str]
    """Directory of the ACME authority; Let's Encrypt by default."""
    service_account: NotRequired[str]
    """Name of its service account, to which the cloud gives its rights; `cert-manager` by default."""
    replicas: NotRequired[int]
    """Replicas of controller, webhook and injector; 2 by default."""


class Certificates(pulumi.ComponentResource):
    """cert-manager, its issuer and the certificates."""

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Certificates", name, {}, opts)
        refuse(name, _problems(args))
        self.release = helm_release(
            f"{name}-release",
            ADDON,
            pinned(ADDON),
            args["namespace"],
            _values(args),
            opts=after(self, opts),
        )
        self.authority = (
            certificate_authority(name, args["namespace"], after(self, opts, self.release))
            if args.get("private_authority")
            else None
        )
        self.issuer = custom_resource(
            f"{name}-issuer",
            api_version=API_VERSION,
            kind="ClusterIssuer",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=ISSUER),
            spec=_issuer(args),
            opts=after(self, opts, self.release, *([self.authority] if self.authority else [])),
        )
        self.certificates = [self._certificate(name, certificate, opts) for certificate in args["certificates"]]
        self.register_outputs({})

    def _certificate(
        self, name: str, certificate: HostCertificate, opts: pulumi.ResourceOptions | None
    ) -> k8s.apiextensions.CustomResource:
        return custom_resource(
            f"{name}-{certificate['secret']}",
            api_version=API_VERSION,
            kind="Certificate",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=certificate["secret"], namespace=certificate["namespace"]),
            spec=certificate_spec(certificate, ISSUER),
            opts=after(self, opts, self.issuer),
        )


def _problems(args: CertificatesArgs) -> Iterator[tuple[str, str]]:
    given = [key for key in ("route53", "azure_dns", "private_authority") if args.get(key)]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        yield "route53", f"give exactly one of route53, azure_dns and private_authority; there is {found}"
    yield from without_hosts(args["certificates"])


def without_hosts(certificates: list[HostCertificate]) -> Iterator[tuple[str, str]]:
    """Find the certificates that name no host."""
    for certificate in certificates:
        if not certificate["hosts"]:
            yield f"certificates.{certificate['secret']}.hosts", "a certificate needs a host: give at least one"


def certificate_spec(certificate: HostCertificate, issuer: str) -> dict[str, Any]:
    """Return the spec of a certificate by an issuer for the whole cluster."""
    lasting = certificate.get("lasting", False)
    key = {"algorithm": "RSA", "size": 2048} if certificate.get("rsa") else {"algorithm": "ECDSA", "size": 256}
    spec: dict[str, Any] = {
        "secretName": certificate["secret"],
        "dnsNames": certificate["hosts"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer},
        "privateKey": {**key, "rotationPolicy": "Never" if lasting else "Always"},
    }
    if lasting:
        spec |= {"duration": f"{LASTING_HOURS}h", "renewBefore": f"{LASTING_HOURS // 5}h"}
    if keystores := certificate.get("keystores"):
        password = {"name": keystores["secret"], "key": keystores["key"]}
        spec["keystores"] = {"jks": {"create": True, "passwordSecretRef": password}}
    return spec


def _issuer(args: CertificatesArgs) -> dict[str, Any]:
    if args.get("private_authority"):
        return issuer_spec()
    acme: dict[str, Any] = {
        "server": args.get("acme_server", LETS_ENCRYPT),
        "privateKeySecretRef": {"name": f"{ISSUER}-account-key"},
        "solvers": [{"dns01": solver} for solver in _dns01(args)],
    }
    return {"acme": {**acme, "email": args["email"]} if "email" in args else acme}


def _dns01(args: CertificatesArgs) -> Iterator[dict[str, Any]]:
    if "route53" in args:
        yield {"route53": {"region": args["route53"]["region"], "hostedZoneID": args["route53"]["zone_id"]}}
    if "azure_dns" in args:
        solver = args["azure_dns"]
        yield {
            "azureDNS": {
                "subscriptionID": solver["subscription_id"],
                "resourceGroupName": solver["resource_group"],
                "hostedZoneName": solver["zone"],
                "environment": "AzurePublicCloud",
                "managedIdentity": {"clientID": solver["identity_client_id"]},
            }
        }


def _values(args: CertificatesArgs) -> dict[str, Any]:
    place = scheduling(args["placement"])
    replicas = args.get("replicas", 2)
    disruption = {"enabled": replicas > 1, "maxUnavailable": 1}
    account: dict[str, Any] = {"create": True, "name": args.get("service_account", ADDON)}
    azure = args.get("azure_dns")
    if azure:
        account["annotations"] = {"azure.workload.identity/client-id": azure["identity_client_id"]}

    def part(container: str) -> dict[str, Any]:
        return {
            "replicaCount": replicas,
            "podDisruptionBudget": disruption,
            "resources": sized(ADDON, container),
        } | place

    return {
        "crds": {"enabled": True, "keep": True},
        "global": {"leaderElection": {"namespace": args["namespace"]}},
        "serviceAccount": account,
        "podLabels": AZURE_IDENTITY if azure else {},
        **({"dns01RecursiveNameserversOnly": True, "dns01RecursiveNameservers": PUBLIC_RESOLVERS} if azure else {}),
        **part("controller"),
        "webhook": part("webhook"),
        "cainjector": part("cainjector"),
        "startupapicheck": {"resources": sized(ADDON, "startupapicheck")} | place,
    }
