"""What runs in the namespaces of add-ons: by the sizing's table, and by the values and custom resources of a recorded stack."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from charts_support import ROOT

from apim_infra.cluster.items import ReleaseInput
from apim_infra.cluster.operators import made_by
from apim_infra.cluster.stand_ins import of_release
from apim_infra.environment import load_environment
from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.twins.kubernetes.syntax import quantity
from apim_infra.sizing.addons import addons

Sum = tuple[int, int]
"""Millicores and MiB of all pods together, a daemon set counted as one pod; Jobs are left out, as they come and go."""


def sized(stack: str) -> dict[str, Sum]:
    """Return what the sizing's table says, by namespace."""
    total: Counter[tuple[str, int]] = Counter()
    for row in addons(load_environment(stack, directory=ROOT).settings):
        if row.kind != "Job":
            pods = 1 if row.kind == "DaemonSet" else row.replicas
            total[row.namespace, 0] += pods * row.cpu_millicores
            total[row.namespace, 1] += pods * row.memory_mib
    return _pairs(total)


def built(graph: Graph) -> dict[str, Sum]:
    """Return what values and custom resources say, by namespace."""
    own = [resource.inputs for resource in graph.resources if resource.type.startswith("kubernetes:")]
    objects = [each for each in own if "kind" in each and "metadata" in each]
    objects += [made for each in own if "chart" in each and each.get("version") for made in _stand_ins(each)]
    objects += [made for each in list(objects) for made in made_by(each, objects)]
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"]["maxReplicas"]
        for each in objects
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    total: Counter[tuple[str, int]] = Counter()
    for each in objects:
        if each["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}:
            pods = scaled.get(each["metadata"]["name"], each["spec"].get("replicas", 1))
            for index, amount in enumerate(_pod(each["spec"]["template"]["spec"])):
                total[each["metadata"]["namespace"], index] += pods * amount
    return _pairs(total)


def _stand_ins(inputs: dict[str, Any]) -> Iterable[dict[str, Any]]:
    repository = (inputs.get("repositoryOpts") or {}).get("repo", "")
    asked = ReleaseInput(
        inputs["name"], inputs["namespace"], inputs["chart"], repository, inputs["version"], inputs["values"]
    )
    return of_release(asked, (), {}).objects


def _pod(spec: dict[str, Any]) -> Sum:
    def asked(field: str, resource: str, unit: int) -> list[int]:
        sizes = [(each.get("resources") or {}).get("requests") or {} for each in spec.get(field) or ()]
        return [int((quantity(size.get(resource, 0)) or 0) * 1000) // unit for size in sizes]

    def one(resource: str, unit: int) -> int:
        return max(sum(asked("containers", resource, unit)), *asked("initContainers", resource, unit), 0)

    return one("cpu", 1), one("memory", 1000 * 2**20)


def _pairs(total: Counter[tuple[str, int]]) -> dict[str, Sum]:
    return {name: (total[name, 0], total[name, 1]) for name, _ in total}
