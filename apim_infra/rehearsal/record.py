"""From a deployment to the recorded graph, in an order that does not depend on which request came first."""

import heapq

from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.state import ResourceState
from apim_infra.rehearsal.values import masked


def graph_of(deployment: Deployment) -> Graph:
    """Return the graph of a deployment: needs before what needs them, otherwise by URN; secrets masked."""
    ordered = in_order(deployment.recorded)
    place = {resource.urn: index for index, resource in enumerate(ordered)}
    findings = sorted(deployment.findings, key=lambda finding: (place.get(finding.urn, -1), finding.rule, finding.message))
    return Graph(
        stack=deployment.stack,
        resources=[recorded(resource) for resource in ordered],
        exports=masked(dict(sorted(deployment.exports.items()))),
        findings=findings,
    )


def in_order(resources: dict[str, ResourceState]) -> list[ResourceState]:
    """Return resources so that each comes after what it needs; ties by URN."""
    needs = {urn: resource.needs() & resources.keys() for urn, resource in resources.items()}
    wanted_by: dict[str, list[str]] = {}
    for urn, needed in needs.items():
        for other in needed:
            wanted_by.setdefault(other, []).append(urn)
    waiting = {urn: len(needed) for urn, needed in needs.items()}
    ready = [urn for urn, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    ordered: list[ResourceState] = []
    while ready:
        urn = heapq.heappop(ready)
        ordered.append(resources[urn])
        for other in wanted_by.get(urn, ()):
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, other)
    return ordered


def recorded(resource: ResourceState) -> Resource:
    """Return one resource as the graph shows it."""
    return Resource(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        custom=resource.custom,
        id=resource.id,
        provider=resource.provider,
        inputs=masked(dict(sorted(resource.inputs.items()))),
        outputs=masked(dict(sorted(resource.outputs.items()))),
        dependencies=sorted(resource.dependencies),
        property_dependencies={key: sorted(urns) for key, urns in sorted(resource.property_dependencies.items())},
        protect=resource.protect,
        aliases=resource.aliases,
        ignore_changes=resource.ignore_changes,
        deleted_with=resource.deleted_with,
        source=resource.source,
    )
