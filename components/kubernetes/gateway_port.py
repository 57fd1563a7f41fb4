"""A port of the gateways that a load balancer leads to, past the ingress: for protocols that are no HTTP."""

from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse
from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.ingress_specs import LoadBalancerService

BINDING_API = "elbv2.k8s.aws/v1beta1"


class GatewayPortArgs(TypedDict):
    """Arguments of `GatewayPort`."""

    port_name: str
    """Name of the port, unique in the namespace: lower-case letters, digits and hyphens."""
    namespace: pulumi.Input[str]
    """Namespace of the gateways."""
    port: int
    """Number, of the gateways' containers, of their service and of the load balancer."""
    service: str
    """Service of the gateways, which has the port."""
    selector: Mapping[str, str]
    """Labels of the gateways' pods."""
    target_group_arn: NotRequired[pulumi.Input[str]]
    """Target group of a load balancer that the stack owns (AWS); this or `load_balancer`."""
    load_balancer: NotRequired[LoadBalancerService]
    """What a service says to get the address of a load balancer that the cluster makes (Azure): that of the ingress, at another port."""


class GatewayPort(pulumi.ComponentResource):
    """A port past the ingress. Child: `binding` of the pods to a target group, or `service` with a load balancer."""

    def __init__(self, name: str, args: GatewayPortArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:GatewayPort", name, {}, opts)
        refuse(name, _problems(args))
        metadata = k8s.meta.v1.ObjectMetaArgs(name=f"gateway-{args['port_name']}", namespace=args["namespace"])
        if "target_group_arn" in args:
            self.binding = custom_resource(
                f"{name}-binding",
                api_version=BINDING_API,
                kind="TargetGroupBinding",
                metadata=metadata,
                spec={
                    "targetGroupARN": args["target_group_arn"],
                    "targetType": "ip",
                    "serviceRef": {"name": args["service"], "port": args["port"]},
                },
                opts=after(self, opts),
            )
        if "load_balancer" in args:
            self.service = self._service(name, args, args["load_balancer"], opts)
        self.register_outputs({})

    def _service(
        self, name: str, args: GatewayPortArgs, balancer: LoadBalancerService, opts: pulumi.ResourceOptions | None
    ) -> k8s.core.v1.Service:
        annotations: Any = balancer["annotations"]
        return k8s.core.v1.Service(
            f"{name}-service",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=f"gateway-{args['port_name']}", namespace=args["namespace"], annotations=annotations
            ),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="LoadBalancer",
                selector=args["selector"],
                ports=[
                    k8s.core.v1.ServicePortArgs(name=args["port_name"], port=args["port"], target_port=args["port"])
                ],
                load_balancer_source_ranges=list(balancer["source_cidrs"]),
                # Only nodes with a gateway get connections, and the gateway sees the client's address.
                external_traffic_policy="Local",
            ),
            opts=after(self, opts),
        )


def _problems(args: GatewayPortArgs) -> Iterator[tuple[str, str]]:
    if ("target_group_arn" in args) == ("load_balancer" in args):
        yield "target_group_arn", "give either this or load_balancer: a port has one way in"
