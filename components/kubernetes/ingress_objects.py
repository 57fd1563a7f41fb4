"""Objects of the Gateway API that every ingress has, whichever controller serves them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes import ingress_backends as behind
from components.kubernetes import ingress_specs as specs
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.ingress_specs import IngressGateway

CustomResource = k8s.apiextensions.CustomResource
GATEWAY_API = f"{specs.GATEWAY_API}/v1"
GRANT_API = f"{specs.GATEWAY_API}/v1beta1"
BINDING_API = "elbv2.k8s.aws/v1beta1"


@dataclass(frozen=True, slots=True)
class IngressObjects:
    """Makes custom resources as children of an ingress, once the kinds that they need are there."""

    ingress: pulumi.ComponentResource
    """The component that they belong to."""
    prefix: str
    """Its name, in front of theirs."""
    namespace: str
    """Its namespace, where they are unless another one is named."""
    given: pulumi.ResourceOptions | None
    """What the component was told, and with it what to wait for."""
    kinds: pulumi.Resource
    """The release that brings the kinds of the Gateway API."""

    def make(
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
        """Make one object, after the kinds and `before`."""
        return custom_resource(
            f"{self.prefix}-{part}",
            api_version=api_version,
            kind=kind,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=object_name, namespace=namespace or self.namespace),
            spec=spec,
            opts=after(self.ingress, self.given, self.kinds, *before),
        )

    def grants(self, gateways: Sequence[IngressGateway]) -> list[CustomResource]:
        """Make the leave to send to services of other namespaces."""
        passed_on = behind.passed_on(gateways)
        return [
            self.make(
                f"{namespace}-{service}-grant",
                GRANT_API,
                "ReferenceGrant",
                f"ingress-{service}",
                specs.grant_spec(
                    self.namespace, service, "TLSRoute" if (namespace, service) in passed_on else "HTTPRoute"
                ),
                namespace=namespace,
            )
            for namespace, service in specs.backends(gateways)
            if namespace != self.namespace
        ]

    def encryption(self, gateways: Sequence[IngressGateway]) -> list[CustomResource]:
        """Make what says that services are asked by TLS, and whose certificates they have."""
        return [
            self.make(
                f"{namespace}-{service}-encryption",
                GATEWAY_API,
                "BackendTLSPolicy",
                f"ingress-{service}",
                behind.tls_spec(namespace, service, secret),
                namespace=namespace,
            )
            for namespace, service, secret in behind.encrypted(gateways)
        ]

    def bindings(self, gateway: IngressGateway, before: pulumi.Resource) -> list[CustomResource]:
        """Make the bindings of a gateway's pods to target groups of load balancers."""
        return [
            self.make(
                f"{gateway['name']}-{target['port']}-binding",
                BINDING_API,
                "TargetGroupBinding",
                f"{gateway['name']}-{target['port']}",
                specs.binding_spec(gateway, target),
                before=[before],
            )
            for target in gateway.get("target_groups", [])
        ]

    def redirect(self, gateway: IngressGateway, before: Sequence[pulumi.Resource]) -> dict[str, CustomResource]:
        """Make the route of a gateway from HTTP to HTTPS, by its name."""
        name = f"http-{gateway['name']}"
        return {name: self.make(name, GATEWAY_API, "HTTPRoute", name, specs.redirect_spec(gateway), before=before)}
