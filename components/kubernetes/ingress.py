"""Central ingress: a Gateway API controller where TLS ends, routed by host and path, behind load balancers that the cloud owns."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes import ingress_backends as behind
from components.kubernetes import ingress_specs as specs
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned
from components.kubernetes.ingress_objects import GATEWAY_API, CustomResource, IngressObjects
from components.kubernetes.ingress_routes import route_specs
from components.kubernetes.ingress_specs import IngressGateway, IngressHost
from components.kubernetes.pods import Placement

ENVOY_API = f"{specs.ENVOY_API}/v1alpha1"
MONITORING_API = "monitoring.coreos.com/v1"
MOST_HOSTS = 63
"""Listeners of a Gateway are at most 64 (Gateway API 1.6), of which one redirects to HTTPS."""


class IngressArgs(TypedDict):
    """Inputs of the ingress."""

    namespace: str
    """Namespace of the controller, the gateways, their proxies and their TLS secrets."""
    placement: Placement
    """Pool on which the proxies run."""
    controller_placement: NotRequired[Placement]
    """Pool on which the controller runs; that of the proxies by default."""
    gateways: list[IngressGateway]
    """The gateways."""
    replicas: int
    """Replicas of each gateway's proxies; the controller has two when it is more than one."""
    max_replicas: NotRequired[int]
    """The autoscaler's upper bound; no autoscaler when it is absent or equal to `replicas`."""
    metrics: NotRequired[bool]
    """Whether the proxies are measured, which needs the kinds of the monitoring stack; false by default."""
    minimum_tls: NotRequired[str]
    """Lowest TLS version, `1.2` (default) or `1.3`."""


class Ingress(pulumi.ComponentResource):
    """The controller, its gateways, routes and policies, and the bindings of its proxies to target groups.

    Children: `release`, `gateway_class`, `proxies` and `gateways` by the name of the gateway, `grants`, `encryption`, `routes` by
    `<gateway>-<host>` with hyphens for dots, and a number behind where a host has more than one object holds (the redirects of a
    gateway by `http-<gateway>`), `policies`, `bindings`, and `monitor` with `metrics`.
    Target group bindings need the AWS Load Balancer Controller: put it into `depends_on`.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Ingress", name, {}, opts)
        refuse(name, problems(args))
        self.release = helm_release(
            f"{name}-release",
            specs.ADDON,
            pinned(specs.ADDON),
            args["namespace"],
            specs.controller_values(args.get("controller_placement", args["placement"]), min(args["replicas"], 2)),
            opts=after(self, opts),
        )
        self.gateway_class = custom_resource(
            f"{name}-class",
            api_version=GATEWAY_API,
            kind="GatewayClass",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=specs.CLASS),
            spec={"controllerName": specs.CONTROLLER},
            opts=after(self, opts, self.release),
        )
        self._objects = IngressObjects(self, name, args["namespace"], opts, self.release)
        self.grants = self._objects.grants(args["gateways"])
        self.encryption = self._objects.encryption(args["gateways"])
        self.proxies: dict[str, CustomResource] = {}
        self.gateways: dict[str, CustomResource] = {}
        self.routes: dict[str, CustomResource] = {}
        self.policies: list[CustomResource] = []
        self.bindings: list[CustomResource] = []
        for gateway in args["gateways"]:
            self._gateway(gateway, args)
            self._routes(gateway)
        if args.get("metrics", False):
            self.monitor = self._objects.make(
                "monitor", MONITORING_API, "PodMonitor", "ingress-proxies", specs.monitor_spec()
            )
        self.register_outputs({})

    def _gateway(self, gateway: IngressGateway, args: IngressArgs) -> None:
        """Make a gateway with its proxies, its policies and its bindings."""
        name, replicas = gateway["name"], args["replicas"]
        proxy_spec = specs.proxy_spec(gateway, args["placement"], replicas, args.get("max_replicas", replicas))
        proxy = self._objects.make(f"{name}-proxy", ENVOY_API, "EnvoyProxy", specs.service_name(name), proxy_spec)
        made = self._objects.make(
            f"{name}-gateway",
            GATEWAY_API,
            "Gateway",
            name,
            specs.gateway_spec(gateway),
            before=[self.gateway_class, proxy],
        )
        self.proxies[name], self.gateways[name] = proxy, made
        client_policy = specs.client_policy_spec(gateway, args.get("minimum_tls", "1.2"))
        self.policies.append(
            self._objects.make(
                f"{name}-clients", ENVOY_API, "ClientTrafficPolicy", f"{name}-clients", client_policy, before=[made]
            )
        )
        if gateway.get("source_cidrs"):
            sources = specs.security_policy_spec(gateway)
            self.policies.append(
                self._objects.make(
                    f"{name}-sources", ENVOY_API, "SecurityPolicy", f"{name}-sources", sources, before=[made]
                )
            )
        self.bindings += self._objects.bindings(gateway, made)

    def _routes(self, gateway: IngressGateway) -> None:
        """Make the routes of a gateway's hosts, and that from HTTP to HTTPS."""
        before = [self.gateways[gateway["name"]], *self.grants]
        self.routes |= self._objects.redirect(gateway, before)
        for host in gateway["hosts"]:
            if host.get("passthrough", False):
                route, spec = (
                    f"{gateway['name']}-{specs.listener_name(host['host'])}",
                    behind.passthrough_spec(gateway, host),
                )
                self.routes[route] = self._objects.make(route, GATEWAY_API, "TLSRoute", route, spec, before=before)
                continue
            for route, spec in route_specs(gateway, host).items():
                made = self._objects.make(route, GATEWAY_API, "HTTPRoute", route, spec, before=before)
                self.routes[route] = made
                if behind.sticky(host):
                    part, affinity = f"{route}-affinity", behind.affinity_spec(route)
                    self.policies.append(
                        self._objects.make(part, ENVOY_API, "BackendTrafficPolicy", part, affinity, before=[made])
                    )
                if "cors" in host:
                    part, cors = f"{route}-cors", specs.cors_policy_spec(gateway, route, host["cors"])
                    self.policies.append(
                        self._objects.make(part, ENVOY_API, "SecurityPolicy", part, cors, before=[made])
                    )


def problems(args: IngressArgs) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with gateways, hosts and routes, whichever controller serves them."""
    names = [gateway["name"] for gateway in args["gateways"]]
    if len(set(names)) < len(names):
        yield "gateways", f"each name may occur once, there are {', '.join(names)}"
    for gateway in args["gateways"]:
        path = f"gateways.{gateway['name']}.hosts"
        hosts = [host["host"] for host in gateway["hosts"]]
        if len(set(hosts)) < len(hosts):
            yield path, f"each host may occur once, there are {', '.join(hosts)}"
        if not 0 < len(hosts) <= MOST_HOSTS:
            yield path, f"a gateway has 1 to {MOST_HOSTS} hosts, not {len(hosts)}: leave it out, or make another one"
        for host in gateway["hosts"]:
            yield from _host_problems(f"{path}.{host['host']}", host)


def _host_problems(path: str, host: IngressHost) -> Iterator[tuple[str, str]]:
    paths = [route.get("path", "/") for route in host["routes"]]
    if host.get("passthrough", False) and (paths != ["/"] or "cors" in host or host.get("sticky", False)):
        yield path, "a host whose TLS is passed on has one route, for every path, and neither cors nor sticky"
    if not paths:
        yield path, "a host without routes answers 404 to everything: give at least one"
    if len(set(paths)) < len(paths):
        yield path, f"each path may occur once, there are {', '.join(paths)}"
