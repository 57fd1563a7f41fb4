"""Parts of an Application Gateway: listeners, backends, probes, redirects and rules, and how they name each other."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

FRONTEND = "public"
HTTPS, HTTP = "https", "http"
POOL = "ingress"
CLIENT_ADDRESS = "client-address"
TLS_POLICY = "AppGwSslPolicy20220101"
"""Microsoft's own policy of TLS 1.2 and 1.3 (Application Gateway documentation, TLS policy overview, 2025)."""
FIRST_PRIORITY, STEP = 100, 10
REDIRECTS_FROM = 10_000
"""Rules of a v2 gateway have a priority of 1 to 20,000, each its own; those of HTTPS come first, in the order of the sites."""
DRAIN_SECONDS = 60
"""How long open connections of a leaving backend are served; as long as the ingress controller's own proxies drain."""
REQUEST_SECONDS = 60
"""How long the ingress controller has to answer; longer than the 30 seconds by default, shorter than its own timeouts."""
PROBE_SECONDS = 10
"""Time between two probes, and how long one may take, in seconds."""


class SiteArgs(TypedDict):
    """A host of the gateway."""

    host: str
    """Fully qualified name."""
    certificate: str
    """Name of its certificate."""
    sticky: NotRequired[bool]
    """Whether a cookie keeps a client with one backend, for user interfaces that keep sessions; default false."""
    probe_path: NotRequired[str]
    """Path that the probe asks for; any answer below 500 will do; `/` by default."""


def label(site: SiteArgs) -> str:
    """Return the name of a site's parts."""
    return site["host"].replace(".", "-").replace("*", "any")


def _part(gateway_id: pulumi.Output[str], kind: str, name: str) -> azure.network.SubResourceArgs:
    """Return how one part of the gateway names another."""
    return azure.network.SubResourceArgs(id=pulumi.Output.concat(gateway_id, f"/{kind}/{name}"))


def frontend_ports() -> list[azure.network.ApplicationGatewayFrontendPortArgs]:
    """Return the ports that clients connect to."""
    return [
        azure.network.ApplicationGatewayFrontendPortArgs(name=name, port=port)
        for name, port in ((HTTPS, 443), (HTTP, 80))
    ]


def tls_policy() -> azure.network.ApplicationGatewaySslPolicyArgs:
    """Return how clients may speak TLS: 1.2 or later."""
    return azure.network.ApplicationGatewaySslPolicyArgs(policy_type="Predefined", policy_name=TLS_POLICY)


def certificates(given: Mapping[str, pulumi.Input[str]]) -> list[azure.network.ApplicationGatewaySslCertificateArgs]:
    """Return the certificates of listeners, which the gateway reads from a vault."""
    return [
        azure.network.ApplicationGatewaySslCertificateArgs(name=name, key_vault_secret_id=secret_id)
        for name, secret_id in given.items()
    ]


def trusted_roots(
    given: Mapping[str, pulumi.Input[str]],
) -> list[azure.network.ApplicationGatewayTrustedRootCertificateArgs] | None:
    """Return the roots by which the ingress controller's certificates are verified; None where public authorities do."""
    return [
        azure.network.ApplicationGatewayTrustedRootCertificateArgs(name=name, data=data) for name, data in given.items()
    ] or None


def backend_pool(addresses: Sequence[pulumi.Input[str]]) -> azure.network.ApplicationGatewayBackendAddressPoolArgs:
    """Return the pool of the ingress controller's addresses."""
    return azure.network.ApplicationGatewayBackendAddressPoolArgs(
        name=POOL,
        backend_addresses=[azure.network.ApplicationGatewayBackendAddressArgs(ip_address=each) for each in addresses],
    )


def backend_settings(
    gateway_id: pulumi.Output[str], site: SiteArgs, roots: Sequence[str]
) -> azure.network.ApplicationGatewayBackendHttpSettingsArgs:
    """Return how the gateway speaks to the ingress controller for one host: by HTTPS, and under the host's own name."""
    return azure.network.ApplicationGatewayBackendHttpSettingsArgs(
        name=label(site),
        protocol="Https",
        port=443,
        # Asked for in the TLS handshake, and verified in the certificate.
        host_name=site["host"],
        cookie_based_affinity="Enabled" if site.get("sticky", False) else "Disabled",
        request_timeout=REQUEST_SECONDS,
        connection_draining=azure.network.ApplicationGatewayConnectionDrainingArgs(
            enabled=True, drain_timeout_in_sec=DRAIN_SECONDS
        ),
        probe=_part(gateway_id, "probes", label(site)),
        trusted_root_certificates=[_part(gateway_id, "trustedRootCertificates", root) for root in roots] or None,
    )


def probe(site: SiteArgs) -> azure.network.ApplicationGatewayProbeArgs:
    """Return how the gateway tells whether the ingress controller answers for a host."""
    return azure.network.ApplicationGatewayProbeArgs(
        name=label(site),
        protocol="Https",
        path=site.get("probe_path", "/"),
        pick_host_name_from_backend_http_settings=True,
        interval=PROBE_SECONDS,
        timeout=PROBE_SECONDS,
        unhealthy_threshold=3,
        # Gateways answer 404 where no API is, and 401 where one asks for credentials: both show that they are well.
        match=azure.network.ApplicationGatewayProbeHealthResponseMatchArgs(status_codes=["200-499"]),
    )


def https_listener(gateway_id: pulumi.Output[str], site: SiteArgs) -> azure.network.ApplicationGatewayHttpListenerArgs:
    """Return the listener of a host, chosen by the name in the TLS handshake."""
    return azure.network.ApplicationGatewayHttpListenerArgs(
        name=_https(site),
        frontend_ip_configuration=_part(gateway_id, "frontendIPConfigurations", FRONTEND),
        frontend_port=_part(gateway_id, "frontendPorts", HTTPS),
        protocol="Https",
        host_names=[site["host"]],
        require_server_name_indication=True,
        ssl_certificate=_part(gateway_id, "sslCertificates", site["certificate"]),
    )


def http_listener(gateway_id: pulumi.Output[str], site: SiteArgs) -> azure.network.ApplicationGatewayHttpListenerArgs:
    """Return the listener whose requests are redirected."""
    return azure.network.ApplicationGatewayHttpListenerArgs(
        name=_http(site),
        frontend_ip_configuration=_part(gateway_id, "frontendIPConfigurations", FRONTEND),
        frontend_port=_part(gateway_id, "frontendPorts", HTTP),
        protocol="Http",
        host_names=[site["host"]],
    )


def redirect(
    gateway_id: pulumi.Output[str], site: SiteArgs
) -> azure.network.ApplicationGatewayRedirectConfigurationArgs:
    """Return the redirect from HTTP to HTTPS, with path and query kept."""
    return azure.network.ApplicationGatewayRedirectConfigurationArgs(
        name=label(site),
        redirect_type="Permanent",
        target_listener=_part(gateway_id, "httpListeners", _https(site)),
        include_path=True,
        include_query_string=True,
    )


def client_address() -> azure.network.ApplicationGatewayRewriteRuleSetArgs:
    """Return the rewriting by which the ingress controller learns the client's address.

    The gateway adds address and port to X-Forwarded-For, which proxies do not read as an address; its variable has the address alone.
    """
    return azure.network.ApplicationGatewayRewriteRuleSetArgs(
        name=CLIENT_ADDRESS,
        rewrite_rules=[
            azure.network.ApplicationGatewayRewriteRuleArgs(
                name="without-port",
                rule_sequence=100,
                action_set=azure.network.ApplicationGatewayRewriteRuleActionSetArgs(
                    request_header_configurations=[
                        azure.network.ApplicationGatewayHeaderConfigurationArgs(
                            header_name="X-Forwarded-For", header_value="{var_add_x_forwarded_for_proxy}"
                        )
                    ]
                ),
            )
        ],
    )


def forwarding_rule(
    gateway_id: pulumi.Output[str], site: SiteArgs, position: int
) -> azure.network.ApplicationGatewayRequestRoutingRuleArgs:
    """Return the rule that sends a host's requests to the ingress controller."""
    return azure.network.ApplicationGatewayRequestRoutingRuleArgs(
        name=_https(site),
        rule_type="Basic",
        priority=FIRST_PRIORITY + STEP * position,
        http_listener=_part(gateway_id, "httpListeners", _https(site)),
        backend_address_pool=_part(gateway_id, "backendAddressPools", POOL),
        backend_http_settings=_part(gateway_id, "backendHttpSettingsCollection", label(site)),
        rewrite_rule_set=_part(gateway_id, "rewriteRuleSets", CLIENT_ADDRESS),
    )


def redirecting_rule(
    gateway_id: pulumi.Output[str], site: SiteArgs, position: int
) -> azure.network.ApplicationGatewayRequestRoutingRuleArgs:
    """Return the rule that sends a host's requests by HTTP back for HTTPS."""
    return azure.network.ApplicationGatewayRequestRoutingRuleArgs(
        name=_http(site),
        rule_type="Basic",
        priority=REDIRECTS_FROM + FIRST_PRIORITY + STEP * position,
        http_listener=_part(gateway_id, "httpListeners", _http(site)),
        redirect_configuration=_part(gateway_id, "redirectConfigurations", label(site)),
    )


def _https(site: SiteArgs) -> str:
    return f"{label(site)}-{HTTPS}"


def _http(site: SiteArgs) -> str:
    return f"{label(site)}-{HTTP}"
