"""What opens a cluster to its outside: Services that get a load balancer or a port on every node."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pulumi_policy.proxy import UnknownValueError

from policies.rule import Properties, group

INTERNAL_SCHEME = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
}
"""Annotations by which a Service asks for a load balancer inside the network, any one of them."""

SCHEME_OF_INGRESS = "alb.ingress.kubernetes.io/scheme"


def _exposed(kind: Any, annotations: Properties) -> Iterator[str]:
    if kind == "NodePort":
        yield "type is NodePort: a port is open on every node, beside those that the platform opens"
    internal = any(str(annotations.get(key, "")).lower() == value for key, value in INTERNAL_SCHEME.items())
    if kind == "LoadBalancer" and not internal:
        yield "type is LoadBalancer without the annotation for an internal one: the cloud makes one for the internet"


def _service(props: Properties) -> Iterator[str]:
    yield from _exposed(group(props, "spec").get("type"), group(group(props, "metadata"), "annotations"))


def _ingress(props: Properties) -> Iterator[str]:
    if group(group(props, "metadata"), "annotations").get(SCHEME_OF_INGRESS) == "internet-facing":
        yield f"{SCHEME_OF_INGRESS} is internet-facing"


def _values(props: Properties) -> Iterator[str]:
    yield from _inside(props.get("values") or {}, "values")


def _custom_resource(props: Properties) -> Iterator[str]:
    yield from _inside(props.get("spec") or {}, "spec")


def _inside(value: Any, path: str) -> Iterator[str]:
    """Yield every group of chart values, or of a custom resource, that describes an exposed Service."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        for key in fields:
            try:
                item = fields[key]
            except UnknownValueError:
                if key == "type":
                    raise
                continue  # an address that is known once its resource is there is no kind of Service
            if key == "type" and item in ("LoadBalancer", "NodePort"):
                yield from (f"{path}.{reason}" for reason in _exposed(item, group(fields, "annotations")))
            yield from _inside(item, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from _inside(item, f"{path}[{index}]")


KUBERNETES_ACCESS: dict[str, Callable[[Properties], Iterable[str]]] = {
    "kubernetes:core/v1:Service": _service,
    "kubernetes:networking.k8s.io/v1:Ingress": _ingress,
    "kubernetes:helm.sh/v3:Release": _values,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": _custom_resource,
}
"""Type to what makes a resource of it reachable from outside the cluster."""
