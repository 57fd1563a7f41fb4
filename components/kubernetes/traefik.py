"""Central ingress by Traefik: the second Gateway API controller, with one release of its own for each gateway."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes import ingress_backends as behind
from components.kubernetes import ingress_specs as specs
from components.kubernetes import traefik_values as own
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.helm_release import helm_release, pinned
from components.kubernetes.ingress import BINDING_API, GATEWAY_API, GRANT_API, IngressArgs, problems
from components.kubernetes.ingress_routes import route_specs
from components.kubernetes.ingress_specs import IngressGateway

CustomResource = k8s.apiextensions.CustomResource


class TraefikIngress(pulumi.ComponentResource):
    """Traefik behind every gateway, with the gateways, routes and policies, and the bindings of its pods to target groups.

    It does what `Ingress` does but for cookies that keep a user with one pod, and answers to cross-origin requests, which the Gateway API does not have
    and which are refused. Children: `definitions` (the kinds of the Gateway API), `releases`, `classes` and `gateways` by the name of the gateway, `grants`,
    `encryption`, `routes` by `<gateway>-<host>` with hyphens for dots (the redirects of a gateway by `http-<gateway>`), and `bindings`.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:TraefikIngress", name, {}, opts)
        refuse(name, [*problems(args), *_missing(args)])
        self._prefix, self._inside, self._given = name, args["namespace"], opts
        self.definitions = helm_release(
            f"{name}-definitions-release",
            own.DEFINITIONS,
            pinned(own.DEFINITIONS),
            args["namespace"],
            own.definitions_values(),
            opts=after(self, opts),
        )
        self.grants = [
            self._make(
                f"{namespace}-{service}-grant",
                GRANT_API,
                "ReferenceGrant",
                f"ingress-{service}",
                specs.grant_spec(args["namespace"], service),
                namespace=namespace,
            )
            for namespace, service in specs.backends(args["gateways"])
            if namespace != args["namespace"]
        ]
        self.encryption = [
            self._make(
                f"{namespace}-{service}-encryption",
                GATEWAY_API,
                "BackendTLSPolicy",
                f"ingress-{service}",
                behind.tls_spec(namespace, service, secret),
                namespace=namespace,
            )
            for namespace, service, secret in behind.encrypted(args["gateways"])
        ]
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
        self.gateways[name] = self._make(
            f"{name}-gateway",
            GATEWAY_API,
            "Gateway",
            name,
            own.listening_spec(gateway),
            before=[self.classes[name], self.releases[name]],
        )
        for target in gateway.get("target_groups", []):
            part = f"{name}-{target['port']}"
            binding = specs.binding_spec(gateway, target)
            self.bindings.append(
                self._make(
                    f"{part}-binding", BINDING_API, "TargetGroupBinding", part, binding, before=[self.releases[name]]
                )
            )

    def _routes(self, gateway: IngressGateway) -> None:
        """Make the routes of a gateway's hosts, and that from HTTP to HTTPS."""
        before = [self.gateways[gateway["name"]], *self.grants]
        redirect = f"http-{gateway['name']}"
        self.routes[redirect] = self._make(
            redirect, GATEWAY_API, "HTTPRoute", redirect, specs.redirect_spec(gateway), before=before
        )
        for host in gateway["hosts"]:
            for route, spec in route_specs(gateway, host).items():
                self.routes[route] = self._make(route, GATEWAY_API, "HTTPRoute", route, spec, before=before)

    def _make(
        self,
        part: str,
        api_version: str,
        kind: str,
        object_name: str,
        spec: Mapping[str, Any],
        *,
        namespace: str = "",
        before: Sequence[pulumi.Resource] = (),
    ) -> CustomResource:
        return custom_resource(
            f"{self._prefix}-{part}",
            api_version=api_version,
            kind=kind,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=object_name, namespace=namespace or self._inside),
            spec=spec,
            opts=after(self, self._given, self.definitions, *before),
        )


def _missing(args: IngressArgs) -> Iterator[tuple[str, str]]:
    """Yield what only the other controller does."""
    for gateway in args["gateways"]:
        for host in gateway["hosts"]:
            path = f"gateways.{gateway['name']}.hosts.{host['host']}"
            if behind.sticky(host):
                yield f"{path}.sticky", "Traefik has no cookie for routes of the Gateway API: use Envoy Gateway"
            if "cors" in host:
                yield f"{path}.cors", "Traefik answers no cross-origin requests here: use Envoy Gateway"
