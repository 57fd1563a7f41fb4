"""What a controller of the Gateway API refuses although the API server accepts it: routes that attach to no listener, references over namespaces."""

from collections.abc import Iterator
from typing import Any

from apim_infra.rehearsal.provider import Problem, Settled
from apim_infra.rehearsal.twins.kubernetes.cluster import Cluster, Stored
from apim_infra.rehearsal.twins.kubernetes.faults import nearest
from apim_infra.rehearsal.twins.kubernetes.objects import Located, Object, items, part
from apim_infra.rehearsal.twins.kubernetes.schema import hidden

GROUP = "gateway.networking.k8s.io"
ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
_SOURCE = "Gateway API, definition of v1 (2026)"


def settle(cluster: Cluster) -> Iterator[Settled]:
    """Find routes and certificates that a Gateway's controller does not accept."""
    for kind in ROUTES:
        for route in cluster.of(f"{GROUP}/{kind}"):
            problems = [*_attachments(cluster, route), *_backends(cluster, route)]
            if problems:
                yield Settled(route.urn, tuple(problems))
    for gateway in cluster.of(f"{GROUP}/Gateway"):
        problems = [*_certificates(cluster, gateway), *_coverage(cluster, gateway)]
        if problems:
            yield Settled(gateway.urn, tuple(problems))
    yield from _controllers(cluster)


def _attachments(cluster: Cluster, route: Stored) -> Iterator[Problem]:
    spec = part(route.manifest, "spec")
    for parent in items(spec, "parentRefs", "spec"):
        name, place = str(parent.value.get("name")), str(parent.value.get("namespace") or route.namespace)
        gateway = cluster.get(f"{GROUP}/Gateway", place, name)
        if gateway is not None and parent.value.get("kind", "Gateway") == "Gateway":
            yield from _listeners(route, gateway, parent, spec.get("hostnames") or [])


def _listeners(route: Stored, gateway: Stored, parent: Located, hostnames: list[str]) -> Iterator[Problem]:
    listeners: list[Object] = part(gateway.manifest, "spec").get("listeners") or []
    section, port = parent.value.get("sectionName"), parent.value.get("port")
    chosen = [
        listener
        for listener in listeners
        if section in {None, listener.get("name")} and port in {None, listener.get("port")}
    ]
    who = f"{route.kind.name} {route.namespace}/{route.name}"
    if not chosen:
        names = [str(listener.get("name")) for listener in listeners]
        message = f'{who}: Gateway {gateway.name} has no listener "{section or port}"'
        yield Problem("NoMatchingParent", message, parent.path, nearest(str(section), names), _SOURCE)
        return
    allowed = [listener for listener in chosen if _allows(listener, route, gateway)]
    if not allowed:
        message = (
            f"{who}: no listener of Gateway {gateway.namespace}/{gateway.name} allows routes of this namespace or kind"
        )
        hint = "set allowedRoutes of the listener, or move the route"
        yield Problem("NotAllowedByListeners", message, parent.path, hint, _SOURCE)
    elif hostnames and not any(
        _meet(str(listener.get("hostname") or ""), host) for listener in allowed for host in hostnames
    ):
        message = f"{who}: no listener of Gateway {gateway.name} serves any of {', '.join(hostnames)}"
        hint = f"listeners serve {', '.join(str(listener.get('hostname') or '*') for listener in allowed)}"
        yield Problem("NoMatchingListenerHostname", message, "spec.hostnames", hint, _SOURCE)


def _allows(listener: Object, route: Stored, gateway: Stored) -> bool:
    allowed = part(listener, "allowedRoutes")
    kinds = [kind.get("kind") for kind in allowed.get("kinds") or ()]
    spaces = part(allowed, "namespaces").get("from", "Same")
    # A selector depends on labels of namespaces that may change at any time: it is not looked into.
    return (not kinds or route.kind.name in kinds) and (spaces != "Same" or route.namespace == gateway.namespace)


def _meet(listener: str, host: str) -> bool:
    """Tell whether a host name of a route falls under that of a listener, either of which may begin with `*.`."""
    if not listener or listener == host:
        return True
    if listener.startswith("*."):
        return host.endswith(listener[1:])
    return host.startswith("*.") and listener.endswith(host[1:])


def _backends(cluster: Cluster, route: Stored) -> Iterator[Problem]:
    for rule in items(part(route.manifest, "spec"), "rules", "spec"):
        for backend in items(rule.value, "backendRefs", rule.path):
            yield from _granted(cluster, route, backend, "Service")


def _certificates(cluster: Cluster, gateway: Stored) -> Iterator[Problem]:
    for listener in items(part(gateway.manifest, "spec"), "listeners", "spec"):
        for certificate in items(part(listener.value, "tls"), "certificateRefs", f"{listener.path}.tls"):
            yield from _granted(cluster, gateway, certificate, "Secret")


def _coverage(cluster: Cluster, gateway: Stored) -> Iterator[Problem]:
    """Find listeners whose certificate, where cert-manager makes it, is not for their host name."""
    for listener in items(part(gateway.manifest, "spec"), "listeners", "spec"):
        host = str(listener.value.get("hostname") or "")
        for reference in part(listener.value, "tls").get("certificateRefs") or ():
            names = _names_of_certificate(
                cluster, str(reference.get("namespace") or gateway.namespace), reference.get("name")
            )
            if host and names and not any(name == host or _wildcard(name, host) for name in names):
                message = (
                    f"Gateway {gateway.namespace}/{gateway.name}: the certificate in {reference.get('name')} is not for "
                    f"{host}, which listener {listener.value.get('name')} serves"
                )
                hint = f"add {host} to dnsNames of the Certificate"
                yield Problem("CertificateNameMismatch", message, f"{listener.path}.hostname", hint, _SOURCE)


def _names_of_certificate(cluster: Cluster, namespace: str, secret: Any) -> list[str]:
    for certificate in cluster.of("cert-manager.io/Certificate", namespace):
        spec = part(certificate.manifest, "spec")
        if spec.get("secretName") == secret:
            names = [*(spec.get("dnsNames") or ()), spec.get("commonName")]
            return [str(name) for name in names if name and not hidden(name)]
    return []


def _wildcard(name: str, host: str) -> bool:
    """Tell whether a certificate's `*.` name is for a host: one label and no more."""
    return name.startswith("*.") and host.partition(".")[2] == name[2:]


def _controllers(cluster: Cluster) -> Iterator[Settled]:
    """Find classes whose controller is none of those that the releases are known to run."""
    known = {name for release in cluster.releases.values() for name in release.controllers}
    for class_ in cluster.of(f"{GROUP}/GatewayClass") if known else ():
        name = str(part(class_.manifest, "spec").get("controllerName"))
        if name not in known:
            message = (
                f"GatewayClass {class_.name}: no controller of the name {name} runs: its Gateways stay without address"
            )
            path = "spec.controllerName"
            yield Settled(class_.urn, (Problem("NoController", message, path, nearest(name, known), _SOURCE),))


def _granted(cluster: Cluster, stored: Stored, reference: Located, kind: str) -> Iterator[Problem]:
    """Find a reference into another namespace that no ReferenceGrant there allows."""
    place = reference.value.get("namespace") or stored.namespace
    target = {"group": reference.value.get("group", ""), "kind": reference.value.get("kind", kind)}
    if place == stored.namespace:
        return
    for grant in cluster.of(f"{GROUP}/ReferenceGrant", str(place)):
        if _grants(part(grant.manifest, "spec"), stored, target, reference.value.get("name")):
            return
    message = (
        f"{stored.kind.name} {stored.namespace}/{stored.name}: {target['kind']} {place}/{reference.value.get('name')} "
        "is in another namespace, and no ReferenceGrant there allows it"
    )
    hint = f"create a ReferenceGrant in {place} from {stored.kind.name} in {stored.namespace}"
    yield Problem("RefNotPermitted", message, f"{reference.path}.namespace", hint, _SOURCE)


def _grants(spec: Object, stored: Stored, target: Object, name: Any) -> bool:
    own = {"group": GROUP, "kind": stored.kind.name, "namespace": stored.namespace}
    return any(all(entry.get(key) == value for key, value in own.items()) for entry in spec.get("from") or ()) and any(
        entry.get("group") == target["group"]
        and entry.get("kind") == target["kind"]
        and entry.get("name") in {None, name}
        for entry in spec.get("to") or ()
    )
