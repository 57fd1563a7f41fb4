"""Central ingress: a Gateway API controller where TLS ends, routed by host and path, behind load balancers that the cloud owns."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.pods import Placement


class IngressRoute(TypedDict):
    """Where requests for a path go."""

    path: NotRequired[str]
    """Prefix of the path; `/` by default."""
    namespace: str
    """Namespace of the service."""
    service: str
    """Name of the service."""
    port: int
    """Port of the service."""


class IngressHost(TypedDict):
    """One host of a gateway."""

    host: str
    """Fully qualified name."""
    certificate: str
    """Name of the TLS secret, in the namespace of the gateways."""
    routes: list[IngressRoute]
    """Where its requests go, at least one."""


class TargetGroup(TypedDict):
    """A target group of a cloud load balancer, whose targets are the gateway's pods."""

    arn: pulumi.Input[str]
    """Its ARN."""
    port: int
    """Port of the gateway's service: 443, or 80 for the redirect to HTTPS."""


class IngressGateway(TypedDict):
    """One gateway with its own proxies, behind its own load balancer."""

    name: str
    """Name of the gateway: `internal` or `public`; its service is `ingress-<name>`."""
    hosts: list[IngressHost]
    """Its hosts, at most 63."""
    target_groups: NotRequired[list[TargetGroup]]
    """Target groups that get its pods; none by default."""
    source_cidrs: NotRequired[list[str]]
    """Client ranges that it lets in, seen through the load balancer; everyone by default (the load balancer decides)."""
    proxy_protocol: NotRequired[bool]
    """Whether the load balancer tells the client's address by the proxy protocol; false by default."""
    service_type: NotRequired[str]
    """`ClusterIP` (default), or `LoadBalancer` where the cloud makes the load balancer from the service."""
    service_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the service; none by default."""


class IngressArgs(TypedDict):
    """Inputs of the ingress."""

    namespace: str
    """Namespace of the controller, the gateways and their proxies."""
    placement: Placement
    """Pool on which they run."""
    gateways: list[IngressGateway]
    """The gateways."""
    replicas: int
    """Replicas of each gateway's proxies."""
    max_replicas: NotRequired[int]
    """The autoscaler's upper bound; no autoscaler when it is absent or equal to `replicas`."""
    minimum_tls: NotRequired[str]
    """Lowest TLS version, `1.2` (default) or `1.3`."""


class Ingress(pulumi.ComponentResource):
    """The controller, its gateways, routes and target group bindings."""

    release: k8s.helm.v3.Release
    gateway_class: k8s.apiextensions.CustomResource
    proxies: dict[str, k8s.apiextensions.CustomResource]
    gateways: dict[str, k8s.apiextensions.CustomResource]
    routes: list[k8s.apiextensions.CustomResource]
    bindings: list[k8s.apiextensions.CustomResource]
