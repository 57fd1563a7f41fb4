"""Proxies that Envoy Gateway makes of a Gateway."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from apim_infra.cluster.operator_data import Object, name_of, namespace_of, of_kind, overlaid, part, table
from apim_infra.cluster.stand_in_objects import Manifest, Pods, budget, container, service, workload

CONTROLLER = "gateway.envoyproxy.io/"
"""Beginning of the controller's name; other controllers have proxies of their own in their release."""
_SHIFT = 10000
"""Envoy Gateway adds it to a privileged port."""


def gateway(custom: Object, others: Sequence[Object]) -> Iterator[Manifest]:
    """Return the Deployment, service, autoscaler and budget of a Gateway's proxies; nothing for one of another controller."""
    wanted = str(part(custom, "spec").get("gatewayClassName"))
    classes = [each for each in of_kind(others, "GatewayClass") if name_of(each) == wanted]
    if classes and not str(part(classes[0], "spec").get("controllerName")).startswith(CONTROLLER):
        return
    given = _parameters(custom, classes, others)
    own = part(given, "spec", "provider", "kubernetes") if given else {}
    deployment = part(own, "envoyDeployment")
    ports = sorted({int(each["port"]) for each in cast(list[Object], part(custom, "spec").get("listeners") or ())})
    pods = _pods(custom, deployment, ports)
    hpa = part(own, "envoyHpa")
    if hpa:
        pods = replace(pods, replicas=int(hpa.get("minReplicas", 1)), maximum=int(hpa["maxReplicas"]))
    for made in workload(pods):
        yield overlaid(made, _patch(deployment)) if made["kind"] == "Deployment" else made
    yield _service(custom, part(own, "envoyService"), pods, ports)
    budgeted = part(own, "envoyPDB")
    if budgeted:
        yield from budget(replace(pods, name=str(budgeted.get("name") or pods.name)), budgeted)


def _parameters(custom: Object, classes: Sequence[Object], others: Sequence[Object]) -> Object | None:
    """Return the EnvoyProxy that a Gateway, or else its class, refers to."""
    for owner, place in (
        (custom, ("spec", "infrastructure", "parametersRef")),
        *((each, ("spec", "parametersRef")) for each in classes),
    ):
        reference = part(owner, *place)
        if reference.get("kind") == "EnvoyProxy":
            namespace = str(reference.get("namespace") or namespace_of(custom))
            named = (each for each in of_kind(others, "EnvoyProxy", namespace) if name_of(each) == reference["name"])
            return next(named, None)
    return None


def _pods(custom: Object, deployment: Object, ports: Sequence[int]) -> Pods:
    name, namespace, pod = name_of(custom), namespace_of(custom), part(deployment, "pod")
    labels = {
        "app.kubernetes.io/name": "envoy",
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/managed-by": "envoy-gateway",
        "gateway.envoyproxy.io/owning-gateway-name": name,
        "gateway.envoyproxy.io/owning-gateway-namespace": namespace,
    }
    sizes = table().sizes
    inside = [port + _SHIFT if port < 1024 else port for port in ports]
    envoy = container(
        "envoy",
        part(deployment, "container", "resources") or sizes["envoy"],
        [*inside, 19001, 19003],
        ["startup", "readiness"],
    )
    manager = container("shutdown-manager", sizes["shutdown-manager"], [19002], ["startup", "liveness", "readiness"])
    places = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")
    replicas = int(deployment.get("replicas") or 1)
    return Pods(
        name=str(deployment.get("name") or _default_name(namespace, name)),
        namespace=namespace,
        kind="Deployment",
        selector=labels,
        labels={key: str(value) for key, value in part(pod, "labels").items()},
        spec={**{key: pod[key] for key in places if pod.get(key)}, "containers": [envoy, manager]},
        replicas=replicas,
        maximum=replicas,
    )


def _default_name(namespace: str, name: str) -> str:
    whole = f"{namespace}/{name}"
    return f"envoy-{namespace}-{name}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _patch(deployment: Object) -> Mapping[str, Any]:
    """Return what EnvoyProxy changes in the Deployment."""
    strategy = {"spec": {"strategy": deployment["strategy"]}} if deployment.get("strategy") else {}
    return cast(Mapping[str, Any], overlaid(strategy, part(deployment, "patch", "value")))


def _service(custom: Object, given: Object, pods: Pods, ports: Sequence[int]) -> Manifest:
    made = service(str(given.get("name") or pods.name), namespace_of(custom), pods.selector, ports)
    made["metadata"]["annotations"] = dict(part(given, "annotations"))
    for port in made["spec"]["ports"]:
        port["targetPort"] = port["port"] + _SHIFT if port["port"] < 1024 else port["port"]
    fields = ("type", "externalTrafficPolicy", "loadBalancerSourceRanges", "loadBalancerClass")
    made["spec"] |= {"type": "LoadBalancer", **{key: given[key] for key in fields if given.get(key)}}
    return made
