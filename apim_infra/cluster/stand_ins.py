"""Workloads that stand in for a chart that is not rendered, made from its declared shape.

They have the pods' number, size, place and labels, so that quotas, placement and disruption budgets count them; their images run nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from apim_infra.cluster.chart_shapes import (
    At,
    ChartShape,
    ClaimRow,
    ContainerRow,
    PlaceRow,
    WorkloadRow,
    chart_shapes,
    value_at,
)
from apim_infra.cluster.chart_sources import chart_name
from apim_infra.cluster.items import ReleaseInput
from apim_infra.planning.placement import node_selector, tolerations
from apim_infra.products.plans import PoolPlacement
from apim_infra.products.shapes import ContainerShape, Resources, WorkloadShape
from apim_infra.settings.pools import POOLS, PoolName
from apim_infra.settings.stack import StackSettings

Manifest = dict[str, Any]

IMAGE = "stand-in.invalid/{name}:1"
"""Image of a stand-in's containers: nothing runs it."""
NAME_LABEL, INSTANCE_LABEL = "app.kubernetes.io/name", "app.kubernetes.io/instance"
_PLACE = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName")
_APIS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


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


def of_release(
    release: ReleaseInput, shapes: Sequence[WorkloadShape], where: Mapping[PoolName, PoolPlacement]
) -> StandIns:
    """Return what stands in for a release: `shapes` are those that the product declares of it."""
    known = chart_shapes().get(chart_name(release))
    if shapes:
        made = [manifest for shape in shapes for manifest in _of_shape(release, shape, known, where)]
        return StandIns(tuple(made), True)
    if known is None:
        return StandIns((), False)
    return StandIns(tuple(manifest for row in known.workloads for manifest in _of_row(release, row)), True)


# -- shapes that a product declares ---------------------------------------------------------------------------------------------------


def _of_shape(
    release: ReleaseInput, shape: WorkloadShape, known: ChartShape | None, where: Mapping[PoolName, PoolPlacement]
) -> Iterator[Manifest]:
    row = _place_row(shape.name, known)
    place = _place(value_at(release.values, row.place)) if row else {}
    if not row and shape.pool in where:
        chosen = where[shape.pool]
        place = {"nodeSelector": dict(chosen.node_selector), "tolerations": [dict(each) for each in chosen.tolerations]}
    labels = {**shape.selector} or {INSTANCE_LABEL: release.name, NAME_LABEL: shape.name}
    extra = _texts(value_at(release.values, row.pod_labels)) if row and row.pod_labels else {}
    pod = {
        **place,
        "containers": [_container(each) for each in shape.containers],
        **({"initContainers": [_container(each) for each in shape.init_containers]} if shape.init_containers else {}),
    }
    claims = [("data", f"{shape.storage_gib}Gi", "")] if shape.storage_gib else []
    yield from _workload(release, shape.name, shape.kind, labels, extra, pod, shape.minimum, claims, shape.hook)
    if shape.hook is None and shape.maximum > shape.minimum:
        yield _autoscaler(release, shape.name, shape.kind, shape.minimum, shape.maximum)
    if row and row.disruption:
        yield from _budget(release, shape.name, labels, value_at(release.values, row.disruption))


def _place_row(name: str, known: ChartShape | None) -> PlaceRow | None:
    rows = known.places if known else ()
    return next((row for row in rows if re.fullmatch(row.workloads, name)), None)


def _container(shape: ContainerShape) -> Manifest:
    resources = {"requests": _quantities(shape.requests), "limits": _quantities(shape.limits)}
    return _made(shape.name, resources, shape.ports, shape.probes)


def _quantities(size: Resources) -> dict[str, str]:
    return {"cpu": f"{size.cpu_millicores}m", "memory": f"{size.memory_mib}Mi"}


# -- shapes of add-ons' charts --------------------------------------------------------------------------------------------------------


def _of_row(release: ReleaseInput, row: WorkloadRow) -> Iterator[Manifest]:
    values = release.values
    if row.when and not row.when.read(values):
        return
    names = {"release": release.name, "fullname": _fullname(release)}
    name = row.name.format(**names)
    labels = {key: text.format(**names) for key, text in row.selector.items()}
    labels = labels or {INSTANCE_LABEL: release.name, NAME_LABEL: name}
    extra = _texts(value_at(values, row.pod_labels)) if row.pod_labels else {}
    before = [_row_container(each, values) for each in row.init_containers if _there(each.when, values)]
    pod = {
        **_place(value_at(values, row.place)),
        "containers": [_row_container(each, values) for each in row.containers if _there(each.when, values)],
        **({"initContainers": before} if before else {}),
        **({"hostNetwork": True} if row.host_network else {}),
    }
    claims = [_claim(each, values) for each in row.claims if _there(each.when, values)]
    replicas = int(row.replicas.read(values))
    scale = value_at(values, row.autoscaling) if row.autoscaling else None
    if isinstance(scale, Mapping) and cast(Mapping[str, Any], scale).get("enabled"):
        bounds = cast(Mapping[str, Any], scale)
        replicas = int(bounds["minReplicas"])
        yield _autoscaler(release, name, row.kind, replicas, int(bounds["maxReplicas"]))
    yield from _workload(release, name, row.kind, labels, extra, pod, replicas, claims, row.hook)
    if row.disruption:
        yield from _budget(release, name, labels, value_at(values, row.disruption))


def _there(when: At | None, values: Mapping[str, Any]) -> bool:
    return when is None or bool(when.read(values))


def _row_container(row: ContainerRow, values: Mapping[str, Any]) -> Manifest:
    given = value_at(values, row.resources) if row.resources else None
    return _made(row.name, given or row.fixed, row.ports, row.probes)


def _claim(row: ClaimRow, values: Mapping[str, Any]) -> tuple[str, str, str]:
    return row.name, str(row.size.read(values)), str((row.class_.read(values) if row.class_ else "") or "")


def _fullname(release: ReleaseInput) -> str:
    """Return the name that charts give to their objects by custom."""
    given = release.values.get("fullnameOverride")
    if given:
        return str(given)
    chart = str(release.values.get("nameOverride") or chart_name(release))
    return release.name if chart in release.name else f"{release.name}-{chart}"[:63].rstrip("-")


# -- what both have in common -----------------------------------------------------------------------------------------------------------


def _made(name: str, resources: Mapping[str, Any], ports: Sequence[int], probes: Sequence[str]) -> Manifest:
    check: Manifest = {"tcpSocket": {"port": ports[0]}} if ports else {"exec": {"command": ["true"]}}
    return {
        "name": name,
        "image": IMAGE.format(name=name),
        "securityContext": _RESTRICTED,
        **({"resources": dict(resources)} if resources else {}),
        **({"ports": [{"name": f"port-{port}", "containerPort": port} for port in ports]} if ports else {}),
        **{f"{probe}Probe": dict(check) for probe in probes},
    }


def _place(values: Any) -> Manifest:
    if not isinstance(values, Mapping):
        return {}
    given = cast(Mapping[str, Any], values)
    return {key: given[key] for key in _PLACE if given.get(key)}


def _texts(values: Any) -> dict[str, str]:
    known = cast(Mapping[str, Any], values) if isinstance(values, Mapping) else {}
    return {key: str(value) for key, value in known.items()}


def _workload(
    release: ReleaseInput,
    name: str,
    kind: str,
    labels: Mapping[str, str],
    extra: Mapping[str, str],
    pod: Manifest,
    replicas: int,
    claims: Sequence[tuple[str, str, str]],
    hook: str | None,
) -> Iterator[Manifest]:
    metadata: Manifest = {"name": name, "namespace": release.namespace, "labels": dict(labels)}
    template: Manifest = {"metadata": {"labels": {**labels, **extra}}, "spec": pod}
    spec: Manifest = {"template": template}
    pod.setdefault("automountServiceAccountToken", False)
    if kind == "Job":
        pod["restartPolicy"] = "OnFailure"
        metadata["annotations"] = {"helm.sh/hook": hook} if hook else {}
    else:
        spec["selector"] = {"matchLabels": dict(labels)}
    if kind in {"Deployment", "StatefulSet"}:
        spec["replicas"] = replicas
    if kind == "StatefulSet":
        spec["serviceName"] = name
        spec["volumeClaimTemplates"] = [
            {"metadata": {"name": each[0]}, "spec": _claim_spec(each, "ReadWriteOnce")} for each in claims
        ]
    elif claims:
        pod["volumes"] = [
            {"name": each[0], "persistentVolumeClaim": {"claimName": f"{name}-{each[0]}"}} for each in claims
        ]
        yield from (
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": f"{name}-{each[0]}", "namespace": release.namespace, "labels": dict(labels)},
                "spec": _claim_spec(each, "ReadWriteOnce" if replicas == 1 else "ReadWriteMany"),
            }
            for each in claims
        )
    yield {"apiVersion": _APIS[kind], "kind": kind, "metadata": metadata, "spec": spec}


def _claim_spec(claim: tuple[str, str, str], mode: str) -> Manifest:
    _, size, storage_class = claim
    kind = {"storageClassName": storage_class} if storage_class else {}
    return {**kind, "accessModes": [mode], "resources": {"requests": {"storage": size}}}


def _autoscaler(release: ReleaseInput, name: str, kind: str, least: int, most: int) -> Manifest:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": release.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}},
                }
            ],
        },
    }


def _budget(release: ReleaseInput, name: str, labels: Mapping[str, str], values: Any) -> Iterator[Manifest]:
    given = cast(Mapping[str, Any], values) if isinstance(values, Mapping) else {}
    if not (given.get("enabled", given.get("create", bool(given)))):
        return
    bound = {key: given[key] for key in ("minAvailable", "maxUnavailable") if given.get(key) is not None}
    yield {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": release.namespace},
        "spec": {**(bound or {"maxUnavailable": 1}), "selector": {"matchLabels": dict(labels)}},
    }
