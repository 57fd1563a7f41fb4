"""The service mesh: who belongs to it, and what the matrix of allowed flows means in it.

Between two pods of the mesh every connection goes to one port of the destination, whatever port is meant. Network policies therefore let that port through
where the matrix allows anything, and the mesh itself holds the ports that the matrix names, by rules between namespaces that prove who they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from apim_infra.planning.pod_flows import PodFlow, PodPort, pod_flows
from apim_infra.settings.cluster import ServiceMesh
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings

TUNNEL_PORT = 15008
"""Port on which every pod of the mesh accepts its traffic (HBONE; Istio documentation, ambient and network policies, 1.30)."""


@dataclass(frozen=True, slots=True)
class MeshRule:
    """Who may connect to the pods of a namespace, on which ports."""

    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...]
    """Labels of the pods as key and value; empty for every pod of the namespace."""
    source: str
    """Namespace of those who may connect."""
    ports: tuple[int, ...]
    """Ports in ascending order; never empty."""


def is_meshed(settings: StackSettings) -> bool:
    """Tell whether there is a mesh."""
    return settings.cluster.mesh is not ServiceMesh.NONE


def strict_namespaces(settings: StackSettings) -> tuple[str, ...]:
    """Return the namespaces that only pods of the mesh may connect to: those of the deployments. None without a mesh."""
    if not is_meshed(settings):
        return ()
    owned = (deployment.settings for deployment in deployments(settings))
    return tuple(
        dict.fromkeys(
            name
            for own in owned
            for name in (own.control_plane.namespace, own.gateway.namespace, own.gateway.microservices_namespace)
        )
    )


def meshed_namespaces(settings: StackSettings) -> tuple[str, ...]:
    """Return every namespace whose pods belong to the mesh: the strict ones, and those whose pods call theirs and have to prove who they are.

    Whoever is outside of the mesh still reaches the latter, such as load balancers. None without a mesh.
    """
    strict = strict_namespaces(settings)
    callers = {flow.source.namespace for flow in pod_flows(settings) if flow.destination.namespace in strict}
    return (*strict, *sorted(name for name in callers - set(strict) if name is not None))


def tunnelled(settings: StackSettings, flows: Iterable[PodFlow]) -> Iterator[PodFlow]:
    """Yield flows of pods with the port of the mesh added where both ends belong to it."""
    meshed = meshed_namespaces(settings)
    for flow in flows:
        if flow.source.namespace in meshed and flow.destination.namespace in meshed:
            yield replace(flow, ports=(*flow.ports, PodPort("tcp", TUNNEL_PORT, TUNNEL_PORT)))
        else:
            yield flow


def mesh_rules(settings: StackSettings) -> tuple[MeshRule, ...]:
    """Return what is allowed in the strict namespaces, from the matrix of flows; none without a mesh."""
    strict = strict_namespaces(settings)
    return tuple(
        MeshRule(
            name=flow.name,
            namespace=flow.destination.namespace,
            labels=flow.destination.labels,
            source=flow.source.namespace,
            ports=tuple(sorted({port for each in flow.ports for port in range(each.port_from, each.port_to + 1)})),
        )
        for flow in pod_flows(settings)
        if flow.destination.namespace in strict and flow.source.namespace is not None and flow.ends != "source"
    )
