"""Central ingress by Traefik: the second Gateway API controller, with one release of its own for each gateway."""

from collections.abc import Iterator

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes import ingress_backends as behind
from components.kubernetes import ingress_specs as specs
from components.kubernetes import traefik_values as own
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned
from components.kubernetes.ingress import IngressArgs, problems
from components.kubernetes.ingress_objects import GATEWAY_API, CustomResource, IngressObjects
from components.kubernetes.ingress_routes import route_specs
from components.kubernetes.ingress_specs import IngressGateway


class TraefikIngress(pulumi.ComponentResource):
    """Traefik behind every gateway, with the gateways, routes and policies, and the bindings of its pods to target groups.

    It does what `Ingress` does but for cookies that keep a user with one pod, answers to cross-origin requests, and TLS that is passed on: these are refused.
    Children: `definitions` (the kinds of the Gateway API), `releases`, `classes` and `gateways` by the name of the gateway, `grants`,
    `encryption`, `routes` by `<gateway>-<host>` with hyphens for dots (the redirects of a gateway by `http-<gateway>`), and `bindings`.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:TraefikIngress", name, {}, opts)
        refuse(name, [*problems(args), *_missing(args)])
        self._prefix, self._given = name, opts
        self.definitions = helm_release(
            f"{name}-definitions-release",
            own.DEFINITIONS,
            pinned(own.DEFINITIONS),
            args["namespace"],
            own.definitions_values(),
            opts=after(self, opts),
        )
        self._objects = IngressObjects(self, name, args["namespace"], opts, self.definitions)
        self.grants = self._objects.grants(args["gateways"])
        self.encryption = self._objects.encryption(args["gateways"])
        self.releases: dict[str, k8s.helm.v3.Release] = {}
        self.classes: dict[str, CustomResource] = {}
        self.gateways: dict[str, CustomResource] = {}
        self.routes: dict[str, CustomResource] = {}
        self.bindings: list[CustomResource] = []
        for gateway in args["gateways"]:
            self._gateway(gateway, args)
            self._routes(gateway)
        self.register_outputs({})

    def _gateway(self, gateway: IngressGateway, args: IngressArgs) -> None:
        """Make a gateway with its class, its proxies and its bindings."""
        name, replicas = gateway["name"], args["replicas"]
        self.classes[name] = custom_resource(
            f"{self._prefix}-{name}-class",
            api_version=GATEWAY_API,
            kind="GatewayClass",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=own.class_name(name), labels={specs.GATEWAY_LABEL: name}),
            spec={"controllerName": own.CONTROLLER},
            opts=after(self, self._given, self.definitions),
        )
        values = own.values(
            gateway,
            args["placement"],
            replicas,
            args.get("max_replicas", replicas),
            args.get("minimum_tls", "1.2"),
            metrics=args.get("metrics", False),
        )
        self.releases[name] = helm_release(
            f"{self._prefix}-{name}-release",
            specs.service_name(name),
            pinned(own.ADDON),
            args["namespace"],
            values,
            opts=after(self, self._given, self.definitions),
        )
        self.gateways[name] = self._objects.make(
            f"{name}-gateway",
            GATEWAY_API,
            "Gateway",
            name,
            own.listening_spec(gateway),
            before=[self.classes[name], self.releases[name]],
        )
        self.bindings += self._objects.bindings(gateway, self.releases[name])

    def _routes(self, gateway: IngressGateway) -> None:
        """Make the routes of a gateway's hosts, and that from HTTP to HTTPS."""
        before = [self.gateways[gateway["name"]], *self.grants]
        self.routes |= self._objects.redirect(gateway, before)
        for host in gateway["hosts"]:
            for route, spec in route_specs(gateway, host).items():
                self.routes[route] = self._objects.make(route, GATEWAY_API, "HTTPRoute", route, spec, before=before)


def _missing(args: IngressArgs) -> Iterator[tuple[str, str]]:
    """Yield what only the other controller does."""
    for gateway in args["gateways"]:
        for host in gateway["hosts"]:
            path = f"gateways.{gateway['name']}.hosts.{host['host']}"
            if behind.sticky(host):
                yield f"{path}.sticky", "Traefik has no cookie for routes of the Gateway API: use Envoy Gateway"
            if "cors" in host:
                yield f"{path}.cors", "Traefik answers no cross-origin requests here: use Envoy Gateway"
            if host.get("passthrough", False):
                yield f"{path}.passthrough", "Traefik passes no TLS on here: use Envoy Gateway"
