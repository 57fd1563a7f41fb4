"""Specs of the ingress: gateways, proxies, routes and policies, as their kinds define them."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from components.kubernetes.helm_release import sized
from components.kubernetes.pods import ROLE_LABEL, Placement, scheduling, spread

ADDON = "envoy-gateway"
GATEWAY_API = "gateway.networking.k8s.io"
ENVOY_API = "gateway.envoyproxy.io"
CLASS = "envoy"
CONTROLLER = f"{ENVOY_API}/gatewayclass-controller"
ROLE = "ingress-controller"
GATEWAY_LABEL = "apim.io/ingress"
"""Label of the proxies' pods that names their gateway."""
HTTPS_PORT = 443
HTTP_PORT = 80
"""Ports of a gateway's service. Its pods listen on 10443 and 10080: Envoy Gateway adds 10,000 to a port below 1,024."""


class IngressRoute(TypedDict):
    """Where requests for a path go."""

    path: NotRequired[str]
    """Prefix of the path; `/` by default. The longest prefix wins."""
    namespace: str
    """Namespace of the service."""
    service: str
    """Name of the service."""
    port: int
    """Port of the service."""
    tls_secret: NotRequired[str]
    """Secret of its namespace with the authority (`ca.crt`) of its certificate for `<service>.<namespace>.svc`, where it speaks TLS; HTTP by default."""


class IngressCors(TypedDict):
    """Cross-origin requests that browsers may make."""

    origins: list[str]
    """Origins, or `*` for every one."""
    methods: list[str]
    """Methods."""
    headers: list[str]
    """Request headers."""
    credentials: NotRequired[bool]
    """Whether cookies and authorization headers are sent along; default false."""
    max_age_seconds: NotRequired[int]
    """How long browsers remember the answer, in seconds; default 3600."""


class IngressHost(TypedDict):
    """One host of a gateway."""

    host: str
    """Fully qualified name."""
    certificate: str
    """Name of the TLS secret, in the namespace of the gateways."""
    routes: list[IngressRoute]
    """Where its requests go, at least one."""
    sticky: NotRequired[bool]
    """Whether a cookie keeps a user with one pod, for user interfaces that keep sessions; default false."""
    cors: NotRequired[IngressCors]
    """Cross-origin requests, answered by the proxies; left to the services by default."""
    passthrough: NotRequired[bool]
    """Whether TLS is passed on unopened to its only service, which shows a certificate of its own; default false."""


class TargetGroup(TypedDict):
    """A target group of a cloud load balancer, whose targets are the gateway's pods."""

    port: int
    """Port of the gateway's service: 443, or 80 for the redirect to HTTPS."""
    arn: pulumi.Input[str]
    """Its ARN."""


class LoadBalancerService(TypedDict):
    """What a gateway's service says where the cluster makes its load balancer from it."""

    annotations: Mapping[str, pulumi.Input[str]]
    """Annotations by which the load balancer gets its address."""
    source_cidrs: Sequence[pulumi.Input[str]]
    """Ranges that it lets in."""
    trusted_hops: NotRequired[int]
    """Proxies of ours before it, each of which adds the client's address to X-Forwarded-For; none by default."""


class IngressGateway(TypedDict):
    """One gateway with its own proxies, behind its own load balancer."""

    name: str
    """Name of the gateway, such as `internal` or `public`; its service is `ingress-<name>`."""
    hosts: list[IngressHost]
    """Its hosts, at most 63."""
    role: NotRequired[str]
    """Role of its proxies in network policies, where gateways must be told apart; `ingress-controller` by default."""
    target_groups: NotRequired[list[TargetGroup]]
    """Target groups that get its pods; none by default."""
    source_cidrs: NotRequired[list[str]]
    """Client ranges that it lets in; everyone by default, since the load balancer decides. It must see the clients' addresses."""
    proxy_protocol: NotRequired[bool]
    """Whether the load balancer tells the client's address by the proxy protocol; false by default."""
    load_balancer: NotRequired[LoadBalancerService]
    """The load balancer that the cluster makes from its service; none by default: the service is of type ClusterIP."""


def service_name(gateway: str) -> str:
    """Return the name of a gateway's service, of its Deployment and of its EnvoyProxy."""
    return f"ingress-{gateway}"


def proxy_labels(gateway: IngressGateway) -> dict[str, str]:
    """Return the labels by which network policies find the pods of a gateway."""
    return {ROLE_LABEL: gateway.get("role", ROLE), GATEWAY_LABEL: gateway["name"]}


def controller_values(placement: Placement, replicas: int) -> dict[str, Any]:
    """Return the values of the controller's chart."""
    place = scheduling(placement)
    return {
        "deployment": {
            "replicas": replicas,
            "envoyGateway": {"resources": sized(ADDON, "controller")},
            "pod": {**place, "labels": {ROLE_LABEL: ROLE}},
        },
        "podDisruptionBudget": {"minAvailable": 1 if replicas > 1 else 0},
        "certgen": {"job": {**place, "resources": sized(ADDON, "certgen")}},
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": CONTROLLER},
                "provider": {"type": "Kubernetes"},
                "logging": {"level": {"default": "info"}},
            }
        },
        "service": {"type": "ClusterIP"},
    }


def proxy_spec(gateway: IngressGateway, placement: Placement, replicas: int, max_replicas: int) -> dict[str, Any]:
    """Return the EnvoyProxy of a gateway: names, size and place of its proxies."""
    name, labels = service_name(gateway["name"]), proxy_labels(gateway)
    shutdown = {"name": "shutdown-manager", "resources": sized(ADDON, "shutdown-manager")}
    kubernetes: dict[str, Any] = {
        "envoyDeployment": {
            "name": name,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "container": {"resources": sized(ADDON, "proxy")},
            "pod": {**scheduling(placement), "labels": labels, "topologySpreadConstraints": spread(labels)},
            # The controller gives this container requests alone, which a quota on limits refuses.
            "patch": {
                "type": "StrategicMerge",
                "value": {"spec": {"template": {"spec": {"containers": [shutdown]}}}},
            },
        },
        "envoyService": {"name": name, **_service(gateway)},
    }
    if max_replicas > replicas:
        cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}}
        kubernetes["envoyHpa"] = {
            "minReplicas": replicas,
            "maxReplicas": max_replicas,
            "metrics": [{"type": "Resource", "resource": cpu}],
        }
    else:
        kubernetes["envoyDeployment"]["replicas"] = replicas
    if replicas > 1:
        kubernetes["envoyPDB"] = {"name": name, "maxUnavailable": 1}
    return {
        "provider": {"type": "Kubernetes", "kubernetes": kubernetes},
        # Longer than the load balancer takes to send no more requests to a pod that leaves.
        "shutdown": {"minDrainDuration": "20s", "drainTimeout": "60s"},
    }


def _service(gateway: IngressGateway) -> dict[str, Any]:
    """Return type and annotations of a gateway's service."""
    if "load_balancer" not in gateway:
        return {"type": "ClusterIP", "annotations": {}}
    balancer = gateway["load_balancer"]
    return {
        "type": "LoadBalancer",
        "annotations": balancer["annotations"],
        "loadBalancerSourceRanges": list(balancer["source_cidrs"]),
        # Only nodes with a proxy get requests, and the proxy sees the client's address.
        "externalTrafficPolicy": "Local",
    }


def gateway_spec(gateway: IngressGateway) -> dict[str, Any]:
    """Return the Gateway: one HTTPS listener for each host, and one for HTTP, whose only route is the redirect."""
    same = {"namespaces": {"from": "Same"}}
    https = [
        {
            "name": listener_name(host["host"]),
            "hostname": host["host"],
            "port": HTTPS_PORT,
            **_tls(host),
            "allowedRoutes": same,
        }
        for host in gateway["hosts"]
    ]
    http = {"name": "http", "port": HTTP_PORT, "protocol": "HTTP", "allowedRoutes": same}
    return {
        "gatewayClassName": CLASS,
        "infrastructure": {
            "parametersRef": {"group": ENVOY_API, "kind": "EnvoyProxy", "name": service_name(gateway["name"])}
        },
        "listeners": [*https, http],
    }


def _tls(host: IngressHost) -> dict[str, Any]:
    """Return where TLS of a host ends: here, or at its service."""
    if host.get("passthrough", False):
        return {"protocol": "TLS", "tls": {"mode": "Passthrough"}}
    certificate = {"kind": "Secret", "name": host["certificate"]}
    return {"protocol": "HTTPS", "tls": {"mode": "Terminate", "certificateRefs": [certificate]}}


def listener_name(host: str) -> str:
    """Return the name of a host's HTTPS listener."""
    return host.replace(".", "-").replace("*", "any")


def redirect_spec(gateway: IngressGateway) -> dict[str, Any]:
    """Return the route from HTTP to HTTPS."""
    redirect = {"scheme": "https", "port": HTTPS_PORT, "statusCode": 301}
    return {
        "parentRefs": [{"name": gateway["name"], "sectionName": "http"}],
        "rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}],
    }


def backends(gateways: Sequence[IngressGateway]) -> list[tuple[str, str]]:
    """Return namespace and name of every service that any gateway routes to, sorted."""
    routes = (route for gateway in gateways for host in gateway["hosts"] for route in host["routes"])
    return sorted({(route["namespace"], route["service"]) for route in routes})


def grant_spec(namespace: str, service: str, kind: str = "HTTPRoute") -> dict[str, Any]:
    """Return the leave that routes of the gateways' namespace get to send to a service of another one."""
    return {
        "from": [{"group": GATEWAY_API, "kind": kind, "namespace": namespace}],
        "to": [{"group": "", "kind": "Service", "name": service}],
    }


def _target(gateway: IngressGateway) -> dict[str, Any]:
    return {"targetRefs": [{"group": GATEWAY_API, "kind": "Gateway", "name": gateway["name"]}]}


def client_policy_spec(gateway: IngressGateway, minimum_tls: str) -> dict[str, Any]:
    """Return how clients may talk to a gateway."""
    policy: dict[str, Any] = {
        **_target(gateway),
        "tls": {"minVersion": minimum_tls},
        # A path that is written in two ways must not get past a rule that names one of them.
        "path": {"escapedSlashesAction": "UnescapeAndRedirect"},
    }
    hops = gateway["load_balancer"].get("trusted_hops", 0) if "load_balancer" in gateway else 0
    if hops:
        policy["clientIPDetection"] = {"xForwardedFor": {"numTrustedHops": hops}}
    return {**policy, "proxyProtocol": {"optional": False}} if gateway.get("proxy_protocol") else policy


def security_policy_spec(gateway: IngressGateway) -> dict[str, Any]:
    """Return the policy that lets in the client ranges of a gateway and nobody else."""
    allow = {"name": "clients", "action": "Allow", "principal": {"clientCIDRs": gateway.get("source_cidrs", [])}}
    return {**_target(gateway), "authorization": {"defaultAction": "Deny", "rules": [allow]}}


def cors_policy_spec(gateway: IngressGateway, route: str, cors: IngressCors) -> dict[str, Any]:
    """Return the policy of one host's route by which the proxies answer cross-origin requests.

    A policy of a route takes the place of its gateway's, whose client ranges it therefore repeats.
    """
    policy = security_policy_spec(gateway) if gateway.get("source_cidrs") else {}
    return {
        **policy,
        "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": route}],
        "cors": {
            "allowOrigins": cors["origins"],
            "allowMethods": cors["methods"],
            "allowHeaders": cors["headers"],
            "allowCredentials": cors.get("credentials", False),
            "maxAge": f"{cors.get('max_age_seconds', 3600)}s",
        },
    }


def binding_spec(gateway: IngressGateway, target: TargetGroup) -> dict[str, Any]:
    """Return the binding of a gateway's pods to a target group; security groups are the infrastructure's."""
    return {
        "targetGroupARN": target["arn"],
        "targetType": "ip",
        "serviceRef": {"name": service_name(gateway["name"]), "port": target["port"]},
    }


def monitor_spec() -> dict[str, Any]:
    """Return what Prometheus reads from the proxies of every gateway."""
    return {
        "selector": {"matchExpressions": [{"key": GATEWAY_LABEL, "operator": "Exists"}]},
        # The container's own port, 19001; answers are counted by host, route and status.
        "podMetricsEndpoints": [{"port": "metrics", "path": "/stats/prometheus", "interval": "30s"}],
        "podTargetLabels": [GATEWAY_LABEL],
    }
