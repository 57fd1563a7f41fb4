"""What the API server checks of Services, Ingresses and NetworkPolicies beyond their schemas."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes.faults import duplicate, forbidden, invalid, required
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, items, part
from apim_infra.rehearsal.twins.kubernetes.pods import port_or_name
from apim_infra.rehearsal.twins.kubernetes.workloads import check_expressions

NODE_PORTS = (30000, 32767)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_WITH_NODE_PORTS = frozenset({"NodePort", "LoadBalancer"})


def service(manifest: Object) -> Iterator[Problem]:
    """Check a Service."""
    spec: Object = manifest["spec"]
    kind: str = spec.get("type") or "ClusterIP"
    headless = spec.get("clusterIP") == "None"
    yield from _service_type(spec, kind, headless=headless)
    yield from _service_ports(spec, kind)
    yield from _traffic(spec, kind)


def _service_type(spec: Object, kind: str, *, headless: bool) -> Iterator[Problem]:
    if not spec.get("ports") and kind != "ExternalName" and not headless:
        yield required("spec.ports")
    if kind == "ExternalName":
        if not spec.get("externalName"):
            yield required("spec.externalName")
        if spec.get("clusterIP"):
            yield forbidden("spec.clusterIP", "may not be set for ExternalName services")
    if headless and kind in _WITH_NODE_PORTS:
        yield invalid("spec.clusterIP", "None", f"may not be set to 'None' for {kind} services", "leave clusterIP out")
    address = spec.get("clusterIP")
    if address and not headless:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            yield invalid("spec.clusterIP", address, "must be empty, 'None', or a valid IP address")


def _service_ports(spec: Object, kind: str) -> Iterator[Problem]:
    names: set[Any] = set()
    numbers: set[tuple[Any, Any]] = set()
    many = len(spec.get("ports") or ()) > 1
    for port in items(spec, "ports", "spec"):
        name, number = port.value.get("name"), port.value.get("port")
        if many and not name:
            yield required(f"{port.path}.name", hint="every port of a Service with several ports has a name")
        elif name in names:
            yield duplicate(f"{port.path}.name", name)
        names.add(name)
        key = (number, port.value.get("protocol", "TCP"))
        if key in numbers:
            yield duplicate(port.path, f"port={key[0]},protocol={key[1]}")
        numbers.add(key)
        target = port.value.get("targetPort")
        if target is not None:
            yield from port_or_name(target, f"{port.path}.targetPort")
        node_port = port.value.get("nodePort")
        if node_port and kind not in _WITH_NODE_PORTS:
            yield forbidden(f"{port.path}.nodePort", f"may not be used when `type` is '{kind}'")
        elif node_port and not NODE_PORTS[0] <= node_port <= NODE_PORTS[1]:
            message = (
                f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[1]}"
            )
            yield invalid(f"{port.path}.nodePort", node_port, message)


def _traffic(spec: Object, kind: str) -> Iterator[Problem]:
    if spec.get("externalTrafficPolicy") and kind not in _WITH_NODE_PORTS and not spec.get("externalIPs"):
        message = "may only be set for externally-accessible services"
        yield invalid("spec.externalTrafficPolicy", spec["externalTrafficPolicy"], message)
    for field in ("loadBalancerClass", "allocateLoadBalancerNodePorts", "loadBalancerSourceRanges"):
        if spec.get(field) not in (None, []) and kind != "LoadBalancer":
            yield forbidden(f"spec.{field}", "may only be used when `type` is 'LoadBalancer'")
    if spec.get("healthCheckNodePort") and (kind != "LoadBalancer" or spec.get("externalTrafficPolicy") != "Local"):
        message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield invalid("spec.healthCheckNodePort", spec["healthCheckNodePort"], message)
    if spec.get("sessionAffinityConfig") and spec.get("sessionAffinity") != "ClientIP":
        yield forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")


def ingress(manifest: Object) -> Iterator[Problem]:
    """Check an Ingress."""
    spec: Object = part(manifest, "spec")
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield invalid("spec", {}, "either `defaultBackend` or `rules` must be specified")
    if spec.get("defaultBackend") is not None:
        yield from _backend(Located("spec.defaultBackend", spec["defaultBackend"]))
    for rule in items(spec, "rules", "spec"):
        http = rule.value.get("http")
        for path in items(http or {}, "paths", f"{rule.path}.http"):
            yield from _ingress_path(path)


def _ingress_path(path: Located) -> Iterator[Problem]:
    kind, text = path.value.get("pathType"), path.value.get("path")
    if kind in {"Exact", "Prefix"}:
        if not text:
            yield required(f"{path.path}.path")
        for piece in ("//", "/./", "/../", "%2f", "%2F"):
            if text and piece in text:
                yield invalid(f"{path.path}.path", text, f"must not contain '{piece}'")
        if text and text.endswith(("/..", "/.")):
            yield invalid(f"{path.path}.path", text, "cannot end with '/.' or '/..'")
    yield from _backend(Located(f"{path.path}.backend", part(path.value, "backend")))


def _backend(backend: Located) -> Iterator[Problem]:
    target, resource = backend.value.get("service"), backend.value.get("resource")
    if target is None and resource is None:
        yield required(backend.path, "resource or service backend is required")
    elif target is not None and resource is not None:
        yield invalid(backend.path, "", "cannot set both resource and service backends")
    elif target is not None:
        port: Object = part(target, "port")
        if not port.get("name") and not port.get("number"):
            yield required(f"{backend.path}.service", "port name or number is required")
        if port.get("name") and port.get("number"):
            yield invalid(f"{backend.path}.service.port", "", "cannot set both port name & port number")


def network_policy(manifest: Object) -> Iterator[Problem]:
    """Check a NetworkPolicy."""
    spec: Object = part(manifest, "spec")
    yield from check_expressions(part(spec, "podSelector"), "spec.podSelector")
    types = spec.get("policyTypes")
    if types is not None and len(types) != len(set(types)):
        yield invalid("spec.policyTypes", types, "may not specify a policy type twice")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        if types and spec.get(direction) and direction.capitalize() not in types:
            # Accepted, and the rules are then ignored.
            message = f"spec.{direction}: rules have no effect while policyTypes lacks {direction.capitalize()}"
            yield Problem("IgnoredRules", message, f"spec.{direction}", "add the type", "own knowledge", warning=True)
        for rule in items(spec, direction, "spec"):
            for port in items(rule.value, "ports", rule.path):
                yield from _policy_port(port)
            for peer in items(rule.value, peers, rule.path):
                yield from _policy_peer(peer)


def _policy_port(port: Located) -> Iterator[Problem]:
    number, end = port.value.get("port"), port.value.get("endPort")
    if number is not None:
        yield from port_or_name(number, f"{port.path}.port")
    if end is None:
        return
    if number is None:
        yield invalid(f"{port.path}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(number, str):
        yield invalid(f"{port.path}.endPort", end, "may not be specified when `port` is non-numeric")
    elif end < number:
        yield invalid(f"{port.path}.endPort", end, "must be greater than or equal to `port`")


def _policy_peer(peer: Located) -> Iterator[Problem]:
    used = [field for field in ("podSelector", "namespaceSelector", "ipBlock") if peer.value.get(field) is not None]
    if not used:
        yield required(peer.path, "must specify a peer")
    if "ipBlock" in used and len(used) > 1:
        yield forbidden(peer.path, "may not specify both ipBlock and another peer")
    for field in ("podSelector", "namespaceSelector"):
        yield from check_expressions(part(peer.value, field), f"{peer.path}.{field}")
    block = peer.value.get("ipBlock")
    if block is not None:
        whole = ipaddress.ip_network(block["cidr"], strict=False)
        for index, text in enumerate(block.get("except") or ()):
            if not _strictly_inside(ipaddress.ip_network(text, strict=False), whole):
                message = f"must be a strict subset of `cidr`: {whole}"
                yield invalid(f"{peer.path}.ipBlock.except[{index}]", text, message)


def _strictly_inside(inner: _Network, outer: _Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner != outer and inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner != outer and inner.subnet_of(outer)
    return False
