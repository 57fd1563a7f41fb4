"""Specs of how the ingress speaks to the services behind it: by TLS, and with one user at one pod."""

from collections.abc import Sequence
from typing import Any

from components.kubernetes.ingress_specs import GATEWAY_API, IngressGateway, IngressHost, listener_name

AFFINITY_COOKIE = "apim-affinity"
"""Cookie that says with which pod a user stays."""


def affinity_spec(route: str) -> dict[str, Any]:
    """Return the policy of one host's route by which a cookie keeps a user with one pod, as long as there are the same pods."""
    cookie = {
        "name": AFFINITY_COOKIE,
        "ttl": "0s",  # the proxy sets it where there is none, for as long as the browser runs
        "attributes": {"Secure": "", "SameSite": "Lax"},
    }
    return {
        "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": route}],
        "loadBalancer": {"type": "ConsistentHash", "consistentHash": {"type": "Cookie", "cookie": cookie}},
    }


def sticky(host: IngressHost) -> bool:
    """Tell whether users of a host stay with one pod."""
    return host.get("sticky", False)


def encrypted(gateways: Sequence[IngressGateway]) -> list[tuple[str, str, str]]:
    """Return namespace, name and secret with the authority of every service that is spoken to by TLS, sorted."""
    routes = (route for gateway in gateways for host in gateway["hosts"] for route in host["routes"])
    return sorted(
        {(route["namespace"], route["service"], route["tls_secret"]) for route in routes if "tls_secret" in route}
    )


def tls_spec(namespace: str, service: str, secret: str) -> dict[str, Any]:
    """Return the policy by which proxies speak TLS to a service and verify its certificate.

    The secret holds the authority as `ca.crt`, as cert-manager writes it beside each certificate; Envoy Gateway takes secrets as well as ConfigMaps.
    """
    return {
        "targetRefs": [{"group": "", "kind": "Service", "name": service}],
        "validation": {
            "hostname": f"{service}.{namespace}.svc",
            "caCertificateRefs": [{"group": "", "kind": "Secret", "name": secret}],
        },
    }


def passed_on(gateways: Sequence[IngressGateway]) -> set[tuple[str, str]]:
    """Return namespace and name of every service that ends TLS itself."""
    hosts = (host for gateway in gateways for host in gateway["hosts"] if host.get("passthrough", False))
    return {(route["namespace"], route["service"]) for host in hosts for route in host["routes"]}


def passthrough_spec(gateway: IngressGateway, host: IngressHost) -> dict[str, Any]:
    """Return the route (kind TLSRoute) of a host whose connections are passed on unopened, told apart by the name that clients ask for."""
    return {
        "parentRefs": [{"name": gateway["name"], "sectionName": listener_name(host["host"])}],
        "hostnames": [host["host"]],
        "rules": [
            {
                "backendRefs": [
                    {
                        "kind": "Service",
                        "namespace": route["namespace"],
                        "name": route["service"],
                        "port": route["port"],
                    }
                    for route in host["routes"]
                ]
            }
        ],
    }
