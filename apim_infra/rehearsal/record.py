"""From a deployment to the recorded graph, in an order that does not depend on which request came first."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apim_infra.findings import Finding
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.state import ResourceState
from apim_infra.rehearsal.values import masked, with_texts_hidden


def graph_of(deployment: Deployment) -> Graph:
    """Return the graph of a deployment: needs before what needs them, otherwise by URN; secrets masked."""
    texts = deployment.secrets()
    graph = Graph(
        stack=deployment.stack,
        seed=deployment.seed,
        resources=[recorded(resource, texts, deployment.redact) for resource in in_order(deployment.recorded)],
        exports=_shown(deployment.exports, texts),
    )
    graph.findings = sorted_findings(deployment.findings, graph)
    return graph


def sorted_findings(findings: Iterable[Finding], graph: Graph) -> list[Finding]:
    """Return findings in the order of the resources that they are about, those about the whole platform first."""
    place = {resource.urn: index for index, resource in enumerate(graph.resources)}
    last = len(place)
    return sorted(
        findings,
        key=lambda finding: (
            place.get(finding.urn, last) if finding.urn else -1,
            finding.urn,
            finding.rule,
            finding.message,
        ),
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


def recorded(resource: ResourceState, texts: frozenset[str], redact: Callable[[str], str]) -> Resource:
    """Return one resource as the graph shows it; `texts` are secrets that must not show anywhere."""
    return Resource(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        custom=resource.custom,
        id=redact(resource.id),
        external=resource.external or resource.imported,
        provider=resource.provider,
        inputs=_shown(resource.inputs, texts),
        outputs=_shown(resource.outputs, texts),
        dependencies=sorted(resource.dependencies),
        property_dependencies={key: sorted(urns) for key, urns in sorted(resource.property_dependencies.items())},
        protect=resource.protect,
        aliases=resource.aliases,
        ignore_changes=resource.ignore_changes,
        deleted_with=resource.deleted_with,
        source=resource.source,
    )


def _shown(values: Mapping[str, Any], texts: frozenset[str]) -> dict[str, Any]:
    ordered = dict(sorted(values.items()))
    return masked(with_texts_hidden(ordered, texts) if texts else ordered)
