"""What stands in for a chart that is not rendered: workloads of its declared shape.

They have the pods' number, size, place and labels, so that quotas, placement and disruption budgets count them; their images run nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from apim_infra.cluster import stand_in_objects as made
from apim_infra.cluster.chart_shapes import (
    At,
    ChartShape,
    ClaimRow,
    ContainerRow,
    PlaceRow,
    WorkloadRow,
    as_object,
    chart_shapes,
    value_at,
)
from apim_infra.cluster.chart_sources import chart_name
from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.stand_in_objects import Claim, Manifest, Pods
from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.products.plans import PoolPlacement
from apim_infra.products.registry import shapes
from apim_infra.products.shapes import ContainerShape, Resources, Turn, WorkloadShape
from apim_infra.settings.deployments import deployments
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings

_INSTANCE_LABEL = "app.kubernetes.io/instance"
_PLACE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")


@dataclass(frozen=True, slots=True)
class StandIns:
    """What stands in for a release."""

    objects: tuple[Manifest, ...]
    known: bool
    """Whether anything is declared of the chart; without, it may bring pods that nothing counts."""


def placements(settings: StackSettings) -> dict[PoolName, PoolPlacement]:
    """Return where pods of each pool run."""
    return {
        pool: PoolPlacement(node_selector(pool), [each.to_json() for each in tolerations(settings, pool)])
        for pool in POOLS
    }


def declared(settings: StackSettings) -> dict[str, tuple[WorkloadShape, ...]]:
    """Return the shapes that the products of all deployments declare, by the namespace of their gateways."""
    found: dict[str, tuple[WorkloadShape, ...]] = {}
    for deployment in deployments(settings):
        namespace = deployment.settings.gateway.namespace
        found[namespace] = (*found.get(namespace, ()), *shapes(deployment.settings))
    return found


def of_release(
    release: ReleaseInput, own: Sequence[WorkloadShape], where: Mapping[PoolName, PoolPlacement]
) -> StandIns:
    """Return what stands in for a release: `own` are the shapes that the product declares of it, `where` the places of its pools.

    Custom resources of the release, of which an operator makes pods, are among the objects.
    """
    known = chart_shapes().get(chart_name(release))
    if own:
        return StandIns(tuple(each for shape in own for each in _of_shape(release, shape, known, where)), True)
    if known is None or known.places:  # what has places has workloads, which a product has to declare
        return StandIns((), False)
    rows = [each for row in known.workloads for each in _of_row(release, row)]
    return StandIns((*rows, *_custom(release, known)), True)


# -- shapes that a product declares ---------------------------------------------------------------------------------------------------


def _of_shape(
    release: ReleaseInput, shape: WorkloadShape, known: ChartShape | None, where: Mapping[PoolName, PoolPlacement]
) -> Iterator[Manifest]:
    row = _place_row(shape.name, known)
    place = _place(value_at(release.values, row.place)) if row else {}
    if not row and shape.pool in where:
        chosen = where[shape.pool]
        place = {"nodeSelector": dict(chosen.node_selector), "tolerations": [dict(each) for each in chosen.tolerations]}
    place.pop("priorityClassName", None)
    place |= {"priorityClassName": shape.priority_class} if shape.priority_class else {}
    pods = Pods(
        name=shape.name,
        namespace=release.namespace,
        kind=shape.kind,
        selector={**shape.selector} or {_INSTANCE_LABEL: release.name, made.NAME_LABEL: shape.name},
        labels=_texts(value_at(release.values, row.pod_labels)) if row and row.pod_labels else {},
        spec={
            **place,
            "containers": [_container(each) for each in shape.containers],
            "initContainers": [_container(each) for each in shape.init_containers],
        },
        replicas=shape.minimum,
        maximum=shape.maximum,
        claims=[Claim("data", f"{shape.name}-data", f"{shape.storage_gib}Gi", "")] if shape.storage_gib else [],
        hook=shape.hook or "",
    )
    yield from made.workload(pods)
    for turn in shape.turns:
        yield from made.workload(_turn(release, turn, pods))
    if row and row.disruption and shape.kind != "Job":
        yield from made.budget(pods, as_object(value_at(release.values, row.disruption)))


def _turn(release: ReleaseInput, turn: Turn, pods: Pods) -> Pods:
    """Return the pods of a Job that runs in another's place."""
    spec = {**pods.spec, "containers": [{**pods.spec["containers"][0], "name": turn.container}]}
    labels = {_INSTANCE_LABEL: release.name, made.NAME_LABEL: turn.name}
    once = {"kind": "Job", "replicas": 1, "maximum": 1, "claims": ()}
    return replace(pods, name=turn.name, selector=labels, spec=spec, hook=turn.hook, **once)


def _place_row(name: str, known: ChartShape | None) -> PlaceRow | None:
    rows = known.places if known else ()
    return next((row for row in rows if re.fullmatch(row.workloads, name)), None)


def _container(shape: ContainerShape) -> Manifest:
    resources = {"requests": _quantities(shape.requests), "limits": _quantities(shape.limits)}
    return made.container(shape.name, resources, shape.ports, shape.probes)


def _quantities(size: Resources) -> dict[str, str]:
    return {"cpu": f"{size.cpu_millicores}m", "memory": f"{size.memory_mib}Mi"}


# -- shapes of add-ons' charts --------------------------------------------------------------------------------------------------------


def _of_row(release: ReleaseInput, row: WorkloadRow) -> Iterator[Manifest]:
    values = release.values
    if not _holds(row.when, values):
        return
    names = {"release": release.name, "fullname": fullname(release), "namespace": release.namespace}
    name = row.name.format(**names)
    replicas, maximum = _replicas(row, values)
    before = [_row_container(each, values, names) for each in row.init_containers if _holds(each.when, values)]
    before += cast(list[Manifest], value_at(values, row.init_containers_at) or []) if row.init_containers_at else []
    place: Manifest = {"priorityClassName": row.priority} if row.priority else {}
    place |= _place(value_at(values, row.place))
    if row.tolerations:
        place["tolerations"] = [*map(dict, row.tolerations), *place.get("tolerations", [])]
    pods = Pods(
        name=name,
        namespace=release.namespace,
        kind=row.kind,
        selector={key: text.format(**names) for key, text in row.selector.items()}
        or {_INSTANCE_LABEL: release.name, made.NAME_LABEL: name},
        labels={**row.labels, **(_texts(value_at(values, row.pod_labels)) if row.pod_labels else {})},
        spec={
            **place,
            "containers": [_row_container(each, values, names) for each in row.containers if _holds(each.when, values)],
            "initContainers": before,
            **({"hostNetwork": True} if row.host_network else {}),
        },
        replicas=replicas,
        maximum=maximum,
        claims=[_claim(each, values, names) for each in row.claims if _holds(each.when, values)],
        hook=row.hook or "",
        weight=row.weight,
    )
    yield from made.workload(pods)
    given = value_at(values, row.disruption) if row.disruption else None
    yield from made.budget(pods, {**row.disruption_default, **as_object(given)})


def _holds(when: At | None, values: Mapping[str, Any]) -> bool:
    return when is None or when.holds(values)


def _replicas(row: WorkloadRow, values: Mapping[str, Any]) -> tuple[int, int]:
    """Return the number of pods, and the most that an autoscaler makes of it."""
    scale = as_object(value_at(values, row.autoscaling) if row.autoscaling else None)
    if scale.get("enabled"):
        return int(scale["minReplicas"]), int(scale["maxReplicas"])
    replicas = int(row.replicas.read(values)) + row.replicas.plus
    return replicas, replicas


def _row_container(row: ContainerRow, values: Mapping[str, Any], names: Mapping[str, str]) -> Manifest:
    given = value_at(values, row.resources) if row.resources else None
    container = made.container(row.name.format(**names), given or row.fixed, row.ports, row.probes)
    found = {argument: value_at(values, path) for argument, path in row.arguments.items()}
    arguments = [f"{argument}={value}" for argument, value in found.items() if value is not None]
    return {**container, **({"args": arguments} if arguments else {})}


def _claim(row: ClaimRow, values: Mapping[str, Any], names: Mapping[str, str]) -> Claim:
    storage_class = str((row.class_.read(values) if row.class_ else "") or "")
    return Claim(row.name, row.claim.format(**names), str(row.size.read(values)), storage_class)


def _custom(release: ReleaseInput, known: ChartShape) -> Iterator[Manifest]:
    names = {"release": release.name, "fullname": fullname(release)}
    for row in known.custom_resources:
        if _holds(row.when, release.values):
            given = as_object(value_at(release.values, row.spec))
            yield {
                "apiVersion": row.api_version,
                "kind": row.kind,
                "metadata": {"name": row.name.format(**names), "namespace": release.namespace},
                "spec": {row.renamed.get(key, key): value for key, value in given.items() if key in row.fields},
            }


def fullname(release: ReleaseInput) -> str:
    """Return the name that charts give to their objects by custom."""
    given = release.values.get("fullnameOverride")
    if given:
        return str(given)
    chart = str(release.values.get("nameOverride") or chart_name(release))
    return release.name if chart in release.name else f"{release.name}-{chart}"[:63].rstrip("-")


def _place(values: Any) -> Manifest:
    given = as_object(values)
    return {key: given[key] for key in _PLACE if given.get(key)}


def _texts(values: Any) -> dict[str, str]:
    return {key: str(value) for key, value in as_object(values).items()}
