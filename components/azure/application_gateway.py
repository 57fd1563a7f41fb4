"""Application Gateway v2: the way in for the hosts of API users, by HTTPS to the ingress controller."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure import application_gateway_parts as parts
from components.azure.application_gateway_parts import SiteArgs
from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.public_address import public_address
from components.azure.tags import Tags
from components.common import after, refuse

MOST_SITES = 50
"""Sites with a listener for HTTPS and one for HTTP each, of the 100 active listeners that a gateway has (Azure subscription limits, Application Gateway)."""


class ApplicationGatewayArgs(TypedDict):
    """Arguments of `ApplicationGateway`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the gateway and its address."""
    resource_group_id: pulumi.Input[str]
    """Resource id of that group: parts of a gateway name each other by their resource ids."""
    location: pulumi.Input[str]
    """Region."""
    subnet_id: pulumi.Input[str]
    """Subnet that is the gateway's alone."""
    sites: Sequence[SiteArgs]
    """The hosts, each with a listener, a probe and a rule of its own."""
    certificates: Mapping[str, pulumi.Input[str]]
    """Name of a certificate to the Key Vault secret (URL without a version, so that a renewed one is taken up by itself) that holds it."""
    identity_id: pulumi.Input[str]
    """User-assigned identity that may read these secrets."""
    backend_addresses: Sequence[pulumi.Input[str]]
    """Addresses of the ingress controller: that of its internal load balancer."""
    trusted_roots: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Name to root certificate (base64 of its DER form) by which the ingress controller's certificates are verified; public authorities by default."""
    capacity: int
    """Instances, or the fewest of them where it scales by itself."""
    max_capacity: NotRequired[int]
    """Most instances; it does not scale by itself by default."""
    firewall: NotRequired[bool]
    """Whether it is of the tier with a web application firewall (WAF_v2), and not Standard_v2; default false."""
    firewall_policy_id: NotRequired[pulumi.Input[str]]
    """Policy of the web application firewall; needed where it is one."""
    http2: NotRequired[pulumi.Input[bool]]
    """Whether clients may use HTTP/2; default false."""
    zones: NotRequired[Sequence[str]]
    """Zones of instances and address; none by default."""
    public_ip_prefix_id: NotRequired[pulumi.Input[str]]
    """Prefix that the public address is taken from; any address by default."""
    deletion_protection: NotRequired[bool]
    """Whether gateway and address refuse to be deleted; the address in Azure too; default false."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where access, firewall and performance logs go; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: ApplicationGatewayArgs) -> Iterator[tuple[str, str]]:
    hosts = [site["host"] for site in args["sites"]]
    if not 0 < len(hosts) <= MOST_SITES:
        yield "sites", f"a gateway has 1 to {MOST_SITES} sites, not {len(hosts)}"
    if len(set(hosts)) < len(hosts):
        yield "sites", f"each host may occur once, there are {', '.join(hosts)}"
    for site in args["sites"]:
        if site["certificate"] not in args["certificates"]:
            known = ", ".join(args["certificates"]) or "none"
            yield f"sites.{site['host']}.certificate", f"'{site['certificate']}' is not among certificates: {known}"
    if not args["backend_addresses"]:
        yield "backend_addresses", "a gateway without backends answers 502 to everything: give one at least"
    most = args.get("max_capacity")
    if most is not None and most < args["capacity"]:
        yield "max_capacity", f"must not be below capacity ({args['capacity']}), and is {most}"
    if args.get("firewall", False) != ("firewall_policy_id" in args):
        yield "firewall_policy_id", "belongs to the tier with a firewall: give both firewall and its policy, or neither"


class ApplicationGateway(pulumi.ComponentResource):
    """A gateway of tier Standard_v2 or WAF_v2 with a public address and, for each host, a listener, a redirect from HTTP, a probe and a rule.

    Clients speak TLS 1.2 or later; the gateway decrypts, and encrypts again to the ingress controller, whose certificate it verifies. Where the
    backend is one address, that of a load balancer, cookies that pin clients to a backend pin them to it, and the ingress controller to a pod.

    Put what the gateway needs at its whole life into `depends_on`: the rules of its subnet, which Azure does not let go first, and the right
    to read the certificates.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    address: pulumi.Output[str]
    """Public address."""
    address_id: pulumi.Output[str]
    """Resource of the public address, for alias records."""

    def __init__(self, name: str, args: ApplicationGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:ApplicationGateway", name, {**args}, opts)
        refuse(name, _problems(args))
        protection = args.get("deletion_protection", False)
        self.public_ip = public_address(
            f"{name}-address", args, pulumi.ResourceOptions(parent=self, protect=protection or None)
        )
        self.locked = {name: self.public_ip.id} if protection else {}
        gateway_id = pulumi.Output.concat(
            args["resource_group_id"], "/providers/Microsoft.Network/applicationGateways/", name
        )
        scales = "max_capacity" in args
        tier = "WAF_v2" if args.get("firewall", False) else "Standard_v2"
        self.gateway = azure.network.ApplicationGateway(
            f"{name}-gateway",
            # Named, since its parts name each other by resource ids that begin with the gateway's own.
            application_gateway_name=name,
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.network.ApplicationGatewaySkuArgs(
                name=tier, tier=tier, capacity=None if scales else args["capacity"]
            ),
            autoscale_configuration=(
                azure.network.ApplicationGatewayAutoscaleConfigurationArgs(
                    min_capacity=args["capacity"], max_capacity=args["max_capacity"]
                )
                if "max_capacity" in args
                else None
            ),
            enable_http2=args.get("http2", False),
            zones=list(args.get("zones", ())) or None,
            identity=azure.network.ManagedServiceIdentityArgs(
                type=azure.network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args["identity_id"]]
            ),
            gateway_ip_configurations=[
                azure.network.ApplicationGatewayIPConfigurationArgs(
                    name="subnet", subnet=azure.network.SubResourceArgs(id=args["subnet_id"])
                )
            ],
            frontend_ip_configurations=[
                azure.network.ApplicationGatewayFrontendIPConfigurationArgs(
                    name=parts.FRONTEND, public_ip_address=azure.network.SubResourceArgs(id=self.public_ip.id)
                )
            ],
            frontend_ports=parts.frontend_ports(),
            ssl_policy=parts.tls_policy(),
            ssl_certificates=parts.certificates(args["certificates"]),
            trusted_root_certificates=parts.trusted_roots(args.get("trusted_roots", {})),
            backend_address_pools=[parts.backend_pool(args["backend_addresses"])],
            backend_http_settings_collection=[
                parts.backend_settings(gateway_id, site, list(args.get("trusted_roots", {}))) for site in args["sites"]
            ],
            probes=[parts.probe(site) for site in args["sites"]],
            http_listeners=[
                listener
                for site in args["sites"]
                for listener in (parts.https_listener(gateway_id, site), parts.http_listener(gateway_id, site))
            ],
            redirect_configurations=[parts.redirect(gateway_id, site) for site in args["sites"]],
            rewrite_rule_sets=[parts.client_address()],
            request_routing_rules=[
                rule
                for position, site in enumerate(args["sites"])
                for rule in (
                    parts.forwarding_rule(gateway_id, site, position),
                    parts.redirecting_rule(gateway_id, site, position),
                )
            ],
            firewall_policy=(
                azure.network.SubResourceArgs(id=args["firewall_policy_id"]) if "firewall_policy_id" in args else None
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions.merge(
                after(self, opts),
                # Its subnet is its alone, and its name is taken.
                pulumi.ResourceOptions(protect=protection or None, delete_before_replace=True),
            ),
        )
        if "diagnostics" in args:
            diagnose(name, self.gateway.id, args["diagnostics"], opts=pulumi.ResourceOptions(parent=self))
        self.id = self.gateway.id
        self.address_id = self.public_ip.id
        self.address = self.public_ip.ip_address.apply(lambda address: address or "")
        self.register_outputs({"id": self.id, "address": self.address, "address_id": self.address_id})
