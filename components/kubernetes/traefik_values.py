"""Values of Traefik's chart for one gateway, and what its listeners and routes say differently from those of other controllers."""

from typing import Any

from components.kubernetes.helm_release import sized
from components.kubernetes.ingress_specs import (
    GATEWAY_LABEL,
    HTTP_PORT,
    HTTPS_PORT,
    IngressGateway,
    gateway_spec,
    proxy_labels,
    service_name,
)
from components.kubernetes.pods import Placement, restricted_container, restricted_pod, scheduling, spread

ADDON = "traefik"
DEFINITIONS = "gateway-api"
"""Chart with the kinds of the Gateway API, which Traefik's own does not bring."""
CONTROLLER = "traefik.io/gateway-controller"
LISTENING = {HTTPS_PORT: 8443, HTTP_PORT: 8000}
"""Port of the service to the port of the pods: a listener of a Gateway names the latter (Traefik documentation, Kubernetes Gateway API, 2026)."""
USER = 65532
INSIDE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
"""Private ranges (RFC 1918), in which the load balancers are that are believed when they tell the client's address."""
VERSIONS = {"1.2": "VersionTLS12", "1.3": "VersionTLS13"}


def class_name(gateway: str) -> str:
    """Return the GatewayClass of a gateway, which its own Traefik alone serves."""
    return f"traefik-{gateway}"


def definitions_values() -> dict[str, Any]:
    """Return the values by which the kinds of the Gateway API are installed, and nothing else."""
    return {"crds": {"gatewayAPI": {"enabled": True, "channel": "standard"}, "envoyGateway": {"enabled": False}}}


def values(
    gateway: IngressGateway,
    placement: Placement,
    replicas: int,
    max_replicas: int,
    minimum_tls: str,
    *,
    metrics: bool,
) -> dict[str, Any]:
    """Return the values of one gateway's Traefik."""
    name, labels = service_name(gateway["name"]), proxy_labels(gateway)
    return {
        "fullnameOverride": name,
        "deployment": {
            "replicas": None if max_replicas > replicas else replicas,
            # Longer than the load balancer takes to send no more requests to a pod that leaves.
            "terminationGracePeriodSeconds": 80,
            "lifecycle": {"preStop": {"sleep": {"seconds": 20}}},
            "podLabels": labels,
        },
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1} if replicas > 1 else {"enabled": False},
        "autoscaling": _autoscaling(replicas, max_replicas),
        "resources": sized(ADDON, "proxy"),
        "securityContext": restricted_container(),
        "podSecurityContext": restricted_pod(user=USER),
        "serviceAccount": {"name": ""},
        "service": _service(gateway),
        "ports": _ports(gateway),
        "providers": {
            "kubernetesCRD": {"enabled": False},
            "kubernetesIngress": {"enabled": False},
            "kubernetesGateway": {
                "enabled": True,
                "labelSelector": f"{GATEWAY_LABEL}={gateway['name']}",
                "statusAddress": {"service": {"enabled": "load_balancer" in gateway}},
            },
            "file": {"enabled": True, "content": _file(gateway, minimum_tls)},
        },
        # Class and Gateway are made beside the release, as with any other controller.
        "gateway": {"enabled": False},
        "gatewayClass": {"enabled": False},
        "ingressClass": {"enabled": False},
        "ingressRoute": {"dashboard": {"enabled": False}},
        "api": {"dashboard": False},
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"format": "json"},
        "accessLog": {"enabled": True, "format": "json"},
        "metrics": {"prometheus": {"serviceMonitor": {"enabled": metrics}, "service": {"enabled": metrics}}},
        "topologySpreadConstraints": spread(labels),
        **scheduling(placement),
    }


def _autoscaling(replicas: int, max_replicas: int) -> dict[str, Any]:
    if max_replicas <= replicas:
        return {"enabled": False}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}}
    return {
        "enabled": True,
        "minReplicas": replicas,
        "maxReplicas": max_replicas,
        "metrics": [{"type": "Resource", "resource": cpu}],
    }


def _service(gateway: IngressGateway) -> dict[str, Any]:
    if "load_balancer" not in gateway:
        return {"spec": {"type": "ClusterIP"}}
    balancer = gateway["load_balancer"]
    return {
        "annotations": balancer["annotations"],
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerSourceRanges": list(balancer["source_cidrs"]),
            # Only nodes with a proxy get requests, and the proxy sees the client's address.
            "externalTrafficPolicy": "Local",
        },
    }


def _ports(gateway: IngressGateway) -> dict[str, Any]:
    """Return the entry points; a path that is written in two ways must not get past a rule that names one of them."""
    own: dict[str, Any] = {"middlewares": ["clients@file"]} if gateway.get("source_cidrs") else {}
    told: dict[str, Any] = {}
    if gateway.get("proxy_protocol"):
        told = {"proxyProtocol": {"trustedIPs": INSIDE}}
    hops = gateway["load_balancer"].get("trusted_hops", 0) if "load_balancer" in gateway else 0
    if hops:
        told["forwardedHeaders"] = {"trustedIPs": INSIDE}
    return {
        "web": {"port": LISTENING[HTTP_PORT], "exposedPort": HTTP_PORT, **told},
        "websecure": {
            "port": LISTENING[HTTPS_PORT],
            "exposedPort": HTTPS_PORT,
            "http": {**own, "sanitizePath": True, "encodedCharacters": {"allowEncodedSlash": False}},
            **told,
        },
    }


def _file(gateway: IngressGateway, minimum_tls: str) -> dict[str, Any]:
    """Return what the Gateway API has no words for: the lowest TLS version, and the ranges of clients."""
    content: dict[str, Any] = {"tls": {"options": {"default": {"minVersion": VERSIONS[minimum_tls]}}}}
    ranges = gateway.get("source_cidrs")
    if ranges:
        content["http"] = {"middlewares": {"clients": {"ipAllowList": {"sourceRange": ranges}}}}
    return content


def listening_spec(gateway: IngressGateway) -> dict[str, Any]:
    """Return the Gateway: its listeners name the ports of the pods, and nothing else makes its proxies."""
    made = gateway_spec(gateway)
    listeners = [{**listener, "port": LISTENING[listener["port"]]} for listener in made["listeners"]]
    return {"gatewayClassName": class_name(gateway["name"]), "listeners": listeners}
